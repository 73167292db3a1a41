"""Parity: does one question get the same verdict on the same evidence in every language?

The lines of a group ask one question in each language (`Case.group`). Here its answers are held
against each other; whether they are right is for the scorers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import get_args

from bot.answer import CheckedAnswer, Standing
from bot.language import Lang
from evals.case import CaseKind
from evals.run import CaseResult
from evals.stats import Estimate, estimate_share
from knowledge.card import FactRef, Frozen

SAME_EVIDENCE = 0.8
"""Overlap from which two answers rest on the same evidence: four facts in five."""


class Outcome(Frozen):
    """What an answer comes to: its verdict, and the facts that its text rests on."""

    question: str
    standing: Standing
    route: str | None
    """Route of its plan; None = no plan."""
    cited: tuple[FactRef, ...]
    """In order of first citation; what only the plan stands on is left out."""


class Triple(Frozen):
    """One question in every language, with what each answer came to."""

    group: str
    kind: CaseKind
    outcomes: Mapping[Lang, Outcome]

    @property
    def same_verdict(self) -> bool:
        """Whether all were answered alike, and all with the same plan or none."""
        return len({(outcome.standing, outcome.route) for outcome in self.outcomes.values()}) == 1

    @property
    def overlap(self) -> float:
        """Overlap of the two answers that are least alike; 1 where all were declined."""
        if all(outcome.standing == "declined" for outcome in self.outcomes.values()):
            return 1.0
        cited = [frozenset(outcome.cited) for outcome in self.outcomes.values()]
        return min(overlap(one, other) for one, other in combinations(cited, 2))

    @property
    def agrees(self) -> bool:
        """Whether verdict and evidence are the same."""
        return self.same_verdict and self.overlap >= SAME_EVIDENCE


class Parity(Frozen):
    """How far the answers of a run agree across languages."""

    agreeing: Estimate
    """Share of the groups with the same verdict on the same evidence."""
    same_verdict: Estimate
    overlap: Estimate
    apart: tuple[Triple, ...]
    """Groups that do not agree: first those of another verdict, then by overlap."""
    incomplete: tuple[str, ...]
    """Groups that lack an answer in some language; they count in nothing here."""


def overlap(one: frozenset[FactRef], other: frozenset[FactRef]) -> float:
    """Return the share of the larger set that the other has too; 1 where both are empty.

    Not the overlap coefficient, whose divisor is the smaller set: an answer of one fact would
    match any longer one that holds it. Not Jaccard either: it counts a fact that was exchanged
    for another twice, so that of five facts four in common come to 0.67.
    """
    larger = max(len(one), len(other))
    return len(one & other) / larger if larger else 1.0


def measure_parity(results: Sequence[CaseResult], *, seed: int = 0) -> Parity | None:
    """Compare the answers of every group; None where no group was answered in every language.

    Args:
        results: of a run; cases without group are passed over.
        seed: starts the bootstrap over the groups.
    """
    triples = []
    incomplete = []
    for group, members in _by_group(results).items():
        answers = {r.case.lang: r.answer for r in members if r.answer is not None}
        if len(answers) < len(get_args(Lang)):
            incomplete.append(group)
            continue
        outcomes = {lang: _outcome(answers[lang]) for lang in get_args(Lang)}
        triples.append(Triple(group=group, kind=members[0].case.kind, outcomes=outcomes))
    if not triples:
        return None
    apart = (triple for triple in triples if not triple.agrees)
    return Parity(
        agreeing=estimate_share([float(t.agrees) for t in triples], seed=seed),
        same_verdict=estimate_share([float(t.same_verdict) for t in triples], seed=seed),
        overlap=estimate_share([t.overlap for t in triples], seed=seed),
        apart=tuple(sorted(apart, key=lambda t: (t.same_verdict, t.overlap))),
        incomplete=tuple(incomplete),
    )


def differences(triple: Triple) -> Iterator[str]:
    """Tell in lines what the answers of a group do not share."""
    outcomes = triple.outcomes
    for name, said in (
        ("standing", {lang: str(outcome.standing) for lang, outcome in outcomes.items()}),
        ("plan", {lang: outcome.route or "none" for lang, outcome in outcomes.items()}),
    ):
        if len(set(said.values())) > 1:
            yield f"{name}: {', '.join(f'{lang} {value}' for lang, value in said.items())}"
    cited_in: dict[FactRef, tuple[Lang, ...]] = {}
    for lang, outcome in outcomes.items():
        for ref in outcome.cited:
            cited_in[ref] = (*cited_in.get(ref, ()), lang)
    by_langs: dict[tuple[Lang, ...], list[FactRef]] = {}
    for ref, langs in cited_in.items():
        by_langs.setdefault(langs, []).append(ref)
    yield f"overlap: {triple.overlap:.2f}"
    for langs, refs in sorted(by_langs.items(), key=lambda item: -len(item[0])):
        where = "all" if len(langs) == len(outcomes) else f"{', '.join(langs)} only"
        yield f"cited in {where}: {', '.join(refs)}"


def _by_group(results: Sequence[CaseResult]) -> Mapping[str, Sequence[CaseResult]]:
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        if result.case.group is not None:
            groups.setdefault(result.case.group, []).append(result)
    return groups


def _outcome(answer: CheckedAnswer) -> Outcome:
    return Outcome(
        question=answer.question,
        standing=answer.standing,
        route=answer.plan.route if answer.plan else None,
        cited=tuple(citation.ref for citation in answer.citations),
    )
