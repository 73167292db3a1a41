from __future__ import annotations

import pytest

from bot.errors import SettingsError
from bot.settings import Settings


def test_a_misspelt_variable_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUGANG_EVIDENCE_LIMTI", "9")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    for lang in ("zh-Hans", "zh-Hant", "en"):
        message = caught.value.user_message(lang)  # type: ignore[arg-type]
        assert "HUGANG_EVIDENCE_LIMTI" in message
        assert "HUGANG_EVIDENCE_LIMIT" in message


def test_a_variable_within_its_bounds_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGANG_EVIDENCE_LIMIT", "12")
    monkeypatch.setenv("HUGANG_DEBUG", "1")
    assert Settings.load().evidence_limit == 12
