"""Endpoints for the manager of a tenant: usage, records of answers, deletion on request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import Field, model_validator

from bot.store.audit import Record, Usage, midnight
from bot.store.records import OWNER_KEY, owner_of
from knowledge.card import Bilingual, Frozen
from ui.access import Managing, kept_of
from ui.api.problems import ProblemError
from ui.forget import Forgotten, forget_owner, owner_of_visitor
from ui.papers.shelf import Shelf
from ui.papers.uploads import Uploads

NDJSON = "application/x-ndjson"
USUAL_DAYS = 30
MOST_DAYS = 400
LAST_DAY = dt.date.max - dt.timedelta(days=1)
"""The last day that has one after it."""
_NO_STORE = {"Cache-Control": "no-store"}


class Period(Frozen):
    """Days, UTC, both counted."""

    since: dt.date | None = Field(None, description="First day; 30 days up to `until`.")
    until: dt.date | None = Field(None, description="Last day; today.")

    def days(self) -> tuple[dt.date, dt.date]:
        """Return the first and the last day.

        Raises:
            ProblemError: the last is before the first, or there are too many between.
        """
        until = min(self.until or dt.datetime.now(dt.UTC).date(), LAST_DAY)
        since = self.since or until - dt.timedelta(days=min(USUAL_DAYS - 1, until.toordinal() - 1))
        if not 0 <= (until - since).days < MOST_DAYS:
            raise ProblemError(
                "bad-period",
                Bilingual(
                    zh=f"从{since}到{until}不是1至{MOST_DAYS}天。",
                    en=f"From {since} to {until} are not 1 to {MOST_DAYS} days.",
                ),
            )
        return since, until


class ForgetWish(Frozen):
    """Whose data are to go; one of the two."""

    visitor: str | None = Field(
        None, min_length=1, max_length=256, description="As told to `POST /api/v1/sessions`."
    )
    owner: str | None = Field(
        None, pattern=OWNER_KEY, repr=False, description="As told in `X-Hugang-Owner`."
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.visitor is None) == (self.owner is None):
            raise ValueError("name either visitor or owner")
        return self


_EXAMPLES: dict[str, Any] = {
    "visitor": {"summary": "A visitor of the portal", "value": {"visitor": "user-4711"}}
}


def usage_endpoints(
    shelf: Shelf | None, uploads: Uploads | None, responses: dict[int | str, Any]
) -> APIRouter:
    """Make the endpoints under `/api/v1`; all need the scope `manage`.

    Args:
        shelf: documents of visitors; None where there are none.
        uploads: those that are on their way.
        responses: the refusals that the OpenAPI description names.
    """
    endpoints = APIRouter(responses=responses, tags=["usage"])

    @endpoints.get("/usage", summary="Sum up the answers of some days", response_model=Usage)
    def usage(response: Response, period: Annotated[Period, Query()], caller: Managing) -> Usage:
        response.headers.update(_NO_STORE)
        return kept_of(caller).audit.usage(*period.days())

    @endpoints.get(
        "/records",
        summary="Export the records of answers",
        description="One JSON object a line, oldest first.",
        response_class=StreamingResponse,
        responses={
            200: {
                "content": {NDJSON: {"schema": {"$ref": "#/components/schemas/Record"}}},
                "model": Record,
            }
        },
    )
    def records(period: Annotated[Period, Query()], caller: Managing) -> StreamingResponse:
        since, until = period.days()
        audit = kept_of(caller).audit

        def lines() -> Iterator[str]:
            for one in audit.records(midnight(since), midnight(until + dt.timedelta(days=1))):
                yield f"{one.model_dump_json()}\n"

        return StreamingResponse(lines(), media_type=NDJSON, headers=_NO_STORE)

    @endpoints.post(
        "/visitors/forget",
        summary="Delete what is kept of a visitor",
        description="Conversations with answers and feedback, documents, records of answers: gone "
        "at once and for good.",
        response_model=Forgotten,
    )
    def forget(
        wish: Annotated[ForgetWish, Body(openapi_examples=_EXAMPLES)], caller: Managing
    ) -> Forgotten:
        store = kept_of(caller)
        if wish.owner is not None:
            owner = owner_of(wish.owner)
        else:
            owner = owner_of_visitor(caller.tenant.id, wish.visitor or "")
        return forget_owner(store, shelf.of(store) if shelf else None, owner, uploads)

    return endpoints
