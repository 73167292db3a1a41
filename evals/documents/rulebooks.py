"""Rulebooks by the hundred, for timing: invented articles in both languages, none like another."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

ARTICLES = 20
"""Of each rulebook, in chapters of five."""
_DIGITS = "零一二三四五六七八九"
_TOPICS = (
    ("账户", "accounts"), ("额度", "quotas"), ("备案", "filings"), ("担保", "guarantees"),
    ("汇兑", "conversion"), ("托管", "custody"), ("结算", "settlement"), ("租赁", "leasing"),
    ("票据", "bills"), ("仓单", "warehouse receipts"),
)  # fmt: skip
_ZH = (
    "办理{a}业务的企业应当在{n}个工作日内提交材料，材料不齐的，受理机构应当一次告知需要补正的内容。",
    "{a}余额不得超过上年末净资产的百分之{n}，超过部分应当在{m}日内调减，并书面说明原因。",
    "银行应当对{a}的真实性进行审核，每季度抽查的笔数不少于总笔数的百分之{n}。",
    "与{a}有关的凭证应当保存{m}年，电子凭证与纸质凭证具有同等效力。",
    "发生变更的，应当自变更之日起{n}日内办理{a}变更手续；逾期未办理的，暂停受理新的申请。",
    "单笔金额在{m}万元以下的{a}事项，可以凭企业指令直接办理，事后{n}日内补交单证。",
    "违反{a}管理要求的，责令限期改正；情节严重的，处{m}万元以下罚款，{n}个月内不得再次申请。",
    "集团成员之间的{a}往来可以轧差，轧差周期不超过{n}日，原始明细应当逐笔留存备查。",
)
_EN = (
    "A firm that uses {a} must submit its papers within {n} business days; if any are missing, the"
    " office must say at once which.",
    "The balance of {a} must not exceed {n} per cent of net assets at the last year-end, and any"
    " excess must be run down within {m} days.",
    "The bank must check that {a} are genuine and must sample at least {n} per cent of them each"
    " quarter.",
    "Records of {a} must be kept for {m} years, on paper or in electronic form.",
    "A change must be reported within {n} days; until then no further request on {a} is accepted.",
    "For {a} of less than {m} thousand crowns the firm's instruction is enough, and documents"
    " follow within {n} days.",
    "A breach of the rules on {a} is punished with a fine of up to {m} thousand crowns and a bar of"
    " {n} months.",
    "Members of a group may net {a} every {n} days, and must keep the details of each item.",
)


def write_rulebooks(folder: Path, files: int, seed: int) -> list[Path]:
    """Write so many rulebooks, Chinese as Markdown and English as text by turns."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(files):
        chinese = number % 2 == 0
        path = folder / f"rulebook-{number:03}.{'md' if chinese else 'txt'}"
        draw = random.Random(f"{seed} {number}")
        lines = _zh(number, draw) if chinese else _en(number, draw)
        path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
        made.append(path)
    return made


def change_paragraphs(path: Path, count: int, seed: int) -> None:
    """Add a sentence to so many articles of a rulebook."""
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    chinese = path.suffix == ".md"
    articles = [
        at
        for at, text in enumerate(paragraphs)
        if text.startswith("第" if chinese else "Article") and len(text) > 40
    ]
    for at in random.Random(seed).sample(articles, count):
        more = "特殊情形可以延期一次。" if chinese else " One extension may be granted."
        paragraphs[at] = paragraphs[at].rstrip("\n") + more
    path.write_text("\n\n".join(paragraphs), encoding="utf-8")


def _zh(number: int, draw: random.Random) -> Iterator[str]:
    place = "甲乙丙丁戊己庚辛壬癸"[number // 2 % 10] + "港"
    yield f"# {place}第{number + 1}号业务规则（虚构，供测试）"
    for article in range(1, ARTICLES + 1):
        topic = _TOPICS[(number + article) % len(_TOPICS)][0]
        if article % 5 == 1:
            yield f"## 第{_DIGITS[article // 5 + 1]}章 {topic}管理"
        sentences = draw.sample(_ZH, draw.randrange(2, 5))
        text = "".join(_filled(sentence, topic, draw) for sentence in sentences)
        yield f"第{_han(article)}条 {text}"


def _en(number: int, draw: random.Random) -> Iterator[str]:
    yield f"Rulebook {number + 1} of the Port of Sedgemoor (invented, for testing)"
    for article in range(1, ARTICLES + 1):
        topic = _TOPICS[(number + article) % len(_TOPICS)][1]
        if article % 5 == 1:
            yield f"Chapter {article // 5 + 1} Rules on {topic}"
        sentences = draw.sample(_EN, draw.randrange(2, 5))
        text = " ".join(_filled(sentence, topic, draw) for sentence in sentences)
        yield f"Article {article} {text}"


def _filled(sentence: str, topic: str, draw: random.Random) -> str:
    return sentence.format(a=topic, n=draw.randrange(2, 90), m=draw.randrange(3, 900))


def _han(value: int) -> str:
    tens, ones = divmod(value, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")
