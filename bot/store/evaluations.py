"""Runs of the evaluation that people asked for in the web app: whose, in which order, how far."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import AdvisorError
from bot.store.database import Database
from bot.store.schema import EvaluationRow
from knowledge.card import Bilingual, Frozen

EvaluationState = Literal["queued", "working", "done", "failed", "cancelled"]
OPEN: frozenset[EvaluationState] = frozenset({"queued", "working"})


class EvaluationNotFound(AdvisorError):
    """The tenant has no run of this id."""

    code = "run-not-found"


class Wish(Frozen):
    """What to run; everything that is not said is the suite's or the target's own."""

    suite: str = Field(min_length=1, max_length=200)
    target: str = Field(default="engine", min_length=1, max_length=80)
    """`engine`, or a name of those that the operator has set down."""
    kinds: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    limit: int | None = Field(default=None, ge=1, le=100_000)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class Evaluation(Frozen):
    """A run that somebody asked for."""

    tenant: str
    run: str
    wish: Wish
    by: str
    state: EvaluationState
    fault: str | None
    """Why it failed, in the words of the process that ran it."""
    created: dt.datetime
    started: dt.datetime | None
    ended: dt.datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it waits or works."""
        return self.state in OPEN


class Evaluations:
    """The runs of one tenant, and the queue of all; safe to use from many threads."""

    def __init__(self, database: Database, tenant: str) -> None:
        """Take an open or unopened database."""
        self._database = database
        self._tenant = tenant

    def add(self, run: str, wish: Wish, by: str) -> Evaluation:
        """Put a run into the queue."""
        row = EvaluationRow(
            tenant=self._tenant,
            run=run,
            wish=wish.model_dump_json(),
            by=by,
            state="queued",
            fault=None,
            created=_now(),
            started=None,
            ended=None,
        )
        with self._database.writing() as session:
            session.add(row)
            return _evaluation(row)

    def listed(self) -> tuple[Evaluation, ...]:
        """List the tenant's runs, the latest first."""
        rows = (
            select(EvaluationRow)
            .where(EvaluationRow.tenant == self._tenant)
            .order_by(EvaluationRow.created.desc(), EvaluationRow.run)
        )
        with self._database.reading() as session:
            return tuple(map(_evaluation, session.scalars(rows)))

    def find(self, run: str) -> Evaluation | None:
        """Return a run that was asked for; None for one of the command line, or for none at all."""
        with self._database.reading() as session:
            row = session.get(EvaluationRow, (self._tenant, run))
            return _evaluation(row) if row else None

    def queue(self) -> tuple[Evaluation, ...]:
        """Return what waits or works, of all tenants: what was begun first, then by age."""
        rows = (
            select(EvaluationRow)
            .where(EvaluationRow.state.in_(OPEN))
            .order_by(EvaluationRow.started.is_(None), EvaluationRow.created, EvaluationRow.run)
        )
        with self._database.reading() as session:
            return tuple(map(_evaluation, session.scalars(rows)))

    def move(self, run: str, state: EvaluationState, fault: str | None = None) -> Evaluation:
        """Say how far a run is; one that has ended stays as it is.

        Raises:
            EvaluationNotFound: the tenant has none of this id.
        """
        with self._database.writing() as session:
            row = self._row(session, run)
            if row.state in OPEN:
                row.state, row.fault = state, fault
                if state == "working":
                    row.started = row.started or _now()
                elif state not in OPEN:
                    row.ended = _now()
            return _evaluation(row)

    def remove(self, run: str) -> None:
        """Forget a run; one that is not there is none to forget."""
        with self._database.writing() as session:
            row = session.get(EvaluationRow, (self._tenant, run))
            if row is not None:
                session.delete(row)

    def _row(self, session: Session, run: str) -> EvaluationRow:
        row = session.get(EvaluationRow, (self._tenant, run))
        if row is None:
            raise no_run(run)
        return row


def no_run(run: str) -> EvaluationNotFound:
    """Say that there is no such run, also to whom it is not told that there is one."""
    return EvaluationNotFound(
        Bilingual(zh=f"没有运行{run[:80]!r}。", en=f"There is no run {run[:80]!r}.")
    )


def _evaluation(row: EvaluationRow) -> Evaluation:
    return Evaluation.model_validate(
        {name: getattr(row, name) for name in Evaluation.model_fields if name != "wish"}
        | {"wish": Wish.model_validate_json(row.wish)}
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
