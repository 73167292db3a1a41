"""A machine's figures are held against people's, and corrected by them as far as chance allows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from bot.providers.base import Usage
from evals.judging.judge import JudgedCase, Judgement, Judging
from evals.labels.agreement import agree, labellers_agree, match
from evals.labels.calibration import calibrate
from evals.labels.corrected import correct
from evals.labels.label import Label
from evals.run import CaseResult, Run
from evals.testing import make_answer, make_case, make_run

SETS = 500


def simulated(draw: np.random.Generator, hit: float, n: int = 150, rest: int = 850):
    """Draw people's verdicts on `n` answers, and a machine's, right with chance `hit`, on all."""
    truth = draw.uniform(size=n + rest) < 0.8
    machine = np.where(draw.uniform(size=n + rest) < hit, truth, ~truth).astype(float)
    return machine[n:].tolist(), truth[:n].astype(float).tolist(), machine[:n].tolist()


@pytest.mark.parametrize(("hit", "width"), [(0.95, 0.85), (0.85, 1.0), (0.5, 1.02)])
def test_the_corrected_interval_holds_the_truth_as_often_as_it_says(
    hit: float, width: float
) -> None:
    draw = np.random.default_rng(11)
    held = raw_held = 0
    widths = []
    for _ in range(SETS):
        found = correct(*simulated(draw, hit))
        assert found is not None
        held += found.corrected.low <= 0.8 <= found.corrected.high
        raw_held += found.raw.low <= 0.8 <= found.raw.high
        widths.append(
            (found.corrected.high - found.corrected.low) / (found.human.high - found.human.low)
        )
    assert 0.92 <= held / SETS <= 0.98
    assert raw_held / SETS < 0.6, "the machine's own mean is off by its faults"
    assert np.mean(widths) < width, "of people's verdicts alone"


def test_a_correction_is_worked_out_by_hand() -> None:
    # Of twelve labelled answers people call 7 right, the machine those and two more; of 24 others
    # it calls 20 right. Covariance (7 - 12 * 7/12 * 9/12) / 11, variance of the machine's 36
    # verdicts (29 - 29**2 / 36) / 35.
    found = correct([1] * 20 + [0] * 4, [1] * 7 + [0] * 5, [1] * 9 + [0] * 3)
    assert found is not None
    weight = ((7 - 12 * 7 / 12 * 9 / 12) / 11) / (1.5 * (29 - 29**2 / 36) / 35)
    assert found.weight == pytest.approx(weight)
    assert found.corrected.mean == pytest.approx(7 / 12 + weight * (20 / 24 - 9 / 12))
    assert found.raw.mean == pytest.approx(29 / 36)
    assert found.human.mean == pytest.approx(7 / 12)


def test_all_alike_is_no_certainty_all_labelled_is_peoples_word_and_few_labels_are_none() -> None:
    alike = correct([1.0] * 100, [1.0] * 10, [1.0] * 10)
    assert alike is not None
    assert alike.corrected.low < 0.8
    whole = correct([], [1.0, 0.0] * 5, [1.0] * 10)
    assert whole is not None
    assert whole.corrected == whole.human
    assert correct([1.0] * 100, [1.0] * 9, [1.0] * 9) is None
    with pytest.raises(ValueError, match="1 verdicts of people, 2 of the machine"):
        correct([], [1.0], [1.0, 0.0])


def test_sensitivity_looks_at_peoples_yes_and_specificity_at_their_no() -> None:
    found = match(
        [True] * 4 + [False] * 5, [True, True, True, False, False, False, False, True, True]
    )
    assert found is not None
    assert found.sensitivity is not None
    assert found.sensitivity.mean == 0.75
    assert found.specificity is not None
    assert found.specificity.mean == 0.6
    assert found.agreement.confusion == {"no": {"no": 3, "yes": 2}, "yes": {"no": 1, "yes": 3}}
    only_yes = match([True, True], [True, False])
    assert only_yes is not None
    assert only_yes.specificity is None
    assert match([], []) is None


def test_raters_are_compared_category_by_category() -> None:
    found = agree(["correct", "wrong"], ["correct", "incomplete"])
    assert found is not None
    assert (found.same.n, found.same.mean) == (2, 0.5)
    assert found.confusion["wrong"]["incomplete"] == 1
    assert agree([], []) is None


# --- a run held against labels


def make_label(number: int, correctness: str, grounded: str | None, **fields: object) -> Label:
    whole = {
        "run_id": "tiny",
        "case_id": f"t{number}",
        "labeller": "Chen",
        "correctness": correctness,
        "groundedness": grounded,
        "at": dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC),
    }
    return Label.model_validate({**whole, **fields})


def result(number: int, text: str, borne: float | None = 1.0, **fields: object) -> CaseResult:
    from evals.scorers import Score

    answer = make_answer(text, cited=["rule-a#1"], **fields)
    scores = {"citation_recall": Score(value=borne, explanation="-")}
    return CaseResult(case=make_case(number), answer=answer, error=None, scores=scores, wall_ms=1.0)


@pytest.fixture
def run() -> Run:
    """Twenty answers: the first twelve right, the others wrong; the last cites what does not bear it."""
    right = [result(number, "上限80%。") for number in range(1, 13)]
    wrong = [result(number, "看情况。") for number in range(13, 20)]
    return make_run("tiny", (*right, *wrong, result(20, "看情况。", 0.0)))


def test_the_scorers_of_a_run_are_held_against_labels_and_corrected(run: Run) -> None:
    # people look at every second answer and find one that the scorers call right wrong
    labels = [
        make_label(n, "correct" if n < 12 else "wrong", "grounded" if n < 20 else "misgrounded")
        for n in range(2, 21, 2)
    ]
    made = calibrate(labels, run)
    assert (made.labelled, made.unsettled, made.unanswered, made.people) == (10, 0, 0, {})
    by_question = {found.question: found for found in made.graders}
    assert {found.grader for found in made.graders} == {"scorers"}
    correct_ = by_question["correct"]
    assert correct_.matching.agreement.same.mean == 0.9
    assert correct_.corrected is not None
    # elsewhere the scorers call as many right as here, 6 of 10, so people's 5 of 10 stand
    assert correct_.corrected.raw.mean == pytest.approx(0.6)
    assert correct_.corrected.corrected.mean == pytest.approx(0.5)
    grounded = by_question["grounded"]
    assert grounded.matching.agreement.same.mean == 1
    assert grounded.matching.specificity is not None
    assert grounded.matching.specificity.n == 1
    assert grounded.is_good


def test_a_judge_is_calibrated_beside_the_scorers(run: Run) -> None:
    judging = Judging(
        run_id="tiny",
        model="m",
        prompts={},
        cases=tuple(
            JudgedCase(
                id=f"t{n}",
                judgement=Judgement(support=2, completeness=0, tone=2) if n != 3 else None,
                not_judged=None if n != 3 else "timeout",
            )
            for n in range(1, 21)
        ),
        usage=Usage(),
    )
    labels = [make_label(n, "correct", "grounded") for n in range(1, 12)]
    made = {(f.grader, f.question): f for f in calibrate(labels, run, judging).graders}
    judge = made["judge", "correct"]
    assert judge.matching.agreement.same.n == 10, "what the judge did not grade counts nowhere"
    assert judge.matching.agreement.same.mean == 0
    assert not judge.is_good
    assert judge.corrected is not None
    assert judge.corrected.raw.mean == 0
    assert judge.corrected.corrected.mean == 1
    assert made["scorers", "correct"].matching.agreement.same.mean == 1


def test_two_labellers_are_compared_and_what_they_leave_open_counts_nowhere(run: Run) -> None:
    labels = [
        make_label(1, "correct", "grounded"),
        make_label(1, "correct", "grounded", labeller="Lee"),
        make_label(2, "correct", "grounded"),
        make_label(2, "wrong", "grounded", labeller="Lee"),
        make_label(99, "correct", "grounded"),
        make_label(3, "correct", "grounded", run_id="another"),
    ]
    made = calibrate(labels, run)
    assert (made.labelled, made.unsettled, made.unanswered) == (1, 1, 1)
    assert made.people["correctness"].same.mean == 0.5
    assert made.people["groundedness"].same.mean == 1
    assert made.graders[0].corrected is None, "one label corrects nothing"
    last = make_label(2, "wrong", "grounded", labeller="Wu", adjudicated=True)
    assert calibrate([*labels, last], run).labelled == 2
    assert labellers_agree([last], "correctness") is None


def test_a_calibration_is_printed_from_a_kept_run_and_a_file_of_labels(
    run: Run, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from evals.cli import eval_app
    from evals.labels.label import labels_csv
    from evals.report import write_report

    folder = write_report(run, tmp_path / "tiny").parent
    path = tmp_path / "labels.csv"
    labels = [make_label(n, "correct" if n < 12 else "wrong", "grounded") for n in range(2, 21, 2)]
    path.write_text(labels_csv([*labels, make_label(2, "correct", "grounded", labeller="Lee")]))
    told = CliRunner().invoke(eval_app, ["calibrate", str(path), "--run", str(folder)])
    assert told.exit_code == 0, told.output
    assert "10 answers labelled; 0 left open" in told.output
    assert "| scorers | correct? | 10 | 0.900 [" in told.output
    assert "| correctness | 1 | 1.000 [" in told.output
    path.write_text(labels_csv([make_label(2, "correct", "grounded", run_id="another")]))
    none = CliRunner().invoke(eval_app, ["calibrate", str(path), "--run", str(folder)])
    assert none.exit_code == 1
    assert "no label of labels.csv is of an answer of tiny" in none.output
