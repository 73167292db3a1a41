"""Countries a text names, and whether it asks about their own law."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from knowledge.card import Frozen
from knowledge.errors import CardError
from knowledge.load import explain, read_yaml

COUNTRIES_PATH = Path(__file__).parent / "countries.yaml"

_LAW_ZH = r"(?:所得税|企业税|公司税|预提税|增值税|(?<!零)税率|税收|税法|免税|优惠|牌照|许可证?|法律|法规|外汇管制|补贴|劳动法)"
_LAW_EN = (
    r"(?:corporate (?:income )?tax|income tax|withholding|tax (?:rate|law|incentive|holiday|regime)"
    r"|\bVAT\b|incentive|licen[cs]|labou?r law|exchange controls?|company law|subsid(?:y|ies))"
)

_BODY_ZH = r"(?:政府|央行|中央银行|税务局|税务机关|财政部|海关|监管(?:机构|部门|当局)?)"
_BODY_EN = (
    r"(?:central bank|tax (?:authorit(?:y|ies)|office)|government|treasury|customs|regulators?)"
)
_NOT_OURS = r"(?:(?!香港|内地|境内|中国)[^，,。？?；;])"
_ASKS_EN = (
    r"(?:tax(?:es|ed)?|charges?|lev(?:y|ies)|imposes?|withholds?|requires?|restricts?|allows?)"
)


class Country(Frozen):
    """One country, by the names people give it."""

    zh: tuple[str, ...] = Field(min_length=1)
    en: tuple[str, ...] = Field(min_length=1)
    """Nouns and adjectives."""
    not_before: str | None = None
    """Chinese character that makes the name another country's: 尼 behind 印度."""

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text (Chinese simplified) names the country."""
        return bool(self._named.search(text))

    def is_law_asked_in(self, text: str) -> bool:
        """Tell whether a text asks about the country's own tax, licences or law.

        The country must stand right before the matter ("越南那头预提税率", "Singapore's treasury
        incentive"), be meant by 当地 there, or be the one that acts ("巴西对利息收多少税", "what tax
        does Brazil charge"): a firm or a plant there is no question about its law, nor is what we
        must do to go there ("去越南要备案吗").
        """
        # Six patterns a country: compiling those of all takes 0.2 s, and a text names one or two.
        folded = text.casefold()
        if not any(name in folded for name in self._folded):
            return False
        return any(pattern.search(text) for pattern in self._asked)

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        """Names without which no pattern matches."""
        return (*self.zh, *(name.casefold() for name in self.en))

    @cached_property
    def _asked(self) -> tuple[re.Pattern[str], ...]:
        en = "|".join(map(re.escape, self.en))
        link = r"(?:那头|那边|当地|本地|本国|国内|这边|方面)?的?(?:(?!香港|内地|境内|中国)[^，,。？?；;]){0,8}?"
        return (
            re.compile(rf"{self._zh()}{link}{_LAW_ZH}"),
            re.compile(rf"{self._zh()}[^。？?；;]{{0,30}}当地的?[^，。？?；;]{{0,8}}{_LAW_ZH}"),
            re.compile(
                rf"{self._zh()}{_BODY_ZH}{_NOT_OURS}{{0,30}}(?:税|费|审批|批准|备案|登记|管制|限制|规定)"
            ),
            re.compile(
                rf"(?<![去到往赴在给向对从投]){self._zh()}(?:那头|那边|这边|方面)?(?:会|要|是否)?"
                rf"(?:对|就|向){_NOT_OURS}{{0,24}}[收征扣免]{_NOT_OURS}{{0,10}}税"
            ),
            re.compile(rf"\b(?:{en})\b(?:'s|’s)?[^.?!;,]{{0,90}}?{_LAW_EN}", re.IGNORECASE),
            re.compile(
                rf"\b(?:does|do|will|would|can|may) (?:the )?(?:{en})(?: {_BODY_EN})?(?: \w+)? {_ASKS_EN}\b"
                rf"|\b(?:{en})(?:'s|’s|n)? {_BODY_EN}\b[^.?!;]{{0,60}}\b{_ASKS_EN}\b",
                re.IGNORECASE,
            ),
        )

    def _zh(self) -> str:
        end = f"(?!{self.not_before})" if self.not_before else ""
        return f"(?:{'|'.join(self.zh)}){end}"

    @cached_property
    def _named(self) -> re.Pattern[str]:
        en = "|".join(map(re.escape, self.en))
        return re.compile(rf"{self._zh()}|\b(?:{en})\b", re.IGNORECASE)


_COUNTRIES = TypeAdapter(tuple[Country, ...])


def load_countries(path: Path = COUNTRIES_PATH) -> tuple[Country, ...]:
    """Read the list of countries.

    Raises:
        CardError: not YAML, or not the format.
    """
    try:
        return _COUNTRIES.validate_python(read_yaml(path))
    except ValidationError as error:
        raise CardError("\n".join(explain(path, error))) from error
