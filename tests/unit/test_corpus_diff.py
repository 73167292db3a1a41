"""Two states of the corpus held against each other, and what rests on the difference."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store.records import CitingAnswer
from evals.change.impact import assess, cases_stating, touched_cases
from evals.testing import make_answer, make_case
from knowledge import revision
from knowledge.card import Bilingual, FactRef
from knowledge.corpus_diff import diff_corpora
from knowledge.errors import KnowledgeError
from knowledge.load import CORPUS_DIR
from knowledge.revision import RevisionError, corpus_of
from tests.unit.small_cards import corpus_of as small_corpus
from tests.unit.small_cards import small_card, small_fact

ONE = small_fact(1, "上限为80%。", "The cap is 80%.")
TWO = small_fact(2, "须在5日内登记。", "Register within five days.")
OLD = small_corpus(
    small_card("rule-a", ONE, TWO), small_card("rule-b", ONE), small_card("gone", ONE)
)
NEW = small_corpus(
    small_card("rule-a", ONE.model_copy(update={"zh": "上限为90%。"}), small_fact(3, "新", "New")),
    small_card("rule-b", ONE, status="superseded", superseded_by="rule-c"),
    small_card("rule-c", ONE),
)


def test_every_kind_of_change_is_listed_once():
    diff = diff_corpora(OLD, NEW)
    assert [(card.card, card.kind) for card in diff.cards] == [
        ("gone", "removed"),
        ("rule-a", "changed"),
        ("rule-b", "changed"),
        ("rule-c", "added"),
    ]
    assert [(fact.ref, fact.kind, fact.fields) for fact in diff.facts] == [
        ("gone#1", "removed", ()),
        ("rule-a#1", "changed", ("zh",)),
        ("rule-a#2", "removed", ()),
        ("rule-a#3", "added", ()),
        ("rule-c#1", "added", ()),
    ]
    replaced = diff.cards[2]
    assert replaced.is_replaced
    assert [(one.name, one.before, one.after) for one in replaced.fields] == [
        ("status", "in-force", "superseded"),
        ("superseded_by", None, "rule-c"),
    ]


def test_what_can_no_longer_be_cited_as_it_was_leaves_out_new_facts():
    # All facts of a card whose status changed, not those of a card that only gained one.
    assert diff_corpora(OLD, NEW).refs == ("gone#1", "rule-a#1", "rule-a#2", "rule-b#1")


def test_the_same_corpus_differs_in_nothing():
    diff = diff_corpora(OLD, OLD)
    assert (diff.cards, diff.routes, diff.refs) == ((), (), ())


def test_a_changed_summary_touches_the_card_and_none_of_its_citations():
    other = small_corpus(small_card("rule-a", ONE, summary=Bilingual(zh="另", en="Other")))
    diff = diff_corpora(small_corpus(small_card("rule-a", ONE)), other)
    assert [field.name for field in diff.cards[0].fields] == ["summary"]
    assert diff.refs == ()


CASES = (
    make_case(1, cards=["rule-a"], nuggets=[{"name": "cap", "any": ["80%"]}]),
    make_case(2, cards=["rule-a"], nuggets=[{"name": "days", "any": ["5日"]}]),
    make_case(3, cards=["rule-d"]),
    make_case(4, cards=["rule-d"]),
    make_case(5, cards=["rule-c"]),
)


def test_a_case_is_touched_by_its_cards_or_by_what_its_last_answer_cites():
    last = {"t3": make_answer(cited=["rule-b#1"]), "t4": make_answer(cited=["rule-d#1"])}
    assert touched_cases(diff_corpora(OLD, NEW), NEW, CASES, last) == ("t1", "t2", "t3", "t5")


def test_each_fact_tells_its_own_cases_answers_plans_and_conversations():
    def kept(name: str, talk: str, *refs: str, plan: bool = False) -> CitingAnswer:
        cited = tuple(map(FactRef, refs))
        return CitingAnswer(
            answer=name,
            question="?",
            asked=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            refs=cited,
            in_plan=cited if plan else (),
            conversation=talk,
        )

    impact = assess(
        diff_corpora(OLD, NEW),
        (OLD, NEW),
        CASES,
        answers=[kept("x", "one", "rule-a#1"), kept("y", "one", "rule-a#1", "gone#1", plan=True)],
        records={FactRef("rule-a#1"): 7},
        last={"t3": make_answer(cited=["rule-a#1"])},
    )
    found = {one.ref: one for one in impact.facts}
    one = found[FactRef("rule-a#1")]
    assert (one.why, one.cases) == ("changed", ("t1", "t3"))
    assert (one.answers, one.plans, one.conversations, one.records) == (
        ("x", "y"),
        ("y",),
        ("one",),
        7,
    )
    assert found[FactRef("rule-a#2")].cases == ("t2",)
    assert found[FactRef("rule-b#1")].why == "card"
    assert found[FactRef("gone#1")].answers == ("y",)
    assert impact.cases == ("t1", "t2", "t3", "t5")


def test_a_case_states_a_fact_in_its_own_language():
    fact = Bilingual(zh="须登记", en="Register")
    cases = [
        make_case(1, lang="en", nuggets=[{"name": "n", "any": ["register"]}]),
        make_case(2, lang="zh-Hant", nuggets=[{"name": "n", "any": ["須登記"]}]),
        make_case(3, lang="zh-Hans", nuggets=[{"name": "n", "any": ["register"]}]),
    ]
    assert cases_stating(fact, "rule-a", cases) == ("t1", "t2")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """A repository with one card in two revisions, in place of the checkout of this program."""
    folder = tmp_path / "repository" / "knowledge"
    for part in ("cards/payments", "questions/payments", "routes"):
        (folder / part).mkdir(parents=True)
    for name in ("issuers.yaml", "corpus.yaml"):
        shutil.copy(CORPUS_DIR / name, folder)
    shutil.copy(
        CORPUS_DIR / "cards" / "payments" / "payment-connect-fps-ibps.yaml",
        folder / "cards/payments",
    )
    shutil.copy(CORPUS_DIR / "routes" / "repatriate-profits-and-dividends.yaml", folder / "routes")
    shutil.copy(
        CORPUS_DIR / "questions" / "payments" / "payment-connect-fps-ibps.yaml",
        folder / "questions/payments",
    )

    def git(*words: str) -> bytes:
        names = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        done = subprocess.run(
            ["git", "-C", str(folder), *names, *words], capture_output=True, check=True
        )
        return done.stdout

    git("init", "-q", "..")
    git("add", ".")
    git("commit", "-qm", "one")
    card = folder / "cards/payments/payment-connect-fps-ibps.yaml"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace("status: in-force", "status: pilot", 1), encoding="utf-8")
    git("commit", "-qam", "two")
    monkeypatch.setattr(revision, "CORPUS_DIR", folder)
    return git


def test_a_revision_of_git_is_read_as_it_was(checkout: Callable[..., bytes]):
    before, after = corpus_of("HEAD~1"), corpus_of("HEAD")
    [change] = diff_corpora(before, after).cards
    assert [(one.name, one.before, one.after) for one in change.fields] == [
        ("status", "in-force", "pilot")
    ]
    assert len(diff_corpora(before, after).refs) == len(
        before.instruments["payment-connect-fps-ibps"].facts
    )


@pytest.mark.parametrize("name", ["no-such-tag", "--output=x", "HEAD~9"])
def test_a_name_that_is_no_revision_is_told(
    checkout: Callable[..., bytes], name: str, tmp_path: Path
):
    with pytest.raises(RevisionError, match="seen neither a folder nor a revision"):
        corpus_of(name)
    assert not list(tmp_path.rglob("x"))


def test_a_folder_without_cards_is_told(tmp_path: Path):
    with pytest.raises(KnowledgeError, match=r"seen a folder without cards and issuers\.yaml"):
        corpus_of(str(tmp_path))


def test_a_checkout_is_read_by_its_own_folder():
    assert corpus_of(str(CORPUS_DIR.parent)).version == corpus_of(str(CORPUS_DIR)).version
