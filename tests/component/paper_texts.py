"""Small papers that tests add: real words, made up for them."""

from __future__ import annotations

from pathlib import Path

MANUAL = """# 资金管理手册

## 第一章 境外放款

第一条 境外放款由财务部申请，经总经理批准后办理登记。

第二条 境外放款余额不得超过上年末净资产的百分之三十。

## 第二章 跨境支付

第三条 服务贸易付汇单笔超过五万美元的，付款前办理税务备案。
"""
PRODUCT_SHEET = """# Cash pooling product sheet

## 1. Fees

The bank charges 0.05% of the balance swept every month.

## 2. Cut-off

Sweeps run at 17:30 Hong Kong time on every business day.
"""


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file, its folders too."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
