"""Conditions: what facts say only of some, or only if, and a sentence of all.

A sentence that keeps what follows and leaves out the condition is wider than its facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.checking.content import read_words
from bot.checking.synonyms import synonyms
from knowledge.card import PassageLang
from knowledge.figures.figure import read_figures

Share = Callable[[Sequence[str], frozenset[str]], float]
"""Tells which share of the words a set has, rare words counting more."""

_CONDITION = re.compile(
    r"[^，；。：（]{2,40}(?:的|时|者)(?=[，,])|(?:如|若|凡|只要|满足|符合|经(?!营|济|常)|除)[^，；。]{2,30}(?=[，,；。]|后|的|，|$)"
    r"|(?:仅|只)(?:限|能|有|可|对|适用于|面向|接受)?[^，；。]{2,30}|限于?[^，；。]{2,30}|但(?!不限)[^；。]{3,50}"
    r"|[^，；。（、]{0,6}[\d.]+[^，；。、（）]{0,8}(?:以内|以下|以上)|（[^）]{4,60}）|前提[^，；。]*|[\d一两二三四五六]+个?(?:工作)?[年月日天小时]+内|合资?格|符合条件的?|优质|备案(?=银行|企业)|非关联[^，。；、]{1,4}"
    r"|\b(?:if|when|where|unless|provided|only|subject to|as long as|once|except|up to|within|after|under the condition)\b[^,;.()]{3,90}"
    r"|\([^()]{4,80}\)|\bin special circumstances|\bunrelated \w+",
    re.IGNORECASE,
)
_WIDE = (
    re.compile(
        r"任何(?!时)|不论|无论|不管|随时|凡是|任意|不分|自由(?!贸)|随便"
        r"|\b(?:any(?:one|body|where|thing)?|regardless|whatever|whichever(?! is)|whoever|simply|freely"
        r"|no matter|nothing more|without (?:any )?(?:limit|restriction|condition)s?|just)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"一律|所有(?!权|者)|全部|一概|必然"
        r"|\b(?:every\w*|(?<!in )(?<!at )all|always|automatic\w*|unconditional\w*|guarantee\w*|never)\b",
        re.IGNORECASE,
    ),
)
"""Words that say *whichever*, and words that say *all*."""
_HEEDLESS = re.compile(
    r"不论|无论|不管|不限|不分|不拘|不看|一律|一概|也?不例外|无一例外|毫无例外|没有例外"
    r"|\b(?:regardless|irrespective|whatever|whichever(?! is)|whoever|wherever|however (?:many|much|large|small|long|big|old|high|low)"
    r"|no matter|without exception|anywhere|everywhere|(?:do|does) not matter|unlimited|without (?:any )?limits?)\b",
    re.IGNORECASE,
)
"""Words that leave a condition out of account."""


class Condition(NamedTuple):
    """The words of a condition, and those that stand with it between two commas."""

    words: tuple[str, ...]
    near: tuple[str, ...]


class Unit(NamedTuple):
    """A sentence of a fact: its conditions, and the words of the rest."""

    conditions: tuple[Condition, ...]
    rest: tuple[str, ...]


class Widened(NamedTuple):
    """How far a sentence says more widely what its facts say under a condition, each 0 to 1."""

    dropped: float
    """The share of a condition that went, by how much of the rest is kept."""
    wide: float
    """Whether it says *any*, *all*, 不论 … where its facts do not."""
    heedless: float
    """Whether it says outright that a condition does not matter, where its facts do not."""


def widened(
    text: str, facts: Sequence[str], translations: Sequence[str], lang: PassageLang, share: Share
) -> Widened:
    """Hold a sentence (Chinese simplified) against the conditions of the facts it cites.

    Args:
        text: the sentence.
        facts: what it cites, in its language.
        translations: the same in the other.
        lang: its language.
        share: weighs words.
    """
    words = frozenset(_tokens(text, lang))
    said = words | synonyms(words, lang)
    worst = 0.0
    for fact in facts:
        for unit in units(fact, lang):
            kept = share(unit.rest, said) if unit.rest else 0.0
            for condition in unit.conditions:
                dropped = 1 - share(condition.words, said)
                near = share(condition.near, said) if len(condition.near) >= _NEAR_WORDS else 0.0
                worst = max(worst, dropped * max(0.0, max(kept, near) - _CHANCE))
    told = [*facts, *translations]
    wide = any(words.search(text) for words in _WIDE) and not any(
        words.search(one) for words in _WIDE for one in told
    )
    heedless = _HEEDLESS.search(text) and not any(
        words.search(one) for words in (*_WIDE, _HEEDLESS) for one in told
    )
    return Widened(worst / (1 - _CHANCE), float(wide), float(bool(heedless)))


_NEAR_WORDS = 2
"""Words from which what stands with a condition is judged by itself."""
_CHANCE = 0.2
"""Share of words that two sentences of one subject have in common anyhow."""


@lru_cache(8192)
def units(fact: str, lang: PassageLang) -> tuple[Unit, ...]:
    """Part the sentences of a fact into conditions and the rest."""
    found = []
    for part in re.split(r"[；;。]|\.(?=\s|$)", fact):
        conditions = []
        for match in _CONDITION.finditer(part):
            low = max(part.rfind(mark, 0, match.start()) for mark in "，,、")
            ends = [at for mark in "，,、" if (at := part.find(mark, match.end())) >= 0]
            near = (
                part[low + 1 : match.start()] + "，" + part[match.end() : min(ends, default=None)]
            )
            words = tuple(_tokens(match[0], lang))
            if words:
                conditions.append(Condition(words, tuple(_tokens(near, lang))))
        if conditions:
            found.append(Unit(tuple(conditions), tuple(_tokens(_CONDITION.sub("，", part), lang))))
    return tuple(found)


def _tokens(text: str, lang: PassageLang) -> Iterable[str]:
    figures = (f"#{figure.value}" for figure in read_figures(text))
    return (*(word.text for word in read_words(text, lang)), *figures)
