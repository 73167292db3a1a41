"""Impact of a change of the corpus: cases, kept answers, plans and conversations that rest on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from pydantic import ValidationError

from bot.answer import CheckedAnswer
from bot.language import Lang, localise
from bot.store.records import CitingAnswer
from evals.archive import Archive
from evals.case import Case
from evals.errors import CaseError, RunUnusable
from evals.scorers.text import find, folded
from knowledge.card import Bilingual, FactRef, Frozen
from knowledge.corpus import Corpus
from knowledge.corpus_diff import CorpusDiff

_RUNS = 5
"""Runs, the newest first, in which the last answer to a case is looked for."""


class FactImpact(Frozen):
    """What rests on a fact."""

    ref: FactRef
    why: str
    """`added`, `removed`, `changed`, or `card`: its card's status, dates, number or title did."""
    routes: tuple[str, ...]
    cases: tuple[str, ...]
    """Ids of cases that ask for a statement which the fact makes, or whose last answer cites it."""
    answers: tuple[str, ...]
    """Ids of kept answers that cite it, in their text or their plan."""
    plans: tuple[str, ...]
    """Of these, those whose plan stands on it."""
    conversations: tuple[str, ...]
    """Names of the conversations that those are in."""
    records: int
    """Answers on record that cite it, kept or not."""


class RouteImpact(Frozen):
    """What rests on a route that changed, or that cites what changed."""

    route: str
    why: str
    cases: tuple[str, ...]
    plans: tuple[str, ...]
    """Ids of kept answers whose plan follows it."""


class Impact(Frozen):
    """A change of the corpus and what it touches."""

    diff: CorpusDiff
    facts: tuple[FactImpact, ...]
    routes: tuple[RouteImpact, ...]
    cases: tuple[str, ...]
    """Ids of all cases that the change touches."""
    answers: tuple[CitingAnswer, ...]


def assess(
    diff: CorpusDiff,
    corpora: tuple[Corpus, Corpus],
    cases: Sequence[Case],
    *,
    answers: Sequence[CitingAnswer] = (),
    records: Mapping[FactRef, int] | None = None,
    last: Mapping[str, CheckedAnswer] | None = None,
) -> Impact:
    """Put together what rests on a change.

    Args:
        diff: what changed.
        corpora: before and after.
        cases: of the evaluation.
        answers: kept ones that cite what changed, or follow a route that did.
        records: answers on record that cite each fact.
        last: the last answer to each case, by the case's id.
    """
    last = last or {}
    why = dict.fromkeys(diff.refs, "card") | {fact.ref: fact.kind for fact in diff.facts}
    routes = _routes(diff, corpora)
    return Impact(
        diff=diff,
        facts=tuple(
            _on_fact(ref, told, corpora, cases, answers, records or {}, last)
            for ref, told in why.items()
        ),
        routes=tuple(
            RouteImpact(
                route=name,
                why=told,
                cases=tuple(case.id for case in cases if case.route == name),
                plans=tuple(one.answer for one in answers if one.route == name),
            )
            for name, told in routes.items()
        ),
        cases=touched_cases(diff, corpora[1], cases, last),
        answers=tuple(answers),
    )


def touched_cases(
    diff: CorpusDiff, corpus: Corpus, cases: Sequence[Case], last: Mapping[str, CheckedAnswer]
) -> tuple[str, ...]:
    """Return the ids of the cases that a change touches, in their order.

    Those whose cards or route name what changed, or whose route stands on it, and those whose last
    answer cites it.
    """
    cards = {change.card for change in diff.cards}
    refs = set(diff.refs)
    routes = {change.route for change in diff.routes} | {
        name for name, route in corpus.routes.items() if refs & set(route.refs)
    }
    return tuple(
        case.id
        for case in cases
        if cards & set(case.cards)
        or case.route in routes
        or (case.id in last and refs & cited_by(last[case.id]))
    )


class Touching(NamedTuple):
    """The cases of a suite that a change touches."""

    change: str
    """Versions of the corpus before and after."""
    cases: tuple[str, ...]


def touching(path: Path, archive: Archive, cases: Sequence[Case]) -> Touching:
    """Read a change and choose the cases that it touches.

    Raises:
        CaseError: the file is none that `hugang corpus diff` writes.
    """
    from knowledge.load import load_corpus

    diff = read_impact(path).diff
    return Touching(
        f"{diff.old} -> {diff.new}",
        touched_cases(diff, load_corpus(), cases, last_answers(archive, cases)),
    )


def cases_stating(says: Bilingual, card_id: str, cases: Sequence[Case]) -> tuple[str, ...]:
    """Return the ids of the cases that name a card and ask for a statement which a fact of it makes."""
    said = {lang: folded(localise(says, lang)) for lang in get_args(Lang)}
    return tuple(
        case.id
        for case in cases
        if card_id in case.cards
        and any(find(nugget.any, said[case.lang]) for nugget in case.nuggets)
    )


def cited_by(answer: CheckedAnswer) -> set[FactRef]:
    """Return the facts that an answer cites, in its text or its plan."""
    return {entry.ref for entry in (*answer.citations, *answer.plan_citations)}


def last_answers(archive: Archive, cases: Collection[Case]) -> dict[str, CheckedAnswer]:
    """Return the last answer to each case among the newest runs that asked its question.

    A run that cannot be read is passed over.
    """
    questions = {case.id: case.question for case in cases}
    found: dict[str, CheckedAnswer] = {}
    for folder in archive.folders()[:_RUNS]:
        try:
            results = folder.results()
        except RunUnusable:
            continue
        for result in results:
            case = result.case
            if result.answer and questions.get(case.id) == case.question:
                found.setdefault(case.id, result.answer)
        if len(found) == len(questions):
            break
    return found


def read_impact(path: Path) -> Impact:
    """Read what `hugang corpus diff --json` wrote.

    Raises:
        CaseError: there is no such file, or it is another one.
    """
    try:
        return Impact.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CaseError(
            f"{path.name}: seen no file that can be read ({error.strerror}); expected one that "
            "hugang corpus diff OLD NEW --json FILE wrote. Check the name."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "file"
        raise CaseError(
            f"{path.name}, {place}: {first['msg']}; expected what hugang corpus diff OLD NEW "
            "--json FILE writes. Make it anew."
        ) from error


def _routes(diff: CorpusDiff, corpora: tuple[Corpus, Corpus]) -> dict[str, str]:
    """Name the routes that changed, and those that cite what changed."""
    refs = set(diff.refs)
    found = {
        name: "cites"
        for corpus in corpora
        for name, route in corpus.routes.items()
        if refs & set(route.refs)
    }
    return dict(sorted((found | {change.route: change.kind for change in diff.routes}).items()))


def _on_fact(
    ref: FactRef,
    why: str,
    corpora: tuple[Corpus, Corpus],
    cases: Sequence[Case],
    answers: Sequence[CitingAnswer],
    records: Mapping[FactRef, int],
    last: Mapping[str, CheckedAnswer],
) -> FactImpact:
    stating = {
        name
        for corpus in corpora
        if ref in corpus
        for name in cases_stating(
            Bilingual(zh=corpus.fact(ref).zh, en=corpus.fact(ref).en), ref.card_id, cases
        )
    }
    citing = [one for one in answers if ref in one.refs]
    return FactImpact(
        ref=ref,
        why=why,
        routes=tuple(
            dict.fromkeys(
                name
                for corpus in corpora
                for name, route in corpus.routes.items()
                if ref in route.refs
            )
        ),
        cases=tuple(
            case.id
            for case in cases
            if case.id in stating or (case.id in last and ref in cited_by(last[case.id]))
        ),
        answers=tuple(one.answer for one in citing),
        plans=tuple(one.answer for one in citing if ref in one.in_plan),
        conversations=tuple(dict.fromkeys(one.conversation for one in citing)),
        records=records.get(ref, 0),
    )
