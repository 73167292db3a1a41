"""Runs on disk: kept case by case, gone on with, found again; with real files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.archive import Archive, RunFolder
from evals.case import Case
from evals.errors import RunNotFound, RunUnusable
from evals.report import write_report
from evals.run import Plan, as_target, carry_out, plan_run, resumed, run_suite
from evals.targets import Target
from evals.testing import AS_OF, ScriptedAdvisor, make_answer, make_case
from knowledge.corpus import Corpus
from tests.unit.small_cards import corpus_of, small_card, small_fact

CORPUS = corpus_of(small_card("rule-a", small_fact(1, "上限为80%。", "The cap is 80%.")))
CASES = [make_case(number) for number in range(1, 5)]


@pytest.fixture
def target() -> Target:
    return as_target(ScriptedAdvisor(CORPUS, {case.question: make_answer() for case in CASES}))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "evals")


def planned(target: Target, cases: list[Case] = CASES) -> Plan:
    return plan_run(target, cases, suite="tiny", today=AS_OF)


def begun(archive: Archive, target: Target, cases: int) -> RunFolder:
    """A run that was killed after so many cases, in the middle of writing the next one."""
    plan = planned(target)
    folder = archive.start(plan)
    results = carry_out(plan, target).results
    with folder.writing() as keep:
        for result in results[:cases]:
            keep(result)
    with (folder.path / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(results[cases].model_dump_json()[:99])
    return folder


def test_a_run_is_kept_case_by_case_and_its_results_read_back_as_they_were(
    archive: Archive, target: Target
):
    plan = planned(target)
    folder = archive.start(plan)
    seen: list[int] = []
    with folder.writing() as keep:
        run = carry_out(plan, target, keep=keep, progress=lambda *_: seen.append(folder.done))
    assert seen == [1, 2, 3, 4]
    assert folder.results() == run.results
    assert not folder.is_finished
    folder.finish(run)
    assert folder.is_finished
    assert archive.get(folder.run_id).run() == run
    assert folder.record().run.settings.writers == ("extractive",)


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(archive: Archive, target: Target):
    folder = begun(archive, target, cases=2)
    assert (folder.done, folder.total) == (2, 4)
    again = as_target(ScriptedAdvisor(CORPUS, {c.question: make_answer() for c in CASES[2:]}))
    plan = resumed(folder.settings, again, CASES)
    with folder.writing() as keep:
        run = carry_out(plan, again, done=folder.results(), keep=keep)
    assert [result.case.id for result in run.results] == ["t1", "t2", "t3", "t4"]
    assert run.errored == ()  # the second target knows the last two questions only
    assert folder.results() == run.results


def test_answers_of_two_kinds_are_not_put_into_one_run(archive: Archive, target: Target):
    settings = begun(archive, target, cases=1).settings
    with pytest.raises(RunUnusable, match="suite: begun with"):
        resumed(settings, target, [*CASES, make_case(9)])
    version = CORPUS.version.model_copy(update={"digest": "f" * 12})
    changed = Corpus(CORPUS.instruments, {}, {}, version)
    with pytest.raises(RunUnusable, match=f"corpus: begun with .*, seen .*{'f' * 12}"):
        resumed(settings, as_target(ScriptedAdvisor(changed, {})), CASES)
    other = settings.model_copy(
        update={"target": settings.target.model_copy(update={"model": "qwen-max"})}
    )
    with pytest.raises(RunUnusable, match="target: begun with"):
        resumed(other, target, CASES)


def test_only_one_at_a_time_writes_to_a_run_and_none_to_a_finished_one(
    archive: Archive, target: Target
):
    plan = planned(target)
    folder = archive.start(plan)
    with folder.writing():
        assert folder.is_running
        with pytest.raises(RunUnusable, match="another process"), folder.writing():
            pass
    assert not folder.is_running
    folder.finish(carry_out(plan, target))
    with pytest.raises(RunUnusable, match="finished"), folder.writing():
        pass


def test_runs_are_told_newest_first_and_what_is_none_is_told_with_the_reason(
    archive: Archive, target: Target
):
    first, second = (archive.start(planned(target)) for _ in range(2))
    (archive.folder / "empty").mkdir()
    (archive.folder / "broken").mkdir()
    (archive.folder / "broken" / "settings.json").write_text('{"run_id": 3}', encoding="utf-8")
    readable, unusable = archive.listed()
    assert [folder.run_id for folder in readable] == [second.run_id, first.run_id]
    assert [one.name for one in unusable] == ["broken", "empty"]
    assert "settings.json cannot be read, at run_id" in unusable[0].reason
    assert [folder.run_id for folder in archive.folders()] == [second.run_id, first.run_id]


def test_two_runs_begun_in_one_second_have_two_ids(archive: Archive, target: Target):
    assert len({archive.start(planned(target)).run_id for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "run_id", ["../evals", "..", ".", "", "a/b", "a\\b", "/etc", "a\n", "x" * 200]
)
def test_an_id_names_a_run_of_the_archive_and_nothing_else(
    archive: Archive, target: Target, run_id: str
):
    archive.start(planned(target))
    with pytest.raises(RunNotFound, match="seen none of this id"):
        archive.get(run_id)


def test_a_link_to_elsewhere_is_no_run(archive: Archive, target: Target, tmp_path: Path):
    archive.start(planned(target))
    (archive.folder / "link").symlink_to(tmp_path)
    with pytest.raises(RunNotFound):
        archive.get("link")


def test_a_suite_of_any_name_makes_an_id_that_a_folder_may_bear(archive: Archive, target: Target):
    plan = plan_run(target, CASES, suite="../my questions: 第1版.xlsx", today=AS_OF)
    assert archive.start(plan).path.parent == archive.folder


def test_a_run_of_an_earlier_release_is_read(archive: Archive, target: Target):
    """It has `run.json` and `report.md` and no more, and its settings name no target."""
    run = run_suite(target, CASES, suite="tiny", today=AS_OF)
    path = archive.folder / "tiny-20260101T000000-abcdef"
    write_report(run, path)
    text = (path / "run.json").read_text(encoding="utf-8")
    assert '"target": {' in text
    record = run.model_dump(mode="json", by_alias=True)
    for field in ("target", "prompts", "judge", "touched_by", "chosen", "scored_by"):
        del record["settings"][field]
    whole = json.loads(text) | {"run": record}
    (path / "run.json").write_text(json.dumps(whole), encoding="utf-8")
    folder = archive.get(path.name)
    assert folder.is_finished
    assert (folder.done, folder.total) == (4, 4)
    assert folder.settings.target.kind == "engine"
    assert folder.results() == run.results
