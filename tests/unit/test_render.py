"""What the page shows of an answer: nothing unescaped, every mark its own source, both languages."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import (
    AnswerBlock,
    AnswerBody,
    AnswerLeg,
    AnswerOpenPoint,
    AnswerOption,
    AnswerPlan,
    AnswerRemark,
    AnswerStep,
    CheckedAnswer,
    CheckedClaim,
    Citation,
    CitedInstrument,
    CitedSource,
    DeclineReason,
    Engine,
    ModelUse,
    Standing,
)
from bot.language import Lang
from knowledge.card import Bilingual, FactRef
from ui.ask.marks import Marks, markdown_html
from ui.ask.render import (
    marks_for,
    render_block,
    render_cited,
    render_failure,
    render_foot,
    render_missing,
    render_next,
    render_open_points,
    render_sources,
    render_standing,
    render_suggestions,
    render_working,
)
from ui.ask.source_panel import Lineage, Relative, highlight, render_source
from ui.html import Html, element, join, safe, web_address
from ui.plan.card import render_plan
from ui.plan.words import Deciding, PlanWords
from ui.strings import string

RATE = FactRef("hk-centre#1")
QUOTA = FactRef("safe-lending#4")
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
NASTY = "<img src=x onerror=alert(1)>\"'&amp;</script>"


class Page(HTMLParser):
    """Elements and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def having(self, attribute: str) -> list[str | None]:
        return [found[attribute] for _, found in self.elements if attribute in found]


def citation(n: int, ref: FactRef, **changes: object) -> Citation:
    quotes = Bilingual(
        zh="财资利润按8.25%征税，即16.5%的一半。", en="Taxed at 8.25%, half of 16.5%."
    )
    instrument = CitedInstrument(
        id=ref.card_id,
        title="企业财资中心税制",
        titles=Bilingual(zh="企业财资中心税制", en="Treasury centre regime"),
        number="DIPN 52",
        issuers=("IRD", "HKMA"),
        issuer_names=("税务局", "金融管理局"),
        status="in-force",
        issued=dt.date(2016, 6, 3),
        effective=dt.date(2016, 4, 1),
        superseded_by=None,
    )
    source = CitedSource(
        publisher="HKMA",
        title="FAQ",
        url="https://www.hkma.gov.hk/faq?a=1&b=2",
        quality="official",
        date="2016-06-03",
        note="Text seen on a copy.",
        further=2,
    )
    values = {
        "n": n,
        "ref": ref,
        "quote": quotes.zh,
        "quotes": quotes,
        "locator": "第14D条",
        "instrument": instrument,
        "source": source,
    }
    return Citation.model_validate(values | changes)


def claim(text: str, *refs: FactRef) -> CheckedClaim:
    return CheckedClaim(text=text, refs=refs, verdict="supported", block="lead")


def block(markdown: str, heading: str | None = None, kind: str = "lead") -> AnswerBlock:
    return AnswerBlock.model_validate(
        {"kind": kind, "heading": heading, "markdown": markdown, "claims": ()}
    )


def answer(**changes: object) -> CheckedAnswer:
    values: dict[str, object] = {
        "id": "a1",
        "question": "税率多少？",
        "lang": "zh-Hans",
        "as_of": dt.date(2026, 11, 22),
        "standing": "answered",
        "text": "按8.25%征税[1]。",
        "blocks": (block("按8.25%征税[1]。"),),
        "claims": (claim("按8.25%征税。", RATE),),
        "citations": (citation(1, RATE), citation(2, QUOTA)),
        "engine": Engine(
            writer="extractive",
            corpus="2026-11-22.0123456789ab",
            corpus_as_of=dt.date(2026, 11, 22),
            timings_ms={},
        ),
    }
    return CheckedAnswer.model_validate(values | changes)


def marks(ui: Lang = "zh-Hans", message: str = "m1") -> Marks:
    return marks_for((citation(1, RATE), citation(2, QUOTA)), message, ui)


# --- escaping


@given(st.text())
def test_any_text_of_a_block_comes_out_as_text(text: str) -> None:
    page = Page(render_block(block(text), marks()))
    assert page.tags <= {*TABLE, "section", "p", "br", "ul", "ol", "li", "strong", "span", "button"}
    for character in "<>&\"'":
        assert page.text.count(character) == text.count(character)


@given(st.text())
def test_any_text_is_escaped_in_elements_and_attributes(text: str) -> None:
    page = Page(element("p", text, title=text))
    assert page.elements == [("p", {"title": text})]
    assert page.text == text


@given(st.lists(st.sampled_from(["<b>", "**", "[1]", "[2]", "- ", "\n", "税率", " ", "&lt;", "`"])))
def test_markdown_signs_in_any_order_never_break_out(pieces: list[str]) -> None:
    page = Page(markdown_html("".join(pieces), marks()))
    assert "b" not in page.tags
    assert set(page.having("data-cite")) <= {"m1:1", "m1:2"}


def test_hostile_text_of_a_card_is_shown_as_text_everywhere() -> None:
    bad = citation(1, RATE, locator=NASTY, quotes=Bilingual(zh=NASTY, en=NASTY))
    source = render_source(bad, (NASTY,), Lineage(), "zh-Hans", "en")
    remark = AnswerRemark(say=NASTY, refs=())
    for html in (
        source,
        render_missing([NASTY], "en"),
        render_plan(plan(remark), PlanWords(marks=marks())),
        render_open_points([AnswerOpenPoint(name=NASTY, type="number", question=NASTY)], "zh-Hans"),
    ):
        page = Page(html)
        assert NASTY in page.text
        assert "img" not in page.tags
        assert "script" not in page.tags


def test_what_is_already_html_is_not_escaped_twice() -> None:
    assert join(Html("<b>"), "<b>") == "<b>&lt;b&gt;"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "https://", "http://[x", ""]
)
def test_an_address_that_is_no_web_page_is_not_linked(url: str) -> None:
    assert web_address(url) is None
    source = citation(1, RATE).source.model_copy(update={"url": url})
    page = Page(render_source(citation(1, RATE, source=source), (), Lineage(), "en", "en"))
    assert page.having("href") == ["/rules/hk-centre?lang=en#fact-1"]


# --- Markdown


def test_bold_ends_before_a_chinese_character_after_a_full_stop() -> None:
    # CommonMark would leave the asterisks: a closing mark after 。 and before 须 does not count.
    assert "<strong>税率8.25%。</strong>须" in markdown_html("**税率8.25%。**须满足", marks())


def test_bullets_and_numbered_steps_become_lists() -> None:
    page = Page(markdown_html("- 一[1]\n- 二\n\n1. 甲\n2. 乙", marks()))
    assert [tag for tag, _ in page.elements if tag in {"ul", "ol", "li"}] == [
        *("ul", "li", "li"),
        *("ol", "li", "li"),
    ]


def test_a_table_has_a_head_and_rows_and_its_marks_open_their_sources() -> None:
    text = "**比较**\n\n| 走法 | 时间 |\n| --- | --- |\n| 直接放款 | 5天[1] |\n| 资金池 | —[1][2] |"
    page = Page(markdown_html(text, marks()))
    assert [tag for tag, _ in page.elements if tag in TABLE] == [
        *("table", "thead", "tr", "th", "th"),
        *("tbody", "tr", "td", "td", "tr", "td", "td"),
    ]
    assert page.having("data-cite") == ["m1:1", "m1:1", "m1:2"]
    assert "---" not in page.text


def test_text_in_a_cell_stays_text() -> None:
    page = Page(markdown_html(f"| a | b |\n| --- | --- |\n| {NASTY} | **c** |", marks()))
    assert page.tags <= {*TABLE, "strong"}
    assert NASTY in page.text


def test_links_images_and_raw_html_stay_text() -> None:
    text = "[甲](https://x.test) ![乙](y) <https://z.test> # 丙"
    assert Page(markdown_html(text, marks())).text.strip() == text


def test_a_heading_is_not_said_twice() -> None:
    page = Page(render_block(block("**条件**\n\n- 一", "条件", "conditions"), marks()))
    assert page.text.count("条件") == 1
    assert "h3" in page.tags


# --- marks


def test_a_mark_opens_the_citation_of_its_own_number() -> None:
    page = Page(markdown_html("甲[2]。乙[1][2]。", marks()))
    assert page.having("data-cite") == ["m1:2", "m1:1", "m1:2"]
    assert page.having("aria-label") == ["来源 2", "来源 1", "来源 2"]


def test_marks_of_two_answers_are_told_apart() -> None:
    one, other = marks(message="m1"), marks(message="m2")
    assert Page(markdown_html("甲[1]", one)).having("data-cite") == ["m1:1"]
    assert Page(markdown_html("甲[1]", other)).having("data-cite") == ["m2:1"]


def test_a_number_without_citation_is_no_button() -> None:
    page = Page(markdown_html("甲[7]", marks()))
    assert page.having("data-cite") == []
    assert "[7]" in page.text


def test_a_plan_step_is_marked_with_the_numbers_of_its_facts() -> None:
    html = render_plan(plan(AnswerRemark(say="好", refs=(QUOTA, RATE))), PlanWords(marks=marks()))
    assert set(Page(html).having("data-cite")) == {"m1:1", "m1:2"}


def test_every_citation_has_its_hidden_card() -> None:
    cited = answer().citations
    page = Page(render_sources(cited, answer().claims, {}, "zh-Hans", marks()))
    assert page.having("data-source") == ["m1:1", "m1:2"]


def test_a_mark_keeps_its_word_and_stop_on_one_line() -> None:
    assert 'class="hg-keep">税<span' in markdown_html("征税[1]。后", marks())
    assert "</span>。</span>后" in markdown_html("征税[1]。后", marks())


# --- the source panel


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_the_quote_stands_in_both_languages_that_of_the_answer_first(lang: Lang) -> None:
    text = Page(render_source(citation(1, RATE), (), Lineage(), lang, lang)).text
    chinese = "財資利潤" if lang == "zh-Hant" else "财资利润"
    assert chinese in text
    assert "Taxed at" in text
    assert (text.index("Taxed at") < text.index(chinese)) == (lang == "en")


def test_the_panel_names_what_a_reader_must_know() -> None:
    text = Page(render_source(citation(1, RATE), (), Lineage(), "zh-Hans", "zh-Hans")).text
    for part in (
        *("企业财资中心税制", "Treasury centre regime", "DIPN 52", "税务局、金融管理局", "第14D条"),
        *("现行", "自 2016-04-01 起施行", "官方", "HKMA", "2016-06-03", "FAQ"),
        *("另有 2 个来源", "Text seen on a copy.", "hk-centre#1", "www.hkma.gov.hk"),
    ):
        assert part in text


def test_the_link_opens_a_new_tab_without_handing_itself_over() -> None:
    html = render_source(citation(1, RATE), (), Lineage(), "en", "en")
    link = next(found for tag, found in Page(html).elements if found.get("class") == "hg-open")
    assert link["href"] == "https://www.hkma.gov.hk/faq?a=1&b=2"
    assert link["target"] == "_blank"
    assert "noopener" in (link["rel"] or "")


def test_a_replaced_rule_says_so_and_names_its_successor() -> None:
    old = citation(1, RATE)
    instrument = old.instrument.model_copy(
        update={"status": "superseded", "superseded_by": "new-rule"}
    )
    new = Relative(
        id="new-rule", title=Bilingual(zh="新规", en="New rule"), number="银发〔2025〕252号"
    )
    text = Page(
        render_source(
            old.model_copy(update={"instrument": instrument}),
            (),
            Lineage(replaced_by=new),
            "zh-Hans",
            "zh-Hans",
        )
    ).text
    assert "已被取代" in text
    assert "新规" in text
    assert "银发〔2025〕252号" in text


def test_cited_figures_are_highlighted_in_the_other_language_too() -> None:
    html = render_source(citation(1, RATE), ("按8.25%征税",), Lineage(), "zh-Hans", "zh-Hans")
    assert html.count("<mark>8.25%</mark>") == 2
    assert "<mark>16.5%</mark>" not in html


@given(st.text())
def test_highlighting_loses_no_character(text: str) -> None:
    figures = frozenset({("percent", "8.25"), ("number", "2")})
    assert Page(highlight(text, figures)).text == Page(join(text)).text


# --- the rest of an answer


@pytest.mark.parametrize(
    ("standing", "said"), [("answered", "已回答"), ("partly", "部分回答"), ("declined", "未作回答")]
)
def test_the_standing_is_said_in_a_word(standing: str, said: str) -> None:
    assert said in Page(render_standing(answer(standing=standing), (), "zh-Hans")).text


def test_words_of_the_interface_carry_their_key() -> None:
    page = Page(render_standing(answer(), (), "en"))
    assert page.having("data-t") == ["standing.answered", "standing.answered.note"]


def test_a_question_without_grounds_offers_the_nearest_instruments() -> None:
    declined = answer(standing="declined", decline_reason="not-in-corpus")
    page = Page(render_next(declined, ["企业财资中心税制"], "zh-Hans"))
    assert page.having("data-question") == ["《企业财资中心税制》主要规定了什么？"]


def test_an_answer_that_leaves_nothing_open_says_nothing_of_what_to_do() -> None:
    assert render_next(answer(), [], "en") == ""


@pytest.mark.parametrize("reason", get_args(DeclineReason))
@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_every_refusal_says_what_to_do_next(reason: DeclineReason, lang: Lang) -> None:
    declined = answer(standing="declined", decline_reason=reason, lang=lang)
    page = Page(render_next(declined, ["T"], lang))
    assert string(f"decline.{reason}.next", lang) in page.text
    asks_other = reason in ("out-of-scope", "injection")
    assert len(page.having("data-question")) == (3 if asks_other else reason == "not-in-corpus")


def test_whom_to_ask_is_named_with_its_own_site_if_there_is_one() -> None:
    bodies = (
        AnswerBody(name="税务局", site="https://www.ird.gov.hk/"),
        AnswerBody(name=NASTY, site="javascript:alert(1)"),
        AnswerBody(name="商务局", site=None),
    )
    page = Page(render_next(answer(standing="partly", whom=bodies), [], "zh-Hans"))
    assert page.having("href") == ["https://www.ird.gov.hk/"]
    assert NASTY in page.text
    assert "商务局" in page.text
    assert "img" not in page.tags


def test_suggestions_are_asked_as_they_stand_and_stay_text() -> None:
    page = Page(render_suggestions(("甲？", NASTY), "zh-Hans"))
    assert page.having("data-question") == ["甲？", NASTY]
    assert page.having("data-do") == ["ask", "ask"]
    assert "img" not in page.tags
    assert render_suggestions((), "en") == ""


def test_the_foot_names_the_day_the_writer_and_the_files() -> None:
    page = Page(render_foot(answer(id="a/1"), "en"))
    assert "2026-11-22" in page.text
    assert "Facts word for word" in page.text
    assert page.having("href") == ["/answers/a%2F1.docx?lang=en", "/answers/a%2F1.pdf?lang=en"]
    model = ModelUse(
        name="<b>m</b> @ host",
        prompt="p",
        calls=1,
        prompt_tokens=1,
        completion_tokens=1,
        cost=None,
        proposed_claims=1,
        dropped_claims=0,
        fault=None,
    )
    for writer, said in (("model", "<b>m</b> @ host"), ("extractive", "Facts word for word")):
        engine = answer().engine.model_copy(update={"model": model, "writer": writer})
        foot = Page(render_foot(answer(engine=engine), "en"))
        assert said in foot.text
        assert "b" not in foot.tags


def test_an_answer_without_claims_has_no_writer() -> None:
    assert "Facts" not in Page(render_foot(answer(claims=()), "en")).text


@pytest.mark.parametrize(("now", "said"), [(Html("x"), "x"), (None, "")])
def test_the_work_and_what_it_found_stand_in_two_lines(now: Html | None, said: str) -> None:
    page = Page(render_working(now, (Html("a"), safe(NASTY))))
    assert page.text == f"{said}a{NASTY}"
    classes = page.having("class")
    assert classes[0] == "hg-standing"
    assert classes[-1] == "hg-trace"
    assert Page(render_standing(answer(), (), "en")).having("class")[0] == "hg-standing"


def test_each_standing_has_a_shape_of_its_own() -> None:
    shapes = {
        tuple(
            (tag, found.get("d"))
            for tag, found in Page(render_standing(answer(standing=one), (), "en")).elements
            if tag in ("path", "circle")
        )
        for one in get_args(Standing)
    }
    assert len(shapes) == 3


def test_the_panel_leads_to_the_rulebook() -> None:
    old = Relative(id="old-rule", title=Bilingual(zh="旧规", en="Old"), number=None)
    family = Lineage(replaces=(old,), ends=dt.date(2027, 1, 1))
    page = Page(render_source(citation(1, RATE), (), family, "en", "en"))
    links = [one for one in page.having("href") if one and one.startswith("/")]
    assert links == ["/rules/old-rule?lang=en", "/rules/hk-centre?lang=en#fact-1"]
    assert page.having("data-place") == ["#fact-1"]
    assert "Replaced from 2027-01-01" in page.text


def test_the_cited_instruments_are_listed_once_with_all_their_marks() -> None:
    twice = (citation(1, RATE), citation(2, FactRef("hk-centre#2")))
    page = Page(render_cited(twice, marks_for(twice, "m1", "en")))
    assert page.text.count("企业财资中心税制") == 1
    assert page.having("data-cite") == ["m1:1", "m1:2"]


@pytest.mark.parametrize(
    ("point", "values"),
    [
        (AnswerOpenPoint(name="soe", type="bool", question="国企吗？"), ["true", "false"]),
        (
            AnswerOpenPoint(
                name="kind",
                type="choice",
                question="哪类？",
                choices=({"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}),
            ),
            ["a", "b"],
        ),
        (AnswerOpenPoint(name="usd", type="number", question="多少？"), []),
    ],
)
def test_an_open_point_is_answered_with_buttons_or_a_box(
    point: AnswerOpenPoint, values: list[str]
) -> None:
    page = Page(render_open_points([point], "zh-Hans"))
    assert page.having("data-value") == values
    assert ("input" in page.tags) == (not values)
    assert page.having("data-point") == [point.name]


def test_a_failure_can_be_tried_again() -> None:
    page = Page(render_failure(Html("x"), "en"))
    assert page.having("data-do") == ["retry"]
    assert page.having("role") == ["alert"]


# --- the plan


def plan(remark: AnswerRemark, *, closed: bool = False) -> AnswerPlan:
    def option(name: str, applies: bool | None, blockers: tuple[AnswerRemark, ...]) -> AnswerOption:
        return AnswerOption(
            id=name,
            title=f"办法{name}",
            applies=applies,
            depends_on=(),
            blockers=blockers,
            possible_blockers=(),
            legs=(
                AnswerLeg(
                    from_="mainland_parent",
                    to="hk_company",
                    from_name="mainland parent",
                    to_name="香港公司",
                    what="资本金",
                    channel=None,
                    currencies=("USD", "local"),
                    refs=(RATE,),
                ),
            ),
            steps=(step("one", "required"), step("two", "depends"), step("three", "not-needed")),
            pros=(remark,),
            cons=(),
        )

    return AnswerPlan(
        route="r",
        title="路线名",
        summary="概要",
        options=(
            option("甲", not closed, ()),
            option("乙", None, (remark,)),
            option("丙", False if closed else None, ()),
        ),
        watch=(remark,),
        open_points=(),
        known={},
    )


def step(name: str, state: str) -> AnswerStep:
    return AnswerStep.model_validate(
        {
            "id": name,
            "state": state,
            "side": "hongkong",
            "side_name": "香港",
            "do": f"做{name}",
            "who": "企业",
            "authority": "SAFE",
            "time": "7个工作日",
            "needs": (),
            "depends_on": (),
            "refs": (RATE,),
        }
    )


REMARK = AnswerRemark(say="要点", refs=())


def test_the_first_open_option_is_shown_and_the_others_folded() -> None:
    words = PlanWords(marks=marks(), authorities={"SAFE": "国家外汇管理局"})
    html = render_plan(plan(REMARK), words)
    page = Page(html)
    assert page.having("data-key") == [
        *("legs-甲", "spared-甲", "option-乙", "legs-乙", "spared-乙"),
        *("option-丙", "legs-丙", "spared-丙"),
    ]
    first, second = html.index("<h4>办法甲"), html.index('class="hg-option-title">办法乙')
    assert html.index("</table>") < first < html.index("<details") < second
    for part in ("首选", "走不通", "视情况", "香港", "国家外汇管理局", "7个工作日", "当地货币"):
        assert part in page.text
    assert "Mainland parent" in page.text


def test_a_plan_without_open_option_says_so() -> None:
    page = Page(render_plan(plan(REMARK, closed=True), PlanWords(marks=marks())))
    assert "都走不通" in page.text
    assert "首选" not in page.text


def test_a_plan_leads_to_its_page_with_what_is_known_filled_in() -> None:
    known = plan(REMARK).model_copy(update={"known": {"amount_usd": 2e8, "send_in_cny": True}})
    links = Page(render_plan(known, PlanWords(marks=marks()))).having("href")
    assert links == ["/plan/r?amount_usd=200000000&send_in_cny=true&lang=zh-Hans"]


def test_the_ways_stand_side_by_side_with_what_decides_them() -> None:
    words = PlanWords(
        marks=marks(),
        deciding={"乙": (Deciding("是否以人民币出资", None), Deciding("金额", "2亿美元"))},
    )
    html = render_plan(plan(REMARK), words)
    table = html[html.index("<table") : html.index("</table>")]
    text = Page(table).text
    for part in (
        "是否以人民币出资 未填",
        "金额 2亿美元",
        "不设前提",
        "1 步，另 1 步视情况",
        "美元、当地货币",
    ):
        assert part in text
    assert Page(table).having("scope") == [*["col"] * 4, *["row"] * 8]


def test_what_a_step_depends_on_is_told_as_a_question() -> None:
    made = plan(REMARK)
    first = made.options[0]
    hanging = first.steps[1].model_copy(update={"depends_on": ("cny",), "needs": ("one",)})
    option = first.model_copy(update={"steps": (first.steps[0], hanging)})
    words = PlanWords(marks=marks(), questions={"cny": "是否以人民币出资"})
    text = Page(render_plan(made.model_copy(update={"options": (option,)}), words)).text
    assert "取决于 是否以人民币出资" in text
    assert "在第 1 步之后" in text
