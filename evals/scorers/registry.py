"""Every measure of an answer: its name, its formula, where it comes from, and its scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers import (
    citations,
    injection,
    language,
    length,
    nuggets,
    refs,
    retrieval,
    route,
    standing,
    usage,
    verdict,
    versions,
    violations,
)
from evals.scorers.score import Score, Scorer
from knowledge.corpus import Corpus

Group = Literal[
    "answer",
    "citations",
    "standing",
    "retrieval",
    "time",
    "plan",
    "languages",
    "safety",
    "cost",
]
"""What a metric is about, in the order of a reader's interest."""
GROUPS: tuple[Group, ...] = get_args(Group)


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
    group: Group
    counts: bool = True
    """Whether it may not become worse. Not those of time and length; nor those that count a new
    card as wrong wherever the cases do not list it yet, which say nothing about a change of the
    corpus; nor those that say the same as another that counts."""


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
        "answer",
    ),
    Metric(
        "nugget_recall_strict",
        "nuggets made / nuggets, every one counting the same",
        "TREC 2024 RAG track, all strict",
        "higher",
        "mean",
        _plain(nuggets.nugget_recall_strict),
        "answer",
        counts=False,
    ),
    Metric(
        "vital_recall",
        "vital nuggets made / vital nuggets",
        "TREC 2024 RAG track, vital strict",
        "higher",
        "mean",
        _plain(nuggets.vital_recall),
        "answer",
    ),
    Metric(
        "truthfulness",
        "+1 correct, 0 incomplete or declined, -1 wrong; a refusal that the case expects is correct / cases",
        "CRAG (Yang and others 2024), truthfulness score; half a point for acceptable answers left out",
        "higher",
        "mean",
        _plain(verdict.truthfulness),
        "answer",
    ),
    Metric(
        "right_and_grounded",
        "answers correct and with every sentence borne out / cases that expect an answer",
        "Magesh and others 2025 (Stanford), accurate: correct and grounded",
        "higher",
        "rate",
        verdict.right_and_grounded,
        "answer",
    ),
    Metric(
        "hallucinated",
        "answers that are wrong or cite what does not bear them out / answers",
        "Magesh and others 2025 (Stanford), hallucination: incorrect or misgrounded",
        "lower",
        "rate",
        verdict.hallucinated,
        "answer",
    ),
    Metric(
        "figures_without_fact",
        "answers with a figure that no fact of the corpus and no word of the asker contains / answers",
        "knowledge.figures.figure over the whole corpus",
        "lower",
        "rate",
        violations.figures_without_fact,
        "answer",
    ),
    Metric(
        "citation_recall",
        "claims that the facts they cite bear out / claims",
        "ALCE (Gao and others 2023), by fact, our claim checker in place of an NLI model",
        "higher",
        "mean",
        citations.citation_recall,
        "citations",
    ),
    Metric(
        "citation_precision",
        "citations that do some of the bearing of a claim borne out / citations",
        "ALCE (Gao and others 2023), by fact, our claim checker in place of an NLI model",
        "higher",
        "mean",
        citations.citation_precision,
        "citations",
    ),
    Metric(
        "claim_support",
        "claims that the facts they cite, or one that the answer cites or found elsewhere, bear out / claims",
        "RAGChecker (Ru and others 2024), faithfulness, our claim checker in place of a model",
        "higher",
        "mean",
        citations.claim_support,
        "citations",
    ),
    Metric(
        "figure_fidelity",
        "figures that stand in the facts cited with their sentence, value and unit / figures",
        "knowledge.figures.figure by sentence",
        "higher",
        "mean",
        citations.figure_fidelity,
        "citations",
    ),
    Metric(
        "card_recall",
        "cards of the case that are cited / cards of the case",
        "ALCE citation recall, by card",
        "higher",
        "mean",
        _plain(citations.card_recall),
        "citations",
    ),
    Metric(
        "card_precision",
        "cited cards that the case lists, or on which the right plan stands / cited cards",
        "ALCE citation precision, by card; a lower bound",
        "higher",
        "mean",
        _beside_plan(citations.card_precision),
        "citations",
        counts=False,
    ),
    Metric(
        "card_hit",
        "cases with any of their cards cited / cases",
        "docs/CASE_FORMAT.md, cards",
        "higher",
        "rate",
        _plain(citations.card_hit),
        "citations",
    ),
    Metric(
        "claims_without_refs",
        "claims that name no fact / claims",
        "bot.answer, CheckedClaim.refs",
        "lower",
        "mean",
        _plain(refs.claims_without_refs),
        "citations",
    ),
    Metric(
        "claims_unsupported",
        "claims with verdict unsupported / claims",
        "bot.answer, CheckedClaim.verdict",
        "lower",
        "mean",
        _plain(refs.claims_unsupported),
        "citations",
    ),
    Metric(
        "standing_accuracy",
        "cases whose standing the case allows / cases",
        "docs/CASE_FORMAT.md, expect",
        "higher",
        "rate",
        _plain(standing.standing_accuracy),
        "standing",
    ),
    Metric(
        "abstention_recall",
        "cases rightly abstained / cases that expect abstention",
        "docs/CASE_FORMAT.md, expect",
        "higher",
        "rate",
        _plain(standing.abstention_recall),
        "standing",
    ),
    Metric(
        "wrongly_declined",
        "cases declined / cases that expect an answer",
        "docs/CASE_FORMAT.md, expect",
        "lower",
        "rate",
        _plain(standing.wrongly_declined),
        "standing",
    ),
    Metric(
        "recall_at_5",
        "cards of the case among the first 5 of the evidence or in the right plan / cards of the case",
        "trec_eval recall.5",
        "higher",
        "mean",
        _beside_plan(retrieval.recall_at_5),
        "retrieval",
        counts=False,
    ),
    Metric(
        "recall_at_10",
        "cards of the case among the first 10 of the evidence or in the right plan / cards of the case",
        "trec_eval recall.10",
        "higher",
        "mean",
        _beside_plan(retrieval.recall_at_10),
        "retrieval",
    ),
    Metric(
        "mrr",
        "1 / rank of the first card of the case, 0 if absent",
        "trec_eval recip_rank",
        "higher",
        "mean",
        _plain(retrieval.reciprocal_rank),
        "retrieval",
        counts=False,
    ),
    Metric(
        "ndcg_at_10",
        "sum over the first 10 cards of rel / log2(rank + 1), over that of the best order",
        "trec_eval ndcg_cut.10; Järvelin and Kekäläinen 2002",
        "higher",
        "mean",
        _plain(retrieval.ndcg_at_10),
        "retrieval",
        counts=False,
    ),
    Metric(
        "map",
        "mean over the cards of the case of the precision at their ranks, 0 if absent",
        "trec_eval map",
        "higher",
        "mean",
        _plain(retrieval.average_precision),
        "retrieval",
        counts=False,
    ),
    Metric(
        "version_in_force",
        "answers that cite the listed versions in force and state no other version as current / cases whose cards have replaced another or were replaced",
        "temporal statute retrieval; knowledge.corpus validity",
        "higher",
        "rate",
        versions.version_in_force,
        "time",
    ),
    Metric(
        "stale_claims",
        "claims that state as current what is not in force on the day / claims",
        "knowledge.corpus validity, bot.writing.labels tells_standing",
        "lower",
        "mean",
        versions.stale_claims,
        "time",
    ),
    Metric(
        "route_accuracy",
        "plans that follow the route of the case / cases that name a route",
        "docs/CASE_FORMAT.md, route",
        "higher",
        "rate",
        _plain(route.route_accuracy),
        "plan",
    ),
    Metric(
        "route_steps",
        "steps told / steps that this firm needs on the open way of which most are told",
        "route card held against the profile of the case",
        "higher",
        "mean",
        route.route_steps,
        "plan",
    ),
    Metric(
        "route_order",
        "told steps in the order that the card demands / pairs of told steps of which one must come first",
        "route card, needs",
        "higher",
        "mean",
        route.route_order,
        "plan",
    ),
    Metric(
        "language_match",
        "answers in the language and script of the question / answers",
        "bot.language.detect_lang",
        "higher",
        "rate",
        _plain(language.language_match),
        "languages",
    ),
    Metric(
        "must_not_said",
        "answers that match a forbidden pattern / cases that forbid something",
        "docs/CASE_FORMAT.md, must_not",
        "lower",
        "rate",
        _plain(violations.must_not_said),
        "safety",
    ),
    Metric(
        "injection_success",
        "answers that say what only obedience would / cases of kind injection that forbid something",
        "attack success rate, as in BIPIA (Yi and others 2023)",
        "lower",
        "rate",
        _plain(injection.injection_success),
        "safety",
    ),
    Metric(
        "latency_ms",
        "engine time of a whole answer, milliseconds",
        "bot.answer, Engine.timings_ms total",
        "lower",
        "quantity",
        _plain(usage.latency_ms),
        "cost",
        counts=False,
    ),
    Metric(
        "tokens",
        "tokens read and written by the language model / answers it wrote along",
        "bot.answer, ModelUse",
        "lower",
        "quantity",
        _plain(usage.tokens),
        "cost",
        counts=False,
    ),
    Metric(
        "cost",
        "price of the language model's part / answers it wrote along, where prices are set",
        "bot.answer, ModelUse",
        "lower",
        "quantity",
        _plain(usage.cost),
        "cost",
        counts=False,
    ),
    Metric(
        "chinese_characters",
        "Chinese characters of the text beside the plan",
        "informative",
        "neither",
        "quantity",
        _plain(length.chinese_characters),
        "cost",
        counts=False,
    ),
    Metric(
        "english_words",
        "English words of the text beside the plan",
        "informative",
        "neither",
        "quantity",
        _plain(length.english_words),
        "cost",
        counts=False,
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
