"""The queue of runs: one at a time, each in a process of low priority that ends with this one.

What is asked for is kept in the store, what comes of it in the run's folder. A run that was under
way when the server ended, however it ended, goes on from its last case when the server starts again.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import SettingsError
from bot.store.evaluations import Evaluation, Wish
from bot.store.schema import StoreError
from bot.store.store import Store
from bot.store.tenants import LOCAL
from evals.archive import Archive
from evals.errors import EvalError, TargetError
from evals.targets.named import ENGINE, read_targets
from evals.worker import Job
from knowledge.card import Bilingual
from knowledge.home import HOME_VARIABLE

log = logging.getLogger(__name__)
MOST_QUEUED = 20
"""Most runs that wait or work, of all tenants."""
_LOOK_S = 0.2
_AGAIN_S = 10.0
_FAULT_CHARACTERS = 1_000


class Jobs:
    """Carries out what waits in the store; safe to use from many threads."""

    def __init__(self, store: Store, home: Path, targets: Path | None = None) -> None:
        """Take where things are; nothing is begun.

        Args:
            store: of all tenants.
            home: data folder that runs are kept in.
            targets: file of the targets that the operator has set down by name.

        Raises:
            SettingsError: that file cannot be used.
        """
        try:
            self.target_names = (ENGINE, *read_targets(targets))
        except TargetError as error:
            told = str(error)
            raise SettingsError(Bilingual(zh=f"HUGANG_EVAL_TARGETS：{told}", en=told)) from error
        self._targets = targets
        self._store = store
        self._home = home
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="evaluations", daemon=True)

    def archive(self, tenant: str) -> Archive:
        """Return where a tenant's runs are kept: those of the installation with the command line's.

        Each has a folder of its own, for a report tells of the runs that lie beside it.
        """
        if tenant == LOCAL:
            return Archive(self._home / "evals")
        return Archive(self._home / "evals-of" / tenant)

    def start(self) -> None:
        """Go on with what was under way, then with what waits."""
        self._wake.set()
        self._thread.start()

    def close(self) -> None:
        """Break off what is under way; the next start goes on with it."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def add(self, store: Store, wish: Wish, by: str) -> Evaluation:
        """Put a run into the queue.

        Args:
            store: of the tenant whose run it is.
            wish: what to run.
            by: name of whoever asks.
        """
        name = "".join(c if c.isalnum() and c.isascii() else "-" for c in wish.suite)[:40]
        run = f"{name.strip('-') or 'run'}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        added = store.evaluations.add(run, wish, by)
        self._wake.set()
        return added

    def cancel(self, store: Store, run: str) -> None:
        """Take a run out of the queue, or break it off for good; what it has done stays."""
        store.evaluations.move(run, "cancelled")
        self._wake.set()

    def delete(self, store: Store, run: str) -> None:
        """Remove a run that has ended with all its files; of the labels others decide."""
        folder = self.archive(store.tenant).get(run)
        shutil.rmtree(folder.path)
        store.evaluations.remove(run)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                queue = self._store.evaluations.queue()
                if queue:
                    self._carry_out(queue[0])
                    continue
            except StoreError as error:
                log.error("evaluations wait: %s", type(error).__name__)
                self._stopping.wait(_AGAIN_S)
                continue
            except Exception as error:  # the queue must not die of one run
                log.exception("evaluations wait: %s", type(error).__name__)
                self._stopping.wait(_AGAIN_S)
                continue
            self._wake.wait()
            self._wake.clear()

    def _carry_out(self, wanted: Evaluation) -> None:
        runs = self._store.of_tenant(wanted.tenant).evaluations
        if self._is_finished(wanted):
            runs.move(wanted.run, "done")
            return
        runs.move(wanted.run, "working")
        archive = self.archive(wanted.tenant).folder
        archive.mkdir(parents=True, exist_ok=True)
        log_file = archive / f".{wanted.run}.log"
        with log_file.open("w", encoding="utf-8") as told:
            ended = self._run(wanted, told.fileno())
        fault = log_file.read_text(encoding="utf-8", errors="replace").strip()
        log_file.unlink(missing_ok=True)
        if ended is None:
            return  # broken off: by the server's stop, or cancelled
        if self._is_finished(wanted):
            runs.move(wanted.run, "done")
        else:
            log.error("evaluation %s ended with code %d", wanted.run, ended)
            runs.move(wanted.run, "failed", fault[-_FAULT_CHARACTERS:] or f"code {ended}")

    def _run(self, wanted: Evaluation, told: int) -> int | None:
        """Run a worker to its end; returns its exit code, or None where it was broken off."""
        wish = wanted.wish
        archive = self.archive(wanted.tenant).folder
        job = Job(run_id=wanted.run, archive=archive, targets=self._targets, **wish.model_dump())
        with subprocess.Popen(
            [sys.executable, "-m", "evals.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=worker_environment() | {HOME_VARIABLE: str(self._home)},
            text=True,
        ) as process:
            assert process.stdin is not None
            try:
                process.stdin.write(job.model_dump_json() + "\n")
                process.stdin.flush()
                while True:
                    try:
                        return process.wait(timeout=_LOOK_S)
                    except subprocess.TimeoutExpired:
                        if self._stopping.is_set() or self._is_cancelled(wanted):
                            return None
            except BrokenPipeError:
                return process.wait()
            finally:
                process.kill()

    def _is_cancelled(self, wanted: Evaluation) -> bool:
        if not self._wake.is_set():
            return False
        self._wake.clear()
        found = self._store.of_tenant(wanted.tenant).evaluations.find(wanted.run)
        return found is None or not found.is_open

    def _is_finished(self, wanted: Evaluation) -> bool:
        try:
            return self.archive(wanted.tenant).get(wanted.run).is_finished
        except EvalError:
            return False


def worker_environment() -> dict[str, str]:
    """Return the environment of a process that works beside this one."""
    return os.environ | {
        # It imports what this process imports, wherever that was started.
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        # One core is left to those who ask.
        "OMP_NUM_THREADS": "1",
    }
