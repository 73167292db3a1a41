"""Who is signed in on the page of evaluators: a cookie for some hours, behind it a key that holds."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import Response

from bot.store.keys import ApiKey, KeyRefused
from bot.store.store import Store
from bot.store.tenants import Tenant
from knowledge.card import Bilingual
from ui.access import Access
from ui.api.problems import ProblemError

PATH = "/evaluate"
COOKIE = "hugang-evaluate"
LASTS = dt.timedelta(hours=8)
_TRIES = 10
_TOO_MANY = Bilingual(
    zh="一分钟内最多用错{most}次密钥，请稍候。",
    en="At most {most} wrong keys a minute; wait a little.",
)


class Person(NamedTuple):
    """Whoever is signed in."""

    name: str
    """Of the key: what is done and said is kept under it."""
    tenant: Tenant
    store: Store
    """What is kept for the tenant."""


class Door:
    """Lets in who has a key with the scope `evaluate`."""

    def __init__(self, store: Store, access: Access) -> None:
        """Take where keys are kept, and who tells whether they hold."""
        self._store = store
        self._access = access

    def person(self, request: Request) -> Person | None:
        """Return who is signed in; None once the key, its scope or its tenant holds no longer.

        Raises:
            StoreError: the database cannot be used.
        """
        kept = request.cookies.get(COOKIE)
        if not kept:
            return None
        try:
            key = self._store.sign_ins.key(kept)
        except KeyRefused:
            return None
        tenant = self._store.tenants.get(key.tenant)
        if "evaluate" not in key.scopes or not tenant.active:
            return None
        return Person(key.label, tenant, self._store.of_tenant(key.tenant))

    def enter(self, request: Request, secret: str, response: Response) -> None:
        """Sign in with a key.

        Raises:
            ProblemError: the key does not hold or lacks the scope, or too many were tried.
        """
        try:
            self._access.caller(request, secret.strip() or "-").must_have("evaluate")
        except ProblemError:
            address = request.client.host if request.client else ""
            self._access.count(_TRIES, ("sign-in", address), _TOO_MANY)
            raise
        key = self._key(secret.strip())
        response.set_cookie(
            COOKIE,
            self._store.sign_ins.begin(key, LASTS),
            max_age=int(LASTS.total_seconds()),
            path=PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def leave(self, request: Request, response: Response) -> None:
        """Sign out, here and wherever the cookie may have been copied to."""
        if kept := request.cookies.get(COOKIE):
            self._store.sign_ins.end(kept)
        response.delete_cookie(
            COOKIE,
            path=PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def _key(self, secret: str) -> ApiKey:
        try:
            return self._store.keys.check(secret)
        except KeyRefused as error:
            raise ProblemError("bad-key", error.message) from None
