"""A reader's choice as the address of a page holds it, read and written."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from bot.language import Lang
from knowledge.corpus import Corpus
from ui.api.catalogue import AsOf
from ui.frame import address
from ui.rulebook.catalogue import FACETS, SORTS, Query, Selection, facet_choices

PATH = "/rules"
MAX_TEXT = 200
"""Longest search that is read."""
_LONGEST_SEEN = 60
"""Characters of an unreadable value that are shown again."""
_DAY = TypeAdapter(AsOf)


class Notice(NamedTuple):
    """A value of the address that could not be used."""

    key: str
    """Of the string that says so."""
    seen: str


class Asked(NamedTuple):
    """What the address of the list asks for."""

    query: Query
    day: dt.date | None
    """The day that was named; None = today."""
    notices: tuple[Notice, ...]


def read_day(params: QueryParams) -> tuple[dt.date | None, tuple[Notice, ...]]:
    """Read the day on which rules are looked at; None for today, or where it cannot be read."""
    written = params.get("as_of", "").strip()
    if not written:
        return None, ()
    try:
        return _DAY.validate_python(written), ()
    except ValidationError:
        return None, (Notice("rules.notice.day", written[:_LONGEST_SEEN]),)


def read_query(params: QueryParams, corpus: Corpus, today: dt.date) -> Asked:
    """Read what is looked for; what cannot be used is left out and noticed."""
    day, notices = read_day(params)
    if day == today:  # the form always sends the day that it shows
        day = None
    chosen: dict[str, tuple[str, ...]] = {}
    for facet in FACETS:
        known = set(facet_choices(corpus, facet))
        given = tuple(dict.fromkeys(filter(None, params.getlist(facet))))
        chosen[facet] = tuple(value for value in given if value in known)
        notices += tuple(
            Notice(f"rules.notice.{facet}", value[:_LONGEST_SEEN])
            for value in given
            if value not in known
        )
    text = " ".join("".join(c if c.isprintable() else " " for c in params.get("q", "")).split())
    if len(text) > MAX_TEXT:
        notices += (Notice("rules.notice.long", text[:_LONGEST_SEEN]),)
    sort = params.get("sort", "")
    page = params.get("page", "")
    query = Query(
        text=text[:MAX_TEXT],
        selection=Selection(
            topics=cast(Any, chosen["topic"]),
            jurisdictions=cast(Any, chosen["jurisdiction"]),
            issuers=chosen["issuer"],
            statuses=cast(Any, chosen["status"]),
        ),
        as_of=day or today,
        sort=sort if sort in SORTS else "relevance",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1,
    )
    return Asked(query, day, notices)


def list_address(asked: Asked, lang: Lang, *, page: int = 1) -> str:
    """Return the address of a page of the list."""
    query = asked.query
    pairs = [("q", query.text)]
    for facet in FACETS:
        pairs += [(facet, value) for value in query.selection.chosen(facet)]
    pairs += [
        ("as_of", _written(asked.day) or ""),
        ("sort", "" if query.sort == "relevance" else query.sort),
        ("page", str(page) if page > 1 else ""),
        ("lang", lang),
    ]
    return f"{PATH}?{urlencode([(name, value) for name, value in pairs if value])}"


def card_address(
    card_id: str, lang: Lang, day: dt.date | None = None, fact: int | None = None
) -> str:
    """Return the address of an instrument's page, or of a fact on it."""
    anchor = f"#fact-{fact}" if fact else ""
    return address(f"{PATH}/{card_id}", lang, as_of=_written(day)) + anchor


def topic_address(topic: str, lang: Lang, day: dt.date | None = None) -> str:
    """Return the address of a topic's timeline."""
    return address(f"{PATH}/topics/{topic}", lang, as_of=_written(day))


def _written(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
