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
from knowledge.figures.figure import read_figures

_MARKS: Mapping[Validity, re.Pattern[str]] = {
    "draft": re.compile(
        r"征求意见|草案|草稿|草拟|拟(?:定|议|将|于|以|在|取消|设)|\bdraft|consultation|\bpropos",
        re.I,
    ),
    "announced": re.compile(
        r"宣布|公布|提出|表示|报道称|称[，：:“其]|拟|计划|建议|公告|预算案|施政报告|目标|争取|探索|论坛|据转述|据[^，。]{0,8}报道"
        r"|\bannounc|\bpropos|\bplans?\b|\bplanned\b|\bwill\b|\bintend|\bbudget\b|policy address|\btargets?\b"
        r"|\baims?\b|\bexplor|\bsaid\b|\bforum\b|\breport(?:s|ed|edly)?\b",
        re.I,
    ),
    "superseded": re.compile(
        r"旧规|旧制|旧版|旧办法|原(?:规定|办法|通知|安排|规则)|取代|曾|当时|\bformer(?:ly)?\b|\bprevious(?:ly)?\b"
        r"|\breplaced\b|\bsuperseded\b|\bold rules?\b",
        re.I,
    ),
    "repealed": re.compile(r"废止|\brepealed\b", re.I),
    "not-yet": re.compile(
        r"[日月年]起|起(?:的新规|施行|实施|执行|生效|适用)|新规|尚未|后来|才适用|\bsince\b|\blater\b|not yet"
        r"|\bfrom (?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|November|December)"
        r"|\btakes? effect|\beffective (?:from|on)\b",
        re.I,
    ),
}
"""Words by which a sentence (Chinese simplified) says what its source counts for."""


_OTHER_MARKS: Mapping[Validity, re.Pattern[str]] = {
    "draft": re.compile(r"咨询|规划建议|规划概念|建议(?:稿|中|提出)|\bnot yet\b", re.I),
    "superseded": re.compile(
        r"以前|过去|此前(?![\d一二三四五六七八九十])|从前|当年|当时|原先|原来|早先|\bused to\b|\bno longer\b|\bin the past\b|\boriginal(?:ly)?\b"
        r"|\bearlier (?:rules?|measures?|guidelines?|version)|\bat (?:that|the) time\b|\bback then\b"
        r"|\buntil (?:\w+ ){0,2}20\d\d",
        re.I,
    ),
}
"""Words in which others than our own writer say so."""
_HAPPENED = re.compile(
    r"已(?!有规)|启动|启用|投入(?:使用|运)|投运|上线|开通|落地|揭牌|开业|挂牌|完成|签署"
    r"|\b(?:opened|launched|began|begun|started|went live|signed|completed|was|were|had|has been)\b",
    re.I,
)
"""Words by which a sentence tells what took place."""


def is_labelled(text: str, validity: Validity) -> bool:
    """Tell whether a sentence makes plain that its source does not simply govern."""
    mark = _MARKS.get(validity)
    return mark is None or bool(mark.search(text))


def tells_standing(text: str, validity: Validity, day: dt.date) -> bool:
    """Tell the same of a sentence in anybody's words (Chinese simplified).

    What an announcement tells as having taken place on a day gone by needs no label either.
    """
    other = _OTHER_MARKS.get(validity)
    if is_labelled(text, validity) or (other and other.search(text)):
        return True
    if validity != "announced" or not _HAPPENED.search(text):
        return False
    days = [figure.value for figure in read_figures(text) if figure.kind == "date"]
    full = [one for one in days if _MONTH.fullmatch(one)]
    return bool(full) and all(one[:7] <= day.isoformat()[:7] for one in full)


_MONTH = re.compile(r"\d{4}-\d\d(?:-\d\d)?")


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
