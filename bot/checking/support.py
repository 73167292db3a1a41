"""Support: does a sentence in a writer's own words follow from the facts it cites?

Figures, dates, numbers and authorities are the checker's; here it is what is left when those
agree: whether the sentence denies what the facts say, turns their direction round, names
another instrument, or says more than they do. Words decide most of it, a vector the rest. What
the doubts come to, all together, `rules.py` says.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from bot.checking.bodies import Authorities
from bot.checking.bygone import former_figure, without_asides, without_ended
from bot.checking.conditions import widened
from bot.checking.content import SENTENCE, read_tokens
from bot.checking.cover import CLAUSE, Cover, row, share, worst_share
from bot.checking.crossing import Places, cities, crossed_names, names_in, places_of
from bot.checking.edits import edited
from bot.checking.exchange import exchanged, zones
from bot.checking.flow import turned_flow
from bot.checking.naming import Naming
from bot.checking.opposites import DUTY
from bot.checking.polarity import (
    Reading,
    added_negation,
    crossed_opposites,
    exchanged_figures,
    lost_negation,
    outweighed_direction,
    turned_direction,
    turned_head,
    turned_mode,
)
from bot.checking.roles import exchanged_roles, outline
from bot.checking.rules import Features, is_covered, refused
from bot.checking.strength import strength
from bot.checking.synonyms import synonyms
from bot.checking.unsaid import Evidence, compare
from bot.language import detect_lang, passage_lang, to_simplified
from bot.query.understanding import Lexicon
from bot.writing.draft import Finding
from knowledge.card import Fact, FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.figures.bounds import turned_bound
from knowledge.figures.figure import read_figures
from knowledge.progress import unreported
from knowledge.search.embed import Embedder, Vector
from knowledge.search.passage import PASSAGE_LANGS, passages_of
from knowledge.search.vectors import embed_with_caches

_SENSE_FLOOR = 0.8
"""E5 cosines of unrelated sentences lie about here."""
_CLAUSES_KEPT = 512
"""Texts whose tokens are kept: rules look at the same clauses."""
_CLAUSE_TOKENS = 4
"""Content words from which a clause is judged by itself."""


class Doubts(NamedTuple):
    """What speaks against a sentence."""

    features: Features
    seen: Mapping[str, str]
    """What each rule saw."""


class _Covered(NamedTuple):
    """What of a sentence facts do not cover; the fields are those of `Features`."""

    weakest: str
    """The clause that is covered least."""
    sentence: float
    duty: float
    missing_clause: float
    strange_row: float
    rival: float
    spliced: float
    apart: float


class _Unit(NamedTuple):
    """A sentence of a fact."""

    words: frozenset[str]
    """Its own, and what a citation shows beside the fact."""
    figures: frozenset[tuple[str, str]]
    places: frozenset[str]


class _Placed(NamedTuple):
    """How the clauses of a sentence lie in the sentences of its facts."""

    stray: float
    other_place: float


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
        self._tokens = lru_cache(_CLAUSES_KEPT)(self._tokens_of_text)
        self._corpus = corpus
        self._lexicon = lexicon
        self._embedder = embedder
        self._content = cache(self._content_of_fact)
        self._own_content = cache(self._content_of_own_words)
        self._asked = cache(self._content_of_questions)
        self._reading = cache(self._reading_of_fact)
        self._cover = Cover(corpus, lexicon)
        self._zones = cache(lambda ref, lang: zones(corpus.fact(ref).text(lang), lang))
        self._outline = cache(lambda ref, lang: outline(corpus.fact(ref).text(lang), lang))
        self._units = cache(self._units_of_fact)
        self.authorities = Authorities(corpus, lexicon.glossary)
        self._named = cache(self._names_of_fact)
        self._naming = Naming(corpus, lexicon, cache(self._terms_of_questions))

    def findings(self, text: str, refs: Sequence[FactRef]) -> Iterator[Finding]:
        """Tell what speaks against a sentence (any script) that cites these facts."""
        text = to_simplified(text)
        if any(_same(text, self._corpus.fact(ref)) for ref in refs):
            return
        lang = passage_lang(detect_lang(text))
        doubts = self._doubts(text, refs, lang)
        features = doubts.features
        if is_covered(features):
            # a vector costs more than all the rest, and can only add to what speaks against it
            features = self._with_distance(features, text, refs, lang)
        for name in refused(features):
            yield Finding(rule=name, seen=doubts.seen[name])

    def features(self, text: str, refs: Sequence[FactRef]) -> Features:
        """Measure what speaks against a sentence (any script) that cites these facts."""
        text = to_simplified(text)
        lang = passage_lang(detect_lang(text))
        return self._with_distance(self._doubts(text, refs, lang).features, text, refs, lang)

    def _with_distance(
        self, features: Features, text: str, refs: Sequence[FactRef], lang: PassageLang
    ) -> Features:
        distance, nearer = self._distance(text, refs, lang)
        return features._replace(distance=distance, nearer=nearer)

    def _doubts(self, text: str, refs: Sequence[FactRef], lang: PassageLang) -> Doubts:
        """Measure all but the distance in sense."""
        other: PassageLang = "en" if lang == "zh" else "zh"
        reading = Reading(text, lang)
        facts = [self._reading(ref, lang) for ref in refs]
        own = [fact.text for fact in facts]
        translations = [self._reading(ref, other).text for ref in refs]
        told = [*own, *translations]
        flow = turned_flow(text, told)
        lasting = without_ended(text, told)
        denying = Reading(lasting, lang) if lasting != text else reading
        added, lost = added_negation(denying, facts), lost_negation(reading, facts)
        mode = turned_mode(reading, facts)
        direction = turned_direction(reading, facts, translations)
        head = turned_head(reading, facts)
        outweighed = outweighed_direction(reading, facts, translations)
        present = without_asides(text)
        held = Reading(present, lang) if present != text else reading
        exchange = exchanged_figures(held, facts)
        cross = exchanged(zones(present, lang), [self._zones(ref, lang) for ref in refs])
        named = self._naming.compare(reading, facts, refs, lang)
        evidence = [Evidence(*both) for both in zip(own, translations, strict=True)]
        unsaid = compare(lasting, evidence, lang)
        covered = self._covered(text, refs, lang)
        has_duty = any(map(DUTY.search, told))
        unused = self._cover.unused(text, refs, lang)
        placed = self._placed(text, refs, lang)
        roles = exchanged_roles(outline(text, lang), [self._outline(ref, lang) for ref in refs])
        wider = widened(text, own, translations, lang, self._share)
        bound = turned_bound(text, told)
        edits = edited(text, own, lang, lambda piece: self._cover.missing(piece, refs, lang))
        former = former_figure(text, told)
        firm = strength(text, own, translations, lang)
        swapped = crossed_names(self._names(reading), [self._named(ref, lang) for ref in refs])
        features = Features(
            lacking_sentence=covered.sentence,
            lacking_duty=covered.duty,
            crossed_names=swapped.weight,
            hardened=firm.hardened,
            bound=firm.bound,
            freed=firm.freed,
            heedless=wider.heedless,
            wide_unused=wider.wide * unused,
            added_duty=0.0 if has_duty else covered.duty,
            missing_clause=covered.missing_clause,
            strange_row=covered.strange_row,
            distance=0.0,
            nearer=0.0,
            rival=covered.rival,
            new_terms=named.new.weight,
            new_term=float(bool(named.new.seen)),
            spliced=covered.spliced,
            apart=covered.apart,
            unused=unused if len(refs) > 1 else 0.0,
            added_negation=added.weight,
            no_negation=lost.weight * (not reading.denials),
            turned_mode=mode.weight,
            unsaid_exemption=unsaid.exemption,
            unsaid_duty=unsaid.duty,
            unsaid_lasting=unsaid.lasting,
            unsaid_later=unsaid.later,
            lost_in_copy=unsaid.lost * (1 - unused),
            parity_in_copy=unsaid.parity * (1 - unused),
            contrary=unsaid.contrary,
            turned_direction=direction.weight,
            turned_head=head.weight,
            outweighed_direction=outweighed.weight,
            turned_flow=float(bool(flow)),
            exchanged=max(0.0, exchange.weight),
            crossed=max(0.0, cross.crossed),
            reversed=cross.reversed,
            other_name=named.name.weight,
            other_title=named.title.weight,
            other_term=named.term.weight,
            other_kind=named.kind.weight,
            stray_figure=placed.stray,
            exchanged_roles=roles.exchanged,
            reversed_change=roles.reversed,
            dropped_condition=wider.dropped,
            wide_drop=wider.dropped * wider.wide,
            old_figure=float(former),
            other_place=placed.other_place,
            crossed_words=crossed_opposites(reading, facts).weight,
            turned_bound=float(bool(bound)),
            edited_word=edits.word,
            edited_denial=edits.denial,
            lone_denial=edits.alone,
        )
        seen = {
            "modality": max(added, lost, mode).seen or text,
            "direction": max(direction, head, outweighed).seen or flow or swapped.seen or text,
            "exchange": exchange.seen or cross.seen or text,
            "instrument": max(named.name, named.term, named.kind, named.title, named.new).seen
            or text,
            "overlap": covered.weakest,
            "condition": text,
            "bygone": text,
        }
        return Doubts(features, seen)

    def _covered(self, text: str, refs: Sequence[FactRef], lang: PassageLang) -> _Covered:
        """Tell what of a sentence its facts do not cover."""
        known = self._known(refs, lang)
        whole = self._tokens(text, lang)
        contents = [self._content(ref, lang) for ref in refs]
        together = set().union(*contents)
        parts = [part for part in CLAUSE.split(text) if part.strip()]
        clauses = [(part, self._tokens(part, lang)) for part in parts]
        long = [(part, tokens) for part, tokens in clauses if len(tokens) >= _CLAUSE_TOKENS]
        spliced = max(
            (
                self._share(tokens, together) - max(self._share(tokens, one) for one in contents)
                for _, tokens in long
            ),
            default=0.0,
        )
        shares = ((self._share(tokens, known), part) for part, tokens in long)
        rivals = max(
            (self._share(whole, self._content(ref, lang)) for ref in self._rivals(refs)),
            default=0.0,
        )
        duties = (tokens for part, tokens in clauses if DUTY.search(part) and len(tokens) > 1)
        sentences = [part for part in SENTENCE.split(text) if part.strip()]
        missing = self._cover.missing(text, refs, lang)
        return _Covered(
            weakest=min(shares, default=(0.0, text))[1].strip(),
            sentence=1
            - min(
                (self._share(self._tokens(part, lang), known) for part in sentences), default=1.0
            ),
            duty=1 - min((self._share(tokens, known) for tokens in duties), default=1.0),
            missing_clause=worst_share(
                (self._cover.missing(part, refs, lang) for part in parts), _CLAUSE_TOKENS
            )
            or share(missing),
            strange_row=row(missing),
            rival=max(0.0, rivals - self._share(whole, together)),
            spliced=spliced,
            apart=self._cover.apart(parts, refs, lang) if len(refs) > 1 else 0.0,
        )

    def _names(self, reading: Reading) -> Places:
        """Return what surrounds the bodies, cities and parties of a text."""
        bodies = self.authorities.names_in(reading.text)
        return places_of(reading, [*bodies, *names_in(reading.text)])

    def _names_of_fact(self, ref: FactRef, lang: PassageLang) -> Places:
        return self._names(self._reading(ref, lang))

    def _placed(self, text: str, refs: Sequence[FactRef], lang: PassageLang) -> _Placed:
        """Hold each clause against each sentence of the facts."""
        places = [unit for ref in refs for unit in self._units(ref, lang)]
        stray = elsewhere = 0.0
        for part in CLAUSE.split(text):
            words = self._tokens(part, lang)
            figures = {(one.kind, one.value) for one in read_figures(part)}
            if len(words) < _PLACED_TOKENS or not places:
                continue
            shares = [self._share(words, unit.words) for unit in places]
            best = max(shares)
            nearest = places[shares.index(best)]
            here = cities(part)
            if here and nearest.places and not here & nearest.places:
                elsewhere = max(elsewhere, best)
            for figure in figures:
                holders = [
                    one for one, unit in zip(shares, places, strict=True) if figure in unit.figures
                ]
                if holders:
                    stray = max(stray, best - max(holders))
        return _Placed(stray, elsewhere)

    def _units_of_fact(self, ref: FactRef, lang: PassageLang) -> tuple[_Unit, ...]:
        fact = self._corpus.fact(ref)
        shown = self._content(ref, lang) - self._own_content(ref, lang)
        return tuple(
            _Unit(
                frozenset({*self._tokens(part, lang), *shown}),
                frozenset((one.kind, one.value) for one in read_figures(part)),
                cities(fact.text(lang)),
            )
            for part in SENTENCE.split(fact.text(lang))
            if part.strip()
        )

    def _rivals(self, refs: Sequence[FactRef]) -> set[FactRef]:
        """Return the other facts of the same instruments."""
        return {
            FactRef.of(card, fact.id)
            for card in {ref.card_id for ref in refs}
            for fact in self._corpus.instruments[card].facts
        }.difference(refs)

    def _distance(
        self, text: str, refs: Sequence[FactRef], lang: PassageLang
    ) -> tuple[float, float]:
        """Return how far the facts are in sense, and how much nearer another of their cards is."""
        vector = self._embedder.query(text)

        def nearness(facts: Iterable[FactRef]) -> float:
            cosine = max((float(self._vectors[ref, lang] @ vector) for ref in facts), default=0.0)
            return (cosine - _SENSE_FLOOR) / (1 - _SENSE_FLOOR)

        own = nearness(refs)
        return 1 - own, max(0.0, nearness(self._rivals(refs)) - own)

    def warm(self) -> None:
        """Weigh the words of the corpus, so that no answer has to."""
        for lang in PASSAGE_LANGS:
            for ref in self._corpus.refs:
                self._content(ref, lang)
        self.features("境外放款", self._corpus.refs[:1])

    def _known(self, refs: Sequence[FactRef], lang: PassageLang) -> Mapping[str, float]:
        """Return how far each word is known from facts: their own, and those of who asks for them."""
        own = set().union(*(self._content(ref, lang) for ref in refs))
        asked = dict.fromkeys(
            synonyms(own, lang).union(*(self._asked(ref, lang) for ref in refs)), _ASKED
        )
        return {**asked, **dict.fromkeys(own, 1.0)}

    def _content_of_questions(self, ref: FactRef, lang: PassageLang) -> frozenset[str]:
        asks = self._corpus.asks.get(ref)
        texts = asks.texts(lang) if asks else ()
        return frozenset(token for text in texts for token in self._tokens(text, lang))

    def _terms_of_questions(self, ref: FactRef, lang: PassageLang) -> frozenset[str]:
        tokens = self._asked(ref, lang)
        return frozenset(token[len(_TERM) :] for token in tokens if token.startswith(_TERM))

    def _share(self, tokens: Iterable[str], known: Mapping[str, float] | Set[str]) -> float:
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

    def _tokens_of_text(self, text: str, lang: PassageLang) -> list[str]:
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


_TERM = "term:"
"""Begins the token of a term of the field; a word of content begins so never."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PLACED_TOKENS = 2
"""Content words from which a clause has a place in the facts."""

_ASKED = 0.8
"""What a word counts that only the example questions of a fact have, or that means what one of its
own does, against one of its own."""
_LETTERS = 0.5
"""The same for a Chinese pair whose two characters the facts have, though not side by side."""


def _same(text: str, fact: Fact) -> bool:
    """Tell whether a sentence is the fact word for word."""
    stops = " .。"
    return text.strip(stops) in (fact.zh.strip(stops), fact.en.strip(stops))
