"""Answer-quality cases: a question and what a right answer says, rests on and must not say.

The file format is told in `docs/CASE_FORMAT.md`; these types are its exact image in memory.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationError, model_validator

from bot.language import Lang
from bot.question import Question, Turn, read_question
from evals.errors import CaseError
from knowledge.card import Frozen, Topic

CASES_DIR = Path(__file__).parent / "cases"
"""Home of the shipped suites, one JSON Lines file a suite."""

CaseKind = Literal[
    "lookup",
    "multi",
    "route",
    "temporal",
    "false-premise",
    "unanswerable",
    "out-of-scope",
    "follow-up",
    "injection",
]
Expectation = Literal["answer", "abstain"]
Change = Literal["as-of", "paraphrase", "script", "typo", "distractor", "excerpt"]
"""What was done to a case to make another one of it: `evals.suites.perturb`."""

_KEBAB = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_ALWAYS_ABSTAIN: frozenset[CaseKind] = frozenset({"unanswerable", "out-of-scope"})
_SAME_IN_GROUP = ("kind", "topic", "as_of", "profile", "expect", "cards", "route")
"""What the lines of a group must agree on: they are one question with one right answer."""


def _usable_pattern(pattern: str) -> str:
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"a regular expression that compiles ({error})") from error
    if compiled.search(""):
        raise ValueError("a pattern that does not match the empty text, for it would always match")
    return pattern


def _at_least_one(patterns: tuple[str, ...]) -> tuple[str, ...]:
    # Not Field(min_length=1): that would complain of a bad pattern a second time, as a lack.
    if not patterns:
        raise ValueError("at least one pattern")
    return patterns


def _known_weight(weight: float) -> float:
    if weight not in (1, 0.5):
        raise ValueError("weight 1 (vital) or 0.5 (okay to have)")
    return weight


Pattern = Annotated[str, AfterValidator(_usable_pattern)]
"""Python regular expression; matched without case, over the folded text of the answer."""


class Nugget(Frozen):
    """A statement that a good answer makes, recognised by any one of its patterns."""

    name: str = Field(min_length=1)
    weight: Annotated[float, AfterValidator(_known_weight)] = 1
    any: Annotated[tuple[Pattern, ...], AfterValidator(_at_least_one)]

    @property
    def is_vital(self) -> bool:
        """Whether an answer without it has missed the point."""
        return self.weight == 1


class Case(Frozen):
    """One question of a suite with everything that is needed to score an answer to it."""

    id: str = Field(pattern=_KEBAB)
    group: str | None = Field(default=None, pattern=_KEBAB)
    """Shared by the lines that ask one question in each language."""
    parent: str | None = Field(default=None, pattern=_KEBAB)
    """The case that this one was made of by `change`; the two are compared."""
    change: Change | None = None
    kind: CaseKind
    lang: Lang
    topic: Literal[Topic, "other"]
    question: str = Field(min_length=1)
    history: tuple[Turn, ...] = ()
    as_of: dt.date | None = None
    """Day the answer should hold for; None = today."""
    profile: dict[str, Any] = Field(default_factory=dict)
    """Values of route inputs known from the start, by input name."""
    expect: Expectation
    nuggets: tuple[Nugget, ...] = ()
    cards: tuple[str, ...] = ()
    """Instruments that a right answer would cite."""
    route: str | None = None
    """Route that a plan should follow."""
    must_not: tuple[Pattern, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Refuse a case that could not be scored as it says, telling every reason at once."""
        wrong = tuple(self._contradictions())
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _contradictions(self) -> Iterator[str]:
        if self.kind in _ALWAYS_ABSTAIN and self.expect != "abstain":
            yield f"expect 'abstain' with kind {self.kind!r}"
        if self.kind == "follow-up" and not self.history:
            yield "a history with kind 'follow-up'"
        if (self.parent is None) is not (self.change is None):
            yield "both parent and change, or neither"
        if self.parent == self.id:
            yield "another case as parent"
        if self.expect == "answer" and not (self.nuggets or self.cards):
            yield "nuggets or cards with expect 'answer', or nothing could be scored"
        for field, names in (("nuggets", [n.name for n in self.nuggets]), ("cards", self.cards)):
            twice = sorted(name for name, count in Counter(names).items() if count > 1)
            if twice:
                yield f"each name once in {field} (twice: {', '.join(twice)})"

    def to_question(self, today: dt.date) -> Question:
        """Read the question as a user would ask it: its language is found, not told.

        Args:
            today: the current day, for cases without `as_of`.
        """
        return read_question(
            self.question,
            history=self.history,
            as_of=self.as_of,
            profile=self.profile,
            today=today,
        )


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read the cases of one JSON Lines file; empty lines are passed over.

    Raises:
        CaseError: the file cannot be read, or lines are not cases; all problems are told.
    """
    cases: dict[int, Case] = {}
    problems: list[str] = []
    for number, line in _lines(path):
        try:
            cases[number] = Case.model_validate_json(line)
        except ValidationError as error:
            problems += _explain(f"{path.name} line {number}", line, error)
    problems += _repeated(path.name, cases)
    problems += _uneven(path.name, cases)
    if problems:
        raise CaseError(*problems)
    if not cases:
        raise CaseError(f"{path.name}: seen no case; expected at least one line. Add a case.")
    return tuple(cases.values())


def load_suite(name: str) -> tuple[Case, ...]:
    """Read a shipped suite by name, for example `dev`, or any file by its path.

    Raises:
        CaseError: no such suite, or its file has problems.
    """
    if is_path(name):
        return load_cases(Path(name))
    if name not in suite_names():
        raise CaseError(
            f"suite: seen {name!r}; expected one of {', '.join(suite_names())}, or the path of a "
            "file that ends in .jsonl. Name one of these, or add the file to evals/cases."
        )
    return load_cases(CASES_DIR / f"{name}.jsonl")


def suite_names() -> tuple[str, ...]:
    """List the shipped suites."""
    return tuple(sorted(path.stem for path in CASES_DIR.glob("*.jsonl")))


def is_path(suite: str) -> bool:
    """Tell whether a suite is given as a file, not by the name of a shipped one."""
    return suite.endswith(".jsonl")


def suite_title(suite: str) -> str:
    """Return a suite's name, which for a file is its own without folder and ending."""
    return Path(suite).stem if is_path(suite) else suite


def suite_digest(cases: Sequence[Case]) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 over the cases, in their order."""
    text = "\n".join(case.model_dump_json(exclude=_unused(case)) for case in cases)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unused(case: Case) -> set[str]:
    # Fields that came later: a suite without them keeps the digest that older runs have of it.
    return {name for name in ("parent", "change") if getattr(case, name) is None}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CaseError(
            f"{path.name}: seen no such file; expected JSON Lines. Check the name."
        ) from error
    except UnicodeDecodeError as error:
        raise CaseError(
            f"{path.name}: seen bytes that are not UTF-8; expected UTF-8. Save the file as UTF-8."
        ) from error
    # Not splitlines(): a case may hold U+2028 or a form feed inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _explain(where: str, line: str, error: ValidationError) -> Iterator[str]:
    """Turn pydantic's findings into lines of place, field, seen, expected and remedy."""
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])
        match item["type"]:
            case "json_invalid":
                yield (
                    f"{where}: seen text that is not JSON ({_json_problem(line)}); "
                    "expected one JSON object. Mend the line, or put the case on one line."
                )
            case "extra_forbidden":
                yield (
                    f"{where}, {field}: seen an unknown key; expected only keys of the case "
                    "format. Correct its spelling, or remove it."
                )
            case "missing":
                yield (
                    f"{where}, {field}: seen nothing; expected a value. Add the key, see "
                    "docs/CASE_FORMAT.md."
                )
            case "value_error":
                expected = str(item["ctx"]["error"])
                seen = "a case that contradicts itself" if not field else _short(item["input"])
                yield f"{where}, {field or 'case'}: seen {seen}; expected {expected}. Mend it."
            case _:
                yield (
                    f"{where}, {field or 'case'}: seen {_short(item['input'])}; expected: "
                    f"{item['msg']}. See docs/CASE_FORMAT.md."
                )


def _json_problem(line: str) -> str:
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return f"{error.msg}, column {error.colno}"
    return "a value that JSON does not allow"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _repeated(file: str, cases: dict[int, Case]) -> Iterator[str]:
    """Tell cases that take an id, or ask the same thing, a second time."""
    ids: dict[str, int] = {}
    asked: dict[str, int] = {}
    for number, case in cases.items():
        if case.id in ids:
            yield (
                f"{file} line {number}, id: seen {case.id!r}, taken by line {ids[case.id]}; "
                "expected an id of its own. Rename one of the two."
            )
        key = case.model_dump_json(include={"question", "history", "as_of", "profile"})
        if key in asked:
            yield (
                f"{file} line {number}, question: seen the question of line {asked[key]}; "
                "expected another question. Remove one of the two."
            )
        ids.setdefault(case.id, number)
        asked.setdefault(key, number)


def _uneven(file: str, cases: dict[int, Case]) -> Iterator[str]:
    """Tell groups that lack a language, have one twice, or whose lines are not one question."""
    groups: dict[str, dict[int, Case]] = {}
    for number, case in cases.items():
        if case.group is not None:
            groups.setdefault(case.group, {})[number] = case
    for group, lines in groups.items():
        first, *others = lines
        langs = [case.lang for case in lines.values()]
        if sorted(langs) != sorted(get_args(Lang)):
            yield (
                f"{file} line {first}, group: seen {group!r} in {', '.join(langs)}; expected "
                f"each of {', '.join(get_args(Lang))} once. Add or remove lines."
            )
        for field in _SAME_IN_GROUP:
            wanted = getattr(lines[first], field)
            for number in others:
                seen = getattr(lines[number], field)
                if seen != wanted:
                    yield (
                        f"{file} line {number}, {field}: seen {_short(seen)}; expected "
                        f"{_short(wanted)}, as on line {first} of group {group!r}. Make them agree."
                    )
