"""Two runs held against each other: what changed, and which scores may not become worse."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.compare import Comparison, compare_runs, way_of
from evals.run import Run, run_suite
from evals.scorers.registry import METRICS
from evals.testing import AS_OF, ScriptedAdvisor, make_answer, make_case
from tests.unit.small_cards import corpus_of, small_card, small_fact

FACT = small_fact(1, "上限为80%。", "The cap is 80%.")
CORPUS = corpus_of(small_card("rule-a", FACT), small_card("rule-b", FACT))
CASES = [make_case(1), make_case(2)]


def good(**fields: Any) -> CheckedAnswer:
    whole: dict[str, Any] = {"cited": ["rule-a#1"], "evidence": ["rule-a#1"], **fields}
    return make_answer(whole.pop("text", "上限为80%。[1]"), **whole)


def run(*answers: CheckedAnswer | Exception, cases: list[Case] | None = None) -> Run:
    asked = cases or CASES
    by_question = {case.question: answer for case, answer in zip(asked, answers, strict=True)}
    return run_suite(ScriptedAdvisor(CORPUS, by_question), asked, today=AS_OF)


def compared(after: CheckedAnswer | Exception) -> Comparison:
    """Compare two runs of which only the second answer differs."""
    return compare_runs(run(good(), good()), run(good(), after))


def test_equal_answers_change_nothing() -> None:
    made = compared(good())
    assert made.cases == 2
    assert made.changes == ()
    assert not made.is_worse
    assert all(metric.before == metric.after and not metric.moved for metric in made.metrics)


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (good(text="上限为80%，每年核定。[1]"), ("text",)),
        (good(standing="partly"), ("standing",)),
        (good(route="lend"), ("route",)),
        (good(cited=["rule-a#1", "rule-b#1"]), ("citations",)),
    ],
)
def test_a_changed_answer_says_in_what(after: CheckedAnswer, changed: tuple[str, ...]) -> None:
    (change,) = compared(after).changes
    assert (change.id, change.changed) == ("t2", changed)


def test_citations_and_lines_that_came_and_went_are_named() -> None:
    (change,) = compared(good(text="上限为50%。[1]", cited=["rule-b#1"])).changes
    assert (change.lost, change.gained) == (("rule-a#1",), ("rule-b#1",))
    assert change.text == ("- 上限为80%。", "+ 上限为50%。")


def test_lines_whose_citations_were_only_renumbered_are_not_shown() -> None:
    (change,) = compared(good(text="上限为80%。[2]")).changes
    assert (change.changed, change.text) == (("text",), ())


def test_a_score_that_falls_on_one_case_is_told_with_the_case() -> None:
    made = compared(good(text="没有上限。[1]"))
    fallen = {metric.name: metric for metric in made.fallen}
    assert made.is_worse
    by_pattern = {"nugget_recall", "vital_recall", "truthfulness", "right_and_grounded"}
    by_fact = {"hallucinated", "citation_recall", "citation_precision", "claim_support"}
    assert set(fallen) == by_pattern | by_fact
    assert (fallen["nugget_recall"].before, fallen["nugget_recall"].after) == (1, 0.5)
    assert fallen["nugget_recall"].moved == (("t2", 1, 0),)


def test_a_rate_of_faults_falls_by_rising() -> None:
    made = compared(good(text="上限为80%，另计37%。[1]"))
    assert "figures_without_fact" in {metric.name for metric in made.fallen}


def test_a_new_card_beside_the_expected_one_is_no_fall() -> None:
    made = compared(good(cited=["rule-a#1", "rule-b#1"], evidence=["rule-b#1", "rule-a#1"]))
    moved = {metric.name for metric in made.metrics if metric.moved}
    assert {"card_precision", "ndcg_at_10"} <= moved
    assert not made.is_worse


def test_a_gain_is_no_fall() -> None:
    poor = good(text="没有上限。[1]", standing="declined", cited=[])
    made = compare_runs(run(good(), poor), run(good(), good()))
    assert any(metric.moved for metric in made.metrics)
    assert not made.is_worse


def test_an_answer_that_becomes_an_error_is_worse_though_no_score_counts_it() -> None:
    made = compared(RuntimeError("out of memory"))
    assert made.errored == ("t2",)
    assert made.is_worse
    assert made.fallen == ()


def test_runs_of_different_cases_are_not_compared() -> None:
    other = [make_case(1), make_case(3)]
    with pytest.raises(ValueError, match="same cases"):
        compare_runs(run(good(), good()), run(good(), good(), cases=other))


def test_what_counts_has_a_better_direction_and_what_new_cards_disturb_does_not_count() -> None:
    counting = {metric.name: metric.better for metric in METRICS if metric.counts}
    assert set(counting.values()) == {"higher", "lower"}
    assert counting.keys().isdisjoint({"card_precision", "ndcg_at_10", "mrr", "map", "latency_ms"})
    assert counting.keys() >= {"nugget_recall", "citation_recall", "stale_claims", "card_hit"}
