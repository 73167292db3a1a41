from __future__ import annotations

import os
from pathlib import Path

import pytest

import knowledge.parsed
from knowledge.errors import CardError
from knowledge.glossary import load_glossary
from knowledge.load import load_corpus, read_yaml
from knowledge.parsed import ParsedFiles

CARD = """\
day: 2026-04-01
shares: {1: 0.5, 2: '8.25%'}
'!date': odd
texts: [是, null, true, 1_000]
"""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.yaml"
    path.write_text(CARD, encoding="utf-8")
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "home" / "parsed.json"


def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> object:
        raise AssertionError(f"parsed again: {path}")

    monkeypatch.setattr(knowledge.parsed, "read_yaml", refuse)


def test_what_was_parsed_once_comes_back_equal_and_is_not_parsed_again(
    card: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ParsedFiles(kept) as files:
        first = files.read(card)
    no_parser(monkeypatch)
    with ParsedFiles(kept) as files:
        again = files.read(card)
    assert repr(again) == repr(first)  # of the same types, keys in the same order


def test_a_changed_file_of_the_same_age_and_length_is_parsed_anew(card: Path, kept: Path) -> None:
    with ParsedFiles(kept) as files:
        files.read(card)
    before = card.stat()
    card.write_text(CARD.replace("8.25%", "7.25%"), encoding="utf-8")
    os.utime(card, ns=(before.st_atime_ns, before.st_mtime_ns))
    with ParsedFiles(kept) as files:
        assert files.read(card)["shares"][2] == "7.25%"


def test_a_figure_changed_in_what_is_kept_does_not_reach_a_card(card: Path, kept: Path) -> None:
    with ParsedFiles(kept) as files:
        files.read(card)
    kept.write_bytes(kept.read_bytes().replace(b"8.25%", b"9.25%"))
    with ParsedFiles(kept) as files:
        assert files.read(card)["shares"][2] == "8.25%"


@pytest.mark.parametrize("content", [b"", b"\xff\n{}", b"{}"])
def test_a_file_that_is_none_of_ours_is_replaced(
    card: Path, kept: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.parent.mkdir()
    kept.write_bytes(content)
    with ParsedFiles(kept) as files:
        files.read(card)
    no_parser(monkeypatch)
    with ParsedFiles(kept) as files:
        assert files.read(card) == read_yaml(card)


def test_nothing_is_kept_of_a_file_that_cannot_be_read(tmp_path: Path, kept: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", encoding="utf-8")
    with pytest.raises(CardError, match="not valid YAML"), ParsedFiles(kept) as files:
        files.read(broken)
    assert not kept.exists()


def test_a_home_that_cannot_be_written_is_no_error(card: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, no folder", encoding="utf-8")
    with ParsedFiles(tmp_path / "home" / "parsed.json") as files:
        assert files.read(card) == read_yaml(card)


def test_the_corpus_read_from_what_was_kept_is_the_corpus_read_from_its_files(kept: Path) -> None:
    for _ in range(2):
        with ParsedFiles(kept) as files:
            found, glossary = load_corpus(read=files.read), load_glossary(read=files.read)
    corpus = load_corpus()
    assert found.version == corpus.version
    for part in ("instruments", "routes", "asks", "issuers"):
        assert repr(getattr(found, part)) == repr(getattr(corpus, part)), part
    assert glossary == load_glossary()
