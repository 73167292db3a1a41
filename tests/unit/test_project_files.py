"""The project's own files: nothing of one machine in them, and every command they name exists."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "knowledge", "prompts", "ui", "evals")

# Put together here, so that this file does not contain what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts).encode()
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
)
# A folder of one machine, at the start of a path: after a letter, digit or dot it is a part of a
# web address or of a relative path.
MACHINE_FOLDERS = (
    b"work", b"root", b"farm", b"tmp/lab", b"opt/(?:wheels|pypi)", b"home/[a-z]+", b"Users/[A-Za-z]+",
)  # fmt: skip
MACHINE_PATH = re.compile(
    rb"(?<![\w.%-])(?:/(?:" + b"|".join(MACHINE_FOLDERS) + rb")\b|[A-Z]:\\Users\\)"
)
MAKE_TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)", re.MULTILINE)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
MAKE_CALL = re.compile(r"\bmake ([a-z][a-z-]*)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project_files() -> list[Path]:
    """Every file that is tracked or would be: all but what .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    names = (os.fsdecode(name) for name in listed.stdout.split(b"\0") if name)
    return [path for name in names if (path := ROOT / name).is_file()]


def locked_versions() -> dict[str, set[str]]:
    """Name to versions; more than one where Python versions need different ones."""
    versions: dict[str, set[str]] = {}
    for line in read("requirements.lock").splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement = Requirement(line)
            versions.setdefault(canonicalize_name(requirement.name), set()).add(
                str(requirement.specifier).removeprefix("==")
            )
    return versions


def project_table() -> dict:
    return tomllib.loads(read("pyproject.toml"))["project"]


def development(project: dict) -> list[str]:
    """What the extra `dev` asks for, with the project's own extras that it names written out."""
    extras = project["optional-dependencies"]
    named = [Requirement(text) for text in extras["dev"]]
    own = [extra for one in named if one.name == project["name"] for extra in one.extras]
    return [
        *(str(one) for one in named if one.name != project["name"]),
        *(text for extra in own for text in extras[extra]),
    ]


def imported_names(path: Path) -> set[str]:
    """Top-level names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def make_targets() -> set[str]:
    return set(MAKE_TARGET.findall(read("Makefile")))


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        (b"cd /" + b"work/main", True),
        (b'open("/' + b'root/notes")', True),
        (b"file:///" + b"home/ann/x", True),
        (b"https://www.example.gov.cn/" + b"work/2025/a.html", False),
        (b"docs/" + b"root/x", False),
        (b"/" + b"homepage", False),
        (b"/" + b"workflow", False),
    ],
)
def test_a_machine_path_is_told_from_a_web_address(text: bytes, is_found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is is_found


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host.decode()}"
        for path in project_files()
        for host in REGISTRY_HOSTS
        if host in path.read_bytes()
    ]
    assert found == []


def test_no_file_holds_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in project_files()
        if (match := MACHINE_PATH.search(path.read_bytes()))
    ]
    assert found == []


def test_no_lock_file_with_download_addresses_is_there() -> None:
    with_addresses = {"uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json", "yarn.lock"}
    assert [path for path in project_files() if path.name in with_addresses] == []


def test_the_lock_holds_names_and_exact_versions_and_no_address() -> None:
    exact = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==[^\s;+@/]+( ; [^/@]+)?")
    lines = [
        line
        for line in read("requirements.lock").splitlines()
        if line and not line.lstrip().startswith("#")
    ]
    assert [line for line in lines if not exact.fullmatch(line)] == []
    assert ":/" + "/" not in read("requirements.lock")


def test_the_lock_holds_every_dependency_at_a_version_that_its_floor_allows() -> None:
    project = project_table()
    locked = locked_versions()
    wrong = []
    for text in [*project["dependencies"], *development(project)]:
        requirement = Requirement(text)
        versions = locked.get(canonicalize_name(requirement.name), {"not locked"})
        if versions == {"not locked"} or not all(map(requirement.specifier.contains, versions)):
            wrong.append(f"{text}: {', '.join(versions)}. Run make lock.")
    assert wrong == []


USES_AN_EXTRA = {
    *(
        ROOT / "evals" / "bench" / name
        for name in ("chromium.py", "page.py", "visitor.py", "ingest.py")
    ),
    ROOT / "knowledge" / "documents" / "reading" / "readers" / "ocr.py",
}
"""They need what only an extra brings, and say so where it is missing."""


def test_every_package_that_the_code_imports_is_declared() -> None:
    """What only happens to come along with another package may be gone with its next version."""
    project = project_table()
    declared = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    declared |= {"hugang", "pydantic-core", "starlette"}  # the last two: faces of pydantic, fastapi
    homes = packages_distributions()
    extras = {canonicalize_name(Requirement(text).name) for text in development(project)}
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for folder in PACKAGES
        for path in (ROOT / folder).rglob("*.py")
        for name in imported_names(path) - sys.stdlib_module_names - set(PACKAGES)
        if not (declared | (extras if path in USES_AN_EXTRA else set()))
        & {canonicalize_name(home) for home in homes.get(name, ())}
    }
    assert undeclared == set()


def test_the_third_party_notices_name_every_dependency_in_its_locked_version() -> None:
    rows = {
        canonicalize_name(name): versions
        for name, versions in re.findall(
            r"^\| ([A-Za-z0-9_-]+) \| ([0-9][0-9., ]*) \|",
            read("THIRD_PARTY_NOTICES.md"),
            re.MULTILINE,
        )
    }
    project = project_table()
    locked = locked_versions()
    declared = [*project["dependencies"], *development(project)]
    names = [canonicalize_name(Requirement(text).name) for text in declared]
    assert {name: set(rows.get(name, "no row").split(", ")) for name in names} == {
        name: locked[name] for name in names
    }


def test_every_make_target_that_the_readme_names_exists() -> None:
    pages = [page for page in (ROOT / "README.md", *ROOT.glob("docs/*.md")) if page.is_file()]
    code = "\n".join(span for page in pages for span in CODE.findall(page.read_text("utf-8")))
    named = set(MAKE_CALL.findall(code))
    assert named - make_targets() == set()


def test_every_make_target_is_declared_phony_and_says_what_it_does() -> None:
    makefile = read("Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    explained = set(re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, re.MULTILINE))
    assert phony is not None
    assert set(phony.group(1).split()) == make_targets() == explained


def test_ci_runs_the_checks_and_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = re.findall(r"^make ([a-z]+)", script.read_text("utf-8"), re.MULTILINE)
    assert commands == ["check", "test"]


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    version = project_table()["version"]
    assert getattr(bot, "__version__", version) == version


@pytest.mark.parametrize("name", ["install.sh", "browser.sh", "lock.sh"])
def test_the_scripts_are_free_of_syntax_errors(name: str) -> None:
    subprocess.run(["sh", "-n", f"scripts/{name}"], cwd=ROOT, check=True)


def test_the_installer_names_the_pythons_it_saw_when_all_are_too_old(tmp_path: Path) -> None:
    """A copy of the tree, a PATH on which `python3` says 3.9: what was seen, expected, remedy."""
    for name in ("scripts/install.sh", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "cat", "cksum", "tr", "rm"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    python = tools / "python3"
    python.write_text("#!/bin/sh\necho '3.9.18 0 python3'\n", encoding="utf-8")
    python.chmod(0o755)

    run = subprocess.run(
        [tools / "sh", "scripts/install.sh"],
        cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 1
    assert "seen:     python3 (3.9.18)" in run.stderr
    assert "expected: 3.11 or newer" in run.stderr
    assert "remedy:" in run.stderr
    assert not (tmp_path / ".venv").exists()
