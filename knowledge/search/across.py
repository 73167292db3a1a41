"""Two languages in one ranking, for collections whose passages stand in one language only.

Scores of two languages do not compare: E5 finds any text of the query's language nearer, and BM25
depends on the language's own counts. So each is ranked on a scale of its own, and the other
language's best join by a quota.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knowledge.card import PassageLang
from knowledge.glossary import Glossary
from knowledge.search.fuse import FLOOR_RANK, FusedHit
from knowledge.search.passage import Hit

OTHER: Mapping[PassageLang, PassageLang] = {"zh": "en", "en": "zh"}
OTHER_LANGUAGE_QUOTA = 20
"""Hits taken from the other language, for what exists only there."""
OTHER_LANGUAGE_SHARE = 0.8
"""Score of the other language's best passage beside 1 for the best of the query's own.

Measured on the cards, each fact left in one language by lot (600 example questions, half of whose
facts had only the other language left): recall@10 of those facts 0.67 / 0.71 / 0.75 at 0.7 / 0.8 /
0.9, MRR@10 of the facts in the query's own language 0.911 / 0.911 / 0.907, and 0.911 without the
other language. By vectors alone, the others' recall@10 was 0.52 at 0.8."""


def translated(text: str, lang: PassageLang, glossary: Glossary) -> str:
    """Give the text in which the other language is searched for a query: it, and its terms there."""
    return " ".join((text, *glossary.translations(text, lang, OTHER[lang])))


def above_floor(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Count similarity from the farthest passage where there are too few for fusion's own floor.

    No two texts are far from 0.8 alike in E5: counted from 0, all would score about the same.
    """
    if len(hits) >= FLOOR_RANK or not hits:
        return hits
    return [hit._replace(score=hit.score - hits[-1].score) for hit in hits]


def across(
    own: Sequence[FusedHit], other: Sequence[FusedHit], share: float = OTHER_LANGUAGE_SHARE
) -> list[FusedHit]:
    """Merge two languages' rankings, each on a scale of its own; ties go to the query's language.

    Args:
        own: hits in the query's language, best first.
        other: hits in the other, best first; as many as the quota allows take part.
        share: score of the other's best beside 1 for the best of the own.
    """
    guests = (hit._replace(score=share * hit.score) for hit in other[:OTHER_LANGUAGE_QUOTA])
    return sorted((*own, *guests), key=lambda hit: -hit.score)
