"""A route plan as sentences: the steps of the best open option, and the other ways beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from bot.draft import Block, Claim
from bot.language import Lang, in_script, localise, passage_lang
from bot.route_plan import PlannedOption, PlannedStep, RoutePlan
from bot.wording import SIDES
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.figures import missing_figures

FEWEST_MARKS = 2
"""Facts cited for a sentence of a plan even where fewer bear all of it out."""

Doubts = Callable[[Claim], int]
"""How many objections the checker has to a claim."""


def plan_blocks(plan: RoutePlan, doubts: Doubts, lang: Lang) -> Iterator[Block]:
    """Say a plan: one block for its main option, one for the alternatives and what closes them."""
    main = plan.chosen
    if main is not None:
        heading = Bilingual(
            zh=f"路线：{plan.title.zh}——{main.title.zh}",
            en=f"Route: {plan.title.en} — {main.title.en}",
        )
        steps = [step for step in main.steps if step.state != "not-needed"]
        claims = tuple(_step_claim(step, doubts, lang) for step in steps)
        yield Block(kind="plan", heading=localise(heading, lang), form="steps", claims=claims)
    others = [option for option in plan.options if option is not main]
    if claims := tuple(_option_claim(option, doubts, lang) for option in others):
        heading = Bilingual(zh="其他走法", en="Other ways")
        yield Block(kind="plan", heading=localise(heading, lang), claims=claims)


def plan_summary(
    plan: RoutePlan, found: Sequence[FactRef], doubts: Doubts, lang: Lang, corpus: Corpus
) -> Iterator[Claim]:
    """Say what a route comes down to, sentence by sentence, citing the facts nearest in words.

    A sentence that the route's facts do not bear out is left unsaid.

    Args:
        plan: the plan.
        found: facts that the question found; among equals they are cited first.
        doubts: what the checker would object to.
        lang: language of the answer.
        corpus: where the facts stand.
    """
    facts = corpus.routes[plan.route].refs
    for zh, en in zip_longest(_sentences(plan.summary.zh), _sentences(plan.summary.en)):
        text = en if lang == "en" else zh
        if not text:
            continue
        likeness = {
            ref: _likeness(text, corpus.fact(ref).text(passage_lang(lang))) for ref in facts
        }
        ranked = sorted(facts, key=lambda ref: (-likeness[ref], ref not in found))
        told = in_script(text, lang)
        claim = with_enough_refs(told, _candidates(told, ranked, doubts, corpus), doubts)
        if not doubts(claim):
            yield claim


LIKEST = 12
"""Facts, nearest in words first, that a sentence of a summary may cite."""


def _candidates(
    text: str, ranked: Sequence[FactRef], doubts: Doubts, corpus: Corpus
) -> tuple[FactRef, ...]:
    """Return the facts in force nearest in words, then those that hold one of its figures."""
    settled = [ref for ref in ranked if not doubts(Claim(text="", refs=(ref,)))]
    figures = len(missing_figures(text, ()))
    holding = (
        ref
        for ref in settled[LIKEST:]
        if len(missing_figures(text, (f"{corpus.fact(ref).zh} {corpus.fact(ref).en}",))) < figures
    )
    return (*settled[:LIKEST], *(holding if figures else ()))


def _sentences(text: str) -> list[str]:
    return [
        part.strip() for part in re.findall(r"[^。；.;]+(?:\.(?=\d)[^。；.;]+)*[。；.;]?", text)
    ]


def _likeness(text: str, fact: str) -> float:
    """Share of the sentence's character pairs or words that a fact has too."""
    mine, other = _bits(text), _bits(fact)
    return len(mine & other) / max(len(mine), 1)


def _bits(text: str) -> set[str]:
    words = set(re.findall(r"[a-z0-9]{3,}", text.lower()))
    han = re.sub(r"[^\u4e00-\u9fff]", "", text)
    return words | {han[at : at + 2] for at in range(len(han) - 1)}


_DEPENDS = Bilingual(zh="·视情况", en=" · if it applies")
_CLOSED = Bilingual(zh="不可用——", en="not open to you — ")


def _step_claim(step: PlannedStep, doubts: Doubts, lang: Lang) -> Claim:
    side = localise(SIDES[step.side], lang)
    where = side + (localise(_DEPENDS, lang) if step.state == "depends" else "")
    lead = f"({where}) " if lang == "en" else f"〔{where}〕"
    text = localise(step.do, lang)
    if step.time:
        semicolon, stop = ("; ", ".") if lang == "en" else ("；", "。")
        text = f"{text.rstrip('。.')}{semicolon}{localise(step.time, lang)}{stop}"
    return _labelled(with_enough_refs(f"{lead}{text}", step.refs, doubts), doubts, lang)


def _option_claim(option: PlannedOption, doubts: Doubts, lang: Lang) -> Claim:
    title = localise(option.title, lang)
    remarks = option.blockers or option.pros
    if not remarks:
        return Claim(text=title, refs=option.legs[0].facts)
    colon = ": " if lang == "en" else "："
    closed = localise(_CLOSED, lang) if option.blockers else ""
    text = f"{title}{colon}{closed}{localise(remarks[0].say, lang)}"
    refs = dict.fromkeys((*remarks[0].facts, *option.legs[0].facts))
    return _labelled(with_enough_refs(text, tuple(refs), doubts), doubts, lang)


def with_enough_refs(text: str, refs: tuple[FactRef, ...], doubts: Doubts) -> Claim:
    """Cite as many of a sentence's facts as bear it out, at least `FEWEST_MARKS`.

    A step may stand on six facts; six marks behind a sentence help nobody. Facts are taken in
    their author's order; one that settles no doubt is left out.
    """
    claim = Claim(text=text, refs=refs[:FEWEST_MARKS])
    open_doubts = doubts(claim)
    for ref in refs[FEWEST_MARKS:]:
        if not open_doubts:
            break
        fuller = Claim(text=text, refs=(*claim.refs, ref))
        if (fewer := doubts(fuller)) < open_doubts:
            claim, open_doubts = fuller, fewer
    return claim


_LABELS = (
    Bilingual(zh="（据已宣布的安排）", en=" (as announced)"),
    Bilingual(zh="（据征求意见稿，未生效）", en=" (draft, not in force)"),
)


def _labelled(claim: Claim, doubts: Doubts, lang: Lang) -> Claim:
    """Say of a sentence that rests on an announcement or a draft that it does."""
    if not doubts(claim):
        return claim
    for label in _LABELS:
        body, stop = claim.text.rstrip("。."), "." if lang == "en" else "。"
        told = claim.model_copy(update={"text": f"{body}{localise(label, lang)}{stop}"})
        if not doubts(told):
            return told
    return claim
