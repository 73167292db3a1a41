"""Claims out of a model's text: whole ones only, as early as they are whole, whatever is around."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model.claim_stream import (
    SECTIONS,
    ClaimReader,
    ProposedClaim,
    claims_schema,
    print_claims,
    read_claims,
)
from bot.providers.base import OutputForm

FORMS: tuple[OutputForm, ...] = ("json", "lines")
TWO_CLAIMS = (
    '{"claims": [{"section": "lead", "text": "余额上限为0.8。", "facts": ["F1", "F3"]}, '
    '{"section": "note", "text": "The draft proposes 5%.", "facts": ["F2"]}]}'
)
TWO = [("lead", "余额上限为0.8。", ("F1", "F3")), ("note", "The draft proposes 5%.", ("F2",))]

Told = tuple[str, str, tuple[str, ...]]


def read(text: str, form: OutputForm) -> list[Told]:
    return [(c.section, c.text, c.facts) for c in read_claims([text], form)]


def lost(text: str, form: OutputForm) -> int:
    reader = ClaimReader(form)
    list(reader.feed(text))
    list(reader.close())
    return reader.unreadable


# --- JSON ---


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        TWO_CLAIMS,
        json.dumps(json.loads(TWO_CLAIMS), indent=2),
        json.dumps(json.loads(TWO_CLAIMS)["claims"]),
        "\n".join(json.dumps(one) for one in json.loads(TWO_CLAIMS)["claims"]),
        f"```json\n{TWO_CLAIMS}\n```",
        TWO_CLAIMS.replace("]}", "],}").replace('"F3"]', '"F3", ]'),
        TWO_CLAIMS.replace('"section"', '"id": 7, "sure": {"a": [null, true]}, "section"'),
        TWO_CLAIMS.replace("{", "{ \n "),
    ],
)
def test_json_is_read_in_whatever_wrapping(text: str, form: OutputForm) -> None:
    assert read(text, form) == TWO
    assert lost(text, form) == 0


def test_prose_around_json_is_no_claim_but_counted() -> None:
    text = f"Here is what I found {{see below}}.\n{TWO_CLAIMS}\nI hope this helps."
    assert read(text, "json") == TWO
    assert lost(text, "json") == 2


@pytest.mark.parametrize(
    "facts",
    ['["F1", "F3"]', '["[F1]", "[F3]"]', '"F1, F3"', '"[F1][F3]"', "[1, 3]", '["F1,F3"]',
     '[{"id": "F1"}, {"id": "F3"}]', '["f1", "F03", "F1"]', '["F1", null, "F 3"]', '"F1、F3"'],
)  # fmt: skip
def test_facts_are_named_in_many_ways(facts: str) -> None:
    text = f'{{"section": "lead", "text": "A.", "facts": {facts}}}'
    assert read(text, "json") == [("lead", "A.", ("F1", "F3"))]


def test_names_that_are_none_are_kept_to_be_refused() -> None:
    text = '{"text": "A.", "facts": ["pbc-2016-306#1", "F2"]}'
    assert read(text, "json") == [("lead", "A.", ("pbc-2016-306#1", "F2"))]


def test_marks_inside_the_text_count_as_its_facts() -> None:
    text = '{"text": "The cap is 0.8 [F2].", "facts": ["F1"]}'
    assert read(text, "json") == [("lead", "The cap is 0.8.", ("F1", "F2"))]


@pytest.mark.parametrize(
    ("section", "kind"),
    [("结论", "lead"), ("條件與限額", "conditions"), ("手续", "procedure"), ("Please note", "note"),
     ("LEAD", "lead"), ("whatever", "lead"), (None, "lead"), (["note"], "lead")],
)  # fmt: skip
def test_sections_are_known_in_either_language(section: object, kind: str) -> None:
    claim = {"section": section, "text": "A.", "facts": ["F1"]}
    assert read(json.dumps(claim), "json") == [(kind, "A.", ("F1",))]


def test_without_sections_the_first_claim_leads_and_the_others_follow() -> None:
    claims = [{"text": text, "facts": ["F1"]} for text in ("A.", "B.", "C.")]
    assert [told[0] for told in read(json.dumps(claims), "json")] == [
        "lead", "conditions", "conditions",
    ]  # fmt: skip


def test_braces_and_quotes_inside_a_string_end_nothing() -> None:
    claim = {"section": "lead", "text": 'He said "}{" and {"text": "B."} \\.', "facts": ["F1"]}
    assert read(json.dumps(claim), "json") == [("lead", claim["text"], ("F1",))]
    assert lost(json.dumps(claim), "json") == 0


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        ('{"text": "A, "facts": ["F1"]}', 1),  # a quote is missing
        ('{"text": "A.", "facts": ["F1"', 1),  # brackets are missing
        ('{"text": "A.", "facts": [F1]}', 1),
        ('{"text": "A." "facts": ["F1"]}', 1),
    ],
)
def test_a_broken_object_costs_no_other(broken: str, left: int) -> None:
    whole = '{"section": "note", "text": "B.", "facts": ["F2"]}'
    text = f'{{"claims": [{whole}, {broken}, {whole}, {whole}]}}'
    assert read(text, "json") == [("note", "B.", ("F2",))] * 3
    assert lost(text, "json") == left


def test_a_text_cut_in_the_middle_gives_what_was_complete() -> None:
    cut = TWO_CLAIMS[: TWO_CLAIMS.index("proposes")]
    assert read(cut, "json") == TWO[:1]
    assert lost(cut, "json") == 1


def test_an_answer_without_claims_has_none_and_nothing_is_lost() -> None:
    for text in ('{"claims": []}', "", "\n\n", "```json\n```"):
        assert read(text, "json") == []
        assert lost(text, "json") == 0


def test_an_object_is_yielded_with_its_closing_brace() -> None:
    reader = ClaimReader("json")
    at = TWO_CLAIMS.index("}") + 1
    assert list(reader.feed(TWO_CLAIMS[: at - 1])) == []
    assert [claim.text for claim in reader.feed(TWO_CLAIMS[at - 1 : at])] == ["余额上限为0.8。"]


# --- lines ---

LINES = """LEAD: The cap is 0.8. [F1][F3]
CONDITIONS:
- Equity counts. [F2]
- Net assets do not [F4].
PROCEDURE:
1. File with SAFE under Huifa [2014] No. 37. [F5]
NOTE:
• The draft proposes 5%. [F6]
"""
LINES_READ = [
    ("lead", "The cap is 0.8.", ("F1", "F3")),
    ("conditions", "Equity counts.", ("F2",)),
    ("conditions", "Net assets do not.", ("F4",)),
    ("procedure", "File with SAFE under Huifa [2014] No. 37.", ("F5",)),
    ("note", "The draft proposes 5%.", ("F6",)),
]


@pytest.mark.parametrize("form", FORMS)
def test_lines_are_read(form: OutputForm) -> None:
    assert read(LINES, form) == LINES_READ
    assert lost(LINES, form) == 0


@pytest.mark.parametrize(
    ("lead", "conditions"),
    [
        ("LEAD:", "CONDITIONS:"),
        ("**LEAD:**", "**CONDITIONS**:"),
        ("Lead：", "## Conditions and limits\n"),
        ("结论：", "**条件与限额**\n"),
        ("答：", "### 二、條件與限額：\n"),
        ("1. **Answer**: ", "2. Limits:\n"),
    ],
)
def test_headings_are_known_in_many_dresses(lead: str, conditions: str) -> None:
    text = f"{lead} A is so. [F1]\n{conditions}\n- B is so. [F2]"
    assert read(text, "lines") == [
        ("lead", "A is so.", ("F1",)),
        ("conditions", "B is so.", ("F2",)),
    ]


@pytest.mark.parametrize(
    "marks",
    ["[F1][F2]", "[F1, F2]", "[F1] [F2]", "（F1）（F2）", "【F1、F2】", "(F1; F2)", "[F1], [F2]",
     "[F1] and [F2]", "[F1-F2]", "[1][2]", "［F1］［F2］", "（依据：F1、F2）", "[Facts: F1, F2]", "[f1, 2]"],
)  # fmt: skip
def test_marks_are_known_in_many_dresses(marks: str) -> None:
    for text in (
        f"上限为0.8。{marks}",
        f"上限为0.8{marks}。",
        f"- **上限**为0.8 {marks}",
        f"{marks} 上限为0.8。",
    ):
        assert read(text, "lines") == [("lead", "上限为0.8。", ("F1", "F2"))], text


def test_a_fact_s_name_in_front_counts_as_a_mark() -> None:
    assert read("- F3: The cap is 0.8.", "lines") == [("lead", "The cap is 0.8.", ("F3",))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("甲须登记。[F1]乙须备案。[F2]", [("甲须登记。", ("F1",)), ("乙须备案。", ("F2",))]),
        ("甲须登记[F1]。乙须备案[F2]。", [("甲须登记。", ("F1",)), ("乙须备案。", ("F2",))]),
        ("甲须登记[F1]乙须备案[F2]", [("甲须登记。", ("F1",)), ("乙须备案。", ("F2",))]),
        ("甲须登记[F1]，乙须备案[F2]。", [("甲须登记，乙须备案。", ("F1", "F2"))]),
        ("甲须登记[F1]；乙须备案[F2]。", [("甲须登记。", ("F1",)), ("乙须备案。", ("F2",))]),
        ("甲须登记；[F1]乙须备案[F2]。", [("甲须登记。", ("F1",)), ("乙须备案。", ("F2",))]),
        ("A files [F1]. B waits [F2].", [("A files.", ("F1",)), ("B waits.", ("F2",))]),
        ("A files [F1] and B waits [F2].", [("A files and B waits.", ("F1", "F2"))]),
        ("A files (Art. 5) [F1].", [("A files (Art. 5).", ("F1",))]),
        ("A files [F1] (CNY 5 million).", [("A files (CNY 5 million).", ("F1",))]),
        ("The cap is 0.8 of U.S. Dollar equity. [F1]", [("The cap is 0.8 of U.S. Dollar equity.", ("F1",))]),
    ],
)  # fmt: skip
def test_a_line_is_cut_where_its_sentences_end(
    text: str, told: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert [(said, facts) for _, said, facts in read(text, "lines")] == told


def test_a_sentence_without_marks_is_a_claim_to_be_refused() -> None:
    text = "This is generally so. The cap is 0.8. [F1]\nBanks differ."
    assert read(text, "lines") == [
        ("lead", "This is generally so.", ()),
        ("lead", "The cap is 0.8.", ("F1",)),
        ("conditions", "Banks differ.", ()),
    ]
    assert read(text, "json") == [("lead", "The cap is 0.8.", ("F1",))]
    assert lost(text, "json") == 2


def test_openings_headings_rules_and_fences_are_no_sentences() -> None:
    text = (
        "Here is the answer:\n\n---\n```\n# Title\n**Overview**\n| --- |\nThe cap is 0.8. [F1]\n```"
    )
    assert read(text, "lines") == [("lead", "The cap is 0.8.", ("F1",))]


@pytest.mark.parametrize("after", ["\n", " T", "下"])
def test_a_sentence_is_yielded_as_soon_as_other_text_follows_its_marks(after: str) -> None:
    reader = ClaimReader("lines")
    assert list(reader.feed("LEAD: 上限为0.8。[F1][F3]")) == []
    assert [claim.facts for claim in reader.feed(after)] == [("F1", "F3")]


def test_the_end_completes_the_last_sentence() -> None:
    reader = ClaimReader("lines")
    assert list(reader.feed("LEAD: The cap is 0.8. [F1]")) == []
    assert [claim.facts for claim in reader.close()] == [("F1",)]


# --- properties ---

SENTENCE = st.tuples(
    st.sampled_from(["境外放款余额上限为", "须在20个工作日内登记", "The cap is 0.8 of equity", "Form No. 7"]),
    st.text("甲乙丙0123456789 ,，、%（）()abcXYZ·'", max_size=30),
    st.sampled_from(["末。", "end.", "吗？"]),
).map(lambda parts: " ".join("".join(parts).split()))  # fmt: skip
CLAIM = st.builds(
    ProposedClaim,
    section=st.sampled_from(SECTIONS),
    text=SENTENCE,
    facts=st.lists(st.integers(1, 60).map(lambda n: f"F{n}"), min_size=1, max_size=4, unique=True).map(tuple),
)  # fmt: skip
NOISE = st.text('{}[]":,\\\n F12。.;；（）(a甲-*#`', max_size=120)


def pieces(text: str, cuts: list[int]) -> Iterator[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return (text[a:b] for a, b in pairwise(places))


@given(st.lists(CLAIM, max_size=6), st.sampled_from(FORMS))
def test_claims_come_back_from_the_form_they_are_written_in(
    claims: list[ProposedClaim], form: OutputForm
) -> None:
    text = print_claims(claims, form)
    for asked in FORMS:
        assert list(read_claims([text], asked)) == claims
        assert lost(text, asked) == 0


@given(
    st.one_of(
        NOISE,
        st.sampled_from([TWO_CLAIMS, LINES, f"Well:\n```json\n{TWO_CLAIMS}\n```"]),
        st.tuples(NOISE, st.lists(CLAIM, max_size=3), NOISE, st.sampled_from(FORMS)).map(
            lambda parts: parts[0] + print_claims(parts[1], parts[3]) + parts[2]
        ),
    ),
    st.lists(st.integers(0, 10_000), max_size=40),
    st.sampled_from(FORMS),
)
@example(TWO_CLAIMS, list(range(len(TWO_CLAIMS))), "json")
@example(LINES, list(range(len(LINES))), "lines")
def test_how_a_text_is_cut_changes_nothing(text: str, cuts: list[int], form: OutputForm) -> None:
    assert list(read_claims(pieces(text, cuts), form)) == list(read_claims([text], form))


@given(st.lists(CLAIM, min_size=1, max_size=4), st.sampled_from(FORMS), st.data())
def test_what_came_before_a_cut_stands_as_it_would_have_without_it(
    claims: list[ProposedClaim], form: OutputForm, data: st.DataObject
) -> None:
    text = print_claims(claims, form)
    reader = ClaimReader(form)
    before = list(reader.feed(text[: data.draw(st.integers(0, len(text)))]))
    assert before == claims[: len(before)]


@given(NOISE, st.lists(CLAIM, min_size=1, max_size=3))
def test_no_text_before_it_keeps_a_pretty_printed_answer_from_being_read(
    noise: str, claims: list[ProposedClaim]
) -> None:
    text = noise.replace("{", "(") + "\n" + print_claims(claims, "json")
    assert [c for c in read_claims([text], "json") if c in claims][-len(claims) :] == claims


def test_the_schema_allows_only_the_names_that_were_told() -> None:
    claim = claims_schema(["F1", "F2"])["properties"]["claims"]["items"]
    assert claim["properties"]["facts"]["items"]["enum"] == ["F1", "F2"]
    assert claim["properties"]["section"]["enum"] == list(SECTIONS)
    assert set(claim["required"]) == set(claim["properties"])


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    ["[F1] " * 1500, "[F1] and " * 1000, "[1, " + "2, " * 3000, "[F1" + ", 2" * 3000 + "x",
     "[" + " " * 5000 + "x", "(" * 5000, "A. " * 3000, '{"a":' * 4000 + "1" + "}" * 4000],
)  # fmt: skip
def test_a_model_that_runs_wild_costs_no_more_than_its_length(text: str) -> None:
    for form in FORMS:
        read(text, form)
