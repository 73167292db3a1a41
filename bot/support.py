"""Support: does a sentence in a writer's own words follow from the facts it cites?

Figures, dates, numbers and authorities are the checker's; here it is what is left when those
agree: whether the sentence denies what the facts say, turns their direction round, names
another instrument, or says more than they do. Words decide most of it, a vector the rest.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from bot.content import read_tokens
from bot.draft import Finding
from bot.flow import turned_flow
from bot.language import detect_lang, passage_lang, to_simplified
from bot.naming import Naming
from bot.opposites import DUTY
from bot.polarity import (
    Reading,
    added_negation,
    exchanged_figures,
    lost_negation,
    more_negations,
    outweighed_direction,
    turned_bound,
    turned_direction,
    turned_head,
    turned_mode,
)
from bot.understanding import Lexicon
from knowledge.card import Fact, FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.embed import Embedder, Vector
from knowledge.passage import PASSAGE_LANGS, passages_of
from knowledge.progress import unreported
from knowledge.vectors import embed_with_caches


class Features(NamedTuple):
    """What speaks for a sentence, then what speaks against it; each 0 to 1."""

    worst_sentence: float
    """Share of the content that the facts, or those who ask for them, have too, rare words counting
    more; where there are several sentences, of the one that is covered least."""
    worst: float
    """The same for the clause that is covered least."""
    worst_sense: float
    """Cosine of the clause that is covered least and the nearest fact, stretched to [0, 1]."""
    worst_duty: float
    """Share of the content of the clause of duty (must, only, 须) that is covered least; 1 = none."""
    strict: float
    """The share of the whole that the facts have, without those who ask for them."""
    added_duty: float
    """What of that clause is not covered, where the facts have no word of duty."""
    spliced: float
    """How much of a clause only several facts together cover."""
    rival: float
    """How much better than the cited ones another fact of the same instruments covers it; 0 = none."""
    added_negation: float
    lost_negation: float
    no_negation: float
    """`lost_negation` where the sentence denies nothing at all."""
    more_negations: float
    added_more: float
    """`added_negation` where the sentence denies more often than its facts."""
    turned_mode: float
    turned_direction: float
    turned_head: float
    """Whether a word of direction has a noun that only its opposite has in the facts."""
    outweighed_direction: float
    turned_flow: float
    """Whether it has a flow of which the facts have the reverse only."""
    turned_bound: float
    exchanged: float
    """How much better two of its figures fit each other's places in a fact than their own."""
    other_name: float
    """Whether it names an instrument, scheme, market or system that no cited fact shows, or one
    for another of its kind."""
    other_title: float
    """Share of the words before *measures*, *scheme*, 办法 … that no citation shows."""
    other_term: float
    """How alike the surroundings of a term of its own are to those of a term it left out."""
    other_kind: float
    """The same for terms of one kind: service trade for goods trade."""


class Rule(NamedTuple):
    """What must not be negative, lest a sentence be refused: bias + the weighed features."""

    name: str
    """As a finding calls it."""
    bias: float
    weights: Mapping[str, float]
    """By names of features."""

    def margin(self, features: Features) -> float:
        """Return by how much a sentence passes; below 0 it does not."""
        values: Mapping[str, float] = features._asdict()
        return self.bias + sum(weight * values[name] for name, weight in self.weights.items())


RULES = (
    Rule(
        "modality",
        2.55,
        {
            "added_negation": -5.88,
            "lost_negation": -5.42,
            "no_negation": -1.4,
            "more_negations": -2.12,
            "added_more": -0.87,
            "turned_mode": -6.18,
        },
    ),
    Rule("direction", 0.5, {"turned_flow": -1.0}),
    Rule("instrument", 0.6, {"other_title": -1.0}),
    Rule(
        "direction",
        3.07,
        {
            "turned_direction": -3.88,
            "turned_head": -3.05,
            "outweighed_direction": -4.13,
            "turned_bound": -2.1,
        },
    ),
    Rule("instrument", 2.01, {"other_name": -4.12, "other_term": -4.37, "other_kind": -2.4}),
    Rule(
        "overlap",
        -2.93,
        {
            "worst": 3.88,
            "worst_sentence": 5.93,
            "worst_sense": 1.2,
            "strict": 0.94,
            "worst_duty": 1.01,
            "added_duty": -1.67,
            "rival": -4.58,
        },
    ),
    Rule("exchange", 0.018, {"exchanged": -1.0}),
    Rule("overlap", -0.2, {"worst_duty": 1.0}),
    Rule("overlap", 0.21, {"spliced": -1.0}),
)
"""Fitted on `evals/pairs`' true and perturbed pairs, each rule on the kinds that it is for: logistic
regression with an L2 penalty, no weight against its sign; then the biases, so that the most false
pairs are refused while 97 of 100 true ones pass. Flow, title, duty and splice stand by themselves: what
they look for hardly occurs in those pairs, so their thresholds only keep the true ones.
`python -m evals.bench.claims` measures, also on sentences that had no part in the fitting.
"""
_SENSE_FLOOR = 0.8
"""E5 cosines of unrelated sentences lie about here."""
_CLAUSE_TOKENS = 4
"""Content words from which a clause is judged by itself."""


class Doubts(NamedTuple):
    """What speaks against a sentence."""

    features: Features
    seen: Mapping[str, str]
    """What each rule saw."""


class Support:
    """Judges sentences against the facts of one corpus."""

    def __init__(
        self, corpus: Corpus, lexicon: Lexicon, embedder: Embedder, own_cache: Path
    ) -> None:
        """Take what facts say, what words mean the same, and what tells nearness in sense.

        Args:
            corpus: where the facts stand.
            lexicon: terms and the names of instruments.
            embedder: embeds sentences; the facts' vectors are shipped.
            own_cache: folder for the vectors of facts that are not.
        """
        self._own_cache = own_cache
        self._corpus = corpus
        self._lexicon = lexicon
        self._embedder = embedder
        self._content = cache(self._content_of_fact)
        self._own_content = cache(self._content_of_own_words)
        self._asked = cache(self._content_of_questions)
        self._reading = cache(self._reading_of_fact)
        self._naming = Naming(corpus, lexicon, cache(self._terms_of_questions))

    def findings(self, text: str, refs: Sequence[FactRef]) -> Iterator[Finding]:
        """Tell what speaks against a sentence (any script) that cites these facts."""
        text = to_simplified(text)
        if any(_same(text, self._corpus.fact(ref)) for ref in refs):
            return
        doubts = self._doubts(text, refs)
        refused = (rule.name for rule in RULES if rule.margin(doubts.features) < 0)
        for name in dict.fromkeys(refused):
            yield Finding(rule=name, seen=doubts.seen[name])

    def features(self, text: str, refs: Sequence[FactRef]) -> Features:
        """Measure how well facts cover a sentence (Chinese simplified)."""
        return self._doubts(text, refs).features

    def _doubts(self, text: str, refs: Sequence[FactRef]) -> Doubts:
        lang = passage_lang(detect_lang(text))
        known = self._known(refs, lang)
        whole = self._tokens(text, lang)
        clauses = [(part, self._tokens(part, lang)) for part in _CLAUSE.split(text) if part]
        shares = [
            (self._share(tokens, known), part)
            for part, tokens in clauses
            if len(tokens) >= _CLAUSE_TOKENS
        ]
        words = self._share(whole, known)
        contents = [self._content(ref, lang) for ref in refs]
        together = set().union(*contents)
        strict = self._share(whole, together)
        spliced = max(
            (
                self._share(tokens, together) - max(self._share(tokens, one) for one in contents)
                for _, tokens in clauses
                if len(tokens) >= _CLAUSE_TOKENS
            ),
            default=0.0,
        )
        worst, weakest = min(shares, default=(words, text))
        rivals = {
            FactRef.of(card, fact.id)
            for card in {ref.card_id for ref in refs}
            for fact in self._corpus.instruments[card].facts
        }.difference(refs)
        rival = max((self._share(whole, self._content(ref, lang)) for ref in rivals), default=0.0)
        duties = (tokens for part, tokens in clauses if DUTY.search(part) and len(tokens) > 1)
        duty = min((self._share(tokens, known) for tokens in duties), default=1.0)
        reading = Reading(text, lang)
        facts = [self._reading(ref, lang) for ref in refs]
        added, lost = added_negation(reading, facts), lost_negation(reading, facts)
        mode, bound = turned_mode(reading, facts), turned_bound(reading, facts)
        other: PassageLang = "en" if lang == "zh" else "zh"
        others = [self._reading(ref, other) for ref in refs]
        translations = [one.text for one in others]
        direction = turned_direction(reading, facts, translations)
        head = turned_head(reading, facts)
        outweighed = outweighed_direction(reading, facts, translations)
        flow = turned_flow(text, [*(fact.text for fact in facts), *translations])
        exchange = exchanged_figures(reading, facts)
        named = self._naming.compare(reading, facts, refs, lang)
        features = Features(
            worst=worst,
            worst_sentence=min(
                (self._share(self._tokens(s, lang), known) for s in _SENTENCE.split(text) if s),
                default=words,
            ),
            worst_sense=self._sense(weakest, refs, lang),
            worst_duty=duty,
            added_duty=0.0 if any(DUTY.search(f.text) for f in (*facts, *others)) else 1 - duty,
            strict=strict,
            spliced=spliced,
            rival=max(0.0, rival - strict),
            added_negation=added.weight,
            lost_negation=lost.weight,
            no_negation=lost.weight * (not reading.denials),
            more_negations=float(more := more_negations(reading, facts, others)),
            added_more=added.weight * more,
            turned_mode=mode.weight,
            turned_direction=direction.weight,
            turned_head=head.weight,
            outweighed_direction=outweighed.weight,
            turned_flow=float(bool(flow)),
            turned_bound=bound.weight,
            exchanged=max(0.0, exchange.weight),
            other_name=named.name.weight,
            other_title=named.title.weight,
            other_term=named.term.weight,
            other_kind=named.kind.weight,
        )
        seen = {
            "modality": max(added, lost, mode).seen,
            "direction": max(direction, head, outweighed, bound).seen or flow,
            "exchange": exchange.seen,
            "instrument": max(named.name, named.term, named.kind, named.title).seen,
            "overlap": weakest,
        }
        return Doubts(features, seen)

    def _sense(self, text: str, refs: Sequence[FactRef], lang: PassageLang) -> float:
        vector = self._embedder.query(text)
        cosine = max((float(self._vectors[ref, lang] @ vector) for ref in refs), default=0.0)
        return max(0.0, (cosine - _SENSE_FLOOR) / (1 - _SENSE_FLOOR))

    def warm(self) -> None:
        """Weigh the words of the corpus, so that no answer has to."""
        for lang in PASSAGE_LANGS:
            for ref in self._corpus.refs:
                self._content(ref, lang)
        self.features("境外放款", self._corpus.refs[:1])

    def _known(self, refs: Sequence[FactRef], lang: PassageLang) -> Mapping[str, float]:
        """Return how far each word is known from facts: their own, and those of who asks for them."""
        asked = dict.fromkeys(set().union(*(self._asked(ref, lang) for ref in refs)), _ASKED)
        own = set().union(*(self._content(ref, lang) for ref in refs))
        return {**asked, **dict.fromkeys(own, 1.0)}

    def _content_of_questions(self, ref: FactRef, lang: PassageLang) -> frozenset[str]:
        asks = self._corpus.asks.get(ref)
        texts = asks.texts(lang) if asks else ()
        return frozenset(token for text in texts for token in self._tokens(text, lang))

    def _terms_of_questions(self, ref: FactRef, lang: PassageLang) -> frozenset[str]:
        tokens = self._asked(ref, lang)
        return frozenset(token[len(_TERM) :] for token in tokens if token.startswith(_TERM))

    def _share(self, tokens: Iterable[str], known: Mapping[str, float] | set[str]) -> float:
        if not isinstance(known, Mapping):
            known = dict.fromkeys(known, 1.0)
        rarity, unknown = self._rarity
        letters = {letter for token in known if _HAN.match(token) for letter in token}
        total = had = 0.0
        for token in tokens:
            weight = rarity.get(token, unknown)
            total += weight
            had += weight * (known.get(token) or _LETTERS * (letters.issuperset(token)))
        return had / total if total else 1.0

    @cached_property
    def _rarity(self) -> tuple[dict[str, float], float]:
        uses: Counter[str] = Counter()
        for ref in self._corpus.refs:
            for lang in PASSAGE_LANGS:
                uses.update(self._own_content(ref, lang))
        count = len(self._corpus.refs)
        rarity = {token: math.log((count + 1) / (n + 0.5)) for token, n in uses.items()}
        return rarity, math.log(2 * (count + 1))

    def _content_of_own_words(self, ref: FactRef, lang: PassageLang) -> set[str]:
        return set(self._tokens(self._corpus.fact(ref).text(lang), lang))

    def _content_of_fact(self, ref: FactRef, lang: PassageLang) -> set[str]:
        """Return what a citation of the fact shows: fact, instrument, issuers, in all words."""
        card, fact = self._corpus.instrument(ref), self._corpus.fact(ref)
        issuers = (self._corpus.issuer_name(issuer).text(lang) for issuer in card.issuers)
        shown = "\n".join((card.title.text(lang), *issuers))
        other = fact.en if lang == "zh" else fact.zh
        return self._own_content(ref, lang) | {*self._tokens(shown, lang), *self._terms(other)}

    def _reading_of_fact(self, ref: FactRef, lang: PassageLang) -> Reading:
        return Reading(self._corpus.fact(ref).text(lang), lang)

    @cached_property
    def _vectors(self) -> dict[tuple[FactRef, PassageLang], Vector]:
        """Vectors of all facts, under the title of their instrument as they are searched."""
        passages = passages_of(self._corpus)
        matrix = embed_with_caches(passages, self._embedder, self._own_cache, unreported)
        return {(p.ref, p.lang): row for p, row in zip(passages, matrix, strict=True)}

    def _tokens(self, text: str, lang: PassageLang) -> list[str]:
        """Cut a text into terms of the field, and content words of the rest; figures are left out."""
        hits = self._lexicon.glossary.find(text)
        taken = {at for hit in hits for at in range(hit.start, hit.end)}
        words = [
            token.text
            for token in read_tokens(text, lang)
            if not token.text.startswith("#") and taken.isdisjoint(range(token.start, token.end))
        ]
        return [*(f"{_TERM}{hit.term.id}" for hit in hits), *words]

    def _terms(self, text: str) -> list[str]:
        return [f"{_TERM}{hit.term.id}" for hit in self._lexicon.glossary.find(text)]


def is_covered(features: Features) -> bool:
    """Tell whether a sentence says no more, and nothing else, than its facts."""
    return all(rule.margin(features) >= 0 for rule in RULES)


_CLAUSE = re.compile(
    r"[，,；;：:。]|\.(?=\s|$)|\b(?:and|but|provided|unless)\b|并且|而且|但是|此外"
)
_SENTENCE = re.compile(r"[。；;！？!?]|\.(?=\s|$)")
_TERM = "term:"
"""Begins the token of a term of the field; a word of content begins so never."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ASKED = 0.8
"""What a word counts that only the example questions of a fact have, against one of its own."""
_LETTERS = 0.5
"""The same for a Chinese pair whose two characters the facts have, though not side by side."""


def _same(text: str, fact: Fact) -> bool:
    """Tell whether a sentence is the fact word for word."""
    stops = " .。"
    return text.strip(stops) in (fact.zh.strip(stops), fact.en.strip(stops))
