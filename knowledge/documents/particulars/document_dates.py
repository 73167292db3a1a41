"""Dates of a document: when it was issued, from when and until when it counts."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from knowledge.documents.particulars.front import DATE_LINE, DAY, Front
from knowledge.figures.figure import read_figures

_SELF = (
    r"本(?:办法|规定|条例|通知|公告|细则|指引|意见|方案|规则|法|决定|令|制度|政策|手册|指南|准则|解释|协议|合同|规程|规例|章程|通函|守则"
    r"|文件|措施|指导意见|实施细则|暂行办法|试行办法|管理办法|计划|说明|命令|附表|修订|批复|暂行规定|试行规定|实施办法|管理规定|操作规程)"
)
_OF_SELF = (
    r"(?:It|(?:This|These|The)\s+(?:[A-Z][\w()]*\s+){0,6}(?:Ordinance|Rules|Regulations?|Guidelines?|Circular"
    r"|Policy|Notice|Code|Manual|Order|Measures|Agreement|circular|policy|guidelines?|notice|manual"
    r"|ordinance|rules|regulations?|document|procedures?|Procedures?|Standards?|Act|requirements|module))"
)
_COMES = (
    r"(?:(?:shall\s+|will\s+)?(?:comes?|came)\s+into\s+(?:operation|effect|force)|(?:shall\s+|will\s+)?takes?\s+effect"
    r"|(?:is|are|was|becomes?|became|shall\s+be|will\s+be)\s+effective|applies|apply)"
)
_EFFECTIVE = (
    re.compile(
        rf"{_SELF}[^。；\n]{{0,30}}?自\s*(?P<day>{DAY})\s*起?(?!的)[^。；\n]{{0,8}}?(?:施行|实施|生效|执行|试行)(?!的|以来|后|前)"
    ),
    re.compile(
        rf"(?:现予(?:以)?(?:公布|发布|印发)|予以公布|现公布)[^。；\n]{{0,12}}?自\s*(?P<day>{DAY})\s*起?[^。；\n]{{0,8}}?(?:施行|实施|生效|执行)(?!的)"
    ),
    re.compile(
        rf"{_SELF}[^。；\n]{{0,12}}?(?:于|从|由)\s*(?P<day>{DAY})\s*起?[^。；\n]{{0,4}}?(?:施行|实施|生效|执行|起生效)(?!的)"
    ),
    re.compile(
        rf"(?:生效日期|施行日期|实施日期|执行日期|生效日|起始日期)\s*[:：]?\s*(?P<day>{DAY})"
    ),
    re.compile(
        rf"^\s*\(?(?:[^。\n]{{0,60}}[,，。\s]\s*)?自\s*(?P<day>{DAY})\s*起(?:施行|实施|生效|执行)\s*[)。]",
        re.MULTILINE,
    ),
    re.compile(
        rf"{_OF_SELF}\s+{_COMES}\s+(?:on|from|as\s+from|with\s+effect\s+from)?\s*(?P<day>{DAY})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\s*(?:Effective(?:\s+date|\s+from|\s+as\s+of|\s+on)?|Date\s+of\s+(?:commencement|effect)|Commencement(?:\s+date)?|In\s+force\s+from)\s*[:：]?\s*(?P<day>{DAY})",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(
        rf"{_OF_SELF}\b(?:(?!withdraw|repeal|revok|cease|supersed)[^.;\n]){{0,60}}\bwith\s+effect\s+from\s+(?P<day>{DAY})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\(?\[?(?:Commencement|Effective)[^\n]{{0,20}}?(?P<day>{DAY})\]?\)?$",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(rf"^[(\[]\s*(?P<day>{DAY})\s*[\])]$", re.IGNORECASE | re.MULTILINE),
)
_FROM_ISSUE = re.compile(
    rf"(?:{_SELF}|予以公布|现予公布|现予发布)[^。；\n]{{0,12}}?自(?:公布|发布|印发|颁布|签发|下发)之日起(?P<later>[^。；\n]{{0,6}}?)(?:施行|实施|生效|执行)(?!的)"
    rf"|{_OF_SELF}\s+(?:{_COMES}|takes\s+effect)\s+(?:immediately|on\s+(?:the\s+)?(?:date|day)\s+of\s+(?:its\s+)?(?:issue|publication|promulgation))"
    r"|\bwith\s+immediate\s+effect\b",
    re.IGNORECASE,
)
_ISSUED = (
    re.compile(
        rf"(?:发文日期|发布日期|印发日期|公布日期|成文日期|颁布日期|签发日期|发布时间|制定日期)\s*[:：]?\s*(?P<day>{DAY})"
    ),
    re.compile(
        rf"^\s*(?:Date(?:\s+of\s+issue)?|Issued?(?:\s+date|\s+on)?|Dated(?:\s+this)?|Published(?:\s+on)?|Date\s+published)\s*[:：]?\s*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s*)?(?P<day>{DAY})",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(rf"(?P<day>{DAY})[^。；\n()]{{0,60}}?(?:公布|发布|印发|颁布|签发|通过)"),
)
_ENDED_UNTIL = (
    re.compile(
        rf"(?:{_SELF}[^。；\n]{{0,40}}|施行[^。；\n]{{0,20}}|实施[^。；\n]{{0,20}}|^|[,，。]\s*)有效期(?:至|到|截至|截止至|截止到|为自[^。；\n]{{4,16}}至)\s*(?P<day>{DAY})",
        re.MULTILINE,
    ),
    re.compile(rf"(?:有效期|有效日期)\s*[:：]\s*(?:{DAY}\s*(?:至|到|-|~)\s*)(?P<day>{DAY})"),
    re.compile(rf"(?:失效日期|有效期止|到期日期)\s*[:：]\s*(?P<day>{DAY})"),
    re.compile(
        rf"{_OF_SELF}\s+(?:expires?|is\s+valid\s+(?:until|to|through)|remains?\s+(?:valid|in\s+force|effective)\s+until)\s+(?:on\s+)?(?P<day>{DAY})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\s*(?:Expiry(?:\s+date)?|Expires(?:\s+on)?|Valid\s+(?:until|to|through))\s*[:：]?\s*(?P<day>{DAY})",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_ENDED_ON = (
    re.compile(rf"(?:废止日期|废止时间|停止执行日期)\s*[:：]\s*(?P<day>{DAY})"),
    re.compile(
        rf"{_SELF}[^。；\n]{{0,10}}?(?:自|于|已于|已自)\s*(?P<day>{DAY})\s*起?(?:被)?(?:废止|停止执行|失效)"
    ),
    re.compile(
        rf"^\s*[(\[【]?(?:[^\n)\]】。]*\s)?(?:已于|于|自)?\s*(?P<day>{DAY})\s*起?(?:被)?(?:废止|失效)",
        re.MULTILINE,
    ),
    re.compile(
        rf"{_OF_SELF}\s+(?:ceases?\s+to\s+have\s+effect|ceased\s+to\s+have\s+effect|(?:is|was)\s+(?:repealed|revoked|withdrawn))\s+(?:on|from|with\s+effect\s+from)\s+(?P<day>{DAY})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\s*[(\[]?(?:Repealed|Revoked|Withdrawn)\s+(?:on\s+|with\s+effect\s+from\s+)?(?P<day>{DAY})",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_TERM = re.compile(
    rf"(?:{_SELF}(?:的)?|(?:施行|实施|生效|执行)\s*[,，]\s*)(?:试行)?有效期(?:限)?(?:为|是)?\s*(?P<years>\d{{1,2}}|[一二两三四五六七八九十]{{1,2}})\s*年"
    rf"|{_SELF}[^。；\n]{{0,30}}?试行期?(?:为|限)?\s*(?P<trial>\d{{1,2}}|[一二两三四五六七八九十]{{1,2}})\s*年"
)
_SMALL = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {"两": 2}


class Dates(NamedTuple):
    """What is said of a document's time; None where nothing is."""

    issued: dt.date | None
    effective: dt.date | None
    ended: dt.date | None
    """First day on which it no longer counts."""


def dates_of(front: Front) -> Dates:
    """Read the dates of a document from what it says of itself."""
    issued = _issued(front)
    effective = _last(_EFFECTIVE, front.body)
    if effective is None:
        immediate = _FROM_ISSUE.search(front.body)
        if immediate and not (immediate.groupdict().get("later") or "").strip():
            effective = issued
    return Dates(issued, effective, _ended(front, effective))


def _issued(front: Front) -> dt.date | None:
    top = "\n".join(line.plain for line in front.top if len(line.plain) <= 300)
    for pattern in _ISSUED:
        match = pattern.search(top)
        if match and not re.search(
            r"根据|依据|按照|依照", top[max(0, match.start() - 10) : match.start()]
        ):
            return day_in(match["day"])
    for line in reversed(front.close):
        plain = line.plain.strip()
        if DATE_LINE.fullmatch(plain):
            return day_in(plain)
        match = re.match(
            rf"(?:Dated(?:\s+this)?\s+|.{{2,40}}\s{{2,}})(?P<day>{DAY})\.?$", plain, re.IGNORECASE
        )
        if match:
            return day_in(match["day"])
    for line in front.top[:15]:
        plain = line.plain.strip()
        if DATE_LINE.fullmatch(plain) and plain[:1] not in "([":
            return day_in(plain)
    return None


def _ended(front: Front, effective: dt.date | None) -> dt.date | None:
    on = _last(_ENDED_ON, front.body)
    if on:
        return on
    until = _last(_ENDED_UNTIL, front.body)
    if until:
        return until + dt.timedelta(days=1)
    term = _TERM.search(front.body)
    if term and effective:
        years = _years(term["years"] or term["trial"])
        try:
            return effective.replace(year=effective.year + years)
        except ValueError:  # 29 February
            return dt.date(effective.year + years, 3, 1)
    return None


def _years(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    return (_SMALL.get(tens, 1) * 10 + _SMALL.get(ones, 0)) if ten else _SMALL[text]


def _last(patterns: tuple[re.Pattern[str], ...], text: str) -> dt.date | None:
    for pattern in patterns:
        matches = list(pattern.finditer(text))
        for match in reversed(matches):
            day = day_in(match["day"])
            if day:
                return day
    return None


def day_in(text: str) -> dt.date | None:
    """Read the one whole date of a short text; None where it is no day of the calendar."""
    text = re.sub(r"(\d)(?:st|nd|rd|th)?\s+day\s+of\s+", r"\1 ", text, flags=re.IGNORECASE)
    text = re.sub(r"\s+(?=[年月日])|(?<=[年月])\s+", "", text)
    for figure in read_figures(text):
        if figure.kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", figure.value):
            try:
                return dt.date.fromisoformat(figure.value)
            except ValueError:
                return None
    return None
