"""Progress as bars on a terminal: one for each step of a long piece of work."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

ShowStep = Callable[[str, int, int], None]
"""Takes a step's name, how much of it is done, and of how much; a step of 0 is not shown."""


@contextlib.contextmanager
def progress_bars(*columns: ProgressColumn, transient: bool = False) -> Iterator[ShowStep]:
    """Show each step as a bar on stderr; nothing where stderr is no terminal.

    Args:
        columns: what stands in a bar's line; the step's name is its `task.description`.
        transient: whether the bars go when the work is done.
    """
    from rich.console import Console  # a command that shows no bar does not wait for it
    from rich.progress import Progress, TaskID

    bars = Progress(
        *columns,
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=transient,
    )
    steps: dict[str, TaskID] = {}

    def show(step: str, done: int, total: int) -> None:
        if total and step not in steps:
            steps[step] = bars.add_task(step)
        if step in steps:
            bars.update(steps[step], completed=done, total=total)

    with bars:
        yield show
