"""`python -m evals.bench.claims`: which sentences the checker accepts, over labelled pairs.

The pairs are those of `evals/claim_pairs.py`. The weights were fitted on most sets, whose tables
flatter; `evals.bench.fit_claims` tells the rates by cross-validation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer

from bot.checking.check import Checker
from bot.checking.support import Support
from bot.language import Lang
from bot.query.understanding import Lexicon
from bot.writing.draft import Claim
from evals.claim_pairs import (
    DAY,
    DRAWN_PAIRS,
    FALSE_KINDS,
    FALSE_PAIRS,
    FIFTH_HELD_OUT_PAIRS,
    FOURTH_HELD_OUT_PAIRS,
    HELD_OUT_PAIRS,
    SECOND_HELD_OUT_PAIRS,
    THIRD_HELD_OUT_PAIRS,
    TRUE_KINDS,
    TRUE_PAIRS,
    WRITTEN_PAIRS,
    Pair,
    read_pairs,
)
from evals.stats import Count, count
from knowledge.card import Frozen
from knowledge.glossary import load_glossary
from knowledge.home import default_home
from knowledge.load import load_corpus
from knowledge.search.embed import open_embedder

Half = Literal["odd", "even", "all"]
Findings = Callable[[Pair], Sequence[str]]
"""Tells what speaks against a pair's sentence, as `rule: what was seen`; nothing: it is accepted."""

GOALS: Mapping[str, float] = {
    "changed-figure": 0.98,
    "changed-date": 0.98,
    "changed-document-number": 0.98,
    "swapped-authority": 0.98,
    "figure": 0.98,
    "authority": 0.98,
}
"""Share of false pairs of a kind that is to be refused; `OTHER_GOAL` for kinds not named."""
OTHER_GOAL = 0.90
TRUE_GOAL = 0.97
"""Share of true pairs that is to be accepted."""


class Judged(Frozen):
    """A pair and what the checker found."""

    pair: Pair
    findings: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether the checker accepts what is true and refuses what is false."""
        return self.pair.label != bool(self.findings)


def judge(pairs: Iterable[Pair], findings: Findings) -> list[Judged]:
    """Put every pair to the checker."""
    return [Judged(pair=pair, findings=tuple(findings(pair))) for pair in pairs]


def in_half(pairs: Iterable[Pair], half: Half) -> list[Pair]:
    """Return the pairs of a half, or all."""
    return [pair for pair in pairs if half in ("all", pair.half)]


def table(judged: Sequence[Judged]) -> list[Count]:
    """Count false pairs by kind, then true pairs by kind, by language and in all."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.pair.kind].append(one)
        if one.pair.label:
            groups[one.pair.lang].append(one)
            groups["true"].append(one)
        else:
            groups["false"].append(one)
    rows = [_row(kind, groups[kind], GOALS.get(kind, OTHER_GOAL)) for kind in FALSE_KINDS]
    langs: tuple[Lang, ...] = ("zh-Hans", "zh-Hant", "en")
    rows.append(_row("false", groups["false"]))
    kinds = [kind for kind in TRUE_KINDS if groups[kind]]
    if len(kinds) > 1:
        rows.extend(_row(kind, groups[kind]) for kind in kinds)
    rows.extend(_row(lang, groups[lang]) for lang in langs)
    rows.append(_row("true", groups["true"], TRUE_GOAL))
    return [row for row in rows if row is not None]


def _row(name: str, judged: Sequence[Judged], goal: float | None = None) -> Count | None:
    return count(name, [one.is_right for one in judged], goal) if judged else None


_NAMES: Mapping[str, str] = {
    "false": "**all false: refused**",
    "true": "**all true: accepted**",
    "paraphrase": "true, one fact said otherwise",
    "summary": "true, one fact in short",
    "merged": "true, several facts in one",
    "zh-Hans": "true, simplified: accepted",
    "zh-Hant": "true, traditional: accepted",
    "en": "true, English: accepted",
}


def markdown(rows: Iterable[Count]) -> str:
    """Print the table in Markdown: a false kind's share is of refusals, a true one's of acceptances."""
    lines = ["| kind | n | right | share | 95 % | goal |", "|---|--:|--:|--:|--:|--:|"]
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:.0%}{'' if row.share >= row.goal else ' ✗'}"
        low, high = row.interval.low, row.interval.high
        lines.append(
            f"| {_NAMES.get(row.name, row.name)} | {row.n} | {row.right} | {row.share:.1%} "
            f"| {low:.1%}–{high:.1%} | {goal} |"
        )
    return "\n".join(lines)


def misses(judged: Iterable[Judged]) -> str:
    """Print every pair judged wrongly: why a true one was refused, what was false in another."""
    lines = []
    for one in judged:
        if not one.is_right:
            why = "; ".join(one.findings) or f"accepted although {one.pair.change}"
            lines.append(f"{one.pair.id} [{', '.join(one.pair.refs)}]\n  {one.pair.text}\n  {why}")
    return "\n".join(lines)


class Judges(NamedTuple):
    """The checker over the shipped cards, and what it is made of."""

    support: Support
    plain: Findings
    """Judges by figures, dates, numbers, authorities and standing alone, as our own writer's."""
    full: Findings
    """Judges as a language model's sentences are."""


def open_judges() -> Judges:
    """Open the checker over the shipped cards."""
    corpus, glossary = load_corpus(), load_glossary()
    support = Support(corpus, Lexicon(corpus, glossary), open_embedder(), default_home() / "facts")
    checker = Checker(corpus, glossary, support)

    def findings(pair: Pair, *, in_own_words: bool) -> list[str]:
        claim = Claim(text=pair.text, refs=pair.refs)
        found = checker.findings(claim, pair.day or DAY, in_own_words=in_own_words)
        return [f"{finding.rule}: {finding.seen}" for finding in found]

    return Judges(
        support, partial(findings, in_own_words=False), partial(findings, in_own_words=True)
    )


def open_checker(*, in_own_words: bool = True) -> Findings:
    """Return the checker over the shipped cards.

    Args:
        in_own_words: judge as a language model's sentences are; otherwise as our own writer's.
    """
    judges = open_judges()
    return judges.full if in_own_words else judges.plain


class PairSet(NamedTuple):
    """Pairs that are measured apart."""

    title: str
    paths: Sequence[Path]
    is_fitted: bool = True
    """Whether the weights are fitted on them."""

    @property
    def pairs(self) -> list[Pair]:
        """Read the pairs of all files, in their order."""
        return [pair for path in self.paths for pair in read_pairs(path)]


SETS: Mapping[str, PairSet] = {
    "made": PairSet("Made by known changes", (TRUE_PAIRS, FALSE_PAIRS)),
    "heldout": PairSet("Written by hand, without sight of the rules", (HELD_OUT_PAIRS,)),
    "written": PairSet("Written by hand for the fitting", (WRITTEN_PAIRS,)),
    "heldout2": PairSet("Written by another hand, of every kind", (SECOND_HELD_OUT_PAIRS,)),
    "drawn": PairSet("On cards drawn by lot, ten kinds of false", (DRAWN_PAIRS,)),
    "heldout3": PairSet("Held out", (THIRD_HELD_OUT_PAIRS,), is_fitted=False),
    "heldout4": PairSet(
        "Held out, on cards drawn by lot", (FOURTH_HELD_OUT_PAIRS,), is_fitted=False
    ),
    "heldout5": PairSet(
        "Held out, on further cards drawn by lot", (FIFTH_HELD_OUT_PAIRS,), is_fitted=False
    ),
}


def main(
    names: Annotated[
        list[str] | None,
        typer.Option("--set", help=f"Which sets: {', '.join(SETS)}. May be given again. [all]"),
    ] = None,
    half: Annotated[Half, typer.Option(help="Which half of the pairs, by their ids.")] = "all",
    plain: Annotated[bool, typer.Option(help="Judge as our own writer's sentences are.")] = False,
    show_misses: Annotated[
        bool,
        typer.Option("--misses", help="Print what was judged wrongly."),
    ] = False,
) -> None:
    """Hold the checker against the labelled pairs and print Markdown tables."""
    unknown = set(names or ()) - set(SETS)
    if unknown:
        raise typer.BadParameter(f"no set is called {', '.join(sorted(unknown))}")
    findings = open_checker(in_own_words=not plain)
    for name in names or SETS:
        one = SETS[name]
        judged = judge(in_half(one.pairs, half), findings)
        typer.echo(f"{one.title}\n\n{markdown(table(judged))}\n")
        if show_misses:
            typer.echo(f"{misses(judged)}\n")


if __name__ == "__main__":
    typer.run(main)
