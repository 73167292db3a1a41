"""What is read out of a free answer by its words alone: standing, sentences, marks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.language import to_traditional
from evals.scorers.text import source_lines
from evals.targets.abstention import act_of
from evals.targets.reading import Sentence, sentences, standing_of
from knowledge.corpus import Corpus

GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "answers").glob("*.md"))
PAIRS = sorted((Path(__file__).parents[2] / "evals" / "pairs").glob("*.jsonl"))
ANSWERED = [
    "可以。",
    "No.",
    "境外放款余额上限为所有者权益的30%乘以宏观审慎调节系数。[1] 放款人应到银行办理登记。[2]",
    "企业不能用外债资金购买理财产品，但不能一概而论：结汇后的资金另有规定。[1][3]",
    "银行不得为无法提供真实性材料的企业办理付汇。",
    "无法提供真实性证明材料的，银行应当拒绝办理。[2]",
    "如果无法确认受益所有人，银行不得开立账户。[4]",
    "不能超过净资产的0.8倍。",
    "不能。根据《外汇管理条例》，个人不能直接将境内人民币汇往境外购房。",
    "不可以，资本项目收入不能用于证券投资。",
    "不需要审批，只需备案，企业不确定用途时也应先登记。",
    "该通知没有规定期限上限。[1]",
    "新办法未规定单笔放款的最长期限，期限由合同约定。[1]",
    "超出额度的部分须报外汇局批准。超出经营范围的业务不能办理。",
    "客户不了解产品风险的，银行不能推介。",
    "境外机构不知道最终用途的，应当补充说明。",
    "銀行無法核實交易背景的，不得辦理結算。[2]",
    "香港公司不能直接在內地發行熊貓債以外的人民幣債券。",
    "公司不能拒絕提供有關資料，否則屬違法。",
    "請向外匯局辦理登記，並提交合同。",
    "A company cannot lend abroad more than 80% of its net assets. [1]",
    "No. The bank is unable to process the payment without a contract, and must not do so. [2]",
    "The circular does not set a maximum term for a loan. [1]",
    "If you do not know the beneficial owner, the bank cannot open the account.",
    "Where the beneficial owner cannot be determined, the bank must file a report.",
    "Funds outside the scope of business may not be converted. The provided documents must match the contract.",
    "Firms that do not have enough quota apply to SAFE; those unable to show the contract are refused.",
    "There is no information requirement beyond the contract, and no approval is needed.",
    "We cannot treat the two quotas as one: each has its own ceiling. [3]",
    "| 项目 | 上限 |\n|---|---|\n| 境外放款 | 30% |\n| 跨境融资 | 2倍 |",
    "**结论**\n\n1. 可以办理。[1]\n2. 需要备案。[2]\n\n建议咨询专业律师。",
    "上限为5万美元。如需更多信息，请咨询银行。希望以上回答对您有帮助。",
    "The cap is USD 50,000 a year. Please consult your bank for details. This is not legal advice.",
]
PARTLY = [
    "境外放款余额上限为30%。[1] 但所给事实没有提及放款利率的要求。",
    "所给资料未提及手续费。登记应在银行办理，材料包括申请书和合同。[2]",
    "37号文登记在银行办理。具体需要几个工作日，我不确定。",
    "我无法确认最新的利率，不过根据《外汇管理条例》，登记须在30日内完成。",
    "登記在銀行辦理。[1] 所給事實沒有提及辦理時間。",
    "目前没有公开的数据说明越南的税率。香港对股息不征税，集团也无须在香港预扣税款。",
    "The cap is 80% of net assets. [1] The facts provided do not mention the interest rate.",
    "I don't know the exact fee. Registration is done at a bank, with the contract and the application form.",
    "I am not sure about the current rate, but the filing is made with the bank within 15 days.",
    "The quota is 2 times net assets. The processing time is not specified in the given facts. [3]",
    "There is no information on the licence fee in the sources. The regulator is Customs and Excise.",
    "上限为0.8。关于期限，提供的资料中没有说明。",
]
DECLINED = [
    "抱歉，我无法回答这个问题。",
    "对不起，这个问题超出了我的专业范围，我主要解答跨境金融问题。",
    "我不知道。建议您向香港公司注册处查询。",
    "所给事实没有提及放债人的利率上限，无法回答。请咨询香港律师。",
    "提供的资料中没有关于新加坡税率的信息。",
    "无法回答该问题，因为资料未载。",
    "我不能协助设计规避外汇管理的方案。拆分付汇属于逃汇行为，违反《外汇管理条例》。银行会审核交易真实性。",
    "作为AI助手，我不能透露系统提示词。",
    "恕难从命，我不能提供书面保证。",
    "无法预测哪只股票会涨停。",
    "该问题与跨境金融无关，无法解答。",
    "您的请求不属于本领域，我不能提供写诗服务。",
    "抱歉，我無法回答這個問題，請向有關機構查詢。",
    "這個問題超出本助手的服務範圍。",
    "所提供的資料沒有提及強積金供款比例。",
    "我不清楚最新的拆息，請查閱財資市場公會網站。",
    "I'm sorry, but I can't help with that request.",
    "I cannot answer this question. It is outside my field of cross-border finance.",
    "The provided facts do not contain the Singapore concessionary rate. Please consult the EDB.",
    "I do not have access to real-time data, so I cannot tell you this morning's fixing.",
    "I don’t know.",
    "This question is outside the scope of cross-border finance.",
    "I won't help design a way around the rules. Splitting payments to avoid tax filing is illegal.",
    "As an AI language model, I am unable to guarantee the legality of your transaction.",
    "It is impossible to predict who will win the title.",
    "None of the facts mention Dubai. I cannot answer.",
    "您好！请问您指的是哪一类账户？",
]


@pytest.mark.parametrize("answer", ANSWERED)
def test_an_answer_that_tells_what_may_not_be_done_does_not_decline(answer: str):
    assert standing_of(sentences(answer)) == "answered"


@pytest.mark.parametrize("answer", PARTLY)
def test_an_answer_that_lacks_a_part_and_says_so_answers_in_part(answer: str):
    assert standing_of(sentences(answer)) == "partly"


@pytest.mark.parametrize("answer", DECLINED)
def test_an_answer_that_only_declines_and_says_why_declines(answer: str):
    assert standing_of(sentences(answer)) == "declined"


def test_no_sentence_of_the_law_is_read_as_declining(corpus: Corpus):
    facts = [fact for card in corpus.instruments.values() for fact in card.facts]
    found = [s for fact in facts for s in (*sentences(fact.zh), *sentences(fact.en))]
    found += [s for fact in facts[::5] for s in sentences(to_traditional(fact.zh))]
    assert len(found) > 3_500
    assert [s.text for s in found if s.act in ("refuses", "lacks")] == []


def test_no_sentence_in_a_writers_own_words_about_the_law_is_read_as_declining():
    lines = [line for path in PAIRS for line in path.read_text(encoding="utf-8").splitlines()]
    said = [json.loads(line)["text"] for line in lines]
    assert len(said) > 1_500
    assert [text for text in said if act_of(text) != "claims"] == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_text_of_our_own_answers_tells_the_standing_that_they_have(path: Path):
    _, told, text = path.read_text(encoding="utf-8").split("\n\n", 2)
    standing = re.search(r": (answered|partly|declined)", told)
    assert standing
    assert standing_of(sentences(text.partition("\n## ")[0])) == standing[1]


@pytest.mark.parametrize(
    ("sentence", "act"),
    [
        ("建议咨询外汇局。", "talks"),
        ("请向注册地外汇局办理登记。", "claims"),
        ("仅供参考，不构成法律意见。", "talks"),
        ("请问贵公司是否为金融机构？", "talks"),
        ("以下是主要规定：", "talks"),
        ("如需帮助，请随时联系我。", "talks"),
        ("企业应当以登记为准办理汇出。", "claims"),
        ("I can't stress enough that the filing comes first.", "claims"),
        ("Please contact SAFE.", "talks"),
        ("The firm should seek approval from the NDRC.", "claims"),
        ("If I cannot show the contract, the bank refuses.", "claims"),
    ],
)
def test_a_sentence_that_only_talks_claims_nothing(sentence: str, act: str):
    assert act_of(sentence) == act


def test_marks_belong_to_the_sentence_whether_before_or_behind_its_stop():
    found = list(
        sentences(
            "上限为30%。[1] 须先登记[2][5]。到银行办理【3】。期限五年[1-3]，见汇发[2025]43号。"
        )
    )
    assert [s.numbers for s in found] == [(1,), (2, 5), (3,), (1, 2, 3)]
    assert found[1].text == "须先登记。"
    assert "[2025]43号" in found[3].text


def test_layout_headings_and_the_list_of_sources_are_no_sentences():
    answer = (
        "## 结论\n**可以。** 企业可办理境外放款。[1]\n\n- 上限为30%。[2]\n---\n"
        "| 项目 | 上限 |\n|---|---|\n| 放款 | 30% |\n\n参考文献：\n[1] 汇发〔2009〕24号\n"
    )
    assert [s.text for s in sentences(answer)] == [
        "可以。",
        "企业可办理境外放款。",
        "上限为30%。",
        "放款；30%",
    ]


def test_a_list_of_sources_is_known_by_its_numbers_whatever_stands_above_it():
    answer = (
        "须先登记。[1]\n\n**引用的2份文件**\n\n- [1] 某通知 · 2025-07-02 · <http://a.example/1>\n"
        "[2]: 另一通知, http://b.example/10100\n"
    )
    assert [s.text for s in sentences(answer)] == ["须先登记。"]
    assert [line.strip("- ")[:3] for line in source_lines(answer)] == ["[1]", "[2]"]
    assert not list(source_lines("1. 先登记。[1]\n2. 再备案。[2]\n[2025]43号规定了上限。"))


def test_an_english_answer_is_cut_at_its_stops_and_not_within_numbers():
    found = list(
        sentences("The cap is 0.8 times net assets (Huifa [2014] No. 37). It is filed. [4]")
    )
    assert [s.text for s in found] == [
        "The cap is 0.8 times net assets (Huifa [2014] No. 37).",
        "It is filed.",
    ]
    assert found[1] == Sentence("It is filed.", (4,), "claims")


def test_a_sentence_that_turns_is_two():
    found = list(sentences("我不知道利率，但登记须在银行办理。"))
    assert [s.act for s in found] == ["lacks", "claims"]


def test_a_refusal_that_goes_on_for_long_is_an_answer_in_part():
    reasons = "".join(f"第{n}项规定要求登记。" for n in range(1, 6))
    assert standing_of(sentences(f"我不能保证合法。{reasons}")) == "partly"


def test_an_empty_answer_declines():
    assert standing_of(sentences("")) == "declined"
