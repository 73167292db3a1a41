"""`hugang feedback` and `hugang conversations prune`."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.question import read_question
from bot.settings import Settings
from bot.store.records import Asked, owner_of
from bot.store.store import Store
from knowledge.corpus import Corpus
from tests.browser.scripted import CENTRE, ScriptedAdvisor
from ui.cli import app

OWNER = owner_of("a" * 43)
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, corpus: Corpus) -> CliRunner:
    """Three answers with feedback in the home of this test."""
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES", "HUGANG_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    advisor = ScriptedAdvisor(corpus)

    def keep(store: Store, turn: str, talk: str, question: str, **said: Any) -> None:
        asked = Asked(
            turn=turn, conversation=talk * 22, root=turn, question=question,
            lang="zh-Hans",
        )  # fmt: skip
        store.conversations.begin(asked, OWNER, "v1")
        answer = list(advisor.stream(read_question(question)))[-1].answer  # type: ignore[union-attr]
        store.conversations.end(turn, answer.standing, {"text": answer.text}, answer)
        store.feedback.give(turn, OWNER, **said)

    with Store.of(Settings.load()) as store:
        keep(
            store, "m001", "1", "税率多少？", verdict="down", reason="wrong", text="\x1b[31m错\n了"
        )
        keep(store, "m002", "1", "那条件呢？", verdict="up")
        keep(store, "m003", "2", "天气怎么样？", verdict="up")
        keep(store, "m004", "3", "税率多少？", verdict="up")
    return CliRunner()


def test_feedback_is_listed_and_filtered_by_verdict_and_day(cli: CliRunner) -> None:
    listed = cli.invoke(app, ["feedback", "list"]).stdout
    assert "down (wrong)  m001" in listed
    assert "> [31m错 了" in listed  # nothing that a terminal would obey
    assert "\x1b" not in listed
    assert f"{CENTRE}#1" in listed
    assert "m001" not in cli.invoke(app, ["feedback", "list", "--verdict", "up"]).stdout
    today = f"{NOW:%Y-%m-%d}"
    assert "m001" in cli.invoke(app, ["feedback", "list", "--since", today]).stdout
    tomorrow = f"{NOW + dt.timedelta(days=2):%Y-%m-%d}"
    assert cli.invoke(app, ["feedback", "list", "--since", tomorrow]).stdout == ""
    assert cli.invoke(app, ["feedback", "list", "--until", "2020-01-01"]).stdout == ""


def test_feedback_as_json_is_one_object_a_line(cli: CliRunner) -> None:
    lines = cli.invoke(app, ["feedback", "list", "--json"]).stdout.splitlines()
    assert [json.loads(line)["turn"] for line in lines] == ["m001", "m002", "m003", "m004"]


def test_old_conversations_are_removed_with_what_belongs_to_them(cli: CliRunner) -> None:
    kept = cli.invoke(app, ["conversations", "prune", "--older-than", "90d"])
    assert kept.stdout.startswith("0 conversations removed")
    with Store.of(Settings.load()) as store:
        assert len(store.conversations.listed(OWNER)) == 3
        assert store.conversations.prune(NOW + dt.timedelta(days=1)) == 3
    assert cli.invoke(app, ["feedback", "list"]).stdout == ""


@pytest.mark.parametrize("arguments", [
    ["conversations", "prune", "--older-than", "90"],
    ["conversations", "prune", "--older-than", "0d"],
    ["feedback", "list", "--since", "gestern"],
])  # fmt: skip
def test_an_age_or_day_that_cannot_be_read_is_one_line(
    cli: CliRunner, arguments: list[str]
) -> None:
    result = cli.invoke(app, arguments)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "such as" in result.stderr
