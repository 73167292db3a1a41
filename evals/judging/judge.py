"""A judge: a pinned language model that grades answers, beside the scores worked out in code.

Its grades are opinions of a model and enter no other figure. A case it could not grade is not
judged, with the reason, and counts nowhere; how far it agrees with the scorers is told with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.answer import CheckedAnswer
from bot.language import passage_lang
from bot.model.prompt import fence, load_prompt
from bot.model.reply import json_objects, read_reply
from bot.providers.base import Budget, ChatModel, Message, ModelError, Usage
from evals.case import Case
from evals.run import CaseResult, Run
from knowledge.card import Frozen

Aspect = Literal["support", "completeness", "tone"]
"""What is graded, each 0 (no), 1 (in part) or 2 (yes)."""
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
TOP = 2
REASON_CHARS = 400
GIVE_UP = 10
"""So many faults of the endpoint in a row end a judging."""
_NO_FAULT = (None, "malformed", "empty")
"""Outcomes of a call that speak for an endpoint that works."""


class Judgement(BaseModel):
    """Three grades of one answer and why."""

    # Unlike our own values: keys that a model adds are no reason to throw its grades away.
    model_config = ConfigDict(frozen=True, extra="ignore")

    support: int = Field(ge=0, le=TOP)
    """Do the cited facts bear out what the answer says?"""
    completeness: int = Field(ge=0, le=TOP)
    """Does the answer say what the question asks for?"""
    tone: int = Field(ge=0, le=TOP)
    """Is it plain, to the point, and fit for a firm's treasurer?"""
    reason: str = ""


class JudgedCase(Frozen):
    """One case with its grades, or with why it has none."""

    id: str
    judgement: Judgement | None
    not_judged: str | None = None
    """`errored` or `no-claims`, where there is nothing to grade; the model's fault; or `given-up`
    after too many of them."""


class Judging(Frozen):
    """What a judge said of a run."""

    run_id: str
    model: str
    """Name and host of the model, as it gives them."""
    prompts: Mapping[str, str]
    """Version of the prompt, by language."""
    temperature: float = 0.0
    """That models are asked with: the likeliest wording, so that a judging can be repeated as far
    as the endpoint allows."""
    cases: tuple[JudgedCase, ...]
    usage: Usage

    @property
    def judged(self) -> tuple[JudgedCase, ...]:
        """The cases that got grades."""
        return tuple(case for case in self.cases if case.judgement)


class Judge:
    """Grades answers with one model."""

    def __init__(
        self, model: ChatModel, *, first_byte_s: float = 60.0, total_s: float = 180.0
    ) -> None:
        """Take the model and the seconds that one case may take."""
        self._model = model
        self._limits = (first_byte_s, total_s)
        self.usage = Usage()
        """Tokens spent so far, where the endpoint counts them."""

    @property
    def name(self) -> str:
        """Name and host of the model."""
        return self._model.name

    def judge(self, case: Case, answer: CheckedAnswer) -> Judgement:
        """Grade one answer.

        Raises:
            ModelError: the model gave no grades; `malformed` where it wrote something else.
        """
        text = read_reply(
            self._model,
            [Message(role="user", content=_prompt(case, answer))],
            Budget(*self._limits),
            SCHEMA,
            on_usage=self._count,
        )
        return read_judgement(text)

    def _count(self, usage: Usage) -> None:
        self.usage += usage


def _prompt(case: Case, answer: CheckedAnswer) -> str:
    facts = "\n".join(f"[{citation.n}] {citation.quote}" for citation in answer.citations)
    return load_prompt("judge", passage_lang(case.lang)).render(
        question=fence("question", case.question),
        facts=fence("facts", facts),
        answer=fence("answer", answer.text),
    )


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        **{aspect: {"type": "integer", "enum": list(range(TOP + 1))} for aspect in ASPECTS},
    },
    "required": ["reason", *ASPECTS],
    "additionalProperties": False,
}
"""The reason comes first: a model that has written it grades more steadily."""


def read_judgement(text: str) -> Judgement:
    """Read the grades in a model's answer: the last JSON object in it that holds them.

    What stands around it (a code fence, thinking aloud, an earlier try) is passed over.

    Raises:
        ModelError: `malformed`, no object has all three grades within 0 and 2.
    """
    found: Judgement | None = None
    for candidate in json_objects(text):
        try:
            found = Judgement.model_validate(candidate)
        except ValidationError:
            continue
    if found is None:
        raise ModelError("malformed", f"no JSON object with {', '.join(ASPECTS)} from 0 to {TOP}")
    return found.model_copy(update={"reason": " ".join(found.reason.split())[:REASON_CHARS]})


OnJudged = Callable[[int, int, JudgedCase], None]
"""Receives the number of cases done, the number to do, and the case just judged."""


def judge_run(run: Run, judge: Judge, progress: OnJudged | None = None) -> Judging:
    """Grade every answer of a run that makes a claim, one after the other.

    After `GIVE_UP` faults of the endpoint in a row the rest is given up: a run must end.
    """
    cases: list[JudgedCase] = []
    faults = 0
    for result in run.results:
        cases.append(_judge_case(result, judge if faults < GIVE_UP else None))
        sent = result.answer is not None and bool(result.answer.claims)
        if sent and faults < GIVE_UP:
            faults = faults + 1 if cases[-1].not_judged not in _NO_FAULT else 0
        if progress:
            progress(len(cases), len(run.results), cases[-1])
    langs = dict.fromkeys(passage_lang(result.case.lang) for result in run.results)
    return Judging(
        run_id=run.settings.run_id,
        model=judge.name,
        prompts={lang: load_prompt("judge", lang).version for lang in langs},
        cases=tuple(cases),
        usage=judge.usage,
    )


def _judge_case(result: CaseResult, judge: Judge | None) -> JudgedCase:
    case, answer = result.case, result.answer
    if answer is None:
        return JudgedCase(id=case.id, judgement=None, not_judged="errored")
    if not answer.claims:
        return JudgedCase(id=case.id, judgement=None, not_judged="no-claims")
    if judge is None:
        return JudgedCase(id=case.id, judgement=None, not_judged="given-up")
    try:
        return JudgedCase(id=case.id, judgement=judge.judge(case, answer))
    except ModelError as error:
        return JudgedCase(id=case.id, judgement=None, not_judged=error.fault)
