"""The pages of plans over the real advisor: what an address says, and what the page makes of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.language import Lang, localise
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.route import Goal
from tests.component.read_page import Page
from tests.hostile import PAYLOADS
from tests.shipped import shipped_corpus
from ui.frame import mount_assets
from ui.plan.day import not_held
from ui.plan.page import GROUPS, plan_pages
from ui.strings import LANGS, string

ENDED_OR_AHEAD = ("not-yet", "superseded", "repealed")
ROUTES = sorted(shipped_corpus().routes)
FUND = "/plan/fund-overseas-subsidiary"


@pytest.fixture(scope="module")
def client(advisor: Any) -> TestClient:
    app = FastAPI()
    app.include_router(plan_pages(advisor))
    mount_assets(app)
    return TestClient(app)


def get(client: TestClient, path: str, status: int = 200, **query: str) -> Page:
    answer = client.get(path, params=query)
    assert answer.status_code == status
    return Page(answer.text)


def test_every_goal_is_in_one_group() -> None:
    assert sorted(goal for goals in GROUPS.values() for goal in goals) == sorted(get_args(Goal))


@pytest.mark.parametrize("lang", LANGS)
def test_every_route_can_be_chosen_and_opened(
    client: TestClient, corpus: Corpus, lang: str
) -> None:
    goals = get(client, "/plan", lang=lang)
    links = [str(link["href"]) for link in goals.all("a") if "/plan/" in str(link["href"])]
    assert sorted(urlsplit(link).path for link in links) == [f"/plan/{one}" for one in ROUTES]
    for link in links:
        shown = Page(client.get(link).text)
        assert shown.all("html", lang=lang)
        assert len(shown.all("h1")) == 1
        route = corpus.routes[urlsplit(link).path.removeprefix("/plan/")]
        assert len([1 for a in shown.all("a") if "data-option" in a]) == len(route.options)
        assert {item.name for item in route.inputs} <= {
            str(one["name"]) for tag in ("input", "select") for one in shown.all(tag)
        }


@pytest.mark.parametrize("route", ROUTES)
def test_ids_are_unique_and_labels_have_their_fields(client: TestClient, route: str) -> None:
    shown = get(client, f"/plan/{route}", lang="en")
    ids = [str(attrs["id"]) for _, attrs in shown.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in shown.elements:
        for name in ("for", "aria-describedby"):
            assert attrs.get(name) is None or attrs[name] in ids
        target = attrs.get("href") or ""
        assert not target.startswith("#") or target[1:] in ids


def test_sources_lead_to_their_fact_in_the_rulebook(client: TestClient, corpus: Corpus) -> None:
    shown = get(client, FUND, lang="zh-Hans")
    links = [str(one["href"]) for one in shown.all("a") if "/rules/" in str(one["href"])]
    facts = [urlsplit(one) for one in links if "#" in one]
    assert len(facts) > 30
    for fact in facts:
        assert (
            f"{fact.path.removeprefix('/rules/')}#{fact.fragment.removeprefix('fact-')}" in corpus
        )


def test_what_is_known_decides_the_steps(client: TestClient) -> None:
    unknown = get(client, FUND, lang="zh-Hans").text
    small = get(client, FUND, lang="zh-Hans", amount_usd="2亿", enterprise_type="private", sensitive_project="false").text  # fmt: skip
    assert "取决于" in unknown
    assert "按您的情况不需要的步骤" in small
    assert "按您的情况不需要的步骤" not in unknown
    assert "国家发展和改革委员会" in small
    assert "在第 1 步之后" in small


@pytest.mark.parametrize(
    ("lang", "typed", "said"),
    [
        ("zh-Hans", "2亿", "读作 2亿美元（200,000,000）"),
        ("zh-Hant", "3500萬美元", "讀作 3,500萬美元（35,000,000）"),
        ("en", "200 million", "Read as USD 200 million (200,000,000)"),
        ("en", "950", "Read as USD 950"),
    ],
)
def test_an_amount_is_read_back(client: TestClient, lang: str, typed: str, said: str) -> None:
    shown = get(client, FUND, lang=lang, amount_usd=typed)
    assert said in shown.text
    assert shown.all("input", name="amount_usd", value=typed)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("amount_usd", "abc", "没读懂“abc”。请填以美元计"),
        ("amount_usd", "-5", "没读懂“-5”"),
        ("amount_usd", "nan", "没读懂“nan”"),
        ("amount_usd", "2亿元", "没读懂“2亿元”"),
        ("amount_usd", "9" * 400, f"没读懂“{'9' * 40}…”"),
        ("loan_to_equity", "很多", "没读懂“很多”。请填不小于 0 的数"),
        ("send_in_cny", "maybe", "没读懂“maybe”。请选是、否或不清楚"),
        ("enterprise_type", "royal", "没有“royal”这一项"),
        ("as_of", "31/12/2025", "没读懂日期“31/12/2025”"),
        ("as_of", "2025-02-30", "没读懂日期“2025-02-30”"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_kept(
    client: TestClient, name: str, value: str, said: str
) -> None:
    query = {"lang": "zh-Hans", "prohibited_project": "true", name: value}
    shown = get(client, FUND, **query)
    assert said in shown.text
    if name in ("amount_usd", "loan_to_equity"):
        assert shown.all("input", name=name, value=value)
        assert shown.all("input", name=name)[0]["aria-invalid"] == "true"
    checked = [one for one in shown.all("input", name="prohibited_project") if "checked" in one]
    assert [one["value"] for one in checked] == ["true"]
    assert "按已知情况，下列办法都走不通" in shown.text
    # The page in another language has it too; a file is made of what could be read.
    assert client.get(f"{FUND}?{urlencode(query)}&fragment=1").json()["address"].count("=") == 3
    away = next(str(a["href"]) for a in shown.all("a") if ".docx?" in str(a["href"]))
    del query[name]
    assert dict(parse_qsl(urlsplit(away).query)) == query


def test_an_unknown_input_is_named_and_left_out(client: TestClient) -> None:
    shown = get(client, FUND, lang="en", amount_eur="5", amount_usd="7")
    assert "This route has no “amount_eur”; it was left out." in shown.text
    assert "Read as USD 7" in shown.text


def test_an_unknown_route_names_the_nearest(client: TestClient) -> None:
    shown = get(client, "/plan/list-in-hongkong", 404, lang="zh-Hant")
    assert "沒有這條路線" in shown.text
    assert any("/plan/list-in-hong-kong?" in str(link["href"]) for link in shown.all("a"))


def test_an_option_is_shown_in_full_when_chosen(client: TestClient) -> None:
    shown = get(client, FUND, lang="en", option="shareholder-loan")
    current = [one for one in shown.all("a") if one.get("aria-current") == "true"]
    assert [one.get("data-option") for one in current if "data-option" in one] == [
        "shareholder-loan"
    ]
    assert "How the money moves: Shareholder loan on top of the equity" in shown.text
    other = get(client, FUND, lang="en", option="no-such-way")
    assert "How the money moves: Equity through a Hong Kong company" in other.text


def test_instruments_stand_as_on_the_day(client: TestClient) -> None:
    today, before = get(client, FUND, lang="en"), get(client, FUND, lang="en", as_of="2016-01-01")
    assert "Not yet effective" not in today.text
    assert "Not yet effective" in before.text
    assert "Status of the instruments as of 2016-01-01" in before.text


@pytest.mark.parametrize("lang", LANGS)
def test_a_step_none_of_whose_rules_applied_on_the_day_says_which_and_from_when(
    client: TestClient, advisor: Any, lang: Lang
) -> None:
    corpus, day = advisor.corpus, dt.date(2012, 1, 1)
    page = get(client, FUND, lang=lang, as_of=str(day))
    option = advisor.plan("fund-overseas-subsidiary", {}, lang).options[0]
    said = {step.id: not_held(step.refs, corpus, day, lang) for step in option.steps}
    assert any(said.values())
    shown = page.all("p", **{"class": "hg-not-held"})
    assert len(shown) == sum(map(bool, said.values()))
    for step in option.steps:
        cards = {ref.card_id: corpus.instrument(ref) for ref in step.refs}.values()
        none = all(corpus.validity(one, day) in ENDED_OR_AHEAD for one in cards)
        text = said[step.id]
        assert (text is not None) == (bool(cards) and none)
        if text:
            assert text in page.text
            assert str(day) in text
            for card in cards:
                assert localise(card.title, lang) in text
                assert str(card.starts if day < card.starts else corpus.ends(card)) in text
    assert string("plan.as_of.not_held", lang, n=len(shown), date=day) in page.text
    today = get(client, FUND, lang=lang)
    assert not today.all("p", **{"class": "hg-not-held"})


def test_a_rule_that_was_replaced_by_the_day_is_named_with_its_end(corpus: Corpus) -> None:
    old = next(
        card
        for card in corpus.instruments.values()
        if card.status == "superseded" and card.starts and corpus.ends(card)
    )
    end = corpus.ends(old)
    assert end is not None
    ref = FactRef.of(old.id, old.facts[0].id)
    told = not_held((ref,), corpus, end, "en")
    assert told is not None
    assert f"was replaced from {end}" in told
    assert not_held((ref,), corpus, end - dt.timedelta(days=1), "en") is None
    held = next(c for c in corpus.instruments.values() if c.status == "in-force" and c.starts < end)
    # One rule that held is enough: the step may be of the day.
    assert not_held((ref, FactRef.of(held.id, held.facts[0].id)), corpus, end, "en") is None
    assert not_held((), corpus, end, "en") is None


def test_a_fragment_is_the_changing_part_of_the_page(client: TestClient) -> None:
    query = {"lang": "en", "amount_usd": "2m", "loan_to_equity": "x", "enterprise_type": ""}
    answer = client.get(FUND, params={**query, "fragment": "1"})
    found = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    whole = client.get(FUND, params=query).text
    assert found["result"] in whole
    assert found["said"] in whole
    assert "USD 2 million" in found["notes"]["amount_usd"]
    assert "was not understood" in found["notes"]["loan_to_equity"]
    assert found["address"] == f"{FUND}?amount_usd=2m&loan_to_equity=x&lang=en"


def test_the_page_runs_no_script_of_its_own(client: TestClient) -> None:
    answer = client.get(FUND)
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    scripts = Page(answer.text).all("script")
    assert all("src" in one for one in scripts)
    assert not re.search(r"<script[^>]*>[^<]", answer.text)


def foreign(html: str) -> list[object]:
    """What a page of ours never holds: handlers, foreign scripts and links, elements that load."""
    found: list[object] = []
    for tag, attrs in Page(html).elements:
        found += [(tag, name) for name in attrs if name.startswith("on") or name == "formaction"]
        if tag in FOREIGN or (tag == "script" and not str(attrs.get("src")).startswith("/site/")):
            found.append((tag, attrs))
        if tag != "link" and not str(attrs.get("href", "/")).startswith(
            ("/", "#", "http://testserver/")
        ):
            found.append((tag, attrs["href"]))
    return found


FOREIGN = {
    *("iframe", "object", "embed", "base", "style", "template", "textarea", "img", "math"),
    *("video", "audio", "source", "marquee", "animate", "set", "noscript"),
}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_values_and_names_are_shown_as_text(
    client: TestClient, corpus: Corpus, payload: str
) -> None:
    names = [item.name for item in corpus.routes["fund-overseas-subsidiary"].inputs]
    everywhere = dict.fromkeys((*names, "as_of", "option", "lang", "x", payload), payload)
    html = client.get(f"{FUND}?{urlencode(everywhere)}").text
    assert foreign(html) == []
    fragment = client.get(f"{FUND}?{urlencode({**everywhere, 'fragment': payload})}").json()
    assert (
        foreign("".join([fragment["result"], fragment["strangers"], *fragment["notes"].values()]))
        == []
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_route_is_shown_as_text(client: TestClient, payload: str) -> None:
    answer = client.get(f"/plan/{quote(payload.replace('/', ''), safe='')}")
    assert answer.status_code == 404
    assert foreign(answer.text) == []


def test_there_are_enough_hostile_values() -> None:
    assert len(set(PAYLOADS)) >= 40
