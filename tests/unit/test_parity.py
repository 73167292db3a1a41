"""Parity: answers that agree, answers that do not, and what is told of the difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from bot.language import Lang
from evals.case import Case
from evals.parity import Parity, differences, measure_parity, overlap
from evals.report import headline_rows, render_markdown
from evals.run import CaseResult, Run, RunSettings
from evals.summary import summarise
from evals.testing import make_answer
from knowledge.card import FactRef

LANGS: tuple[Lang, ...] = get_args(Lang)
FIVE = ("rule-a#1", "rule-a#2", "rule-a#3", "rule-b#1", "rule-b#2")

ref_sets = st.frozensets(st.sampled_from([FactRef(f"rule-a#{n}") for n in range(1, 9)]))


def asked(group: str, *answers: Mapping[str, Any] | Exception) -> list[CaseResult]:
    """Make the results of a group: in each language an answer of these fields, or an error."""
    return [
        CaseResult(
            case=Case.model_validate(
                {
                    "id": f"{group}-{lang.lower()}",
                    "group": group,
                    "kind": "lookup",
                    "lang": lang,
                    "topic": "financing",
                    "question": f"{group} in {lang}",
                    "expect": "answer",
                    "cards": ["rule-a"],
                }
            ),
            answer=None if isinstance(answer, Exception) else make_answer(**answer),
            error=str(answer) if isinstance(answer, Exception) else None,
            scores={},
            wall_ms=1.0,
        )
        for lang, answer in zip(LANGS, answers, strict=True)
    ]


def measured(results: Sequence[CaseResult]) -> Parity:
    parity = measure_parity(results)
    assert parity is not None
    return parity


def agrees(*answers: Mapping[str, Any]) -> bool:
    return measured(asked("g1", *answers)).agreeing.mean == 1


def refs(*names: str) -> frozenset[FactRef]:
    return frozenset(FactRef(name) for name in names)


def test_the_overlap_is_the_share_of_the_larger_set_that_is_common():
    assert overlap(refs(*FIVE), refs(*FIVE)) == 1
    assert overlap(refs(*FIVE), refs(*FIVE[:4], "rule-c#1")) == 0.8
    assert overlap(refs(*FIVE), refs(*FIVE[:4])) == 0.8
    assert overlap(refs(*FIVE), refs("rule-c#1")) == 0


def test_one_fact_does_not_match_a_longer_answer_that_holds_it():
    assert overlap(refs(*FIVE), refs(FIVE[0])) == 0.2


def test_two_answers_without_evidence_are_alike_and_one_without_is_not():
    assert overlap(refs(), refs()) == 1
    assert overlap(refs(), refs(*FIVE)) == 0


@given(one=ref_sets, other=ref_sets)
def test_the_overlap_lies_between_jaccard_and_the_overlap_coefficient(
    one: frozenset[FactRef], other: frozenset[FactRef]
):
    found = overlap(one, other)
    assert found == overlap(other, one)
    assert (found == 1) == (one == other)
    if one and other:
        common = len(one & other)
        assert common / len(one | other) <= found <= common / min(len(one), len(other))


def test_the_order_of_the_citations_does_not_matter():
    assert agrees({"cited": FIVE}, {"cited": FIVE[::-1]}, {"cited": FIVE})


def test_the_least_alike_pair_decides():
    near = {"cited": [*FIVE[:4], "rule-c#1"]}
    assert agrees({"cited": FIVE}, {"cited": FIVE}, near)
    far = {"cited": ["rule-c#2", *FIVE[1:]]}
    parity = measured(asked("g1", {"cited": FIVE}, near, far))
    assert parity.overlap.mean == 0.6
    assert parity.agreeing.mean == 0


def test_another_standing_or_another_plan_is_another_verdict():
    same = {"cited": FIVE}
    for other in ({"standing": "partly"}, {"route": "list-in-hong-kong"}):
        parity = measured(asked("g1", same, same, same | other))
        assert parity.same_verdict.mean == 0
        assert parity.overlap.mean == 1
        assert parity.agreeing.mean == 0


def test_the_same_plan_in_every_language_is_the_same_verdict():
    planned = {"cited": FIVE, "route": "list-in-hong-kong"}
    assert agrees(planned, planned, planned)
    assert not agrees(planned, planned, planned | {"route": "open-accounts"})


def test_what_only_the_plan_stands_on_does_not_count():
    more = make_answer(cited=["rule-c#1", "rule-c#2"]).citations
    planned = {"cited": FIVE, "route": "list-in-hong-kong"}
    assert agrees(planned, planned, planned | {"plan_citations": more})


def test_a_question_declined_in_every_language_agrees_whatever_rules_are_shown():
    declined = {"standing": "declined", "decline_reason": "evasion"}
    shown = [declined | {"cited": cited} for cited in (FIVE, FIVE[:1], ())]
    assert agrees(*shown)
    assert not agrees(shown[0], shown[1], {"cited": FIVE})


def test_the_share_counts_questions_and_those_apart_come_worst_first():
    same = {"cited": FIVE}
    parity = measured(
        [
            *asked("fine", same, same, same),
            *asked("some", same, same, {"cited": FIVE[:3]}),
            *asked("none", same, same, {"cited": ["rule-c#1"]}),
            *asked("partly", same, same, same | {"standing": "partly"}),
        ]
    )
    assert (parity.agreeing.n, parity.agreeing.mean) == (4, 0.25)
    assert parity.agreeing.low < 0.25 < parity.agreeing.high
    assert parity.overlap.mean == (1 + 0.6 + 0 + 1) / 4
    assert [triple.group for triple in parity.apart] == ["partly", "none", "some"]


def test_the_same_seed_gives_the_same_interval():
    same, other = {"cited": FIVE}, {"cited": ["rule-c#1"]}
    results = [*asked("a", same, same, same), *asked("b", same, same, other)]
    assert measure_parity(results, seed=3) == measure_parity(results, seed=3)


def test_a_question_without_an_answer_in_some_language_is_named_and_not_counted():
    same = {"cited": FIVE}
    parity = measured(
        [
            *asked("whole", same, same, same),
            *asked("errored", same, OSError("disk gone"), same),
            *asked("filtered", same, same, same)[:2],
        ]
    )
    assert parity.agreeing.n == 1
    assert parity.incomplete == ("errored", "filtered")


def test_without_a_whole_group_there_is_no_parity():
    results = asked("g1", *[{"cited": FIVE}] * 3)
    assert measure_parity(results[:2]) is None
    alone = [
        r.model_copy(update={"case": r.case.model_copy(update={"group": None})}) for r in results
    ]
    assert measure_parity(alone) is None


def test_the_difference_is_told_by_language():
    (triple,) = measured(
        asked(
            "g1",
            {"cited": ["rule-a#1", "rule-a#2"]},
            {"cited": ["rule-a#1", "rule-a#2"], "standing": "partly"},
            {"cited": ["rule-a#1", "rule-c#1"], "route": "open-accounts"},
        )
    ).apart
    assert list(differences(triple)) == [
        "standing: zh-Hans answered, zh-Hant partly, en answered",
        "plan: zh-Hans none, zh-Hant none, en open-accounts",
        "overlap: 0.50",
        "cited in all: rule-a#1",
        "cited in zh-Hans, zh-Hant only: rule-a#2",
        "cited in en only: rule-c#1",
    ]


def test_the_report_prints_the_share_and_what_differs():
    same = {"cited": FIVE}
    results = [*asked("fine", same, same, same), *asked("apart", same, same, {"cited": FIVE[:1]})]
    run = make_run(results)
    summary = summarise(run)
    assert list(headline_rows(summary))[-1][:3] == ("parity ↑", "2", "0.500")
    text = render_markdown(run.settings, summary)
    assert "## Parity of the languages" in text
    assert "### apart · lookup" in text
    assert "- cited in zh-Hans, zh-Hant only: rule-a#2, rule-a#3, rule-b#1, rule-b#2" in text
    assert "### fine" not in text


def test_a_suite_without_groups_has_no_section_on_parity():
    run = make_run(asked("g1", *[{"cited": FIVE}] * 3)[:1])
    summary = summarise(run)
    assert summary.parity is None
    assert "arity" not in render_markdown(run.settings, summary)


def make_run(results: Sequence[CaseResult]) -> Run:
    settings = RunSettings(
        run_id="tiny",
        suite="tiny",
        suite_digest="abcdef012345",
        cases_in_suite=len(results),
        cases_run=len(results),
        exclusions=(),
        started=dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC),
        today=dt.date(2026, 11, 22),
        seed=7,
        corpus="2026-11-22.0123456789ab",
        writers=("extractive",),
        index=None,
        python="CPython 3.11.9",
        revision=None,
    )
    return Run(settings=settings, results=tuple(results))
