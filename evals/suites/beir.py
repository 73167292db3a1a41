"""Retrieval sets in BEIR's form whose documents are our cards: scored on what the search finds.

A set of other documents is measured by `hugang bench retrieval`, which indexes them; a case can
only be answered from the corpus.
"""

from __future__ import annotations

import csv
from pathlib import Path

from evals.errors import CaseError
from evals.suites.rows import Problems, case_id, json_rows, known_cards, made_case, read_text
from evals.suites.source import Imported, Source

_COLUMNS = ("query-id", "corpus-id", "score")


def read_beir(source: Source) -> Imported:
    """Read `queries.jsonl` and `qrels/test.tsv` (or `qrels.tsv`) of a folder.

    Documents are named by card id, or by fact (`card-id#3`), whose card then counts. Queries
    without a relevant document are left out.

    Raises:
        CaseError: with every problem.
    """
    problems = Problems()
    relevant = _qrels(source, problems)
    cases, without = [], 0
    seen = set()
    for number, row in enumerate(json_rows(source.path / "queries.jsonl", problems), start=1):
        name = str(row.values.get("_id", ""))
        text = row.values.get("text")
        if not name:
            problems.add(row.where, "_id", name, "the query's id", "Add the key.")
        seen.add(name)
        documents = relevant.get(name)
        if not documents:
            without += 1
            continue
        fields = {
            "id": case_id(source.prefix, name, number),
            "question": text if isinstance(text, str) else None,
            "expect": "answer",
            "cards": tuple(dict.fromkeys(documents)),
            "topic": source.corpus.instruments[documents[0]].topics[0],
            "note": f"query {name} of {source.path.name}",
        }
        if case := made_case(fields, row.where, problems):
            cases.append(case)
    for name in relevant.keys() - seen:
        problems.add(
            "qrels",
            "query-id",
            name,
            "the _id of a query",
            "Add it to queries.jsonl, or remove it.",
        )
    problems.told()
    remarks = (f"{without} queries without a relevant card were left out",) if without else ()
    return Imported(tuple(cases), remarks)


def _qrels(source: Source, problems: Problems) -> dict[str, list[str]]:
    places = [source.path / name for name in ("qrels/test.tsv", "qrels.tsv", "qrels/dev.tsv")]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise CaseError(
            f"{source.path.name}: seen no {_below(places, source.path)}; expected one of them. "
            "Give the folder of the set, with queries.jsonl and its qrels."
        )
    relevant: dict[str, list[str]] = {}
    rows = csv.reader(read_text(path).splitlines(), delimiter="\t")
    for number, row in enumerate(rows, start=1):
        where = f"{path.name} line {number}"
        if number == 1 and row and row[0] == _COLUMNS[0]:
            continue
        if len(row) != len(_COLUMNS) or not row[2].strip().lstrip("-").isdigit():
            problems.add(
                where, "line", "\t".join(row), "query-id, corpus-id and a whole score, by tabs",
                "Mend the line.",
            )  # fmt: skip
            continue
        if int(row[2]) > 0:
            card = row[1].partition("#")[0]
            found = known_cards([card], source.corpus, where, "corpus-id", problems)
            relevant.setdefault(row[0], []).extend(found)
    return relevant


def _below(places: list[Path], folder: Path) -> str:
    return ", ".join(str(place.relative_to(folder)) for place in places)
