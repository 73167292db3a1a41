"""Question sets in the form of RGB (Chen et al., 2024): a query, accepted answers, documents.

The documents of such a set are no cards: the questions are put to the corpus as it stands, and
the answers are what is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evals.suites.patterns import point_pattern
from evals.suites.rows import Problems, case_id, json_rows, made_case
from evals.suites.source import Imported, Source


def read_rgb(source: Source) -> Imported:
    """Read `{"id", "query", "answer": [[…], …], "positive", "negative"}`, one object a line.

    Each item of `answer` is a point; the texts in it are other ways to say it.

    Raises:
        CaseError: with every problem.
    """
    problems = Problems()
    cases, documents = [], 0
    for number, row in enumerate(json_rows(source.path, problems), start=1):
        values = row.values
        documents += bool(values.get("positive") or values.get("negative"))
        points = values.get("answer")
        if not isinstance(points, list) or not points:
            problems.add(
                row.where, "answer", points, "a list of points, each a text or a list of texts",
                "Write it as [[\"…\", \"…\"]].",
            )  # fmt: skip
            continue
        fields = {
            "id": case_id(source.prefix, values.get("id"), number),
            "question": values.get("query"),
            "expect": "answer",
            "nuggets": tuple(_nuggets(points, row.where, source, problems)),
            "note": f"item {values.get('id', number)} of {source.path.name}",
        }
        if case := made_case(fields, row.where, problems):
            cases.append(case)
    problems.told()
    told = f"the documents of {documents} items are no cards and were left out"
    return Imported(tuple(cases), (told,) if documents else ())


def _nuggets(
    points: list[Any], where: str, source: Source, problems: Problems
) -> Iterator[dict[str, Any]]:
    for number, point in enumerate(points, start=1):
        ways = [str(way) for way in (point if isinstance(point, list) else [point]) if way != ""]
        try:
            patterns = tuple(dict.fromkeys(point_pattern(way, source.glossary) for way in ways))
        except ValueError as error:
            problems.add(where, "answer", point, "texts with a figure or a word", f"{error}.")
            continue
        if patterns:
            yield {"name": f"{number} {ways[0]}"[:60], "any": patterns}
