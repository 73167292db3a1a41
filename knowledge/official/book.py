"""Book of articles: the official words beside each fact, and which facts are under review.

Answers look every cited fact up in it. It is read whole, kept in memory, and read again when the
records or the documents have changed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from knowledge.card import Bilingual, FactRef
from knowledge.documents.document import StoredPassage
from knowledge.documents.errors import DocumentError, NoSuchDocument
from knowledge.documents.keeping.store import DocumentStore
from knowledge.official.articles import joined
from knowledge.official.beside import Beside, OfficialArticle
from knowledge.official.records import DATABASE, Link, Records, Review, TextState
from knowledge.official.review import why

NOTHING: Mapping[FactRef, Beside] = MappingProxyType({})


class ArticleBook:
    """What the official texts say beside facts; safe to use from many threads."""

    def __init__(self, folder: Path, store: DocumentStore | None = None) -> None:
        """Name the folder of the documents; nothing is opened while no text was ever synchronised.

        Args:
            folder: of documents and records.
            store: of the documents, where it is open already; it stays its owner's.
        """
        self._folder = folder
        self._given = store
        self._own: DocumentStore | None = None
        self._records: Records | None = None
        self._seen: tuple[int, int] | None = None
        self._entries = NOTHING
        self._one = threading.Lock()

    def read(self) -> Mapping[FactRef, Beside]:
        """Return what stands beside facts, as of now; facts with nothing are left out.

        Where the records cannot be read, answers go on without them.
        """
        if self._records is None and not (self._folder / DATABASE).exists():
            return NOTHING
        with self._one:
            try:
                records, store = self._opened()
                seen = (records.version(), store.version())
                if seen != self._seen:
                    self._entries = _entries(records, store)
                    self._seen = seen
            except DocumentError:
                return NOTHING
            return self._entries

    def close(self) -> None:
        """Release the files; closing twice does nothing."""
        with self._one:
            for opened in (self._records, self._own):
                if opened:
                    opened.close()
            self._records = self._own = self._seen = None
            self._entries = NOTHING

    def _opened(self) -> tuple[Records, DocumentStore]:
        if self._records is None:
            self._records = Records(self._folder)
        store = self._given or self._own
        if store is None:
            store = self._own = DocumentStore(self._folder)
        return self._records, store


def _entries(records: Records, store: DocumentStore) -> Mapping[FactRef, Beside]:
    reviews: dict[FactRef, Review] = {}
    for review in records.reviews():
        reviews.setdefault(review.fact, review)
    articles: dict[FactRef, OfficialArticle] = {}
    for text in records.texts().values():
        try:
            passages = {passage.ref: passage for passage in store.passages(text.document)}
        except NoSuchDocument:
            continue
        for fact, link in records.links(text.instrument).items():
            if found := _article(link, text, passages):
                articles[fact] = found
    return {
        fact: Beside(article=articles.get(fact), under_review=_told(reviews.get(fact)))
        for fact in {**articles, **reviews}
    }


def _article(
    link: Link, text: TextState, passages: Mapping[FactRef, StoredPassage]
) -> OfficialArticle | None:
    here = [passages[ref] for ref in link.passages if ref in passages]
    if not here:
        return None
    return OfficialArticle(
        text=joined([passage.part for passage in here]),
        article=link.article,
        page=link.page,
        ref=here[0].ref,
        refs=tuple(passage.ref for passage in here),
        fetched=text.fetched.date(),
        changed=link.changed.date() if link.changed else None,
    )


def _told(review: Review | None) -> Bilingual | None:
    if review is None:
        return None
    told, day = why(review), review.since.date()
    return Bilingual(
        zh=f"自{day.isoformat()}起待复核：{told.zh}。",
        en=f"Under review since {day.isoformat()}: {told.en}.",
    )
