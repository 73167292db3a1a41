"""`hugang feedback` and `hugang conversations`: what readers said, and how long it is kept."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import SettingsError
from bot.store.records import FeedbackVerdict
from knowledge.card import Bilingual
from ui.days import option_day, read_span

if TYPE_CHECKING:
    from bot.store.records import FeedbackEntry
    from bot.store.store import Store

feedback_app = typer.Typer(no_args_is_help=True, help="What readers said of answers.")
conversations_app = typer.Typer(no_args_is_help=True, help="Conversations kept on this server.")

VerdictOption = Annotated[
    FeedbackVerdict | None, typer.Option("--verdict", help="Only up or only down.")
]
SinceOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Given on this day (UTC) or later.")
]
UntilOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Given on this day (UTC) or earlier.")
]


@feedback_app.command("list")
def list_feedback(
    verdict: VerdictOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List feedback, oldest first."""
    for entry in _entries(verdict, since, until):
        if as_json:
            # The answer has a place of its own: it is asked for by its id.
            typer.echo(entry.model_dump_json(exclude={"checked": True, "asked": {"shown"}}))
            continue
        reason = f" ({entry.reason})" if entry.reason else ""
        typer.echo(f"{entry.updated:%Y-%m-%d %H:%M}  {entry.verdict}{reason}  {entry.turn}")
        typer.echo(f"  ? {plain(entry.asked.question)}")
        if entry.text:
            typer.echo(f"  > {plain(entry.text)}")
        if entry.refs:
            typer.echo(f"  = {', '.join(entry.refs)}")


@conversations_app.command("prune")
def prune(
    older_than: Annotated[
        str, typer.Option(metavar="90d", help="Last asked in longer ago: days (90d), weeks (12w).")
    ],
) -> None:
    """Remove conversations for good, with their answers and feedback."""
    before = dt.datetime.now(dt.UTC) - _age(older_than)
    with _store() as store:
        removed = store.conversations.prune(before)
        store.conversations.purge()
    typer.echo(f"{removed} conversations removed, last asked in before {before:%Y-%m-%d}.")


def _entries(
    verdict: FeedbackVerdict | None, since: str | None, until: str | None
) -> tuple[FeedbackEntry, ...]:
    first, last = _day(since, "--since"), _day(until, "--until")
    with _store() as store:
        return store.feedback.listed(verdict, first, last and last + dt.timedelta(days=1))


def _store() -> Store:
    from bot.settings import Settings
    from bot.store.store import Store

    return Store.of(Settings.load())


def _day(text: str | None, option: str) -> dt.datetime | None:
    from bot.store.audit import midnight

    return None if text is None else midnight(option_day(text, option))


def _age(text: str) -> dt.timedelta:
    read = read_span(text)
    if read is None:
        raise SettingsError(
            Bilingual(
                zh=f"--older-than {text!r}不是期间；请写天数或周数，如90d、12w。",
                en=f"--older-than {text!r} is not an age; write days or weeks, such as 90d or 12w.",
            )
        )
    return read


def plain(text: str) -> str:
    """Put anyone's text on one line, without characters that a terminal would obey."""
    line = " ".join(text.split())
    return "".join(c for c in line if unicodedata.category(c)[0] != "C")
