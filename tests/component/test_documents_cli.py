"""`hugang add` and `hugang documents`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.component.paper_texts import MANUAL, PRODUCT_SHEET, write
from ui.cli import app


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    write(folder, "manual.md", MANUAL)
    write(folder, "bank/sheet.md", PRODUCT_SHEET)
    write(folder, ".hidden.md", MANUAL)
    write(folder, ".git/config.md", MANUAL)
    return folder


def run(*words: str | Path, lang: str = "en_GB.UTF-8") -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"LC_ALL": lang})


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_is_added_with_all_below_it_but_what_is_hidden(papers: Path) -> None:
    first = run("add", papers, "--json")
    assert first.exit_code == 0, first.output
    assert [(row["state"], row["name"]) for row in rows(first)] == [
        ("added", "papers/manual.md"),
        ("added", "papers/bank/sheet.md"),
    ]
    write(papers, "bank/sheet.md", PRODUCT_SHEET.replace("0.05%", "0.04%"))
    second = run("add", papers)
    assert [line.split()[0] for line in second.stdout.splitlines()] == ["unchanged", "updated"]
    assert "1 updated, 1 unchanged" in second.stderr


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_added(papers: Path) -> None:
    (papers / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00" * 200)
    result = run("add", papers, "--json")
    assert result.exit_code == 1
    states = {row["name"]: row for row in rows(result)}
    assert states["papers/broken.pdf"]["state"] == "failed"
    assert states["papers/broken.pdf"]["reason"]
    assert states["papers/bank/sheet.md"]["state"] == "added"
    chinese = run("add", papers / "broken.pdf", lang="zh_CN.UTF-8")
    assert "。" in chinese.stdout


def test_a_path_of_nothing_is_refused_before_anything_is_added(papers: Path) -> None:
    result = run("add", papers, papers / "nothing.pdf")
    assert result.exit_code == 1
    assert "no file or folder" in result.stderr
    assert json.loads(run("documents", "list", "--json").stdout) == []
    assert "no scope" in run("add", papers, "--scope", "owner:x").stderr


def test_an_address_of_a_private_network_is_a_failed_line(papers: Path) -> None:
    for url in ("http://192.168.0.1/rules.pdf", "https://localhost/rules.pdf", "http://a@b.org/x"):
        result = run("add", url, "--json")
        assert result.exit_code == 1
        [row] = rows(result)
        assert (row["state"], row["name"]) == ("failed", url)
    assert json.loads(run("documents", "list", "--json").stdout) == []


def test_documents_are_listed_shown_searched_corrected_and_removed(papers: Path) -> None:
    added = {row["name"]: row["id"] for row in rows(run("add", papers, "--json"))}
    manual = added["papers/manual.md"]
    listed = json.loads(run("documents", "list", "--json").stdout)
    assert {row["id"] for row in listed} == set(added.values())
    assert manual in run("documents", "list").stdout
    assert "第二条" in run("documents", "passages", manual).stdout
    found = json.loads(run("documents", "search", "服务贸易付汇备案", "--json").stdout)
    assert found[0]["ref"].startswith(manual)
    assert "五万美元" in found[0]["passage"]["part"]["text"]
    assert run("documents", "search", "服务贸易付汇", "--scope", "public").stdout == ""
    corrected = run(
        "documents", "correct", manual, "--title", "资金制度 [2026]", "--issued", "2026-05-01",
        "--number", "集财〔2026〕1号", "--status", "in-force",
    )  # fmt: skip
    assert corrected.exit_code == 0, corrected.output
    shown = run("documents", "show", manual).stdout
    assert all(
        word in shown for word in ("资金制度 [2026]", "2026-05-01", "集财〔2026〕1号", "yes")
    )
    assert "资金制度 [2026]" in run("documents", "list").stdout
    assert run("documents", "correct", manual, "--number", "").exit_code == 0
    assert "集财" not in run("documents", "show", manual).stdout
    assert "2026-06-30" in run("documents", "correct", manual, "--issued", "May 2026").stderr
    assert "title" in run("documents", "correct", manual, "--title", "x" * 301).stderr
    assert run("documents", "verify").exit_code == 0
    assert run("documents", "remove", manual).exit_code == 0
    gone = run("documents", "show", manual)
    assert gone.exit_code == 1
    assert manual in gone.stderr
    assert [row["id"] for row in json.loads(run("documents", "list", "--json").stdout)] == [
        added["papers/bank/sheet.md"]
    ]


def test_verify_names_what_is_not_sound(papers: Path, tmp_path: Path) -> None:
    assert run("add", papers / "manual.md").exit_code == 0
    (kept,) = (tmp_path / "home" / "documents" / "files").iterdir()
    kept.write_bytes(b"other")
    result = run("documents", "verify")
    assert result.exit_code == 1
    assert "not the one that was added" in result.stdout
