"""`hugang sync`, its report, `hugang corpus confirm`, and what answers show of it; on shipped cards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.language import Lang
from bot.question import read_question
from bot.settings import Settings
from bot.store.records import Asked, owner_of
from bot.store.store import Store
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.documents.library import DocumentLibrary
from knowledge.home import default_home, documents_folder
from knowledge.official import fetch, register
from knowledge.official.book import ArticleBook
from knowledge.official.register import OfficialText
from knowledge.search.embed import Embedder
from knowledge.search.index import SearchIndex
from knowledge.search.segment import Segmenter
from tests.component.law_server import LawServer, law_server, page, redirect, status
from tests.component.test_fetch import QUICK
from ui.cli import app

CARD = "pudong-ft-account-provisions-2025"
FACT = FactRef.of(CARD, 7)
"""Its locator is none: it is found by its words. Routes and a case rest on it."""
OWNER = owner_of("a" * 43)


def law(corpus: Corpus, hedging: str) -> str:
    """Publish a text in which the card's facts stand, article by article."""
    facts = [corpus.fact(FactRef.of(CARD, number)).zh for number in (2, 2, 3, 4, 5, 6)]
    lines = "".join(
        f"<p>第{n}条　{text}</p>" for n, text in zip("一二三四五六", facts, strict=True)
    )
    return (
        "<html><head><meta charset=utf-8></head><body><h1>上海市浦东新区促进自由贸易账户业务发展若干规定"
        f"</h1>{lines}<p>第七条　{hedging}</p></body></html>"
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LawServer]:
    """A server that stands in for the one page of the register."""
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    with law_server() as server:
        text = OfficialText(instrument=CARD, source="s1", url=server.url("/law"))
        monkeypatch.setattr(register, "load_register", lambda: (text,))
        allowed = partial(fetch.Fetcher, QUICK, allowed=[server.place])
        monkeypatch.setattr(fetch, "Fetcher", allowed)
        yield server


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


@pytest.fixture
def changed(server: LawServer, corpus: Corpus) -> str:
    """A text fetched twice, with another seventh article the second time: what was printed then."""
    hedging = corpus.fact(FACT).zh
    server.pages["/law"] = page(law(corpus, hedging))
    assert "8 facts located" in run("sync")
    server.pages["/law"] = page(law(corpus, hedging.replace("应委托", "不得委托")))
    return run("sync", CARD)


def test_a_change_is_told_with_all_that_rests_on_it_and_gone_once_confirmed(
    changed: str, advisor: Advisor, search_index: SearchIndex, embedder: Embedder
) -> None:
    assert f"changed   {CARD}" in changed
    assert f"under review  {FACT}" in changed
    asked = Asked(
        turn="m0001", conversation="c" * 22, root="m0001", question="套期保值？", lang="zh-Hans"
    )
    answer = citing(advisor)
    with Store.of(Settings(home=default_home())) as store:
        store.conversations.begin(asked, OWNER, "v1")
        store.conversations.end("m0001", "answered", {}, answer)
    report = as_json("sync", "--report")
    [text] = report["texts"]
    [change] = text["changes"]
    assert (change["kind"], change["article"]) == ("changed", "第七条")
    assert any("不得" in after for _, after in change["words"])
    assert FACT in change["facts"]
    [review] = [each for each in text["reviews"] if each["fact"] == FACT]
    assert review["why"] == "changed"
    assert "gold-and-commodities" in review["routes"]
    assert review["answers"] == [answer.id]
    assert "d011" in text["cases"]
    assert [entry["question"] for entry in report["answers"]] == ["套期保值？"]
    told = run("sync", "--report")
    assert "不得" in told
    assert f"UNDER REVIEW since {review['since']} {FACT}" in told
    assert answer.id in told
    assert "not under review" in run("corpus", "confirm", f"{CARD}#1", code=1)
    facts = [each["fact"] for each in text["reviews"]]
    assert f"confirmed  {FACT}" in run("corpus", "confirm", *facts, "--by", "Li", "--note", "ok")
    assert as_json("sync", "--report")["texts"][0]["reviews"] == []


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_an_answer_shows_the_article_beside_the_fact_and_warns_while_it_is_under_review(
    changed: str, corpus: Corpus, advisor: Advisor, lang: Lang
) -> None:
    plain = citing(advisor, lang)
    assert all(one.article is None and one.under_review is None for one in plain.citations)
    before = advisor.corpus
    advisor.corpus = corpus.beside(ArticleBook(documents_folder(default_home())))
    try:
        shown = citing(advisor, lang)
        [cited] = [one for one in shown.citations if one.ref == FACT]
        assert cited.article is not None
        assert cited.article.article == "第七条"
        assert "不得" in cited.article.text
        assert cited.article.changed is not None
        reason = (
            "Under review since" if lang == "en" else "待复核" if lang == "zh-Hans" else "待複核"
        )
        assert cited.under_review is not None
        assert reason in cited.under_review
        extra = set(shown.warnings) - set(plain.warnings)
        assert len(extra) == 1
        assert shown.text == plain.text
        reviews = [one.ref for one in shown.citations if one.under_review]
        run("corpus", "confirm", *reviews)
        after = citing(advisor, lang)
        assert [one.under_review for one in after.citations if one.ref in reviews] == [None] * len(
            reviews
        )
        assert after.warnings == plain.warnings
    finally:
        advisor.corpus = before


def test_an_advisor_that_is_opened_has_the_official_texts_of_its_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Advisor, "warm", lambda _: None)
        opened = Advisor.open(Settings(home=tmp_path))
    try:
        assert opened.corpus.articles is not None
        assert opened.corpus.articles.read() == {}
    finally:
        opened.close()


def test_a_dry_run_says_so_and_keeps_nothing(server: LawServer, corpus: Corpus) -> None:
    server.pages["/law"] = page(law(corpus, "银行应当审核。"))
    assert "added" in run("sync", "--dry-run")
    assert as_json("sync", "--report")["texts"] == []
    assert "No official text was fetched yet" in run("sync", "--report")


def test_a_text_that_cannot_be_fetched_is_told_and_the_exit_code_says_so(server: LawServer) -> None:
    server.pages["/law"] = redirect("http://192.168.0.1/law")
    told = run("sync", code=1)
    assert "failed" in told
    assert "192.168.0.1" in told


def test_an_instrument_without_a_text_names_the_nearest(server: LawServer) -> None:
    told = run("sync", "pudong-ft-account", code=1)
    assert CARD in told
    assert server.seen == []


def test_a_page_of_the_web_is_added_by_its_address(
    server: LawServer, corpus: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    server.pages["/memo"] = page(law(corpus, "银行应当审核。"))
    url = server.url("/memo")
    assert "added" in run("add", url)
    with DocumentLibrary.open(default_home(), embedder, segmenter) as library:
        [document] = library.documents()
    assert (document.name, document.kind, document.scope) == (url, "own", "tenant")
    server.pages["/gone"] = status(404)
    assert "404" in run("add", server.url("/gone"), code=1)
    assert "forbidden" not in run("add", url)
    assert "private network" in run("add", "http://127.0.0.1:1/x", code=1)


def citing(advisor: Advisor, lang: Lang = "zh-Hans") -> CheckedAnswer:
    """Ask what the fact answers."""
    asked = {
        "zh-Hans": "大宗商品贸易企业可以用浦东自由贸易账户做境外套期保值吗？",
        "zh-Hant": "大宗商品貿易企業可以用浦東自由貿易賬戶做境外套期保值嗎？",
        "en": "Can commodity traders hedge abroad through a Pudong free trade account?",
    }
    answer = advisor.answer(read_question(asked[lang], lang=lang))
    assert FACT in [one.ref for one in answer.citations]
    return answer
