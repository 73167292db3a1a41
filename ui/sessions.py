"""Session tokens: what a visitor of a portal brings, signed with the tenant's secret.

A token is a JSON Web Token (RFC 7519, HS256) that names its tenant as `kid` and `aud`. It is not
kept: it ends by itself, or with the tenant's secret (`hugang tenant set --renew-secret`).
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Collection

import jwt

from bot.store.keys import Scope
from bot.store.tenants import TENANT_ID, TenantNotFound, Tenants
from knowledge.card import Bilingual, Frozen
from ui.api.problems import ProblemError

ISSUER = "hugang"
_ALGORITHM = "HS256"
_LEEWAY_S = 5
_VISITOR_SCOPES: tuple[Scope, ...] = ("ask", "read")


class Session(Frozen):
    """What a token says."""

    id: str
    tenant: str
    visitor: str | None
    """SHA-256 of whom the portal's server named; None: nobody in particular."""
    origin: str | None
    """The portal for whose pages it holds; None: all of the tenant's."""
    anonymous: bool
    """Whether no server of the portal vouched for it."""
    scopes: tuple[Scope, ...]
    expires: dt.datetime


def new_token(
    tenant: str,
    secret: str,
    lasts: dt.timedelta,
    *,
    scopes: Collection[Scope] = _VISITOR_SCOPES,
    visitor: str | None = None,
    origin: str | None = None,
    anonymous: bool = False,
) -> tuple[str, Session]:
    """Sign a token for a visitor of a tenant; of `scopes` it has those that a visitor may have."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    session = Session(
        id=uuid.uuid4().hex,
        tenant=tenant,
        visitor=visitor,
        origin=origin,
        anonymous=anonymous,
        scopes=_visitor_scopes(scopes),
        expires=now + lasts,
    )
    told = {
        "iss": ISSUER,
        "aud": tenant,
        "iat": now,
        "exp": session.expires,
        "jti": session.id,
        "sub": visitor or "",
        "org": origin or "",
        "anon": anonymous,
        "scope": " ".join(session.scopes),
    }
    return jwt.encode(told, secret, _ALGORITHM, headers={"kid": tenant}), session


def read_token(token: str, tenants: Tenants) -> Session:
    """Read a token and see that it holds.

    Raises:
        ProblemError: it is forged, malformed, for another tenant, or has ended.
    """
    try:
        tenant = str(jwt.get_unverified_header(token).get("kid", ""))
        if not re.fullmatch(TENANT_ID, tenant):  # whatever anybody may write there
            raise jwt.InvalidTokenError
        told = jwt.decode(
            token,
            tenants.secret(tenant),
            algorithms=[_ALGORITHM],
            audience=tenant,
            issuer=ISSUER,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "jti", "aud", "iss"]},
        )
    except jwt.ExpiredSignatureError:
        raise ProblemError(
            "session-ended",
            Bilingual(zh="会话令牌已到期。", en="The session token has expired."),
        ) from None
    except (jwt.InvalidTokenError, TenantNotFound):
        raise ProblemError(
            "bad-token",
            Bilingual(zh="会话令牌无效。", en="The session token does not hold."),
        ) from None
    return Session(
        id=told["jti"],
        tenant=tenant,
        visitor=told.get("sub") or None,
        origin=told.get("org") or None,
        anonymous=bool(told.get("anon")),
        scopes=_visitor_scopes(str(told.get("scope", "")).split()),
        expires=dt.datetime.fromtimestamp(told["exp"], dt.UTC),
    )


def _visitor_scopes(scopes: Collection[str]) -> tuple[Scope, ...]:
    return tuple(one for one in _VISITOR_SCOPES if one in scopes)
