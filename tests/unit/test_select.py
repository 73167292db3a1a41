"""What an answer says of what was found: relevant, not twice, within a reader's patience."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence import Evidence, FactHit
from bot.select import BUDGET, FITTING, KINSHIP, MOST_FACTS, MOST_LEADS, Chosen, Kin, choose_facts
from knowledge.card import Fact, FactRef
from knowledge.corpus import Corpus
from tests.unit.small_cards import corpus_of, small_card, small_fact

# Chinese sentences of 20 characters without a common pair of characters, so that none repeats
# another: twenty successive code points each, 40 apart.
SENTENCES = [
    "".join(chr(0x4E00 + 40 * row + column) for column in range(19)) + "。" for row in range(40)
]


def a_corpus(
    *texts: str,
    cards: int = 1,
    aspects: dict[int, str] | None = None,
    english: str = "a word",
) -> Corpus:
    """Build a corpus whose facts say `texts`, dealt out to `cards` instruments in turn."""
    held: list[list[Fact]] = [[] for _ in range(cards)]
    for at, text in enumerate(texts):
        card = held[at % cards]
        aspect = (aspects or {}).get(at, "permission")
        card.append(small_fact(len(card) + 1, text, english, aspect))
    return corpus_of(*(small_card(f"card-{at}", *facts) for at, facts in enumerate(held)))


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
        validity="in-force",
        strength=strength,
        part_scores=parts,
    )


def found(*hits: FactHit) -> Evidence:
    return Evidence(hits=hits, nearness=0.9)


def strangers(one: FactRef, other: FactRef) -> float:
    """No two facts are kin: the question's ranking alone decides."""
    return 0.0


def kin_to(first: str, **nearness: float) -> Kin:
    """Facts of the one card (`f3` for its third) that are near to its fact `first`."""
    near = {(f"card-0#{name[1:]}", first): value for name, value in nearness.items()}
    return lambda one, other: near.get((one, other), 0.0)


def choose(*hits: FactHit, corpus: Corpus, kin: Kin = strangers, budget: float = 1.0) -> Chosen:
    return choose_facts(found(*hits), corpus, kin, budget=budget)


def refs(chosen: Chosen) -> list[str]:
    return [one.ref for one in chosen.hits]


def test_nothing_found_is_nothing_chosen() -> None:
    chosen = choose(corpus=a_corpus("甲"))
    assert chosen.hits == []
    assert chosen.leads() == []


def test_facts_are_chosen_best_first() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    chosen = choose(hit("card-0#2", 1.0), hit("card-0#3", 0.9), hit("card-0#1", 0.8), corpus=corpus)
    assert refs(chosen) == ["card-0#2", "card-0#3", "card-0#1"]


def test_a_fact_that_scored_nothing_can_be_chosen_where_there_is_no_better() -> None:
    chosen = choose(hit("card-0#1", 0.0, strength=0.0), corpus=a_corpus(SENTENCES[0]))
    assert refs(chosen) == ["card-0#1"]


# --- how much is said


def test_never_more_than_the_most_facts() -> None:
    corpus = a_corpus(*SENTENCES[:10])
    chosen = choose(*(hit(f"card-0#{at}", 1.0) for at in range(1, 11)), corpus=corpus)
    # ten sentences of 20 characters fit into the budget; seven are the most
    assert BUDGET >= 200
    assert len(chosen.hits) == MOST_FACTS == 7


def test_a_fact_that_breaks_the_budget_is_passed_over_for_a_shorter_one() -> None:
    # two facts leave 10 or 11 characters; the third does not fit, the fourth (10) does
    half = (BUDGET - 10) // 2
    stock = "".join(SENTENCES)
    long = [stock[at * half : (at + 1) * half] for at in range(3)]
    corpus = a_corpus(*long, "今日申请当日办结可行")
    chosen = choose(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3, 4)), corpus=corpus)
    assert refs(chosen) == ["card-0#1", "card-0#2", "card-0#4"]


def test_a_share_of_the_budget_may_be_spent() -> None:
    corpus = a_corpus(*SENTENCES[:7])
    # room for 50 characters: two sentences of 20
    hits = [hit(f"card-0#{at}", 1.0) for at in range(1, 8)]
    assert len(choose(*hits, corpus=corpus, budget=50 / BUDGET).hits) == 2


def test_the_best_fact_is_said_however_long_it_is() -> None:
    corpus = a_corpus("".join(SENTENCES[:30]), SENTENCES[30])
    assert BUDGET < 600  # thirty sentences of 20 characters
    chosen = choose(hit("card-0#1", 1.0), hit("card-0#2", 0.9), corpus=corpus)
    assert refs(chosen) == ["card-0#1"]


def test_length_counts_in_chinese_whatever_the_language_of_the_answer() -> None:
    # so that an English answer says the same facts, however many words they take
    hits = [hit(f"card-0#{at}", 1.0) for at in range(1, 5)]
    short, long = (a_corpus(*SENTENCES[:4], english="word " * n) for n in (1, 500))
    assert refs(choose(*hits, corpus=short)) == refs(choose(*hits, corpus=long))
    assert len(refs(choose(*hits, corpus=long))) == 4


# --- what is left out


def test_a_fact_that_repeats_one_already_chosen_is_left_out() -> None:
    corpus = a_corpus(SENTENCES[0], SENTENCES[0][:-1] + "；", SENTENCES[1])
    chosen = choose(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3)), corpus=corpus)
    # the second differs in its stop only: 18 of 19 pairs in common, above the limit of 0.7
    assert refs(chosen) == ["card-0#1", "card-0#3"]


def test_a_fact_too_weak_beside_the_best_is_left_out() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    chosen = choose(
        hit("card-0#1", 1.0), hit("card-0#2", 0.46), hit("card-0#3", 0.44), corpus=corpus
    )
    # the floor is 0.45 of the best score
    assert refs(chosen) == ["card-0#1", "card-0#2"]


def test_a_stray_fact_of_a_weak_instrument_is_left_out() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=4)
    chosen = choose(
        hit("card-0#1", 1.0),
        hit("card-1#1", 0.98, strength=0.3),  # (0.98 + 0.3) / 2 = 0.64: cited from 0.55
        hit("card-2#1", 0.75, strength=0.2),  # 0.475
        hit("card-3#1", 0.50, strength=0.8),  # 0.65: not near in score, but it fits throughout
        corpus=corpus,
    )
    assert 0.475 < FITTING < 0.64
    assert refs(chosen) == ["card-0#1", "card-1#1", "card-3#1"]


def test_an_instrument_that_fits_by_its_best_fact_may_say_its_others_too() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=2)
    chosen = choose(
        hit("card-0#1", 1.0),
        hit("card-1#1", 0.9, strength=0.4),  # 0.65
        hit("card-1#2", 0.5, strength=0.4),  # alone it would have 0.45
        corpus=corpus,
    )
    assert refs(chosen) == ["card-0#1", "card-1#1", "card-1#2"]


def test_what_answers_a_part_best_is_said_however_weak_its_instrument() -> None:
    corpus = a_corpus(*SENTENCES[:3], cards=3)
    weak = {"strength": 0.1}
    chosen = choose(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-1#1", 0.7, parts=(0.0, 0.2), **weak),
        hit("card-2#1", 0.6, parts=(0.0, 0.9), **weak),
        corpus=corpus,
    )
    # the second part's best: 0.3 * 0.6 + 0.7 * 0.9 = 0.81; card-1 has (0.7 + 0.1) / 2 = 0.4
    assert refs(chosen) == ["card-0#1", "card-2#1"]


def test_choice_can_be_limited_to_given_facts() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3)))
    chosen = choose_facts(evidence, corpus, strangers, among={FactRef("card-0#3")})
    assert refs(chosen) == ["card-0#3"]


def test_a_case_is_left_out_beside_a_rule_and_said_where_it_is_the_best_there_is() -> None:
    corpus = a_corpus(SENTENCES[0], "案例：某集团经资金池调拨。", SENTENCES[1])
    rule_first = [hit("card-0#1", 1.0), hit("card-0#2", 0.9), hit("card-0#3", 0.8)]
    assert refs(choose(*rule_first, corpus=corpus)) == ["card-0#1", "card-0#3"]
    assert refs(choose(hit("card-0#2", 1.0), corpus=corpus)) == ["card-0#2"]


# --- kinship


def test_further_facts_are_those_near_to_the_first() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    hits = hit("card-0#1", 1.0), hit("card-0#2", 0.9), hit("card-0#3", 0.81)
    # in the ranking #3 is a tenth of the best of the rest behind #2: 0.9/0.9 and 0.81/0.9
    behind = (1 - KINSHIP) * 0.1
    for nearer, order in ((1.1, ["card-0#3", "card-0#2"]), (0.9, ["card-0#2", "card-0#3"])):
        kin = kin_to("card-0#1", f2=0.1, f3=0.1 + nearer * behind / KINSHIP)
        assert refs(choose(*hits, corpus=corpus, kin=kin))[1:] == order


def test_kinship_does_not_bring_in_what_is_not_relevant() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    hits = hit("card-0#1", 1.0), hit("card-0#2", 0.6), hit("card-0#3", 0.4)
    kin = kin_to("card-0#1", f3=1.0)
    assert refs(choose(*hits, corpus=corpus, kin=kin)) == ["card-0#1", "card-0#2"]


def test_being_kin_to_the_first_fact_of_any_part_counts() -> None:
    corpus = a_corpus(*SENTENCES[:4])
    hits = (
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-0#2", 0.9, parts=(0.0, 1.0)),
        hit("card-0#3", 0.8, parts=(0.5, 0.5)),
        hit("card-0#4", 0.8, parts=(0.5, 0.5)),
    )
    assert refs(choose(*hits, corpus=corpus, kin=kin_to("card-0#2", f4=1.0)))[2:] == [
        "card-0#4",
        "card-0#3",
    ]


_share = st.floats(0, 1)


@given(
    scores=st.lists(_share, min_size=1, max_size=12),
    nearness=st.lists(_share, min_size=12, max_size=12),
    budget=st.floats(0.1, 1),
)
def test_however_facts_are_akin_each_is_said_once_and_the_budget_holds(
    scores: list[float], nearness: list[float], budget: float
) -> None:
    corpus = a_corpus(*SENTENCES[:12])
    ranked = sorted(scores, reverse=True)
    hits = [hit(f"card-0#{at}", score) for at, score in enumerate(ranked, start=1)]
    kin: Kin = lambda one, other: nearness[one.fact_id - 1]  # noqa: E731
    said = refs(choose(*hits, corpus=corpus, kin=kin, budget=budget))
    assert said[0] == "card-0#1"
    assert len(said) == len(set(said))
    assert len(said) <= min(MOST_FACTS, max(1, budget * BUDGET / 20))
    assert all(ranked[int(ref.partition("#")[2]) - 1] >= 0.45 * ranked[0] for ref in said)


# --- several parts


def test_the_parts_of_a_question_take_turns() -> None:
    corpus = a_corpus(*SENTENCES[:4])
    chosen = choose(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-0#2", 0.98, parts=(0.9, 0.0)),
        hit("card-0#3", 0.96, parts=(0.8, 0.0)),
        hit("card-0#4", 0.60, parts=(0.0, 1.0)),
        corpus=corpus,
    )
    # the first of a part: 0.3 of the score and 0.7 of the part. Second part: #1 0.30, #2 0.29,
    # #3 0.29, #4 0.88: it goes second although it was found last; the first part goes on with #2
    assert refs(chosen) == ["card-0#1", "card-0#4", "card-0#2", "card-0#3"]


def test_no_fact_is_chosen_for_two_parts() -> None:
    corpus = a_corpus(*SENTENCES[:2])
    both = hit("card-0#1", 1.0, parts=(1.0, 1.0))
    chosen = choose(both, hit("card-0#2", 0.9, parts=(0.5, 0.5)), corpus=corpus)
    assert refs(chosen) == ["card-0#1", "card-0#2"]
    assert refs(choose(both, corpus=corpus)) == ["card-0#1"]


def test_each_part_has_its_lead_in_the_order_of_the_parts() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=4)
    chosen = choose(
        hit("card-0#1", 0.8, parts=(0.0, 1.0)),
        hit("card-1#1", 0.8, parts=(1.0, 0.0)),
        corpus=corpus,
    )
    assert [lead.ref for lead in chosen.leads()] == ["card-1#1", "card-0#1"]


def test_a_question_of_many_parts_opens_with_three_leads_at_most() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=4)
    hits = [
        hit(f"card-{at}#1", 0.9, parts=tuple(1.0 if at == part else 0.0 for part in range(4)))
        for at in range(4)
    ]
    chosen = choose(*hits, corpus=corpus)
    assert len(chosen.hits) == 4
    assert len(chosen.leads()) == MOST_LEADS == 3


@pytest.mark.parametrize(("second", "leads"), [(0.72, 2), (0.70, 1)])
def test_a_second_fact_leads_beside_the_first_when_it_weighs_nearly_as_much(
    second: float, leads: int
) -> None:
    # both are first on their cards: weights 1.15 and second + 0.15; the limit is 0.75 * 1.15,
    # which is 0.8625
    corpus = a_corpus(*SENTENCES[:2], cards=2)
    chosen = choose(hit("card-0#1", 1.0), hit("card-1#1", second), corpus=corpus)
    assert len(chosen.leads()) == leads


def test_background_does_not_lead_before_the_rule() -> None:
    # weights: background 1.0 + 0.15 - 0.2 = 0.95; rule 0.9 + 0.15 = 1.05
    corpus = a_corpus(*SENTENCES[:2], cards=2, aspects={0: "background"})
    chosen = choose(hit("card-0#1", 1.0), hit("card-1#1", 0.9), corpus=corpus)
    assert refs(chosen)[0] == "card-0#1"
    assert chosen.leads()[0].ref == "card-1#1"
