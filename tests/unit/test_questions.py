"""Example questions of facts: enough of them, none twice, and each on a fact that exists."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.errors import CardError
from knowledge.load import CORPUS_DIR, card_files, load_corpus, question_files, read_questions
from knowledge.questions import Questions

LANGS: tuple[PassageLang, ...] = get_args(PassageLang)
FEWEST = 4
"""Questions of each language that every shipped fact has: people ask for one thing in many ways."""


def folded(text: str) -> str:
    kept = (c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())
    return "".join(kept)


# --- the shipped questions


@pytest.mark.parametrize("lang", LANGS)
def test_every_fact_of_the_corpus_is_asked_for_in_enough_ways(
    corpus: Corpus, lang: PassageLang
) -> None:
    assert corpus.asks.keys() == set(corpus.refs)
    few = {
        ref: len(asks.texts(lang))
        for ref, asks in corpus.asks.items()
        if len(asks.texts(lang)) < FEWEST
    }
    assert few == {}


def test_no_question_is_asked_twice_of_one_fact_or_of_two(corpus: Corpus) -> None:
    places: dict[str, list[str]] = {}
    for ref, asks in corpus.asks.items():
        for lang in LANGS:
            for text in asks.texts(lang):
                places.setdefault(folded(text), []).append(f"{ref}: {text}")
    assert [refs for refs in places.values() if len(refs) > 1] == []


def test_chinese_questions_are_chinese_and_english_ones_are_not(corpus: Corpus) -> None:
    def chinese(text: str) -> bool:
        return any("一" <= c <= "鿿" for c in text)

    assert [text for asks in corpus.asks.values() for text in asks.zh if not chinese(text)] == []
    assert [text for asks in corpus.asks.values() for text in asks.en if chinese(text)] == []


def test_every_card_has_one_questions_file_of_its_name_in_the_folder_of_its_topic() -> None:
    def places(paths: list[Path]) -> list[str]:
        return [f"{path.parent.name}/{path.name}" for path in paths]

    paths = question_files(CORPUS_DIR)
    assert places(paths) == places(card_files(CORPUS_DIR))
    assert [path.name for path in paths if read_questions(path).card != path.stem] == []


# --- reading them


def asks(*stems: str) -> dict[str, list[str]]:
    return {"zh": [f"{stem}？" for stem in stems], "en": [f"{stem}?" for stem in stems]}


def a_card() -> dict[str, Any]:
    both = {"zh": "付款", "en": "Pay"}
    source = {"id": "s1", "publisher": "P", "title": "T", "url": "https://example.org"}
    fact = {"aspect": "limit", "zh": "一", "en": "one", "source": "s1"}
    return {
        "id": "rule",
        "title": both,
        "number": None,
        "issuers": ["PBOC"],
        "jurisdiction": "mainland",
        "kind": "notice",
        "topics": ["payments"],
        "issued": None,
        "effective": None,
        "status": "in-force",
        "superseded_by": None,
        "summary": both,
        "sources": [source | {"official": True, "quality": "official"}],
        "facts": [fact | {"id": 1}, fact | {"id": 2}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus of one card with two facts and no questions yet."""
    pboc = {"zh": "中国人民银行", "en": "People's Bank of China", "place": "mainland"}
    files: dict[str, object] = {
        "corpus.yaml": {"as_of": "2026-11-22"},
        "issuers.yaml": {"PBOC": pboc},
        "cards/payments/rule.yaml": a_card(),
    }
    for name, content in files.items():
        write(tmp_path / name, content)
    return tmp_path


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_questions_go_with_the_facts_they_name(folder: Path) -> None:
    path = folder / "questions/payments/rule.yaml"
    write(path, {"card": "rule", "questions": {1: asks("限额"), 2: asks("几天", "多久")}})
    assert load_corpus(folder).asks == {
        FactRef("rule#1"): Questions(zh=("限额？",), en=("限额?",)),
        FactRef("rule#2"): Questions(zh=("几天？", "多久？"), en=("几天?", "多久?")),
    }


def test_questions_of_one_fact_in_two_files_are_refused_and_none_is_lost(folder: Path) -> None:
    for name in ("rule", "rule-again"):
        content = {"card": "rule", "questions": {1: asks("限额")}}
        path = write(folder / f"questions/payments/{name}.yaml", content)
    with pytest.raises(CardError, match="rule#1 has questions in another file") as caught:
        load_corpus(folder)
    assert str(path) in str(caught.value)


def test_a_corpus_without_questions_can_be_read(folder: Path) -> None:
    assert load_corpus(folder).asks == {}


def test_a_changed_question_makes_another_version_of_the_corpus(folder: Path) -> None:
    path = folder / "questions/payments/rule.yaml"
    digests = {load_corpus(folder).version.digest}
    for stem in ("限额", "上限"):
        write(path, {"card": "rule", "questions": {1: asks(stem)}})
        digests.add(load_corpus(folder).version.digest)
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("content", "seen", "remedy"),
    [
        (
            {"card": "no-such-rule", "questions": {1: asks("限额")}},
            "no card 'no-such-rule'",
            "Name the file's card by its id.",
        ),
        (
            {"card": "rule", "questions": {1: asks("限额"), 9: asks("几天")}},
            "rule has no fact 9",
            "Questions go with a fact.",
        ),
        ({"card": "rule", "questions": {1: asks()}}, "questions.1.zh", "at least 1 item"),
        ({"card": "rule", "questions": {"x": asks("限额")}}, "questions.x", "valid integer"),
        (
            {"card": "rule", "questions": {1: {"zh": ["限额？"]}}},
            "questions.1.en",
            "Field required",
        ),
        ({"questions": {1: asks("限额")}}, "card", "Field required"),
    ],
)
def test_a_questions_file_that_does_not_fit_is_refused_with_file_fault_and_remedy(
    folder: Path, content: object, seen: str, remedy: str
) -> None:
    path = write(folder / "questions/payments/rule.yaml", content)
    with pytest.raises(CardError) as caught:
        load_corpus(folder)
    message = str(caught.value)
    assert str(path) in message
    assert seen in message
    assert remedy in message


def test_questions_come_in_the_language_asked_for() -> None:
    questions = Questions(zh=("限额？",), en=("What limit?",))
    assert [questions.texts(lang) for lang in LANGS] == [("限额？",), ("What limit?",)]
