"""Unsaid: leave, duty, limits and denials that a sentence has and none of its facts, or the reverse.

Facts are read in both languages: what one spells out the other may imply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bot.checking.content import word_set
from bot.checking.opposites import BAN, BOUNDED, CONDITION, DUTY, IDLE, LIMIT, MODES, NEGATION
from knowledge.card import PassageLang

_EXEMPT = MODES[1].other
_LASTING = re.compile(
    r"仍(?!拒|未|不)|继续|依然|依旧|照旧|照样|\b(?:(?<!must )(?<!should )(?<!may )still(?! (?:refus|fail|not))|remain\w*|continu\w*|keeps?)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"取消|废止|不再|停止|免|放宽|扩大|取代|简化|终止|届满|停|改|新增"
    r"|\b(?:repeal|replac|remov|drop|scrap|discontinu|no longer|abolish|widen|end(?:ed|s)?\b|clos|supersed|waiv|exempt)",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"事后|[后再]补|补办|补报|\b(?:afterwards?|after the fact|subsequently|retrospectively|later on)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"(?:须|应|要|必须)先|先取得|事前|事先|预先|方可|\b(?:before|prior|in advance|first)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[，；;：:。]|,(?!\d)|\.(?=\s|$)|\b(?:and|but|while|though|unless|provided)\b"
)
_CLAUSE_WORDS = 2


class Evidence(NamedTuple):
    """A fact in the language of a sentence and in the other."""

    same: str
    other: str


class Unsaid(NamedTuple):
    """What a sentence has of its own, each 0 or 1 but the last, which is 0 to 1."""

    exemption: float
    """It says that something need not be, and no fact has a denial."""
    duty: float
    """It says that something must be, and no fact does."""
    lasting: float
    """It says *still*, and its facts speak of a change."""
    later: float
    """It says that something is made up for afterwards, and its facts that it comes first."""
    contrary: float
    """`parity` where nothing in the other may mean a denial: no limit, bound or exemption."""
    parity: float
    """It denies where its facts do in neither language, or they in both and it does not."""
    lost: float
    """How alike a clause without a denial is to one of the facts that has one."""


def compare(text: str, facts: Sequence[Evidence], lang: PassageLang) -> Unsaid:
    """Hold a sentence (Chinese simplified) against the facts it cites."""
    all_told = [one for fact in facts for one in fact]
    denies = _denies(text)
    same, other = (any(map(_denies, told)) for told in zip(*facts, strict=True))

    def said_first(words: re.Pattern[str], *told: re.Pattern[str]) -> bool:
        here = bool(words.search(text))
        return here and not any(word.search(one) for word in told for one in all_told)

    exempt = said_first(_EXEMPT, _EXEMPT) and not (same or other)
    lasting = said_first(_LASTING, _LASTING) and any(map(_CHANGE.search, all_told))
    return Unsaid(
        exemption=float(exempt),
        duty=float(said_first(DUTY, DUTY, BAN)),
        lasting=float(lasting),
        later=float(
            bool(_LATER.search(text))
            and any(map(_FIRST.search, all_told))
            and not any(map(_LATER.search, all_told))
        ),
        contrary=float(
            (denies and not any(map(_may_deny, all_told)))
            or (same and other and not _may_deny(text))
        ),
        parity=float(denies != same and denies != other),
        lost=_lost(text, facts, lang),
    )


def _may_deny(text: str) -> bool:
    """Tell whether a text has anything that may say the same as a denial."""
    return any(words.search(text) for words in (NEGATION, LIMIT, BOUNDED, _EXEMPT, BAN))


def _denies(text: str) -> bool:
    """Tell whether a text has a word of negation that is no bound and no part of a condition."""
    plain = _blanked(text, IDLE, BOUNDED)
    low = [match.span() for match in CONDITION.finditer(plain)]
    return any(
        not any(start <= match.start() < end for start, end in low)
        for match in NEGATION.finditer(plain)
    )


def _lost(text: str, facts: Iterable[Evidence], lang: PassageLang) -> float:
    mine = list(_clauses(text, lang))
    worst = 0.0
    for fact in facts:
        if not _denies(fact.other):
            continue
        for clause, words in _clauses(fact.same, lang):
            if not _denies(clause) or len(words) < _CLAUSE_WORDS:
                continue
            likeness, nearest = max(
                ((_likeness(own, words), part) for part, own in mine), default=(0.0, "")
            )
            if not (_denies(nearest) or _EXEMPT.search(nearest) or BOUNDED.search(nearest)):
                worst = max(worst, likeness)
    return worst


def _clauses(text: str, lang: PassageLang) -> Iterator[tuple[str, frozenset[str]]]:
    for clause in _CLAUSE.split(text):
        words = word_set(clause, lang)
        if words:
            yield clause, words


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other))


def _blanked(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda match: "\0" * len(match[0]), text)
    return text
