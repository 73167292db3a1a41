"""`hugang tenant` and `hugang key`: whose portals are served, and what opens the API for them."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from bot.errors import SettingsError
from knowledge.card import Bilingual
from ui.days import read_span

if TYPE_CHECKING:
    from bot.store.keys import ApiKey, Scope
    from bot.store.store import Store
    from bot.store.tenants import Tenant, TenantProfile

tenant_app = typer.Typer(no_args_is_help=True, help="Whose portals are served.")
key_app = typer.Typer(no_args_is_help=True, help="Keys of tenants.")

_MEDIA = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}

TenantName = Annotated[str, typer.Argument(metavar="TENANT", help="Its id, such as bank-a.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
NameZh = Annotated[str | None, typer.Option("--name", help="Name in simplified Chinese.")]
NameEn = Annotated[str | None, typer.Option("--name-en", help="Name in English.")]
OriginOption = Annotated[
    list[str] | None,
    typer.Option("--origin", metavar="https://HOST", help="A portal's origin; repeatable."),
]
PublicOption = Annotated[
    bool | None,
    typer.Option("--public/--not-public", help="Whether visitors need no token of the portal."),
]
AccentOption = Annotated[
    str | None, typer.Option("--accent", metavar="#RRGGBB", help="Colour of buttons and marks.")
]
LogoOption = Annotated[
    Path | None, typer.Option("--logo", exists=True, dir_okay=False, help="PNG, JPEG or WebP.")
]
FileOption = Annotated[
    Path | None,
    typer.Option("--file", exists=True, dir_okay=False, help="YAML, as `tenant show` prints it."),
]


@tenant_app.command("create")
def create_tenant(
    tenant: TenantName,
    name: NameZh = None,
    name_en: NameEn = None,
    origin: OriginOption = None,
    public: PublicOption = None,
    accent: AccentOption = None,
    logo: LogoOption = None,
    file: FileOption = None,
) -> None:
    """Create a tenant; without names it is called by its id."""
    from bot.store.tenants import TenantProfile

    told = _told(name, name_en, origin, public, accent, logo)
    names = {"zh": tenant, "en": tenant}
    profile = _profile(_merged({"name": names}, _read(file), told), TenantProfile)
    with opened_store() as store:
        made = store.tenants.create(tenant, profile)
    _show(made)
    typer.echo(f"Next: hugang key create {made.id} --scope ask --scope read", err=True)


@tenant_app.command("set")
def set_tenant(
    tenant: TenantName,
    name: NameZh = None,
    name_en: NameEn = None,
    origin: OriginOption = None,
    public: PublicOption = None,
    accent: AccentOption = None,
    logo: LogoOption = None,
    file: FileOption = None,
    active: Annotated[
        bool | None, typer.Option("--resume/--suspend", help="Whether it is served.")
    ] = None,
    renew_secret: Annotated[
        bool, typer.Option("--renew-secret", help="End all session tokens at once.")
    ] = False,
) -> None:
    """Change a tenant: a file takes the place of the whole profile, options change parts of it."""
    from bot.store.tenants import TenantProfile

    told = _told(name, name_en, origin, public, accent, logo)
    with opened_store() as store:
        before = store.tenants.get(tenant)
        kept = _read(file) if file else before.profile.model_dump(mode="json", exclude_unset=True)
        profile = _profile(
            _merged({"name": before.profile.name.model_dump()}, kept, told), TenantProfile
        )
        stands = before.active if active is None else active
        after = store.tenants.save(tenant, profile, active=stands)
        if renew_secret:
            store.tenants.renew_secret(tenant)
            typer.echo("All session tokens have ended.", err=True)
    _show(after)


@tenant_app.command("list")
def list_tenants(as_json: JsonOption = False) -> None:
    """List tenants."""
    with opened_store() as store:
        found = store.tenants.listed()
    for one in found:
        if as_json:
            typer.echo(one.model_dump_json(exclude={"profile": {"logo"}}))
            continue
        stands = "" if one.active else "  suspended"
        typer.echo(f"{one.id}  {one.profile.name.zh} / {one.profile.name.en}{stands}")
        for origin in one.profile.origins:
            typer.echo(f"  {origin}")


@tenant_app.command("show")
def show_tenant(tenant: TenantName, as_json: JsonOption = False) -> None:
    """Show a tenant's profile as YAML, in the form that `--file` takes."""
    with opened_store() as store:
        found = store.tenants.get(tenant)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        _show(found)


@key_app.command("create")
def create_key(
    tenant: TenantName,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="ask, read, manage or evaluate; repeatable. Without: ask and read."
        ),
    ] = None,
    label: Annotated[
        str,
        typer.Option(
            "--label", "--name", help="What it is for; for evaluate, the name of the labeller."
        ),
    ] = "",
    expires: Annotated[
        str | None, typer.Option(metavar="90d", help="In days (90d) or weeks (12w); never.")
    ] = None,
) -> None:
    """Make a key; it is shown this once, on stdout."""
    with opened_store() as store:
        store.tenants.get(tenant)
        made = store.keys.create(tenant, _scopes(scope), label, _moment(expires))
    typer.echo(made.secret)
    typer.echo(
        f"Key {made.key.prefix}… of {tenant}: {' '.join(made.key.scopes)}"
        f"{f', until {made.key.expires:%Y-%m-%d}' if made.key.expires else ''}. "
        "It cannot be shown again.",
        err=True,
    )
    if "evaluate" in made.key.scopes:
        typer.echo("It signs in at /evaluate.", err=True)


@key_app.command("list")
def list_keys(tenant: TenantName, as_json: JsonOption = False) -> None:
    """List a tenant's keys by their first letters, the latest first."""
    with opened_store() as store:
        store.tenants.get(tenant)
        found = store.keys.listed(tenant)
    for one in found:
        if as_json:
            typer.echo(one.model_dump_json())
            continue
        used = f"used {one.used:%Y-%m-%d %H:%M}" if one.used else "never used"
        typer.echo(f"{one.prefix}…  {' '.join(one.scopes)}  {_state(one)}  {used}  {one.label}")


@key_app.command("revoke")
def revoke_key(
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="As `key list` shows it.")],
) -> None:
    """Make a key useless, at once."""
    with opened_store() as store:
        found = store.keys.revoke(prefix.rstrip("…"))
    typer.echo(f"Key {found.prefix}… of {found.tenant} is revoked.")


def _state(key: ApiKey) -> str:
    if key.revoked:
        return f"revoked {key.revoked:%Y-%m-%d}"
    if key.expires is None:
        return "valid"
    gone = key.expires <= dt.datetime.now(dt.UTC)
    return f"{'expired' if gone else 'valid until'} {key.expires:%Y-%m-%d}"


def _told(
    name: str | None,
    name_en: str | None,
    origins: list[str] | None,
    public: bool | None,
    accent: str | None,
    logo: Path | None,
) -> dict[str, Any]:
    """Collect what the options say, as a profile file would."""
    names = {key: one for key, one in (("zh", name), ("en", name_en)) if one is not None}
    told: dict[str, Any] = {"name": names} if names else {}
    if origins:
        told["origins"] = origins
    if public is not None:
        told["public"] = public
    if accent is not None:
        told["accent"] = accent
    if logo is not None:
        data = base64.b64encode(logo.read_bytes()).decode()
        told["logo"] = {"media_type": _MEDIA.get(logo.suffix.lower(), ""), "data": data}
    return told


def _merged(*profiles: dict[str, Any]) -> dict[str, Any]:
    """Lay profiles over each other; of the names each language by itself."""
    merged: dict[str, Any] = {}
    for one in profiles:
        names = {**merged.get("name", {}), **one.get("name", {})}
        merged |= one
        merged["name"] = names
    return merged


def _read(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(
            Bilingual(zh=f"{file}不是YAML：{error}", en=f"{file} is no YAML: {error}")
        ) from error
    if not isinstance(read, dict):
        raise SettingsError(
            Bilingual(
                zh=f"{file}里没有租户的各项；hugang tenant show会打印一份。",
                en=f"{file} holds no profile of a tenant; hugang tenant show prints one.",
            )
        )
    return read


def _profile(told: dict[str, Any], kind: type[TenantProfile]) -> TenantProfile:
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "profile"
        seen = "" if place.startswith("logo") else f" {str(first['input'])[:80]!r}"
        raise SettingsError(
            Bilingual(
                zh=f"租户的{place}{seen}不可用：{first['msg']}。",
                en=f"{place}{seen} of the tenant cannot be used: {first['msg']}.",
            )
        ) from error


def _show(tenant: Tenant) -> None:
    told = tenant.profile.model_dump(mode="json")
    typer.echo(f"# {tenant.id}{'' if tenant.active else ' (suspended)'}")
    typer.echo(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), nl=False)


def _scopes(named: list[str] | None) -> tuple[Scope, ...]:
    from bot.store.keys import SCOPES

    wanted = named or ["ask", "read"]
    if unknown := [one for one in wanted if one not in SCOPES]:
        raise SettingsError(
            Bilingual(
                zh=f"没有{'、'.join(unknown)}这种权限；可用的有{'、'.join(SCOPES)}。",
                en=f"no scope {', '.join(unknown)}; there are {', '.join(SCOPES)}.",
            )
        )
    return tuple(one for one in SCOPES if one in wanted)


def _moment(life: str | None) -> dt.datetime | None:
    if life is None:
        return None
    span = read_span(life)
    if span is None:
        raise SettingsError(
            Bilingual(
                zh=f"--expires {life!r}不是期间；请写天数或周数，如90d、12w。",
                en=f"--expires {life!r} is no time; write days or weeks, such as 90d or 12w.",
            )
        )
    return dt.datetime.now(dt.UTC) + span


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open the store that the settings name.

    Raises:
        SettingsError: nothing is kept on this installation.
    """
    from bot.settings import Settings
    from bot.store.store import Store

    settings = Settings.load()
    if not settings.keep_conversations:
        raise SettingsError(
            Bilingual(
                zh="HUGANG_KEEP_CONVERSATIONS=false时不保存任何内容，也就没有租户和密钥。",
                en="with HUGANG_KEEP_CONVERSATIONS=false nothing is kept, so there are no tenants or"
                " keys.",
            )
        )
    with Store.of(settings) as store:
        yield store
