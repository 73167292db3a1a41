"""Word, PDF and Markdown of real answers, opened and read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import pypdfium2
import pytest
import typst
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from PIL import Image

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.language import Lang, localise
from bot.question import read_question
from knowledge.corpus import Corpus
from tests.component.taken_away import (
    HOSTILE,
    QUESTIONS,
    bookmarks,
    draw,
    joined,
    open_word,
    pdf_alts,
    pdf_fonts,
    pdf_links,
    pdf_pages,
    pdf_text,
    word_links,
    word_text,
)
from ui.ask.marks import Marks
from ui.plan.day import not_held
from ui.plan.words import PlanWords
from ui.strings import LANGS, string
from ui.takeaway.elements import Items, Paragraph, Picture, Table, clean, text_of
from ui.takeaway.files import Form, disposition, file_name, write_file
from ui.takeaway.fonts import FontMissing, FontShelf, check_fonts, open_shelf
from ui.takeaway.memo import Memo, memo_of_answer, memo_of_plan
from ui.takeaway.pdf import write_pdf

DAY = dt.date(2026, 11, 23)
ROUTE = "lend-to-overseas-subsidiary"


@pytest.fixture(scope="module")
def answers(advisor: Advisor) -> Mapping[str, CheckedAnswer]:
    return {name: advisor.answer(read_question(text)) for name, text in QUESTIONS.items()}


@pytest.fixture(scope="module")
def memos(answers: Mapping[str, CheckedAnswer], corpus: Corpus) -> Mapping[str, Memo]:
    return {name: memo_of_answer(one, corpus, DAY, draw) for name, one in answers.items()}


@pytest.fixture(scope="module")
def shelf() -> FontShelf:
    found = open_shelf()
    if not found.draws_chinese:
        pytest.skip("no font on this machine draws Chinese; `make browser` installs one")
    return found


@pytest.fixture(scope="module")
def plans(advisor: Advisor, corpus: Corpus) -> Mapping[Lang, Memo]:
    values = {"amount_usd": "20,000,000"} if "amount_usd" in _inputs(corpus) else {}
    return {
        lang: memo_of_plan(
            advisor.plan(ROUTE, values, lang), corpus, lang, dt.date(2026, 6, 30), DAY, draw
        )
        for lang in LANGS
    }


def _inputs(corpus: Corpus) -> set[str]:
    return {one.name for one in corpus.routes[ROUTE].inputs}


def body_texts(memo: Memo) -> list[str]:
    """Every line of a document's body."""
    texts: list[str] = []
    for element in memo.body:
        match element:
            case Paragraph():
                texts.append(text_of(element.line))
            case Items():
                texts += map(text_of, element.items)
            case Table():
                texts += [text_of(cell) for row in (element.head, *element.rows) for cell in row]
    return texts


def said_in(memo: Memo) -> list[str]:
    """Every text that a reader must find in a file, whatever its form."""
    return [
        memo.title,
        *(value for _, value in (*memo.facts, *memo.about)),
        *memo.scope,
        *body_texts(memo),
        *(one for source in memo.sources for one in (source.title, source.status)),
        *(source.publisher for source in memo.sources),
        *(quote.text for source in memo.sources for quote in source.quotes),
    ]


def without_marks(text: str) -> str:
    return re.sub(r"\[\d{1,3}\]", "", text)


def not_in(text: str, wanted: list[str]) -> list[str]:
    """What of `wanted` a file does not say; marks may stand anywhere in it."""
    held = without_marks(text)
    return [one for one in wanted if without_marks(joined(one)) not in held]


# --- what a document tells


def test_the_real_answers_are_of_every_kind(answers: Mapping[str, CheckedAnswer]) -> None:
    assert {one.standing for one in answers.values()} == {"answered", "partly", "declined"}
    assert {one.lang for one in answers.values()} == set(LANGS)
    assert all(answers[name].plan is not None for name in answers if name.startswith("plan"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_document_says_every_sentence_of_the_answer_with_its_marks(
    name: str, answers: Mapping[str, CheckedAnswer], memos: Mapping[str, Memo]
) -> None:
    answer, memo = answers[name], memos[name]
    told = joined("".join(body_texts(memo)))
    for claim in answer.claims:
        if claim.block != "plan":  # the plan's table and steps tell these in other cells
            assert all(joined(cell) in told for cell in claim.cells or (claim.text.rstrip("。."),))
    assert answer.question in (memo.title, memo.question)
    assert {source.n for source in memo.sources} >= {one.n for one in answer.citations}
    for line in answer.missing:
        assert joined(line) in told


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name.startswith("plan")])
def test_the_plan_of_an_answer_is_told_with_its_table_and_every_open_way_step_by_step(
    name: str, answers: Mapping[str, CheckedAnswer], memos: Mapping[str, Memo]
) -> None:
    plan, memo = answers[name].plan, memos[name]
    assert plan is not None
    ways = [one for one in plan.options if one.is_open]
    assert len(ways) > 1, "a plan of one way tells nothing here"
    compared, *steps = (one for one in memo.body if isinstance(one, Table))
    assert [text_of(cell) for cell in compared.head[1:]] == [one.title for one in plan.options]
    for way, told in zip(ways, steps, strict=True):
        assert [text_of(row[1]) for row in told.rows] == [one.do for one in way.steps_ahead]
    pictures = [one for one in memo.body if isinstance(one, Picture)]
    for way, picture in zip(ways, pictures, strict=True):
        assert way.legs[0].to_name.casefold() in picture.alt.casefold()
    cited = {ref for way in ways for step in way.steps_ahead for ref in step.refs}
    assert cited <= {one.ref for one in answers[name].citations} | {
        one.ref for one in answers[name].plan_citations
    }


def test_a_way_that_is_closed_is_compared_and_not_told_step_by_step(
    answers: Mapping[str, CheckedAnswer], corpus: Corpus
) -> None:
    plan = answers["plan-zh"].plan
    assert plan is not None
    first, *others = plan.options
    closed = plan.model_copy(
        update={"options": (first.model_copy(update={"applies": False}), *others)}
    )
    memo = memo_of_answer(answers["plan-zh"].model_copy(update={"plan": closed}), corpus, DAY, draw)
    compared, *steps = (one for one in memo.body if isinstance(one, Table))
    assert text_of(compared.head[1]) == first.title
    assert len(steps) == len([one for one in others if one.is_open])


@pytest.mark.parametrize("lang", LANGS)
def test_page_and_document_say_alike_what_decides_a_way(
    lang: Lang, advisor: Advisor, corpus: Corpus
) -> None:
    plan = advisor.plan("fund-overseas-subsidiary", {"loan_to_equity": "0.5"}, lang)
    memo = memo_of_plan(plan, corpus, lang, DAY, DAY)
    compared = next(one for one in memo.body if isinstance(one, Table))
    row = next(
        row for row in compared.rows if text_of(row[0]) == string("takeaway.row.decides", lang)
    )
    words = PlanWords.of(plan, Marks(message="m", ui=lang, titles={}), corpus)
    known = 0
    for option, cell in zip(plan.options, row[1:], strict=True):
        for question, value in words.deciding[option.id]:
            assert question in text_of(cell)
            assert (value or string("table.unknown", lang)) in text_of(cell)
            known += value is not None
    assert known, "what is lent decides a way"


def test_a_plan_by_itself_tells_every_way_and_numbers_each_fact_once(
    plans: Mapping[Lang, Memo], advisor: Advisor
) -> None:
    plan = advisor.plan(ROUTE, {}, "en")
    memo = plans["en"]
    pictures = [one for one in memo.body if isinstance(one, Picture)]
    assert len(pictures) == len(plan.options)
    assert [source.n for source in memo.sources] == list(range(1, len(memo.sources) + 1))
    assert memo.facts == ((string("takeaway.as_of", "en"), "2026-06-30"),)


def test_a_plan_of_an_earlier_day_marks_the_steps_none_of_whose_rules_applied(
    advisor: Advisor, corpus: Corpus
) -> None:
    day = dt.date(2012, 1, 1)
    plan = advisor.plan(ROUTE, {}, "zh-Hans")
    memo = memo_of_plan(plan, corpus, "zh-Hans", day, DAY)
    steps = [step for option in plan.options for step in option.steps_ahead]
    wanted = [text for step in steps if (text := not_held(step.refs, corpus, day, "zh-Hans"))]
    assert wanted
    told = "".join(body_texts(memo))
    assert all(text in told for text in wanted)
    today = memo_of_plan(plan, corpus, "zh-Hans", DAY, DAY)
    assert "这一步的依据都不适用" not in "".join(body_texts(today))


def test_a_source_that_was_replaced_says_by_what(memos: Mapping[str, Memo], corpus: Corpus) -> None:
    replaced = [one for one in memos["table-zh"].sources if one.validity == "superseded"]
    successor = corpus.instruments["safe-2014-54-overseas-listing-fx"].superseded_by
    assert successor is not None
    assert replaced
    assert localise(corpus.instruments[successor].title, "zh-Hans") in replaced[0].status


# --- Word


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_word_file_says_all_of_it_and_links_every_mark_and_source(
    name: str, memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    memo = memos[name]
    document = open_word(write_file(memo, "docx", shelf))
    assert not_in(joined(word_text(document)), said_in(memo)) == []
    pages, inside = word_links(document)
    assert pages == {one.url for one in memo.sources if one.url}
    assert bookmarks(document) == [f"source-{one.n}" for one in memo.sources]
    assert inside <= set(bookmarks(document))
    assert bool(inside) == bool(memo.sources)


def test_a_word_file_has_tables_with_repeated_heads_a_described_picture_and_page_numbers(
    memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    memo = memos["plan-hant"]
    document = open_word(write_file(memo, "docx", shelf))
    tables = [one for one in memo.body if isinstance(one, Table)]
    assert len(document.tables) == len(tables)
    for made, told in zip(document.tables, tables, strict=True):
        assert (len(made.rows), len(made.columns)) == (len(told.rows) + 1, len(told.head))
        assert made.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert made.rows[1]._tr.trPr.find(qn("w:tblHeader")) is None
    section = document.sections[0]
    pictures = [one for one in memo.body if isinstance(one, Picture)]
    for shape, picture in zip(document.inline_shapes, pictures, strict=True):
        assert shape._inline.docPr.get("descr") == picture.alt
        assert shape.width <= section.page_width - section.left_margin - section.right_margin
    footer = section.footer._element
    assert [one.get(qn("w:instr")) for one in footer.iter(qn("w:fldSimple"))] == [
        "PAGE",
        "NUMPAGES",
    ]
    assert memo.corpus in section.footer.paragraphs[0].text
    assert memo.title[:20] in section.header.paragraphs[0].text
    assert document.core_properties.title == memo.title
    assert document.core_properties.keywords == memo.corpus
    assert [one.style.name for one in document.paragraphs].count("Heading 1") >= 3


@pytest.mark.parametrize(
    ("name", "font", "tongue"),
    [
        ("plan-zh", "Microsoft YaHei", "zh-CN"),
        ("plan-hant", "Microsoft JhengHei", "zh-HK"),
        ("plan-en", "Microsoft YaHei", "zh-CN"),
    ],
)
def test_a_word_file_names_an_east_asian_font_of_its_language(
    name: str, font: str, tongue: str, memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    document = open_word(write_file(memos[name], "docx", shelf))
    for style in ("Normal", "Title", "Heading 1", "Heading 2", "List Bullet"):
        properties = document.styles[style].element.rPr
        assert properties.rFonts.get(qn("w:eastAsia")) == font
        assert not [one for one in properties.rFonts.attrib if one.endswith("Theme")]
        assert properties.find(qn("w:lang")).get(qn("w:eastAsia")) == tongue


def test_numbered_lists_of_a_word_file_each_start_at_one(
    memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    items = Items(ordered=True, items=((memos["plan-zh"].body[0].line),) * 2)  # type: ignore[union-attr]
    memo = memos["plan-zh"].model_copy(update={"body": (items, items)})
    document = open_word(write_file(memo, "docx", shelf))
    numbered = [one for one in document.paragraphs if one.style.name == "List Number"]
    ids = [one._p.pPr.numPr.numId.val for one in numbered]
    assert len(ids) == 4
    assert ids[0] == ids[1] != ids[2] == ids[3]


# --- PDF


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_pdf_says_all_of_it_with_links_and_embedded_fonts(
    name: str, memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    memo = memos[name]
    content = write_file(memo, "pdf", shelf)
    text = pdf_text(content)
    missing = not_in(text, [one for one in said_in(memo) if one not in body_texts(memo)])
    assert missing == []
    # A cell or line that goes over to the next page has a head and a foot in its middle.
    pieces = [re.split(r"[，,；;。.：:、 ]", one) for one in body_texts(memo)]
    assert not_in(text, [piece for line in pieces for piece in line]) == []
    pages, inside = pdf_links(content)
    assert pages == {one.url for one in memo.sources if one.url}
    assert inside >= len(memo.sources)
    assert set(pdf_fonts(content).values()) == {True}


def test_each_language_is_set_in_its_own_region_s_font(
    memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    for name, lang in (("plan-zh", "zh-Hans"), ("plain-hant", "zh-Hant"), ("plan-en", "zh-Hans")):
        family = shelf.choice(lang).text[0]  # type: ignore[arg-type]
        fonts = pdf_fonts(write_file(memos[name], "pdf", shelf))
        wanted = re.sub(r"\W", "", family).casefold()
        assert any(re.sub(r"\W", "", one).casefold().startswith(wanted) for one in fonts), fonts


def test_a_pdf_holds_the_drawing_with_words_for_it(
    memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    memo = memos["plan-zh"]
    content = write_file(memo, "pdf", shelf)
    pictures = tuple(one for one in memo.body if isinstance(one, Picture))
    assert {one.alt for one in pictures} <= set(pdf_alts(content))
    # Nothing beside the drawings: a table draws lines too, more where it goes over a page.
    drawn, plain = (
        write_file(memo.model_copy(update={"body": body}), "pdf", shelf) for body in (pictures, ())
    )
    assert _paths(drawn) >= _paths(plain) + len(pictures)


def _paths(content: bytes) -> int:
    """How many shapes the pages hold, those inside of forms counted too."""
    with pypdfium2.PdfDocument(content) as document:
        return sum(
            1
            for i in range(len(document))
            for one in document[i].get_objects(max_depth=8)
            if one.type != pypdfium2.raw.FPDF_PAGEOBJ_TEXT
        )


def glyphs(content: bytes, characters: str) -> list[Image.Image]:
    """Cut the first of each character out of a rendered first page."""
    scale = 4
    with pypdfium2.PdfDocument(content) as document:
        page = document[0]
        height = page.get_height()
        picture = page.render(scale=scale).to_pil().convert("L")
        written = page.get_textpage()
        text = "".join(written.get_text_range(i, 1) or " " for i in range(written.count_chars()))
        boxes = [written.get_charbox(text.index(one), loose=False) for one in characters]
    return [
        picture.crop(
            (
                int(left * scale),
                int((height - top) * scale),
                int(right * scale) + 1,
                int((height - bottom) * scale) + 1,
            )
        ).resize((32, 32))
        for left, bottom, right, top in boxes
    ]


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 1."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (255 * 32 * 32)


@pytest.mark.parametrize(
    ("name", "characters"), [("plan-zh", "上海母公司借"), ("plain-hant", "香港企業財稅")]
)
def test_chinese_is_drawn_as_characters_and_not_as_boxes(
    name: str, characters: str, memos: Mapping[str, Memo], shelf: FontShelf
) -> None:
    drawn = glyphs(write_file(memos[name], "pdf", shelf), characters)
    ink = [sum(255 - value for value in one.tobytes()) / (255 * 1024) for one in drawn]
    assert all(0.1 < share < 0.8 for share in ink), ink
    pairs = [(i, j) for i in range(len(drawn)) for j in range(i)]
    assert min(unlike(drawn[i], drawn[j]) for i, j in pairs) > 0.1
    # The same characters without a font for them: boxes, all alike, which the measure must tell.
    tofu = typst.compile(
        f'#set text(font: "Libertinus Serif", size: 17pt)\n{characters}'.encode(),
        format="pdf",
        font_paths=typst.Fonts(include_system_fonts=False),
    )
    with pypdfium2.PdfDocument(tofu) as document:
        picture = document[0].render(scale=4).to_pil().convert("L")
    box = picture.crop(picture.point(lambda value: 255 - value).getbbox())
    each = box.width // len(characters)
    cut = [box.crop((i * each, 0, (i + 1) * each, box.height)).resize((32, 32)) for i in (0, 1)]
    assert unlike(*cut) < 0.1
    assert min(unlike(one, cut[0]) for one in drawn) > 0.1


def test_without_a_chinese_font_no_pdf_is_made_and_the_error_says_what_to_install(
    memos: Mapping[str, Memo],
) -> None:
    bare = FontShelf(system=False)
    for name in ("plan-zh", "plain-hant", "plan-en"):
        with pytest.raises(FontMissing) as caught:
            write_pdf(memos[name], bare)
        for lang in LANGS:
            assert "fonts-noto-cjk" in localise(caught.value.message, lang)
    assert "字體" in localise(caught.value.message, "zh-Hant")


def test_the_doctor_tells_in_which_fonts_pdfs_are_set(shelf: FontShelf) -> None:
    found = check_fonts(lambda: shelf)
    assert found.severity == "ok"
    assert shelf.choice("zh-Hant").head[0] in found.message


def test_the_doctor_says_which_font_is_missing_and_what_to_install() -> None:
    found = check_fonts(lambda: FontShelf(system=False))
    assert found.severity == "warning"
    assert "simplified Chinese or traditional Chinese" in found.message
    assert "fonts-noto-cjk" in (found.remedy or "")
    assert "hugang[fonts]" in (found.remedy or "")


# --- Markdown


@pytest.mark.parametrize("name", QUESTIONS)
def test_markdown_says_all_of_it(name: str, memos: Mapping[str, Memo], shelf: FontShelf) -> None:
    memo = memos[name]
    text = write_file(memo, "md", shelf).decode()
    assert text.startswith(f"**{memo.title}**\n")
    bare = joined(text.replace("**", "").replace("\\", ""))
    assert not_in(bare, [memo.title, *body_texts(memo), *memo.scope]) == []
    for source in memo.sources:
        assert f"\n[{source.n}] " in text
        assert source.url is None or f"<{source.url}>" in text
    assert memo.as_of.isoformat() in text


# --- hostile text


@pytest.fixture(scope="module")
def hostile(answers: Mapping[str, CheckedAnswer], corpus: Corpus, advisor: Advisor) -> list[Memo]:
    """Documents whose question, profile and sources' notes are hostile, short and 4,000 long."""
    answer, plan = answers["plan-en"], advisor.plan(ROUTE, {}, "zh-Hans")
    long = (HOSTILE * 8)[:4000]
    known = {"unknown_input": HOSTILE, next(iter(_inputs(corpus))): HOSTILE}
    return [
        memo_of_answer(answer.model_copy(update={"question": HOSTILE}), corpus, DAY, draw),
        memo_of_answer(answer.model_copy(update={"question": long}), corpus, DAY, draw),
        memo_of_plan(
            plan.model_copy(update={"known": known, "title": HOSTILE, "summary": HOSTILE}),
            corpus,
            "zh-Hans",
            DAY,
            DAY,
            draw,
        ),
    ]


def test_hostile_text_stands_in_a_word_file_as_it_was_typed(
    hostile: list[Memo], shelf: FontShelf
) -> None:
    for memo in hostile:
        text = joined(word_text(open_word(write_file(memo, "docx", shelf))))
        assert not_in(text, [clean(memo.question or ""), *body_texts(memo)]) == []
        pages, _ = word_links(open_word(write_file(memo, "docx", shelf)))
        assert pages == {one.url for one in memo.sources if one.url}


def test_hostile_text_stands_in_a_pdf_as_it_was_typed(
    hostile: list[Memo], shelf: FontShelf
) -> None:
    for memo in hostile:
        content = write_file(memo, "pdf", shelf)
        text = "".join(pdf_pages(content))
        for piece in ("#read", "$x^2$", "*fett*", "<label>", "<script>alert(1)</script>", "[x]"):
            assert joined(piece) in joined(text), piece
        pages, _ = pdf_links(content)
        assert pages == {one.url for one in memo.sources if one.url}
        assert "root:" not in text


def test_hostile_text_stays_text_in_markdown(hostile: list[Memo], shelf: FontShelf) -> None:
    for memo in hostile:
        tokens = MarkdownIt("commonmark").parse(write_file(memo, "md", shelf).decode())
        inline = [child for token in tokens for child in token.children or ()]
        kinds = {token.type for token in (*tokens, *inline)}
        assert not kinds & {"html_inline", "html_block", "image", "code_inline", "fence"}
        assert "heading_open" not in kinds
        linked = {str(one.attrs["href"]) for one in inline if one.type == "link_open"}
        assert not [one for one in linked if one.startswith("javascript")]


def test_text_that_could_pass_for_another_is_not_turned_round(hostile: list[Memo]) -> None:
    written = hostile[0].model_dump_json()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\\x00-\\x08]", written)


# --- file names


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("plan-en", "Hugang-Lending-to-an-overseas-subsidiary-2026-"),
        ("declined-zh", "沪港通途-今天美元兑人民币汇率多少-2026-"),
        ("plain-hant", "滬港通途-請問香港企業財資中心的稅率和條件-2026-"),
    ],
)
def test_a_file_is_named_after_product_topic_and_day(
    name: str, file: str, memos: Mapping[str, Memo]
) -> None:
    assert file_name(memos[name], "docx").startswith(file)


@pytest.mark.parametrize("form", ["docx", "pdf", "md"])
def test_a_hostile_topic_makes_a_harmless_file_name(form: Form, hostile: list[Memo]) -> None:
    for memo in hostile:
        name = file_name(memo, form)
        assert re.fullmatch(r"[\w-]{8,90}\.\w+", name)
        header = disposition(memo, form)
        assert header.isascii()
        assert not re.search(r"[\x00-\x1f]", header)
        assert header.startswith('attachment; filename="hugang-')
