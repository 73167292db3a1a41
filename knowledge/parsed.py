"""Parsed YAML, kept by content: a file whose bytes were parsed once is not parsed again.

Parsing the 400 files of the corpus takes 0.5 s, reading what they held back from one JSON file
0.03 s. A value is looked up by the SHA-256 of the file's bytes, and the whole by that of its own,
so neither a changed card nor a damaged file can bring up anything but what the cards say.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from knowledge.kept_file import keep
from knowledge.load import YAML_LOADER, read_yaml

log = logging.getLogger(__name__)

_FORMAT = 1
"""Number of the file's format; raise it with every change."""
_DAY, _PAIRS = "!date", "!pairs"
"""Only key of an object that stands for what JSON does not know: a date, a map by other than text."""


class ParsedFiles:
    """Reads YAML files as `read_yaml` does; used with `with`, which keeps what was parsed anew."""

    def __init__(self, path: Path) -> None:
        """Take up what is kept.

        Args:
            path: of the JSON file; it need not exist. One that cannot be read or was damaged counts
                as none, and one that cannot be written costs time at the next start: both are logged.
        """
        self._path = path
        self._kept = _load(path)
        self._used: dict[str, Any] = {}

    def read(self, path: Path) -> Any:
        """Read one YAML file.

        Raises:
            CardError: the file is not UTF-8 or not YAML; the message gives line and column.
        """
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        kept = self._kept.get(digest)
        value = self._used[digest] = read_yaml(path) if kept is None else kept
        return value

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was read, and only that, unless it is what is kept already."""
        if error is None and self._used.keys() != self._kept.keys():
            _save(self._path, self._used)


def _load(path: Path) -> dict[str, Any]:
    """Return the kept values by the SHA-256 of the file that held them."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return {}
    except OSError as error:
        log.warning("%s: cannot be read, cards are parsed again: %s", path, error)
        return {}
    if head != _head(body):
        log.info("%s: of another version, or damaged; cards are parsed again", path)
        return {}
    found: dict[str, Any] = json.loads(body, object_hook=_restored)
    return found


def _save(path: Path, values: dict[str, Any]) -> None:
    """Replace what is kept."""
    try:
        body = json.dumps(_plain(values), ensure_ascii=False, separators=(",", ":")).encode()
    except TypeError as error:
        log.warning("%s: not kept, for a card holds what JSON cannot: %s", path, error)
        return
    keep(path, lambda file: file.writelines((_head(body), b"\n", body)))


def _head(body: bytes) -> bytes:
    """Return the line that tells format, parser and content: unlike it, nothing is taken up."""
    digest = hashlib.sha256(body).hexdigest()
    return f"{_FORMAT} pyyaml-{yaml.__version__}/{YAML_LOADER.__name__} {digest}".encode()


def _plain(value: Any) -> Any:
    """Put a parsed value into what JSON knows, so that `_restored` gives an equal one."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and not value.keys() & {_DAY, _PAIRS}:
            return {key: _plain(item) for key, item in value.items()}
        return {_PAIRS: [[_plain(key), _plain(item)] for key, item in value.items()]}
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return {_DAY: value.isoformat()}
    return value


def _restored(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if (day := found.get(_DAY)) is not None:
            return dt.date.fromisoformat(day)
        if (pairs := found.get(_PAIRS)) is not None:
            return dict(pairs)
    return found
