"""Records of official texts: what was fetched, where facts stand, what changed, what is under review.

    <home>/documents/official.sqlite3

The texts themselves are documents of the library; here is what is known of them beyond that. A
text's new state is written in one transaction, with all that follows from it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Self

from knowledge.card import FactRef, Frozen
from knowledge.documents.keeping.database import Database
from knowledge.official.compare import Change
from knowledge.official.locate import Way

DATABASE = "official.sqlite3"
LAYOUT = 1
_TABLES = """
CREATE TABLE texts (instrument TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE links (
    fact TEXT PRIMARY KEY, instrument TEXT NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE changes (
    instrument TEXT NOT NULL, digest BLOB NOT NULL, moment TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (instrument, digest)
);
CREATE TABLE reviews (
    fact TEXT NOT NULL, since TEXT NOT NULL, open INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (fact, since)
) WITHOUT ROWID;
"""

Why = Literal["changed", "removed", "vanished"]
"""The article reads otherwise; it is gone from the text; the page is gone."""


class TextState(Frozen):
    """An official text as it was last seen."""

    instrument: str
    url: str
    """Of its page, as in the register."""
    pdf: str | None = None
    """Where the text stands in a PDF behind that page: its address."""
    document: str
    """In the library of documents."""
    etag: str | None = None
    modified: str | None = None
    checked: dt.datetime
    """When its page was last asked for and answered."""
    fetched: dt.datetime
    """When the text that is kept was."""
    changed: dt.datetime | None = None
    """When it was last found to read otherwise."""
    vanished: dt.datetime | None = None
    """Since when its page is gone; what is kept is the last text."""


class Link(Frozen):
    """Where a fact stands in the text of its instrument."""

    fact: FactRef
    stamp: str
    """Of the fact as the card had it: one that is worded anew is located anew."""
    article: str | None
    """第十二条; several are joined by a semicolon."""
    passages: tuple[FactRef, ...]
    """Of the text, in reading order; none once its article was removed."""
    page: int | None
    way: Way
    changed: dt.datetime | None = None
    """When the article was last found to read otherwise."""


class Confirmation(Frozen):
    """A person's word that a fact still holds, or was brought up to date."""

    at: dt.datetime
    by: str | None
    note: str | None


class Review(Frozen):
    """A fact whose article has changed since it was checked."""

    fact: FactRef
    since: dt.datetime
    why: Why
    article: str | None
    before: str
    after: str | None
    """None where there is no such text any more."""
    confirmed: Confirmation | None = None


class DatedChange(NamedTuple):
    """A change of a text, and when it was found."""

    instrument: str
    moment: dt.datetime
    change: Change


class Records:
    """What is known of official texts; safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Open the records in the folder of the documents.

        Raises:
            StoreFault: they are damaged, or cannot be written.
        """
        self._database = Database(folder / DATABASE, _TABLES, LAYOUT)

    def version(self) -> int:
        """Give a number that changes whenever another connection has written."""
        return self._database.version()

    def texts(self) -> dict[str, TextState]:
        """Return the state of every text, by instrument."""
        rows = self._rows("SELECT record FROM texts")
        return {text.instrument: text for text in map(TextState.model_validate_json, rows)}

    def links(self, instrument: str | None = None) -> dict[FactRef, Link]:
        """Return where facts stand, those of one instrument or all."""
        where, values = ("", ()) if instrument is None else (" WHERE instrument = ?", (instrument,))
        rows = self._rows(f"SELECT record FROM links{where}", *values)
        return {link.fact: link for link in map(Link.model_validate_json, rows)}

    def changes(self) -> list[DatedChange]:
        """List every change that was found, the oldest first."""
        with self._database.reading() as reader:
            rows = reader.execute(
                "SELECT instrument, moment, record FROM changes ORDER BY moment, rowid"
            ).fetchall()
        return [
            DatedChange(
                instrument, dt.datetime.fromisoformat(moment), Change.model_validate_json(record)
            )
            for instrument, moment, record in rows
        ]

    def reviews(self, *, confirmed: bool = False) -> list[Review]:
        """List the facts under review, or those that were confirmed, in order of fact and time."""
        rows = self._rows(
            "SELECT record FROM reviews WHERE open = ? ORDER BY fact, since", int(not confirmed)
        )
        return [Review.model_validate_json(row) for row in rows]

    def keep(
        self,
        text: TextState,
        links: Sequence[Link] | None = None,
        changes: Iterable[Change] = (),
        reviews: Iterable[Review] = (),
    ) -> None:
        """Write the new state of a text, and what follows from it.

        Args:
            text: its state.
            links: of its facts, all of them; None leaves those that are kept.
            changes: found at `text.changed`; one found again counts as of then.
            reviews: newly needed; where the same article of a fact is under review already, its
                first wording stays.
        """
        with self._database.writing() as writer:
            writer.execute(
                "INSERT OR REPLACE INTO texts VALUES (?, ?)",
                (text.instrument, text.model_dump_json()),
            )
            if links is not None:
                writer.execute("DELETE FROM links WHERE instrument = ?", (text.instrument,))
                writer.executemany(
                    "INSERT INTO links VALUES (?, ?, ?)",
                    [(link.fact, text.instrument, link.model_dump_json()) for link in links],
                )
            for change in changes:
                assert text.changed is not None
                record = change.model_dump_json()
                digest = hashlib.sha256(record.encode()).digest()
                writer.execute(
                    "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?)",
                    (text.instrument, digest, text.changed.isoformat(), record),
                )
            for review in reviews:
                rows = writer.execute(
                    "SELECT record FROM reviews WHERE fact = ? AND open = 1 ORDER BY since",
                    (review.fact,),
                ).fetchall()
                before = [Review.model_validate_json(record) for (record,) in rows]
                kept = _joined(before, review)
                writer.execute(
                    "INSERT OR REPLACE INTO reviews VALUES (?, ?, 1, ?)",
                    (kept.fact, kept.since.isoformat(), kept.model_dump_json()),
                )

    def confirm(self, facts: Iterable[FactRef], confirmation: Confirmation) -> list[FactRef]:
        """Take facts from review; returns those that were under it."""
        done = []
        with self._database.writing() as writer:
            for fact in dict.fromkeys(facts):
                rows = writer.execute(
                    "SELECT record FROM reviews WHERE fact = ? AND open = 1", (fact,)
                ).fetchall()
                for (record,) in rows:
                    review = Review.model_validate_json(record).model_copy(
                        update={"confirmed": confirmation}
                    )
                    writer.execute(
                        "UPDATE reviews SET open = 0, record = ? WHERE fact = ? AND since = ?",
                        (review.model_dump_json(), fact, review.since.isoformat()),
                    )
                if rows:
                    done.append(fact)
        return done

    def close(self) -> None:
        """Release the file; closing twice does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return the records themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release the file."""
        self.close()

    def _rows(self, query: str, *values: object) -> list[str]:
        with self._database.reading() as reader:
            return [record for (record,) in reader.execute(query, values)]


def _joined(before: Sequence[Review], review: Review) -> Review:
    """Add a review to those that are open for a fact: the wording it was checked against stays."""
    if not before:
        return review
    first = before[0]
    if review.why == "vanished":
        return first
    return first.model_copy(
        update={"why": review.why, "after": review.after, "article": review.article}
    )
