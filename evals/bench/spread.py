"""How waits are spread, and the table that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from evals.stats import percentiles
from knowledge.card import Frozen


class Spread(Frozen):
    """A measure over many events or answers, in milliseconds."""

    name: str
    n: int
    p50_ms: float
    p95_ms: float
    worst_ms: float

    @classmethod
    def of(cls, name: str, values: Sequence[float]) -> Spread:
        """Sum up values, of which there is one at least."""
        found = percentiles(values)
        return cls(name=name, n=found.n, p50_ms=found.p50, p95_ms=found.p95, worst_ms=max(values))


def add_spreads(table: Table, spreads: Iterable[Spread]) -> Table:
    """Fill an empty table with a row a measure."""
    table.add_column("measure")
    for column in ("n", "p50 ms", "p95 ms", "worst ms"):
        table.add_column(column, justify="right")
    for row in spreads:
        numbers = (row.p50_ms, row.p95_ms, row.worst_ms)
        table.add_row(row.name, str(row.n), *(f"{number:.0f}" for number in numbers))
    return table
