"""Strength: how firmly a sentence says what its facts say: a plan, a call, a choice, a duty, a fact.

Facts tell of intentions (拟, 探索, "explores"), of what is encouraged (鼓励, "supports") and of what is
left to choice (自愿, "voluntary"). A sentence that says the same as done, as law or as a duty, or
that makes a choice of a duty, says more than they do. Facts are read in both languages: only what
both of them have counts as theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.checking.content import SENTENCE, word_set
from bot.checking.synonyms import synonyms
from knowledge.card import PassageLang


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PLAN = _words(
    r"拟(?!人)|探索|(?<!联合)研究(?!院|所|机构)|考虑|计划(?!单列)|争取|力争|建议|探讨|征求意见|草案|意向|筹备|酝酿|设想|提出|打算|有望"
    r"|\b(?:plan(?:s|ned)?|propos\w*|explor\w*|stud(?:y|ies|ied|ying)|consider(?:s|ing)|intend\w*|aims?"
    r"|would|draft\w*|consult\w*|discuss\w*|ask(?:s|ed)|suggest\w*|recommend\w*)\b"
)
"""What is intended, proposed or looked into, and not yet so."""
_CALL = _words(
    r"鼓励|支持|引导|倡导|\b(?:encourag\w*|support(?:s|ed)?|back(?:s|ed)|promot(?:es|ed)|welcom\w*|urge\w*)\b"
)
"""What is encouraged, and nobody's duty."""
_SOFT = _words(
    _PLAN.pattern
    + "|"
    + _CALL.pattern
    + r"|推动|促进|欢迎|提倡|推广|推进|助力|便利|咨询|研究|将(?!其|该|所)|尚未|未来|以后|今后|目标|希望|呼吁|预计|规划|谋划|行动方案|愿景|要(?!求|点|素|约|闻|么)"
    r"|[会要想](?:把|在|让|增|加|参|推|建|做|有|给)|放行|帮"
    r"|\b(?:will|hop(?:e|es|ing)|target\w*|goal|due|expect\w*|calls?|called|wants?|prepar\w*|not yet|vision|push\w*|work(?:s|ing)? (?:on|towards?)|to be|to (?:become|make|let)"
    r"|guid(?:e|es|ing)|favou?r\w*|foster\w*|invit\w*|nudg\w*|help\w*|prefer\w*|behind|looking|seek\w*|tri(?:es|al)|try|could|open to)\b"
)
"""What may say the same as either."""
_LEAVE = _words(
    r"可(?!再生|行|持续|比|靠|能|疑|见|转|变|抗)|允许|能(?!源|力|耗)|\b(?:may|can|could|allow\w*|permit\w*|let|lets|letting)\b"
)
"""What is allowed."""
_CHOICE = _words(
    r"自愿|自行(?:决定|选择)|自主(?!品牌|研发|知识)|可选|选择|选用|任选|酌情|随意|可以不|可不(?!得|能)|并非必须|不强制|愿意"
    r"|\b(?:voluntar\w*|option\w*|elect(?:s|ed|ion)?|choos\w*|choice|discretion\w*|(?:is|are|be) up to|free to|if (?:it|they|you) (?:wish|like|want)\w*"
    r"|not (?:obliged|compulsory|mandatory|bound|forced)|may also|may instead)\b"
)
"""What is left to choice."""
_DUTY = _words(
    r"(?<![无不毋])须(?!知)|必须|应(?!用|收|付|对|急|纳|税|链|商)|(?<!不)需(?!求)|(?<!不)要求|义务|有责任|(?<!不)强制|务必|一律|领取"
    r"|\b(?:must|shall|(?:has|have|had) to|needs?|require\w*|oblig\w*|mandat\w*|compulsory|duty|bound to|forced|responsib\w*|no choice|subject to|without exception)\b"
)
"""What has to be done."""
_BAN = _words(r"不得|禁止|\b(?:may not|must not|cannot|prohibit)")


class Strength(NamedTuple):
    """How much more or less firmly a sentence speaks than its facts, each 0 to 1 by their likeness."""

    hardened: float
    """What they intend or encourage is said as so."""
    bound: float
    """What they intend, encourage or leave to choice is a duty, and they have none."""
    freed: float
    """What they make a duty is left to choice, and they leave none."""


def strength(
    text: str, facts: Sequence[str], translations: Sequence[str], lang: PassageLang
) -> Strength:
    """Hold each sentence of a text (Chinese simplified) against the sentence of its facts most like it.

    Args:
        text: the sentence.
        facts: what it cites, in its language.
        translations: the same in the other.
        lang: its language.
    """
    hardened = bound = freed = 0.0
    told = [*facts, *translations]
    has_duty = any(_DUTY.search(one) for one in told)
    has_choice = any(_CHOICE.search(one) for one in told)
    for part, words in _sentences(text, lang) or ((text, word_set(text, lang)),):
        likeness, nearest, other = _nearest(words, facts, translations, lang)
        plans = bool(_PLAN.search(nearest) and _PLAN.search(other))
        calls = bool(_CALL.search(nearest) and _CALL.search(other))
        if (plans or (calls and not _LEAVE.search(text))) and not _SOFT.search(text):
            hardened = max(hardened, likeness)
        is_left = plans or calls or _CHOICE.search(nearest)
        if _DUTY.search(part) and not has_duty and is_left:
            bound = max(bound, likeness)
        is_duty = _DUTY.search(nearest) and not _BAN.search(nearest)
        if _CHOICE.search(part) and not has_choice and is_duty:
            freed = max(freed, likeness)
    return Strength(hardened, bound, freed)


def _nearest(
    words: frozenset[str], facts: Sequence[str], translations: Sequence[str], lang: PassageLang
) -> tuple[float, str, str]:
    """Return the sentence of the facts most like some words: how like, itself, its fact in the other."""
    said = words | synonyms(words, lang)
    best = (0.0, "", "")
    for fact, other in zip(facts, translations, strict=True):
        for sentence, there in _sentences(fact, lang):
            like = min(1.0, len(there & said) / (min(len(words), len(there)) or 1))
            if like > best[0]:
                best = (like, sentence, other)
    return best


@lru_cache(8192)
def _sentences(text: str, lang: PassageLang) -> tuple[tuple[str, frozenset[str]], ...]:
    parts = ((part, word_set(part, lang)) for part in SENTENCE.split(text))
    return tuple((part, words) for part, words in parts if len(words) >= _LEAST)


_LEAST = 3
"""Content words from which a part is judged by itself."""
