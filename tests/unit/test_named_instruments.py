"""An instrument is named in many sloppy ways: brackets, spaces, widths, numerals, scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import cn2an
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language import to_traditional
from bot.query.understanding import Lexicon, understand
from bot.question import read_question
from tests.shipped import shipped_corpus, shipped_glossary

CORPUS = shipped_corpus()
LEXICON = Lexicon(CORPUS, shipped_glossary())


def named(text: str) -> set[str]:
    """Return the cards that a question names, on the whole way from the text as typed."""
    return set(understand(read_question(text), LEXICON).named)


SAFE_43 = "safe-2025-43-cross-border-investment-financing"
SAFE_37 = "safe-2014-37-spv-round-trip"
POOL_251 = "mnc-integrated-cash-pool-2025"
NDRC_11 = "ndrc-2017-11-odi"
NDRC_56 = "ndrc-56-2023-foreign-debt"
MOFCOM_3 = "mofcom-2014-3-odi"

NAMED = [
    # brackets, spaces, widths
    ("汇发〔2025〕43号规定了什么？", {SAFE_43}),
    ("汇发[2025]43号规定了什么？", {SAFE_43}),
    ("汇发(2025)43号", {SAFE_43}),
    ("汇发（2025）４３号", {SAFE_43}),
    ("汇发【2025】43号", {SAFE_43}),
    ("汇发［２０２５］４３号", {SAFE_43}),
    ("汇发〔2025〕第43号", {SAFE_43}),
    ("汇发 〔 2025 〕 43 号", {SAFE_43}),
    ("汇发2025年43号", {SAFE_43}),
    ("汇发2025年43号文", {SAFE_43}),
    ("汇发2025-43号", {SAFE_43}),
    ("汇发〔2025〕43", {SAFE_43}),
    ("汇发(2025)43怎么说", {SAFE_43}),
    ("汇发{2025}43号", {SAFE_43}),
    ("汇发〈2025〉43号", {SAFE_43}),
    ("外汇局2025年43号文", {SAFE_43}),
    ("外汇局43号文", {SAFE_43}),
    ("匯發〔2025〕43號", {SAFE_43}),
    ("匯發2025年43號文點講？", {SAFE_43}),
    # Chinese numerals
    ("银发〔2025〕二百五十一号", {POOL_251}),
    ("银发〔二〇二五〕二五一号", {POOL_251}),
    ("二五一号文", {POOL_251}),
    ("二百五十一号文", {POOL_251}),
    ("银发251号", {POOL_251}),
    ("银发 251 号文", {POOL_251}),
    ("銀發〔2025〕251號", {POOL_251}),
    ("央行251号文", {POOL_251}),
    ("三十七号文", {SAFE_37}),
    ("37号文", {SAFE_37}),
    ("37 号文", {SAFE_37}),
    ("３７号文", {SAFE_37}),
    ("汇发37号", {SAFE_37}),
    ("汇发〔2014〕三十七号", {SAFE_37}),
    ("七十五号文", set()),
    # orders and announcements
    ("11号令", {NDRC_11}),
    ("第11号令", {NDRC_11}),
    ("十一号令", {NDRC_11}),
    ("发改委11号令", {NDRC_11}),
    ("発改委11号令", {NDRC_11}),
    ("發改委第11號令", {NDRC_11}),
    ("发改委令第11号", {NDRC_11}),
    ("国家发展改革委令2017年第11号", {NDRC_11}),
    ("发改委 2017年 11号令", {NDRC_11}),
    ("五十六号令", {NDRC_56}),
    ("发改委56号令", {NDRC_56}),
    ("国资委35号令", {"sasac-2017-35-overseas"}),
    ("国务院令第837号", {"sc-2026-837-outbound-investment"}),
    ("八百三十七号令", {"sc-2026-837-outbound-investment"}),
    ("国务院第803号令", {"cn-afsl-2025-implementing"}),
    ("商务部3号令", {MOFCOM_3}),
    ("商务部令2014年第3号", {MOFCOM_3}),
    ("商务部2014年3号令", {MOFCOM_3}),
    ("商务部2024年第3号令", {"foreign-strategic-investment-2024"}),
    ("人民银行令〔2024〕第3号", {"aml-law-2025-boi"}),
    ("税务总局公告2016年第42号", {"outbound-tax-credit-cfc-tp"}),
    ("财税〔2008〕121号", {"cn-thin-cap-2008-121"}),
    ("财税2008 121号文", {"cn-thin-cap-2008-121"}),
    ("证监会公告〔2023〕43号", {"csrc-2023-43-overseas-listing-filing"}),
    ("证监会公告2023年第43号", {"csrc-2023-43-overseas-listing-filing"}),
    ("证监会43号公告", {"csrc-2023-43-overseas-listing-filing"}),
    ("国办发74号文", {"sc-2017-74-odi-direction"}),
    ("商合发〔2018〕24号", {"mofcom-2018-24-odi-report"}),
    ("发改外资规〔2024〕1037号", {"ndrc-1037-2024-quality-enterprises"}),
    ("一〇三七号文", {"ndrc-1037-2024-quality-enterprises"}),
    ("金规〔2025〕27号", {"nfra-2025-ma-loans"}),
    ("法释〔2025〕3号", {"spc-2025-gba-choice-of-law"}),
    ("琼银发〔2024〕32号", {"hainan-hengqin-ef-account"}),
    ("沪金融办〔2010〕38号", {"shanghai-qflp"}),
    ("银总部发96号文", {"shanghai-ft-account-upgrade-2025"}),
    # one number, several instruments
    ("外汇局28号文", {"safe-2019-28-twelve-measures", "safe-2023-28-deepening-reform"}),
    ("汇发〔2019〕7号", {"safe-2019-7-mnc-fund-pool"}),
    ("汇发2019年7号文", {"safe-2019-7-mnc-fund-pool"}),
    ("7号文", {"safe-2012-7-equity-incentives", "safe-2019-7-mnc-fund-pool"}),
    ("汇发〔2009〕24号和银发〔2016〕306号", {"pbc-2016-306-overseas-lending-old"}),
    ("37号文和43号文", {SAFE_37, SAFE_43}),
    # English
    ("What does Circular 37 say?", {SAFE_37}),
    ("SAFE Circular No. 37", {SAFE_37}),
    ("SAFE Circular [2014] 37", {SAFE_37}),
    ("Hui Fa [2014] No 37", {SAFE_37}),
    ("Huifa [2014] No. 37", {SAFE_37}),
    ("HuiFa (2014) No.37", {SAFE_37}),
    ("Huifa 2014 No. 37", {SAFE_37}),
    ("Circular 37 of 2014", {SAFE_37}),
    ("Circular No 37 (2014)", {SAFE_37}),
    ("Notice 37 [2014]", {SAFE_37}),
    ("Yin Fa [2025] 251", {POOL_251}),
    ("PBOC Notice 251", {POOL_251}),
    ("Yinfa 251", {POOL_251}),
    ("Order 11", {NDRC_11}),
    ("NDRC Order No.11", {NDRC_11}),
    ("NDRC Order 11 of 2017", {NDRC_11}),
    ("NDRC Decree No. 56", {NDRC_56}),
    ("MOFCOM Order 3 of 2014", {MOFCOM_3}),
    ("MOFCOM Order No. 3 (2014)", {MOFCOM_3}),
    ("State Council Order No. 837", {"sc-2026-837-outbound-investment"}),
    ("Decree 837", {"sc-2026-837-outbound-investment"}),
    ("CSRC Announcement [2023] No. 43", {"csrc-2023-43-overseas-listing-filing"}),
    ("STA Announcement 42 of 2016", {"outbound-tax-credit-cfc-tp"}),
    ("Caishui [2008] No. 121", {"cn-thin-cap-2008-121"}),
    # by chapter, title and popular name
    ("18C上市门槛", {"hkex-chapter-18a-18c"}),
    ("Chapter 18C", {"hkex-chapter-18a-18c"}),
    ("Ch. 18A biotech", {"hkex-chapter-18a-18c"}),
    ("CTC要什么条件", {"hk-corporate-treasury-centre-tax"}),
    ("QDLP怎么申请", {"shanghai-qdlp"}),
    ("Cap. 656", {"hk-stablecoins-ordinance"}),
    ("Cap 656", {"hk-stablecoins-ordinance"}),
    ("香港第656章怎么规定", {"hk-stablecoins-ordinance"}),
    ("Cap. 163", {"hk-money-lenders-ordinance"}),
    ("《商业银行并购贷款管理办法》", {"nfra-2025-ma-loans"}),
    ("《境外投资管理办法》", {MOFCOM_3}),
    ("《企业境外投资管理办法》", {NDRC_11}),
    ("《对外投资管理办法(修订征求意见稿)》", {"ndrc-2026-outbound-draft"}),
    ("沪港38条", {"sh-hk-ifc-action-plan-2025"}),
]


@pytest.mark.parametrize(("text", "cards"), NAMED, ids=[text for text, _ in NAMED])
def test_an_instrument_is_known_by_every_way_of_writing_its_name(
    text: str, cards: set[str]
) -> None:
    assert named(text) == cards


def test_the_table_is_long_enough_to_prove_something() -> None:
    assert len(NAMED) >= 60


class Number(NamedTuple):
    """One number of a card, taken apart."""

    card_id: str
    series: str
    """What stands before it: 汇发, 商务部令."""
    year: str
    number: int


_WHOLE = re.compile(
    r"(?P<series>[\u4e00-\u9fff、 ]*?)(?:〔(?P<year>\d{4})〕|(?P<plain>\d{4})年)第?(?P<number>\d+)号"
)


def _numbers() -> list[Number]:
    found = []
    for card in CORPUS.instruments.values():
        for match in _WHOLE.finditer(card.number or ""):
            series = match["series"].split("、")[-1].split(" ")[-1]
            if series:
                year = match["year"] or match["plain"]
                found.append(Number(card.id, series, year, int(match["number"])))
    return found


NUMBERS = _numbers()
BRACKETS = ["〔{}〕", "[{}]", "（{}）", "({})", "【{}】", "［{}］", " {} 年", "{}年"]
SPACES = ["", " ", "  ", "\u3000"]
NUMERALS = ["{}", "第{}", "第 {}"]
chinese = str.maketrans("0123456789", "〇一二三四五六七八九")
full_width = str.maketrans("0123456789", "０１２３４５６７８９")


def test_most_numbered_cards_are_tried() -> None:
    assert len(NUMBERS) >= 55
    assert len({number.card_id for number in NUMBERS}) >= 50


@given(
    number=st.sampled_from(NUMBERS),
    brackets=st.sampled_from(BRACKETS),
    spaces=st.lists(st.sampled_from(SPACES), min_size=3, max_size=3),
    numeral=st.sampled_from(NUMERALS),
    digits=st.sampled_from(["arabic", "full width", "counted", "spelt"]),
    frame=st.sampled_from(["{}", "{}怎么规定？", "请问{}文里额度多少", "按照{}，要登记吗"]),
    script=st.sampled_from([str, to_traditional]),
)
@settings(max_examples=400, deadline=None)
def test_every_sloppy_way_of_writing_a_number_names_its_card(
    number: Number,
    brackets: str,
    spaces: list[str],
    numeral: str,
    digits: str,
    frame: str,
    script: Callable[[str], str],
) -> None:
    year, figure = number.year, str(number.number)
    if digits == "full width":
        year, figure = year.translate(full_width), figure.translate(full_width)
    elif digits == "counted":
        figure = cn2an.an2cn(number.number)
    elif digits == "spelt":
        year, figure = year.translate(chinese), figure.translate(chinese)
    year = brackets.format(year)
    written = f"{number.series}{spaces[0]}{year}{spaces[1]}{numeral.format(figure)}{spaces[2]}号"
    assert number.card_id in named(script(frame.format(written)))


@given(
    number=st.sampled_from(NUMBERS),
    other=st.integers(1, 2999),
    brackets=st.sampled_from(BRACKETS),
)
def test_another_number_of_the_series_does_not_name_the_card(
    number: Number, other: int, brackets: str
) -> None:
    same = {
        known.card_id for known in NUMBERS if (known.number, known.year) == (other, number.year)
    }
    written = f"{number.series}{brackets.format(number.year)}{other}号"
    assert named(written) <= same


PROSE = [
    "企业",
    "汇发",
    "银发",
    "公告",
    "令",
    "第",
    "号",
    "文",
    "办法",
    "规定",
    "我们",
    "怎么",
    "登记",
    "要",
    "的",
    "，",
    "。",
    "circular",
    "order",
    "no",
    "notice",
    "the",
    "rule",
    "of",
]


@given(st.lists(st.sampled_from(PROSE), max_size=12))
def test_words_without_a_number_name_only_what_the_glossary_names(words: list[str]) -> None:
    text = " ".join(words) or "?"
    terms = {name for hit in LEXICON.glossary.find(text) for name in hit.term.names}
    assert named(text) <= terms


@given(st.text(max_size=60))
def test_any_text_can_be_asked_for_names(text: str) -> None:
    assert set(LEXICON.named_in(text)) <= set(CORPUS.instruments)


def test_names_come_in_the_order_of_the_text_each_once() -> None:
    text = "银发〔2025〕251号、汇发〔2025〕43号和251号文，还有《企业境外投资管理办法》"
    assert LEXICON.named_in(text) == (POOL_251, SAFE_43, NDRC_11)


def test_a_plate_a_line_and_a_house_number_are_no_documents() -> None:
    assert named("9号牌怎么申请") == {"sfc-type-9-licence"}
    assert named("地铁9号线") == set()
    assert named("世纪大道8号楼") == set()
