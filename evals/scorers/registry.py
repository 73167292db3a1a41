"""Every measure of an answer: its name, its formula, where it comes from, and its scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers import (
    citations,
    language,
    latency,
    length,
    nuggets,
    refs,
    retrieval,
    route,
    standing,
    violations,
)
from evals.scorers.score import Score, Scorer
from knowledge.corpus import Corpus


class Metric(NamedTuple):
    """One measure, as the report names and explains it."""

    name: str
    formula: str
    source: str
    better: Literal["higher", "lower", "neither"]
    sort: Literal["rate", "mean", "quantity"]
    """Zeros and ones with a Wilson interval; shares with a bootstrap interval; or a quantity in
    its own unit, with a bootstrap interval."""
    build: Callable[[Corpus], Scorer]
    group: str = "answer"
    counts: bool = False


def _plain(scorer: Scorer) -> Callable[[Corpus], Scorer]:
    return lambda corpus: scorer


def _beside_plan(
    score: Callable[[Case, CheckedAnswer, frozenset[str]], Score],
) -> Callable[[Corpus], Scorer]:
    """Count the cards on which the right plan stands as retrieved, and as relevant."""
    return lambda corpus: (
        lambda case, answer: score(case, answer, route.cards_of_right_plan(case, answer, corpus))
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        "nugget_recall",
        "weight of nuggets made / weight of all nuggets",
        "TREC 2024 RAG track (AutoNuggetizer), patterns in place of a model",
        "higher",
        "mean",
        _plain(nuggets.nugget_recall),
    ),
    Metric(
        "vital_recall",
        "vital nuggets made / vital nuggets",
        "TREC 2024 RAG track, vital strict",
        "higher",
        "mean",
        _plain(nuggets.vital_recall),
    ),
    Metric(
        "standing_accuracy",
        "cases whose standing the case allows / cases",
        "docs/CASE_FORMAT.md, expect",
        "higher",
        "rate",
        _plain(standing.standing_accuracy),
    ),
    Metric(
        "abstention_recall",
        "cases rightly abstained / cases that expect abstention",
        "docs/CASE_FORMAT.md, expect",
        "higher",
        "rate",
        _plain(standing.abstention_recall),
    ),
    Metric(
        "wrongly_declined",
        "cases declined / cases that expect an answer",
        "docs/CASE_FORMAT.md, expect",
        "lower",
        "rate",
        _plain(standing.wrongly_declined),
    ),
    Metric(
        "card_recall",
        "cards of the case that are cited / cards of the case",
        "ALCE citation recall, by card",
        "higher",
        "mean",
        _plain(citations.card_recall),
    ),
    Metric(
        "card_precision",
        "cited cards that the case lists, or on which the right plan stands / cited cards",
        "ALCE citation precision, by card; a lower bound",
        "higher",
        "mean",
        _beside_plan(citations.card_precision),
    ),
    Metric(
        "card_hit",
        "cases with any of their cards cited / cases",
        "docs/CASE_FORMAT.md, cards",
        "higher",
        "rate",
        _plain(citations.card_hit),
    ),
    Metric(
        "recall_at_10",
        "cards of the case among the first 10 of the evidence or in the right plan / cards of the case",
        "trec_eval recall.10",
        "higher",
        "mean",
        _beside_plan(retrieval.recall_at_10),
    ),
    Metric(
        "ndcg_at_10",
        "sum over the first 10 cards of rel / log2(rank + 1), over that of the best order",
        "trec_eval ndcg_cut.10",
        "higher",
        "mean",
        _plain(retrieval.ndcg_at_10),
    ),
    Metric(
        "route_accuracy",
        "plans that follow the route of the case / cases that name a route",
        "docs/CASE_FORMAT.md, route",
        "higher",
        "rate",
        _plain(route.route_accuracy),
    ),
    Metric(
        "must_not_said",
        "answers that match a forbidden pattern / cases that forbid something",
        "docs/CASE_FORMAT.md, must_not",
        "lower",
        "rate",
        _plain(violations.must_not_said),
    ),
    Metric(
        "figures_without_fact",
        "answers with a figure that no fact of the corpus and no word of the asker contains / answers",
        "knowledge.figures over the whole corpus",
        "lower",
        "rate",
        violations.figures_without_fact,
    ),
    Metric(
        "claims_without_refs",
        "claims that name no fact / claims",
        "bot.answer, CheckedClaim.refs",
        "lower",
        "mean",
        _plain(refs.claims_without_refs),
    ),
    Metric(
        "claims_unsupported",
        "claims with verdict unsupported / claims",
        "bot.answer, CheckedClaim.verdict",
        "lower",
        "mean",
        _plain(refs.claims_unsupported),
    ),
    Metric(
        "language_match",
        "answers in the language and script of the question / answers",
        "bot.language.detect_lang",
        "higher",
        "rate",
        _plain(language.language_match),
    ),
    Metric(
        "latency_ms",
        "engine time of a whole answer, milliseconds",
        "bot.answer, Engine.timings_ms total",
        "lower",
        "quantity",
        _plain(latency.latency_ms),
    ),
    Metric(
        "chinese_characters",
        "Chinese characters of the text beside the plan",
        "informative",
        "neither",
        "quantity",
        _plain(length.chinese_characters),
    ),
    Metric(
        "english_words",
        "English words of the text beside the plan",
        "informative",
        "neither",
        "quantity",
        _plain(length.english_words),
    ),
)


def build_scorers(corpus: Corpus) -> Mapping[str, Scorer]:
    """Return every scorer by the name of its metric."""
    return {metric.name: metric.build(corpus) for metric in METRICS}


def metric(name: str) -> Metric:
    """Return a metric by name.

    Raises:
        KeyError: no such metric.
    """
    for item in METRICS:
        if item.name == name:
            return item
    raise KeyError(name)
