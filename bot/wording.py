"""The engine's own words in both languages: headings, labels, notices. Facts are never worded here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.draft import BlockKind
from knowledge.card import Bilingual
from knowledge.route import Side


def _both(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)


HEADINGS: Mapping[BlockKind, Bilingual] = {
    "conditions": _both("条件与限额", "Conditions and limits"),
    "procedure": _both("手续与时间", "Procedure and timing"),
    "note": _both("请留意", "Please note"),
    "missing": _both("资料未载明", "Not in the corpus"),
}
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
