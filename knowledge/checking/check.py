"""Find everything that is wrong with a corpus folder, in one go.

Files that cannot be read are told and left out; all others are held against the rules of
`card_rules` and `route_rules`. `hugang corpus check` prints what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from knowledge.card import Frozen, Instrument
from knowledge.checking import card_rules, question_rules, route_rules
from knowledge.checking.book import Book, Finding, Found, shortened
from knowledge.errors import CardError
from knowledge.issuer import Issuer
from knowledge.load import (
    CorpusMeta,
    card_files,
    explain,
    question_files,
    questions_beside,
    read_instrument,
    read_issuers,
    read_questions,
    read_route,
    read_yaml,
    route_files,
)
from knowledge.questions import CardQuestions
from knowledge.route import RouteCard

Severity = Literal["error", "warning"]
_Value = TypeVar("_Value")


class Rule(Frozen):
    """One thing that the corpus must keep to."""

    name: str
    severity: Severity
    remedy: str


class Problem(Frozen):
    """One breach of a rule, with all that is needed to mend it."""

    file: str
    """Relative to the corpus folder."""
    place: str
    """`card`, `fact 3`, `source s2`, `odi/step ndrc`, …"""
    rule: str
    severity: Severity
    seen: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        """Print on one line."""
        return (
            f"{self.severity}: {self.file}: {self.place}: {self.rule}: "
            f"seen {self.seen}; expected {self.expected}. {self.remedy}"
        )


_TABLE: tuple[tuple[Rule, Callable[[Book], Iterator[Finding]]], ...] = tuple(
    (Rule(name=name, severity=severity, remedy=remedy), finder)
    for name, severity, remedy, finder in (
        (
            "duplicate-id",
            "error",
            "Ids are permanent names: give the newer entry an id of its own.",
            card_rules.duplicate_ids,
        ),
        (
            "file-name",
            "error",
            "Name the file after the id, or set the id to the file's name.",
            card_rules.file_names,
        ),
        (
            "folder-not-topic",
            "error",
            "Move the card to the folder of one of its topics, or add the topic.",
            card_rules.folders,
        ),
        (
            "blank-text",
            "error",
            "Write the sentence in both languages.",
            card_rules.blank_texts,
        ),
        (
            "wrong-language",
            "warning",
            "Chinese goes under zh, English under en.",
            card_rules.wrong_languages,
        ),
        (
            "long-fact",
            "warning",
            "Split the fact in two, each complete by itself.",
            card_rules.long_facts,
        ),
        (
            "dangling-reference",
            "error",
            "Correct the id, or add what it points at.",
            route_rules.dangling_references,
        ),
        (
            "stray-question",
            "error",
            "Name a card and a fact that there are, or delete the questions.",
            question_rules.stray_questions,
        ),
        (
            "repeated-questions",
            "error",
            "Put all questions of a card into one file.",
            question_rules.repeated_questions,
        ),
        (
            "unasked-fact",
            "warning",
            "Write how people ask for the fact: without questions it is found less well.",
            question_rules.unasked_facts,
        ),
        (
            "cyclic-needs",
            "error",
            "Remove one of the needs: a step cannot come before itself.",
            route_rules.cyclic_needs,
        ),
        (
            "successor-missing",
            "error",
            "Name the card that replaces it in superseded_by.",
            card_rules.successors_missing,
        ),
        (
            "successor-unexpected",
            "error",
            "Set the status to superseded, or clear superseded_by.",
            card_rules.successors_unexpected,
        ),
        (
            "unknown-source",
            "error",
            "Add the source to the card, or cite one of those listed.",
            card_rules.unknown_sources,
        ),
        (
            "repeated-source",
            "error",
            "List under also only further sources, each once.",
            card_rules.repeated_sources,
        ),
        (
            "source-quality",
            "error",
            "official: true goes with quality official, and only with it.",
            card_rules.source_qualities,
        ),
        (
            "unknown-issuer",
            "error",
            "Add the abbreviation with both names and a place to issuers.yaml, or use one listed there.",
            card_rules.unknown_issuers,
        ),
        (
            "dates-out-of-order",
            "warning",
            "Check both dates on the source; a rule that works backwards may stay.",
            card_rules.dates_out_of_order,
        ),
        (
            "after-as-of",
            "error",
            "Correct the date, or move as_of in corpus.yaml if the cards were kept up to then.",
            card_rules.dates_after_as_of,
        ),
        (
            "date-form",
            "error",
            "Write YYYY-MM-DD, YYYY-MM or YYYY.",
            card_rules.date_forms,
        ),
        (
            "figures-differ",
            "error",
            "Read the source and correct the language that is wrong.",
            card_rules.differing_figures,
        ),
        (
            "figures-one-sided",
            "warning",
            "Say the figure in both languages, or in neither.",
            card_rules.one_sided_figures,
        ),
        (
            "cites-ended-rule",
            "error",
            "Cite the rule that replaced it, or move the remark to pros, cons or watch.",
            route_rules.ended_rules_cited,
        ),
        (
            "cites-unsettled-rule",
            "warning",
            "A step should rest on rules in force; name drafts and announcements under watch.",
            route_rules.unsettled_rules_cited,
        ),
        (
            "expression",
            "error",
            "See the expressions in docs/ROUTE_FORMAT.md.",
            route_rules.unreadable_expressions,
        ),
        (
            "unknown-input",
            "error",
            "Add the input to the route, or correct its name in the expression.",
            route_rules.unknown_inputs,
        ),
        (
            "input-type",
            "error",
            "Compare an input only with what it can be.",
            route_rules.mistyped_inputs,
        ),
        (
            "unused-input",
            "warning",
            "Ask only what changes the result: use the input in a condition, or remove it.",
            route_rules.unused_inputs,
        ),
    )
)
_UNREADABLE = (
    Rule(name="missing-file", severity="error", remedy="Add the file."),
    Rule(name="yaml", severity="error", remedy="Mend the file so that YAML can be read."),
    Rule(name="schema", severity="error", remedy="See docs/CARD_FORMAT.md, docs/ROUTE_FORMAT.md."),
    Rule(
        name="unwritten",
        severity="error",
        remedy="Write it from the document, or delete a fact that nobody needs; see docs/curating.md.",
    ),
)
RULES: tuple[Rule, ...] = (*_UNREADABLE, *(rule for rule, _ in _TABLE))
"""Every rule, in the order in which it is applied."""


def check_corpus(folder: Path, drafts: Sequence[Path] = ()) -> list[Problem]:
    """Return every problem of a corpus folder, file by file; never stops at the first.

    Args:
        folder: holds `cards/<topic>/*.yaml`, `routes/*.yaml`,
            `questions/<topic>/*.yaml`, `issuers.yaml`, `corpus.yaml`.
        drafts: cards that are looked at as if they were in the folder, in place of those of the
            same name; each with the questions that `questions_beside` finds.
    """
    problems: list[Problem] = []
    book = _read_book(folder, drafts, problems)
    for rule, finder in _TABLE:
        problems.extend(_problem(rule, finding) for finding in finder(book))
    return sorted(problems, key=lambda problem: (problem.file, problem.place, problem.rule))


def check_drafts(folder: Path, drafts: Sequence[Path]) -> list[Problem]:
    """Return the problems of draft cards, and those of other files that speak of them."""
    own = {_label(path) for draft in drafts for path in (draft, questions_beside(draft))}
    names = [re.compile(rf"(?<![\w-]){re.escape(path.stem)}(?![\w-])") for path in drafts]
    return [
        problem
        for problem in check_corpus(folder, drafts)
        if problem.file in own or any(name.search(problem.seen) for name in names)
    ]


def _read_book(folder: Path, drafts: Sequence[Path], problems: list[Problem]) -> Book:
    def read(path: Path, reader: Callable[[Path], _Value]) -> _Value | None:
        try:
            return reader(path)
        except CardError as error:
            problems.extend(_unreadable(file_of(path), path, error))
        except FileNotFoundError:
            problems.append(
                _problem(_UNREADABLE[0], Finding(file_of(path), "file", "nothing", "a file"))
            )
        return None

    def file_of(path: Path) -> str:
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else _label(path)

    def overlaid(files: Sequence[Path], instead: Sequence[Path]) -> list[Path]:
        replaced = {path.stem for path in instead}
        return [*(path for path in files if path.stem not in replaced), *instead]

    cards: list[Found[Instrument]] = []
    routes: list[Found[RouteCard]] = []
    unread: set[str] = set()
    for path in overlaid(card_files(folder), drafts):
        card = read(path, read_instrument)
        if card is None:
            unread.add(path.stem)
        else:
            cards.append(Found(file_of(path), card))
    for path in route_files(folder):
        route = read(path, read_route)
        if route is not None:
            routes.append(Found(file_of(path), route))
    questions: list[Found[CardQuestions]] = []
    beside = [path for draft in drafts if (path := questions_beside(draft)).is_file()]
    for path in overlaid(question_files(folder), beside):
        asked = read(path, read_questions)
        if asked is not None:
            questions.append(Found(file_of(path), asked))
    issuers: dict[str, Issuer] | None = read(folder / "issuers.yaml", read_issuers)
    meta = read(folder / "corpus.yaml", _read_meta)
    return Book(
        cards=tuple(cards),
        routes=tuple(routes),
        questions=tuple(questions),
        issuers=issuers,
        as_of=meta.as_of if meta else None,
        unread=frozenset(unread),
    )


def _label(path: Path) -> str:
    """Name a draft as its file would be named in the corpus: `cards/<topic>/<id>.yaml`."""
    return "/".join(path.absolute().parts[-3:])


def _read_meta(path: Path) -> CorpusMeta:
    try:
        return CorpusMeta.model_validate(read_yaml(path))
    except ValidationError as error:
        raise CardError("\n".join(explain(path, error))) from error


def _unreadable(file: str, path: Path, error: CardError) -> Iterator[Problem]:
    """Turn the reader's message, or pydantic's findings behind it, into problems."""
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        seen = str(error).removeprefix(f"{path}:").strip().rstrip(".")
        yield _problem(_UNREADABLE[1], Finding(file, "file", seen, "a YAML file in UTF-8"))
        return
    is_card = file.startswith("cards/")
    missing: dict[tuple[int | str, ...], list[str]] = {}
    whole: dict[tuple[int | str, ...], Any] = {}
    found = cause.errors()
    for item in found:
        if item["type"] == "too_short" and any(
            len(other["loc"]) > len(item["loc"]) and other["loc"][: len(item["loc"])] == item["loc"]
            for other in found
        ):
            continue  # pydantic counts what it could read of a list whose entries have faults
        place = ".".join(str(part) for part in item["loc"]) or "file"
        if is_card and item["type"] == "missing":
            missing.setdefault(item["loc"][:-1], []).append(str(item["loc"][-1]))
            whole[item["loc"][:-1]] = item["input"]
        elif is_card and item["input"] is None and item["loc"]:
            expected = _TO_BE_WRITTEN.get(
                item["type"], item["msg"].removeprefix("Input should be ")
            )
            yield _problem(_UNREADABLE[3], Finding(file, place, "null", expected))
        else:
            yield _problem(
                _UNREADABLE[2], Finding(file, place, shortened(item.get("input")), item["msg"])
            )
    for loc, names in missing.items():
        entry, wanted = whole[loc], ", ".join(names)
        keys = ", ".join(map(str, entry))
        seen = f"only {keys}" if 0 < len(entry) < len(names) else f"no {wanted}"
        yield _problem(_UNREADABLE[3], Finding(file, _place(loc, entry), seen, wanted))


_TO_BE_WRITTEN = {
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "date_type": "a date",
}
"""What pydantic expects where it finds null, in the words of who writes a card."""


def _place(loc: tuple[int | str, ...], entry: Any) -> str:
    """Name a fact by its number and article, anything else by its path."""
    if len(loc) == 2 and loc[0] == "facts" and isinstance(entry, dict) and "id" in entry:
        locator = entry.get("locator")
        return f"fact {entry['id']}" + (f" ({locator})" if locator else "")
    return ".".join(map(str, loc)) or "card"


def _problem(rule: Rule, finding: Finding) -> Problem:
    return Problem(
        file=finding.file,
        place=finding.place,
        rule=rule.name,
        severity=finding.severity or rule.severity,
        seen=finding.seen,
        expected=finding.expected,
        remedy=rule.remedy,
    )
