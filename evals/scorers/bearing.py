"""Bearing: do the facts that a sentence cites bear it out?

The judge is the claim checker (`bot/checking/check.py` with `bot/checking/support.py`), asked anew for every
sentence: what the answer says of itself is not believed. The checker was made for sentences in a
model's own words. Sentences that are put together from the cards are held against what they are
made of, which is both stricter and faster:

- a fact's own words, with or without the label that says what it counts for, rest on that fact;
- words of a route card rest on the facts on which its author rests them;
- a note of what an instrument counts for rests on the instrument that it names;
- a passage of a document rests on the passage that it quotes.

Whether the facts hold on the day is not asked here: see `versions.py`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from bot.answer import CheckedAnswer, CheckedClaim
from bot.checking.check import Checker
from bot.language import to_simplified
from bot.writing.draft import Claim, Finding
from bot.writing.labels import is_labelled, label_for
from bot.writing.plan_text import sentences
from bot.writing.premise import CORRECTION
from evals.scorers.text import bare, joined
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus, Validity
from knowledge.figures.figure import Figure, read_figures
from knowledge.route import RouteCard

_KEPT = 65_536
"""Verdicts kept: the sentences of a suite, each with its sources together and one by one."""
_STANDINGS: tuple[Validity, ...] = ("draft", "announced", "superseded", "repealed", "not-yet")
_NOTE = 60
"""Characters, without titles, of a note of what an instrument counts for."""
_PILOT = re.compile(r"试点|\bpilot", re.IGNORECASE)
LIKEST = 3
"""Facts, nearest in words first, that may bear out a sentence which does not cite them."""
_ANY_DAY = dt.date(2000, 1, 1)


class Bearing:
    """Judges sentences against the facts of one corpus."""

    def __init__(self, corpus: Corpus, checker: Checker) -> None:
        """Take the corpus and the checker over it."""
        self._corpus = corpus
        self._checker = checker
        self._routes = tuple(_route_words(corpus))
        self._titles = tuple(_route_titles(corpus))
        self.bears = lru_cache(_KEPT)(self._bears)
        """Tell whether facts together bear a sentence out (text, references)."""
        self._objections = lru_cache(_KEPT)(self._find_objections)

    def supports(self, claim: CheckedClaim, answer: CheckedAnswer) -> bool:
        """Tell whether the sources of a claim together bear it out."""
        facts = tuple(ref for ref in claim.refs if ref in self._corpus)
        quoted = [passage for passage in answer.passages if passage.ref in claim.refs]
        if len(facts) + len(quoted) < len(claim.refs):
            return False  # a source that neither the corpus nor the answer has
        if any(bare(passage.quote) in bare(claim.text) for passage in quoted):
            return True
        return self.bears(claim.text, facts)

    def needs(self, claim: CheckedClaim, ref: FactRef) -> bool:
        """Tell whether a source of a supported claim does some of the bearing.

        It does not where alone it cannot bear the claim out, and the others can without it.
        """
        facts = tuple(other for other in claim.refs if other in self._corpus)
        others = tuple(other for other in facts if other != ref)
        if not others or ref not in facts or self._is_made_of(claim.text, facts):
            return True
        return self.bears(claim.text, (ref,)) or not self.bears(claim.text, others)

    def found_elsewhere(self, claim: CheckedClaim, answer: CheckedAnswer) -> bool:
        """Tell whether another fact that the answer cites or found bears a claim out.

        Of a sentence in a writer's own words only the `LIKEST` facts in words are asked, each by
        itself: the checker takes a hundred times longer than the comparison.
        """
        known = tuple(
            dict.fromkeys(
                ref
                for ref in (*(c.ref for c in answer.citations), *answer.evidence)
                if ref in self._corpus and ref not in claim.refs
            )
        )
        text = claim.text
        if not known or self._objections(text, known):
            return False  # no one fact has what all of them together lack
        if any(self._is_said(text, ref) for ref in known):
            return True
        flat = bare(text)
        if any(words in flat and not facts.isdisjoint(known) for words, facts in self._routes):
            return True
        likest = sorted(known, key=lambda ref: -self._likeness(flat, ref))[:LIKEST]
        return any(self.bears(text, (ref,)) for ref in likest)

    def _likeness(self, flat: str, ref: FactRef) -> float:
        """Return the share of a sentence's pairs of characters that a fact has too."""
        mine = _pairs(flat)
        fact = self._corpus.fact(ref)
        shared = max(len(mine & _pairs(bare(words))) for words in (fact.zh, fact.en))
        return shared / max(len(mine), 1)

    def missing_figures(self, claim: CheckedClaim, answer: CheckedAnswer) -> tuple[str, ...]:
        """Return the figures of a claim that its sources do not show."""
        facts = tuple(ref for ref in claim.refs if ref in self._corpus)
        if any(passage.ref in claim.refs for passage in answer.passages):
            return ()
        if not facts:
            return tuple(map(str, figures_of(claim)))
        return tuple(f.seen for f in self._objections(claim.text, facts) if f.rule == "figure")

    def _bears(self, text: str, refs: tuple[FactRef, ...]) -> bool:
        if not refs or self._objections(text, refs):
            return False
        if any(self._is_said(text, ref) for ref in refs):
            return True
        if self._is_made_of(text, refs):
            return True
        claim = Claim(text=text, refs=refs)
        found = self._checker.findings(claim, _ANY_DAY, in_own_words=True)
        return not any(finding.rule != "not-in-force" for finding in found)

    def _find_objections(self, text: str, refs: tuple[FactRef, ...]) -> tuple[Finding, ...]:
        """Return the figures, dates, numbers and bodies of a sentence that its facts do not show."""
        found = self._checker.findings(Claim(text=text, refs=refs), _ANY_DAY)
        return tuple(finding for finding in found if finding.rule != "not-in-force")

    def _is_said(self, text: str, ref: FactRef) -> bool:
        """Tell whether a sentence is a fact's own words, alone or after a label of ours."""
        flat, fact = bare(text), self._corpus.fact(ref)
        for words in (bare(fact.zh), bare(fact.en)):
            if flat == words or (flat.endswith(words) and flat[: -len(words)] in self._labels(ref)):
                return True
        return False

    def _labels(self, ref: FactRef) -> Collection[str]:
        card, nothing = self._corpus.instrument(ref), Bilingual(zh="-", en="-")
        labels = [CORRECTION]
        for validity in _STANDINGS:
            label = label_for(card, validity, self._corpus, nothing)
            if label:
                labels.append(label)
        alone = {joined(words) for label in labels for words in (label.zh, label.en)}
        corrected = {joined(words) for words in (CORRECTION.zh, CORRECTION.en)}
        return alone | {first + then for first in corrected for then in alone}

    def _is_made_of(self, text: str, refs: Sequence[FactRef]) -> bool:
        return self._rests_on_card(text, refs) or self._tells_standing(text, refs)

    def _rests_on_card(self, text: str, refs: Sequence[FactRef]) -> bool:
        """Tell whether a sentence is a route card's, and cites what the card rests it on."""
        flat, cited = bare(text), set(refs)
        if any(words in flat and cited <= facts for words, facts in self._routes):
            return True
        first, bar, _ = flat.partition("|")
        return bool(bar) and any(
            first.startswith(title) and cited <= facts for title, facts in self._titles
        )

    def _tells_standing(self, text: str, refs: Sequence[FactRef]) -> bool:
        """Tell whether a sentence only says what the cited instrument counts for."""
        flat = bare(text)
        cards = [self._corpus.instrument(ref) for ref in refs]
        for card in cards:
            titles = [title for title in map(bare, (card.title.zh, card.title.en)) if title in flat]
            if not titles:
                return False
            flat = flat.replace(titles[0], "")
        told = to_simplified(text)
        said = any(is_labelled(told, one) for one in _STANDINGS) or _PILOT.search(told)
        return len(flat) <= _NOTE and bool(said)


def figures_of(claim: CheckedClaim) -> tuple[Figure, ...]:
    """Return the figures of a claim."""
    return read_figures(to_simplified(claim.text))


@lru_cache(maxsize=8192)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


@lru_cache(maxsize=2)
def bearing_of(corpus: Corpus) -> Bearing:
    """Open the judge over a corpus; several metrics share it."""
    from bot.checking.support import Support
    from bot.query.understanding import Lexicon
    from knowledge.glossary import load_glossary
    from knowledge.home import default_home
    from knowledge.search.embed import open_embedder

    glossary = load_glossary()
    support = Support(corpus, Lexicon(corpus, glossary), open_embedder(), default_home() / "facts")
    return Bearing(corpus, Checker(corpus, glossary, support))


_Words = tuple[str, frozenset[FactRef]]


def _route_words(corpus: Corpus) -> Iterator[_Words]:
    """Yield the sentences of the route cards, each with the facts that it rests on."""
    for route in corpus.routes.values():
        for said, facts in _sayings(route):
            for words in (said.zh, said.en):
                if flat := bare(words):
                    yield flat, facts
        for text in (route.summary.zh, route.summary.en):
            for sentence in sentences(text):
                yield bare(sentence), frozenset(route.refs)


def _sayings(route: RouteCard) -> Iterator[tuple[Bilingual, frozenset[FactRef]]]:
    for option in route.options:
        for step in option.steps:
            yield step.do, frozenset(step.facts)
        for remark in (*option.blockers, *option.pros, *option.cons):
            yield remark.say, frozenset(remark.facts)
    for remark in route.watch:
        yield remark.say, frozenset(remark.facts)


def _route_titles(corpus: Corpus) -> Iterator[_Words]:
    """Yield the ways of the route cards, for rows that compare them."""
    for route in corpus.routes.values():
        for option in route.options:
            for title in (option.title.zh, option.title.en):
                yield bare(title), frozenset(option.refs)
