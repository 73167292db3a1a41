"""Evidence: the facts that bear on a question, best first, as they hold on its day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import NamedTuple

from bot.query.understanding import Understanding
from bot.query.wants import Offers, Want, figure_wants, is_illustration, wants_of
from bot.question import Filters, Question
from bot.timing import Stopwatch
from knowledge.card import FactRef, Frozen, Instrument, PassageLang
from knowledge.corpus import Corpus, Validity
from knowledge.search.across import OTHER, OTHER_LANGUAGE_QUOTA
from knowledge.search.embed import Embedder, Vector
from knowledge.search.exemplars import Exemplars
from knowledge.search.fuse import DEFAULT_WEIGHTS, FusedHit, blended, fuse, with_feedback
from knowledge.search.index import SearchIndex
from knowledge.search.passage import Hit

SEARCH_LIMIT = 120
"""Hits taken from each index before filters; the corpus has 1,711 facts."""
NEAREST = 5
"""Nearest passages whose mean cosine is the nearness of a question to the corpus."""
_PLAIN_KINDS: frozenset[Want] = frozenset({"documents", "penalty"})
"""Kinds besides figures that a fact either gives or does not."""
FEEDBACK_OF = 2
"""Facts, best first, whose neighbours are found too (Rocchio's relevance feedback)."""
SCORED = 160
"""Facts inside the filters, best first, that the question's circumstances may still raise."""


class FactHit(Frozen):
    """A fact that retrieval found."""

    ref: FactRef
    score: float
    """Fused score in [0, 1] plus what the boosts add."""
    validity: Validity
    """What its instrument counts for on the question's day."""
    strength: float = 0.0
    """How well its instrument fits throughout, in [0, 1]; 1 for the strongest found."""
    gives: bool = False
    """Whether it gives what the question asks for outright: a kind of figure, papers, a penalty."""
    part_scores: tuple[float, ...] = ()
    """For each part of a question with several: how well the fact fits it, in [0, 1]."""


class Evidence(Frozen):
    """What retrieval found for one question."""

    hits: tuple[FactHit, ...]
    """Best first."""
    nearness: float
    """Mean cosine of the five nearest passages: low for questions from another field."""

    @property
    def refs(self) -> tuple[FactRef, ...]:
        """The facts found, best first."""
        return tuple(hit.ref for hit in self.hits)

    @property
    def card_ids(self) -> tuple[str, ...]:
        """The instruments found, by their best fact."""
        return tuple(dict.fromkeys(ref.card_id for ref in self.refs))


class Boosts(NamedTuple):
    """What is added to the fused score; each is told in the ablation table of `docs/retrieval.md`."""

    kind_asked_for: float = 0.15
    """Times the share of the wanted kinds that the fact gives."""
    instrument_named: float = 0.25
    instrument_strong: float = 0.2
    """Times the instrument's strength: the mean of its `STRENGTH_OF` best facts beside the best
    instrument's. One stray fact weighs less than an instrument that fits throughout."""
    route_near: float = 0.2
    """Times the nearness of a route that stands on the fact to what is asked."""
    governed_then: float = 0.15
    """A replaced instrument, on a day on which it still governed."""
    replaced: float = -0.25
    """A replaced instrument, on a day on which it no longer governs."""
    not_yet: float = -0.35
    """An instrument that had not started on the day."""
    proposal: float = -0.08
    """A draft or an announcement: not law."""
    background: float = -0.08
    """A fact that only tells history or context."""
    illustration: float = -0.1
    """A case or an opinion: no rule."""
    figures: float = 0.1
    """A fact that carries a figure, date or threshold: worth the most to a reader."""


DEFAULT_BOOSTS = Boosts()
STRENGTH_OF = 3
_BOOST_FLOOR = 0.15
"""A fact below this fused score is not raised: being of the right kind is not being relevant."""


class Query(NamedTuple):
    """What is searched for: a question, or one of its parts."""

    text: str
    vector: Vector
    expansions: tuple[str, ...] = ()


class Ranking(NamedTuple):
    """What the indexes gave, before the question's circumstances count."""

    hits: list[FusedHit]
    nearness: float


class Library:
    """What evidence is gathered from: corpus, index, embedder; shared by all answers."""

    def __init__(
        self, corpus: Corpus, index: SearchIndex, embedder: Embedder, asked: Exemplars
    ) -> None:
        """Take over the opened parts; `asked` holds the facts' example questions."""
        self.corpus = corpus
        self.index = index
        self.embedder = embedder
        self.asked = asked
        self.weights = DEFAULT_WEIGHTS
        """Shares of the rankings; an ablation takes them out one by one."""
        self.offers = Offers(corpus)
        self._only_in = _single_language_facts(index)

    def nearness(self, vector: Vector, lang: PassageLang) -> float:
        """Return the mean cosine of the passages of a language nearest to a question."""
        return _mean([hit.score for hit in self.index.dense.search(vector, lang, NEAREST)])

    def search(self, query: Query, lang: PassageLang, watch: Stopwatch) -> Ranking:
        """Rank facts for a question within its language; facts that only exist in the other follow.

        The other language's passages are searched only where facts have no passage in the
        question's own, each with its own quota, so that neither language starves the other.
        """
        with watch.stage("dense"):
            dense = self.index.dense.search(query.vector, lang, SEARCH_LIMIT)
        with watch.stage("lexical"):
            lexical = self.index.lexical.search(query.text, lang, SEARCH_LIMIT, query.expansions)
        with watch.stage("fuse"):
            asked = self.asked.search(query.vector, query.text, lang, SEARCH_LIMIT)
            ranked = fuse(
                dense,
                lexical,
                _hits(asked.sense),
                _hits(asked.words),
                weights=self.weights,
            )
        if foreign := self._only_in[OTHER[lang]]:
            with watch.stage("dense"):
                hits = self.index.dense.search(query.vector, OTHER[lang], SEARCH_LIMIT)
            ranked += _foreign_hits(hits, foreign)
        return Ranking(ranked, _mean([hit.score for hit in dense[:NEAREST]]))


def gather_evidence(
    question: Question,
    understanding: Understanding,
    vectors: Mapping[str, Vector],
    library: Library,
    watch: Stopwatch,
    *,
    limit: int,
    near_facts: Mapping[FactRef, float] | None = None,
    boosts: Boosts = DEFAULT_BOOSTS,
) -> Evidence:
    """Find the facts that bear on a question.

    Args:
        question: its day and filters count.
        understanding: what is searched for.
        vectors: the search text and every text of `understanding.asked`, embedded.
        library: where to search.
        watch: told the time spent.
        limit: most facts wanted.
        near_facts: facts of routes near to the question, with that nearness in [0, 1].
        boosts: what named circumstances add to the fused score.
    """
    lang = understanding.lang
    text = understanding.search_text
    ranking = library.search(Query(text, vectors[text], understanding.expansions), lang, watch)
    parts = [
        library.search(Query(part, vectors[part]), lang, watch).hits for part in understanding.asked
    ]
    found = _merged(ranking.hits, parts, library.weights.parts)
    with watch.stage("fuse"):
        first: dict[str, float] = {hit.ref: hit.score**2 for hit in found[:FEEDBACK_OF]}
        akin = library.asked.near(first, SEARCH_LIMIT)
        found = with_feedback(found, _hits(akin), library.weights.feedback)
    part_scores = _part_scores(understanding, parts, library)
    with watch.stage("fuse"):
        scorer = _Scorer(question, understanding, library, boosts)
        admitted = list(islice((hit for hit in found if scorer.admits(hit.ref)), SCORED))
        strengths = _strengths(admitted)
        near = near_facts or {}
        scores = {
            hit.ref: scorer.score(hit)
            + boosts.instrument_strong * strengths[hit.ref.card_id]
            + boosts.route_near * near.get(hit.ref, 0.0)
            for hit in admitted
        }
        asked = outright(understanding)
        hits = tuple(
            FactHit(
                ref=ref,
                score=scores[ref],
                validity=scorer.validity(ref),
                strength=strengths[ref.card_id],
                gives=bool(library.offers.of(ref) & asked),
                part_scores=tuple(score(ref) for score in part_scores),
            )
            for ref in sorted(scores, key=lambda ref: -scores[ref])[:limit]
        )
    return Evidence(hits=hits, nearness=ranking.nearness)


def outright(understanding: Understanding) -> frozenset[Want]:
    """Return the kinds asked for that a fact either gives or does not: figures, papers, penalties."""
    return figure_wants(understanding.text) | (_PLAIN_KINDS & set(understanding.wants))


class _Scorer:
    def __init__(
        self, question: Question, understanding: Understanding, library: Library, boosts: Boosts
    ) -> None:
        self._question = question
        self._library = library
        self._boosts = boosts
        self._named = frozenset(understanding.named)
        self._wants = frozenset(understanding.wants)
        self._asks_change = understanding.asks_change

    def validity(self, ref: FactRef) -> Validity:
        corpus = self._library.corpus
        return corpus.validity(corpus.instrument(ref), self._question.as_of)

    def admits(self, ref: FactRef) -> bool:
        return passes(self._library.corpus.instrument(ref), self._question.filters)

    def score(self, hit: FusedHit) -> float:
        boosts, corpus = self._boosts, self._library.corpus
        card = corpus.instrument(hit.ref)
        score = hit.score
        if score >= _BOOST_FLOOR:
            score += boosts.kind_asked_for * self._library.offers.share(hit.ref, self._wants)
            if hit.ref.card_id in self._named:
                score += boosts.instrument_named
        validity = self.validity(hit.ref)
        if validity in ("superseded", "repealed"):
            spared = self._asks_change or hit.ref.card_id in self._named
            score += boosts.replaced / 4 if spared else boosts.replaced
        elif card.status == "superseded":
            score += boosts.governed_then
        elif validity == "not-yet":
            score += 0 if self._asks_change else boosts.not_yet
        elif validity in ("draft", "announced"):
            score += boosts.proposal
        fact = corpus.fact(hit.ref)
        if fact.aspect == "background":
            score += boosts.background
        if is_illustration(fact.zh):
            score += boosts.illustration
        if fact.values:
            score += boosts.figures
        return score


def passes(card: Instrument, filters: Filters) -> bool:
    """Tell whether an instrument is inside the asker's filters."""
    if filters.topics and not set(card.topics) & set(filters.topics):
        return False
    return not filters.jurisdictions or card.jurisdiction in (*filters.jurisdictions, "both")


PART_RANKING = 0.7
"""Share of the part's own ranking in its score; the rest is whether the fact is of its kind."""


def _merged(whole: list[FusedHit], parts: list[list[FusedHit]], share: float) -> list[FusedHit]:
    """Rank facts by what they are to the whole question and to the part that they fit best."""
    if not parts:
        return whole
    best: dict[FactRef, float] = {}
    for part in parts:
        for hit in part:
            best[hit.ref] = max(hit.score, best.get(hit.ref, 0.0))
    return blended({hit.ref: hit.score for hit in whole}, best, share)


def _part_scores(
    understanding: Understanding, parts: list[list[FusedHit]], library: Library
) -> list[Callable[[FactRef], float]]:
    return [
        _part_score({hit.ref: hit.score for hit in ranking}, part, library)
        for ranking, part in zip(parts, understanding.parts[: len(parts)], strict=True)
    ]


def _part_score(
    scores: Mapping[FactRef, float], part: str, library: Library
) -> Callable[[FactRef], float]:
    wants = wants_of(part)

    def score(ref: FactRef) -> float:
        kind = library.offers.share(ref, wants)
        return PART_RANKING * scores.get(ref, 0.0) + (1 - PART_RANKING) * kind

    return score


def _single_language_facts(index: SearchIndex) -> dict[PassageLang, frozenset[FactRef]]:
    refs = {lang: index.lexical.refs(lang) for lang in ("zh", "en")}
    return {"zh": frozenset(refs["zh"] - refs["en"]), "en": frozenset(refs["en"] - refs["zh"])}


def _foreign_hits(hits: list[Hit], foreign: frozenset[FactRef]) -> list[FusedHit]:
    """Score hits of the other language on their own scale, below the best of the own language."""
    own = [hit for hit in hits if hit.ref in foreign][:OTHER_LANGUAGE_QUOTA]
    return [hit._replace(score=hit.score / 2) for hit in fuse(own, [])]


def _hits(found: list[tuple[str, float]]) -> list[Hit]:
    """Take labels of the facts' example questions as facts: their labels are references."""
    return list(map(Hit._make, found))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _strengths(hits: list[FusedHit]) -> dict[str, float]:
    """Return each instrument's strength, 1 for the strongest."""
    scores: dict[str, list[float]] = {}
    for hit in hits:
        scores.setdefault(hit.ref.card_id, []).append(hit.score)
    sums = {card: sum(sorted(s, reverse=True)[:STRENGTH_OF]) for card, s in scores.items()}
    top = max(sums.values(), default=0.0) or 1.0
    return {card: value / top for card, value in sums.items()}
