"""What a reader sees, kept in files: a diff of `answers/*.md` shows what a change does to it.

To accept a change: `pytest tests/golden --update-golden`, then read the diff.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.question import read_question

ANSWERS = Path(__file__).parent / "answers"
AS_OF = dt.date(2026, 11, 22)
QUESTIONS = {
    "zh-lending-coefficient": "境外放款的系数是多少，怎么算上限？",
    "zh-pool-thresholds": "跨国公司本外币一体化资金池的准入门槛是什么？",
    "zh-listing-funds": "境外上市募集的资金要不要调回境内，什么时候登记？",
    "zh-cny-clearing-parts": "CIPS直接参与者要满足什么条件？间接参与者通过谁接入？",
    "zh-data-export": "把上海员工的人事资料传到香港总部，要做安全评估吗？",
    "zh-thin-capital": "向香港关联公司付利息，债资比超过多少就不能税前扣除？",
    "zh-odi-penalty": "没办境外投资备案就把钱汇出去，会受什么处罚？",
    "zh-dividend-tax": "内地子公司给香港母公司分红，预提税率能降到多少，要什么条件？",
    "zh-wrong-figure": "专精特新企业的跨境融资便利化额度只有500万美元，对吧？",
    "zh-old-rule": "2025年12月的时候，境外放款系数是多少？现在呢？",
    "zh-what-changed": "境外上市外汇登记的新规和54号文比，改了什么？",
    "zh-draft": "低版本资金池现在可以申请了吗？",
    "zh-two-sides": "发点心债，内地要不要登记？香港那边利息收入要不要交税？",
    "zh-foreign-law": "泰国子公司分红给香港公司，泰国当地的预提税率是多少？",
    "hant-treasury-centre": "香港企業財資中心的稅率是多少，要滿足甚麼條件？",
    "hant-ipo-float": "來港上市的公眾持股量最低要求是多少？",
    "hant-stamp-duty": "香港公司買賣股票要交多少印花稅？",
    "hant-rbf": "金管局的人民幣業務資金安排總額是多少，企業怎樣用得到？",
    "en-treasury-centre": "Which conditions must a Hong Kong corporate treasury centre meet?",
    "en-outbound-filing": "Who approves outbound investment in a sensitive sector?",
    "en-service-payment": "What tax filing does a USD 80,000 payment to a foreign consultant need?",
    "en-panda": "May panda bond proceeds be remitted abroad?",
    "en-two-questions": "How long does the NDRC take for foreign debt, and when must SAFE be told?",
    "en-arbitration": "Can a Hong Kong seat arbitration freeze assets in Shanghai?",
    "route-lend": "我们怎样给境外子公司放款？",
    "route-plant": "我们是苏州的民企，想在匈牙利建厂，出资2亿美元，境内要办哪些手续？",
    "route-en-acquire": "We want to buy a German company for USD 400 million; what steps do we take?",
    "declined-evasion": "怎么绕过外汇管理限额把钱汇到香港？",
    "declined-weather": "明天上海会下雨吗？",
    "declined-greeting": "你好",
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_reads_as_it_did(advisor: Advisor, name: str, update_golden: bool) -> None:
    answer = advisor.answer(read_question(QUESTIONS[name], today=AS_OF))
    shown = render(answer)
    path = ANSWERS / f"{name}.md"
    if update_golden:
        ANSWERS.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing; write it with --update-golden"
    assert shown == path.read_text(encoding="utf-8")


def test_no_golden_answer_is_left_over() -> None:
    assert {path.stem for path in ANSWERS.glob("*.md")} == set(QUESTIONS)


def render(answer: CheckedAnswer) -> str:
    """Lay out what a reader sees: question, standing, text, sources, questions back, warnings."""
    standing = answer.standing
    if answer.decline_reason:
        standing += f" ({answer.decline_reason})"
    parts = [
        f"# {answer.question}",
        f"{answer.lang}, as of {answer.as_of}: {standing}",
        answer.text,
        *_listed("Sources", [_source(answer, at) for at in range(len(answer.citations))]),
        *_listed("Questions back", [f"{p.name}: {p.question}" for p in answer.open_points]),
        *_listed("Warnings", list(answer.warnings)),
    ]
    return "\n\n".join(parts) + "\n"


def _source(answer: CheckedAnswer, at: int) -> str:
    citation = answer.citations[at]
    instrument = citation.instrument
    where = f", {citation.locator}" if citation.locator else ""
    return (
        f"[{citation.n}] {citation.ref}: {instrument.title}{where} "
        f"({instrument.status}; {citation.source.quality})"
    )


def _listed(heading: str, lines: list[str]) -> list[str]:
    return [f"## {heading}", "\n".join(f"- {line}" for line in lines)] if lines else []
