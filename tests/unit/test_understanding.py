"""What a message asks for: its parts, what they are about, what it leans on and for which day."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.query.understanding import MAX_PARTS, Lexicon, Understanding, understand
from bot.question import Turn, read_question
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary

TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus, load_glossary())


def understood(lexicon: Lexicon, text: str, *earlier: str) -> Understanding:
    """Understand a message after others of the same asker."""
    history = tuple(Turn(role="user", content=said) for said in earlier)
    return understand(read_question(text, history=history, today=TODAY), lexicon)


# --- parts


@pytest.mark.parametrize(
    ("text", "context", "parts"),
    [
        ("境外放款的系数是多少？", "", ("境外放款的系数是多少",)),
        ("资金池门槛是多少？要不要备案？", "", ("资金池门槛是多少", "要不要备案")),
        (
            "转登记后须于多少日内汇报？派息应以何种货币支付？",
            "",
            ("转登记后须于多少日内汇报", "派息应以何种货币支付"),
        ),
        ("任何企业都适用，资金池门槛是多少", "", ("任何企业都适用,资金池门槛是多少",)),
        (
            "我们在越南有一家子公司。放款额度怎么算？要登记吗？",
            "我们在越南有一家子公司",
            ("放款额度怎么算", "要登记吗"),
        ),
        (
            "想在香港设财资中心，税率是多少，多久能批下来？",
            "想在香港设财资中心",
            ("税率是多少", "多久能批下来"),
        ),
        (
            "We have a subsidiary in Vietnam. How is the lending cap worked out? Must we register?",
            "We have a subsidiary in Vietnam",
            ("How is the lending cap worked out", "Must we register"),
        ),
        (
            "The bank, which can refuse, saw our papers when we asked. What may it ask? Who decides that?",
            "The bank, which can refuse, saw our papers when we asked",
            ("What may it ask", "Who decides that"),
        ),
        (
            "We do business abroad and our bank is in Shanghai. Which papers are needed? Is it allowed?",
            "We do business abroad and our bank is in Shanghai",
            ("Which papers are needed", "Is it allowed"),
        ),
        (
            "When we lend abroad, which bank registers it, and how long does it take?",
            "When we lend abroad",
            ("which bank registers it", "how long does it take"),
        ),
        (
            "Kindly advise which papers are needed. Please confirm whether it is allowed.",
            "",
            ("Kindly advise which papers are needed", "Please confirm whether it is allowed"),
        ),
        (
            "If it is in RMB, must we register? What does it cost? When must we pay?",
            "",
            ("If it is in RMB, must we register", "What does it cost", "When must we pay"),
        ),
    ],
)
def test_a_message_is_told_apart_into_what_it_tells_and_what_it_asks(
    lexicon: Lexicon, text: str, context: str, parts: tuple[str, ...]
) -> None:
    read = understood(lexicon, text)
    assert (read.context, read.parts) == (context, parts)


def test_the_parts_are_searched_for_one_by_one_and_a_single_question_is_not(
    lexicon: Lexicon,
) -> None:
    several = understood(lexicon, "资金池门槛是多少？要不要备案？")
    assert len(several.parts) == 2
    assert several.asked == several.part_texts
    assert understood(lexicon, "资金池门槛是多少？").asked == ()


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        # what the message tells is the subject of all parts
        (
            "临港的条例和方案：各有多少条，由谁发布？",
            ("临港的条例和方案 各有多少条", "临港的条例和方案 由谁发布"),
        ),
        (
            "The rules and the plan: how many articles has each, and who issued them?",
            (
                "The rules and the plan how many articles has each",
                "The rules and the plan who issued them",
            ),
        ),
        # else the part before, for one that names no term of the field
        (
            "资金池门槛是多少？多久能办完？要交什么？",
            (
                "资金池门槛是多少",
                "资金池门槛是多少 多久能办完",
                "资金池门槛是多少?多久能办完?要交什么?",
            ),
        ),
        # which, where it comes to the whole message, is the message itself
        ("资金池门槛是多少？多久能办完？", ("资金池门槛是多少", "资金池门槛是多少?多久能办完?")),
        (
            "How is the external debt cap worked out? Who decides on that?",
            (
                "How is the external debt cap worked out",
                "How is the external debt cap worked out? Who decides on that?",
            ),
        ),
        # a formality is no subject
        (
            "境外上市募集的资金要不要调回？什么时候登记？",
            ("境外上市募集的资金要不要调回", "境外上市募集的资金要不要调回?什么时候登记?"),
        ),
        # a part that names a subject of its own keeps to it, and passes it on
        (
            "资金池门槛是多少？境外放款的系数是多少？多久能办完？",
            (
                "资金池门槛是多少",
                "境外放款的系数是多少",
                "境外放款的系数是多少 多久能办完",
            ),
        ),
        ("资金池门槛是多少？", ("资金池门槛是多少?",)),
    ],
)
def test_a_part_is_searched_for_with_its_subject_in_front_where_it_leaves_it_out(
    lexicon: Lexicon, text: str, searched: tuple[str, ...]
) -> None:
    assert understood(lexicon, text).part_texts == searched


def test_no_more_parts_are_told_apart_than_the_most(lexicon: Lexicon) -> None:
    read = understood(lexicon, "门槛是多少？要不要备案？多久能办完？找谁办？要交什么材料？")
    assert len(read.parts) == MAX_PARTS == 4
    assert read.parts[0] == "门槛是多少"


# --- what it leans on

EARLIER = "跨国公司本外币一体化资金池的门槛是多少?"
"""Names three terms of the field; the question mark is the one that folding gives."""


@pytest.mark.parametrize(
    "text", ["那要不要备案？", "如果是上海的企业呢？", "换成美元的话门槛多少？"]
)
def test_a_message_that_points_back_is_searched_with_the_earlier_one_and_by_itself(
    lexicon: Lexicon, text: str
) -> None:
    read = understood(lexicon, text, EARLIER)
    assert read.leans
    assert read.search_text == f"{EARLIER} {read.text}"
    assert read.asked == (read.text,)


def test_a_later_message_is_searched_with_the_one_that_set_the_subject_and_the_last(
    lexicon: Lexicon,
) -> None:
    others = "境外放款的宏观审慎调节系数和登记机关是什么?"
    read = understood(lexicon, "多久?", others, EARLIER, "那要备案吗?", "换成上海呢?")
    assert read.told == (EARLIER, "那要备案吗?", "换成上海呢?", "多久?")
    assert read.search_text == f"{EARLIER} 换成上海呢? 多久?"


def test_several_parts_of_a_message_that_points_back_are_searched_one_by_one(
    lexicon: Lexicon,
) -> None:
    read = understood(lexicon, "那要不要备案？多久能办完？", EARLIER)
    assert read.leans
    # the second names nothing: its subject is that of the part before
    assert read.asked == ("那要不要备案", "那要不要备案?多久能办完?")


def test_a_message_taken_alone_leans_on_nothing(lexicon: Lexicon) -> None:
    read = understood(lexicon, "那要不要备案？")
    assert not read.leans
    assert (read.search_text, read.asked) == (read.text, ())


def test_a_message_that_names_enough_of_the_field_stands_by_itself(lexicon: Lexicon) -> None:
    read = understood(lexicon, "境外放款的宏观审慎调节系数和登记机关是什么？", EARLIER)
    assert not read.leans
    assert read.search_text == read.text


def test_the_first_message_leans_on_nothing(lexicon: Lexicon) -> None:
    assert not understood(lexicon, "那要不要备案？").leans


# --- what it is after


@pytest.mark.parametrize(
    ("text", "compares"),
    [
        ("自贸区债与熊猫债有什么区别？", True),
        ("自貿區債與熊貓債有甚麼分別？區別在哪？", True),
        ("两份文件各有多少条？", True),
        ("条例和方案分别由谁发布？", True),
        ("两地的税率哪个更低？", True),
        ("What is the difference between a panda bond and a dim sum bond?", True),
        ("How many articles has each of the two?", True),
        ("Panda bond versus dim sum bond", True),
        ("各银行都能办吗？", False),  # 各 of all, not of two
        ("熊猫债由谁审批？", False),
        ("Who approves a panda bond?", False),
        ("What does the teacher of the firm's beach resort cost?", False),  # each within a word
    ],
)
def test_a_message_that_holds_two_things_side_by_side_compares(
    lexicon: Lexicon, text: str, compares: bool
) -> None:
    assert understood(lexicon, text).compares is compares


@pytest.mark.parametrize(
    ("text", "describes"),
    [
        # an intention and more than figures asked
        ("我们想从香港母公司借外债，要去哪里登记？需要什么材料？", True),
        ("我們想從香港母公司借外債，要去哪裡登記？需要甚麼材料？", True),
        (
            "We plan to borrow from our Hong Kong parent. Where do we register? What is needed?",
            True,
        ),
        ("某企业打算发熊猫债：由谁审批？需要什么材料？", True),
        (
            "A maker is considering a panda bond: who approves it, and what papers does it take?",
            True,
        ),
        # an own firm in what the message tells
        ("我们在越南有一家子公司。放款额度怎么算？要登记吗？", True),
        ("我們在越南有一家子公司。放款額度怎麼算？要登記嗎？", True),
        (
            "Our subsidiary is in Vietnam. How is the lending cap worked out? Must we register?",
            True,
        ),
        # figures alone
        ("我们想从香港母公司借外债，额度是多少？多久能办完？", False),
        ("我們想從香港母公司借外債，額度是多少？多久能辦完？", False),
        (
            "We plan to borrow from our parent. How much may we borrow? How long does it take?",
            False,
        ),
        # a single thing asked
        ("我们想借外债，要去哪里登记？", False),
        ("We plan to borrow abroad. Who registers the debt?", False),
        # neither intention nor own firm
        ("外债的额度怎么算？要不要登记？", False),
        ("外債的額度怎麼算？要不要登記？", False),
        ("How is the external debt cap worked out? Must it be registered?", False),
        # 拟, 准备, 想 and 计划 within other words
        ("虚拟资产平台要什么牌照？资本要求是什么？", False),
        ("外汇风险准备金由谁交？什么情形不用交？", False),
        ("联想的案例用了哪条通道？由谁审批？", False),
        ("行动计划由谁牵头？怎样落实？", False),
    ],
)
def test_a_message_that_tells_of_an_own_deal_and_asks_more_than_figures_describes_it(
    lexicon: Lexicon, text: str, describes: bool
) -> None:
    assert understood(lexicon, text).describes_deal is describes


# --- the day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024年的时候，境外放款额度怎么算？", dt.date(2024, 6, 30)),
        ("２０２４年的時候，境外放款額度怎麼算？", dt.date(2024, 6, 30)),
        ("As of 1 May 2025, what was the overseas lending coefficient?", dt.date(2025, 5, 1)),
        ("去年底境外放款系数是多少？", dt.date(2025, 12, 31)),
    ],
)
def test_the_day_that_a_message_wants_is_read_from_its_words(
    lexicon: Lexicon, text: str, day: dt.date
) -> None:
    read = understood(lexicon, text)
    assert read.as_of is not None
    assert (read.as_of.day, read.as_of.kind) == (day, "day")
    assert not read.asks_change


def test_last_year_is_counted_from_the_askers_day_whatever_day_is_answered_for(
    lexicon: Lexicon,
) -> None:
    question = read_question("去年底境外放款系数是多少？", as_of=dt.date(2020, 1, 1), today=TODAY)
    read = understand(question, lexicon)
    assert read.as_of is not None
    assert read.as_of.day == dt.date(2025, 12, 31)


def test_rules_before_a_change_are_wanted_without_a_day(lexicon: Lexicon) -> None:
    read = understood(lexicon, "What was the lending coefficient before the new measures?")
    assert read.as_of is not None
    assert (read.as_of.day, read.as_of.kind) == (None, "before-change")


def test_a_message_about_today_names_no_day(lexicon: Lexicon) -> None:
    assert understood(lexicon, "境外放款的系数是多少？").as_of is None


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("旧规定被哪个文件取代了？", True),
        ("What replaced the 2016 notice?", True),
        ("2024年的时候境外放款系数是多少，现在呢？", True),  # then and now
        ("2024年的时候境外放款系数是多少？", False),
        ("境外放款的系数是多少？", False),
    ],
)
def test_who_asks_for_both_days_or_for_what_replaced_what_asks_about_change(
    lexicon: Lexicon, text: str, asks: bool
) -> None:
    assert understood(lexicon, text).asks_change is asks
