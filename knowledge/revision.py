"""The corpus of another day: of a folder, or as a git revision of this checkout has it."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from knowledge.corpus import Corpus
from knowledge.errors import KnowledgeError
from knowledge.load import CORPUS_DIR, load_corpus

_PARTS = ("cards", "routes", "questions", "issuers.yaml", "corpus.yaml")
"""What of a corpus folder is read."""
_SECONDS = 60


class RevisionError(KnowledgeError):
    """A state of the corpus is neither a folder nor a revision that git has."""


def corpus_of(name: str) -> Corpus:
    """Read a state of the corpus.

    Args:
        name: a corpus folder, a checkout that has one as `knowledge`, or a git revision (commit,
            tag, branch, `HEAD~1`) of the checkout that this program runs from.

    Raises:
        RevisionError: it is none of these.
        CardError: a file of it cannot be read as the format is today.
    """
    given = Path(name)
    for folder in (given, given / "knowledge"):
        if (folder / "cards").is_dir() and (folder / "issuers.yaml").is_file():
            return load_corpus(folder)
    if given.is_dir():
        raise RevisionError(
            f"{name}: seen a folder without cards and issuers.yaml; expected a corpus folder, laid "
            "out as knowledge/ is. Name that folder, or a git revision."
        )
    with tempfile.TemporaryDirectory(prefix="hugang-revision-") as unpacked:
        _unpack(name, Path(unpacked))
        return load_corpus(Path(unpacked))


def _unpack(revision: str, folder: Path) -> None:
    # --end-of-options: a name that begins with a hyphen is a name.
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise RevisionError(
            f"{revision}: seen neither a folder nor a revision that git has here; expected one of "
            "them. Name a corpus folder, or, in a checkout, a commit, tag or branch."
        )
    packed = _git("archive", "--format=tar", commit.decode().strip(), "--", *_PARTS)
    if packed is None:
        raise RevisionError(
            f"{revision}: seen a revision without {', '.join(_PARTS)} in {CORPUS_DIR.name}/; "
            "expected a corpus. Name a later revision."
        )
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder, filter="data")


def _git(*arguments: str) -> bytes | None:
    """Run git in the corpus folder; None where it fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(CORPUS_DIR), *arguments],
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
