"""`hugang feedback` and `hugang conversations`: what readers said, and how long it is kept."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import SettingsError
from bot.store.audit import midnight
from bot.store.records import FeedbackVerdict
from knowledge.card import Bilingual, FactRef
from ui.days import option_day, read_span

if TYPE_CHECKING:
    from bot.store.records import FeedbackEntry
    from bot.store.store import Store
    from evals.case import Case
    from knowledge.corpus import Corpus

feedback_app = typer.Typer(no_args_is_help=True, help="What readers said of answers.")
conversations_app = typer.Typer(no_args_is_help=True, help="Conversations kept on this server.")

FILL_IN = "TODO-FILL-IN"
"""Stands where a person must write a pattern; it matches no answer, so the case fails till then."""

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


@feedback_app.command("export")
def export_feedback(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else to stdout.")
    ] = None,
    verdict: VerdictOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
) -> None:
    """Write feedback as evaluation cases (docs/CASE_FORMAT.md), one a line.

    What a person must still fill in is named in each case's note.
    """
    from knowledge.load import load_corpus

    cases = _distinct(cases_of(_entries(verdict, since, until), load_corpus()))
    lines = "".join(f"{case.model_dump_json()}\n" for case in cases)
    if output is None:
        typer.echo(lines, nl=False)
    else:
        output.write_text(lines, encoding="utf-8")
    typer.echo(f"{len(cases)} cases; the note of each says what to fill in.", err=True)


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


def cases_of(entries: Iterable[FeedbackEntry], corpus: Corpus) -> Iterator[Case]:
    """Turn feedback into evaluation cases; what only a person can tell is left marked.

    Args:
        entries: feedback with question and answer.
        corpus: knows the topics of the instruments cited.
    """
    from evals.case import Case

    for entry in entries:
        asked, answer = entry.asked, entry.checked
        cards = tuple(dict.fromkeys(ref.card_id for ref in entry.refs))
        plan = answer.plan if answer else None
        declined = answer is not None and answer.standing == "declined"
        abstains = declined and entry.verdict == "up"
        if abstains and answer and answer.decline_reason == "out-of-scope":
            kind = "out-of-scope"
        elif abstains:
            kind = "unanswerable"
        elif entry.history:
            kind = "follow-up"
        else:
            kind = "route" if plan and plan.asked else "lookup"
        # A pattern that no answer matches: a case that nobody has finished cannot pass by chance.
        todo = {"name": "todo", "any": (FILL_IN,)}
        yield Case.model_validate(
            {
                "id": f"fb-{entry.turn}",
                "kind": kind,
                "lang": answer.lang if answer else asked.lang,
                "topic": _topic(entry.refs, corpus),
                "question": asked.question,
                "history": entry.history,
                "as_of": asked.as_of,
                "profile": dict(asked.profile),
                "expect": "abstain" if abstains else "answer",
                "nuggets": () if abstains else (todo,),
                "cards": () if abstains else cards,
                "route": plan.route if plan and plan.asked and not abstains else None,
                "note": _note(entry),
            }
        )


def _note(entry: FeedbackEntry) -> str:
    said = [f"feedback {entry.verdict}"]
    if entry.reason:
        said.append(f"reason {entry.reason}")
    if entry.text:
        said.append(f"text: {plain(entry.text)}")
    todo = ["kind", "topic", f"nuggets (replace {FILL_IN})"]
    if entry.verdict == "down":
        # What the answer cited may be what was wrong with it.
        todo += ["cards (those cited by the answer that was refused)", "must_not"]
    return (
        f"TODO: check {', '.join(todo)}. From {'; '.join(said)}. "
        f"Answer {entry.answer or 'none'}, corpus {entry.corpus}, "
        f"facts cited: {', '.join(entry.refs) or 'none'}."
    )


def _topic(refs: Iterable[FactRef], corpus: Corpus) -> str:
    """Return the topic that most of the facts cited are about."""
    known = (corpus.instrument(ref) for ref in refs if ref in corpus)
    counted = Counter(topic for card in known for topic in card.topics)
    return counted.most_common(1)[0][0] if counted else "other"


def _distinct(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Drop what asks the same a second time: a suite asks nothing twice."""
    found: dict[str, Case] = {}
    for case in cases:
        key = case.model_dump_json(include={"question", "history", "as_of", "profile"})
        found.setdefault(key, case)
    return tuple(found.values())


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
