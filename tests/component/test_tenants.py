"""Tenants over HTTP: each gets its own, keys and tokens open only what they should, limits hold."""

from __future__ import annotations

import base64
import datetime as dt
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from bot.settings import Settings
from bot.store.records import Asked
from bot.store.requests import request_name
from bot.store.schema import StoreError
from bot.store.store import Store
from bot.store.tenants import Limits, TenantProfile
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from knowledge.documents.errors import StoreFault
from tests.browser.scripted import ScriptedAdvisor
from tests.loops import run
from ui.access import Access
from ui.api.app import create_app
from ui.api.problems import PROBLEM_JSON
from ui.ask.answering import Answers
from ui.ask.handlers import PageRequest
from ui.desk import address_of

OWNER = {"X-Hugang-Owner": "k" * 43}
TALK = "Jm3sZk0p9VtTq1xYc2dUeg"
PORTAL, FOREIGN = "https://portal.bank-a.example", "https://evil.example"
SHOWN = {"lang": "en", "text": "said", "markdown": "said", "parts": [["head", "<p>ok</p>"]]}
ASK = {"question": "境外放款的额度怎么计算？"}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def profile(name: str, **changes: Any) -> TenantProfile:
    return TenantProfile(name=Bilingual(zh=name, en=name), **changes)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.of(settings) as opened:
        opened.tenants.create("bank-a", profile("甲", origins=(PORTAL,)))
        opened.tenants.create("bank-b", profile("乙", origins=("https://b.example",), public=True))
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def client(store: Store, settings: Settings, corpus: Corpus) -> Iterator[TestClient]:
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as opened:
        yield opened


def key(store: Store, tenant: str = "bank-a", **changes: Any) -> str:
    return store.keys.create(tenant, changes.pop("scopes", ("ask", "read")), **changes).secret


def code(response: Any) -> tuple[int, str]:
    assert response.headers["Content-Type"] == PROBLEM_JSON
    return response.status_code, response.json()["code"]


def test_a_key_is_kept_as_a_hash_and_nowhere_in_the_clear(store: Store, settings: Settings) -> None:
    made = store.keys.create("bank-a", ("ask",), "portal")
    assert made.secret not in repr(made)
    assert made.secret.startswith(made.key.prefix)
    for file in settings.home.iterdir():
        assert made.secret.encode() not in file.read_bytes()


def test_a_key_opens_what_its_scopes_name(client: TestClient, store: Store) -> None:
    reads, asks = key(store, scopes=("read",)), key(store, scopes=("ask",))
    assert client.get("/api/v1/routes", headers=bearer(reads)).status_code == 200
    assert code(client.post("/api/v1/ask", json=ASK, headers=bearer(reads))) == (
        403,
        "scope-missing",
    )
    assert client.post("/api/v1/ask", json=ASK, headers=bearer(asks)).status_code == 200
    assert code(client.get("/api/v1/routes", headers=bearer(asks))) == (403, "scope-missing")


def test_a_key_that_is_unknown_revoked_or_expired_is_refused(
    client: TestClient, store: Store
) -> None:
    revoked = store.keys.create("bank-a", ("ask", "read"))
    store.keys.revoke(revoked.key.prefix)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    expired = key(store, expires=past)
    forged = revoked.secret[:-1] + ("A" if revoked.secret[-1] != "A" else "B")
    for secret in (revoked.secret, expired, forged, "hk_0123456789_x", "hk_", "nonsense", "a.b.c"):
        found = client.get("/api/v1/routes", headers=bearer(secret))
        assert code(found)[0] == 401
        assert found.headers["WWW-Authenticate"] == "Bearer"
        assert secret not in found.text
    assert (
        "revoked"
        in client.get(
            "/api/v1/routes", headers={**bearer(revoked.secret), "Accept-Language": "en"}
        ).json()["detail"]
    )


def test_a_revoked_key_is_refused_at_once(client: TestClient, store: Store) -> None:
    made = store.keys.create("bank-a", ("read",))
    assert client.get("/api/v1/routes", headers=bearer(made.secret)).status_code == 200
    store.keys.revoke(made.key.prefix)
    assert code(client.get("/api/v1/routes", headers=bearer(made.secret))) == (401, "bad-key")
    assert store.keys.listed("bank-a")[0].used is not None


def test_without_staff_nobody_is_answered_without_a_key(store: Store, corpus: Corpus) -> None:
    del store  # the tenants are there
    closed = Settings(staff=False, home=Path("unused"), keep_conversations=False)
    with TestClient(create_app(ScriptedAdvisor(corpus), closed, web=False)) as opened:
        assert code(opened.get("/api/v1/routes")) == (401, "key-missing")
        assert code(opened.post("/api/v1/ask", json=ASK)) == (401, "key-missing")
        assert opened.get("/").status_code == 404
        assert opened.get("/healthz").status_code == 200


def kept(store: Store, tenant: str, owner: str) -> None:
    asked = Asked(turn="m001", conversation=TALK, root="m001", question=f"of {tenant}", lang="en")
    talks = store.of_tenant(tenant).conversations
    talks.begin(asked, owner, "v1")
    talks.end("m001", "answered", SHOWN)


EVERY = [
    ("GET", "/api/v1/conversations", None),
    ("POST", "/api/v1/conversations/search", {"words": "of"}),
    ("GET", f"/api/v1/conversations/{TALK}", None),
    ("PATCH", f"/api/v1/conversations/{TALK}", {"title": "taken over"}),
    ("DELETE", f"/api/v1/conversations/{TALK}", None),
    ("POST", f"/api/v1/conversations/{TALK}/restore", None),
    ("POST", f"/api/v1/conversations/{TALK}/turns/m001/undo", None),
    ("POST", "/api/v1/feedback", {"turn": "m001", "verdict": "down"}),
    ("DELETE", "/api/v1/feedback/m001", None),
]


@pytest.mark.parametrize(("method", "path", "body"), EVERY, ids=[f"{m} {p}" for m, p, _ in EVERY])
def test_no_endpoint_shows_or_changes_what_another_tenant_keeps(
    client: TestClient, store: Store, method: str, path: str, body: Any
) -> None:
    """The same owner, the same ids: only the tenant differs."""
    from bot.store.records import owner_of

    kept(store, "bank-a", owner_of("k" * 43))
    found = client.request(
        method, path, json=body, headers={**OWNER, **bearer(key(store, "bank-b"))}
    )
    assert found.status_code in (200, 404)
    assert "of bank-a" not in found.text
    if found.status_code == 200:
        assert found.json()["conversations"] == []
    ours = store.of_tenant("bank-a").conversations
    conversation, (turn,) = ours.read(TALK)
    assert (conversation.title, turn.question, turn.feedback) == ("of bank-a", "of bank-a", None)
    own = client.get(
        f"/api/v1/conversations/{TALK}", headers={**OWNER, **bearer(key(store, "bank-a"))}
    )
    assert own.json()["owned"] is True


def session(client: TestClient, secret: str, **wish: Any) -> Any:
    return client.post("/api/v1/sessions", json=wish, headers=bearer(secret))


def test_a_visitor_finds_the_own_conversations_again_with_another_token(
    client: TestClient, store: Store
) -> None:
    secret = key(store)
    first = session(client, secret, visitor="user-1").json()["token"]
    other = session(client, secret, visitor="user-2").json()["token"]
    again = session(client, secret, visitor="user-1").json()["token"]
    told = jwt.decode(first, options={"verify_signature": False})
    assert "user-1" not in str(told)
    kept(store, "bank-a", told["sub"])
    listed = client.get("/api/v1/conversations", headers=bearer(again)).json()["conversations"]
    assert [one["title"] for one in listed] == ["of bank-a"]
    assert client.get("/api/v1/conversations", headers=bearer(other)).json()["conversations"] == []


def test_a_token_that_is_forged_or_has_ended_is_refused(client: TestClient, store: Store) -> None:
    token = session(client, key(store)).json()["token"]
    now = dt.datetime.now(dt.UTC)
    told = {"iss": "hugang", "aud": "bank-a", "jti": "x", "iat": now}
    secret, kid = store.tenants.secret("bank-a"), {"kid": "bank-a"}
    later, before = now + dt.timedelta(hours=1), now - dt.timedelta(hours=1)
    forged = {
        "another secret": jwt.encode({**told, "exp": later}, "s" * 43, "HS256", headers=kid),
        "no signature": jwt.encode({**told, "exp": later}, None, "none", headers=kid),
        "no end": jwt.encode(told, secret, "HS256", headers=kid),
        "of another tenant": jwt.encode(
            {**told, "exp": later},
            store.tenants.secret("bank-b"),
            "HS256",
            headers={"kid": "bank-b"},
        ),
        "of nobody": jwt.encode({**told, "exp": later}, secret, "HS256"),
        "changed": token[:-3] + ("abc" if token[-3:] != "abc" else "cba"),
    }
    for what, one in forged.items():
        assert code(client.get("/api/v1/routes", headers=bearer(one))) == (401, "bad-token"), what
    ended = jwt.encode({**told, "exp": before}, secret, "HS256", headers=kid)
    assert code(client.get("/api/v1/routes", headers=bearer(ended))) == (401, "session-ended")
    assert client.get("/api/v1/routes", headers=bearer(token)).status_code == 200
    store.tenants.renew_secret("bank-a")
    assert code(client.get("/api/v1/routes", headers=bearer(token))) == (401, "bad-token")


def test_only_a_key_gets_tokens_for_visitors(client: TestClient, store: Store) -> None:
    token = session(client, key(store)).json()["token"]
    assert code(session(client, token)) == (401, "key-missing")
    assert code(client.post("/api/v1/sessions", json={})) == (401, "key-missing")
    assert code(session(client, key(store, scopes=("read",)))) == (403, "scope-missing")
    assert code(session(client, key(store), origin=FOREIGN)) == (403, "foreign-origin")


def test_a_page_of_a_foreign_origin_is_refused_and_cannot_read(
    client: TestClient, store: Store
) -> None:
    token = session(client, key(store), origin=PORTAL).json()["token"]
    for origin, status in (
        (PORTAL, 200),
        (FOREIGN, 403),
        ("https://b.example", 403),
        ("null", 403),
    ):
        found = client.post("/api/v1/ask", json=ASK, headers={**bearer(token), "Origin": origin})
        assert found.status_code == status, origin
        readable = found.headers.get("Access-Control-Allow-Origin")
        assert readable == (origin if origin.startswith(("https://portal", "https://b")) else None)
    before = {"Access-Control-Request-Method": "POST"}
    known = client.options("/api/v1/ask", headers={"Origin": PORTAL, **before})
    assert known.status_code == 204
    assert "Authorization" in known.headers["Access-Control-Allow-Headers"]
    foreign = client.options("/api/v1/ask", headers={"Origin": FOREIGN, **before})
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_an_unknown_visitor_is_taken_on_pages_of_a_public_tenant_only(
    client: TestClient, store: Store
) -> None:
    def begin(tenant: str, origin: str | None) -> Any:
        headers = {"Origin": origin} if origin else {}
        return client.post("/api/v1/sessions/anonymous", json={"tenant": tenant}, headers=headers)

    assert code(begin("bank-a", PORTAL)) == (403, "not-public")
    assert code(begin("bank-b", FOREIGN)) == (403, "foreign-origin")
    assert code(begin("bank-b", None)) == (403, "foreign-origin")
    assert code(begin("bank-c", PORTAL)) == (404, "tenant-not-found")
    assert code(begin("local", PORTAL)) == (404, "tenant-not-found")
    given = begin("bank-b", "https://b.example").json()
    assert given["anonymous"] is True
    mine = bearer(given["token"])
    assert client.post("/api/v1/ask", json=ASK, headers=mine).status_code == 200
    store.tenants.save("bank-b", profile("乙", origins=("https://b.example",)))
    assert code(client.post("/api/v1/ask", json=ASK, headers=mine)) == (401, "bad-token")


def test_a_suspended_tenant_is_not_served(client: TestClient, store: Store) -> None:
    secret = key(store)
    token = session(client, secret).json()["token"]
    store.tenants.save("bank-a", store.tenants.get("bank-a").profile, active=False)
    for one in (secret, token):
        assert code(client.get("/api/v1/routes", headers=bearer(one))) == (403, "tenant-suspended")


def test_limits_hold_and_say_when_to_try_again(client: TestClient, store: Store) -> None:
    one = profile("甲", limits=Limits(visitor_per_minute=2, per_minute=3))
    store.tenants.save("bank-a", one)
    secret = key(store)
    first, second = (session(client, secret, visitor=name).json()["token"] for name in "ab")
    for token, expected in ((first, 200), (first, 200), (first, 429), (second, 200), (second, 429)):
        found = client.post("/api/v1/ask", json=ASK, headers=bearer(token))
        assert found.status_code == expected
    assert code(found) == (429, "rate-limited")
    assert 1 <= int(found.headers["Retry-After"]) <= 61


def test_the_limit_of_a_day_outlives_a_restart(
    store: Store, settings: Settings, corpus: Corpus
) -> None:
    store.tenants.save("bank-a", profile("甲", limits=Limits(daily=2)))
    secret = key(store)
    for expected in (200, 200, 429):
        with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as opened:
            found = opened.post("/api/v1/ask", json=ASK, headers=bearer(secret))
            assert found.status_code == expected
    assert code(found) == (429, "daily-limit")
    assert 1 <= int(found.headers["Retry-After"]) <= 86_400


def test_a_tenant_answers_about_the_topics_that_it_offers(client: TestClient, store: Store) -> None:
    store.tenants.save("bank-a", profile("甲", topics=("payments",)))
    wish = {**ASK, "filters": {"topics": ["insurance"]}}
    found = client.post("/api/v1/ask", json=wish, headers=bearer(key(store)))
    assert code(found) == (422, "topic-not-offered")


def test_each_answer_is_on_record_of_its_tenant_and_the_record_cannot_be_changed(
    client: TestClient, store: Store
) -> None:
    from sqlalchemy import text

    secret = key(store)
    answer = client.post("/api/v1/ask", json=ASK, headers=bearer(secret)).json()
    (record,) = store.of_tenant("bank-a").audit.records()
    assert (record.answer, record.question) == (answer["id"], ASK["question"])
    assert (record.surface, record.key) == ("api", secret[:13])
    assert list(store.of_tenant("bank-b").audit.records()) == []
    assert list(store.of_tenant("local").audit.records()) == []
    with pytest.raises(StoreError), store._database.writing() as database:
        database.execute(text("UPDATE answer_record SET standing = 'declined'"))


def test_staff_leave_no_second_copy_of_their_words(client: TestClient, store: Store) -> None:
    client.post("/api/v1/ask", json=ASK)
    (record,) = store.of_tenant("local").audit.records()
    assert (record.question, record.missing) == (None, ())


def test_what_a_tenant_keeps_goes_when_its_time_has_come(store: Store) -> None:
    kept(store, "bank-a", "o" * 64)
    kept(store, "bank-b", "o" * 64)
    store.tenants.save("bank-a", profile("甲", retention_days=30))
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    from sqlalchemy import update

    from bot.store.schema import ConversationRow

    with store._database.writing() as session:
        session.execute(update(ConversationRow).values(updated=past))
    assert store.retire() == 1
    assert store.of_tenant("bank-a").conversations.known([TALK]) == frozenset()
    assert store.of_tenant("bank-b").conversations.known([TALK]) == {TALK}


def test_answers_kept_for_a_second_sending_go_after_a_day(store: Store) -> None:
    from sqlalchemy import func, select, update

    from bot.store.schema import RequestRow

    requests = store.of_tenant("bank-a").requests
    for name in ("old", "new"):
        requests.begin("somebody", name, b"question")
        requests.end("somebody", name, "{}")
    past = dt.datetime.now(dt.UTC) - dt.timedelta(hours=25)
    with store._database.writing() as session:
        old = RequestRow.name == request_name("somebody", "old")
        session.execute(update(RequestRow).where(old).values(created=past))
    assert store.retire() == 1
    with store._database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RequestRow)) == 1


def test_one_failure_does_not_end_the_removal_of_what_is_due(
    store: Store, settings: Settings, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    again, calls = threading.Event(), 0

    def retire(_store: Store) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:  # the first is that of the start
            raise StoreFault(Bilingual(zh="坏了。", en="broken."))
        if calls > 2:
            again.set()
        return 0

    monkeypatch.setattr(Store, "retire", retire)
    monkeypatch.setattr("ui.api.app._RETIRE_EVERY_S", 0.01)
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)):
        assert again.wait(10)


def test_a_visitor_whom_nobody_named_cannot_pass_for_several(
    client: TestClient, store: Store
) -> None:
    store.tenants.save("bank-a", profile("甲", limits=Limits(visitor_per_minute=1)))
    token = session(client, key(store)).json()["token"]
    for owner, expected in (("a" * 43, 200), ("b" * 43, 429)):
        headers = {**bearer(token), "X-Hugang-Owner": owner}
        assert client.post("/api/v1/ask", json=ASK, headers=headers).status_code == expected


def test_a_question_counts_for_the_day_though_its_answer_never_came(
    client: TestClient, store: Store
) -> None:
    """Whoever leaves before the end, again and again, must not ask without limit."""
    store.tenants.save("bank-a", profile("甲", limits=Limits(daily=2)))
    headers = {**bearer(key(store)), "Accept": "text/event-stream"}
    unreadable = client.post("/api/v1/ask", json={"question": " "}, headers=headers)
    assert unreadable.status_code == 422
    for expected in (200, 200, 429):
        found = client.post("/api/v1/ask", json={"question": "崩溃：税率？"}, headers=headers)
        assert found.status_code == expected
    assert code(found) == (429, "daily-limit")
    assert list(store.of_tenant("bank-a").audit.records()) == []


def test_a_token_opens_no_more_than_the_key_that_got_it(client: TestClient, store: Store) -> None:
    token = session(client, key(store, scopes=("ask", "manage"))).json()["token"]
    assert client.post("/api/v1/ask", json=ASK, headers=bearer(token)).status_code == 200
    for path in ("routes", "usage"):
        found = client.get(f"/api/v1/{path}", headers=bearer(token))
        assert code(found) == (403, "scope-missing")


def test_who_is_a_tenant_is_told_to_the_pages_of_its_own_portal_only(client: TestClient) -> None:
    def begin(tenant: str, origin: str) -> Any:
        wish, headers = {"tenant": tenant}, {"Origin": origin, "Accept-Language": "en"}
        found = client.post("/api/v1/sessions/anonymous", json=wish, headers=headers)
        return code(found), found.json()["detail"].replace(tenant, "…")

    assert begin("bank-a", FOREIGN) == begin("bank-c", FOREIGN)
    assert begin("bank-a", PORTAL)[0] == (403, "not-public")


def test_a_visitor_with_a_token_sees_that_a_conversation_is_the_own_one(
    client: TestClient, store: Store
) -> None:
    secret = key(store)
    mine, other = (session(client, secret, visitor=name).json()["token"] for name in "ab")
    kept(store, "bank-a", jwt.decode(mine, options={"verify_signature": False})["sub"])
    for token, owned in ((mine, True), (other, False)):
        found = client.get(f"/api/v1/conversations/{TALK}", headers=bearer(token)).json()
        assert found["owned"] is owned


def test_known_origins_are_looked_up_once_at_a_time_and_outlive_a_fault_of_the_store(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, looked, listed = Access(store, staff=True), 0, store.tenants.listed

    def slowly() -> Any:
        nonlocal looked
        looked += 1
        threading.Event().wait(0.2)
        return listed()

    monkeypatch.setattr(store.tenants, "listed", slowly)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(access.knows_origin, [PORTAL] * 8))
    assert looked == 1

    def broken() -> Any:
        raise StoreError(Bilingual(zh="坏了。", en="broken."))

    monkeypatch.setattr(store.tenants, "listed", broken)
    monkeypatch.setattr("ui.access._FRESH_S", 0.0)
    assert access.knows_origin(PORTAL)
    assert not access.knows_origin(FOREIGN)


@pytest.mark.parametrize("named", ["\\ud800", "\\u0000", "../bank-a", "x" * 4_000])
def test_a_token_that_names_no_tenant_does_not_hold(client: TestClient, named: str) -> None:
    head = b'{"alg": "HS256", "typ": "JWT", "kid": "%s"}' % named.encode()
    token = ".".join(base64.urlsafe_b64encode(part).decode() for part in (head, b"{}", b"x" * 32))
    found = client.get("/api/v1/routes", headers=bearer(token.replace("=", "")))
    assert code(found) == (401, "bad-token")


def test_a_page_is_told_which_topics_a_tenant_offers(store: Store, corpus: Corpus) -> None:
    store.tenants.save("bank-a", profile("甲", topics=("payments",)))
    asked = PageRequest.model_validate(
        {"text": "保险？", "message": "m001", "ui": "en", "filters": {"topics": ["insurance"]}}
        | {"conversation": TALK, "owner": "k" * 43}
    )
    caller = Access(store, staff=False).caller(Request({"type": "http", "headers": []}), key(store))
    answering = Answers(ScriptedAdvisor(corpus), 1, store).ask(asked, caller)

    async def last() -> Any:
        return [state async for state in answering.states()][-1]

    assert "Topics offered here: payments." in str(run(last())["parts"])


def test_visitors_who_ask_no_more_take_no_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, told = Access(store, staff=True), Bilingual(zh="{most}", en="{most}")
    for number in range(50):
        access.count(10, ("visitor", str(number)), told)
    kept = access._limiter.storage
    later = time.time() + 180
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: later)
    access.count(10, ("visitor", "new"), told)
    for _ in range(200):
        if len(kept.storage) + len(kept.events) == 1:  # type: ignore[attr-defined]
            return
        threading.Event().wait(0.02)
    raise AssertionError("counts of visitors stay")


def test_an_address_of_the_sixth_version_is_counted_by_its_network() -> None:
    def told(host: str) -> str:
        return address_of(Request({"type": "http", "client": (host, 1)}))

    assert told("2001:db8::1") == told("2001:db8::ffff:2") != told("2001:db8:0:1::1")
    assert told("192.0.2.1") == told("::ffff:192.0.2.1") != told("::ffff:192.0.2.2")
    assert told("testclient") == "testclient"


@pytest.mark.parametrize("given", ["Bearer", "Bearer ", "bearer", "hk_0123456789_x"])
def test_who_means_to_bring_a_key_and_brings_none_is_not_taken_for_staff(
    client: TestClient, given: str
) -> None:
    found = client.get("/api/v1/routes", headers={"Authorization": given})
    assert code(found)[0] == 401
    proxied = client.get("/api/v1/routes", headers={"Authorization": "Basic c3RhZmY6eA=="})
    assert proxied.status_code == 200


def test_the_name_of_a_turn_that_no_database_takes_is_refused_before_it_is_looked_up(
    client: TestClient, store: Store
) -> None:
    headers = {**OWNER, **bearer(key(store))}
    for method, path in (
        ("DELETE", "/api/v1/feedback/%00"),
        ("POST", f"/api/v1/conversations/{TALK}/turns/m001%00/undo"),
    ):
        found = client.request(method, path, headers=headers)
        assert code(found) == (422, "bad-request")
