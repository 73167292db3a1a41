"""Data sets in BEIR's form: passages, queries, and which passages answer which query.

    corpus.jsonl     {"_id": "d1", "title": "…", "text": "…"}   title may be absent or empty
    queries.jsonl    {"_id": "q1", "text": "…"}
    qrels.tsv        query-id <tab> corpus-id <tab> score, under a header of these three words

Keys that are not named here are passed over. Of the passages only the ids are kept in memory; the
file is read again, line by line, whenever the texts are wanted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from evals.errors import EvalError

HEADER = ("query-id", "corpus-id", "score")
"""First line of the judgements, separated by tabs."""
MOST_PROBLEMS = 10
"""Problems told at once; a file of the wrong kind is wrong on every line."""
_BOM = b"\xef\xbb\xbf"


class DataSetError(EvalError):
    """A data set cannot be used; the message names file, line, what was seen and expected."""


def _no_nul(text: str) -> str:
    # Libraries in C would take the text to end there.
    return text.replace("\0", " ")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("a text that is not empty")
    return text


_Id = Annotated[str, Field(alias="_id", min_length=1, coerce_numbers_to_str=True)]
_Text = Annotated[str, AfterValidator(_no_nul)]


class Document(BaseModel):
    """One passage of the corpus file."""

    model_config = ConfigDict(frozen=True)

    id: _Id
    title: Annotated[_Text, BeforeValidator(lambda title: title or "")] = ""
    text: _Text


class Query(BaseModel):
    """One query of the query file."""

    model_config = ConfigDict(frozen=True)

    id: _Id
    text: Annotated[_Text, AfterValidator(_not_blank)]


_Line = TypeVar("_Line", Document, Query)


class DataSet(NamedTuple):
    """A data set that has been read through and holds together."""

    corpus: Path
    ids: tuple[str, ...]
    """Of the passages, in the order of the file."""
    digest: str
    """First 16 hexadecimal digits of the SHA-256 over the corpus file."""
    queries: tuple[Query, ...]
    """Those for which the judgements name a relevant passage."""
    unjudged: int
    """Queries left out, because no passage is relevant to them."""
    qrels: Mapping[str, Mapping[str, int]]
    """Score by passage, by query; above 0 is relevant."""

    def documents(self) -> Iterator[Document]:
        """Read the passages once more, one by one, in the order of `ids`."""
        problems = _Problems()
        for _, document in _parsed(self.corpus, Document, problems):
            yield document
        problems.tell()


def read_data_set(corpus: Path, queries: Path, qrels: Path) -> DataSet:
    """Read the three files and hold them against each other.

    Raises:
        DataSetError: a file cannot be read, a line is not of the form, an id is used twice or
            unknown, or there is nothing to measure; the first problems are told, one a line.
    """
    asked = {query.id: query for query in _unique(queries, Query)}
    judged, lines = _read_qrels(qrels)
    known = dict.fromkeys(document.id for document in _unique(corpus, Document))
    problems = _Problems()
    for (query, passage), number in lines.items():
        for column, seen, ids, file in (
            (HEADER[0], query, asked, queries),
            (HEADER[1], passage, known, corpus),
        ):
            if seen not in ids:
                problems.add(
                    f"{qrels.name} line {number}, {column}: seen {_short(seen)}; expected an _id"
                    f" of {file.name}. Correct the id, or remove the line."
                )
    problems.tell()
    found = [query for query in asked if max(judged.get(query, {}).values(), default=0) > 0]
    if not found:
        raise DataSetError(
            f"{qrels.name}: seen no score above 0; expected a relevant passage for one query at"
            " least. Nothing could be measured."
        )
    return DataSet(
        corpus=corpus,
        ids=tuple(known),
        digest=_digest(corpus),
        queries=tuple(asked[query] for query in found),
        unjudged=len(asked) - len(found),
        qrels={query: judged[query] for query in found},
    )


class _Problems:
    """What is wrong with a file, told together."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def add(self, problem: str) -> None:
        """Note a problem.

        Raises:
            DataSetError: it is one too many.
        """
        self._told.append(problem)
        if len(self._told) == MOST_PROBLEMS:
            self._told.append("There may be more: reading stopped here.")
            self.tell()

    def tell(self) -> None:
        """Do nothing if there was no problem.

        Raises:
            DataSetError: there were some.
        """
        if self._told:
            raise DataSetError("\n".join(self._told))


def _unique(path: Path, form: type[_Line]) -> Iterator[_Line]:
    """Read every line, and raise at the end if something was wrong.

    Raises:
        DataSetError: lines are not of the form, ids come twice, or there is no line.
    """
    seen: set[str] = set()
    problems = _Problems()
    for number, line in _parsed(path, form, problems):
        if line.id in seen:
            problems.add(
                f"{path.name} line {number}, _id: seen {_short(line.id)} a second time; expected"
                " an id of its own. Rename one of the two, or remove it."
            )
        seen.add(line.id)
        yield line
    problems.tell()
    if not seen:
        raise DataSetError(
            f"{path.name}: seen an empty file; expected one JSON object a line, with _id and text."
        )


def _parsed(path: Path, form: type[_Line], problems: _Problems) -> Iterator[tuple[int, _Line]]:
    for number, line in _lines(path):
        try:
            yield number, form.model_validate_json(line)
        except ValidationError as error:
            for problem in _explain(f"{path.name} line {number}", line, error):
                problems.add(problem)


def _read_qrels(path: Path) -> tuple[dict[str, dict[str, int]], dict[tuple[str, str], int]]:
    """Give the score of each passage by query, and the line on which each pair stands.

    Raises:
        DataSetError: no header, a line without three columns, a score that is no whole number, or
            a pair with two scores.
    """
    scores: dict[str, dict[str, int]] = {}
    places: dict[tuple[str, str], int] = {}
    problems = _Problems()
    lines = _lines(path)
    number, first = next(lines, (1, b""))
    if tuple(_columns(first)) != HEADER:
        raise DataSetError(
            f"{path.name} line {number}: seen {_short(_decoded(first))}; expected the header"
            f" {' <tab> '.join(HEADER)}. Add it as the first line."
        )
    for number, line in lines:
        where = f"{path.name} line {number}"
        columns = _columns(line)
        if len(columns) != len(HEADER) or not all(columns):
            problems.add(
                f"{where}: seen {_short(_decoded(line))}; expected three columns with a tab"
                f" between them: {', '.join(HEADER)}. Mend the line."
            )
            continue
        query, passage, told = columns
        try:
            score = int(told)
        except ValueError:
            problems.add(
                f"{where}, score: seen {_short(told)}; expected a whole number, above 0 if the"
                " passage is relevant. Mend the line."
            )
            continue
        if scores.setdefault(query, {}).setdefault(passage, score) != score:
            problems.add(
                f"{where}, score: seen {score}; expected {scores[query][passage]}, as on line"
                f" {places[query, passage]}. Remove one of the two."
            )
        places.setdefault((query, passage), number)
    problems.tell()
    if not scores:
        raise DataSetError(
            f"{path.name}: seen a header and nothing below it; expected one judgement at least."
        )
    return scores, places


def _columns(line: bytes) -> list[str]:
    return [column.strip() for column in _decoded(line).split("\t")]


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip("\r\n ")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the lines that are not empty, with their numbers.

    Raises:
        DataSetError: the file cannot be read.
    """
    try:
        # Bytes: a text may hold U+2028, at which str.splitlines() would cut.
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if bare := line.removeprefix(_BOM).strip(b"\r\n "):
                    yield number, bare
    except OSError as error:
        raise DataSetError(f"{path.name}: cannot be read: {error.strerror}.") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _explain(where: str, line: bytes, error: ValidationError) -> Iterator[str]:
    """Turn pydantic's findings into lines of place, field, seen, expected and remedy."""
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])
        match item["type"]:
            case "json_invalid":
                yield (
                    f"{where}: seen text that is not JSON ({_json_problem(line)}); expected one"
                    " JSON object. Mend the line, or put the object on one line."
                )
            case "missing":
                yield f"{where}, {field}: seen nothing; expected a value. Add the key."
            case "model_type":
                yield (
                    f"{where}: seen {_short(item['input'])}; expected a JSON object with _id and"
                    " text. Mend the line."
                )
            case "string_too_short":
                yield f"{where}, {field}: seen an empty string; expected a value. Fill it in."
            case "value_error":
                expected = item["ctx"]["error"]
                yield f"{where}, {field}: seen {_short(item['input'])}; expected {expected}."
            case _:
                yield f"{where}, {field}: seen {_short(item['input'])}; expected: {item['msg']}."


def _json_problem(line: bytes) -> str:
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return f"{error.msg}, column {error.colno}"
    except UnicodeDecodeError:
        return "bytes that are not UTF-8"
    return "a value that JSON does not allow"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
