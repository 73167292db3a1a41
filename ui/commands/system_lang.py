"""The language of the terminal, for messages of commands that are not told one."""

from __future__ import annotations

import os

from bot.language import Lang


def system_lang() -> Lang:
    """Read it from the locale; English unless that is Chinese."""
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if not locale.startswith("zh"):
        return "en"
    return "zh-Hant" if locale[3:5] in {"TW", "HK", "MO"} else "zh-Hans"
