"""Units that a figure may carry: currencies, shares, spans of time, multiples, counted things.

A unit's code says what may be compared with what; the forms are those of folded text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

CURRENCIES = {
    "CNY": "人民币 RMB CNY CNH renminbi yuan ¥ 元人民币 元 块钱 块",
    "HKD": "港元 港币 港纸 HKD HK$ Hong·Kong·dollars Hong·Kong·dollar HK·dollars HK·dollar",
    "USD": "美元 美金 美刀 刀 USD US$ US·dollars US·dollar U.S.·dollars U.S.·dollar",
    "EUR": "欧元 欧 EUR € euros euro",
    "GBP": "英镑 GBP £ pounds·sterling pounds",
    "JPY": "日元 日币 JPY yen",
    "SGD": "新加坡元 新元 新币 SGD S$ Singapore·dollars",
    "MOP": "澳门元 澳门币 MOP patacas",
    "AUD": "澳元 澳币 AUD A$",
    "CAD": "加元 加币 CAD C$",
    "CHF": "瑞士法郎 瑞郎 CHF",
    "THB": "泰铢 THB baht",
    "AED": "迪拉姆 AED dirhams",
    "KRW": "韩元 韩币 KRW",
    "MYR": "林吉特 令吉 马币 MYR ringgit",
    "IDR": "印尼盾 印尼卢比 IDR rupiah",
    "VND": "越南盾 VND dong",
    "$": "$ dollars dollar",
}
"""Forms of each currency, `·` for a space inside one; `$` alone may be any dollar."""

TIMES = {
    "year": "年 周年 年度 年期 财政年度 会计年度 课税年度 纳税年度 自然年度 years year yr yrs",
    "quarter": "季度 季 quarters quarter",
    "month": "月 自然月 日历月 历月 months month",
    "week": "周 星期 weeks week",
    "working-day": "工作日 工作天 营业日 营业天 working·days working·day business·days business·day",
    "trading-day": "交易日 trading·days trading·day",
    "day": "日 天 自然日 日历日 calendar·days calendar·day days day",
    "hour": "小时 hours hour",
    "minute": "分钟 minutes minute",
}
"""Forms of each span of time."""

_OTHERS = {
    "%": "% per·cent percent 个百分点 percentage·points percentage·point",
    "bp": "个基点 基点 bps bp basis·points basis·point",
    "tenth": "成",
    "times": "倍 times fold x",
    "point": "points point",
}
_COUNTED = (
    "个 家 笔 次 条 项 名 人 位 类 种 章 节 届 批 份 宗 套 间 只 支 款 处 座 省市 省 市 区 地区 "
    "部委 部门 户 股 轮 张 层 阶段 国 地 部 所 档 吨 岁 步 期 字 组 级 方面"
)
COLLOQUIAL = frozenset(("刀", "欧", "块"))
"""Short forms of currencies that name one only after a scale: 10万刀, not 一刀."""
MONEY = frozenset(CURRENCIES)
SPANS = frozenset(TIMES)
ONLY_WITH_DIGITS = frozenset("部所档步期字组级")
"""Measure words that make no figure of a Chinese numeral (`二期`, `三级`)."""
BOTH_SIDES = frozenset("国地市省部所")
"""Measure words after which `两` says "both": `两地`, `两国`, `两市`."""


def _codes(table: Mapping[str, str]) -> dict[str, str]:
    return {
        form.replace("·", " ").lower(): code
        for code, forms in table.items()
        for form in forms.split()
    }


_CODES = _codes(TIMES) | _codes(_OTHERS) | _codes(CURRENCIES)
_CODES |= dict.fromkeys(_COUNTED.split(), "count")


def unit_code(form: str) -> str:
    """Return the code of a unit as written."""
    return _CODES[" ".join(form.lower().replace("-", " ").split())]


def alternatives(forms: Iterable[str]) -> str:
    """Build a regular expression that matches any of the forms, the longest first."""
    ordered = sorted(forms, key=len, reverse=True)
    return "|".join(re.escape(form).replace(r"\ ", r"[\s-]+") for form in ordered)


CHINESE_UNITS = alternatives(form for form in _CODES if not form.isascii() and form not in "¥€£")
ENGLISH_UNITS = alternatives(form for form in _CODES if form.isascii() and form[0].isalpha())
_ONLY_AFTER = {"元", "元人民币", "块钱", *COLLOQUIAL}
MONEY_BEFORE = alternatives(form for form in _codes(CURRENCIES) if form not in _ONLY_AFTER)
"""Currencies as they stand before a number."""
MONEY_AFTER = alternatives(form for form in _codes(CURRENCIES) if form not in "$¥€£")
"""Currencies as they stand after one."""
