"""Runs over time: the figures of every kept run, and whether they rise or fall."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from evals.run import RunSettings
from evals.stats import Estimate
from knowledge.card import Frozen

log = logging.getLogger(__name__)
_BLOCKS = "▁▂▃▄▅▆▇█"
_HEADLINE = TypeAdapter(dict[str, Estimate])


class RunFigures(Frozen):
    """A run without its cases."""

    settings: RunSettings
    headline: Mapping[str, Estimate]

    @property
    def line(self) -> tuple[str, str, int, str]:
        """Name the line of runs that it belongs to: one target on the same cases."""
        settings = self.settings
        return settings.suite, settings.suite_digest, settings.cases_run, settings.target.name


def read_figures(folder: Path) -> RunFigures:
    """Read settings and headline of a finished run, leaving its thousands of lines alone.

    Raises:
        OSError: there is no record.
        ValueError: it cannot be read.
    """
    text = (folder / "run.json").read_text(encoding="utf-8")
    decoder = json.JSONDecoder()

    # `run.json` opens with the summary, and its run with the settings, as the types have them.
    def value(name: str, start: int) -> object:
        at = text.index(f'"{name}":', start) + len(name) + 3
        while text[at].isspace():
            at += 1
        return decoder.raw_decode(text, at)[0]

    summary = value("summary", 0)
    if not isinstance(summary, dict):
        raise ValueError(f"{folder.name}: seen no summary in run.json; expected that of a run")
    settings = value("settings", text.index('\n "run":') if '\n "run":' in text else 0)
    return RunFigures(
        settings=RunSettings.model_validate(settings, strict=False),
        headline=_HEADLINE.validate_python(summary["headline"]),
    )


def list_figures(archive: Path, suite: str | None = None) -> tuple[RunFigures, ...]:
    """Return the finished runs of an archive, the oldest first; unreadable ones are logged.

    Args:
        archive: folder of the runs' folders; it need not exist.
        suite: only of this suite; None = all.
    """
    found = []
    for path in sorted(archive.iterdir()) if archive.is_dir() else ():
        if not (path / "run.json").is_file():
            continue
        try:
            figures = read_figures(path)
        except (OSError, ValueError, KeyError, ValidationError) as error:
            log.warning("%s: left out of the history: %s", path.name, error)
            continue
        if suite is None or figures.settings.suite == suite:
            found.append(figures)
    return tuple(sorted(found, key=lambda one: one.settings.started))


def earlier_figures(archive: Path, settings: RunSettings) -> tuple[RunFigures, ...]:
    """Return the runs of the same suite before this one, the oldest first."""
    return tuple(
        one
        for one in list_figures(archive, settings.suite)
        if one.settings.started < settings.started and one.settings.run_id != settings.run_id
    )


def sparkline(values: Sequence[float]) -> str:
    """Draw values as blocks of eight heights, the lowest to the highest; level where all agree."""
    if not values:
        return ""
    low, high = min(values), max(values)
    if high == low:
        return _BLOCKS[3] * len(values)
    return "".join(_BLOCKS[round((v - low) / (high - low) * (len(_BLOCKS) - 1))] for v in values)
