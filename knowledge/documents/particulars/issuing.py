"""Issuing bodies: who made a document, from its signature, title, letterhead or number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from knowledge.card import PassageLang
from knowledge.documents.particulars.front import DATE_LINE, DAY, Front
from knowledge.figures.numerals import fold
from knowledge.issuer import Issuer
from knowledge.language import to_simplified
from knowledge.load import CORPUS_DIR, read_issuers

_BRACKETS = re.compile(r"\s*[(（].*?[)）]")
_TAIL = re.compile(r",? (?:Hong Kong|HKSAR Government)$")
_SHORT = {
    "中国证监会": "CSRC",
    "证监会": "CSRC",
    "人民银行": "PBOC",
    "外汇局": "SAFE",
    "国家发展改革委": "NDRC",
    "国家发改委": "NDRC",
    "金融监管总局": "NFRA",
    "银保监会": "CBIRC",
    "中国银保监会": "CBIRC",
    "银监会": "CBRC",
    "中国银监会": "CBRC",
    "税务总局": "STA",
    "海关总署": "GAC",
    "上海市地方金融监督管理局": "SHFB",
    "香港金管局": "HKMA",
    "金融管理专员": "HKMA",
    "金管局": "HKMA",
    "证券及期货事务监察委员会": "SFC",
    "证监会(香港)": "SFC",
    "保险业监管局": "IA",
    "HKMA": "HKMA",
    "Monetary Authority": "HKMA",
    "SAFE": "SAFE",
    "Commissioner of Inland Revenue": "IRD",
}
_SERIES = {
    "汇发": "SAFE",
    "汇综发": "SAFE",
    "汇复": "SAFE",
    "银发": "PBOC",
    "银办发": "PBOC",
    "银监发": "CBRC",
    "银保监发": "CBIRC",
    "金发": "NFRA",
    "金规": "NFRA",
    "国发": "State Council",
    "国办发": "SCGO",
    "法释": "SPC",
    "证监会公告": "CSRC",
    "证监会令": "CSRC",
    "中国人民银行公告": "PBOC",
    "中国人民银行令": "PBOC",
    "国务院令": "State Council",
}
_BODY = re.compile(
    r"[\u4e00-\u9fff()·\w ]{2,40}(?:公司|银行|分行|支行|总局|管理局|委员会|办公室|财政部|商务部|交易所|事务所|协会|集团|中心|法院"
    r"|总署|人民政府|监管局|税务局|管理委员会|总部|联合会|立法会|厅|局|处|署)"
)
_EN_BODY = re.compile(
    r"(?:The )?[A-Z][\w&.,'’() -]{2,70}(?:Limited|Ltd\.?|LLP|Inc\.?|Bank|Corporation|Authority|Commission"
    r"|Bureau|Department|Committee|Office|Exchange|Company|Association|PLC|Holdings|Group|Board)"
    r"(?: of [A-Z]\w+(?: [A-Z]\w+)?)?",
)
_PUBLISHED = re.compile(
    rf"{DAY}(?P<who>(?:(?!第|令|通过)[\u4e00-\u9fff]){{4,30}}?)(?:公布|发布|印发|颁布)(?!的)"
)
_LETTERHEAD = 8
"""Lines from the top within which the body stands above the date, where it is not at the close."""
_ISSUED_BY = re.compile(
    r"^(?:发布单位|发布机构|发文机关|发文单位|制定部门|制定单位|颁布单位|发行人|Issued by|Issuer|Prepared by"
    r"|Published by)\s*[:：]?\s+?(.{2,80})$|^(?:发布单位|发布机构|发文机关|发文单位|制定部门|制定单位|颁布单位|Issued by"
    r"|Issuer|Published by|From)\s*[:：]\s*(.{2,80})$",
    re.IGNORECASE,
)


def issuer_of(front: Front, title: str, number: str | None, lang: PassageLang) -> str | None:
    """Propose who issued a document; several bodies are joined. None where nothing says so."""
    for printed in _labelled(front):
        return _known_name(printed, lang) or printed
    for found in (
        _in_title(title),
        _bodies(line.plain for line in front.top[:4] if is_letterhead(line.plain)),
        _signed(front),
        _by_number(number),
    ):
        if found:
            return ("、" if lang == "zh" else "; ").join(_name(body, lang) for body in found)
    return _who_published(front) or _signed_by_other(front)


def bodies_in(issuer: str) -> tuple[str, ...]:
    """Read the abbreviations of the bodies that `issuer_of` joined; other names have none."""
    names = re.split("[、;]", to_simplified(fold(issuer)))
    return tuple(dict.fromkeys(body for name in names for body in _several(name)))


def is_letterhead(plain: str) -> bool:
    """Tell whether a line holds nothing but names of bodies: 国家外汇管理局文件."""
    bare = re.sub(r"\s", "", plain) if re.search(r"[\u4e00-\u9fff]", plain) else plain.strip()
    bare = re.sub(r"(?:文件|公告|令|通告)$", "", bare)
    return _identify(bare) is not None or bool(_several(plain))


def _labelled(front: Front) -> Iterable[str]:
    for line in front.top:
        match = _ISSUED_BY.match(line.text)
        if match:
            yield (match[1] or match[2]).strip()


def _in_title(title: str) -> list[str]:
    """Read who stands before 关于: 中国人民银行 国家外汇管理局关于…的通知."""
    plain = to_simplified(fold(title))
    before, about, _ = plain.partition("关于")
    if about:
        return _several(before)
    match = re.match(r"(?P<who>.{2,30}?)(?:公告|令)(?:\s*\[|\s*20|$)", plain)
    return _several(match["who"]) if match else []


def _bodies(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        bare = re.sub(r"(?:文件|公告|令|通告)$", "", line.strip())
        for body in _several(bare):
            if body not in found:
                found.append(body)
    return found


def _signed(front: Front) -> list[str]:
    """Read the lines right before the date at the close."""
    found: list[str] = []
    lines = front.close
    for at in range(len(lines) - 1, -1, -1):
        if not DATE_LINE.fullmatch(lines[at].plain):
            continue
        for line in reversed(lines[max(0, at - 6) : at]):
            bodies = _several(line.plain)
            if not bodies:
                break
            found = [body for body in bodies if body not in found] + found
        if not found and at + 1 < len(lines):
            found = _several(lines[at + 1].plain)
        break
    else:
        for line in lines[-4:]:
            found += [body for body in _several(line.plain) if body not in found]
    return found


def _signed_by_other(front: Front) -> str | None:
    """Take a body that no list names, where it signs above the date."""
    lines = front.close
    for at in range(len(lines) - 1, 0, -1):
        if DATE_LINE.fullmatch(lines[at].plain):
            line = lines[at - 1]
            if _BODY.fullmatch(line.plain) or _EN_BODY.fullmatch(line.text):
                return line.text
            break
    for line, following in pairwise(front.top[:_LETTERHEAD]):
        if DATE_LINE.fullmatch(following.plain) and (
            _BODY.fullmatch(line.plain) or _EN_BODY.fullmatch(line.text)
        ):
            return line.text
    for line in front.top[:2]:
        if re.fullmatch(r".{2,30}(?:有限公司|股份公司|银行)", line.plain) or (
            _EN_BODY.fullmatch(line.text)
            and re.search(r"(?:Limited|Ltd\.?|LLP|Inc\.?)$", line.text)
        ):
            return line.text
    return None


def _who_published(front: Front) -> str | None:
    """Read who stands between a date and what was done: 2024年3月18日某管理委员会发布."""
    for line in front.top:
        match = _PUBLISHED.search(line.plain)
        if match and len(line.plain) == len(line.text):
            return line.text[match.start("who") : match.end("who")]
    return None


def _by_number(number: str | None) -> list[str]:
    series = re.match(r"[\u4e00-\u9fff]+", to_simplified(fold(number or "")))
    body = _SERIES.get(series[0].removesuffix("第")) if series else None
    return [body] if body else []


def _several(text: str) -> list[str]:
    """Read a line that holds only bodies, one or several: parted by blanks, commas or 、."""
    found = []
    plain = text.strip(" ()")
    whole = _identify(plain)
    if whole:
        return [whole]
    parts = [part for part in re.split(r"[\s、,;]+|\band\b", plain) if part]
    for part in parts:
        body = _identify(part)
        if body is None:
            joined = _identify("".join(parts))
            return [joined] if joined else []
        found.append(body)
    return found


@cache
def _issuers() -> dict[str, Issuer]:
    return read_issuers(CORPUS_DIR / "issuers.yaml")


@cache
def _names() -> dict[str, str]:
    """Every name by which a body may sign, in plain form."""
    found: dict[str, str] = {}
    for key, issuer in _issuers().items():
        if issuer.generic:
            continue
        full = _BRACKETS.sub("", issuer.zh) if "自由贸易" not in issuer.zh else issuer.zh
        english = _BRACKETS.sub("", issuer.en)
        for name in (
            full,
            full.removeprefix("香港特别行政区政府"),
            english,
            _TAIL.sub("", english),
        ):
            if name:
                found.setdefault(_plain(name), key)
    found.pop("", None)
    found |= {_plain(name): key for name, key in _SHORT.items() if key in _issuers()}
    return found


def _plain(text: str) -> str:
    text = to_simplified(fold(text)).replace("’", "'").lower().removeprefix("the ")
    return re.sub(r"\s", "", text)


def _identify(text: str) -> str | None:
    return _names().get(_plain(text))


def _known_name(text: str, lang: PassageLang) -> str | None:
    bodies = _several(to_simplified(fold(text)))
    return ("、" if lang == "zh" else "; ").join(_name(body, lang) for body in bodies) or None


def _name(body: str, lang: PassageLang) -> str:
    return _BRACKETS.sub("", _issuers()[body].text(lang))
