"""`hugang bench quotes`: whether an answer quotes a paper when it should, and only then.

Asked are the questions to the collection of `hugang bench documents`, each of which one of its
papers answers, and the development questions, which are about the law and which none of them
answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.advisor import Advisor
from bot.question import read_question
from bot.settings import Settings
from evals.bench.answer import bench_app
from evals.bench.documents import load_questions
from evals.case import load_suite
from evals.documents.score import holds
from evals.errors import EvalError
from evals.stats import Count, count
from knowledge.documents.document import TENANT
from knowledge.errors import KnowledgeError


def bench_quotes(advisor: Advisor, told: Callable[[str], None]) -> tuple[Count, ...]:
    """Ask all questions of an advisor that sees the collection, and count what it quotes.

    Args:
        advisor: its documents are the collection.
        told: receives each question before it is asked.

    Raises:
        EvalError: its documents are not the collection.
    """
    documents = advisor.documents
    papers = {one.name: one for one in documents.documents((TENANT,))} if documents else {}
    found: dict[str, list[bool]] = defaultdict(list)
    for asked in load_questions():
        if asked.file not in papers:
            raise EvalError(
                f"the folder lacks {asked.file}; expected all papers of the collection. Make it:"
                " hugang bench documents --folder DIR."
            )
        told(asked.ask)
        answer = advisor.answer(read_question(asked.ask, scopes=(TENANT,)))
        parts = [documents.passage(one.ref).part for one in answer.passages] if documents else []
        lang = papers[asked.file].particulars.lang
        across = "" if asked.lang[:2] == lang[:2] else ", across languages"
        found[f"the passage that answers is quoted{across}"].append(
            any(holds(part, asked.words) for part in parts)
        )
        found[f"any passage is quoted{across}"].append(bool(parts))
    for case in load_suite("dev"):
        told(case.question)
        answer = advisor.answer(read_question(case.question, scopes=(TENANT,)))
        found["nothing is quoted where no paper answers"].append(not answer.passages)
    return tuple(count(name, right) for name, right in found.items())


@bench_app.command("quotes")
def quotes_command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="That of `hugang bench documents --folder DIR`.",
        ),
    ],
) -> None:
    """Ask what papers answer and what they do not; count when a passage is quoted."""
    console = Console(stderr=True)
    try:
        advisor = Advisor.open(Settings(home=folder / "home"))
        try:
            with console.status("asking") as status:
                rows = bench_quotes(advisor, status.update)
        finally:
            advisor.close()
    except (EvalError, KnowledgeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    Console().print(_table(rows))


def _table(rows: Iterable[Count]) -> Table:
    table = Table(title="quotes", title_justify="left")
    table.add_column("measure")
    for column in ("n", "so", "share", "95 %"):
        table.add_column(column, justify="right")
    for row in rows:
        bounds = f"{row.interval.low:.3f}–{row.interval.high:.3f}"
        table.add_row(row.name, str(row.n), str(row.right), f"{row.share:.3f}", bounds)
    return table
