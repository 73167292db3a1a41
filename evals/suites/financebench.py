"""Question sets in the form of FinanceBench (Islam et al., 2023): a question, an answer, evidence.

The evidence of such a set is no card: the questions are put to the corpus as it stands.
"""

from __future__ import annotations

from evals.suites.patterns import point_pattern
from evals.suites.rows import Problems, case_id, json_rows, made_case
from evals.suites.source import Imported, Source


def read_financebench(source: Source) -> Imported:
    """Read `{"financebench_id", "question", "answer", "evidence", …}`, one object a line.

    The answer is one point, found by all of its figures, or by its words where it has none.

    Raises:
        CaseError: with every problem.
    """
    problems = Problems()
    cases, evidence = [], 0
    for number, row in enumerate(json_rows(source.path, problems), start=1):
        values = row.values
        evidence += bool(values.get("evidence") or values.get("evidence_text"))
        name, answer = values.get("financebench_id"), values.get("answer")
        try:
            pattern = point_pattern(str(answer or ""), source.glossary)
        except ValueError:
            problems.add(
                row.where, "answer", answer, "a text with a figure or a word", "Write it out."
            )
            continue
        fields = {
            "id": case_id(source.prefix, name, number),
            "question": values.get("question"),
            "expect": "answer",
            "nuggets": ({"name": str(answer)[:60], "any": (pattern,)},),
            "note": f"{name or number} of {source.path.name}",
        }
        if case := made_case(fields, row.where, problems):
            cases.append(case)
    problems.told()
    told = f"the evidence of {evidence} questions is no card and was left out"
    return Imported(tuple(cases), (told,) if evidence else ())
