"""A gate's rules, the history of runs, and their commands with their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evals.cli import eval_app
from evals.comparison.compare import compare_runs
from evals.comparison.gate import GATE, Finding, Gate, Rule, hold, outcome, read_gate
from evals.comparison.history import list_figures, read_figures, sparkline
from evals.errors import GateError, NotComparable
from evals.report import read_record, write_report
from evals.run import Run, run_suite
from evals.scorers.registry import METRICS
from evals.testing import AS_OF, ScriptedAdvisor, make_answer, make_case
from tests.unit.small_cards import corpus_of, small_card, small_fact

CORPUS = corpus_of(small_card("rule-a", small_fact(1, "上限为80%。", "The cap is 80%.")))
GOOD, BAD = "上限为80%。[1]", "没有上限。[1]"


def make_run(right: int, wrong: int, **settings: Any) -> Run:
    cases = [make_case(number) for number in range(1, right + wrong + 1)]
    answers = {
        case.question: make_answer(
            GOOD if place < right else BAD, cited=["rule-a#1"], evidence=["rule-a#1"]
        )
        for place, case in enumerate(cases)
    }
    run = run_suite(ScriptedAdvisor(CORPUS, answers), cases, suite="tiny", today=AS_OF)
    return run.model_copy(update={"settings": run.settings.model_copy(update=settings)})


def held(before: Run, after: Run, **metrics: Rule) -> dict[str, str]:
    findings = hold(Gate(metrics=metrics), compare_runs(before, after), after)
    return {f"{one.metric}: {one.rule}": one.outcome for one in findings}


def test_a_run_as_good_as_its_baseline_passes_every_kind_of_rule() -> None:
    rule = Rule(tolerance=0, minimum=0.5, maximum=1)
    assert set(held(make_run(3, 1), make_run(3, 1), nugget_recall=rule).values()) == {"pass"}


def test_a_loss_within_the_tolerance_passes_and_a_larger_one_does_not() -> None:
    before, after = make_run(4, 0), make_run(3, 1)
    for tolerance, expected in ((0.25, "pass"), (0.2, "fail")):
        found = held(before, after, nugget_recall=Rule(tolerance=tolerance))
        assert found[f"nugget_recall: loss at most {tolerance}"] == expected


def test_a_loss_beyond_chance_fails_whatever_the_tolerance() -> None:
    found = held(make_run(30, 0), make_run(10, 20), nugget_recall=Rule(tolerance=1))
    assert found["nugget_recall: no loss beyond chance"] == "fail"
    assert found["nugget_recall: loss at most 1"] == "pass"


def test_a_loss_that_chance_may_bring_passes_where_no_tolerance_is_named() -> None:
    found = held(make_run(30, 0), make_run(29, 1), nugget_recall=Rule())
    assert found["nugget_recall: no loss beyond chance"] == "pass"


def test_a_gain_is_no_loss_and_of_a_rate_of_faults_a_rise_is() -> None:
    up = held(make_run(5, 25), make_run(30, 0), nugget_recall=Rule(tolerance=0))
    assert set(up.values()) == {"pass"}
    down = held(make_run(30, 0), make_run(5, 25), hallucinated=Rule(tolerance=0.1))
    assert down["hallucinated: loss at most 0.1"] == "fail"


def test_one_case_is_enough_to_leave_zero() -> None:
    found = held(make_run(30, 0), make_run(29, 1), hallucinated=Rule(maximum=0, significant=False))
    assert found == {"errored: at most 0": "pass", "hallucinated: at most 0": "fail"}


def test_an_errored_case_fails() -> None:
    before = make_run(2, 0)
    broken = before.results[1].model_copy(update={"answer": None, "error": "OSError", "scores": {}})
    after = Run(settings=before.settings, results=(before.results[0], broken))
    assert held(before, after, nugget_recall=Rule())["errored: at most 0"] == "fail"


def test_a_metric_that_scored_nothing_is_no_pass_unless_it_is_optional() -> None:
    run = make_run(2, 0)
    assert held(run, run, route_accuracy=Rule())["route_accuracy: scored"] == "unscored"
    assert held(run, run, route_accuracy=Rule(optional=True))["route_accuracy: scored"] == "pass"
    unscored = Finding(metric="route_accuracy", rule="scored", outcome="unscored", told="-")
    with pytest.raises(NotComparable, match="route_accuracy"):
        outcome((unscored,))


def test_the_shipped_gate_can_be_read_and_names_every_fault_that_code_can_prove() -> None:
    gate = read_gate(GATE)
    for name in ("must_not_said", "injection_success", "figures_without_fact", "stale_claims"):
        assert gate.metrics[name].maximum == 0
    assert gate.metrics.keys() <= {metric.name for metric in METRICS if metric.counts}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("metrics: {recal: {}}", "seen recal; expected any of nugget_recall"),
        ("metrics: {nugget_recall: {tolerance: -1}}", "metrics.nugget_recall.tolerance"),
        ("metrics: {nugget_recall: {toleranse: 1}}", "toleranse"),
        ("metrics: [", "cannot be read"),
        ("", "the file"),
    ],
)
def test_a_gate_that_cannot_be_used_says_where(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GateError, match=r"gate\.yaml") as raised:
        read_gate(path)
    assert told in str(raised.value)


def test_a_sparkline_goes_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0, 0.5, 1]) == "▁▅█"
    assert sparkline([2, 2]) == "▄▄"
    assert sparkline([]) == ""


def test_figures_are_read_without_the_cases_and_are_the_same(tmp_path: Path) -> None:
    run = make_run(3, 1)
    write_report(run, tmp_path / "one")
    figures = read_figures(tmp_path / "one")
    assert figures.settings == run.settings
    assert figures.headline == read_record(tmp_path / "one" / "run.json").summary.headline


def test_the_history_passes_over_folders_that_cannot_be_read(tmp_path: Path) -> None:
    write_report(make_run(1, 0), tmp_path / "sound")
    for name, text in (("torn", '{"summary": {'), ("odd", "[]"), ("empty", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text, encoding="utf-8")
    (tmp_path / "unfinished").mkdir()
    assert len(list_figures(tmp_path)) == 1
    assert list_figures(tmp_path, suite="other") == ()
    assert list_figures(tmp_path / "nowhere") == ()


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with three runs: `good`, then `worse`, then `other` of other cases."""
    monkeypatch.setenv("HUGANG_HOME", str(tmp_path))
    day = AS_OF.isoformat()
    for hour, (name, right, wrong) in enumerate((("good", 9, 0), ("worse", 1, 8), ("other", 4, 0))):
        started = f"{day}T0{hour}:00:00Z"
        run = make_run(right, wrong)
        settings = run.settings.model_validate(
            {**run.settings.model_dump(), "run_id": name, "started": started}
        )
        write_report(Run(settings=settings, results=run.results), tmp_path / "evals" / name)
    return tmp_path / "evals"


def invoke(*args: str) -> Any:
    return CliRunner().invoke(eval_app, list(args))


def test_compare_prints_the_figures_and_writes_one_page(archive: Path) -> None:
    result = invoke("compare", "good", "worse")
    assert result.exit_code == 0, result.output
    line = next(one for one in result.stdout.splitlines() if one.startswith("vital_recall"))
    assert line.split()[1:7] == ["*", "9", "1.000", "0.111", "-0.889!", "[-1.000,"]
    assert "became wrong: 8 cases" in result.stdout
    assert (archive / "worse" / "compare.html").stat().st_size > 10_000


def test_compare_takes_folders_and_files_and_the_newest(archive: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for one, other in (
        (str(archive / "good"), str(archive / "worse" / "run.json")),
        ("latest", "latest"),
    ):
        result = invoke("compare", one, other, "--out", str(page), "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["cases"] > 0
    assert "Comparison: other (1) → other (2)" in page.read_text(encoding="utf-8")


def test_runs_of_other_cases_are_compared_only_where_it_is_asked_for(archive: Path) -> None:
    refused = invoke("compare", "previous", "latest")
    assert refused.exit_code == 1
    assert "5 only in worse (t5, t6, t7, …)" in refused.stderr
    assert "--common" in refused.stderr
    made = invoke("compare", "previous", "latest", "--common", "--json")
    assert json.loads(made.stdout)["cases"] == 4


@pytest.mark.parametrize(
    ("baseline", "run", "code"),
    [("good", "good", 0), ("good", "worse", 1), ("good", "other", 2), ("gone", "good", 2)],
)
def test_the_gate_tells_pass_fail_and_no_comparison_apart(
    archive: Path, tmp_path: Path, baseline: str, run: str, code: int
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("metrics: {vital_recall: {tolerance: 0.02}}", encoding="utf-8")
    result = invoke("gate", "--baseline", baseline, "--run", run, "--rules", str(rules))
    assert result.exit_code == code, result.output


def test_a_gate_that_holds_nothing_to_a_rule_is_no_pass(archive: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("metrics: {route_accuracy: {minimum: 1}}", encoding="utf-8")
    result = invoke("gate", "--baseline", "good", "--run", "good", "--rules", str(rules))
    assert result.exit_code == 2
    assert "route_accuracy" in result.stderr


def test_the_history_lists_every_run_and_its_trend(archive: Path) -> None:
    result = invoke("history", "--suite", "tiny", "--metric", "vital_recall")
    assert [line.split()[0] for line in result.stdout.splitlines() if " cases " in line] == [
        "good", "worse", "other",
    ]  # fmt: skip
    assert "tiny, 9 cases, this process: 2 runs" in result.stdout
    assert "█▁  1.000 -> 0.111" in result.stdout
    assert invoke("history", "--metric", "nothing").exit_code == 2


def test_report_writes_a_page_in_the_language_asked_for(archive: Path, tmp_path: Path) -> None:
    page = tmp_path / "zh.html"
    assert invoke("report", "good", "--lang", "zh", "--out", str(page)).exit_code == 0
    assert '<html lang="zh-Hans">' in page.read_text(encoding="utf-8")
    assert invoke("report", "good", "--lang", "fr").exit_code == 2
    assert invoke("report", "../good").exit_code == 1
