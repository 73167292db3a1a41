"""What a figure was measured with: versions and revisions, never places."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel


def python_version() -> str:
    """Return implementation and version, for example `CPython 3.11.9`."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def git_revision() -> str | None:
    """Return the short revision of this code, with `-dirty` where files differ from it.

    None when git is absent, or this file is not one that git keeps (an installed package may lie
    inside somebody else's repository).
    """
    here = Path(__file__)
    if _git(here, "ls-files", "--error-unmatch", here.name) is None:
        return None
    return _git(here, "describe", "--always", "--dirty", "--exclude=*")


def index_manifest(advisor: object) -> Mapping[str, Any] | None:
    """Return what decides whether the advisor's index fits, the embedder among it.

    None where the advisor does not show its index. Places on disk are left out.
    """
    manifest = getattr(getattr(advisor, "index", None), "manifest", None)
    spec = getattr(manifest, "spec", manifest)
    if isinstance(spec, BaseModel):
        spec = spec.model_dump(mode="json")
    if not isinstance(spec, Mapping):
        return None
    return {key: value for key, value in spec.items() if not _is_place(value)}


def _is_place(value: object) -> bool:
    return isinstance(value, Path) or (isinstance(value, str) and value.startswith(("/", "~")))


def _git(file: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(file.parent), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
