"""What a question asks and the facts do not give is named, with who can say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from bot.query.authorities import Directory
from bot.query.understanding import Lexicon, Understanding, understand
from bot.question import read_question
from bot.retrieval.evidence import Evidence, FactHit, Library
from bot.retrieval.gaps import Gap, GapFinder, word_gap
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.countries import load_countries
from knowledge.glossary import Glossary, load_glossary
from knowledge.search.embed import Embedder
from knowledge.search.exemplars import Exemplars
from knowledge.search.index import SearchIndex
from knowledge.search.segment import Segmenter

TODAY = dt.date(2026, 11, 22)
COEFFICIENT = "pbc-safe-2026-overseas-lending#2"  # a date and two shares, no span, no money
CTC = "hk-corporate-treasury-centre-tax#1"  # shares only


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return load_glossary()


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus, glossary: Glossary) -> Lexicon:
    return Lexicon(corpus, glossary)


@pytest.fixture(scope="module")
def finder(
    corpus: Corpus,
    search_index: SearchIndex,
    embedder: Embedder,
    segmenter: Segmenter,
    glossary: Glossary,
) -> GapFinder:
    asked = Exemplars([], np.empty((0, embedder.dim), dtype=np.float32), segmenter)
    library = Library(corpus, search_index, embedder, asked)
    return GapFinder(library, glossary, load_countries())


@pytest.fixture(scope="module")
def directory(corpus: Corpus, glossary: Glossary, segmenter: Segmenter) -> Directory:
    return Directory(corpus, glossary, load_countries(), segmenter)


def asked(lexicon: Lexicon, text: str) -> Understanding:
    return understand(read_question(text, as_of=TODAY), lexicon)


def found(*refs: str, parts: int = 0) -> Evidence:
    hits = tuple(
        FactHit(
            ref=FactRef(ref),
            score=1.0 - at / 100,
            validity="in-force",
            # with several parts, the first fact fits the first part, and so on
            part_scores=tuple(1.0 if part == at else 0.0 for part in range(parts)),
        )
        for at, ref in enumerate(refs)
    )
    return Evidence(hits=hits, nearness=0.9)


@pytest.mark.parametrize(
    ("text", "fact", "is_open"),
    [
        ("境外放款最长能放几年？", "pbc-safe-2026-overseas-lending#9", True),
        ("What is the longest term of such a loan?", "pbc-safe-2026-overseas-lending#9", True),
        ("放款人须注册满几年？", "pbc-safe-2026-overseas-lending#9", False),
        ("并购贷款最长能放几年？", "nfra-2025-ma-loans#12", False),
        ("并购贷款最短几年？", "shanghai-nonresident-ma-loans#1", True),
    ],
)
def test_the_least_of_something_is_no_answer_to_what_the_most_is(
    finder: GapFinder, lexicon: Lexicon, text: str, fact: str, is_open: bool
) -> None:
    """A lender "registered for at least a year" tells nothing about how long it may lend."""
    assert bool(finder.find(asked(lexicon, text), found(fact))) is is_open


@pytest.mark.parametrize("text", ["境外放款系数是多少？", "What rate is the coefficient?"])
def test_a_figure_that_a_fact_gives_is_no_gap(
    finder: GapFinder, lexicon: Lexicon, text: str
) -> None:
    assert finder.find(asked(lexicon, text), found(COEFFICIENT)) == ()


@pytest.mark.parametrize(
    ("text", "want"),
    [("境外放款登记要多久？", "span"), ("How long does registration take?", "span")],
)
def test_a_span_that_no_fact_gives_is_a_gap(
    finder: GapFinder, lexicon: Lexicon, text: str, want: str
) -> None:
    understanding = asked(lexicon, text)
    (gap,) = finder.find(understanding, found(CTC))
    assert want in gap.wants
    assert gap.part == understanding.parts[0]
    assert gap.subject is None


def test_a_question_for_a_method_has_no_gap_however_few_figures_there_are(
    finder: GapFinder, lexicon: Lexicon
) -> None:
    assert finder.find(asked(lexicon, "境外放款额度怎么算？"), found(CTC)) == ()


@pytest.mark.parametrize(
    ("text", "is_gap"),
    [
        ("香港财资中心的利得税税率是多少？", False),
        ("香港财资中心的印花税税率是多少？", True),
        ("What rate of profits tax has a treasury centre?", False),
        ("What rate of stamp duty has a treasury centre?", True),
    ],
)
def test_the_rate_of_another_tax_is_no_answer(
    finder: GapFinder, lexicon: Lexicon, text: str, is_gap: bool
) -> None:
    gaps = finder.find(asked(lexicon, text), found(CTC))
    assert any("share" in gap.wants for gap in gaps) == is_gap


def test_a_figure_asked_for_is_a_gap_when_nothing_was_found(
    finder: GapFinder, lexicon: Lexicon
) -> None:
    (gap,) = finder.find(asked(lexicon, "境外放款登记要多久？"), found())
    assert "span" in gap.wants


def test_only_the_part_that_stays_open_is_a_gap(finder: GapFinder, lexicon: Lexicon) -> None:
    understanding = asked(lexicon, "境外放款系数是多少？财资中心审批要多久？")
    assert len(understanding.parts) == 2
    (gap,) = finder.find(understanding, found(COEFFICIENT, CTC, parts=2))
    assert gap.part == understanding.parts[1]


@pytest.mark.parametrize(
    ("text", "country"),
    [("越南的预提税率是多少？", "Vietnam"), ("What is Vietnam's withholding rate?", "Vietnam")],
)
def test_another_countrys_law_is_a_gap(
    finder: GapFinder, lexicon: Lexicon, text: str, country: str
) -> None:
    gaps = finder.find(asked(lexicon, text), found(CTC))
    (abroad,) = [gap for gap in gaps if gap.abroad]
    assert abroad.subject is not None
    assert country in abroad.subject.en


def test_a_country_that_the_facts_speak_of_is_no_gap(
    finder: GapFinder, lexicon: Lexicon, corpus: Corpus
) -> None:
    speaks = next(ref for ref in corpus.refs if "新加坡" in corpus.fact(ref).zh)
    gaps = finder.find(asked(lexicon, "新加坡的税法优惠有哪些？"), found(speaks))
    assert not any(gap.abroad for gap in gaps)


def test_a_subject_that_no_card_treats_is_a_gap_whatever_was_found(
    finder: GapFinder, lexicon: Lexicon, glossary: Glossary
) -> None:
    for term in (term for term in glossary.terms if term.uncovered):
        gaps = finder.find(asked(lexicon, f"{term.zh}有什么规定？"), found(COEFFICIENT))
        assert Bilingual(zh=term.zh, en=term.en) in [gap.subject for gap in gaps]


def test_the_glossary_marks_some_subjects_as_untreated(glossary: Glossary) -> None:
    assert any(term.uncovered for term in glossary.terms)


def test_a_gap_names_kind_and_who_can_say(directory: Directory) -> None:
    gap = Gap(part="备案要多久", wants=("span",))
    evidence = found(COEFFICIENT)  # issued by the central bank
    assert word_gap(gap, gap.part, evidence, directory, "zh-Hans") == (
        "「备案要多久」：收录的资料没有载明时限；请向中国人民银行或专业顾问核实。"
    )
    assert word_gap(gap, gap.part, evidence, directory, "zh-Hant") == (
        "「備案要多久」：收錄的資料沒有載明時限；請向中國人民銀行或專業顧問核實。"
    )
    english = word_gap(
        gap.model_copy(update={"part": "how long"}), "how long", evidence, directory, "en"
    )
    assert english.startswith("“how long”: the corpus states no time limit; ask ")
    assert "People" in english


def test_a_gap_with_nothing_found_still_names_someone(directory: Directory) -> None:
    gap = Gap(part="备案要多久", wants=("span", "money"))
    assert word_gap(gap, gap.part, found(), directory, "zh-Hans") == (
        "「备案要多久」：收录的资料没有载明时限、金额；请向主管机构或专业顾问核实。"
    )


def test_a_gap_names_the_body_competent_for_the_subject_not_the_issuer_of_the_best_fact(
    directory: Directory,
) -> None:
    gap = Gap(part="强积金每月要供多少", wants=("money",))
    assert word_gap(gap, gap.part, found(CTC), directory, "zh-Hans").endswith(
        "请向香港强制性公积金计划管理局或专业顾问核实。"
    )


def test_a_part_that_names_no_subject_is_about_that_of_the_whole_question(
    directory: Directory,
) -> None:
    gap = Gap(part="上限几多", wants=("money",))
    asked = "强积金每月要供多少？上限几多？"
    assert "强制性公积金" in word_gap(gap, asked, found(CTC), directory, "zh-Hans")


def test_foreign_law_is_referred_to_someone_there(directory: Directory) -> None:
    subject = Bilingual(zh="越南当地的法律和税务", en="the law and taxes of Vietnam")
    gap = Gap(part="x", subject=subject, abroad=True)
    text = word_gap(gap, gap.part, found(CTC), directory, "en")
    assert "the law and taxes of Vietnam" in text
    assert "local" in text
    tax = Gap(part="越南的预提税率是多少", subject=subject, abroad=True)
    text += word_gap(tax, tax.part, found(CTC), directory, "en")
    assert "the tax authority of the destination" in text
    assert "Inland Revenue" not in text  # the issuer of the fact found is not who can say


@pytest.mark.parametrize("part", ["放款5亿元要多久", "before 1 July 2027, how long"])
def test_figures_of_the_asker_are_not_repeated_as_if_they_were_ours(
    directory: Directory, part: str
) -> None:
    for lang in ("zh-Hans", "en"):
        gap = Gap(part=part, wants=("span",))
        text = word_gap(gap, gap.part, found(CTC), directory, lang)
        assert not any(character.isdigit() for character in text)
