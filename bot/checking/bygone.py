"""Bygone: what facts tell of former times, and a sentence as if it still held.

A fact may say what was before (由60%提高至70%, "down from HKD 6 billion", 取消原限制). A sentence
that has the former figure or rule, and no word that says so, tells the past for the present.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from knowledge.figures.figure import read_figures

_FORMER = re.compile(
    r"由[^，；。、由]{1,18}?(?=提高|提升|上调|升|增|扩大|延长|放宽|降|下调|减|缩|改|调整|转为|变为)"
    r"|(?:取消|废止|删除|删去|终止|停止|不再|免除)[^，；。]{1,40}"
    r"|(?<!有)原(?!则|产|因|油|件|路|材|状|文|有)[^，；。]{1,24}|(?:此前|以前|曾|旧)[^，；。]{1,24}"
    r"|(?:统一|施行|实施|改革|合并)前[，,][^；。]+"
    r"|\bfrom (?:[^,;.]|[.,](?=\d)){1,30}?(?= to\b)|\([^()]*\b(?:before|had been \w+)\)"
    r"|\b(?:down|up) from (?:[^,;.)]|[.,](?=\d)){1,30}"
    r"|\b(?:remov|abolish|lift|scrap|dropp?|cancel|repeal|replac|end(?! of))(?:s|ed|es|d|ing)? [^,;.]{1,50}"
    r"|\b(?:former|previous|old|earlier)(?:ly)? [^,;.]{1,40}|\b(?:no longer|instead of|used to) [^,;.]{1,50}"
    r"|\bbefore [^,;.]{3,30}(?:, ?|(?= [a-z-]+ [a-z-]+ followed))[^;.]+|\bhad been [^,;.]{1,40}",
    re.IGNORECASE,
)
"""What facts tell of former times."""
_PAST = re.compile(
    r"原(?!则|产|因|油|件|路|材|状)|以前|此前|曾|过去|取消|废止|不再|旧|改(?!革)|由[^，。]{1,14}(?:提|升|降|增|延|扩|减|缩|放宽|调|改|转|变)"
    r"|从[^，。]{1,14}(?:提|升|降|增|延|扩|减|缩|放宽|调|改|转|变)|当时|取代|免除"
    r"|\b(?:former|previous|earlier|used to|no longer|before|old|remov|abolish|lift|scrap|replac|repeal|instead"
    r"|from|was|were|had|until|up from|down from|rais|lower(?:ed|s)|extend|cut|could)",
    re.IGNORECASE,
)
"""Words by which a sentence tells former times too."""


_ASIDE = re.compile(
    r"[（(][^（()）]*(?:以前|原|此前|旧|before|former|previous|earlier|from)[^（()）]*[）)]"
    r"|(?:由|从)[^，。；、由从]{1,18}?(?=提高|提升|上调|升|增|扩大|延长|放宽|降|下调|减|缩|改|调整|转为|变为)"
    r"|(?:以前|过去|此前(?![\d一二三四五六七八九十]))[^；。]*?(?=[；。，][^；。]{0,4}(?:现|如今|目前)|[；。]|$)"
    r"|\b(?:up|down|raised|increased|lowered|cut|widened|reduced|extended|moved)? ?from (?:[^,;.)]|[.,](?=\d)){1,40}?(?= to\b)"
    r"|\b(?:up|down) from (?:(?! to\b)(?:[^,;.)]|[.,](?=\d)))*"
    r"|\b(?:formerly|previously|used to be|instead of|rather than) (?:[^,;.)]|[.,](?=\d))*",
    re.IGNORECASE,
)
"""What is said of former times beside what is."""


def without_asides(text: str) -> str:
    """Blank out what a text says of former times beside what is; places stay."""
    return _ASIDE.sub(lambda match: " " * len(match[0]), text)


_NO_LONGER = re.compile(r"不再|\bno longer\b|\bnot any ?(?:more|longer)\b", re.IGNORECASE)
_TURN = re.compile(
    r"取代|代替|替代|转为|改为|改由|变为|扩至|扩大到|取消|废止|停止|终止|不再|原(?!则|产|因|油|件|材)"
    r"|\b(?:replac|supersed|shift|widen|expand|extend|remov|abolish|drop|scrap|ended|closed|ceas|stopp|chang|mov(?:ed|es)|instead|former|no longer)",
    re.IGNORECASE,
)


def without_ended(text: str, facts: Iterable[str]) -> str:
    """Blank out *no longer* where the facts tell of a change: what gave way is denied by none of them."""
    if _NO_LONGER.search(text) and any(map(_TURN.search, facts)):
        return _NO_LONGER.sub(lambda match: " " * len(match[0]), text)
    return text


def former_figure(text: str, facts: Sequence[str]) -> bool:
    """Tell whether a sentence (Chinese simplified) exchanges a former figure and the present one.

    It does where it has the former figure and no word that says so, or tells the present as former.

    Args:
        text: the sentence.
        facts: what it cites, in both languages.
    """
    former = _keys(match[0] for fact in facts for match in _FORMER.finditer(fact))
    present = _keys(_FORMER.sub(" ; ", fact) for fact in facts)
    gone, current = former - present, present - former
    if not gone:
        return False
    if _PAST.search(text):
        return bool(_keys(match[0] for match in _ASIDE.finditer(text)) & current)
    return bool(_keys([text]) & gone)


def _keys(texts: Iterable[str]) -> set[tuple[str, str]]:
    return {(figure.kind, figure.value) for text in texts for figure in read_figures(text)}
