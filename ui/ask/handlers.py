"""What happens when someone asks or stops on Gradio's page: the request read, the answer listened to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr
from anyio import to_thread
from pydantic import ValidationError

from bot.language import Lang
from knowledge.corpus import Corpus
from ui.ask.answer_view import AnswerView
from ui.ask.answering import Answers
from ui.ask.page_request import PageRequest, StopRequest
from ui.html import Html, word
from ui.strings import LANGS

log = logging.getLogger(__name__)
_SHOWN = 60
"""Characters of a bad value that are shown again."""


Asking = Callable[[gr.EventData], AsyncIterator[dict[str, Any]]]
Stopping = Callable[[gr.EventData], None]


def answer_handler(answers: Answers) -> Asking:
    """Return the handler of the page's `ask` event."""

    async def ask(event: gr.EventData) -> AsyncIterator[dict[str, Any]]:
        """Answer one question, state by state; it goes on when nobody listens any more."""
        try:
            request = PageRequest.model_validate(event._data)
        except ValidationError as error:
            log.warning("page request refused: %s", _reasons(error))
            for state in _refused(event._data, error, answers.advisor.corpus):
                yield state
            return
        answering = await to_thread.run_sync(answers.ask, request)
        async for state in answering.states():
            yield state

    return ask


def stop_handler(answers: Answers) -> Stopping:
    """Return the handler of the page's `stop` event."""

    def stop(event: gr.EventData) -> None:
        """Stop an answer in the making."""
        try:
            request = StopRequest.model_validate(event._data)
        except ValidationError as error:
            log.warning("page request refused: %s", _reasons(error))
            return
        answers.stop(request.message, request.owner)

    return stop


def _reasons(error: ValidationError) -> str:
    """Say where a request is wrong and how, and nothing of what it holds."""
    found = error.errors(include_input=False, include_context=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'][:1]))}: {one['type']}" for one in found[:5])


def _refused(data: object, error: ValidationError, corpus: Corpus) -> list[dict[str, Any]]:
    """Tell a page that its request could not be read, if it says which one that was."""
    sent = data if isinstance(data, dict) else {}
    message, ui = sent.get("message"), sent.get("ui")
    if not isinstance(message, str):
        return []
    lang: Lang = ui if ui in LANGS else "zh-Hans"
    view = AnswerView(message, lang, corpus)
    view.fail(_fault(error, lang))
    return [view.payload()]


def _fault(error: ValidationError, ui: Lang) -> Html:
    """Say what of a request could not be used: a day, a filter, or all of it."""
    for one in error.errors():
        place, given = one["loc"][0] if one["loc"] else "", str(one["input"])[:_SHOWN]
        if place == "as_of":
            return word("failed.as_of", ui, given=given)
        if place == "filters":
            return word("failed.filters", ui, given=given)
    return word("failed.unreadable", ui)
