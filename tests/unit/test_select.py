"""What an answer says of what was found: relevant, not twice, within a reader's patience."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.retrieval.evidence import Evidence, FactHit
from bot.writing.select import (
    AMPLE,
    AMPLE_FROM,
    ANCHOR_SPAN,
    ANCHORS,
    BUDGET,
    COMPARED,
    FITTING,
    FITTING_FIRST,
    FURTHER,
    KINSHIP,
    MOST_FACTS,
    MOST_LEADS,
    RELEVANT,
    SAME_INSTRUMENT,
    Chosen,
    Kin,
    choose_facts,
)
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


def all_near(one: FactRef, other: FactRef) -> float:
    """All facts are near to each other: the question's ranking decides."""
    return 1.0


def near_to_the_best(**nearness: float) -> Kin:
    """Take the facts of the first card (`f3` for its third) as so near to whatever fits best."""
    near = {f"card-0#{name[1:]}": value for name, value in nearness.items()}
    return lambda one, other: near.get(one, 0.0)


def choose(
    *hits: FactHit,
    corpus: Corpus,
    kin: Kin = all_near,
    budget: float = 1.0,
    compares: bool = False,
) -> Chosen:
    return choose_facts(found(*hits), corpus, kin, budget=budget, compares=compares)


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
    # ten sentences of 20 characters fit into the budget; nine are the most
    assert BUDGET >= 200
    assert len(chosen.hits) == MOST_FACTS == 9


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
        hit("card-0#1", 2.0), hit("card-0#2", 0.41), hit("card-0#3", 0.39), corpus=corpus
    )
    assert RELEVANT == 0.2  # 0.4 of a best score of 2
    assert refs(chosen) == ["card-0#1", "card-0#2"]


def test_a_stray_fact_of_a_weak_instrument_is_left_out() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=4)
    chosen = choose(
        hit("card-0#1", 1.0),
        hit("card-1#1", 0.98, strength=0.1),  # (0.98 + 0.1) / 2 = 0.54: cited from 0.45
        hit("card-2#1", 0.75, strength=0.1),  # 0.425
        hit("card-3#1", 0.40, strength=0.8),  # 0.6: not near in score, but it fits throughout
        corpus=corpus,
    )
    assert 0.425 < FITTING < 0.54
    assert refs(chosen) == ["card-0#1", "card-1#1", "card-3#1"]


def test_an_instrument_that_fits_by_its_best_fact_may_say_its_others_too() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=2)
    chosen = choose(
        hit("card-0#1", 1.0),
        hit("card-1#1", 0.9, strength=0.3),  # 0.6
        hit("card-1#2", 0.5, strength=0.3),  # alone it would have 0.4
        corpus=corpus,
    )
    assert 0.4 < FITTING < 0.6
    assert refs(chosen) == ["card-0#1", "card-1#1", "card-1#2"]


@pytest.mark.parametrize(("strength", "opens"), [(0.25, "card-2#1"), (0.15, "card-1#1")])
def test_a_part_is_opened_by_its_best_fact_unless_the_instrument_is_stray(
    strength: float, opens: str
) -> None:
    corpus = a_corpus(*SENTENCES[:3], cards=3)
    chosen = choose(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-1#1", 0.7, parts=(0.0, 0.2), strength=0.2),  # fits by (0.7 + 0.2) / 2 = 0.45
        hit("card-2#1", 0.6, parts=(0.0, 0.9), strength=strength),  # fits by 0.425 or 0.375
        corpus=corpus,
    )
    # the second part's best: 0.3 * 0.6 + 0.7 * 0.9 = 0.81
    assert FITTING_FIRST == 0.4
    assert FITTING > 0.45
    assert refs(chosen) == ["card-0#1", opens]


def test_an_instrument_that_answers_a_part_may_say_its_other_facts_too() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=2)
    weak = {"strength": 0.3}
    chosen = choose(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-1#1", 0.6, parts=(0.0, 0.9), **weak),  # (0.6 + 0.3) / 2 = 0.45
        hit("card-1#2", 0.5, parts=(0.0, 0.5), **weak),
        corpus=corpus,
    )
    assert FITTING_FIRST < 0.45 < FITTING
    assert refs(chosen) == ["card-0#1", "card-1#1", "card-1#2"]


def test_choice_can_be_limited_to_given_facts() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    evidence = found(*(hit(f"card-0#{at}", 1.0) for at in (1, 2, 3)))
    chosen = choose_facts(evidence, corpus, all_near, among={FactRef("card-0#3")})
    assert refs(chosen) == ["card-0#3"]


def test_a_case_is_left_out_beside_a_rule_and_said_where_it_is_the_best_there_is() -> None:
    corpus = a_corpus(SENTENCES[0], "案例：某集团经资金池调拨。", SENTENCES[1])
    rule_first = [hit("card-0#1", 1.0), hit("card-0#2", 0.9), hit("card-0#3", 0.8)]
    assert refs(choose(*rule_first, corpus=corpus)) == ["card-0#1", "card-0#3"]
    assert refs(choose(hit("card-0#2", 1.0), corpus=corpus)) == ["card-0#2"]


def test_a_case_is_said_where_it_is_the_best_there_is_on_a_part() -> None:
    corpus = a_corpus(SENTENCES[0], "案例：某集团经资金池调拨。", SENTENCES[1])
    hits = (
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-0#2", 0.8, parts=(0.0, 1.0)),
        hit("card-0#3", 0.6, parts=(0.5, 0.5)),
    )
    assert refs(choose(*hits, corpus=corpus)) == ["card-0#1", "card-0#2", "card-0#3"]


# --- further facts


def test_further_facts_go_by_ranking_and_more_by_kinship_with_the_best() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    hits = hit("card-0#1", 1.0), hit("card-0#2", 0.9), hit("card-0#3", 0.8)
    # in the ranking #3 is a tenth of the best behind #2
    behind = (1 - KINSHIP) * 0.1 / KINSHIP
    for nearer, order in ((1.1, ["card-0#3", "card-0#2"]), (0.9, ["card-0#2", "card-0#3"])):
        kin = near_to_the_best(f2=0.8, f3=0.8 + nearer * behind)
        assert refs(choose(*hits, corpus=corpus, kin=kin))[1:] == order


def test_kinship_outweighs_the_ranking() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    hits = hit("card-0#1", 1.0), hit("card-0#2", 1.0), hit("card-0#3", 0.3)
    # of as much distance, 0.7 of the best score and 0.7 in kinship, kinship counts more than twice:
    # #2 has 0.3 + 0.7 * 0.3 + 0.15 = 0.66, #3 has 0.3 * 0.3 + 0.7 + 0.15 = 0.94
    kin = near_to_the_best(f2=0.3, f3=1.0)
    assert refs(choose(*hits, corpus=corpus, kin=kin)) == ["card-0#1", "card-0#3", "card-0#2"]


@pytest.mark.parametrize(
    ("said_before", "least"), [(1, AMPLE_FROM), (AMPLE - 1, AMPLE_FROM), (AMPLE, FURTHER)]
)
@pytest.mark.parametrize("above", [True, False])
def test_a_fact_that_is_not_worth_saying_leaves_the_answer_short_the_more_is_said_the_sooner(
    said_before: int, least: float, above: bool
) -> None:
    corpus = a_corpus(*SENTENCES[: said_before + 1])
    last = f"card-0#{said_before + 1}"
    # ranking and instrument give 0.3 * 0.5 + 0.15; the rest of the weight must be kinship
    nearness = (least - (1 - KINSHIP) * 0.5 - SAME_INSTRUMENT) / KINSHIP
    near = nearness + (0.01 if above else -0.01)
    chosen = choose(
        *(hit(f"card-0#{at}", 1.0) for at in range(1, said_before + 1)),
        hit(last, 0.5),
        corpus=corpus,
        kin=lambda one, other: near if one == last else 1.0,
    )
    assert len(chosen.hits) == said_before + above


@pytest.mark.parametrize("above", [True, False])
def test_an_instrument_that_does_not_speak_yet_joins_only_with_a_weightier_fact(
    above: bool,
) -> None:
    corpus = a_corpus(*SENTENCES[:8], cards=2)
    # weight: 0.3 * 0.5 for the ranking, the rest kinship; nothing for the same instrument
    near = (FURTHER - (1 - KINSHIP) * 0.5) / KINSHIP + (0.01 if above else -0.01)
    chosen = choose(
        *(hit(f"card-0#{at}", 1.0) for at in range(1, 4)),
        hit("card-1#1", 0.5),
        corpus=corpus,
        kin=lambda one, other: near if one == "card-1#1" else 1.0,
    )
    assert near > AMPLE_FROM
    assert ("card-1#1" in refs(chosen)) == above


def test_the_best_of_each_part_is_said_however_little_kin_it_is() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    chosen = choose(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-0#2", 0.9, parts=(0.0, 1.0)),
        hit("card-0#3", 0.9, parts=(0.5, 0.5)),
        corpus=corpus,
        kin=lambda one, other: 0.0,
    )
    assert refs(chosen) == ["card-0#1", "card-0#2"]


@pytest.mark.parametrize(("behind", "first"), [(0.2, "card-0#2"), (0.27, "card-1#1")])
def test_a_fact_of_the_instrument_that_speaks_goes_before_one_a_little_better(
    behind: float, first: str
) -> None:
    # of the anchors card-0 has about 1 / 1.4 and card-1 e^-1 / 1.4; that is worth 0.47 * 0.15 = 0.07,
    # as much as 0.23 of the best score in the ranking
    assert pytest.approx(0.3) == 1 - KINSHIP
    assert SAME_INSTRUMENT == 0.15
    corpus = a_corpus(*SENTENCES[:3], cards=2)
    chosen = choose(
        hit("card-0#1", 1.0), hit("card-1#1", 0.9), hit("card-0#2", 0.9 - behind), corpus=corpus
    )
    assert refs(chosen)[1] == first


def test_kinship_is_measured_to_the_best_facts_the_nearly_best_counting_nearly_as_much() -> None:
    corpus = a_corpus(*SENTENCES[:4])
    second = FactRef("card-0#2")
    # #3 is kin to #2 alone. Ranking and instrument give it 0.3 * 0.5 + 0.15 = 0.3, so 0.29 of all
    # kinship is wanted. Beside an equal, #2 has 1 / 2.01 (#3 itself is the third anchor); a span
    # behind it has 0.27.
    kin: Kin = lambda one, other: float(other == second)  # noqa: E731
    for score, said in ((1.0, True), (1.0 - ANCHOR_SPAN, False)):
        hits = [hit("card-0#1", 1.0), hit("card-0#2", score), hit("card-0#3", 0.5)]
        hits.sort(key=lambda one: -one.score)
        chosen = choose(*hits, corpus=corpus, kin=kin)
        assert ("card-0#3" in refs(chosen)) is said, score


def test_no_more_facts_than_the_anchors_draw_others_in() -> None:
    corpus = a_corpus(*SENTENCES[:5])
    hits = [hit(f"card-0#{at}", 1.0) for at in range(1, 6)]
    drawn = {
        at: "card-0#5"
        in refs(
            choose(
                *hits,
                corpus=corpus,
                kin=lambda one, other, at=at: float(other == f"card-0#{at}"),  # type: ignore[misc]
            )
        )
        for at in range(1, 5)
    }
    # all equal: an anchor has a third of the kinship, 0.3 + 0.7 / 3 + 0.15 = 0.68; others none, 0.45
    assert ANCHORS == 3
    assert drawn == {1: True, 2: True, 3: True, 4: False}


def test_kinship_does_not_bring_in_what_is_not_relevant() -> None:
    corpus = a_corpus(*SENTENCES[:3])
    hits = hit("card-0#1", 1.0), hit("card-0#2", 0.6), hit("card-0#3", 0.15)
    kin = near_to_the_best(f2=0.9, f3=1.0)
    assert refs(choose(*hits, corpus=corpus, kin=kin)) == ["card-0#1", "card-0#2"]


def test_each_part_draws_in_what_is_kin_to_its_own_best() -> None:
    corpus = a_corpus(*SENTENCES[:4])
    hits = (
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-0#2", 0.9, parts=(0.0, 1.0)),
        hit("card-0#3", 0.8, parts=(0.2, 0.2)),
        hit("card-0#4", 0.8, parts=(0.2, 0.2)),
    )
    second = FactRef("card-0#2")
    kin: Kin = lambda one, other: float((one, other) == ("card-0#4", second))  # noqa: E731
    assert refs(choose(*hits, corpus=corpus, kin=kin)) == ["card-0#1", "card-0#2", "card-0#4"]


# --- comparison


def test_a_comparison_lets_a_second_instrument_speak_and_open_the_answer() -> None:
    corpus = a_corpus(*SENTENCES[:4], cards=2)
    hits = (
        hit("card-0#1", 1.0),
        hit("card-0#2", 0.9),
        hit("card-1#1", 0.5, strength=0.1),  # (0.5 + 0.1) / 2 = 0.3: would not be cited
        hit("card-1#2", 0.45, strength=0.1),
    )
    assert refs(choose(*hits, corpus=corpus)) == ["card-0#1", "card-0#2"]
    chosen = choose(*hits, corpus=corpus, compares=True)
    assert refs(chosen)[:2] == ["card-0#1", "card-1#1"]
    assert [lead.ref for lead in chosen.leads()] == ["card-0#1", "card-1#1"]


@pytest.mark.parametrize(("score", "speaks"), [(0.41, True), (0.39, False)])
def test_only_an_instrument_strong_enough_is_the_other_side_of_a_comparison(
    score: float, speaks: bool
) -> None:
    assert COMPARED == 0.4
    corpus = a_corpus(*SENTENCES[:2], cards=2)
    chosen = choose(
        hit("card-0#1", 1.0),
        hit("card-1#1", score, strength=0.0),
        corpus=corpus,
        compares=True,
    )
    assert ("card-1#1" in refs(chosen)) is speaks


def test_a_comparison_whose_parts_already_have_two_instruments_brings_in_no_third() -> None:
    corpus = a_corpus(*SENTENCES[:3], cards=3)
    chosen = choose(
        hit("card-0#1", 1.0, parts=(1.0, 0.0)),
        hit("card-1#1", 0.9, parts=(0.0, 1.0)),
        hit("card-2#1", 0.6, parts=(0.3, 0.3), strength=0.1),
        corpus=corpus,
        compares=True,
    )
    assert refs(chosen) == ["card-0#1", "card-1#1"]


_share = st.floats(0, 1)


@given(
    scores=st.lists(_share, min_size=1, max_size=12),
    compares=st.booleans(),
    nearness=st.lists(_share, min_size=12, max_size=12),
    budget=st.floats(0.1, 1),
)
def test_however_facts_are_akin_each_is_said_once_and_the_budget_holds(
    scores: list[float], nearness: list[float], budget: float, compares: bool
) -> None:
    corpus = a_corpus(*SENTENCES[:12], cards=2)
    names = [f"card-{at % 2}#{at // 2 + 1}" for at in range(12)]
    ranked = dict(zip(names, sorted(scores, reverse=True), strict=False))
    hits = [hit(ref, score) for ref, score in ranked.items()]
    near = dict(zip(names, nearness, strict=True))
    kin: Kin = lambda one, other: near[one]  # noqa: E731
    said = refs(choose(*hits, corpus=corpus, kin=kin, budget=budget, compares=compares))
    assert said[0] == "card-0#1"
    assert len(said) == len(set(said))
    assert len(said) <= min(MOST_FACTS, max(1, budget * BUDGET / 20))
    assert all(ranked[ref] >= RELEVANT * max(scores) for ref in said)


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
