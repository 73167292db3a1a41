"""What the server counts, for Prometheus: requests, answers, tokens, faults. Nobody is told apart.

Labels are bounded: routes by their templates, tenants by those there are.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from fastapi import APIRouter, Header
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.answer import CheckedAnswer
from bot.store.store import Store
from bot.version import installed_version
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from ui.access import Caller
from ui.api.problems import ProblemError
from ui.desk import Outcome
from ui.serving.traffic import Seen
from ui.serving.turns import Turns
from ui.serving.work import Work

PATH = "/metrics"
_FAST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60)
_LIMITS = frozenset({429, 503})


class Metrics:
    """The counters of one server."""

    def __init__(
        self, corpus: Corpus, work: Work, turns: Turns, store: Store | None = None
    ) -> None:
        """Take what is looked at when the metrics are read; the rest is told by its hooks."""
        own = self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=own)
        own.register(_State(corpus, work, turns, store))
        self._requests = Counter(
            "hugang_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=own,
        )
        self._request_s = Histogram(
            "hugang_request_seconds",
            "From a request to the last byte of its answer.",
            ("method", "route"),
            buckets=_FAST_S,
            registry=own,
        )
        self._refused = Counter(
            "hugang_refused", "Requests refused by a limit.", ("route", "status"), registry=own
        )
        self._answers = Counter(
            "hugang_answers",
            "Answers ended, by standing, failure (failed) or the asker's leaving (left).",
            ("tenant", "surface", "standing"),
            registry=own,
        )
        self._answer_s = Histogram(
            "hugang_answer_seconds",
            "From a question to its finished answer.",
            ("surface",),
            buckets=_FAST_S,
            registry=own,
        )
        self._stage_s = Histogram(
            "hugang_answer_stage_seconds",
            "Time of an answer by stage.",
            ("stage",),
            buckets=_STAGE_S,
            registry=own,
        )
        self._tokens = Counter(
            "hugang_model_tokens",
            "Tokens sent to (in) and received from (out) the model.",
            ("tenant", "direction"),
            registry=own,
        )
        self._cost = Counter(
            "hugang_model_cost",
            "Cost of the model, in the currency of the prices that are set.",
            ("tenant",),
            registry=own,
        )
        self._faults = Counter(
            "hugang_model_faults", "Answers that the model did not end.", ("fault",), registry=own
        )

    def request(self, seen: Seen) -> None:
        """Count a request."""
        if seen.route == PATH:
            return
        self._requests.labels(seen.method, seen.route, str(seen.status)).inc()
        self._request_s.labels(seen.method, seen.route).observe(seen.seconds)
        if seen.status in _LIMITS:
            self._refused.labels(seen.route, str(seen.status)).inc()

    def answer(self, caller: Caller, outcome: Outcome, answer: CheckedAnswer | None) -> None:
        """Count an answer."""
        tenant = caller.tenant.id
        self._answers.labels(tenant, caller.surface, outcome).inc()
        if answer is None:
            return
        for stage, spent in answer.engine.timings_ms.items():
            if stage == "total":
                self._answer_s.labels(caller.surface).observe(spent / 1000)
            else:
                self._stage_s.labels(stage).observe(spent / 1000)
        if use := answer.engine.model:
            self._tokens.labels(tenant, "in").inc(use.prompt_tokens)
            self._tokens.labels(tenant, "out").inc(use.completion_tokens)
            if use.cost is not None:
                self._cost.labels(tenant).inc(use.cost)
            if use.fault:
                self._faults.labels(use.fault).inc()

    def written(self) -> bytes:
        """Return everything in Prometheus's text form."""
        return generate_latest(self.registry)


class _State(Collector):
    """What is not counted but looked at."""

    def __init__(self, corpus: Corpus, work: Work, turns: Turns, store: Store | None) -> None:
        self._corpus = corpus
        self._work = work
        self._turns = turns
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Look at it."""
        version = self._corpus.version
        info = GaugeMetricFamily(
            "hugang_info",
            "Version of program and corpus.",
            labels=("version", "corpus", "as_of", "instruments", "facts"),
        )
        names = (installed_version(), str(version), version.as_of.isoformat())
        info.add_metric((*names, str(version.instruments), str(version.facts)), 1)
        yield info
        for name, told, value in (
            ("open", "Answers under way.", self._work.open),
            ("working", "Answers that are worked on.", self._turns.held),
            ("waiting", "Answers that wait for their turn to be worked on.", self._turns.waiting),
        ):
            yield GaugeMetricFamily(f"hugang_answers_{name}", told, value=value)
        stopping = "1 while the server ends its answers before it stops."
        yield GaugeMetricFamily("hugang_stopping", stopping, value=self._work.stopping)
        faults = self._store.faults if self._store else 0
        yield CounterMetricFamily("hugang_store_faults", "Faults of the database.", value=faults)


def metrics_endpoint(metrics: Metrics, token: str) -> APIRouter:
    """Make the endpoint that Prometheus reads.

    Args:
        metrics: what it reads.
        token: what it must bring as `Authorization: Bearer …`; the figures name all tenants, so no
            tenant's key opens them.
    """
    endpoints = APIRouter()
    wanted = f"Bearer {token}".encode()

    @endpoints.get(PATH, include_in_schema=False)
    def read(authorization: str = Header("")) -> Response:
        if not hmac.compare_digest(authorization.encode(), wanted):
            raise ProblemError(
                "bad-key",
                Bilingual(
                    zh="此端点需要HUGANG_METRICS_TOKEN所设的令牌。",
                    en="This endpoint takes the token that HUGANG_METRICS_TOKEN sets.",
                ),
            )
        return Response(
            metrics.written(),
            media_type=CONTENT_TYPE_LATEST,
            headers={"Cache-Control": "no-store"},
        )

    return endpoints
