"""The query side: a model puts a follow-up into words that stand alone, raced against retrieval.

Only the search is served by it: what comes back is never shown, and an answer's facts, plan and
checks do not depend on it. Retrieval starts on the question as typed and never waits for it.
"""

from __future__ import annotations

import logging
import re
import threading
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.language import detect_lang, passage_lang
from bot.model.prompt import fence, load_prompt
from bot.model.reply import json_objects, read_reply
from bot.providers.base import Budget, ChatModel, Message, ModelError, Usage
from bot.query.understanding import Understanding
from bot.question import Question
from bot.waiting import let_others_work, work_on
from knowledge.card import PassageLang
from knowledge.figures.figure import missing_figures

log = logging.getLogger(__name__)

MAX_STANDALONE = 400
"""Longest standalone question, in characters: more is an essay, not a question."""
TURNS_SENT = 6
"""Latest turns of the conversation that the model is told."""
TURN_CHARS = 300
"""Characters told of each turn: the subject stands at its beginning."""


class RewriteLimits(NamedTuple):
    """The time that a rewriting may take, in seconds; it runs beside retrieval, not before."""

    first_byte_s: float = 2.0
    total_s: float = 4.0


class Race:
    """A rewriting under way. Taken once: in time, or never."""

    def __init__(self) -> None:
        """Start without a result."""
        self._arrived = threading.Event()
        self._lock = threading.Lock()
        self._standalone: str | None = None
        self._dropped = False
        self.usage = Usage()
        """Tokens spent so far; for a dropped rewriting what was known when it was dropped."""

    def take(self, within_s: float = 0.0) -> str | None:
        """Return the standalone question, or None where there is none to use; then drop the rest.

        Args:
            within_s: longest wait from now, in seconds; 0 = only what has arrived already.
        """
        let_others_work()
        self._arrived.wait(within_s)
        work_on()
        self.drop()
        return self._standalone

    def drop(self) -> None:
        """Let the rewriting end at its next piece of text; what arrives later is not used."""
        with self._lock:
            self._dropped = True

    def count(self, usage: Usage) -> None:
        """Add tokens to those spent."""
        self.usage += usage

    @property
    def is_dropped(self) -> bool:
        """Whether nobody waits any more."""
        return self._dropped

    def finish(self, standalone: str | None) -> None:
        """Hand in the result; None = there is none. Too late is the same as none."""
        with self._lock:
            if not self._dropped:
                self._standalone = standalone
        self._arrived.set()


class Rewriter:
    """Asks a model for a question that stands alone; safe to use from many threads."""

    def __init__(self, model: ChatModel, limits: RewriteLimits | None = None) -> None:
        """Take the model and the time it may use for one rewriting."""
        self._model = model
        self._limits = limits or RewriteLimits()

    def start(self, question: Question, understanding: Understanding) -> Race | None:
        """Start a rewriting in the background; None where the question needs none.

        A question needs one that leans on earlier turns, or that is written in a script in which
        the corpus cannot be searched. The call itself returns at once and raises nothing.
        """
        leans = understanding.leans and bool(question.history)
        if not leans and not is_foreign(question.text):
            return None
        race = Race()
        threading.Thread(
            target=self._run,
            args=(race, question, understanding.lang),
            name="rewrite",
            daemon=True,
        ).start()
        return race

    def _run(self, race: Race, question: Question, lang: PassageLang) -> None:
        standalone: str | None = None
        try:
            earlier = _earlier(question)
            text = self._ask(race, question.text, earlier, lang)
            if race.is_dropped:
                return
            standalone = usable(text, question.text, earlier, lang)
            if standalone is None:
                log.info("rewriting not used: unusable")
        except ModelError as error:
            log.info("rewriting not used: %s", "late" if race.is_dropped else error.fault)
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread to tell of it
            log.warning("rewriting not used: %s", type(error).__name__)
        finally:
            race.finish(standalone)

    def _ask(self, race: Race, asked: str, earlier: str, lang: PassageLang) -> str:
        prompt = load_prompt("rewrite", lang).render(
            question=fence("question", asked), earlier=fence("earlier", earlier)
        )
        return read_reply(
            self._model,
            [Message(role="user", content=prompt)],
            Budget(*self._limits),
            SCHEMA,
            on_usage=race.count,
            is_wanted=lambda: not race.is_dropped,
        )


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}


def usable(text: str, asked: str, earlier: str, lang: PassageLang) -> str | None:
    """Return the standalone question in a model's answer; None where it must not be used.

    It must be one question of at most `MAX_STANDALONE` characters in the language of the search,
    keep every figure of the question, and bring in none that the conversation does not hold.

    Args:
        text: the model's answer.
        asked: the question as typed.
        earlier: what the model was told of the conversation.
        lang: the language in which the corpus is searched.
    """
    found = _question_in(text)
    if not 0 < len(found) <= MAX_STANDALONE or _REFUSES.search(found) or is_foreign(found):
        return None
    if passage_lang(detect_lang(found)) != lang:
        return None
    if missing_figures(asked, [found]) or missing_figures(found, [asked, earlier]):
        return None
    return found


def is_foreign(text: str) -> bool:
    """Tell whether a text is in neither Chinese nor English, by its script alone.

    German or Malay is not told from English here: both are searched as they stand.
    """
    return len(_FOREIGN.findall(text)) >= _FEW_LETTERS


_FOREIGN = re.compile(
    "[\u0400-\u04ff\u0590-\u06ff\u0900-\u0e7f\u0e80-\u0eff\u1000-\u11ff\u1780-\u17ff"
    "\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3]"
)
"""Letters of Cyrillic, Hebrew, Arabic, Indic, Thai, Lao, Burmese, Khmer, Japanese and Korean."""
_FEW_LETTERS = 3
"""A name quoted in such a script has fewer; の alone is common in Chinese shop names."""
_REFUSES = re.compile(
    r"^(?:很?抱歉|对不起|對不起|作为(?:一个)?(?:AI|人工智能|语言模型)|我(?:无法|不能|無法)"
    r"|(?:I'?m |I am )?sorry\b|I (?:can(?:not|'t)|am unable)\b|As an? (?:AI|language model)\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:(?:改写|独立|完整)(?:后)?的?(?:问题|问句)|(?:standalone|rewritten)(?: question)?)\s*[:：]\s*",
    re.IGNORECASE,
)
_QUOTES = "\"'“”‘’「」『』` "


def _question_in(text: str) -> str:
    """Find the question in a reply: in the JSON asked for, else in its first line.

    Small models put an opening line, a label or quotes around it.
    """
    for candidate in json_objects(text):
        text = str(candidate.get("question", ""))
    lines = (line.strip(_QUOTES) for line in unicodedata.normalize("NFC", text).splitlines())
    told = [line for line in lines if line and not line.endswith((":", "："))]
    # A second line explains the first; a question of several lines is none we could search with.
    return _LABEL.sub("", told[0]).strip(_QUOTES) if told else ""


def _earlier(question: Question) -> str:
    """Print the latest turns, one a line."""
    return "\n".join(
        f"{_SPEAKERS[turn.role]}: {' '.join(turn.content.split())[:TURN_CHARS]}"
        for turn in question.history[-TURNS_SENT:]
    )


_SPEAKERS = {"user": "Q", "assistant": "A"}
