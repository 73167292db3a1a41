"""`hugang corpus show` and `list` on the shipped cards."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from knowledge import corpus_cli
from knowledge.corpus_cli import corpus_app
from knowledge.load import load_corpus

load_once = functools.cache(load_corpus)


@pytest.fixture(autouse=True)
def cards_are_read_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped cards take about a second to read; one reading serves all tests here."""
    monkeypatch.setattr(corpus_cli, "load_corpus", load_once)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(corpus_app, list(arguments))


def test_an_instrument_is_shown_with_what_a_reader_must_know() -> None:
    told = run("show", "pbc-2016-306-overseas-lending-old").stdout
    for part in (
        "境内企业境外放款旧规",
        "银发〔2016〕306号",
        "issuer: 中国人民银行 / ",
        "status: superseded",
        "replaced by: pbc-safe-2026-overseas-lending",
        "#1 [definition]",
        "s1 (mirror)",
    ):
        assert part in told
    assert (
        "replaces: pbc-2016-306-overseas-lending-old"
        in run("show", "pbc-safe-2026-overseas-lending").stdout
    )


def test_one_language_can_be_asked_for() -> None:
    chinese = run("show", "ndrc-2017-11-odi", "--lang", "zh").stdout
    english = run("show", "ndrc-2017-11-odi", "--lang", "en").stdout
    assert "企业境外投资管理办法" in chinese
    assert "Administrative Measures" not in chinese.partition("sources")[0]
    assert "Administrative Measures for Outbound Investment by Enterprises" in english


def test_a_single_fact_is_shown_with_its_own_sources() -> None:
    told = run("show", "ndrc-2017-11-odi#3").stdout
    assert "#3 [definition]" in told
    assert "#4 [" not in told
    assert "https://" in told


def test_a_route_is_shown_with_options_steps_and_facts() -> None:
    told = run("show", "open-accounts", "--lang", "en").stdout
    assert "what decides" in told
    assert "option hk-business" in told
    assert "mainland_parent -> hk_company" in told
    assert "watch" in told


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ndrc-2017-11", "Nearest: ndrc-2017-11-odi"),
        ("ndrc-2017-11-odi#99", "Facts of ndrc-2017-11-odi: 1, 2"),
        ("zzzzzz", "hugang corpus list"),
    ],
)
def test_an_unknown_id_names_the_nearest_and_fails_in_one_line(name: str, hint: str) -> None:
    told = run("show", name)
    assert told.exit_code == 1
    assert hint in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert told.stdout == ""


def test_cards_are_listed_by_topic_status_and_place() -> None:
    everything = json.loads(run("list", "--json").stdout)
    chosen = json.loads(
        run("list", "--json", "--topic", "tax", "--jurisdiction", "hongkong").stdout
    )
    assert 0 < len(chosen) < len(everything)
    assert all("tax" in card["topics"] and card["jurisdiction"] == "hongkong" for card in chosen)
    drafts = json.loads(run("list", "--json", "--status", "draft").stdout)
    assert {card["status"] for card in drafts} == {"draft"}


def test_on_a_day_a_replaced_rule_still_held_and_a_later_one_is_left_out() -> None:
    on_day = {
        card["id"]: card["status"]
        for card in json.loads(run("list", "--json", "--as-of", "2025-06-30").stdout)
    }
    assert on_day["pbc-2016-306-overseas-lending-old"] == "in-force"
    assert "pbc-safe-2026-overseas-lending" not in on_day  # starts on 20 March 2026
    assert "not-yet" not in on_day.values()


def test_the_table_goes_to_stdout_and_the_count_to_stderr() -> None:
    told = run("list", "--topic", "insurance")
    assert "hk-captive-insurance " in told.stdout
    assert "…" not in told.stdout
    assert told.stderr.strip().endswith(" cards")
    assert " cards" not in told.stdout


def test_a_folder_without_a_corpus_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "issuers.yaml").write_text("PBOC: 5\n", encoding="utf-8")
    told = run("show", "x", "--folder", str(tmp_path))
    assert told.exit_code == 1
    assert told.stderr.startswith("hugang corpus: ")
