"""The model writer: a language model words the answer, and only what is checked comes out.

The model sees the question, the facts found and the plan's outline; it answers in sentences that
name their facts. Each sentence is checked as soon as it is complete. What the checker refuses goes
back once, with the reasons; what is refused again is dropped and counted.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from bot.answer import CheckedClaim, ModelUse
from bot.checking.check import Checker
from bot.language import in_script, passage_lang, search_form
from bot.model.brief import Brief, compose_brief, compose_repair
from bot.model.claim_stream import ClaimReader, ProposedClaim
from bot.model.rewrite import Race
from bot.providers.base import (
    Budget,
    ChatModel,
    FormRefused,
    Message,
    ModelError,
    OutputForm,
    Usage,
)
from bot.query.understanding import Understanding
from bot.question import Question
from bot.retrieval.evidence import Evidence
from bot.route_plan import RoutePlan
from bot.settings import Settings
from bot.timing import Stopwatch
from bot.waiting import let_others_work, work_on
from bot.writing.draft import BlockKind, Claim, Finding
from bot.writing.select import overlap
from knowledge.card import FactRef
from knowledge.corpus import Corpus

log = logging.getLogger(__name__)

MOST_CLAIMS = 24
"""Sentences taken from one answer: a model that goes on has lost its thread."""
LONGEST_CLAIM = 2_000
"""Characters without the end of a sentence from which a model is taken to have lost itself."""
_REPEATS = 0.9
"""Share of common character pairs from which a sentence only repeats an earlier one."""
TOLD_EVERY_S = 0.5
"""How often it is told that the model is at its next sentence."""
_REPAIR_LEAST_S = 3.0
"""Seconds that must be left for a second call."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_FOREIGN = 0.2
"""Share of Chinese characters from which a sentence is no English one."""


class Said(NamedTuple):
    """A sentence of the model that its facts bear out, and where it belongs."""

    section: BlockKind
    claim: CheckedClaim


class AtWork(NamedTuple):
    """The model is at its next sentence."""

    characters: int
    """Written so far."""


class Refused(NamedTuple):
    """A sentence of the model that is not shown, and why."""

    proposed: ProposedClaim
    findings: tuple[Finding, ...]


class ModelWriter:
    """Writes answers with one language model; safe to call from many threads."""

    def __init__(
        self, model: ChatModel, corpus: Corpus, checker: Checker, settings: Settings
    ) -> None:
        """Take the model, what it may rest on, who checks it, and its limits."""
        self.model = model
        self.corpus = corpus
        self.checker = checker
        self.settings = settings

    def write(
        self,
        question: Question,
        understanding: Understanding,
        evidence: Evidence,
        leads: tuple[FactRef, ...],
        plan: RoutePlan | None,
        watch: Stopwatch,
        race: Race | None = None,
    ) -> Writing:
        """Prepare one answer; the model is asked when its sentences are.

        Args:
            question: as asked, on its day.
            understanding: what it is after.
            evidence: the facts found.
            leads: the facts that the answer must rest on.
            plan: the route plan; the answer shows it beside the model's words.
            watch: told the time spent with checking.
            race: a rewriting of the question, whose tokens count, used or not.
        """

        def brief(form: OutputForm) -> Brief:
            return compose_brief(
                question,
                understanding,
                evidence,
                leads,
                plan,
                self.corpus,
                form,
                tokens=self.settings.model_tokens,
            )

        return Writing(self, question, brief, watch, race)


class Writing:
    """One answer in a model's words, sentence by sentence; tells afterwards how it went."""

    def __init__(
        self,
        writer: ModelWriter,
        question: Question,
        brief_in: Callable[[OutputForm], Brief],
        watch: Stopwatch,
        race: Race | None,
    ) -> None:
        """Take the writer, the question and what the model will be told, by form."""
        self._writer = writer
        self._question = question
        self._brief_in = brief_in
        self._brief = brief_in(writer.model.form)
        self._watch = watch
        self._race = race
        self._budget = Budget(writer.settings.model_first_byte_s, writer.settings.model_total_s)
        self._said: list[str] = []
        self._refused: list[Refused] = []
        self._proposed = 0
        self._calls = 0
        self._characters = 0
        self._usage = Usage()
        self.error: ModelError | None = None
        """What cut the model short; None where it came to its end."""

    def claims(self) -> Iterator[Said | AtWork]:
        """Ask the model and yield what the checker confirms, each sentence at once.

        Between two sentences it is told now and then that the model writes.
        """
        try:
            yield from self._first()
            yield from self._repaired()
        except ModelError as error:
            self.error = error
            log.warning("model %s: %s", self._writer.model.name, error)

    @property
    def writer(self) -> str:
        """Name of the model, for the answer's record."""
        return self._writer.model.name

    @property
    def said(self) -> bool:
        """Whether anything of the model's was confirmed."""
        return bool(self._said)

    @property
    def use(self) -> ModelUse:
        """The record of the model's part in the answer."""
        writer = self._writer
        usage = self._usage + (self._race.usage if self._race else Usage())
        return ModelUse(
            name=writer.model.name,
            prompt=self._brief.prompt,
            calls=self._calls,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=writer.settings.model_cost(usage.prompt_tokens, usage.completion_tokens),
            proposed_claims=self._proposed,
            dropped_claims=len(self._refused),
            fault=self.error.fault if self.error else None,
        )

    def _first(self) -> Iterator[Said | AtWork]:
        try:
            yield from self._checked(self._brief.messages)
        except FormRefused:
            self._brief = self._brief_in("lines")
            yield from self._checked(self._brief.messages)
        if not self._proposed:
            raise ModelError("empty", "no sentence with facts")

    def _repaired(self) -> Iterator[Said | AtWork]:
        """Give the model one chance to mend what was refused."""
        if not self._refused or self._budget.left_s() < _REPAIR_LEAST_S:
            return
        refused, self._refused = self._refused, []
        told = [(one.proposed, one.findings) for one in refused]
        proposed, said = self._proposed, len(self._said)
        messages = compose_repair(self._brief, told, self._question)
        try:
            yield from self._checked(messages)
        except ModelError as error:
            # What was confirmed stands without the repair.
            log.info("repair given up: %s", error)
        # Counted are the sentences of the first call: what was not mended was dropped.
        self._proposed = proposed
        self._refused = refused[len(self._said) - said :]

    def _checked(self, messages: tuple[Message, ...]) -> Iterator[Said | AtWork]:
        reader = ClaimReader(self._brief.form)
        texts = self._texts(messages)
        ended = since = 0
        while (read := _read_on(texts, reader)) is not None:
            proposals, length = read
            yield from self._confirmed(proposals)
            if self._proposed >= MOST_CLAIMS:
                return
            before, ended = ended, self._proposed + reader.unreadable
            since = 0 if ended > before else since + length
            if since > LONGEST_CLAIM:
                raise ModelError("endless", f"no sentence ended within {LONGEST_CLAIM} characters")
            self._characters += length
            if not proposals:
                yield AtWork(self._characters)
        yield from self._confirmed(reader.close())

    def _texts(self, messages: tuple[Message, ...]) -> Iterator[str]:
        self._calls += 1
        schema = self._brief.schema
        for delta in self._writer.model.stream(messages, self._budget, schema):
            if delta.usage:
                self._usage += delta.usage
            if delta.text:
                yield delta.text

    def _confirmed(self, proposals: Iterable[ProposedClaim]) -> Iterator[Said]:
        for proposed in proposals:
            self._proposed += 1
            text = in_script(proposed.text, self._question.lang)
            if any(overlap(text, other) > _REPEATS for other in self._said):
                continue
            with self._watch.stage("check"):
                findings = self._findings(text, proposed)
            if findings:
                self._refused.append(Refused(proposed, findings))
                continue
            self._said.append(text)
            yield Said(
                proposed.section,
                CheckedClaim(
                    text=text,
                    refs=self._refs(proposed),
                    verdict="supported",
                    block=proposed.section,
                ),
            )

    def _findings(self, text: str, proposed: ProposedClaim) -> tuple[Finding, ...]:
        if _is_foreign(text, self._question):
            return (Finding(rule="language", seen=text),)
        if self._is_echo(text):
            return (Finding(rule="echo", seen=text),)
        unknown = [name for name in proposed.facts if name not in self._brief.facts]
        if unknown:
            return (Finding(rule="unknown-fact", seen=", ".join(unknown)),)
        claim = Claim(text=text, refs=self._refs(proposed))
        return tuple(self._writer.checker.findings(claim, self._question.as_of, in_own_words=True))

    def _is_echo(self, text: str) -> bool:
        """Tell whether a sentence only says again what the question or our instructions say."""
        said = _letters(text)
        told = (self._question.text, self._brief.messages[0].content)
        return any(said in _letters(one) for one in told)

    def _refs(self, proposed: ProposedClaim) -> tuple[FactRef, ...]:
        return tuple(dict.fromkeys(self._brief.facts[name] for name in proposed.facts))


def _read_on(
    texts: Iterator[str], reader: ClaimReader
) -> tuple[tuple[ProposedClaim, ...], int] | None:
    """Read until a sentence is whole, or for so long; tells how many characters that were.

    Others may work meanwhile: the time is the model's. None: the text has ended.
    """
    length = 0
    until = time.monotonic() + TOLD_EVERY_S
    let_others_work()
    for text in texts:
        length += len(text)
        proposals = tuple(reader.feed(text))
        if proposals or length > LONGEST_CLAIM or time.monotonic() >= until:
            if proposals:
                work_on()
            return proposals, length
    work_on()
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, search_form(text).lower()))


def _is_foreign(text: str, question: Question) -> bool:
    """Tell whether a sentence is in another language than the answer's."""
    share = len(_HAN.findall(text)) / max(1, len(text))
    return share > _FOREIGN if passage_lang(question.lang) == "en" else share == 0
