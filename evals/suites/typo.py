"""Typing errors as people make them: a like-sounding character, a letter beside or out of order.

Figures, document numbers, abbreviations and the small words that turn a sense around are never
touched: a question with a typing error still asks the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from bot.language import Lang, detect_lang, to_simplified, to_traditional
from knowledge.figures.figure import read_figures

_ALIKE = (
    "的得地 事式试 资姿咨 金今斤 款宽 会汇惠 外歪 境镜竟 公工功 司丝思 融荣容 投头 行型形 板办 里理礼 "
    "申伸深 请情清青轻 额饿 度渡肚 限现线 账帐仗 户护互 银吟 支之只知 付副负附 贷代带 债宅 券劝 期其起 "
    "业叶页 企气 监间坚 管馆 局据句 备被倍 案暗 登灯 记计际机基集及 审神 批劈 谁税睡 港岗 沪户 率律 收手首 "
    "益意易 权全泉 股古鼓 场长常 交缴 结节 算蒜 宝保 险显 证正 所锁 人认 民名 币比笔 跨夸 利力历 息西 "
    "员圆 方放 时实识 条跳 材才 料廖 规归 定订 流留 成城 体提 够构购 团湍 字子 用永 怎增 么吗 什神 我窝 "
    "们门 问文 要药 需须 家加 找早 在再 到道 对队 做作坐 有又 他它 这着 那哪 钱前"
)
"""Characters of one sound, or nearly, whatever the tone; a sound a word."""
_LIKE: dict[str, str] = {}
for _group in _ALIKE.split():
    for _char in _group:
        _LIKE[_char] = _LIKE.get(_char, "") + _group.replace(_char, "")
_KEPT = frozenset(
    "不没未无非免否勿别内外出入进前后上下大小多少高低增减买卖借还新旧老原可能必"
    "零一二两三四五六七八九十百千万亿半几第年月日号"
)
_WORD = re.compile(r"\b[a-z]{5,}\b")
_BESIDE = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip
"""Letters beside each on a QWERTY keyboard."""
_A_TYPO_IN = {True: 16, False: 60}
"""Characters of a question on which there is one typing error, by whether it is Chinese."""
_MOST = 3


def with_typos(question: str, lang: Lang, chance: random.Random) -> str | None:
    """Return a question with one to three typing errors; None where none can be made."""
    chinese = lang != "en"
    places = list(_characters(question) if chinese else _letters(question))
    count = min(_MOST, max(1, len(question) // _A_TYPO_IN[chinese]), len(places))
    chosen = sorted(chance.sample(places, count), reverse=True)
    made = question
    for place in chosen:
        made = (_mistyped if chinese else _slipped)(made, place, lang, chance)
    if made == question or detect_lang(made) != detect_lang(question):
        return None
    return made


def _fixed(text: str) -> set[int]:
    return {place for figure in read_figures(text) for place in range(figure.start, figure.end)}


def _characters(text: str) -> Iterator[int]:
    """Yield where a Chinese character may be mistyped or left out."""
    fixed = _fixed(text)
    simple = to_simplified(text)
    if len(simple) != len(text):  # a phrase was converted as a whole: places do not correspond
        return
    for place, char in enumerate(simple):
        beside = simple[max(place - 1, 0) : place + 2]
        if place not in fixed and char in _LIKE and not _KEPT & set(beside):
            yield place


def _mistyped(text: str, place: int, lang: Lang, chance: random.Random) -> str:
    if chance.random() < 0.25:
        return text[:place] + text[place + 1 :]
    char = chance.choice(_LIKE[to_simplified(text)[place]])
    if lang == "zh-Hant":
        char = to_traditional(char)
    return f"{text[:place]}{char}{text[place + 1 :]}"


def _letters(text: str) -> Iterator[int]:
    """Yield one inner letter of each long word in small letters: names and codes have others."""
    fixed = _fixed(text)
    for word in _WORD.finditer(text):
        if not fixed & set(range(word.start(), word.end())):
            yield word.start() + 1 + (word.end() - word.start()) // 3


def _slipped(text: str, place: int, lang: Lang, chance: random.Random) -> str:
    here, after = text[place], text[place + 1]
    kind = chance.choice(("turned", "beside", "dropped"))
    if kind == "turned" and here != after:
        return f"{text[:place]}{after}{here}{text[place + 2 :]}"
    if kind == "beside":
        return f"{text[:place]}{chance.choice(_BESIDE[here])}{text[place + 1 :]}"
    return text[:place] + text[place + 1 :]
