"""Evidence along a route: what the facts of a chosen route say on each part of the question.

A question in everyday words ("lend our unit in Vietnam some money: what first, how is the limit
worked out?") finds what shares its words, which may be facts of another business. Once the route is
known, its own few facts need only be told apart by what a part asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.query.understanding import Understanding
from bot.query.wants import is_aside, wants_of
from bot.retrieval.evidence import Evidence, FactHit, Library, Query, outright
from knowledge.card import FactRef
from knowledge.route import RouteCard
from knowledge.search.embed import Vector

COSINE_SPAN = 0.06
"""Distance from the nearest of the route's facts, as cosine, at which likeness in sense is used up."""
KIND = 0.3
"""What being of the kind asked for counts beside likeness to a part."""
ASIDE = 0.2
"""What is taken off for background, cases and warnings."""
SHARE = 0.8
"""Share of this ranking in a fact's score for a part."""
RAISE = 0.3
"""Share of the best hit's score that is added for the route's best fact."""


def along_route(
    route: RouteCard,
    understanding: Understanding,
    vectors: Mapping[str, Vector],
    evidence: Evidence,
    library: Library,
    day: dt.date,
) -> Evidence:
    """Raise the facts of a route by how well they fit the parts of the question.

    Facts of the route that the search did not find join where they govern on the day.

    Args:
        route: the one chosen for the question.
        understanding: what is asked for.
        vectors: the search text and every text of `understanding.asked`, embedded.
        evidence: what the search found; at least one fact.
        library: where facts and their example questions stand.
        day: the question's.
    """
    asked = understanding.asked or (understanding.search_text,)
    parts = understanding.parts if len(understanding.parts) == len(asked) else asked
    by_part = [
        _fits(route, Query(text, vectors[text]), part, understanding, library)
        for text, part in zip(asked, parts, strict=True)
    ]
    fits = {ref: tuple(part[ref] for part in by_part) for ref in by_part[0]}
    found = {hit.ref: hit for hit in evidence.hits}
    wanted = outright(understanding)
    strengths = {hit.ref.card_id: hit.strength for hit in evidence.hits}
    corpus = library.corpus
    for ref in fits.keys() - found.keys():
        validity = corpus.validity(corpus.instrument(ref), day)
        if validity in ("in-force", "pilot"):
            found[ref] = FactHit(
                ref=ref,
                score=0.0,
                validity=validity,
                strength=strengths.get(ref.card_id, 0.0),
                gives=bool(library.offers.of(ref) & wanted),
                part_scores=(0.0,) * len(understanding.asked),
            )
    best = RAISE * evidence.hits[0].score
    raised = [_raised(hit, fits[ref], best) if ref in fits else hit for ref, hit in found.items()]
    raised.sort(key=lambda hit: (-hit.score, hit.ref))
    return evidence.model_copy(update={"hits": tuple(raised)})


def _raised(hit: FactHit, fits: tuple[float, ...], best: float) -> FactHit:
    # without parts there is one fit, for the whole question, and there are no scores of parts
    parts = zip(hit.part_scores, fits, strict=False)
    return hit.model_copy(
        update={
            "score": hit.score + best * max(fits),
            "part_scores": tuple((1 - SHARE) * score + SHARE * fit for score, fit in parts),
        }
    )


def _fits(
    route: RouteCard, query: Query, part: str, understanding: Understanding, library: Library
) -> dict[FactRef, float]:
    """Tell how well each fact of a route fits a part, in [0, 1]: by its example questions and kind."""
    likeness = library.asked.likeness(query.vector, query.text, understanding.lang)
    facts = [ref for ref in route.refs if ref in likeness.cosines]
    nearest = max((likeness.cosines[ref] for ref in facts), default=0.0)
    likest = max((likeness.words[ref] for ref in facts), default=0.0) or 1.0
    wanted = wants_of(part)
    fits: dict[FactRef, float] = {}
    for ref in facts:
        fact = library.corpus.fact(ref)
        sense = max(0.0, 1 - (nearest - likeness.cosines[ref]) / COSINE_SPAN)
        alike = (sense + likeness.words[ref] / likest) / 2
        fit = alike + KIND * library.offers.share(ref, wanted) - ASIDE * is_aside(fact)
        fits[ref] = max(0.0, fit / (1 + KIND))
    return fits
