"""A perturbation suite: cases in other words, scripts or surroundings, or asked for another day.

Each stands beside the case it was made of.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import get_args

from bot.language import Lang
from evals.case import Case, Change
from evals.suites.distractor import distracted
from evals.suites.excerpt import replaced_in, with_excerpt
from evals.suites.generator import generator
from evals.suites.paraphrase import paraphrase
from evals.suites.patterns import in_both_scripts
from evals.suites.replaced import replaced_figures
from evals.suites.script import other_script
from evals.suites.shift import shifted, todays_cases
from evals.suites.typo import with_typos
from knowledge.corpus import Corpus
from knowledge.glossary import Glossary

CHANGES: tuple[Change, ...] = get_args(Change)


def perturb(
    cases: Sequence[Case],
    corpus: Corpus,
    glossary: Glossary,
    *,
    seed: int,
    kinds: Collection[Change] = (),
    limit: int | None = None,
) -> tuple[Case, ...]:
    """Return made cases, each after the case it was made of.

    Args:
        cases: parents of the changes of wording, and of excerpts where they ask about a rule that
            replaced another.
        corpus: its superseded cards make the shifts and the excerpts.
        glossary: the other names of terms.
        seed: the same seed makes the same suite.
        kinds: changes to make; empty = all.
        limit: most cases made, as many of each change as there are; None = all. Parents come on top.
    """
    wanted = tuple(change for change in CHANGES if not kinds or change in kinds)
    replaced = replaced_figures(corpus, glossary)
    today = todays_cases(replaced, corpus, glossary, seed)
    made: dict[Change, list[Case]] = {change: [] for change in wanted}
    for change in wanted:
        if change == "as-of":
            made[change] = [child for item, case in today for child in shifted(item, case)]
        elif change == "excerpt":
            ours = ((case, replaced_in(case, replaced, corpus)) for case in cases)
            both = [*((case, item) for item, case in today), *ours]
            made[change] = [
                with_excerpt(case, item, corpus, generator(seed, change, case.id))
                for case, item in both
                if item
            ]
        else:
            made[change] = list(_reworded(cases, change, glossary, seed))
    children = _limited(made, limit)
    parents = {case.id: case for case in (*(case for _, case in today), *cases)}
    return tuple(_with_parents(parents, children))


def _reworded(
    cases: Iterable[Case], change: Change, glossary: Glossary, seed: int
) -> Iterator[Case]:
    for case in cases:
        made = _in_other_words(case, change, glossary, generator(seed, change, case.id))
        if made:
            question, lang = made
            matched = {} if lang == case.lang else _in_both_scripts(case)
            yield case.model_copy(
                update={
                    "id": f"{case.id}-{change}",
                    "group": None,
                    "parent": case.id,
                    "change": change,
                    "lang": lang,
                    "question": question,
                    "note": "made by hugang eval perturb",
                    **matched,
                }
            )


def _in_both_scripts(case: Case) -> dict[str, object]:
    """Return the patterns of a case for an answer in the other script."""
    return {
        "nuggets": tuple(
            nugget.model_copy(update={"any": in_both_scripts(nugget.any)})
            for nugget in case.nuggets
        ),
        "must_not": in_both_scripts(case.must_not),
    }


def _in_other_words(
    case: Case, change: Change, glossary: Glossary, chance: random.Random
) -> tuple[str, Lang] | None:
    question: str | None
    match change:
        case "script":
            return other_script(case.question, case.lang)
        case "paraphrase":
            question = paraphrase(case.question, case.lang, glossary, chance)
        case "typo":
            question = with_typos(case.question, case.lang, chance)
        case _:
            question = distracted(case.question, case.lang, chance)
    return (question, case.lang) if question else None


def _limited(made: Mapping[Change, list[Case]], limit: int | None) -> list[Case]:
    """Take from each change in turn, spread over its cases, until there are enough."""
    if limit is None or sum(map(len, made.values())) <= limit:
        return [case for cases in made.values() for case in cases]
    shares = dict.fromkeys(made, 0)
    while sum(shares.values()) < limit:
        for change, cases in made.items():
            if shares[change] < len(cases) and sum(shares.values()) < limit:
                shares[change] += 1
    return [
        cases[place * len(cases) // shares[change]]
        for change, cases in made.items()
        for place in range(shares[change])
    ]


def _with_parents(parents: Mapping[str, Case], children: Iterable[Case]) -> Iterator[Case]:
    families: dict[str, list[Case]] = {}
    for child in children:
        families.setdefault(str(child.parent), []).append(child)
    for name, case in parents.items():
        if name in families:
            yield case.model_copy(update={"group": None})
            yield from families[name]
