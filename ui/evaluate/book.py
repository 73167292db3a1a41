"""The runs that a tenant may see: those kept in folders, and those that wait for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from bot.store.evaluations import Evaluation, no_run
from bot.store.store import Store
from evals.archive import Archive, RunFolder
from evals.comparison.history import read_figures
from evals.errors import EvalError
from evals.run import RunSettings
from evals.stats import Estimate

RunState = Literal["queued", "working", "done", "failed", "cancelled", "broken"]
"""`broken`: begun on the command line and not ended, with no process at work on it."""


class RunEntry(NamedTuple):
    """One run as a list tells it."""

    run: str
    suite: str
    at: dt.datetime
    """When it was begun, or asked for."""
    by: str | None
    """Who asked for it; None on the command line."""
    state: RunState
    folder: RunFolder | None
    settings: RunSettings | None
    """None before it has begun."""
    asked: Evaluation | None
    headline: Mapping[str, Estimate]
    """By metric; empty before its end."""

    @property
    def is_open(self) -> bool:
        """Whether it waits or works."""
        return self.state in ("queued", "working")

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many cases are done, of how many; None before it has begun."""
        if self.folder is None or self.settings is None:
            return None
        return self.folder.done, self.settings.cases_run


class RunBook:
    """Reads runs for lists; safe to use from many threads."""

    def __init__(self, archive: Callable[[str], Archive]) -> None:
        """Take what tells where the runs of a tenant are kept."""
        self._archive = archive
        self._headlines: dict[Path, tuple[int, Mapping[str, Estimate]]] = {}

    def listed(self, store: Store) -> tuple[RunEntry, ...]:
        """List a tenant's runs, the latest first."""
        asked = {one.run: one for one in store.evaluations.listed()}
        entries = [
            self._entry(folder, asked.pop(folder.run_id, None))
            for folder in self._archive(store.tenant).folders()
        ]
        entries += [_waiting(one) for one in asked.values()]
        return tuple(sorted(entries, key=lambda one: one.at, reverse=True))

    def find(self, store: Store, run: str) -> RunEntry:
        """Return one of a tenant's runs.

        Raises:
            EvaluationNotFound: the tenant has none of this id.
        """
        asked = store.evaluations.find(run)
        try:
            return self._entry(self._archive(store.tenant).get(run), asked)
        except EvalError:
            if asked is None:
                raise no_run(run) from None
            return _waiting(asked)

    def _entry(self, folder: RunFolder, asked: Evaluation | None) -> RunEntry:
        settings = folder.settings
        finished = folder.is_finished
        state: RunState
        if asked:
            state = asked.state
        elif finished:
            state = "done"
        else:
            state = "working" if folder.is_running else "broken"
        return RunEntry(
            run=folder.run_id,
            suite=settings.suite,
            at=asked.created if asked else settings.started,
            by=asked.by if asked else None,
            state=state,
            folder=folder,
            settings=settings,
            asked=asked,
            headline=self._headline(folder) if finished else {},
        )

    def _headline(self, folder: RunFolder) -> Mapping[str, Estimate]:
        path = folder.path / "run.json"
        stamp = path.stat().st_mtime_ns
        known = self._headlines.get(path)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, read_figures(folder.path).headline)
            except (OSError, ValueError):
                known = (stamp, {})
            self._headlines[path] = known
        return known[1]


def _waiting(asked: Evaluation) -> RunEntry:
    return RunEntry(
        run=asked.run,
        suite=asked.wish.suite,
        at=asked.created,
        by=asked.by,
        state=asked.state,
        folder=None,
        settings=None,
        asked=asked,
        headline={},
    )
