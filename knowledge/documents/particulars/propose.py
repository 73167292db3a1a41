"""Particulars proposed from a document's own words; where it says nothing, nothing is proposed."""

from __future__ import annotations

import re

from knowledge.card import PassageLang
from knowledge.documents.document import DocumentStatus, Particulars
from knowledge.documents.particulars.document_dates import dates_of
from knowledge.documents.particulars.document_number import number_of
from knowledge.documents.particulars.front import Front, front_of
from knowledge.documents.particulars.issuing import issuer_of
from knowledge.documents.particulars.titles import LONGEST, title_of
from knowledge.documents.reading.reading import Reading
from knowledge.figures.numerals import fold
from knowledge.language import is_chinese, to_simplified

_SAMPLE = 20_000
_SHORTEST_CAPTION = 4
_REPEALED = re.compile(
    r"[(\[【]\s*(?:已?废止|已?失效|已被废止|repealed|revoked|withdrawn)\s*[)\]】]|(?:时效性|效力状态|状态|有效性|效力)\s*[:：]\s*(?:已?废止|已?失效|全文废止|全文失效)"
    r"|^(?:已?废止|已失效|repealed|revoked|withdrawn)$|status\s*[:：]\s*(?:repealed|revoked|withdrawn)"
    r"|本(?:办法|规定|条例|通知|公告|细则|指引|意见|文件|制度)(?:已|现已|已经)(?:被|于[^。]{4,16})?(?:废止|失效)"
    r"|this (?:ordinance|circular|guideline|regulation|notice|policy|document) (?:has been|was|is) (?:repealed|revoked|withdrawn)",
    re.IGNORECASE | re.MULTILINE,
)
_SUPERSEDED = re.compile(
    r"[(\[【]\s*(?:已被?(?:取代|替代)|superseded)\s*[)\]】]|^superseded(?: by .*)?$|status\s*[:：]\s*superseded"
    r"|(?:has|have) been (?:superseded|replaced) by|(?:is|was) superseded by|(?:本[\u4e00-\u9fff]{2,4}|^)已被.{2,60}(?:取代|替代|代替)",
    re.IGNORECASE | re.MULTILINE,
)
_DRAFT = re.compile(
    r"征求意见稿|咨询文件|咨询稿|送审稿|草案|讨论稿|初稿|\(draft(?:[ ,].*)?\)|\[draft\]|^(?:working |consultation )?draft\b"
    r"|\bdraft$|consultation (?:paper|draft|document)|discussion paper|exposure draft|draft for (?:consultation|comment)",
    re.IGNORECASE | re.MULTILINE,
)
_IN_FORCE = re.compile(
    r"(?:时效性|效力状态|状态|有效性|效力)\s*[:：]\s*(?:现行有效|有效|现行|生效)|[(\[【]现行有效[)\]】]|^现行有效$|status\s*[:：]\s*(?:in force|effective|current)",
    re.IGNORECASE | re.MULTILINE,
)


def propose(reading: Reading, name: str) -> Particulars:
    """Propose what a document is, to be corrected by who adds it.

    Args:
        reading: the document.
        name: its file name or address, from which a title is made where its text gives none.
    """
    front = front_of(reading)
    lang: PassageLang = "zh" if is_chinese(reading.text[:_SAMPLE]) else "en"
    title = _of_workbook(reading) or title_of(front, reading.title, name)
    number = number_of(front, title)
    dates = dates_of(front)
    return Particulars(
        title=title,
        lang=lang,
        issuer=issuer_of(front, title, number, lang),
        number=number,
        issued=dates.issued,
        effective=dates.effective,
        ended=dates.ended,
        status=_status(front, title, name),
    )


def _of_workbook(reading: Reading) -> str | None:
    """Take the caption of a workbook's first table: the heading above it is only a sheet's name."""
    if reading.format != "xlsx":
        return None
    caption = next((block.caption for block in reading.blocks if block.kind == "table"), None)
    return caption[:LONGEST] if caption and len(caption) >= _SHORTEST_CAPTION else None


def _status(front: Front, title: str, name: str) -> DocumentStatus:
    lines = [
        to_simplified(fold(title)),
        *(line.plain for line in front.top if len(line.plain) < 200),
    ]
    top = "\n".join(lines)
    if _REPEALED.search(top):
        return "repealed"
    if _SUPERSEDED.search(top):
        return "superseded"
    heads = "\n".join(line for line in lines if not re.search(r"[。；]|[a-z]{2}\.$", line))
    if _DRAFT.search(heads) or re.search(
        r"征求意见稿|草案|[-_ (]draft\b", to_simplified(name), re.I
    ):
        return "draft"
    return "in-force" if _IN_FORCE.search(top) else "unknown"
