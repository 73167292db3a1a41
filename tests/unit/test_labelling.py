"""Which answers are drawn to be labelled, and in whose order."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from bot.store.labels import KeptLabel, LabelTask
from evals.labels.task import draw_cases, exported, order_for, side_by_side
from evals.run import CaseResult
from evals.testing import make_answer, make_case

AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
KINDS = ["lookup"] * 60 + ["temporal"] * 30 + ["injection"] * 10


@pytest.fixture(scope="module")
def results() -> tuple[CaseResult, ...]:
    return tuple(
        CaseResult(
            case=make_case(n, kind=kind, question=f"第{n}问？"),
            answer=make_answer() if n % 50 else None,
            error=None if n % 50 else "TimeoutError",
            scores={},
            wall_ms=1,
        )
        for n, kind in enumerate(KINDS)
    )


def task(*cases: str, seed: int = 1) -> LabelTask:
    return LabelTask(
        id="0a", run="r", cases=cases, seed=seed, peers_settle=False, by="x", seats=(), created=AT
    )


def label(case: str, who: str, **fields: object) -> KeptLabel:
    given = {"correctness": "correct", "groundedness": "grounded", "adjudicated": False, **fields}
    return KeptLabel.model_validate({"case": case, "labeller": who, "at": AT, **given})


def test_answers_are_drawn_by_their_kinds_share_and_the_same_by_the_same_seed(
    results: tuple[CaseResult, ...],
) -> None:
    drawn = draw_cases(results, 20, seed=7)
    kinds = {one.case.id: one.case.kind for one in results}
    assert Counter(kinds[case] for case in drawn) == {"lookup": 12, "temporal": 6, "injection": 2}
    assert drawn == draw_cases(results, 20, seed=7)
    assert drawn != draw_cases(results, 20, seed=8)
    assert list(drawn) == [one.case.id for one in results if one.case.id in drawn]


def test_cases_without_an_answer_are_not_drawn(results: tuple[CaseResult, ...]) -> None:
    assert len(draw_cases(results, 1_000, seed=0)) == 98
    assert draw_cases(results[:1], 5, seed=0) == ()


def test_each_person_sees_the_same_answers_in_another_order_that_stays() -> None:
    cases = tuple(f"c{n}" for n in range(30))
    one, other = (order_for(task(*cases), name) for name in ("张三", "李四"))
    assert sorted(one) == sorted(other) == sorted(cases)
    assert len({one, other, cases, order_for(task(*cases, seed=2), "张三")}) == 4
    assert order_for(task(*cases), "张三") == one


def test_who_settles_cannot_tell_by_the_place_whose_label_is_whose() -> None:
    cases = tuple(f"c{n}" for n in range(40))
    labels = [label(case, who) for case in cases for who in ("张三", "李四")]
    first = Counter(side_by_side(task(*cases), case, labels)[0].labeller for case in cases)
    assert 10 <= first["张三"] <= 30


def test_half_a_label_is_not_exported_and_the_last_word_comes_last() -> None:
    labels = [
        label("b", "王五", adjudicated=True),
        label("b", "李四"),
        label("b", "张三", groundedness=None),
        label("a", "张三", correctness="abstained", groundedness=None),
    ]
    found = exported(task("a", "b"), labels)
    assert [(one.case_id, one.labeller, one.adjudicated) for one in found] == [
        ("a", "张三", False),
        ("b", "李四", False),
        ("b", "王五", True),
    ]
