"""What docs/curating.md shows happens: its made-up rule is drafted, written out, checked and tried."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from knowledge.load import CORPUS_DIR
from knowledge.search.vectors import VECTORS_DIR
from ui.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "curating.md"
CARD = "drafts/cards/fund-management/sample-city-cash-pool.yaml"
QUESTIONS = "drafts/questions/fund-management/sample-city-cash-pool.yaml"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text("utf-8")) if found == kind]


def shown(command: str, nth: int = 0) -> tuple[list[str], str]:
    """A command that the page shows, as arguments, and what it shows below it."""
    found = [text for text in blocks("console") if f"$ hugang {command} " in text]
    first, _, output = found[nth].partition("\n")
    return shlex.split(first.removeprefix("$ hugang ")), output


def fits(output: str, expected: str) -> bool:
    """Whether an output is as shown; a line `…` stands for any lines, an ellipsis for any rest."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in expected.splitlines()
    )
    return bool(re.fullmatch(pattern, output))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped corpus with the body of the example."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("cards", "routes", "questions"):
        shutil.copytree(CORPUS_DIR / name, folder / name)
    for name in ("corpus.yaml", "issuers.yaml"):
        shutil.copy(CORPUS_DIR / name, folder)
    body = next(text for text in blocks("yaml") if text.startswith("Sample City:"))
    with (folder / "issuers.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{body}")
    return folder


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The curator's folder, with the document of the example in it."""
    monkeypatch.chdir(tmp_path)
    Path("measure.md").write_text(blocks("markdown")[0], encoding="utf-8")
    return tmp_path


def run(arguments: list[str], folder: Path) -> Result:
    return CliRunner().invoke(app, [*arguments, "--folder", str(folder)])


def written_out() -> None:
    """Put the page's finished card and questions where it says."""
    texts = blocks("yaml")
    for path, start in (
        (CARD, "id: sample-city-cash-pool\n"),
        (QUESTIONS, "card: sample-city-cash-pool\n"),
    ):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(
            [text for text in texts if text.startswith(start)][-1], encoding="utf-8"
        )


def test_a_draft_is_made_as_shown_and_refused_until_it_is_written_out(
    desk: Path, folder: Path
) -> None:
    arguments, output = shown("corpus new")
    made = run(arguments, folder)
    assert made.exit_code == 0
    assert fits(made.output, output)
    draft = Path(CARD).read_text("utf-8")
    assert all(text in draft for text in blocks("yaml")[:2])

    arguments, output = shown("corpus check")
    checked = run(arguments, folder)
    assert checked.exit_code == 1
    assert fits(checked.output, output)

    again = run(shown("corpus new")[0], folder)
    assert again.exit_code == 1
    assert "not overwritten" in again.stderr
    assert Path(CARD).read_text("utf-8") == draft


@pytest.mark.early
def test_the_finished_card_passes_the_check_and_is_tried_without_a_trace(
    desk: Path, folder: Path
) -> None:
    written_out()
    checked = run(shown("corpus check", 1)[0], folder)
    assert (checked.exit_code, checked.output) == (0, shown("corpus check", 1)[1])

    before = {path: path.read_bytes() for path in files(folder, VECTORS_DIR)}
    arguments, output = shown("corpus try")
    tried = run(arguments, folder)
    assert tried.exit_code == 0, tried.output
    assert fits(tried.output, output)
    assert {path: path.read_bytes() for path in files(folder, VECTORS_DIR)} == before
    assert not (desk / "home").exists()


def files(*folders: Path) -> Iterator[Path]:
    return (path for folder in folders for path in folder.rglob("*") if path.is_file())
