"""Cases: the shipped suites load, and every way to be wrong is told with place and remedy."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from bot.language import Lang
from evals.case import Case, load_cases, load_suite, suite_digest, suite_names
from evals.check import check_cases
from evals.errors import CaseError
from knowledge.card import Topic
from tests.shipped import shipped_corpus

GOOD = {
    "id": "t1",
    "kind": "lookup",
    "lang": "zh-Hans",
    "topic": "payments",
    "question": "一年能汇多少？",
    "history": [],
    "as_of": None,
    "profile": {},
    "expect": "answer",
    "nuggets": [{"name": "quota", "weight": 1, "any": ["5\\s*万美元"]}],
    "cards": ["payment-connect-fps-ibps"],
    "route": None,
    "must_not": [],
    "note": "",
}
TODAY = dt.date(2026, 11, 22)


def write(folder: Path, *cases: dict[str, object] | str) -> Path:
    path = folder / "s.jsonl"
    lines = (c if isinstance(c, str) else json.dumps(c, ensure_ascii=False) for c in cases)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(CaseError) as caught:
        load_cases(path)
    return caught.value.problems


@pytest.fixture(scope="module")
def dev() -> tuple[Case, ...]:
    return load_suite("dev")


def test_the_development_suite_has_180_cases(dev: tuple[Case, ...]):
    assert len(dev) == 180
    assert "dev" in suite_names()


def test_every_development_question_is_found_to_be_in_its_language(dev: tuple[Case, ...]):
    wrong = [c.id for c in dev if c.to_question(TODAY).lang != c.lang]
    assert wrong == []


def test_the_development_suite_names_only_cards_and_routes_that_exist(dev: tuple[Case, ...]):
    findings = check_cases(dev, shipped_corpus())
    assert [str(f) for f in findings if f.severity == "error"] == []


@pytest.fixture(scope="module")
def parity() -> tuple[Case, ...]:
    return load_suite("parity")


def test_the_parity_suite_asks_60_questions_in_each_language(parity: tuple[Case, ...]):
    groups = [f"p{number:03d}" for number in range(1, 61)]
    suffixes = dict(zip(get_args(Lang), ("hans", "hant", "en"), strict=True))
    expected = [(group, lang, f"{group}-{suffixes[lang]}") for group in groups for lang in suffixes]
    assert [(case.group, case.lang, case.id) for case in parity] == expected


def test_the_parity_suite_has_questions_of_every_kind_and_topic(parity: tuple[Case, ...]):
    english = [case for case in parity if case.lang == "en"]
    assert Counter(case.kind for case in english) == {
        "lookup": 30,
        "multi": 8,
        "route": 8,
        "temporal": 6,
        "false-premise": 3,
        "unanswerable": 3,
        "out-of-scope": 2,
    }
    assert {case.topic for case in english} == {*get_args(Topic), "other"}
    assert all(case.route for case in english if case.kind == "route")


def test_every_parity_question_is_found_to_be_in_its_language(parity: tuple[Case, ...]):
    wrong = [c.id for c in parity if c.to_question(TODAY).lang != c.lang]
    assert wrong == []


def test_the_cards_of_a_parity_question_can_answer_it_in_every_language(parity: tuple[Case, ...]):
    assert [str(finding) for finding in check_cases(parity, shipped_corpus())] == []


def test_no_parity_question_is_a_development_question(
    dev: tuple[Case, ...], parity: tuple[Case, ...]
):
    assert {case.question for case in dev}.isdisjoint(case.question for case in parity)


def test_a_good_case_survives_the_round_trip(tmp_path: Path):
    (case,) = load_cases(write(tmp_path, GOOD))
    assert Case.model_validate_json(case.model_dump_json()) == case
    assert suite_digest([case]) == suite_digest([case])
    other = case.model_copy(update={"note": "x"})
    assert suite_digest([case]) != suite_digest([other])


def test_a_question_takes_over_history_day_and_profile(tmp_path: Path):
    asked = GOOD | {
        "kind": "follow-up",
        "history": [{"role": "user", "content": "先说南向"}],
        "as_of": "2025-07-31",
        "profile": {"amount_usd": 5e6},
    }
    (case,) = load_cases(write(tmp_path, asked))
    question = case.to_question(TODAY)
    assert question.as_of == dt.date(2025, 7, 31)
    assert question.as_of_given
    assert question.history[0].content == "先说南向"
    assert question.profile == {"amount_usd": 5e6}


def test_a_case_without_a_day_is_asked_today(tmp_path: Path):
    (case,) = load_cases(write(tmp_path, GOOD))
    question = case.to_question(TODAY)
    assert question.as_of == TODAY
    assert not question.as_of_given


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"answer": "x"}, "answer", "unknown key"),
        ({"nuggets": [{"name": "q", "any": ["x"], "wieght": 1}]}, "nuggets.0.wieght", "unknown"),
        ({"kind": "riddle"}, "kind", "'riddle'"),
        ({"lang": "zh"}, "lang", "'zh-Hans', 'zh-Hant' or 'en'"),
        ({"topic": "cooking"}, "topic", "'cooking'"),
        ({"expect": "maybe"}, "expect", "'answer' or 'abstain'"),
        ({"id": "Bad Id"}, "id", "'Bad Id'"),
        ({"group": "Bad Id"}, "group", "'Bad Id'"),
        ({"question": ""}, "question", "at least 1 character"),
        ({"as_of": "2025-02-30"}, "as_of", "'2025-02-30'"),
        ({"history": [{"role": "robot", "content": "x"}]}, "history.0.role", "'robot'"),
        ({"nuggets": [{"name": "q", "any": []}]}, "nuggets.0.any", "at least one"),
        ({"nuggets": [{"name": "q", "any": ["(x"]}]}, "nuggets.0.any.0", "that compiles"),
        ({"nuggets": [{"name": "q", "any": ["x*"]}]}, "nuggets.0.any.0", "empty text"),
        ({"nuggets": [{"name": "q", "weight": 2, "any": ["x"]}]}, "nuggets.0.weight", "weight 1"),
        ({"must_not": ["[x"]}, "must_not.0", "that compiles"),
        ({"must_not": ["x|"]}, "must_not.0", "empty text"),
        ({"nuggets": GOOD["nuggets"] * 2}, "case", "twice: quota"),
        ({"cards": ["a-b", "a-b"]}, "case", "twice: a-b"),
        ({"kind": "out-of-scope"}, "case", "expect 'abstain'"),
        ({"kind": "follow-up"}, "case", "a history"),
        ({"nuggets": [], "cards": []}, "case", "nothing could be scored"),
    ],
)
def test_a_broken_case_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, object], field: str, told: str
):
    (problem,) = problems(write(tmp_path, GOOD | {"id": "t0", "question": "好？"}, GOOD | change))
    assert problem.startswith(f"s.jsonl line 2, {field}: seen ")
    assert told in problem
    assert "expected" in problem


def test_a_missing_key_is_named(tmp_path: Path):
    (problem,) = problems(write(tmp_path, {k: v for k, v in GOOD.items() if k != "expect"}))
    assert problem.startswith("s.jsonl line 1, expect: seen nothing")


def test_a_line_that_is_not_json_is_told_with_its_column(tmp_path: Path):
    (problem,) = problems(write(tmp_path, '{"id": t1}'))
    assert "line 1: seen text that is not JSON" in problem
    assert "column 8" in problem


def test_a_second_case_of_the_same_id_is_refused(tmp_path: Path):
    (problem,) = problems(write(tmp_path, GOOD, GOOD | {"question": "另一个？"}))
    assert problem.startswith("s.jsonl line 2, id: seen 't1', taken by line 1")


def test_the_same_question_twice_is_refused_unless_asked_on_another_day(tmp_path: Path):
    (problem,) = problems(write(tmp_path, GOOD, GOOD | {"id": "t2"}))
    assert problem.startswith("s.jsonl line 2, question:")
    assert len(load_cases(write(tmp_path, GOOD, GOOD | {"id": "t2", "as_of": "2025-01-01"}))) == 2


def grouped(**changes: dict[str, object]) -> list[dict[str, object]]:
    """Return a sound group, with changes by language (`zh_Hans`)."""
    return [
        GOOD
        | {"id": f"g1-{lang.lower()}", "group": "g1", "lang": lang, "question": f"{lang}？"}
        | changes.get(lang.replace("-", "_"), {})
        for lang in get_args(Lang)
    ]


def test_a_group_holds_one_question_in_each_language(tmp_path: Path):
    cases = load_cases(write(tmp_path, *grouped()))
    assert [case.group for case in cases] == ["g1"] * 3


def test_a_group_that_lacks_a_language_or_has_one_twice_is_refused(tmp_path: Path):
    for cases, seen in (
        (grouped()[:2], "zh-Hans, zh-Hant"),
        (grouped(en={"lang": "zh-Hant"}), "zh-Hans, zh-Hant, zh-Hant"),
    ):
        (problem,) = problems(write(tmp_path, *cases))
        assert problem.startswith(f"s.jsonl line 1, group: seen 'g1' in {seen}; expected each of ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "multi"),
        ("topic", "tax"),
        ("as_of", "2025-07-31"),
        ("profile", {"amount_usd": 5e6}),
        ("expect", "abstain"),
        ("cards", ["cips-business-rules-2026"]),
        ("route", "list-in-hong-kong"),
    ],
)
def test_lines_of_a_group_that_are_not_one_question_are_refused(
    tmp_path: Path, field: str, value: object
):
    (problem,) = problems(write(tmp_path, *grouped(zh_Hant={field: value})))
    assert problem.startswith(f"s.jsonl line 2, {field}: seen ")
    assert "as on line 1 of group 'g1'" in problem


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path):
    path = write(
        tmp_path, GOOD, "", GOOD, GOOD | {"id": "t3", "lang": "fr", "expect": "maybe"}, "nonsense"
    )
    told = problems(path)
    places = [problem.partition(":")[0] for problem in told]
    assert sorted(places) == [
        "s.jsonl line 3, id",
        "s.jsonl line 3, question",
        "s.jsonl line 4, expect",
        "s.jsonl line 4, lang",
        "s.jsonl line 5",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "no such file"), (b"", "no case"), (b"\xff\xfe{}", "not UTF-8")],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None, told: str):
    path = tmp_path / "s.jsonl"
    if content is not None:
        path.write_bytes(content)
    (problem,) = problems(path)
    assert told in problem


def test_an_unknown_suite_is_refused_with_the_known_ones():
    with pytest.raises(CaseError, match=r"seen '\.\./dev'; expected one of .*dev"):
        load_suite("../dev")


def test_the_check_finds_unknown_cards_routes_inputs_and_nuggets_out_of_reach():
    corpus = shipped_corpus()
    route = next(iter(corpus.routes))
    cases = [
        Case.model_validate(GOOD | change)
        for change in (
            {"cards": ["no-such-card"]},
            {"route": "no-such-route"},
            {"route": route, "profile": {"no_such_input": 1}},
            {"nuggets": [{"name": "lost", "any": ["茴香豆"]}]},
            {"must_not": ["。"]},
        )
    ]
    findings = [check_cases([case], corpus) for case in cases]
    assert [f[0].severity for f in findings] == ["error"] * 3 + ["warning"] * 2
    for (finding, *_), told in zip(
        findings, ("no-such-card", "no-such-route", "no_such_input", "lost", "quote"), strict=True
    ):
        assert told in str(finding)
