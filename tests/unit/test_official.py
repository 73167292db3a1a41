from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.documents.document import Part
from knowledge.documents.reading.reading import Reading, TextBlock
from knowledge.documents.splitting.split import split
from knowledge.official.articles import Article, articles_of, provision_of
from knowledge.official.compare import compare, wordings
from knowledge.official.locate import locate
from knowledge.official.page import pdf_behind
from knowledge.official.provision import Provision, read_provisions
from knowledge.official.register import (
    OfficialText,
    RegisterFault,
    load_register,
    register_faults,
)
from tests.component.official_texts import ARTICLES, changed, fact, inserted, law_card

URL = "https://example.org/law"


def articles(texts: dict[str, str] | None = None) -> tuple[Article, ...]:
    """Give the articles of the law as they are split out of a plain reading."""
    lines = [f"第{number}条　{text}" for number, text in (texts or dict(ARTICLES)).items()]
    blocks = tuple(TextBlock(kind="paragraph", text=line) for line in lines)
    return articles_of(split(Reading(format="html", blocks=blocks)))


def points(*paths: tuple[str, ...]) -> tuple[Provision, ...]:
    return tuple(Provision("point", path) for path in paths)


def numbered(*numbers: str) -> tuple[Provision, ...]:
    return tuple(Provision("article", (number,)) for number in numbers)


@pytest.mark.parametrize(
    ("locator", "found"),
    [
        ("第十二条", numbered("12")),
        ("第12條", numbered("12")),
        ("第二百九十五条", numbered("295")),
        ("第十二条之一", numbered("12-1")),
        ("第十九、二十条", numbered("19", "20")),
        ("第1-3条", numbered("1", "2", "3")),
        ("第十一条至第十三条", numbered("11", "12", "13")),
        ("第四十八条、第四十九条", numbered("48", "49")),
        ("第十二条第三款", (Provision("article", ("12",), ("3",)),)),
        ("第十二条第（三）项", (Provision("article", ("12",), ("3",)),)),
        ("第5(2)條", (Provision("article", ("5",), ("2",)),)),
        ("Q1(a)", points(("Q1", "(a)"))),
        ("Article 65", numbered("65")),
        ("Art 5(2)", (Provision("article", ("5",), ("2",)),)),
        ("Articles 33, 34, 37 and 38", numbered("33", "34", "37", "38")),
        ("Articles 2, 4 to 6", numbered("2", "4", "5", "6")),
        ("s.14C", numbered("14C")),
        ("ss. 14C to 14F", numbered("14C", "14D", "14E", "14F")),
        ("section 2(7)", (Provision("article", ("2",), ("7",)),)),
        ("para 3.2", points(("3", "2"))),
        ("paragraph 37", points(("37",))),
        ("第79段", points(("79",))),
        ("第1、2点", points(("1",), ("2",))),
        ("item II", points(("2",))),
        ("II.1", points(("2", "1"))),
        ("一（三）", points(("1", "(3)"))),
        ("（一）", points(("(1)",))),
        ("8.05(1)", points(("8", "05", "(1)"))),
        ("18A.01", points(("18A", "01"))),
        ("外汇管理条例第二十条", ()),
        ("第7号指引；试行办法第十六条", ()),
        ("draft Article 35", ()),
        ("Articles 2 to 900", ()),
        ("常见问题（二）", ()),
        ("promulgation order", ()),
        ("", ()),
    ],
)
def test_locators_name_provisions_and_nothing_where_another_text_may_be_meant(
    locator: str, found: tuple[Provision, ...]
) -> None:
    assert read_provisions(locator) == found


def test_every_locator_of_the_cards_is_read_or_left_alone_without_a_fault(corpus: Corpus) -> None:
    locators = [f.locator for c in corpus.instruments.values() for f in c.facts if f.locator]
    read = [locator for locator in locators if read_provisions(locator)]
    assert len(locators) > 200
    assert len(read) / len(locators) > 0.85  # the others name another text, or a FAQ


def test_the_shipped_register_names_only_pages_that_its_cards_name_as_official(
    corpus: Corpus,
) -> None:
    texts = load_register()
    assert texts
    assert register_faults(texts, corpus) == []


def test_an_entry_that_its_card_does_not_bear_out_is_a_fault(corpus: Corpus) -> None:
    good = load_register()[0]
    wrong = (
        good.model_copy(update={"instrument": "no-such-card"}),
        good.model_copy(update={"source": "s99"}),
        good.model_copy(update={"url": "https://example.org/other"}),
    )
    assert len(register_faults(wrong, corpus)) == 3
    press = next(
        OfficialText(instrument=card.id, source=source.id, url=source.url)
        for card in corpus.instruments.values()
        for source in card.sources
        if source.quality == "press"
    )
    assert register_faults((press,), corpus)[0].endswith("is press, not official")


@pytest.mark.parametrize(
    "text",
    [
        "texts: [{instrument: a, source: s1}]",
        "texts: [{instrument: a, source: s1, url: 'file:///etc/passwd'}]",
        "texts: [{instrument: a, source: s1, url: 'http://x', more: 1}]",
        "texts: [{instrument: a, source: s1, url: 'http://x'},"
        " {instrument: a, source: s2, url: 'http://y'}]",
        "texts: [{instrument: a, source: s1, url: 'http://x'},"
        " {instrument: b, source: s2, url: 'http://x'}]",
    ],
)
def test_a_register_out_of_its_format_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "official.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RegisterFault):
        load_register(tmp_path / "official.yaml")


def test_the_pieces_of_a_long_article_are_one_article_with_every_sentence_once() -> None:
    long = "".join(
        f"企业办理第{n}类业务的，应当在{n}个工作日内向银行报送材料。" for n in range(1, 60)
    )
    texts = {**ARTICLES, "三": long}
    found = articles(texts)
    assert [article.label for article in found] == [f"第{number}条" for number in texts]
    assert len(found[2].numbers) > 1
    assert found[2].text == f"第三条　{long}"


def test_the_labels_of_pieces_are_read_as_their_article() -> None:
    labels = {
        "第十二条第二款至第三款": "12",
        "第八条第（一）项至第（七）项": "8",
        "第5(2)至(4)條": "5",
        "Section 5(2)–(4)": "5",
        "Article 12, paragraph 2–3": "12",
        "附件1第三条": "3",
    }
    for label, number in labels.items():
        assert provision_of(label) == Provision("article", (number,)), label
    assert provision_of("附件1") is None
    assert provision_of(None) is None


def test_articles_of_an_annex_are_not_those_of_the_text() -> None:
    lines = [
        "第一条　甲公司适用本办法。",
        "第二条　银行应当审核。",
        "附件1",
        "第一条　填表说明如下。",
    ]
    blocks = tuple(TextBlock(kind="paragraph", text=line) for line in lines)
    found = articles_of(split(Reading(format="text", blocks=blocks)))
    firsts = [one for one in found if one.provision == Provision("article", ("1",))]
    assert [one.label for one in firsts] == ["第一条", "附件1第一条"]
    assert len({one.key for one in firsts}) == 2
    card = law_card(URL, fact(1, "毫不相干的一句话。", "第一条"))
    assert [one.articles for one in locate(card, "s1", found, "zh")] == [(0,)]


def test_the_same_text_has_no_changes() -> None:
    assert compare(articles(), articles()).changes == ()


def test_blanks_and_widths_are_no_changes() -> None:
    spaced = {
        number: text.replace("，", "， ").replace("3", "３") for number, text in ARTICLES.items()
    }
    assert compare(articles(), articles(spaced)).changes == ()


def test_a_renumbered_article_is_no_changed_one() -> None:
    compared = compare(articles(), articles(inserted("二", "企业应当实名开户。")))
    assert [(c.kind, c.label) for c in compared.changes] == [
        ("added", "第三条"),
        ("renumbered", "第三条 → 第四条"),
        ("renumbered", "第四条 → 第五条"),
        ("renumbered", "第五条 → 第六条"),
        ("renumbered", "第六条 → 第七条"),
        ("renumbered", "第七条 → 第八条"),
    ]
    assert compared.stays == {0: 0, 1: 1, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7}


def test_an_article_reworded_and_renumbered_at_once_is_recognised() -> None:
    later = inserted("二", "企业应当实名开户，并如实说明资金来源和用途。")
    later["五"] = later["五"].replace("50%", "80%")
    compared = compare(articles(), articles(later))
    [change] = [c for c in compared.changes if c.kind == "changed"]
    assert (change.before and change.before.label, change.label) == ("第四条", "第五条")
    assert [tuple(w) for w in change.words] == [("50%", "80%")]


def test_an_article_that_gave_way_to_another_is_removed_and_added() -> None:
    later = changed(五="外商投资企业参照执行前款所称便利措施，具体名单另行公布。")
    kinds = sorted(c.kind for c in compare(articles(), articles(later)).changes)
    assert kinds == ["added", "removed"]


def test_two_articles_that_change_places_are_both_renumbered() -> None:
    later = changed(四=ARTICLES["五"], 五=ARTICLES["四"])
    kinds = [c.kind for c in compare(articles(), articles(later)).changes]
    assert kinds == ["renumbered", "renumbered"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("处5万元以上罚款", "处10万元以上罚款", [("5", "10")]),
        ("within 3 working days", "within 5 working days", [("3", "5")]),
        ("应当报告。", "应当及时报告。", [("", "及时")]),
        ("经批准，可以办理。", "可以办理。", [("经批准，", "")]),
        ("甲乙丙丁戊己庚辛", "甲X丙丁戊己庚Y", [("乙", "X"), ("辛", "Y")]),
    ],
)
def test_what_reads_otherwise_is_told_word_for_word(
    before: str, after: str, words: list[tuple[str, str]]
) -> None:
    assert [tuple(each) for each in wordings(before, after)] == words


def test_a_locator_is_followed_where_the_fact_rests_on_the_page() -> None:
    [found] = locate(law_card(URL, fact(1, "毫不相干的一句话。", "第三条")), "s1", articles(), "zh")
    assert (found.fact, found.articles, found.way) == (
        FactRef("city-cross-border-funds#1"),
        (2,),
        "locator",
    )


def test_a_locator_of_a_fact_from_another_page_needs_the_words_of_the_article() -> None:
    near = fact(1, "境外放款余额不得超过所有者权益的50%。", "第四条")
    far = fact(2, "保险公司应当计提准备金。", "第四条")
    card = law_card(URL, *(f.model_copy(update={"source": "s2"}) for f in (near, far)))
    assert [found.fact.fact_id for found in locate(card, "s1", articles(), "zh")] == [1]


@pytest.mark.parametrize("locator", ["第九条", "第三条、第九十条", "外汇管理条例第三条"])
def test_a_locator_that_leads_nowhere_locates_nothing(locator: str) -> None:
    assert (
        locate(law_card(URL, fact(1, "毫不相干的一句话。", locator)), "s1", articles(), "zh") == ()
    )


def test_an_article_whose_number_stands_twice_is_not_chosen_by_its_number() -> None:
    twice = (*articles(), *articles())
    assert locate(law_card(URL, fact(1, "毫不相干的一句话。", "第三条")), "s1", twice, "zh") == ()


def test_words_locate_a_fact_only_where_one_article_is_plainly_the_one() -> None:
    card = law_card(
        URL,
        fact(1, "银行按季度向主管部门报送账户收支数据。"),
        fact(2, "企业应当遵守规定。"),
        fact(3, "人民币清算行由中国人民银行指定。"),
    )
    found = {f.fact.fact_id: f for f in locate(card, "s1", articles(), "zh")}
    assert set(found) == {1}
    assert (found[1].articles, found[1].way) == ((4,), "words")


def test_words_seldom_locate_a_fact_wrongly_in_a_text_that_says_it_otherwise(
    corpus: Corpus,
) -> None:
    """Each fact is an article that lacks some of its clauses and has one of another card."""
    chance = random.Random(7)
    others = [fact.zh for card in corpus.instruments.values() for fact in card.facts]
    right = wrong = facts = 0
    for card in [card for card in corpus.instruments.values() if len(card.facts) >= 4]:
        texts = []
        for told in card.facts:
            clauses = re.findall(r"[^，；。、：]+[，；。、：]?", told.zh)
            kept = [clause for clause in clauses if chance.random() < 0.6] or clauses[:1]
            foreign = re.findall(r"[^，；。、：]+[，；。、：]?", chance.choice(others))
            texts.append("".join((*kept, chance.choice(foreign))))
        bare = card.model_copy(
            update={"facts": tuple(f.model_copy(update={"locator": None}) for f in card.facts)}
        )
        text = [Article(label=f"第{at}条", text=said) for at, said in enumerate(texts, start=1)]
        found = {one.fact.fact_id: one.articles for one in locate(bare, "s1", text, "zh")}
        facts += len(card.facts)
        right += sum(found.get(f.id) == (at,) for at, f in enumerate(card.facts))
        wrong += sum(f.id in found and found[f.id] != (at,) for at, f in enumerate(card.facts))
    assert right / facts > 0.7
    assert wrong / (right + wrong) < 0.015


def test_words_do_not_locate_a_fact_whose_figure_is_another() -> None:
    said = "银行应于季度结束后{}个工作日内按季度报送账户收支数据。"
    value = {"name": "deadline", "amount": 10, "unit": "working days"}
    same, other = (
        fact(number, said.format(days)).model_validate(
            {**fact(number, said.format(days)).model_dump(), "values": [value]}
        )
        for number, days in ((1, 10), (2, 15))
    )
    found = locate(law_card(URL, same, other), "s1", articles(), "zh")
    assert [f.fact.fact_id for f in found] == [1]


def test_points_of_a_notice_are_found_by_their_path() -> None:
    lines = [
        "一、总体要求",
        "（一）坚持便利化。企业可以凭电子单证办理。",
        "（二）坚持防风险。银行应当审核。",
        "二、轧差净额结算",
        "跨境电商企业可将境外仓储费用与出口货款轧差。",
    ]
    blocks = tuple(TextBlock(kind="paragraph", text=line) for line in lines)
    found = articles_of(split(Reading(format="html", blocks=blocks)))
    card = law_card(URL, fact(1, "甲", "一（二）"), fact(2, "乙", "二"), fact(3, "丙", "一"))
    where = {
        each.fact.fact_id: [found[at].label for at in each.articles]
        for each in locate(card, "s1", found, "zh")
    }
    assert where[1] == ["一（二）"]
    assert where[3] == ["一（一）", "一（二）"]
    assert len(where[2]) == 1


def test_a_pdf_is_looked_for_only_behind_a_page_that_is_a_shell() -> None:
    link = b'<a href="law.pdf">City Provisions on Funds</a>'
    short = Reading(format="html", blocks=(TextBlock(kind="paragraph", text="See the annex."),))
    whole = Reading(format="html", blocks=(TextBlock(kind="paragraph", text="text " * 400),))
    titles = ("City Provisions on Funds",)
    found = pdf_behind(link, "https://a.org/x/", short, titles)
    assert found == "https://a.org/x/law.pdf"
    assert pdf_behind(link, "https://a.org/x/", whole, titles) is None
    assert pdf_behind(link, "https://a.org/x/", short, ("Another title",)) is None
    assert (
        pdf_behind(
            b'<a href="//b.org/law.pdf">City Provisions on Funds</a>',
            "https://a.org/",
            short,
            titles,
        )
        is None
    )
    two = link + b'<a href="law2.pdf">City Provisions on Funds (draft)</a>'
    assert pdf_behind(two, "https://a.org/x/", short, titles) is None


def test_a_part_without_a_number_is_an_article_of_its_own() -> None:
    parts = tuple(
        Part(text=text, lang="zh", start=at * 10, end=at * 10 + len(text))
        for at, text in enumerate(("甲。", "乙。"))
    )
    assert [article.text for article in articles_of(parts)] == ["甲。", "乙。"]
