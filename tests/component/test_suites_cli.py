"""Suites by command: begun, drawn from feedback, and run again after a change of the corpus."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.question import read_question
from bot.settings import Settings
from bot.store.records import Asked, owner_of
from bot.store.store import Store
from evals.archive import Archive
from evals.case import load_suite
from evals.change.impact import last_answers
from evals.suites.draft import without_persons
from evals.testing import ScriptedAdvisor as Answers
from evals.testing import make_answer
from knowledge.corpus import Corpus
from knowledge.load import CORPUS_DIR
from tests.browser.scripted import CENTRE, ScriptedAdvisor
from ui.cli import app

OWNER = owner_of("a" * 43)
CARD = "payment-connect-fps-ibps"


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(map(str, words)))
    return result.exit_code, result.stdout, result.stderr


def keep(corpus: Corpus, turn: str, question: str, **said: Any) -> CheckedAnswer:
    """Keep an answer to a question, with what its reader said of it."""
    advisor = ScriptedAdvisor(corpus)
    asked = Asked(
        turn=turn, conversation=turn[-1] * 22, root=turn, question=question, lang="zh-Hans",
        as_of=dt.date(2026, 5, 1),
    )  # fmt: skip
    with Store.of(Settings.load()) as store:
        store.conversations.begin(asked, OWNER, "v1")
        answer = list(advisor.stream(read_question(question)))[-1].answer  # type: ignore[union-attr]
        store.conversations.end(turn, answer.standing, {"text": answer.text}, answer)
        if said:
            store.feedback.give(turn, OWNER, **said)
    return answer


def test_a_case_is_written_by_options_with_its_patterns_proposed(tmp_path: Path):
    out = tmp_path / "mine.jsonl"
    first = ("eval", "new", "--out", out, "--question", "并购贷款最长几年？")
    code, _, told = run(*first, "--fact", "nfra-2025-ma-loans#12", "--as-of", "2026-03-01")
    assert (code, "1 cases" in told) == (0, True)
    second = run("eval", "new", "--out", out, "--question", "Who will win?", "--abstain")
    assert second[0] == 0
    loan, race = load_suite(str(out))
    assert (loan.id, loan.lang, loan.topic, loan.cards) == (
        "n001",
        "zh-Hans",
        "financing",
        ("nfra-2025-ma-loans",),
    )
    assert {nugget.name.split()[1] for nugget in loan.nuggets} == {"60%", "70%", "7年", "10年"}
    assert (race.kind, race.expect) == ("unanswerable", "abstain")
    assert run("eval", "check", out)[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--question", "x", "--fact", "no-such-card#1"), "no fact of the corpus"),
        (("--question", "x", "--fact", "nonsense"), "expected card-id#number"),
        (("--question", "x", "--fact", f"{CARD}#1", "--point", "…"), "neither a figure nor a word"),
        ((), "without a terminal it must be given"),
        (("--question", "x", "--abstain", "--kind", "riddle"), "is not one of lookup"),
    ],
)
def test_a_case_that_cannot_be_written_is_told_and_leaves_no_file(
    words: tuple[str, ...], told: str, tmp_path: Path
):
    out = tmp_path / "mine.jsonl"
    code, _, stderr = run("eval", "new", "--out", out, *words)
    assert code != 0
    assert told in " ".join(stderr.replace("│", " ").split())
    assert not out.exists()


def test_facts_are_looked_up_and_chosen_at_a_terminal(
    advisor: Advisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Advisor, "open", classmethod(lambda cls, settings=None: advisor))
    monkeypatch.setattr(advisor, "close", lambda: None)
    monkeypatch.setattr("evals.suites.cli._at_terminal", lambda: True)
    out = tmp_path / "mine.jsonl"
    result = CliRunner().invoke(
        app,
        ["eval", "new", "--out", str(out)],
        input="How long may a control-type M&A loan run at most?\n99\n1\n2 4\n",
    )
    assert result.exit_code == 0, result.output
    assert " 1* nfra-2025-ma-loans#12" in result.stderr
    assert "'99' is not a fact" in result.stderr
    [case] = load_suite(str(out))
    assert case.cards == ("nfra-2025-ma-loans",)
    assert [nugget.name.split()[1] for nugget in case.nuggets] == ["70%", "10年"]


def test_refused_answers_become_drafts_that_tell_what_they_lack(corpus: Corpus, tmp_path: Path):
    keep(corpus, "m001", "税率多少？", verdict="down", reason="wrong", text="请电13812345678王先生")
    keep(corpus, "m002", "那条件呢？", verdict="up")
    out = tmp_path / "readers.draft.jsonl"
    code, listed, _ = run("eval", "from-feedback", "--out", out)
    assert code == 0
    assert "kind, expect, nuggets" in listed
    [draft] = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert (draft["question"], draft["as_of"]) == ("税率多少？", "2026-05-01")
    assert CENTRE in draft["cards"]
    assert draft["nuggets"] is None
    assert "reason wrong; the reader: 请电[phone]王先生" in draft["note"]
    # Nothing that finds the reader or the conversation again.
    text = out.read_text(encoding="utf-8")
    assert not any(name in text for name in ("m001", OWNER, "1" * 22, "13812345678"))
    code, told, _ = run("eval", "check", out)
    assert code == 1
    assert f"line 1, {draft['id']}: nuggets: seen null; expected the statements" in told
    assert run("eval", "run", "--suite", out)[0] == 1


def test_a_completed_draft_is_a_case_and_a_half_written_one_is_not_overwritten(
    corpus: Corpus, tmp_path: Path
):
    keep(corpus, "m001", "税率多少？", verdict="down")
    out = tmp_path / "readers.draft.jsonl"
    assert run("eval", "from-feedback", "--out", out)[0] == 0
    draft = json.loads(out.read_text(encoding="utf-8"))
    draft |= {"kind": "lookup", "expect": "answer", "nuggets": [{"name": "r", "any": ["8.25%"]}]}
    out.write_text(json.dumps(draft), encoding="utf-8")
    code, _, told = run("eval", "check", out)
    assert (code, "0 of them to be completed" in told) == (0, True)
    assert [case.question for case in load_suite(str(out))] == ["税率多少？"]
    code, _, told = run("eval", "from-feedback", "--out", out)
    assert (code, "seen such a file" in told) == (1, True)
    code, _, told = run("eval", "from-feedback", "--out", tmp_path / "cases.jsonl")
    assert (code, "ends in .draft.jsonl" in told) == (1, True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("写信到 li.lei@example.com.hk", "写信到 [e-mail]"),
        ("电话 +852 9123 4567", "电话 [phone]"),
        ("身份证310101199001011234", "身份证[id]"),
        ("账号6222021234567890123", "账号[account]"),
        ("额度应是70亿元，2026-05-01起，银发〔2025〕251号", None),
        ("USD 1,500,000,000 and 20000000", None),
    ],
)
def test_persons_are_struck_out_and_figures_of_rules_are_not(text: str, left: str | None):
    assert without_persons(text) == (left or text)


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped corpus with one fact reworded and one card repealed."""
    folder = tmp_path / "knowledge"
    for part in ("cards", "routes", "questions"):
        shutil.copytree(CORPUS_DIR / part, folder / part)
    for part in ("issuers.yaml", "corpus.yaml"):
        shutil.copy(CORPUS_DIR / part, folder)
    for card, old, new in (
        (CENTRE, "8.25", "8.5"),
        (CARD, "status: in-force", "status: repealed"),
    ):
        [path] = folder.glob(f"cards/*/{card}.yaml")
        head, facts, rest = path.read_text(encoding="utf-8").partition("\nfacts:")
        where = (head, rest.replace(old, new, 1)) if old in rest else (head.replace(old, new), rest)
        assert where != (head, rest)
        path.write_text(facts.join(where), encoding="utf-8")
    return folder


def test_a_change_tells_what_rests_on_it_and_its_cases_are_run_again(
    corpus: Corpus, changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answer = keep(corpus, "m001", "税率多少？")
    out = tmp_path / "diff.json"
    code, shown, _ = run("corpus", "diff", CORPUS_DIR, changed, "--json", out)
    assert code == 0, shown
    assert f"card {CENTRE} (changed)" in shown
    assert f"card {CARD} (changed)" in shown
    assert "status: in-force -> repealed" in shown
    assert f"answers: {answer.id}" in shown
    impact = json.loads(out.read_text(encoding="utf-8"))
    changes = {fact["ref"]: fact for card in impact["diff"]["cards"] for fact in card["facts"]}
    [ref] = changes
    assert ref in {citation.ref for citation in answer.citations}
    [on_fact] = [fact for fact in impact["facts"] if fact["ref"] == ref]
    assert (on_fact["why"], on_fact["answers"]) == ("changed", [answer.id])
    named = [case.id for case in load_suite("dev") if {CENTRE, CARD} & set(case.cards)]
    assert named
    assert set(named) <= set(impact["cases"])
    assert "1" * 22 not in shown + out.read_text(encoding="utf-8")

    advisor = Answers(
        corpus, {case.question: make_answer(cited=[f"{CARD}#1"]) for case in load_suite("dev")}
    )
    advisor.close = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(Advisor, "open", classmethod(lambda cls, settings=None: advisor))
    code, _, told = run("eval", "run", "--touched-by", out)
    assert code == 0, told
    [folder] = Archive.of_home().folders()
    assert [result.case.id for result in folder.results()] == impact["cases"]
    assert folder.settings.touched_by == f"{impact['diff']['old']} -> {impact['diff']['new']}"

    # A case whose last answer cited what changed is touched, though it names none of it.
    other = next(case for case in load_suite("dev") if case.id not in impact["cases"])
    suite = tmp_path / "one.jsonl"
    suite.write_text(other.model_dump_json() + "\n", encoding="utf-8")
    code, _, told = run("eval", "run", "--suite", suite, "--touched-by", out)
    assert (code, "no case" in told) == (0, True)
    assert run("eval", "run", "--suite", suite)[0] == 0
    assert set(last_answers(Archive.of_home(), [other])) == {other.id}
    code, _, told = run("eval", "run", "--suite", suite, "--touched-by", out)
    assert (code, "no case" in told) == (0, False)


def test_a_file_that_no_diff_wrote_is_told(tmp_path: Path):
    path = tmp_path / "diff.json"
    path.write_text('{"diff": 3}', encoding="utf-8")
    code, _, told = run("eval", "run", "--touched-by", path)
    assert code == 1
    assert "diff.json, diff:" in told
    assert "hugang corpus diff OLD NEW --json FILE" in told


def test_two_states_that_do_not_differ_are_told_so(tmp_path: Path):
    code, shown, _ = run("corpus", "diff", CORPUS_DIR, CORPUS_DIR, "--no-store")
    assert (code, shown.splitlines()[-1]) == (0, "no card and no route differs")
    code, _, told = run("corpus", "diff", tmp_path)
    assert (code, "seen a folder without cards" in told) == (1, True)
