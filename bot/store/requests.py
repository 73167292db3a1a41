"""Requests that may be sent twice: the second gets the answer of the first."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Literal, NamedTuple

from sqlalchemy import delete, update

from bot.store.database import Database
from bot.store.schema import RequestRow

KEPT = dt.timedelta(hours=24)
"""How long an answer stands ready to be given again."""
LOST = dt.timedelta(minutes=5)
"""Without an answer for this long, whoever was answering is gone: the request is made again."""


class Begun(NamedTuple):
    """How a named request stands."""

    how: Literal["new", "running", "answered", "other"]
    """`other`: the name was used for another body."""
    answer: str | None = None
    """JSON of the answer, where there is one."""


class Requests:
    """The named requests of one tenant; safe to use from many threads."""

    def __init__(self, database: Database, tenant: str) -> None:
        """Take an open or unopened database."""
        self._database = database
        self._tenant = tenant

    def begin(self, caller: str, name: str, body: bytes) -> Begun:
        """Note a request, or tell what became of it.

        Args:
            caller: whoever sends it: the same name from another is another request.
            name: the sender's, any text.
            body: what is asked for.
        """
        now, digest = dt.datetime.now(dt.UTC), hashlib.sha256(body).hexdigest()
        with self._database.writing() as session:
            session.execute(
                delete(RequestRow).where(
                    RequestRow.tenant == self._tenant, RequestRow.created < now - KEPT
                )
            )
            row = session.get(RequestRow, (self._tenant, request_name(caller, name)))
            if row is None:
                session.add(
                    RequestRow(
                        tenant=self._tenant,
                        name=request_name(caller, name),
                        body=digest,
                        answer=None,
                        created=now,
                    )
                )
                return Begun("new")
            if row.body != digest:
                return Begun("other")
            if row.answer is not None:
                return Begun("answered", row.answer)
            if now - row.created > LOST:
                row.created = now
                return Begun("new")
            return Begun("running")

    def end(self, caller: str, name: str, answer: str) -> None:
        """Keep the answer of a request."""
        with self._database.writing() as session:
            session.execute(
                update(RequestRow)
                .where(
                    RequestRow.tenant == self._tenant, RequestRow.name == request_name(caller, name)
                )
                .values(answer=answer)
            )

    def prune(self, before: dt.datetime) -> int:
        """Remove the requests from before a moment; tells how many."""
        with self._database.writing() as session:
            done = session.execute(
                delete(RequestRow).where(
                    RequestRow.tenant == self._tenant, RequestRow.created < before
                )
            )
            return int(done.rowcount)  # type: ignore[attr-defined]

    def forget(self, document: str = "") -> None:
        """Remove the answers that quote a document; all of them where none is named.

        Whose an answer is cannot be told from what is kept. A request sent again is answered anew.
        """
        with self._database.writing() as session:
            done = session.execute(
                delete(RequestRow).where(
                    RequestRow.tenant == self._tenant,
                    RequestRow.answer.contains(document, autoescape=True),
                )
            )
            removed = int(done.rowcount)  # type: ignore[attr-defined]
        if removed:
            self._database.empty_log()

    def drop(self, caller: str, name: str) -> None:
        """Forget a request that failed: it may be sent again."""
        with self._database.writing() as session:
            session.execute(
                delete(RequestRow).where(
                    RequestRow.tenant == self._tenant,
                    RequestRow.name == request_name(caller, name),
                    RequestRow.answer.is_(None),
                )
            )


def request_name(caller: str, name: str) -> str:
    """Return what a request is kept by: nothing of who sent it, or what they call it."""
    return hashlib.sha256(f"{caller}\0{name}".encode()).hexdigest()
