"""The corpus check finds every kind of fault, all at once, and says where and what."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from opencc import OpenCC
from typer.testing import CliRunner

from knowledge.checking.check import RULES, Problem, check_corpus
from knowledge.corpus_cli import corpus_app
from knowledge.figures.figure import read_figures
from knowledge.load import CORPUS_DIR, load_corpus
from tests.shipped import shipped_corpus

OLD, NEW, ROUTE = "cards/payments/old-rule.yaml", "cards/payments/new-rule.yaml", "routes/pay.yaml"

ASKED = "questions/payments/new-rule.yaml"


def card(card_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": card_id,
        "title": {"zh": "付款办法", "en": "Payment rules"},
        "number": "银发〔2025〕1号",
        "issuers": ["PBOC"],
        "jurisdiction": "mainland",
        "kind": "notice",
        "topics": ["payments"],
        "issued": "2025-01-01",
        "effective": "2025-02-01",
        "status": "in-force",
        "superseded_by": None,
        "summary": {"zh": "付款的办法。", "en": "How to pay."},
        "sources": [source("s1"), source("s2", official=False, quality="press")],
        "facts": [
            {
                "id": 1,
                "aspect": "limit",
                "zh": "单笔不超过5万美元。",
                "en": "At most USD 50,000 a payment.",
                "source": "s1",
                "also": ["s2"],
            },
            {"id": 2, "aspect": "timing", "zh": "三个月。", "en": "3 months.", "source": "s1"},
        ],
    } | changes


def source(source_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": source_id,
        "publisher": "PBOC",
        "title": "付款办法",
        "url": "https://example.org/a",
        "official": True,
        "quality": "official",
        "date": "2025-01-02",
    } | changes


def step(step_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": step_id,
        "side": "mainland",
        "do": {"zh": "向银行申请", "en": "Apply to the bank"},
        "who": {"zh": "企业", "en": "the company"},
        "authority": "PBOC",
        "time": None,
        "when": None,
        "needs": [],
        "facts": ["new-rule#1"],
    } | changes


def route() -> dict[str, Any]:
    says = {"zh": "很快", "en": "quick"}
    return {
        "id": "pay",
        "goal": "pay",
        "title": {"zh": "付款", "en": "Pay"},
        "asks": {"zh": ["怎么付款？"], "en": ["How to pay?"]},
        "summary": {"zh": "经银行付款。", "en": "Pay through a bank."},
        "inputs": [
            {
                "name": "amount_usd",
                "type": "number",
                "question": {"zh": "多少美元？", "en": "How many US dollars?"},
            },
            {
                "name": "payer",
                "type": "choice",
                "choices": [
                    {"value": "company", "zh": "公司", "en": "company"},
                    {"value": "person", "zh": "个人", "en": "person"},
                ],
                "question": {"zh": "谁付款？", "en": "Who pays?"},
            },
        ],
        "options": [
            {
                "id": "bank",
                "title": {"zh": "经银行", "en": "Through a bank"},
                "applies_when": "payer == 'company'",
                "blockers": [{"when": "amount_usd > 50000", "say": says, "facts": ["new-rule#1"]}],
                "legs": [
                    {
                        "from": "mainland_parent",
                        "to": "hk_bank",
                        "what": {"zh": "货款", "en": "price"},
                        "currencies": ["CNY"],
                        "facts": ["new-rule#1"],
                    }
                ],
                "steps": [step("file"), step("send", needs=["file"])],
                "pros": [{"say": says, "facts": ["new-rule#2"]}],
                "cons": [{"say": says, "facts": ["old-rule#1"]}],
            }
        ],
        "watch": [{"say": says, "facts": ["old-rule#1"]}],
    }


def corpus_files() -> dict[str, Any]:
    """A corpus without a fault: a rule, the older one it replaced, and a route."""
    return {
        "corpus.yaml": {"as_of": "2026-11-22"},
        "issuers.yaml": {
            "PBOC": {"zh": "中国人民银行", "en": "People's Bank of China", "place": "mainland"}
        },
        NEW: card("new-rule", related=["old-rule"]),
        OLD: card(
            "old-rule",
            issued="2020-01-01",
            effective="2020-02-01",
            status="superseded",
            superseded_by="new-rule",
        ),
        ROUTE: route(),
        ASKED: {"card": "new-rule", "questions": {1: asked("限额"), 2: asked("期限")}},
    }


def asked(about: str) -> dict[str, Any]:
    return {"zh": [f"{about}是多少？"], "en": [f"What about {about}?"]}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
    return folder


class Fault(NamedTuple):
    """One change to the faultless corpus and the problem it must cause."""

    change: Callable[[dict[str, Any]], object]
    rule: str
    file: str
    place: str
    seen: str
    expected: str


def fact(files: dict[str, Any], name: str = NEW, at: int = 0) -> dict[str, Any]:
    chosen: dict[str, Any] = files[name]["facts"][at]
    return chosen


def option(files: dict[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = files[ROUTE]["options"][0]
    return chosen


FAULTS = [
    Fault(lambda f: f.pop("issuers.yaml"), "missing-file", "issuers.yaml", "file", "nothing", "a file"),
    Fault(lambda f: f.update({NEW: "id: [1"}), "yaml", NEW, "file", "line 2", "a YAML file"),
    Fault(
        lambda f: f[NEW].update(status="maybe"), "schema", NEW, "status", "'maybe'", "'in-force'"
    ),
    Fault(lambda f: fact(f).pop("en"), "unwritten", NEW, "fact 1", "no en", "en"),
    Fault(lambda f: f[NEW].update(kind=None), "unwritten", NEW, "kind", "null", "'law', 'regul"),
    Fault(lambda f: f[NEW]["title"].update(en=None), "unwritten", NEW, "title.en", "null", "a text"),
    Fault(lambda f: f[NEW].pop("summary"), "unwritten", NEW, "card", "no summary", "summary"),
    Fault(
        lambda f: f[ROUTE].pop("summary"), "schema", ROUTE, "summary", "{", "required"
    ),
    Fault(lambda f: f[NEW].update(colour="red"), "schema", NEW, "colour", "'red'", "not permitted"),
    Fault(
        lambda f: f.update({"corpus.yaml": {"as_of": "soon"}}),
        "schema", "corpus.yaml", "as_of", "'soon'", "date",
    ),
    Fault(lambda f: f[OLD].update(id="new-rule"), "duplicate-id", OLD, "card", NEW, "each id once"),
    Fault(lambda f: fact(f).update(id=2), "duplicate-id", NEW, "fact 2", "2 2 times", "each id once"),
    Fault(
        lambda f: f[NEW]["sources"][1].update(id="s1"),
        "duplicate-id", NEW, "source s1", "'s1' 2 times", "each id once",
    ),
    Fault(
        lambda f: option(f)["steps"][1].update(id="file", needs=[]),
        "duplicate-id", ROUTE, "bank/step file", "'file' 2 times", "each id once",
    ),
    Fault(
        lambda f: f[ROUTE]["options"].append(copy.deepcopy(option(f))),
        "duplicate-id", ROUTE, "option bank", "'bank' 2 times", "each id once",
    ),
    Fault(lambda f: f[ROUTE].update(id="paid"), "file-name", ROUTE, "card", "'paid'", "'pay'"),
    Fault(
        lambda f: f[NEW].update(topics=["tax"]),
        "folder-not-topic", NEW, "card", "'payments'", "one of tax",
    ),
    Fault(lambda f: fact(f).update(en="  "), "blank-text", NEW, "fact 1 en", "blanks", "a text"),
    Fault(
        lambda f: fact(f).update(zh="At most 50,000 dollars."),
        "wrong-language", NEW, "fact 1 zh", "At most", "a Chinese text",
    ),
    Fault(
        lambda f: fact(f).update(en="word " * 80 + "USD 50,000"),
        "long-fact", NEW, "fact 1 en", "82 words", "at most 75",
    ),
    Fault(
        lambda f: f[NEW].update(related=["gone"]),
        "dangling-reference", NEW, "card", "'gone'", "the id of a card",
    ),
    Fault(
        lambda f: f[OLD].update(superseded_by="gone"),
        "dangling-reference", OLD, "card", "'gone'", "the id of a card",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(facts=["new-rule#9"]),
        "dangling-reference", ROUTE, "bank/step file", "new-rule#9", "a fact of a card",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(needs=["wait"]),
        "dangling-reference", ROUTE, "bank/step file", "needs 'wait'", "a step of the same option",
    ),
    Fault(
        lambda f: f[ASKED].update(card="gone"),
        "stray-question", ASKED, "card", "gone", "the id of a card",
    ),
    Fault(
        lambda f: f[ASKED]["questions"].update({9: asked("费用")}),
        "stray-question", ASKED, "questions.9", "9", "a fact of new-rule",
    ),
    Fault(
        lambda f: f.update({"questions/payments/other.yaml": copy.deepcopy(f[ASKED])}),
        "repeated-questions", "questions/payments/other.yaml", "card", ASKED, "one file a card",
    ),
    Fault(
        lambda f: f[ASKED]["questions"].pop(2),
        "unasked-fact", NEW, "fact 2", "no example question", "questions/",
    ),
    Fault(
        lambda f: f[ASKED]["questions"][1].update(zh=[]),
        "schema", ASKED, "questions.1.zh", "[]", "at least 1",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(needs=["send"]),
        "cyclic-needs", ROUTE, "bank/step file", "file needs send needs file", "an order",
    ),
    Fault(
        lambda f: f[OLD].update(superseded_by=None),
        "successor-missing", OLD, "card", "superseded_by null", "the card that replaces it",
    ),
    Fault(
        lambda f: f[OLD].update(status="in-force"),
        "successor-unexpected", OLD, "card", "status in-force", "status superseded or repealed",
    ),
    Fault(lambda f: fact(f).update(source="s9"), "unknown-source", NEW, "fact 1", "'s9'", "s1, s2"),
    Fault(
        lambda f: fact(f).update(also=["s1"]),
        "repeated-source", NEW, "fact 1", "'s1' twice", "'s1' once",
    ),
    Fault(
        lambda f: f[NEW]["sources"][0].update(quality="press"),
        "source-quality", NEW, "source s1", "official true, quality press", "quality official",
    ),
    Fault(
        lambda f: f[NEW].update(issuers=["XYZ"]),
        "unknown-issuer", NEW, "card", "issuer 'XYZ'", "issuers.yaml",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(authority="XYZ"),
        "unknown-issuer", ROUTE, "bank/step file", "authority 'XYZ'", "issuers.yaml",
    ),
    Fault(
        lambda f: f[NEW].update(effective="2024-12-31"),
        "dates-out-of-order", NEW, "card", "effective 2024-12-31", "on or before effective",
    ),
    Fault(
        lambda f: f[NEW].update(issued="2027-01-01", effective="2027-01-01"),
        "after-as-of", NEW, "card", "issued 2027-01-01", "up to 2026-11-22",
    ),
    Fault(
        lambda f: f[NEW]["sources"][0].update(date="2026-12"),
        "after-as-of", NEW, "source s1", "date 2026-12", "up to 2026-11-22",
    ),
    Fault(
        lambda f: f[NEW]["sources"][0].update(date="last May"),
        "date-form", NEW, "source s1", "'last May'", "YYYY-MM-DD",
    ),
    Fault(
        lambda f: fact(f).update(en="At most USD 60,000 a payment."),
        "figures-differ", NEW, "fact 1", "en 60000 USD ('USD 60,000')", "the same",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(time={"zh": "7个工作日", "en": "7 days"}),
        "figures-differ", ROUTE, "bank/step file time", "7 working-day", "the same",
    ),
    Fault(
        lambda f: fact(f, at=1).update(en="A while."),
        "figures-one-sided", NEW, "fact 2", "zh 3 month ('三个月') only", "the same",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(facts=["old-rule#1"]),
        "cites-ended-rule", ROUTE, "bank/step file", "old-rule (superseded)", "in force",
    ),
    Fault(
        lambda f: f[NEW].update(status="draft"),
        "cites-unsettled-rule", ROUTE, "bank/leg 1", "new-rule (draft)", "in force",
    ),
    Fault(
        lambda f: option(f).update(applies_when="payer = 'company'"),
        "expression", ROUTE, "bank/applies_when", "is not an expression", "an expression",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(when="amount_cny > 5"),
        "unknown-input", ROUTE, "bank/step file", "'amount_cny'", "amount_usd",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(when="payer in ['company', 'state']"),
        "input-type", ROUTE, "bank/step file", "'state'", "one of company, person",
    ),
    Fault(
        lambda f: option(f)["blockers"][0].update(when="amount_usd == 'much'"),
        "input-type", ROUTE, "bank/blocker 1", "'much'", "a number",
    ),
    Fault(
        lambda f: option(f)["steps"][0].update(when="amount_usd"),
        "input-type", ROUTE, "bank/step file", "type number", "type bool",
    ),
    Fault(
        lambda f: option(f).update(applies_when=None),
        "unused-input", ROUTE, "input payer", "in no condition", "used by a condition",
    ),
]  # fmt: skip


def test_a_faultless_corpus_has_no_problem_and_loads(tmp_path: Path) -> None:
    folder = write(tmp_path, corpus_files())
    assert check_corpus(folder) == []
    assert load_corpus(folder).version.facts == 4


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{f.rule}: {f.place}" for f in FAULTS])
def test_each_fault_is_found_named_and_located(tmp_path: Path, fault: Fault) -> None:
    files = corpus_files()
    fault.change(files)
    folder = write(tmp_path, files)
    problems = check_corpus(folder)
    (found,) = [
        problem
        for problem in problems
        if (problem.rule, problem.file, problem.place) == (fault.rule, fault.file, fault.place)
    ] or pytest.fail(f"not among: {[str(problem) for problem in problems]}")
    assert fault.seen in found.seen
    assert fault.expected in found.expected
    assert found.remedy

    told = CliRunner().invoke(corpus_app, ["check", "--folder", str(folder)])
    assert told.exit_code == any(problem.severity == "error" for problem in problems)
    assert str(found) in told.stdout


def test_every_rule_has_a_fault_that_breaks_it() -> None:
    assert {fault.rule for fault in FAULTS} == {rule.name for rule in RULES}


def test_all_faults_are_found_in_one_go(tmp_path: Path) -> None:
    files = corpus_files()
    fact(files).update(source="s9")
    files[OLD].update(superseded_by=None)
    option(files).update(applies_when="payer ==")
    files["cards/payments/broken.yaml"] = "- ["
    rules = {problem.rule for problem in check_corpus(write(tmp_path, files))}
    assert rules >= {"unknown-source", "successor-missing", "expression", "yaml"}


def test_a_card_that_cannot_be_read_is_not_reported_again_by_those_that_cite_it(
    tmp_path: Path,
) -> None:
    files = corpus_files()
    files[NEW].update(status="maybe")
    problems = check_corpus(write(tmp_path, files))
    assert [problem.rule for problem in problems] == ["schema"]


def test_a_warning_alone_leaves_exit_code_0(tmp_path: Path) -> None:
    files = corpus_files()
    fact(files, at=1).update(en="A while.")
    told = CliRunner().invoke(corpus_app, ["check", "--folder", str(write(tmp_path, files))])
    assert told.exit_code == 0
    assert told.stdout.splitlines()[-1] == "0 errors, 1 warnings in 1 files"


def test_problems_can_be_had_as_json(tmp_path: Path) -> None:
    files = corpus_files()
    fact(files).update(source="s9")
    told = CliRunner().invoke(
        corpus_app, ["check", "--json", "--folder", str(write(tmp_path, files))]
    )
    (problem,) = [Problem.model_validate(item) for item in json.loads(told.stdout)]
    assert told.exit_code == 1
    assert problem.rule == "unknown-source"


def test_the_shipped_corpus_has_no_error() -> None:
    errors = [str(p) for p in check_corpus(CORPUS_DIR) if p.severity == "error"]
    assert errors == []


def test_every_fact_reads_the_same_figures_in_traditional_script() -> None:
    convert = OpenCC("s2hk").convert
    for card in shipped_corpus().instruments.values():
        for item in card.facts[::3]:
            simplified, traditional = read_figures(item.zh), read_figures(convert(item.zh))
            assert [(f.kind, f.value, f.unit) for f in traditional] == [
                (f.kind, f.value, f.unit) for f in simplified
            ], f"{card.id}#{item.id}"
