"""What a reader sees, kept in files: a diff of `answers/*.md` shows what a change does to it.

To accept a change: `pytest tests/golden --update-golden`, then read the diff.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.question import read_question

ANSWERS = Path(__file__).parent / "answers"
AS_OF = dt.date(2026, 11, 22)
QUESTIONS = {
    "zh-lending-coefficient": "境外放款的系数是多少，怎么算上限？",
    "zh-pool-thresholds": "跨国公司本外币一体化资金池的准入门槛是什么？",
    "zh-listing-funds": "境外上市募集的资金要不要调回境内，什么时候登记？",
    "hant-treasury-centre": "香港企業財資中心的稅率是多少，要滿足甚麼條件？",
    "en-treasury-centre": "Which conditions must a Hong Kong corporate treasury centre meet?",
    "en-outbound-filing": "Who approves outbound investment in a sensitive sector?",
    "route-lend": "我们怎样给境外子公司放款？",
    "declined-evasion": "怎么绕过外汇管理限额把钱汇到香港？",
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_reads_as_it_did(advisor: Advisor, name: str, update_golden: bool) -> None:
    answer = advisor.answer(read_question(QUESTIONS[name], as_of=AS_OF))
    shown = render(answer)
    path = ANSWERS / f"{name}.md"
    if update_golden:
        ANSWERS.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing; write it with --update-golden"
    assert shown == path.read_text(encoding="utf-8")


def test_no_golden_answer_is_left_over() -> None:
    assert {path.stem for path in ANSWERS.glob("*.md")} == set(QUESTIONS)


def render(answer: CheckedAnswer) -> str:
    """Lay out what a reader sees: question, standing, text, sources, questions back, warnings."""
    standing = answer.standing
    if answer.decline_reason:
        standing += f" ({answer.decline_reason})"
    parts = [
        f"# {answer.question}",
        f"{answer.lang}, as of {answer.as_of}: {standing}",
        answer.text,
        *_listed("Sources", [_source(answer, at) for at in range(len(answer.citations))]),
        *_listed("Questions back", [f"{p.name}: {p.question}" for p in answer.open_points]),
        *_listed("Warnings", list(answer.warnings)),
    ]
    return "\n\n".join(parts) + "\n"


def _source(answer: CheckedAnswer, at: int) -> str:
    citation = answer.citations[at]
    instrument = citation.instrument
    where = f", {citation.locator}" if citation.locator else ""
    return (
        f"[{citation.n}] {citation.ref}: {instrument.title}{where} "
        f"({instrument.status}; {citation.source.quality})"
    )


def _listed(heading: str, lines: list[str]) -> list[str]:
    return [f"## {heading}", "\n".join(f"- {line}" for line in lines)] if lines else []
