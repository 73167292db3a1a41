"""The rulebook over the real corpus and the real retrieval."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.advisor import Advisor
from bot.language import Lang, in_script, localise, to_traditional
from knowledge.card import Instrument
from knowledge.corpus import Corpus
from tests.component.read_page import Page
from tests.hostile import PAYLOADS
from ui.frame import mount_assets
from ui.html import web_address
from ui.rulebook.names import Names
from ui.rulebook.routes import rulebook_pages
from ui.strings import LANGS, string

POOL, PILOTS = "mnc-integrated-cash-pool-2025", "mnc-integrated-pool-pilots"
SAFE_43 = "safe-2025-43-cross-border-investment-financing"
LISTING_FUNDS = "pboc-safe-2025-252-overseas-listing-funds"


@pytest.fixture(scope="module")
def client(advisor: Advisor) -> TestClient:
    app = FastAPI()
    app.include_router(rulebook_pages(advisor, Names(advisor.corpus), CapacityLimiter(2)))
    mount_assets(app)
    return TestClient(app)


def opened(client: TestClient, address: str, expected: int = 200, **query: str) -> Page:
    response = client.get(address, params=query or None)
    assert response.status_code == expected, address
    assert response.headers["content-type"].startswith("text/html")
    return Page(response.text)


def searched(client: TestClient, words: str, **query: str) -> list[str]:
    return opened(client, "/rules", q=words, lang="zh-Hans", **query).rows()


# --- search ---


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("汇发〔2025〕43号", SAFE_43),
        ("汇发2025 43号", SAFE_43),
        ("匯發[2025]43號", SAFE_43),
        ("Huifa 2025 No. 43", SAFE_43),
        ("银发251号", POOL),
        ("銀發（2025）251號文", POOL),
        ("银发2025 251", POOL),
        ("37号文", "safe-2014-37-spv-round-trip"),
        ("发改委11号令", "ndrc-2017-11-odi"),
        ("Cap. 656", "hk-stablecoins-ordinance"),
        ("跨境支付通", "payment-connect-fps-ibps"),
        ("payment connect", "payment-connect-fps-ibps"),
        ("沪港国际金融中心协同发展行动方案", "sh-hk-ifc-action-plan-2025"),
        (LISTING_FUNDS, LISTING_FUNDS),
    ],
)
def test_a_number_title_or_popular_name_comes_first(
    client: TestClient, words: str, first: str
) -> None:
    assert searched(client, words)[0] == first


def test_every_title_and_number_finds_its_instrument_first(
    client: TestClient, corpus: Corpus
) -> None:
    for card in list(corpus.instruments.values())[::9]:
        assert searched(client, card.title.zh)[0] == card.id
        assert card.id in searched(client, card.number or card.title.en)[:2]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("再保险", "hk-reinsurance-cross-treatment"),
        ("cash pool", POOL),
        ("財資中心", "hk-corporate"),
    ],
)
def test_words_of_the_facts_find_the_instrument_and_show_the_fact(
    client: TestClient, words: str, found: str
) -> None:
    page = opened(client, "/rules", q=words, lang="zh-Hans")
    assert any(row.startswith(found) for row in page.rows()[:4])
    assert any("#fact-" in link for link in page.links)


@pytest.mark.parametrize("words", ["红烧肉怎么做", "how to cook fish", "asdfgh"])
def test_words_of_another_field_find_nothing_and_say_what_to_do(
    client: TestClient, words: str
) -> None:
    page = opened(client, "/rules", q=words, lang="en")
    assert page.rows() == []
    assert string("rules.nothing", "en") in page.text


def test_the_api_finds_by_the_same_words_and_filters(corpus: Corpus, client: TestClient) -> None:
    from ui.api.catalogue import Catalogue, InstrumentFilter

    wanted = InstrumentFilter(topic="tax", jurisdiction="hongkong", as_of=dt.date(2026, 6, 1))
    listed = {row.id for row in Catalogue(corpus).instruments(wanted).items}
    query = {"topic": "tax", "jurisdiction": "hongkong", "as_of": "2026-06-01"}
    assert listed == set(opened(client, "/rules", **query).rows())


def test_the_day_changes_what_a_rule_counts_for(client: TestClient) -> None:
    for day, status in (("2025-12-25", "in-force"), ("2025-12-26", "superseded")):
        assert PILOTS in searched(client, "资金池", as_of=day, status=status)


def test_a_part_of_the_page_is_the_page_without_its_frame(client: TestClient) -> None:
    query = {"q": "资金池", "topic": "fund-management", "lang": "zh-Hans"}
    whole = client.get("/rules", params=query).text
    part = client.get("/rules", params=query | {"fragment": "1"}).text
    assert "<html" not in part
    assert part in whole


# --- every page ---


@cache
def _anchors(client: TestClient, path: str) -> frozenset[str]:
    response = client.get(path)
    assert response.status_code == 200, path
    return frozenset(Page(response.text).ids)


def _resolve(client: TestClient, corpus: Corpus, page: Page, lang: Lang) -> None:
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme:
            assert web_address(link)
            continue
        if link == "#main" or not parts.path:
            assert parts.fragment in page.ids, link
            continue
        if "lang=" in link and link not in (one for one in page.links if "hreflang" in one):
            assert parse_qs(parts.query)["lang"][0] in LANGS
        if parts.path.startswith("/plan/"):
            assert parts.path.removeprefix("/plan/") in corpus.routes
        elif parts.path.startswith("/rules"):
            anchors = _anchors(client, parts.path)
            assert not parts.fragment or parts.fragment in anchors, link
        else:
            assert parts.path in ("/", "/plan", "/documents", "/evaluate"), link


def _other(card: Instrument, lang: Lang) -> str:
    return card.title.zh if lang == "en" else card.title.en


@pytest.mark.parametrize("lang", LANGS)
def test_every_instrument_shows_all_its_facts_and_sources_and_every_link_leads_somewhere(
    client: TestClient, corpus: Corpus, lang: Lang
) -> None:
    for card in corpus.instruments.values():
        page = opened(client, f"/rules/{card.id}", lang=lang)
        assert localise(card.title, lang) in page.text
        assert _other(card, lang) in page.text
        assert len(page.ids) == len(set(page.ids))
        for fact in card.facts:
            assert f"fact-{fact.id}" in page.ids
            assert fact.en in page.text
            assert in_script(fact.zh, lang) in page.text
        assert {source.url for source in card.sources} <= set(page.links)
        assert sum("#measure-" in link for link in page.links) == len(card.measures)
        _resolve(client, corpus, page, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_every_other_page_stands_in_its_language_and_its_links_lead_somewhere(
    client: TestClient, corpus: Corpus, lang: Lang
) -> None:
    topics = sorted({topic for card in corpus.instruments.values() for topic in card.topics})
    for path in ("/rules", "/rules/action-plan", *(f"/rules/topics/{one}" for one in topics)):
        page = opened(client, path, lang=lang)
        assert ("html", {"lang": lang}) in page.elements
        assert sum(tag == "h1" for tag, _ in page.elements) == 1
        _resolve(client, corpus, page, lang)


def test_a_timeline_shows_every_instrument_of_its_topic(client: TestClient, corpus: Corpus) -> None:
    page = opened(client, "/rules/topics/fund-management", lang="en")
    for card in corpus.instruments.values():
        shown = any(link.startswith(f"/rules/{card.id}?") for link in page.links)
        assert shown >= ("fund-management" in card.topics)


def test_an_instrument_asks_about_itself_in_the_language_of_the_page(client: TestClient) -> None:
    page = opened(client, f"/rules/{POOL}", lang="zh-Hant")
    asks = [parse_qs(urlsplit(link).query) for link in page.links if link.startswith("/?")]
    question = next(ask["q"][0] for ask in asks if "q" in ask)
    assert to_traditional("关于跨国公司本外币一体化资金池业务") in question


def test_the_chain_of_replacement_tells_when_each_counted(client: TestClient) -> None:
    text = opened(client, f"/rules/{LISTING_FUNDS}", lang="en").text
    assert string("rules.replaced_on", "en", date="2026-04-01") in text


# --- what is not there ---


@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_instrument_is_told_with_its_nearest_names(
    client: TestClient, corpus: Corpus, lang: Lang
) -> None:
    page = opened(client, "/rules/mnc-integrated-cash-pool-2024", 404, lang=lang)
    assert string("rules.unknown", lang) in page.text
    assert localise(corpus.instruments[POOL].title, lang) in page.text


def test_an_unknown_topic_is_told_with_the_topics_there_are(client: TestClient) -> None:
    page = opened(client, "/rules/topics/zzz", 404, lang="en")
    assert any(link.startswith("/rules/topics/tax?") for link in page.links)


# --- what must do nothing ---

ALL_PAYLOADS = (*PAYLOADS, "<scr\x00ipt>alert(1)</scr\x00ipt>")
TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "div",
        "a",
        "svg",
        "path",
        "circle",
        "rect",
        "header",
        "nav",
        "button",
        "main",
        "footer",
        "form",
        "input",
        "label",
        "span",
        "select",
        "option",
        "p",
        "h1",
        "h2",
        "h3",
        "small",
        "details",
        "summary",
        "ul",
        "ol",
        "li",
        "fieldset",
        "legend",
        "section",
        "mark",
        "article",
        "strong",
        "code",
        "dl",
        "dt",
        "dd",
        "time",
    ]
)


def _harmless(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag in TAGS
        assert not [name for name in attributes if name.startswith("on") or name == "srcdoc"]
        for name in ("href", "src", "action"):
            value = attributes.get(name) or ""
            assert re.match(r"(?:/|#|\?|https?://|$)", value), value
            assert tag == "a" or not value.startswith(("//", "http")), value


@pytest.mark.parametrize("payload", ALL_PAYLOADS)
def test_what_a_reader_types_stays_text(client: TestClient, payload: str) -> None:
    plain = payload.replace("\x00", " ")
    found = opened(client, "/rules", q=payload, lang="en")
    _harmless(found)
    box = next(at for tag, at in found.elements if at.get("id") == "rb-q")
    assert box["value"] == " ".join(plain.split())
    fields = ("as_of", "topic", "status", "jurisdiction", "issuer", "sort", "page", "lang")
    told = opened(client, "/rules", **dict.fromkeys(fields, payload))
    _harmless(told)
    assert payload.strip()[:20].replace("\x00", "") in told.text.replace("\x00", "").replace(
        "�", ""
    )
    for path in (f"/rules/{quote(payload, safe='')}", f"/rules/topics/{quote(payload, safe='')}"):
        response = client.get(path, params={"lang": "en"})
        assert response.status_code == 404
        if response.headers["content-type"].startswith("text/html"):
            _harmless(Page(response.text))
    _harmless(opened(client, f"/rules/{POOL}", as_of=payload))


def test_a_page_lets_no_script_in_but_our_own(client: TestClient) -> None:
    policy = client.get("/rules").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self'" in policy
