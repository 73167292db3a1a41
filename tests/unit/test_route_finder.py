"""Which route is meant: chances over all routes, and whether the best of them fits at all."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.retrieval.evidence import Evidence, FactHit
from bot.retrieval.route_finder import COSINE_SPAN, FIT, FIT_OF, SENSE, WORDS, RouteFinder
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus, CorpusVersion
from knowledge.questions import Questions
from knowledge.route import Leg, Option, RouteCard, Step
from knowledge.search.exemplars import Likeness

SAY = Bilingual(zh="说", en="say")
OWN_A, OWN_B, SHARED = FactRef("card#1"), FactRef("card#2"), FactRef("card#3")


def route(name: str, *facts: FactRef) -> RouteCard:
    leg = Leg.model_validate(
        {
            "from": "mainland_parent",
            "to": "hk_company",
            "what": SAY,
            "currencies": ["CNY"],
            "facts": facts,
        }
    )
    step = Step(
        id="one",
        side="mainland",
        do=SAY,
        who=SAY,
        authority=None,
        time=None,
        when=None,
        needs=(),
        facts=facts,
    )
    option = Option(
        id="only",
        title=SAY,
        applies_when=None,
        blockers=(),
        legs=(leg,),
        steps=(step,),
        pros=(),
        cons=(),
    )
    return RouteCard(
        id=name,
        goal="invest",
        title=SAY,
        asks=Questions(zh=("问？",), en=("ask?",)),
        summary=SAY,
        inputs=(),
        options=(option,),
        watch=(),
    )


@pytest.fixture(scope="module")
def finder() -> RouteFinder:
    routes = {"a": route("a", OWN_A, SHARED), "b": route("b", OWN_B, SHARED)}
    version = CorpusVersion(
        digest="0" * 12, instruments=0, facts=0, routes=2, as_of=dt.date(2026, 11, 22)
    )
    return RouteFinder(Corpus({}, routes, {}, version))


def like(
    near: tuple[float, float] = (0.9, 0.9), words: tuple[float, float] = (0.0, 0.0)
) -> Likeness:
    """Likeness to the typical questions of `a` and `b`, beside those of no route."""

    def labelled(values: tuple[float, float], other: float) -> Mapping[str, float]:
        return {"ask:a": values[0], "ask:b": values[1], "in": other, "out:weather": other}

    return Likeness(
        cosines=labelled(near, 0.99), near=labelled(near, 0.99), words=labelled(words, 1.0)
    )


def found(*hits: tuple[FactRef, float]) -> Evidence:
    return Evidence(
        hits=tuple(FactHit(ref=ref, score=score, validity="in-force") for ref, score in hits),
        nearness=0.9,
    )


def chances(finder: RouteFinder, evidence: Evidence, likeness: Likeness) -> dict[str, float]:
    return {match.route: match.chance for match in finder.rank(evidence, likeness)}


def logistic(lead: float) -> float:
    """Chance of the one of two routes that leads by `lead` in log odds."""
    return 1 / (1 + math.exp(-lead))


def test_routes_between_which_nothing_decides_have_equal_chances(finder: RouteFinder) -> None:
    assert chances(finder, found(), like()) == pytest.approx({"a": 0.5, "b": 0.5})


def test_a_span_of_cosine_is_one_unit_of_sense(finder: RouteFinder) -> None:
    assert chances(finder, found(), like(near=(0.9, 0.9 - COSINE_SPAN)))["a"] == pytest.approx(
        logistic(SENSE)
    )


def test_words_count_beside_the_best_in_words(finder: RouteFinder) -> None:
    # a half as alike in words as b: b leads by half the weight
    assert chances(finder, found(), like(words=(0.2, 0.4)))["b"] == pytest.approx(
        logistic(WORDS / 2)
    )


def test_facts_speak_for_the_routes_that_stand_on_them(finder: RouteFinder) -> None:
    # of the evidence a stands on 0.4, b on all
    evidence = found((OWN_B, 0.6), (SHARED, 0.4))
    assert chances(finder, evidence, like())["b"] == pytest.approx(logistic(FIT * (1 - 0.4)))


def test_fit_is_the_share_of_the_evidence_on_the_routes_own_facts(finder: RouteFinder) -> None:
    evidence = found((OWN_A, 0.5), (SHARED, 0.25), (FactRef("other#1"), 0.25))
    fits = {match.route: match.fit for match in finder.rank(evidence, like())}
    assert fits == pytest.approx({"a": 0.75, "b": 0.25})


def test_only_the_first_facts_tell_whether_a_route_fits(finder: RouteFinder) -> None:
    others = [(FactRef(f"other#{at}"), 0.9) for at in range(1, FIT_OF)]
    fits = [
        {match.route: match.fit for match in finder.rank(found(*hits, (OWN_A, 0.9)), like())}["a"]
        for hits in (others, [*others, (FactRef("other#99"), 0.9)])
    ]
    # the tenth of ten equal hits, then the eleventh
    assert fits == pytest.approx([1 / FIT_OF, 0.0])


def test_without_evidence_no_route_fits(finder: RouteFinder) -> None:
    assert [match.fit for match in finder.rank(found(), like())] == [0.0, 0.0]


_unit = st.floats(0, 1)


@given(
    near=st.tuples(st.floats(0.7, 1), st.floats(0.7, 1)),
    words=st.tuples(_unit, _unit),
    scores=st.lists(st.tuples(st.sampled_from([OWN_A, OWN_B, SHARED]), _unit), max_size=20),
)
def test_chances_sum_to_one_and_the_likeliest_comes_first(
    finder: RouteFinder,
    near: tuple[float, float],
    words: tuple[float, float],
    scores: list[tuple[FactRef, float]],
) -> None:
    matches = finder.rank(found(*scores), like(near, words))
    assert sum(match.chance for match in matches) == pytest.approx(1.0)
    assert matches[0].chance == max(match.chance for match in matches)
    assert all(0 <= match.chance <= 1 and 0 <= match.fit <= 1 + 1e-9 for match in matches)


def test_near_facts_are_those_of_the_routes_whose_questions_are_near(finder: RouteFinder) -> None:
    # b is a fifth of the span below a: nearness 0.8; the shared fact has the nearer route's
    near = finder.near_facts(like(near=(0.9, 0.9 - COSINE_SPAN / 5)))
    assert near == pytest.approx({OWN_A: 1.0, SHARED: 1.0, OWN_B: 0.8})


def test_facts_of_a_route_a_whole_span_away_are_not_near(finder: RouteFinder) -> None:
    near = finder.near_facts(like(near=(0.9, 0.9 - 1.1 * COSINE_SPAN)))
    assert near.keys() == {OWN_A, SHARED}
