"""Paraphrases: the same question in other words, by rules that leave its sense as it is."""

from __future__ import annotations

import random
import re

from bot.language import Lang, detect_lang, to_simplified, to_traditional
from knowledge.card import PassageLang
from knowledge.figures.figure import read_figures
from knowledge.glossary import Glossary

_POLITE: dict[bool, tuple[tuple[str, str], ...]] = {
    True: (
        ("请问，", ""),
        ("想请教一下：", ""),
        ("麻烦问一下，", "谢谢！"),
        ("您好，", "麻烦解答一下，谢谢。"),
    ),
    False: (
        ("Could you please tell me: ", ""),
        ("Hello. ", " Many thanks."),
        ("May I ask: ", ""),
        ("", " Thank you in advance."),
    ),
}
"""What goes before and after, by whether the question is Chinese."""
_WORDS: dict[bool, tuple[tuple[str, str], ...]] = {
    True: (
        ("怎么样", "如何"),
        ("怎么", "如何"),
        ("能不能", "可不可以"),
        ("是不是", "是否"),
        ("什么时候", "何时"),
        ("多久", "多长时间"),
        ("我们公司", "我司"),
        ("我们", "我司"),
        ("想要", "打算"),
    ),
    False: (
        (r"\bwhat's\b", "what is"),
        (r"\bwe're\b", "we are"),
        (r"\bwe've\b", "we have"),
        (r"\bwe'd\b", "we would"),
        (r"\bhow do we\b", "what is the way for us to"),
        (r"\bhow long does it take\b", "what time does it take"),
        (r"\bneed to\b", "have to"),
        (r"\bwant to\b", "would like to"),
        (r"\bour firm\b", "our company"),
        (r"\bour company\b", "our firm"),
    ),
}
"""Everyday words and what else is said for them."""
_OWN = re.compile(r"^(?:我们|我司|我公司|本公司|公司|集团|We\b|Our\b)", re.IGNORECASE)
_TURN = {
    True: re.compile(r"^(?P<told>[^，。？?！；]{6,})[，。；](?P<asked>[^。？?；]{4,}[？?])$"),
    False: re.compile(r"^(?P<told>[^.?!]{15,}[.;])\s+(?P<asked>[^.?!]{8,}\?)$"),
}
"""A question that tells a circumstance and then asks."""
_LONG_NAME = {True: 4, False: 8}
"""Characters from which a short name is of one thing only."""


def paraphrase(question: str, lang: Lang, glossary: Glossary, chance: random.Random) -> str | None:
    """Return a question in other words; None where the rules find nothing to change.

    The short name of a term may be written out, everyday words give way to their like, a
    circumstance told first may come last, and a polite word goes before or after. Figures and
    document numbers stay as they are.
    """
    chinese = lang != "en"
    text = to_simplified(question) if lang == "zh-Hant" else question
    text = _written_out(text, chinese, glossary, chance)
    text = _other_words(text, chinese)
    turned = _turned(text, chinese)
    before, after = chance.choice(_POLITE[chinese])
    if after and turned[-1] not in "。？！?!.":
        turned += "。" if chinese else "."
    made = f"{before}{turned}{after}"
    if lang == "zh-Hant":
        made = to_traditional(made)
    if made == question or detect_lang(made) != detect_lang(question):
        return None
    return made


def _written_out(text: str, chinese: bool, glossary: Glossary, chance: random.Random) -> str:
    """Write the short name of one term out in full: 自贸账户 as 自由贸易账户.

    The glossary's other names are made for searching: some mean a part of the term only, or fit
    another sentence. Of a name that is made of the full one's own words neither is so.
    """
    lang: PassageLang = "zh" if chinese else "en"
    fixed = {place for one in read_figures(text) for place in range(one.start, one.end)}
    places = [
        hit
        for hit in glossary.find(text, lang)
        if hit.text.lower() == hit.surface.lower()
        and len(hit.surface) >= _LONG_NAME[chinese]
        and _is_short_for(hit.surface, hit.term.preferred(lang), chinese)
        and fixed.isdisjoint(range(hit.start, hit.end))
    ]
    if not places:
        return text
    hit = chance.choice(places)
    return f"{text[: hit.start]}{hit.term.preferred(lang)}{text[hit.end :]}"


def _is_short_for(name: str, full: str, chinese: bool) -> bool:
    """Tell whether a name is another without some characters or words, at most half of it."""
    parts, rest = (name, iter(full)) if chinese else (name.split(), iter(full.split()))
    return len(full) / 2 <= len(name) < len(full) and all(part in rest for part in parts)


def _other_words(text: str, chinese: bool) -> str:
    for old, new in _WORDS[chinese]:
        made = (
            text.replace(old, new)
            if chinese
            else re.sub(old, new, text, count=1, flags=re.IGNORECASE)
        )
        if made != text:
            return made if chinese else made[:1].upper() + made[1:]
    return text


def _turned(text: str, chinese: bool) -> str:
    found = _TURN[chinese].match(text)
    if not found or not _OWN.match(text):
        return text
    told, asked = found["told"], found["asked"]
    if chinese:
        return f"{asked}情况是：{told}。"
    return f"{asked} For context: {told.rstrip('.;')}."
