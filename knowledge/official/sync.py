"""Synchronisation: official texts are fetched, kept, held against the version before, and located.

Nothing runs by itself. What goes wrong with one text is told, and stops no other. A text that has
not changed costs one request; what it is compared with stays until all that follows from a change
is written, so that a run which dies finds the same change again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from knowledge.card import Bilingual, Fact, FactRef, Frozen, PassageLang, Status
from knowledge.corpus import Corpus
from knowledge.documents.document import PUBLIC, Document, DocumentStatus, Part, Particulars
from knowledge.documents.errors import DocumentError, NoSuchDocument
from knowledge.documents.library import DocumentLibrary
from knowledge.documents.reading.read import read_file
from knowledge.documents.reading.reading import Reading, UnreadableFile
from knowledge.documents.splitting.split import split
from knowledge.language import is_chinese
from knowledge.official.articles import Article, articles_of
from knowledge.official.compare import Change, compare
from knowledge.official.fault import no_text
from knowledge.official.fetch import Fetched, Fetcher
from knowledge.official.locate import Located, locate
from knowledge.official.page import SHELL, pdf_behind
from knowledge.official.records import Link, Records, Review, TextState
from knowledge.official.register import OfficialText
from knowledge.official.review import reviews_of, vanished
from knowledge.progress import OnProgress, unreported

State = Literal["added", "unchanged", "changed", "vanished", "failed"]
_STATUS: Mapping[Status, DocumentStatus] = {
    "in-force": "in-force",
    "pilot": "in-force",
    "announced": "unknown",
    "draft": "draft",
    "superseded": "superseded",
    "repealed": "repealed",
}
_SAMPLE = 4_000


class Outcome(Frozen):
    """What became of one text."""

    instrument: str
    url: str
    state: State
    code: str | None = None
    """Of a fault: stable name."""
    message: Bilingual | None = None
    """What went wrong, or why a text counts as vanished."""
    document: str | None = None
    articles: int = 0
    facts: int = 0
    """Of the card."""
    located: int = 0
    """Of them, those whose article is known."""
    changes: tuple[Change, ...] = ()
    reviews: tuple[FactRef, ...] = ()
    """Facts that this run has put under review."""


class _Version(NamedTuple):
    """A text as it is on the web now."""

    page: Fetched
    """From which the text came."""
    pdf: str | None
    """Address of the PDF behind the page of the register, where the text stands in one."""
    reading: Reading
    parts: tuple[Part, ...]
    path: Path


class Synchroniser:
    """Brings the official texts of one home up to date."""

    def __init__(
        self, corpus: Corpus, library: DocumentLibrary, records: Records, fetcher: Fetcher
    ) -> None:
        """Take over opened parts."""
        self._corpus = corpus
        self._library = library
        self._records = records
        self._fetcher = fetcher

    def run(
        self,
        texts: Sequence[OfficialText],
        *,
        dry: bool = False,
        progress: OnProgress = unreported,
    ) -> Iterator[Outcome]:
        """Synchronise texts one after the other.

        Args:
            texts: of the register.
            dry: fetch and compare, but keep nothing.
            progress: told while a text is read and embedded.
        """
        for text in texts:
            try:
                yield _Sync(self, text, dry=dry, progress=progress).run()
            except (DocumentError, UnreadableFile) as error:
                yield Outcome(
                    instrument=text.instrument,
                    url=text.url,
                    state="failed",
                    code=getattr(error, "code", "store-fault"),
                    message=error.message,
                )


class _Sync:
    """The way of one text."""

    def __init__(
        self, tools: Synchroniser, text: OfficialText, *, dry: bool, progress: OnProgress
    ) -> None:
        self.library = tools._library
        self.records = tools._records
        self.fetcher = tools._fetcher
        self.corpus = tools._corpus
        self.card = tools._corpus.instruments[text.instrument]
        self.text = text
        self.dry = dry
        self.progress = progress
        self.moment = dt.datetime.now(dt.UTC)
        self.document: Document | None = None
        self.before: tuple[Article, ...] = ()
        self.links: dict[FactRef, Link] = {}
        self.state = self.records.texts().get(text.instrument)
        if self.state:
            self._take_kept(self.state)

    def run(self) -> Outcome:
        """Fetch, compare, keep."""
        state = self.state
        known = (state.etag, state.modified) if state and self._is_whole(state) else (None, None)
        page = self.fetcher.fetch(self.text.url, *known)
        if page.status == 304:
            return self._unchanged(page)
        if page.status != 200:
            return self._vanished(_gone(page))
        with tempfile.TemporaryDirectory(prefix="hugang-") as folder:
            version = self._version(page, Path(folder))
            if version.page.status == 304:
                return self._unchanged(version.page)
            if version.page.status != 200:
                return self._vanished(_gone(version.page))
            return self._compared(version)

    # what is known

    def _take_kept(self, state: TextState) -> None:
        try:
            self.document = self.library.document(state.document)
        except NoSuchDocument:  # somebody has removed it: the text is new again
            self.state = None
            return
        passages = self.library.passages(state.document)
        self.before = articles_of([passage.part for passage in passages])
        self.refs = [passage.ref for passage in passages]
        self.links = self.records.links(self.card.id)

    def _is_whole(self, state: TextState) -> bool:
        """Whether the page itself was the text: a shell may stay as it is while its PDF changes."""
        return state.url == self.text.url and not state.pdf and not state.vanished

    def _resting(self) -> dict[FactRef, list[Article]]:
        return {
            fact: [self.before[at] for at in self._indices(link)]
            for fact, link in self.links.items()
        }

    def _indices(self, link: Link) -> list[int]:
        wanted = set(link.passages)
        return [
            at
            for at, article in enumerate(self.before)
            if any(self.refs[number] in wanted for number in article.numbers)
        ]

    # what is found

    def _version(self, page: Fetched, folder: Path) -> _Version:
        """Read the page, or the PDF behind it; of what is not there any more, only the answer."""
        reading, path = self._read(page, folder / "page")
        title = self.card.source(self.text.source).title
        titles = (title, self.card.title.zh, self.card.title.en)
        if behind := pdf_behind(page.body, page.url, reading, titles):
            state = self.state
            kept = state if state and state.pdf == behind and not state.vanished else None
            page = self.fetcher.fetch(behind, *((kept.etag, kept.modified) if kept else ()))
            if page.status != 200:
                return _Version(page, behind, reading, (), path)
            reading, path = self._read(page, folder / "pdf")
        return _Version(page, behind, reading, split(reading), path)

    def _read(self, page: Fetched, path: Path) -> tuple[Reading, Path]:
        path.write_bytes(page.body)
        name = urlsplit(page.url).path.rpartition("/")[2]
        return read_file(path, name or "page.html", progress=self.progress), path

    def _compared(self, version: _Version) -> Outcome:
        after = articles_of(version.parts)
        compared = compare(self.before, after)
        if self.before and not compared.stays:
            return self._vanished(
                Bilingual(
                    zh=f"{self.text.url}上现在是另一篇文字，与上次的文本没有一条相同。",
                    en=f"{self.text.url} now holds another text: no article of the last one is in it.",
                )
            )
        if self.before and not compared.changes:
            return self._unchanged(version.page)
        if not self.before and _is_shell(version.reading, after):
            raise no_text(self.text.url)
        lang = _lang(version.reading)
        located = self._located(after, compared.stays, lang)
        reviews = reviews_of(compared.changes, self._resting(), self.moment) if self.before else []
        changes = compared.changes if self.before else ()
        if not self.dry:
            self._keep(version, after, located, changes, reviews)
        return self._outcome(
            "changed" if self.before else "added",
            articles=len(after),
            located=len(located),
            changes=changes,
            reviews=tuple(review.fact for review in reviews),
        )

    def _located(
        self, after: Sequence[Article], stays: Mapping[int, int], lang: PassageLang
    ) -> dict[FactRef, Located]:
        """Locate facts; one whose article is known goes where that article went.

        Its locator is that of the text as it was: after a renumbering it would lead astray.
        """
        afresh = {found.fact: found for found in locate(self.card, self.text.source, after, lang)}
        for fact, link in self.links.items():
            if not self._is_current(link):
                continue
            was = self._indices(link)
            if was or not link.passages:
                went = tuple(sorted(stays[at] for at in was if at in stays))
                afresh[fact] = Located(fact, went, link.way)
        return afresh

    def _is_current(self, link: Link) -> bool:
        return any(
            FactRef.of(self.card.id, fact.id) == link.fact and _stamp(fact) == link.stamp
            for fact in self.card.facts
        )

    # what is kept

    def _keep(
        self,
        version: _Version,
        after: Sequence[Article],
        located: Mapping[FactRef, Located],
        changes: Sequence[Change],
        reviews: Sequence[Review],
    ) -> None:
        if self.state:
            # Before the text is replaced: were the run to die in between, nothing would be left
            # to compare with. What is found twice is kept once.
            noted = self.state.model_copy(update={"changed": self.moment})
            self.records.keep(noted, changes=changes, reviews=reviews)
        particulars = self._particulars(_lang(version.reading))
        name = self.document.name if self.document else self.text.url
        document = self.library.add(
            version.path,
            name,
            PUBLIC,
            self.progress,
            particulars,
            kind="official",
            instrument=self.card.id,
        ).document
        self.document = document
        refs = [passage.ref for passage in self.library.passages(document.id)]
        altered = {change.after for change in changes if change.kind in {"changed", "added"}}
        links = [self._link(found, after, refs, altered) for found in located.values()]
        self.records.keep(
            TextState(
                instrument=self.card.id,
                url=self.text.url,
                pdf=version.pdf,
                document=document.id,
                etag=version.page.etag,
                modified=version.page.modified,
                checked=self.moment,
                fetched=self.moment,
                changed=self.moment if changes else None,
            ),
            links,
        )

    def _link(
        self,
        found: Located,
        after: Sequence[Article],
        refs: Sequence[FactRef],
        altered: set[Article | None],
    ) -> Link:
        articles = [after[at] for at in found.articles]
        before = self.links.get(found.fact)
        labels = dict.fromkeys(article.label for article in articles if article.label)
        return Link(
            fact=found.fact,
            stamp=_stamp(self.card.fact(found.fact.fact_id)),
            article="；".join(labels) or None,
            passages=tuple(refs[number] for article in articles for number in article.numbers),
            page=articles[0].page if articles else None,
            way=found.way,
            changed=self.moment
            if any(article in altered for article in articles) and self.before
            else before.changed
            if before
            else None,
        )

    def _unchanged(self, page: Fetched) -> Outcome:
        """Note that the text stands; facts that the card words anew are located anew."""
        assert self.state is not None
        assert self.document is not None
        lang = self.document.particulars.lang
        same = {at: at for at in range(len(self.before))}
        located = self._located(self.before, same, lang)
        if not self.dry:
            particulars = self._particulars(lang)
            if particulars != self.document.particulars:  # the card has been corrected
                self.library.correct(self.document.id, particulars, self.progress)
            update = {
                "checked": self.moment,
                "vanished": None,
                "etag": page.etag or self.state.etag,
                "modified": page.modified or self.state.modified,
            }
            links = [self._link(found, self.before, self.refs, set()) for found in located.values()]
            current = {link.fact: link for link in links} == self.links
            self.records.keep(self.state.model_copy(update=update), None if current else links)
        return self._outcome("unchanged", articles=len(self.before), located=len(located))

    def _vanished(self, message: Bilingual) -> Outcome:
        """Keep the last text, and put what rests on it under review, once."""
        if self.state is None:
            return self._outcome("failed", code="vanished", message=message)
        reviews: list[Review] = []
        if self.state.vanished is None:
            reviews = vanished(self._resting(), self.moment)
            if not self.dry:
                gone = self.state.model_copy(
                    update={"vanished": self.moment, "checked": self.moment}
                )
                self.records.keep(gone, reviews=reviews)
        return self._outcome(
            "vanished",
            code="vanished",
            message=message,
            articles=len(self.before),
            located=len(self.links),
            reviews=tuple(review.fact for review in reviews),
        )

    def _outcome(
        self,
        state: State,
        *,
        code: str | None = None,
        message: Bilingual | None = None,
        articles: int = 0,
        located: int = 0,
        changes: Sequence[Change] = (),
        reviews: tuple[FactRef, ...] = (),
    ) -> Outcome:
        return Outcome(
            instrument=self.card.id,
            url=self.text.url,
            state=state,
            code=code,
            message=message,
            document=self.document.id if self.document else None,
            articles=articles,
            facts=len(self.card.facts),
            located=located,
            changes=tuple(changes),
            reviews=reviews,
        )

    def _particulars(self, lang: PassageLang) -> Particulars:
        card = self.card
        issuers = (self.corpus.issuer_name(one).text(lang) for one in card.issuers)
        return Particulars(
            title=card.title.text(lang),
            lang=lang,
            issuer="；".join(issuers),
            number=card.number,
            issued=card.issued,
            effective=card.effective,
            ended=self.corpus.ends(card),
            status=_STATUS[card.status],
        )


def _lang(reading: Reading) -> PassageLang:
    return "zh" if is_chinese(reading.text[:_SAMPLE]) else "en"


def _is_shell(reading: Reading, articles: Sequence[Article]) -> bool:
    short = reading.format == "html" and len(reading.text) <= SHELL
    return short and not any(article.provision for article in articles)


def _gone(page: Fetched) -> Bilingual:
    return Bilingual(
        zh=f"{page.url}回复状态{page.status}：页面已不存在。",
        en=f"{page.url} answered with status {page.status}: the page is gone.",
    )


def _stamp(fact: Fact) -> str:
    told = "\0".join((fact.zh, fact.en, fact.locator or ""))
    return hashlib.sha256(told.encode()).hexdigest()[:16]
