"""The page of own documents: adding, what becomes of each file, the list with its corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from bot.language import Lang, localise
from knowledge.documents.document import TENANT, Document, DocumentStatus
from ui.api.documents import MB, Intake
from ui.frame import address
from ui.html import EMPTY, Html, element, join
from ui.papers.uploads import Upload
from ui.strings import string

PATH = "/documents"
ACCEPTED = ".pdf,.docx,.xlsx,.pptx,.html,.htm,.md,.txt,.csv,.eml,.png,.jpg,.jpeg,.tif,.tiff,.gif,.webp,.bmp"
_STATUSES: tuple[DocumentStatus, ...] = get_args(DocumentStatus)
_SHOWN_STATUS = frozenset({"draft", "superseded", "repealed", "in-force"})
NOTICES = ("deleted", "corrected", "taken")
"""What an address may say has been done: `?done=deleted`."""


def documents_body(
    documents: Sequence[tuple[Document, bool]],
    uploads: Sequence[Upload],
    intake: Intake,
    lang: Lang,
    *,
    known: bool,
    notice: str | None = None,
    fault: str | None = None,
) -> Html:
    """Write the page.

    Args:
        documents: what the reader's questions are held against, and whether it is theirs.
        uploads: their files on their way and the latest results, oldest first.
        intake: how much may be sent at once.
        lang: language of the page.
        known: whether the request said who the reader is.
        notice: one of `NOTICES`, done before this page.
        fault: why what was sent could not be used.
    """
    return element(
        "div",
        element("h1", string("papers.name", lang)),
        element("p", string("papers.lead", lang), class_="dc-lead"),
        _told(fault, "dc-fault", "alert") if fault else EMPTY,
        _told(string(f"papers.done.{notice}", lang), "dc-notice", "status") if notice else EMPTY,
        _adding(intake, lang),
        uploads_section(uploads, {one.id: one for one, _ in documents}, lang),
        list_section(documents, lang),
        class_="dc",
        data_known="yes" if known else "no",
    )


def uploads_section(
    uploads: Sequence[Upload], documents: Mapping[str, Document], lang: Lang
) -> Html:
    """Write what becomes of each file: what is worked on, what waits, then the latest results."""
    order = sorted(
        (one for one in uploads if not one.is_done),
        key=lambda one: (one.state == "waiting", one.ahead),
    )
    order += [one for one in reversed(uploads) if one.is_done]
    rows = [_upload(one, documents.get(one.document or ""), lang) for one in order]
    running = any(not one.is_done for one in uploads)
    ended = any(one.is_done for one in uploads)
    heading = string("papers.progress" if running else "papers.results", lang)
    title = element("h2", heading)
    clear = (
        element(
            "form",
            element("button", string("papers.clear", lang), type="submit", class_="dc-quiet"),
            method="post",
            action=address(f"{PATH}/clear", lang),
        )
        if ended
        else EMPTY
    )
    return element(
        "section",
        element("div", title, clear, class_="dc-bar") if rows else EMPTY,
        element("ul", *rows, class_="dc-rows"),
        # Without a script the page looks again by itself.
        element("noscript", element("meta", **{"http-equiv": "refresh", "content": "4"}))
        if running
        else EMPTY,
        id="dc-uploads",
        class_="dc-uploads",
        data_running="yes" if running else "no",
    )


def list_section(documents: Sequence[tuple[Document, bool]], lang: Lang) -> Html:
    """Write the list of documents."""
    rows = [_document(one, own, lang) for one, own in documents]
    search = element(
        "input",
        type="search",
        id="dc-find",
        placeholder=string("papers.find", lang),
        aria_label=string("papers.find", lang),
        hidden=True,  # the script shows it, and does what it says
    )
    title = element("h2", string("papers.list", lang, n=len(rows)), id="dc-list-title")
    empty = element("p", string("papers.empty", lang), class_="dc-empty")
    none = element(
        "p", string("papers.none_found", lang), class_="dc-empty", id="dc-none", hidden=True
    )
    return element(
        "section",
        element("div", title, search if rows else EMPTY, class_="dc-bar"),
        element("ul", *rows, class_="dc-rows dc-list") if rows else empty,
        none,
        id="dc-list",
        aria_labelledby="dc-list-title",
    )


def _told(text: str, class_: str, role: str) -> Html:
    return element("p", text, class_=class_, role=role)


def _adding(intake: Intake, lang: Lang) -> Html:
    limits = string("papers.limits", lang, mb=f"{intake.file_bytes / MB:g}", files=intake.files)
    field = element(
        "input",
        type="file",
        name="files",
        id="dc-files",
        multiple=True,
        accept=ACCEPTED,
        required=True,
        aria_describedby="dc-limits",
        data_most=intake.files,
        data_bytes=intake.file_bytes,
    )
    drop = element(
        "div",
        _ARROW,
        element(
            "label",
            element("strong", string("papers.choose", lang)),
            element("span", string("papers.drop", lang), class_="dc-drop-hint"),
            for_="dc-files",
        ),
        field,
        element("p", limits, class_="hg-quiet", id="dc-limits"),
        class_="dc-drop",
        id="dc-drop",
    )
    talk = element(
        "label",
        element("input", type="checkbox", name="conversation", value="", id="dc-talk"),
        element("span", string("papers.only_here", lang)),
        class_="dc-talk",
        hidden=True,  # the script knows whether the reader comes from a conversation
    )
    private = element(
        "p", _LOCK, element("span", string("papers.private", lang)), class_="dc-private"
    )
    template = element("template", _sending(lang), id="dc-sending")
    return element(
        "form",
        drop,
        talk,
        element("button", string("papers.send", lang), type="submit", class_="dc-send"),
        private,
        template,
        element("p", class_="hg-hidden", id="dc-said", role="status"),
        method="post",
        action=address(PATH, lang),
        enctype="multipart/form-data",
        id="dc-add",
        data_failed=string("papers.not_sent", lang),
        data_large=string("papers.too_large", lang, mb=f"{intake.file_bytes / MB:g}"),
        data_sent=string("papers.state.waiting", lang),
    )


def _sending(lang: Lang) -> Html:
    """Write the row of a file that the browser sends; the script fills in its name."""
    return element(
        "li",
        element("p", element("strong", class_="dc-name"), class_="dc-head"),
        element(
            "p",
            element("span", string("papers.state.sending", lang), class_="dc-state"),
            class_="dc-now",
        ),
        element("progress", max="100", value="0", aria_label=string("papers.state.sending", lang)),
        class_="dc-row dc-running",
    )


def _upload(one: Upload, document: Document | None, lang: Lang) -> Html:
    state = f"dc-{one.state}" if one.is_done else "dc-running"
    link = (
        element("a", string("papers.look", lang), href=address(f"{PATH}/{one.document}", lang))
        if one.document
        else EMPTY
    )
    back = (
        EMPTY
        if one.is_done
        else element(
            "form",
            element(
                "button",
                string("papers.take_back", lang),
                type="submit",
                class_="dc-quiet",
                aria_label=string("papers.take_back.label", lang, name=one.name),
            ),
            method="post",
            action=address(f"{PATH}/uploads/{one.id}/drop", lang),
        )
    )
    remarks = (
        element("p", localise(mark.message, lang), class_="dc-remark") for mark in one.remarks
    )
    return element(
        "li",
        element(
            "p",
            _ICONS.get(one.state, EMPTY),
            element("strong", one.name, class_="dc-name", dir="auto"),
            link,
            class_="dc-head",
        ),
        element("div", element("p", _state(one, lang)), back, class_="dc-now"),
        _bar(one, lang),
        _recognised(document, lang) if document else EMPTY,
        element("p", localise(one.message, lang), class_="dc-why") if one.message else EMPTY,
        *remarks,
        class_=f"dc-row {state}",
        id=f"u-{one.id}",
    )


def _recognised(one: Document, lang: Lang) -> Html:
    """Write what the program read of a document, with the way to correct it."""
    told = one.particulars
    facts = (
        told.title,
        string(f"papers.lang.{told.lang}", lang),
        *_facts(one, lang),
        string(f"papers.status.{told.status}", lang) if told.status != "unknown" else None,
    )
    return element(
        "p",
        _beside([element("span", fact, dir="auto") for fact in facts if fact]),
        element(
            "a",
            string("papers.correct", lang),
            href=f"#{one.id}",
            class_="dc-to-correct",
            data_correct=one.id,
        ),
        class_="dc-facts",
    )


def _facts(one: Document, lang: Lang) -> Iterable[str | None]:
    told = one.particulars
    return (
        told.number,
        told.issuer,
        _dated("papers.issued", told.issued, lang),
        _dated("papers.effective", told.effective, lang),
        _dated("papers.ended", told.ended, lang),
    )


def _state(one: Upload, lang: Lang) -> Html:
    words = [element("span", string(f"papers.state.{one.state}", lang), class_="dc-state")]
    if one.state == "waiting" and one.ahead:
        words.append(element("span", string("papers.ahead", lang, n=one.ahead)))
    if one.total and not one.is_done:
        counted = string("papers.counted", lang, done=one.done, total=one.total)
        words.append(element("span", counted))
    if one.seconds_left is not None and not one.is_done:
        words.append(element("span", _left(one.seconds_left, lang)))
    return _beside(words)


def _left(seconds: int, lang: Lang) -> str:
    if seconds < 60:
        return string("papers.left.seconds", lang, n=max(1, seconds))
    return string("papers.left.minutes", lang, n=-(-seconds // 60))


def _bar(one: Upload, lang: Lang) -> Html:
    if one.is_done:
        return EMPTY
    named = string(f"papers.state.{one.state}", lang)
    if not one.total:
        return element("progress", aria_label=named)
    return element("progress", value=one.done, max=one.total, aria_label=named)


def _document(one: Document, own: bool, lang: Lang) -> Html:
    told = one.particulars
    facts = _facts(one, lang)
    small = (
        one.name if one.name != told.title else None,
        string("papers.pages", lang, n=one.pages) if one.pages else None,
        string("papers.passages", lang, n=one.passages),
        string("papers.added", lang, date=f"{one.added:%Y-%m-%d}"),
        None if one.corrected or not own else string("papers.proposed", lang),
    )
    facts_line = _beside([element("span", fact, dir="auto") for fact in facts if fact])
    return element(
        "li",
        element(
            "p",
            element(
                "a",
                told.title,
                href=address(f"{PATH}/{one.id}", lang),
                class_="dc-title",
                dir="auto",
            ),
            class_="dc-head",
        ),
        element("p", *badges(one, lang), class_="hg-badges"),
        element("p", facts_line, class_="dc-facts") if facts_line else EMPTY,
        element(
            "p",
            _beside([element("span", text, dir="auto") for text in small if text]),
            class_="dc-small",
        ),
        *(element("p", localise(mark.message, lang), class_="dc-remark") for mark in one.remarks),
        element("div", _correcting(one, lang), _deleting(one, lang), class_="dc-ways")
        if own
        else EMPTY,
        class_="dc-row dc-paper",
        id=one.id,
        data_text=" ".join((told.title, one.name, told.number or "", told.issuer or "")).casefold(),
    )


def badges(one: Document, lang: Lang) -> Iterable[Html]:
    """Write what a document is in badges: whose, of which format, in which language, its status."""
    status = one.particulars.status
    whose = (
        "official"
        if one.kind == "official"
        else "everybody"
        if one.scope.partition(":")[0] == TENANT
        else "conversation"
        if one.scope.startswith("conversation:")
        else "own"
    )
    yield element("span", string(f"papers.whose.{whose}", lang), class_=f"hg-badge dc-{whose}")
    if status in _SHOWN_STATUS:
        yield status_badge(status, lang)
    yield element("span", string(f"papers.format.{one.format}", lang), class_="hg-badge")
    language = string(f"papers.lang.{one.particulars.lang}", lang)
    yield element("span", language, class_="hg-badge")


def status_badge(status: DocumentStatus, lang: Lang) -> Html:
    """Write what a document counts for."""
    return element(
        "span", string(f"papers.status.{status}", lang), class_=f"hg-badge hg-status-{status}"
    )


def _correcting(one: Document, lang: Lang) -> Html:
    told = one.particulars
    dates = ("issued", "effective", "ended")
    languages = [(code, string(f"papers.lang.{code}", lang)) for code in ("zh", "en")]
    statuses = [(code, string(f"papers.status.{code}", lang)) for code in _STATUSES]
    form = element(
        "form",
        _field(one, "title", told.title, lang, maxlength=300, required=True, class_="dc-wide"),
        _field(one, "number", told.number, lang, maxlength=100),
        _field(one, "issuer", told.issuer, lang, maxlength=200),
        *(_field(one, name, getattr(told, name), lang, type="date") for name in dates),
        _choice(one, "status", told.status, statuses, lang),
        _choice(one, "lang", told.lang, languages, lang),
        element("button", string("papers.save", lang), type="submit", class_="dc-send"),
        method="post",
        action=address(f"{PATH}/{one.id}", lang),
        class_="dc-form",
        autocomplete="off",
    )
    return element(
        "details",
        element("summary", string("papers.correct", lang)),
        form,
        class_="dc-correct",
    )


def _deleting(one: Document, lang: Lang) -> Html:
    form = element(
        "form",
        element("p", string("papers.delete.sure", lang)),
        element(
            "button", string("papers.delete.yes", lang), type="submit", class_="dc-send dc-danger"
        ),
        method="post",
        action=address(f"{PATH}/{one.id}/delete", lang),
        class_="dc-form dc-form-delete",
    )
    return element(
        "details",
        element("summary", string("papers.delete", lang)),
        form,
        class_="dc-delete",
    )


def _field(
    one: Document,
    name: str,
    value: object,
    lang: Lang,
    *,
    type: str = "text",
    class_: str | None = None,
    maxlength: int | None = None,
    required: bool = False,
) -> Html:
    shown = "" if value is None else str(value)
    return element(
        "label",
        element("span", string(f"papers.field.{name}", lang), class_="hg-label"),
        element(
            "input",
            type=type,
            name=name,
            value=shown,
            maxlength=maxlength,
            required=required,
            id=f"{one.id}-{name}",
        ),
        class_=class_,
    )


def _choice(
    one: Document, name: str, value: str, choices: Iterable[tuple[str, str]], lang: Lang
) -> Html:
    options = (
        element("option", shown, value=code, selected=code == value) for code, shown in choices
    )
    return element(
        "label",
        element("span", string(f"papers.field.{name}", lang), class_="hg-label"),
        element("select", *options, name=name, id=f"{one.id}-{name}"),
    )


def _dated(key: str, day: object, lang: Lang) -> str | None:
    return string(key, lang, date=str(day)) if day else None


def _beside(parts: Sequence[Html]) -> Html:
    return join(*(join(*((Html(" · "),) if i else ()), part) for i, part in enumerate(parts)))


_ARROW = Html(
    '<svg viewBox="0 0 20 20" class="dc-arrow" aria-hidden="true"><path d="M10 13V3.5M6 7.5l4-4 4 4M3.5'
    ' 13v2.5a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1V13"/></svg>'
)
_LOCK = Html(
    '<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="4" y="9" width="12" height="8" rx="1.5"/>'
    '<path d="M6.8 9V6.5a3.2 3.2 0 0 1 6.4 0V9"/></svg>'
)
_TICK = Html(
    '<svg viewBox="0 0 20 20" class="dc-icon" aria-hidden="true"><circle cx="10" cy="10" r="7.5"/>'
    '<path d="M6.5 10.3l2.5 2.5 4.6-5.2"/></svg>'
)
_CROSS = Html(
    '<svg viewBox="0 0 20 20" class="dc-icon" aria-hidden="true"><circle cx="10" cy="10" r="7.5"/>'
    '<path d="M7 7l6 6M13 7l-6 6"/></svg>'
)
_ICONS = {"added": _TICK, "updated": _TICK, "unchanged": _TICK, "failed": _CROSS}
