"""Case files that programs write: all of a file or nothing, and nothing that cannot be read back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.case import Case, load_cases
from evals.errors import CaseError


def write_cases(cases: Sequence[Case], path: Path) -> None:
    """Write a suite in one step, in place of a file of that name.

    Raises:
        CaseError: the cases are no suite, as two of one id; nothing is written.
    """
    _write("".join(f"{_line(case)}\n" for case in cases), path)


def append_case(case: Case, path: Path) -> None:
    """Add a case to the end of a suite, which need not exist; the other lines stay as they are.

    Raises:
        CaseError: with it the file would be no suite, or it is none now; nothing is written.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    _write(f"{before}{_line(case)}\n", path)


def _line(case: Case) -> str:
    unused = {name for name in ("parent", "change", "group") if getattr(case, name) is None}
    return case.model_dump_json(exclude=unused)


def _write(text: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    made = Path(draft)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        try:
            load_cases(made)
        except CaseError as error:
            raise CaseError(
                *(one.replace(made.name, path.name) for one in error.problems)
            ) from None
        made.chmod(0o644)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
