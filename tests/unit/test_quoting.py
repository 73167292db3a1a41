"""Quoted documents on the page and in files: their words are text, whatever they hold."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.answer import (
    AnswerBlock,
    CheckedAnswer,
    CheckedClaim,
    CitedArticle,
    CitedDocument,
    PassageCitation,
)
from bot.events import BlockReady, Finished
from bot.forgetting import without_document
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from tests.hostile import PAYLOADS
from tests.unit.test_render import Page, citation
from tests.unit.test_takeaway import DAY, answer
from ui.ask.answer_view import AnswerView
from ui.ask.render import marks_for
from ui.ask.source_panel import Lineage, render_source
from ui.papers.quoting import render_papers, render_passage
from ui.takeaway.markdown import write_markdown
from ui.takeaway.memo import memo_of_answer

DOCUMENT = "doc-0123456789abcdef"
OTHER = "doc-fedcba9876543210"


def passage(n: int = 1, quote: str = "须经批准。", **changes: object) -> PassageCitation:
    document = {
        "id": DOCUMENT, "kind": "own", "title": "资金制度", "name": "制度.pdf", "lang": "zh",
        "issuer": None, "number": None, "issued": None, "effective": None, "ended": None,
        "status": "unknown",
    }  # fmt: skip
    document |= {name: changes.pop(name) for name in tuple(changes) if name in document}
    values: dict[str, object] = {
        "n": n, "ref": f"{document['id']}#{n}", "quote": quote, "path": ("第一章",),
        "article": "第二条", "page": 3, "start": 10, "end": 20,
        "document": CitedDocument.model_validate(document),
    }  # fmt: skip
    return PassageCitation.model_validate(values | changes)


def quoting(*passages: PassageCitation) -> CheckedAnswer:
    claims = tuple(
        CheckedClaim(text=one.quote, refs=(one.ref,), verdict="supported", block="own-papers")
        for one in passages
    )
    lines = "\n".join(f"- {one.quote}[{one.n}]" for one in passages)
    block = AnswerBlock(
        kind="own-papers", heading="自有资料", markdown=f"**自有资料**\n\n{lines}", claims=claims
    )
    return answer(block.markdown, blocks=(block,), claims=claims, passages=passages)


def block_of(one: PassageCitation) -> Page:
    given = quoting(one)
    marks = marks_for((), "m1", "zh-Hans", (one,))
    return Page(render_papers(given.blocks[0], given.passages, marks))


@pytest.mark.parametrize("nasty", [*PAYLOADS, "见[12]和[1]。", "**粗**", "| a |\n| --- |"])
def test_a_quote_is_text_and_its_mark_the_only_one(nasty: str) -> None:
    one = passage(quote=nasty, title=nasty, name=nasty, path=(nasty,), article=None)
    page = block_of(one)
    assert page.tags <= {"section", "h3", "ul", "li", "p", "cite", "span", "blockquote", "button"}
    assert page.having("data-cite") == ["m1:1"]
    assert nasty in page.text
    card = Page(render_passage(one, "en"))
    assert not card.tags & {"script", "img", "svg", "iframe", "strong"}
    assert nasty in card.text


def test_the_card_names_place_and_status_and_leads_to_the_words() -> None:
    card = Page(render_passage(passage(status="repealed", number="远资〔2026〕7号"), "en"))
    for words in ("资金制度", "第一章 › 第二条", "No longer in force", "Your document", "page 3"):
        assert words in card.text
    (href,) = card.having("href")
    assert href == f"/documents/{DOCUMENT}?passage=1&at=10-20&lang=en"


def test_an_official_text_is_called_so_and_leads_to_its_facts() -> None:
    one = passage(kind="official")
    official = one.document.model_copy(update={"instrument": "safe-2014-54"})
    card = Page(render_passage(one.model_copy(update={"document": official}), "zh-Hans"))
    assert "官方原文" in card.text
    assert "自有资料" not in card.text
    assert "/rules/safe-2014-54?lang=zh-Hans" in card.having("href")


def test_quotes_are_shown_while_the_answer_grows(corpus: Corpus) -> None:
    given = quoting(passage())
    view = AnswerView("m1", "zh-Hans", corpus)
    view.take(BlockReady(block=given.blocks[0], citations=(), passages=given.passages))
    parts = dict(view.payload()["parts"])
    assert 'data-cite="m1:1"' in parts["block-0"]
    assert 'data-source="m1:1"' in parts["sources"]


def test_later_questions_bring_no_words_of_own_papers_along(corpus: Corpus) -> None:
    view = AnswerView("m1", "zh-Hans", corpus)
    view.take(Finished(answer=quoting(passage(quote="须经紫貂部批准。"))))
    payload = view.payload()
    assert "紫貂部" not in payload["text"]
    assert "紫貂部" in payload["markdown"], "the reader's own copy has it"


def test_a_copy_has_the_passages_under_a_heading_of_their_own(corpus: Corpus) -> None:
    one = passage(quote="见[12]，*不*得![x](y)。", status="draft")
    memo = memo_of_answer(quoting(one), corpus, DAY)
    (source,) = memo.passages
    assert (source.n, source.status) == (1, "自有资料 · 草稿")
    assert source.details == "第一章 · 第二条 · 第3页"
    written = write_markdown(memo)
    assert "**引用的资料原文**" in written
    assert "\\[12\\]" in written
    assert "[12]" not in written.replace("\\[12\\]", "")
    assert "![x]" not in written


def test_an_answer_without_a_document_keeps_what_others_say() -> None:
    mine, other = passage(1, "须经紫貂部批准。"), passage(2, "另一份。", id=OTHER)
    left = without_document(quoting(mine, other), DOCUMENT)
    assert [one.n for one in left.passages] == [2]
    assert "紫貂部" not in left.model_dump_json()
    assert left.text.endswith("- 另一份。[2]\n- 这里引用的资料已被删除。")
    page = Page(
        render_papers(left.blocks[0], left.passages, marks_for((), "m1", "en", left.passages))
    )
    assert "另一份。" in page.text
    assert "was deleted" in page.text
    assert without_document(left, "doc-0000000000000000") is left


def test_the_article_stands_folded_beside_the_fact_and_a_doubtful_fact_says_so() -> None:
    article = CitedArticle(
        text="第十二条 余额不得超过30%。<b>",
        article="第十二条",
        page=2,
        ref=FactRef("doc-0123456789abcdef#7"),
        fetched=dt.date(2026, 11, 1),
        changed=dt.date(2026, 11, 20),
    )
    one = citation(1, FactRef("hk-centre#1"), article=article, under_review="原文有变化。")
    card = Page(render_source(one, ("不超过30%。",), Lineage(), "zh-Hans", "zh-Hans"))
    for words in (
        "待复核",
        "原文有变化。",
        "第十二条 余额不得超过30%。<b>",
        "2026-11-01",
        "2026-11-20",
    ):
        assert words in card.text
    assert "b" not in card.tags
    assert f"/documents/{DOCUMENT}?passage=7&lang=zh-Hans" in card.having("href")
    plain = Page(render_source(citation(1, FactRef("hk-centre#1")), (), Lineage(), "en", "en"))
    assert "Under review" not in plain.text
    assert "details" not in plain.tags
