"""A plan in words: its ways side by side in a table, then the steps of the first that is open."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from bot.language import Lang
from bot.route_plan import PlannedOption, PlannedStep, RoutePlan
from bot.writing.draft import Block, Claim
from bot.writing.plan_text import MOST_TIMES, Doubts, plan_blocks, sentences
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus, CorpusVersion
from knowledge.issuer import Issuer
from knowledge.route import Leg, Remark

LANGS: tuple[Lang, ...] = get_args(Lang)
VERSION = CorpusVersion(
    digest="0" * 12, instruments=0, facts=0, routes=0, as_of=dt.date(2026, 11, 22)
)
SAFE = Issuer(zh="国家外汇管理局", en="State Administration of Foreign Exchange", place="mainland")
CORPUS = Corpus({}, {}, {"SAFE": SAFE}, VERSION)
LEG, PRO, CON, STEP, TIME = (FactRef(f"card#{number}") for number in range(1, 6))


def both(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)


def remark(zh: str, en: str, *refs: FactRef) -> Remark:
    return Remark(say=both(zh, en), facts=refs)


def step(
    name: str,
    *,
    authority: str | None = None,
    time: Bilingual | None = None,
    state: str = "required",
    refs: tuple[FactRef, ...] = (STEP,),
) -> PlannedStep:
    return PlannedStep.model_validate(
        {
            "id": name,
            "state": state,
            "side": "mainland",
            "do": both(f"办{name}。", f"Do {name}."),
            "who": both("企业", "the firm"),
            "authority": authority,
            "time": time,
            "needs": (),
            "refs": refs,
        }
    )


def option(
    name: str,
    *steps: PlannedStep,
    blockers: tuple[Remark, ...] = (),
    pros: tuple[Remark, ...] = (remark("快。", "Quick.", PRO),),
    cons: tuple[Remark, ...] = (remark("贵。", "Dear.", CON),),
    currencies: tuple[str, ...] = ("CNY", "USD"),
) -> PlannedOption:
    leg = Leg.model_validate(
        {
            "from": "mainland_parent",
            "to": "hk_company",
            "what": both("款", "money"),
            "currencies": currencies,
            "facts": (LEG,),
        }
    )
    return PlannedOption(
        id=name,
        title=both(f"走法{name}", f"Way {name}"),
        applies=True,
        blockers=blockers,
        legs=(leg,),
        steps=steps or (step("one"),),
        pros=pros,
        cons=cons,
    )


def plan(*options: PlannedOption) -> RoutePlan:
    return RoutePlan(
        route="a-route",
        goal="invest",
        title=both("路", "Route"),
        summary=both("概要。", "Summary."),
        options=options,
        watch=(),
        open_points=(),
        known={},
    )


def none(claim: Claim) -> int:
    return 0


def table(made: RoutePlan, lang: Lang = "en", doubts: Doubts = none) -> Block:
    first = next(plan_blocks(made, doubts, lang, CORPUS))
    assert first.form == "table"
    return first


def row(one: PlannedOption, lang: Lang = "en", doubts: Doubts = none) -> Claim:
    """Say one way beside another in whose place it stands first."""
    return table(plan(one, option("other")), lang, doubts).claims[0]


def needing(words: str, ref: FactRef) -> Doubts:
    """Object to a text that says `words` without citing `ref`."""
    return lambda claim: int(words in claim.text and ref not in claim.refs)


def test_ways_stand_side_by_side_and_the_steps_of_the_first_follow() -> None:
    blocks = list(plan_blocks(plan(option("a"), option("b")), none, "en", CORPUS))
    assert [(block.kind, block.form) for block in blocks] == [("plan", "table"), ("plan", "steps")]
    assert [claim.cells[0] for claim in blocks[0].claims] == ["Way a", "Way b"]
    assert blocks[1].heading == "Route: Route — Way a"


def test_a_single_way_is_not_compared() -> None:
    (steps,) = plan_blocks(plan(option("a")), none, "en", CORPUS)
    assert steps.form == "steps"


def test_where_every_way_is_closed_the_table_says_why_and_there_are_no_steps() -> None:
    closed = (remark("太小。", "Too small.", PRO),)
    shut = plan(option("a", blockers=closed), option("b", blockers=closed))
    (compared,) = plan_blocks(shut, none, "en", CORPUS)
    assert [claim.cells[1] for claim in compared.claims] == ["not open to you — Too small"] * 2


@pytest.mark.parametrize("lang", LANGS)
def test_every_row_has_a_cell_for_every_column(lang: Lang) -> None:
    bare = option("b", step("one"), pros=(), cons=())
    compared = table(plan(option("a"), bare), lang)
    assert len(compared.columns) == 6
    assert [len(claim.cells) for claim in compared.claims] == [6, 6]


def test_a_row_is_checked_as_the_text_of_its_cells() -> None:
    said = row(option("a", step("one", authority="SAFE")))
    assert said.cells == ("Way a", "Quick", "SAFE", "—", "CNY, USD", "Dear")
    assert said.text == "Way a | Quick | SAFE | — | CNY, USD | Dear"


@pytest.mark.parametrize(
    ("lang", "cells"),
    [
        ("zh-Hans", ("走法a", "快", "国家外汇管理局", "—", "人民币、当地货币", "贵")),
        ("zh-Hant", ("走法a", "快", "國家外匯管理局", "—", "人民幣、當地貨幣", "貴")),
        ("en", ("Way a", "Quick", "SAFE", "—", "CNY, local currency", "Dear")),
    ],
)
def test_bodies_and_currencies_are_named_as_the_reader_knows_them(
    lang: Lang, cells: tuple[str, ...]
) -> None:
    one = option("a", step("one", authority="SAFE"), currencies=("CNY", "local"))
    assert row(one, lang).cells == cells


def test_a_currency_without_a_name_is_told_by_its_code() -> None:
    assert row(option("a", currencies=("XAU",)), "zh-Hans").cells[4] == "XAU"


def test_bodies_and_times_are_those_of_the_steps_that_may_be_needed_each_once() -> None:
    days, weeks = both("5天", "5 days"), both("2周", "2 weeks")
    one = option(
        "a",
        step("one", authority="SAFE", time=days),
        step("two", authority="SAFE", time=days, state="depends"),
        step("three", authority="PBOC", time=weeks, state="not-needed"),
    )
    assert row(one).cells[2:4] == ("SAFE", "5 days")


def test_no_more_times_are_named_than_a_glance_takes_in() -> None:
    times = [both(f"{n}天", f"{n} days") for n in (5, 7, 9)]
    one = option("a", *(step(f"s{at}", time=time) for at, time in enumerate(times)))
    assert MOST_TIMES == 2
    assert row(one).cells[3] == "5 days; 7 days"
    assert row(one, "zh-Hans").cells[3] == "5天；7天"


def test_what_decides_is_what_closes_a_way_before_what_speaks_for_it() -> None:
    shut = option("a", blockers=(remark("太小。", "Too small.", PRO),))
    assert row(shut).cells[1] == "not open to you — Too small"
    assert row(shut, "zh-Hans").cells[1] == "不可用——太小"
    assert row(option("a", pros=())).cells[1] == "Way a"  # nothing else is known of it


def test_a_row_cites_the_facts_of_its_cells_each_once() -> None:
    one = option("a", step("one", authority="SAFE"))
    # title and currencies: the leg; then what decides, the body and the drawback
    assert row(one).refs == (LEG, PRO, STEP, CON)


def test_a_cell_cites_as_few_of_its_facts_as_bear_it_out() -> None:
    refs = tuple(FactRef(f"card#{number}") for number in (11, 12, 13))
    one = option("a", pros=(remark("快。", "Quick.", *refs),), cons=())
    assert row(one).refs == (LEG, refs[0])
    # the second bears nothing out and is left; the third does
    assert row(one, doubts=needing("Quick", refs[2])).refs == (LEG, refs[0], refs[2])


def test_a_cell_that_none_of_its_facts_bears_out_is_left_empty() -> None:
    said = row(option("a"), doubts=needing("Dear", FactRef("card#99")))
    assert said.cells[5] == "—"
    assert CON not in said.refs
    assert said.cells[1] == "Quick"


def test_a_fact_that_settles_the_title_does_not_let_the_cell_pass_unsupported() -> None:
    # the title stands on the first fact of the cell, the cell's own words on its second
    first, second = FactRef("card#11"), FactRef("card#12")
    one = option("a", pros=(remark("快。", "Quick.", first, second),))

    def doubts(claim: Claim) -> int:
        return needing("Way a", first)(claim) + needing("Quick", second)(claim)

    said = row(one, doubts=doubts)
    assert doubts(said) == 0
    assert said.cells[1] == "Quick"


@pytest.mark.parametrize(
    ("lang", "label", "title"),
    [
        ("en", "(draft, not in force)", "Way a (draft, not in force)"),
        ("zh-Hans", "征求意见稿", "走法a（据征求意见稿，未生效）"),
    ],
)
def test_a_row_that_rests_on_a_draft_says_so_beside_its_title(
    lang: Lang, label: str, title: str
) -> None:
    said = row(option("a"), lang, lambda claim: int(label not in claim.text))
    assert said.cells[0] == title
    assert said.text.startswith(title)


def test_steps_that_are_not_needed_are_left_out_and_those_that_depend_are_marked() -> None:
    one = option("a", step("one"), step("two", state="depends"), step("three", state="not-needed"))
    (steps,) = plan_blocks(plan(one), none, "en", CORPUS)
    assert [claim.text for claim in steps.claims] == [
        "(Mainland) Do one.",
        "(Mainland · if it applies) Do two.",
    ]


def test_a_step_says_how_long_it_takes() -> None:
    one = option("a", step("one", time=both("5天", "5 days"), refs=(STEP, TIME)))
    (english,) = plan_blocks(plan(one), none, "en", CORPUS)
    assert english.claims[0].text == "(Mainland) Do one; 5 days."
    (chinese,) = plan_blocks(plan(one), none, "zh-Hans", CORPUS)
    assert chinese.claims[0].text == "〔内地〕办one；5天。"
    assert chinese.claims[0].refs == (STEP, TIME)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("系数为0.8。凭第7号公告办理；须登记", ["系数为0.8。", "凭第7号公告办理；", "须登记"]),
        (
            "The coefficient is 0.8. Notice No. 7 of 2019 applies; register.",
            ["The coefficient is 0.8.", "Notice No. 7 of 2019 applies;", "register."],
        ),
        ("", []),
    ],
)
def test_a_stop_inside_a_figure_or_an_abbreviation_ends_no_sentence(
    text: str, expected: list[str]
) -> None:
    assert sentences(text) == expected
