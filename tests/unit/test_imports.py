"""Question sets of other forms become cases, or every bad row is told and nothing is written."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from evals.case import load_suite
from evals.cli import eval_app
from evals.scorers.text import find

CARD = "payment-connect-fps-ibps"


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(eval_app, ["import", *map(str, words)])
    return result.exit_code, result.output


def test_a_chinese_question_list_becomes_cases_with_points_as_nuggets(tmp_path: Path):
    source, out = tmp_path / "list.csv", tmp_path / "out.jsonl"
    source.write_text(
        "编号,问题,要点,依据,类型,截至日期,语言\n"
        f"甲 1,跨境支付通一年能汇多少？,每年5万美元；（T+0到账）,{CARD}#3,查询,2025/7/1,简体\n"
        ",,,,,,\n"
        "2,北京天气如何？,,,超出范围,,\n",
        encoding="utf-8-sig",
    )
    assert run("sheet", source, "--out", out)[0] == 0
    first, second = load_suite(str(out))
    assert (first.id, first.kind, first.lang, str(first.as_of)) == (
        "sheet-1",
        "lookup",
        "zh-Hans",
        "2025-07-01",
    )
    assert (first.cards, first.topic) == ((CARD,), "payments")
    assert [nugget.weight for nugget in first.nuggets] == [1, 0.5]
    assert find(first.nuggets[0].any, "USD 50,000 a year")
    assert (second.kind, second.expect, second.nuggets) == ("out-of-scope", "abstain", ())


def test_a_workbook_is_read_with_its_dates_and_english_headers(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Question", "Expected points", "As of", "Must not"])
    sheet.append(["How long may a loan run?", "10 years\n70%", dt.date(2026, 1, 2), "7 years"])
    book.save(tmp_path / "list.xlsx")
    out = tmp_path / "out.jsonl"
    assert run("sheet", tmp_path / "list.xlsx", "--out", out, "--prefix", "bank")[0] == 0
    [case] = load_suite(str(out))
    assert (case.id, case.lang, str(case.as_of)) == ("bank-1", "en", "2026-01-02")
    assert [bool(find(nugget.any, "最长十年")) for nugget in case.nuggets] == [True, False]
    assert find(case.must_not, "at most seven years")


def test_every_bad_row_of_a_list_is_told_and_nothing_written(tmp_path: Path):
    source, out = tmp_path / "bad.csv", tmp_path / "out.jsonl"
    source.write_text(
        "question,expected points,cards,kind,as of\n"
        "Who files?,70%,payment-connect-fps,lookup,30/6/2026\n"
        ",70%,,,\n"
        "How long?,…,,looking,\n"
        "Fine?,70%,,,\n",
        encoding="utf-8",
    )
    code, told = run("sheet", source, "--out", out)
    assert code == 1
    assert not out.exists()
    for expected in (
        f"bad.csv row 2, cards: seen 'payment-connect-fps'; expected the id of a card, such as {CARD}",
        "bad.csv row 2, as of: seen '30/6/2026'; expected a date as 2026-06-30. Correct it",
        "bad.csv row 3, question: seen nothing; expected a question. Write one",
        "bad.csv row 4, expected points: seen '…'; expected a point with a figure or a word",
        "bad.csv row 4, kind: seen 'looking'; expected 'lookup', 'multi'",
    ):
        assert expected in told
    assert "row 5" not in told


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("frage,points", "seen the columns frage, points; expected one named question or 问题"),
        ("question,owner", "seen the column owner; expected only id, question"),
        ("", "seen the columns none"),
    ],
)
def test_a_list_without_its_columns_is_refused(tmp_path: Path, header: str, told: str):
    source = tmp_path / "list.csv"
    source.write_text(f"{header}\na,b\n" if header else "", encoding="utf-8")
    code, output = run("sheet", source, "--out", tmp_path / "out.jsonl")
    assert (code, told in output) == (1, True)


def beir(folder: Path, *qrels: str) -> Path:
    (folder / "qrels").mkdir()
    (folder / "queries.jsonl").write_text(
        '{"_id": "Q 1", "text": "一年能汇多少？"}\n{"_id": "q2", "text": "无关"}\n',
        encoding="utf-8",
    )
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(f"{line}\n" for line in qrels), encoding="utf-8"
    )
    return folder


def test_a_retrieval_set_becomes_cases_scored_on_their_cards(tmp_path: Path):
    source = beir(tmp_path, f"Q 1\t{CARD}#3\t1", f"Q 1\t{CARD}\t2", "Q 1\tnfra-2025-ma-loans\t0")
    out = tmp_path / "out.jsonl"
    code, told = run("beir", source, "--out", out)
    assert (code, "1 queries without a relevant card" in told) == (0, True)
    [case] = load_suite(str(out))
    assert (case.id, case.cards, case.nuggets) == ("beir-q-1", (CARD,), ())


def test_a_retrieval_set_of_other_documents_is_refused_line_by_line(tmp_path: Path):
    source = beir(tmp_path, "Q 1\tdoc-17\t1", "Q 1 doc", f"q9\t{CARD}\t1")
    code, told = run("beir", source, "--out", tmp_path / "out.jsonl")
    assert code == 1
    assert "test.tsv line 2, corpus-id: seen 'doc-17'; expected the id of a card" in told
    assert "test.tsv line 3, line: seen 'Q 1 doc'; expected query-id, corpus-id" in told
    assert "qrels, query-id: seen 'q9'; expected the _id of a query" in told


def test_a_folder_without_relevance_is_refused(tmp_path: Path):
    (tmp_path / "queries.jsonl").write_text("", encoding="utf-8")
    code, told = run("beir", tmp_path, "--out", tmp_path / "out.jsonl")
    assert (code, "seen no qrels/test.tsv, qrels.tsv" in told) == (1, True)


def test_items_of_rgb_become_points_with_other_ways_to_say_them(tmp_path: Path):
    source, out = tmp_path / "en.json", tmp_path / "out.jsonl"
    item = {
        "id": 4,
        "query": "When and how long?",
        "answer": [["31 December 2025", "Dec. 31 2025"], "10 years"],
        "positive": ["p"],
        "negative": [],
    }
    source.write_text(json.dumps(item) + "\n", encoding="utf-8")
    code, told = run("rgb", source, "--out", out)
    assert (code, "the documents of 1 items are no cards" in told) == (0, True)
    [case] = load_suite(str(out))
    assert case.id == "rgb-4"
    assert [bool(find(n.any, "自2025年12月31日起")) for n in case.nuggets] == [True, False]


def test_a_bad_item_of_rgb_is_told_with_its_line(tmp_path: Path):
    source = tmp_path / "en.json"
    source.write_text('{"query": "x", "answer": "y"}\nno json\n[1]\n', encoding="utf-8")
    code, told = run("rgb", source, "--out", tmp_path / "out.jsonl")
    assert code == 1
    assert "en.json line 1, answer: seen 'y'; expected a list of points" in told
    assert "en.json line 2, line: seen 'no json'; expected one JSON object" in told
    assert "en.json line 3, line: seen [1]; expected a JSON object" in told


def test_a_question_of_financebench_is_one_point(tmp_path: Path):
    source, out = tmp_path / "fb.jsonl", tmp_path / "out.jsonl"
    item = {
        "financebench_id": "financebench_id_03029",
        "question": "What is the capital expenditure?",
        "answer": "$1577.00",
        "evidence": [{"evidence_text": "x"}],
    }
    source.write_text(json.dumps(item) + "\n", encoding="utf-8")
    code, told = run("financebench", source, "--out", out)
    assert (code, "the evidence of 1 questions" in told) == (0, True)
    [case] = load_suite(str(out))
    assert case.id == "financebench-financebench-id-03029"
    assert find(case.nuggets[0].any, "It was USD 1,577 million.")


def test_two_rows_of_one_name_are_told(tmp_path: Path):
    source = tmp_path / "list.csv"
    source.write_text("id,question,points\na,One?,70%\na,Two?,70%\n", encoding="utf-8")
    code, told = run("sheet", source, "--out", tmp_path / "out.jsonl")
    assert (code, "id: seen 'sheet-a', taken by line 1" in told) == (1, True)
    assert not (tmp_path / "out.jsonl").exists()
