"""A page as a file of this machine, for as long as it is read."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from knowledge.card import Bilingual
from knowledge.documents.errors import UnknownSource
from knowledge.official.fetch import Fetcher


@contextlib.contextmanager
def downloaded(url: str, fetcher: Fetcher) -> Iterator[Path]:
    """Fetch a page, as `hugang sync` fetches, into a file that is thrown away after.

    Raises:
        FetchFault: the page must not be fetched, or was not to be had.
        UnknownSource: the server answers that there is none.
    """
    page = fetcher.fetch(url)
    if page.status != 200:
        raise UnknownSource(
            Bilingual(
                zh=f"{url}回复状态{page.status}：没有这个页面；请检查地址。",
                en=f"{url} answered with status {page.status}: there is no such page. Check the"
                " address.",
            )
        )
    with tempfile.TemporaryDirectory(prefix="hugang-") as folder:
        path = Path(folder) / "page"
        path.write_bytes(page.body)
        yield path
