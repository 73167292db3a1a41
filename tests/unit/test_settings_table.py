"""The page of settings is the one that the model writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings
from bot.settings_table import settings_page, variable

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_of_settings_is_what_the_command_prints() -> None:
    assert PAGE.read_text("utf-8") == settings_page(), "run: hugang settings > docs/settings.md"


def test_every_setting_says_what_it_means() -> None:
    page = settings_page()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"| `{variable(name)}` | {field.description[:20]}" in page.replace("\\|", "|")


def test_a_proxy_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGANG_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7")
    assert Settings.load().trusted_proxies == "10.0.0.0/8,192.0.2.7"
    monkeypatch.setenv("HUGANG_TRUSTED_PROXIES", "proxy")
    with pytest.raises(SettingsError, match="HUGANG_TRUSTED_PROXIES='proxy'"):
        Settings.load()
