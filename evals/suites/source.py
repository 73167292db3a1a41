"""A source of cases in another form: what its reader is given, and what it came to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from evals.case import Case
from knowledge.corpus import Corpus
from knowledge.glossary import Glossary


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
