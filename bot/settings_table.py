"""The settings as a page of documentation, written from the model that reads them."""

from __future__ import annotations

import re
from types import NoneType
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.settings import PREFIX, Settings

_HEAD = """# Settings

Every setting is a variable of the environment; one that is not known, or a value out of bounds, is refused at the start
with what was seen. This page is what `hugang settings` prints.

| variable | meaning | values | default |
|---|---|---|---|
"""
_TAIL = f"""
`{PREFIX}DEBUG=1` lets errors through with their tracebacks and logs everything, people's words included: for looking
into a fault, not for service. What runs a service: [deploy.md](deploy.md); what a model needs: [models.md](models.md).
"""
_DEFAULTS = {"home": "`var` of a checkout, else the account's data folder"}
"""Defaults that are worked out on the machine."""
_SIGNS = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))


def settings_page() -> str:
    """Return the page, as Markdown."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return _HEAD + "".join(rows) + _TAIL


def variable(name: str) -> str:
    """Return the variable that sets a field."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{name.upper()}"


def _row(name: str, field: FieldInfo) -> str:
    meaning = re.sub(r"\s+", " ", field.description or "").rstrip(".").replace("|", "\\|")
    return f"| `{variable(name)}` | {meaning} | {_values(field)} | {_default(name, field)} |\n"


def _values(field: FieldInfo) -> str:
    kinds = [
        one for one in get_args(field.annotation) or (field.annotation,) if one is not NoneType
    ]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(field.annotation))
    kind = kinds[0]
    if kind is bool:
        return "`true`, `false`"
    if kind is SecretStr:
        least = [one.min_length for one in field.metadata if hasattr(one, "min_length")]
        return f"secret, {least[0]} characters or more" if least else "secret"
    bounds = [
        f"{sign} {getattr(one, key):g}"
        for one in field.metadata
        for key, sign in _SIGNS
        if getattr(one, key, None) is not None
    ]
    names = {int: "whole number", float: "number", str: "text"}
    return ", ".join((names.get(kind, "path"), *bounds))


def _default(name: str, field: FieldInfo) -> str:
    if name in _DEFAULTS:
        return _DEFAULTS[name]
    value = field.default
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
