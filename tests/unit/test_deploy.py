"""What docs/deploy.md and deploy/ name is there: settings, files, commands, addresses."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.settings import Settings
from bot.settings_table import variable
from ui.cli import app

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = ROOT / "docs" / "deploy.md"
FILES = [PAGE, *sorted(DEPLOY.iterdir())]


def instructions() -> list[tuple[str, str]]:
    """The instructions of the container file, continued lines joined."""
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_every_setting_that_is_named_exists() -> None:
    known = {variable(name) for name in Settings.model_fields} | {"HUGANG_DEBUG"}
    for file in FILES:
        named = set(re.findall(r"\bHUGANG_[A-Z_]+[A-Z]", file.read_text("utf-8")))
        assert named <= known, file.name


def test_the_example_of_settings_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (DEPLOY / "hugang.env.example").read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.staff is False
    assert settings.metrics_token is None


def test_the_container_file_copies_what_is_there_and_all_that_ships() -> None:
    copied = [
        shlex.split(rest)[:-1]
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
    ]
    sources = {source for group in copied for source in group}
    assert all((ROOT / source).exists() for source in sources)
    assert {"bot", "evals", "knowledge", "prompts", "ui", "pyproject.toml"} <= sources


def test_the_container_runs_as_nobody_in_particular_and_by_a_command_that_exists() -> None:
    said = dict(instructions())
    assert said["USER"].isdecimal()
    assert int(said["USER"]) > 0
    command = yaml.safe_load(said["CMD"])
    done = CliRunner().invoke(app, [command[1], "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert all(word in done.stdout for word in command[2:] if word.startswith("--"))
    bases = {rest.split()[0] for name, rest in instructions() if name == "FROM"}
    assert bases == {"python:3.12-slim"}


def test_every_install_is_held_to_the_lock() -> None:
    installs = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    assert installs
    assert all("--constraint requirements.lock" in one for one in installs)


def test_the_compose_file_names_what_is_there_and_gives_the_server_its_time() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    server, database = compose["services"]["hugang"], compose["services"]["database"]
    build = server["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    assert (DEPLOY / f"{server['env_file']}.example").is_file()
    assert int(server["stop_grace_period"].rstrip("s")) > Settings().shutdown_s
    volumes = {one.partition(":")[0] for part in (server, database) for one in part["volumes"]}
    assert volumes == set(compose["volumes"])
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])


def test_every_hugang_command_of_the_page_exists() -> None:
    named = set(
        re.findall(r"hugang ((?:tenant|key) [a-z]+|serve|doctor|sync)", PAGE.read_text("utf-8"))
    )
    assert {"serve", "tenant create", "key create"} <= named
    for words in named:
        assert CliRunner().invoke(app, [*words.split(), "--help"]).exit_code == 0, words


def test_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text("utf-8"))
    assert links
    assert all((PAGE.parent / link).exists() for link in links)
