"""The document model: how an answer's Markdown is read, and how text stays text."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.answer import AnswerBlock, AnswerPlan, CheckedAnswer, Engine
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from ui.takeaway.elements import (
    Heading,
    Items,
    Paragraph,
    Run,
    Table,
    clean,
    marked,
    read_body,
    read_line,
    text_of,
)
from ui.takeaway.markdown import write_markdown
from ui.takeaway.memo import Memo, memo_of_answer

DAY = dt.date(2026, 11, 23)
PLAN = AnswerPlan(
    route="r", title="路线名", summary="概要。", options=(), watch=(), open_points=(), known={}
)


def answer(text: str = "按8.25%征税。", **changes: object) -> CheckedAnswer:
    block = AnswerBlock(kind="lead", heading=None, markdown=text, claims=())
    values: dict[str, object] = {
        "id": "a1",
        "question": "税率多少？",
        "lang": "zh-Hans",
        "as_of": DAY,
        "standing": "answered",
        "text": text,
        "blocks": (block,),
        "claims": (),
        "citations": (),
        "engine": Engine(writer="extractive", corpus="v1", corpus_as_of=DAY, timings_ms={}),
    }
    return CheckedAnswer.model_validate(values | changes)


def memo(corpus: Corpus, text: str = "按8.25%征税。", **changes: object) -> Memo:
    return memo_of_answer(answer(text, **changes), corpus, DAY)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("税率8.25%[1][2]。", (Run(text="税率8.25%", marks=(1, 2)), Run(text="。"))),
        ("**税率8.25%。**须", (Run(text="税率8.25%。", bold=True), Run(text="须"))),
        ("**甲[3]**", (Run(text="甲", bold=True, marks=(3,)),)),
        ("a[1,2] b[3、4]", (Run(text="a", marks=(1, 2)), Run(text=" b", marks=(3, 4)))),
        ("Yinfa [2025] No. 252[7]", (Run(text="Yinfa [2025] No. 252", marks=(7,)),)),
        ("[1] 甲", (Run(text="", marks=(1,)), Run(text=" 甲"))),
        ("** 甲 **", (Run(text="** 甲 **"),)),
        ("<b>甲</b> `x` [y](z)", (Run(text="<b>甲</b> `x` [y](z)"),)),
    ],
)
def test_bold_and_marks_are_read_and_nothing_else(text: str, runs: tuple[Run, ...]) -> None:
    assert read_line(text) == runs


def test_paragraphs_lists_and_tables_are_read_in_order() -> None:
    body = read_body(
        "甲\n\n- 乙[1]\n- 丙\n\n1. 丁\n2. 戊\n\n| a | b |\n| --- | --- |\n| 1 | 2[3] |"
    )
    assert [one.kind for one in body] == ["paragraph", "items", "items", "table"]
    bullets, numbered, table = body[1:]
    assert isinstance(bullets, Items)
    assert isinstance(numbered, Items)
    assert isinstance(table, Table)
    assert (bullets.ordered, numbered.ordered) == (False, True)
    assert bullets.items[0] == (Run(text="乙", marks=(1,)),)
    assert [text_of(cell) for cell in table.head] == ["a", "b"]
    assert table.rows[0][1] == (Run(text="2", marks=(3,)),)


def test_marks_stand_before_the_stop_each_once_and_in_order() -> None:
    one, two = FactRef("a#1"), FactRef("b#2")
    line = marked("要登记。", (two, one, two, FactRef("c#9")), {one: 1, two: 2})
    assert line == (Run(text="要登记", marks=(1, 2)), Run(text="。"))


@settings(deadline=None)  # on a busy machine a single call may take long
@given(st.text())
def test_a_clean_text_holds_nothing_that_xml_refuses_or_that_turns_text_round(text: str) -> None:
    cleaned = clean(text)
    for character in cleaned:
        code = ord(character)
        assert character in "\n\t" or code >= 0x20
        assert not 0x7F <= code <= 0x9F
        assert not 0xD800 <= code <= 0xDFFF
        assert code not in (0xFFFE, 0xFFFF)
        assert not 0x202A <= code <= 0x202E
    assert cleaned.isprintable() or len(cleaned) <= len(text)


SIGNS = [
    "*",
    "_",
    "`",
    "[",
    "](",
    "<b>",
    "&lt;",
    "#",
    ">",
    "|",
    "~",
    "\\",
    "1.",
    "-",
    " ",
    "甲",
    "a",
]


@settings(deadline=None)  # on a busy machine a single call may take long
@given(st.lists(st.sampled_from(SIGNS), min_size=1).map("".join))
def test_a_line_of_any_signs_is_text_again_when_markdown_is_read(text: str) -> None:
    line = (Run(text=" ".join(text.split())),)
    if not text_of(line):
        return
    written = write_markdown(_of(Paragraph(line=line)))
    (token,) = [one for one in MarkdownIt("commonmark").parse(written) if one.type == "inline"][1:2]
    shown = "".join(one.content for one in token.children or () if one.type == "text")
    assert shown == text_of(line).replace("&lt;", "<")


def _of(*body: Paragraph | Items | Table | Heading) -> Memo:
    return Memo(
        lang="en",
        product="Hugang",
        label="Answer",
        title="T",
        topic="T",
        question=None,
        standing=None,
        facts=(),
        body=body,
        sources_title="Sources",
        sources=(),
        about_title="About",
        about=(),
        scope=(),
        corpus="v",
        as_of=DAY,
        made=DAY,
    )


# --- what a document of an answer holds


def test_a_short_question_is_the_title_and_a_long_one_stands_in_full_below(corpus: Corpus) -> None:
    short, long = memo(corpus), memo(corpus, question="税率多少？" * 20)
    assert (short.title, short.question) == ("税率多少？", None)
    assert long.title.endswith("…")
    assert long.question == "税率多少？" * 20


def test_parts_left_open_and_cautions_are_listed_under_their_headings(corpus: Corpus) -> None:
    made = memo(corpus, missing=("乙部分",), warnings=("请核对。",), standing="partly")
    headings = [one.text for one in made.body if isinstance(one, Heading)]
    assert headings == ["没有依据、未作回答的部分", "提示"]
    items = [text_of(line) for one in made.body if isinstance(one, Items) for line in one.items]
    assert items == ["乙部分", "请核对。"]


def test_a_plan_that_nobody_asked_for_is_named_and_not_told(corpus: Corpus) -> None:
    made = memo(corpus, plan=PLAN.model_copy(update={"asked": False}))
    texts = [text_of(one.line) for one in made.body if isinstance(one, Paragraph)]
    assert texts == ["按8.25%征税。", "路线名", "概要。"]
    assert made.topic == "税率多少？"


def test_a_plan_without_an_open_way_says_so(corpus: Corpus) -> None:
    made = memo(corpus, plan=PLAN)
    warned = [one for one in made.body if isinstance(one, Paragraph) and one.style == "warning"]
    assert len(warned) == 1
    assert made.topic == "路线名"


def test_a_declined_answer_says_what_to_do_next(corpus: Corpus) -> None:
    made = memo(corpus, standing="declined", decline_reason="not-in-corpus")
    assert "接下来" in [one.text for one in made.body if isinstance(one, Heading)]
    assert dict(made.facts)["答复"] == "未作回答"


def test_the_clipboard_gets_the_day_the_corpus_and_the_scope(corpus: Corpus) -> None:
    text = write_markdown(memo(corpus))
    assert text.startswith("**税率多少？**\n\n按8.25%征税。\n")
    assert "2026-11-23" in text
    assert "v1" in text
    assert "不构成法律意见" in text


def test_a_document_counts_what_a_step_waits_for_as_the_page_does(corpus: Corpus) -> None:
    def step(name: str, state: str, *needs: str) -> dict[str, object]:
        texts = {"do": name, "who": "企业", "side_name": "内地", "authority": None, "time": None}
        return {
            **texts,
            **{"id": name, "state": state, "side": "mainland", "needs": needs},
            **{"depends_on": (), "refs": ()},
        }

    option = {
        **{"id": "o", "title": "办法", "applies": True, "depends_on": (), "legs": ()},
        **dict.fromkeys(("blockers", "possible_blockers", "pros", "cons"), ()),
        "steps": (step("a", "required"), step("b", "not-needed", "a"), step("c", "required", "b")),
    }
    plan = AnswerPlan.model_validate({**PLAN.model_dump(), "options": (option,)})
    told = memo(corpus, plan=plan).body
    steps = next(one for one in told if isinstance(one, Table) and len(one.head) == 6)
    assert [text_of(row[-1]) for row in steps.rows] == ["—", "1"]
