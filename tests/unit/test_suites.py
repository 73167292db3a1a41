"""Perturbed suites: the same from the same seed, sound in what they change and in what they keep."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.language import detect_lang, to_simplified
from evals.case import Case, load_suite
from evals.check import check_cases
from evals.errors import CaseError
from evals.run import CaseResult
from evals.scorers.score import Score
from evals.scorers.text import find, folded
from evals.suites.case_file import append_case, write_cases
from evals.suites.distractor import distracted
from evals.suites.paraphrase import paraphrase
from evals.suites.patterns import point_pattern, stated_as_current
from evals.suites.perturb import CHANGES, perturb
from evals.suites.proposal import proposed_nuggets
from evals.suites.replaced import replaced_figures
from evals.suites.robustness import robustness, robustness_rows
from evals.suites.script import other_script
from evals.suites.typo import with_typos
from evals.testing import make_answer, make_case
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.figures.figure import read_figures
from knowledge.glossary import Glossary, load_glossary


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return load_glossary()


@pytest.fixture(scope="module")
def dev() -> tuple[Case, ...]:
    return load_suite("dev")


@pytest.fixture(scope="module")
def made(dev: tuple[Case, ...], corpus: Corpus, glossary: Glossary) -> tuple[Case, ...]:
    return perturb(dev, corpus, glossary, seed=7)


def of(change: str, made: tuple[Case, ...]) -> list[Case]:
    return [case for case in made if case.change == change]


def parents(made: tuple[Case, ...]) -> dict[str, Case]:
    return {case.id: case for case in made if case.change is None}


def test_one_seed_makes_one_suite_and_another_seed_another(
    dev: tuple[Case, ...], corpus: Corpus, glossary: Glossary, made: tuple[Case, ...]
):
    assert perturb(dev, corpus, glossary, seed=7) == made
    other = perturb(dev, corpus, glossary, seed=8)
    assert [case.question for case in other] != [case.question for case in made]


def test_a_case_is_changed_alike_alone_and_in_its_suite(
    dev: tuple[Case, ...], corpus: Corpus, glossary: Glossary, made: tuple[Case, ...]
):
    alone = perturb(dev[40:41], corpus, glossary, seed=7, kinds=["typo"])
    assert alone[-1] in made


def test_every_change_is_made_of_the_development_cases(made: tuple[Case, ...]):
    counts = Counter(case.change for case in made)
    assert set(counts) == {None, *CHANGES}
    assert min(counts[change] for change in ("paraphrase", "typo", "distractor")) >= 170
    assert counts["as-of"] >= 20
    assert counts["excerpt"] >= 10


def test_a_made_case_stands_after_its_parent_and_validates(
    made: tuple[Case, ...], corpus: Corpus, tmp_path: Path
):
    known = set()
    for case in made:
        assert case.parent is None or case.parent in known
        known.add(case.id)
    write_cases(made, tmp_path / "p.jsonl")
    assert load_suite(str(tmp_path / "p.jsonl")) == made
    assert not [f for f in check_cases(made, corpus) if f.severity == "error"]


@pytest.mark.parametrize("change", ["paraphrase", "typo", "distractor", "script"])
def test_a_change_of_words_keeps_figures_and_expectation(change: str, made: tuple[Case, ...]):
    of_parents = parents(made)
    for child in of(change, made):
        parent = of_parents[str(child.parent)]
        assert child.question != parent.question
        for one in ("expect", "cards", "route", "as_of", "profile", "kind", "history"):
            assert getattr(child, one) == getattr(parent, one)
        was, now = (
            sorted(f"{f.kind} {f.value} {f.unit}" for f in read_figures(to_simplified(c.question)))
            for c in (parent, child)
        )
        assert now == was, child.id


def test_a_change_of_words_stays_in_its_language_but_for_the_script(made: tuple[Case, ...]):
    of_parents = parents(made)
    for child in made:
        if child.change in ("paraphrase", "typo", "distractor"):
            parent = of_parents[str(child.parent)]
            assert child.lang == parent.lang
            assert detect_lang(child.question) == detect_lang(parent.question)
        if child.change == "script":
            assert detect_lang(child.question) == child.lang != of_parents[str(child.parent)].lang


def test_patterns_of_the_other_script_find_what_those_of_the_parent_find(made: tuple[Case, ...]):
    child = next(c for c in of("script", made) if c.parent == "d012")
    assert find(child.nuggets[0].any, "20分鐘")


def test_a_typo_spares_figures_negations_and_capitals():
    chance = random.Random(1)
    for _ in range(50):
        made = with_typos("我们不能把5万美元汇出境外QFLP账户登记吗？", "zh-Hans", chance)
        assert made is not None
        assert all(kept in made for kept in ("不能", "5万美元", "汇出境外", "QFLP"))
        english = with_typos("May we remit USD 50,000 through CIPS without approval?", "en", chance)
        assert english is not None
        assert "USD 50,000" in english
        assert "CIPS" in english


def test_a_question_without_a_place_for_a_typo_has_none():
    assert with_typos("QDII 2025?", "en", random.Random(1)) is None


def test_a_paraphrase_puts_the_circumstance_last_and_writes_a_short_name_out(glossary: Glossary):
    texts = {
        paraphrase(
            "我们是做铜贸易的，用自贸账户要先登记吗？", "zh-Hans", glossary, random.Random(n)
        )
        for n in range(8)
    }
    assert all("自由贸易账户" in str(text) for text in texts)
    assert all(str(text).index("登记吗") < str(text).index("情况是：") for text in texts)


def test_a_distractor_asks_nothing_and_holds_no_figure_and_no_term(glossary: Glossary):
    for lang in ("zh-Hans", "zh-Hant", "en"):
        for seed in range(30):
            made = distracted("Q", lang, random.Random(seed))
            chatter = re.sub(r"Q[?？]?", "", made)
            assert not read_figures(chatter)
            assert not glossary.find(chatter), chatter
            assert made.count("?") + made.count("？") <= 1


def test_a_script_is_changed_both_ways_and_english_has_none():
    assert other_script("额度怎么算？", "zh-Hans") == ("額度怎麼算？", "zh-Hant")
    assert other_script("額度怎麼算？", "zh-Hant") == ("额度怎么算？", "zh-Hans")
    assert other_script("What is the quota?", "en") is None
    assert other_script("佢哋嘅額度幾多？", "zh-Hant") is None  # Cantonese, whatever its script


def test_replaced_figures_come_from_the_cards_own_values(corpus: Corpus, glossary: Glossary):
    found = {(item.old, item.new): item for item in replaced_figures(corpus, glossary)}
    loans = found[FactRef("nfra-2015-ma-loan-guidelines#1"), FactRef("nfra-2025-ma-loans#12")]
    assert loans.day == dt.date(2025, 12, 31)
    assert [bool(find((one,), "至多60%")) for one in loans.was] == [True, False]
    assert [bool(find((one,), "最长十年")) for one in loans.now] == [False, True]
    assert loans.at_once
    # The card dates the larger facility months after its start: nothing is asked of the first day.
    facility = found[
        FactRef("hkma-rmb-trade-financing-liquidity-facility#3"),
        FactRef("hkma-rmb-business-facility#1"),
    ]
    assert not facility.at_once


def test_a_shift_expects_the_rule_of_its_day_and_forbids_that_of_the_other(
    made: tuple[Case, ...], corpus: Corpus
):
    before = next(
        c for c in made if c.id == "today-safe-2014-54-overseas-listing-fx-1-hans-1-before"
    )
    parent = parents(made)[str(before.parent)]
    assert (before.as_of, before.cards) == (
        dt.date(2026, 3, 31),
        ("safe-2014-54-overseas-listing-fx",),
    )
    old = folded(corpus.fact(FactRef("safe-2014-54-overseas-listing-fx#1")).zh)
    new = folded(corpus.fact(FactRef("pboc-safe-2025-252-overseas-listing-funds#2")).zh)
    assert find(before.nuggets[0].any, old)
    assert find(parent.nuggets[0].any, new)
    assert find(before.must_not, new)
    assert find(parent.must_not, old)
    assert not find(parent.must_not, new)
    assert not find(before.must_not, folded(f"2026年4月1日起的新规：{new}"))


def test_no_question_of_a_shift_names_a_version_or_a_time(made: tuple[Case, ...]):
    for case in of("as-of", made):
        assert not re.search(r"旧|新规|现在|今年|\d号|\b(?:old|new|now|changed)\b", case.question)
        assert not read_figures(case.question)


def test_a_figure_that_another_rule_has_too_is_forbidden_of_its_own_matter_only(
    corpus: Corpus, glossary: Glossary
):
    found = {item.old: item for item in replaced_figures(corpus, glossary)}
    pools = found[FactRef("mnc-integrated-pool-pilots#3")]
    # Twice the equity is also the cap of Huifa [2019] No. 7, a rule of its own.
    assert find(pools.not_was, "资金池的外债上限为权益的2倍。")
    assert not find(pools.not_was, "汇发〔2019〕7号的外债上限为权益的2倍。")
    # What 60% and seven years are of cannot be told from minority loans and others.
    assert found[FactRef("nfra-2015-ma-loan-guidelines#1")].not_was == ()


def test_an_excerpt_says_the_old_rule_is_in_force_and_is_not_to_be_adopted(
    made: tuple[Case, ...], corpus: Corpus
):
    places = set()
    for case in of("excerpt", made):
        told = "\n".join([case.question, *(turn.content for turn in case.history)])
        assert "现行有效" in told or "現行有效" in told or "in force" in told
        places.add("history" if case.history else "question")
        old = [corpus.instruments[c].superseded_by for c in corpus.instruments if c in case.note]
        assert set(case.cards) & set(old)
    assert places == {"history", "question"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("上限为60%。", True),
        ("先看条件。上限为60%；期限7年。", True),
        ("上限由60%提高至70%。", False),
        ("此前上限为60%。", False),
        ("旧规的上限为60%[1]。", False),
        ("The cap is 60% of the price.", True),
        ("The cap was 60% until 2025.", False),
        ("上限为70%。", False),
        ("2021年试点规则：上限为60%。", False),
        ("A cap applied before. It is 60% of the price. It was different.", True),
    ],
)
def test_a_bygone_figure_may_be_named_as_bygone(text: str, said: bool):
    pattern = stated_as_current(r"60\s*%")
    assert bool(find((pattern,), folded(text))) is said


@pytest.mark.parametrize(
    ("point", "others", "not_this"),
    [
        ("70亿元", ["RMB 7 billion", "70億元", "7,000 million"], "170亿元"),
        ("25个基点", ["0.25%", "25 basis points"], "125个基点"),
        ("2026年4月1日", ["1 April 2026", "2026-04-01", "April 1, 2026"], "2026年4月11日"),
        ("15个工作日", ["15 working days", "fifteen business days", "十五個工作日"], "115个工作日"),
        ("2倍", ["twice", "two times", "兩倍"], "境外放款[2]"),
        ("0.6", ["0.60 is not it but 0.6 is"], "0.65"),
        ("控制权和60%", ["至多60%"], "6%"),
        ("向外汇局登记", ["register with SAFE: registration at SAFE"], "向商务部备案"),
    ],
)
def test_a_point_is_found_however_its_figure_is_written(
    point: str, others: list[str], not_this: str, glossary: Glossary
):
    pattern = point_pattern(point, glossary)
    for text in (point, *others):
        assert find((pattern,), folded(text)), text
    assert not find((pattern,), folded(not_this))


def test_a_point_of_several_figures_needs_all_of_them(glossary: Glossary):
    pattern = point_pattern("70%，最长10年", glossary)
    assert find((pattern,), "最长10年，比例70%")
    assert not find((pattern,), "比例70%")


def test_proposed_nuggets_are_said_by_their_own_facts_in_both_languages(
    corpus: Corpus, glossary: Glossary
):
    said = Counter()
    for card in list(corpus.instruments.values())[:25]:
        for fact in card.facts:
            for nugget in proposed_nuggets([FactRef.of(card.id, fact.id)], corpus, glossary):
                assert find(nugget.any, folded(fact.zh)), nugget
                said[bool(find(nugget.any, folded(fact.en)))] += 1
    assert said[True] / said.total() > 0.85


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / "mine.jsonl"
    append_case(make_case(1), path)
    before = path.read_bytes()
    with pytest.raises(CaseError, match=r"mine\.jsonl line 2, id: seen 't1'"):
        append_case(make_case(1, question="另一问"), path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["mine.jsonl"]


def test_parent_and_change_go_together(tmp_path: Path):
    with pytest.raises(ValueError, match="both parent and change"):
        make_case(1, parent="t2")
    with pytest.raises(ValueError, match="another case as parent"):
        make_case(1, parent="t1", change="typo")


def scored(case: Case, value: float | None) -> CaseResult:
    score = Score(value=value, explanation="-")
    return CaseResult(
        case=case, answer=make_answer(), error=None, scores={"nugget_recall": score}, wall_ms=1
    )


def test_robustness_pairs_each_child_with_its_parent_and_names_the_worse():
    parents = [make_case(n) for n in range(1, 5)]
    children = [
        case.model_copy(update={"id": f"{case.id}-typo", "parent": case.id, "change": "typo"})
        for case in parents
    ]
    orphan = children[0].model_copy(update={"id": "o", "parent": "nowhere"})
    values = [(1, 0), (1, 0.5), (1, 1), (None, 1)]
    results = [
        one
        for parent, child, (before, after) in zip(parents, children, values, strict=True)
        for one in (scored(parent, before), scored(child, after))
    ]
    made = robustness([*results, scored(orphan, 0)])
    [drift] = made.drifts
    assert (made.pairs, made.alone) == ({"typo": 4}, ("o",))
    assert (drift.pairs, drift.parent, drift.child) == (3, 1, 0.5)
    assert drift.difference.mean == pytest.approx(-0.5)
    assert drift.difference.low == pytest.approx(-1)
    assert (drift.worse, drift.improved) == (("t1-typo", "t2-typo"), ())
    [row] = robustness_rows(made)
    assert row[:5] == ("typo", "nugget_recall", "3", "1.000", "0.500")
    assert row[6:] == ("2", "0")


def test_a_change_that_moves_nothing_is_one_row():
    parent = make_case(1)
    child = parent.model_copy(update={"id": "c", "parent": "t1", "change": "script"})
    made = robustness([scored(parent, 1), scored(child, 1)])
    assert list(robustness_rows(made)) == [
        ("script", "every metric the same", "1", "", "", "", "0", "0")
    ]
