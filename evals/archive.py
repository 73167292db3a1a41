"""Where runs are kept: a folder for each, written case by case, so that a killed run can go on.

A folder holds `settings.json` (first), `results.jsonl` (one `CaseResult` a line, flushed as each
case is done), and once the run is finished `run.json` with `report.md` and what stands beside it.
Runs of before this was so have `run.json` only and are read all the same.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from filelock import FileLock, Timeout
from pydantic import ValidationError

from evals.errors import RunNotFound, RunUnusable
from evals.report import RunRecord, read_record, replace_file, write_report
from evals.run import CaseResult, Plan, Run, RunSettings

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}")
"""No dot and no slash: an id can name nothing but a folder of the archive."""
_SETTINGS = "settings.json"
_RESULTS = "results.jsonl"
_RECORD = "run.json"
_LOCK = ".lock"


class RunFolder:
    """One run on disk, finished or not; nothing is read before it is asked for."""

    def __init__(self, path: Path) -> None:
        """Take the folder."""
        self.path = path

    def __repr__(self) -> str:
        """Name the run."""
        return f"RunFolder({self.run_id!r})"

    @property
    def run_id(self) -> str:
        """Name of the folder, which is the id of the run."""
        return self.path.name

    @property
    def settings(self) -> RunSettings:
        """What the run was, or is, made with.

        Raises:
            RunUnusable: they cannot be read.
        """
        if (path := self.path / _SETTINGS).is_file():
            with self._told(path):
                return RunSettings.model_validate_json(path.read_bytes())
        return self.record().run.settings

    @property
    def is_finished(self) -> bool:
        """Whether every case was answered and the report is written."""
        return (self.path / _RECORD).is_file()

    @property
    def is_running(self) -> bool:
        """Whether a process is at work on it at this moment."""
        if self.is_finished or not (self.path / _LOCK).exists():
            return False
        try:
            with FileLock(self.path / _LOCK, timeout=0):
                return False
        except Timeout:
            return True

    @property
    def done(self) -> int:
        """How many cases have a result."""
        if (path := self.path / _RESULTS).is_file():
            with path.open("rb") as file:
                return sum(line.endswith(b"\n") for line in file)
        return self.total if self.is_finished else 0

    @property
    def total(self) -> int:
        """How many cases the run is of."""
        return self.settings.cases_run

    def results(self) -> tuple[CaseResult, ...]:
        """Return the results so far, in the order of the suite.

        A last line that was cut off by a kill is none: its case is answered again.

        Raises:
            RunUnusable: a line cannot be read.
        """
        path = self.path / _RESULTS
        if not path.is_file():
            return self.record().run.results if self.is_finished else ()
        with self._told(path), path.open("rb") as file:
            found = {
                result.case.id: result
                for line in file
                if line.endswith(b"\n")
                for result in [CaseResult.model_validate_json(line)]
            }
        order = {case: place for place, case in enumerate(self.settings.chosen)}
        return tuple(sorted(found.values(), key=lambda one: order.get(one.case.id, len(order))))

    def run(self) -> Run:
        """Return the run as far as it has come.

        Raises:
            RunUnusable: its files cannot be read.
        """
        if self.is_finished:
            return self.record().run
        return Run(settings=self.settings, results=self.results())

    def record(self) -> RunRecord:
        """Return the finished run with its summary.

        Raises:
            RunUnusable: it is not finished, or its record cannot be read.
        """
        path = self.path / _RECORD
        with self._told(path):
            return read_record(path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Callable[[CaseResult], None]]:
        """Take the run for oneself and yield what keeps a result; another process may only read.

        Raises:
            RunUnusable: another process is at work on it, or it is finished.
        """
        try:
            with FileLock(self.path / _LOCK, timeout=0):
                if self.is_finished:
                    raise RunUnusable(f"{self.run_id}: seen a finished run; nothing is left to do.")
                _cut_torn_line(self.path / _RESULTS)
                with (self.path / _RESULTS).open("a", encoding="utf-8", newline="\n") as file:

                    def keep(result: CaseResult) -> None:
                        file.write(result.model_dump_json(by_alias=True) + "\n")
                        file.flush()

                    yield keep
        except Timeout as error:
            raise RunUnusable(
                f"{self.run_id}: seen another process at work on it; expected none. Wait for it, "
                "or end it."
            ) from error

    def finish(self, run: Run) -> Path:
        """Write record and report of a run whose cases are all done; return the report's path."""
        return write_report(run, self.path)

    @contextlib.contextmanager
    def _told(self, path: Path) -> Iterator[None]:
        """Turn what goes wrong with a file into an error that names it and its run."""
        try:
            yield
        except FileNotFoundError as error:
            raise RunUnusable(
                f"{self.run_id}: seen no {path.name}; expected a run"
                f"{' that is finished' if path.name == _RECORD else ''}. "
                f"Let it go on: hugang eval run --resume {self.run_id}"
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise RunUnusable(
                f"{self.run_id}: {path.name} cannot be read, at {place}: {first['msg']}. "
                "Remove the folder, or read it with the version that wrote it."
            ) from error
        except OSError as error:
            raise RunUnusable(f"{self.run_id}: {path.name} cannot be read: {error}.") from error


class Unusable(NamedTuple):
    """A folder that holds no readable run."""

    name: str
    reason: str


class Archive:
    """All runs that are kept."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it need not exist."""
        self.folder = folder

    @classmethod
    def of_home(cls) -> Self:
        """Return that of Hugang's home folder."""
        from knowledge.home import default_home

        return cls(default_home() / "evals")

    def folders(self) -> tuple[RunFolder, ...]:
        """Return every readable run, the newest first; the others are told in the log."""
        readable, unusable = self.listed()
        for one in unusable:
            log.warning("%s: left out: %s", one.name, one.reason)
        return readable

    def listed(self) -> tuple[tuple[RunFolder, ...], tuple[Unusable, ...]]:
        """Return every readable run, the newest first, and the folders that hold none."""
        readable: list[tuple[tuple[object, ...], RunFolder]] = []
        unusable: list[Unusable] = []
        paths = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        for path in paths:
            if not path.is_dir():
                continue
            folder = RunFolder(path)
            try:
                if not _ID.fullmatch(path.name):
                    raise RunUnusable("seen a name that no run has")
                readable.append(((folder.settings.started, path.name), folder))
            except RunUnusable as error:
                unusable.append(Unusable(path.name, str(error)))
        readable.sort(key=lambda one: one[0], reverse=True)
        return tuple(folder for _, folder in readable), tuple(unusable)

    def get(self, run_id: str) -> RunFolder:
        """Return a run.

        Raises:
            RunNotFound: there is none of this id, or it could not be one.
        """
        path = self.folder / run_id if _ID.fullmatch(run_id) else None
        if path is None or path.is_symlink() or not path.is_dir():
            known = [folder.run_id for folder in self.folders()[:_NAMED]]
            raise RunNotFound(
                f"run {run_id[:120]!r}: seen none of this id; expected one of the runs kept, the "
                f"newest of them: {', '.join(known) or 'none yet'}. Check the id: hugang eval history"
            )
        return RunFolder(path)

    def start(self, plan: Plan | RunSettings) -> RunFolder:
        """Make the folder of a new run and set down its settings.

        Raises:
            RunUnusable: its id is taken, or no name of a folder.
        """
        settings = plan.settings if isinstance(plan, Plan) else plan
        if not _ID.fullmatch(settings.run_id):
            raise RunUnusable(
                f"run {settings.run_id!r}: expected letters, figures, hyphens and underscores only."
            )
        path = self.folder / settings.run_id
        try:
            path.mkdir(parents=True)
        except FileExistsError as error:
            raise RunUnusable(f"run {settings.run_id}: seen a run of this id already.") from error
        replace_file(path / _SETTINGS, settings.model_dump_json(indent=1))
        return RunFolder(path)


_NAMED = 3


def _cut_torn_line(path: Path) -> None:
    """Take away a last line without end, which a kill left behind."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        torn = file.read()
        file.truncate(torn.rfind(b"\n") + 1)
