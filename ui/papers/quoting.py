"""Quoted documents in an answer: the block that quotes them, and the card behind its marks.

Their words are nobody's we know: they are written from the passages, escaped, and never read as
Markdown, so that no link, picture or mark in them becomes one.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.answer import AnswerBlock, CitedDocument, PassageCitation
from bot.language import Lang
from ui.ask.marks import Marks
from ui.ask.source_panel import rulebook_link
from ui.frame import address
from ui.html import EMPTY, Html, element, join, word

PAPER_BLOCKS = frozenset({"own-papers", "official-text"})
"""Kinds of blocks that quote documents."""
_SHOWN_STATUS = frozenset({"draft", "superseded", "repealed"})


def render_papers(block: AnswerBlock, passages: Iterable[PassageCitation], marks: Marks) -> Html:
    """Write a block that quotes documents: each quote with where it stands and its mark.

    Args:
        block: of a kind in `PAPER_BLOCKS`.
        passages: what the answer quotes, among them those of the block.
        marks: open them.
    """
    known = {one.ref: one for one in passages}
    quoted = [known[ref] for claim in block.claims for ref in claim.refs if ref in known]
    items = (_item(one, marks) for one in quoted)
    # A line without a claim says that a quote is gone.
    gone = block.markdown.count("\n- ") - len(block.claims)
    return element(
        "section",
        element("h3", block.heading) if block.heading else EMPTY,
        element("ul", *items) if quoted else EMPTY,
        word("papers.gone", marks.ui, tag="p", class_="hg-quiet") if gone > 0 else EMPTY,
        class_=f"hg-block hg-papers hg-block-{block.kind}",
    )


def render_passage(passage: PassageCitation, ui: Lang) -> Html:
    """Write the card of a quoted passage for the panel."""
    document = passage.document
    return join(
        element("div", *_badges(document, ui), class_="hg-badges"),
        element("h2", document.title, class_="hg-source-title", tabindex="-1", dir="auto"),
        element("p", document.name, class_="hg-source-other", dir="auto")
        if document.name != document.title
        else EMPTY,
        element(
            "dl",
            _row("panel.number", document.number, ui),
            _row("panel.issuers", document.issuer, ui),
            _row("papers.place", place_of(passage), ui),
            _row("papers.field.effective", document.effective, ui),
            _row("papers.field.ended", document.ended, ui),
            class_="hg-facts",
        ),
        element(
            "figure",
            word("papers.quote", ui, tag="figcaption", class_="hg-label"),
            element("blockquote", passage.quote, dir="auto"),
            class_="hg-quote",
        ),
        element(
            "a",
            word("papers.open", ui),
            word("papers.page", ui, class_="hg-host", page=passage.page) if passage.page else EMPTY,
            **viewer_link(passage, ui),
            class_="hg-open",
        ),
        rulebook_link(document.instrument, word("panel.all_facts", ui), ui, class_="hg-all-facts")
        if document.instrument
        else EMPTY,
        word("papers.note", ui, tag="p", class_="hg-ref") if document.kind == "own" else EMPTY,
    )


def render_quoted(passages: Iterable[PassageCitation], marks: Marks) -> Html:
    """List the quoted documents with their marks, folded."""
    documents: dict[str, CitedDocument] = {}
    numbers: dict[str, list[int]] = {}
    for one in passages:
        documents.setdefault(one.document.id, one.document)
        numbers.setdefault(one.document.id, []).append(one.n)
    if not documents:
        return EMPTY
    rows = (
        element(
            "li",
            element("span", one.title, dir="auto"),
            *_badges(one, marks.ui),
            element("span", *(marks.mark(n) for n in numbers[one.id]), class_="hg-marks"),
        )
        for one in documents.values()
    )
    return element(
        "details",
        word("papers.cited", marks.ui, tag="summary", n=len(documents)),
        element("ul", *rows),
        class_="hg-cited",
        data_key="quoted",
    )


def place_of(passage: PassageCitation) -> str:
    """Return the headings above a passage and its article in one line."""
    return " › ".join((*passage.path, *((passage.article,) if passage.article else ())))


def viewer_link(passage: PassageCitation, ui: Lang) -> dict[str, str]:
    """Return the attributes of a link to the words in their document."""
    path = f"/documents/{passage.document.id}"
    wanted = {"passage": str(passage.ref.fact_id), "at": f"{passage.start}-{passage.end}"}
    return {
        "href": address(path, ui, **wanted),
        "data_page": path,
        "data_query": "&".join(f"{name}={value}" for name, value in wanted.items()),
    }


def _item(passage: PassageCitation, marks: Marks) -> Html:
    document, ui = passage.document, marks.ui
    where = passage.article or (passage.path[-1] if passage.path else "")
    return element(
        "li",
        element(
            "p",
            element("cite", document.title, dir="auto"),
            element("span", where, class_="hg-quiet", dir="auto") if where else EMPTY,
            word("papers.page", ui, class_="hg-quiet", page=passage.page)
            if passage.page
            else EMPTY,
            _status(document, ui),
            class_="hg-paper-of",
        ),
        element(
            "blockquote",
            marks.kept_after(passage.quote, (passage.n,)),
            dir="auto",
        ),
        data_document=document.id,
    )


def _badges(document: CitedDocument, ui: Lang) -> Iterable[Html]:
    kind = "official" if document.kind == "official" else "own"
    yield word(f"papers.whose.{kind}", ui, class_=f"hg-badge hg-paper-{kind}")
    yield _status(document, ui)


def _status(document: CitedDocument, ui: Lang) -> Html:
    status = document.status
    if status not in _SHOWN_STATUS:
        return EMPTY
    return word(f"papers.status.{status}", ui, class_=f"hg-badge hg-status-{status}")


def _row(key: str, value: object, ui: Lang) -> Html:
    if not value:
        return EMPTY
    return element("div", word(key, ui, tag="dt"), element("dd", str(value), dir="auto"))
