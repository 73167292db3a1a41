"""Tenants: whose portal asks, how it looks there, and what it may do."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Base64Bytes, Field, model_validator
from sqlalchemy import select

from bot.errors import AdvisorError
from bot.language import Lang
from bot.nearest import nearest_names
from bot.store.database import Database
from bot.store.schema import TenantRow
from knowledge.card import Bilingual, Frozen, Topic

LOCAL = "local"
"""The tenant of whoever comes without a key: the staff of an installation of its own."""
TENANT_ID = r"^[a-z][a-z0-9-]{1,31}$"
MAX_LOGO_BYTES = 128 * 1024
MAX_EXAMPLES = 6
MIN_CONTRAST = 4.5
"""Of white letters on the accent colour: WCAG 2.2, level AA."""
_LOGOS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


class TenantError(AdvisorError):
    """A tenant cannot be made or changed this way."""

    code = "bad-tenant"


class TenantNotFound(AdvisorError):
    """No tenant has this id."""

    code = "tenant-not-found"


def _origin(text: str) -> str:
    """Read an origin as browsers write it: scheme, host and, where it is unusual, port."""
    parts = urlsplit(text.strip())
    host = parts.hostname or ""
    if (
        parts.scheme not in ("http", "https")
        or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host)
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise ValueError("an origin is https://host or https://host:port, without a path")
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = parts.port  # ValueError where it is no number
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _accent(text: str) -> str:
    """Read a colour on which white letters can be read."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("a colour is # and six hexadecimal digits, such as #8a1c1c")
    if (contrast := contrast_with_white(text)) < MIN_CONTRAST:
        raise ValueError(
            f"white letters on it have a contrast of {contrast:.1f}; take a darker colour,"
            f" with at least {MIN_CONTRAST}"
        )
    return text.lower()


def contrast_with_white(colour: str) -> float:
    """Return the contrast ratio of white on a colour (#rrggbb), by WCAG 2.2: 1 to 21."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


Origin = Annotated[str, AfterValidator(_origin)]
Accent = Annotated[str, AfterValidator(_accent)]


class Logo(Frozen):
    """A picture of at most `MAX_LOGO_BYTES`."""

    media_type: str
    data: Base64Bytes = Field(repr=False, max_length=MAX_LOGO_BYTES)

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Self:
        form = _LOGOS.get(self.media_type)
        if form is None or not form.match(self.data):
            raise ValueError(f"a logo is one of {', '.join(_LOGOS)}, and of that form")
        return self


class Limits(Frozen):
    """How much a tenant may ask; None = without limit."""

    per_minute: int | None = Field(None, ge=1, le=100_000)
    """Questions of all its visitors in a minute."""
    visitor_per_minute: int | None = Field(None, ge=1, le=10_000)
    """Questions of one visitor in a minute."""
    daily: int | None = Field(None, ge=1, le=10_000_000)
    """Questions from midnight to midnight, UTC."""


USUAL_LIMITS = Limits(per_minute=120, visitor_per_minute=10, daily=5_000)
"""What a new tenant may ask, until it is told otherwise."""


class TenantProfile(Frozen):
    """How a tenant looks and what it may do; the file that `hugang tenant set --file` reads."""

    name: Bilingual
    """Of the firm, as visitors read it."""
    origins: tuple[Origin, ...] = Field((), max_length=50)
    """Portals that may frame the chat and call the API from a browser."""
    public: bool = False
    """Whether visitors of these portals need no token of the portal's server."""
    lang: Lang | None = None
    """Language in which the chat opens; None = that of the browser."""
    accent: Accent | None = None
    logo: Logo | None = None
    welcome: Bilingual | None = None
    examples: tuple[Bilingual, ...] = Field((), max_length=MAX_EXAMPLES)
    """Questions that the empty chat offers."""
    topics: tuple[Topic, ...] = ()
    """What may be asked about; empty = everything."""
    disclaimer: Bilingual | None = None
    """Stands under the chat, beside the product's own note of scope."""
    limits: Limits = USUAL_LIMITS
    retention_days: int | None = Field(365, ge=1, le=36_500)
    """How long conversations and records of answers are kept; None = until they are deleted."""
    record_questions: bool = True
    """Whether the record of an answer holds the words of the question."""


class Tenant(Frozen):
    """A tenant with its profile."""

    id: str
    active: bool
    profile: TenantProfile
    created: dt.datetime | None
    """None: never written down, as `LOCAL` is at first."""

    def allows(self, origin: str) -> bool:
        """Tell whether pages of an origin may call on behalf of this tenant."""
        return origin in self.profile.origins


UNWRITTEN = Tenant(
    id=LOCAL,
    active=True,
    profile=TenantProfile(
        name=Bilingual(zh="沪港通途", en="Hugang"),
        limits=Limits(),
        retention_days=None,
        # Staff delete their conversations themselves; no second copy of their words outlives that.
        record_questions=False,
    ),
    created=None,
)
"""`LOCAL`, until somebody writes it down."""


class Tenants:
    """All tenants of a database; safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        """Take an open or unopened database."""
        self._database = database

    def create(self, tenant: str, profile: TenantProfile) -> Tenant:
        """Write a new tenant down.

        Raises:
            TenantError: its id is malformed or taken.
        """
        if not re.fullmatch(TENANT_ID, tenant):
            raise TenantError(
                Bilingual(
                    zh=f"租户标识{tenant!r}不可用：应为2至32个小写字母、数字或连字符，以字母开头。",
                    en=f"{tenant!r} cannot name a tenant: 2 to 32 lower-case letters, digits or"
                    " hyphens, a letter first.",
                )
            )
        with self._database.writing() as session:
            if session.get(TenantRow, tenant) is not None or tenant == LOCAL:
                raise TenantError(
                    Bilingual(
                        zh=f"租户{tenant!r}已经存在；更改请用hugang tenant set {tenant}。",
                        en=f"there is a tenant {tenant!r} already; to change it: hugang tenant set"
                        f" {tenant}.",
                    )
                )
            row = _new_row(tenant, profile)
            session.add(row)
            return _tenant(row)

    def get(self, tenant: str) -> Tenant:
        """Return a tenant; `LOCAL` is there without being created.

        Raises:
            TenantNotFound: there is none.
        """
        with self._database.reading() as session:
            row = session.get(TenantRow, tenant)
            if row is not None:
                return _tenant(row)
        if tenant == LOCAL:
            return UNWRITTEN
        known = [one.id for one in self.listed()]
        near = nearest_names(tenant, known)
        raise TenantNotFound(
            Bilingual(
                zh=f"没有租户{tenant[:64]!r}。"
                + (f"相近的有：{'、'.join(near)}。" if near else ""),
                en=f"there is no tenant {tenant[:64]!r}."
                + (f" Nearest: {', '.join(near)}." if near else ""),
            )
        )

    def listed(self) -> tuple[Tenant, ...]:
        """List the tenants that were written down, by id."""
        with self._database.reading() as session:
            return tuple(
                map(_tenant, session.scalars(select(TenantRow).order_by(TenantRow.tenant)))
            )

    def save(self, tenant: str, profile: TenantProfile, *, active: bool = True) -> Tenant:
        """Change a tenant.

        Raises:
            TenantNotFound: there is none.
        """
        self.get(tenant)
        with self._database.writing() as session:
            row = session.get(TenantRow, tenant)
            if row is None:
                row = _new_row(tenant, profile)
                session.add(row)
            row.profile = profile.model_dump_json(exclude_defaults=True)
            row.active = active
            row.updated = _now()
            return _tenant(row)

    def secret(self, tenant: str) -> str:
        """Return what signs a tenant's session tokens.

        Raises:
            TenantNotFound: there is none, or it was never written down.
        """
        with self._database.reading() as session:
            row = session.get(TenantRow, tenant)
            if row is not None:
                return row.secret
        raise TenantNotFound(
            Bilingual(
                zh=f"租户{tenant[:64]!r}没有签发令牌的密钥；请先用hugang tenant create建立租户。",
                en=f"tenant {tenant[:64]!r} has no secret to sign tokens with; create a tenant"
                " first: hugang tenant create.",
            )
        )

    def renew_secret(self, tenant: str) -> None:
        """End all session tokens of a tenant at once.

        Raises:
            TenantNotFound: there is none, or it was never written down.
        """
        self.secret(tenant)
        with self._database.writing() as session:
            row = session.get_one(TenantRow, tenant)
            row.secret, row.updated = _new_secret(), _now()


def _new_row(tenant: str, profile: TenantProfile) -> TenantRow:
    now = _now()
    return TenantRow(
        tenant=tenant,
        profile=profile.model_dump_json(exclude_defaults=True),
        secret=_new_secret(),
        active=True,
        created=now,
        updated=now,
    )


def _tenant(row: TenantRow) -> Tenant:
    profile = TenantProfile.model_validate_json(row.profile)
    return Tenant(id=row.tenant, active=row.active, profile=profile, created=row.created)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
