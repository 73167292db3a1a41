"""Labels: what a person said of an answer, and how they are exchanged as JSON Lines or CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from bot.store.records import Correctness, Groundedness
from evals.errors import LabelError
from knowledge.card import Frozen

__all__ = [
    "COLUMNS",
    "Correctness",
    "Groundedness",
    "Label",
    "labels_csv",
    "labels_jsonl",
    "read_labels",
    "settled",
]


class Label(Frozen):
    """One person's verdict on one answer of a run."""

    run_id: str = Field(min_length=1)
    case_id: str = Field(min_length=1)
    labeller: str = Field(min_length=1)
    correctness: Correctness
    groundedness: Groundedness | None = None
    """None where the answer abstains, and only there."""
    note: str = ""
    at: dt.datetime
    adjudicated: bool = False
    """Whether it settles what two labellers saw differently; it then stands for both."""

    @field_validator("at")
    @classmethod
    def _with_zone(cls, at: dt.datetime) -> dt.datetime:
        if at.tzinfo is None:
            raise ValueError("a time with its zone, as 2026-11-22T09:00:00Z")
        return at

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.groundedness is None) != (self.correctness == "abstained"):
            raise ValueError("a groundedness for every answer that does not abstain, and no other")
        return self


def settled(labels: Iterable[Label]) -> dict[str, Label]:
    """Return one label for each case that has one verdict, by case.

    An adjudicated label stands for all others (the latest, should there be two). Without one, the
    first labeller's stands where all agree in correctness and groundedness; a case on which they
    differ is left out, for nobody has said yet who is right.
    """
    by_case: dict[str, list[Label]] = {}
    for label in labels:
        by_case.setdefault(label.case_id, []).append(label)
    found: dict[str, Label] = {}
    for case, given in by_case.items():
        last_word = [label for label in given if label.adjudicated]
        verdicts = {(label.correctness, label.groundedness) for label in given}
        if last_word:
            found[case] = max(last_word, key=lambda label: label.at)
        elif len(verdicts) == 1:
            found[case] = given[0]
    return found


COLUMNS = tuple(Label.model_fields)
"""Of a CSV file, in this order."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would work out instead of showing; `'` before it makes it text."""


def labels_jsonl(labels: Iterable[Label]) -> str:
    """Print labels as JSON Lines."""
    return "".join(f"{label.model_dump_json()}\n" for label in labels)


def labels_csv(labels: Iterable[Label]) -> str:
    """Print labels as CSV with a header; a text that a spreadsheet would calculate is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for label in labels:
        row = label.model_dump(mode="json")
        writer.writerow([_cell(row[column]) for column in COLUMNS])
    return out.getvalue()


def read_labels(path: Path) -> tuple[Label, ...]:
    """Read labels from a `.jsonl` or a `.csv` file, as exported; a byte order mark is passed over.

    Raises:
        LabelError: it cannot be read, or lines are no labels; all problems are told.
    """
    readers = {".jsonl": _jsonl_rows, ".csv": _csv_rows}
    if path.suffix.lower() not in readers:
        raise LabelError(
            f"{path.name}: seen the ending {path.suffix!r}; expected .jsonl or .csv. "
            "Export the labels again, or rename the file."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LabelError(f"{path.name}: seen no such file; expected labels. Check the name.") from (
            error
        )
    except UnicodeDecodeError as error:
        raise LabelError(
            f"{path.name}: seen bytes that are not UTF-8; expected UTF-8. Save the file as UTF-8."
        ) from error
    labels: list[Label] = []
    problems: list[str] = []
    for number, row in readers[path.suffix.lower()](text):
        try:
            labels.append(Label.model_validate(row))
        except ValidationError as error:
            problems += (
                f"{path.name} line {number}, {_field(item['loc'])}: seen {_seen(item['input'])}; "
                f"expected: {item['msg'].removeprefix('Value error, ')}. Mend the line."
                for item in error.errors()
            )
    if problems:
        raise LabelError(*problems)
    return tuple(labels)


def _jsonl_rows(text: str) -> Iterator[tuple[int, Any]]:
    # Not splitlines(): a note may hold U+2028 inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError:
                yield number, line


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for row in reader:
        cells = {key: _text(value) for key, value in row.items() if isinstance(key, str)}
        yield reader.line_num, {**cells, "groundedness": cells.get("groundedness") or None}


def _cell(value: object) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def _text(value: str | None) -> str:
    return (value or "").removeprefix("'")


def _field(loc: tuple[int | str, ...]) -> str:
    return ".".join(map(str, loc)) or "label"


def _seen(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
