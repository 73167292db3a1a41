"""The addresses of labels: one answer is labelled, or settled where two labellers differ."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from bot.errors import AdvisorError
from bot.language import localise
from bot.store.labels import LabelTask, Verdict, differing
from evals.labels.task import order_for, side_by_side
from knowledge.card import Bilingual
from ui.access import check_form_origin
from ui.evaluate.desk import (
    NO_STORE,
    Answer,
    Desk,
    NothingThere,
    back_to,
    is_blind,
    status_of,
    unfit,
)
from ui.evaluate.labelling_page import label_body, settle_body
from ui.evaluate.person import PATH, Person
from ui.frame import language_of
from ui.strings import string


def add_labels(pages: APIRouter, desk: Desk) -> None:
    """Add the addresses of labels."""
    _add_labelling(pages, desk)
    _add_settling(pages, desk)


def _add_labelling(pages: APIRouter, desk: Desk) -> None:
    @pages.get(f"{PATH}/tasks/{{task}}/label")
    def go_on(request: Request, task: str) -> Response:
        def answer(person: Person) -> Response:
            found = person.store.labels.task(task)
            whole = _labelled(person, found)
            at = whole.index(False) + 1 if False in whole else len(whole)
            return back_to(request, "tasks", task, "label", str(at))

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/tasks/{{task}}/label/{{at}}")
    def one(request: Request, task: str, at: int) -> Response:
        return desk.shown(request, lambda person: to_label(request, person, task, at))

    def to_label(
        request: Request, person: Person, task: str, at: int, fault: str | None = None
    ) -> Response:
        lang = language_of(request)
        found = person.store.labels.task(task)
        if not is_blind(found, person.name):
            return back_to(request, "tasks", task)
        case, of = _case_at(order_for(found, person.name), at)
        said = next(
            (
                kept
                for kept in person.store.labels.labels(task)
                if (kept.case, kept.labeller, kept.adjudicated) == (case, person.name, False)
            ),
            None,
        )
        shown = desk.answer(person, found, case, at, of)
        body = label_body(person, found, shown, said, _labelled(person, found), lang, fault)
        return desk.written(request, string("eval.label.title", lang, at=at, of=of), body)

    @pages.post(f"{PATH}/tasks/{{task}}/label/{{at}}")
    def label(
        request: Request,
        task: str,
        at: int,
        correctness: Annotated[str, Form()] = "",
        groundedness: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        def answer(person: Person) -> Response:
            labels = person.store.labels
            found = labels.task(task)
            case, of = _case_at(order_for(found, person.name), at)
            verdict = _verdict(correctness, groundedness, note)
            labels.save(task, case, person.name, verdict)
            whole = _labelled(person, found)
            if _is_script(request):
                return _saved(whole, at)
            return _next(request, task, "label", whole, at, of)

        return _kept(desk, request, answer)


def _add_settling(pages: APIRouter, desk: Desk) -> None:
    @pages.get(f"{PATH}/tasks/{{task}}/settle")
    def go_on_settling(request: Request, task: str) -> Response:
        def answer(person: Person) -> Response:
            found = person.store.labels.task(task)
            whole = _settled(person, found)
            at = whole.index(False) + 1 if False in whole else max(len(whole), 1)
            return back_to(request, "tasks", task, "settle", str(at))

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/tasks/{{task}}/settle/{{at}}")
    def dispute(request: Request, task: str, at: int) -> Response:
        def answer(person: Person) -> Response:
            lang = language_of(request)
            found = person.store.labels.task(task)
            kept = person.store.labels.labels(task)
            if not found.may_settle(person.name) or not differing(kept):
                return back_to(request, "tasks", task)
            case, of = _case_at(_disputed(person, found), at)
            said = next((one for one in kept if one.case == case and one.adjudicated), None)
            body = settle_body(
                person,
                found,
                desk.answer(person, found, case, at, of),
                side_by_side(found, case, kept),
                said,
                _settled(person, found),
                lang,
            )
            return desk.written(request, string("eval.settle.title", lang, at=at, of=of), body)

        return desk.shown(request, answer)

    @pages.post(f"{PATH}/tasks/{{task}}/settle/{{at}}")
    def settle(
        request: Request,
        task: str,
        at: int,
        correctness: Annotated[str, Form()] = "",
        groundedness: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        def answer(person: Person) -> Response:
            found = person.store.labels.task(task)
            case, of = _case_at(_disputed(person, found), at)
            verdict = _verdict(correctness, groundedness, note)
            if _is_script(request) and not verdict.is_whole:
                return _saved(_settled(person, found), at)  # half a verdict settles nothing yet
            person.store.labels.settle(task, case, person.name, verdict)
            whole = _settled(person, found)
            if _is_script(request):
                return _saved(whole, at)
            return _next(request, task, "settle", whole, at, of)

        return _kept(desk, request, answer)


def _labelled(person: Person, task: LabelTask) -> list[bool]:
    """Tell of each answer, in the person's order, whether it is labelled."""
    done = {
        one.case
        for one in person.store.labels.labels(task.id)
        if one.labeller == person.name and one.is_whole and not one.adjudicated
    }
    return [case in done for case in order_for(task, person.name)]


def _disputed(person: Person, task: LabelTask) -> tuple[str, ...]:
    """Return the cases on which the labellers differ, in the person's order."""
    found = set(differing(person.store.labels.labels(task.id)))
    return tuple(case for case in order_for(task, person.name) if case in found)


def _settled(person: Person, task: LabelTask) -> list[bool]:
    done = {one.case for one in person.store.labels.labels(task.id) if one.adjudicated}
    return [case in done for case in _disputed(person, task)]


def _case_at(order: tuple[str, ...], at: int) -> tuple[str, int]:
    if not 1 <= at <= len(order):
        raise NothingThere(
            Bilingual(
                zh=f"没有第{at}条，共{len(order)}条。",
                en=f"There is no answer {at}; there are {len(order)}.",
            )
        )
    return order[at - 1], len(order)


def _verdict(correctness: str, groundedness: str, note: str) -> Verdict:
    # An answer that declines rests on nothing, whatever was chosen before it was found to.
    rests = None if correctness == "abstained" else groundedness or None
    try:
        return Verdict.model_validate(
            {"correctness": correctness, "groundedness": rests, "note": note.strip()}
        )
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        seen = {"correctness": correctness, "groundedness": groundedness, "note": note}
        raise unfit(name, seen.get(name, ""), str(error.errors()[0]["msg"])) from None


def _is_script(request: Request) -> bool:
    return request.headers.get("x-hugang-script") == "yes"


def _kept(desk: Desk, request: Request, answer: Answer) -> Response:
    """Answer what was said of an answer: the page's script wants to read it, not to show it."""
    if not _is_script(request):
        return desk.posted(request, answer)
    check_form_origin(request)
    lang = language_of(request)
    person = desk.door.person(request)
    if person is None:
        told = string("eval.signed_out", lang)
        return JSONResponse({"fault": told}, 401, headers=NO_STORE)
    try:
        return answer(person)
    except AdvisorError as error:
        told = localise(error.message, lang)
        return JSONResponse({"fault": told}, status_of(error), headers=NO_STORE)


def _saved(whole: list[bool], at: int) -> Response:
    told = {"done": sum(whole), "of": len(whole), "whole": whole[at - 1]}
    return JSONResponse(told, headers=NO_STORE)


def _next(request: Request, task: str, way: str, whole: list[bool], at: int, of: int) -> Response:
    """Lead to the next answer; after the last, or where all is done, to the task."""
    if all(whole) or at == of:
        return back_to(request, "tasks", task)
    return back_to(request, "tasks", task, way, str(at + 1))
