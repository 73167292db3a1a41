"""Question lists: CSV or XLSX with a question a row and the points that its answer is to make."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evals.case import Case
from evals.errors import CaseError
from evals.suites.patterns import point_pattern
from evals.suites.rows import Problems, case_id, known_cards, made_case, read_text
from evals.suites.source import Imported, Source

HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "编号", "序号", "no", "no."),
    "question": ("question", "问题", "query", "题目"),
    "points": ("expected points", "expected", "points", "answer", "要点", "期望要点", "答案要点"),
    "cards": ("cards", "card", "卡片", "依据", "instruments"),
    "route": ("route", "路线"),
    "lang": ("lang", "language", "语言"),
    "kind": ("kind", "类型", "type"),
    "topic": ("topic", "主题"),
    "as_of": ("as of", "as_of", "date", "日期", "截至日期"),
    "must_not": ("must not", "must_not", "不得出现", "禁止"),
    "expect": ("expect", "预期", "standing"),
    "note": ("note", "notes", "备注"),
}
"""Names of each column, in small letters."""
_WORDS: Mapping[str, Mapping[str, str]] = {
    "lang": {
        "zh": "zh-Hans", "zh-hans": "zh-Hans", "zh-cn": "zh-Hans", "简体": "zh-Hans",
        "中文": "zh-Hans", "简体中文": "zh-Hans", "zh-hant": "zh-Hant", "zh-hk": "zh-Hant",
        "zh-tw": "zh-Hant", "繁体": "zh-Hant", "繁體": "zh-Hant", "繁体中文": "zh-Hant",
        "繁體中文": "zh-Hant", "en": "en", "english": "en", "英文": "en", "英语": "en",
    },
    "kind": {
        "查询": "lookup", "综合": "multi", "办理": "route", "时点": "temporal",
        "错误前提": "false-premise", "无法回答": "unanswerable", "超出范围": "out-of-scope",
        "追问": "follow-up", "注入": "injection",
    },
    "expect": {"回答": "answer", "作答": "answer", "拒答": "abstain", "不答": "abstain"},
}  # fmt: skip
"""What people write in a column, as the case format has it."""
_ABSTAINING = frozenset({"unanswerable", "out-of-scope"})
_PARTS = re.compile(r"[;；\n]+")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_NAMES = re.compile(r"[;；,，、\s]+")


class _Row(NamedTuple):
    where: str
    values: Mapping[str, str]


def read_sheet(source: Source) -> Imported:
    """Read a list of questions; points and forbidden words are separated by `;` or line breaks.

    A point becomes a vital nugget that is found by its figures, or by its words where it has none;
    one in brackets, `(…)`, is okay to have. Rows without question and points are passed over.

    Raises:
        CaseError: with every problem.
    """
    problems = Problems()
    cases = []
    for number, row in enumerate(_rows(source.path), start=1):
        case = _case(row, number, source, problems)
        if case:
            cases.append(case)
    problems.told()
    return Imported(tuple(cases), ())


def _case(row: _Row, number: int, source: Source, problems: Problems) -> Case | None:
    values, where = row.values, row.where
    fields: dict[str, Any] = {
        "id": case_id(source.prefix, values.get("id"), number),
        "question": values.get("question"),
        "expect": "answer",
        "nuggets": tuple(_nuggets(row, source, problems)),
        "cards": known_cards(
            _names(values.get("cards", "")), source.corpus, where, "cards", problems
        ),
        "must_not": tuple(
            point_pattern(part, source.glossary) for part in _split(values.get("must_not", ""))
        ),
        "note": values.get("note", ""),
    }
    for name in ("lang", "kind", "topic", "expect"):
        if text := values.get(name):
            fields[name] = _WORDS.get(name, {}).get(
                text.lower(), text.lower() if name != "lang" else text
            )
    if fields.get("kind") in _ABSTAINING:
        fields["expect"] = "abstain"
    if "topic" not in fields and fields["cards"]:
        fields["topic"] = source.corpus.instruments[fields["cards"][0]].topics[0]
    if route := values.get("route"):
        fields["route"] = route
        if route not in source.corpus.routes:
            problems.add(where, "route", route, "the id of a route", "List them with hugang plan.")
    if text := values.get("as_of"):
        fields["as_of"] = _day(text, where, problems)
    if not fields["question"]:
        problems.add(where, "question", None, "a question", "Write one, or delete the row.")
        return None
    return made_case(fields, where, problems)


def _nuggets(row: _Row, source: Source, problems: Problems) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(_split(row.values.get("points", "")), start=1):
        okay = part[0] in "(（" and part[-1] in ")）"
        text = part.strip("()（）").strip() if okay else part
        try:
            pattern = point_pattern(text, source.glossary)
        except ValueError:
            problems.add(
                row.where, "expected points", part, "a point with a figure or a word",
                "Write it out, or delete it.",
            )  # fmt: skip
            continue
        yield {"name": f"{number} {text}"[:60], "weight": 0.5 if okay else 1, "any": (pattern,)}


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in _PARTS.split(text) if part.strip()))


def _names(text: str) -> list[str]:
    return [name.partition("#")[0] for name in _NAMES.split(text) if name]


def _day(text: str, where: str, problems: Problems) -> dt.date | None:
    try:
        if found := _DATE.fullmatch(text.strip()):
            return dt.date(*map(int, found.groups()))
    except ValueError:  # a thirteenth month
        pass
    problems.add(where, "as of", text, "a date as 2026-06-30", "Correct it, or leave it empty.")
    return None


def _rows(path: Path) -> Iterator[_Row]:
    """Yield the rows below the header line, by the columns' names in the case format."""
    table = _workbook(path) if path.suffix.lower() in {".xlsx", ".xlsm"} else _csv(path)
    lines = ((number, row) for number, row in table if any(cell.strip() for cell in row))
    _, header = next(lines, (0, []))
    columns = [_column(cell) for cell in header]
    if "question" not in columns:
        raise CaseError(
            f"{path.name}, first row: seen the columns {', '.join(header) or 'none'}; expected one "
            f"named {' or '.join(HEADERS['question'])}. Give the columns names: "
            f"{', '.join(names[0] for names in HEADERS.values())}."
        )
    unknown = [
        cell for cell, name in zip(header, columns, strict=True) if cell.strip() and not name
    ]
    if unknown:
        raise CaseError(
            f"{path.name}, first row: seen the column {', '.join(unknown)}; expected only "
            f"{', '.join(names[0] for names in HEADERS.values())}. Rename it, or remove it."
        )
    for number, row in lines:
        values = {
            name: cell.strip()
            for name, cell in zip(columns, row, strict=False)
            if name and cell.strip()
        }
        yield _Row(f"{path.name} row {number}", values)


def _column(cell: str) -> str | None:
    wanted = " ".join(cell.lower().split())
    return next((name for name, known in HEADERS.items() if wanted in known), None)


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(read_text(path).splitlines(keepends=True))
    for row in reader:
        yield reader.line_num, row


def _workbook(path: Path) -> Iterator[tuple[int, list[str]]]:
    from zipfile import BadZipFile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, InvalidFileException, KeyError) as error:
        raise CaseError(
            f"{path.name}: seen no workbook that can be read ({error}); expected XLSX. Save the "
            "list as XLSX or as CSV in UTF-8."
        ) from error
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [_text(cell) for cell in row]
    finally:
        book.close()


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
