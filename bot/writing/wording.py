"""The engine's own words in both languages: headings, labels, notices. Facts are never worded here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.language import Lang, localise
from bot.writing.draft import BlockKind
from knowledge.card import Bilingual
from knowledge.route import Side


def _both(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)


HEADINGS: Mapping[BlockKind, Bilingual] = {
    "conditions": _both("条件与限额", "Conditions and limits"),
    "procedure": _both("手续与时间", "Procedure and timing"),
    "note": _both("请留意", "Please note"),
    "missing": _both("资料未载明", "Not in the corpus"),
    "own-papers": _both("自有资料（不是法规）", "From your own documents (not law)"),
    "official-text": _both("官方原文", "From the official text"),
}
DELETED = _both("这里引用的资料已被删除。", "The document quoted here was deleted.")
SIDE_HEADINGS: Mapping[str, Bilingual] = {
    "mainland": _both("内地一侧", "On the mainland side"),
    "shanghai": _both("上海一侧", "On the Shanghai side"),
    "hongkong": _both("香港一侧", "On the Hong Kong side"),
}
SIDES: Mapping[Side, Bilingual] = {
    "mainland": _both("内地", "Mainland"),
    "shanghai": _both("上海", "Shanghai"),
    "hongkong": _both("香港", "Hong Kong"),
    "destination": _both("目的地", "Destination"),
}
CURRENCIES: Mapping[str, Bilingual] = {
    "CNY": _both("人民币", "CNY"),
    "USD": _both("美元", "USD"),
    "HKD": _both("港元", "HKD"),
    "EUR": _both("欧元", "EUR"),
    "local": _both("当地货币", "local currency"),
}
PARTIES: Mapping[str, Bilingual] = {
    "mainland_parent": _both("内地母公司", "mainland parent"),
    "mainland_subsidiary": _both("内地子公司", "mainland subsidiary"),
    "shanghai_ft_account": _both("上海自由贸易账户", "Shanghai FT account"),
    "shanghai_bank": _both("上海的银行", "bank in Shanghai"),
    "hk_company": _both("香港公司", "Hong Kong company"),
    "hk_treasury_centre": _both("香港财资中心", "Hong Kong treasury centre"),
    "hk_bank": _both("香港的银行", "bank in Hong Kong"),
    "hk_market": _both("香港市场", "Hong Kong market"),
    "overseas_subsidiary": _both("境外子公司", "overseas subsidiary"),
    "overseas_supplier": _both("境外供应商", "overseas supplier"),
    "overseas_customer": _both("境外客户", "overseas customer"),
    "insurer": _both("保险公司", "insurer"),
    "cips": _both("CIPS", "CIPS"),
    "offshore_lender": _both("境外贷款人", "offshore lender"),
}

PAPERS_FAILED = _both(
    "自有资料和官方原文暂时无法检索，本回答没有查阅它们。",
    "Your documents and the official texts could not be searched; this answer does without them.",
)

_FAULTS: Mapping[str, Bilingual] = {
    "timeout": _both("没有在限定时间内回答", "did not answer in time"),
    "unauthorised": _both("拒绝了访问密钥", "refused the access key"),
    "rate-limited": _both("请求过多，暂不受理", "takes no more requests for now"),
    "refused-request": _both("不接受这次请求", "did not accept the request"),
    "server-error": _both("出现内部错误", "had an internal error"),
    "unreachable": _both("无法连接", "could not be reached"),
    "malformed": _both("返回的内容无法读取", "sent what cannot be read"),
    "cut-off": _both("在回答中途断开", "broke off in the middle"),
    "endless": _both("没有停止输出", "did not come to an end"),
    "empty": _both("没有给出可用的内容", "gave nothing of use"),
    "busy": _both("正忙", "is busy"),
    "resting": _both("连续出错，暂停使用", "failed repeatedly and rests"),
}
_UNCONFIRMED = _both("写的内容没有一句通过核对", "wrote nothing that the check confirms")


def word_fault(fault: str | None, lang: Lang) -> str:
    """Say that a language model did not word the answer, and why; None = nothing was confirmed."""
    why = _FAULTS.get(fault, _UNCONFIRMED) if fault else _UNCONFIRMED
    return localise(
        _both(
            f"语言模型{why.zh}；回答已由收录的资料补全。",
            f"The language model {why.en}; the answer is completed from the corpus.",
        ),
        lang,
    )
