"""What a note says of the facts chosen: as much as the length allows, both sides of a comparison."""

from __future__ import annotations

import datetime as dt

from bot.query.understanding import Lexicon, understand
from bot.question import read_question
from bot.retrieval.evidence import Evidence, FactHit
from bot.writing.draft import Draft
from bot.writing.select import BUDGET
from bot.writing.write import GAP_BUDGET, write_draft
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary
from tests.unit.small_cards import corpus_of, small_card, small_fact

LONG = BUDGET // 4
"""Characters of a fact of which four make up an answer."""


def a_corpus(cards: int, facts: int) -> Corpus:
    """Build a corpus of facts of `LONG` characters that share no pair of characters."""
    texts = iter(
        "".join(chr(0x4E00 + LONG * row + column) for column in range(LONG))
        for row in range(cards * facts)
    )
    return corpus_of(
        *(
            small_card(
                f"card-{card}",
                *(small_fact(at, next(texts), "a word") for at in range(1, facts + 1)),
            )
            for card in range(cards)
        )
    )


def hit(ref: str, score: float, strength: float = 1.0) -> FactHit:
    return FactHit(ref=FactRef(ref), score=score, validity="in-force", strength=strength)


def drafted(text: str, corpus: Corpus, *hits: FactHit, budget: float = 1.0) -> Draft:
    question = read_question(text, today=dt.date(2026, 11, 22))
    return write_draft(
        understand(question, Lexicon(corpus, load_glossary())),
        Evidence(hits=hits, nearness=0.9),
        None,
        corpus,
        "zh-Hans",
        lambda claim: 0,
        lambda one, other: 1.0,
        budget=budget,
    )


def said(draft: Draft) -> list[str]:
    return [ref for block in draft.blocks for claim in block.claims for ref in claim.refs]


def test_beside_a_gap_half_as_much_is_said() -> None:
    corpus = a_corpus(1, 6)
    hits = [hit(f"card-0#{at}", 1.0) for at in range(1, 7)]
    assert len(said(drafted("熊猫债由谁审批？", corpus, *hits))) == 4
    assert len(said(drafted("熊猫债由谁审批？", corpus, *hits, budget=GAP_BUDGET))) == 2


def test_a_note_on_two_things_side_by_side_opens_with_both() -> None:
    corpus = a_corpus(2, 1)
    hits = hit("card-0#1", 1.0), hit("card-1#1", 0.5, strength=0.1)
    assert said(drafted("熊猫债由谁审批？", corpus, *hits)) == ["card-0#1"]
    compared = drafted("熊猫债与点心债有什么区别？", corpus, *hits)
    assert [block.kind for block in compared.blocks] == ["lead"]
    assert said(compared) == ["card-0#1", "card-1#1"]
