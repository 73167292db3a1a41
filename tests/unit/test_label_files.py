"""Labels survive their journey through files, and a file that is none is told line by line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from evals.errors import LabelError
from evals.labels.label import Label, labels_csv, labels_jsonl, read_labels, settled

AT = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


def make_label(case: str = "d001", **fields: object) -> Label:
    whole = {
        "run_id": "dev-1",
        "case_id": case,
        "labeller": "陈",
        "correctness": "correct",
        "groundedness": "grounded",
        "at": AT,
    }
    return Label.model_validate({**whole, **fields})


LABELS = (
    make_label(note='两行\n"引号", 逗号'),
    make_label("d002", correctness="abstained", groundedness=None, adjudicated=True),
    make_label("d003", correctness="wrong", groundedness="ungrounded", note="=HYPERLINK(1)"),
    make_label("d004", note="'tis quoted"),
)


@pytest.mark.parametrize(("name", "printed"), [("l.jsonl", labels_jsonl), ("l.csv", labels_csv)])
def test_labels_come_back_from_a_file_as_they_were(tmp_path: Path, name: str, printed):
    path = tmp_path / name
    path.write_bytes(b"\xef\xbb\xbf" + printed(LABELS).encode())
    assert read_labels(path) == LABELS


def test_a_spreadsheet_gets_no_formula():
    assert ",'=HYPERLINK(1)," in labels_csv(LABELS)


def test_a_label_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="every answer that does not abstain"):
        make_label(groundedness=None)
    with pytest.raises(ValueError, match="every answer that does not abstain"):
        make_label(correctness="abstained")
    with pytest.raises(ValueError, match="zone"):
        make_label(at=dt.datetime(2026, 11, 22))  # noqa: DTZ001


def test_every_bad_line_of_a_file_is_told(tmp_path: Path):
    path = tmp_path / "l.jsonl"
    bad = LABELS[0].model_dump_json().replace('"correct"', '"right"')
    path.write_text(f"{bad}\nno json\n{LABELS[1].model_dump_json()}\n", encoding="utf-8")
    with pytest.raises(LabelError) as raised:
        read_labels(path)
    first, second = raised.value.problems
    assert first.startswith("l.jsonl line 1, correctness: seen 'right'; expected: ")
    assert second.startswith("l.jsonl line 2, label: seen 'no json'")


@pytest.mark.parametrize("name", ["missing.csv", "labels.xlsx"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str):
    with pytest.raises(LabelError, match=name):
        read_labels(tmp_path / name)


def test_what_two_labellers_see_differently_counts_only_once_it_is_settled():
    one, other = make_label("d001"), make_label("d001", labeller="Lee", correctness="wrong")
    alike = make_label("d002", labeller="Lee")
    assert settled([one, other, make_label("d002"), alike]).keys() == {"d002"}
    last = make_label("d001", labeller="Wu", correctness="incomplete", adjudicated=True)
    assert settled([one, other, last])["d001"] == last
