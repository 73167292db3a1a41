"""Flow: whither a sentence says that money, goods, data or a company go.

*Out* is from the mainland abroad, *in* the reverse; between the mainland and
Hong Kong the place of arrival tells. Case marks tell it (向境外, "to overseas firms"), verbs of one direction (汇回, "repatriate"),
and who buys whose assets ("overseas funds buy mainland bonds"). Facts are read in both languages:
what is marked in one need not be in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

Flow = Literal["in", "out", "to mainland", "to hong kong"]

_HOME_ZH, _AWAY_ZH = (
    "(?:境内|内地|国内|在岸|中国(?!香港))",
    "(?:境外|海外|国外|离岸(?!人民币|贸易|债|转手))",
)
_GAP_ZH = r"[^，,；;：:。、]"
_GAIN_ZH = r"(?:买|购|投资|认购|持有|收购|进入)"
_HOME_EN = r"(?:the mainland|mainland|onshore|domestic|china|chinese)"
_AWAY_EN = r"(?:offshore|overseas|foreign|abroad|outside (?:the mainland|china))"
_GAP_EN = r"(?:(?!from\b|to\b|by\b|and\b|or\b)[\w'’-]+ ){0,%d}"
_GAIN_EN = r"(?:buy\w*|invest\w*|acquir\w*|purchas\w*|trad(?:e|es|ing)|hold\w*)"
_TO_EN = r"\b(?:to|into|in favou?r of)"

_TAKING = rf"{_GAP_ZH}{{0,14}}(?:借(?!给|出)|融入|募集|筹集|购|买)"
"""What comes from the one it is asked of: 向境外银行借款."""

_FLOWS: dict[Flow, re.Pattern[str]] = {
    "out": re.compile(
        rf"汇出|流出|融出|迁出|调出|出海|走出去|境外放款|境外贷款|对外(?:直接)?投资|对外付|境外直接投资"
        rf"|(?:向|给|对|到|去|赴|往|至|投(?:资|向)?)(?:在)?{_AWAY_ZH}(?!{_TAKING})|留存?在?境外|存放境外"
        rf"|向(?:在)?{_HOME_ZH}(?={_TAKING})|(?:从|自|由){_HOME_ZH}[^，。；]{{0,6}}(?:汇|流|转|迁|去|到|往)"
        rf"|{_HOME_ZH}{_GAP_ZH}{{0,12}}{_GAIN_ZH}{_GAP_ZH}{{0,4}}{_AWAY_ZH}"
        rf"|\b(?:outbound|outward|outflow|odi|mov(?:e|es|ing) out|leav(?:e|es|ing)\b|sen[dt]s? (?:\w+ ){{0,2}}out|remit\w* out)"
        rf"|\b(?:remit|send|sent|pa(?:y|id|ys)|transfer|mov|go|going|goes|lend|lent|invest|list|us|keep|kept|held|hold|stay|remain|flow)\w* {_GAP_EN % 4}(?:abroad|overseas|offshore)\b(?! (?:lend|borrow|invest|fund|compan|firm|issu))"
        rf"|{_TO_EN} {_GAP_EN % 2}{_AWAY_EN}|\bfrom (?!\w+ing\b){_GAP_EN % 1}{_HOME_EN}\b(?! (?:bank|law))"
        rf"|\b{_HOME_EN} {_GAP_EN % 4}{_GAIN_EN} {_GAP_EN % 3}(?:in )?{_GAP_EN % 1}{_AWAY_EN}",
        re.IGNORECASE,
    ),
    "in": re.compile(
        rf"汇入|流入|融入|迁入|调入|调回|汇回|回流|汇进|绕回|来华|引进来|外商(?:直接)?投资(?!企业)|境外借款(?!人)|借用外债"
        rf"|(?:向|给|对|到|来|回|进|往|至|投(?:资|向)?)(?:在)?{_HOME_ZH}(?!{_TAKING})"
        rf"|向(?:在)?{_AWAY_ZH}(?={_TAKING})|(?:从|自|来自){_AWAY_ZH}"
        rf"|{_AWAY_ZH}{_GAP_ZH}{{0,12}}{_GAIN_ZH}{_GAP_ZH}{{0,4}}{_HOME_ZH}"
        rf"|\b(?:inbound|inward|inflow|fdi|repatriat\w*|mov(?:e|es|ing) in\b)"
        rf"|\b(?:bring|brought|return|sen[dt]s?|com(?:e|es|ing)|remit|pa(?:y|id)|us|invest)\w* {_GAP_EN % 5}(?:home|back|onshore|in\b(?= and|,|\.|$))"
        rf"|{_TO_EN} {_GAP_EN % 2}{_HOME_EN}|\bfrom (?!\w+ing\b){_GAP_EN % 1}{_AWAY_EN}"
        rf"|\b{_AWAY_EN} {_GAP_EN % 4}{_GAIN_EN} {_GAP_EN % 3}(?:in )?{_GAP_EN % 1}{_HOME_EN}",
        re.IGNORECASE,
    ),
    "to hong kong": re.compile(
        r"南向|南下|(?:向|给|到|去|赴|往|来|至)(?:在)?[^，。；]{0,4}香港|\bsouthbound"
        rf"|{_TO_EN} {_GAP_EN % 3}hong kong\b|\bfrom (?!\w+ing\b){_GAP_EN % 1}mainland\b",
        re.IGNORECASE,
    ),
    "to mainland": re.compile(
        r"北向|北上|(?:向|给|到|去|赴|往|来|至)(?:在)?[^，。；]{0,4}内地|\bnorthbound"
        rf"|{_TO_EN} {_GAP_EN % 3}mainland\b|\bfrom (?!\w+ing\b){_GAP_EN % 1}hong kong\b",
        re.IGNORECASE,
    ),
}
_AGAINST: Mapping[Flow, Flow] = {
    "in": "out",
    "out": "in",
    "to hong kong": "to mainland",
    "to mainland": "to hong kong",
}


@cache
def flows(text: str) -> frozenset[Flow]:
    """Return the flows that a text (Chinese simplified) speaks of."""
    return frozenset(flow for flow, words in _FLOWS.items() if words.search(text))


def turned_flow(text: str, facts: Iterable[str]) -> str:
    """Return what shows a flow of which the facts have the reverse only; empty: there is none.

    Args:
        text: the sentence.
        facts: what it cites, in both languages.
    """
    told = frozenset[Flow]().union(*(flows(fact) for fact in facts))
    said = flows(text)
    for flow in sorted(said - told):
        if _AGAINST[flow] in told and _AGAINST[flow] not in said:
            match = _FLOWS[flow].search(text)
            return match[0] if match else ""
    return ""
