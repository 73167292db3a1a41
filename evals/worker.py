"""A run in a process of its own: told on stdin what to do, gone when whoever told it is gone.

`python -m evals.worker` reads one line, a `Job` as JSON. What was done of it before is not done
again, so that a run whose process died is gone on with by telling another the same. Nothing is
written but the run's folder; a fault is told on stderr.

`python -m evals.worker compare A B LANG PAGE` holds two runs against each other, by their folders.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from bot.errors import AdvisorError
from bot.language import Lang
from evals.errors import EvalError, TargetError
from knowledge.card import Frozen
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from evals.targets import Target

ENGINE = "engine"
NICENESS = 15
"""Others on the machine go first."""
GONE = 143
"""Exit code of a worker whose server is gone."""


class Job(Frozen):
    """What a worker is to do."""

    run_id: str
    archive: Path | None = None
    """Folder that the run's folder is to be in; None = that of the command line."""
    suite: str
    target: str = ENGINE
    """The engine of this installation, or a name of `targets`."""
    targets: Path | None = None
    """File of `evals.targets.named`."""
    kinds: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0


def main() -> int:
    """Do the job that stdin tells; returns the exit code."""
    with suppress(AttributeError, OSError):  # not on every system
        os.nice(NICENESS)
    try:
        if sys.argv[1:2] == ["compare"]:
            before, after, lang, page = sys.argv[2:]
            compare(Path(before), Path(after), lang, Path(page))  # type: ignore[arg-type]
            return 0
        job = Job.model_validate_json(sys.stdin.readline())
        threading.Thread(target=_end_with_sender, daemon=True).start()
        carry(job)
    except (EvalError, AdvisorError, KnowledgeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def carry(job: Job) -> Path:
    """Start a run or go on with it, to its end; returns its report.

    Raises:
        EvalError: suite, target or folder cannot be used.
        AdvisorError, KnowledgeError: the engine cannot be opened.
    """
    from evals.archive import Archive
    from evals.case import load_suite
    from evals.errors import RunNotFound
    from evals.run import carry_out, plan_run, resumed

    archive = Archive(job.archive) if job.archive else Archive.of_home()
    cases = load_suite(job.suite)
    with _opened(job) as target:
        try:
            folder = archive.get(job.run_id)
        except RunNotFound:
            made = plan_run(
                target,
                cases,
                suite=job.suite,
                limit=job.limit,
                kinds=job.kinds,  # type: ignore[arg-type]
                langs=job.langs,  # type: ignore[arg-type]
                seed=job.seed,
            )
            plan = made._replace(settings=made.settings.model_copy(update={"run_id": job.run_id}))
            folder = archive.start(plan)
        else:
            plan = resumed(folder.settings, target, cases)
        with folder.writing() as keep:
            run = carry_out(plan, target, done=folder.results(), keep=keep)
            report = folder.finish(run)
        for lang in get_args(Lang):
            report_in(folder.path, lang)
        return report


def report_in(folder: Path, lang: Lang) -> Path:
    """Return the report of a finished run in a reader's language; made where it is not there yet."""
    from evals.report import write_page

    if lang == "en":
        return folder / "report.html"
    path = folder / f"report.{lang}.html"
    return path if path.is_file() else write_page(folder, lang, path)


def compare(before: Path, after: Path, lang: Lang, page: Path) -> None:
    """Write the page on which two finished runs are compared, over the cases that both have.

    Raises:
        EvalError: a run cannot be read, or they have no case in common.
    """
    from evals.archive import RunFolder
    from evals.comparison.compare import compare_runs
    from evals.report import replace_file
    from evals.report.comparison_page import render_comparison

    one, other = (RunFolder(path).record().run for path in (before, after))
    made = compare_runs(one, other, common=True)
    replace_file(page, render_comparison(made, one, other, lang=lang))


@contextmanager
def _opened(job: Job) -> Iterator[Target]:
    from evals.targets.choice import TIMEOUT_S, opened, read_key, record_of
    from evals.targets.named import read_targets

    if job.target == ENGINE:
        with opened(record_of(ENGINE), timeout_s=TIMEOUT_S) as engine:
            yield engine
        return
    named = read_targets(job.targets)
    if job.target not in named:
        raise TargetError(
            f"target: seen {job.target!r}; expected one of {', '.join((ENGINE, *named))}."
        )
    one = named[job.target]
    key = read_key(one.key_env, one.key_file)
    with opened(one.record(job.target), key=key, timeout_s=TIMEOUT_S) as target:
        yield target


def _end_with_sender() -> None:
    # The other end of the pipe closes when the server ends, however it ends.
    with suppress(OSError):
        sys.stdin.read()
    os._exit(GONE)


if __name__ == "__main__":
    sys.exit(main())
