"""Imports: question sets of other forms read as cases, with every bad row told and none half read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from evals.case import Case
from knowledge.corpus import Corpus
from knowledge.glossary import Glossary

Format = Literal["beir", "sheet", "rgb", "financebench"]
FORMATS: tuple[Format, ...] = ("beir", "sheet", "rgb", "financebench")


class Imported(NamedTuple):
    """What a file came to."""

    cases: tuple[Case, ...]
    remarks: tuple[str, ...]
    """What was left out on purpose, and why."""


class Source(NamedTuple):
    """What readers of other forms are given."""

    path: Path
    corpus: Corpus
    glossary: Glossary
    prefix: str
    """Begins the ids of the cases."""


def read_imported(form: Format, source: Source) -> Imported:
    """Read a question set.

    Raises:
        CaseError: with every problem: file, line, field, what was seen, expected, the remedy.
    """
    from evals.suites.beir import read_beir
    from evals.suites.financebench import read_financebench
    from evals.suites.rgb import read_rgb
    from evals.suites.sheet import read_sheet

    readers: Mapping[Format, Callable[[Source], Imported]] = {
        "beir": read_beir,
        "sheet": read_sheet,
        "rgb": read_rgb,
        "financebench": read_financebench,
    }
    return readers[form](source)
