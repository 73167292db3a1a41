"""Two runs held against each other: what changed, and which scores may not become worse."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.comparison.compare import Comparison, compare_runs, way_of
from evals.errors import NotComparable
from evals.run import Run, run_suite
from evals.scorers.registry import METRICS
from evals.testing import AS_OF, ScriptedAdvisor, make_answer, make_case, make_engine
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


def test_cases_in_one_run_only_are_named_and_passed_over_on_wish() -> None:
    other = [make_case(1), make_case(3)]
    before, after = run(good(), good()), run(good(), good(), cases=other)
    with pytest.raises(NotComparable, match=r"1 only in .* \(t2\).*1 only in .* \(t3\).*--common"):
        compare_runs(before, after)
    made = compare_runs(before, after, common=True)
    assert (made.cases, made.only_before, made.only_after) == (1, ("t2",), ("t3",))


def test_a_case_that_asks_something_else_under_its_old_id_is_not_compared() -> None:
    other = [make_case(1), make_case(2, question="另一问？")]
    before, after = run(good(), good()), run(good(), good(), cases=other)
    with pytest.raises(NotComparable, match="of one id that ask or expect something else"):
        compare_runs(before, after)
    assert compare_runs(before, after, common=True).altered == ("t2",)


def test_runs_without_a_case_in_common_are_never_compared() -> None:
    with pytest.raises(NotComparable, match="Run one suite for both"):
        compare_runs(run(good(), good()), run(good(), cases=[make_case(9)]), common=True)


def test_the_order_in_which_cases_ran_does_not_matter() -> None:
    before = run(good(), good())
    after = before.model_copy(update={"results": before.results[::-1]})
    assert not compare_runs(before, after).is_worse


def test_a_case_becomes_wrong_by_leaving_the_best_value_and_right_by_reaching_it() -> None:
    made = compared(good(text="没有上限，另计37%。[1]"))
    ways = {(flip.metric, flip.way) for flip in made.flips}
    assert {("nugget_recall", "lost"), ("figures_without_fact", "lost")} <= ways
    back = compare_runs(run(good(), good(text="没有上限。[1]")), run(good(), good()))
    assert ("vital_recall", "gained") in {(flip.metric, flip.way) for flip in back.flips}
    assert not any(flip.way == "lost" for flip in back.flips)


def test_a_quantity_moves_without_becoming_right_or_wrong() -> None:
    made = compared(good(engine=make_engine({"total": 99.0})))
    latency = next(metric for metric in made.metrics if metric.name == "latency_ms")
    assert latency.moved
    assert [way_of(latency, moved) for moved in latency.moved] == [None]


def test_a_difference_has_an_interval_and_a_p_that_bears_how_many_were_tested() -> None:
    cases = [make_case(number) for number in range(1, 21)]
    before = run(*[good()] * 20, cases=cases)
    after = run(*[good()] * 8, *[good(text="没有上限。[1]")] * 12, cases=cases)
    found = {metric.name: metric for metric in compare_runs(before, after).metrics}
    fallen = found["vital_recall"]
    assert fallen.difference.mean == pytest.approx(-0.6)
    assert fallen.difference.low < -0.6 < fallen.difference.high < 0
    assert fallen.verdict == "worse"
    assert fallen.p is not None
    assert fallen.p_holm is not None
    assert fallen.p < fallen.p_holm < 0.05
    assert found["card_recall"].verdict == "open"
    assert found["card_recall"].p == 1
    assert found["latency_ms"].p_holm is None


def test_differences_are_told_by_kind_and_by_language() -> None:
    cases = [make_case(1), make_case(2, lang="en", kind="multi")]
    made = compare_runs(
        run(good(), good(), cases=cases), run(good(), good(text="没有上限。[1]"), cases=cases)
    )
    by_lang = {lang: {m.name: m.gain for m in found} for lang, found in made.by_lang.items()}
    assert by_lang["zh-Hans"]["vital_recall"] == 0
    assert by_lang["en"]["vital_recall"] == -1
    assert set(made.by_kind) == {"lookup", "multi"}
