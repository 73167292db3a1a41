"""The checker: no sentence is shown unless the facts it cites bear it out.

It trusts no writer, our own included. A claim is supported when its facts exist, hold on the
answer's day (or the sentence says that they do not), and contain every figure, date, document
number and authority of the sentence.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from bot.answer import CheckedClaim
from bot.draft import BlockKind, Claim, Finding
from bot.labels import en_date, is_labelled, zh_date
from bot.language import to_simplified
from bot.support import Support
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.figures import missing_figures
from knowledge.glossary import Glossary

DOUBTS_KEPT = 16_384
"""Counts kept: a route's plan asks for some 200 in each language."""


class Checker:
    """Checks claims against one corpus."""

    def __init__(self, corpus: Corpus, glossary: Glossary, support: Support | None = None) -> None:
        """Take the corpus that claims cite and the everyday names of authorities.

        Args:
            corpus: where the facts stand.
            glossary: everyday names.
            support: judges sentences in a writer's own words; without it none is accepted.
        """
        self._corpus = corpus
        self._support = support
        self._authorities = Authorities(corpus, glossary)
        self._evidence = cache(self._shown)
        self.doubts = lru_cache(DOUBTS_KEPT)(self._doubts)
        """Count the findings against a claim on a day; a plan weighs the same rows again and again."""

    def check(self, claim: Claim, block: BlockKind, day: dt.date) -> CheckedClaim:
        """Give a claim its verdict."""
        refused = self.doubts(claim, day)
        return CheckedClaim(
            text=claim.text,
            refs=claim.refs,
            verdict="unsupported" if refused else "supported",
            block=block,
            cells=claim.cells,
        )

    def findings(
        self, claim: Claim, day: dt.date, *, in_own_words: bool = False
    ) -> Iterator[Finding]:
        """Tell everything that speaks against a claim; nothing when it is supported.

        Args:
            claim: the sentence and its facts.
            day: the facts must hold on it.
            in_own_words: whether the writer has reworded the facts, so that the words count too.
        """
        if not claim.refs:
            yield Finding(rule="no-refs", seen=claim.text)
            return
        unknown = [ref for ref in claim.refs if ref not in self._corpus]
        if unknown:
            yield Finding(rule="unknown-fact", seen=", ".join(unknown))
            return
        text = to_simplified(claim.text)
        for ref in claim.refs:
            validity = self._corpus.validity(self._corpus.instrument(ref), day)
            if not is_labelled(text, validity):
                yield Finding(rule="not-in-force", seen=f"{ref} is {validity} on {day}")
        evidence = [self._evidence(ref) for ref in claim.refs]
        for figure in missing_figures(text, (shown.text for shown in evidence)):
            yield Finding(rule="figure", seen=str(figure))
        known = {authority for shown in evidence for authority in shown.authorities}
        for authority in sorted(self._authorities.named_in(text) - known):
            if not self._authorities.is_part_of(authority, known):
                yield Finding(rule="authority", seen=authority)
        if in_own_words:
            if self._support is None:
                raise RuntimeError("no Support was given: sentences in own words cannot be judged")
            yield from self._support.findings(text, claim.refs)

    def _doubts(self, claim: Claim, day: dt.date) -> int:
        return sum(1 for _ in self.findings(claim, day))

    def _shown(self, ref: FactRef) -> _Shown:
        """Return all that a citation of this fact shows its reader."""
        card, fact = self._corpus.instrument(ref), self._corpus.fact(ref)
        days = (card.issued, card.effective, self._corpus.ends(card))
        dates = [f"{zh_date(day)} {en_date(day)}" for day in days if day]
        parts = [fact.zh, fact.en, card.title.zh, card.title.en, card.number, fact.locator, *dates]
        text = "\n".join(part for part in parts if part)
        return _Shown(text, frozenset(self._authorities.named_in(text) | set(card.issuers)))


class _Shown(NamedTuple):
    """What a citation shows: its words and the bodies they name."""

    text: str
    authorities: frozenset[str]


class Authorities:
    """The bodies that cards name, by every name people use for them."""

    def __init__(self, corpus: Corpus, glossary: Glossary) -> None:
        """Take full names from the issuers' list and everyday names from the glossary."""
        self._corpus = corpus
        self._glossary = glossary

    def named_in(self, text: str) -> set[str]:
        """Return the abbreviations of the bodies a text (Chinese simplified) names."""
        folded = text.lower()
        found: set[str] = set()
        at = 0
        while at < len(folded):
            surface = self._surface_at(folded, at)
            if surface:
                found.add(self._owners[surface])
            at += len(surface) or 1
        return found

    def _surface_at(self, folded: str, at: int) -> str:
        """Return the longest name that starts at a place, or nothing."""
        for surface in self._by_head.get(folded[at : at + 2], ()):
            if folded.startswith(surface, at) and _stands_free(folded, at, at + len(surface)):
                return surface
        return ""

    def is_part_of(self, authority: str, known: set[str]) -> bool:
        """Tell whether a body is a branch of a known one, or the other way round."""
        head = authority.partition(" ")[0]
        return any(head == other.partition(" ")[0] for other in known)

    @cached_property
    def _owners(self) -> dict[str, str]:
        owners: dict[str, str] = {}
        for abbreviation, issuer in self._corpus.issuers.items():
            if issuer.generic:
                continue
            for surface in (abbreviation, *_plain(issuer.zh), *_plain(issuer.en)):
                owners.setdefault(surface.lower(), abbreviation)
        for term in self._glossary.terms:
            owner = next((a for a in term.abbr if a in self._corpus.issuers), None)
            owner = owner or owners.get(term.zh.lower()) or owners.get(term.en.lower())
            if owner:
                for surface in (*term.words("zh"), *term.words("en")):
                    owners.setdefault(surface.lower(), owner)
        return owners

    @cached_property
    def _by_head(self) -> dict[str, list[str]]:
        """Names by their first two characters, longest first."""
        heads: dict[str, list[str]] = defaultdict(list)
        for surface in sorted(self._owners, key=len, reverse=True):
            heads[surface[:2]].append(surface)
        return heads


def _plain(name: str) -> Iterable[str]:
    """Drop what an issuer's full name carries in brackets."""
    yield re.sub(r"（[^）]*）|\([^)]*\)", "", name).replace("’", "'").strip()


def _stands_free(text: str, start: int, end: int) -> bool:
    """Tell whether a Latin name is not part of a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (
        (_latin(text[start]) and _latin(before)) or (_latin(text[end - 1]) and _latin(after))
    )


def _latin(character: str) -> bool:
    return "a" <= character <= "z"
