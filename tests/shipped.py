"""The shipped cards and glossary, read once a process: also by modules that need them to be collected."""

from __future__ import annotations

from functools import cache

from knowledge.corpus import Corpus
from knowledge.glossary import Glossary, load_glossary
from knowledge.load import load_corpus


@cache
def shipped_corpus() -> Corpus:
    """Return the shipped cards and routes."""
    return load_corpus()


@cache
def shipped_glossary() -> Glossary:
    """Return the shipped glossary."""
    return load_glossary()
