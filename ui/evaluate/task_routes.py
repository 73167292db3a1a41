"""The addresses of labelling tasks: one is set, taken, handed in, read, taken along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.store.evaluations import no_run
from evals.labels.label import labels_csv, labels_jsonl
from evals.labels.task import MOST_DRAWN, draw_cases, exported
from ui.evaluate.desk import (
    BLIND,
    NO_STORE,
    Desk,
    NotNow,
    back_to,
    is_blind,
    notice_of,
    number_of,
    unfit,
)
from ui.evaluate.figures import figures_part
from ui.evaluate.labelling_page import task_body
from ui.evaluate.person import PATH, Person
from ui.frame import language_of
from ui.html import EMPTY
from ui.strings import string


def add_tasks(pages: APIRouter, desk: Desk) -> None:
    """Add the addresses of tasks."""
    _add_setting(pages, desk)
    _add_reading(pages, desk)
    _add_changing(pages, desk)


def _add_setting(pages: APIRouter, desk: Desk) -> None:
    @pages.post(f"{PATH}/tasks")
    def create(
        request: Request,
        run: Annotated[str, Form()] = "",
        n: Annotated[str, Form()] = "30",
        seed: Annotated[str, Form()] = "0",
        settles: Annotated[str, Form()] = "third",
    ) -> Response:
        def answer(person: Person) -> Response:
            results = tuple(desk.results(person.store, run).values())
            wanted, drawn = number_of("n", n, 1, MOST_DRAWN), number_of("seed", seed, 0, 2**31 - 1)
            cases = draw_cases(results, wanted, drawn)
            if not cases:
                raise no_run(run)
            made = person.store.labels.create(
                run, cases, seed=drawn, by=person.name, peers_settle=settles == "peers"
            )
            return back_to(request, "tasks", made.id)

        return desk.posted(request, answer)


def _add_reading(pages: APIRouter, desk: Desk) -> None:
    @pages.get(f"{PATH}/tasks/{{task}}")
    def shown(request: Request, task: str) -> Response:
        def answer(person: Person) -> Response:
            lang = language_of(request)
            found = person.store.labels.task(task)
            view = desk.view(person, found)
            figures = EMPTY
            if found.is_handed_in:
                figures = figures_part(found, desk.calibration(person, found), lang)
            body = task_body(person, view, figures, lang, notice=notice_of(request, lang))
            return desk.written(request, string("eval.task.name", lang, id=task[:6]), body)

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/tasks/{{task}}/labels.{{ending}}")
    def export(request: Request, task: str, ending: str) -> Response:
        def answer(person: Person) -> Response:
            found = person.store.labels.task(task)
            if is_blind(found, person.name):
                raise NotNow(BLIND)
            labels = exported(found, person.store.labels.labels(task))
            if ending == "csv":
                # With a byte order mark: without, a spreadsheet takes Chinese for something else.
                content, media = "\ufeff" + labels_csv(labels), "text/csv; charset=utf-8"
            elif ending == "jsonl":
                content, media = labels_jsonl(labels), "application/jsonl; charset=utf-8"
            else:
                raise unfit("labels", ending, "csv, jsonl")
            named = f'attachment; filename="labels-{found.run}-{found.id[:6]}.{ending}"'
            headers = {**NO_STORE, "Content-Disposition": named}
            return Response(content.encode(), media_type=media, headers=headers)

        return desk.shown(request, answer)


def _add_changing(pages: APIRouter, desk: Desk) -> None:
    @pages.post(f"{PATH}/tasks/{{task}}/seat")
    def seat(request: Request, task: str) -> Response:
        def answer(person: Person) -> Response:
            person.store.labels.take_seat(task, person.name)
            return back_to(request, "tasks", task, "label")

        return desk.posted(request, answer)

    @pages.post(f"{PATH}/tasks/{{task}}/hand-in")
    def hand_in(request: Request, task: str) -> Response:
        def answer(person: Person) -> Response:
            person.store.labels.hand_in(task, person.name)
            return back_to(request, "tasks", task, done="handed_in")

        return desk.posted(request, answer)
