"""The weights of the checker are fitted by a command that gives the same every time."""

from __future__ import annotations

import pytest

from bot.checking.rules import RULES, Features
from evals.bench.fit_claims import (
    FITTED,
    FOLDS,
    Sample,
    fit,
    folds_by_card,
    odds_of,
    print_rules,
    way_of,
)
from evals.claim_pairs import (
    DRAWN_PAIRS,
    FALSE_PAIRS,
    FIFTH_HELD_OUT_PAIRS,
    FOURTH_HELD_OUT_PAIRS,
    THIRD_HELD_OUT_PAIRS,
    TRUE_PAIRS,
    Pair,
    read_pairs,
)

NOTHING = Features(**dict.fromkeys(Features._fields, 0.0))
TRUE = read_pairs(TRUE_PAIRS)
FLIPPED = [pair for pair in read_pairs(FALSE_PAIRS) if pair.kind == "flipped-negation"]


def samples() -> list[Sample]:
    """Return pairs of which all that are flipped, and one in seven true ones, look so."""
    true = [
        Sample(pair, NOTHING._replace(added_negation=0.2 * (at % 7 == 0)))
        for at, pair in enumerate(TRUE)
    ]
    return true + [Sample(pair, NOTHING._replace(added_negation=0.9)) for pair in FLIPPED]


def test_what_false_pairs_have_and_true_ones_have_not_speaks_against_a_sentence() -> None:
    rules = fit(samples())
    assert odds_of(rules, NOTHING._replace(added_negation=0.9)) > 0 > odds_of(rules, NOTHING)


def test_a_feature_that_true_pairs_have_more_of_weighs_nothing() -> None:
    turned = [
        sample._replace(features=sample.features._replace(turned_mode=float(sample.pair.label)))
        for sample in samples()
    ]
    modality = next(rule for rule in fit(turned) if rule.name == "modality")
    assert modality.weights["turned_mode"] == 0


def test_two_fits_print_the_same_and_in_the_form_that_is_shipped() -> None:
    printed = print_rules(fit(samples()))
    assert printed == print_rules(fit(samples()))
    assert [line.strip() for line in printed.splitlines() if '",' in line and ":" not in line] == [
        f'"{rule.name}",' for rule in RULES
    ]


def test_pairs_that_share_a_card_are_never_in_two_folds() -> None:
    pairs = [pair for one in FITTED for pair in one.pairs]
    folds = folds_by_card(pairs)
    fold_of: dict[str, int] = {}
    for pair, fold in zip(pairs, folds, strict=True):
        for ref in pair.refs:
            assert fold_of.setdefault(ref.card_id, fold) == fold
    assert set(folds) == set(range(FOLDS))


@pytest.mark.parametrize(
    ("pair", "way"),
    [
        (TRUE[0], 0),
        (FLIPPED[0], 3),
        (FLIPPED[0].model_copy(update={"kind": "merged-facts", "refs": TRUE[0].refs[:1]}), 5),
        (FLIPPED[0].model_copy(update={"kind": "merged-facts", "refs": TRUE[0].refs * 2}), 8),
    ],
)
def test_a_pair_is_for_the_rule_of_its_kind(pair: Pair, way: int) -> None:
    assert way_of(pair) == way


def test_no_set_that_is_held_out_is_fitted_on() -> None:
    fitted = {path for one in FITTED for path in one.paths}
    assert DRAWN_PAIRS in fitted
    assert fitted.isdisjoint({THIRD_HELD_OUT_PAIRS, FOURTH_HELD_OUT_PAIRS, FIFTH_HELD_OUT_PAIRS})


def test_a_false_pair_of_a_kind_that_no_rule_is_for_changes_no_weight() -> None:
    figure = FLIPPED[0].model_copy(update={"kind": "figure"})
    odd = Sample(figure, NOTHING._replace(distance=1.0))
    assert print_rules(fit([*samples(), odd])) == print_rules(fit(samples()))
