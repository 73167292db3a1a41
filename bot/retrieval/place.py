"""Where a question belongs: in the field or outside it, and on which route.

A question is placed by its nearest examples: questions of the field (the routes' own `asks` and
`in_scope`), of other subjects, and of the field's neighbourhood that no curated corpus can hold
(live rates, other countries' law, one company's private status). Similarity alone is no reason to
decline: the examples of another class must be nearer than those of the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from bot.query.understanding import Understanding
from bot.retrieval.evidence import Evidence
from bot.retrieval.route_finder import RouteFinder
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.scope import load_scope_examples
from knowledge.search.embed import Embedder, Vector
from knowledge.search.exemplars import Likeness, examples_of, open_exemplars
from knowledge.search.segment import Segmenter

Where = Literal["field", "other-subject", "beyond-corpus"]

WORDS = 0.3
"""Weight of likeness in words (tf-idf, wide) beside likeness in sense (E5 cosine, narrow)."""
OTHER_SUBJECT_MARGIN = 0.002
"""How much more alike an example of another subject must be than any of the field."""
CHANGED_SUBJECT_MARGIN = 0.02
"""The same for a follow-up by itself: cut short as it is, it must be plain."""
ASIDE_MARGIN = -0.015
"""The same for a sentence that asks nothing and is near no passage: of 97 such sentences in example
questions of facts none is taken for an aside, of 50 asides written to try it 32."""
BEYOND_MARGIN = 0.02
"""The same for questions that no curated corpus can hold: they share the field's subjects and differ
in a few words, so that only a clear margin counts."""
PLAIN_MARGIN = 0.05
"""Margin from which it counts however near the corpus is."""
FAR: Mapping[PassageLang, float] = {"zh": 0.868, "en": 0.815}
"""Nearness below which no passage is about the question (E5 cosines are narrow)."""
PLAIN_FIELD = 0.1
"""How much more alike an example of the field must be than any of another subject, for a question
to count as of the field though no passage is near: a short one on a country that no card names."""
NEAR: Mapping[PassageLang, float] = {"zh": 0.895, "en": 0.865}
"""Nearness from which the corpus speaks for itself, whatever example is alike."""
ASKED_CHANCE, ASKED_FIT = 0.3, 0.1
"""Chance and fit from which a question that asks how gets a plan."""
PLAIN_CHANCE = 0.4
"""Chance from which it gets one whatever facts were found: everyday words may find other facts, and
no question without a route came this far."""
OFFERED_CHANCE, OFFERED_FIT = 0.3, 0.2
"""The same for a question that describes a deal and is offered one beside its answer."""


class Place(NamedTuple):
    """Where a question belongs."""

    where: Where
    route: str | None
    """The route to plan; None when the question neither asks how nor describes a deal."""


class Map:
    """Places questions."""

    def __init__(
        self, corpus: Corpus, embedder: Embedder, segmenter: Segmenter, home: Path
    ) -> None:
        """Embed the examples, from the shipped vectors where they have them."""
        examples = examples_of(load_scope_examples(), corpus)
        self.examples = open_exemplars(examples, embedder, segmenter, home / "examples")
        """Questions of routes, of the field at large and of other subjects."""
        self._finder = RouteFinder(corpus)

    def likeness(self, vector: Vector, understanding: Understanding) -> Likeness:
        """Compare a question with every example."""
        return self.examples.likeness(vector, understanding.search_text, understanding.lang)

    def changes_subject(self, vector: Vector, understanding: Understanding) -> bool:
        """Tell whether a follow-up, taken by itself, plainly turns to another subject.

        Args:
            vector: the embedded message alone.
            understanding: of the message.
        """
        likeness = self.examples.likeness(vector, understanding.text, understanding.lang)
        alike = _alike(likeness)
        return _best(alike, "out:") - _field(alike) > CHANGED_SUBJECT_MARGIN

    def is_aside(self, vector: Vector, sentence: str, lang: PassageLang, nearness: float) -> bool:
        """Tell whether a sentence that asks nothing is about another subject than the field.

        Args:
            vector: the embedded sentence.
            sentence: folded.
            lang: of the sentence.
            nearness: to the corpus.
        """
        alike = _alike(self.examples.likeness(vector, sentence, lang))
        other = _best(alike, "out:") - _field(alike)
        return other > (ASIDE_MARGIN if nearness < FAR[lang] else OTHER_SUBJECT_MARGIN)

    def near_facts(self, likeness: Likeness) -> dict[FactRef, float]:
        """Return the facts of the routes that are near to a question, with that nearness."""
        return self._finder.near_facts(likeness)

    def place(self, likeness: Likeness, understanding: Understanding, evidence: Evidence) -> Place:
        """Place a question by its likeness to examples and by what was found for it."""
        where = _where(understanding, evidence, likeness)
        best = self._finder.rank(evidence, likeness)[0]
        likely = best.chance >= ASKED_CHANCE and best.fit >= ASKED_FIT
        asked = understanding.wants_plan and (likely or best.chance >= PLAIN_CHANCE)
        offered = (
            understanding.describes_deal
            and best.chance >= OFFERED_CHANCE
            and best.fit >= OFFERED_FIT
        )
        return Place(where, best.route if asked or offered else None)


def _where(understanding: Understanding, evidence: Evidence, likeness: Likeness) -> Where:
    if understanding.named:
        return "field"
    alike = _alike(likeness)
    field = _field(alike)
    other = _best(alike, "out:") - field
    far = evidence.nearness < FAR[understanding.lang] and other > -PLAIN_FIELD
    if far or other > OTHER_SUBJECT_MARGIN:
        return "other-subject"
    margin = _best(alike, "beyond:") - field
    is_near = evidence.nearness >= NEAR[understanding.lang]
    beyond = margin > PLAIN_MARGIN or (margin > BEYOND_MARGIN and not is_near)
    return "beyond-corpus" if beyond else "field"


def _alike(likeness: Likeness) -> dict[str, float]:
    return {
        label: cosine + WORDS * likeness.words[label] for label, cosine in likeness.cosines.items()
    }


def _field(alike: Mapping[str, float]) -> float:
    return max(v for label, v in alike.items() if label == "in" or label.startswith("ask:"))


def _best(alike: Mapping[str, float], kind: str) -> float:
    return max(value for label, value in alike.items() if label.startswith(kind))
