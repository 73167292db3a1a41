"""Polarity: where a sentence turns round what its facts say.

A word of negation, of direction or of bound is held against the place in the facts that has the
same surroundings: *may not* where they have no negation, *offshore* where they have *onshore*,
*at least 15 %* where they have *up to 15 %*.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from bot.checking.content import read_tokens
from bot.checking.opposites import (
    BAN,
    BOUNDED,
    CONDITION,
    DIRECTIONS,
    IDLE,
    LIMIT,
    MODES,
    NEGATION,
    ONLY,
    SEQUENCE,
    Pair,
)
from knowledge.card import PassageLang
from knowledge.figures.figure import read_figures


class Turn(NamedTuple):
    """A word that turns a sentence round."""

    weight: float
    """How surely: the share of its surroundings that speaks against it, less what speaks for it."""
    seen: str
    """The word."""


NO_TURN = Turn(0.0, "")

Surroundings = Mapping[str, float]
"""Content words round a place; 1 next to it, less further off."""

FigureKey = tuple[str, str, str | None]
"""Kind, value and unit: what makes two figures the same."""
_REACH: Mapping[PassageLang, int] = {"zh": 14, "en": 7}
"""Content words on either side that are looked at; a Chinese pair is about half a word."""
_BREAK = re.compile(r"[，,；;：:。！？!?（）()]|\.(?=\s|$)|\b(?:and|but|while|though|yet)\b")
_FOLLOWING = 4
"""Content words after one of direction that may be what it is said of."""
_BREAK_COST = 0.35
"""What a break between takes off the weight of a word."""
_BEFORE = 0.6
"""What a word before a place weighs, against one after it."""
_PLACES = (DIRECTIONS[0], DIRECTIONS[0][::-1])


_TOLD = 0.5
"""What a turn weighs whose word the facts have in their other language."""


class Place(NamedTuple):
    """A word and what surrounds it."""

    word: str
    surroundings: Surroundings
    denied: Surroundings = MappingProxyType({})
    """Of a word of negation: what follows it."""


class Reading:
    """A text with its content words, for comparing places in it."""

    def __init__(self, text: str, lang: PassageLang) -> None:
        """Take a text, Chinese in simplified characters."""
        self.text = text
        self.figures = read_figures(text)
        self.tokens = read_tokens(text, lang)
        self._lang: PassageLang = lang
        self._reach = _REACH[lang]
        self._starts = [token.start for token in self.tokens]
        self._breaks = [match.start() for match in _BREAK.finditer(text)]
        self._unbound = _blanked(text, IDLE, BOUNDED)

    def around(self, start: int, end: int) -> Surroundings:
        """Return the content words round a span."""
        found: dict[str, float] = {}
        first = bisect_left(self._starts, end)
        for rank, token in enumerate(self.tokens[first : first + self._reach]):
            self._weigh(found, token.text, 1 - rank / self._reach, (end, token.start))
        before = [token for token in self.tokens[:first] if token.end <= start]
        for rank, token in enumerate(reversed(before[-self._reach :])):
            weight = _BEFORE * (1 - rank / self._reach)
            self._weigh(found, token.text, weight, (token.end, start))
        return found

    def before(self, start: int) -> Surroundings:
        """Return the content words before a place, up to a break."""
        near = [token for token in reversed(self.tokens) if token.end <= start]
        return self._unbroken((token.text, token.end, start) for token in near)

    def after(self, end: int) -> Surroundings:
        """Return the content words after a place, up to a break."""
        near = self.tokens[bisect_left(self._starts, end) :]
        return self._unbroken((token.text, end, token.start) for token in near)

    def _unbroken(self, near: Iterable[tuple[str, int, int]]) -> Surroundings:
        found: dict[str, float] = {}
        for rank, (word, low, high) in enumerate(near):
            if rank == self._reach or self._breaks_between(low, high):
                break
            found[word] = max(found.get(word, 0.0), 1 - rank / self._reach)
        return found

    def followers(self, words: re.Pattern[str]) -> set[str]:
        """Return the content words that follow certain words closely, with no break between."""
        found: set[str] = set()
        for match in words.finditer(self.text):
            at = bisect_left(self._starts, match.end())
            for token in self.tokens[at : at + _FOLLOWING]:
                if not self._breaks_between(match.end(), token.start):
                    found.add(token.text)
        return found

    def heads(self, words: re.Pattern[str]) -> set[str]:
        """Return the content words that directly follow certain words."""
        ends = {match.end() for match in words.finditer(self.text)}
        return {
            token.text
            for token in self.tokens
            if not token.text.startswith("#")
            and (token.start in ends or (token.start - 1 in ends and self._lang == "en"))
        }

    def sequence(self, words: re.Pattern[str]) -> list[Place]:
        """Return every place of certain words of sequence, with what they stand with.

        That is 申报 in 申报之前 and *filing* in *before filing*.
        """
        if self._lang == "zh":
            return [Place(m[0], self.before(m.start())) for m in words.finditer(self.text)]
        return [Place(m[0], self.after(m.end())) for m in words.finditer(self.text)]

    def _weigh(
        self, found: dict[str, float], word: str, weight: float, between: tuple[int, int]
    ) -> None:
        weight -= _BREAK_COST * self._breaks_between(*between)
        if weight > found.get(word, 0.0):
            found[word] = weight

    def _breaks_between(self, low: int, high: int) -> int:
        return bisect_left(self._breaks, high) - bisect_left(self._breaks, low)

    def places(
        self,
        words: re.Pattern[str],
        *,
        but: re.Pattern[str] | None = None,
        unbound: bool = False,
    ) -> list[Place]:
        """Return every place of certain words.

        Args:
            words: what is looked for.
            but: words of which it must not be a part: `removes the requirement` requires nothing.
            unbound: leave out what is part of a bound.
        """
        text = self._unbound if unbound else self.text
        wider = [match.span() for match in but.finditer(text)] if but else []
        return [
            Place(match[0], self.around(match.start(), match.end()))
            for match in words.finditer(text)
            if not any(
                low <= match.start() and match.end() <= high and (low, high) != match.span()
                for low, high in wider
            )
        ]

    @cached_property
    def figure_places(self) -> Mapping[FigureKey, Sequence[Surroundings]]:
        """What surrounds each figure, in reading order; other figures are left out of it."""
        places: dict[FigureKey, list[Surroundings]] = {}
        for figure in self.figures:
            around = self.around(figure.start, figure.end)
            words = {word: weight for word, weight in around.items() if not word.startswith("#")}
            places.setdefault((figure.kind, figure.value, figure.unit), []).append(words)
        return places

    @cached_property
    def negated(self) -> list[Place]:
        """The words of negation."""
        return [
            Place(m[0], self.around(m.start(), m.end()), self.after(m.end()))
            for m in NEGATION.finditer(self._unbound)
        ]

    @cached_property
    def unconditional(self) -> list[Place]:
        """The words of negation that are no part of a condition."""
        low = [match.span() for match in CONDITION.finditer(self._unbound)]
        places = zip(NEGATION.finditer(self._unbound), self.negated, strict=True)
        return [
            place
            for match, place in places
            if not any(start <= match.start() < end for start, end in low)
        ]

    def conditional(self, words: re.Pattern[str]) -> list[Place]:
        """Return the places of certain words that are part of a condition: 未经登记不得."""
        spans = [match.span() for match in CONDITION.finditer(self._unbound)]
        return [
            Place(match[0], self.around(match.start(), match.end()))
            for match in words.finditer(self._unbound)
            if any(low <= match.start() < high for low, high in spans)
        ]

    @cached_property
    def _denials(self) -> list[tuple[int, int]]:
        """Spans of all that may deny: words of negation and of limit."""
        words = (NEGATION, LIMIT)
        return [match.span() for word in words for match in word.finditer(self._unbound)]

    @cached_property
    def denials(self) -> int:
        """Count all that may deny, bounds with it: what may not exceed a cap must stay within."""
        return len(self._denials) + len(BOUNDED.findall(self.text)) + len(IDLE.findall(self.text))

    @cached_property
    def gaps(self) -> list[tuple[bool, Surroundings]]:
        """Whether something denies each content word, and what surrounds it."""
        return [
            (self._is_denied(at), self.around(token.start, token.start))
            for at, token in enumerate(self.tokens)
        ]

    def _is_denied(self, at: int) -> bool:
        """Tell whether a denial stands before the word, not far, or close after it."""
        low = self.tokens[max(0, at - self._reach // 2)].start if at else 0
        high = self.tokens[min(len(self.tokens) - 1, at + self._reach // 4)].end
        here = self.tokens[at].start
        return any(
            low <= end and start <= high and not self._breaks_between(*sorted((start, here)))
            for start, end in self._denials
        )


def _blanked(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda match: "\0" * len(match[0]), text)
    return text


def likeness(one: Surroundings, other: Surroundings) -> float:
    """Tell what share of one place's surroundings the other has too."""
    shared = sum(min(weight, other.get(word, 0.0)) for word, weight in one.items())
    return shared / (sum(one.values()) or 1.0)


def exchanged_figures(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find two figures of the text that change places in what surrounds them.

    Both stand in one fact, so that each by itself is borne out; the surroundings of the one are
    more like those of the other there than like its own.
    """
    mine = text.figure_places
    turns = (
        Turn(_crossed(mine[one], mine[other], theirs[one], theirs[other]), f"{one[1]}, {other[1]}")
        for theirs in (fact.figure_places for fact in facts)
        for one, other in combinations([key for key in mine if key in theirs], 2)
        if one[0] == other[0]
    )
    return max(turns, default=NO_TURN)


def _crossed(
    one: Sequence[Surroundings],
    other: Sequence[Surroundings],
    one_there: Sequence[Surroundings],
    other_there: Sequence[Surroundings],
) -> float:
    """Return by how much two figures fit each other's places better than their own."""

    def fit(here: Sequence[Surroundings], there: Sequence[Surroundings]) -> float:
        return max(likeness(here[0], place) for place in there)

    own = fit(one, one_there) + fit(other, other_there)
    return fit(one, other_there) + fit(other, one_there) - own


def added_negation(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find what the text denies and its facts do not."""
    return max((_undenied(place, facts) for place in text.unconditional), default=NO_TURN)


def lost_negation(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find what the facts deny and the text does not."""
    places = (place for fact in facts for place in fact.negated)
    return max((_undenied(place, [text]) for place in places), default=NO_TURN)


def _undenied(place: Place, others: Sequence[Reading]) -> Turn:
    like = {True: 0.0, False: 0.0}
    for other in others:
        for is_denied, gap in other.gaps:
            like[is_denied] = max(like[is_denied], likeness(place.surroundings, gap))
        like[True] = max(like[True], _nearest(place, other.negated), _denied_too(place, other))
    return max(NO_TURN, Turn(like[False] - like[True], place.word))


def _denied_too(place: Place, other: Reading) -> float:
    """Tell how far another text denies just what is denied here, wherever it says so."""
    return max((likeness(place.denied, one.denied) for one in other.negated), default=0.0)


def turned_mode(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find leave where the facts have a ban, duty where they have an exemption, and the reverse."""
    return _turned(text, facts, MODES, unbound=True)


def turned_direction(
    text: Reading, facts: Sequence[Reading], translations: Sequence[str] = ()
) -> Turn:
    """Find a word of direction that stands where the facts have its opposite.

    Args:
        text: the sentence.
        facts: what it cites.
        translations: the same in the other language; a word that they spell out is no turn.
    """
    turned = _turned(text, facts, DIRECTIONS, translations, unbound=False)
    return max(turned, turned_sequence(text, facts))


def crossed_opposites(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find two opposite words that fit each other's places in one fact better than their own."""
    worst = NO_TURN
    for one, other in DIRECTIONS:
        ones, others = text.places(one, but=other), text.places(other, but=one)
        if not ones or not others:
            continue
        for fact in facts:
            there, over_there = fact.places(one, but=other), fact.places(other, but=one)
            if there and over_there:
                own = _nearest(ones[0], there) + _nearest(others[0], over_there)
                cross = _nearest(ones[0], over_there) + _nearest(others[0], there)
                worst = max(worst, Turn(cross - own, ones[0].word))
    return worst


def turned_head(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find a word of direction before the very word that has only its opposite in the facts."""
    for here, there in _both_ways(DIRECTIONS):
        mine = text.heads(here)
        if not mine:
            continue
        same = set().union(*(fact.followers(here) for fact in facts))
        turned = (mine - same) & set().union(*(fact.heads(there) for fact in facts))
        if turned:
            return Turn(1.0, max(turned))
    return NO_TURN


def turned_sequence(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find what comes before another thing in the text and after it in its facts, or the reverse."""
    worst = NO_TURN
    for here, there in _both_ways([SEQUENCE]):
        for place in text.sequence(here):
            theirs = [p for fact in facts for p in fact.sequence(there)]
            same = [p for fact in facts for p in fact.sequence(here)]
            worst = max(worst, Turn(_nearest(place, theirs) - _nearest(place, same), place.word))
    return worst


def _turned(
    text: Reading,
    facts: Sequence[Reading],
    pairs: Iterable[Pair],
    translations: Sequence[str] = (),
    *,
    unbound: bool,
) -> Turn:
    worst = NO_TURN
    for here, there in _both_ways(pairs):
        places = text.places(here, but=there, unbound=unbound)
        if here is BAN:
            places = [place for place in places if place not in text.conditional(here)]
        theirs = (
            [p for fact in facts for p in fact.places(there, but=here, unbound=unbound)]
            if places
            else []
        )
        if not theirs:
            continue
        same = [p for fact in facts for p in fact.places(here, but=there, unbound=unbound)]
        told = not same and any(here.search(one) for one in translations)
        if here is BAN:
            same += [place for fact in facts for place in fact.places(ONLY)]
        for place in places:
            turn = _nearest(place, theirs) - _nearest(place, same)
            worst = max(worst, Turn(turn * (_TOLD if told else 1), place.word))
    return worst


def _nearest(place: Place, others: Iterable[Place]) -> float:
    return max((likeness(place.surroundings, other.surroundings) for other in others), default=0.0)


def outweighed_direction(
    text: Reading, facts: Sequence[Reading], translations: Sequence[str] = ()
) -> Turn:
    """Find a word of direction that the facts have less often, while its opposite went.

    Args:
        text: the sentence.
        facts: what it cites.
        translations: the same in the other language, which may spell out what this one implies.
    """
    told = ["\n".join(fact.text for fact in facts)]
    if translations:
        told.append("\n".join(translations))
    for here, there in _both_ways(DIRECTIONS):
        said = here.findall(text.text)
        if not said:
            continue
        came = len(said) - max(len(here.findall(one)) for one in told)
        # abroad or onshore is often spelt out in one language only
        spelt = told if (here, there) in _PLACES else told[:1]
        theirs = next((one for one in spelt if here.search(one) or there.search(one)), "")
        gone = len(there.findall(theirs)) - len(there.findall(text.text))
        if came > 0 and gone > 0:
            return Turn(1.0, said[0])
    return NO_TURN


def _both_ways(pairs: Iterable[Pair]) -> Iterator[Pair]:
    for pair in pairs:
        yield pair
        yield Pair(pair.other, pair.one)
