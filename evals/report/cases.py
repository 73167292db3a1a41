"""The cases of a run as data: all that a reader may open, each repeated text held once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from bot.answer import CheckedAnswer, Citation
from evals.run import CaseResult
from evals.scorers.citations import cited_cards
from evals.scorers.nuggets import missed_nuggets
from evals.scorers.registry import METRICS
from evals.scorers.retrieval import card_ranks, ranked_cards
from evals.scorers.standing import expected_standing
from evals.scorers.text import find, folded
from evals.summary import faults

RANKED = 10
"""Cards of the evidence that are listed; the rank of an expected card is told however low."""


class Interned:
    """Values held once each, and named by their place."""

    def __init__(self) -> None:
        """Begin with none."""
        self._places: dict[Hashable, int] = {}

    def place(self, value: Hashable) -> int:
        """Return the place of a value, held from now on."""
        return self._places.setdefault(value, len(self._places))

    @property
    def values(self) -> list[Any]:
        """All values, by place."""
        return list(self._places)


class CaseTable:
    """Gathers cases, and the facts and sentences that they share."""

    def __init__(self) -> None:
        """Begin with none."""
        self._texts = Interned()
        self._instruments = Interned()
        self._pages = Interned()
        self._facts = Interned()

    def tables(self) -> dict[str, Any]:
        """Return what the rows refer to."""
        return {
            "texts": self._texts.values,
            "instruments": self._instruments.values,
            "pages": self._pages.values,
            "facts": self._facts.values,
        }

    def row(
        self, result: CaseResult, opinion: Mapping[str, Any] | str | None = None
    ) -> dict[str, Any]:
        """Return one case; what is empty is left out.

        Args:
            result: the case with answer and scores.
            opinion: grades of a judge by name, or why there are none.
        """
        case, answer = result.case, result.answer
        wrong = faults(result) if answer else ()
        row: dict[str, Any] = {
            "id": case.id,
            "group": case.group,
            "kind": case.kind,
            "lang": case.lang,
            "topic": case.topic,
            "question": case.question,
            "history": [[turn.role, turn.content] for turn in case.history],
            "day": case.as_of and case.as_of.isoformat(),
            "profile": {name: str(value) for name, value in case.profile.items()},
            "expected": expected_standing(case),
            "route": case.route,
            "note": case.note,
            "standing": answer.standing if answer else "error",
            "faults": list(wrong) if answer else ["error"],
            "error": result.error,
            "wall": round(result.wall_ms, 1),
            "judge": opinion,
        }
        if answer:
            row |= self._answer(result, answer, wrong)
        else:
            row |= {"nuggets": [[n.name, n.is_vital, None] for n in case.nuggets]}
        return {key: value for key, value in row.items() if value not in (None, "", [], {})}

    def _answer(
        self, result: CaseResult, answer: CheckedAnswer, wrong: Iterable[str]
    ) -> dict[str, Any]:
        case = result.case
        text = folded(answer.text)
        missed = {nugget.name for nugget in missed_nuggets(case, answer)}
        ranks, cited = card_ranks(case, answer), cited_cards(answer)
        numbers = {citation.ref: citation.n for citation in answer.citations}
        model = answer.engine.model
        return {
            "nuggets": [[n.name, n.is_vital, n.name not in missed] for n in case.nuggets],
            "cards": [[card, ranks.get(card), card in cited] for card in case.cards],
            "must_not": [[pattern, find((pattern,), text)] for pattern in case.must_not],
            "reason": answer.decline_reason,
            "text": answer.text,
            "plan": answer.plan.route if answer.plan else None,
            "missing": list(answer.missing),
            "warnings": list(answer.warnings),
            "claims": [
                [
                    self._texts.place(claim.text),
                    claim.verdict == "supported",
                    [numbers.get(ref, 0) or -1 - self._texts.place(ref) for ref in claim.refs],
                ]
                for claim in answer.claims
            ],
            "citations": [[one.n, self._fact(one)] for one in answer.citations],
            "papers": [[one.n, one.document.title, one.quote] for one in answer.passages],
            "ranked": [self._texts.place(card) for card in ranked_cards(answer)[:RANKED]],
            "stages": [[name, round(ms, 1)] for name, ms in answer.engine.timings_ms.items()],
            "writer": answer.engine.writer,
            "model": model
            and [model.name, model.prompt_tokens, model.completion_tokens, model.cost],
            "scores": [
                None if (value := result.value(metric.name)) is None else round(value, 4)
                for metric in METRICS
            ],
            "why": {
                name: result.scores[name].explanation for name in wrong if name in result.scores
            },
        }

    def _fact(self, citation: Citation) -> int:
        """Return the place of a cited fact: reference, quote, instrument, locator, page."""
        instrument, source = citation.instrument, citation.source
        return self._facts.place(
            (
                citation.ref,
                self._texts.place(citation.quote),
                self._instruments.place((instrument.title, instrument.number, instrument.status)),
                citation.locator,
                self._pages.place((source.publisher, source.url)),
            )
        )
