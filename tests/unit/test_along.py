"""Along a route: its facts are told apart by what each part asks, and join where they govern."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bot.query.understanding import Lexicon, Understanding, understand
from bot.query.wants import Offers
from bot.question import read_question
from bot.retrieval.along import along_route
from bot.retrieval.evidence import Evidence, FactHit, Library
from knowledge.card import FactRef
from knowledge.route import RouteCard
from knowledge.search.exemplars import Exemplar, Exemplars
from knowledge.search.segment import Segmenter
from tests.shipped import shipped_glossary
from tests.unit.small_cards import corpus_of, small_card, small_fact

TODAY = dt.date(2026, 11, 22)
SPAN, LIMIT, STORY = (FactRef.of("own", number) for number in (1, 2, 3))
STRAY, OLD = FactRef.of("stray", 1), FactRef.of("old", 1)
CORPUS = corpus_of(
    small_card(
        "own",
        small_fact(1, "登记须在15个工作日内办理", "register within 15 working days"),
        small_fact(2, "余额不超过净资产的3倍", "at most 3 times net assets"),
        small_fact(3, "2025年余额为500亿元", "CNY 50 billion in 2025", "background"),
    ),
    small_card("stray", small_fact(1, "费用为1万元", "the fee is CNY 10,000")),
    small_card(
        "old",
        small_fact(1, "余额不超过净资产的1倍", "at most once net assets"),
        effective=None,
        status="draft",
    ),
)
AXES = {SPAN: (1.0, 0.0), LIMIT: (0.0, 1.0), STORY: (0.0, 1.0), STRAY: (0.7, 0.7), OLD: (0.0, 1.0)}
VECTORS = {
    "借钱": np.array([0.7, 0.7], dtype=np.float32),
    "多久登记": np.array([1, 0], dtype=np.float32),
    "额度是多少": np.array([0, 1], dtype=np.float32),
}


def hit(ref: FactRef, score: float) -> FactHit:
    return FactHit(ref=ref, score=score, validity="in-force", part_scores=(0.0, 0.0))


def along(*hits: FactHit, route: tuple[FactRef, ...] = (SPAN, LIMIT, STORY, OLD)) -> Evidence:
    asked = Exemplars(
        [Exemplar(ref, "zh", "例") for ref in AXES],
        np.array(list(AXES.values()), dtype=np.float32),
        Segmenter(),
        best_of=1,
    )
    library: Any = SimpleNamespace(asked=asked, offers=Offers(CORPUS), corpus=CORPUS)
    return along_route(
        cast(RouteCard, SimpleNamespace(refs=route)),
        understood(),
        VECTORS,
        Evidence(hits=hits, nearness=0.8),
        cast(Library, library),
        TODAY,
    )


def understood() -> Understanding:
    read = understand(read_question("甲", today=TODAY), Lexicon(CORPUS, shipped_glossary()))
    parts = ("多久登记", "额度是多少")
    known = {"text": "多久登记,额度是多少", "search_text": "借钱", "parts": parts}
    return read.model_copy(update={**known, "part_texts": parts})


def test_facts_of_the_route_join_and_each_fits_its_part_best() -> None:
    by_ref = {one.ref: one for one in along(hit(STRAY, 1.0)).hits}
    assert by_ref[SPAN].part_scores[0] > by_ref[LIMIT].part_scores[0]
    assert by_ref[LIMIT].part_scores[1] > by_ref[SPAN].part_scores[1]
    assert by_ref[SPAN].gives
    assert by_ref[LIMIT].gives


def test_background_fits_less_than_the_rule_beside_it() -> None:
    by_ref = {one.ref: one for one in along(hit(STRAY, 1.0)).hits}
    assert by_ref[STORY].part_scores[1] < by_ref[LIMIT].part_scores[1]


def test_what_does_not_govern_joins_only_where_the_search_found_it() -> None:
    assert OLD not in along(hit(STRAY, 1.0)).refs
    assert OLD in along(hit(STRAY, 1.0), hit(OLD, 0.5)).refs


def test_another_fact_stays_as_it_was_and_the_best_come_first() -> None:
    evidence = along(hit(STRAY, 1.0), hit(LIMIT, 0.9))
    assert evidence.refs[:2] == (LIMIT, STRAY)
    assert next(one for one in evidence.hits if one.ref == STRAY) == hit(STRAY, 1.0)
    assert [one.score for one in evidence.hits] == sorted(
        (one.score for one in evidence.hits), reverse=True
    )


@pytest.mark.parametrize("route", [(), (FactRef.of("unasked", 1),)])
def test_a_route_of_which_nothing_can_be_compared_changes_nothing(
    route: tuple[FactRef, ...],
) -> None:
    assert along(hit(STRAY, 1.0), route=route).hits == (hit(STRAY, 1.0),)
