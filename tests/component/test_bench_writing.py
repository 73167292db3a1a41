"""The benchmark of checked writing times real answers and counts what went wrong."""

from __future__ import annotations

from bot.advisor import Advisor
from bot.question import read_question
from evals.bench.writing import bench_writing

QUESTIONS = [
    read_question("境外放款的宏观审慎调节系数现在是多少？"),
    read_question("What does a group need for the advanced cash pool?"),
]


def test_overhead_is_told_for_every_sentence_alone_and_at_once(advisor: Advisor) -> None:
    outcome = bench_writing(advisor, QUESTIONS, at_once=4, tokens_per_s=400)
    rows = {row.name: row for row in outcome.spreads}
    assert outcome.errors == 0
    assert rows["alone: overhead, first sentence"].n == 2
    assert rows["alone: overhead, every sentence"].n > 2
    assert rows["at once: whole answer"].n == 4
    assert 0 < outcome.fairness <= 1
    # A sentence is never shown before the model has ended it.
    assert all(row.p50_ms > 0 for row in outcome.spreads)


def test_an_answer_that_the_model_does_not_word_counts_as_an_error(advisor: Advisor) -> None:
    declined = read_question("帮我写一首关于大海的诗")
    outcome = bench_writing(advisor, [QUESTIONS[0], declined], at_once=2, tokens_per_s=400)
    assert outcome.errors == 2
