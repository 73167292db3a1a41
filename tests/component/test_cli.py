from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from bot.advisor import Advisor
from bot.answer import AnswerPlan, CheckedAnswer
from bot.errors import SettingsError
from bot.events import Failed
from knowledge.corpus import Corpus
from knowledge.errors import IndexBusy
from ui.cli import app
from ui.commands import terminal
from ui.serving.serve import listen, url_of

ROOT = Path(__file__).resolve().parents[2]
ROUTE = "acquire-overseas-company"


@pytest.fixture
def cli(advisor: Any, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line, with the one advisor that all tests share."""
    monkeypatch.setattr(Advisor, "open", lambda *_, **__: advisor)
    monkeypatch.setattr(Advisor, "close", lambda _: None)
    for name in ("LC_ALL", "LC_MESSAGES", "HUGANG_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    return CliRunner()


def refused(cli: CliRunner, *words: str) -> str:
    """Run a command that must fail with one line on stderr, and return that line."""
    result = cli.invoke(app, words)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("hugang: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


# --- ask -------------------------------------------------------------------------------------


def test_an_answer_is_raw_markdown_in_a_pipe_with_numbered_sources(cli: CliRunner) -> None:
    result = cli.invoke(app, ["ask", "境外放款的额度怎么计算？"])
    assert result.exit_code == 0
    assert "[1]" in result.stdout
    assert "- [1] " in result.stdout
    assert "<http" in result.stdout
    assert "\x1b[" not in result.stdout
    assert result.stderr == ""


def test_json_is_the_contract_and_nothing_else(cli: CliRunner) -> None:
    result = cli.invoke(app, ["ask", "--json", "--as-of", "2026-06-30", "cash pool conditions"])
    answer = CheckedAnswer.model_validate_json(result.stdout)
    assert answer.as_of.isoformat() == "2026-06-30"
    assert answer.lang == "en"


def test_words_without_quotes_are_one_question(cli: CliRunner) -> None:
    result = cli.invoke(app, ["ask", "--json", "how", "is", "the", "quota", "computed"])
    assert json.loads(result.stdout)["question"] == "how is the quota computed"


def test_a_declined_question_is_no_failure(cli: CliRunner) -> None:
    result = cli.invoke(app, ["ask", "What is the weather in Paris?"])
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_the_language_can_be_chosen(cli: CliRunner) -> None:
    result = cli.invoke(app, ["ask", "--json", "--lang", "zh", "overseas lending quota"])
    assert json.loads(result.stdout)["lang"] == "zh-Hans"


def test_an_empty_question_is_one_line(cli: CliRunner) -> None:
    assert "empty" in refused(cli, "ask", "  ")


def test_a_bad_date_is_one_line(cli: CliRunner) -> None:
    assert "YYYY-MM-DD" in refused(cli, "ask", "x", "--as-of", "tomorrow")


def test_a_profile_without_equals_is_one_line(cli: CliRunner) -> None:
    assert "key=value" in refused(cli, "ask", "x", "--profile", "private")


def test_errors_speak_the_language_of_the_terminal(
    cli: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "问题是空的" in refused(cli, "ask", "  ")
    monkeypatch.setenv("LANG", "zh_HK.UTF-8")
    assert "問題是空的" in refused(cli, "ask", "  ")


def test_a_stream_that_fails_is_one_line(
    cli: CliRunner, advisor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Failed(code="index-fault", message="the index is gone")
    monkeypatch.setattr(type(advisor), "stream", lambda *_: iter([failed]))
    assert "the index is gone" in refused(cli, "ask", "quota?")


def test_a_busy_index_is_one_line(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> Any:
        raise IndexBusy("held by process 7. Wait for it.")

    monkeypatch.setattr(Advisor, "open", busy)
    assert "process 7" in refused(cli, "ask", "quota?")


def test_debug_lets_the_error_through(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGANG_DEBUG", "1")
    result = cli.invoke(app, ["ask", " "])
    assert result.exception is not None
    assert type(result.exception).__name__ == "QuestionError"


def test_a_bad_variable_is_named(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGANG_ANSWER_CONCURRENCY", "0")
    assert "HUGANG_ANSWER_CONCURRENCY='0'" in refused(cli, "ask", "quota?")


def test_on_a_terminal_markdown_is_rendered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal.sys.stdout, "isatty", lambda: True)
    terminal.show("**bold** [1]")
    shown = capsys.readouterr().out
    assert "bold" in shown
    assert "[1]" in shown
    assert "**" not in shown


# --- plan ------------------------------------------------------------------------------------


def test_plan_without_a_route_lists_all(cli: CliRunner, corpus: Corpus) -> None:
    result = cli.invoke(app, ["plan"])
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(corpus.routes)


def test_a_plan_shows_options_steps_and_sources(cli: CliRunner, corpus: Corpus) -> None:
    result = cli.invoke(app, ["plan", ROUTE, "price_usd=3000万", "stake_kind=control", "--lang=en"])
    assert result.exit_code == 0
    for option in corpus.routes[ROUTE].options:
        assert f"| {option.title.en} |" in result.stdout
    assert "☑" in result.stdout
    assert "- [1] " in result.stdout


def test_a_plan_as_json_is_the_contract(cli: CliRunner) -> None:
    result = cli.invoke(app, ["plan", ROUTE, "loan_share_pct=80", "stake_kind=control", "--json"])
    plan = AnswerPlan.model_validate_json(result.stdout)
    assert plan.known == {"loan_share_pct": 80.0, "stake_kind": "control"}


def test_an_unknown_route_names_the_nearest(cli: CliRunner) -> None:
    assert "list-in-hong-kong" in refused(cli, "plan", "list-hong-kong")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("no_such=1", "price_usd"),
        ("price_usd=plenty", "number"),
        ("stake_kind=all", "minority_20"),
        ("sensitive_project=maybe", "true or false"),
        ("price_usd", "key=value"),
    ],
)
def test_a_value_that_does_not_fit_names_input_and_choices(
    cli: CliRunner, word: str, told: str
) -> None:
    line = refused(cli, "plan", ROUTE, word, "--lang", "en")
    assert word.partition("=")[0] in line
    assert told in line


# --- the rest --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [[], ["corpus"], ["index"], ["eval"], ["bench"], ["tenant"], ["key"], ["audit"]]
)
def test_every_group_has_help(cli: CliRunner, words: list[str]) -> None:
    result = cli.invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_the_version_is_printed_alone(cli: CliRunner) -> None:
    result = cli.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert len(result.stdout.split()) == 1


def test_help_imports_no_framework() -> None:
    code = "import sys, ui.cli; print([m for m in ('gradio', 'chromadb', 'fastapi', 'uvicorn', "
    code += "'onnxruntime', 'langchain_core', 'sqlalchemy', 'openpyxl', 'pptx', 'docx') "
    code += "if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- serve -----------------------------------------------------------------------------------


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ui", "serve", *words],
        cwd=ROOT,
        env={**os.environ, "HUGANG_HOME": str(home), "LANG": "en_US.UTF-8", "LC_ALL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def server(indexed_home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = start(indexed_home, "--port", "0")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    yield process, url
    process.kill()
    process.communicate()


def test_serve_prints_its_address_when_it_is_ready(server: Any) -> None:
    process, url = server
    assert process.poll() is None
    assert httpx.get(f"{url}/readyz").json()["ready"]
    assert "<html" in httpx.get(url).text
    asked = {"question": "境外放款的额度怎么计算？"}
    assert httpx.post(f"{url}/api/v1/ask", json=asked, timeout=60).status_code == 200


def test_a_second_server_on_the_port_says_so_in_one_line(server: Any, indexed_home: Path) -> None:
    port = server[1].rpartition(":")[2]
    second = start(indexed_home, "--port", port)
    out, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert out == ""
    assert err == (
        f"hugang: port {port} on 127.0.0.1 is in use. Stop the program that uses it, or take"
        f" another: --port {int(port) + 1}.\n"
    )


def test_sigterm_ends_the_server_cleanly(server: Any) -> None:
    process, url = server
    # The page keeps this stream open at all times; it must not keep the server from stopping.
    with httpx.stream("GET", f"{url}/gradio_api/heartbeat/a1b2", timeout=30) as beating:
        assert beating.status_code == 200
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - started < 15
    assert "Traceback" not in err


def test_a_port_is_free_again_after_its_server() -> None:
    with listen("127.0.0.1", 0) as one:
        port = one.getsockname()[1]
        with pytest.raises(SettingsError, match="in use"):
            listen("127.0.0.1", port)
    with listen("127.0.0.1", port) as other:
        assert url_of(other) == f"http://127.0.0.1:{port}"


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(SettingsError, match=r"cannot listen on 203\.0\.113\.1"):
        listen("203.0.113.1", 0)


def test_all_interfaces_are_opened_as_this_machine() -> None:
    with listen("0.0.0.0", 0) as every:
        assert url_of(every).startswith("http://127.0.0.1:")
