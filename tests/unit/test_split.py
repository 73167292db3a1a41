"""Papers are cut at their own articles, and no word is lost, cut from its number or put elsewhere."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents.reading.reading import Box, Reading, Spot, TextBlock
from knowledge.documents.splitting.contents import contents_lines
from knowledge.documents.splitting.lines import lines_of
from knowledge.documents.splitting.sentences import LONGEST, sentences, units
from knowledge.documents.splitting.split import split
from tests.unit.readings import reading
from tests.unit.statutes import LAYOUTS, Known, Layout, Script, Statute, statute


def cited(text: str, **options: object) -> list[str | None]:
    """What the parts of a text are cited by."""
    return [part.article for part in split(reading(text, **options))]  # type: ignore[arg-type]


LONG = "银行应当对交易背景进行审核并留存单证。"

CITED = [
    # articles of the Mainland
    ("第一条 甲。\n第二条 乙。", ["第一条", "第二条"]),
    ("第一条　甲。\n第二条　乙。", ["第一条", "第二条"]),
    ("第 一 条 甲。\n第 二 条 乙。", ["第一条", "第二条"]),
    ("第１条　甲。\n第２条　乙。", ["第1条", "第2条"]),
    ("第1条 甲。\n第2条 乙。", ["第1条", "第2条"]),
    ("第一條 甲。\n第二條 乙。", ["第一條", "第二條"]),
    ("第一条甲公司应当申报。\n第二条中国人民银行监管。", ["第一条", "第二条"]),
    ("第一条【目的】甲。\n第二条（定义）乙。", ["第一条", "第二条"]),
    ("第一条\n甲。\n第二条\n乙。", ["第一条", "第二条"]),
    ("第九十九条 甲。\n第一百条 乙。\n第一百零一条 丙。", ["第九十九条", "第一百条", "第一百零一条"]),
    ("第五条 甲。\n第五条之一 乙。\n第六条 丙。", ["第五条", "第五条之一", "第六条"]),
    ("第一百零五条 甲。\n第一百零五条之一 乙。\n第一百零五条之二 丙。\n第一百零六条 丁。",
     ["第一百零五条", "第一百零五条之一", "第一百零五条之二", "第一百零六条"]),
    # paragraphs and items stay with their article
    ("第一条 甲：\n（一）子；\n（二）丑。\n乙。\n第二条 丙。", ["第一条", "第二条"]),
    ("第一条 甲：\n1．子；\n2．丑。\n第二条 丙。", ["第一条", "第二条"]),
    # references never start an article
    ("第一条 甲。\n第二条 依照本办法\n第十二条规定办理的除外。\n第三条 丙。", ["第一条", "第二条", "第三条"]),
    ("第一条 甲。\n第二条 违反\n第三条、第四条的，处罚。\n第三条 丙。", ["第一条", "第二条", "第三条"]),
    ("第一条 甲。\n第二条 乙。\n第一条第二款规定的除外。\n第三条 丙。", ["第一条", "第二条", "第三条"]),
    ("第一条 甲。\n第二条 适用本办法\n第三条 的规定。\n第三条 丙。", ["第一条", "第二条", "第三条"]),
    ("第一条 甲。\n第二条 乙。\n第三条所称银行，是指商业银行，其他依照第二条\n第三条 丙。", ["第一条", "第二条", "第三条"]),
    ("一、将第三条修改为：“第三条 银行应当审核。”\n二、删去第四条。", ["一", "二"]),
    ("一、增加一条，作为第五条：\n“第五条 银行应当审核。\n第六条 银行应当报告。”\n二、本决定自公布之日起施行。", ["一", "二"]),
    # two articles that a reader has joined
    ("第一条 甲。 第二条 乙。\n第三条 丙。", ["第一条", "第二条", "第三条"]),
    ("第一条 甲。第二条 乙。第三条 丙，见第一条 。", ["第一条", "第二条", "第三条"]),
    # gaps of an excerpt, slips of the pen
    ("第三条 甲。\n第七条 乙。\n第二十条 丙。", ["第三条", "第七条", "第二十条"]),
    # notices
    ("一、甲应当申报。\n二、乙应当登记。\n三、自印发之日起施行。", ["一", "二", "三"]),
    ("一、总体要求\n（一）扩大试点。甲。\n（二）优化流程。乙。\n二、保障措施\n（一）加强组织。丙。",
     ["一（一）", "一（二）", "二（一）"]),
    ("一、甲应当提交：\n（一）子；\n（二）丑。\n二、乙。", ["一", "二"]),
    ("一、总体要求\n（一）扩大试点\n1．甲银行可以办理。\n2．乙银行可以办理。\n（二）优化。\n二、丙。", ["一（一）1", "一（一）2", "一（二）", "二"]),
    # annexes
    ("第一条 甲。\n附件1\n登记表\n第一条 填表说明。\n附件2：名单\n甲公司",
     ["第一条", "附件1第一条", "附件2"]),
    ("一、甲。\n附件：1．登记表\n2．名单\n国家外汇管理局\n2025年3月1日", ["一", None]),
    ("一、甲。\n附件\n跨境资金管理办法\n第一条 乙。\n第二条 丙。", ["一", "第一条", "第二条"]),
    ("第5條 釋義\n甲。\n附表1\n費用\n1. 申請費\n乙。", ["第5條", "附表1第1段"]),
    # ordinances of Hong Kong
    ("# Part 1\n1. Short title\nThis Ordinance may be cited as X.\n2. Interpretation\n(1) In this Ordinance—\nbank means a bank.\n(2) A reference to section 1 is a reference.\n2A. Exemption\n(1) No.",
     ["Section 1", "Section 2", "Section 2A"]),
    ("Part 1\nPreliminary\n1. Short title\nThis Ordinance is X.\n2. Fees\n(1) Under section\n5. It applies.\nSchedule 1\n[s. 2]\nFees\n1. Application fee\nThe fee.\n2. Annual fee\nThe fee.",
     ["Section 1", "Section 2", "Schedule 1", "Schedule 1, paragraph 1", "Schedule 1, paragraph 2"]),
    ("第1部\n導言\n1. 簡稱\n本條例可引稱為《支付條例》。\n2. 釋義\n(1) 在本條例中，銀行指認可機構。\n(2) 乙。\n2A. 豁免\n(1) 丙。\n附表1\n費用\n1. 申請費\n丁。",
     ["第1條", "第2條", "第2A條", "附表1第1段"]),
    ("Article 1 These Measures are made.\nArticle 2 In accordance with\nArticle 12 of the Law, banks report.\nArticle 3 Banks report.", ["Article 1", "Article 2", "Article 3"]),
    ("Section 1 Purpose\nThis policy applies.\nSection 2 Scope\nSection 1 applies to staff.\nSection 2(1) too.", ["Section 1", "Section 2"]),
    ("Part 1\nGeneral\n1. Fees\n(1) In this Ordinance, a bank that carries on a business in accordance with Part 3 or\nSchedule 1. Subject to section 7(1), the bank must keep\nrecords.\n2. Records\n(1) Keep.", ["Section 1", "Section 2"]),
    # guidelines and circulars
    ("1. Introduction\n1.1 This guideline applies.\n1.2 Banks should report.\n2. Records\n2.1 Keep them.", ["1.1", "1.2", "2.1"]),
    ("1. Introduction\n1.1 Banks should:\n1.1.1 report;\n1.1.2 record.\n1.2 Next.", ["1.1", "1.2"]),
    ("1. Introduction\n1.1 Scope\n1.1.1 This applies.\n1.1.2 That applies.\n1.2 Terms\n1.2.1 A bank is a bank.", ["1.1.1", "1.1.2", "1.2.1"]),
    ("1. This circular is issued today.\n2. Banks should report to us.\n3. Questions go to us.", ["1", "2", "3"]),
    ("1. Scope\nThis applies to staff.\n2. Rules\nThe rules are:\n(a) one;\n(b) two.", ["1", "2"]),
    ("1 目的\n1.1 为规范管理，制定本制度。\n2 范围\n2.1 适用于各部门。", ["1.1", "2.1"]),
    ("3.1 The rate is 3.5 per cent, or about\n3.5 billion dollars.\n3.2 Next rule here.", ["3.1", "3.2"]),
    ("3.1 The bank should do the following:\n1. check identity;\n2. keep records;\n3. report.\n3.2 Next rule.", ["3.1", "3.2"]),
    ("三、风险\n1．市场风险。利率波动。\n2．流动性风险。不可支取。\n四、费用\n无。", ["三、1", "三、2", "四"]),
    # questions and answers
    ("Q1. What is the limit?\nTen million.\nQ2. Who may apply?\nAny company.", ["Q1", "Q2"]),
    ("问题一：如何申请？\n向银行申请。\n问题二：多久？\n十日。", ["问题一", "问题二"]),
    # excerpts, signatures
    ("第二条 甲。\n第八章　附则\n第五十二条　乙：\n（一）丙；\n第五十四条　丁。", ["第二条", "第五十二条", "第五十四条"]),
    ("第四條 釋義\n甲。\n第5条适用。\n第五條 費用\n乙。", ["第四條", "第五條"]),
    ("第三条 争议\n双方协商。\n甲方（盖章）：\n乙方（盖章）：\n日期：2025年3月1日", ["第三条", None]),
    # plain headings
    ("# Policy\nIt applies.\n## Limits\nTen million.\n## Approval\nThe board approves.", [None, None, None]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CITED, ids=[text[:40] for text, _ in CITED])
def test_a_paper_is_cut_at_its_articles(text: str, expected: list[str | None]) -> None:
    assert cited(text) == expected


def test_the_headings_above_an_article_are_its_path() -> None:
    parts = split(
        reading(
            "第一编 总则\n第一章 一般规定\n第一条 甲。\n第二章 额度\n第一节 核定\n第二条 乙。\n第二编\n分则\n第三条 丙。"
        )
    )
    assert [part.path for part in parts] == [
        ("第一编 总则", "第一章 一般规定"),
        ("第一编 总则", "第二章 额度", "第一节 核定"),
        ("第二编 分则",),
    ]


def test_parts_divisions_and_subdivisions_nest() -> None:
    parts = split(
        reading(
            "This Ordinance\nPART 4\nLICENSING\nDivision 1—General\nSubdivision 2—Fees\n5. Fee\n"
            "(1) A fee.\nDivision 2—Appeals\n6. Appeal\n(1) An appeal.\nPart 4A\nRecords\n"
            "7. Records\n(1) Keep."
        )
    )
    assert [part.path for part in parts if part.article] == [
        ("PART 4 LICENSING", "Division 1—General", "Subdivision 2—Fees"),
        ("PART 4 LICENSING", "Division 2—Appeals"),
        ("Part 4A Records",),
    ]


def test_headings_of_a_word_or_markdown_file_nest_by_level() -> None:
    parts = split(reading("# Manual\nIntro.\n## Payments\n### Limits\nTen.\n## Funds\nNine."))
    assert [(part.path, part.text) for part in parts] == [
        (("Manual",), "Intro."),
        (("Manual", "Payments", "Limits"), "Ten."),
        (("Manual", "Funds"), "Nine."),
    ]


def test_a_heading_with_nothing_under_it_is_not_lost() -> None:
    parts = split(reading("# Manual\n## Reserved\n## Funds\nNine."))
    assert "Reserved" in [part.text for part in parts]


def test_a_running_head_does_not_open_its_chapter_again() -> None:
    text = "第二章 额度管理\n第三条 银行应当\n---\n第二章 额度管理\n审核资料。\n第四条 乙。"
    parts = split(reading(text, page=1))
    assert [(part.article, part.path) for part in parts] == [
        ("第三条", ("第二章 额度管理",)),
        ("第四条", ("第二章 额度管理",)),
    ]
    assert parts[0].text.endswith("审核资料。")
    assert (parts[0].first_page, parts[0].last_page) == (1, 2)


CONTENTS = [
    "目　录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。",
    "目录\n第一章 总则……………1\n第二章 附则……………3\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。",
    "目 錄\n第一章 總則 1\n第二章 附則 3\n第一章 總則\n第一條 甲。\n第二章 附則\n第二條 乙。",
    "Contents\n1. Introduction ........ 1\n1.1 Scope ........ 1\n2. Rules ........ 9\n1. Introduction\n"
    "1.1 This applies to all.\n2. Rules\n2.1 Keep records.",
    "Arrangement of Sections\nPart 1\nPreliminary\n1. Short title\n2. Interpretation\nPart 1\n"
    "Preliminary\n1. Short title\nThis Ordinance is X.\n2. Interpretation\n(1) In this Ordinance, y.",
    "Chapter one ........ 1\nChapter two ........ 4\nChapter three ........ 7\nAnnexes ........ 9\n"
    "1. Introduction\n1.1 This applies to all.\n2. Rules\n2.1 Keep records.",
]


@pytest.mark.parametrize("text", CONTENTS, ids=[text[:20] for text in CONTENTS])
def test_a_table_of_contents_makes_no_part(text: str) -> None:
    parts = split(reading(text))
    assert len(parts) == 2
    assert all(part.article for part in parts)


def test_a_paragraph_that_goes_on_overleaf_is_one_paragraph() -> None:
    first = LONG * 8 + "境内企业应当在办理业务前"
    text = f"第一条 {first}\n---\n向银行提交申请。\n{LONG * 16}\n第二条 乙。"
    parts = [part for part in split(reading(text, page=1)) if part.article != "第二条"]
    assert [part.article for part in parts] == ["第一条第一款", "第一条第二款"]
    assert "办理业务前\n向银行" in parts[0].text


NAMES = [
    (f"第二条 {LONG * 14}\n{LONG * 14}\n第三条 乙。", ["第二条第一款", "第二条第二款", "第三条"]),
    ("第二条 申请人应当提交：\n" + "\n".join(f"（{n}）{LONG * 4}" for n in "一二三四五六七八"),
     ["第二条第（一）项至第（五）项", "第二条第（六）项至第（八）项"]),
    (f"第二条 {LONG * 14}\n下列材料：\n" + "\n".join(f"（{n}）{LONG * 4}" for n in "一二三四五六七"),
     ["第二条第一款", "第二条第二款第（一）项至第（五）项", "第二条第二款第（六）项至第（七）项"]),
    ("This Ordinance\nPart 1\n5. Duties\n" + "\n".join(f"({n}) " + "The bank must keep a full record of it. " * 20 for n in (1, 2)),
     [None, "Section 5(1)", "Section 5(2)"]),
    ("This Ordinance\nPart 1\n5. Duties\n(1) Banks must—\n" + "\n".join(f"({n}) " + "keep a full record of each of its transactions; " * 10 for n in "abcd"),
     [None, "Section 5(1)(a)–(b)", "Section 5(1)(c)–(d)"]),
    (f"第1部\n5. 責任\n(1) 本條例{LONG * 20}\n(2) {LONG * 20}\n6. 乙", ["第5(1)條", "第5(2)條", "第6條"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_a_piece_of_a_long_article_is_cited_by_its_paragraphs(
    text: str, expected: list[str | None]
) -> None:
    assert cited(text) == expected


def test_later_items_repeat_what_introduces_them() -> None:
    items = "\n".join(f"（{n}）{LONG * 4}" for n in "一二三四五六七八")
    source = reading(f"第二条 申请人应当提交下列材料：\n{items}")
    _, second = split(source)
    assert second.text.startswith("第二条 申请人应当提交下列材料：\n（六）")
    assert second.text.endswith(source.text[second.start : second.end])


def test_pieces_of_a_long_section_carry_its_heading() -> None:
    subsections = "\n".join(f"({n}) " + "The bank must keep a record. " * 40 for n in (1, 2))
    parts = split(reading(f"This Ordinance\nPart 1\n5. Duty to keep records\n{subsections}"))
    assert parts[1].text.startswith("5. Duty to keep records")
    assert parts[2].path == ("Part 1", "5. Duty to keep records")


def test_a_long_paragraph_is_cut_at_sentences_with_one_sentence_in_common() -> None:
    body = "".join(f"第{n}项业务应当由银行逐笔审核并留存单证备查。" for n in range(60))
    source = reading(body)
    parts = split(source)
    assert len(parts) > 2
    for one, other in pairwise(parts):
        common = source.text[other.start : one.end]
        assert len(sentences(common)) == 1
        assert other.text.startswith(common)
        assert one.text.endswith("。")


def test_short_paragraphs_under_one_heading_are_one_part() -> None:
    assert len(split(reading("# Limits\nTen million.\nFive million.\nPer day."))) == 1


def test_a_table_is_whole_with_its_caption() -> None:
    parts = split(reading("第一条 收费如下：\n表1 收费标准\n项目 | 费率\n汇款 | 0.1%\n第二条 乙。"))
    assert [(part.kind, part.article) for part in parts] == [
        ("text", "第一条"),
        ("table", "第一条"),
        ("text", "第二条"),
    ]
    assert parts[1].text == "表1 收费标准\n项目 | 费率\n汇款 | 0.1%"


def test_a_heading_right_above_a_table_stands_in_its_path() -> None:
    parts = split(reading("一、费用\n项目 | 费率\n汇款 | 0.1%\n二、其他\n无。"))
    assert [(part.path, part.article, part.kind) for part in parts] == [
        (("一、费用",), "一", "table"),
        ((), "二", "text"),
    ]


@pytest.mark.parametrize("caption", [None, "表2 费率"])
def test_a_long_table_is_cut_by_rows_under_its_header(caption: str | None) -> None:
    rows = [("项目", "费率", "说明")]
    rows += [(f"业务{n}", f"{n}.25%", "按笔收取，最低一百元") for n in range(120)]
    text = "\n".join(" | ".join(row) for row in rows)
    text = f"{caption}\n{text}" if caption else text
    block = TextBlock(kind="table", text=text, rows=tuple(rows), caption=caption, page=3)
    source = Reading(format="pdf", blocks=(block,), pages=3)
    parts = split(source)
    head = f"{caption}\n项目 | 费率 | 说明\n" if caption else "项目 | 费率 | 说明\n"
    assert len(parts) > 3
    assert all(part.text.startswith(head) for part in parts)
    assert all(units(part.text) <= LONGEST for part in parts)
    assert all(part.text.endswith(source.text[part.start : part.end]) for part in parts)
    assert sum(part.text.count("按笔收取") for part in parts) == 120


def test_slides_are_not_run_together() -> None:
    parts = split(reading("Growth.\n---\nRisks.", format="pptx", page=1))
    assert [(part.text, part.first_page) for part in parts] == [("Growth.", 1), ("Risks.", 2)]


def test_a_part_knows_its_pages_from_where_its_lines_stand() -> None:
    box = Box(0, 0, 1, 0.1)
    block = TextBlock(
        kind="paragraph",
        text="第一条 甲。\n第二条 乙。",
        page=7,
        spots=(Spot(0, 6, 7, box), Spot(7, 13, 8, box)),
    )
    parts = split(Reading(format="pdf", blocks=(block,), pages=8))
    assert [(part.first_page, part.last_page) for part in parts] == [(7, 7), (8, 8)]


def test_each_part_has_its_own_language() -> None:
    parts = split(
        reading("# 甲\n银行应当审核并且留存资料。\n# B\nBanks must check it.\n# 丙\n123 | 456")
    )
    assert [part.lang for part in parts] == ["zh", "en", "zh"]


def test_nothing_readable_makes_no_part() -> None:
    blank = TextBlock(kind="paragraph", text=" \u3000\n ")
    assert split(Reading(format="text", blocks=(blank,))) == ()
    assert split(Reading(format="text", blocks=())) == ()


# made-up statutes with known boundaries


def known_right(made: Statute) -> tuple[int, list[str]]:
    """Count the articles that are exactly where they were written; name the others."""
    text = made.reading.text
    head = made.reading.blocks[0].text.split("\n")[0]
    noise = re.compile(rf"- \d+ -|{re.escape(head)}|\s")
    found: dict[str, list[tuple[int, int]]] = {}
    for part in split(made.reading):
        name = re.match(r"第[^条條第]+[条條](?:之[一二三]+)?|Section \w+", part.article or "")
        if name:
            found.setdefault(name[0], []).append((part.start, part.end))

    def right(article: Known) -> bool:
        spans = found.get(article.name)
        if not spans:
            return False
        end = max(end for _, end in spans)
        after = text[article.end : end]
        return (
            min(start for start, _ in spans) == article.start
            and end >= article.end
            and not noise.sub("", after)
        )

    wrong = [article.name for article in made.articles if not right(article)]
    extra = sorted(found.keys() - {article.name for article in made.articles})
    return len(made.articles) - len(wrong), wrong + extra


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("script", ["zh-Hans", "zh-Hant", "en"])
def test_articles_of_a_long_statute_are_where_they_were_written(
    script: Script, layout: Layout
) -> None:
    right = total = 0
    missed: list[str] = []
    for seed in range(3):
        made = statute(script, layout, articles=220, seed=seed)
        good, wrong = known_right(made)
        right, total, missed = right + good, total + len(made.articles), missed + wrong
    assert total >= 660
    assert right / total >= 0.99, missed[:10]
    assert len(missed) <= total * 0.01, missed[:10]


@given(
    script=st.sampled_from(["zh-Hans", "zh-Hant", "en"]),
    layout=st.sampled_from(LAYOUTS),
    articles=st.integers(3, 40),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=40, deadline=None)
def test_no_article_is_cut_from_its_number(
    script: Script, layout: Layout, articles: int, seed: int
) -> None:
    made = statute(script, layout, articles, seed)
    for part in split(made.reading):
        bare = re.sub(r"\s", "", part.text)
        assert not re.fullmatch(r"第[一二三四五六七八九十百零]+[条條](?:之一)?|\d+[A-Z]?\.?", bare)
    heads = [part.text for part in split(made.reading) if part.article]
    assert heads


# whatever a reader hands on

_TEXTS = st.one_of(
    st.sampled_from(
        [
            "第一条 甲。",
            "第二条 乙",
            "第十二条规定的",
            "第一章 总则",
            "一、总则",
            "（一）甲；",
            "1. Scope",
            "1.1 Text here.",
            "(1) In this",
            "(a) one;",
            "Part 1",
            "Division 2",
            "5A. Heads",
            "Schedule 1",
            "附件1",
            "附件：1.表",
            "目录",
            "Contents",
            "第一节",
            "1. 甲；",
            "2. 乙；",
            "2025年3月1日",
            "- 3 -",
            "this Ordinance",
            "银行应当审核：",
            "Annex A",
            "Article 3 Banks",
        ]
    ),
    st.text(min_size=1, max_size=60),
    st.text("银行应当审核。，条第一二三（）1.2 \n　", min_size=1, max_size=900),
    st.text("abc def. (1)\n", min_size=1, max_size=900),
)


@st.composite
def _readings(draw: st.DrawFn) -> Reading:
    blocks = []
    for _ in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(["paragraph", "paragraph", "paragraph", "heading", "table"]))
        text = draw(_TEXTS)
        if kind == "table":
            text = "\n".join([text.replace("\n", " ")] * draw(st.integers(1, 40)))
        level = draw(st.sampled_from([None, 1, 2, 3])) if kind == "heading" else None
        page = draw(st.integers(1, 3))
        blocks.append(TextBlock(kind=kind, text=text, level=level, page=page))
    return Reading(format=draw(st.sampled_from(["pdf", "docx", "pptx"])), blocks=tuple(blocks))


def _bare(text: str) -> str:
    return re.sub(r"[\s\ufeff\u200b]", "", text)


@given(_readings())
@settings(max_examples=300, deadline=None)
def test_every_character_but_running_heads_is_in_a_part_a_path_or_the_table_of_contents(
    source: Reading,
) -> None:
    text, parts = source.text, split(source)
    covered = bytearray(len(text))
    for part in parts:
        covered[part.start : part.end] = b"\1" * (part.end - part.start)
    paths = {_bare(heading) for part in parts for heading in part.path}
    lines = lines_of(source)
    listed = contents_lines(lines)
    for at, line in enumerate(lines):
        if line.furniture or at in listed or all(covered[line.start : line.end]):
            continue
        left = "".join(text[i] for i in range(line.start, line.end) if not covered[i])
        assert not _bare(left) or any(_bare(left) in path for path in paths), left


@given(_readings())
@settings(max_examples=300, deadline=None)
def test_every_part_ends_with_the_characters_it_names(source: Reading) -> None:
    for part in split(source):
        own = source.text[part.start : part.end]
        assert own
        assert own == own.strip()
        assert part.text.endswith(own)
        assert units(part.text) <= LONGEST * 1.6


@given(_readings())
@settings(max_examples=150, deadline=None)
def test_parts_come_in_reading_order_and_twice_the_same(source: Reading) -> None:
    parts = split(source)
    starts = [part.start for part in parts]
    assert starts == sorted(starts)
    assert parts == split(source)


def _grows(small: Reading, large: Reading) -> float:
    """How many times longer the second takes to cut: the least of three runs of each, by turns."""
    spent: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(3):
        for which, made in enumerate((small, large)):
            begin = time.process_time()
            split(made)
            spent[which].append(time.process_time() - begin)
    return min(spent[1]) / min(spent[0])


def test_a_statute_twice_as_long_takes_twice_the_time_and_not_four_times() -> None:
    short, long = (
        statute("zh-Hans", "wrapped", articles=articles, seed=1).reading for articles in (400, 800)
    )
    assert _grows(short, long) < 3


@pytest.mark.parametrize(
    "text",
    ["第" * 30_000, "." * 30_000, "(" * 30_000, "一" * 30_000, "1." * 15_000, "”" * 30_000,
     "a " * 15_000, "第一条 " * 7_500, "。第二条 甲" * 5_000, "第一条\n" * 2_000,
     "1. a\n" * 2_000, "附件1\n" * 2_000, "目录\n" * 2_000],
    ids=lambda text: text[:6].replace("\n", "/"),
)  # fmt: skip
def test_a_hostile_text_four_times_as_long_takes_no_more_than_seven_times_as_long(
    text: str,
) -> None:
    short, long = (
        Reading(format="text", blocks=(TextBlock(kind="paragraph", text=text * times),))
        for times in (1, 4)
    )
    assert _grows(short, long) < 7
