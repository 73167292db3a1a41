"""What a question says about the firm and the deal, as values for route inputs.

Only what is said outright is taken: an amount in another currency is not converted, a kind of
firm is not guessed. What is not said stays open and may be asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.amounts import read_money
from bot.errors import ProfileError
from knowledge.card import Bilingual
from knowledge.figures import read_figures
from knowledge.route import RouteCard, RouteInput

Value = bool | float | str


class _Cue(NamedTuple):
    input: str
    value: Value
    pattern: re.Pattern[str]


def _cue(name: str, value: Value, pattern: str) -> _Cue:
    return _Cue(name, value, re.compile(pattern, re.IGNORECASE))


# One row for each circumstance that people state in passing: input name on the route cards, value,
# wording. A route takes only the rows whose input it has and whose value that input admits.
_CUES = (
    _cue("enterprise_type", "central_soe", r"央企|中央企业|central (?:SOE|state-owned|enterprise)"),
    _cue("enterprise_type", "local_soe", r"地方国企|地方国有|市属国企|省属国企|local (?:SOE|state-owned)"),
    _cue("enterprise_type", "private", r"民企|民营|私营|private(?:ly held| company| group| firm| enterprise|-sector)"),
    _cue("in_shanghai_ftz", True, r"(?:注册在?|在)(?:上海)?(?:自贸区|临港|外高桥|洋山)|(?:临港|自贸区|上海自贸区)注册|Shanghai FTZ (?:parent|company|entity)|registered in (?:the )?(?:Shanghai FTZ|Lin-?gang)"),
    _cue("has_hk_company", True, r"(?:我们|已有|有|现有).{0,4}香港(?:子)?公司|经(?:由)?(?:我们)?香港(?:子)?公司|our (?:Hong Kong|HK) (?:company|subsidiary|sub|arm|entity|holdco)"),
    _cue("send_in_cny", True, r"以人民币(?:出资|汇出)|in (?:RMB|CNY|renminbi|yuan)"),
    _cue("settle_in_cny", True, r"人民币(?:结算|收付|付款|收款)|(?:settle|pay|switch).{0,20}(?:RMB|CNY|renminbi|yuan)"),
    _cue("sensitive_project", True, r"(?<!非)敏感(?:类|行业|国家)|sensitive (?:project|sector|country)"),
    _cue("sensitive_project", False, r"非敏感|non-?sensitive"),
    _cue("red_chip", True, r"红筹|开曼|red[- ]chip|Cayman"),
    _cue("keep_abroad", True, r"留在?境外|存放?境外|keep .{0,24}(?:abroad|offshore|overseas)"),
    _cue("tech_status", "tech", r"高新技术|科技型中小企业|小巨人|专精特新|little giant"),
)  # fmt: skip
_USD_INPUTS = ("amount_usd", "price_usd", "payment_usd")
_HKD_INPUTS = ("market_cap_hkd",)
_YEAR_INPUTS = ("loan_years", "tenor_years")


def read_profile(text: str, route: RouteCard) -> dict[str, Value]:
    """Read the values of a route's inputs that a question (folded, simplified) states."""
    inputs = {item.name: item for item in route.inputs}
    found: dict[str, Value] = {}
    for cue in _CUES:
        item = inputs.get(cue.input)
        if item and cue.pattern.search(text) and _admits(item, cue.value):
            found.setdefault(cue.input, cue.value)
    for money in read_money(text):
        if money.is_bound:
            continue
        names = {"USD": _USD_INPUTS, "HKD": _HKD_INPUTS}.get(money.currency, ())
        for name in inputs.keys() & set(names):
            found.setdefault(name, float(money.amount))
    for years in _years(text):
        for name in inputs.keys() & set(_YEAR_INPUTS):
            found.setdefault(name, years)
    return found


def read_values(route: RouteCard, values: Mapping[str, object]) -> dict[str, Value]:
    """Read values given by name, from a form, an API call or the command line.

    Raises:
        ProfileError: an unknown input, or a value that does not fit its input.
    """
    inputs = {item.name: item for item in route.inputs}
    read: dict[str, Value] = {}
    for name, value in values.items():
        item = inputs.get(name)
        if item is None:
            raise ProfileError(
                Bilingual(
                    zh=f"路线 {route.id} 没有「{name}」这一项；可填：{'、'.join(inputs)}。",
                    en=f"route {route.id} has no input {name!r}; it has: {', '.join(inputs)}.",
                )
            )
        if value is not None and value != "":
            read[name] = _read_value(item, value)
    return read


def known_values(route: RouteCard, values: Mapping[str, object]) -> dict[str, Value]:
    """Keep of a conversation's profile what this route asks about.

    Raises:
        ProfileError: a value does not fit its input.
    """
    names = {item.name for item in route.inputs}
    return read_values(route, {name: value for name, value in values.items() if name in names})


_TRUE = frozenset({"true", "yes", "y", "1", "是", "有"})
_FALSE = frozenset({"false", "no", "n", "0", "否", "没有", "無", "无"})


def _read_value(item: RouteInput, value: object) -> Value:
    if item.type == "bool":
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in _TRUE | _FALSE:
            return text in _TRUE
        raise _misfit(item, value, "是/否", "true or false")
    if item.type == "number":
        if isinstance(value, bool):
            raise _misfit(item, value, "数字", "a number")
        if isinstance(value, int | float):
            return float(value)
        try:
            return float(str(value).replace(",", "").replace("_", ""))
        except ValueError:
            figures = [f for f in read_figures(str(value)) if f.kind == "number"]
            if len(figures) == 1:
                return float(figures[0].value)
            raise _misfit(item, value, "数字", "a number") from None
    if item.type == "choice":
        choices = [choice.value for choice in item.choices]
        if str(value) in choices:
            return str(value)
        raise _misfit(item, value, "、".join(choices), ", ".join(choices))
    return str(value)


def _misfit(item: RouteInput, value: object, wanted_zh: str, wanted_en: str) -> ProfileError:
    return ProfileError(
        Bilingual(
            zh=f"「{item.name}」填了 {value!r}，应为：{wanted_zh}。",
            en=f"{item.name} is {value!r}; expected {wanted_en}.",
        )
    )


def _admits(item: RouteInput, value: Value) -> bool:
    if item.type == "choice":
        return value in {choice.value for choice in item.choices}
    return item.type == "bool" and isinstance(value, bool)


def _years(text: str) -> Iterable[float]:
    """Read tenors: "三年期", "3-year"; "半年期" is half a year, months are twelfths."""
    if re.search(r"半年期|six-month|6-month", text, re.IGNORECASE):
        yield 0.5
    for match in re.finditer(r"(\S{1,3})\s*年期|(\S+?)[- ]year\b", text, re.IGNORECASE):
        for figure in read_figures(match.group(0)):
            if figure.kind == "number" and "/" not in figure.value:
                yield float(figure.value)
