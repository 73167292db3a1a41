"""Endpoints that give visitors of a portal their token: asked by its server, or by its page."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import Field

from bot.store.tenants import TENANT_ID, Origin
from knowledge.card import Bilingual, Frozen
from ui.access import Access, Asking, foreign_origin, kept_of, no_tenant
from ui.api.problems import ProblemError
from ui.desk import address_of
from ui.forget import owner_of_visitor
from ui.sessions import Session, new_token

ANONYMOUS_LASTS = dt.timedelta(minutes=15)
ANONYMOUS_PER_MINUTE = 30
"""Anonymous tokens that one address may get in a minute: an office behind one address fits."""
_NO_STORE = {"Cache-Control": "no-store"}


class SessionWish(Frozen):
    """For whom a token is wanted."""

    visitor: str | None = Field(
        None,
        min_length=1,
        max_length=256,
        description="Your own name for the visitor, such as a user number; conversations are kept "
        "under it. Only its hash is kept. Without it, what is asked belongs to nobody.",
    )
    minutes: int = Field(30, ge=1, le=720, description="How long the token holds.")
    origin: Origin | None = Field(
        None, description="The only portal whose pages may use it; else all of yours."
    )


class AnonymousWish(Frozen):
    """Whose public chat is opened."""

    tenant: str = Field(pattern=TENANT_ID, examples=["bank-a"])


class SessionGiven(Frozen):
    """A token: hand it to the visitor's page, and to nobody else."""

    token: str = Field(repr=False)
    expires: dt.datetime
    tenant: str
    anonymous: bool


_EXAMPLES: dict[str, Any] = {
    "named": {
        "summary": "For a visitor who has logged in to the portal",
        "value": {"visitor": "user-4711", "minutes": 30, "origin": "https://portal.bank-a.example"},
    },
    "unnamed": {"summary": "For anybody", "value": {}},
}
_ANONYMOUS_EXAMPLES: dict[str, Any] = {
    "public": {"summary": "Of a public tenant", "value": {"tenant": "bank-a"}}
}


def session_endpoints(access: Access, responses: dict[int | str, Any]) -> APIRouter:
    """Make the endpoints under `/api/v1`.

    Args:
        access: knows the tenants.
        responses: the refusals that the OpenAPI description names.
    """
    endpoints = APIRouter(responses=responses, tags=["sessions"])

    @endpoints.post(
        "/sessions",
        summary="Get a token for a visitor",
        description="Call it from your server with a key that has the scope `ask`; never put the "
        "key into a page.",
        status_code=201,
        response_model=SessionGiven,
    )
    def begin(
        response: Response,
        wish: Annotated[SessionWish, Body(openapi_examples=_EXAMPLES)],
        caller: Asking,
    ) -> SessionGiven:
        response.headers.update(_NO_STORE)
        if caller.key is None:
            raise ProblemError(
                "key-missing",
                Bilingual(
                    zh="令牌只发给带密钥的服务器。",
                    en="Tokens are given to servers with a key only.",
                ),
            )
        if wish.origin and not caller.tenant.allows(wish.origin):
            raise ProblemError(
                "foreign-origin",
                Bilingual(
                    zh=f"{wish.origin}不在租户的origins中。",
                    en=f"{wish.origin} is not among the tenant's origins.",
                ),
            )
        secret = kept_of(caller).tenants.secret(caller.tenant.id)
        visitor = owner_of_visitor(caller.tenant.id, wish.visitor) if wish.visitor else None
        lasts = dt.timedelta(minutes=wish.minutes)
        return _given(
            *new_token(
                caller.tenant.id,
                secret,
                lasts,
                scopes=caller.scopes,
                visitor=visitor,
                origin=wish.origin,
            )
        )

    @endpoints.post(
        "/sessions/anonymous",
        summary="Get a token for an unknown visitor",
        description="Of a public tenant, for pages of its origins only: the browser says of which "
        "origin a page is. The token holds for that origin and for a quarter of an hour.",
        status_code=201,
        response_model=SessionGiven,
    )
    def begin_unknown(
        request: Request,
        response: Response,
        wish: Annotated[AnonymousWish, Body(openapi_examples=_ANONYMOUS_EXAMPLES)],
    ) -> SessionGiven:
        response.headers.update(_NO_STORE)
        tenant, origin = access.tenant(wish.tenant), foreign_origin(request)
        allowed = origin is not None and tenant.allows(origin)
        if not tenant.profile.public:
            if not allowed:
                raise no_tenant(wish.tenant)
            raise ProblemError(
                "not-public",
                Bilingual(zh=f"租户{tenant.id}不公开。", en=f"Tenant {tenant.id} is not public."),
            )
        if not allowed:
            raise ProblemError(
                "foreign-origin",
                Bilingual(
                    zh=f"来自{(origin or '（未说明）')[:200]}的网页不在租户的origins中。",
                    en=f"A page of {(origin or 'no origin')[:200]} is not among the tenant's origins.",
                ),
            )
        access.count(ANONYMOUS_PER_MINUTE, ("anonymous", tenant.id, address_of(request)), _TOO_MANY)
        secret = access.secret(tenant)
        return _given(*new_token(tenant.id, secret, ANONYMOUS_LASTS, origin=origin, anonymous=True))

    return endpoints


_TOO_MANY = Bilingual(
    zh="此地址一分钟内获取的令牌已达上限（{most}个）。",
    en="The {most} tokens that one address may get in a minute are used up.",
)


def _given(token: str, session: Session) -> SessionGiven:
    return SessionGiven(
        token=token,
        expires=session.expires,
        tenant=session.tenant,
        anonymous=session.anonymous,
    )
