"""Jurisdiction: whose rules a question is about, told from the places it names.

A place may be where something is done ("在香港注册公司"), or only where a party comes from ("香港公司")
or money goes ("付给越南供应商"). Where something is done decides; without it, the places named do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from knowledge.countries import Country
from knowledge.issuer import Place

LIKELY = 0.7
"""Weight of a place that the question leaves possible, beside the one that it is about."""


def _compiled(pattern: str) -> re.Pattern[str]:
    # ASCII: a Latin word ends where Chinese begins.
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


_OURS: Mapping[Place, re.Pattern[str]] = {
    # A mainland judgment, talent or attesting officer is dealt with in Hong Kong.
    "mainland": _compiled(
        r"(?<!输入)内地(?!(?:法院)?判决)|境内|大陆|国内|中国(?!委托公证)"
        r"|\b(?:mainland(?! judgment| talent)|onshore|PRC|China(?!-appointed))\b"
    ),
    "shanghai": _compiled(r"上海|临港|虹桥|浦东|\b(?:Shanghai|Lin-?gang|Hongqiao|Pudong)\b"),
    # The dollar is money, and Stock Connect has an end on either side.
    "hongkong": _compiled(
        r"香港(?![元币])|港府|本港|(?<=[赴在来到])港(?![口元币澳])|(?<![沪深])港股(?!通)"
        r"|\b(?:Hong Kong(?! dollar)|HK(?!D)[A-Z]*)\b"
    ),
}
_HOST = r"东道国|目的国|目的地|\b(?:host|destination|target) (?:country|state|jurisdiction)\b"
_IN = _compiled(r"(?:[在到去来赴进入于](?:中国)?|\b(?:in|into|on|within|under) (?:the )?)$")
_SIDE = _compiled(r"这边|那边|那头|方面|当地|本地")
_PARTY = _compiled(
    r"有|的?(?:[分子]?公司|工厂|项目|企业|客户|供应商|[买卖]家|买方|银行|股东|投资人|合作方|员工|居民"
    r"|设备|货物|产品|国债|债券)"
    r"|['’]?s? ?(?:subsidiar|compan|plant|factor|project|arm|entit|customer|supplier|buyer|seller"
    r"|bank|shareholder|investor|partner|staff|employee|goods|equipment)"
)
_TOUCHED = _compiled(
    r"(?:[向给从自由]|[付汇转打调][到往去回]"
    r"|\b(?:from|(?:pay|paid|payment|remit|transfer|lend|loan|dividend|interest|royalt|fee|sen[dt])"
    r"[^.?!;,]{0,40}? to) (?:a |an |our |the )?)$"
)


class _Mention(NamedTuple):
    """One place in a text."""

    place: Place
    role: Literal["acts", "named", "touched"]
    """Whether something is done there, it is only named, or money or a party goes or belongs."""
    end: int


def without_places(text: str) -> str:
    """Take the names of our own places out of a text: they say where, not what."""
    for name in _OURS.values():
        text = name.sub(" ", text)
    return text


class Jurisdictions:
    """Weighs the places that a text may be about."""

    def __init__(self, countries: tuple[Country, ...]) -> None:
        """Take the countries that a text may name."""
        self._countries = countries
        zh = "|".join(re.escape(name) for country in countries for name in country.zh)
        en = "|".join(re.escape(name) for country in countries for name in country.en)
        abroad = rf"{_HOST}|{zh}|\b(?:{en})\b"
        self._names = {**_OURS, "elsewhere": _compiled(abroad)}

    def weigh(self, text: str, hint: Place | None = None) -> dict[Place, float]:
        """Tell the places whose bodies may be asked, each with a weight in (0, 1].

        Args:
            text: in simplified Chinese or English.
            hint: the place meant where the text names none, the mainland when there is no hint;
                `elsewhere` counts whatever the text names.
        """
        if hint == "elsewhere":
            return {"elsewhere": 1.0}
        mentions = sorted(self._mentions(text), key=lambda mention: mention.end)
        said = [m.place for m in mentions if m.role == "acts"]
        said = said or [m.place for m in mentions if m.role == "named"]
        if said:
            weights = dict.fromkeys(said, LIKELY)
            weights[said[-1]] = 1.0  # the last stands nearest to the matter
            if "shanghai" in weights:
                weights.setdefault("mainland", LIKELY)
            return weights
        weights = {"mainland": LIKELY, "shanghai": LIKELY**2, "hongkong": LIKELY}
        if any(m.place == "elsewhere" for m in mentions):
            weights["elsewhere"] = LIKELY
        weights[hint or "mainland"] = 1.0
        return weights

    def _mentions(self, text: str) -> Iterator[_Mention]:
        if any(country.is_law_asked_in(text) for country in self._countries):
            yield _Mention("elsewhere", "acts", len(text))
        for place, name in self._names.items():
            for match in name.finditer(text):
                before, end = text[: match.start()], match.end()
                party = _PARTY.match(text, end)
                if _SIDE.match(text, end) or (_IN.search(before) and not party):
                    yield _Mention(place, "acts", end)
                elif _TOUCHED.search(before) or (party and place == "elsewhere"):
                    yield _Mention(place, "touched", end)
                else:
                    yield _Mention(place, "named", end)
