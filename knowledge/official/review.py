"""Review: which facts a changed text puts in doubt, and a person's word that they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.errors import KnowledgeError
from knowledge.official.articles import Article
from knowledge.official.compare import Change
from knowledge.official.records import Confirmation, Records, Review, Why

_WHY: Mapping[Why, Bilingual] = {
    "changed": Bilingual(
        zh="官方文本中的{article}已修改", en="{article} of the official text has changed"
    ),
    "removed": Bilingual(
        zh="官方文本中已没有{article}", en="{article} is no longer in the official text"
    ),
    "vanished": Bilingual(zh="官方文本的网页已不存在", en="the page of the official text is gone"),
}
_THE_ARTICLE = Bilingual(zh="相应段落", en="the passage")


class NotUnderReview(KnowledgeError):
    """A fact that is to be confirmed does not exist, or nothing puts it in doubt."""


def reviews_of(
    changes: Iterable[Change],
    resting: Mapping[FactRef, Sequence[Article]],
    moment: dt.datetime,
) -> list[Review]:
    """Put the facts under review that rest on a changed or removed article.

    Args:
        changes: of one text.
        resting: the articles of the earlier version on which each fact rests.
        moment: when the changes were found.
    """
    found: dict[FactRef, Review] = {}
    for change in changes:
        if change.kind not in {"changed", "removed"} or change.before is None:
            continue
        for fact, articles in resting.items():
            if change.before in articles and fact not in found:
                found[fact] = Review(
                    fact=fact,
                    since=moment,
                    why="changed" if change.kind == "changed" else "removed",
                    article=change.before.label,
                    before=change.before.text,
                    after=change.after.text if change.after else None,
                )
    return list(found.values())


def vanished(resting: Mapping[FactRef, Sequence[Article]], moment: dt.datetime) -> list[Review]:
    """Put every fact under review that rests on a text whose page is gone."""
    return [
        Review(
            fact=fact,
            since=moment,
            why="vanished",
            article=articles[0].label,
            before="\n".join(article.text for article in articles),
            after=None,
        )
        for fact, articles in resting.items()
    ]


def why(review: Review) -> Bilingual:
    """Say why a fact is under review."""
    told, article = _WHY[review.why], review.article
    return Bilingual(
        zh=told.zh.format(article=article or _THE_ARTICLE.zh),
        en=told.en.format(article=article or _THE_ARTICLE.en),
    )


def confirm(
    records: Records, corpus: Corpus, names: Sequence[str], by: str | None, note: str | None
) -> list[FactRef]:
    """Take facts from review; nothing is done unless all names are of facts under it.

    Raises:
        NotUnderReview: a name is no fact's, or its fact is not under review.
    """
    open_now = {review.fact for review in records.reviews()}
    for name in names:
        if name not in corpus and name not in open_now:
            raise NotUnderReview(
                f"{name!r} is no fact of the corpus; expected card-id#number. See `hugang sync"
                " --report` for the facts under review."
            )
        if name not in open_now:
            listed = ", ".join(sorted(open_now)) or "none"
            raise NotUnderReview(f"{name} is not under review. Under review: {listed}.")
    confirmation = Confirmation(at=dt.datetime.now(dt.UTC), by=by or None, note=note or None)
    return records.confirm([FactRef(name) for name in names], confirmation)
