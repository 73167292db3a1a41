"""Roles: who does what to whom, and what becomes what.

The doer of a clause stands before its first verb of leave, duty or doing; whom it is for stands
after a case mark (向, 为, "to", "for"). Doer and receiver are held against those of the clauses of
the facts: both may well be there, each in the other's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.checking.content import word_set
from knowledge.card import PassageLang


class Clause(NamedTuple):
    """A clause cut in two at its first verb or case mark."""

    doer: frozenset[str]
    rest: frozenset[str]


class Change(NamedTuple):
    """What becomes what, or goes whither: *from X to Y*."""

    source: frozenset[str]
    target: frozenset[str]


class Roles(NamedTuple):
    """How surely a sentence has exchanged parts, each 0 or 1 at most."""

    exchanged: float
    """A doer is the facts' receiver, and their doer its receiver."""
    reversed: float
    """It goes from Y to X where the facts go from X to Y."""


_SPLIT = re.compile(
    r"[，；;：:。！？]|,(?!\d)|\.(?=\s|$)|\b(?:while|whereas|but|and(?= [\w-]+(?: [\w-]+){0,3} (?:may|can|must|is|are)\b))\b"
)
_CUT: Mapping[PassageLang, re.Pattern[str]] = {
    "zh": re.compile(
        r"可以?|须|必须|应当?|不得|需要?|能够?|要|向|为|给|对|由|把|将|只能|负责|提供|发行|享有|承担"
    ),
    "en": re.compile(
        r"\b(?:may|can|could|must|shall|will|should|need|needs|has to|have to|gives?|provides?|lends?"
        r"|pays?|issues?|opens?|sells?|buys?|owns?|holds?|files?|reports?|is|are|was|were|become|becomes)\b"
    ),
}
_CHANGE: Mapping[PassageLang, re.Pattern[str]] = {
    "zh": re.compile(
        r"(?:由|从|自)(?P<source>[^，。；、]{2,12}?)(?:转移?(?:给|至|到|向|为|由)|改为|改由|变为|变成|换成|到|至|给|移至)"
        r"(?P<target>[^，。；、]{2,12})"
    ),
    "en": re.compile(
        r"\bfrom (?:an? |the )?(?P<source>[\w’'-]+(?: [\w’'-]+){0,3}?) (?:in)?to (?:an? |the )?"
        r"(?P<target>[\w’'-]+(?: [\w’'-]+){0,2})"
    ),
}


class Outline(NamedTuple):
    """The clauses and changes of a text."""

    clauses: Sequence[Clause]
    changes: Sequence[Change]


def outline(text: str, lang: PassageLang) -> Outline:
    """Read the clauses and changes of a text (Chinese simplified)."""
    return Outline(list(_clauses(text, lang)), list(_changes(text, lang)))


def _clauses(text: str, lang: PassageLang) -> Iterator[Clause]:
    for part in _SPLIT.split(text):
        cut = _CUT[lang].search(part, 1)
        if not cut:
            continue
        doer, rest = (word_set(piece, lang) for piece in (part[: cut.start()], part[cut.end() :]))
        if doer and rest:
            yield Clause(doer, rest)


def _changes(text: str, lang: PassageLang) -> Iterator[Change]:
    for match in _CHANGE[lang].finditer(text):
        source, target = (word_set(match[name], lang) for name in ("source", "target"))
        if source and target:
            yield Change(source, target)


def exchanged_roles(text: Outline, facts: Iterable[Outline]) -> Roles:
    """Hold the parts of a sentence against those of its facts."""
    facts = list(facts)
    told = [clause for fact in facts for clause in fact.clauses]
    crossed = max(
        (_is_crossed(clause, other) for clause in text.clauses for other in told), default=0.0
    )
    changes = [change for fact in facts for change in fact.changes]
    turned = any(
        change.source & one.target - one.source
        and change.target & one.source - one.target
        and not change.source & one.source - one.target
        for change in text.changes
        for one in changes
    )
    return Roles(crossed, float(turned))


def _is_crossed(clause: Clause, other: Clause) -> float:
    doer, rest = clause.doer - clause.rest - other.doer, clause.rest - clause.doer
    there, others = other.doer - other.rest - clause.doer, other.rest - other.doer
    if not doer or not there:
        return 0.0
    return float(
        len(doer & others) / len(doer) >= _MOST and len(there & rest) / len(there) >= _MOST
    )


_MOST = 0.5
"""Share of a doer's words by which it is known again."""
