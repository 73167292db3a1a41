"""The two workbooks of the collection."""

from __future__ import annotations

from evals.documents.office import Sheet

RATES = (
    Sheet(
        "贷款",
        "枫桥商业银行企业贷款利率表（虚构，供测试）",
        ("类别", "品种", "一年期利率", "三年期利率", "最高额度"),
        (
            ("流动资金", "青禾周转贷", "3.45%", "3.85%", "800万元"),
            (None, "云帆订单贷", "3.60%", "4.05%", "1500万元"),
            (None, "星火科创贷", "3.20%", "3.55%", "2000万元"),
            ("固定资产", "磐石厂房贷", "3.75%", "4.10%", "6000万元"),
            (None, "巨轮设备贷", "3.70%", "4.00%", "4500万元"),
        ),
    ),
    Sheet(
        "贴现",
        "票据贴现报价（虚构，供测试）",
        ("承兑人", "票据种类", "六个月贴现率", "一年贴现率"),
        (
            ("国有银行", "银承甲类", "1.28%", "1.41%"),
            ("股份制银行", "银承乙类", "1.36%", "1.52%"),
            ("城市商业银行", "银承丙类", "1.55%", "1.78%"),
            ("大型企业", "商承甲类", "2.10%", "2.46%"),
        ),
    ),
    Sheet(
        "外币存款",
        "外币定期存款利率（虚构，供测试）",
        ("币种", "起存金额", "三个月", "六个月", "十二个月"),
        (
            ("美元", "5000", "3.10%", "3.30%", "3.25%"),
            ("欧元", "4000", "1.45%", "1.60%", "1.70%"),
            ("澳元", "8000", "2.95%", "3.05%", "3.00%"),
        ),
    ),
)
FEES = (
    Sheet(
        "Custody",
        "Kingfisher Trust custody tariff (invented, for testing)",
        ("Region", "Market", "Safekeeping fee (bp)", "Fee per settlement"),
        (
            ("Northern", "Varland", 1.75, "22 crowns"),
            (None, "Ostmark Isles", 2.4, "31 crowns"),
            ("Southern", "Tidehaven", 0.9, "12 crowns"),
            (None, "Cape Solace", 6.25, "58 crowns"),
        ),
    ),
    Sheet(
        "Cards",
        "Corporate cards (invented, for testing)",
        ("Card", "Yearly fee", "Foreign currency surcharge", "Monthly limit"),
        (
            ("Heron Card", "45 crowns", "1.90%", "12,000 crowns"),
            ("Osprey Card", "160 crowns", "1.25%", "55,000 crowns"),
            ("Albatross Card", "520 crowns", "none", "240,000 crowns"),
        ),
    ),
    Sheet(
        "Cash",
        "Cash services (invented, for testing)",
        ("Service", "Charge", "Notice needed"),
        (
            ("Night safe wallet", "8 crowns", "none"),
            ("Coin rolls delivery", "14 crowns", "2 days"),
            ("Armoured pickup", "95 crowns", "1 day"),
        ),
    ),
)
