"""How a sentence says that what it tells is not, or not at that time, plain law.

The writer puts the label, the checker demands it: a draft, an announcement or a replaced rule
never stands in an answer without it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from knowledge.card import Bilingual, Instrument
from knowledge.corpus import Corpus, Validity

_MARKS: Mapping[Validity, re.Pattern[str]] = {
    "draft": re.compile(r"征求意见|徵求意見|草案|草稿|拟|擬|draft|consult|propos|would\b", re.I),
    "announced": re.compile(
        r"宣布|公布|提出|表示|称|稱|将|將|计划|計劃|拟|擬|建议|建議|公告|预算|預算|施政报告|施政報告|目标|目標|争取|探索|论坛|論壇|正式规定|正式規定"
        r"|announc|propos|plan|will\b|intend|budget|address|target|aim|explore|said|forum|to be\b",
        re.I,
    ),
    "superseded": re.compile(
        r"旧|舊|原(?!则|則|因|件|始|材|油)|取代|此前|之前|曾|当时|當時|前\b|试点|former|previous|replac|supersed|earlier|until|before|old\b|pilot|was\b|were\b|had\b",
        re.I,
    ),
    "repealed": re.compile(r"废止|廢止|repeal", re.I),
    "not-yet": re.compile(
        r"\d{4}\s*年|起|尚未|之后|之後|后来|後來|from\b|since|later|not yet|effective|\b(?:19|20)\d\d\b",
        re.I,
    ),
}


def is_labelled(text: str, validity: Validity) -> bool:
    """Tell whether a sentence makes plain that its source does not simply govern."""
    mark = _MARKS.get(validity)
    return mark is None or bool(mark.search(text))


def label_for(
    card: Instrument, validity: Validity, corpus: Corpus, statement: Bilingual
) -> Bilingual | None:
    """Return the words to put before a statement; None when it needs none or says so itself."""
    if validity in ("in-force", "pilot"):
        return None
    if is_labelled(statement.zh, validity) and is_labelled(statement.en, validity):
        return None
    if validity == "draft":
        return Bilingual(zh="征求意见稿（未生效）：", en="Draft, not in force: ")
    if validity == "announced":
        return Bilingual(zh="已宣布的安排：", en="As announced: ")
    if validity == "repealed":
        return Bilingual(zh="已废止的规定：", en="Repealed rule: ")
    if validity == "superseded":
        ends = corpus.ends(card)
        return Bilingual(
            zh=f"旧规（{zh_date(ends)}前）：" if ends else "旧规：",
            en=f"Former rule (until {en_date(ends)}): " if ends else "Former rule: ",
        )
    starts = card.starts
    return Bilingual(
        zh=f"{zh_date(starts)}起的新规：" if starts else "后来的新规：",
        en=f"Rule from {en_date(starts)}: " if starts else "Later rule: ",
    )


def zh_date(day: dt.date) -> str:
    """Write a date as Chinese readers do: 2026年3月20日."""
    return f"{day.year}年{day.month}月{day.day}日"


def en_date(day: dt.date) -> str:
    """Write a date as English readers do: 20 March 2026."""
    return f"{day.day} {day:%B} {day.year}"
