"""An answer as the page shows it: pure functions of its parts.

Everything that came from a person, a model or a card is escaped by `ui.html`. Words of the
interface carry their key, so that the page can change language without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlsplit

from bot.answer import (
    AnswerBlock,
    AnswerBody,
    AnswerOpenPoint,
    CheckedAnswer,
    CheckedClaim,
    Citation,
    CitedInstrument,
    PassageCitation,
    Standing,
)
from bot.language import Lang
from bot.writing.write import WRITER
from ui.ask.marks import Marks, markdown_html
from ui.ask.source_panel import Lineage, render_source, status_badge
from ui.html import EMPTY, Html, element, join, label, outward, web_address, word
from ui.papers.quoting import render_passage
from ui.strings import string

_INSTEAD = ("treasury-centre", "lend-to-hong-kong", "payment-connect")
"""Example questions offered after one that lies outside the field."""
_ICON = '<svg viewBox="0 0 20 20" class="hg-standing-icon" aria-hidden="true" focusable="false">{}</svg>'
# Shapes that differ without their colour: a tick, a circle half full, a circle crossed.
_ICONS: Mapping[Standing, Html] = {
    "answered": Html(
        _ICON.format('<circle cx="10" cy="10" r="7.5"/><path d="M6.5 10.3l2.5 2.5 4.6-5.2"/>')
    ),
    "partly": Html(
        _ICON.format(
            '<circle cx="10" cy="10" r="7.5"/><path d="M10 2.5a7.5 7.5 0 0 1 0 15z" class="hg-filled"/>'
        )
    ),
    "declined": Html(
        _ICON.format('<circle cx="10" cy="10" r="7.5"/><path d="M4.7 15.3L15.3 4.7"/>')
    ),
}


def marks_for(
    citations: Iterable[Citation],
    message: str,
    ui: Lang,
    passages: Iterable[PassageCitation] = (),
) -> Marks:
    """Collect what the marks of an answer open."""
    known, quoted = tuple(citations), tuple(passages)
    return Marks(
        message=message,
        ui=ui,
        titles={citation.n: citation.instrument.title for citation in known}
        | {passage.n: passage.document.title for passage in quoted},
        numbers={citation.ref: citation.n for citation in known}
        | {passage.ref: passage.n for passage in quoted},
        second_hand=frozenset(c.n for c in known if c.source.quality in ("press", "mirror")),
    )


def render_working(now: Html | None, trace: Sequence[Html]) -> Html:
    """Write how far an answer has come: what is done now, and below it what was found so far."""
    doing = element("span", now, class_="hg-stage-now") if now is not None else EMPTY
    return join(element("p", doing, class_="hg-standing"), _trace(trace))


def render_standing(answer: CheckedAnswer, trace: Sequence[Html], ui: Lang) -> Html:
    """Write the word under which an answer stands: answered, partly, declined.

    It takes as much room as `render_working`, so that nothing below moves.
    """
    note = f"standing.{answer.standing}.note"
    return join(
        element(
            "p",
            _ICONS[answer.standing],
            word(f"standing.{answer.standing}", ui, tag="strong"),
            word(note, ui, class_="hg-standing-note"),
            class_="hg-standing",
        ),
        _trace(trace),
    )


def _trace(steps: Sequence[Html]) -> Html:
    return element("p", *(element("span", step) for step in steps), class_="hg-trace")


def render_block(block: AnswerBlock, marks: Marks) -> Html:
    """Write one checked block; its heading, which the Markdown repeats in bold, as a heading."""
    heading = element("h3", block.heading) if block.heading else EMPTY
    body = block.markdown.removeprefix(f"**{block.heading}**").lstrip("\n")
    return element(
        "section",
        heading,
        markdown_html(body, marks),
        class_=f"hg-block hg-block-{block.kind}",
    )


def render_next(answer: CheckedAnswer, titles: Sequence[str], ui: Lang) -> Html:
    """Write what to do about what an answer leaves open; nothing for one that leaves nothing.

    Args:
        answer: of any standing.
        titles: titles of the nearest instruments in the answer's language, to ask about.
        ui: language of the interface.
    """
    if answer.standing == "answered":
        return EMPTY
    reason = answer.decline_reason
    advice = "partly.next" if reason is None else f"decline.{reason}.next"
    if reason in ("out-of-scope", "injection"):
        others = [string(f"example.{name}", answer.lang) for name in _INSTEAD]
        ways = _titled("decline.instead", [_ask_button(text, text) for text in others], ui)
    elif titles and reason == "not-in-corpus":
        nearest = [
            _ask_button(title, string("nearest.ask", answer.lang, title=title)) for title in titles
        ]
        ways = _titled("nearest.title", nearest, ui)
    else:
        ways = EMPTY
    return element(
        "section",
        word("decline.next.label", ui, tag="h3", class_="hg-label"),
        element("p", word(advice, ui)),
        _whom(answer.whom, ui),
        ways,
        class_="hg-next",
    )


def _whom(bodies: Sequence[AnswerBody], ui: Lang) -> Html:
    if not bodies:
        return EMPTY
    items = (element("li", body.name, _site(body, ui)) for body in bodies)
    return element("div", word("whom.title", ui, class_="hg-label"), element("ul", *items))


def _site(body: AnswerBody, ui: Lang) -> Html:
    address = web_address(body.site) if body.site else None
    if address is None:
        return EMPTY
    return outward(address, ui, urlsplit(address).hostname or "", class_="hg-site")


def render_suggestions(suggestions: Iterable[str], ui: Lang) -> Html:
    """Write what may be asked next, as buttons that ask it."""
    buttons = [_ask_button(text, text) for text in suggestions]
    if not buttons:
        return EMPTY
    return element(
        "section",
        word("follow.title", ui, tag="h3", class_="hg-label"),
        element("div", *buttons, class_="hg-follow-list"),
        class_="hg-follow",
    )


def render_missing(missing: Iterable[str], ui: Lang) -> Html:
    """List the parts of a question that stay open."""
    items = [element("li", part) for part in missing]
    if not items:
        return EMPTY
    return element(
        "section",
        word("missing.title", ui, tag="h3", class_="hg-label"),
        element("ul", *items),
        class_="hg-missing",
    )


def render_warnings(warnings: Iterable[str], ui: Lang) -> Html:
    """List what a reader should note, small."""
    items = [element("li", warning) for warning in warnings]
    if not items:
        return EMPTY
    return element(
        "section",
        word("warnings.title", ui, class_="hg-label"),
        element("ul", *items),
        class_="hg-warnings",
    )


def render_open_points(points: Iterable[AnswerOpenPoint], ui: Lang) -> Html:
    """Write questions back to the asker; the page asks again with what is chosen or typed."""
    written = [_open_point(point, ui) for point in points]
    if not written:
        return EMPTY
    return element(
        "section",
        word("open.title", ui, tag="h3", class_="hg-label"),
        *written,
        class_="hg-open-points",
    )


def render_cited(citations: Iterable[Citation], marks: Marks) -> Html:
    """List the cited instruments with their standing and their marks, folded."""
    instruments: dict[str, CitedInstrument] = {}
    numbers: dict[str, list[int]] = {}
    for citation in citations:
        instruments.setdefault(citation.instrument.id, citation.instrument)
        numbers.setdefault(citation.instrument.id, []).append(citation.n)
    if not instruments:
        return EMPTY
    rows = (
        element(
            "li",
            element("span", one.title),
            element("span", one.number, class_="hg-quiet") if one.number else EMPTY,
            status_badge(one.status, marks.ui),
            element("span", *(marks.mark(n) for n in numbers[one.id]), class_="hg-marks"),
        )
        for one in instruments.values()
    )
    return element(
        "details",
        word("sources.title", marks.ui, tag="summary", n=len(instruments)),
        element("ul", *rows),
        class_="hg-cited",
        data_key="cited",
    )


def render_foot(answer: CheckedAnswer, ui: Lang) -> Html:
    """Write the day on which the answer holds, its corpus and its writer, and how to take it away."""
    return element(
        "footer",
        element(
            "p",
            word("foot.as_of", ui, date=answer.as_of.isoformat()),
            word("foot.corpus", ui, version=answer.engine.corpus),
            _writer(answer, ui),
            class_="hg-foot-facts",
        ),
        element(
            "div",
            _foot_button("retry", "foot.again", "foot.again.hint", ui),
            _foot_button("copy", "foot.copy", "foot.copy.hint", ui),
            _download(answer, "docx", "Word", ui),
            _download(answer, "pdf", "PDF", ui),
            class_="hg-foot-ways",
        ),
        class_="hg-foot",
    )


def _writer(answer: CheckedAnswer, ui: Lang) -> Html:
    if not answer.claims:
        return EMPTY
    model = answer.engine.model
    if model is None or answer.engine.writer == WRITER:
        return word("foot.writer.facts", ui)
    return word("foot.writer.model", ui, model=model.name)


def _foot_button(action: str, key: str, hint: str, ui: Lang) -> Html:
    return element(
        "button",
        word(key, ui),
        type="button",
        class_=f"hg-{action}",
        data_do=action,
        **label(hint, ui),
    )


def _download(answer: CheckedAnswer, ending: str, name: str, ui: Lang) -> Html:
    path = f"/answers/{quote(answer.id, safe='')}.{ending}"
    return element(
        "a",
        name,
        href=f"{path}?lang={ui}",
        data_page=path,
        download=True,
        **label("foot.download", ui, format=name),
    )


def render_failure(message: Html, ui: Lang) -> Html:
    """Write what went wrong, with a button that asks the same again."""
    return element(
        "div",
        word("failed.title", ui, tag="strong"),
        element("p", message),
        element("button", word("failed.retry", ui), type="button", data_do="retry"),
        class_="hg-failed",
        role="alert",
    )


def render_sources(
    citations: Iterable[Citation],
    claims: Iterable[CheckedClaim],
    lineages: Mapping[str, Lineage],
    lang: Lang,
    marks: Marks,
    passages: Iterable[PassageCitation] = (),
) -> Html:
    """Write the cards that the marks open, out of sight until one is asked for.

    Args:
        citations: what the answer cites.
        claims: its sentences, for the figures to highlight.
        lineages: by instrument id, what it replaced and what replaced it.
        lang: language of the answer.
        marks: names the answer and the language of the interface.
        passages: what the answer quotes of documents.
    """
    spoken = tuple(claims)
    return join(
        *(
            element(
                "div",
                render_passage(passage, marks.ui),
                hidden=True,
                data_source=f"{marks.message}:{passage.n}",
                data_n=passage.n,
            )
            for passage in passages
        ),
        *(
            element(
                "div",
                render_source(
                    citation,
                    tuple(claim.text for claim in spoken if citation.ref in claim.refs),
                    lineages.get(citation.instrument.id, Lineage()),
                    lang,
                    marks.ui,
                ),
                hidden=True,
                data_source=f"{marks.message}:{citation.n}",
                data_n=citation.n,  # shown in print, where all of them are written out
            )
            for citation in citations
        ),
    )


def _titled(key: str, items: Iterable[Html], ui: Lang) -> Html:
    return element(
        "div",
        word(key, ui, class_="hg-label"),
        element("div", *items, class_="hg-choices"),
    )


def _ask_button(text: str, question: str) -> Html:
    return element("button", text, type="button", data_do="ask", data_question=question)


def _open_point(point: AnswerOpenPoint, ui: Lang) -> Html:
    return element(
        "fieldset",
        element("legend", point.question),
        element("div", *_ways_to_answer(point, ui), class_="hg-choices"),
        data_point=point.name,
        data_type=point.type,
    )


def _ways_to_answer(point: AnswerOpenPoint, ui: Lang) -> list[Html]:
    if point.type == "choice":
        return [_choice(choice["value"], choice["label"]) for choice in point.choices]
    if point.type == "bool":
        return [
            _choice(value, word(key, ui))
            for value, key in (("true", "open.yes"), ("false", "open.no"))
        ]
    box = element(
        "input",
        type="date" if point.type == "date" else "number",
        step=None if point.type == "date" else "any",
        inputmode=None if point.type == "date" else "decimal",
        aria_label=point.question,
    )
    confirm = element("button", word("open.confirm", ui), type="button", data_do="fill")
    return [box, confirm, element("output", class_="hg-quiet")]


def _choice(value: str, shown: str) -> Html:
    return element("button", shown, type="button", data_do="choose", data_value=value)
