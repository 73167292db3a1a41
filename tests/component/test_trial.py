"""A card tried on real cases: with it, without it, and when its change makes answers worse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from evals.case import Case, load_suite
from evals.change import trial_cli
from evals.change.trial import sides_of
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.errors import CardError
from knowledge.load import CORPUS_DIR, questions_beside, read_draft
from ui.cli import app

CARD = CORPUS_DIR / "cards/compliance/hk-mainland-judgments-2024.yaml"
CITED = CORPUS_DIR / "cards/investment/ndrc-2017-11-odi.yaml"
"""By routes."""


def tried(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["corpus", "try", *map(str, arguments)])


def cases_of(card: str) -> tuple[Case, ...]:
    return tuple(case for case in load_suite("dev") if card in case.cards)


def copy_of(card: Path, folder: Path) -> Path:
    """Copy a card with its questions into a folder of drafts."""
    draft = folder / "cards" / card.parent.name / card.name
    for source, target in ((card, draft), (questions_beside(card), questions_beside(draft))):
        target.parent.mkdir(parents=True)
        shutil.copy(source, target)
    return draft


def test_a_card_taken_out_and_put_back_leaves_the_corpus_as_it_was(corpus: Corpus) -> None:
    card, asks = read_draft(CARD)
    without, whole = sides_of(corpus, card, asks, shipped=True)
    assert whole is corpus
    assert card.id not in without.instruments
    assert not any(ref.card_id == card.id for ref in without.asks)
    assert without.version.facts == corpus.version.facts - len(card.facts)
    _, again = sides_of(without, card, asks, shipped=False)
    assert list(again.instruments.items()) == list(corpus.instruments.items())
    assert list(again.asks.items()) == list(corpus.asks.items())
    assert again.version.facts == corpus.version.facts
    assert len({str(each.version) for each in (corpus, without, again)}) == 3


def test_a_changed_card_without_questions_beside_it_keeps_those_of_the_corpus(
    corpus: Corpus,
) -> None:
    card, asks = read_draft(CARD)
    changed = card.model_copy(update={"number": None})
    before, after = sides_of(corpus, changed, {}, shipped=False)
    assert before is corpus
    assert after.instruments[card.id].number is None
    assert {ref: after.asks[ref] for ref in asks} == asks


def test_a_card_that_routes_cite_cannot_be_taken_out_and_the_routes_are_named(
    corpus: Corpus,
) -> None:
    card, asks = read_draft(CITED)
    with pytest.raises(CardError, match=r"cited by the route .*Change a copy"):
        sides_of(corpus, card, asks, shipped=True)


def test_a_draft_with_errors_is_not_tried(tmp_path: Path) -> None:
    draft = copy_of(CARD, tmp_path)
    card = yaml.safe_load(draft.read_text("utf-8"))
    card["facts"][0]["source"] = "s99"
    draft.write_text(yaml.safe_dump(card, allow_unicode=True), encoding="utf-8")
    told = tried(draft)
    assert told.exit_code == 1
    assert "1 errors, the first of them" in told.stderr
    assert "s99" in told.stderr
    assert told.stdout == ""


def test_an_unknown_suite_is_told_in_one_line(tmp_path: Path) -> None:
    told = tried(CARD, "--suite", "nowhere")
    assert told.exit_code == 1
    assert "nowhere" in told.stderr


@pytest.mark.early
def test_a_revision_that_loses_what_cases_ask_for_is_worse_and_the_cases_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = cases_of(CARD.stem)
    assert cases
    monkeypatch.setattr(trial_cli, "load_suite", lambda name: cases)
    draft = copy_of(CARD, tmp_path)
    card = yaml.safe_load(draft.read_text("utf-8"))
    card["facts"] = card["facts"][-1:]
    draft.write_text(yaml.safe_dump(card, allow_unicode=True), encoding="utf-8")
    left = card["facts"][0]["id"]
    asked = yaml.safe_load(questions_beside(draft).read_text("utf-8"))
    asked["questions"] = {left: asked["questions"][left]}
    questions_beside(draft).write_text(yaml.safe_dump(asked, allow_unicode=True), encoding="utf-8")

    told = tried(draft, "--json")
    assert told.exit_code == 1, told.output
    record = json.loads(told.stdout)
    assert record["card"][:3] == [CARD.stem, "revised", 1]
    assert record["comparison"]["cases"] == len(cases)
    assert "nugget_recall" in record["fallen"]
    changed = {change["id"]: change for change in record["comparison"]["changes"]}
    (nuggets,) = (m for m in record["comparison"]["metrics"] if m["name"] == "nugget_recall")
    fallen = {case for case, before, after in nuggets["moved"] if after < before}
    assert fallen
    assert fallen <= set(changed)
    lost = {FactRef(ref).card_id for case in fallen for ref in changed[case]["lost"]}
    assert CARD.stem in lost
