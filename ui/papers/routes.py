"""The addresses of own documents, for readers: list, viewer, and the forms that work without a script."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, NamedTuple

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from bot.errors import AdvisorError
from bot.language import Lang
from bot.store.records import new_owner_key, owner_of
from knowledge.card import Bilingual, FactRef
from ui.access import check_form_origin
from ui.api.documents import Correction, Intake, picture_of, picture_slots, take_files
from ui.api.problems import ProblemError, in_language
from ui.frame import address, language_of, page
from ui.html import Html, element
from ui.papers.page import NOTICES, PATH, documents_body
from ui.papers.shelf import Shelf
from ui.papers.uploads import Uploads
from ui.papers.viewer import View, viewer_body
from ui.papers.viewing import read_range
from ui.strings import string

COOKIE = "hugang-owner"
"""Carries the browser's key to these pages, which pictures and plain forms cannot do by header."""
_COOKIE_DAYS = 400
_PICTURE_PX = 1_400
_NO_STORE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_STYLES = ("source.css", "documents.css")
_SCRIPTS = ("documents.js",)


class _Desk(NamedTuple):
    """What the pages work with."""

    shelf: Shelf
    uploads: Uploads
    intake: Intake

    def listing(
        self, request: Request, *, status: int = 200, fault: Bilingual | None = None
    ) -> Response:
        """Write the page of the list, with what went wrong in what was sent."""
        lang, owner = language_of(request), _owner(request)
        done = request.query_params.get("done")
        body = documents_body(
            self.shelf.listed(owner),
            self.uploads.of(owner) if owner else (),
            self.intake,
            lang,
            known=owner is not None,
            notice=done if done in NOTICES and fault is None else None,
            fault=in_language(fault, lang) if fault else None,
        )
        return _page(request, string("papers.name", lang), body, status)


def documents_pages(shelf: Shelf, uploads: Uploads, intake: Intake) -> APIRouter:
    """Make the pages of own documents.

    Args:
        shelf: whose documents are whose.
        uploads: where files go in.
        intake: how much one request may bring.
    """
    pages = APIRouter(include_in_schema=False)
    desk = _Desk(shelf, uploads, intake)
    _add_listing(pages, desk)
    _add_viewer(pages, desk)
    _add_changing(pages, desk)
    return pages


def _add_listing(pages: APIRouter, desk: _Desk) -> None:
    @pages.get(PATH)
    @pages.get(f"{PATH}/")
    def documents(request: Request) -> Response:
        return desk.listing(request)

    @pages.post(PATH)
    async def add(request: Request) -> Response:
        check_form_origin(request)
        key = _key(request) or new_owner_key()
        try:
            await take_files(request, desk.shelf, desk.uploads, desk.intake, owner_of(key))
        except ProblemError as error:
            fault = error.detail
            return await to_thread.run_sync(lambda: desk.listing(request, status=400, fault=fault))
        except AdvisorError as error:
            message = error.message
            return await to_thread.run_sync(
                lambda: desk.listing(request, status=400, fault=message)
            )
        response = _back(language_of(request), "taken")
        if _key(request) is None:
            response.set_cookie(
                COOKIE,
                key,
                max_age=_COOKIE_DAYS * 86_400,
                path=PATH,
                secure=request.url.scheme == "https",
                samesite="lax",
            )
        return response

    @pages.post(f"{PATH}/clear")
    def clear(request: Request) -> Response:
        check_form_origin(request)
        if owner := _owner(request):
            desk.uploads.clear(owner)
        return _back(language_of(request))

    @pages.post(f"{PATH}/uploads/{{upload}}/drop")
    def drop(request: Request, upload: str) -> Response:
        check_form_origin(request)
        if owner := _owner(request):
            desk.uploads.drop(owner, upload)
        return _back(language_of(request))


def _add_viewer(pages: APIRouter, desk: _Desk) -> None:
    shelf, slots = desk.shelf, picture_slots()

    @pages.get(f"{PATH}/{{document}}")
    def view(
        request: Request,
        document: str,
        passage: str = "",
        at: str | None = None,
        page: str = "",
    ) -> Response:
        lang, owner = language_of(request), _owner(request)
        try:
            found = shelf.document(owner, document)
            reading = shelf.reading(found)
        except ProblemError as error:
            return _missing(request, error.detail, lang, known=owner is not None)
        lit = read_range(at, len(reading.text))
        quoted = None
        if number := _number(passage):
            ref = FactRef.of(found.id, number)
            quoted = next((one for one in shelf.passages(found) if one.ref == ref), None)
        if quoted and lit is None:
            lit = (quoted.part.start, quoted.part.end)
        looked = View(found, reading, shelf.is_own(owner, found), quoted, lit, _number(page))
        return _page(request, found.particulars.title, viewer_body(looked, lang))

    @pages.get(f"{PATH}/{{document}}/pages/{{number}}")
    async def picture(request: Request, document: str, number: int) -> Response:
        return await picture_of(
            shelf, _owner(request), document, number, _PICTURE_PX, request, slots
        )


def _add_changing(pages: APIRouter, desk: _Desk) -> None:
    shelf = desk.shelf

    @pages.post(f"{PATH}/{{document}}")
    def correct(
        request: Request,
        document: str,
        title: Annotated[str, Form()] = "",
        number: Annotated[str, Form()] = "",
        issuer: Annotated[str, Form()] = "",
        issued: Annotated[str, Form()] = "",
        effective: Annotated[str, Form()] = "",
        ended: Annotated[str, Form()] = "",
        status: Annotated[str, Form()] = "unknown",
        spoken: Annotated[str, Form(alias="lang")] = "",
    ) -> Response:
        check_form_origin(request)
        lang, owner = language_of(request), _owner(request)
        given = {
            "title": title.strip(),
            "number": number.strip() or None,
            "issuer": issuer.strip() or None,
            "issued": issued or None,
            "effective": effective or None,
            "ended": ended or None,
            "status": status,
            "lang": spoken or None,
        }
        try:
            before = shelf.own(owner, document).particulars
            wish = Correction.model_validate(given)
            shelf.correct(owner, document, wish.of(before))
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            return desk.listing(request, status=422, fault=_unfit(field, given.get(field)))
        except ProblemError as error:
            return desk.listing(request, status=404, fault=error.detail)
        return _back(lang, "corrected", document)

    @pages.post(f"{PATH}/{{document}}/delete")
    def delete(request: Request, document: str) -> Response:
        check_form_origin(request)
        lang, owner = language_of(request), _owner(request)
        try:
            shelf.remove(owner, document)
        except ProblemError as error:
            return desk.listing(request, status=404, fault=error.detail)
        desk.uploads.forget(document)
        return _back(lang, "deleted")


def _number(text: str) -> int | None:
    """Read a number from 1; None for anything else that an address may hold."""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,6}", text) else None


def _key(request: Request) -> str | None:
    key = request.cookies.get(COOKIE, "")
    return key if re.fullmatch(r"[A-Za-z0-9_-]{32,128}", key) else None


def _owner(request: Request) -> str | None:
    key = _key(request)
    return owner_of(key) if key else None


def _back(lang: Lang, done: str | None = None, place: str | None = None) -> Response:
    target = address(PATH, lang, done=done) + (f"#{place}" if place else "")
    return RedirectResponse(target, status_code=303, headers=_NO_STORE)


def _page(request: Request, title: str, body: Html, status: int = 200) -> Response:
    response = page(
        request, title, body, here="documents", styles=_STYLES, scripts=_SCRIPTS, status=status
    )
    response.headers.update(_NO_STORE)
    return response


def _missing(request: Request, detail: Bilingual, lang: Lang, *, known: bool) -> Response:
    body = element(
        "div",
        element("h1", string("papers.missing", lang)),
        element("p", in_language(detail, lang)),
        element("p", element("a", string("papers.name", lang), href=address(PATH, lang))),
        class_="dc",
        data_known="yes" if known else "no",
    )
    return _page(request, string("papers.missing", lang), body, 404)


def _unfit(field: str, seen: object) -> Bilingual:
    shown = str(seen or "")[:60]
    if field in ("issued", "effective", "ended"):
        return Bilingual(
            zh=f"“{shown}”不是日期；请写作年-月-日，如{dt.date(2026, 4, 1)}。没有更改。",
            en=f"“{shown}” is not a date; write it as {dt.date(2026, 4, 1)}. Nothing was changed.",
        )
    return Bilingual(
        zh=f"“{shown}”不合要求：标题须为1至300个字符，文号至多100个，发布机构至多200个。没有更改。",
        en=f"“{shown}” does not fit: a title has 1 to 300 characters, a number at most 100, an "
        "issuer at most 200. Nothing was changed.",
    )
