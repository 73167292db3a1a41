"""Calibration: how far the scorers and the judge say what people say, and their figures corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from evals.judging.judge import TOP, Judgement, Judging
from evals.labels.agreement import Agreement, Matching, labellers_agree, match
from evals.labels.corrected import Corrected, correct
from evals.labels.label import Label, settled
from evals.run import CaseResult, Run
from evals.scorers.verdict import grounding, outcome
from knowledge.card import Frozen

Grader = Literal["scorers", "judge"]
Question = Literal["correct", "grounded"]
"""What is asked of an answer: is all of it right, and does all of it rest on its sources?"""
QUESTIONS: tuple[Question, ...] = ("correct", "grounded")
GOOD_KAPPA = 0.65
GOOD_RATE = 0.85
"""Sensitivity and specificity from which a machine's verdicts are worth correcting."""


class Calibrated(Frozen):
    """One machine held against people on one question."""

    grader: Grader
    question: Question
    matching: Matching
    corrected: Corrected | None
    """None where too few answers are labelled."""

    @property
    def is_good(self) -> bool:
        """Whether it agrees well enough that its verdicts narrow what people's alone would say."""
        kappa, found = self.matching.agreement.kappa, self.matching
        rates = [rate.mean for rate in (found.sensitivity, found.specificity) if rate]
        return kappa is not None and kappa.mean >= GOOD_KAPPA and min(rates) >= GOOD_RATE


class Calibration(Frozen):
    """Everything that labels say of a run and of the machines that graded it."""

    run_id: str
    labelled: int
    """Answers with one verdict of people."""
    unsettled: int
    """Answers on which labellers differ and nobody has decided; they count in no figure."""
    unanswered: int
    """Labels of cases that the run has no answer to."""
    people: Mapping[str, Agreement]
    """Labellers against each other, by `correctness` and `groundedness`; absent where nobody
    labelled an answer of another."""
    graders: tuple[Calibrated, ...]


def calibrate(labels: Sequence[Label], run: Run, judging: Judging | None = None) -> Calibration:
    """Hold the scorers of a run, and its judge if there is one, against people's labels.

    Labels of other runs are passed over. The corrected shares hold for the whole run if the
    labelled answers are a random sample of it: labels of the worst cases alone would correct
    towards the worst.
    """
    own = [label for label in labels if label.run_id == run.settings.run_id]
    verdicts = settled(own)
    graders = []
    for grader, says in _graders(judging):
        for question in QUESTIONS:
            if found := _calibrated(grader, question, says, verdicts, run):
                graders.append(found)
    answered = {result.case.id for result in run.answered}
    people = {name: labellers_agree(own, name) for name in ("correctness", "groundedness")}
    return Calibration(
        run_id=run.settings.run_id,
        labelled=len(verdicts.keys() & answered),
        unsettled=len({label.case_id for label in own} - verdicts.keys()),
        unanswered=len(verdicts.keys() - answered),
        people={name: agreement for name, agreement in people.items() if agreement},
        graders=tuple(graders),
    )


_Says = Callable[[Question, CaseResult], bool | None]
"""A machine's answer to a question; None where it has none."""


def _graders(judging: Judging | None) -> list[tuple[Grader, _Says]]:
    graders: list[tuple[Grader, _Says]] = [("scorers", _scorers_say)]
    if judging:
        grades = {case.id: case.judgement for case in judging.cases}
        graders.append(("judge", lambda question, result: _judge_says(question, grades, result)))
    return graders


def _scorers_say(question: Question, result: CaseResult) -> bool | None:
    case, answer = result.case, result.answer
    if answer is None:
        return None
    if question == "correct":
        return outcome(case, answer) == "correct"
    if answer.standing == "declined":
        return None
    recall = result.value("citation_recall")
    return grounding(case, answer) == "grounded" and (recall is None or recall == 1)


def _judge_says(
    question: Question, grades: Mapping[str, Judgement | None], result: CaseResult
) -> bool | None:
    judgement = grades.get(result.case.id)
    if judgement is None:
        return None
    return (judgement.completeness if question == "correct" else judgement.support) == TOP


def _people_say(question: Question, label: Label) -> bool | None:
    if question == "correct":
        return label.correctness == "correct"
    return None if label.groundedness is None else label.groundedness == "grounded"


def _calibrated(
    grader: Grader, question: Question, says: _Says, labels: Mapping[str, Label], run: Run
) -> Calibrated | None:
    """Compare on the answers that both have graded; None where there is none."""
    people: list[bool] = []
    there: list[bool] = []
    elsewhere: list[bool] = []
    for result in run.answered:
        machine = says(question, result)
        label = labels.get(result.case.id)
        person = _people_say(question, label) if label else None
        if machine is None:
            continue
        if person is None:
            elsewhere.append(machine)
        else:
            people.append(person)
            there.append(machine)
    matching = match(people, there)
    if matching is None:
        return None
    return Calibrated(
        grader=grader,
        question=question,
        matching=matching,
        corrected=correct(
            [float(value) for value in elsewhere],
            [float(value) for value in people],
            [float(value) for value in there],
        ),
    )
