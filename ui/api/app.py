"""The HTTP API, and the server that web page and API share.

FastAPI owns the server; the Gradio page is mounted in it. Every script and style that a page
loads comes from this server: mainland networks reach no CDN.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Route
from starlette.types import Lifespan

from bot.advisor import Advisor
from bot.settings import Settings
from bot.store.store import Store
from bot.version import installed_version
from knowledge.documents.library import DocumentLibrary
from ui.access import Access
from ui.api.ask import ask_endpoint
from ui.api.catalogue import Catalogue, catalogue_endpoints
from ui.api.conversations import conversation_endpoints, link_endpoint
from ui.api.cors import TenantCors
from ui.api.documents import MB, Intake, document_endpoints
from ui.api.guard import BodyLimit, RequestGuard, UploadLimit
from ui.api.health import Readiness
from ui.api.invalid import add_invalid_handler
from ui.api.plan import plan_endpoint
from ui.api.problem_form import ProblemForm
from ui.api.problems import PROBLEM_JSON, Problem, add_problem_handlers
from ui.api.sessions import session_endpoints
from ui.api.streams import Streams
from ui.api.usage import usage_endpoints
from ui.ask.answering import Answers
from ui.ask.gradio_import import without_editor_help
from ui.desk import Desk
from ui.embed.routes import embed_endpoints
from ui.evaluate.jobs import Jobs
from ui.evaluate.routes import evaluate_pages
from ui.frame import mount_assets
from ui.mcp_server.endpoint import PATH as MCP_PATH
from ui.mcp_server.endpoint import McpEndpoint, protocol_error
from ui.mcp_server.tools import Toolbox
from ui.openai_api import errors as openai_errors
from ui.openai_api.endpoints import openai_endpoints
from ui.papers.redraw import redrawing
from ui.papers.routes import documents_pages
from ui.papers.shelf import Shelf
from ui.papers.uploads import Uploads
from ui.plan.drawing import draw_option
from ui.plan.page import plan_pages
from ui.rulebook.routes import rulebook_pages
from ui.serving.logs import log_answer, log_request
from ui.serving.metrics import Metrics, metrics_endpoint
from ui.serving.traffic import Traffic
from ui.serving.turns import Turns
from ui.serving.work import Work
from ui.takeaway.endpoints import takeaway_endpoints
from ui.usage_page import usage_pages

log = logging.getLogger(__name__)
PREFIX = "/api/v1"
MAX_BODY_BYTES = 256 * 1024
"""Largest request body read: a long question with 40 earlier turns fits ten times over."""
MAX_PAGE_BODY_BYTES = 1024 * 1024
"""The same for the web page, which brings its conversation along: 15 long answers with plans; and
for every other address."""
_UPLOADS = frozenset({f"{PREFIX}/documents", "/documents"})
"""Paths to which files are sent."""
_ASSETS = "/docs-assets"
_RETIRE_EVERY_S = 3_600
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_ABOUT = """
Checked, sourced answers and route plans for financing, payments and fund management through
Shanghai and Hong Kong. Every sentence of an answer rests on facts that `citations` opens.
Texts of cards are in simplified Chinese (`zh`) and English (`en`). Not legal advice.

Refusals are `application/problem+json` with a stable `code`. Every response carries
`X-Request-Id`; send your own to find a request in our log.
"""


def create_app(advisor: Advisor, settings: Settings, *, web: bool = True) -> FastAPI:
    """Put the HTTP API around an advisor, and the web page in it.

    Args:
        advisor: opened; the caller closes it after the server has stopped.
        settings: bounds, such as how many answers are made at once.
        web: whether to mount the web page at `/`.
    """
    store = Store.of(settings) if settings.keep_conversations else None
    work = Work(settings.answers_open)
    turns = Turns(settings.answer_concurrency)
    access = Access(store, staff=settings.staff, work=work)
    token = settings.metrics_token
    metrics = Metrics(advisor.corpus, work, turns, store) if token else None
    desk = Desk(advisor, turns, work, (log_answer, *((metrics.answer,) if metrics else ())))
    library: DocumentLibrary | None = getattr(advisor, "documents", None)
    shelf = Shelf(library, store, redrawing(advisor.corpus)) if library else None
    uploads = Uploads(library, settings.home) if library else None
    intake = Intake(files=settings.upload_files, file_bytes=settings.upload_mb * MB)
    jobs = Jobs(store, settings.home, settings.eval_targets) if store else None
    streams = Streams()
    answers = Answers(advisor, settings.answer_concurrency, store, desk)
    # Threads for answers under way, most of which wait; `turns` says how many work.
    slots = CapacityLimiter(settings.answers_open)
    planning = CapacityLimiter(settings.answer_concurrency)
    catalogue = Catalogue(advisor.corpus)
    mcp = McpEndpoint(Toolbox(desk, access, catalogue), access, slots)
    app = FastAPI(
        title="Hugang 沪港通途",
        version=installed_version(),
        description=_ABOUT,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # FastAPI's own pages load their scripts from a CDN
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        lifespan=_lifespan(answers, streams, store, shelf, uploads, mcp, jobs),
    )
    # No foreign origin may read an answer. The middleware must be on this app: Gradio looks for it
    # here, and where it is missing lets every origin in.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(BodyLimit, prefix="/api/", max_bytes=MAX_BODY_BYTES, but=_UPLOADS)
    app.add_middleware(BodyLimit, prefix="/v1/", max_bytes=MAX_BODY_BYTES)
    app.add_middleware(BodyLimit, prefix=MCP_PATH, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(BodyLimit, prefix="/documents", max_bytes=MAX_BODY_BYTES, but=_UPLOADS)
    app.add_middleware(UploadLimit, paths=_UPLOADS, max_bytes=intake.body_bytes)
    app.add_middleware(BodyLimit, prefix="/", max_bytes=MAX_PAGE_BODY_BYTES, but=_UPLOADS)
    app.add_middleware(TenantCors, knows=access.knows_origin)
    app.add_middleware(RequestGuard)
    app.add_middleware(ProblemForm, prefix="/v1/", reword=openai_errors.reworded)
    app.add_middleware(ProblemForm, prefix=MCP_PATH, reword=protocol_error)
    logged = partial(log_request, addresses=settings.log_addresses)
    app.add_middleware(Traffic, told=(logged, *((metrics.request,) if metrics else ())))
    app.state.access = access
    app.state.work = work
    add_problem_handlers(app)
    add_invalid_handler(app)
    for endpoints in (
        ask_endpoint(
            desk,
            access,
            slots,
            streams,
            refusals(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
        ),
        catalogue_endpoints(catalogue, refusals(401, 403, 404, 422)),
        plan_endpoint(advisor, catalogue, planning, refusals(400, 401, 403, 404, 413, 415, 422)),
    ):
        app.include_router(endpoints, prefix=PREFIX)
    app.include_router(openai_endpoints(desk, access, slots))
    app.router.routes.append(Route(MCP_PATH, mcp, methods=["POST"], include_in_schema=False))
    if store:
        swept = shelf.sweep if shelf else None
        kept = conversation_endpoints(refusals(401, 403, 404, 413, 415, 422, 503), swept)
        app.include_router(kept, prefix=PREFIX)
        app.include_router(link_endpoint())
        sessions = session_endpoints(access, refusals(401, 403, 404, 413, 415, 422, 429, 503))
        app.include_router(sessions, prefix=PREFIX)
        managed = usage_endpoints(shelf, uploads, refusals(401, 403, 413, 415, 422, 503))
        app.include_router(managed, prefix=PREFIX)
        app.include_router(usage_pages(store, access, advisor.corpus, staff=settings.staff))
        app.include_router(embed_endpoints(access, answers))
    if store and jobs:
        app.include_router(evaluate_pages(store, access, jobs, staff=settings.staff))
    if shelf and uploads:
        own = document_endpoints(
            shelf, uploads, intake, refusals(401, 403, 404, 413, 415, 422, 429, 503)
        )
        app.include_router(own, prefix=PREFIX)
    mount_assets(app)
    _add_health(app, Readiness(advisor, store, settings.home, work))
    if metrics and token:
        app.include_router(metrics_endpoint(metrics, token.get_secret_value()))
    _add_docs_page(app)
    _add_unknown_endpoint(app)
    if web and settings.staff:
        kept_answer = store.answer if store else _keeps_none
        files = takeaway_endpoints(
            kept_answer, advisor, draw_option, typesetting_s=settings.typesetting_s
        )
        app.include_router(files)
        app.include_router(plan_pages(advisor))
        searches = CapacityLimiter(settings.answer_concurrency)
        app.include_router(rulebook_pages(advisor, catalogue.names, searches))
        if shelf and uploads:
            app.include_router(documents_pages(shelf, uploads, intake))
        without_editor_help()
        from ui.ask.web import mount_web

        return mount_web(app, advisor, settings, answers)
    return app


def _keeps_none(_answer: str) -> None:
    """Look up an answer where none is kept."""


def _lifespan(
    answers: Answers,
    streams: Streams,
    store: Store | None,
    shelf: Shelf | None,
    uploads: Uploads | None,
    mcp: McpEndpoint,
    jobs: Jobs | None,
) -> Lifespan[FastAPI]:
    """Keep the store open from the server's start to its stop."""

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        if store:
            await to_thread.run_sync(store.start)
        if shelf:
            await to_thread.run_sync(shelf.sweep)
        if uploads:
            uploads.start()
        if jobs:
            jobs.start()
        retiring = asyncio.create_task(_retire(store, shelf)) if store else None
        try:
            async with mcp.running():
                yield
        finally:
            if retiring:
                retiring.cancel()
            if jobs:
                await to_thread.run_sync(jobs.close)
            await streams.close()
            await to_thread.run_sync(answers.close)
            if uploads:
                await to_thread.run_sync(uploads.close)
            if store:
                store.close()

    return living


async def _retire(store: Store, shelf: Shelf | None) -> None:
    """Once an hour, remove what tenants keep for no longer."""
    while True:
        await asyncio.sleep(_RETIRE_EVERY_S)
        try:
            await to_thread.run_sync(store.retire)
            if shelf:
                await to_thread.run_sync(shelf.sweep)
        except Exception as error:  # noqa: BLE001 - tried again in an hour
            log.error("what is due was not removed: %s", type(error).__name__)


def refusals(*statuses: int) -> dict[int | str, Any]:
    """Describe refusals for the OpenAPI description."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"model": Problem, "content": {PROBLEM_JSON: {"schema": schema}}}
        for status in statuses
    }


def _add_health(app: FastAPI, readiness: Readiness) -> None:
    # Load balancers ask by HEAD; described once, since a description knows no second method.
    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", tags=["operation"], summary="Is it alive")
    async def healthz() -> Mapping[str, str]:
        return {"status": "ok", "version": installed_version()}

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", tags=["operation"], summary="Can it answer")
    async def readyz() -> Response:
        found = await readiness.check()
        return JSONResponse(
            found.model_dump(mode="json"),
            status_code=200 if found.ready else 503,
            headers={"Cache-Control": "no-store"},
        )


def _add_docs_page(app: FastAPI) -> None:
    import fastapi_offline

    assets = Path(fastapi_offline.__file__).parent / "static"
    app.mount(_ASSETS, StaticFiles(directory=assets), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        page = get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=f"{app.title} API",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url="data:,",
            # Without this, Swagger UI may send the description to a validator on the network.
            swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True},
        )
        # The page holds one inline script; anything from another host is refused by the browser.
        page.headers["Content-Security-Policy"] = (
            "default-src 'self'; script-src 'self' 'unsafe-inline'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
        )
        return page


def _add_unknown_endpoint(app: FastAPI) -> None:
    """Answer what no endpoint takes; left to the page mounted at `/`, it would get HTML."""

    @app.api_route("/v1/{rest:path}", methods=[*_METHODS], include_in_schema=False)
    @app.api_route("/api/{rest:path}", methods=[*_METHODS], include_in_schema=False)
    async def unknown(request: Request, rest: str) -> Response:
        allowed = [method for method in _METHODS if _takes(app, request, method)]
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        raise HTTPException(404)


def _takes(app: FastAPI, request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    for candidate in app.router.routes:
        if getattr(candidate, "path", "").endswith("/{rest:path}"):
            return False
        if candidate.matches(scope)[0] is Match.FULL:
            return True
    return False
