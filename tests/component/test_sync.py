from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from docx import Document as WordFile

from knowledge.card import FactRef, Instrument
from knowledge.documents.document import PUBLIC
from knowledge.documents.library import DocumentLibrary
from knowledge.official.book import ArticleBook
from knowledge.official.fetch import Fetcher, FetchLimits
from knowledge.official.records import DATABASE, Records
from knowledge.official.register import OfficialText
from knowledge.official.review import NotUnderReview, confirm
from knowledge.official.sync import Outcome, Synchroniser
from knowledge.search.embed import Embedder
from knowledge.search.segment import Segmenter
from tests.component.law_server import (
    LawServer,
    dribble,
    endless,
    law_server,
    page,
    redirect,
    status,
)
from tests.component.official_texts import (
    ARTICLES,
    CARD,
    TITLE,
    changed,
    fact,
    html,
    inserted,
    law_card,
)
from tests.unit.small_cards import corpus_of

LIMITS = FetchLimits(bytes=2_000_000, seconds=2.0, silence_s=1.0, pause_s=0.0)


class Bench(NamedTuple):
    """A server that publishes the law, and a home that keeps it."""

    server: LawServer
    library: DocumentLibrary
    records: Records
    folder: Path

    def publish(self, articles: Mapping[str, str] = ARTICLES) -> None:
        self.server.pages["/law"] = page(html(articles), etag=f'"{hash(str(articles))}"')

    def sync(self, card: Instrument | None = None, *, dry: bool = False) -> Outcome:
        [outcome] = self.sync_all([card or law_card(self.server.url("/law"))], dry=dry)
        return outcome

    def sync_all(self, cards: list[Instrument], *, dry: bool = False) -> list[Outcome]:
        texts = [
            OfficialText(instrument=card.id, source="s1", url=card.sources[0].url) for card in cards
        ]
        with Fetcher(LIMITS, allowed=[self.server.place]) as fetcher:
            tools = Synchroniser(corpus_of(*cards), self.library, self.records, fetcher)
            return list(tools.run(texts, dry=dry))

    def articles(self) -> dict[int, str | None]:
        return {
            link.fact.fact_id: link.article
            for link in self.records.links(CARD).values()
            if link.passages
        }

    def under_review(self) -> dict[int, str]:
        return {review.fact.fact_id: review.why for review in self.records.reviews()}


@pytest.fixture
def bench(tmp_path: Path, embedder: Embedder, segmenter: Segmenter) -> Iterator[Bench]:
    with (
        law_server() as server,
        DocumentLibrary.open(tmp_path, embedder, segmenter) as library,
        Records(library.store.folder) as records,
    ):
        yield Bench(server, library, records, library.store.folder)


def test_a_text_is_kept_as_a_public_document_and_facts_stand_beside_their_articles(
    bench: Bench,
) -> None:
    bench.publish()
    outcome = bench.sync()
    assert (outcome.state, outcome.articles, outcome.located) == ("added", 7, 5)
    [document] = bench.library.documents()
    assert (document.scope, document.kind, document.instrument) == (PUBLIC, "official", CARD)
    assert document.particulars.title == TITLE
    assert bench.articles() == {
        1: "第三条",
        2: "第四条",
        3: "第五条",
        4: "第六条",
        5: "第二条；第七条",
    }
    ways = {link.fact.fact_id: link.way for link in bench.records.links().values()}
    assert ways == {1: "locator", 2: "locator", 3: "words", 4: "locator", 5: "locator"}
    beside = ArticleBook(bench.folder).read()[FactRef.of(CARD, 2)]
    assert beside.under_review is None
    assert beside.article is not None
    assert beside.article.text == f"第四条　{ARTICLES['四']}"
    assert bench.library.passage(beside.article.ref).part.article == "第四条"


def test_a_text_that_has_not_changed_costs_one_request(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    before = bench.library.documents()
    assert bench.sync().state == "unchanged"
    [first, second] = bench.server.asked("/law")
    assert "if-none-match" in second.headers
    assert "if-none-match" not in first.headers
    assert bench.library.documents() == before


def test_a_page_around_the_text_may_change_without_a_change_of_the_text(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    other = html().replace("要闻", "通知公告").replace("网站地图", "访问量：1024")
    bench.server.pages["/law"] = page(other, etag='"other"')
    outcome = bench.sync()
    assert (outcome.state, outcome.changes, bench.under_review()) == ("unchanged", (), {})
    assert bench.sync().state == "unchanged"
    assert bench.server.asked("/law")[-1].headers["if-none-match"] == '"other"'


def test_a_changed_article_puts_the_facts_that_rest_on_it_under_review(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    bench.publish(changed(四="企业境外放款余额不得超过其上年度所有者权益的80%。"))
    outcome = bench.sync()
    assert outcome.state == "changed"
    [change] = outcome.changes
    assert (change.kind, change.label) == ("changed", "第四条")
    assert [tuple(words) for words in change.words] == [("50%", "80%")]
    assert outcome.reviews == (FactRef.of(CARD, 2),)
    [review] = bench.records.reviews()
    assert (review.why, review.article) == ("changed", "第四条")
    assert "50%" in review.before
    assert review.after is not None
    assert "80%" in review.after
    beside = ArticleBook(bench.folder).read()
    told = beside[FactRef.of(CARD, 2)]
    assert told.under_review is not None
    assert "第四条" in told.under_review.zh
    assert told.article is not None
    assert "80%" in told.article.text
    assert told.article.changed == dt.datetime.now(dt.UTC).date()
    assert beside[FactRef.of(CARD, 1)].under_review is None


def test_an_inserted_article_renumbers_what_follows_and_changes_nothing_else(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    bench.publish(inserted("三", "企业变更账户信息的，应当及时通知银行。"))
    outcome = bench.sync()
    kinds = [change.kind for change in outcome.changes]
    assert kinds == ["added", "renumbered", "renumbered", "renumbered", "renumbered"]
    assert outcome.reviews == ()
    # The card's locators are those of the earlier version: they must not lead to other articles.
    expected = {1: "第三条", 2: "第五条", 3: "第六条", 4: "第七条", 5: "第二条；第八条"}
    assert bench.articles() == expected
    bench.sync()
    assert bench.articles() == expected


def test_a_fact_whose_article_was_removed_is_led_to_no_other_by_its_locator(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    texts = [text for number, text in ARTICLES.items() if number != "四"]
    bench.publish(dict(zip("一二三四五六", texts, strict=True)))
    outcome = bench.sync()
    assert [c.label for c in outcome.changes if c.kind == "removed"] == ["第四条"]
    for _ in range(2):
        assert bench.under_review() == {2: "removed"}
        assert bench.articles() == {1: "第三条", 3: "第四条", 4: "第五条", 5: "第二条；第六条"}
        bench.sync()


def test_a_fact_that_the_card_words_anew_is_located_anew(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    url = bench.server.url("/law")
    bench.sync(law_card(url, fact(2, "所有者权益的50%为限。", "第五条")))
    assert bench.articles() == {2: "第五条"}


@pytest.mark.parametrize("code", [404, 410])
def test_of_a_vanished_page_the_last_text_is_kept_and_its_facts_are_under_review(
    bench: Bench, code: int
) -> None:
    bench.publish()
    bench.sync()
    bench.server.pages["/law"] = status(code)
    outcome = bench.sync()
    assert (outcome.state, len(outcome.reviews)) == ("vanished", 5)
    assert set(bench.under_review().values()) == {"vanished"}
    told = ArticleBook(bench.folder).read()[FactRef.of(CARD, 2)]
    assert told.article is not None
    assert "50%" in told.article.text
    assert told.under_review is not None
    again = bench.sync()
    assert (again.state, again.reviews) == ("vanished", ())
    bench.publish()
    assert bench.sync().state == "unchanged"
    assert bench.records.texts()[CARD].vanished is None
    assert set(bench.under_review()) == {1, 2, 3, 4, 5}  # only a person takes them from review


def test_a_page_that_now_holds_something_else_counts_as_vanished(bench: Bench) -> None:
    bench.publish()
    bench.sync()
    other = "<p>您访问的页面不存在或已删除，请返回首页查看其他内容。</p>" * 3
    bench.server.pages["/law"] = page(f"<html><body>{other}</body></html>")
    assert bench.sync().state == "vanished"
    assert len(bench.library.passages(bench.library.documents()[0].id)) == 7


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (status(500), "status"),
        (status(403), "status"),
        (dribble, "too-slow"),
        (endless, "too-large"),
        (redirect("http://169.254.169.254/latest/meta-data/"), "forbidden-address"),
        (redirect("http://127.0.0.1:9/law"), "forbidden-address"),
        (redirect("/other"), "redirects"),
        (page(b"%PDF-1.7 broken"), None),
        (page(b""), "empty"),
        (page("<html><body><p>系统维护中</p></body></html>"), "shell"),
    ],
)
def test_what_fails_is_told_and_stops_no_other_text_and_touches_no_kept_one(
    bench: Bench, answer: object, code: str | None
) -> None:
    bench.publish()
    other = law_card(bench.server.url("/other")).model_copy(update={"id": "other-law"})
    bench.server.pages["/other"] = answer  # type: ignore[assignment]
    cards = [other, law_card(bench.server.url("/law"))]
    failed, added = bench.sync_all(cards)
    assert (failed.state, added.state) == ("failed", "added")
    assert failed.message is not None
    if code:
        assert failed.code == code
    assert len(bench.library.documents()) == 1
    if code != "shell":  # a kept text whose page is replaced by another one counts as vanished
        bench.server.pages["/law"] = answer  # type: ignore[assignment]
        assert bench.sync().state == "failed"
        assert bench.under_review() == {}
        assert len(bench.articles()) == 5


def test_a_text_that_robots_txt_forbids_is_not_fetched(bench: Bench) -> None:
    bench.publish()
    bench.server.pages["/robots.txt"] = page("User-agent: *\nDisallow: /law\n")
    assert bench.sync().code == "robots"
    assert bench.server.asked("/law") == []


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("gb18030", "utf-8", "text/html; charset=utf-8"),
        ("gb18030", "gb2312", "text/html"),
        ("utf-8", "gb2312", "text/html; charset=gb2312"),
        ("utf-16", "utf-8", "text/html"),
    ],
)
def test_a_page_that_misstates_its_encoding_is_read_by_what_it_is(
    bench: Bench, encoding: str, declared: str, header: str
) -> None:
    body = html(charset=declared).encode(encoding)
    bench.server.pages["/law"] = page(body, content_type=header)
    assert bench.sync().located == 5
    [document] = bench.library.documents()
    texts = [passage.part.text for passage in bench.library.passages(document.id)]
    assert f"第三条　{ARTICLES['三']}" in texts


@pytest.mark.parametrize("declared", ["big5", "utf-8"])
def test_a_page_in_big5_is_read_and_facts_in_simplified_characters_find_their_articles(
    bench: Bench, declared: str
) -> None:
    from bot.language import in_script

    text = in_script(html(), "zh-Hant").replace('charset="utf-8"', f'charset="{declared}"')
    bench.server.pages["/law"] = page(text.encode("big5hkscs"), content_type="text/html")
    assert bench.sync().located == 5
    assert bench.articles()[3] == "第五條"


def test_a_text_in_a_pdf_behind_the_page_is_followed_where_its_link_bears_the_title(
    bench: Bench, tmp_path: Path
) -> None:
    shell = (
        f"<html><body><h1>{TITLE}</h1><p>全文见附件。</p>"
        f'<a href="/files/law.pdf">{TITLE}.pdf</a> <a href="/files/form.pdf">申请表</a>'
        "</body></html>"
    )
    bench.server.pages["/law"] = page(shell, etag='"shell"')
    bench.server.pages["/files/law.pdf"] = page(pdf(), etag='"pdf"', content_type="application/pdf")
    assert bench.sync().located == 5
    [document] = bench.library.documents()
    assert (document.format, document.pages) == ("pdf", 1)
    told = ArticleBook(bench.folder).read()[FactRef.of(CARD, 2)]
    assert told.article is not None
    assert told.article.page == 1
    assert bench.sync().state == "unchanged"
    assert bench.server.asked("/files/law.pdf")[-1].headers["if-none-match"] == '"pdf"'
    assert bench.server.asked("/files/form.pdf") == []
    bench.server.pages["/files/law.pdf"] = status(404)
    assert bench.sync().state == "vanished"


def test_a_pdf_on_another_host_is_not_followed(bench: Bench) -> None:
    link = f'<a href="http://files.example.org/law.pdf">{TITLE}</a>'
    bench.server.pages["/law"] = page(f"<html><body><p>全文见附件。</p>{link}</body></html>")
    assert bench.sync().code == "shell"


def test_a_word_file_is_a_text_too(bench: Bench, tmp_path: Path) -> None:
    file = WordFile()
    file.add_heading(TITLE, 0)
    for number, text in ARTICLES.items():
        file.add_paragraph(f"第{number}条　{text}")
    file.save(str(tmp_path / "law.docx"))
    bench.server.pages["/law"] = page((tmp_path / "law.docx").read_bytes(), content_type="x/y")
    assert bench.sync().located == 5


def test_a_dry_run_tells_what_changed_and_keeps_nothing(bench: Bench) -> None:
    bench.publish()
    assert bench.sync(dry=True).state == "added"
    assert bench.library.documents() == ()
    assert bench.records.texts() == {}
    bench.sync()
    bench.publish(changed(四="企业境外放款余额不得超过其上年度所有者权益的80%。"))
    for _ in range(2):
        outcome = bench.sync(dry=True)
        assert (outcome.state, len(outcome.reviews)) == ("changed", 1)
    assert bench.under_review() == {}
    bench.server.pages["/law"] = status(404)
    assert bench.sync(dry=True).state == "vanished"
    assert bench.records.texts()[CARD].vanished is None


def test_a_run_that_dies_before_the_text_is_kept_loses_no_change(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.publish()
    bench.sync()
    bench.publish(changed(四="企业境外放款余额不得超过其上年度所有者权益的80%。"))

    def dies(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    added = bench.library.add
    with monkeypatch.context() as patched:  # before the new text is kept
        patched.setattr(bench.library, "add", dies)
        with pytest.raises(KeyboardInterrupt):
            bench.sync()
    with monkeypatch.context() as patched:  # and right after

        def adds_and_dies(*args: Any, **more: Any) -> None:
            added(*args, **more)
            raise KeyboardInterrupt

        patched.setattr(bench.library, "add", adds_and_dies)
        with pytest.raises(KeyboardInterrupt):
            bench.sync()
    bench.sync()
    assert bench.under_review() == {2: "changed"}
    assert [found.change.label for found in bench.records.changes()] == ["第四条"]
    assert bench.articles()[2] == "第四条"
    assert len(bench.articles()) == 5


def test_a_document_that_was_removed_is_fetched_anew_and_shown_no_more_meanwhile(
    bench: Bench,
) -> None:
    bench.publish()
    bench.sync()
    book = ArticleBook(bench.folder)
    assert book.read()[FactRef.of(CARD, 2)].article is not None
    [document] = bench.library.documents()
    bench.library.remove(document.id)
    assert FactRef.of(CARD, 2) not in book.read()
    assert bench.sync().state == "added"
    assert book.read()[FactRef.of(CARD, 2)].article is not None


def test_a_confirmed_fact_is_under_review_no_more_until_its_article_changes_again(
    bench: Bench,
) -> None:
    bench.publish()
    bench.sync()
    bench.publish(changed(四="余额不得超过其上年度所有者权益的80%。"))
    bench.sync()
    corpus = corpus_of(law_card(bench.server.url("/law")))
    ref = FactRef.of(CARD, 2)
    with pytest.raises(NotUnderReview, match=f"Under review: {ref}"):
        confirm(bench.records, corpus, [ref, FactRef.of(CARD, 1)], "Li", None)
    assert bench.under_review() == {2: "changed"}
    with pytest.raises(NotUnderReview, match="no fact of the corpus"):
        confirm(bench.records, corpus, ["nonsense"], None, None)
    assert confirm(bench.records, corpus, [ref], "Li", "raised to 80%") == [ref]
    assert bench.under_review() == {}
    [done] = bench.records.reviews(confirmed=True)
    assert done.confirmed is not None
    assert (done.confirmed.by, done.confirmed.note) == ("Li", "raised to 80%")
    bench.publish(changed(四="余额不得超过其上年度所有者权益的90%。"))
    bench.sync()
    [review] = bench.records.reviews()
    assert "80%" in review.before


def test_a_fact_changed_twice_before_anyone_looked_is_shown_as_it_was_checked(
    bench: Bench,
) -> None:
    bench.publish()
    bench.sync()
    for share in ("80%", "90%"):
        bench.publish(changed(四=f"企业境外放款余额不得超过其上年度所有者权益的{share}。"))
        bench.sync()
    [review] = bench.records.reviews()
    assert "50%" in review.before
    assert review.after is not None
    assert "90%" in review.after


def test_without_records_no_file_is_opened_and_damaged_ones_leave_answers_alone(
    tmp_path: Path,
) -> None:
    assert ArticleBook(tmp_path).read() == {}
    assert list(tmp_path.iterdir()) == []
    (tmp_path / DATABASE).write_bytes(b"no database" * 500)
    assert ArticleBook(tmp_path).read() == {}
    (tmp_path / DATABASE).unlink()
    with sqlite3.connect(tmp_path / DATABASE) as later:
        later.execute("PRAGMA user_version=99")
    assert ArticleBook(tmp_path).read() == {}


def pdf() -> bytes:
    """Set the law as a PDF with a text layer."""
    import typst

    lines = [f"= {TITLE}", *(f"第{number}条　{text}" for number, text in ARTICLES.items())]
    source = '#set text(font: ("Noto Sans CJK SC", "Noto Serif CJK SC"))\n' + "\n\n".join(lines)
    return typst.compile(source.encode())
