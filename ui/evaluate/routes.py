"""The addresses of evaluators: sign in, start and read runs, label and settle answers, take labels along.

Every form works without a script; what a form of another site sends is refused, and the cookie is
not sent along with it either.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.language import localise
from bot.store.store import Store
from ui.access import Access, check_form_origin
from ui.api.problems import ProblemError, problem
from ui.evaluate.desk import BACK, Desk, redirect
from ui.evaluate.jobs import Jobs
from ui.evaluate.label_routes import add_labels
from ui.evaluate.person import PATH
from ui.evaluate.run_routes import add_runs
from ui.evaluate.task_routes import add_tasks
from ui.frame import address, language_of


def evaluate_pages(store: Store, access: Access, jobs: Jobs, *, staff: bool) -> APIRouter:
    """Make the pages.

    Args:
        store: of all tenants.
        access: knows whose a key is.
        jobs: carries out runs.
        staff: whether the pages of the web app are there to lead to.
    """
    pages = APIRouter(include_in_schema=False)
    desk = Desk(store, access, jobs, staff=staff)
    _add_door(pages, desk)
    add_runs(pages, desk)
    add_tasks(pages, desk)
    add_labels(pages, desk)
    return pages


def _add_door(pages: APIRouter, desk: Desk) -> None:
    @pages.get(PATH)
    @pages.get(f"{PATH}/")
    def home(request: Request) -> Response:
        if desk.door.person(request) is None:
            return desk.signing_in(request, PATH)
        return desk.shown(request, lambda person: desk.home(request, person))

    @pages.get(f"{PATH}/sign-in")
    def door(request: Request) -> Response:
        return desk.signing_in(request, PATH)

    @pages.post(f"{PATH}/sign-in")
    def sign_in(
        request: Request,
        key: Annotated[str, Form(max_length=400)] = "",
        back: Annotated[str, Form(max_length=400)] = PATH,
    ) -> Response:
        check_form_origin(request)
        lang = language_of(request)
        target = back if BACK.fullmatch(back) else PATH
        response = redirect(address(target, lang))
        try:
            desk.door.enter(request, key, response)
        except ProblemError as error:
            status = problem(error.code, lang, error.detail).status
            return desk.signing_in(request, back, status, localise(error.detail, lang))
        return response

    @pages.post(f"{PATH}/sign-out")
    def sign_out(request: Request) -> Response:
        check_form_origin(request)
        response = redirect(address(PATH, language_of(request)))
        desk.door.leave(request, response)
        return response
