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
from typing import NamedTuple

from bot.content import read_tokens
from bot.opposites import BOUNDED, BOUNDS, DIRECTIONS, IDLE, LIMIT, MODES, NEGATION, Pair
from knowledge.card import PassageLang
from knowledge.figures import Figure, read_figures


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
_BREAK_COST = 0.35
"""What a break between takes off the weight of a word."""
_BEFORE = 0.6
"""What a word before a place weighs, against one after it."""
_BOUND_BEFORE, _BOUND_AFTER = 28, 14
"""Characters round a figure in which its bound stands."""


class Place(NamedTuple):
    """A word and what surrounds it."""

    word: str
    surroundings: Surroundings


class Reading:
    """A text with its content words, for comparing places in it."""

    def __init__(self, text: str, lang: PassageLang) -> None:
        """Take a text, Chinese in simplified characters."""
        self.text = text
        self.figures = read_figures(text)
        self.tokens = read_tokens(text, lang)
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

    def _weigh(
        self, found: dict[str, float], word: str, weight: float, between: tuple[int, int]
    ) -> None:
        weight -= _BREAK_COST * self._breaks_between(*between)
        if weight > found.get(word, 0.0):
            found[word] = weight

    def _breaks_between(self, low: int, high: int) -> int:
        return bisect_left(self._breaks, high) - bisect_left(self._breaks, low)

    def places(self, words: re.Pattern[str], *, unbound: bool = False) -> list[Place]:
        """Return every place of certain words; `unbound`: where they are not part of a bound."""
        text = self._unbound if unbound else self.text
        return [
            Place(match[0], self.around(match.start(), match.end()))
            for match in words.finditer(text)
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
        return self.places(NEGATION, unbound=True)

    @cached_property
    def _denials(self) -> list[tuple[int, int]]:
        """Spans of all that may deny: words of negation and of limit."""
        words = (NEGATION, LIMIT)
        return [match.span() for word in words for match in word.finditer(self._unbound)]

    @property
    def denials(self) -> int:
        """Count all that may deny."""
        return len(self._denials)

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
    return max((_undenied(place, facts) for place in text.negated), default=NO_TURN)


def lost_negation(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find what the facts deny and the text does not."""
    places = (place for fact in facts for place in fact.negated)
    return max((_undenied(place, [text]) for place in places), default=NO_TURN)


def _undenied(place: Place, others: Sequence[Reading]) -> Turn:
    like = {True: 0.0, False: 0.0}
    for other in others:
        for is_denied, gap in other.gaps:
            like[is_denied] = max(like[is_denied], likeness(place.surroundings, gap))
    return max(NO_TURN, Turn(like[False] - like[True], place.word))


def more_negations(text: Reading, facts: Sequence[Reading]) -> bool:
    """Tell whether the text denies more often than its facts could."""
    return len(text.negated) > sum(fact.denials for fact in facts)


def turned_mode(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find leave where the facts have a ban, duty where they have an exemption, and the reverse."""
    return _turned(text, facts, MODES, unbound=True)


def turned_direction(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find a word of direction that stands where the facts have its opposite."""
    return _turned(text, facts, DIRECTIONS, unbound=False)


def _turned(
    text: Reading, facts: Sequence[Reading], pairs: Iterable[Pair], *, unbound: bool
) -> Turn:
    worst = NO_TURN
    for here, there in _both_ways(pairs):
        places = text.places(here, unbound=unbound)
        theirs = (
            [p for fact in facts for p in fact.places(there, unbound=unbound)] if places else []
        )
        if not theirs:
            continue
        same = [place for fact in facts for place in fact.places(here, unbound=unbound)]
        for place in places:
            worst = max(worst, Turn(_nearest(place, theirs) - _nearest(place, same), place.word))
    return worst


def _nearest(place: Place, others: Iterable[Place]) -> float:
    return max((likeness(place.surroundings, other.surroundings) for other in others), default=0.0)


def outweighed_direction(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find a word of direction that the facts have less often, while its opposite went."""
    told = "\n".join(fact.text for fact in facts)
    for here, there in _both_ways(DIRECTIONS):
        came = len(said := here.findall(text.text)) - len(here.findall(told))
        gone = len(there.findall(told)) - len(there.findall(text.text))
        if came > 0 and gone > 0:
            return Turn(1.0, said[0])
    return NO_TURN


def _both_ways(pairs: Iterable[Pair]) -> Iterator[Pair]:
    for pair in pairs:
        yield pair
        yield Pair(pair.other, pair.one)


def turned_bound(text: Reading, facts: Sequence[Reading]) -> Turn:
    """Find a figure that is the least in the text and the most in its facts, or the reverse."""
    told = [(figure, _bound(fact, figure)) for fact in facts for figure in fact.figures]
    for figure in text.figures:
        bound = _bound(text, figure)
        known = {b for other, b in told if (other.kind, other.value) == (figure.kind, figure.value)}
        if bound and -bound in known and bound not in known:
            return Turn(1.0, figure.text)
    return NO_TURN


def _bound(reading: Reading, figure: Figure) -> int:
    """Return 1 for a figure that is the least, -1 for the most, 0 for neither or both."""
    text = reading.text
    before = _BREAK.split(text[max(0, figure.start - _BOUND_BEFORE) : figure.start])[-1]
    after = _BREAK.split(text[figure.end : figure.end + _BOUND_AFTER])[0]
    near = f"{before} # {after}"
    return bool(BOUNDS.one.search(near)) - bool(BOUNDS.other.search(near))
