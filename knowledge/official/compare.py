"""Comparison of two versions of a text, article by article."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from knowledge.card import Frozen
from knowledge.official.articles import Article

ChangeKind = Literal["added", "removed", "changed", "renumbered"]

ALIKE = 0.6
"""Share of words that two articles under different numbers have in common to be one, reworded."""
ALIKE_UNDER_ONE_NUMBER = 0.3
_WORD = re.compile(r"[㐀-鿿]|\d+(?:[.,]\d+)*%?|[^\W\d_㐀-鿿]+|[^\w\s]")
_SAME_WORDS = 3
"""Words between two changed stretches up to which they are told as one."""


class Wording(NamedTuple):
    """A stretch that reads otherwise."""

    before: str
    """Empty where words were added."""
    after: str


class Change(Frozen):
    """What became of an article."""

    kind: ChangeKind
    before: Article | None = None
    after: Article | None = None
    words: tuple[Wording, ...] = ()
    """Of a changed article, in reading order."""

    @property
    def label(self) -> str:
        """By what it is told: 第十二条, or how it begins."""
        article = self.after or self.before
        assert article is not None
        if self.kind == "renumbered" and self.before and self.before.label:
            return f"{self.before.label} → {article.label}"
        return article.label or f"{' '.join(article.text.split())[:20]}…"


class Comparison(NamedTuple):
    """Two versions of a text held against each other."""

    changes: tuple[Change, ...]
    """In the order of the later text, what was removed last."""
    stays: Mapping[int, int]
    """Index of an earlier article to that of the later one which it has become, changed or not."""


def compare(before: Sequence[Article], after: Sequence[Article]) -> Comparison:
    """Tell what changed; an article whose words stand under another number has not."""
    pairs = _pairs(before, after)
    found: list[Change] = []
    for at, article in enumerate(after):
        if at not in pairs:
            found.append(Change(kind="added", after=article))
            continue
        old = before[pairs[at]]
        if old.body != article.body:
            found.append(
                Change(
                    kind="changed",
                    before=old,
                    after=article,
                    words=wordings(old.unnumbered, article.unnumbered),
                )
            )
        elif old.key != article.key:
            found.append(Change(kind="renumbered", before=old, after=article))
    kept = set(pairs.values())
    found += [Change(kind="removed", before=old) for at, old in enumerate(before) if at not in kept]
    return Comparison(tuple(found), {old: at for at, old in pairs.items()})


def wordings(before: str, after: str) -> tuple[Wording, ...]:
    """List the stretches in which two texts differ."""
    old, new = (list(_WORD.finditer(text)) for text in (before, after))
    matcher = SequenceMatcher(None, [m[0] for m in old], [m[0] for m in new], autojunk=False)
    spans: list[list[int]] = []
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag == "equal":
            continue
        if spans and low - spans[-1][1] <= _SAME_WORDS:
            spans[-1][1], spans[-1][3] = high, new_high
        else:
            spans.append([low, high, new_low, new_high])
    return tuple(
        Wording(_stretch(before, old[a:b]), _stretch(after, new[c:d])) for a, b, c, d in spans
    )


def _pairs(before: Sequence[Article], after: Sequence[Article]) -> dict[int, int]:
    """Tell of each later article which earlier one it was: index by index.

    The same words under the same number first, then anywhere; then the same number; then what is
    alike enough to be one article, reworded and renumbered.
    """
    free = dict(enumerate(before))
    pairs: dict[int, int] = {}

    names: tuple[Callable[[Article], Hashable], ...] = (
        lambda article: (article.key, article.body),
        lambda article: article.body,
    )
    for name in names:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for at, article in free.items():
            waiting[name(article)].append(at)
        for at, article in enumerate(after):
            if at not in pairs and (same := waiting.get(name(article))):
                pairs[at] = same.pop(0)
                del free[pairs[at]]
    alike = [
        (share, at, old)
        for at, article in enumerate(after)
        if at not in pairs
        for old, earlier in free.items()
        if (share := _likeness(earlier, article))
        >= (ALIKE_UNDER_ONE_NUMBER if _same_number(earlier, article) else ALIKE)
    ]
    for _, at, old in sorted(alike, key=lambda each: (-each[0], each[1], each[2])):
        if at not in pairs and old in free:
            pairs[at] = old
            del free[old]
    return pairs


def _same_number(before: Article, after: Article) -> bool:
    return before.key == after.key


def _likeness(before: Article, after: Article) -> float:
    """Measure how alike two articles are; the same number counts a little."""
    old, new = _WORD.findall(before.body), _WORD.findall(after.body)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    bonus = 0.1 if _same_number(before, after) else 0.0
    if matcher.real_quick_ratio() + bonus < ALIKE_UNDER_ONE_NUMBER:
        return 0.0
    if not _same_number(before, after) and matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio() + bonus


def _stretch(text: str, words: Sequence[re.Match[str]]) -> str:
    return text[words[0].start() : words[-1].end()] if words else ""
