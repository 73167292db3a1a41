"""The days that every surface reads and tells: today, and a day as people write it."""

from __future__ import annotations

import datetime as dt
import re

from bot.errors import SettingsError
from knowledge.card import Bilingual

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dw])")


def today() -> dt.date:
    """Return the reader's calendar day: rules hold on it, wherever the server stands."""
    return dt.date.today()  # noqa: DTZ011 - a calendar day is meant, not a moment


def read_day(text: str) -> dt.date:
    """Read a day written as YYYY-MM-DD.

    Raises:
        ValueError: it is written otherwise, or there is no such day.
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("expected a date as YYYY-MM-DD, such as 2026-06-30")
    return dt.date.fromisoformat(text)


def option_day(text: str, option: str) -> dt.date:
    """Read a day that an option of a command names.

    Raises:
        SettingsError: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            Bilingual(
                zh=f"{option} {text!r}不是日期；请写作年-月-日，如2026-06-30。",
                en=f"{option} {text!r} is not a date; write it as YYYY-MM-DD, such as 2026-06-30.",
            )
        ) from error


def read_span(text: str) -> dt.timedelta | None:
    """Read days (90d) or weeks (12w); None where it is neither."""
    read = _SPAN.fullmatch(text.strip().lower())
    return dt.timedelta(days=int(read[1]) * (7 if read[2] == "w" else 1)) if read else None
