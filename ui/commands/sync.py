"""`hugang sync`: fetch the regulators' own texts, and tell what changed in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.language import localise
from bot.nearest import nearest_names
from knowledge.card import Bilingual
from knowledge.documents.errors import DocumentError
from knowledge.home import default_home, documents_folder
from ui.commands.documents import opened_library, progress_bar
from ui.commands.memory import plain
from ui.commands.system_lang import system_lang

if TYPE_CHECKING:
    from knowledge.official.register import OfficialText
    from knowledge.official.sync import Outcome


def sync(
    instruments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INSTRUMENT]...", help="Ids of cards; without one, all texts."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fetch and compare, but keep nothing.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option("--report", help="Fetch nothing; tell what changed and what rests on it."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Fetch the official texts that knowledge/official.yaml lists; exit code 1 when one failed.

    A text that has changed is compared article by article; the facts that rest on a changed article
    are under review until `hugang corpus confirm`. No official text is ever fetched but by this command.
    """
    if report:
        _report(as_json=as_json)
        return
    from knowledge.load import load_corpus
    from knowledge.official.fetch import Fetcher
    from knowledge.official.records import Records
    from knowledge.official.register import load_register
    from knowledge.official.sync import Synchroniser

    texts = chosen(load_register(), instruments or [])
    counts: Counter[str] = Counter()
    with (
        opened_library() as library,
        Records(documents_folder(default_home())) as records,
        Fetcher() as fetcher,
        progress_bar() as progress,
    ):
        synchroniser = Synchroniser(load_corpus(), library, records, fetcher)
        for outcome in synchroniser.run(texts, dry=dry_run, progress=progress):
            counts[outcome.state] += 1
            _tell(outcome, as_json=as_json)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    typer.echo(f"{told}{' (dry run: nothing was kept)' if dry_run else ''}", err=True)
    if counts["failed"]:
        raise typer.Exit(1)


def chosen(texts: Sequence[OfficialText], names: Sequence[str]) -> list[OfficialText]:
    """Choose texts by instrument; all where none is named.

    Raises:
        DocumentError: an instrument has no official text in the register.
    """
    known = {text.instrument: text for text in texts}
    for name in names:
        if name not in known:
            near = ", ".join(nearest_names(name, known))
            raise DocumentError(
                Bilingual(
                    zh=f"official.yaml中没有{name!r}的官方文本；相近的有：{near}。",
                    en=f"official.yaml lists no official text of {name!r}. Nearest: {near}.",
                )
            )
    return [known[name] for name in dict.fromkeys(names)] if names else list(texts)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        typer.echo(outcome.model_dump_json())
        return
    typer.echo(f"{outcome.state:<10}{outcome.instrument}  ({_said(outcome)})")
    for change in outcome.changes:
        typer.echo(f"  {change.kind:<11}{plain(change.label)}")
    for ref in outcome.reviews:
        typer.echo(f"  under review  {ref}")


def _said(outcome: Outcome) -> str:
    if outcome.message:
        return plain(localise(outcome.message, system_lang()))
    return f"{outcome.articles} articles, {outcome.located} of {outcome.facts} facts located"


def _report(*, as_json: bool) -> None:
    from bot.settings import Settings
    from bot.store.store import Store
    from evals.case import load_suite, suite_names
    from knowledge.load import load_corpus
    from knowledge.official.records import Records
    from ui.commands.sync_report import make_report, report_lines

    settings = Settings.load()
    with Records(documents_folder(settings.home)) as records, Store.of(settings) as store:
        doubtful = {review.fact for review in records.reviews()}
        made = make_report(
            load_corpus(),
            records,
            store.conversations.answers_citing(doubtful),
            [case for name in suite_names() for case in load_suite(name)],
        )
    if as_json:
        typer.echo(json.dumps(made.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    for line in report_lines(made):
        typer.echo(f"{' ' * (len(line) - len(line.lstrip()))}{plain(line)}")
