"""The chat in portals over HTTP: whose it is, who may frame it, ask, stop, and hear again."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from bot.settings import Settings
from bot.store.store import Store
from bot.store.tenants import Limits, Logo, TenantProfile
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app
from ui.api.problems import PROBLEM_JSON
from ui.embed.routes import changes
from ui.sessions import new_token

PORTAL = "https://portal.bank-a.example"
OWNER = {"X-Hugang-Owner": "k" * 43}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
NASTY = "</title><script>alert(1)</script>\"'"
TALK = "Jm3sZk0p9VtTq1xYc2dUeg"
HALF_AN_HOUR = dt.timedelta(minutes=30)


def profile(name: str, **changes: Any) -> TenantProfile:
    return TenantProfile(name=Bilingual(zh=name, en=name), **changes)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", staff=False)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    logo = Logo(media_type="image/png", data=base64.b64encode(PNG))
    with Store.of(settings) as opened:
        make = opened.tenants.create
        make("bank-a", profile("甲", origins=(PORTAL,), public=True, accent="#8a1c1c", logo=logo))
        make("bank-b", profile(NASTY, lang="en", disclaimer=Bilingual(zh=NASTY, en=NASTY)))
        make("few", profile("少", limits=Limits(visitor_per_minute=1)))
        make("over", profile("终"))
        opened.tenants.save("over", profile("终"), active=False)
        yield opened


@pytest.fixture
def advisor(corpus: Corpus) -> ScriptedAdvisor:
    return ScriptedAdvisor(corpus)


@pytest.fixture
def client(store: Store, settings: Settings, advisor: ScriptedAdvisor) -> Iterator[TestClient]:
    with TestClient(create_app(advisor, settings, web=False)) as opened:
        yield opened


def token(store: Store, tenant: str, **changes: Any) -> dict[str, str]:
    lasts = changes.pop("lasts", HALF_AN_HOUR)
    made, _ = new_token(tenant, store.tenants.secret(tenant), lasts, **changes)
    return {"Authorization": f"Bearer {made}"}


def asked(message: str = "m0001", **changes: Any) -> dict[str, Any]:
    return {
        "text": "税率多少？",
        "message": message,
        "ui": "zh-Hans",
        "conversation": TALK,
    } | changes


def states(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/event-stream")
    lines = response.text.splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def refused(response: Any) -> tuple[int, str]:
    assert response.headers["Content-Type"] == PROBLEM_JSON
    return response.status_code, response.json()["code"]


def policy(response: Any) -> dict[str, str]:
    written = response.headers["Content-Security-Policy"].split(";")
    return {name: rest for name, _, rest in (one.strip().partition(" ") for one in written)}


def test_the_script_is_small_cached_and_loadable_from_anywhere(client: TestClient) -> None:
    found = client.get("/widget.js")
    assert found.headers["Content-Type"].startswith("text/javascript")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert found.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(found.content) <= 12 * 1024
    assert "@words@" not in found.text
    again = client.get("/widget.js", headers={"If-None-Match": found.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_the_tenants_own_portals_may_frame_its_page(client: TestClient) -> None:
    found = client.get("/embed/bank-a")
    allowed = policy(found)
    assert allowed["frame-ancestors"] == f"'self' {PORTAL}"
    assert allowed["script-src"] == allowed["style-src"] == "'self'"
    assert allowed["default-src"] == "'none'"
    assert policy(client.get("/embed/bank-b"))["frame-ancestors"] == "'self'"
    assert "set-cookie" not in found.headers
    assert found.headers["Cache-Control"] == "no-store"


def test_the_page_holds_no_inline_script_style_or_handler(client: TestClient) -> None:
    for tenant in ("bank-a", "bank-b"):
        html = client.get(f"/embed/{tenant}").text
        scripts = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
        assert len(scripts) == 2
        assert not any(scripts)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


def test_what_a_tenant_writes_is_escaped(client: TestClient) -> None:
    html = client.get("/embed/bank-b").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_everything_that_the_page_loads_is_there_and_ours(client: TestClient) -> None:
    html = client.get("/embed/bank-a").text
    for address in re.findall(r'(?:src|href)="([^"#]+)"', html):
        assert not address.startswith(("http", "//"))
        path = address if address.startswith("/") else f"/embed/{address}"
        found = client.get(path)
        assert found.status_code == 200, address
        assert "set-cookie" not in found.headers


@pytest.mark.parametrize("path", ["/embed/nobody", "/embed/over", "/embed/local"])
def test_a_tenant_that_is_unknown_or_suspended_has_a_plain_page_that_says_so(
    client: TestClient, path: str
) -> None:
    found = client.get(path, headers={"Accept-Language": "en"})
    assert found.status_code == 404
    assert "There is no chat here" in found.text
    assert "终" not in found.text
    assert found.text == client.get("/embed/other", headers={"Accept-Language": "en"}).text
    assert client.get(f"{path}/logo").status_code == 404
    assert client.get(f"{path}/look.css").status_code == 404


@pytest.mark.parametrize(
    ("path", "accepted", "lang"),
    [
        ("/embed/bank-a", "en-GB", "en"),
        ("/embed/bank-a", "zh-HK", "zh-Hant"),
        ("/embed/bank-a", "fr", "zh-Hans"),
        ("/embed/bank-a?lang=zh-Hant", "en", "zh-Hant"),
        ("/embed/bank-b", "zh-CN", "en"),
        ("/embed/bank-b?lang=zh-Hans", "en", "zh-Hans"),
        ("/embed/bank-b?lang=tlh", "zh-CN", "en"),
    ],
)
def test_the_language_is_that_of_the_address_the_tenant_or_the_browser(
    client: TestClient, path: str, accepted: str, lang: str
) -> None:
    html = client.get(path, headers={"Accept-Language": accepted}).text
    assert f'<html lang="{lang}"' in html


def test_logo_and_colour_are_the_tenants(client: TestClient) -> None:
    logo = client.get("/embed/bank-a/logo")
    assert (logo.content, logo.headers["Content-Type"]) == (PNG, "image/png")
    assert refused(client.get("/embed/bank-b/logo")) == (404, "not-found")
    assert "#8a1c1c" in client.get("/embed/bank-a/look.css").text


def test_an_answer_comes_in_states_of_which_only_what_differs_is_sent(
    client: TestClient, store: Store
) -> None:
    mine = token(store, "bank-a") | OWNER
    found = states(client.post("/embed/bank-a/ask", json=asked(), headers=mine))
    assert found[-1]["state"] == "answered"
    assert found[-1]["order"][0] == "head"
    known: dict[str, str] = {}
    for state in found:
        assert all(known.get(key) != html for key, html in state["changed"])
        known.update(state["changed"])
        assert set(state["order"]) <= set(known)
    whole = client.get(f"/api/v1/conversations/{TALK}", headers=mine).json()
    assert whole["owned"] is True
    assert whole["asked"][0]["parts"] == [[key, known[key]] for key in found[-1]["order"]]
    [record] = store.of_tenant("bank-a").audit.records()
    assert record.surface == "widget"


def test_a_named_visitor_owns_what_was_asked_without_a_key(
    client: TestClient, store: Store
) -> None:
    mine = token(store, "bank-a", visitor="f" * 64)
    states(client.post("/embed/bank-a/ask", json=asked(), headers=mine))
    path = f"/api/v1/conversations/{TALK}"
    assert client.get(path, headers=mine).json()["owned"] is True
    other = token(store, "bank-a", visitor="e" * 64)
    assert client.get(path, headers=other).json()["owned"] is False
    rating = {"turn": "m0001", "verdict": "up"}
    assert client.post("/api/v1/feedback", json=rating, headers=mine).status_code == 200
    assert client.post("/api/v1/feedback", json=rating, headers=other).status_code == 403


def test_asking_again_by_the_same_name_is_asking_once(
    client: TestClient, store: Store, advisor: ScriptedAdvisor
) -> None:
    mine = token(store, "few") | OWNER
    first = states(client.post("/embed/few/ask", json=asked(), headers=mine))
    again = states(client.post("/embed/few/ask", json=asked(), headers=mine))
    assert again[-1]["state"] == first[-1]["state"] == "answered"
    assert len(advisor.questions) == 1  # and the limit of one a minute was not asked
    other = states(
        client.post("/embed/few/ask", json=asked(), headers=mine | {"X-Hugang-Owner": "o" * 43})
    )
    assert other[-1]["state"] == "failed"
    assert len(advisor.questions) == 1


@pytest.mark.parametrize(("ui", "words"), [("zh-Hans", "一分钟内"), ("en", "in a minute")])
def test_a_limit_says_in_the_visitors_language_when_to_try_again(
    client: TestClient, store: Store, ui: str, words: str
) -> None:
    mine = token(store, "few") | OWNER
    states(client.post("/embed/few/ask", json=asked(), headers=mine))
    found = client.post("/embed/few/ask", json=asked("m0002", ui=ui), headers=mine)
    assert refused(found) == (429, "rate-limited")
    assert 1 <= int(found.headers["Retry-After"]) <= 60
    assert words in found.json()["detail"]


def test_only_a_visitors_token_of_this_tenant_may_ask_and_stop(
    client: TestClient, store: Store, advisor: ScriptedAdvisor
) -> None:
    key = {"Authorization": f"Bearer {store.keys.create('bank-a', ('ask', 'read')).secret}"}
    bad = {
        "foreign": (token(store, "bank-b"), "bad-token"),
        "key": (key, "bad-token"),
        "expired": (token(store, "bank-a", lasts=-HALF_AN_HOUR), "session-ended"),
        "forged": (
            {"Authorization": f"Bearer {new_token('bank-a', 'x' * 43, HALF_AN_HOUR)[0]}"},
            "bad-token",
        ),
        "none": ({}, "key-missing"),
    }
    for name, (headers, code) in bad.items():
        found = client.post("/embed/bank-a/ask", json=asked(), headers=headers | OWNER)
        assert refused(found) == (401, code), name
        found = client.post("/embed/bank-a/stop", json={"message": "m0001"}, headers=headers)
        assert refused(found) == (401, code), name
    assert advisor.questions == []


def test_a_page_of_a_foreign_origin_may_not_ask_even_with_a_token(
    client: TestClient, store: Store
) -> None:
    mine = token(store, "bank-a") | OWNER
    for origin in ("https://evil.example", "null"):
        found = client.post("/embed/bank-a/ask", json=asked(), headers=mine | {"Origin": origin})
        assert refused(found) == (403, "foreign-origin")
        assert "Access-Control-Allow-Origin" not in found.headers


def test_stopping_ends_an_answer_of_its_owner(client: TestClient, store: Store) -> None:
    mine = token(store, "bank-a") | OWNER
    stop = {"message": "m0009"}
    assert client.post("/embed/bank-a/stop", json=stop, headers=mine).status_code == 204


def test_a_request_that_cannot_be_read_is_a_problem(client: TestClient, store: Store) -> None:
    mine = token(store, "bank-a")
    assert refused(client.post("/embed/bank-a/ask", json={}, headers=mine))[0] == 422
    large = asked(text="长" * 400_000)
    assert refused(client.post("/embed/bank-a/ask", json=large, headers=mine))[0] == 413


def test_a_part_that_was_sent_is_not_sent_again() -> None:
    state = {"state": "working", "parts": [["head", "<p>a</p>"], ["block-0", "<p>b</p>"]]}
    assert changes({"head": "<p>a</p>", "gone": ""}, state) == {
        "state": "working",
        "order": ["head", "block-0"],
        "changed": [["block-0", "<p>b</p>"]],
    }


def test_the_chat_needs_neither_gradio_nor_what_only_agents_and_word_files_need(
    tmp_path: Path,
) -> None:
    program = (
        "import sys; from pathlib import Path; from starlette.testclient import TestClient;"
        "from bot.settings import Settings; from ui.api.app import create_app;"
        "from tests.browser.scripted import ScriptedAdvisor;"
        f"app = create_app(ScriptedAdvisor(), Settings(home=Path({str(tmp_path)!r})), web=False);"
        "found = TestClient(app).get('/embed/chat.js?lang=en');"
        "assert found.status_code == 200, found;"
        "assert not {'gradio', 'mcp', 'docx'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_profile_of_the_guide_can_be_read() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert found
    read = TenantProfile.model_validate(yaml.safe_load(textwrap.dedent(found[1])))
    assert read.public
    assert read.origins == (PORTAL,)
