"""Rows of other forms: read line by line, with the place of each and what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bot.language import detect_lang
from evals.case import Case
from evals.errors import CaseError
from knowledge.corpus import Corpus

_UNSAFE = re.compile(r"[^a-z0-9]+")


class Problems:
    """Problems as they are found; told together at the end."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: list[str] = []

    def add(self, where: str, field: str, seen: object, expected: str, remedy: str) -> None:
        """Take one: place, field, what was seen, what was expected, and the remedy."""
        text = "nothing" if seen in (None, "") else repr(seen)
        text = text if len(text) <= 80 else f"{text[:77]}…"
        self._found.append(f"{where}, {field}: seen {text}; expected {expected}. {remedy}")

    def told(self) -> None:
        """Raise what was found, if anything.

        Raises:
            CaseError: with every problem.
        """
        if self._found:
            raise CaseError(*self._found)


class JsonRow(NamedTuple):
    """An object of a JSON Lines file, and where it stands."""

    where: str
    values: Mapping[str, Any]


def json_rows(path: Path, problems: Problems) -> Iterator[JsonRow]:
    """Yield the objects of a JSON Lines file; lines that hold none are told.

    Raises:
        CaseError: the file cannot be read.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        where = f"{path.name} line {number}"
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            problems.add(
                where, "line", line, f"one JSON object ({error.msg}, column {error.colno})",
                "Mend the line, or put the object on one line.",
            )  # fmt: skip
            continue
        if isinstance(values, dict):
            yield JsonRow(where, values)
        else:
            problems.add(where, "line", values, "a JSON object", "Put braces around its fields.")


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark.

    Raises:
        CaseError: it is not there, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CaseError(
            f"{path.name}: seen no file that can be read ({error.strerror}); expected one. "
            "Check the name."
        ) from error
    except UnicodeDecodeError as error:
        raise CaseError(
            f"{path.name}: seen bytes that are not UTF-8; expected UTF-8. Save the file as UTF-8."
        ) from error


def case_id(prefix: str, name: object, number: int) -> str:
    """Return an id for a row: its own name folded to the letters of ids, else its number."""
    folded = _UNSAFE.sub("-", str(name).lower()).strip("-") if name not in (None, "") else ""
    return f"{prefix}-{folded or number}"


def known_cards(
    names: list[str], corpus: Corpus, where: str, field: str, problems: Problems
) -> tuple[str, ...]:
    """Return the cards of a row; one that the corpus lacks is told with the nearest."""
    from difflib import get_close_matches

    for name in names:
        if name not in corpus.instruments:
            near = ", ".join(get_close_matches(name, corpus.instruments, n=3, cutoff=0.5))
            problems.add(
                where, field, name, f"the id of a card{f', such as {near}' if near else ''}",
                "List them with hugang corpus list.",
            )  # fmt: skip
    return tuple(dict.fromkeys(name for name in names if name in corpus.instruments))


def made_case(fields: Mapping[str, Any], where: str, problems: Problems) -> Case | None:
    """Make a case of a row; what it lacks is told."""
    try:
        question = str(fields.get("question") or "")
        whole = {"lang": detect_lang(question), "topic": "other", "kind": "lookup"} | dict(fields)
        return Case.model_validate(whole)
    except ValidationError as error:
        for item in error.errors():
            place = ".".join(str(part) for part in item["loc"])
            expected = re.sub("^(?:Input should be|Value error,) ", "", item["msg"])
            seen = item.get("input") if place else "a row that contradicts itself"
            problems.add(where, place or "row", seen, expected, "See docs/CASE_FORMAT.md.")
        return None
