"""A route plan as sentences: the steps of the best open option, and the other ways beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

from bot.language import Lang, in_script, localise, passage_lang
from bot.route_plan import PlannedOption, PlannedStep, RoutePlan
from bot.writing.draft import Block, Claim
from bot.writing.wording import CURRENCIES, SIDES
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.figures.figure import missing_figures
from knowledge.route import Remark

FEWEST_MARKS = 2
"""Facts cited for a sentence of a plan even where fewer bear all of it out."""

Doubts = Callable[[Claim], int]
"""How many objections the checker has to a claim."""


def plan_blocks(plan: RoutePlan, doubts: Doubts, lang: Lang, corpus: Corpus) -> Iterator[Block]:
    """Say a plan: the ways side by side, then the steps of the first that is open."""
    if len(plan.options) > 1:
        yield _comparison(plan, doubts, lang, corpus)
    main = plan.chosen
    if main is None:
        return
    heading = Bilingual(
        zh=f"路线：{plan.title.zh}——{main.title.zh}",
        en=f"Route: {plan.title.en} — {main.title.en}",
    )
    steps = [step for step in main.steps if step.state != "not-needed"]
    claims = tuple(_step_claim(step, doubts, lang) for step in steps)
    yield Block(kind="plan", heading=localise(heading, lang), form="steps", claims=claims)


_COLUMNS = (
    Bilingual(zh="走法", en="Way"),
    Bilingual(zh="决定因素", en="What decides"),
    Bilingual(zh="审批与登记", en="Approvals"),
    Bilingual(zh="时间", en="Time"),
    Bilingual(zh="币种", en="Currencies"),
    Bilingual(zh="主要短处", en="Main drawback"),
)
_NONE = "—"
MOST_TIMES = 2
"""Times named for one way: the table is to be taken in at a glance, the steps tell the rest."""


def _comparison(plan: RoutePlan, doubts: Doubts, lang: Lang, corpus: Corpus) -> Block:
    """Put the ways side by side, one a row."""
    heading = Bilingual(zh="几种走法的比较", en="The ways compared")
    return Block(
        kind="plan",
        heading=localise(heading, lang),
        form="table",
        columns=tuple(localise(column, lang) for column in _COLUMNS),
        claims=tuple(_option_row(option, doubts, lang, corpus) for option in plan.options),
    )


def _option_row(option: PlannedOption, doubts: Doubts, lang: Lang, corpus: Corpus) -> Claim:
    """Say one way in cells, each with the facts that bear it out; a cell that none does is left."""
    steps = [step for step in option.steps if step.state != "not-needed"]
    decides, closed = _deciding(option)
    prefix = localise(_CLOSED, lang) if closed else ""
    cells = [
        (f"{prefix}{localise(decides.say, lang).rstrip('。.')}", decides.facts),
        (_authorities(steps, lang, corpus), _refs_of(s for s in steps if s.authority)),
        (_times(steps, lang), _refs_of(s for s in steps if s.time)),
        (_currencies(option, lang), option.legs[0].facts),
        *((localise(con.say, lang).rstrip("。."), con.facts) for con in option.cons[:1]),
    ]
    row = Claim.row((localise(option.title, lang),), option.legs[0].facts[:1])
    for text, facts in (*cells, *(("", ()),) * (len(_COLUMNS) - 1 - len(cells))):
        row = _with_cell(row, text, facts, doubts)
    return _labelled(row, doubts, lang)


def _deciding(option: PlannedOption) -> tuple[Remark, bool]:
    """Return what closes a way, else what may close it or speaks for it; and whether it is closed."""
    if option.blockers:
        return option.blockers[0], True
    remarks = (*option.pros, *option.possible_blockers)
    return (remarks[0] if remarks else Remark(say=option.title, facts=option.legs[0].facts)), False


def _with_cell(row: Claim, text: str, facts: tuple[FactRef, ...], doubts: Doubts) -> Claim:
    """Add a cell and as few of its facts as bear it out."""
    empty = Claim.row((*row.cells, _NONE), row.refs)
    if not text:
        return empty
    best = Claim.row((*row.cells, text), row.refs)
    before = doubts(row)
    left = doubts(best)
    for ref in facts:
        if not left and len(best.refs) > len(row.refs):
            break
        if ref in best.refs:
            continue
        fuller = Claim.row(best.cells, (*best.refs, ref))
        if (fewer := doubts(fuller)) < left or len(best.refs) == len(row.refs):
            best, left = fuller, fewer
    return best if left <= before else empty


def _refs_of(steps: Iterable[PlannedStep]) -> tuple[FactRef, ...]:
    return tuple(dict.fromkeys(ref for step in steps for ref in step.refs))


def _authorities(steps: Sequence[PlannedStep], lang: Lang, corpus: Corpus) -> str:
    names = dict.fromkeys(step.authority for step in steps if step.authority)
    if lang == "en":
        return ", ".join(names)
    return "、".join(in_script(corpus.issuer_name(name).zh, lang) for name in names)


def _times(steps: Sequence[PlannedStep], lang: Lang) -> str:
    times = dict.fromkeys(localise(step.time, lang) for step in steps if step.time)
    return ("; " if lang == "en" else "；").join(list(times)[:MOST_TIMES])


def _currencies(option: PlannedOption, lang: Lang) -> str:
    codes = dict.fromkeys(code for leg in option.legs for code in leg.currencies)
    comma = ", " if lang == "en" else "、"
    return comma.join(
        localise(CURRENCIES[code], lang) if code in CURRENCIES else code for code in codes
    )


def plan_summary(
    plan: RoutePlan, found: Sequence[FactRef], doubts: Doubts, lang: Lang, corpus: Corpus
) -> Iterator[Claim]:
    """Say what a route comes down to, sentence by sentence, citing the facts nearest in words.

    A sentence that the route's facts do not bear out is left unsaid.

    Args:
        plan: the plan.
        found: facts that the question found, best first; among equals the better is cited first.
        doubts: what the checker would object to.
        lang: language of the answer.
        corpus: where the facts stand.
    """
    facts = corpus.routes[plan.route].refs
    ranks = {ref: rank for rank, ref in enumerate(found)}
    for zh, en in zip_longest(sentences(plan.summary.zh), sentences(plan.summary.en)):
        text = en if lang == "en" else zh
        if not text:
            continue
        likeness = {
            ref: _likeness(text, corpus.fact(ref).text(passage_lang(lang))) for ref in facts
        }
        ranked = sorted(facts, key=lambda ref: (-likeness[ref], ranks.get(ref, len(ranks))))
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


def sentences(text: str) -> list[str]:
    """Split a text, of either language, at the ends of its sentences and at semicolons."""
    # A stop inside a figure (0.8) or an abbreviation (No. 7) ends no sentence.
    return [
        part.strip()
        for part in re.split(r"(?<=[。；;])|(?<=\.)(?<!\bNo\.)(?=\s|$)", text)
        if part.strip()
    ]


def _likeness(text: str, fact: str) -> float:
    """Share of the sentence's character pairs or words that a fact has too."""
    mine, other = _bits(text), _bits(fact)
    return len(mine & other) / max(len(mine), 1)


@lru_cache(maxsize=4096)
def _bits(text: str) -> frozenset[str]:
    words = frozenset(re.findall(r"[a-z0-9]{3,}", text.lower()))
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
    """Say of a sentence or a row that rests on an announcement or a draft that it does."""
    if not doubts(claim):
        return claim
    told = (_with_label(claim, localise(label, lang), lang) for label in _LABELS)
    return next((one for one in told if not doubts(one)), claim)


def _with_label(claim: Claim, label: str, lang: Lang) -> Claim:
    """Put a label before the stop of a sentence, or behind the first cell of a row."""
    if claim.cells:
        return Claim.row((claim.cells[0] + label, *claim.cells[1:]), claim.refs)
    stop = "." if lang == "en" else "。"
    return claim.model_copy(update={"text": f"{claim.text.rstrip('。.')}{label}{stop}"})
