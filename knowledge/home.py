"""Where Hugang keeps what it builds and stores: one folder, chosen in one place."""

from __future__ import annotations

import os
import re
from pathlib import Path

HOME_VARIABLE = "HUGANG_HOME"

_ROOT = Path(__file__).resolve().parent.parent
_OUR_NAME = re.compile(r'^name\s*=\s*"hugang"', re.MULTILINE)


def default_home() -> Path:
    """Choose the folder: `HUGANG_HOME`, else `var` of a checkout, else the user's data folder.

    Nothing is created.
    """
    if chosen := os.environ.get(HOME_VARIABLE, "").strip():
        return Path(chosen).expanduser().absolute()
    if _is_checkout(_ROOT):
        return _ROOT / "var"
    from platformdirs import user_data_dir

    return Path(user_data_dir("hugang", appauthor=False))


def index_folder() -> Path:
    """Return the folder of the search index."""
    return default_home() / "index"


def documents_folder(home: Path) -> Path:
    """Return the folder of the documents, and of what is known of official texts."""
    return home / "documents"


def _is_checkout(folder: Path) -> bool:
    try:
        return bool(_OUR_NAME.search((folder / "pyproject.toml").read_text(encoding="utf-8")))
    except OSError:
        return False
