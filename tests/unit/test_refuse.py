"""When and how a question is declined: the reason, what is said, and what can be asked instead."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from bot.answer import DeclineReason
from bot.language import Lang
from bot.query.intent import Intent
from bot.query.understanding import Lexicon, Understanding, understand
from bot.question import read_question
from bot.retrieval.evidence import Evidence, FactHit
from bot.retrieval.gaps import Gap
from bot.retrieval.place import Place, Where
from bot.writing.refuse import SHOWS_RULES, decline_reason, word_refusal
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary

REASONS: tuple[DeclineReason, ...] = get_args(DeclineReason)
LANGS: tuple[Lang, ...] = get_args(Lang)
HIT = FactHit(ref=FactRef("pbc-safe-2026-overseas-lending#2"), score=1.0, validity="in-force")
FOUND = Evidence(hits=(HIT,), nearness=0.9)
NOTHING = Evidence(hits=(), nearness=0.9)


def placed(where: Where) -> Place:
    return Place(where=where, route=None)


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus, load_glossary())


def understood(lexicon: Lexicon, text: str, intent: Intent = "ask") -> Understanding:
    question = read_question(text, as_of=dt.date(2026, 11, 22))
    return understand(question, lexicon).model_copy(update={"intent": intent})


def test_a_question_of_the_field_with_evidence_is_not_declined(lexicon: Lexicon) -> None:
    asked = understood(lexicon, "境外放款的系数是多少？")
    assert decline_reason(asked, FOUND, placed("field"), ()) is None


@pytest.mark.parametrize("intent", ["injection", "evasion", "legal-guarantee"])
def test_what_a_message_tries_outweighs_where_it_belongs(lexicon: Lexicon, intent: Intent) -> None:
    asked = understood(lexicon, "境外放款的系数是多少？", intent)
    for where in get_args(Where):
        assert decline_reason(asked, FOUND, placed(where), ()) == intent


@pytest.mark.parametrize(
    ("where", "evidence", "reason"),
    [
        ("other-subject", FOUND, "out-of-scope"),
        ("other-subject", NOTHING, "out-of-scope"),
        ("beyond-corpus", FOUND, "not-in-corpus"),
        ("field", NOTHING, "not-in-corpus"),
    ],
)
def test_the_reason_follows_from_place_and_evidence(
    lexicon: Lexicon, where: Where, evidence: Evidence, reason: DeclineReason
) -> None:
    asked = understood(lexicon, "境外放款的系数是多少？")
    assert decline_reason(asked, evidence, placed(where), ()) == reason


def test_a_question_is_declined_when_every_part_is_of_an_untreated_subject(
    lexicon: Lexicon,
) -> None:
    asked = understood(lexicon, "资金池门槛是多少？财资中心税率是多少？")
    first, second = asked.parts
    subject = Bilingual(zh="某事", en="a matter")
    gaps = (Gap(part=first, subject=subject), Gap(part=second, subject=subject))
    assert decline_reason(asked, FOUND, placed("field"), gaps) == "not-in-corpus"
    # one part is left to answer
    assert decline_reason(asked, FOUND, placed("field"), gaps[:1]) is None


def test_a_figure_that_is_missing_is_no_reason_to_decline_what_is_known(
    lexicon: Lexicon,
) -> None:
    asked = understood(lexicon, "境外放款要多久？")
    gap = Gap(part=asked.parts[0], wants=("span",))
    assert decline_reason(asked, FOUND, placed("field"), (gap,)) is None


def test_each_reason_is_worded_differently_in_each_language() -> None:
    said = {(reason, lang): word_refusal(reason, (), lang) for reason in REASONS for lang in LANGS}
    assert len(set(said.values())) == len(REASONS) * len(LANGS)
    assert all(text.isascii() for (_, lang), text in said.items() if lang == "en")


@pytest.mark.parametrize(
    ("reason", "lang", "words"),
    [
        ("out-of-scope", "zh-Hans", "不在沪港通途的范围内"),
        ("out-of-scope", "zh-Hant", "不在滬港通途的範圍內"),
        ("out-of-scope", "en", "outside what Hugang covers"),
        ("not-in-corpus", "zh-Hans", "不作推测"),
        ("not-in-corpus", "en", "no answer is guessed"),
        ("evasion", "zh-Hans", "不能协助规避"),
        ("evasion", "en", "does not help to get around"),
        ("injection", "zh-Hans", "不予处理"),
        ("injection", "en", "that is not done"),
        ("legal-guarantee", "zh-Hans", "执业律师"),
        ("legal-guarantee", "en", "practising lawyer"),
    ],
)
def test_a_refusal_says_why(reason: DeclineReason, lang: Lang, words: str) -> None:
    assert words in word_refusal(reason, (), lang)


@pytest.mark.parametrize("reason", ["out-of-scope", "injection"])
def test_who_asked_something_else_is_told_what_can_be_asked(reason: DeclineReason) -> None:
    assert "境外放款额度" in word_refusal(reason, (), "zh-Hans")
    assert "overseas lending quotas" in word_refusal(reason, (), "en")


@pytest.mark.parametrize("reason", ["not-in-corpus", "evasion", "legal-guarantee"])
def test_who_asked_within_the_field_is_not_told_what_the_field_is(reason: DeclineReason) -> None:
    assert "overseas lending quotas" not in word_refusal(reason, (), "en")


def test_the_nearest_instruments_are_named_in_the_readers_punctuation() -> None:
    assert word_refusal("not-in-corpus", ("甲办法", "乙通知"), "zh-Hans").endswith(
        "最接近的资料：甲办法；乙通知。"
    )
    assert word_refusal("not-in-corpus", ("Measures A", "Notice B"), "en").endswith(
        "Nearest instruments: Measures A; Notice B."
    )


def test_rules_are_shown_where_there_may_be_a_lawful_need_behind_the_request() -> None:
    assert {"evasion", "legal-guarantee"} == SHOWS_RULES
