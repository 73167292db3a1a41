"""Document numbers: 汇发〔2025〕43号, Cap. 571, L.N. 12 of 2025, where a document gives its own."""

from __future__ import annotations

import re

from knowledge.documents.particulars.front import Front

_YEAR = r"(?:19|20)\d\d"
_BRACKETED = re.compile(
    rf"(?P<series>[\u4e00-\u9fff]{{1,16}}(?:\s*\([^)]{{1,8}}\))?)\s*[\[({{〈]\s*(?P<year>{_YEAR})\s*年?\s*[\])}}〉]\s*"
    r"(?P<nth>第)?\s*(?P<number>\d{1,5})\s*号"
)
_ORDER = re.compile(
    rf"(?P<series>[\u4e00-\u9fff、 ]{{2,30}}?(?:令|公告))\s*(?P<year>{_YEAR}\s*年)?\s*第\s*"
    r"(?P<number>\d{1,5}|[一二三四五六七八九十百零]{1,7})\s*号"
)
_SERIES_YEAR = re.compile(
    rf"(?P<series>[\u4e00-\u9fff]{{1,8}}[发函字办规])\s*(?P<year>{_YEAR})\s*年?\s*第?\s*(?P<number>\d{{1,5}})\s*号"
)
_LABELLED = re.compile(
    r"(?:文\s*号|发文字号|文件编号|文件号|编号|制度编号|档号|Ref(?:erence)?(?:\s*No)?\.?|Our Ref\.?|Document (?:no\.?|number)"
    r"|Doc\.? No\.?|Policy (?:no\.?|number)|Circular (?:no\.?|number)|File Ref\.?)\s*[:：]\s*(?P<value>\S.{0,60})$",
    re.IGNORECASE,
)
_HONG_KONG = (
    re.compile(r"(?P<value>(?:Cap\.|CAP\.|Cap|Chapter:?)\s?\d{1,4}[A-Z]{0,3})\b"),
    re.compile(r"(?P<value>第\s?\d{1,4}[A-Z]{0,3}\s?章)"),
    re.compile(r"(?P<value>L\.?\s?N\.?\s?\d{1,4}\s+of\s+(?:19|20)\d\d)"),
    re.compile(r"(?P<value>(?:19|20)\d\d\s?年第\s?\d{1,4}\s?号(?:法律公告|条例|政府公告))"),
    re.compile(r"(?P<value>(?:Ord\.|Ordinance) No\.? ?\d{1,4} of (?:19|20)\d\d)"),
    re.compile(r"(?P<value>G\.?N\.? ?\d{1,5} of (?:19|20)\d\d)"),
    re.compile(r"^(?P<value>B\d{1,2}/\d{1,3}[A-Z])\b"),
    re.compile(r"^(?P<value>Circular (?:No\.? ?)?\d{1,4}/(?:19|20)\d\d)"),
)
_REFERENCE = re.compile(
    r"[A-Z]{2,8}(?:[/-][A-Z]{1,6})*(?:[/-](?:19|20)\d\d)?[/-]\d{1,5}[A-Z]?|[\u4e00-\u9fff]{2,12}第\s*\d{1,5}\s*号"
)
"""A line that is nothing but a reference: PSO/C/2024/17, 税务指引第21号."""
_LONGEST_LINE = 120


def number_of(front: Front, title: str) -> str | None:
    """Find the number a document gives itself; one that it only cites is none.

    Its own stands on a line of its own, behind a label, or in brackets at the end of the title.
    """
    for line in front.top:
        text, plain = line.text, line.plain
        if len(plain) > _LONGEST_LINE:
            continue
        found = _alone(plain, text) or _labelled(plain, text) or _reference(plain, text)
        if found:
            return found
        if _hong_kong_line(plain):
            for pattern in _HONG_KONG:
                match = pattern.search(plain)
                if match:
                    return _printed(text, plain, match.start("value"), match.end("value"))
    ending = re.search(r"[(（]([^()（）]*[\[〔(（][^()（）]*[\]〕)）][^()（）]*号)[)）]$", title)
    return re.sub(r"\s", "", ending[1]) if ending else None


def _alone(plain: str, text: str) -> str | None:
    bare = plain.strip(" ()")
    for pattern in (_BRACKETED, _SERIES_YEAR):
        match = pattern.fullmatch(bare) or _at_end(pattern, plain)
        if match:
            at = plain.find(match["series"])
            series = re.sub(r"\s", "", text[at : at + len(match["series"])])
            nth = "第" if match.groupdict().get("nth") else ""
            sign = "號" if "號" in text else "号"
            return f"{series}〔{match['year']}〕{nth}{match['number']}{sign}"
    match = _ORDER.fullmatch(bare) or re.fullmatch(
        rf"(?P<year>{_YEAR}\s*年)?第\s*(?P<number>\d{{1,5}})\s*号", bare
    )
    return re.sub(r"\s", "", text.strip(" ()（）")) if match else None


def _reference(plain: str, text: str) -> str | None:
    bare = plain.strip(" ()")
    return text.strip(" ()（）") if _REFERENCE.fullmatch(bare) else None


def _at_end(pattern: re.Pattern[str], plain: str) -> re.Match[str] | None:
    """Find a number in brackets at the end of a title line, or behind a letterhead."""
    match = pattern.search(plain)
    if match is None or match.end() < len(plain.rstrip(" )")):
        return None
    before = plain[: match.start()].rstrip()
    if before.endswith("(") and plain.endswith(")"):
        inner = not re.search(r"[。，,；;]|根据|依照|按照|依据", before)
        return match if inner else None
    return match if re.search(r"(?:文件|文号[:：]?|号[:：])$", before) else None


def _labelled(plain: str, text: str) -> str | None:
    match = _LABELLED.search(plain)
    if match is None:
        return None
    value = match["value"]
    for pattern in (_BRACKETED, _SERIES_YEAR):
        inner = pattern.match(value)
        if inner:
            return _alone(inner[0], text[match.start("value") :])
    value = re.split(r"\s{2,}|[;；，]|(?:\s+(?:Date|Version|版本|日期))", value)[0].strip()
    if not re.search(r"\d", value):
        return None
    return text[match.start("value") : match.start("value") + len(value)]


def _hong_kong_line(plain: str) -> bool:
    """Whether a line names the document rather than says something: no sentence, no reference."""
    return not re.search(
        r"[.;。；]$|\b(?:under|pursuant|section|by|within|of the)\b|根据|依照|按照|由", plain
    ) or bool(re.fullmatch(r"\(?(?:Cap\.|L\.?N\.?)[^a-z]{1,20}\)?\.?", plain))


def _printed(text: str, plain: str, start: int, end: int) -> str:
    same = len(text) == len(plain)
    return re.sub(r"\s+", " ", (text if same else plain)[start:end]).strip()
