"""What a question says about the firm and the deal, as values for route inputs.

Only what is said outright is taken: an amount in another currency is not converted, a kind of
firm is not guessed. What is not said stays open and may be asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.errors import ProfileError
from bot.query.amounts import read_mentions
from knowledge.card import Bilingual
from knowledge.figures.figure import read_figures
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
_NEGATED = re.compile(
    r"(?:不是|并非|没有|尚无|未有|还没|不属于|不涉及|不想|不要|不打算|不会|(?<![除])非)\S{0,3}$"
    r"|(?:\bnot(?: an?| in| yet| a)?|\bno|\bnon-?|\bwithout(?: an?)?|\bhave no|n't (?:have|want)(?: an?)?)\s*$",
    re.IGNORECASE,
)
"""Ends right before a statement that is denied."""
_DENIES = re.compile(r"没有|还没|尚未|尚无|未有|不[是想打要]|\b(?:no|not)\b|n't", re.IGNORECASE)
"""Stands inside a statement that is denied."""
_NOT_THE_DEAL = re.compile(
    r"(?:营收|收入|净资产|总资产|资产|市值|估值|利润|营业额|注册资本)[^，。,;；]{0,6}$"
    r"|(?:revenue|turnover|sales|assets|market cap(?:itali[sz]ation)?|equity|valuation|profits?)(?: of)?[^.,;]{0,12}$",
    re.IGNORECASE,
)
"""Ends right before an amount that describes the firm, not what it pays or invests."""
_MARKET_CAP = re.compile(
    r"(?:市值|估值|market cap\S*|valu(?:ation|ed))[^，。,;；]{0,12}$", re.IGNORECASE
)


def read_profile(text: str, route: RouteCard) -> dict[str, Value]:
    """Read the values of a route's inputs that a question (folded, simplified) states."""
    inputs = {item.name: item for item in route.inputs}
    found: dict[str, Value] = {}
    for cue in _CUES:
        item = inputs.get(cue.input)
        match = cue.pattern.search(text)
        if item is None or match is None or not _admits(item, cue.value):
            continue
        denied = bool(_NEGATED.search(text[: match.start()]) or _DENIES.search(match.group(0)))
        if not denied:
            found.setdefault(cue.input, cue.value)
        elif isinstance(cue.value, bool):
            found.setdefault(cue.input, not cue.value)
    for money, start, is_bound in read_mentions(text):
        before = text[:start]
        names: tuple[str, ...] = ()
        if money.currency == "USD" and not is_bound and not _NOT_THE_DEAL.search(before):
            names = _USD_INPUTS
        elif money.currency == "HKD" and _MARKET_CAP.search(before):
            names = _HKD_INPUTS
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
        return _read_number(item, value)
    if item.type == "choice":
        choices = [choice.value for choice in item.choices]
        if str(value) in choices:
            return str(value)
        raise _misfit(item, value, "、".join(choices), ", ".join(choices))
    return str(value)


_CURRENCY_OF = re.compile(r"_(usd|cny|hkd|eur)$")


def _read_number(item: RouteInput, value: object) -> float:
    """Read a number, or words that hold one in the input's own unit.

    Raises:
        ProfileError: no number, not finite, or in another unit.
    """
    if isinstance(value, bool):
        raise _misfit(item, value, "数字", "a number")
    if isinstance(value, int | float):
        number = float(value)
    else:
        try:
            number = float(str(value).replace(",", "").replace("_", ""))
        except ValueError:
            number = _worded_number(item, str(value))
    if not math.isfinite(number) or number < 0:
        raise _misfit(item, value, "不小于0的数字", "a number of at least 0")
    return number


def _worded_number(item: RouteInput, words: str) -> float:
    kinds = ("number", "percent") if item.name.endswith("_pct") else ("number",)
    figures = [figure for figure in read_figures(words) if figure.kind in kinds]
    if len(figures) != 1:
        raise _misfit(item, words, "数字", "a number")
    figure, currency = figures[0], _CURRENCY_OF.search(item.name)
    wanted = currency.group(1).upper() if currency else None
    is_money = bool(figure.unit and len(figure.unit) == 3 and figure.unit.isupper())
    if is_money and figure.unit != wanted:
        unit = wanted or ""
        raise _misfit(
            item, words, f"以{unit or '该项单位'}计的数字", f"a number in {unit or 'its unit'}"
        )
    if item.name.endswith("_years"):
        if figure.unit == "month":
            return float(figure.value) / 12
        if figure.unit not in (None, "year", "count"):
            raise _misfit(item, words, "年数", "a number of years")
    return float(figure.value)


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


_ZH_YEARS = re.compile(r"(?<![\d年])(?:\d{1,2}|[一二两三四五六七八九十]{1,3})年期(?![末间初])")
_EN_YEARS = re.compile(
    r"\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)-year\b(?!-old)"
    r"(?=[^.?!;]{0,40}\b(?:loans?|bonds?|notes?|facilit|debt|money|financ|borrow|credit))",
    re.IGNORECASE,
)


def _years(text: str) -> Iterable[float]:
    """Read tenors: "三年期", "3-year bond"; "半年期" is half a year."""
    if re.search(r"半年期|\b(?:six|6)-month\b", text, re.IGNORECASE):
        yield 0.5
    for pattern in (_ZH_YEARS, _EN_YEARS):
        for match in pattern.finditer(text):
            for figure in read_figures(match.group(0)):
                if figure.kind == "number":
                    yield float(figure.value)
