"""The checker: no sentence is shown unless the facts it cites bear it out.

It trusts no writer, our own included. A claim is supported when its facts exist, hold on the
answer's day (or the sentence says that they do not), and contain every figure, date, document
number and authority of the sentence.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from bot.answer import CheckedClaim
from bot.checking.belonging import misplaced
from bot.checking.bodies import Authorities
from bot.checking.support import Support
from bot.language import to_simplified
from bot.writing.draft import BlockKind, Claim, Finding
from bot.writing.labels import en_date, tells_standing, zh_date
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, missing_figures, read_figures
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
        self._authorities = support.authorities if support else Authorities(corpus, glossary)
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
            if not tells_standing(text, validity, day):
                yield Finding(rule="not-in-force", seen=f"{ref} is {validity} on {day}")
        evidence = [self._evidence(ref) for ref in claim.refs]
        yield from self._unshown(text, evidence)
        if in_own_words:
            if self._support is None:
                raise RuntimeError("no Support was given: sentences in own words cannot be judged")
            yield from self._strange_doers(text, evidence)
            facts = [self._corpus.fact(ref) for ref in claim.refs]
            for seen in misplaced(text, [told for fact in facts for told in (fact.zh, fact.en)]):
                yield Finding(rule="figure", seen=seen)
            yield from self._support.findings(text, claim.refs)

    def _unshown(self, text: str, evidence: Sequence[_Shown]) -> Iterator[Finding]:
        """Tell which figures, dates and bodies of a sentence its citations do not show."""
        missing = missing_figures(text, (shown.text for shown in evidence))
        unlisted = [
            figure
            for figure in missing
            if not _counts_own(text, figure, len(evidence)) and not _lies_between(text, figure)
        ]
        misdated = [figure for figure in self._misdated(text, evidence) if figure not in missing]
        for figure in (*unlisted, *misdated):
            yield Finding(rule="figure", seen=str(figure))
        known = {authority for shown in evidence for authority in shown.authorities}
        for authority in sorted(self._strange_to(known, self._authorities.named_in(text))):
            yield Finding(rule="authority", seen=authority)
        for body in self._authorities.strange_in(text, "\n".join(one.text for one in evidence)):
            yield Finding(rule="authority", seen=body)

    def _doubts(self, claim: Claim, day: dt.date) -> int:
        return sum(1 for _ in self.findings(claim, day))

    def _shown(self, ref: FactRef) -> _Shown:
        """Return all that a citation of this fact shows its reader."""
        card, fact = self._corpus.instrument(ref), self._corpus.fact(ref)
        days = (card.issued, card.effective, self._corpus.ends(card))
        dates = [f"{zh_date(day)} {en_date(day)}" for day in days if day]
        told = "\n".join((fact.zh, fact.en, card.title.zh, card.title.en, fact.locator or ""))
        text = "\n".join((told, card.number or "", *dates))
        named = frozenset(self._authorities.named_in(text) | set(card.issuers))
        return _Shown(
            text,
            told,
            authorities=named,
            told_bodies=frozenset(self._authorities.named_in(told)),
            own_bodies=frozenset(self._authorities.named_in(f"{fact.zh}\n{fact.en}")),
        )

    def _strange_doers(self, text: str, evidence: Sequence[_Shown]) -> Iterator[Finding]:
        """Tell which bodies do something, or are gone to, that issued the rules but are not in them."""
        told = {body for shown in evidence for body in shown.told_bodies}
        own = {body for shown in evidence for body in shown.own_bodies}
        strange = self._strange_to(told, self._authorities.dealt_with_in(text))
        if self._strange_to(self._authorities.named_in(text), own):
            # a body of the facts is left out: one that only their title or issuer has took its place
            strange |= self._strange_to(own, self._authorities.acting_in(text))
        for body in sorted(strange):
            yield Finding(rule="authority", seen=body)

    def _strange_to(self, known: set[str], bodies: set[str]) -> set[str]:
        """Return the bodies that are neither known ones nor branches of them."""
        return {body for body in bodies - known if not self._authorities.is_part_of(body, known)}

    def _misdated(self, text: str, evidence: Sequence[_Shown]) -> Iterator[Figure]:
        """Yield dates that only the instrument bears, where the sentence leaves out the fact's."""
        said = [figure for figure in read_figures(text) if figure.kind == "date"]
        full = {figure.value for figure in said if len(figure.value) >= len("2026-01")}
        if not full:
            return
        told = [
            figure.value
            for shown in evidence
            for figure in read_figures(shown.told)
            if figure.kind == "date"
        ]
        for figure in missing_figures(text, (shown.told for shown in evidence)):
            left_out = [
                value for value in told if len(value) == len(figure.value) and value not in full
            ]
            around = text[max(0, figure.start - _NEAR) : figure.end + _NEAR]
            if figure.value in full and left_out and not _OF_INSTRUMENT.search(around):
                yield figure


class _Shown(NamedTuple):
    """What a citation shows: its words, those but for its dates, and the bodies that it names."""

    text: str
    told: str
    authorities: frozenset[str]
    """Named in `text`, and those that issued the rule."""
    told_bodies: frozenset[str]
    own_bodies: frozenset[str]
    """Named in the fact itself."""


_NEAR = 24
"""Characters within which a date belongs to a word."""
_OF_INSTRUMENT = re.compile(
    r"施行|实施|生效|发布|公布|印发|颁布|出台|签发|开始|起(?:执行|适用)|版"
    r"|\b(?:issu|effect|publish|promulgat|releas|in force|came|comes?|dated|announc|launch|since)",
    re.IGNORECASE,
)
"""Words by which a date is that of an instrument."""
_SEVERAL = re.compile(
    r"[类种点项件条方者]|\b(?:of (?:the|these|its)|points|things|rules|conditions|limits)\b"
)


def _counts_own(text: str, figure: Figure, facts: int) -> bool:
    """Tell whether a small count is of what the sentence lists itself, or of the facts it cites."""
    if figure.kind != "number" or figure.unit not in ("count", None):
        return False
    before, after = (
        text[max(0, figure.start - 20) : figure.start],
        text[figure.start : figure.end + 16],
    )
    if figure.value == "2" and _LISTED_PAIR.search(before):
        return True
    return figure.value == str(facts) and facts > 1 and bool(_SEVERAL.search(after))


def _lies_between(text: str, figure: Figure) -> bool:
    """Tell whether a span of months or years is that between two dates of the sentence itself."""
    around = text[max(0, figure.start - 4) : figure.end + 8]
    if figure.unit not in _MONTHS_IN or not _SINCE.search(around):
        return False
    days = [one.value.split("-") for one in read_figures(text) if one.kind == "date"]
    years = [day[0] for day in days if day[0]]
    months = [
        12 * int(day[0] or years[0]) + int(day[1] or day[2])
        for day in days
        if years and len(day) > 1 and (day[1] or len(day) > 2)
    ]
    wanted = int(figure.value) * _MONTHS_IN[figure.unit] if figure.value.isdigit() else 0
    return wanted > 0 and any(abs(one - other) == wanted for one in months for other in months)


_MONTHS_IN = {"month": 1, "year": 12}
_SINCE = re.compile(r"[晚早迟]|[之以]?[后前]|\b(?:later|after|earlier|before)\b", re.IGNORECASE)
"""Words by which a span is one between two days."""
_LISTED_PAIR = re.compile(r"[和与及][^，。；、]{1,14}$")
