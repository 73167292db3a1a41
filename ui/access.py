"""Who calls, for which tenant, and whether they may: keys, session tokens, origins, limits.

Three ways in. Without credentials one is the staff of this installation (tenant `local`), unless
`HUGANG_STAFF=false`. With `Authorization: Bearer hk_…` one is the server of a tenant. With
`Authorization: Bearer <token>` one is a visitor of a tenant's portal: the portal's server got the
token with its key, or, for a public tenant, the portal's page got one that holds for its origin.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from bot.store.audit import Surface, midnight
from bot.store.keys import SCOPES, KeyRefused, Scope
from bot.store.records import owner_of
from bot.store.schema import StoreError
from bot.store.store import Store
from bot.store.tenants import LOCAL, UNWRITTEN, Tenant, TenantNotFound
from knowledge.card import Bilingual
from ui.api.problems import ProblemError
from ui.serving.work import Work
from ui.sessions import Session, read_token

KEY_PREFIX = "hk_"
MOST_SKIPPED = 10_000_000
"""Largest place in a list or text that a request may begin at: a database counts only so far."""
OWNER_HEADER = "X-Hugang-Owner"
OwnerKey = Annotated[
    str | None,
    Header(
        alias=OWNER_HEADER,
        description="Secret of whoever owns conversations and documents: 32 to 128 random characters "
        "(A-Z a-z 0-9 _ -) that the client makes once and keeps. The server keeps its SHA-256. "
        "A session token that names its visitor takes its place.",
    ),
]
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A tenant's key (`hk_…`) or a session token from `POST /api/v1/sessions`.",
)


@dataclass(frozen=True)
class Caller:
    """Whoever sent a request, as far as it says and proves."""

    tenant: Tenant
    scopes: frozenset[Scope]
    store: Store | None
    """What is kept for the tenant; None where this server keeps nothing."""
    surface: Surface = "api"
    key: str | None = None
    """First letters of the key."""
    session: Session | None = None

    @classmethod
    def staff(cls, store: Store | None) -> Caller:
        """Return whoever comes without credentials."""
        tenant = UNWRITTEN
        if store is not None:
            store = store.of_tenant(LOCAL)
            # Staff are answered though nothing can be kept; whoever keeps something finds out.
            with suppress(StoreError):
                tenant = store.tenants.get(LOCAL)
        return cls(tenant, frozenset(("ask", "read")), store)

    @property
    def visitor(self) -> str | None:
        """SHA-256 of the visitor that the session token names."""
        return self.session.visitor if self.session else None

    def owner(self, key: str | None) -> str:
        """Return whose conversations and documents a request is about.

        Args:
            key: from the header `X-Hugang-Owner`.

        Raises:
            ProblemError: neither token nor header says it, or the header holds no secret.
        """
        if self.visitor is not None:
            return self.visitor
        try:
            return owner_of(key or "")
        except ValueError:
            raise ProblemError(
                "bad-owner",
                Bilingual(
                    zh=f"请求头{OWNER_HEADER}缺失或格式不对。",
                    en=f"The header {OWNER_HEADER} is missing or malformed.",
                ),
            ) from None

    def owner_if_told(self, key: str | None) -> str | None:
        """Return the same; None where the request says nothing of it."""
        return None if key is None and self.visitor is None else self.owner(key)

    def must_have(self, *scopes: Scope) -> None:
        """Let pass who has one of the scopes.

        Raises:
            ProblemError: the caller has none of them.
        """
        if self.scopes.isdisjoint(scopes):
            had = [one for one in SCOPES if one in self.scopes]
            raise ProblemError(
                "scope-missing",
                Bilingual(
                    zh=f"此密钥或令牌没有{'或'.join(scopes)}权限，只有{'、'.join(had) or '无'}。",
                    en=f"This key or token lacks the scope {' or '.join(scopes)}; it has"
                    f" {', '.join(had) or 'none'}.",
                ),
            )

    @property
    def name(self) -> str:
        """Tell callers of a tenant apart, for limits and for requests sent twice."""
        # A visitor comes back with another token and is the same.
        session = self.visitor or (self.session.id if self.session else "")
        return f"{self.tenant.id}:{self.key or ''}:{session}"


class Access:
    """Tells who calls, and turns away who may not; safe to use from many threads."""

    def __init__(self, store: Store | None, *, staff: bool, work: Work | None = None) -> None:
        """Take where tenants and keys are kept.

        Args:
            store: None: nothing is kept, so there is the tenant `local` only.
            staff: whether one is answered without credentials.
            work: the answers under way; None = they are not counted here.
        """
        self._store = store
        self._staff = staff
        self._work = work or Work()
        # A minute begins with its first question. One count a visitor, gone after it: a moving
        # window would keep an entry for each visitor for ever, and look through all of them.
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._origins: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._looking = threading.Lock()
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[dt.date, int]] = {}
        """By tenant: the day of its last question, and how many it had asked on it."""

    def caller(self, request: Request, credentials: str | None) -> Caller:
        """Tell who sent a request.

        Args:
            request: read for its origin.
            credentials: what follows `Bearer`; None = nothing.

        Raises:
            ProblemError: key or token do not hold, or a page of a foreign origin calls.
        """
        found = self._found(credentials)
        if not found.tenant.active:
            raise ProblemError(
                "tenant-suspended",
                Bilingual(
                    zh=f"租户{found.tenant.id}已停用。",
                    en=f"Tenant {found.tenant.id} is suspended.",
                ),
            )
        request.state.caller = found  # for whoever keeps a log
        origin = foreign_origin(request)
        if origin and not self._lets_in(found, origin):
            raise ProblemError(
                "foreign-origin",
                Bilingual(
                    zh=f"来自{origin[:200]}的网页不能以此身份调用。",
                    en=f"A page of {origin[:200]} may not call with these credentials.",
                ),
            )
        return found

    def tenant(self, name: str) -> Tenant:
        """Return a tenant that is served.

        Raises:
            ProblemError: there is none, or it is suspended.
        """
        try:
            found = self._store.tenants.get(name) if self._store else None
        except TenantNotFound:
            found = None
        if found is None or not found.active or found.created is None:
            # The two are not told apart: who is a tenant here is nobody's business.
            raise no_tenant(name)
        return found

    def secret(self, tenant: Tenant) -> str:
        """Return what signs a tenant's tokens."""
        assert self._store is not None  # or there were no such tenant
        return self._store.tenants.secret(tenant.id)

    def admit(self, caller: Caller, owner: str | None, address: str) -> None:
        """Count a question against the limits of this server and of its tenant.

        Args:
            caller: who asks.
            owner: from `Caller.owner_if_told`.
            address: tells visitors apart who do not say who they are.

        Raises:
            ProblemError: a limit is reached, or the server stops; it says when to try again.
        """
        self._work.admit()
        visitor = address if owner is None else owner
        if caller.session is not None and caller.visitor is None:
            # Whom no server named could take another owner for each question; whom none even gave
            # the token could take another token, too.
            visitor = address if caller.session.anonymous else caller.session.id
        limits = caller.tenant.profile.limits
        for most, whose, told in (
            (limits.visitor_per_minute, ("visitor", caller.tenant.id, visitor), _VISITOR),
            (limits.per_minute, ("tenant", caller.tenant.id), _TENANT),
        ):
            if most is not None:
                self.count(most, whose, told)
        if limits.daily is not None and caller.store is not None:
            self._count_today(limits.daily, caller.store)

    def _count_today(self, most: int, store: Store) -> None:
        now = dt.datetime.now(dt.UTC)
        begun = midnight(now.date())
        with self._lock:
            day, asked = self._asked.get(store.tenant, (now.date(), 0))
            # The record knows what was answered before this process began; only this process knows
            # what is being answered, or was left before its end.
            asked = max(asked if day == now.date() else 0, store.audit.count(begun))
            if asked < most:
                self._asked[store.tenant] = (now.date(), asked + 1)
                return
        left = begun + dt.timedelta(days=1) - now
        raise ProblemError(
            "daily-limit",
            Bilingual(
                zh=f"今天的{most}个问题已用完，世界协调时零点重新计算。",
                en=f"Today's {most} questions are used up; counting begins anew at midnight UTC.",
            ),
            retry_after_s=max(1, int(left.total_seconds())),
        )

    def count(self, most: int, whose: tuple[str, ...], told: Bilingual) -> None:
        """Count one of at most so many in a minute.

        Raises:
            ProblemError: they are used up.
        """
        item = RateLimitItemPerMinute(most)
        if self._limiter.hit(item, *whose):
            return
        reset = self._limiter.get_window_stats(item, *whose).reset_time
        raise ProblemError(
            "rate-limited",
            Bilingual(zh=told.zh.format(most=most), en=told.en.format(most=most)),
            retry_after_s=max(1, round(reset - time.time() + 0.5)),
        )

    def knows_origin(self, origin: str) -> bool:
        """Tell whether pages of an origin may call on behalf of any tenant; at most 2 s old."""
        with self._looking:  # once for all who ask at that moment
            at, known = self._origins
            if time.monotonic() - at > _FRESH_S or not at:
                # Where the store fails, those known last may read that it does.
                with suppress(StoreError):
                    tenants = self._store.tenants.listed() if self._store else ()
                    known = frozenset(
                        o for one in tenants if one.active for o in one.profile.origins
                    )
                self._origins = (time.monotonic(), known)
        return origin in known

    def _found(self, credentials: str | None) -> Caller:
        if credentials is None:
            if not self._staff:
                raise ProblemError(
                    "key-missing",
                    Bilingual(
                        zh="请求没有带密钥或令牌。", en="The request brings neither key nor token."
                    ),
                )
            return Caller.staff(self._store)
        if self._store is None:
            raise ProblemError(
                "bad-key",
                Bilingual(
                    zh="本服务不保存任何内容，没有密钥可用。",
                    en="This server keeps nothing, so it knows no keys.",
                ),
            )
        if credentials.startswith(KEY_PREFIX):
            try:
                key = self._store.keys.check(credentials)
            except KeyRefused as error:
                raise ProblemError("bad-key", error.message) from None
            store = self._store.of_tenant(key.tenant)
            tenant = self._store.tenants.get(key.tenant)
            return Caller(tenant, frozenset(key.scopes), store, key=key.prefix)
        session = read_token(credentials, self._store.tenants)
        store = self._store.of_tenant(session.tenant)
        tenant = self._store.tenants.get(session.tenant)
        if session.anonymous and not tenant.profile.public:
            raise ProblemError(
                "bad-token",
                Bilingual(
                    zh="该网站已不再接受匿名访问。",
                    en="The site no longer takes anonymous visitors.",
                ),
            )
        return Caller(tenant, frozenset(session.scopes), store, surface="widget", session=session)

    @staticmethod
    def _lets_in(caller: Caller, origin: str) -> bool:
        if not caller.tenant.allows(origin):
            return False
        bound = caller.session.origin if caller.session else None
        return bound is None or bound == origin


_FRESH_S = 2.0
_VISITOR = Bilingual(
    zh="您在一分钟内提出的问题已达上限（{most}个）。",
    en="You have asked the {most} questions that one visitor may ask in a minute.",
)
_TENANT = Bilingual(
    zh="本网站一分钟内的问题已达上限（{most}个）。",
    en="The {most} questions that this site may ask in a minute are used up.",
)


def no_tenant(name: str) -> ProblemError:
    """Say that there is no tenant, also to whom it is not told that there is one."""
    return ProblemError(
        "tenant-not-found",
        Bilingual(zh=f"没有租户{name[:64]!r}。", en=f"There is no tenant {name[:64]!r}."),
    )


def foreign_origin(request: Request) -> str | None:
    """Return the origin of the page that sends a request, where it is not a page of this server."""
    origin = request.headers.get("origin")
    if origin is None or origin.partition("://")[2] == request.headers.get("host"):
        return None
    return origin


def check_form_origin(request: Request) -> None:
    """Refuse a form that another site sends: the browser adds its cookie by itself.

    Raises:
        ProblemError: the request says that it comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site")
    foreign = site is not None and site not in ("same-origin", "none")
    if foreign or (site is None and foreign_origin(request)):
        raise ProblemError(
            "foreign-form",
            Bilingual(zh="表单来自其他网站。", en="The form comes from another site."),
        )


def kept_of(caller: Caller) -> Store:
    """Return what is kept for a caller's tenant; endpoints of it are there only where it is kept."""
    assert caller.store is not None
    return caller.store


def _resolve(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    access: Access = request.app.state.access
    if credentials is not None:
        return access.caller(request, credentials.credentials)
    # An empty or half-written key is refused, lest a portal be answered as the staff; what a proxy
    # in front of this server may ask for is none of ours.
    told = request.headers.get("authorization", "").casefold()
    return access.caller(request, "" if told.startswith(("bearer", KEY_PREFIX)) else None)


def _needs(*scopes: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    async def allowed(caller: Annotated[Caller, Depends(_resolve)]) -> Caller:
        caller.must_have(*scopes)
        return caller

    return allowed


Asking = Annotated[Caller, Depends(_needs("ask"))]
"""A caller who may ask."""
Reading = Annotated[Caller, Depends(_needs("read"))]
"""A caller who may read."""
READS = Depends(_needs("read"))
"""The same for endpoints that show everybody the same."""
AskingOrReading = Annotated[Caller, Depends(_needs("ask", "read"))]
"""A caller who may do either."""
Managing = Annotated[Caller, Depends(_needs("manage"))]
"""A caller who may manage the tenant."""
