"""A finished run in the archive of a data folder, made in a moment: answers of the scripted advisor."""

from __future__ import annotations

from pathlib import Path

from evals.archive import Archive, RunFolder
from evals.case import load_suite
from evals.run import as_target, carry_out, plan_run
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor


def kept_run(archive: Path, corpus: Corpus, limit: int = 12) -> RunFolder:
    """Run some development cases and keep them, with their report."""
    target = as_target(ScriptedAdvisor(corpus))
    plan = plan_run(target, load_suite("dev"), suite="dev", limit=limit)
    folder = Archive(archive).start(plan)
    with folder.writing() as keep:
        run = carry_out(plan, target, keep=keep)
        folder.finish(run)
    return folder
