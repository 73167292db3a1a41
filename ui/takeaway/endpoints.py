"""The addresses under which an answer or a plan is taken away as a file."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection
from functools import cache, partial
from typing import TypeAlias, get_args

from anyio import CapacityLimiter, move_on_after, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.language import Lang
from knowledge.card import Bilingual
from ui.api.problems import ProblemError, not_found, request_lang
from ui.days import read_day, today
from ui.takeaway.elements import Draw
from ui.takeaway.files import MEDIA_TYPES, Form, disposition, write_file
from ui.takeaway.fonts import FontMissing, FontShelf, open_shelf
from ui.takeaway.memo import Memo, memo_of_answer, memo_of_plan
from ui.takeaway.typesetting import Job, Typesetter, TypesettingTooLong

Answers: TypeAlias = Callable[[str], CheckedAnswer | None]
"""Looks an answer up by its id; None when it knows none of that id."""

AT_ONCE = 2
"""Documents made at the same time: each takes a core for up to a second."""
PATIENCE_S = 20.0
"""Longest wait for a place among them."""
TYPESETTING_S = 30.0
"""Longest time that a document may be set for; one takes up to two seconds on a quiet machine."""
MOST_CHARACTERS = 600_000
"""Largest document, as JSON: four times that of the longest route."""


def takeaway_endpoints(
    answers: Answers,
    advisor: Advisor,
    draw: Draw | None = None,
    *,
    shelf: Callable[[], FontShelf] = open_shelf,
    page_keys: Collection[str] = ("option", "fragment"),
    at_once: int = AT_ONCE,
    patience_s: float = PATIENCE_S,
    typesetting_s: float = TYPESETTING_S,
) -> APIRouter:
    """Make `/answers/{id}.docx|pdf|md` and `/plan/{route}.docx|pdf|md`.

    Only addresses with these endings are taken: a page `/plan/{route}` may stand beside them.

    Args:
        answers: looks up answers; called in a worker thread.
        advisor: plans, and holds the corpus.
        draw: draws a way of a plan; None leaves the drawings out.
        shelf: opens the fonts; called in a worker thread, with the first document.
        page_keys: keys in the query of the plan page that are no inputs of a route.
        at_once: documents made at the same time.
        patience_s: longest wait for a place among them, in seconds.
        typesetting_s: longest time that one may be set for, in seconds; then it is broken off.
    """
    endpoints = APIRouter(include_in_schema=False)
    slots = CapacityLimiter(at_once)
    reserved = {"lang", "as_of", *page_keys}
    press = _Press(shelf, typesetting_s)

    def answer_file(answer_id: str, form: Form) -> Response:
        answer = answers(answer_id)
        if answer is None:
            raise not_found("answer-not-found", answer_id, ())
        return _sent(memo_of_answer(answer, advisor.corpus, today(), draw), form, press)

    def plan_file(
        route: str, values: dict[str, str], lang: Lang, as_of: dt.date, form: Form
    ) -> Response:
        plan = advisor.plan(route, values, lang)
        memo = memo_of_plan(plan, advisor.corpus, lang, as_of, today(), draw)
        return _sent(memo, form, press)

    async def made(make: Callable[[], Response]) -> Response:
        with move_on_after(patience_s) as waiting:
            await slots.acquire()
        if waiting.cancelled_caught:
            raise ProblemError("takeaway-busy", _BUSY)
        try:
            return await to_thread.run_sync(make)
        finally:
            slots.release()

    def add(form: Form) -> None:
        async def answer(answer_id: str) -> Response:
            return await made(partial(answer_file, answer_id, form))

        async def plan(request: Request, route: str) -> Response:
            query = request.query_params
            values = {name: value for name, value in query.items() if name not in reserved}
            lang = request_lang(request) or "zh-Hans"
            as_of = _day(query.get("as_of"))
            return await made(partial(plan_file, route, values, lang, as_of, form))

        endpoints.add_api_route(f"/answers/{{answer_id}}.{form}", answer, methods=["GET"])
        endpoints.add_api_route(f"/plan/{{route}}.{form}", plan, methods=["GET"])

    for form in get_args(Form):
        add(form)
    return endpoints


_BUSY = Bilingual(
    zh="正在生成的文件太多，这一份没有轮到。",
    en="Too many documents are being made; this one found no place.",
)


class _Press:
    """Writes documents, each within a time."""

    def __init__(self, shelf: Callable[[], FontShelf], seconds: float) -> None:
        self._shelf = cache(shelf)
        self._typesetter = cache(
            lambda: Typesetter(self._shelf().folders, system=self._shelf().system)
        )
        self._seconds = seconds

    def write(self, memo: Memo, form: Form) -> bytes:
        """Write a document.

        Raises:
            ProblemError: no font draws Chinese, or it takes too long.
        """
        deadline = time.monotonic() + self._seconds

        def typeset(job: Job) -> bytes:
            return self._typesetter().typeset(job, deadline - time.monotonic())

        try:
            return write_file(memo, form, self._shelf().set_by(typeset))
        except FontMissing as missing:
            raise ProblemError("no-chinese-font", missing.message) from missing
        except TypesettingTooLong:
            raise ProblemError("takeaway-too-slow", _too_slow(self._seconds)) from None


def _too_slow(seconds: float) -> Bilingual:
    return Bilingual(
        zh=f"排版超过{seconds:g}秒，已中止。",
        en=f"Typesetting took longer than {seconds:g} seconds and was broken off.",
    )


def _sent(memo: Memo, form: Form, press: _Press) -> Response:
    """Write a document and send it as a file to be kept."""
    size = len(memo.model_dump_json())
    if size > MOST_CHARACTERS:
        raise ProblemError(
            "takeaway-too-large",
            Bilingual(
                zh=f"内容有{size:,}个字符，最多{MOST_CHARACTERS:,}个。",
                en=f"It holds {size:,} characters; at most {MOST_CHARACTERS:,} can be written.",
            ),
        )
    return Response(
        press.write(memo, form),
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": disposition(memo, form), "Cache-Control": "no-store"},
    )


def _day(value: str | None) -> dt.date:
    """Read `as_of`; today when it is left out.

    Raises:
        ProblemError: it is no date.
    """
    if not value:
        return today()
    try:
        return read_day(value)
    except ValueError:
        seen = value[:40]
        raise ProblemError(
            "bad-as-of",
            Bilingual(
                zh=f"as_of填了 {seen!r}，应为年-月-日。", en=f"as_of is {seen!r}; expected a date."
            ),
        ) from None
