"""What a paper is is read from its own words; what it cites of others is not taken for its own."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents.document import Particulars
from knowledge.documents.particulars.propose import propose
from knowledge.documents.reading.reading import Reading, TextBlock
from tests.unit.readings import reading


def proposed(text: str, name: str = "paper.pdf", title: str | None = None) -> Particulars:
    return propose(reading(text).model_copy(update={"title": title}), name)


NOTICE = """国家外汇管理局文件
汇发〔2025〕43号
国家外汇管理局关于进一步
便利跨境投融资的通知
国家外汇管理局各省、自治区、直辖市分局：
根据《外汇管理条例》（国务院令第532号）和《旧通知》（汇发〔2014〕37号），现通知如下：
一、自2024年1月1日起施行的《旧办法》同时废止。
二、登记凭证有效期一年。
三、本通知自2026年4月1日起施行，有效期五年。
国家外汇管理局
2026年3月12日
附件：登记表"""

TRADITIONAL = """香港金融管理局
檔號：B10/1C
2025年3月28日
關於穩定幣發行人的通函
致：所有認可機構
1. 本通函適用於認可機構。
本通函自2025年8月1日起實施。"""

ORDINANCE = """Chapter: 571
SECURITIES AND FUTURES ORDINANCE
An Ordinance to consolidate the law relating to securities.
[1 April 2003]
Part 1
Preliminary
1. Short title
This Ordinance may be cited as the Securities and Futures Ordinance.
(1) A notice under the Banking Ordinance (Cap. 155) given on 5 May 2001 counts."""

CIRCULAR = """HONG KONG MONETARY AUTHORITY
Our Ref.: B1/15C
28 March 2025
The Chief Executive
All Authorized Institutions
Dear Sir/Madam,
Circular on Remote On-boarding
We refer to our circular of 1 February 2019 (B10/1C).
This Circular takes effect on 1 April 2026.
Yours faithfully,"""


def test_a_notice_of_the_exchange_administration() -> None:
    assert proposed(NOTICE) == Particulars(
        title="国家外汇管理局关于进一步便利跨境投融资的通知",
        lang="zh",
        issuer="国家外汇管理局",
        number="汇发〔2025〕43号",
        issued=dt.date(2026, 3, 12),
        effective=dt.date(2026, 4, 1),
        ended=dt.date(2031, 4, 1),
    )


def test_a_circular_in_traditional_characters() -> None:
    found = proposed(TRADITIONAL)
    assert found.title == "關於穩定幣發行人的通函"
    assert (found.lang, found.issuer, found.number) == ("zh", "香港金融管理局", "B10/1C")
    assert (found.issued, found.effective) == (dt.date(2025, 3, 28), dt.date(2025, 8, 1))


def test_an_ordinance_of_hong_kong() -> None:
    found = proposed(ORDINANCE)
    assert found.title == "SECURITIES AND FUTURES ORDINANCE"
    assert (found.lang, found.issuer, found.number) == ("en", None, "Chapter: 571")
    assert (found.issued, found.effective) == (None, dt.date(2003, 4, 1))


def test_a_circular_of_the_monetary_authority() -> None:
    found = proposed(CIRCULAR)
    assert found.title == "Circular on Remote On-boarding"
    assert (found.issuer, found.number) == ("Hong Kong Monetary Authority", "B1/15C")
    assert (found.issued, found.effective) == (dt.date(2025, 3, 28), dt.date(2026, 4, 1))


NUMBERS = [
    ("汇发〔2025〕43号", "汇发〔2025〕43号"),
    ("汇发[2025]43号", "汇发〔2025〕43号"),
    ("汇发（2025）43号", "汇发〔2025〕43号"),
    ("汇发【2025】 43 号", "汇发〔2025〕43号"),
    ("汇发〔 2025 〕第43号", "汇发〔2025〕第43号"),
    ("汇发２０２５年４３号", "汇发〔2025〕43号"),
    ("銀發〔2014〕324號", "銀發〔2014〕324號"),
    ("文号：银发〔2014〕324号", "银发〔2014〕324号"),
    ("中国人民银行令〔2025〕第3号", "中国人民银行令〔2025〕第3号"),
    ("中国证券监督管理委员会公告2025年第13号", "中国证券监督管理委员会公告2025年第13号"),
    ("国务院令第803号", "国务院令第803号"),
    ("文件编号：FIN-2025-01", "FIN-2025-01"),
    ("Policy No.: TRE-007", "TRE-007"),
    ("Cap. 571", "Cap. 571"),
    ("L.N. 12 of 2025", "L.N. 12 of 2025"),
    ("LN 12 of 2025", "LN 12 of 2025"),
    ("2025年第12號法律公告", "2025年第12號法律公告"),
    ("第571章", "第571章"),
    ("Our Ref: B1/15C", "B1/15C"),
    ("根据汇发〔2014〕37号制定。", None),
    ("为落实《通知》（汇发〔2014〕37号）要求，制定本办法。", None),
    ("made under the Banking Ordinance (Cap. 155)", None),
    ("自2025年起，共43号台。", None),
]


@pytest.mark.parametrize(("line", "number"), NUMBERS, ids=[line for line, _ in NUMBERS])
def test_only_its_own_number_is_read(line: str, number: str | None) -> None:
    assert proposed(f"某某管理办法\n{line}\n第一条 银行应当审核。").number == number


DATES = [
    # issued, effective, ended
    ("第九条 本办法自2026年4月1日起施行。", None, "2026-04-01", None),
    ("第九条 本辦法自2026年4月1日起施行。", None, "2026-04-01", None),
    ("第九条 本规定自二〇二六年四月一日起实施。", None, "2026-04-01", None),
    ("第九条 本办法由外汇局负责解释，自２０２６年４月１日起施行。", None, "2026-04-01", None),
    ("第九条 本办法自 2026 年 4 月 1 日起施行，有效期至2030年3月31日。", None, "2026-04-01", "2030-04-01"),
    ("第九条 本办法自2026年4月1日起施行，有效期5年。", None, "2026-04-01", "2031-04-01"),
    ("第九条 本办法自2026年4月1日起施行，有效期两年。", None, "2026-04-01", "2028-04-01"),
    ("第九条 本办法自2024年2月29日起施行。本办法有效期三年。", None, "2024-02-29", "2027-03-01"),
    ("第九条 本办法自公布之日起施行。\n国家外汇管理局\n2025年3月1日", "2025-03-01", "2025-03-01", None),
    ("第九条 本办法自印发之日起施行。", None, None, None),
    ("第九条 本办法自公布之日起三十日后施行。\n国家外汇管理局\n2025年3月1日", "2025-03-01", None, None),
    ("第九条 本办法有效期五年。", None, None, None),
    ("第九条 自2024年1月1日起施行的《旧办法》同时废止。", None, None, None),
    ("第九条 备案通知书有效期至2030年3月31日。", None, None, None),
    ("第九条 企业应当在2026年4月1日前申报。", None, None, None),
    ("发布日期：2025年3月1日\n生效日期：2025年4月1日\n失效日期：2027年4月30日\n第一条 甲。", "2025-03-01", "2025-04-01", "2027-05-01"),
    ("（2025年3月1日中国人民银行公布 自2025年5月1日起施行）\n第一条 甲。", "2025-03-01", "2025-05-01", None),
    ("第九条 甲。\n二〇二五年三月一日", "2025-03-01", None, None),
    ("废止日期：2025年5月1日\n第一条 甲。", None, None, "2025-05-01"),
    ("第一条 甲。\n本办法已于2025年5月1日废止。", None, None, "2025-05-01"),
    ("This Ordinance comes into operation on 1 April 2026.", None, "2026-04-01", None),
    ("These Rules came into force on 1 April 2026.", None, "2026-04-01", None),
    ("This policy takes effect from April 1, 2026.", None, "2026-04-01", None),
    ("The revised Guideline shall take effect on 1 April 2026.", None, "2026-04-01", None),
    ("Effective date: 1 April 2026", None, "2026-04-01", None),
    ("Dated this 1st day of March 2025", "2025-03-01", None, None),
    ("Date: 1 March 2025\nThis Circular takes immediate effect.", "2025-03-01", None, None),
    ("Date: 1 March 2025\nThis Circular takes effect immediately.", "2025-03-01", "2025-03-01", None),
    ("This policy expires on 31 March 2030.", None, None, "2030-04-01"),
    ("This Circular is withdrawn with effect from 1 April 2027.", None, None, "2027-04-01"),
    ("This Ordinance comes into operation on a day to be appointed by the Secretary.", None, None, None),
    ("A licence granted before 1 April 2026 takes effect on 1 May 2026.", None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "issued", "effective", "ended"), DATES, ids=[case[0][:50] for case in DATES]
)
def test_dates_are_those_of_the_paper_itself(
    text: str, issued: str | None, effective: str | None, ended: str | None
) -> None:
    found = proposed(
        f"某某管理办法\n{text}" if "第" in text or "：" in text else f"Funds Policy\n{text}"
    )
    shown = [day and day.isoformat() for day in (found.issued, found.effective, found.ended)]
    assert shown == [issued, effective, ended]


STATUS = [
    ("某某管理办法（征求意见稿）\n第一条 甲。", "draft"),
    ("某某管理辦法（徵求意見稿）\n第一條 甲。", "draft"),
    ("某某管理办法（草案）\n第一条 甲。", "draft"),
    ("Consultation Paper on Stablecoins\n1. We consult.", "draft"),
    ("Treasury Policy (Draft)\n1. We do.", "draft"),
    ("某某管理办法（已废止）\n第一条 甲。", "repealed"),
    ("某某管理办法\n【废止】\n第一条 甲。", "repealed"),
    ("某某管理办法\n时效性：已失效\n第一条 甲。", "repealed"),
    ("某某管理办法\n时效性：现行有效\n第一条 甲。", "in-force"),
    ("Funds Policy\nStatus: In force\n1. We do.", "in-force"),
    (
        "Funds Policy\nThis circular has been superseded by Circular 5/2025.\n1. We do.",
        "superseded",
    ),
    ("Funds Rules\nStatus: repealed\n1. We do.", "repealed"),
    ("某某管理办法\n第一条 甲。\n第九条 《旧办法》同时废止。", "unknown"),
    ("某某管理办法\n第一条 银行不得使用已废止的草案。", "unknown"),
    ("Funds Policy\n1. A bank draft is a payment instrument.", "unknown"),
]


@pytest.mark.parametrize(("text", "status"), STATUS, ids=[text[:30] for text, _ in STATUS])
def test_the_status_is_said_by_the_paper_or_unknown(text: str, status: str) -> None:
    assert proposed(text).status == status


ISSUERS = [
    ("中国人民银行 国家外汇管理局关于跨境资金的通知\n一、甲。", "中国人民银行、国家外汇管理局"),
    ("关于跨境资金的通知\n一、甲。\n中国人民银行\n国家外汇管理局\n2025年3月1日", "中国人民银行、国家外汇管理局"),
    ("關於跨境資金的通知\n一、甲。\n中國人民銀行\n2025年3月1日", "中国人民银行"),
    ("关于跨境资金的通知\n发布机构：中国证监会\n一、甲。", "中国证券监督管理委员会"),
    ("关于跨境资金的通知\n汇发〔2025〕43号\n一、甲。", "国家外汇管理局"),
    ("资金管理制度\n第一条 甲。\n远航贸易有限公司\n2025年3月1日", "远航贸易有限公司"),
    ("Guideline on Records\nIssued by: Securities and Futures Commission\n1. We do.", "Securities and Futures Commission, Hong Kong"),
    ("Funds Policy\n1. The Hong Kong Monetary Authority regulates banks.", None),
    ("资金管理制度\n第一条 企业向国家外汇管理局申报。", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "issuer"), ISSUERS, ids=[text[:30] for text, _ in ISSUERS])
def test_the_issuer_is_who_signs_not_who_is_spoken_of(text: str, issuer: str | None) -> None:
    assert proposed(text).issuer == issuer


TITLES = [
    ("# 资金管理手册\n第一条 甲。", None, "资金管理手册"),
    ("《跨境资金管理办法》\n第一条 甲。", None, "跨境资金管理办法"),
    ("中国人民银行令\n〔2025〕第3号\n跨境资金管理办法\n第一条 甲。", None, "跨境资金管理办法"),
    ("国家外汇管理局关于印发《跨境资金管理办法》\n的通知\n一、甲。", None, "国家外汇管理局关于印发《跨境资金管理办法》的通知"),
    ("标题：境外放款指南\n甲乙丙丁。", None, "境外放款指南"),
    ("Anti-Money Laundering and\nCounter-Terrorist Financing Ordinance\n1. Short title", None, "Anti-Money Laundering and Counter-Terrorist Financing Ordinance"),
    ("这是一段没有标题的文字，写得很长，说明了很多事情。", "跨境资金安排说明", "跨境资金安排说明"),
    ("这是一段没有标题的文字，写得很长，说明了很多事情。", "Microsoft Word - 文档1.docx", "2025 funds memo"),
    ("这是一段没有标题的文字，写得很长，说明了很多事情。", None, "2025 funds memo"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "own", "title"), TITLES, ids=[case[2] for case in TITLES])
def test_a_title_is_what_the_paper_calls_itself(text: str, own: str | None, title: str) -> None:
    assert proposed(text, "C:\\papers\\2025_funds_memo.docx", own).title == title


@given(st.lists(st.text(min_size=1, max_size=80), max_size=12), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_whatever_the_text_particulars_are_proposed(lines: list[str], name: str) -> None:
    blocks = tuple(TextBlock(kind="paragraph", text=line) for line in lines)
    assert 1 <= len(propose(Reading(format="text", blocks=blocks), name).title) <= 300
