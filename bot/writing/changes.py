"""What changed: an instrument's rules beside those that replaced them, in a small table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.language import Lang, localise
from bot.retrieval.evidence import Evidence, FactHit
from bot.writing.draft import Block, Claim
from bot.writing.labels import en_date, zh_date
from bot.writing.select import overlap
from knowledge.card import Bilingual, Instrument
from knowledge.corpus import Corpus

ASKED_ABOUT = 6
"""Facts, best first, whose instruments a question about change is about."""
MOST_ROWS = 3
ALIKE = 0.5
"""Share of common character pairs from which two facts speak of the same point."""

Say = Callable[[FactHit], Claim]
"""Words a fact as it counts on the question's day."""


def replaced_in(evidence: Evidence, corpus: Corpus) -> tuple[Instrument, Instrument] | None:
    """Return the replaced instrument that a question is about, and what replaced it."""
    for card_id in dict.fromkeys(hit.ref.card_id for hit in evidence.hits[:ASKED_ABOUT]):
        card = corpus.instruments[card_id]
        for old in [card] if card.superseded_by else corpus.predecessors(card):
            new = corpus.instruments.get(old.superseded_by or "")
            if new:
                return old, new
    return None


def change_table(evidence: Evidence, corpus: Corpus, lang: Lang, say: Say) -> Block | None:
    """Put what held before beside what holds since; None when nothing found was replaced.

    The facts of either instrument that answer the question best make the first row; further rows
    are facts of both that speak of the same point.
    """
    pair = replaced_in(evidence, corpus)
    if pair is None:
        return None
    old, new = pair
    rows = tuple(
        Claim.row((before.text, after.text), tuple(dict.fromkeys((*before.refs, *after.refs))))
        for was, now in _pairs(_of(old, evidence), _of(new, evidence), corpus)
        for before, after in [(say(was), say(now))]
    )
    if not rows:
        return None
    heading = Bilingual(zh="新旧对照", en="Before and after")
    return Block(
        kind="conditions",
        heading=localise(heading, lang),
        form="table",
        columns=tuple(localise(column, lang) for column in _columns(old, new, corpus)),
        claims=rows,
    )


def _of(card: Instrument, evidence: Evidence) -> list[FactHit]:
    return [hit for hit in evidence.hits if hit.ref.card_id == card.id]


def _pairs(
    old: Sequence[FactHit], new: Sequence[FactHit], corpus: Corpus
) -> Iterator[tuple[FactHit, FactHit]]:
    if not old or not new:
        return
    yield old[0], new[0]
    told = {old[0].ref, new[0].ref}
    alike = sorted(
        (
            (overlap(corpus.fact(was.ref).zh, corpus.fact(now.ref).zh), was, now)
            for was in old[1:]
            for now in new[1:]
        ),
        key=lambda pair: -pair[0],
    )
    rows = 1
    for likeness, was, now in alike:
        if likeness < ALIKE or rows == MOST_ROWS:
            return
        if told.isdisjoint((was.ref, now.ref)):
            told |= {was.ref, now.ref}
            rows += 1
            yield was, now


def _columns(old: Instrument, new: Instrument, corpus: Corpus) -> tuple[Bilingual, Bilingual]:
    ends = corpus.ends(old)
    before = (f"（{zh_date(ends)}前）", f" (until {en_date(ends)})") if ends else ("", "")
    since = (f"（{zh_date(ends)}起）", f" (from {en_date(ends)})") if ends else ("", "")
    return (
        Bilingual(zh=f"原《{old.title.zh}》{before[0]}", en=f"Before: {old.title.en}{before[1]}"),
        Bilingual(zh=f"现《{new.title.zh}》{since[0]}", en=f"Now: {new.title.en}{since[1]}"),
    )
