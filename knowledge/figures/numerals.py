"""Numerals of both scripts: full-width and traditional forms folded, words and scales to numbers.

`knowledge.figures.figure` builds on these; nothing here knows units, dates or documents.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

import cn2an

# Only the traditional characters that take part in a figure, a unit or a document number: the
# folding must keep every character at its place, so that a figure's span fits the text as written.
_TRADITIONAL = str.maketrans(
    "亞來個傢價億兩則劃務匯區厤員單噸國報專對屆層嵗幣幾張彙復戶數時曆會條業樓檔歐歲歷減滙為無營爲發監稅種筆箇節約納紙級組"
    "統綜綫線編總續與萬處號衕複規計証課證財費資踰輪辦連週過釋鈡銀銖錶鍾鎊鐘長門間關階隻雙韆韓項頭額類餘體髮麪麫麵點龍圓圆滬瓊",
    "亚来个家价亿两则划务汇区历员单吨国报专对届层岁币几张汇复户数时历会条业楼档欧岁历减汇为无营为发监税种笔个节约纳纸级组"
    "统综线线编总续与万处号同复规计证课证财费资逾轮办连周过释钟银铢表钟镑钟长门间关阶只双千韩项头额类余体发面面面点龙元元沪琼",
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) != "："}
_ODD = str.maketrans("〔〕【】￥–—−‑‐～〜’　\u00a0\u202f\u2009〇○", "[][]¥-----~~'    零零")
_FOLD = {**_TRADITIONAL, **_FULL_WIDTH, **_ODD}

CHINESE_DIGITS = "零一二三四五六七八九十百千万亿两"
FORMAL_DIGITS = "零壹贰叁肆伍陆柒捌玖拾佰仟万亿"
"""Those of cheques and contracts; 陆 and 伍 are words as well, so they are never folded."""
_FROM_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
CHINESE = rf"[{CHINESE_DIGITS}]+(?:点[零一二三四五六七八九]+)?"
ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"

_UNIT_NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
_UNITS = _UNIT_NAMES.split()
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: value for value, word in enumerate(_UNITS)}
_WORDS |= {word: 20 + 10 * step for step, word in enumerate(_TENS)}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_WORD = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[1:10])}))?|{_UNIT})"
ENGLISH = (
    rf"\b(?:{_WORD}(?:\s+hundred(?:\s+and\s+{_WORD})?)?"
    r"|an?(?=\s+(?:hundred|thousand|million|billion|trillion)\b))\b"
)

SCALES = {
    "hundred": 2,
    "thousand": 3,
    "k": 3,
    "million": 6,
    "mln": 6,
    "mio": 6,
    "mil": 6,
    "mn": 6,
    "mm": 6,
    "m": 6,
    "billion": 9,
    "bln": 9,
    "bn": 9,
    "b": 9,
    "trillion": 12,
    "trn": 12,
    "tn": 12,
    "百": 2,
    "千": 3,
    "w": 4,
    "万": 4,
    "亿": 8,
}
"""Power of ten of each scale; several in a row multiply (`千万`, `万亿`, `thousand million`)."""

_ORDINAL_NAMES = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
    "twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth "
    "nineteenth twentieth"
)
_ORDINALS = _ORDINAL_NAMES.split()
ORDINALS = {word: value for value, word in enumerate(_ORDINALS, start=1)}
_ROMAN = {"I": 1, "V": 5, "X": 10}


def fold(text: str) -> str:
    """Bring widths, dashes, brackets and traditional forms together, character by character."""
    return text.translate(_FOLD)


def canonical(number: Decimal) -> str:
    """Print a number in plain digits without needless zeros: `7000000000`, `8.25`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def power(scale: str) -> int:
    """Return the power of ten of one or several scale words or characters."""
    words = scale.lower().replace("-", " ").split()
    parts = [part for word in words for part in (word if word[0] in "百千万亿" else [word])]
    return sum(SCALES[part] for part in parts)


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """Read a folded numeral of digits, Chinese characters or English words, without a scale word.

    Returns:
        The number, or None when the characters are not one number (`一五一十`, `三四`).
    """
    first = text[0]
    if first.isascii() and first.isdigit():
        return Decimal(text.replace(",", ""))
    if first in FORMAL_DIGITS[1:-2]:
        return _chinese(text.translate(_FROM_FORMAL))
    if first in CHINESE_DIGITS:
        return _chinese(text)
    return _english(text.lower())


def roman(text: str) -> int:
    """Read a roman numeral up to XXXIX."""
    values = [_ROMAN[letter] for letter in text.upper()]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )


def _chinese(text: str) -> Decimal | None:
    whole, _, _ = text.partition("点")
    if len(whole) > 1 and not set(whole) & set("十百千万亿") and len(whole) != 4:
        return None  # 三四家 is "three or four", not 34; only years are spelt digit by digit
    lead = "一" if text[0] in "百千" or text in ("万亿", "亿", "万") else ""
    try:
        return Decimal(str(cn2an.cn2an(lead + text, "smart")))
    except (ValueError, KeyError):  # KeyError: a defect of cn2an, for example on 一亿零
        return None


def _english(text: str) -> Decimal | None:
    total = 0
    for word in re.split(r"[\s-]+", text):
        if word == "hundred":
            total *= 100
        elif word in ("a", "an"):
            total = 1
        elif word != "and":
            total += _WORDS[word]
    return Decimal(total)
