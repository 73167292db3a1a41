"""The version of this installation."""

from __future__ import annotations

from importlib import metadata

DISTRIBUTION = "hugang"


def installed_version() -> str:
    """Return the installed version; `source` when run from a folder that is not installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "source"
