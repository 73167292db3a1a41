"""docs/protocols.md: its Python runs, and its example is what the server sends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.advisor import Advisor
from bot.settings import Settings
from bot.store.store import Store
from tests.component.served import served
from ui.access import Access
from ui.api.catalogue import Catalogue
from ui.desk import Desk
from ui.mcp_server.tools import Toolbox
from ui.openai_api.models import MODELS
from ui.openai_api.request import HugangWish

PAGE = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def server(advisor: Advisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    settings = Settings(home=tmp_path_factory.mktemp("page"))
    with Store.of(settings) as store, served(advisor, settings) as url:
        yield url, store.keys.create("local", ("ask", "read")).secret


def post(server: tuple[str, str], body: Any) -> httpx.Response:
    url, key = server
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    return httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60)


def test_the_python_of_the_page_runs(
    server: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, key = server
    monkeypatch.setenv("HUGANG_KEY", key)
    known: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block.replace(ADDRESS, url), known)  # the page's own code
    known["client"].close()
    known["model"].root_client.close()
    told = capsys.readouterr().out
    assert "跨境支付通定位小额便民" in told
    assert "\nanswered\n" in told or "\npartly\n" in told


def test_the_example_of_a_reply_is_what_the_server_sends(server: tuple[str, str]) -> None:
    example = next(json.loads(one) for one in blocks("json") if "chat.completion" in one)
    message = {"role": "user", "content": "跨境支付通企业能不能用？"}
    asked = {"model": "hugang", "messages": [message], "hugang": {"as_of": "2026-11-22"}}
    sent = post(server, asked).json()
    example["created"] = sent["created"]
    differing = list(differences(example, sent, "reply"))
    assert differing == []


def differences(told: Any, sent: Any, where: str) -> Iterator[str]:
    """Name where an example differs; … at the end of a text or a list stands for the rest."""
    if isinstance(told, dict) and isinstance(sent, dict):
        if list(told) != list(sent):
            yield f"{where}: {list(sent)}"
        for name in told.keys() & sent.keys():
            yield from differences(told[name], sent[name], f"{where}.{name}")
    elif isinstance(told, list) and isinstance(sent, list):
        more = told[-1:] == ["…"]
        shown = told[:-1] if more else told
        if more != (len(sent) > len(shown)):
            yield f"{where}: {len(sent)} of them"
        for at, (one, other) in enumerate(zip(shown, sent, strict=False)):
            yield from differences(one, other, f"{where}[{at}]")
    elif isinstance(told, str) and told.endswith("…") and isinstance(sent, str):
        if not sent.startswith(told[:-1]):
            yield f"{where}: {sent[:80]}"
    elif told != sent:
        yield f"{where}: {sent!r}"


def test_the_example_of_a_refusal_is_what_the_server_sends(server: tuple[str, str]) -> None:
    example = next(json.loads(one) for one in blocks("json") if "model_not_found" in one)
    sent = post(server, {"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}]})
    assert (sent.status_code, sent.json()) == (404, example)


def test_the_page_names_every_model_field_and_tool(advisor: Advisor) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    for name in (*MODELS, *HugangWish.model_fields):
        assert any(f"`{name}`" in row for row in rows), name
    toolbox = Toolbox(Desk(advisor), Access(None, staff=True), Catalogue(advisor.corpus))
    for tool in toolbox.tools.values():
        (row,) = [row for row in rows if row.startswith(f"| `{tool.name}`")]
        for field in tool.takes.model_fields:
            assert f"`{field}`" in row, (tool.name, field)
