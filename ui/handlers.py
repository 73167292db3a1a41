"""What happens when someone asks on the page: the request read, the advisor's events shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from pydantic import Field, ValidationError

from bot.advisor import Advisor
from bot.errors import AdvisorError
from bot.language import Lang
from bot.question import MAX_TURNS, Filters, Turn, read_question
from knowledge.card import Frozen
from ui.answer_view import AnswerView
from ui.api_catalogue import AsOf
from ui.html import Html, safe, word
from ui.strings import LANGS

log = logging.getLogger(__name__)
_SHOWN = 60
"""Characters of a bad value that are shown again."""


class PageRequest(Frozen):
    """A question as the page sends it."""

    text: str
    message: str = Field(pattern=r"^[a-z0-9]{4,40}$")
    """The page's name for the answer to come."""
    ui: Lang
    """Language of the interface; the answer follows the question."""
    history: tuple[Turn, ...] = Field(default=(), max_length=MAX_TURNS)
    profile: dict[str, bool | float | str] = Field(default_factory=dict, max_length=50)
    as_of: AsOf = None
    filters: Filters = Filters()


Handler = Callable[[gr.EventData], Iterator[dict[str, Any]]]


def answer_handler(advisor: Advisor) -> Handler:
    """Return the handler of the page's `ask` event."""

    def ask(event: gr.EventData) -> Iterator[dict[str, Any]]:
        """Answer one question, state by state."""
        try:
            request = PageRequest.model_validate(event._data)
        except ValidationError as error:
            log.warning("page request refused: %s", error.errors(include_input=False))
            yield from _refused(event._data, error, advisor)
            return
        yield from answer_states(advisor, request)

    return ask


def answer_states(advisor: Advisor, request: PageRequest) -> Iterator[dict[str, Any]]:
    """Yield what the page shows of an answer, each state complete."""
    view = AnswerView(request.message, request.ui, advisor.corpus, request.filters)
    try:
        question = read_question(
            request.text,
            history=request.history,
            as_of=request.as_of,
            profile=request.profile,
            filters=request.filters,
        )
        view.lang = question.lang
        for event in advisor.stream(question):
            view.take(event)
            yield view.payload()
    except AdvisorError as error:
        view.fail(safe(error.user_message(view.lang)))
        yield view.payload()
    except Exception:
        log.exception("no answer was made")
        view.fail(word("failed.general", request.ui))
        yield view.payload()


def _refused(data: object, error: ValidationError, advisor: Advisor) -> Iterator[dict[str, Any]]:
    """Tell a page that its request could not be read, if it says which one that was."""
    sent = data if isinstance(data, dict) else {}
    message, ui = sent.get("message"), sent.get("ui")
    lang: Lang = ui if ui in LANGS else "zh-Hans"
    if isinstance(message, str):
        view = AnswerView(message, lang, advisor.corpus)
        view.fail(_fault(error, lang))
        yield view.payload()


def _fault(error: ValidationError, ui: Lang) -> Html:
    """Say what of a request could not be used: a day, a filter, or all of it."""
    for one in error.errors():
        place, given = one["loc"][0] if one["loc"] else "", str(one["input"])[:_SHOWN]
        if place == "as_of":
            return word("failed.as_of", ui, given=given)
        if place == "filters":
            return word("failed.filters", ui, given=given)
    return word("failed.unreadable", ui)
