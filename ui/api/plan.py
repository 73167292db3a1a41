"""The endpoint that holds a route card against what is known about firm and deal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import Field

from bot.advisor import Advisor
from bot.answer import AnswerPlan
from bot.language import Lang
from knowledge.card import Frozen
from ui.access import READS
from ui.api.catalogue import AsOf, Catalogue, InstrumentLink
from ui.api.problems import request_lang

PlanValue = bool | int | float | str


class PlanRequest(Frozen):
    """What is known about firm and deal."""

    values: dict[str, PlanValue] = Field(
        default_factory=dict, description="Values of the route's inputs by name; leave out unknown."
    )
    lang: Lang | None = Field(
        None, description="Language of the plan; else `Accept-Language`, else `zh-Hans`."
    )
    as_of: AsOf = None


class PlanResponse(Frozen):
    """A plan, with what it still hangs on, and the instruments it stands on."""

    route: str
    lang: Lang
    as_of: dt.date
    corpus: str
    plan: AnswerPlan
    instruments: tuple[InstrumentLink, ...]
    """As they stand on `as_of`; open a fact of the plan by its `ref`."""


def plan_of(
    advisor: Advisor,
    catalogue: Catalogue,
    route: str,
    values: Mapping[str, PlanValue],
    lang: Lang,
    as_of: dt.date | None,
) -> PlanResponse:
    """Hold a route card against what is known.

    Raises:
        ProblemError: no such route; the nearest are named.
        ProfileError: a value does not fit the route's inputs.
    """
    catalogue.route_card(route)
    return as_response(advisor.plan(route, values, lang), catalogue, lang, as_of)


def as_response(
    plan: AnswerPlan, catalogue: Catalogue, lang: Lang, as_of: dt.date | None
) -> PlanResponse:
    """Put the instruments beside a plan on which its route stands."""
    shown = catalogue.route(plan.route, as_of)
    return PlanResponse(
        route=plan.route,
        lang=lang,
        as_of=shown.as_of,
        corpus=shown.corpus,
        plan=plan,
        instruments=shown.instruments,
    )


_EXAMPLES: dict[str, Any] = {
    "known": {
        "summary": "Two circumstances known",
        "value": {"values": {"amount_usd": 20000000, "sensitive_sector": False}, "lang": "zh-Hans"},
    }
}


def plan_endpoint(
    advisor: Advisor,
    catalogue: Catalogue,
    slots: CapacityLimiter,
    responses: dict[int | str, Any],
) -> APIRouter:
    """Make the endpoint that plans.

    Args:
        advisor: who plans.
        catalogue: opens the instruments behind a plan.
        slots: how many answers and plans are worked on at once.
        responses: the refusals that the OpenAPI description names.
    """
    endpoints = APIRouter(responses=responses, dependencies=[READS])

    @endpoints.post(
        "/routes/{route_id}/plan",
        tags=["routes"],
        summary="Plan a route",
        response_model=PlanResponse,
    )
    async def plan(
        request: Request,
        route_id: str,
        asked: Annotated[PlanRequest, Body(openapi_examples=_EXAMPLES)],
    ) -> Response:
        request.state.lang = asked.lang
        lang = request_lang(request) or "zh-Hans"
        answer = await to_thread.run_sync(
            plan_of, advisor, catalogue, route_id, asked.values, lang, asked.as_of, limiter=slots
        )
        return Response(
            answer.model_dump_json(by_alias=True),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return endpoints
