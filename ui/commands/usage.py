"""`hugang usage` and `hugang audit`: what a tenant's visitors asked, and how long that is kept."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.errors import SettingsError
from knowledge.card import Bilingual
from ui.commands.memory import plain
from ui.commands.tenant import opened_store
from ui.days import option_day

audit_app = typer.Typer(no_args_is_help=True, help="The record of answers.")

TenantName = Annotated[str, typer.Argument(metavar="TENANT", help="Its id; local = staff.")]
SinceOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="First day, UTC; 30 days in all.")
]
UntilOption = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Last day, UTC; today.")
]


def usage(
    tenant: TenantName,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Sum up the answers of some days: standings, times, tokens, instruments, open questions."""
    first, last = _days(since, until)
    with opened_store() as store:
        found = store.of_tenant(store.tenants.get(tenant).id).audit.usage(first, last)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    if found.total is None:
        typer.echo(f"{tenant}: nothing was asked from {first} to {last}.")
        return
    typer.echo(f"{tenant}, {first} to {last} (UTC)")
    typer.echo("day         asked  answered  partly  declined  p50 ms  p95 ms  tokens")
    for day in (*found.days, found.total):
        name = "total     " if day is found.total else f"{day.day}"
        typer.echo(
            f"{name}  {day.questions:5}  {day.answered:8}  {day.partly:6}  {day.declined:8}"
            f"  {day.p50_ms:6.0f}  {day.p95_ms:6.0f}  {day.prompt_tokens + day.completion_tokens:6}"
        )
    for title, counts in (
        ("asked from", found.surfaces),
        ("languages", found.languages),
        ("instruments cited most", found.instruments),
        ("declined or left open", found.unanswered),
    ):
        if counts:
            typer.echo(f"{title}:")
        for one in counts:
            typer.echo(f"  {one.n:5}  {plain(one.name)}")


@audit_app.command("export")
def export(
    tenant: TenantName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else to stdout.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
) -> None:
    """Write the records of answers, one JSON object a line, oldest first; all, without days."""
    from bot.store.audit import midnight
    from ui.api.usage import LAST_DAY

    first = midnight(option_day(since, "--since")) if since else None
    day = min(option_day(until, "--until"), LAST_DAY) if until else None
    last = midnight(day + dt.timedelta(days=1)) if day else None
    written = 0
    with opened_store() as store, _writing_to(output) as file:
        for one in store.of_tenant(store.tenants.get(tenant).id).audit.records(first, last):
            file.write(f"{one.model_dump_json()}\n")
            written += 1
    typer.echo(f"{written} records.", err=True)


@audit_app.command("forget")
def forget(
    tenant: TenantName,
    visitor: Annotated[
        str | None, typer.Option(help="As the portal's server told it to POST /api/v1/sessions.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="Key that the visitor's browser or client keeps.")
    ] = None,
) -> None:
    """Delete what is kept of a visitor: conversations, feedback, documents, records of answers."""
    from bot.store.records import owner_of
    from ui.commands.documents import opened_library
    from ui.forget import forget_owner, owner_of_visitor
    from ui.papers.shelf import Shelf

    if (visitor is None) == (owner is None):
        raise SettingsError(
            Bilingual(
                zh="请用--visitor或--owner说明是谁，二者选一。",
                en="say who with either --visitor or --owner.",
            )
        )
    try:
        name = owner_of(owner) if owner else owner_of_visitor(tenant, visitor or "")
    except ValueError as error:
        raise SettingsError(
            Bilingual(
                zh="--owner应为32至128个字符（A-Z a-z 0-9 _ -）。",
                en="--owner has 32 to 128 characters out of A-Z a-z 0-9 _ -.",
            )
        ) from error
    with opened_store() as opened, opened_library() as library:
        store = opened.of_tenant(opened.tenants.get(tenant).id)
        found = forget_owner(store, Shelf(library, store), name)
    typer.echo(
        f"{found.conversations} conversations, {found.documents} documents and"
        f" {found.records} records removed."
    )


@audit_app.command("retire")
def retire() -> None:
    """Remove what tenants keep for no longer; a running server does it once an hour."""
    with opened_store() as store:
        removed = store.retire()
    typer.echo(f"{removed} conversations and records removed.")


def _writing_to(output: Path | None) -> AbstractContextManager[TextIO]:
    return output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout)


def _days(since: str | None, until: str | None) -> tuple[dt.date, dt.date]:
    from ui.api.problems import ProblemError
    from ui.api.usage import Period

    first = option_day(since, "--since") if since else None
    last = option_day(until, "--until") if until else None
    try:
        return Period(since=first, until=last).days()
    except ProblemError as error:
        raise SettingsError(error.detail) from error
