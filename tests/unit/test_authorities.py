"""What no card says is referred to the body competent for it, there where the question plays."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checking.bodies import Authorities
from bot.language import to_simplified
from bot.query.authorities import FORMALITIES, Directory
from bot.query.jurisdiction import Jurisdictions, without_places
from knowledge.corpus import Corpus
from knowledge.countries import load_countries
from knowledge.glossary import load_glossary
from knowledge.issuer import Issuer, Place
from knowledge.search.segment import Segmenter

NO_HINT = None
MAINLAND: Place = "mainland"
SHANGHAI: Place = "shanghai"
HONG_KONG: Place = "hongkong"


class Asked(NamedTuple):
    """A question, where its best card plays, and the bodies of which any may be named."""

    text: str
    hint: Place | None
    bodies: str
    """Abbreviations, with `/` between."""


ASKED = [
    # tax
    Asked("香港股份转让要交多少印花税？", NO_HINT, "IRD Stamp Office"),
    Asked("轉讓香港公司股份的印花稅稅率是多少？", NO_HINT, "IRD Stamp Office"),
    Asked("转让港股要不要交厘印费，谁来交？", MAINLAND, "IRD Stamp Office"),
    Asked("who pays stamp duty when we sell our Hong Kong shares", HONG_KONG, "IRD Stamp Office"),
    Asked("内地股权转让合同的印花税率多少", MAINLAND, "Mainland tax office"),
    Asked("公司利得税几月报税？", NO_HINT, "IRD"),
    Asked("商业登记证多少钱？", NO_HINT, "IRD"),
    Asked("業務登記續期費幾多？香港商業登記", HONG_KONG, "IRD"),
    Asked("离岸豁免申请税局要审多久", HONG_KONG, "IRD"),
    Asked("香港的預約定價安排費用多少？", NO_HINT, "IRD"),
    Asked("预约定价安排要谈几年？", MAINLAND, "Mainland tax office/STA"),
    Asked("出口退税多久到账？", NO_HINT, "Mainland tax office"),
    Asked("在上海办中国税收居民身份证明要几天？", NO_HINT, "STA Shanghai"),
    Asked("向香港公司支付利息要代扣多少预提所得税？", MAINLAND, "Mainland tax office"),
    Asked(
        "withholding tax on dividends paid to a Hong Kong company", MAINLAND, "Mainland tax office"
    ),
    Asked("越南的预提税率是多少？", MAINLAND, "Destination tax authority"),
    Asked("越南預提稅要扣幾多？", HONG_KONG, "Destination tax authority"),
    Asked("What is Vietnam's withholding tax rate?", HONG_KONG, "Destination tax authority"),
    # staff
    Asked("强积金每月要供多少？", NO_HINT, "MPFA"),
    Asked("香港員工的強積金供款比率是多少？", NO_HINT, "MPFA"),
    Asked("How much are the MPF contributions for our staff?", MAINLAND, "MPFA"),
    Asked("香港勞工法例規定遣散費要幾多？", NO_HINT, "LD"),
    Asked("What severance does Hong Kong employment law require?", NO_HINT, "LD"),
    Asked("劳动法规定试用期最长多久？", MAINLAND, "Mainland labour authority"),
    Asked("上海最低工资多少", NO_HINT, "SHHRSS"),
    Asked("越南劳动法规定的遣散费多少", NO_HINT, "Destination labour authority"),
    Asked("高才通要审多久？", NO_HINT, "ImmD"),
    Asked("Top Talent Pass Scheme processing time", NO_HINT, "ImmD"),
    Asked("住房公积金缴存比例多少", MAINLAND, "Mainland housing fund"),
    # goods
    Asked("货物进香港要不要进口许可证，多久能批？", NO_HINT, "TID/C&ED"),
    Asked("貨物入口香港要申請甚麼牌照？", NO_HINT, "TID/C&ED"),
    Asked("How long does an import licence for goods into Hong Kong take?", NO_HINT, "TID/C&ED"),
    Asked("从内地运机器到香港，入口报关几天内要交", HONG_KONG, "C&ED"),
    Asked("内地进口报关要多久？", NO_HINT, "GAC/Mainland customs office"),
    Asked("報關單填錯了幾天內可以改？", MAINLAND, "GAC/Mainland customs office"),
    Asked("How long does a customs declaration take?", MAINLAND, "GAC/Mainland customs office"),
    Asked("进口关税税率是多少？", NO_HINT, "GAC/Mainland customs office"),
    Asked("印尼的关税税率是多少？", NO_HINT, "Destination customs"),
    Asked("两用物项出口许可证多久批？", NO_HINT, "MOFCOM"),
    Asked("冻肉进口香港要什么证", HONG_KONG, "CFS"),
    # companies, property, rights
    Asked("在香港注册公司要几天？", NO_HINT, "CR"),
    Asked("香港公司註冊費用幾多？", NO_HINT, "CR"),
    Asked("How long does company registration in Hong Kong take?", NO_HINT, "CR"),
    Asked("重要控制人登记册没备存罚多少？", NO_HINT, "CR"),
    Asked("放债人牌照申请要几个月", NO_HINT, "CR"),
    Asked("内地公司注册要多久能拿营业执照？", NO_HINT, "Mainland market regulator"),
    Asked("How long to get a business licence for a WFOE?", MAINLAND, "Mainland market regulator"),
    Asked("在上海办公司注销要多久？", NO_HINT, "SHAMR"),
    Asked("在迪拜开公司要多少钱，多久", NO_HINT, "Destination company registry"),
    Asked(
        "How long does company registration take in Kenya?", NO_HINT, "Destination company registry"
    ),
    Asked("租香港写字楼差饷地租谁付，多少", HONG_KONG, "RVD"),
    Asked("How much does a land search in Hong Kong cost?", NO_HINT, "Land Registry"),
    Asked("商标注册要多久？", MAINLAND, "CNIPA"),
    Asked("香港商標註冊費幾多？", NO_HINT, "IPD"),
    Asked("ICP备案要多少天？", NO_HINT, "MIIT"),
    Asked("经营者集中申报审查期多长？", NO_HINT, "SAMR"),
    Asked("数据出境安全评估要多久？", NO_HINT, "CAC"),
    Asked("香港资料外泄要在多少天内通报私隐专员？", NO_HINT, "PCPD"),
    # foreign exchange and investment
    Asked("个人每年购汇额度是多少？", NO_HINT, "SAFE/Mainland bank"),
    Asked("個人每年換匯有幾多額度？", MAINLAND, "SAFE/Mainland bank"),
    Asked("What is the annual personal foreign exchange quota?", NO_HINT, "SAFE/Mainland bank"),
    Asked("境外放款登记要多久？", NO_HINT, "SAFE office"),
    Asked("How long does foreign debt registration with SAFE take?", NO_HINT, "SAFE office/SAFE"),
    Asked("境外投资证书多久能拿到？", NO_HINT, "MOFCOM/Provincial commerce authority"),
    Asked("敏感类境外投资项目核准要多久？", NO_HINT, "NDRC"),
    Asked("境外投资备案发改委多久出通知书", MAINLAND, "NDRC/Provincial NDRC"),
    Asked("FT账户开户多久？", NO_HINT, "PBOC Shanghai"),
    Asked("QFLP最低规模多少", SHANGHAI, "SHFRB"),
    Asked("泰国外汇管制严不严，利润多久能汇出？", NO_HINT, "Destination central bank"),
    Asked("越南的外资持股比例上限是多少？", NO_HINT, "Destination investment authority"),
    # finance
    Asked("香港汇款牌照要多久才批？", NO_HINT, "C&ED"),
    Asked("找換店牌照幾錢", HONG_KONG, "C&ED"),
    Asked("How long does an MSO licence take?", NO_HINT, "C&ED"),
    Asked("稳定币发行人牌照多久批？", NO_HINT, "HKMA"),
    Asked("SFC 1號牌審批要幾耐", HONG_KONG, "SFC"),
    Asked("香港公司私有化要多少股东同意？", NO_HINT, "SFC"),
    Asked("香港上市要交多少上市年费？", NO_HINT, "HKEX"),
    Asked("How much is the initial listing fee in Hong Kong?", NO_HINT, "HKEX"),
    Asked("自保公司授权要多少资本", HONG_KONG, "IA"),
    Asked("審計師在香港註冊為公眾利益實體核數師要幾耐？", NO_HINT, "AFRC"),
    Asked("见证开户要多久？", HONG_KONG, "HK bank"),
    Asked("银行收多少手续费", MAINLAND, "Mainland bank"),
    Asked("商业保理公司最低注册资本多少", NO_HINT, "Mainland financial regulator"),
    Asked("支付牌照注册资本最低多少", MAINLAND, "PBOC"),
    Asked("新加坡支付牌照多久能批？", NO_HINT, "Destination financial regulator"),
    # disputes and papers
    Asked("HKIAC仲裁费用是多少？", NO_HINT, "HKIAC"),
    Asked("贸仲仲裁费怎么算", NO_HINT, "CIETAC"),
    Asked("在香港法院起诉要多少诉讼费？", NO_HINT, "HK Judiciary"),
    Asked("香港法院判決在內地執行要多久", MAINLAND, "Mainland court"),
    Asked("内地判决登记费用", HONG_KONG, "HK Judiciary"),
    Asked("香港文件加apostille要几天", HONG_KONG, "HK Judiciary"),
    Asked("中国委托公证人收费多少", HONG_KONG, "China Legal Service HK"),
    Asked("境内公证书多少钱？", NO_HINT, "Mainland notary"),
]

NOT_TOLD = [
    "备案要多久？",
    "审批要幾天",
    "多少钱？",
    "额度是多少？",
    "公司要多少人",
    "维好协议多久能做好？",
    "蓝色债券的发行规模多大？",
    "今天天气怎么样",
    "How long does it take?",
    "what is the deadline for filing",
    "how much is the minimum amount",
    "Is it safe to wait?",  # a word that is an abbreviation only in capitals
    "香港增值税多少",  # the mainland's tax office is not asked about Hong Kong
    "",
]


@pytest.fixture(scope="module")
def directory(corpus: Corpus, segmenter: Segmenter) -> Directory:
    return Directory(corpus, load_glossary(), load_countries(), segmenter)


def body_of(corpus: Corpus, issuer: Issuer | None) -> str | None:
    """Abbreviation of a body."""
    return next((body for body, one in corpus.issuers.items() if one is issuer), None)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.text)
def test_a_question_is_referred_to_the_body_competent_for_it(
    directory: Directory, corpus: Corpus, asked: Asked
) -> None:
    found = body_of(corpus, directory.competent(asked.text, asked.hint, None))
    assert found in asked.bodies.split("/")


@pytest.mark.parametrize("text", NOT_TOLD)
def test_a_question_that_no_remit_fits_is_left_to_the_fallback(
    directory: Directory, corpus: Corpus, text: str
) -> None:
    fallback = corpus.issuers["NDRC"]
    assert directory.competent(text, None, fallback) is fallback
    assert directory.competent(text, None, None) is None


def test_the_hint_decides_where_the_question_names_no_place(
    directory: Directory, corpus: Corpus
) -> None:
    text = "商标注册要多久？"
    told: dict[Place, str] = {"mainland": "CNIPA", "hongkong": "IPD"}
    for hint, body in told.items():
        assert directory.competent(text, hint, None) is corpus.issuers[body]


def test_another_countrys_law_is_never_referred_to_a_body_of_ours(
    directory: Directory, corpus: Corpus
) -> None:
    for place in ("mainland", "shanghai", "hongkong"):
        for issuer in (one for one in corpus.issuers.values() if one.place == place):
            for text in issuer.remits.zh if issuer.remits else ():
                body = directory.competent(text, "elsewhere", None)
                assert body is None or body.place == "elsewhere"


def test_a_body_of_one_country_is_not_named_for_another(
    directory: Directory, corpus: Corpus
) -> None:
    for text in ("越南的对外投资限制有多少", "Vietnam's rules on outbound investment"):
        body = directory.competent(text, "elsewhere", None)
        assert body is None or body.generic
    sanctions = directory.competent("美国OFAC制裁名单多久更新一次", None, None)
    assert sanctions is corpus.issuers["US Treasury"]


def test_every_remit_leads_to_its_body(directory: Directory, corpus: Corpus) -> None:
    lost = []
    for body, issuer in corpus.issuers.items():
        for text in (*issuer.remits.zh, *issuer.remits.en) if issuer.remits else ():
            if without_places(text) != text:
                continue  # such a phrase names where it plays, perhaps elsewhere
            if directory.competent(text, issuer.place, None) is not issuer:
                lost.append(f"{body}: {text}")
    assert lost == []


@given(text=st.text(max_size=80))
def test_any_text_gets_a_body_that_can_be_asked_or_the_fallback(
    directory: Directory, corpus: Corpus, text: str
) -> None:
    fallback = corpus.issuers["HKMA"]
    body = directory.competent(text, None, fallback)
    assert body is not None
    assert body.remits is not None


def test_an_instrument_whose_first_issuer_takes_no_questions_is_left_to_the_next(
    directory: Directory, corpus: Corpus
) -> None:
    card = next(iter(corpus.instruments.values()))
    for issuers, body in (
        (("State Council", "PBOC", "SAFE"), "PBOC"),
        (("CBRC",), None),
        (("nobody listed",), None),
    ):
        issuer = directory.issuer_of(card.model_copy(update={"issuers": issuers}))
        assert body_of(corpus, issuer) == body


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("强积金要供多少", True),
        ("境外放款呢", True),
        ("境内要办哪几道手续", True),  # says where
        ("上限几多", False),
        ("要多久、要交什么材料", False),
        ("and at most?", False),
        ("要交甚么费", False),
    ],
)
def test_a_part_without_subject_or_place_does_not_stand_alone(
    directory: Directory, text: str, alone: bool
) -> None:
    assert directory.stands_alone(text) is alone


def test_the_formalities_are_terms_of_the_glossary() -> None:
    assert {term.id for term in load_glossary().terms} >= FORMALITIES


@pytest.mark.parametrize(
    ("text", "hint", "first"),
    [
        ("注册公司", None, "mainland"),
        ("注册公司", "hongkong", "hongkong"),
        ("香港注册公司", "mainland", "hongkong"),
        ("内地企业在香港注册公司", None, "hongkong"),
        ("香港公司在内地的员工社保", None, "mainland"),
        ("到上海设地区总部", None, "shanghai"),
        ("向香港公司付利息", "mainland", "mainland"),  # where money goes is not whose law counts
        ("给越南工厂付设备款", None, "mainland"),
        ("越南子公司缺钱", None, "mainland"),
        ("在越南设立公司", None, "elsewhere"),
        ("What import duty does Mexico charge?", None, "elsewhere"),
        ("interest paid to a Hong Kong lender", "mainland", "mainland"),
        ("发行港元债", None, "mainland"),
        ("a loan in Hong Kong dollars", None, "mainland"),
        ("沪港通额度", None, "mainland"),
        ("HKIAC仲裁", None, "hongkong"),
        ("香港的规定", "elsewhere", "elsewhere"),
    ],
)
def test_the_place_a_question_is_about_weighs_most(
    text: str, hint: Place | None, first: Place
) -> None:
    weights = Jurisdictions(load_countries()).weigh(text, hint)
    assert max(weights, key=weights.__getitem__) == first


def test_a_place_other_than_the_one_where_things_are_done_is_left_out() -> None:
    weigh = Jurisdictions(load_countries()).weigh
    assert "mainland" not in weigh("在香港注册公司")
    assert weigh("在上海注册公司").keys() == {"shanghai", "mainland"}  # national bodies serve too
    assert "elsewhere" not in weigh("境外放款登记")
    assert "elsewhere" in weigh("越南子公司缺钱")


def test_every_body_is_well_formed(corpus: Corpus) -> None:
    for body, issuer in corpus.issuers.items():
        names = (issuer.zh, issuer.en)
        assert all(name == name.strip() for name in (body, *names)), body
        assert to_simplified(issuer.zh) == issuer.zh, body
        assert issuer.en.isascii() or "’" in issuer.en, body
        if issuer.generic:
            assert issuer.remits, f"{body} stands for a kind of body; its remits say for which"
        for text in (*issuer.remits.zh, *issuer.remits.en) if issuer.remits else ():
            assert not re.search(r"\d|www|http|[。；;.]$", text), f"{body}: {text}"
            assert text == text.strip(), f"{body}: {text}"
        if issuer.remits:
            assert all(
                to_simplified(text) == text and len(text) <= 22 for text in issuer.remits.zh
            ), body
            assert all(text.isascii() and len(text) <= 80 for text in issuer.remits.en), body


def test_no_subject_belongs_to_two_bodies_of_one_place(corpus: Corpus) -> None:
    owners: dict[tuple[Place, str], str] = {}
    for body, issuer in corpus.issuers.items():
        for text in {*issuer.remits.zh, *issuer.remits.en} if issuer.remits else ():
            assert owners.setdefault((issuer.place, text), body) == body, f"{text}: {body}"


def test_names_of_bodies_are_unique(corpus: Corpus) -> None:
    for names in (
        [one.zh for one in corpus.issuers.values()],
        [one.en for one in corpus.issuers.values()],
    ):
        assert len(names) == len(set(names))


def test_a_kind_of_body_is_no_name_that_the_checker_looks_for(corpus: Corpus) -> None:
    authorities = Authorities(corpus, load_glossary())
    for issuer in (one for one in corpus.issuers.values() if one.generic):
        named = authorities.named_in(issuer.zh) | authorities.named_in(issuer.en)
        assert not any(corpus.issuers[body] is issuer for body in named)
