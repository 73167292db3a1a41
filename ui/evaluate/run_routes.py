"""The addresses of runs: the list, one run, what starts, cancels and removes it, its report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, Response

from bot.store.evaluations import Wish, no_run
from evals.worker import report_in
from knowledge.card import Bilingual
from ui.evaluate.comparing import comparison
from ui.evaluate.desk import (
    NO_STORE,
    Desk,
    NotNow,
    among,
    back_to,
    notice_of,
    part_of,
    unfit,
)
from ui.evaluate.jobs import MOST_QUEUED
from ui.evaluate.person import PATH, Person
from ui.evaluate.runs_page import KINDS, run_body, run_state, runs_section
from ui.frame import language_of
from ui.strings import LANGS

# The report is a page of its own: it may run the script that it brings and show what it holds, and
# is no page of this site: no cookie, no storage, no request.
_REPORT_POLICY = (
    "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox allow-modals; "
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_runs(pages: APIRouter, desk: Desk) -> None:
    """Add the addresses of runs."""
    _add_reading(pages, desk)
    _add_starting(pages, desk)
    _add_changing(pages, desk)
    _add_files(pages, desk)


def _add_reading(pages: APIRouter, desk: Desk) -> None:
    @pages.get(f"{PATH}/runs")
    def listed(request: Request) -> Response:
        def answer(person: Person) -> Response:
            lang = language_of(request)
            part = runs_section(desk.book.listed(person.store), desk.hidden(person), lang)
            return part_of(part)

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/runs/{{run}}")
    def run(request: Request, run: str) -> Response:
        def answer(person: Person) -> Response:
            lang = language_of(request)
            entry = desk.book.find(person.store, run)
            blind = run in desk.hidden(person)
            body = run_body(
                person,
                entry,
                desk.views(person, run),
                person.store.labels.count(run),
                lang,
                blind=blind,
                notice=notice_of(request, lang),
            )
            return desk.written(request, f"{entry.suite} {run[-8:]}", body)

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/runs/{{run}}/state")
    def state(request: Request, run: str) -> Response:
        def answer(person: Person) -> Response:
            entry = desk.book.find(person.store, run)
            blind = run in desk.hidden(person)
            return part_of(run_state(entry, language_of(request), blind=blind))

        return desk.shown(request, answer)


def _add_starting(pages: APIRouter, desk: Desk) -> None:
    @pages.post(f"{PATH}/runs")
    def start(
        request: Request,
        suite: Annotated[str, Form()] = "",
        target: Annotated[str, Form()] = "engine",
        limit: Annotated[str, Form()] = "",
        seed: Annotated[str, Form()] = "0",
        langs: Annotated[list[str] | None, Form()] = None,
        kinds: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        def answer(person: Person) -> Response:
            choices = desk.choices
            among("suite", suite, [name for name, _ in choices.suites])
            among("target", target, choices.targets)
            for one in langs or ():
                among("langs", one, LANGS)
            for one in kinds or ():
                among("kinds", one, KINDS)
            try:
                wish = Wish(
                    suite=suite,
                    target=target,
                    kinds=tuple(kinds or ()),
                    langs=tuple(langs or ()),
                    limit=int(limit) if limit.strip() else None,
                    seed=int(seed or 0),
                )
            except ValueError:
                raise unfit("limit / seed", f"{limit} / {seed}", "0, 1, 2, …") from None
            if len(person.store.evaluations.queue()) >= MOST_QUEUED:
                raise NotNow(_QUEUE_FULL)
            made = desk.jobs.add(person.store, wish, person.name)
            return back_to(request, "runs", made.run, done="started")

        return desk.posted(request, answer)


def _add_changing(pages: APIRouter, desk: Desk) -> None:
    @pages.post(f"{PATH}/runs/{{run}}/cancel")
    def cancel(request: Request, run: str) -> Response:
        def answer(person: Person) -> Response:
            desk.jobs.cancel(person.store, run)
            return back_to(request, "runs", run, done="cancelled")

        return desk.posted(request, answer)

    @pages.post(f"{PATH}/runs/{{run}}/delete")
    def delete(request: Request, run: str, labels: Annotated[str, Form()] = "") -> Response:
        def answer(person: Person) -> Response:
            entry = desk.book.find(person.store, run)
            if entry.is_open:
                raise NotNow(_STILL_OPEN)
            if person.store.labels.count(run) and labels not in ("keep", "drop"):
                raise unfit("labels", labels, "keep, drop")
            desk.jobs.delete(person.store, run)
            if labels != "keep":
                person.store.labels.forget(run)
            return back_to(request, done="deleted")

        return desk.posted(request, answer)


def _add_files(pages: APIRouter, desk: Desk) -> None:
    @pages.get(f"{PATH}/runs/{{run}}/report")
    def report(request: Request, run: str) -> Response:
        def answer(person: Person) -> Response:
            entry = desk.seen(person, run)
            assert entry.folder is not None
            path = report_in(entry.folder.path, language_of(request))
            if not path.is_file():
                raise no_run(run)
            headers = {**NO_STORE, "Content-Security-Policy": _REPORT_POLICY}
            return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/compare")
    def compare(request: Request, run: Annotated[list[str] | None, Query()] = None) -> Response:
        def answer(person: Person) -> Response:
            if run is None or len(set(run)) != 2:
                raise NotNow(_TWO)
            picked = sorted((desk.seen(person, one) for one in run), key=lambda one: one.at)
            before, after = (one.folder for one in picked)
            assert before is not None
            assert after is not None
            path = comparison(before, after, language_of(request))
            headers = {**NO_STORE, "Content-Security-Policy": _REPORT_POLICY}
            return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)

        return desk.shown(request, answer)

    @pages.get(f"{PATH}/runs/{{run}}/run.json")
    def record(request: Request, run: str) -> Response:
        def answer(person: Person) -> Response:
            entry = desk.seen(person, run)
            assert entry.folder is not None
            path = entry.folder.path / "run.json"
            return FileResponse(
                path, media_type="application/json", filename=f"{run}.json", headers=NO_STORE
            )

        return desk.shown(request, answer)


_TWO = Bilingual(zh="请选两次完成的运行来比较。", en="Pick two finished runs to compare.")
_STILL_OPEN = Bilingual(zh="运行尚未结束；请先取消。", en="The run is under way; cancel it first.")
_QUEUE_FULL = Bilingual(
    zh=f"已有{MOST_QUEUED}次运行在等候；请待其结束。",
    en=f"{MOST_QUEUED} runs are waiting; let some of them end.",
)
