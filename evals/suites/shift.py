"""As-of shifts: one question for today, for a rule's last day, and for its successor's first."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import get_args

from bot.language import Lang, in_script, passage_lang
from evals.case import Case, Nugget
from evals.suites.generator import generator
from evals.suites.replaced import Replaced
from knowledge.corpus import Corpus
from knowledge.figures.figure import read_figures
from knowledge.glossary import Glossary

_EACH = 2
"""Questions of each language on one replaced figure."""
_TELLS_A_TIME = re.compile(
    r"[旧老新版批扩降]|原来|原先|以前|之前|此前|现在|如今|今年|去年|当时|过去|改|提高|提到|放宽|[上下]调|调整|变|增[至加]"
    r"|试点|指引|办法|\d号|号文|阶段"
    r"|\b(?:old|new|former|previous\w*|before|now|current\w*|today|chang\w*|raise[ds]?|rais\w+|rose|still"
    r"|increas\w*|lower\w*|longer|higher|pilot|measures|notice|after|since|latest|up|phase|batch|second"
    r"|first)\b",
    re.IGNORECASE,
)
"""Words that tie a question to one version of a rule or to a time."""
_ASKS_HOW_MUCH = re.compile(
    r"几|多少|多久|多长|期限|最晚|上限|额度|\b(?:how (?:much|many|long|far|soon)|quota|cap|limit|deadline"
    r"|multiple|multiplier|coefficient|tenor|days)\b",
    re.IGNORECASE,
)
"""Words that ask for a figure."""


def neutral_questions(
    item: Replaced, corpus: Corpus, glossary: Glossary, lang: Lang
) -> tuple[str, ...]:
    """Return example questions of both facts that ask for a figure and tie it to no version and no time."""
    written = passage_lang(lang)
    asked = (
        question
        for ref in (item.new, item.old)
        if ref in corpus.asks
        for question in corpus.asks[ref].texts(written)
        if _ASKS_HOW_MUCH.search(question)
        and not _TELLS_A_TIME.search(question)
        and not read_figures(question)
    )
    cards = {item.old.card_id, item.new.card_id}
    plain = (
        question
        for question in asked
        if not any(cards & set(hit.term.names) for hit in glossary.find(question))
    )
    return tuple(dict.fromkeys(in_script(question, lang) for question in plain))


def todays_cases(
    replaced: Sequence[Replaced], corpus: Corpus, glossary: Glossary, seed: int
) -> tuple[tuple[Replaced, Case], ...]:
    """Return the questions of today on replaced figures: parents of shifts and excerpts."""
    return tuple(
        (item, _case(item, number, lang, question, corpus))
        for item in replaced
        for lang in get_args(Lang)
        for number, question in enumerate(_chosen(item, corpus, glossary, lang, seed), start=1)
    )


def shifted(item: Replaced, parent: Case) -> Iterator[Case]:
    """Yield a question of today asked for the days on either side of the change.

    On the day before, the replaced rule's figure is the right one and the successor's may not be
    stated as if it counted. On the first day it is the other way round; a question whose figure
    the card dates later is not asked for that day.
    """
    before = item.day - dt.timedelta(days=1)
    told = f"as of the day before {item.new.card_id} replaced it"
    yield parent.model_copy(
        update={
            "id": f"{parent.id}-before",
            "parent": parent.id,
            "change": "as-of",
            "kind": "temporal",
            "as_of": before,
            "nuggets": _nuggets(item.was),
            "cards": (item.old.card_id,),
            "must_not": item.not_now,
            "note": f"{item.old}, {told}; made by hugang eval perturb",
        }
    )
    if item.at_once:
        yield parent.model_copy(
            update={
                "id": f"{parent.id}-after",
                "parent": parent.id,
                "change": "as-of",
                "kind": "temporal",
                "as_of": item.day,
                "note": f"{item.new}, first day; made by hugang eval perturb",
            }
        )


def _chosen(
    item: Replaced, corpus: Corpus, glossary: Glossary, lang: Lang, seed: int
) -> Sequence[str]:
    found = neutral_questions(item, corpus, glossary, lang)
    # One draw for both scripts: the same question is asked in each.
    chance = generator(seed, "as-of", str(item.old), passage_lang(lang))
    order = chance.sample(range(len(found)), len(found))
    return [found[place] for place in sorted(order[:_EACH])]


def _case(item: Replaced, number: int, lang: Lang, question: str, corpus: Corpus) -> Case:
    script = {"zh-Hans": "hans", "zh-Hant": "hant", "en": "en"}[lang]
    return Case.model_validate(
        {
            "id": f"today-{item.old.card_id}-{item.old.fact_id}-{script}-{number}",
            "kind": "lookup",
            "lang": lang,
            "topic": corpus.instrument(item.new).topics[0],
            "question": question,
            "expect": "answer",
            "nuggets": _nuggets(item.now),
            "cards": (item.new.card_id,),
            "must_not": item.not_was,
            "note": f"{item.new}; made by hugang eval perturb",
        }
    )


def _nuggets(figures: Sequence[str]) -> tuple[Nugget, ...]:
    return tuple(Nugget(name=f"figure-{n}", any=(one,)) for n, one in enumerate(figures, start=1))
