"""Checked claims become Markdown whose numbers lead to the facts they rest on."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import CheckedClaim
from bot.language import Lang
from bot.present import CitationBook, present_block, present_plan, with_marks
from bot.route_plan import plan_route
from bot.writing.draft import Block, Claim
from knowledge.card import FactRef
from knowledge.corpus import Corpus

TODAY = dt.date(2026, 11, 22)
NEW = FactRef("pbc-safe-2026-overseas-lending#2")
CTC = FactRef("hk-corporate-treasury-centre-tax#1")
OLD = FactRef("pbc-2016-306-overseas-lending-old#5")


def block(form: str, *texts: str, heading: str | None = None) -> Block:
    claims = tuple(Claim(text=text, refs=(NEW,)) for text in texts)
    return Block(kind="conditions", heading=heading, form=form, claims=claims)


def checked(text: str, *refs: FactRef) -> CheckedClaim:
    return CheckedClaim(text=text, refs=refs, verdict="supported", block="conditions")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("系数为0.6。", "系数为0.6[1]。"),
        ("The coefficient is 0.6.", "The coefficient is 0.6[1]."),
        ("先备案；", "先备案[1]；"),
        ("File first;", "File first[1];"),
        ("系数为0.6", "系数为0.6[1]"),
        ("The coefficient is 0.6.  ", "The coefficient is 0.6[1]."),
        ("何时登记？", "何时登记？[1]"),
        ("（见附件）", "（见附件）[1]"),
    ],
)
def test_marks_stand_before_the_stop_in_both_languages(sentence: str, expected: str) -> None:
    assert with_marks(sentence, "[1]") == expected


@given(sentence=st.text(max_size=80), marks=st.sampled_from(["", "[1]", "[2][13]"]))
def test_marks_take_nothing_away_from_a_sentence(sentence: str, marks: str) -> None:
    shown = with_marks(sentence, marks)
    assert len(shown) == len(sentence.rstrip()) + len(marks)
    assert marks in shown


def test_numbers_are_given_in_order_of_first_use_and_kept(corpus: Corpus) -> None:
    book = CitationBook(corpus, "zh-Hans", TODAY)
    assert book.marks([CTC, NEW]) == "[1][2]"
    assert book.marks([NEW]) == "[2]"
    assert book.marks([OLD, CTC]) == "[3][1]"
    assert [(c.n, c.ref) for c in book.citations] == [(1, CTC), (2, NEW), (3, OLD)]


def test_a_block_cites_as_it_goes(corpus: Corpus) -> None:
    book = CitationBook(corpus, "en", TODAY)
    claims = (checked("One.", CTC), checked("Two.", NEW, CTC))
    shown = present_block(block("prose"), claims, book)
    assert shown.markdown == "One[1]. Two[2][1]."
    assert shown.claims == claims


@pytest.mark.parametrize(
    ("form", "lang", "expected"),
    [
        ("prose", "en", "**H**\n\nA[1]. B[1]."),
        ("prose", "zh-Hans", "**H**\n\nA[1].B[1]."),  # no space between Chinese sentences
        ("bullets", "en", "**H**\n\n- A[1].\n- B[1]."),
        ("steps", "en", "**H**\n\n1. A[1].\n2. B[1]."),
    ],
)
def test_a_block_is_laid_out_by_its_form(
    corpus: Corpus, form: str, lang: Lang, expected: str
) -> None:
    book = CitationBook(corpus, lang, TODAY)
    claims = (checked("A.", NEW), checked("B.", NEW))
    assert present_block(block(form, heading="H"), claims, book).markdown == expected


def table(*rows: tuple[tuple[str, ...], tuple[FactRef, ...]], heading: str | None = None) -> Block:
    claims = tuple(Claim.row(cells, refs) for cells, refs in rows)
    return Block(kind="plan", heading=heading, form="table", columns=("Way", "Time"), claims=claims)


def all_checked(block: Block) -> tuple[CheckedClaim, ...]:
    return tuple(
        CheckedClaim(
            text=claim.text, refs=claim.refs, verdict="supported", block="plan", cells=claim.cells
        )
        for claim in block.claims
    )


def laid_out(block: Block, corpus: Corpus) -> str:
    return present_block(block, all_checked(block), CitationBook(corpus, "en", TODAY)).markdown


def test_a_row_of_a_table_is_one_claim_over_its_cells() -> None:
    row = Claim.row(("Pool", "5 days"), (NEW, CTC))
    assert (row.text, row.cells, row.refs) == ("Pool | 5 days", ("Pool", "5 days"), (NEW, CTC))


def test_a_table_is_laid_out_in_rows_with_the_marks_in_the_last_cell(corpus: Corpus) -> None:
    made = table((("Pool", "5 days"), (NEW, CTC)), (("Loan", "a week."), (CTC,)), heading="H")
    assert laid_out(made, corpus) == (
        "**H**\n\n| Way | Time |\n| --- | --- |\n| Pool | 5 days[1][2] |\n| Loan | a week[2]. |"
    )


def test_a_table_without_heading_starts_with_its_columns(corpus: Corpus) -> None:
    assert laid_out(table((("Pool", "5 days"), (NEW,))), corpus).startswith("| Way | Time |\n")


def test_nothing_in_a_cell_makes_another_cell_or_row(corpus: Corpus) -> None:
    made = table((("a|b", "one\ntwo"), (NEW,)))
    assert laid_out(made, corpus).splitlines()[2:] == ["| a/b | one two[1] |"]


def test_only_the_rows_that_are_supported_are_shown(corpus: Corpus) -> None:
    made = table((("Pool", "5 days"), (NEW,)), (("Loan", "a week"), (CTC,)))
    book = CitationBook(corpus, "en", TODAY)
    shown = present_block(made, all_checked(made)[1:], book)
    assert shown.markdown.splitlines()[2:] == ["| Loan | a week[1] |"]
    assert [citation.ref for citation in book.citations] == [CTC]


def test_a_block_without_heading_starts_with_its_text(corpus: Corpus) -> None:
    book = CitationBook(corpus, "en", TODAY)
    assert present_block(block("prose"), (checked("A.", NEW),), book).markdown == "A[1]."


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_a_citation_quotes_its_fact_in_the_readers_language_and_in_both(
    corpus: Corpus, lang: Lang
) -> None:
    citation = CitationBook(corpus, lang, TODAY).cite(CTC)
    card, fact = corpus.instrument(CTC), corpus.fact(CTC)
    assert (citation.quotes.zh, citation.quotes.en) == (fact.zh, fact.en)
    assert (
        citation.quote
        == {
            "zh-Hans": fact.zh,
            "zh-Hant": "香港合資格企業財資中心（QCTC）的合資格財資利潤按8.25%徵利得稅，"
            "即16.5%標準稅率的一半。",
            "en": fact.en,
        }[lang]
    )
    assert citation.instrument.id == card.id
    assert citation.instrument.issuers == card.issuers
    source = card.source(fact.source)
    assert (citation.source.url, citation.source.quality) == (source.url, source.quality)
    assert citation.source.further == len(fact.also)


def test_the_status_of_a_citation_is_that_of_the_day_asked_about(corpus: Corpus) -> None:
    # the old lending rule governed until its successor of 20 March 2026
    before, after = dt.date(2026, 3, 19), dt.date(2026, 3, 20)
    assert CitationBook(corpus, "en", before).cite(OLD).instrument.status == "in-force"
    assert CitationBook(corpus, "en", after).cite(OLD).instrument.status == "superseded"
    assert CitationBook(corpus, "en", before).cite(NEW).instrument.status == "not-yet"
    assert CitationBook(corpus, "en", after).cite(NEW).instrument.status == "in-force"


def test_a_fact_that_is_not_there_cannot_be_cited(corpus: Corpus) -> None:
    with pytest.raises(KeyError):
        CitationBook(corpus, "en", TODAY).cite(FactRef("no-such-card#1"))


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_every_route_can_be_shown_in_every_language_with_nothing_lost(
    corpus: Corpus, lang: Lang
) -> None:
    for route in corpus.routes.values():
        plan = plan_route(route, {})
        shown = present_plan(plan, lang)
        assert [option.id for option in shown.options] == [option.id for option in plan.options]
        for option, card in zip(shown.options, plan.options, strict=True):
            assert [(s.id, s.state, s.refs) for s in option.steps] == [
                (s.id, s.state, s.refs) for s in card.steps
            ]
            assert len(option.legs) == len(card.legs)
            if lang == "en":
                assert all(leg.from_.isascii() and leg.to.isascii() for leg in option.legs)
        for point in shown.open_points:
            known = {choice.value for choice in route.input(point.name).choices}
            assert {choice["value"] for choice in point.choices} == known
            assert all(choice["label"] for choice in point.choices)
