"""`hugang corpus diff`: what changed in the corpus, and what rests on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.errors import CaseError
from knowledge.errors import KnowledgeError
from knowledge.load import CORPUS_DIR

if TYPE_CHECKING:
    from bot.store.records import CitingAnswer
    from evals.case import Case
    from evals.change.impact import FactImpact, Impact
    from knowledge.card import FactRef
    from knowledge.corpus_diff import CardChange, CorpusDiff

_NAMED = 6
_LONGEST = 150


def diff_corpus(
    old: Annotated[
        str, typer.Argument(help="Corpus folder, or git revision of this checkout (HEAD~1, a tag).")
    ],
    new: Annotated[
        str | None, typer.Argument(help="The same; without it the corpus as it stands.")
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="File to write it to, for hugang eval run --touched-by."),
    ] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(help="Suite whose cases are looked at, or a .jsonl file; repeatable: dev."),
    ] = None,
    store: Annotated[
        bool, typer.Option("--store/--no-store", help="Look through the answers kept here.")
    ] = True,
) -> None:
    """List what changed between two states of the corpus, and what rests on it.

    For each fact: routes, evaluation cases, kept answers, their plans and conversations. Nothing is
    changed.
    """
    from evals.archive import Archive
    from evals.case import load_suite
    from evals.change.impact import assess, last_answers
    from knowledge.corpus_diff import diff_corpora
    from knowledge.revision import corpus_of

    try:
        corpora = (corpus_of(old), corpus_of(new or str(CORPUS_DIR)))
        cases = [case for name in suite or ["dev"] for case in load_suite(name)]
    except (KnowledgeError, CaseError) as error:
        typer.echo(f"hugang corpus: {error}", err=True)
        raise typer.Exit(1) from error
    diff = diff_corpora(*corpora)
    routes = {
        name
        for corpus in corpora
        for name, route in corpus.routes.items()
        if set(diff.refs) & set(route.refs)
    } | {change.route for change in diff.routes}
    answers, records = _kept(diff.refs, sorted(routes)) if store else ((), {})
    impact = assess(
        diff,
        corpora,
        cases,
        answers=answers,
        records=records,
        last=last_answers(Archive.of_home(), cases),
    )
    for line in _lines(impact, cases):
        typer.echo(line)
    if json_file:
        from evals.report import replace_file

        replace_file(json_file, impact.model_dump_json(indent=1))
        typer.echo(f"{json_file}: hugang eval run --touched-by {json_file}", err=True)


def _kept(
    refs: Sequence[FactRef], routes: Sequence[str]
) -> tuple[tuple[CitingAnswer, ...], dict[FactRef, int]]:
    """Return the answers kept for every tenant, and how many on record cite each fact."""
    from bot.settings import Settings
    from bot.store.store import Store
    from bot.store.tenants import LOCAL

    counted: Counter[FactRef] = Counter()
    found: list[CitingAnswer] = []
    with Store.of(Settings.load()) as store:
        for tenant in dict.fromkeys((LOCAL, *(one.id for one in store.tenants.listed()))):
            own = store.of_tenant(tenant)
            found += own.conversations.answers_citing(refs, routes)
            counted.update(own.audit.citing(refs))
    return tuple(found), dict(counted)


def _lines(impact: Impact, cases: Sequence[Case]) -> Iterator[str]:
    diff = impact.diff
    yield f"{diff.old} -> {diff.new}"
    if not diff.cards and not diff.routes:
        yield "no card and no route differs"
        return
    by_card: dict[str, list[FactImpact]] = {}
    for one in impact.facts:
        by_card.setdefault(one.ref.card_id, []).append(one)
    for change in diff.cards:
        yield ""
        yield from _card(change, by_card.get(change.card, []), diff)
    changed = {change.route: change for change in diff.routes}
    for route in impact.routes:
        yield ""
        fields = f": {', '.join(changed[route.route].fields)}" if route.route in changed else ""
        yield f"route {route.route} ({route.why}{fields})"
        yield from _rests("cases", route.cases)
        yield from _rests("plans", route.plans)
    yield ""
    yield _sum(impact, cases)


def _card(change: CardChange, facts: list[FactImpact], diff: CorpusDiff) -> Iterator[str]:
    yield f"card {change.card} ({change.kind})"
    for field in change.fields:
        yield f"  {field.name}: {_short(field.before or '-')} -> {_short(field.after or '-')}"
    if change.questions:
        yield f"  example questions of {', '.join(map(str, change.questions))}"
    told = {fact.ref: fact for fact in change.facts}
    for one in facts:
        fact = told.get(one.ref)
        fields = f" {', '.join(fact.fields)}" if fact and fact.fields else ""
        rests = [
            ("routes", one.routes),
            ("cases", one.cases),
            ("answers", one.answers),
            ("plans", one.plans),
            ("conversations", one.conversations),
        ]
        if fact is None and not any(names for _, names in rests) and not one.records:
            continue
        yield f"  {one.why:<8}{one.ref}{fields}"
        if fact and fact.before and (fact.kind == "removed" or {"zh", "en"} & set(fact.fields)):
            yield f"    - {_short(fact.before.zh)}"
        if fact and fact.after and (fact.kind == "added" or {"zh", "en"} & set(fact.fields)):
            yield f"    + {_short(fact.after.zh)}"
        for name, names in rests:
            yield from (f"  {line}" for line in _rests(name, names))
        if one.records:
            yield f"    on record in {one.records} answers"


def _rests(name: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"  {name}: {', '.join(names[:_NAMED])}{rest}"


def _sum(impact: Impact, cases: Sequence[Case]) -> str:
    diff = impact.diff
    kinds = Counter(fact.kind for fact in diff.facts)
    facts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    talks = {one.conversation for one in impact.answers}
    return (
        f"{len(diff.cards)} cards, facts: {facts}; {len(impact.routes)} routes, "
        f"{len(impact.cases)} of {len(cases)} cases, {len(impact.answers)} kept answers in "
        f"{len(talks)} conversations"
    )


def _short(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
