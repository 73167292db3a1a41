"""A sentence from a source that does not simply govern says so, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from bot.language import to_simplified, to_traditional
from bot.writing.labels import en_date, is_labelled, label_for, zh_date
from knowledge.card import Bilingual
from knowledge.corpus import Corpus, Validity

PLAIN = Bilingual(zh="余额上限与所有者权益挂钩。", en="The cap is tied to equity.")
TODAY = dt.date(2026, 11, 22)
NEEDS_LABEL = ("draft", "announced", "superseded", "repealed", "not-yet")
OLD, NEW = "pbc-2016-306-overseas-lending-old", "pbc-safe-2026-overseas-lending"


def label(corpus: Corpus, card: str, validity: Validity, text: Bilingual = PLAIN) -> Bilingual:
    found = label_for(corpus.instruments[card], validity, corpus, text)
    assert found is not None
    return found


@pytest.mark.parametrize("validity", NEEDS_LABEL)
def test_a_plain_sentence_is_not_labelled(validity: Validity) -> None:
    assert not is_labelled(PLAIN.zh, validity)
    assert not is_labelled(PLAIN.en, validity)


@pytest.mark.parametrize("validity", ["in-force", "pilot"])
def test_what_governs_needs_no_label(corpus: Corpus, validity: Validity) -> None:
    assert is_labelled(PLAIN.zh, validity)
    assert label_for(corpus.instruments[NEW], validity, corpus, PLAIN) is None


def test_every_validity_is_decided_on() -> None:
    assert set(NEEDS_LABEL) | {"in-force", "pilot"} == set(get_args(Validity))


@pytest.mark.parametrize("validity", NEEDS_LABEL)
def test_the_label_that_is_put_before_a_sentence_satisfies_the_demand_for_one(
    corpus: Corpus, validity: Validity
) -> None:
    words = label(corpus, OLD if validity == "superseded" else NEW, validity)
    assert is_labelled(words.zh + PLAIN.zh, validity)
    # a traditional answer is checked in simplified script
    assert is_labelled(to_simplified(to_traditional(words.zh + PLAIN.zh)), validity)
    assert is_labelled(words.en + PLAIN.en, validity)


def test_a_replaced_rule_is_labelled_with_the_day_it_ended(corpus: Corpus) -> None:
    words = label(corpus, OLD, "superseded")
    # its successor, the 2026 Measures, is dated 20 March 2026
    assert words.zh == "旧规（2026年3月20日前）："
    assert words.en == "Former rule (until 20 March 2026): "


def test_a_pilot_that_was_replaced_is_labelled_though_it_calls_itself_a_pilot(
    corpus: Corpus,
) -> None:
    # A pilot may still run: the word does not say that another rule has taken its place.
    pilot = Bilingual(zh="2021年试点规则：上限为2倍。", en="2021 pilot rule: the cap is 2x.")
    assert label(corpus, "mnc-integrated-pool-pilots", "superseded", pilot).zh.startswith("旧规")
    assert label(corpus, "mnc-integrated-pool-pilots", "superseded", pilot).en.startswith("Former")


def test_a_rule_that_came_later_is_labelled_with_the_day_it_started(corpus: Corpus) -> None:
    words = label(corpus, NEW, "not-yet")
    assert words.zh == "2026年3月20日起的新规："
    assert words.en == "Rule from 20 March 2026: "


@pytest.mark.parametrize(
    ("validity", "zh", "en"),
    [
        ("draft", "征求意见稿（未生效）：", "Draft, not in force: "),
        ("announced", "已宣布的安排：", "As announced: "),
        ("repealed", "已废止的规定：", "Repealed rule: "),
    ],
)
def test_drafts_announcements_and_repealed_rules_are_called_so(
    corpus: Corpus, validity: Validity, zh: str, en: str
) -> None:
    assert label(corpus, NEW, validity) == Bilingual(zh=zh, en=en)


def test_a_sentence_that_says_so_itself_in_both_languages_gets_no_second_label(
    corpus: Corpus,
) -> None:
    card = corpus.instruments[OLD]
    said = Bilingual(zh="旧规余额上限按系数计算。", en="The former cap used a coefficient.")
    assert label_for(card, "superseded", corpus, said) is None
    only_zh = Bilingual(zh=said.zh, en=PLAIN.en)
    assert label_for(card, "superseded", corpus, only_zh) is not None


@pytest.mark.parametrize(
    ("text", "validity"),
    [
        ("原则上余额上限与权益挂钩。", "superseded"),  # "in principle" is not "formerly"
        ("原件由银行留存。", "superseded"),
        ("The borrower holds the document.", "superseded"),  # "holds" is not "old"
        ("Goodwill counts as equity.", "announced"),  # it ends in "will"
        ("The claim is secured.", "announced"),  # "aim" stands in it
        ("名称须与营业执照一致。", "announced"),  # 称 in "name"
        ("银行将款项汇出。", "announced"),  # 将 as the object marker
        ("The threshold is CNY 7 billion.", "superseded"),  # it ends in "old"
        ("A household pays in yuan.", "superseded"),
        ("须在汇出前登记。", "superseded"),  # before remitting, not formerly
        ("Register before remitting.", "superseded"),
    ],
)
def test_words_that_only_look_like_a_label_are_none(text: str, validity: Validity) -> None:
    assert not is_labelled(text, validity)


def test_every_fact_that_does_not_govern_today_is_labelled_once_its_label_is_put(
    corpus: Corpus,
) -> None:
    seen = set()
    for ref in corpus.refs:
        card, fact = corpus.instrument(ref), corpus.fact(ref)
        validity = corpus.validity(card, TODAY)
        text = Bilingual(zh=fact.zh, en=fact.en)
        words = label_for(card, validity, corpus, text) or Bilingual(zh=" ", en=" ")
        seen.add(validity)
        assert is_labelled(words.zh + fact.zh, validity), ref
        assert is_labelled(words.en + fact.en, validity), ref
    assert {"draft", "announced", "superseded"} <= seen  # otherwise this tested nothing


def test_dates_are_written_as_readers_of_each_language_do() -> None:
    day = dt.date(2026, 3, 1)
    assert zh_date(day) == "2026年3月1日"
    assert en_date(day) == "1 March 2026"
