"""Report of official texts: what changed, and what rests on it: facts, routes, answers, cases."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot.store.records import CitingAnswer
from evals.case import Case
from evals.change.impact import cases_stating
from knowledge.card import Bilingual, FactRef, Frozen
from knowledge.corpus import Corpus
from knowledge.official.compare import ChangeKind, Wording
from knowledge.official.records import DatedChange, Records, Review, TextState, Why


class ChangedArticle(Frozen):
    """An article that reads otherwise than before."""

    kind: ChangeKind
    article: str
    found: dt.date
    words: tuple[Wording, ...]
    """Of a changed article, what reads otherwise."""
    before: str | None
    after: str | None
    facts: tuple[FactRef, ...]
    """That rest on it and are under review."""


class FactUnderReview(Frozen):
    """A fact that nobody has confirmed since its text changed, and what rests on it."""

    fact: FactRef
    since: dt.date
    why: Why
    article: str | None
    says: str
    """The fact, in English; its card may have been removed: then empty."""
    before: str
    after: str | None
    routes: tuple[str, ...]
    answers: tuple[str, ...]
    """Ids of kept answers that cite it."""
    cases: tuple[str, ...]
    """Ids of evaluation cases that ask for a statement which this fact makes."""


class TextReport(Frozen):
    """One official text."""

    instrument: str
    url: str
    document: str
    checked: dt.date
    fetched: dt.date
    changed: dt.date | None
    vanished: dt.date | None
    facts: int
    located: int
    changes: tuple[ChangedArticle, ...]
    reviews: tuple[FactUnderReview, ...]
    cases: tuple[str, ...]
    """Ids of all evaluation cases that ask for this instrument, where facts are under review."""


class SyncReport(Frozen):
    """All official texts of an installation."""

    texts: tuple[TextReport, ...]
    answers: tuple[CitingAnswer, ...]
    """Kept answers that cite a fact under review."""


def make_report(
    corpus: Corpus,
    records: Records,
    answers: Sequence[CitingAnswer],
    cases: Sequence[Case],
) -> SyncReport:
    """Put together what is known of the texts, and what their changes touch.

    Args:
        corpus: the cards.
        records: of the official texts.
        answers: kept ones that cite facts under review.
        cases: of the evaluation.
    """
    reviews: dict[str, list[Review]] = defaultdict(list)
    for review in records.reviews():
        reviews[review.fact.card_id].append(review)
    changes: dict[str, list[DatedChange]] = defaultdict(list)
    for found in records.changes():
        changes[found.instrument].append(found)
    touched = _Touched(corpus, answers, cases)
    return SyncReport(
        texts=tuple(
            _text(text, records, changes[name], reviews[name], touched)
            for name, text in sorted(records.texts().items())
        ),
        answers=tuple(answers),
    )


class _Touched:
    """What rests on facts."""

    def __init__(
        self, corpus: Corpus, answers: Iterable[CitingAnswer], cases: Sequence[Case]
    ) -> None:
        self.corpus = corpus
        self.answers = tuple(answers)
        self.cases = cases

    def routes(self, fact: FactRef) -> tuple[str, ...]:
        return tuple(name for name, route in self.corpus.routes.items() if fact in route.refs)

    def answers_on(self, fact: FactRef) -> tuple[str, ...]:
        return tuple(entry.answer for entry in self.answers if fact in entry.refs)

    def cases_on(self, fact: FactRef) -> tuple[str, ...]:
        if fact not in self.corpus:
            return ()
        told = self.corpus.fact(fact)
        return cases_stating(Bilingual(zh=told.zh, en=told.en), fact.card_id, self.cases)

    def cases_of(self, instrument: str) -> tuple[str, ...]:
        return tuple(case.id for case in self.cases if instrument in case.cards)


def _text(
    text: TextState,
    records: Records,
    changes: Sequence[DatedChange],
    reviews: Sequence[Review],
    touched: _Touched,
) -> TextReport:
    card = touched.corpus.instruments.get(text.instrument)
    links = records.links(text.instrument)
    open_since = {review.since for review in reviews} | {text.changed}
    return TextReport(
        instrument=text.instrument,
        url=text.pdf or text.url,
        document=text.document,
        checked=text.checked.date(),
        fetched=text.fetched.date(),
        changed=text.changed.date() if text.changed else None,
        vanished=text.vanished.date() if text.vanished else None,
        facts=len(card.facts) if card else 0,
        located=sum(bool(link.passages) for link in links.values()),
        changes=tuple(_changed(found, reviews) for found in changes if found.moment in open_since),
        reviews=tuple(_under_review(review, touched) for review in reviews),
        cases=touched.cases_of(text.instrument) if reviews else (),
    )


def _changed(found: DatedChange, reviews: Iterable[Review]) -> ChangedArticle:
    change = found.change
    before = change.before.text if change.before else None
    return ChangedArticle(
        kind=change.kind,
        article=change.label,
        found=found.moment.date(),
        words=change.words,
        before=before,
        after=change.after.text if change.after else None,
        facts=tuple(
            review.fact
            for review in reviews
            if change.kind in {"changed", "removed"}
            and change.before
            and (review.article, review.before) == (change.before.label, before)
        ),
    )


def _under_review(review: Review, touched: _Touched) -> FactUnderReview:
    corpus = touched.corpus
    return FactUnderReview(
        fact=review.fact,
        since=review.since.date(),
        why=review.why,
        article=review.article,
        says=corpus.fact(review.fact).en if review.fact in corpus else "",
        before=review.before,
        after=review.after,
        routes=touched.routes(review.fact),
        answers=touched.answers_on(review.fact),
        cases=touched.cases_on(review.fact),
    )


def report_lines(report: SyncReport) -> Iterator[str]:
    """Tell a report as lines of text."""
    if not report.texts:
        yield "No official text was fetched yet: hugang sync"
        return
    for text in report.texts:
        yield from _text_lines(text)
    if report.answers:
        yield ""
        yield f"{len(report.answers)} kept answers cite facts under review:"
        for entry in report.answers:
            yield f"  {entry.asked:%Y-%m-%d} {entry.answer} {entry.question}"
            yield f"    {', '.join(entry.refs)}"
    facts = sum(len(text.reviews) for text in report.texts)
    yield ""
    yield f"{len(report.texts)} texts, {facts} facts under review"
    if facts:
        yield "When a fact was checked: hugang corpus confirm REF... --by NAME --note ..."


def _text_lines(text: TextReport) -> Iterator[str]:
    yield ""
    yield f"{text.instrument}: {text.located} of {text.facts} facts located"
    yield f"  {text.url}"
    yield f"  text of {text.fetched}, last asked for {text.checked}"
    if text.vanished:
        yield f"  VANISHED: the page was gone on {text.vanished}; the last text is kept"
    for change in text.changes:
        yield f"  {change.kind} {change.article} (found {change.found})"
        for before, after in change.words:
            yield f"    - {_line(before) or '(nothing)'}"
            yield f"    + {_line(after) or '(nothing)'}"
        if change.kind == "added":
            yield f"    + {_line(change.after or '')}"
        if change.kind == "removed":
            yield f"    - {_line(change.before or '')}"
    for review in text.reviews:
        yield f"  UNDER REVIEW since {review.since} {review.fact} ({review.why})"
        yield f"    {review.says}"
        for name, found in (
            ("routes", review.routes),
            ("answers", review.answers),
            ("cases", review.cases),
        ):
            if found:
                yield f"    {name}: {', '.join(found)}"
    if text.cases:
        yield f"  cases that ask for this instrument: {', '.join(text.cases)}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:199]}…"
