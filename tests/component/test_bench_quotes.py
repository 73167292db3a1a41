"""`hugang bench quotes` on a collection of one paper, over the real advisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.advisor import Advisor
from evals.bench import quotes
from evals.bench.documents import DocumentQuestion
from evals.bench.quotes import bench_quotes
from evals.case import load_suite
from evals.errors import EvalError
from knowledge.documents.document import TENANT
from knowledge.documents.library import DocumentLibrary
from knowledge.glossary import load_glossary
from tests.component.test_papers import MANUAL

WORDS = "须报集团首席财务官书面批准"


def asked(ask: str, words: str = WORDS, file: str = "制度.md") -> DocumentQuestion:
    return DocumentQuestion(ask=ask, lang="zh-Hans", file=file, words=words, article="第一条")


def test_what_is_quoted_is_counted_and_a_folder_without_the_papers_is_refused(
    advisor: Advisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = (
        asked("我们境外子公司付款600万美元要谁批准？"),
        asked("我们境外子公司付款600万美元要谁批准？", words="闲置账户连续六个月"),
    )
    monkeypatch.setattr(quotes, "load_questions", lambda: questions)
    monkeypatch.setattr(quotes, "load_suite", lambda name: load_suite(name)[:2])
    path = tmp_path / "制度.md"
    path.write_text(MANUAL, encoding="utf-8")
    embedder, segmenter = advisor._library.embedder, advisor.index.lexical.segmenter
    told: list[str] = []
    with DocumentLibrary.open(tmp_path / "home", embedder, segmenter, load_glossary()) as library:
        reader = Advisor(
            advisor.corpus, advisor.index, embedder, load_glossary(), advisor.settings,
            documents=library,
        )  # fmt: skip
        with pytest.raises(EvalError, match=r"lacks 制度\.md"):
            bench_quotes(reader, told.append)
        library.add(path, scope=TENANT)
        rows = {row.name: (row.right, row.n) for row in bench_quotes(reader, told.append)}
    assert rows == {
        "the passage that answers is quoted": (1, 2),
        "any passage is quoted": (2, 2),
        "nothing is quoted where no paper answers": (2, 2),
    }
    assert len(told) == 4
