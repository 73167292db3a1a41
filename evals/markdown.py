"""Figures and foreign words as Markdown, alike in every report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from evals.stats import Estimate


def figure_row(name: str, estimate: Estimate, digits: int = 3) -> tuple[str, str, str, str]:
    """Return name, count, mean and interval of a figure, as printed."""
    return (
        name,
        str(estimate.n),
        f"{estimate.mean:.{digits}f}",
        f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}",
    )


def table_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; a cell cannot break out of it."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(one_line(cell).replace('|', chr(92) + '|') for cell in row)} |"


def one_line(text: str) -> str:
    """Put a text on one line in which a reader's viewer finds no HTML."""
    return " ".join(text.split()).replace("<", "&lt;")
