"""The record of answers: who was answered what, from which facts, by which corpus; and its sums.

A record is written when an answer is finished and never changed. It goes when its time has come
(`Audit.prune`) or when whoever asked wants it gone (`Audit.forget`).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import delete, func, select, tuple_

from bot.answer import CheckedAnswer, DeclineReason, Standing
from bot.language import Lang
from bot.store.database import Database
from bot.store.schema import RecordRow
from knowledge.card import FactRef, Frozen

Surface = Literal["web", "api", "widget", "openai", "mcp"]
"""Where an answer was asked for."""
UNWORDED = "—"
"""Stands for the questions of a tenant that keeps no words."""
TOP = 10
"""Instruments and open questions that the sums of a time name."""
PAGE = 500
"""Records that are read at a time."""


class Record(Frozen):
    """What is on record of one answer."""

    id: str
    answer: str
    """Id of the `CheckedAnswer`."""
    at: dt.datetime
    """When it was finished."""
    surface: Surface
    key: str | None
    """First letters of the key that it was asked with."""
    visitor: str | None
    """SHA-256 of whoever asked."""
    question: str | None
    """None where the tenant keeps no words."""
    lang: Lang
    refs: tuple[FactRef, ...]
    """Facts that the answer cites."""
    missing: tuple[str, ...]
    """What was asked and is left open."""
    corpus: str
    writer: str
    standing: Standing
    decline_reason: DeclineReason | None
    timings_ms: Mapping[str, float]
    total_ms: float
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """In the currency of the prices that are set; None where none are."""


class Count(Frozen):
    """How often something occurred."""

    name: str
    n: int


class DayUsage(Frozen):
    """The answers of one day."""

    day: dt.date
    questions: int
    answered: int
    partly: int
    declined: int
    p50_ms: float
    p95_ms: float
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


class Usage(Frozen):
    """The answers of some days, UTC; days without a question are left out."""

    tenant: str
    since: dt.date
    until: dt.date
    """The last day."""
    days: tuple[DayUsage, ...]
    total: DayUsage | None = Field(description="All days as one, dated by the first; None: none.")
    surfaces: tuple[Count, ...]
    languages: tuple[Count, ...]
    instruments: tuple[Count, ...]
    """Cited most: ids of instruments by the answers that cite them."""
    unanswered: tuple[Count, ...]
    """Asked most of what was declined or left open; without words where none are kept."""


class Audit:
    """The records of one tenant; safe to use from many threads."""

    def __init__(self, database: Database, tenant: str) -> None:
        """Take an open or unopened database."""
        self._database = database
        self._tenant = tenant

    def write(
        self,
        answer: CheckedAnswer,
        surface: Surface,
        *,
        key: str | None = None,
        visitor: str | None = None,
        with_question: bool = True,
    ) -> None:
        """Put an answer on record.

        Args:
            answer: finished.
            surface: where it was asked for.
            key: first letters of the key, if it was asked with one.
            visitor: from `owner_of`.
            with_question: whether the words of the question are kept.
        """
        engine = answer.engine
        use = engine.model
        with self._database.writing() as session:
            session.add(
                RecordRow(
                    tenant=self._tenant,
                    id=uuid.uuid4().hex,
                    answer_id=answer.id,
                    at=_now(),
                    surface=surface,
                    key=key or "",
                    visitor=visitor or "",
                    question=answer.question if with_question else None,
                    lang=answer.lang,
                    refs=json.dumps([str(one.ref) for one in answer.citations]),
                    missing=json.dumps(answer.missing if with_question else (), ensure_ascii=False),
                    corpus=engine.corpus,
                    writer=engine.writer,
                    standing=answer.standing,
                    decline_reason=answer.decline_reason,
                    timings=json.dumps(dict(engine.timings_ms)),
                    total_ms=float(engine.timings_ms.get("total", 0.0)),
                    prompt_tokens=use.prompt_tokens if use else 0,
                    completion_tokens=use.completion_tokens if use else 0,
                    cost=use.cost if use else None,
                )
            )

    def records(
        self,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        visitor: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Yield records, oldest first.

        Args:
            since: finished at this moment or later.
            until: finished before this moment.
            visitor: only of this one, from `owner_of`.
            limit: most records wanted.
        """
        rows = select(RecordRow).where(RecordRow.tenant == self._tenant)
        if since is not None:
            rows = rows.where(RecordRow.at >= since)
        if until is not None:
            rows = rows.where(RecordRow.at < until)
        if visitor is not None:
            rows = rows.where(RecordRow.visitor == visitor)
        rows = rows.order_by(RecordRow.at, RecordRow.id)
        # Page by page: whoever reads slowly holds no connection, and no copy of what is deleted.
        left, page = limit, rows
        while left is None or left > 0:
            most = PAGE if left is None else min(PAGE, left)
            with self._database.reading() as session:
                found = session.scalars(page.limit(most)).all()
            yield from map(_record, found)
            if len(found) < most:
                return
            last = found[-1]
            page = rows.where(tuple_(RecordRow.at, RecordRow.id) > (last.at, last.id))
            left = None if left is None else left - most

    def count(self, since: dt.datetime) -> int:
        """Count the answers finished at a moment or later."""
        rows = select(func.count()).where(RecordRow.tenant == self._tenant, RecordRow.at >= since)
        with self._database.reading() as session:
            return int(session.scalar(rows) or 0)

    def usage(self, since: dt.date, until: dt.date) -> Usage:
        """Sum up the days from one to another, both counted, UTC."""
        whole, by_day = _Sum(), defaultdict[dt.date, _Sum](_Sum)
        surfaces, languages, cited, left_open = (Counter[str]() for _ in range(4))
        rows = select(
            RecordRow.at,
            RecordRow.standing,
            RecordRow.total_ms,
            RecordRow.prompt_tokens,
            RecordRow.completion_tokens,
            RecordRow.cost,
            RecordRow.surface,
            RecordRow.lang,
            RecordRow.question,
            RecordRow.refs,
        ).where(
            RecordRow.tenant == self._tenant,
            RecordRow.at >= midnight(since),
            RecordRow.at < midnight(until + dt.timedelta(days=1)),
        )
        with self._database.reading() as session:
            # A year of a busy tenant has millions: they are counted as they come.
            for row in session.execute(rows.execution_options(yield_per=1_000)):
                whole.add(row)
                by_day[row.at.date()].add(row)
                surfaces[row.surface] += 1
                languages[row.lang] += 1
                cited.update({FactRef(ref).card_id for ref in json.loads(row.refs)})
                if row.standing != "answered":
                    left_open[row.question or UNWORDED] += 1
        return Usage(
            tenant=self._tenant,
            since=since,
            until=until,
            days=tuple(by_day[day].usage(day) for day in sorted(by_day)),
            total=whole.usage(since) if by_day else None,
            surfaces=_counts(surfaces),
            languages=_counts(languages),
            instruments=_counts(cited),
            unanswered=_counts(left_open),
        )

    def citing(self, refs: Collection[FactRef]) -> dict[FactRef, int]:
        """Count the answers on record that cite each of some facts in their text."""
        wanted = set(refs)
        counted: Counter[FactRef] = Counter()
        if wanted:
            # Read whole: the lists are short, and PostgreSQL and SQLite query JSON differently.
            rows = select(RecordRow.refs).where(RecordRow.tenant == self._tenant)
            with self._database.reading() as session:
                for text in session.scalars(rows.execution_options(yield_per=PAGE)):
                    counted.update(wanted.intersection(map(FactRef, json.loads(text))))
        return dict(sorted(counted.items()))

    def prune(self, before: dt.datetime) -> int:
        """Remove the records from before a moment; tells how many."""
        return self._remove(RecordRow.at < before)

    def forget(self, visitor: str) -> int:
        """Remove the records of whoever asked, from `owner_of`; tells how many."""
        return self._remove(RecordRow.visitor == visitor)

    def _remove(self, which: object) -> int:
        with self._database.writing() as session:
            done = session.execute(
                delete(RecordRow).where(RecordRow.tenant == self._tenant, which)  # type: ignore[arg-type]
            )
            removed = int(done.rowcount)  # type: ignore[attr-defined]
        if removed:
            self._database.empty_log()
        return removed


class _Sum:
    """Answers, summed up as they come."""

    def __init__(self) -> None:
        self._standings: Counter[str] = Counter()
        self._waits = array("d")
        self._prompt = self._completion = 0
        self._cost: float | None = None

    def add(self, row: Any) -> None:
        self._standings[row.standing] += 1
        self._waits.append(row.total_ms)
        self._prompt += row.prompt_tokens
        self._completion += row.completion_tokens
        if row.cost is not None:
            self._cost = (self._cost or 0.0) + row.cost

    def usage(self, day: dt.date) -> DayUsage:
        waits = sorted(self._waits)
        return DayUsage(
            day=day,
            questions=len(waits),
            answered=self._standings["answered"],
            partly=self._standings["partly"],
            declined=self._standings["declined"],
            p50_ms=_percentile(waits, 0.50),
            p95_ms=_percentile(waits, 0.95),
            prompt_tokens=self._prompt,
            completion_tokens=self._completion,
            cost=None if self._cost is None else round(self._cost, 6),
        )


def _percentile(ordered: list[float], share: float) -> float:
    """Return the value below which a share of ordered values lies (nearest rank)."""
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def _counts(counted: Counter[str]) -> tuple[Count, ...]:
    return tuple(Count(name=name, n=n) for name, n in counted.most_common(TOP))


def _record(row: RecordRow) -> Record:
    return Record.model_validate(
        {
            "id": row.id,
            "answer": row.answer_id,
            "at": row.at,
            "surface": row.surface,
            "key": row.key or None,
            "visitor": row.visitor or None,
            "question": row.question,
            "lang": row.lang,
            "refs": json.loads(row.refs),
            "missing": json.loads(row.missing),
            "corpus": row.corpus,
            "writer": row.writer,
            "standing": row.standing,
            "decline_reason": row.decline_reason,
            "timings_ms": json.loads(row.timings),
            "total_ms": row.total_ms,
            "prompt_tokens": row.prompt_tokens,
            "completion_tokens": row.completion_tokens,
            "cost": row.cost,
        }
    )


def midnight(day: dt.date) -> dt.datetime:
    """Return the moment at which a day begins, UTC."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
