"""Documents kept and searched: real SQLite, real word index, real embedder, real reader."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge.card import FactRef, PassageLang
from knowledge.documents.document import PUBLIC, TENANT
from knowledge.documents.errors import NoSuchDocument, StoreFault
from knowledge.documents.keeping import store as store_module
from knowledge.documents.library import BATCH, DocumentLibrary
from knowledge.documents.reading.reading import UnreadableFile
from knowledge.documents.search import PassageHit
from knowledge.progress import Progress
from knowledge.search.embed import Embedder, Matrix, Vector
from knowledge.search.segment import Segmenter
from tests.component.paper_texts import MANUAL, PRODUCT_SHEET, write

ALICE, BOB, TALK = "owner:alice-0123", "owner:robert-456", "conversation:abcdefgh"
MARKER = "zebraquartz7319"


class CountingEmbedder:
    """The real embedder; tells what passages it was given, and may wait before it does."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.dim = real.name, real.dim
        self.embedded: list[str] = []
        self.batches: list[int] = []
        self.before = lambda: None

    def query(self, text: str) -> Vector:
        return self._real.query(text)

    def queries(self, texts: Sequence[str]) -> Matrix:
        return self._real.queries(texts)

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.before()
        self.embedded += texts
        self.batches.append(len(texts))
        return self._real.passages(texts)


@pytest.fixture
def counting(embedder: Embedder) -> CountingEmbedder:
    return CountingEmbedder(embedder)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "hugang"


@pytest.fixture
def library(
    home: Path, counting: CountingEmbedder, segmenter: Segmenter
) -> Iterator[DocumentLibrary]:
    with DocumentLibrary.open(home, counting, segmenter) as opened:
        yield opened


def ask(
    library: DocumentLibrary,
    text: str,
    lang: PassageLang,
    *scopes: str,
    limit: int = 10,
) -> list[PassageHit]:
    vector = library._embedder.query(text)
    return library.search(text, vector, lang, scopes or (TENANT,), limit)


def texts(library: DocumentLibrary, hits: Sequence[PassageHit]) -> list[str]:
    return [library.passage(hit.ref).part.text for hit in hits]


def traces(folder: Path, marker: str) -> list[str]:
    """Name every file below a folder that holds a text, in its bytes or its name."""
    forms = [marker.encode(), marker.encode("utf-16-le")]
    return [
        path.name
        for path in folder.rglob("*")
        if marker in path.name
        or (path.is_file() and any(form in path.read_bytes() for form in forms))
    ]


def test_a_paper_is_found_by_its_words_and_by_its_sense_in_either_language(
    library: DocumentLibrary, tmp_path: Path
) -> None:
    library.add(write(tmp_path, "manual.md", MANUAL))
    library.add(write(tmp_path, "sheet.md", PRODUCT_SHEET))
    first = ask(library, "境外放款余额上限是净资产的多少", "zh")[0]
    assert "百分之三十" in library.passage(first.ref).part.text
    assert first.own_lang
    assert first.score == pytest.approx(1.0)
    assert 0.8 < first.cosine <= 1
    abroad = ask(library, "What share of net assets may overseas lending reach?", "en")
    chinese = [hit for hit in abroad if not hit.own_lang]
    assert "百分之三十" in texts(library, chinese)[0]
    assert all(0 <= hit.score <= 1 for hit in abroad)
    assert [hit.score for hit in abroad] == sorted((hit.score for hit in abroad), reverse=True)


def test_traditional_characters_are_found_by_simplified_ones(
    library: DocumentLibrary, tmp_path: Path
) -> None:
    write(tmp_path, "hk.txt", "第一條 企業應當在付款前辦理稅務備案。\n\n第二條 罰款為五萬元。")
    library.add(tmp_path / "hk.txt")
    assert "稅務備案" in texts(library, ask(library, "付款前办理税务备案", "zh"))[0]


def test_a_reader_neither_sees_nor_is_crowded_out_by_the_papers_of_others(
    library: DocumentLibrary, tmp_path: Path
) -> None:
    question = "境外放款余额上限"
    library.add(write(tmp_path, "alice.md", MANUAL), scope=ALICE)
    alone = ask(library, question, "zh", ALICE, TENANT)
    # Far more near matches of others than any ranking takes in.
    clauses = [f"第{n}条 境外放款余额上限为净资产的百分之{n}。" for n in range(1, 161)]
    library.add(write(tmp_path, "bob.txt", "\n\n".join(clauses)), scope=BOB)
    beside = ask(library, question, "zh", ALICE, TENANT)
    assert [hit.ref for hit in beside] == [hit.ref for hit in alone]
    assert {hit.ref.card_id for hit in ask(library, question, "zh", BOB)}.isdisjoint(
        hit.ref.card_id for hit in alone
    )
    assert ask(library, question, "zh", TENANT, PUBLIC, TALK) == []
    assert library.search(question, library._embedder.query(question), "zh", (), 10) == []
    assert [document.scope for document in library.documents((BOB, TALK))] == [BOB]


def test_an_unchanged_file_is_skipped_without_reading_or_embedding_it(
    library: DocumentLibrary, counting: CountingEmbedder, tmp_path: Path
) -> None:
    path = write(tmp_path, "manual.md", MANUAL)
    added = library.add(path)
    assert (added.state, added.embedded) == ("added", added.document.passages)
    counting.embedded.clear()
    again = library.add(path, name="another name.md")
    assert (again.state, again.document, again.embedded) == ("unchanged", added.document, 0)
    other = library.add(path, scope=ALICE)
    assert other.state == "added"
    assert other.document.id != added.document.id
    assert counting.embedded == []  # the vectors are shared


def test_a_changed_paragraph_embeds_one_passage_and_the_others_keep_their_numbers(
    library: DocumentLibrary, counting: CountingEmbedder, tmp_path: Path
) -> None:
    path = write(tmp_path, "manual.md", MANUAL)
    document = library.add(path).document
    before = {p.part.text: p.ref for p in library.passages(document.id)}
    counting.embedded.clear()
    write(tmp_path, "manual.md", MANUAL.replace("百分之三十", "百分之五十"))
    changed = library.add(path)
    assert (changed.state, changed.embedded, changed.document.id) == ("updated", 1, document.id)
    assert len(counting.embedded) == 1
    after = {p.part.text: p.ref for p in library.passages(document.id)}
    assert len(after) == len(before)
    (new,) = set(after.values()) - set(before.values())
    assert "百分之五十" in library.passage(new).part.text
    assert new.fact_id > max(ref.fact_id for ref in before.values())
    (old,) = set(before.values()) - set(after.values())
    with pytest.raises(NoSuchDocument, match=str(old)):
        library.passage(old)
    # The first wording comes back: its number was given once and is not given again.
    write(tmp_path, "manual.md", MANUAL)
    library.add(path)
    third = {p.ref for p in library.passages(document.id)} - set(before.values())
    assert [ref.fact_id for ref in third] == [new.fact_id + 1]
    assert library.faults() == []


def test_a_passage_that_moved_keeps_its_number(library: DocumentLibrary, tmp_path: Path) -> None:
    path = write(tmp_path, "manual.md", MANUAL)
    document = library.add(path).document
    before = {p.part.text: p.ref for p in library.passages(document.id)}
    write(tmp_path, "manual.md", MANUAL.replace("第一章 境外放款", "第一章 对外放款"))
    library.add(path)
    after = {p.part.text: p.ref for p in library.passages(document.id)}
    kept = [text for text in before if text in after]
    assert len(kept) >= 3
    assert all(after[text] == before[text] for text in kept)
    assert any("第一章 对外放款" in p.part.path for p in library.passages(document.id))


def test_what_a_person_corrected_stays_when_the_file_changes(
    library: DocumentLibrary, counting: CountingEmbedder, tmp_path: Path
) -> None:
    path = write(tmp_path, "manual.md", MANUAL)
    document = library.add(path).document
    assert not document.corrected
    meant = document.particulars.model_copy(
        update={"title": "集团资金制度", "issued": dt.date(2026, 5, 1)}
    )
    corrected = library.correct(document.id, meant)
    assert corrected.corrected
    assert {p.title for p in library.passages(document.id)} == {"集团资金制度"}
    assert texts(library, ask(library, "集团资金制度", "zh"))
    counting.embedded.clear()
    write(tmp_path, "manual.md", MANUAL.replace("五万美元", "六万美元"))
    updated = library.add(path).document
    assert updated.particulars == meant
    assert updated.corrected
    assert len(counting.embedded) == 1
    assert library.faults() == []


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_deleted_paper_leaves_no_trace_in_any_file_of_the_home_nor_in_the_log(
    size: str,
    library: DocumentLibrary,
    home: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    if size == "large":  # a file that is too large to be written anew
        monkeypatch.setattr(store_module, "_SMALL_BYTES", 0)
    secret = "\n\n".join(f"第{n}条 {MARKER} 保密条款之{n}。" for n in range(1, 40))
    path = write(tmp_path, f"{MARKER}.txt", secret)
    library.add(write(tmp_path, "manual.md", MANUAL))
    document = library.add(path).document
    assert traces(home, MARKER)
    assert ask(library, MARKER, "zh")[0].ref.card_id == document.id
    # Written over and over, so that pages are split, joined and moved.
    for turn in range(3):
        write(tmp_path, f"{MARKER}.txt", secret.replace("保密", f"绝密{turn}", 8 * (turn + 1)))
        assert library.add(path).state == "updated"
    library.remove(document.id)
    assert traces(home, MARKER) == []
    assert all(hit.ref.card_id != document.id for hit in ask(library, MARKER, "zh"))
    assert MARKER not in caplog.text
    assert len(list((home / "documents" / "files").iterdir())) == 1
    with sqlite3.connect(home / "documents" / "documents.sqlite3") as reader:
        vectors = reader.execute("SELECT count(*) FROM vectors").fetchone()[0]
        passages = reader.execute("SELECT count(DISTINCT key) FROM passages").fetchone()[0]
    reader.close()
    assert vectors == passages > 0
    with pytest.raises(NoSuchDocument, match=document.id):
        library.document(document.id)
    assert library.faults() == []


def test_words_of_an_earlier_form_leave_no_trace_after_an_update(
    library: DocumentLibrary, home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "manual.md", f"{MANUAL}\n\n第九条 {MARKER}。\n")
    library.add(path)
    write(tmp_path, "manual.md", MANUAL)
    library.add(path)
    assert traces(home, MARKER) == []


def test_vectors_that_two_papers_share_stay_until_the_last_of_them_goes(
    library: DocumentLibrary, counting: CountingEmbedder, tmp_path: Path
) -> None:
    path = write(tmp_path, "manual.md", MANUAL)
    one, two = library.add(path).document, library.add(path, scope=ALICE).document
    library.remove(one.id)
    assert ask(library, "境外放款", "zh", ALICE)
    assert library.faults() == []
    library.remove(two.id)
    counting.embedded.clear()
    library.add(path)
    assert counting.embedded


def test_a_conversation_takes_its_papers_with_it(library: DocumentLibrary, tmp_path: Path) -> None:
    path = write(tmp_path, "manual.md", MANUAL)
    library.add(path, scope=TALK)
    kept = library.add(path, scope=ALICE).document
    assert library.remove_scope(TALK) == 1
    assert library.remove_scope(TALK) == 0
    assert library.documents() == (kept,)


def test_what_another_process_adds_and_removes_is_seen_by_the_next_search(
    library: DocumentLibrary, home: Path, counting: CountingEmbedder, segmenter: Segmenter,
    tmp_path: Path,
) -> None:  # fmt: skip
    assert ask(library, "境外放款", "zh") == []
    with DocumentLibrary.open(home, counting, segmenter) as other:
        document = other.add(write(tmp_path, "manual.md", MANUAL)).document
        assert ask(library, "境外放款", "zh")
        write(tmp_path, "manual.md", MANUAL.replace("净资产", "总资产"))
        other.add(tmp_path / "manual.md")
        assert any(
            "总资产" in text for text in texts(library, ask(library, "境外放款总资产", "zh"))
        )
        other.remove(document.id)
        assert ask(library, "境外放款", "zh") == []
    assert library.faults() == []


def test_a_removal_during_an_addition_that_shares_its_vectors_harms_neither(
    library: DocumentLibrary, home: Path, counting: CountingEmbedder, segmenter: Segmenter,
    tmp_path: Path,
) -> None:  # fmt: skip
    shared = library.add(write(tmp_path, "manual.md", MANUAL)).document
    longer = write(tmp_path, "longer.md", f"{MANUAL}\n\n第四条 每季度报告一次。\n")
    with DocumentLibrary.open(home, counting, segmenter) as other:
        removed = threading.Event()

        def remove() -> None:
            if not removed.is_set():
                removed.set()
                other.remove(shared.id)

        counting.before = remove
        added = library.add(longer, particulars=shared.particulars).document
    assert removed.is_set()
    assert library.documents() == (added,)
    assert library.faults() == []


def test_searches_go_on_while_papers_are_added(
    library: DocumentLibrary, counting: CountingEmbedder, tmp_path: Path
) -> None:
    library.add(write(tmp_path, "manual.md", MANUAL))
    entered, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        assert go_on.wait(60)

    counting.before = wait
    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(library.add, write(tmp_path, "sheet.md", PRODUCT_SHEET))
        assert entered.wait(60)
        assert ask(library, "境外放款余额", "zh")  # while the embedding of the other stands still
        go_on.set()
        assert adding.result().state == "added"


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own")
def test_beside_answers_only_the_thread_that_embeds_gives_way(
    home: Path, counting: CountingEmbedder, segmenter: Segmenter, tmp_path: Path
) -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    seen: list[int] = []
    counting.before = lambda: seen.append(
        os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    )
    with DocumentLibrary.open(home, counting, segmenter, gives_way=True) as library:
        library.add(write(tmp_path, "manual.md", MANUAL))
    assert min(seen) > before
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_progress_tells_how_many_passages_are_left_and_batches_stay_small(
    library: DocumentLibrary, counting: CountingEmbedder, tmp_path: Path
) -> None:
    told: list[Progress] = []
    clauses = "\n\n".join(f"第{n}条 业务{n}由部门{n}办理。" for n in range(1, 21))
    passages = library.add(write(tmp_path, "a.txt", clauses), progress=told.append).embedded
    embedding = [report for report in told if report.stage == "embed"]
    assert embedding[0].done == 0
    assert embedding[-1].done == embedding[-1].total == passages > BATCH
    assert max(counting.batches) <= BATCH


def test_names_cannot_lead_out_of_the_folder_and_hold_no_control_characters(
    library: DocumentLibrary, home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.md", MANUAL)
    document = library.add(path, name="../../..\\etc/\x1b[31mpasswd\u202e\n.md").document
    assert document.name == "etc/ [31mpasswd .md"
    assert library.file(document.id).parent == home / "documents" / "files"
    assert library.file(document.id).read_bytes() == path.read_bytes()


def test_a_file_without_text_is_refused_and_nothing_of_it_is_kept(
    library: DocumentLibrary, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableFile):
        library.add(write(tmp_path, "empty.txt", "\n \n"))
    assert library.documents() == ()
    assert list((home / "documents" / "files").iterdir()) == []


def test_a_damaged_database_is_told_with_its_file_and_what_to_do(
    home: Path, counting: CountingEmbedder, segmenter: Segmenter, tmp_path: Path
) -> None:
    with DocumentLibrary.open(home, counting, segmenter) as library:
        library.add(
            write(tmp_path, "a.txt", "\n\n".join(f"第{n}条 规定{n}。" for n in range(1, 99)))
        )
    database = home / "documents" / "documents.sqlite3"
    whole = database.read_bytes()
    for damage in (b"no database at all" * 100, whole[:100] + b"\xff" * 8000 + whole[8100:]):
        database.write_bytes(damage)
        with pytest.raises(StoreFault, match=r"documents\.sqlite3.*backup") as told:
            DocumentLibrary.open(home, counting, segmenter)
        assert "备份" in told.value.message.zh


def test_a_missing_or_changed_file_is_found_by_looking_over(
    library: DocumentLibrary, tmp_path: Path
) -> None:
    one = library.add(write(tmp_path, "a.md", MANUAL)).document
    two = library.add(write(tmp_path, "b.md", PRODUCT_SHEET)).document
    assert library.faults() == []
    library.file(one.id).unlink()
    library.file(two.id).write_bytes(b"other")
    assert sorted(library.faults()) == sorted(
        [f"{one.id}: its file is missing", f"{two.id}: its file is not the one that was added"]
    )


def test_papers_of_another_embedder_are_told_and_can_be_embedded_again(
    library: DocumentLibrary, home: Path, counting: CountingEmbedder, segmenter: Segmenter,
    tmp_path: Path,
) -> None:  # fmt: skip
    library.add(write(tmp_path, "manual.md", MANUAL))
    later = CountingEmbedder(counting)
    later.name = "another-embedder"
    with DocumentLibrary.open(home, later, segmenter) as opened:
        assert ask(opened, "境外放款", "zh") == []
        assert "hugang documents renew" in opened.faults()[0]
        assert opened.renew() == 1
        assert ask(opened, "境外放款", "zh")
        assert opened.faults() == []


def test_vectors_come_back_as_they_were_embedded(
    library: DocumentLibrary, embedder: Embedder, tmp_path: Path
) -> None:
    document = library.add(write(tmp_path, "manual.md", MANUAL)).document
    passages = {p.ref: p for p in library.passages(document.id)}
    shelf = library.store.shelves(embedder.name)[document.id]
    assert set(shelf.refs) == set(passages)
    fresh = embedder.passages([passages[FactRef(ref)].content for ref in shelf.refs])
    assert np.abs(shelf.matrix - fresh).max() < 1e-3
