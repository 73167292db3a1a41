"""Rules: the ways in which a sentence may be false, and what speaks for each.

Each way of being false has its odds, and what counts is their sum: several small doubts make a large
one. `python -m evals.bench.fit_claims` fits the weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple


class Features(NamedTuple):
    """What speaks against a sentence, each from 0 (nothing does) to 1 or little more."""

    lacking_sentence: float
    """Share of the content that neither the facts nor those who ask for them have, rare words
    counting more; where there are several sentences, of the one that is covered least."""
    lacking_duty: float
    """The same of the clause of duty (must, only, 须) that is covered least; 0 = none."""
    added_duty: float
    """The same where the facts have no word of duty."""
    missing_clause: float
    """Share of the words of a clause that are missing, every word counting the same."""
    strange_row: float
    """The longest row of missing words."""
    distance: float
    """Distance in sense from the nearest fact cited."""
    nearer: float
    """How much nearer in sense another fact of the same instruments is."""
    rival: float
    """How much better than the cited ones another fact of the same instruments covers it."""
    new_terms: float
    """Share of its terms that no citation shows."""
    new_term: float
    """Whether there is one."""
    spliced: float
    """How much of a clause only several facts together cover, with what their citations show."""
    apart: float
    """The same by their own words, every word counting the same."""
    unused: float
    """Where there are several facts: the share of one that goes unsaid."""
    added_negation: float
    no_negation: float
    """What the facts deny, where the sentence denies nothing at all."""
    turned_mode: float
    unsaid_exemption: float
    unsaid_duty: float
    unsaid_lasting: float
    unsaid_later: float
    lost_in_copy: float
    """A clause that lost its denial, the more the rest is the fact's own words."""
    parity_in_copy: float
    """Whether just one of sentence and facts denies, weighed likewise."""
    contrary: float
    """The same where the other has nothing that may mean a denial, weighed not at all."""
    turned_direction: float
    turned_head: float
    """Whether a word of direction has a noun that only its opposite has in the facts."""
    outweighed_direction: float
    turned_flow: float
    """Whether it has a flow of which the facts have the reverse only."""
    exchanged: float
    """How much better two of its figures fit each other's places in a fact than their own."""
    crossed: float
    """The same by the words right beside them."""
    reversed: float
    """Whether the two stand in the other order."""
    other_name: float
    """Whether it names an instrument, scheme, market or system that no cited fact shows, or one
    for another of its kind."""
    other_title: float
    """Share of the words before *measures*, *scheme*, 办法 … that no citation shows."""
    other_term: float
    """How alike the surroundings of a term of its own are to those of a term it left out."""
    other_kind: float
    """The same for terms of one kind: service trade for goods trade."""
    stray_figure: float
    """How much better the clause of a figure fits facts that have it not than those that have."""
    exchanged_roles: float
    """Whether a doer and a receiver stand in each other's place."""
    reversed_change: float
    """Whether it goes from Y to X where the facts go from X to Y."""
    dropped_condition: float
    """The share of a fact's condition that went, by how much of the rest is kept."""
    wide_drop: float
    """The same where it says *any*, *all*, 不论 … and its facts do not."""
    old_figure: float
    """Whether it has a former figure as if it held, or the present one as former."""
    other_place: float
    """Whether a clause names a place where the fact that fits it best has another."""
    crossed_words: float
    """How much better two opposite words fit each other's places in a fact than their own."""
    turned_bound: float
    """Whether a figure is the least where the facts say the most, or the reverse."""
    edited_word: float
    """Whether a strange word stands where a fact that is else word for word has another."""
    edited_denial: float
    """Whether a denial came or went there."""
    lone_denial: float
    """Whether it came or went, and nothing else with it."""
    crossed_names: float
    """How much better two bodies, cities or parties fit each other's places in a fact."""
    hardened: float
    """Whether it says as so what the facts intend or encourage."""
    bound: float
    """Whether it makes a duty of what they intend, encourage or leave to choice."""
    freed: float
    """Whether it leaves to choice what they make a duty."""
    heedless: float
    """Whether it says outright that a condition does not matter."""
    wide_unused: float
    """Whether it says *any*, *all*, 不论 … where its facts do not, by how much of them goes unsaid."""


class Rule(NamedTuple):
    """One way of being false: its log odds against the truth are bias + the weighed features."""

    name: str
    """As a finding calls it."""
    bias: float
    weights: Mapping[str, float]
    """By names of features; none is negative."""

    def odds(self, features: Features) -> float:
        """Return the log odds that a sentence is false in this way rather than true."""
        values: Mapping[str, float] = features._asdict()
        return self.bias + sum(weight * values[name] for name, weight in self.weights.items())


TOLERANCE = -0.1
"""Log odds up to which a sentence is accepted: higher, and more that is true and false passes."""
RULES = (
    Rule(
        "exchange",
        -4.35,
        {
            "exchanged": 5.41,
            "crossed": 5.16,
            "reversed": 7.27,
            "stray_figure": 7.45,
        },
    ),
    Rule(
        "direction",
        -3.32,
        {
            "turned_direction": 6.28,
            "turned_head": 2.39,
            "outweighed_direction": 2.72,
            "turned_flow": 5.29,
            "exchanged_roles": 2.76,
            "reversed_change": 10.45,
            "crossed_words": 4.33,
            "turned_bound": 1.93,
            "crossed_names": 9.02,
        },
    ),
    Rule(
        "modality",
        -3.19,
        {
            "added_negation": 4.32,
            "no_negation": 3.57,
            "turned_mode": 5.70,
            "unsaid_exemption": 0.66,
            "unsaid_lasting": 10.66,
            "lost_in_copy": 1.84,
            "parity_in_copy": 1.99,
            "lone_denial": 6.34,
            "edited_denial": 0.00,
            "contrary": 0.84,
            "unsaid_later": 3.50,
            "hardened": 5.52,
            "bound": 17.09,
            "freed": 8.80,
            "unsaid_duty": 0.22,
        },
    ),
    Rule(
        "instrument",
        -4.28,
        {
            "other_name": 5.10,
            "other_title": 8.45,
            "other_term": 9.33,
            "other_kind": 4.21,
            "edited_word": 2.72,
            "new_terms": 1.13,
        },
    ),
    Rule(
        "overlap",
        -15.42,
        {
            "lacking_sentence": 2.79,
            "lacking_duty": 2.94,
            "added_duty": 0.28,
            "missing_clause": 2.20,
            "strange_row": 8.96,
            "distance": 6.72,
            "nearer": 36.71,
            "rival": 3.54,
            "new_term": 2.47,
            "unsaid_duty": 1.14,
        },
    ),
    Rule(
        "condition",
        -3.64,
        {
            "dropped_condition": 2.19,
            "wide_drop": 2.12,
            "heedless": 2.46,
            "wide_unused": 4.91,
        },
    ),
    Rule(
        "bygone",
        -5.89,
        {
            "old_figure": 6.43,
            "unsaid_lasting": 13.36,
        },
    ),
    Rule(
        "overlap",
        -7.33,
        {
            "spliced": 9.66,
            "apart": 8.63,
            "unused": 8.35,
            "stray_figure": 3.48,
            "other_place": 4.54,
        },
    ),
)
"""As `python -m evals.bench.fit_claims` prints them: multinomial logistic regression of the truth
against each way of being false, with an L2 penalty and no weight below 0. The last is for several
facts run into one.
"""


def false_odds(features: Features) -> float:
    """Return the log odds that a sentence is false in any way rather than true."""
    return math.log(sum(math.exp(rule.odds(features)) for rule in RULES))


def is_covered(features: Features) -> bool:
    """Tell whether a sentence says no more, and nothing else, than its facts."""
    return false_odds(features) <= TOLERANCE


def refused(features: Features) -> tuple[str, ...]:
    """Return the names of the rules by which a sentence is refused; empty: it is accepted.

    Where no rule alone suffices, though all together do, it is the one that says most.
    """
    if is_covered(features):
        return ()
    odds = sorted(((rule.odds(features), rule.name) for rule in RULES), reverse=True)
    sure = [name for log_odds, name in odds if log_odds > TOLERANCE]
    return tuple(dict.fromkeys(sure or [odds[0][1]]))
