"""Every string of the page exists in all three languages, and is used."""

from __future__ import annotations

import json
import re
from string import Formatter
from typing import get_args

import pytest
import yaml
from opencc import OpenCC

from bot.answer import DeclineReason, Standing
from bot.language import Lang
from bot.route_plan import StepState
from knowledge.card import Jurisdiction, Quality, Topic
from knowledge.corpus import Validity
from ui.strings import EXAMPLES, LANGS, LOCALES, all_strings, string, strings_json

UI = LOCALES.parent
KEYS = sorted(all_strings())
TO_TRADITIONAL = OpenCC("s2t")
RULE_FAMILIES = [
    "aspect",
    "facet",
    "kind",
    "measure",
    "notice",
    "seat",
    "sort",
    "use",
]
"""Families of the rulebook's keys, of which only the first part stands in the code."""
PAPER_FAMILIES = ["at_", "done.", "field.", "format.", "lang.", "state.", "status.", "whose."]
"""The same of own documents."""
EVALUATION_FAMILIES = [
    *("asks.", "correctness", "delete.", "done.", "export.", "groundedness", "kind.", "lang."),
    *("machine.", "state.", "turn."),
]
"""The same of evaluators."""


def _read(pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(UI.rglob(pattern)))


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_a_string_has_words_in_every_language(key: str) -> None:
    texts = all_strings()[key]
    assert set(texts) == set(LANGS)
    assert all(isinstance(text, str) and text.strip() for text in texts.values())


@pytest.mark.parametrize("key", KEYS)
def test_a_string_takes_the_same_values_in_every_language(key: str) -> None:
    assert len({frozenset(names(text)) for text in all_strings()[key].values()}) == 1


@pytest.mark.parametrize("key", KEYS)
def test_the_traditional_string_is_not_left_in_simplified_script(key: str) -> None:
    text = all_strings()[key]["zh-Hant"]
    # 布 (宣布) is written in both scripts; the converter would make it 佈.
    assert TO_TRADITIONAL.convert(text).replace("佈", "布") == text


def test_no_key_stands_in_two_files() -> None:
    found = [
        key for path in LOCALES.glob("*.yaml") for key in yaml.safe_load(path.read_text("utf-8"))
    ]
    assert sorted(found) == KEYS


def test_every_status_quality_standing_and_state_has_words() -> None:
    wanted = {
        *(f"status.{one}" for one in get_args(Validity)),
        *(f"quality.{one}" for one in get_args(Quality)),
        *(f"standing.{one}" for one in get_args(Standing)),
        *(f"state.{one}" for one in get_args(StepState)),
        *(f"role.{role}" for role, _ in EXAMPLES),
        *(f"example.{name}" for _, name in EXAMPLES),
        *(f"topic.{one}" for one in get_args(Topic)),
        *(f"place.{one}" for one in get_args(Jurisdiction) if one != "both"),
        *(f"decline.{one}.next" for one in get_args(DeclineReason)),
    }
    assert wanted <= set(KEYS)


def test_the_page_uses_no_key_that_is_not_there() -> None:
    html = _read("*.html")
    script = _read("*.js")
    used = {
        *re.findall(r'data-t(?:-label|-placeholder)?="([^"]+)"', html),
        *re.findall(r'words\("([a-z._-]+)"', script),
        *re.findall(r'dataset\.t = "([a-z._-]+)"', script),
        *re.findall(r'(?:fail|showFailure|nameBy)\(\w+, "([a-z._-]+)"', script),
        *re.findall(r'(?:makeWord|iconButton)\("[\w-]+", "([a-z._-]+)"', script),
        *re.findall(r'(?:say|showGone)\("([a-z._-]+)"', script),
    }
    whole = {key for key in used if not key.endswith(".")}
    assert whole <= set(KEYS)
    assert all(any(key.startswith(part) for key in KEYS) for part in used - whole)


def test_no_key_lies_unused() -> None:
    sources = _read("*.py") + _read("*.html") + _read("*.js")
    families = (
        *("status.", "quality.", "standing.", "state.", "role.", "example.", "panel.quote."),
        *("topic.", "place.", "decline.", "usage.surface.", "usage.lang."),
        *(f"rules.{one}." for one in RULE_FAMILIES),
        *(f"papers.{one}" for one in PAPER_FAMILIES),
        *(f"eval.{one}" for one in EVALUATION_FAMILIES),
    )
    # The page of usage names its figures by the last part of their keys.
    figures = (UI / "usage_page.py").read_text("utf-8")
    unused = [
        key
        for key in KEYS
        if f'"{key}"' not in sources
        and not key.startswith(families)
        and not (
            key.startswith("usage.")
            and any(f'"{one}"' in figures for one in (key[6:], key.rpartition(".")[2]))
        )
    ]
    assert unused == []


@pytest.mark.parametrize("lang", LANGS)
def test_values_are_filled_in(lang: Lang) -> None:
    assert "7" in string("stage.found", lang, n=7, instruments=3)
    with pytest.raises(KeyError):
        string("stage.found", lang, n=7)


def test_the_browser_gets_the_same_strings() -> None:
    sent = json.loads(strings_json())
    assert set(sent) == set(LANGS)
    assert sent["en"]["composer.send"] == string("composer.send", "en")
