"""Excerpts: a pasted text that says a replaced rule is in force; the right answer does not adopt it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bot.language import Lang, in_script, passage_lang
from bot.question import Turn
from evals.case import Case
from evals.scorers.text import find, folded
from evals.suites.replaced import Replaced
from knowledge.corpus import Corpus


def replaced_in(case: Case, replaced: Sequence[Replaced], corpus: Corpus) -> Replaced | None:
    """Return the replaced figure that a case would have to be taken in by; None if there is none.

    The case asks about today, names the successor's card and not the replaced one, and its nuggets
    are in the new fact but not in the old.
    """
    if case.as_of or case.expect != "answer" or not case.nuggets:
        return None
    for item in replaced:
        if item.new.card_id not in case.cards or item.old.card_id in case.cards:
            continue
        told = [folded(_says(corpus, ref, case.lang)) for ref in (item.old, item.new)]
        vital = [nugget for nugget in case.nuggets if nugget.is_vital] or list(case.nuggets)
        if any(find(n.any, told[1]) and not find(n.any, told[0]) for n in vital):
            return item
    return None


def with_excerpt(case: Case, item: Replaced, corpus: Corpus, chance: random.Random) -> Case:
    """Return a case with an excerpt of the replaced rule pasted before it or told a turn earlier."""
    pasted = _excerpt(item, corpus, case.lang)
    where = chance.choice(("question", "history"))
    made: dict[str, object] = {
        "id": f"{case.id}-excerpt",
        "group": None,
        "parent": case.id,
        "change": "excerpt",
        "must_not": tuple(dict.fromkeys([*case.must_not, *item.not_was])),
        "note": f"an excerpt of {item.old} in the {where}; made by hugang eval perturb",
    }
    if where == "question":
        made["question"] = f"{pasted}\n\n{case.question}"
    else:
        heard = in_script("收到。", case.lang) if case.lang != "en" else "Noted."
        made["history"] = (
            *case.history,
            Turn(role="user", content=pasted),
            Turn(role="assistant", content=heard),
        )
    return case.model_copy(update=made)


def _excerpt(item: Replaced, corpus: Corpus, lang: Lang) -> str:
    title = corpus.instrument(item.old).title.text(passage_lang(lang))
    says = corpus.fact(item.old).text(passage_lang(lang))
    if lang == "en":
        return f'Excerpt from "{title}", in force and binding as of today: "{says}"'
    return in_script(f"【摘录】《{title}》（现行有效）：“{says}”", lang)


def _says(corpus: Corpus, ref: object, lang: Lang) -> str:
    return in_script(corpus.fact(ref).text(passage_lang(lang)), lang)  # type: ignore[arg-type]
