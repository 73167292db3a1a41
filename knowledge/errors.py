"""Errors of the corpus and its index.

KnowledgeError
├── CardError        an author must mend a card, route, issuer or glossary file
└── IndexFault       the operator must rebuild or unlock the search index
└── IndexBusy    another process is building it: wait, or stop that process
"""

from __future__ import annotations


class KnowledgeError(Exception):
    """Root of everything `knowledge` raises on purpose."""


class CardError(KnowledgeError):
    """A corpus file cannot be read; the message names file, place, what was seen and the remedy."""


class IndexFault(KnowledgeError):
    """The search index is absent, damaged or built for something else."""


class IndexBusy(IndexFault):
    """Another process holds the writer's lock of the index folder."""
