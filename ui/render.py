"""An answer as the page shows it: pure functions of its parts.

Everything that came from a person, a model or a card is escaped by `ui.html`. Words of the
interface carry their key, so that the page can change language without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.answer import (
    AnswerBlock,
    AnswerOpenPoint,
    CheckedAnswer,
    CheckedClaim,
    Citation,
    CitedInstrument,
)
from bot.language import Lang
from ui.html import EMPTY, Html, element, join, label, word
from ui.marks import Marks, markdown_html
from ui.source_panel import Lineage, render_source, status_badge
from ui.strings import string


def marks_for(citations: Iterable[Citation], message: str, ui: Lang) -> Marks:
    """Collect what the marks of an answer open."""
    known = tuple(citations)
    return Marks(
        message=message,
        ui=ui,
        titles={citation.n: citation.instrument.title for citation in known},
        numbers={citation.ref: citation.n for citation in known},
        second_hand=frozenset(c.n for c in known if c.source.quality in ("press", "mirror")),
    )


def render_stages(done: Sequence[Html], current: Html | None) -> Html:
    """Write the quiet line that says how far an answer has come."""
    steps = [element("span", step, class_="hg-stage-done") for step in done]
    if current is not None:
        steps.append(element("span", current, class_="hg-stage-now"))
    return element("p", *steps, class_="hg-stages", role="status")


def render_standing(answer: CheckedAnswer, ui: Lang) -> Html:
    """Write the word under which an answer stands: answered, partly, declined."""
    note = f"standing.{answer.standing}.note"
    return element(
        "p",
        word(f"standing.{answer.standing}", ui, tag="strong"),
        word(note, ui) if answer.standing != "declined" else EMPTY,
        class_="hg-standing",
        role="status",
    )


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
    """Write what to do after a question that the corpus does not answer.

    Args:
        answer: the declined answer.
        titles: titles of the nearest instruments in the answer's language, to ask about.
        ui: language of the interface.
    """
    if answer.decline_reason != "not-in-corpus":
        return EMPTY  # the refusal itself says what to do
    nearest = [
        _ask_button(title, string("nearest.ask", answer.lang, title=title)) for title in titles
    ]
    return element(
        "section",
        _titled("nearest.title", nearest, ui) if nearest else EMPTY,
        element(
            "p",
            word("decline.next.label", ui, class_="hg-label"),
            word("decline.not-in-corpus.next", ui),
            class_="hg-next",
        ),
        class_="hg-declined",
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
    """Write the day on which the answer holds, the corpus it rests on, and the copy button."""
    return element(
        "footer",
        word("foot.as_of", ui, date=answer.as_of.isoformat()),
        word("foot.corpus", ui, version=answer.engine.corpus),
        element(
            "button",
            word("foot.copy", ui),
            type="button",
            class_="hg-copy",
            data_do="copy",
            **label("foot.copy.hint", ui),
        ),
        class_="hg-foot",
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
) -> Html:
    """Write the cards that the marks open, out of sight until one is asked for.

    Args:
        citations: what the answer cites.
        claims: its sentences, for the figures to highlight.
        lineages: by instrument id, what it replaced and what replaced it.
        lang: language of the answer.
        marks: names the answer and the language of the interface.
    """
    spoken = tuple(claims)
    return join(
        *(
            element(
                "div",
                render_source(
                    citation,
                    [claim.text for claim in spoken if citation.ref in claim.refs],
                    lineages.get(citation.instrument.id, Lineage()),
                    lang,
                    marks.ui,
                ),
                hidden=True,
                data_source=f"{marks.message}:{citation.n}",
                data_n=citation.n,  # shown in print, where all of them are written out
            )
            for citation in citations
        )
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
