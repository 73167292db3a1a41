"""Drafts of cases: lines of the case format in which what a person must write is still null."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bot.store.records import FeedbackEntry
from evals.case import Case
from evals.errors import CaseError
from evals.suites.rows import Problems, json_rows
from knowledge.card import FactRef
from knowledge.corpus import Corpus

SUFFIX = ".draft.jsonl"
_TO_WRITE = {
    "kind": "the kind of question",
    "topic": "the topic",
    "expect": "'answer' or 'abstain'",
    "nuggets": "the statements that a good answer makes ([] where it must abstain)",
    "cards": "the cards that a right answer would cite ([] where it must abstain)",
}
_PERSONAL = tuple(
    # ASCII: a Chinese character beside a number ends it.
    (re.compile(pattern, re.ASCII), mark)
    for pattern, mark in (
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "[e-mail]"),
        (r"(?<![\w.])\d{17}[\dXx](?!\w)|(?<!\w)[A-Z]{1,2}\d{6}\(?[\dA]\)?(?!\w)", "[id]"),
        (
            r"(?<![\w.,])(?:\+\d{1,3}[\s-]?)?"
            r"(?:1[3-9]\d{9}|\d{3,4}[\s-]\d{4}(?:[\s-]\d{4})?)(?!\w)",
            "[phone]",
        ),
        (r"(?<![\w.,])\d{12,19}(?!\w|[.,]\d)", "[account]"),
    )
)
"""What names or reaches a person, outside the question itself."""


class DraftState(NamedTuple):
    """What is open in one line of a file of drafts."""

    where: str
    id: str
    open: tuple[str, ...]
    """Fields to be written, and what is wrong with those that are."""


def drafts_of(entries: Iterable[FeedbackEntry], corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Turn what readers said of answers into drafts, each question once.

    Kept are the question as it was asked, with the words before it, its day, what was told of the
    deal, the cards that the answer cites, and the reader's note. Who asked, where and when are
    not; addresses and numbers of persons in the words before it and in the note are struck out.

    Args:
        entries: feedback with question and answer.
        corpus: knows the topics of the instruments cited.
    """
    seen = set()
    for entry in entries:
        asked = entry.asked
        history = [
            {"role": turn.role, "content": without_persons(turn.content)} for turn in entry.history
        ]
        key = json.dumps([asked.question, history, str(asked.as_of), dict(asked.profile)])
        if key in seen:
            continue
        seen.add(key)
        answer = entry.checked
        yield {
            "id": f"fb-{sha256(entry.turn.encode()).hexdigest()[:8]}",
            "kind": "follow-up" if history else None,
            "lang": answer.lang if answer else asked.lang,
            "topic": _topic(entry.refs, corpus),
            "question": asked.question,
            "history": history,
            "as_of": asked.as_of.isoformat() if asked.as_of else None,
            "profile": dict(asked.profile),
            "expect": None,
            "nuggets": None,
            "cards": list(dict.fromkeys(ref.card_id for ref in entry.refs)) or None,
            "route": answer.plan.route if answer and answer.plan and answer.plan.asked else None,
            "must_not": [],
            "note": _note(entry),
        }


def without_persons(text: str) -> str:
    """Strike out addresses, telephone, identity and account numbers."""
    for pattern, mark in _PERSONAL:
        text = pattern.sub(mark, text)
    return text


def write_drafts(drafts: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write drafts to a new file and return how many.

    Raises:
        CaseError: the name does not end as drafts do, or there is such a file already.
    """
    if not path.name.endswith(SUFFIX):
        raise CaseError(
            f"{path.name}: expected a name that ends in {SUFFIX}, so that nobody takes a draft for "
            "a case. Name it so."
        )
    lines = [json.dumps(draft, ensure_ascii=False) for draft in drafts]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
    except FileExistsError as error:
        raise CaseError(
            f"{path.name}: seen such a file; expected none, for drafts may be half written. Name "
            "another, or move it away."
        ) from error
    return len(lines)


def check_drafts(path: Path) -> tuple[DraftState, ...]:
    """Tell what is open in each line of a file of drafts.

    Raises:
        CaseError: the file cannot be read, or a line is no JSON object.
    """
    problems = Problems()
    rows = list(json_rows(path, problems))
    problems.told()
    states = []
    for row in rows:
        unwritten = [name for name in _TO_WRITE if row.values.get(name) is None]
        wrong = [f"{name}: seen null; expected {_TO_WRITE[name]}" for name in unwritten]
        try:
            Case.model_validate_json(json.dumps(row.values))
        except ValidationError as error:
            wrong += [
                f"{'.'.join(map(str, item['loc'])) or 'case'}: {item['msg']}"
                for item in error.errors()
                if not item["loc"] or item["loc"][0] not in unwritten
            ]
        states.append(DraftState(row.where, str(row.values.get("id")), tuple(wrong)))
    return tuple(states)


def _note(entry: FeedbackEntry) -> str:
    said = [f"from feedback {entry.verdict}"]
    if entry.reason:
        said.append(f"reason {entry.reason}")
    if text := without_persons(" ".join(entry.text.split())):
        said.append(f"the reader: {text}")
    said.append(
        f"cards: those that the answer cites ({', '.join(entry.refs) or 'none'}); check them"
    )
    return "; ".join(said)


def _topic(refs: Iterable[FactRef], corpus: Corpus) -> str | None:
    """Return the topic that most of the facts cited are about."""
    known = (corpus.instrument(ref) for ref in refs if ref in corpus)
    counted = Counter(topic for card in known for topic in card.topics)
    return counted.most_common(1)[0][0] if counted else None
