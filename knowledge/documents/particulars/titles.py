"""Titles: what a document calls itself in its first lines, else its properties or its file name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from knowledge.documents.particulars.front import DATE_LINE, Front, FrontLine
from knowledge.documents.particulars.issuing import is_letterhead

LONGEST = 300
_KINDS = (
    "办法|规定|条例|细则|指引|通知|公告|通告|意见|方案|规则|规程|协议|合同|手册|制度|政策|报告|说明|决定|批复|复函|解释|准则"
    "|法|章程|指南|问答|守则|备忘录|通函|计划|纲要|须知|指导意见|产品说明书|令|函|规例|命令|法例|文件|政策声明|汇编|清单|费率表|收费表"
)
_ZH_TITLE = re.compile(
    rf"^(?=.{{4,}})[^。；？！]*(?:{_KINDS})(?:\s*\((?:[^()]*)\))*$|^.*关于[^。；]*的(?:{_KINDS})$"
)
_OPENS = re.compile(r"^[^。；]*关于[^。；]*$")
_BROKEN_OFF = re.compile(r"(?:\b(?:of|and|the|on|for|to|in)|[-–,(])$")
_EN_TITLE = re.compile(
    r"\b(?:Ordinance|Rules?|Regulations?|Guidelines?|Circular|Policy|Manual|Notice|Code|Order|Act"
    r"|Agreement|Handbook|Memorandum|Report|Guide|Procedures?|Standards?|Framework|Statement|Terms"
    r"|Factsheet|Fact Sheet|Bill|Measures|Paper|Module|FAQs?|Plan|Brochure|Schedule of Charges)\b"
    r"(?:\s*\([^)]*\))*(?:\s+(?:\d{4}|[IVX]+|\d+))?(?:\s*\([^)]*\))*$|^(?:Circular|Guidelines?|Guidance"
    r"|Notice|Policy|Memorandum|Consultation Paper|Supervisory Policy Manual|Re:|Subject:)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^《([^《》]+)》(?:\s*\([^()]*\))*$")
_LABEL = re.compile(
    r"^(?:标题|名称|题目|主题|文件名称|制度名称|Title|Subject|Re)\s*[:：]\s*(.+)$", re.IGNORECASE
)
_NO_TITLE = re.compile(
    r"(?:untitled|document\s?\d*|文档\s?\d*|microsoft (?:word|powerpoint|excel)\b.*|新建.*|无标题.*"
    r"|slide \d+|sheet\d+|presentation\d*|book\d+|index|home|首页|powerpoint .*|null|none|draft"
    r"|scan\S*|img[_-]?\d+|image\d*)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(
    r"\.(?:pdf|docx?|xlsx?|xlsm|pptx?|html?|md|markdown|txt|eml|msg|png|jpe?g|tiff?)$", re.I
)


def title_of(front: Front, own: str | None, name: str) -> str:
    """Propose a title.

    Args:
        front: the document's own lines.
        own: title in the file's properties, where it has one.
        name: the file's name or address.
    """
    found = (
        _labelled(front.top)
        or _heading(front.top)
        or _named(front.top)
        or _proper(own)
        or _first(front.top)
        or _from_name(name)
    )
    return re.sub(r"\s+", " ", found).strip()[:LONGEST]


def _labelled(lines: Sequence[FrontLine]) -> str | None:
    for line in lines[:15]:
        match = _LABEL.match(line.text)
        if match:
            return match[1]
    return None


def _is_title_line(line: FrontLine) -> bool:
    return (
        line.mark not in ("article", "container", "notice", "notice-item", "paragraph", "letter")
        and not is_letterhead(line.plain)
        and not DATE_LINE.fullmatch(line.plain)
        and not re.search(r"[。；;:：，,]$", line.plain)
        and bool(re.search(r"[A-Za-z\u4e00-\u9fff]{2}", line.plain))
        and not re.fullmatch(
            r"(?:目\s*录|contents|机密|秘密|内部资料|confidential|draft|internal)", line.plain, re.I
        )
    )


def _heading(lines: Sequence[FrontLine]) -> str | None:
    """Take the highest heading that stands before any text of length."""
    seen: list[FrontLine] = []
    for line in lines[:8]:
        if line.heading and _is_title_line(line) and line.mark is None:
            seen.append(line)
        elif not line.heading and len(line.text) > 120:
            break
    if not seen:
        return None
    highest = min(line.level or 9 for line in seen)
    best = next(line for line in seen if (line.level or 9) == highest)
    return _unquoted(best.text)


def _named(lines: Sequence[FrontLine]) -> str | None:
    """Take the first line that is worded as a title, with the lines it was broken over."""
    for at, line in enumerate(lines[:20]):
        if not _is_title_line(line):
            continue
        for span in (1, 2, 3):
            group = lines[at : at + span]
            if len(group) < span or not all(_is_title_line(each) for each in group):
                break
            joined = _joined([each.text for each in group])
            plain = _joined([each.plain for each in group])
            if len(plain) > 160:
                break
            if span > 1 and not (_OPENS.match(line.plain) or _BROKEN_OFF.search(line.plain)):
                break
            if _ZH_TITLE.match(plain) or _EN_TITLE.search(plain):
                if span == 1 and _carries_on(lines, at):
                    continue
                return _unquoted(re.sub(r"^(?:Re|Subject):\s*", "", joined, flags=re.I))
    return None


def _carries_on(lines: Sequence[FrontLine], at: int) -> bool:
    r"""Whether a line that says 关于 has not come to its 通知 yet: "…关于印发《…办法》\n的通知"."""
    line = lines[at].plain
    following = lines[at + 1].plain if at + 1 < len(lines) else ""
    return bool(
        _OPENS.match(line)
        and not re.search(rf"的(?:{_KINDS})", line)
        and re.match(r"^.{0,40}的(?:通知|公告|意见|决定|函|批复|通告)$", following)
    )


def _joined(texts: Sequence[str]) -> str:
    joined = texts[0]
    for text in texts[1:]:
        latin = joined[-1:].isascii() and text[:1].isascii()
        joined += (" " if latin else "") + text
    return joined


def _unquoted(text: str) -> str:
    match = _QUOTED.match(text.strip())
    return match[1] if match else text


def _proper(own: str | None) -> str | None:
    text = (own or "").strip()
    text = re.sub(r"^Microsoft (?:Word|PowerPoint|Excel) - ", "", text)
    if len(text) < 4 or _NO_TITLE.fullmatch(text) or _SUFFIX.search(text):
        return None
    return text


def _first(lines: Sequence[FrontLine]) -> str | None:
    for line in lines[:3]:
        fits = 4 <= len(line.text) <= 90 and not re.search(r"[.!?。！？]$", line.plain)
        if fits and line.mark is None and _is_title_line(line):
            return _unquoted(line.text)
    return None


def _from_name(name: str) -> str:
    last = PurePath(re.sub(r"[?#].*$", "", name).replace("\\", "/").rstrip("/")).name
    text = _SUFFIX.sub("", last)
    text = re.sub(r"[_\s]+", " ", text).strip(" -")
    return text or "?"
