"""The page of evaluators without a script: who may, what is hidden from whom, what is kept."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.settings import Settings
from bot.store.evaluations import Wish
from bot.store.store import Store
from bot.store.tenants import TenantProfile
from evals.archive import Archive, RunFolder
from evals.labels.label import read_labels
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from tests.kept_runs import kept_run
from ui.api.app import create_app
from ui.cli import app as command
from ui.evaluate.book import RunBook
from ui.evaluate.person import COOKIE, PATH
from ui.evaluate.runs_page import progress_part

EN = {"Accept-Language": "en"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def store(settings: Settings) -> Iterator[Store]:
    with Store.of(settings) as opened:
        name = Bilingual(zh="甲银行", en="Bank A")
        opened.tenants.create("bank-a", TenantProfile(name=name))
        yield opened


@pytest.fixture(scope="module")
def run(settings: Settings, corpus: Corpus) -> RunFolder:
    return kept_run(settings.home / "evals", corpus)


@pytest.fixture(scope="module")
def served(store: Store, settings: Settings, corpus: Corpus) -> Any:
    """The app; its queue is not begun, so that what waits goes on waiting."""
    return create_app(ScriptedAdvisor(corpus), settings)


def browser(served: Any) -> TestClient:
    return TestClient(served, headers=EN, follow_redirects=True)


def signed_in(served: Any, store: Store, name: str, tenant: str = "local") -> TestClient:
    client = browser(served)
    made = store.keys.create(tenant, ("evaluate",), name)
    page = client.post(f"{PATH}/sign-in", data={"key": made.secret})
    assert page.status_code == 200
    assert name in page.text
    assert made.secret not in page.text + str(page.url)
    client.headers["x-key"] = made.key.prefix  # for tests that revoke it
    return client


def new_task(client: TestClient, run: RunFolder, n: int = 3, **more: str) -> str:
    page = client.post(f"{PATH}/tasks", data={"run": run.run_id, "n": n, "seed": 1, **more})
    found = re.search(r"/evaluate/tasks/([0-9a-f]+)", str(page.url))
    assert found, page.text
    return f"{PATH}/tasks/{found[1]}"


def label_all(client: TestClient, task: str, correctness: str, n: int = 3, note: str = "") -> None:
    client.post(f"{task}/seat")
    said = {"correctness": correctness, "groundedness": "grounded", "note": note}
    for at in range(1, n + 1):
        assert client.post(f"{task}/label/{at}", data=said).status_code == 200
    assert "handed in" in client.post(f"{task}/hand-in").text


def test_only_who_has_a_key_that_evaluates_comes_in(served: Any, store: Store) -> None:
    client = browser(served)
    assert "Sign in" in client.get(PATH).text
    for path in ("runs", "runs/x", "runs/x/report", "runs/x/run.json", "tasks/x/labels.csv"):
        response = client.get(f"{PATH}/{path}")
        assert response.status_code == 401
        assert "Sign in" in response.text
    asking = store.keys.create("local", ("ask", "read", "manage")).secret
    for key, told in ((asking, "lacks the scope evaluate"), ("hk_none", "no such key"), ("", "no")):
        response = client.post(f"{PATH}/sign-in", data={"key": key})
        assert response.status_code in (401, 403)
        assert told in response.text
        assert COOKIE not in client.cookies


def test_the_cookie_is_for_this_page_alone_and_secure_under_https(
    served: Any, store: Store
) -> None:
    secret = store.keys.create("local", ("evaluate",), "饼干").secret
    client = TestClient(served, base_url="https://testserver", follow_redirects=False)
    sent = client.post(f"{PATH}/sign-in", data={"key": secret}).headers["set-cookie"]
    assert all(part in sent for part in ("HttpOnly", "SameSite=strict", "Secure", "Path=/evaluate"))
    assert "Max-Age=28800" in sent
    assert secret not in sent


def test_a_revoked_key_ends_the_sign_in_at_once_and_signing_out_ends_a_copied_cookie(
    served: Any, store: Store
) -> None:
    client = signed_in(served, store, "作废")
    store.keys.revoke(client.headers["x-key"])
    assert client.get(f"{PATH}/runs").status_code == 401
    leaving = signed_in(served, store, "离开")
    copied = leaving.cookies[COOKIE]
    leaving.post(f"{PATH}/sign-out")
    thief = browser(served)
    thief.cookies.set(COOKIE, copied, path=PATH)
    assert thief.get(f"{PATH}/runs").status_code == 401


def test_a_form_of_another_site_changes_nothing(served: Any, store: Store) -> None:
    client = signed_in(served, store, "跨站")
    before = store.evaluations.listed()
    for header in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        for path in ("runs", "sign-out", "sign-in", "tasks"):
            response = client.post(f"{PATH}/{path}", data={"suite": "dev"}, headers=header)
            assert response.status_code == 403
    assert store.evaluations.listed() == before
    assert client.get(f"{PATH}/runs").status_code == 200


def test_a_run_of_what_is_not_offered_is_refused_and_one_that_is_waits(
    served: Any, store: Store
) -> None:
    client = signed_in(served, store, "发起")
    for wrong in (
        {"suite": "../dev"},
        {"suite": "dev", "target": "http://127.0.0.1:9000"},
        {"suite": "dev", "langs": "fr"},
        {"suite": "dev", "limit": "many"},
        {"suite": "dev", "limit": "0"},
    ):
        response = client.post(f"{PATH}/runs", data=wrong)
        assert response.status_code == 422
        assert "expected" in response.text
    page = client.post(
        f"{PATH}/runs", data={"suite": "dev", "limit": "5", "langs": ["en", "zh-Hans"]}
    )
    assert "waiting" in page.text
    (waits,) = store.evaluations.queue()
    assert waits.by == "发起"
    assert waits.wish == Wish(suite="dev", limit=5, langs=("en", "zh-Hans"))
    assert "cancelled" in client.post(f"{PATH}/runs/{waits.run}/cancel").text
    assert store.evaluations.queue() == ()


def test_a_run_that_works_shows_how_far_it_is_on_a_named_bar(store: Store, run: RunFolder) -> None:
    entry = RunBook(lambda tenant: Archive(run.path.parent)).find(store, run.run_id)
    (bar,) = html.fromstring(str(progress_part(entry._replace(state="working"), "en"))).iter(
        "progress"
    )
    assert (bar.get("value"), bar.get("max")) == ("12", "12")
    assert bar.get("aria-label")
    assert "<progress" not in progress_part(entry, "en")


def test_another_tenant_sees_neither_runs_nor_tasks_nor_labels(
    served: Any, store: Store, run: RunFolder
) -> None:
    client = signed_in(served, store, "本部")
    task = new_task(client, run)
    other = signed_in(served, store, "外人", "bank-a")
    assert run.run_id not in other.get(PATH).text
    for path in (f"{PATH}/runs/{run.run_id}", f"{PATH}/runs/{run.run_id}/report", task):
        assert client.get(path).status_code == 200
        assert other.get(path).status_code == 404
    for path in (f"{PATH}/runs/{run.run_id}/delete", f"{task}/seat", f"{task}/hand-in"):
        assert other.post(path, data={"labels": "drop"}).status_code in (404, 409)
    assert run.is_finished
    assert other.post(f"{PATH}/tasks", data={"run": run.run_id}).status_code == 404


def test_a_report_can_touch_nothing_of_the_site(served: Any, store: Store, run: RunFolder) -> None:
    client = signed_in(served, store, "读者")
    report = client.get(f"{PATH}/runs/{run.run_id}/report")
    policy = report.headers["content-security-policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    record = client.get(f"{PATH}/runs/{run.run_id}/run.json")
    assert json.loads(record.content)["run"]["settings"]["run_id"] == run.run_id
    assert client.get(f"{PATH}/runs/..%2F..%2Fx/run.json").status_code == 404


def test_who_labels_is_blind_until_the_labels_are_handed_in(
    served: Any, store: Store, run: RunFolder
) -> None:
    one, other, third = (signed_in(served, store, name) for name in ("甲", "乙", "丙"))
    task = new_task(third, run)
    label_all(one, task, "correct")
    page = other.post(f"{task}/seat").text
    settings = run.settings
    for hidden in (settings.target.name, settings.run_id, "lookup", "nugget", "甲", "all of it"):
        assert hidden not in page.partition("<main")[2]
    for path in ("report", "run.json"):
        assert other.get(f"{PATH}/runs/{run.run_id}/{path}").status_code == 409
    assert "hidden while you label" in other.get(PATH).text
    assert "Nugget recall" not in other.get(f"{PATH}/runs/{run.run_id}").text
    assert other.get(f"{task}/labels.csv").status_code == 409
    assert "This task has its two labellers" in third.post(f"{task}/seat").text
    assert "not labelled yet" in other.post(f"{task}/hand-in").text
    label_all(other, task, "correct")
    assert other.get(f"{PATH}/runs/{run.run_id}/report").status_code == 200
    assert "have handed in" in one.post(f"{task}/label/1", data={"correctness": "wrong"}).text


def test_labels_are_exported_safe_for_a_spreadsheet_on_the_page_and_by_command(
    served: Any,
    store: Store,
    run: RunFolder,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    one, other, third = (signed_in(served, store, name) for name in ("子", "丑", "寅"))
    task = new_task(third, run)
    label_all(one, task, "correct", note="=HYPERLINK(1)")
    label_all(other, task, "wrong")
    settled = {"correctness": "incomplete", "groundedness": "misgrounded"}
    assert "Labeller A" in third.get(f"{task}/settle").text
    for at in (1, 2, 3):
        third.post(f"{task}/settle/{at}", data=settled)
    page = third.get(task).text
    assert "0%" in page
    assert "differed on 3 answers; all are settled" in page
    text = third.get(f"{task}/labels.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 9
    assert {row["note"] for row in rows if row["labeller"] == "子"} == {"'=HYPERLINK(1)"}
    assert [row["labeller"] for row in rows if row["adjudicated"] == "true"] == ["寅"] * 3
    file = tmp_path / "labels.jsonl"
    file.write_bytes(third.get(f"{task}/labels.jsonl").content)
    assert {label.note for label in read_labels(file)} == {"=HYPERLINK(1)", ""}

    monkeypatch.setenv("HUGANG_HOME", str(settings.home))
    told = CliRunner().invoke(command, ["eval", "labels", "export", run.run_id, "--format", "csv"])
    assert told.exit_code == 0, told.output
    assert text.splitlines()[1] in told.output
    told = CliRunner().invoke(command, ["eval", "labels", "export", "none"])
    assert told.exit_code == 1
    assert "seen no labels" in told.output


@pytest.mark.parametrize("way", ["keep", "drop"])
def test_deleting_a_run_asks_about_its_labels(
    served: Any, store: Store, settings: Settings, corpus: Corpus, way: str
) -> None:
    run = kept_run(settings.home / "evals", corpus, limit=3)
    client = signed_in(served, store, f"删除{way}")
    task = new_task(client, run)
    client.post(f"{task}/seat")
    client.post(f"{task}/label/1", data={"correctness": "abstained"})
    place = f"{PATH}/runs/{run.run_id}"
    assert "It has 1 labels" in client.get(place).text
    assert client.post(f"{place}/delete").status_code == 422
    assert run.is_finished
    assert "Deleted" in client.post(f"{place}/delete", data={"labels": way}).text
    assert client.get(place).status_code == 404
    assert client.get(task).status_code == (200 if way == "keep" else 404)
    assert store.labels.count(run.run_id) == (way == "keep")
