"""The examples of questions inside and outside the field."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from knowledge.card import PassageLang
from knowledge.errors import CardError
from knowledge.load import CORPUS_DIR, read_route, route_files
from knowledge.scope import Category, ScopeExamples, load_scope_examples

LANGS: tuple[PassageLang, ...] = get_args(PassageLang)

SMALL = """\
out_of_scope:
  - {category: weather, zh: [明天下雨吗？], en: ["Will it rain?"]}
beyond_corpus:
  - {category: live-rates, zh: [现在汇率多少？], en: ["What is the rate now?"]}
in_scope: {zh: [外债怎么登记？], en: ["How is foreign debt registered?"]}
"""


@pytest.fixture(scope="module")
def scope() -> ScopeExamples:
    return load_scope_examples()


def folded(text: str) -> str:
    kept = (c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())
    return "".join(kept)


def classes(scope: ScopeExamples) -> Iterator[tuple[str, str]]:
    """Yield every example with the name of its class, folded."""
    for name in ("out_of_scope", "beyond_corpus"):
        for category in getattr(scope, name):
            for lang in LANGS:
                yield from ((name, folded(text)) for text in category.texts(lang))
    for lang in LANGS:
        yield from (("in_scope", folded(text)) for text in scope.in_scope.texts(lang))


def write(folder: Path, text: str) -> Path:
    path = folder / "scope.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_out_of_scope_has_at_least_16_categories_of_4_to_6_examples(
    scope: ScopeExamples,
) -> None:
    assert len(scope.out_of_scope) >= 16
    for category in scope.out_of_scope:
        assert {lang: 4 <= len(category.texts(lang)) <= 6 for lang in LANGS} == {
            "zh": True,
            "en": True,
        }, category.category


def test_shipped_beyond_corpus_has_at_least_6_categories_of_5_examples(
    scope: ScopeExamples,
) -> None:
    assert len(scope.beyond_corpus) >= 6
    for category in scope.beyond_corpus:
        assert min(len(category.texts(lang)) for lang in LANGS) >= 5, category.category


@pytest.mark.parametrize("lang", LANGS)
def test_shipped_in_scope_has_at_least_40_examples(scope: ScopeExamples, lang: PassageLang) -> None:
    assert len(scope.in_scope.texts(lang)) >= 40


def test_category_names_are_unique(scope: ScopeExamples) -> None:
    names = [item.category for item in (*scope.out_of_scope, *scope.beyond_corpus)]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_no_example_occurs_twice_or_in_two_classes(scope: ScopeExamples) -> None:
    places: dict[str, list[str]] = {}
    for name, text in classes(scope):
        places.setdefault(text, []).append(name)
    assert {text: names for text, names in places.items() if len(names) > 1} == {}


def test_no_example_equals_an_ask_of_a_route(scope: ScopeExamples) -> None:
    asks = {
        folded(ask)
        for path in route_files(CORPUS_DIR)
        for lang in LANGS
        for ask in read_route(path).asks.texts(lang)
    }
    assert [text for _, text in classes(scope) if text in asks] == []


def test_chinese_examples_are_chinese_and_english_ones_are_not(scope: ScopeExamples) -> None:
    def chinese(text: str) -> bool:
        return any("一" <= c <= "鿿" for c in text)

    groups = (*scope.out_of_scope, *scope.beyond_corpus, scope.in_scope)
    assert [text for group in groups for text in group.zh if not chinese(text)] == []
    assert [text for group in groups for text in group.en if chinese(text)] == []


def test_examples_are_frozen(scope: ScopeExamples) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        scope.in_scope = scope.out_of_scope[0]  # type: ignore[misc]


def test_a_small_file_is_read_as_it_stands(tmp_path: Path) -> None:
    scope = load_scope_examples(write(tmp_path, SMALL))
    assert scope.out_of_scope == (
        Category(category="weather", zh=("明天下雨吗？",), en=("Will it rain?",)),
    )
    assert scope.beyond_corpus[0].texts("zh") == ("现在汇率多少？",)
    assert scope.in_scope.texts("en") == ("How is foreign debt registered?",)


@pytest.mark.parametrize(
    ("text", "place", "complaint"),
    [
        (SMALL + "extra: 1\n", "extra", "Extra inputs are not permitted"),
        (SMALL.replace("category: weather, ", ""), "out_of_scope.0.category", "Field required"),
        (SMALL.replace("weather", "The Weather"), "out_of_scope.0.category", "'The Weather'"),
        (SMALL.replace("[外债怎么登记？]", "[]"), "in_scope.zh", "at least 1 item"),
        (SMALL.replace("[外债怎么登记？]", "[3]"), "in_scope.zh.0", "seen: 3"),
        ("", "file", "seen: None"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_file_and_place(
    tmp_path: Path, text: str, place: str, complaint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CardError) as caught:
        load_scope_examples(path)
    assert f"{path}: {place}: " in str(caught.value)
    assert complaint in str(caught.value)


def test_a_file_that_is_not_yaml_is_refused_with_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, "out_of_scope: [\n")
    with pytest.raises(CardError, match=r"scope\.yaml: line \d+, column \d+ not valid YAML"):
        load_scope_examples(path)
