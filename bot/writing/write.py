"""The extractive writer: composes an adviser's note from facts, word for word.

It needs no language model. The sentences that answer the question come first; conditions,
procedure and the other side follow under headings; what the reader must not overlook (drafts,
pilots, replaced rules) closes the note. Facts are never reworded, so nothing can be lost; labels
and headings are the only words of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.language import Lang, localise
from bot.query.understanding import Understanding
from bot.query.wants import figure_wants, is_aside, wants_of
from bot.retrieval.evidence import Evidence, FactHit
from bot.route_plan import RoutePlan
from bot.writing.changes import change_table, replaced_in
from bot.writing.draft import Block, BlockKind, Claim, Draft
from bot.writing.labels import en_date, label_for, zh_date
from bot.writing.plan_text import Doubts, plan_blocks, plan_summary
from bot.writing.premise import CORRECTION, contradiction
from bot.writing.select import Chosen, Kin, caution_for, choose_facts
from bot.writing.wording import HEADINGS, SIDE_HEADINGS
from knowledge.card import Aspect, Bilingual, FactRef, Instrument
from knowledge.corpus import Corpus

WRITER = "extractive"
BEST = 8
"""Facts, best first, that a plan does not keep from being said: what answers outright may open the
note, though a step cites it too."""
GAP_BUDGET = 0.5
"""Share of the length for the facts beside what no fact settles: the nearest, not the whole rule."""
PLAN_BUDGET = 0.6
"""Share of the length left for facts when a plan says the steps."""

_GROUPS: dict[Aspect, BlockKind] = {
    "definition": "conditions",
    "eligibility": "conditions",
    "permission": "conditions",
    "limit": "conditions",
    "tax": "conditions",
    "procedure": "procedure",
    "documents": "procedure",
    "timing": "procedure",
    "authority": "procedure",
    "cost": "procedure",
    "risk": "note",
    "background": "conditions",
}
_ORDER: tuple[BlockKind, ...] = ("conditions", "procedure", "other-side", "note")


def write_draft(
    understanding: Understanding,
    evidence: Evidence,
    plan: RoutePlan | None,
    corpus: Corpus,
    lang: Lang,
    doubts: Doubts,
    kin: Kin,
    *,
    budget: float = 1.0,
) -> Draft:
    """Compose the note that answers a question.

    Args:
        understanding: what is asked for.
        evidence: the facts found.
        plan: the route plan, when the question asks how something is done.
        corpus: where the facts stand.
        lang: language and script of the answer.
        doubts: what the checker would object to; decides how many facts a step cites.
        kin: how near two facts are to each other.
        budget: share of the usual length that facts may take.
    """
    say = _Speaker(corpus, lang)
    if plan and understanding.wants_plan:
        blocks = _plan_note(plan, evidence, say, doubts)
        cards = {ref.card_id for ref in corpus.routes[plan.route].refs}
        unsaid = frozenset(ref for ref in _unsaid(blocks, evidence) if ref.card_id in cards)
        chosen = choose_facts(evidence, corpus, kin, budget=budget * PLAN_BUDGET, among=unsaid)
        leads, rest = chosen.leads(), chosen.hits
        if understanding.asks_more:
            answers = _answering(chosen, understanding, corpus)
            blocks = _with_answers(blocks, tuple(say.fact(hit) for hit in answers))
            rest = [hit for hit in rest if hit not in answers]
        blocks += _grouped(leads, rest, corpus, say)
    else:
        chosen = choose_facts(evidence, corpus, kin, budget=budget, compares=understanding.compares)
        leads = chosen.leads()
        rest = [hit for hit in chosen.hits if hit not in leads]
        if wrong := contradiction(understanding, leads, corpus):
            leads = [wrong, *(hit for hit in leads if hit is not wrong)]
        opening = tuple(say.fact(hit) for hit in leads)
        if wrong:
            opening = (say.corrected(opening[0]), *opening[1:])
        table = None
        if understanding.asks_change:
            opening = (*_replacements(evidence, say), *opening)
            table = change_table(evidence, corpus, lang, say.fact)
        blocks = [Block(kind="lead", form="prose", claims=opening)] if opening else []
        if table:
            blocks.append(table)
            shown = {ref for row in table.claims for ref in row.refs}
            rest = [hit for hit in rest if hit.ref not in shown]
        caution = caution_for(leads, evidence, corpus)
        if caution and caution not in chosen.hits:
            rest.append(caution)
        blocks += _grouped(leads, rest, corpus, say)
    said = {claim.text for block in blocks for claim in block.claims}
    if notes := tuple(n for n in _notes(chosen.hits, corpus, lang) if n.text not in said):
        blocks = _with_notes(blocks, notes, lang)
    return Draft(writer=WRITER, blocks=tuple(blocks))


def _plan_note(plan: RoutePlan, evidence: Evidence, say: _Speaker, doubts: Doubts) -> list[Block]:
    """Open with what the route comes down to, then its steps and the other ways."""
    opening = tuple(plan_summary(plan, evidence.refs, doubts, say.lang, say.corpus))
    lead = [Block(kind="lead", form="prose", claims=opening)] if opening else []
    return [*lead, *plan_blocks(plan, doubts, say.lang, say.corpus)]


def _answering(chosen: Chosen, understanding: Understanding, corpus: Corpus) -> list[FactHit]:
    """Return the facts that answer outright what a plan does not; figures, where these are asked.

    What the route comes down to opens the note better than background, a case or a caution does.
    """
    parts = understanding.parts or (understanding.text,)
    beyond = [at for at, part in enumerate(parts) if wants_of(part) != ("steps",)]
    return [
        hit
        for hit in chosen.leads(beyond)
        if (hit.gives or not figure_wants(parts[chosen.part(hit)]))
        and not is_aside(corpus.fact(hit.ref))
    ]


def _with_answers(blocks: list[Block], answers: tuple[Claim, ...]) -> list[Block]:
    """Put the facts that answer outright before what the route comes down to."""
    if not answers:
        return blocks
    if not blocks or blocks[0].kind != "lead":
        return [Block(kind="lead", form="prose", claims=answers), *blocks]
    claims = (*answers, *blocks[0].claims)
    return [blocks[0].model_copy(update={"claims": claims}), *blocks[1:]]


def _unsaid(blocks: list[Block], evidence: Evidence) -> frozenset[FactRef]:
    """Return the facts found that the plan does not cite, and the very best, which answer outright.

    A step cites more than it says.
    """
    said = {ref for block in blocks for claim in block.claims for ref in claim.refs}
    return frozenset((*evidence.refs[:BEST], *(ref for ref in evidence.refs if ref not in said)))


class _Speaker:
    def __init__(self, corpus: Corpus, lang: Lang) -> None:
        self.corpus = corpus
        self.lang: Lang = lang

    def fact(self, hit: FactHit) -> Claim:
        card, fact = self.corpus.instrument(hit.ref), self.corpus.fact(hit.ref)
        statement = Bilingual(zh=fact.zh, en=fact.en)
        label = label_for(card, hit.validity, self.corpus, statement)
        text = localise(statement, self.lang)
        if label:
            text = localise(label, self.lang) + text
        return Claim(text=text, refs=(hit.ref,))

    def corrected(self, claim: Claim) -> Claim:
        """Open a sentence with the notice that it corrects the question."""
        text = localise(CORRECTION, self.lang) + claim.text
        return claim.model_copy(update={"text": text, "fixed": True})

    def words(self, text: Bilingual) -> str:
        return localise(text, self.lang)


def _grouped(
    leads: list[FactHit], rest: list[FactHit], corpus: Corpus, say: _Speaker
) -> Iterator[Block]:
    """Put the facts that do not lead under the headings they belong to."""
    home = corpus.instrument(leads[0].ref).jurisdiction if leads else "both"
    groups: dict[tuple[BlockKind, str], list[Claim]] = defaultdict(list)
    for hit in rest:
        card = corpus.instrument(hit.ref)
        kind = _GROUPS[corpus.fact(hit.ref).aspect]
        side = card.jurisdiction
        if kind != "note" and _is_other_side(home, side):
            groups["other-side", side].append(say.fact(hit))
        else:
            groups[kind, ""].append(say.fact(hit))
    for kind in _ORDER:
        for (group, across), claims in groups.items():
            if group == kind:
                heading = SIDE_HEADINGS[across] if across else HEADINGS[kind]
                yield Block(kind=kind, heading=say.words(heading), claims=tuple(claims))


def _is_other_side(home: str, side: str) -> bool:
    """Tell whether a fact speaks for the other side of the border than the lead."""
    hong_kong = "hongkong"
    return "both" not in (home, side) and (home == hong_kong) != (side == hong_kong)


def _notes(hits: Iterable[FactHit], corpus: Corpus, lang: Lang) -> Iterator[Claim]:
    """Say of each instrument used that does not simply govern, what it counts for."""
    told: set[str] = set()
    for hit in hits:
        card = corpus.instrument(hit.ref)
        if card.id in told:
            continue
        told.add(card.id)
        if text := _status_note(card, hit, corpus):
            refs = _status_refs(card, hit.ref, corpus)
            yield Claim(text=localise(text, lang), refs=refs, fixed=True)


def _replacements(evidence: Evidence, say: _Speaker) -> Iterator[Claim]:
    """Say which instrument replaced which, and when, for those that a question is about."""
    if pair := replaced_in(evidence, say.corpus):
        old, _ = pair
        refs = _status_refs(old, FactRef.of(old.id, old.facts[0].id), say.corpus)
        yield Claim(text=say.words(_replacement(old, say.corpus)), refs=refs, fixed=True)


def _status_note(card: Instrument, hit: FactHit, corpus: Corpus) -> Bilingual | None:
    title = card.title
    if hit.validity == "draft":
        return Bilingual(
            zh=f"《{title.zh}》仍是征求意见稿，尚未生效，不能作为现行规定引用。",
            en=f"{title.en} is a draft: it is not in force and cannot be relied on as law.",
        )
    if hit.validity == "pilot":
        return Bilingual(
            zh=f"《{title.zh}》是试点，只适用于试点地区和获准的主体。",
            en=f"{title.en} is a pilot: it applies only in the pilot area to those admitted.",
        )
    if hit.validity == "not-yet" and card.starts:
        return Bilingual(
            zh=f"《{title.zh}》自{zh_date(card.starts)}起才适用。",
            en=f"{title.en} applies only from {en_date(card.starts)}.",
        )
    return _replacement(card, corpus) if card.superseded_by else None


def _replacement(card: Instrument, corpus: Corpus) -> Bilingual:
    title, successor = card.title, corpus.instruments[card.superseded_by or ""]
    ends = corpus.ends(card)
    when_zh = f"自{zh_date(ends)}起" if ends else "已"
    when_en = f" from {en_date(ends)}" if ends else ""
    return Bilingual(
        zh=f"《{title.zh}》{when_zh}由《{successor.title.zh}》取代。",
        en=f"{title.en}: replaced by {successor.title.en}{when_en}.",
    )


def _status_refs(card: Instrument, ref: FactRef, corpus: Corpus) -> tuple[FactRef, ...]:
    if card.superseded_by is None:
        return (ref,)
    successor = corpus.instruments[card.superseded_by]
    return (ref, FactRef.of(successor.id, successor.facts[0].id))


def _with_notes(blocks: list[Block], notes: tuple[Claim, ...], lang: Lang) -> list[Block]:
    """Add status notes to the block of notes, opening one if there is none."""
    for at, block in enumerate(blocks):
        if block.kind == "note":
            merged = block.model_copy(update={"claims": (*block.claims, *notes)})
            return [*blocks[:at], merged, *blocks[at + 1 :]]
    return [*blocks, Block(kind="note", heading=localise(HEADINGS["note"], lang), claims=notes)]


_FORBIDS = re.compile(r"不得|禁止|处罚|罚款|违法|违规|非法|须先|应先|真实")
RULES_SHOWN = 2
"""Facts shown beside a refusal."""
RULES_AMONG = 12
"""Facts, best first, among which they are looked for."""


def rules_block(evidence: Evidence, corpus: Corpus, lang: Lang) -> Block | None:
    """Show the rules that bear on a request that is declined."""
    say = _Speaker(corpus, lang)
    lawful = [hit for hit in evidence.hits if hit.validity in ("in-force", "pilot")][:RULES_AMONG]
    # What forbids and punishes bears on the request more than what is nearest in words.
    lawful.sort(key=lambda hit: not _FORBIDS.search(corpus.fact(hit.ref).zh))
    claims = tuple(say.fact(hit) for hit in lawful[:RULES_SHOWN])
    if not claims:
        return None
    heading = Bilingual(zh="有关规定", en="Rules that bear on it")
    return Block(kind="note", heading=localise(heading, lang), claims=claims)
