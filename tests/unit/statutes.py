"""Made-up statutes whose article boundaries are known, as readers of files hand them on.

Nothing in them is a rule: the sentences are filled from short lists of phrases.
"""

from __future__ import annotations

import random
from typing import Literal, NamedTuple

from opencc import OpenCC

from knowledge.documents.reading.reading import Reading, TextBlock

Script = Literal["zh-Hans", "zh-Hant", "en"]
Layout = Literal["paragraphs", "wrapped", "lines", "pages"]
LAYOUTS: tuple[Layout, ...] = ("paragraphs", "wrapped", "lines", "pages")
"""One block a paragraph; the same with line breaks kept; one block a line; one block a page."""

_DIGITS = "零一二三四五六七八九"
_WHO = ["境内企业", "银行", "非银行支付机构", "所在地主管部门", "主办企业", "境外成员企业"]
_WHAT = [
    "提交书面申请",
    "留存交易单证五年",
    "按月报送数据",
    "核对交易背景",
    "办理登记手续",
    "开立专用账户",
]
_WHEN = ["在办理业务前", "自受理之日起二十个工作日内", "发生变更的", "经评估后", "在额度内"]
_EN_WHO = ["An authorized institution", "A licensee", "The Authority", "A designated person"]
_EN_WHAT = [
    "must keep a record of the transaction for 5 years",
    "may apply for a licence in the specified form",
    "must notify the Authority in writing within 7 days",
    "must not carry on the business without a licence",
]
_EN_HEADS = ["Interpretation", "Application for licence", "Duty to keep records", "Offences"]
_EN_HEADS += ["Revocation of licence", "Power to make rules", "Appeals", "Fees payable"]


class Known(NamedTuple):
    """An article as it was written: where its first and last character stand."""

    name: str
    start: int
    end: int


class Statute(NamedTuple):
    """A made-up statute and what is known of it."""

    reading: Reading
    articles: tuple[Known, ...]


class _Paragraph(NamedTuple):
    text: str
    article: str | None


def han(value: int) -> str:
    """Write a number below 1000 as articles are numbered."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{_DIGITS[tens]}十" if tens > 1 or hundreds else "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def statute(script: Script, layout: Layout, articles: int, seed: int) -> Statute:
    """Make a statute with noise: references at line heads, blanks in numbers, running heads."""
    luck = random.Random(seed)
    paragraphs = _english(luck, articles) if script == "en" else _chinese(luck, articles)
    if script == "zh-Hant":
        convert = OpenCC("s2t").convert
        paragraphs = [
            _Paragraph(convert(each.text), each.article and convert(each.article))
            for each in paragraphs
        ]
    width = 88 if script == "en" else 30
    head = paragraphs[0].text
    return _laid_out(paragraphs, layout, width, head)


def _chinese(luck: random.Random, articles: int) -> list[_Paragraph]:
    found = [_Paragraph("跨境资金管理试行办法", None), _Paragraph("目　录", None)]
    chapters = max(2, articles // 20)
    names = ["总则", "账户管理", "额度管理", "业务办理", "数据报送", "监督管理", "法律责任", "附则"]
    heads = [f"第{han(at + 1)}章　{names[at % len(names)]}" for at in range(chapters)]
    found += [_Paragraph(head, None) for head in heads]
    for number in range(1, articles + 1):
        if (number - 1) % 20 == 0 and (number - 1) // 20 < chapters:
            found.append(_Paragraph(heads[(number - 1) // 20], None))
        name = f"第{han(number)}条"
        written = luck.choice([name, name, name, f"第 {han(number)} 条"])
        gap = luck.choice(["　", "　", " ", "  "])
        lines = [f"{written}{gap}{_chinese_sentence(luck, articles)}"]
        kind = luck.random()
        if kind < 0.25:
            lines = [f"{written}{gap}{luck.choice(_WHO)}申请时应当提交下列材料："]
            lines += [
                f"（{han(item)}）{luck.choice(_WHAT)}的说明；"
                for item in range(1, luck.randint(3, 6))
            ]
            lines[-1] = lines[-1][:-1] + "。"
        elif kind < 0.5:
            lines += [_chinese_sentence(luck, articles) for _ in range(luck.randint(1, 3))]
        elif kind < 0.55:
            lines = [f"{written}", _chinese_sentence(luck, articles)]
        found += [_Paragraph(line, name) for line in lines]
        if luck.random() < 0.02:
            more = f"第{han(number)}条之一"
            found.append(_Paragraph(f"{more}　{_chinese_sentence(luck, articles)}", more))
    return found


def _chinese_sentence(luck: random.Random, articles: int) -> str:
    clauses = [f"{luck.choice(_WHO)}{luck.choice(_WHEN)}，应当{luck.choice(_WHAT)}。"]
    for _ in range(luck.randint(0, 3)):
        other = han(luck.randint(1, articles))
        clauses.append(
            luck.choice([
                f"依照本办法第{other}条规定办理的，不受前款限制。",
                f"违反第{other}条、第{other}条第二款的，由主管部门责令改正。",
                f"{luck.choice(_WHO)}适用第{other}条的，应当{luck.choice(_WHAT)}。",
                f"{luck.choice(_WHO)}{luck.choice(_WHEN)}，可以{luck.choice(_WHAT)}。",
            ])
        )  # fmt: skip
    return "".join(clauses)


def _english(luck: random.Random, articles: int) -> list[_Paragraph]:
    found = [_Paragraph("Cross-border Funds Ordinance", None), _Paragraph("Contents", None)]
    names = [f"{luck.choice(_EN_HEADS)}" for _ in range(articles)]
    labels = []
    number, letter = 0, 0
    for _ in range(articles):
        if number and luck.random() < 0.04 and letter < 3:
            letter += 1
        else:
            number, letter = number + 1, 0
        labels.append(f"{number}{'ABC'[letter - 1] if letter else ''}")
    found += [_Paragraph(f"{a}. {b}", None) for a, b in zip(labels, names, strict=True)]
    for at, (label, name) in enumerate(zip(labels, names, strict=True)):
        if at % 25 == 0:
            found += [_Paragraph(f"Part {at // 25 + 1}", None), _Paragraph("General Matters", None)]
        if at % 25 == 12:
            found.append(_Paragraph(f"Division {at // 25 + 1}—Further Provisions", None))
        lines = [f"{label}. {name}"]
        subsections = luck.randint(0, 4)
        if not subsections:
            lines.append(_english_sentence(luck, articles))
        for count in range(1, subsections + 1):
            if luck.random() < 0.3:
                lines.append(f"({count}) A person commits an offence if the person—")
                lines += ["(a) contravenes a requirement; or", "(b) gives false information."]
            else:
                lines.append(f"({count}) {_english_sentence(luck, articles)}")
        found += [_Paragraph(line, f"Section {label}") for line in lines]
    return found


def _english_sentence(luck: random.Random, articles: int) -> str:
    said = [f"{luck.choice(_EN_WHO)} {luck.choice(_EN_WHAT)}."]
    for _ in range(luck.randint(0, 3)):
        other = luck.randint(1, articles)
        said.append(
            luck.choice([
                f"Subject to section {other}({luck.randint(1, 4)}), {luck.choice(_EN_WHO).lower()} "
                f"{luck.choice(_EN_WHAT)} in accordance with Part {other % 7 + 1} or Schedule 1.",
                f"In this Ordinance, a reference to section {other} includes section "
                f"{other + 1}. Nothing in Division 2 of Part 3 affects it.",
                f"{luck.choice(_EN_WHO)} {luck.choice(_EN_WHAT)}.",
            ])
        )  # fmt: skip
    return " ".join(said)


def _laid_out(paragraphs: list[_Paragraph], layout: Layout, width: int, head: str) -> Statute:
    rows: list[tuple[str, int]] = []  # line, number of its paragraph
    for number, paragraph in enumerate(paragraphs):
        lines = [paragraph.text] if layout == "paragraphs" else _wrapped(paragraph.text, width)
        rows += [(line, number) for line in lines]
    per_page = 36
    blocks: list[TextBlock] = []
    spans: dict[int, tuple[int, int]] = {}
    at = 0
    gathered: list[str] = []
    page = 1

    def flush() -> None:
        nonlocal gathered
        if gathered:
            blocks.append(TextBlock(kind="paragraph", text="\n".join(gathered), page=page))
            gathered = []

    last = None
    for place, (line, number) in enumerate(rows):
        if place and place % per_page == 0:
            flush()
            for noise in (f"- {page} -", head):
                blocks.append(TextBlock(kind="paragraph", text=noise, page=page))
                at += len(noise) + 1
            page += 1
        elif layout in ("paragraphs", "lines") or (layout == "wrapped" and number != last):
            flush()
        gathered.append(line)
        start, _ = spans.get(number, (at, at))
        spans[number] = (start, at + len(line))
        at += len(line) + 1
        last = number
    flush()
    known: dict[str, tuple[int, int]] = {}
    for number, paragraph in enumerate(paragraphs):
        if paragraph.article:
            start, _ = known.get(paragraph.article, spans[number])
            known[paragraph.article] = (start, spans[number][1])
    reading = Reading(format="pdf", blocks=tuple(blocks), pages=page)
    return Statute(reading, tuple(Known(name, *span) for name, span in known.items()))


def _wrapped(text: str, width: int) -> list[str]:
    if not text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)]
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
