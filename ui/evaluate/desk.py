"""What the addresses of evaluators share: who asks, what they may see, how a page is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from bot.errors import AdvisorError
from bot.language import Lang, localise
from bot.store.evaluations import no_run
from bot.store.labels import LabelTask, differing
from bot.store.store import Store
from evals.case import load_suite, suite_names
from evals.errors import EvalError
from evals.judging.report import JudgeRecord
from evals.labels.calibration import Calibration, calibrate
from evals.labels.task import exported
from evals.run import CaseResult, Run
from knowledge.card import Bilingual
from ui.access import Access, check_form_origin
from ui.evaluate.book import RunBook, RunEntry
from ui.evaluate.jobs import Jobs
from ui.evaluate.labelling_page import Shown, TaskView
from ui.evaluate.parts import place
from ui.evaluate.person import PATH, Door, Person
from ui.evaluate.runs_page import Choices, home_body, sign_in_body
from ui.frame import address, language_of, page
from ui.html import Html
from ui.strings import string

NO_STORE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_STYLES = ("source.css", "evaluate.css")
_SCRIPTS = ("evaluate.js",)
BACK = re.compile(r"/evaluate(?:/[A-Za-z0-9_-]+)*")
"""Pages that one may be led to after signing in."""
_NOTICES = ("deleted", "cancelled", "started", "handed_in")
Answer = Callable[[Person], Response]


class NotNow(AdvisorError):
    """What was asked for must wait for something else."""

    code = "not-now"


class NothingThere(AdvisorError):
    """There is nothing at this place."""

    code = "place-not-found"


class Unfit(AdvisorError):
    """A value cannot be used."""

    code = "bad-request"


class Desk:
    """What the addresses share: who asks, what is read for them, how a page is written."""

    def __init__(self, store: Store, access: Access, jobs: Jobs, *, staff: bool) -> None:
        """Take what `evaluate_pages` takes."""
        self.door = Door(store, access)
        self.jobs = jobs
        self.book = RunBook(jobs.archive)
        self._staff = staff
        self._results: dict[str, Mapping[str, CaseResult]] = {}

    def written(self, request: Request, title: str, body: Html, status: int = 200) -> Response:
        """Write a page."""
        response = page(
            request,
            title,
            body,
            here="evaluate",
            styles=_STYLES,
            scripts=_SCRIPTS,
            status=status,
            nav=self._staff,
        )
        response.headers.update(NO_STORE)
        return response

    def shown(self, request: Request, answer: Answer) -> Response:
        """Answer whoever is signed in; let others sign in, and tell what goes wrong on a page."""
        lang = language_of(request)
        person = self.door.person(request)
        if person is None:
            return self.signing_in(request, request.url.path, 401)
        try:
            return answer(person)
        except AdvisorError as error:
            return self.fault(request, person, localise(error.message, lang), status_of(error))
        except EvalError as error:
            return self.fault(request, person, str(error), 409)

    def posted(self, request: Request, answer: Answer) -> Response:
        """The same for what changes something: forms of other sites are refused."""
        check_form_origin(request)
        return self.shown(request, answer)

    def signing_in(
        self, request: Request, back: str, status: int = 200, fault: str | None = None
    ) -> Response:
        """Show the page on which one signs in."""
        lang = language_of(request)
        back = back if BACK.fullmatch(back) else PATH
        return self.written(
            request, string("eval.name", lang), sign_in_body(lang, back, fault), status
        )

    def fault(self, request: Request, person: Person, fault: str, status: int) -> Response:
        """Show the page with everything on it, and what went wrong."""
        return self.home(request, person, fault=fault, status=status)

    def home(
        self, request: Request, person: Person, *, fault: str | None = None, status: int = 200
    ) -> Response:
        """Show the page with everything on it."""
        lang = language_of(request)
        body = home_body(
            person,
            self.book.listed(person.store),
            self.hidden(person),
            self.views(person),
            self.choices,
            lang,
            notice=notice_of(request, lang),
            fault=fault,
        )
        return self.written(request, string("eval.name", lang), body, status)

    @cached_property
    def choices(self) -> Choices:
        """What a run may be of; suites are a part of the program and stay as they are."""
        suites = [(name, len(load_suite(name))) for name in suite_names()]
        return Choices(suites, self.jobs.target_names)

    def hidden(self, person: Person) -> frozenset[str]:
        """Return the runs of which somebody labels answers and has not handed in."""
        return frozenset(
            task.run for task in person.store.labels.tasks() if is_blind(task, person.name)
        )

    def views(self, person: Person, run: str | None = None) -> list[TaskView]:
        """Return the tasks as somebody sees them."""
        return [self.view(person, task) for task in person.store.labels.tasks(run)]

    def view(self, person: Person, task: LabelTask) -> TaskView:
        """Return a task as somebody sees it."""
        labels = person.store.labels.labels(task.id)
        done: dict[str, int] = {}
        for one in labels:
            if one.is_whole and not one.adjudicated:
                done[one.labeller] = done.get(one.labeller, 0) + 1
        disputed = differing(labels) if task.is_handed_in else ()
        return TaskView(
            task=task,
            suite=self._suite(person.store, task.run),
            done=done,
            disputed=len(disputed),
            settled=sum(one.adjudicated for one in labels),
            blind=is_blind(task, person.name),
        )

    def _suite(self, store: Store, run: str) -> str:
        try:
            return self.book.find(store, run).suite
        except (AdvisorError, EvalError):
            return "—"  # the run is gone, its labels were kept

    def results(self, store: Store, run: str) -> Mapping[str, CaseResult]:
        """Return the results of a finished run, by case.

        Raises:
            AdvisorError, EvalError: the tenant has no such run, or it cannot be read.
        """
        entry = self.book.find(store, run)
        if entry.folder is None:
            raise no_run(run)
        if run not in self._results:
            found = {one.case.id: one for one in entry.folder.results()}
            # One at a time: a run of a thousand cases is some tens of megabytes.
            self._results = {run: found}
            return found
        return self._results[run]

    def answer(self, person: Person, task: LabelTask, case: str, at: int, of: int) -> Shown:
        """Return one answer of a task.

        Raises:
            AdvisorError, EvalError: its run is gone, or cannot be read.
        """
        entry = self.book.find(person.store, task.run)
        result = self.results(person.store, task.run).get(case)
        if result is None or result.answer is None or entry.settings is None:
            raise no_run(task.run)
        day = result.case.as_of or entry.settings.today
        return Shown(result.case, result.answer, day, at, of)

    def calibration(self, person: Person, task: LabelTask) -> Calibration | None:
        """Hold the labels of a task against each other and against the run's automatic verdicts.

        None where the run is gone.
        """
        try:
            entry = self.book.find(person.store, task.run)
            results = self.results(person.store, task.run)
        except (AdvisorError, EvalError):
            return None
        if entry.settings is None or entry.folder is None:
            return None
        opinion = entry.folder.path / "judge.json"
        judging = (
            JudgeRecord.model_validate_json(opinion.read_bytes()).judging
            if opinion.is_file()
            else None
        )
        run = Run(settings=entry.settings, results=tuple(results.values()))
        labels = exported(task, person.store.labels.labels(task.id))
        return calibrate(labels, run, judging)

    def seen(self, person: Person, run: str) -> RunEntry:
        """Return a finished run that somebody may read.

        Raises:
            EvaluationNotFound: there is none for them.
            NotNow: they label answers of it, and must not see what it found.
        """
        entry = self.book.find(person.store, run)
        if run in self.hidden(person):
            raise NotNow(BLIND)
        if entry.folder is None or not entry.folder.is_finished:
            raise no_run(run)
        return entry


def is_blind(task: LabelTask, name: str) -> bool:
    """Tell whether somebody labels a task and has not handed in."""
    seat = task.seat(name)
    return seat is not None and seat.handed_in is None


def part_of(part: Html) -> Response:
    """Send a part of a page, for its script."""
    return Response(part.encode(), media_type="text/html; charset=utf-8", headers=NO_STORE)


def notice_of(request: Request, lang: Lang) -> str | None:
    """Return what the address says has been done."""
    done = request.query_params.get("done")
    return string(f"eval.done.{done}", lang) if done in _NOTICES else None


def back_to(request: Request, *parts: str, done: str | None = None) -> Response:
    """Lead to one of these pages."""
    return redirect(address(place(*parts), language_of(request), done=done))


def redirect(target: str) -> Response:
    """Lead on after something was sent."""
    return RedirectResponse(target, status_code=303, headers=NO_STORE)


def among(name: str, seen: str, known: Sequence[str]) -> None:
    """See that a value is one of those offered.

    Raises:
        Unfit: it is not.
    """
    if seen not in known:
        raise unfit(name, seen, ", ".join(known))


def number_of(name: str, seen: str, least: int, most: int) -> int:
    """Read a whole number within bounds.

    Raises:
        Unfit: it is none.
    """
    if not re.fullmatch(r"\d{1,10}", seen.strip()) or not least <= int(seen) <= most:
        raise unfit(name, seen, f"{least}–{most}")
    return int(seen)


def unfit(name: str, seen: str, expected: str) -> AdvisorError:
    """Say what of a form cannot be used, what was seen and what was expected."""
    shown = repr(seen[:60])
    return Unfit(
        Bilingual(
            zh=f"{name}：看到{shown}，应为{expected}。",
            en=f"{name}: seen {shown}; expected {expected}.",
        )
    )


def status_of(error: AdvisorError) -> int:
    """Return the status of a page that tells an error."""
    if error.code.endswith("-not-found"):
        return 404
    return {"bad-request": 422, "store-fault": 503}.get(error.code, 409)


BLIND = Bilingual(
    zh="您正在盲标这次运行的回答；提交标注后才能查看。",
    en="You are labelling answers of this run blind; hand in your labels first.",
)
