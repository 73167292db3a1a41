"""What changed: which rules replaced which, and what held then beside what holds now."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from bot.language import Lang
from bot.retrieval.evidence import Evidence, FactHit
from bot.writing.changes import ASKED_ABOUT, MOST_ROWS, change_table, replaced_in
from bot.writing.draft import Block, Claim
from knowledge.card import Bilingual, FactRef, Instrument
from knowledge.corpus import Corpus
from tests.unit.small_cards import corpus_of, small_card, small_fact

LANGS: tuple[Lang, ...] = get_args(Lang)
CHANGED = dt.date(2026, 3, 20)


def card(
    card_id: str, *texts: str, superseded_by: str | None = None, effective: dt.date | None = None
) -> Instrument:
    return small_card(
        card_id,
        *(small_fact(at, zh, f"{card_id} {at}", "limit") for at, zh in enumerate(texts, start=1)),
        title=Bilingual(zh=f"{card_id}办法", en=f"{card_id} Measures"),
        effective=effective,
        status="superseded" if superseded_by else "in-force",
        superseded_by=superseded_by,
    )


# Facts of one point share most character pairs; those of different points share none.
CAP = ("甲乙丙丁戊", "甲乙丙丁己")  # 3 of 4 pairs in common: 0.75
TERM = ("子丑寅卯辰", "子丑寅卯巳")
WHO = ("天地玄黄宇", "天地玄黄宙")
FORM = ("赤橙黄绿青", "赤橙黄绿蓝")
ODD = ("金木水火土", "东南西北中")  # nothing in common


def pair(*points: tuple[str, str], effective: dt.date | None = CHANGED) -> Corpus:
    """A replaced instrument and its successor that speak of the same points."""
    return corpus_of(
        card("old", *(was for was, _ in points), superseded_by="new"),
        card("new", *(now for _, now in points), effective=effective),
    )


def found(*refs: str) -> Evidence:
    hits = tuple(
        FactHit(ref=FactRef(ref), score=1 - at / 100, validity="in-force")
        for at, ref in enumerate(refs)
    )
    return Evidence(hits=hits, nearness=0.9)


def say(hit: FactHit) -> Claim:
    return Claim(text=f"says {hit.ref}", refs=(hit.ref,))


def table(evidence: Evidence, corpus: Corpus, lang: Lang = "en") -> Block | None:
    return change_table(evidence, corpus, lang, say)


def rows(evidence: Evidence, corpus: Corpus) -> list[tuple[str, ...]]:
    made = table(evidence, corpus)
    assert made is not None
    return [tuple(cell.removeprefix("says ") for cell in row.cells) for row in made.claims]


# --- which instrument


@pytest.mark.parametrize("ref", ["old#1", "new#1"])
def test_either_side_of_a_change_leads_to_both(ref: str) -> None:
    changed = replaced_in(found(ref), pair(CAP))
    assert changed is not None
    assert [one.id for one in changed] == ["old", "new"]


def test_the_change_is_that_of_the_best_instrument_that_has_one() -> None:
    corpus = corpus_of(
        card("steady", *CAP),
        card("old", *CAP, superseded_by="new"),
        card("new", *CAP),
        card("older", *CAP, superseded_by="newer"),
        card("newer", *CAP),
    )
    changed = replaced_in(found("steady#1", "newer#1", "old#1"), corpus)
    assert changed is not None
    assert [one.id for one in changed] == ["older", "newer"]


def test_an_instrument_found_far_down_is_not_what_the_question_is_about() -> None:
    corpus = corpus_of(
        card("steady", *(str(at) for at in range(9))), *pair(CAP).instruments.values()
    )
    before = [f"steady#{at}" for at in range(1, ASKED_ABOUT + 1)]
    assert replaced_in(found(*before, "old#1"), corpus) is None
    assert replaced_in(found(*before[:-1], "old#1"), corpus) is not None


def test_without_a_replacement_there_is_nothing_to_compare() -> None:
    lone = corpus_of(card("steady", *CAP))
    assert replaced_in(found("steady#1"), lone) is None
    assert table(found("steady#1"), lone) is None
    assert table(found(), lone) is None


def test_a_successor_that_no_card_tells_of_is_no_change_to_show() -> None:
    assert replaced_in(found("old#1"), corpus_of(card("old", *CAP, superseded_by="gone"))) is None


# --- the table


def test_the_best_facts_of_both_make_the_first_row_whatever_they_say() -> None:
    assert rows(found("new#2", "old#1", "new#1"), pair(ODD, TERM)) == [("old#1", "new#2")]


def test_further_rows_are_facts_of_the_same_point_the_likest_first() -> None:
    # two of three pairs in common for the third point, three of four for the second
    corpus = pair(ODD, TERM, ("春夏秋冬", "春夏秋雪"))
    evidence = found("old#1", "new#1", "old#3", "new#3", "new#2", "old#2")
    assert rows(evidence, corpus) == [
        ("old#1", "new#1"),
        ("old#2", "new#2"),
        ("old#3", "new#3"),
    ]


def test_facts_of_different_points_make_no_further_row() -> None:
    assert rows(found("old#1", "new#1", "old#2", "new#2"), pair(CAP, ODD)) == [("old#1", "new#1")]


def test_no_fact_stands_in_two_rows() -> None:
    corpus = corpus_of(
        card("old", ODD[0], CAP[0], "甲乙丙丁庚", superseded_by="new"),
        card("new", ODD[1], CAP[1]),
    )
    said = rows(found("old#1", "new#1", "old#2", "new#2", "old#3"), corpus)
    assert said == [("old#1", "new#1"), ("old#2", "new#2")]


def test_no_more_rows_than_a_glance_takes_in() -> None:
    refs = [f"{side}#{at}" for at in range(1, 6) for side in ("old", "new")]
    assert len(rows(found(*refs), pair(ODD, CAP, TERM, WHO, FORM))) == MOST_ROWS == 3


def test_facts_that_were_not_found_are_not_compared() -> None:
    assert table(found("old#1", "old#2"), pair(CAP, TERM)) is None
    assert rows(found("old#1", "new#1", "old#2"), pair(CAP, TERM)) == [("old#1", "new#1")]


def test_a_row_cites_the_facts_of_both_sides() -> None:
    made = table(found("old#1", "new#1"), pair(CAP))
    assert made is not None
    (row,) = made.claims
    assert row.refs == ("old#1", "new#1")
    assert row.text == "says old#1 | says new#1"


@pytest.mark.parametrize(
    ("lang", "heading", "columns"),
    [
        (
            "zh-Hans",
            "新旧对照",
            ("原《old办法》（2026年3月20日前）", "现《new办法》（2026年3月20日起）"),
        ),
        (
            "zh-Hant",
            "新舊對照",
            ("原《old辦法》（2026年3月20日前）", "現《new辦法》（2026年3月20日起）"),
        ),
        (
            "en",
            "Before and after",
            (
                "Before: old Measures (until 20 March 2026)",
                "Now: new Measures (from 20 March 2026)",
            ),
        ),
    ],
)
def test_the_columns_name_both_instruments_and_the_day_of_the_change(
    lang: Lang, heading: str, columns: tuple[str, ...]
) -> None:
    made = table(found("old#1", "new#1"), pair(CAP), lang)
    assert made is not None
    assert (made.form, made.heading, made.columns) == ("table", heading, columns)


@pytest.mark.parametrize("lang", LANGS)
def test_a_change_without_a_known_day_is_not_dated(lang: Lang) -> None:
    made = table(found("old#1", "new#1"), pair(CAP, effective=None), lang)
    assert made is not None
    assert not any(character.isdigit() for column in made.columns for character in column)
