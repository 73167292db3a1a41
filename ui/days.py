"""The days that every surface reads and tells: today, and a day as people write it."""

from __future__ import annotations

import datetime as dt
import re


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
