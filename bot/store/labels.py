"""Labels: what people say of the answers of a run, two of them blind and a third where they differ."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Sequence

from pydantic import Field, field_validator
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import AdvisorError
from bot.store.database import Database
from bot.store.records import MAX_NOTE, Correctness, Groundedness
from bot.store.schema import LabelRow, LabelTaskRow
from knowledge.card import Bilingual, Frozen

SEATS = 2
"""How many label the same answers, each without the others."""


class LabelTaskNotFound(AdvisorError):
    """No labelling task has this id."""

    code = "task-not-found"


class LabelRefused(AdvisorError):
    """This person may not, or no longer, say this of this answer."""

    code = "label-refused"


class Verdict(Frozen):
    """What a person says of one answer."""

    correctness: Correctness
    groundedness: Groundedness | None = None
    note: str = Field(default="", max_length=MAX_NOTE)

    @field_validator("note")
    @classmethod
    def _as_kept(cls, note: str) -> str:
        return note.replace("\0", "").strip()

    @property
    def is_whole(self) -> bool:
        """Whether nothing more has to be said: an answer that declines rests on nothing."""
        return (self.groundedness is None) == (self.correctness == "abstained")

    def differs(self, other: Verdict) -> bool:
        """Whether another says something else; notes are no part of it."""
        return (self.correctness, self.groundedness) != (other.correctness, other.groundedness)


class KeptLabel(Verdict):
    """The same with whose it is."""

    case: str
    labeller: str
    at: dt.datetime
    adjudicated: bool
    """Whether it settles what two labellers saw differently."""


class Seat(Frozen):
    """A labeller of a task."""

    name: str
    handed_in: dt.datetime | None = None
    """When the labels were declared final; None while they are being made."""


class LabelTask(Frozen):
    """Answers of a run that two people label."""

    id: str
    run: str
    cases: tuple[str, ...]
    """Ids, in the order of the run."""
    seed: int
    """Draws the order in which each labeller sees them."""
    peers_settle: bool
    """Whether one of the two may settle what they saw differently; else only a third may."""
    by: str
    seats: tuple[Seat, ...]
    """In the order in which they were taken."""
    created: dt.datetime

    def seat(self, name: str) -> Seat | None:
        """Return somebody's seat; None for whoever labels nothing here."""
        return next((seat for seat in self.seats if seat.name == name), None)

    @property
    def is_handed_in(self) -> bool:
        """Whether both have labelled everything and said so."""
        return len(self.seats) == SEATS and all(seat.handed_in for seat in self.seats)

    def may_settle(self, name: str) -> bool:
        """Whether somebody may say who is right; that there is something to settle comes besides."""
        return self.is_handed_in and (self.peers_settle or self.seat(name) is None)


class Labels:
    """The labelling tasks of one tenant and their labels; safe to use from many threads."""

    def __init__(self, database: Database, tenant: str) -> None:
        """Take an open or unopened database."""
        self._database = database
        self._tenant = tenant

    def create(
        self, run: str, cases: Sequence[str], *, seed: int, by: str, peers_settle: bool
    ) -> LabelTask:
        """Set a task.

        Args:
            run: id of the run that gave the answers.
            cases: ids of the cases whose answers are to be labelled.
            seed: draws the order for each labeller.
            by: name of who sets it.
            peers_settle: whether one of the two labellers may adjudicate.
        """
        row = LabelTaskRow(
            tenant=self._tenant,
            id=secrets.token_hex(8),
            run=run,
            cases=json.dumps(list(cases)),
            seed=seed,
            peers_settle=peers_settle,
            by=by,
            seats="[]",
            created=_now(),
        )
        with self._database.writing() as session:
            session.add(row)
            return _task(row)

    def tasks(self, run: str | None = None) -> tuple[LabelTask, ...]:
        """List tasks, the latest first; of one run if it is named."""
        rows = (
            select(LabelTaskRow)
            .where(LabelTaskRow.tenant == self._tenant)
            .order_by(LabelTaskRow.created.desc(), LabelTaskRow.id)
        )
        if run is not None:
            rows = rows.where(LabelTaskRow.run == run)
        with self._database.reading() as session:
            return tuple(map(_task, session.scalars(rows)))

    def task(self, task: str) -> LabelTask:
        """Return a task.

        Raises:
            LabelTaskNotFound: the tenant has none of this id.
        """
        with self._database.reading() as session:
            return _task(self._row(session, task))

    def labels(self, task: str) -> tuple[KeptLabel, ...]:
        """List everything said within a task, by case; what settles a case comes last."""
        rows = (
            select(LabelRow)
            .where(LabelRow.tenant == self._tenant, LabelRow.task == task)
            .order_by(LabelRow.case, LabelRow.adjudicated, LabelRow.labeller)
        )
        with self._database.reading() as session:
            return tuple(map(_label, session.scalars(rows)))

    def count(self, run: str) -> int:
        """Count the labels of a run, of all its tasks."""
        tasks = select(LabelTaskRow.id).where(
            LabelTaskRow.tenant == self._tenant, LabelTaskRow.run == run
        )
        found = (
            select(func.count())
            .select_from(LabelRow)
            .where(LabelRow.tenant == self._tenant, LabelRow.task.in_(tasks))
        )
        with self._database.reading() as session:
            return session.execute(found).scalar_one()

    def take_seat(self, task: str, name: str) -> LabelTask:
        """Become a labeller of a task; a second time changes nothing.

        Raises:
            LabelTaskNotFound: there is no such task.
            LabelRefused: two others label it.
        """
        with self._database.writing() as session:
            row = self._row(session, task)
            found = _task(row)
            if found.seat(name) is None:
                if len(found.seats) == SEATS:
                    raise LabelRefused(
                        Bilingual(
                            zh="此任务已有两位标注人。", en="This task has its two labellers."
                        )
                    )
                row.seats = _seats((*found.seats, Seat(name=name)))
            return _task(row)

    def save(self, task: str, case: str, name: str, verdict: Verdict) -> KeptLabel:
        """Keep what a labeller says of an answer, in place of what the same one said before.

        Raises:
            LabelTaskNotFound: there is no such task.
            LabelRefused: the case is none of the task's, the person has no seat, or has handed in.
        """
        with self._database.writing() as session:
            found = _task(self._row(session, task))
            _check_case(found, case)
            seat = found.seat(name)
            if seat is None:
                raise LabelRefused(
                    Bilingual(zh="您不是此任务的标注人。", en="You are no labeller of this task.")
                )
            if seat.handed_in:
                raise LabelRefused(
                    Bilingual(
                        zh="您已提交此任务的标注，不能再改。",
                        en="You have handed in this task; its labels stand as they are.",
                    )
                )
            return self._keep(session, task, case, name, verdict, adjudicated=False)

    def hand_in(self, task: str, name: str) -> LabelTask:
        """Declare one's labels final; a second time changes nothing.

        Raises:
            LabelTaskNotFound: there is no such task.
            LabelRefused: the person has no seat, or has not labelled everything.
        """
        with self._database.writing() as session:
            row = self._row(session, task)
            found = _task(row)
            mine = select(LabelRow).where(
                LabelRow.tenant == self._tenant,
                LabelRow.task == task,
                LabelRow.labeller == name,
                LabelRow.adjudicated.is_(False),
            )
            whole = {one.case for one in map(_label, session.scalars(mine)) if one.is_whole}
            left = len(found.cases) - len(whole)
            if found.seat(name) is None or left:
                raise LabelRefused(
                    Bilingual(
                        zh=f"还有{left}条没有标注，不能提交。",
                        en=f"{left} answers are not labelled yet; label them, then hand in.",
                    )
                )
            row.seats = _seats(
                seat.model_copy(update={"handed_in": seat.handed_in or _now()})
                if seat.name == name
                else seat
                for seat in found.seats
            )
            return _task(row)

    def settle(self, task: str, case: str, name: str, verdict: Verdict) -> KeptLabel:
        """Keep what settles a case on which the two labellers differ.

        Raises:
            LabelTaskNotFound: there is no such task.
            LabelRefused: it is not handed in, the person may not, the two agree, the verdict lacks
                something, or another has settled it.
        """
        with self._database.writing() as session:
            found = _task(self._row(session, task))
            _check_case(found, case)
            rows = session.scalars(
                select(LabelRow).where(
                    LabelRow.tenant == self._tenant, LabelRow.task == task, LabelRow.case == case
                )
            )
            given = tuple(map(_label, rows))
            last = next((one.labeller for one in given if one.adjudicated), name)
            if not found.may_settle(name) or case not in differing(given):
                raise LabelRefused(
                    Bilingual(
                        zh="这一条不由您裁定：须两人均已提交且意见不一。",
                        en="This is not yours to settle: both must have handed in, and differ.",
                    )
                )
            if last != name:
                raise LabelRefused(
                    Bilingual(zh=f"这一条已由{last}裁定。", en=f"{last} has settled this one.")
                )
            if not verdict.is_whole:
                raise LabelRefused(
                    Bilingual(
                        zh="请同时给出正确性与依据。", en="Give both correctness and groundedness."
                    )
                )
            return self._keep(session, task, case, name, verdict, adjudicated=True)

    def forget(self, run: str) -> int:
        """Delete the tasks of a run with all that was said in them; tells how many labels."""
        told = self.count(run)
        gone = delete(LabelTaskRow).where(
            LabelTaskRow.tenant == self._tenant, LabelTaskRow.run == run
        )
        with self._database.writing() as session:
            session.execute(gone)
        return told

    def _row(self, session: Session, task: str) -> LabelTaskRow:
        row = session.get(LabelTaskRow, (self._tenant, task))
        if row is None:
            raise LabelTaskNotFound(
                Bilingual(zh="没有这个标注任务。", en="There is no such labelling task.")
            )
        return row

    def _keep(
        self,
        session: Session,
        task: str,
        case: str,
        name: str,
        verdict: Verdict,
        *,
        adjudicated: bool,
    ) -> KeptLabel:
        place = (self._tenant, task, case, adjudicated, name)
        row = session.get(LabelRow, place)
        if row is None:
            row = LabelRow(
                tenant=self._tenant, task=task, case=case, adjudicated=adjudicated, labeller=name
            )
            session.add(row)
        elif not _label(row).differs(verdict) and row.note == verdict.note:
            return _label(row)  # said again: it was said when it was said first
        row.correctness, row.groundedness = verdict.correctness, verdict.groundedness
        row.note, row.at = verdict.note, _now()
        return _label(row)


def differing(labels: Sequence[KeptLabel]) -> tuple[str, ...]:
    """Return the cases on which labellers differ, settled or not, each once."""
    first: dict[str, KeptLabel] = {}
    found: dict[str, None] = {}
    for label in labels:
        if not label.adjudicated and label.differs(first.setdefault(label.case, label)):
            found[label.case] = None
    return tuple(found)


def _check_case(task: LabelTask, case: str) -> None:
    if case not in task.cases:
        raise LabelRefused(Bilingual(zh="此任务没有这一条。", en="This task has no such answer."))


def _task(row: LabelTaskRow) -> LabelTask:
    return LabelTask.model_validate(
        {
            "id": row.id,
            "run": row.run,
            "cases": tuple(json.loads(row.cases)),
            "seed": row.seed,
            "peers_settle": row.peers_settle,
            "by": row.by,
            "seats": tuple(json.loads(row.seats)),
            "created": row.created,
        }
    )


def _label(row: LabelRow) -> KeptLabel:
    return KeptLabel.model_validate({name: getattr(row, name) for name in KeptLabel.model_fields})


def _seats(seats: Iterable[Seat]) -> str:
    return json.dumps([seat.model_dump(mode="json") for seat in seats], ensure_ascii=False)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
