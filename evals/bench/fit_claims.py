"""`python -m evals.bench.fit_claims`: fit the weights by which `bot.checking.rules` judges sentences.

Multinomial logistic regression: a sentence is true, or false in one of the ways of `RULES`. Each way
sees only the features that its rule names, and no weight may be negative, since every feature speaks
against a sentence. The penalty is L2. Honest rates come from cross-validation by card: pairs that
share a card are never on both sides.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import typer

from bot.checking.rules import RULES, TOLERANCE, Features, Rule
from bot.checking.support import Support
from evals.bench.claims import SETS, Judged, markdown, open_judges, table
from evals.claim_pairs import Pair, PairKind

Array = npt.NDArray[np.float64]

FITTED = [one for one in SETS.values() if one.is_fitted]
FOLDS = 8
PENALTY = 0.5
"""L2 penalty on the weights of features brought to one spread."""
BY_HAND = 2.0
"""What a sentence written by hand as an adviser would counts against one made by a known change."""
TRUTH = 0.7
"""Weight of all true pairs together against all false ones."""
LEAST_SPREAD = 0.05
"""Spread below which a feature is not stretched further."""
STEPS = 4000
WAYS: Mapping[PairKind, int] = {
    "exchanged-figures": 0,
    "wrong-direction": 1,
    "flipped-negation": 2,
    "swapped-instrument": 3,
    "wrong-reference": 4,
    "invented-step": 4,
    "merged-facts": 4,
    "dropped-condition": 5,
    "superseded-status": 6,
    "swapped-authority": 3,
    "authority": 3,
    "role": 1,
    "direction": 1,
    "negation": 2,
    "modality": 2,
    "condition": 5,
    "scope": 5,
    "invented": 4,
    "merged-wrong": 4,
}
"""The rule of `RULES` that is for a kind; merged facts of several citations have the last."""


class Sample(NamedTuple):
    """A pair that figures, dates, numbers, authorities and standing do not refuse already."""

    pair: Pair
    features: Features


def folds_by_card(pairs: Sequence[Pair], count: int = FOLDS, seed: int = 0) -> list[int]:
    """Deal pairs into folds; pairs linked by a card, even through others, fall into one."""
    heads: dict[str, str] = {}

    def head(card: str) -> str:
        while heads.setdefault(card, card) != card:
            card = heads[card]
        return card

    for pair in pairs:
        for ref in pair.refs:
            heads[head(ref.card_id)] = head(pair.refs[0].card_id)
    groups = sorted({head(pair.refs[0].card_id) for pair in pairs})
    random.Random(seed).shuffle(groups)
    fold = {group: at % count for at, group in enumerate(groups)}
    return [fold[head(pair.refs[0].card_id)] for pair in pairs]


def way_of(pair: Pair) -> int:
    """Return the rule that is for a pair, from 1; 0: it is true."""
    if pair.label:
        return 0
    if pair.kind in ("merged-facts", "merged-wrong") and len(pair.refs) > 1:
        return len(RULES)
    return WAYS[pair.kind] + 1


def fit(samples: Sequence[Sample], rules: Sequence[Rule] = RULES) -> tuple[Rule, ...]:
    """Fit biases and weights of rules; their names and features stay.

    Args:
        samples: true and false ones; false ones of a kind that no rule is for are left out.
        rules: the last is for merged facts of several citations.
    """
    samples = [one for one in samples if one.pair.label or one.pair.kind in WAYS]
    names = Features._fields
    values = np.array([sample.features for sample in samples], dtype=np.float64)
    spread = np.maximum(values.std(axis=0), LEAST_SPREAD)
    ways = np.array([way_of(sample.pair) for sample in samples])
    counts = _counts(samples, ways)
    columns = [np.array([names.index(name) for name in rule.weights]) for rule in rules]
    mask = np.zeros((len(names) + 1, len(rules)))
    for at, column in enumerate(columns):
        mask[[0, *(column + 1)], at] = 1
    inputs = np.hstack([np.ones((len(values), 1)), values / spread])
    solved = _solve(inputs, np.eye(len(rules) + 1)[ways], counts, mask)
    return tuple(
        rule._replace(
            bias=float(solved[0, at]),
            weights={names[c]: float(solved[c + 1, at] / spread[c]) for c in columns[at]},
        )
        for at, rule in enumerate(rules)
    )


def _counts(samples: Sequence[Sample], ways: npt.NDArray[np.int64]) -> Array:
    by_hand = [_is_by_hand(sample.pair) for sample in samples]
    counts = np.where(by_hand, BY_HAND, 1.0)
    counts[ways == 0] *= TRUTH * (ways > 0).sum() / max(1, (ways == 0).sum())
    return counts


def _is_by_hand(pair: Pair) -> bool:
    return pair.id.startswith(("held", "written", "drawn"))


def _solve(inputs: Array, truth: Array, counts: Array, mask: Array) -> Array:
    """Descend with momentum; columns are rules, row 0 the biases, and weights stay above 0.

    Args:
        inputs: shape (samples, 1 + features), the first column 1.
        truth: shape (samples, 1 + rules), one 1 a row; column 0: true.
        counts: what each sample counts.
        mask: shape (1 + features, rules), 1 where a rule sees a feature.
    """
    weighed = inputs * np.sqrt(counts)[:, None]
    step = 1 / (0.5 * float(np.linalg.eigvalsh(weighed.T @ weighed)[-1]) + PENALTY)
    solved = np.zeros_like(mask)
    ahead, pace = solved, 1.0
    for _ in range(STEPS):
        odds = np.hstack([np.zeros((len(inputs), 1)), inputs @ ahead])
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        missed = (odds / odds.sum(axis=1, keepdims=True) - truth)[:, 1:] * counts[:, None]
        slope = inputs.T @ missed
        slope[1:] += PENALTY * ahead[1:]
        new = (ahead - step * slope) * mask
        new[1:] = np.maximum(new[1:], 0)
        faster = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = new + (pace - 1) / faster * (new - solved)
        solved, pace = new, faster
    return solved


def odds_of(rules: Sequence[Rule], features: Features) -> float:
    """Return the log odds that a sentence is false in any of the ways."""
    odds = [rule.odds(features) for rule in rules]
    return max(odds) + math.log(sum(math.exp(one - max(odds)) for one in odds))


def cross_validate(samples: Sequence[Sample], seed: int = 0) -> dict[str, float]:
    """Return the log odds of each pair by its id, from rules that saw none of its cards."""
    folds = folds_by_card([sample.pair for sample in samples], seed=seed)
    odds: dict[str, float] = {}
    for fold in sorted(set(folds)):
        rest = [sample for sample, at in zip(samples, folds, strict=True) if at != fold]
        rules = fit(rest)
        for sample, at in zip(samples, folds, strict=True):
            if at == fold:
                odds[sample.pair.id] = odds_of(rules, sample.features)
    return odds


def print_rules(rules: Sequence[Rule]) -> str:
    """Print rules as `bot.checking.rules` holds them."""
    lines = ["RULES = ("]
    for rule in rules:
        lines.append(f'    Rule(\n        "{rule.name}",\n        {rule.bias:.2f},\n        {{')
        lines.extend(f'            "{name}": {rule.weights[name]:.2f},' for name in rule.weights)
        lines.append("        },\n    ),")
    return "\n".join([*lines, ")"])


def collect(support: Support, pairs: Sequence[Pair], refused: Sequence[bool]) -> list[Sample]:
    """Measure the pairs that are not refused by figures, names or standing."""
    return [
        Sample(pair, support.features(pair.text, pair.refs))
        for pair, is_refused in zip(pairs, refused, strict=True)
        if not is_refused
    ]


def _is_exact(finding: str) -> bool:
    """Tell whether a rule without weights has found something."""
    return finding.partition(":")[0] in ("figure", "authority", "not-in-force")


def main(
    tolerance: Annotated[
        float, typer.Option(help="Log odds up to which a sentence is accepted.")
    ] = TOLERANCE,
    seed: Annotated[int, typer.Option(help="Deals the folds.")] = 0,
) -> None:
    """Fit the weights, print them, and print the rates by cross-validation over cards."""
    judges = open_judges()
    pairs = [pair for one in FITTED for pair in one.pairs]
    refused = [any(map(_is_exact, judges.full(pair))) for pair in pairs]
    samples = collect(judges.support, pairs, refused)
    typer.echo(f"{print_rules(fit(samples))}\n")
    odds = cross_validate(samples, seed)
    refused_ids = {pair.id for pair, is_refused in zip(pairs, refused, strict=True) if is_refused}
    for one in FITTED:
        judged = [
            Judged(
                pair=pair,
                findings=("x",) if pair.id in refused_ids or odds[pair.id] > tolerance else (),
            )
            for pair in one.pairs
        ]
        typer.echo(f"{one.title}, cross-validated\n\n{markdown(table(judged))}\n")


if __name__ == "__main__":
    typer.run(main)
