"""Figures of Chinese and English sentences as values that can be compared.

The trust promise rests here: no figure, date or document number may stand in an answer unless
the facts it cites contain it. `read_figures` reads both scripts at once; `missing_figures` says
which figures of a sentence no evidence contains, whatever language, script or scale either side
is written in: `70亿元` is found in "RMB 7 billion", `2026年4月` in "1 April 2026" (never the
reverse), `37号文` in "Huifa [2014] No. 37".

Readers work from the most specific to the least: `figure_documents`, `figure_dates`,
`figure_shares`, `figure_amounts`. Evidence is read more kindly than a sentence, see
`figure_hints`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from knowledge.card import Frozen
from knowledge.figures.amounts import read_amounts
from knowledge.figures.dates import date_contains, read_dates
from knowledge.figures.documents import read_articles, read_dated_documents, read_documents
from knowledge.figures.hints import read_hints
from knowledge.figures.numerals import fold
from knowledge.figures.shares import read_shares
from knowledge.figures.sheet import FigureKind, Reading, Sheet
from knowledge.figures.units import MONEY, SPANS

_NOISE = (
    (re.compile(r"https?://\S+", re.ASCII), "://"),
    (re.compile(r"\b[a-z0-9]+(?:-[a-z0-9]+)+#\d+", re.ASCII), "#"),  # references of facts
    (re.compile(r"\[\d{1,2}(?:\s*[,、]\s*\d{1,2})*\]", re.ASCII), "["),  # citation marks
    (re.compile(r"^[ \t]*(?:[-*][ \t]+)?\d{1,2}(?:[.)]\s|、)(?=\D)", re.ASCII | re.MULTILINE), ""),
    (re.compile("五年规划"), "五年规划"),
    (re.compile(r"\bfive-year (?:plan|programme|program)", re.ASCII | re.IGNORECASE), "ive-"),
)
# a text without any of these holds no figure: most names and many sentences need no reading
_MAY_HOLD = re.compile(
    r"[0-9０-９零〇○一二两兩三四五六七八九十百千万萬亿億半]"
    r"|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thir|fif|twenty"
    r"|forty|eighty|ninety|hundred|thousand|million|half|halves|twice|third|quarter|Jan|Feb|Mar"
    r"|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|fortnight|[IVX]+\b|an?\s+(?:fif|six|eigh|ten)th|second|fourth)",
    re.IGNORECASE | re.ASCII,
)
# CIPS2, A1, COVID-19; not USD300, FY2025, Q2
_MONEY_CODES = "|".join(sorted(code for code in MONEY if code.isalpha()))
_IDENTIFIER = re.compile(
    rf"(?<![A-Za-z0-9])(?!(?:US|HK|S|A|C)\$|(?:RMB|CNH|{_MONEY_CODES})\d|FY|[QH][1-4]\b)"
    r"(?:[A-Za-z]+\d[A-Za-z0-9]*|[A-Z][A-Za-z]+-\d[\w-]*)",
    re.ASCII,
)
_NUMBERING = re.compile(r"\(\d{1,2}\)", re.ASCII)
_MONTHS_IN = {"year": 12, "quarter": 3, "month": 1}
_MINUTES_IN = {"week": 10080, "day": 1440, "hour": 60, "minute": 1}
_DOLLARS = MONEY - {"CNY", "EUR", "GBP", "JPY"}
_SHARE_WORDS = {"50": "1/2", "100": "100", "0": "0"}


class Figure(Frozen):
    """One figure of a sentence."""

    kind: FigureKind
    value: str
    """Canonical: `7000000000`, `8.25`, `1/3`, `5:1`; `2025-12-26`, `2025-12`, `2025-Q4`, `2025`,
    without year `--12-26`; document `251/2025` or `251`; article `14`, `14E`, `T+1`."""
    unit: str | None = None
    """Currency code, span of time, `times`, or `count` of things; a document's series (`yinfa`)."""
    text: str
    """As written."""
    start: int
    end: int

    def __str__(self) -> str:
        """Print for a report: `7000000000 CNY`, `8.25%`, `2025-12`, `document 251/2025`."""
        if self.kind == "percent":
            return f"{self.value}%"
        if self.kind == "number":
            unit = self.unit if self.unit not in (None, "count") else ""
            return f"{self.value} {unit}".strip()
        return self.value if self.kind == "date" else f"{self.kind} {self.value}"


class _Evidence(Frozen):
    """An evidence text as figures: those it surely holds, and those it may be read as."""

    sure: tuple[Figure, ...]
    hints: frozenset[tuple[str, str | None]]
    years: frozenset[str]


@lru_cache(maxsize=4096)
def read_figures(text: str) -> tuple[Figure, ...]:
    """Read every figure of a Chinese (either script), English or mixed text, in reading order."""
    if not _MAY_HOLD.search(text):
        return ()
    readings = sorted(_read(text), key=lambda reading: reading.start)
    return tuple(
        Figure(
            kind=reading.kind,
            value=reading.value,
            unit=reading.unit,
            text=text[reading.start : reading.end].strip(),
            start=reading.start,
            end=reading.end,
        )
        for reading in readings
    )


def missing_figures(sentence: str, evidence: Iterable[str]) -> tuple[Figure, ...]:
    """Return the figures of a sentence that no evidence text contains.

    A fuller date contains a partial one, a document number with its year the bare number.
    Currencies, spans of time and document series count where both sides name one.

    Args:
        sentence: the sentence to be shown.
        evidence: texts of the facts it cites, with their instruments' titles, numbers and dates
            if these may be named too.
    """
    wanted = read_figures(sentence)
    if not wanted:
        return ()
    known = [_evidence(text) for text in evidence]
    return tuple(
        figure
        for figure in wanted
        if not any(_holds(text, figure) for text in known)
        and not _is_rounded(sentence, figure, (one for text in known for one in text.sure))
    )


_ABOUT = re.compile(
    r"(?:约为?|(?P<under>将近|接近|近)|(?P<over>超过?|逾|突破)|大致|大概"
    r"|\b(?P<nearly>nearly|almost|close to|just (?:under|below)|not quite)"
    r"|\b(?P<more>more than|over|above|just over)|\b(?:about|around|roughly|approximately|some))"
    r"(?:了|达|等值|人民币|\s|US|HK|\$|RMB|a )*$",
    re.IGNORECASE,
)
"""Words before a figure by which it is a round one."""
_ROUNDING = Fraction(1, 50)
"""How far a round figure may lie from its own."""


def _is_rounded(sentence: str, figure: Figure, known: Iterable[Figure]) -> bool:
    """Tell whether a figure is called about, nearly or more than what the evidence has."""
    if figure.kind not in ("number", "percent") or ":" in figure.value:
        return False
    about = _ABOUT.search(sentence[: figure.start])
    if not about:
        return False
    wanted = _fraction(figure.value)
    for one in known:
        if (one.kind, one.unit) != (figure.kind, figure.unit) or ":" in one.value:
            continue
        off = _fraction(one.value) - wanted
        if (about["under"] or about["nearly"]) and off > 0:
            continue
        if (about["over"] or about["more"]) and off < 0:
            continue
        is_rounder = _digits(figure.value) < _digits(one.value)
        if is_rounder and abs(off) <= _ROUNDING * wanted:
            return True
    return False


def _digits(value: str) -> int:
    """Count the digits of a value that say something: three in 807000000000."""
    return len(value.partition("/")[0].replace(".", "").strip("0"))


def _read(text: str) -> list[Reading]:
    sheet = Sheet(text)
    for noise, cue in _NOISE:
        sheet.take(noise, _nothing, cue)
    read_dated_documents(sheet)
    read_dates(sheet)
    read_documents(sheet)
    read_articles(sheet)
    sheet.take(_IDENTIFIER, _nothing)
    sheet.take(_NUMBERING, _nothing, "(")
    read_shares(sheet)
    read_amounts(sheet)
    return sheet.readings


def _nothing(match: re.Match[str]) -> list[Reading]:
    return []


@lru_cache(maxsize=4096)
def _evidence(text: str) -> _Evidence:
    sure = read_figures(text)
    years = {figure.value[:4] for figure in sure if figure.kind == "date"}
    years |= {figure.value.partition("/")[2] for figure in sure if figure.kind == "document"}
    return _Evidence(
        sure=sure,
        hints=frozenset(read_hints(fold(text))),
        years=frozenset(year for year in years if year.isdigit()),
    )


def _holds(evidence: _Evidence, figure: Figure) -> bool:
    if any(_contains(known, figure, evidence.years) for known in evidence.sure):
        return True
    if figure.kind == "date":
        return figure.value in evidence.years
    if figure.kind == "percent":
        return (_SHARE_WORDS.get(figure.value), None) in evidence.hints
    if figure.kind == "document" or figure.unit in MONEY:
        return False
    if figure.unit in SPANS:
        return (figure.value, figure.unit) in evidence.hints
    return not evidence.hints.isdisjoint({(figure.value, None), (figure.value, figure.unit)})


def _contains(known: Figure, figure: Figure, years: frozenset[str]) -> bool:
    kinds = {known.kind, figure.kind}
    if kinds == {"date"}:
        return date_contains(known.value, figure.value, years)
    if kinds == {"document"}:
        return _same_document(known, figure, years)
    if kinds == {"article"}:
        return known.value == figure.value
    if kinds <= {"number", "percent"}:
        return _same_amount(known, figure)
    return _same_digits(known, figure)


def _same_document(known: Figure, wanted: Figure, years: frozenset[str]) -> bool:
    known_number, _, known_year = known.value.partition("/")
    wanted_number, _, wanted_year = wanted.value.partition("/")
    if known_number != wanted_number or (known.unit and wanted.unit and known.unit != wanted.unit):
        return False
    return not wanted_year or wanted_year == known_year or (not known_year and wanted_year in years)


def _same_amount(known: Figure, wanted: Figure) -> bool:
    if known.kind != wanted.kind:
        return _same_share(known, wanted)
    if known.kind == "percent":
        return Decimal(known.value) == Decimal(wanted.value)
    if ":" in known.value or ":" in wanted.value:
        return known.value == wanted.value
    return _same_quantity(known, wanted)


def _same_share(known: Figure, wanted: Figure) -> bool:
    """Compare a percentage with a number that may say a share: 1/2, 0.8, 1.5 times; never 80."""
    share, plain = (known, wanted) if known.kind == "percent" else (wanted, known)
    if plain.unit == "point":
        return plain.value == share.value
    may_be = not plain.value.isdigit() or plain.value == "0" or plain.unit == "times"
    if ":" in plain.value or plain.unit in MONEY | SPANS or not may_be:
        return False
    return _fraction(share.value) == _fraction(plain.value) * 100


def _same_quantity(known: Figure, wanted: Figure) -> bool:
    first, second = _fraction(known.value), _fraction(wanted.value)
    if known.unit is None or wanted.unit is None or known.unit == wanted.unit:
        return first == second
    for table in (_MONTHS_IN, _MINUTES_IN):
        if known.unit in table and wanted.unit in table:
            return first * table[known.unit] == second * table[wanted.unit]
    units = {known.unit, wanted.unit}
    alike = (
        units <= {"count", "times", "point"}
        or units <= {"working-day", "trading-day"}
        or ("$" in units and units <= _DOLLARS)
    )
    return alike and first == second


def _same_digits(known: Figure, wanted: Figure) -> bool:
    """Compare across kinds: `Type 9` and `9`, the year 2000 and 2,000 firms, No. 52 and `52`."""
    if "percent" in (known.kind, wanted.kind) or "/" in wanted.value:
        return False
    if any(figure.unit in SPANS | MONEY for figure in (known, wanted)):
        return False
    return known.value.partition("/")[0] == wanted.value and wanted.value.isalnum()


@lru_cache(maxsize=4096)
def _fraction(value: str) -> Fraction:
    above, _, below = value.partition("/")
    return Fraction(above) / (Fraction(below) if below else 1)
