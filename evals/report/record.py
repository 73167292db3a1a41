"""A run on disk: `run.json`, which every report is made from."""

from __future__ import annotations

import os
from pathlib import Path

from evals.run import Run
from evals.summary import Summary
from knowledge.card import Frozen


class RunRecord(Frozen):
    """What `run.json` holds."""

    summary: Summary
    run: Run


def read_record(path: Path) -> RunRecord:
    """Read a `run.json` back."""
    return RunRecord.model_validate_json(path.read_text(encoding="utf-8"))


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it finds all of it or what was there before."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
