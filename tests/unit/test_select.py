"""What an answer says of what was found: relevant, not twice, within a reader's patience."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.evidence import Evidence, FactHit
from bot.select import BUDGETS, MOST_FACTS, MOST_LEADS, Chosen, choose_facts, text_length
from knowledge.card import Bilingual, Fact, FactRef, Instrument, Source
from knowledge.corpus import Corpus, CorpusVersion

# Chinese sentences of 20 characters without a common pair of characters, so that none repeats
# another: twenty successive code points each, 40 apart.
SENTENCES = [
    "".join(chr(0x4E00 + 40 * row + column) for column in range(19)) + "。" for row in range(40)
]


def a_corpus(*texts: str, cards: int = 1, aspects: dict[int, str] | None = None) -> Corpus:
    """Build a corpus whose facts say `texts`, dealt out to `cards` instruments in turn."""
    held: list[list[Fact]] = [[] for _ in range(cards)]
    for at, text in enumerate(texts):
        card = held[at % cards]
        aspect = (aspects or {}).get(at, "permission")
        card.append(
            Fact(id=len(card) + 1, aspect=aspect, zh=text, en=f"word {at} " * 10, source="s1")
        )
    instruments = {
        f"card-{at}": Instrument(
            id=f"card-{at}",
            title=Bilingual(zh=f"甲{at}", en=f"A{at}"),
            number=None,
            issuers=("SAFE",),
            jurisdiction="mainland",
            kind="notice",
            topics=("financing",),
            issued=None,
            effective=None,
            status="in-force",
            superseded_by=None,
            summary=Bilingual(zh="摘", en="S"),
            sources=(
                Source(
                    id="s1",
                    publisher="P",
                    title="T",
                    url="https://example.org",
                    official=True,
                    quality="official",
                ),
            ),
            facts=tuple(facts),
        )
        for at, facts in enumerate(held)
    }
    version = CorpusVersion(
        digest="0" * 12,
        instruments=cards,
        facts=len(texts),
        routes=0,
        as_of=dt.date(2026, 11, 22),
    )
    return Corpus(instruments, {}, {}, version)


def hit(
    ref: str,
    score: float,
    *,
    strength: float = 1.0,
    parts: tuple[float, ...] = (),
) -> FactHit:
    return FactHit(
        ref=FactRef(ref),
        score=score,
        dense=score,
        lexical=score,
        validity="in-force",
        strength=strength,
        part_scores=parts,
    )


def found(*hits: FactHit) -> Evidence:
    return Evidence(hits=hits, nearness=0.9)


def chosen_refs(chosen: Chosen) -> list[str]:
    return [one.ref for one in chosen.hits]


def test_nothing_found_is_nothing_chosen() -> None:
    chosen = choose_facts(found(), a_corpus("甲"), "zh")
    assert chosen.hits == []
    assert chosen.leads() == []


def test_facts_are_chosen_best_first() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    evidence = found(hit("card-0#2", 1.0), hit("card-0#3", 0.9), hit("card-0#1", 0.8))
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == [
        "card-0#2",
        "card-0#3",
        "card-0#1",
    ]


def test_never_more_than_the_most_facts() -> None:
    corpus = a_corpus(*SENTENCES[:10])
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in range(1, 11)))
    # ten sentences of 20 characters fit into the budget; seven are the most
    assert len(choose_facts(evidence, corpus, "zh").hits) == MOST_FACTS


def test_a_fact_that_breaks_the_budget_is_passed_over_for_a_shorter_one() -> None:
    # two facts leave 10 or 11 characters; the third does not fit, the fourth (10) does
    half = (BUDGETS["zh"] - 10) // 2
    stock = "".join(SENTENCES)
    long = [stock[at * half : (at + 1) * half] for at in range(3)]
    corpus = a_corpus(*long, "今日申请当日办结可行")
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3, 4)))
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == [
        "card-0#1",
        "card-0#2",
        "card-0#4",
    ]


def test_a_share_of_the_budget_may_be_spent() -> None:
    corpus = a_corpus(*SENTENCES[:7])
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in range(1, 8)))
    # room for 50 characters: two sentences of 20
    share = 50 / BUDGETS["zh"]
    assert len(choose_facts(evidence, corpus, "zh", budget=share).hits) == 2


def test_the_best_fact_is_said_however_long_it_is() -> None:
    corpus = a_corpus("".join(SENTENCES[:30]), SENTENCES[30])
    assert BUDGETS["zh"] < 600  # thirty sentences of 20 characters
    evidence = found(hit("card-0#1", 1.0), hit("card-0#2", 0.9))
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == ["card-0#1"]


def test_length_counts_in_the_language_of_the_answer() -> None:
    assert text_length("系数为0.6。", "zh") == 7
    assert text_length("The coefficient is 0.6.", "en") == 4


def test_a_fact_that_repeats_one_already_chosen_is_left_out() -> None:
    corpus = a_corpus(SENTENCES[0], SENTENCES[0][:-1] + "；", SENTENCES[1])
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3)))
    # the second differs in its stop only: 18 of 19 pairs in common, above the limit of 0.7
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == ["card-0#1", "card-0#3"]


def test_a_fact_too_weak_beside_the_best_is_left_out() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    evidence = found(hit("card-0#1", 1.0), hit("card-0#2", 0.46), hit("card-0#3", 0.44))
    # the floor is 0.45 of the best score
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == ["card-0#1", "card-0#2"]


def test_a_stray_fact_of_a_weak_instrument_needs_nearly_the_best_score() -> None:
    corpus = a_corpus(*SENTENCES[:3], cards=3)
    evidence = found(
        hit("card-0#1", 1.0),
        hit("card-1#1", 0.81, strength=0.2),  # stray, but above 0.8 of the best
        hit("card-2#1", 0.79, strength=0.2),
    )
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == ["card-0#1", "card-1#1"]


def test_choice_can_be_limited_to_given_facts() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3)))
    chosen = choose_facts(evidence, corpus, "zh", among={FactRef("card-0#3")})
    assert chosen_refs(chosen) == ["card-0#3"]


def test_a_case_is_left_out_beside_a_rule_and_said_where_it_is_the_best_there_is() -> None:
    corpus = a_corpus(SENTENCES[0], "案例：某集团经资金池调拨。", SENTENCES[1])
    rule_first = found(hit("card-0#1", 1.0), hit("card-0#2", 0.9), hit("card-0#3", 0.8))
    assert chosen_refs(choose_facts(rule_first, corpus, "zh")) == ["card-0#1", "card-0#3"]
    case_alone = found(hit("card-0#2", 1.0))
    assert chosen_refs(choose_facts(case_alone, corpus, "zh")) == ["card-0#2"]


def test_the_parts_of_a_question_take_turns() -> None:
    corpus = a_corpus(*SENTENCES[:4])
    evidence = found(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-0#2", 0.98, parts=(0.9, 0.0)),
        hit("card-0#3", 0.96, parts=(0.8, 0.0)),
        hit("card-0#4", 0.60, parts=(0.0, 1.0)),
    )
    # part scores: 0.7 of the score and 0.3 of the part. Second part: #1 0.70, #2 0.69, #3 0.67,
    # #4 0.72: it goes second although it was found last; the first part goes on with #2.
    assert chosen_refs(choose_facts(evidence, corpus, "zh"))[:3] == [
        "card-0#1",
        "card-0#4",
        "card-0#2",
    ]


def test_no_fact_is_chosen_for_two_parts() -> None:
    corpus = a_corpus(*SENTENCES[:2])
    evidence = found(hit("card-0#1", 1.0, parts=(1.0, 1.0)), hit("card-0#2", 0.9, parts=(0.5, 0.5)))
    assert chosen_refs(choose_facts(evidence, corpus, "zh")) == ["card-0#1", "card-0#2"]


def test_each_part_has_its_lead_in_the_order_of_the_parts() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=4)
    evidence = found(
        hit("card-0#1", 0.8, parts=(0.0, 1.0)),
        hit("card-1#1", 0.8, parts=(1.0, 0.0)),
    )
    leads = choose_facts(evidence, corpus, "zh").leads()
    assert [lead.ref for lead in leads] == ["card-1#1", "card-0#1"]


def test_a_question_of_many_parts_opens_with_three_leads_at_most() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=4)
    hits = [
        hit(f"card-{at}#1", 0.9, parts=tuple(1.0 if at == part else 0.0 for part in range(4)))
        for at in range(4)
    ]
    assert len(choose_facts(found(*hits), corpus, "zh").leads()) == MOST_LEADS


@pytest.mark.parametrize(("second", "leads"), [(0.95, 2), (0.5, 1)])
def test_a_second_fact_leads_beside_the_first_when_it_weighs_nearly_as_much(
    second: float, leads: int
) -> None:
    # both are first on their cards: weights 1.08 and second + 0.08; the limit is 0.75 * 1.08 = 0.81
    corpus = a_corpus(*SENTENCES[:2], cards=2)
    evidence = found(hit("card-0#1", 1.0), hit("card-1#1", second))
    assert len(choose_facts(evidence, corpus, "zh").leads()) == leads


def test_background_does_not_lead_before_the_rule() -> None:
    # weights: background 1.0 + 0.08 - 0.2 = 0.88; rule 0.9 + 0.08 = 0.98
    corpus = a_corpus(*SENTENCES[:2], cards=2, aspects={0: "background"})
    evidence = found(hit("card-0#1", 1.0), hit("card-1#1", 0.9))
    chosen = choose_facts(evidence, corpus, "zh")
    assert chosen_refs(chosen)[0] == "card-0#1"
    assert chosen.leads()[0].ref == "card-1#1"
