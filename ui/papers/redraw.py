"""Kept answers shown anew, once a document that they quoted was deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.answer import CheckedAnswer
from bot.events import Finished
from bot.question import Filters
from bot.store.conversations import Redraw
from bot.store.records import KeptTurn
from knowledge.corpus import Corpus
from ui.ask.answer_view import AnswerView


def redrawing(corpus: Corpus) -> Redraw:
    """Return what shows a kept answer as the page would; its first lines stay as they were."""

    def redraw(turn: KeptTurn, answer: CheckedAnswer) -> Mapping[str, Any]:
        view = AnswerView(turn.turn, turn.lang, corpus, Filters.model_validate(turn.filters))
        view.take(Finished(answer=answer))
        shown = view.payload()
        before = dict((turn.shown or {}).get("parts", ()))
        head = [
            [key, before.get(key, html) if key == "head" else html] for key, html in shown["parts"]
        ]
        return {**shown, "parts": head}

    return redraw
