"""Cases held against the corpus: does what they name exist, and can a right answer pass?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from bot.language import Lang, in_script, passage_lang
from evals.case import Case
from evals.scorers.text import find, folded
from knowledge.card import Frozen
from knowledge.corpus import Corpus
from knowledge.route import RouteCard


class Finding(Frozen):
    """One thing about a case that its author should look at."""

    case: str
    severity: Literal["error", "warning"]
    message: str

    def __str__(self) -> str:
        """Print as one line."""
        return f"{self.severity}: {self.case}: {self.message}"


def check_cases(cases: Iterable[Case], corpus: Corpus) -> tuple[Finding, ...]:
    """Return what is wrong (errors) or doubtful (warnings) about cases, in their order."""
    return tuple(finding for case in cases for finding in _findings(case, corpus))


def _findings(case: Case, corpus: Corpus) -> Iterator[Finding]:
    for card in case.cards:
        if card not in corpus.instruments:
            yield _error(case, f"cards: seen {card!r}; expected the id of an instrument card.")
    if case.route is not None and case.route not in corpus.routes:
        known = ", ".join(corpus.routes)
        yield _error(case, f"route: seen {case.route!r}; expected one of {known}.")
    yield from _profile(case, corpus.routes.get(case.route or ""))
    yield from _patterns(case, corpus)


def _profile(case: Case, route: RouteCard | None) -> Iterator[Finding]:
    if route is None:
        return
    inputs = {item.name for item in route.inputs}
    for name in case.profile:
        if name not in inputs:
            known = ", ".join(sorted(inputs))
            yield _error(case, f"profile.{name}: route {route.id!r} has the inputs {known}.")


def _patterns(case: Case, corpus: Corpus) -> Iterator[Finding]:
    """Warn of nuggets out of reach, and of patterns that forbid what the case's own cards say."""
    facts = tuple(_facts(case, corpus))
    if not facts or case.expect != "answer":
        return
    for nugget in case.nuggets:
        if not any(find(nugget.any, text) for _, text in facts):
            yield _warning(
                case,
                f"nugget {nugget.name!r}: no fact of the named cards matches it in {case.lang}; "
                "fine if the answer must work it out, else mend the patterns.",
            )
    for pattern in case.must_not:
        said = [ref for ref, text in facts if find((pattern,), text)]
        if said:
            yield _warning(case, f"must_not {pattern!r}: a plain quote of {said[0]} matches it.")


def _facts(case: Case, corpus: Corpus) -> Iterator[tuple[str, str]]:
    for card_id in case.cards:
        card = corpus.instruments.get(card_id)
        for fact in card.facts if card else ():
            yield f"{card_id}#{fact.id}", _as_read(fact.text(passage_lang(case.lang)), case.lang)


def _as_read(text: str, lang: Lang) -> str:
    return folded(in_script(text, lang))


def _error(case: Case, message: str) -> Finding:
    return Finding(case=case.id, severity="error", message=message)


def _warning(case: Case, message: str) -> Finding:
    return Finding(case=case.id, severity="warning", message=message)
