"""Keys of tenants: shown once, kept as a hash, recognised by their first letters."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.errors import AdvisorError
from bot.store.database import Database
from bot.store.schema import KeyRow, SignInRow
from knowledge.card import Bilingual, Frozen

Scope = Literal["ask", "read", "manage", "evaluate"]
"""`read`: instruments, routes, conversations; `ask`: answers and sessions too, with what is kept of
them; `manage`: usage, records, deletion of what is kept of a visitor; `evaluate`: the page on which
answers are measured and labelled, under the name that the key has."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
_KEY = re.compile(r"hk_([0-9a-z]{10})_[A-Za-z0-9_-]{43}")
_USED_EVERY = dt.timedelta(minutes=1)
"""`used` is written down at most this often."""


class KeyRefused(AdvisorError):
    """A key is unknown, revoked or has expired."""

    code = "bad-key"


class KeyNotFound(AdvisorError):
    """No key of the tenant begins like this."""

    code = "key-not-found"


class KeyNameError(AdvisorError):
    """A key that signs a person in must have a name, and one that no other such key has."""

    code = "bad-key-name"


class ApiKey(Frozen):
    """A key as it may be shown: everything but the key."""

    prefix: str
    """First letters, `hk_0123456789`; enough to recognise it, not to use it."""
    tenant: str
    label: str
    scopes: tuple[Scope, ...]
    created: dt.datetime
    expires: dt.datetime | None
    revoked: dt.datetime | None
    used: dt.datetime | None
    """When it was last used, to the minute."""


class NewKey(NamedTuple):
    """A key just made; `secret` is shown once and known to nobody afterwards."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        """Name the key without giving it away."""
        return f"NewKey({self.key.prefix}…)"


class Keys:
    """The keys of all tenants; safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        """Take an open or unopened database."""
        self._database = database

    def create(
        self,
        tenant: str,
        scopes: Iterable[Scope],
        label: str = "",
        expires: dt.datetime | None = None,
    ) -> NewKey:
        """Make a key; that the tenant exists is the caller's to see to.

        Raises:
            KeyNameError: it is one with the scope `evaluate`, and has no name, or that of another
                such key: two people would label as one.
        """
        recognised = "".join(
            secrets.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(10)
        )
        secret = f"hk_{recognised}_{secrets.token_urlsafe(32)}"
        row = KeyRow(
            prefix=recognised,
            tenant=tenant,
            label=" ".join(label.split())[:80],
            sha256=_hash(secret),
            scopes=" ".join(one for one in SCOPES if one in set(scopes)),
            created=_now(),
            expires=expires,
            revoked=None,
            used=None,
        )
        with self._database.writing() as session:
            if "evaluate" in row.scopes:
                self._check_name(session, row)
            session.add(row)
            return NewKey(_key(row), secret)

    @staticmethod
    def _check_name(session: Session, new: KeyRow) -> None:
        if not new.label:
            raise KeyNameError(
                Bilingual(
                    zh="评测密钥需要姓名，标注将记在其名下：--name 张三。",
                    en="a key with the scope evaluate needs the name that its labels are kept"
                    " under: --name 'Chan Tai Man'.",
                )
            )
        same = select(KeyRow).where(KeyRow.tenant == new.tenant, KeyRow.label == new.label)
        for row in session.scalars(same):
            if "evaluate" in row.scopes and _holds(_key(row)):
                raise KeyNameError(
                    Bilingual(
                        zh=f"已有名为{new.label!r}的评测密钥hk_{row.prefix}…；请先作废它，或换一个姓名。",
                        en=f"the key hk_{row.prefix}… with the scope evaluate is named"
                        f" {new.label!r} already; revoke it first, or take another name.",
                    )
                )

    def listed(self, tenant: str) -> tuple[ApiKey, ...]:
        """List a tenant's keys, the latest first, revoked and expired ones among them."""
        rows = select(KeyRow).where(KeyRow.tenant == tenant).order_by(KeyRow.created.desc())
        with self._database.reading() as session:
            return tuple(map(_key, session.scalars(rows)))

    def revoke(self, prefix: str) -> ApiKey:
        """Make a key useless, at once; a second time changes nothing.

        Args:
            prefix: `hk_0123456789` or the ten letters behind `hk_`.

        Raises:
            KeyNotFound: none begins like this.
        """
        name = prefix.removeprefix("hk_").partition("_")[0]
        with self._database.writing() as session:
            row = session.get(KeyRow, name)
            if row is None:
                raise KeyNotFound(
                    Bilingual(
                        zh="没有以此开头的密钥；全部密钥见hugang key list。",
                        en="no key begins like this; all keys: hugang key list.",
                    )
                )
            row.revoked = row.revoked or _now()
            return _key(row)

    def check(self, secret: str) -> ApiKey:
        """Return the key that a request brings.

        Raises:
            KeyRefused: it is unknown, revoked or has expired.
        """
        read = _KEY.fullmatch(secret)
        prefix = read[1] if read else ""
        now = _now()
        with self._database.reading() as session:
            row = session.get(KeyRow, prefix)
            if row is None or not hmac.compare_digest(row.sha256, _hash(secret)):
                raise KeyRefused(Bilingual(zh="密钥不存在。", en="There is no such key."))
            key = _key(row)
        _check(key)
        if key.used is None or now - key.used > _USED_EVERY:
            with self._database.writing() as session:
                session.execute(update(KeyRow).where(KeyRow.prefix == prefix).values(used=now))
        return key


class SignIns:
    """Who is signed in with a key in a browser, of all tenants; safe to use from many threads.

    The browser holds `tenant.secret`; kept is the secret's hash. The key itself is asked for each
    time, so that revoking it ends what was signed in with it.
    """

    def __init__(self, database: Database) -> None:
        """Take an open or unopened database."""
        self._database = database

    def begin(self, key: ApiKey, lasts: dt.timedelta) -> str:
        """Sign in the bearer of a key; returns what the browser is to keep."""
        secret, now = secrets.token_urlsafe(32), _now()
        row = SignInRow(
            tenant=key.tenant,
            sha256=_hash(secret),
            key=key.prefix.removeprefix("hk_"),
            expires=now + lasts,
        )
        with self._database.writing() as session:
            session.execute(delete(SignInRow).where(SignInRow.expires <= now))
            session.add(row)
        return f"{key.tenant}.{secret}"

    def key(self, kept: str) -> ApiKey:
        """Return the key that a browser is signed in with.

        Args:
            kept: from `begin`.

        Raises:
            KeyRefused: nobody is signed in so, no longer, or the key is not in force.
        """
        tenant, _, secret = kept.partition(".")
        with self._database.reading() as session:
            row = session.get(SignInRow, (tenant, _hash(secret)))
            used = session.get(KeyRow, row.key) if row and row.expires > _now() else None
            if used is None:
                raise KeyRefused(Bilingual(zh="登录已结束。", en="The sign-in has ended."))
            key = _key(used)
        _check(key)
        return key

    def end(self, kept: str) -> None:
        """Sign out; a second time changes nothing."""
        tenant, _, secret = kept.partition(".")
        gone = delete(SignInRow).where(
            SignInRow.tenant == tenant, SignInRow.sha256 == _hash(secret)
        )
        with self._database.writing() as session:
            session.execute(gone)


def _key(row: KeyRow) -> ApiKey:
    return ApiKey.model_validate(
        {
            "prefix": f"hk_{row.prefix}",
            "tenant": row.tenant,
            "label": row.label,
            "scopes": tuple(row.scopes.split()),
            "created": row.created,
            "expires": row.expires,
            "revoked": row.revoked,
            "used": row.used,
        }
    )


def _check(key: ApiKey) -> None:
    """See that a key is in force.

    Raises:
        KeyRefused: it is revoked or has expired.
    """
    if key.revoked:
        raise KeyRefused(
            Bilingual(
                zh=f"密钥{key.prefix}…已于{key.revoked:%Y-%m-%d}作废。",
                en=f"Key {key.prefix}… was revoked on {key.revoked:%Y-%m-%d}.",
            )
        )
    if key.expires and key.expires <= _now():
        raise KeyRefused(
            Bilingual(
                zh=f"密钥{key.prefix}…已于{key.expires:%Y-%m-%d}到期。",
                en=f"Key {key.prefix}… expired on {key.expires:%Y-%m-%d}.",
            )
        )


def _holds(key: ApiKey) -> bool:
    try:
        _check(key)
    except KeyRefused:
        return False
    return True


def _hash(secret: str) -> str:
    # The key has 256 random bits: nothing to guess, so no slow hash is needed.
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
