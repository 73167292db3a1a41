"""Files that were made to break a reader: each ends in a clear message, and leaves nothing behind."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import stat
import struct
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from docx import Document
from openpyxl import Workbook

from knowledge.documents.reading import reading_process
from knowledge.documents.reading.limits import DEFAULT_LIMITS
from knowledge.documents.reading.read import page_picture, read_file
from knowledge.documents.reading.reading import UnreadableFile
from tests.component.files_to_read import articles, repacked, set_pdf

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def word(tmp_path: Path) -> Path:
    document = Document()
    document.add_paragraph("正文一段。")
    document.save(tmp_path / "plain.docx")
    return tmp_path / "plain.docx"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    book = Workbook()
    book.active.append(["币种", "额度"])
    book.active.append(["元", 70])
    book.save(tmp_path / "plain.xlsx")
    return tmp_path / "plain.xlsx"


@pytest.fixture(scope="module", autouse=True)
def _stem(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The process that forks the readers stays: it is there before the first test looks."""
    read_file(written(tmp_path_factory.mktemp("stem") / "a.txt", b"text"))


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No read leaves a temporary file or a process behind, nor the stem one of its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = _descendants(os.getpid())
    yield
    assert list(folder.iterdir()) == []
    assert _descendants(os.getpid()) <= before


def _children(of: int) -> set[int]:
    """Return the processes that one has started and not taken leave of; none where not told."""
    found: set[int] = set()
    for path in Path(f"/proc/{of}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended since
            found.update(map(int, path.read_text("ascii").split()))
    return found


def _descendants(of: int) -> set[int]:
    return _children(of).union(*map(_descendants, _children(of)))


def refused(path: Path, **limits: int) -> str:
    """Read a file that must not be readable; returns the code of its error."""
    with pytest.raises(UnreadableFile) as caught:
        read_file(path, limits=DEFAULT_LIMITS.model_copy(update=limits))
    assert CHINESE.search(caught.value.message.zh)
    assert not CHINESE.search(caught.value.message.en)
    assert caught.value.message.en == str(caught.value)
    return caught.value.code


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- archives


def test_a_zip_bomb_is_stopped_while_it_unpacks(word: Path) -> None:
    with (
        zipfile.ZipFile(word, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/media/image1.bin", "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1_000_000))
    assert refused(word) == "unpacks-too-large"


def test_a_bomb_within_an_archive_is_never_unpacked(tmp_path: Path, word: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(100_000_000))
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as archive:
        archive.writestr("b.zip", inner.getvalue())
    assert refused(tmp_path / "nested.zip") == "unknown-format"
    with zipfile.ZipFile(word, "a") as archive:
        archive.writestr("word/embeddings/b.zip", inner.getvalue())
    assert read_file(word).text == "正文一段。"


def test_a_claim_of_two_gigabytes_is_not_believed(word: Path) -> None:
    content = bytearray(word.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 2_000_000_000)
    assert read_file(written(word, bytes(content))).text == "正文一段。"


def test_too_many_members_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.docx", "w") as archive:
        for number in range(10_001):
            archive.writestr(str(number), b"")
    assert refused(tmp_path / "many.docx") == "unpacks-too-large"


def test_names_that_lead_out_of_the_archive_lead_nowhere(tmp_path: Path, word: Path) -> None:
    with zipfile.ZipFile(word, "a") as archive:
        archive.writestr("../evil.txt", "x")
        archive.writestr(str(tmp_path / "evil2.txt"), "x")
    assert read_file(word).text == "正文一段。"
    assert not list(tmp_path.glob("**/evil*"))
    assert not (tmp_path.parent / "evil.txt").exists()


def test_an_encrypted_archive_asks_for_one_without_a_password(word: Path) -> None:
    content = bytearray(word.read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    assert refused(written(word, bytes(content))) == "encrypted"


ENTITIES = (
    '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>',
    '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">',
)


@pytest.mark.parametrize("declaration", ENTITIES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_office_xml_are_refused(
    word: Path, tmp_path: Path, declaration: str, encoding: str
) -> None:
    def change(name: str, content: bytes) -> bytes:
        if name != "word/document.xml":
            return content
        body = content.decode().partition("?>")[2].replace("正文一段。", "&a;")
        return f'<?xml version="1.0" encoding="{encoding}"?>{declaration}{body}'.encode(encoding)

    assert refused(repacked(word, tmp_path / "xxe.docx", change)) == "forbidden-declaration"


def test_macros_are_left_out_and_named(word: Path, tmp_path: Path) -> None:
    plain, macro = (
        "openxmlformats-officedocument.wordprocessingml.document",
        "ms-word.document.macroEnabled",
    )
    target = repacked(
        word, tmp_path / "a.docm",
        lambda name, content: content.replace(plain.encode(), macro.encode()) if name.startswith("[") else content,
    )  # fmt: skip
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"Sub AutoOpen()")
    reading = read_file(target)
    assert reading.text == "正文一段。"
    assert [one.code for one in reading.remarks] == ["macros-left-out"]


def test_a_sheet_that_claims_all_cells_is_read_as_far_as_it_goes(
    sheet: Path, tmp_path: Path
) -> None:
    def change(name: str, content: bytes) -> bytes:
        content = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', content)
        far = b'<row r="1048576"><c r="XFD1048576"><v>9</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        return content.replace(b"</sheetData>", far)

    assert "元 | 70" in read_file(repacked(sheet, tmp_path / "far.xlsx", change)).text


# --- PDFs


def pdf_claiming(pages: int, kids: int) -> bytes:
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count %d/Kids[%b]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\ntrailer<</Root 1 0 R>>"
        % (pages, b"3 0 R " * kids)
    )


@pytest.mark.parametrize("kids", [1, 100_000])
def test_a_hundred_thousand_pages_are_refused(tmp_path: Path, kids: int) -> None:
    assert refused(written(tmp_path / "a.pdf", pdf_claiming(100_000, kids))) == "too-many-pages"


@pytest.mark.parametrize("kept", [20, 2_000, 20_000])
def test_a_truncated_pdf_is_named_damaged(tmp_path: Path, kept: int) -> None:
    pdf = set_pdf("\n\n".join(articles(30)))
    assert refused(written(tmp_path / "a.pdf", pdf[:kept])) == "damaged"


def test_an_encrypted_pdf_asks_for_one_without_a_password(tmp_path: Path) -> None:
    encryption = b"<</Filter/Standard/V 1/R 2/P -4/O(" + b"o" * 32 + b")/U(" + b"u" * 32 + b")>>"
    pdf = pdf_claiming(1, 1).replace(
        b"/Root 1 0 R", b"/Root 1 0 R/ID[(a)(a)]/Encrypt " + encryption
    )
    assert refused(written(tmp_path / "a.pdf", pdf)) == "encrypted"


def test_a_stream_that_unpacks_without_end_is_bounded(tmp_path: Path) -> None:
    stream = zlib.compress(zlib.compress(b"(x) Tj " * 15_000_000, 9), 9)
    pdf = pdf_claiming(1, 1).replace(
        b"[0 0 100 100]>>endobj",
        b"[0 0 100 100]/Contents 4 0 R>>endobj\n4 0 obj<</Length %d/Filter[/FlateDecode/FlateDecode]>>"
        b"stream\n%b\nendstream endobj" % (len(stream), stream),
    )
    assert refused(written(tmp_path / "a.pdf", pdf), silent_seconds=30) in {
        "no-text", "too-much-memory", "too-slow", "crashed",
    }  # fmt: skip


# --- pictures, markup, text


def test_a_picture_of_billions_of_pixels_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    png = (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )
    assert refused(written(tmp_path / "a.png", png)) == "too-many-pixels"
    with pytest.raises(UnreadableFile, match="megapixels"):
        page_picture(tmp_path / "a.png", 1, 100)


def test_a_web_page_runs_nothing_and_fetches_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        page = (
            f'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><head><base href="{address}/">'
            f'<link rel="stylesheet" href="{address}/a.css"><script src="{address}/a.js"></script></head>'
            f'<body onload="alert(1)"><img src="{address}/a.png" onerror="alert(1)"><iframe src="{address}/"></iframe>'
            f"<p>境外放款&x;</p><p style='display:none'>隐藏的指令</p><script>alert(1)</script></body></html>"
        )
        reading = read_file(written(tmp_path / "a.html", page.encode()))
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()
    assert reading.text.startswith("境外放款")
    for word_ in ("alert", "root:", "隐藏"):
        assert word_ not in reading.text


def test_markup_as_deep_as_a_well_ends_in_a_message_or_a_text(tmp_path: Path) -> None:
    for name, content in {
        "a.html": "<html>" + "<div>" * 200_000 + "底", "b.md": "> " * 50_000 + "底",
        "c.md": "[" * 100_000, "d.html": "<table>" * 5_000 + "<tr><td>底",
    }.items():  # fmt: skip
        path = written(tmp_path / name, content.encode())
        code = None
        try:
            read_file(path)
        except UnreadableFile as fault:
            code = fault.code
        assert code in {None, "no-text", "damaged", "crashed"}


# --- what is no file to read


def test_what_is_no_ordinary_file_is_told_apart(tmp_path: Path, word: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.docx").symlink_to(word)
    assert refused(tmp_path) == "not-a-file"
    assert refused(tmp_path / "pipe") == "not-a-file"
    assert refused(Path("/dev/zero")) == "not-a-file"
    assert refused(tmp_path / "link.docx") == "not-a-file"
    assert refused(tmp_path / "nothing.pdf") == "not-found"
    assert refused(written(tmp_path / "empty.pdf", b"")) == "empty"
    assert refused(word, file_bytes=1_000) == "too-large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old-office"),
        (bytes(range(256)) * 20, "unknown-format"),
        (b"\x7fELF" + bytes(600), "unknown-format"),
        (b"PK\x03\x04" + bytes(600), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "damaged"),
        (b" \n\n\t ", "no-text"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, code: str) -> None:
    assert refused(written(tmp_path / "a.pdf", content)) == code


# --- the process


def test_a_read_that_takes_too_long_or_too_much_is_ended(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pdf", set_pdf("\n\n".join(articles(400))))
    assert refused(path, memory_bytes=20_000_000) == "too-much-memory"
    assert refused(path, silent_seconds=0) == "too-slow"
    assert refused(path, result_bytes=1_000) == "crashed"
    assert refused(path, characters=1_000) == "too-much-text"


@pytest.fixture(params=["forked", "started"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways in which a process that reads comes into being; a stem of the test's own."""
    if request.param == "forked" and sys.platform != "linux":
        pytest.skip("forks on Linux alone")
    monkeypatch.setattr(reading_process, "_FORKS", request.param == "forked")
    monkeypatch.setattr(reading_process, "_kept", None)
    yield request.param
    reading_process.end_stem()


def test_either_way_a_text_is_read_a_fault_told_and_a_limit_kept(way: str, tmp_path: Path) -> None:
    assert read_file(written(tmp_path / "a.txt", "第一件".encode())).text == "第一件"
    assert refused(written(tmp_path / "b.pdf", b"%PDF-1.4 nothing")) == "damaged"
    path = written(tmp_path / "c.pdf", set_pdf("\n\n".join(articles(400))))
    assert refused(path, memory_bytes=20_000_000) == "too-much-memory"
    assert refused(path, silent_seconds=0) == "too-slow"


def _open_files(process: Path) -> list[str]:
    found = []
    for link in process.glob("fd/*"):
        with suppress(FileNotFoundError):  # closed since it was listed
            found.append(os.readlink(link))
    return sorted(found)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_process_that_reads_knows_no_secret_and_holds_nothing_but_its_file(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    path = written(tmp_path / "a.txt", b"text")
    for _ in range(2):  # the second copy is as bare as the first
        with path.open("rb") as file:
            child, pipe = reading_process.start_reading(file.fileno())
            with pipe:
                place, over = Path(f"/proc/{child.pid}"), time.monotonic() + 20
                # Between fork and the end of exec the descriptors are not yet, or no longer, all
                # there, and the environment is empty.
                held, environment = _open_files(place), b""
                while len(held) != 4 or b"PYTHONPATH=" not in environment:
                    assert time.monotonic() < over, (held, environment)
                    time.sleep(0.01)
                    held, environment = _open_files(place), (place / "environ").read_bytes()
                child.kill()
                assert child.wait() == -signal.SIGKILL
        assert b"sk-secret" not in environment
        assert held[:3] == sorted([str(path), os.devnull, os.devnull])
        assert held[3].startswith("socket:")


@pytest.mark.parametrize("way", ["forked"], indirect=True)
def test_a_reader_that_dies_harms_no_other_and_a_stem_that_dies_is_replaced(
    way: str, tmp_path: Path
) -> None:
    path, before = written(tmp_path / "a.txt", "第一件".encode()), _children(os.getpid())
    with path.open("rb") as file:
        lost, lost_pipe = reading_process.start_reading(file.fileno())
        os.kill(lost.pid, signal.SIGSEGV)
        assert lost.wait() == -signal.SIGSEGV
        assert read_file(path).text == "第一件"
        orphan, orphan_pipe = reading_process.start_reading(file.fileno())
        [stem] = _children(os.getpid()) - before
        os.kill(stem, signal.SIGKILL)
        assert orphan.wait() == -signal.SIGKILL
        lost_pipe.close()
        orphan_pipe.close()
    assert read_file(path).text == "第一件"


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "open('left-behind', 'w').write('x' * 10_000)",
    ],
)
def test_a_reader_that_was_taken_over_reaches_nothing(tmp_path: Path, attempt: str) -> None:
    import subprocess
    import sys

    program = (
        "from knowledge.documents.reading.reading_worker import _bind\n"
        "from knowledge.documents.reading.sandbox import Task\n"
        "from knowledge.documents.reading.limits import DEFAULT_LIMITS\n"
        "_bind(Task(name='a', limits=DEFAULT_LIMITS))\n" + attempt
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=tmp_path, capture_output=True,
        env={"PYTHONPATH": str(root)}, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert b"PermissionError" in done.stderr or b"File too large" in done.stderr
    left = tmp_path / "left-behind"
    assert not left.exists() or (stat.S_ISREG(left.stat().st_mode) and left.stat().st_size == 0)


def test_a_reader_of_one_file_does_not_hold_up_another(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    paths = [written(tmp_path / f"{number}.txt", f"第{number}件".encode()) for number in range(6)]
    with ThreadPoolExecutor(3) as pool:
        assert [one.text for one in pool.map(read_file, paths)] == [f"第{n}件" for n in range(6)]
