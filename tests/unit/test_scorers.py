"""Every scorer can pass, can fail, and says when it does not apply."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from bot.answer import CheckedClaim
from evals.case import Case
from evals.scorers import METRICS, build_scorers, metric
from evals.scorers.citations import card_hit, card_precision, card_recall
from evals.scorers.language import language_match
from evals.scorers.length import chinese_characters, english_words
from evals.scorers.nuggets import missed_nuggets, nugget_recall, vital_recall
from evals.scorers.refs import claims_unsupported, claims_without_refs
from evals.scorers.retrieval import card_ranks, ndcg_at_10, recall_at_10
from evals.scorers.route import cards_of_right_plan, route_accuracy
from evals.scorers.standing import abstention_recall, standing_accuracy, wrongly_declined
from evals.scorers.text import folded
from evals.scorers.usage import latency_ms
from evals.scorers.violations import figures_without_fact, must_not_said
from evals.testing import make_answer, make_engine
from knowledge.card import Bilingual, Fact, FactRef, Instrument, Source
from knowledge.corpus import Corpus, CorpusVersion
from knowledge.route import RouteCard


def make_case(**fields: object) -> Case:
    whole = {
        "id": "t1",
        "kind": "lookup",
        "lang": "zh-Hans",
        "topic": "financing",
        "question": "额度怎么算？",
        "expect": "answer",
        "nuggets": [
            {"name": "cap", "weight": 1, "any": ["80\\s*%"]},
            {"name": "when", "weight": 1, "any": ["2025\\s*年"]},
            {"name": "who", "weight": 0.5, "any": ["PBOC", "人民银行"]},
        ],
        "cards": ["rule-a", "rule-b"],
    }
    return Case.model_validate({**whole, **fields})


ABSTAIN = {"kind": "out-of-scope", "expect": "abstain", "nuggets": [], "cards": []}


@pytest.fixture
def corpus() -> Corpus:
    card = Instrument(
        id="rule-a",
        title=Bilingual(zh="《放款办法》", en="Lending Measures"),
        number="银发〔2025〕251号",
        issuers=("PBOC",),
        jurisdiction="mainland",
        kind="notice",
        topics=("financing",),
        issued=dt.date(2025, 12, 1),
        effective=dt.date(2025, 12, 26),
        status="in-force",
        superseded_by=None,
        summary=Bilingual(zh="放款。", en="Lending."),
        sources=(
            Source(
                id="s1",
                publisher="PBOC",
                title="-",
                url="https://example.org/",
                official=True,
                quality="official",
            ),
        ),
        facts=(
            Fact(
                id=1,
                aspect="limit",
                zh="放款余额不超过所有者权益的80%。",
                en="Lending may not exceed 80 % of equity, USD 300 million at most.",
                source="s1",
            ),
        ),
    )
    version = CorpusVersion(
        digest="0" * 12, instruments=1, facts=1, routes=0, as_of=dt.date(2026, 11, 22)
    )
    return Corpus({"rule-a": card}, {}, {}, version)


# --- nuggets


def test_an_answer_that_makes_every_nugget_scores_one() -> None:
    answer = make_answer("2025年起，人民银行：上限80%。[1]")
    assert nugget_recall(make_case(), answer).value == 1
    assert vital_recall(make_case(), answer).value == 1


def test_a_missed_nugget_costs_its_weight() -> None:
    # made: cap 1 + who 0.5 of 2.5; vital: cap of cap, when
    answer = make_answer("人民银行：上限80%。")
    score = nugget_recall(make_case(), answer)
    assert score.value == pytest.approx(1.5 / 2.5)
    assert "when" in score.explanation
    assert vital_recall(make_case(), answer).value == 0.5


def test_an_answer_beside_the_point_scores_zero_and_not_nothing() -> None:
    answer = make_answer("今天天气好。")
    assert nugget_recall(make_case(), answer).value == 0
    assert vital_recall(make_case(), answer).value == 0
    assert [n.name for n in missed_nuggets(make_case(), answer)] == ["cap", "when", "who"]


def test_nuggets_are_found_in_full_width_figures_broken_lines_and_either_case() -> None:
    answer = make_answer("上限８０\n％；２０２５\u3000年，by the pboc")
    assert nugget_recall(make_case(), answer).value == 1


def test_a_case_without_nuggets_is_unscored() -> None:
    assert nugget_recall(make_case(nuggets=[]), make_answer()).value is None
    okay_only = make_case(nuggets=[{"name": "x", "weight": 0.5, "any": ["x"]}])
    assert vital_recall(okay_only, make_answer()).value is None
    assert nugget_recall(okay_only, make_answer("x")).value == 1


def test_folding_leaves_single_spaces_and_plain_forms() -> None:
    assert folded(" Ａ，\u00a0b\n\n ㎡ ") == "A, b m2"


# --- citations


def test_citing_exactly_the_cards_of_the_case_scores_one_throughout() -> None:
    answer = make_answer(cited=["rule-a#1", "rule-b#2", "rule-a#3"])
    assert card_precision(make_case(), answer).value == 1
    assert card_recall(make_case(), answer).value == 1
    assert card_hit(make_case(), answer).value == 1


def test_other_cards_cost_precision_and_absent_cards_cost_recall() -> None:
    answer = make_answer(cited=["rule-a#1", "rule-x#1", "rule-y#1", "rule-y#2"])
    precision = card_precision(make_case(), answer)
    assert precision.value == pytest.approx(1 / 3)  # a of a, x, y
    assert "rule-x, rule-y" in precision.explanation
    assert card_recall(make_case(), answer).value == 0.5
    assert card_hit(make_case(), answer).value == 1


def test_citing_only_other_cards_scores_zero() -> None:
    answer = make_answer(cited=["rule-x#1"])
    assert card_precision(make_case(), answer).value == 0
    assert card_recall(make_case(), answer).value == 0
    assert card_hit(make_case(), answer).value == 0


def test_citing_nothing_fails_recall_and_leaves_precision_unscored() -> None:
    assert card_precision(make_case(), make_answer()).value is None
    assert card_recall(make_case(), make_answer()).value == 0
    assert card_hit(make_case(), make_answer()).value == 0


def test_a_refusal_need_cite_nothing() -> None:
    case = make_case(**{**ABSTAIN, "cards": ["rule-a"]})
    for scorer in (card_precision, card_recall, card_hit, recall_at_10, ndcg_at_10):
        assert scorer(case, make_answer()).value is None


def test_cards_on_which_the_right_plan_stands_are_no_noise() -> None:
    answer = make_answer(cited=["rule-a#1", "rule-p#1", "rule-x#1"])
    precision = card_precision(make_case(), answer, frozenset({"rule-p", "rule-q"}))
    assert precision.value == pytest.approx(2 / 3)  # a and p of a, p, x
    assert precision.explanation.endswith("others cited: rule-x")


# --- retrieval


def test_the_right_cards_on_top_score_one() -> None:
    answer = make_answer(evidence=["rule-b#1", "rule-b#2", "rule-a#1", "rule-x#1"])
    assert recall_at_10(make_case(), answer).value == 1
    assert ndcg_at_10(make_case(), answer).value == pytest.approx(1)


def test_a_card_counts_at_the_rank_of_its_first_fact() -> None:
    answer = make_answer(evidence=["rule-x#1", "rule-x#2", "rule-a#1", "rule-a#2", "rule-b#9"])
    assert card_ranks(make_case(), answer) == {"rule-a": 2, "rule-b": 3}
    # gains 1/log2(3) + 1/log2(4) over the best 1/log2(2) + 1/log2(3)
    best = 1 + 1 / math.log2(3)
    expected = (1 / math.log2(3) + 1 / 2) / best
    assert ndcg_at_10(make_case(), answer).value == pytest.approx(expected)


def test_a_card_on_rank_eleven_is_not_found() -> None:
    others = [f"other-{n}#1" for n in range(9)]
    answer = make_answer(evidence=["rule-a#1", *others, "rule-b#1"])
    score = recall_at_10(make_case(), answer)
    assert score.value == 0.5
    assert "rule-b 11" in score.explanation


@pytest.mark.parametrize("evidence", [[], ["rule-x#1"]])
def test_evidence_without_the_right_cards_scores_zero(evidence: list[str]) -> None:
    answer = make_answer(evidence=evidence)
    assert recall_at_10(make_case(), answer).value == 0
    assert ndcg_at_10(make_case(), answer).value == 0


def test_cards_in_the_right_plan_count_as_retrieved() -> None:
    # b is only in the plan; what the plan adds beside the case's cards does not count
    answer = make_answer(evidence=["rule-a#1", "rule-x#1"])
    score = recall_at_10(make_case(), answer, frozenset({"rule-b", "rule-p"}))
    assert score.value == 1
    assert score.explanation.endswith("in the plan: rule-b")
    assert recall_at_10(make_case(), answer).value == 0.5


def test_a_card_on_rank_eleven_counts_only_through_the_plan() -> None:
    others = [f"other-{n}#1" for n in range(10)]
    answer = make_answer(evidence=[*others, "rule-a#1", "rule-b#1"])
    assert recall_at_10(make_case(), answer, frozenset({"rule-b"})).value == 0.5
    assert recall_at_10(make_case(), answer, frozenset({"rule-p"})).value == 0


# --- standing


@pytest.mark.parametrize(
    ("case", "standing", "missing", "right"),
    [
        ({}, "answered", (), True),
        ({}, "partly", (), True),
        ({}, "declined", (), False),
        (ABSTAIN, "declined", (), True),
        (ABSTAIN, "answered", (), False),
        (ABSTAIN, "partly", ("who decides",), False),
        ({**ABSTAIN, "kind": "unanswerable"}, "declined", (), True),
        ({**ABSTAIN, "kind": "unanswerable"}, "partly", ("the rate",), True),
        ({**ABSTAIN, "kind": "unanswerable"}, "partly", (), False),
        ({**ABSTAIN, "kind": "unanswerable"}, "answered", (), False),
    ],
)
def test_standing_is_right_only_where_the_case_allows_it(
    case: dict[str, object], standing: str, missing: tuple[str, ...], right: bool
) -> None:
    answer = make_answer(standing=standing, missing=missing)
    assert standing_accuracy(make_case(**case), answer).value == right


def test_abstention_and_wrong_refusal_look_at_their_own_cases_only() -> None:
    refused, given = make_answer(standing="declined"), make_answer()
    assert abstention_recall(make_case(**ABSTAIN), refused).value == 1
    assert abstention_recall(make_case(**ABSTAIN), given).value == 0
    assert abstention_recall(make_case(), given).value is None
    assert wrongly_declined(make_case(), refused).value == 1
    assert wrongly_declined(make_case(), given).value == 0
    assert wrongly_declined(make_case(**ABSTAIN), refused).value is None


# --- route


def test_a_plan_is_right_when_it_follows_the_route_of_the_case() -> None:
    case = make_case(kind="route", route="lend-abroad")
    assert route_accuracy(case, make_answer(route="lend-abroad")).value == 1
    assert route_accuracy(case, make_answer(route="open-accounts")).value == 0
    assert route_accuracy(case, make_answer()).value == 0


def test_a_plan_nobody_asked_for_is_not_an_error() -> None:
    score = route_accuracy(make_case(), make_answer(route="open-accounts"))
    assert score.value is None
    assert "open-accounts" in score.explanation


def a_route(*refs: str) -> RouteCard:
    both = {"zh": "说", "en": "say"}
    step = {"id": "one", "side": "mainland", "do": both, "who": both, "authority": None}
    leg = {"from": "mainland_parent", "to": "hk_company", "what": both, "currencies": ["CNY"]}
    option: dict[str, object] = {
        "id": "only",
        "title": both,
        "applies_when": None,
        "blockers": [],
        "legs": [leg | {"facts": refs}],
        "steps": [step | {"time": None, "when": None, "needs": [], "facts": refs}],
        "pros": [],
        "cons": [],
    }
    return RouteCard.model_validate(
        {
            "id": "lend-abroad",
            "goal": "lend-abroad",
            "title": both,
            "asks": {"zh": ["问？"], "en": ["ask?"]},
            "summary": both,
            "inputs": [],
            "options": [option],
            "watch": [{"say": both, "facts": ["rule-w#1"]}],
        }
    )


@pytest.fixture
def routed(corpus: Corpus) -> Corpus:
    """A corpus with a route that stands on rules p and b, and warns of w."""
    routes = {"lend-abroad": a_route("rule-p#1", "rule-p#2", "rule-b#1")}
    return Corpus(corpus.instruments, routes, {}, corpus.version)


def test_the_cards_of_the_right_plan_are_those_its_route_stands_on(routed: Corpus) -> None:
    case = make_case(kind="route", route="lend-abroad")
    planned = cards_of_right_plan(case, make_answer(route="lend-abroad"), routed)
    assert planned == {"rule-p", "rule-b", "rule-w"}


@pytest.mark.parametrize(
    ("wanted", "planned"),
    [("lend-abroad", "open-accounts"), ("lend-abroad", None), (None, "lend-abroad")],
)
def test_a_plan_of_another_route_vouches_for_no_card(
    routed: Corpus, wanted: str | None, planned: str | None
) -> None:
    answer = make_answer(route=planned)
    assert cards_of_right_plan(make_case(route=wanted), answer, routed) == frozenset()


def test_a_route_that_the_corpus_does_not_have_vouches_for_no_card(corpus: Corpus) -> None:
    case = make_case(kind="route", route="lend-abroad")
    assert cards_of_right_plan(case, make_answer(route="lend-abroad"), corpus) == frozenset()


def test_the_table_counts_the_cards_of_the_right_plan(routed: Corpus) -> None:
    case = make_case(kind="route", route="lend-abroad")
    scorers = build_scorers(routed)
    right, wrong = (
        make_answer(cited=["rule-a#1", "rule-p#1"], evidence=["rule-a#1"], route=name)
        for name in ("lend-abroad", "open-accounts")
    )
    assert scorers["card_precision"](case, right).value == 1
    assert scorers["card_precision"](case, wrong).value == 0.5
    assert scorers["recall_at_10"](case, right).value == 1
    assert scorers["recall_at_10"](case, wrong).value == 0.5


# --- violations


def test_a_forbidden_statement_is_found_in_the_folded_text() -> None:
    case = make_case(must_not=["^\\W*是的", "1\\.5\\s*倍"])
    score = must_not_said(case, make_answer("系数为１．５ 倍。"))
    assert score.value == 1
    assert "1.5 倍" in score.explanation
    assert must_not_said(case, make_answer("系数为0.8。")).value == 0
    assert must_not_said(make_case(), make_answer()).value is None


def test_a_figure_that_no_fact_contains_is_named(corpus: Corpus) -> None:
    score = figures_without_fact(corpus)(make_case(), make_answer("上限为95%，即77亿元。"))
    assert score.value == 1
    assert "95%" in score.explanation
    assert "77亿" in score.explanation


@pytest.mark.parametrize(
    "text",
    [
        "上限为80%，最高3亿美元。[1]",  # the second only in the English twin
        "Up to 80 %, under Yinfa [2025] No. 251, from 26 December 2025 [1]",
        "截至2026-11-22，没有数字。",
    ],
)
def test_a_figure_of_any_fact_title_number_or_date_is_known(corpus: Corpus, text: str) -> None:
    assert figures_without_fact(corpus)(make_case(), make_answer(text)).value == 0
    cited = make_answer(text, cited=["rule-a#1", "gone#1"])
    assert figures_without_fact(corpus)(make_case(), cited).value == 0


def test_the_askers_own_figure_may_be_repeated(corpus: Corpus) -> None:
    scorer = figures_without_fact(corpus)
    answer = make_answer("你说的5亿元，要看所有者权益。")
    assert scorer(make_case(question="有5亿元净资产，能放多少？"), answer).value == 0
    earlier = [{"role": "user", "content": "净资产5亿元"}]
    assert scorer(make_case(kind="follow-up", history=earlier), answer).value == 0
    assert scorer(make_case(), answer).value == 1


# --- claims


def claim(refs: tuple[str, ...], verdict: str) -> CheckedClaim:
    facts = tuple(FactRef(ref) for ref in refs)
    return CheckedClaim(text="话", refs=facts, verdict=verdict, block="lead")


def test_claims_without_refs_and_unsupported_claims_are_shares_of_all_claims() -> None:
    claims = (
        claim(("rule-a#1",), "supported"),
        claim((), "supported"),
        claim(("rule-a#2",), "unsupported"),
        claim((), "unsupported"),
    )
    answer = make_answer(claims=claims)
    assert claims_without_refs(make_case(), answer).value == 0.5
    assert claims_unsupported(make_case(), answer).value == 0.5
    sound = make_answer(claims=claims[:1])
    assert claims_without_refs(make_case(), sound).value == 0
    assert claims_unsupported(make_case(), sound).value == 0


def test_an_answer_without_claims_is_unscored() -> None:
    assert claims_without_refs(make_case(), make_answer(claims=())).value is None
    assert claims_unsupported(make_case(), make_answer(claims=())).value is None


# --- time, language, length


def test_latency_is_the_engines_total_and_unscored_without_one() -> None:
    assert latency_ms(make_case(), make_answer()).value == 12
    answer = make_answer(engine=make_engine({"write": 3.0}))
    assert latency_ms(make_case(), answer).value is None


@pytest.mark.parametrize(
    ("lang", "text", "right"),
    [
        ("zh-Hans", "境外放款要登记。", True),
        ("zh-Hans", "境外放款要登記，銀行會審單。", False),
        ("zh-Hant", "境外放款要登記，銀行會審單。", True),
        ("zh-Hant", "Register the loan first.", False),
        ("en", "Register the loan first.", True),
        ("en", "境外放款要登记。", False),
        ("en", "", False),
    ],
)
def test_the_answer_must_be_in_the_language_of_the_question(
    lang: str, text: str, right: bool
) -> None:
    assert language_match(make_case(lang=lang), make_answer(text)).value == right


def test_length_leaves_out_the_plan_and_the_citation_marks() -> None:
    answer = make_answer("上限80%。[1]\n\n步骤一二三", plan_markdown="步骤一二三")
    assert chinese_characters(make_case(), answer).value == 2
    assert english_words(make_case(), answer).value is None
    english = make_answer("At most 80% of the firm's equity. [12]")
    assert english_words(make_case(lang="en"), english).value == 7
    assert chinese_characters(make_case(lang="en"), english).value is None


# --- the table


def test_the_table_names_every_scorer_once_with_formula_and_source(corpus: Corpus) -> None:
    names = [item.name for item in METRICS]
    assert len(names) == len(set(names)) == len(build_scorers(corpus))
    assert all(item.formula and item.source for item in METRICS)
    assert metric("ndcg_at_10").better == "higher"
    with pytest.raises(KeyError):
        metric("no-such-metric")


def test_every_rate_gives_zeros_and_ones_or_nothing(corpus: Corpus) -> None:
    answer = make_answer(cited=["rule-a#1"], evidence=["rule-a#1"], route="open-accounts")
    case = make_case(route="open-accounts", must_not=["80"])
    for name, scorer in build_scorers(corpus).items():
        value = scorer(case, answer).value
        if metric(name).sort == "rate":
            assert value in (0, 1, None), name
