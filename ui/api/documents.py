"""Endpoints of own documents: sent in, listed, corrected, looked at, deleted.

Whose a document is follows from the same key as whose a conversation is (`ui.access`).
"""

from __future__ import annotations

import datetime as dt
import re
from hashlib import sha256
from typing import Annotated, Any, Self

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from pydantic import Field, model_validator
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from bot.store.records import CONVERSATION_ID
from knowledge.card import Bilingual, FactRef, Frozen, PassageLang
from knowledge.documents.document import Document, DocumentStatus, Particulars
from knowledge.documents.reading.read import page_picture
from knowledge.documents.reading.reading import Format, UnreadableFile
from ui.access import MOST_SKIPPED, Asking, OwnerKey, Reading
from ui.api.problems import ProblemError, in_language, request_lang
from ui.papers.scopes import conversation_of
from ui.papers.shelf import Shelf
from ui.papers.uploads import Upload, Uploads, UploadState
from ui.papers.viewing import Lit, lit_boxes, read_range

MB = 1_000_000
PICTURED: frozenset[Format] = frozenset({"pdf", "scan", "image"})
"""Formats whose pages can be looked at."""
MOST_CHARACTERS = 20_000
"""Characters of a text that one request reads."""
_DEFAULT_WIDTH_PX = 1_400
_PRIVATE = {"Cache-Control": "private, no-store"}
_LOOK_AGAIN = {"Cache-Control": "private, no-cache"}
"""A picture may be kept by its reader's browser, which asks whether it still holds."""
DocumentId = Annotated[str, Path(pattern=r"^doc-[0-9a-f]{16}$", examples=["doc-0123456789abcdef"])]


class DocumentLine(Frozen):
    """A document, as its owner sees it."""

    id: str
    name: str
    """File name."""
    format: Format
    size: int
    """In bytes."""
    pages: int | None
    passages: int
    particulars: Particulars
    corrected: bool
    """Whether a person has looked over the particulars."""
    conversation: str | None
    """The conversation that it belongs to; None: all of its owner's, or everybody's."""
    own: bool
    """Whether the key of this request may change and delete it."""
    remarks: tuple[str, ...]
    """What must be known of how it was read."""
    added: dt.datetime
    updated: dt.datetime


class UploadLine(Frozen):
    """A file on its way, or what became of it."""

    id: str
    name: str
    state: UploadState
    ahead: int
    done: int
    total: int
    seconds_left: int | None
    document: str | None
    message: str | None
    """Why it failed, in the reader's language."""
    remarks: tuple[str, ...]


class UploadList(Frozen):
    """An owner's files on their way, and the results of the last hour."""

    uploads: tuple[UploadLine, ...]


class DocumentList(Frozen):
    """The documents that a reader's questions are held against, those added last first."""

    documents: tuple[DocumentLine, ...]


class PassageLine(Frozen):
    """A passage: what is searched and cited as one."""

    ref: FactRef
    path: tuple[str, ...]
    """Headings above it."""
    article: str | None
    kind: str
    lang: PassageLang
    first_page: int | None
    last_page: int | None
    start: int
    end: int
    text: str


class PassageList(Frozen):
    """A document's passages in reading order."""

    passages: tuple[PassageLine, ...]
    total: int


class TextShown(Frozen):
    """A stretch of a document's text."""

    text: str
    start: int
    end: int
    characters: int
    """Of the whole document."""
    highlight: tuple[int, int] | None
    """First character and the one after the last, counted in the document."""
    spots: tuple[Lit, ...]
    """Where the highlighted words stand on the pages, in shares of width and height."""


class Correction(Frozen):
    """What of the particulars is to be changed; what is left out stays, null empties."""

    title: str | None = Field(None, min_length=1, max_length=300, pattern=r"\S")
    lang: PassageLang | None = None
    issuer: str | None = Field(None, max_length=200)
    number: str | None = Field(None, max_length=100)
    issued: dt.date | None = None
    effective: dt.date | None = None
    ended: dt.date | None = None
    status: DocumentStatus | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one particular")
        return self

    def of(self, before: Particulars) -> Particulars:
        """Return particulars with what was told; title, language and status are never empty."""
        told = {name: getattr(self, name) for name in self.model_fields_set}
        kept = ("title", "lang", "status")
        wanted = {name: one for name, one in told.items() if one is not None or name not in kept}
        return Particulars.model_validate(before.model_dump() | wanted)


_CORRECTION_EXAMPLES: dict[str, Any] = {
    "title": {
        "summary": "Another title, and since when it holds",
        "value": {"title": "资金管理手册（2026年版）", "effective": "2026-04-01"},
    }
}
_UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        },
                        "conversation": {
                            "type": "string",
                            "description": "Only the questions of this conversation of yours see "
                            "the files.",
                        },
                    },
                }
            }
        },
    }
}


class Intake(Frozen):
    """How much one request may bring."""

    files: int
    file_bytes: int

    @property
    def body_bytes(self) -> int:
        """Largest body: the files and what stands between them."""
        return self.files * self.file_bytes + MB


def document_endpoints(
    shelf: Shelf, uploads: Uploads, intake: Intake, responses: dict[int | str, Any]
) -> APIRouter:
    """Make the endpoints under `/api/v1`.

    Args:
        shelf: whose documents are whose.
        uploads: where files go in.
        intake: how much one request may bring.
        responses: the refusals that the OpenAPI description names.
    """
    endpoints = APIRouter(responses=responses, tags=["documents"])
    _add_adding(endpoints, shelf, uploads, intake)
    _add_keeping(endpoints, shelf, uploads)
    _add_looking(endpoints, shelf)
    return endpoints


def _add_adding(endpoints: APIRouter, shelf: Shelf, uploads: Uploads, intake: Intake) -> None:
    @endpoints.get("/documents", summary="List documents", response_model=DocumentList)
    def listed(
        request: Request, response: Response, caller: Reading, owner: OwnerKey = None
    ) -> DocumentList:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        lines = (_line(one, own, request) for one, own in here.listed(mine))
        return DocumentList(documents=tuple(lines))

    @endpoints.post(
        "/documents",
        summary="Add files",
        description="The files are read and searched one after the other; the answer comes before "
        "that. `GET /api/v1/documents/uploads` tells how far they are.",
        status_code=202,
        response_model=UploadList,
        openapi_extra=_UPLOAD_BODY,
    )
    async def add(
        request: Request, response: Response, caller: Asking, owner: OwnerKey = None
    ) -> UploadList:
        if caller.session is not None and caller.session.anonymous:
            # Such a token is anybody's for the asking, and files are kept until they are deleted.
            raise ProblemError(
                "scope-missing",
                Bilingual(
                    zh="匿名访客不能添加资料。", en="An anonymous visitor cannot add documents."
                ),
            )
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        taken = await take_files(request, here, uploads, intake, mine)
        return UploadList(uploads=tuple(_upload(one, request) for one in taken))

    @endpoints.get(
        "/documents/uploads", summary="Follow the files added", response_model=UploadList
    )
    def following(
        request: Request, response: Response, caller: Reading, owner: OwnerKey = None
    ) -> UploadList:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        found = uploads.of(here.scopes.named(mine))
        return UploadList(uploads=tuple(_upload(one, request) for one in found))

    @endpoints.delete(
        "/documents/uploads/{upload}",
        summary="Take a file back",
        description="One that waits or is being read is not added; the result of another is no "
        "longer told.",
        status_code=204,
    )
    def take_back(upload: str, caller: Asking, owner: OwnerKey = None) -> Response:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        if not uploads.drop(here.scopes.named(mine), upload):
            raise ProblemError(
                "document-not-found",
                Bilingual(zh="没有这份上传中的资料。", en="There is no such file on its way."),
            )
        return Response(status_code=204)


def _add_keeping(endpoints: APIRouter, shelf: Shelf, uploads: Uploads) -> None:
    @endpoints.get(
        "/documents/{document}",
        summary="Read a document's particulars",
        response_model=DocumentLine,
    )
    def read(
        request: Request,
        response: Response,
        document: DocumentId,
        caller: Reading,
        owner: OwnerKey = None,
    ) -> DocumentLine:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        found = here.document(mine, document)
        return _line(found, here.is_own(mine, found), request)

    @endpoints.patch(
        "/documents/{document}", summary="Correct a document", response_model=DocumentLine
    )
    def correct(
        request: Request,
        response: Response,
        document: DocumentId,
        wish: Annotated[Correction, Body(openapi_examples=_CORRECTION_EXAMPLES)],
        caller: Asking,
        owner: OwnerKey = None,
    ) -> DocumentLine:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        before = here.own(mine, document).particulars
        return _line(here.correct(mine, document, wish.of(before)), True, request)

    @endpoints.delete(
        "/documents/{document}",
        summary="Delete a document",
        description="It is gone at once, from searches, kept answers and files.",
        status_code=204,
    )
    def delete(document: DocumentId, caller: Asking, owner: OwnerKey = None) -> Response:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        here.remove(mine, document)
        uploads.forget(document)
        return Response(status_code=204)


def _add_looking(endpoints: APIRouter, shelf: Shelf) -> None:
    slots = picture_slots()

    @endpoints.get(
        "/documents/{document}/passages", summary="List passages", response_model=PassageList
    )
    def passages(
        response: Response,
        document: DocumentId,
        caller: Reading,
        owner: OwnerKey = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0, le=MOST_SKIPPED)] = 0,
    ) -> PassageList:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        found = here.passages(here.document(mine, document))
        lines = (
            PassageLine(ref=one.ref, **dict(one.part)) for one in found[offset : offset + limit]
        )
        return PassageList(passages=tuple(lines), total=len(found))

    @endpoints.get("/documents/{document}/text", summary="Read the text", response_model=TextShown)
    def text(
        response: Response,
        document: DocumentId,
        caller: Reading,
        owner: OwnerKey = None,
        passage: Annotated[
            int | None,
            Query(ge=1, le=MOST_SKIPPED, description="Highlight this passage and read around it."),
        ] = None,
        at: Annotated[
            str | None,
            Query(pattern=r"^\d{1,8}-\d{1,8}$", description="Highlight these characters: 120-180."),
        ] = None,
        start: Annotated[int, Query(ge=0, le=MOST_SKIPPED)] = 0,
        length: Annotated[int, Query(ge=1, le=MOST_CHARACTERS)] = 4_000,
    ) -> TextShown:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        response.headers.update(_PRIVATE)
        found = here.document(mine, document)
        reading = here.reading(found)
        whole = reading.text
        lit = read_range(at, len(whole))
        if passage is not None and lit is None:
            part = here.passage(found, passage).part
            lit = (part.start, part.end)
        first = max(0, lit[0] - length // 4) if lit else min(start, len(whole))
        return TextShown(
            text=whole[first : first + length],
            start=first,
            end=min(len(whole), first + length),
            characters=len(whole),
            highlight=lit,
            spots=lit_boxes(reading, *lit) if lit else (),
        )

    @endpoints.get(
        "/documents/{document}/pages/{page}",
        summary="Picture a page",
        description="Of a PDF or an image, as PNG.",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )
    async def picture(
        request: Request,
        document: DocumentId,
        page: Annotated[int, Path(ge=1, le=MOST_SKIPPED)],
        caller: Reading,
        owner: OwnerKey = None,
        width: Annotated[int, Query(ge=100, le=3_000)] = _DEFAULT_WIDTH_PX,
    ) -> Response:
        here, mine = shelf.of(caller.store), caller.owner(owner)
        return await picture_of(here, mine, document, page, width, request, slots)


def picture_slots() -> CapacityLimiter:
    """Return how many pages are pictured at once: each takes a process of its own."""
    return CapacityLimiter(2)


async def picture_of(
    shelf: Shelf,
    owner: str | None,
    document: str,
    page: int,
    width: int,
    request: Request,
    slots: CapacityLimiter,
) -> Response:
    """Picture a page for who may see the document.

    Raises:
        ProblemError: there is no such document for them, or no such page.
    """
    found = await to_thread.run_sync(shelf.document, owner, document)
    tag = f'"{sha256(f"{found.sha256}/{page}/{width}".encode()).hexdigest()[:20]}"'
    headers = {**_LOOK_AGAIN, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if found.format not in PICTURED or page > (found.pages or 1):
        raise _no_page(page)
    path = shelf.file(found)
    try:
        png = await to_thread.run_sync(page_picture, path, page, width, limiter=slots)
    except UnreadableFile as error:
        raise ProblemError("no-such-page", error.message) from None
    return Response(png, media_type="image/png", headers=headers)


async def take_files(
    request: Request, shelf: Shelf, uploads: Uploads, intake: Intake, owner: str
) -> tuple[Upload, ...]:
    """Read the files of a request and hand them on.

    Raises:
        ProblemError: there are none or too many, the body is no form, or too many files wait.
        ConversationNotFound: they are meant for a conversation that is not the owner's.
    """
    form = await _form(request, intake)
    try:
        files = [
            file
            for file in form.getlist("files")
            if isinstance(file, UploadFile) and (file.filename or file.size)
        ]
        if not files:
            raise ProblemError(
                "no-files",
                Bilingual(zh="表单的files里没有文件。", en="The field files holds no file."),
            )
        asked = str(form.get("conversation") or "") or None
        if asked and not _is_conversation(asked):
            asked = "-"
        return await to_thread.run_sync(_taken, files, asked, shelf, uploads, intake, owner)
    finally:
        await form.close()


def _taken(
    files: list[UploadFile],
    conversation: str | None,
    shelf: Shelf,
    uploads: Uploads,
    intake: Intake,
    owner: str,
) -> tuple[Upload, ...]:
    scope = shelf.scope(owner, conversation)
    owner = shelf.scopes.named(owner)
    uploads.check_room(owner, len(files))
    taken = []
    for file in files:
        name, size = file.filename or "-", file.size or 0
        if size > intake.file_bytes:
            taken.append(uploads.refuse(owner, name, size, _too_large(size, intake)))
        else:
            taken.append(uploads.take(owner, scope, name, file.file, size))
    return tuple(taken)


async def _form(request: Request, intake: Intake) -> FormData:
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise ProblemError(
            "bad-upload",
            Bilingual(
                zh=f"正文标明为{kind[:80] or '（无）'}。",
                en=f"The body is {kind[:80] or 'undeclared'}.",
            ),
        )
    try:
        return await request.form(max_files=intake.files, max_fields=10, max_part_size=10_000)
    except HTTPException as error:
        if "Too many files" in error.detail:
            detail = Bilingual(
                zh=f"一次最多{intake.files}个文件。", en=f"At most {intake.files} files at a time."
            )
            raise ProblemError("too-many-files", detail) from None
        detail = Bilingual(zh="表单读不出来。", en="The form cannot be read.")
        raise ProblemError("bad-upload", detail) from None


def _is_conversation(text: str) -> bool:
    return bool(re.fullmatch(CONVERSATION_ID, text))


def _line(found: Document, own: bool, request: Request) -> DocumentLine:
    here = conversation_of(found.scope)
    return DocumentLine(
        id=found.id,
        name=found.name,
        format=found.format,
        size=found.size,
        pages=found.pages,
        passages=found.passages,
        particulars=found.particulars,
        corrected=found.corrected,
        conversation=here[1] if here else None,
        own=own,
        remarks=_told(found.remarks, request),
        added=found.added,
        updated=found.updated,
    )


def _upload(one: Upload, request: Request) -> UploadLine:
    told = in_language(one.message, request_lang(request)) if one.message else None
    return UploadLine(
        **one.model_dump(exclude={"message", "remarks", "size"}),
        message=told,
        remarks=_told(one.remarks, request),
    )


def _told(remarks: Any, request: Request) -> tuple[str, ...]:
    lang = request_lang(request)
    return tuple(in_language(remark.message, lang) for remark in remarks)


def _too_large(size: int, intake: Intake) -> Bilingual:
    seen, most = f"{size / MB:.1f}", f"{intake.file_bytes / MB:g}"
    return Bilingual(
        zh=f"文件有{seen} MB，一份最多{most} MB；请拆分，或压缩其中的图片后再添加。",
        en=f"The file has {seen} MB; at most {most} MB are taken. Split it, or make its pictures "
        "smaller, and add it again.",
    )


def _no_page(page: int) -> ProblemError:
    return ProblemError(
        "no-such-page",
        Bilingual(zh=f"没有第{page}页的图像。", en=f"There is no picture of page {page}."),
    )
