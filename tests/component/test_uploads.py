"""Files on their way: by turns, bounded, taken back, told of their owner alone."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from knowledge.card import Bilingual
from knowledge.documents.reading.reading import UnreadableFile
from knowledge.progress import OnProgress, Progress
from ui.api.problems import ProblemError
from ui.papers import uploads as module
from ui.papers.uploads import FOLDER, Uploads

BAD = Bilingual(zh="读不出来。", en="It cannot be read.")


class SlowLibrary:
    """A library that adds a file when it is told to."""

    def __init__(self) -> None:
        self.added: list[str] = []
        self.removed: list[str] = []
        self.go = threading.Semaphore(0)
        self.busy = threading.Semaphore(0)

    def remove(self, document: str) -> None:
        self.removed.append(document)

    def add(self, path: Path, name: str, scope: str, progress: OnProgress) -> Any:
        assert path.is_file()
        progress(Progress(stage="embed", done=1, total=4))
        self.busy.release()
        assert self.go.acquire(timeout=30)
        progress(Progress(stage="embed", done=2, total=4))
        if name == "bad":
            raise UnreadableFile("damaged", BAD)
        if name == "broken":
            raise RuntimeError("words of the document")
        self.added.append(name)
        return SimpleNamespace(
            state="added", document=SimpleNamespace(id=f"doc-{name}", remarks=())
        )


@pytest.fixture
def library() -> SlowLibrary:
    return SlowLibrary()


@pytest.fixture
def uploads(library: SlowLibrary, tmp_path: Path) -> Iterator[Uploads]:
    made = Uploads(library, tmp_path)  # type: ignore[arg-type]
    yield made
    library.go.release(100)
    made.close()


def take(uploads: Uploads, owner: str, name: str) -> str:
    return uploads.take(owner, "owner:x", name, io.BytesIO(b"words"), 5).id


def until(holds: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(600):
        if holds():
            return
        waited.wait(0.02)
    raise AssertionError("it did not come to that")


def test_owners_take_turns(uploads: Uploads, library: SlowLibrary) -> None:
    for name in ("a1", "a2", "a3"):
        take(uploads, "a", name)
    assert library.busy.acquire(timeout=10)
    take(uploads, "b", "b1")
    library.go.release(4)
    until(lambda: len(library.added) == 4)
    assert library.added == ["a1", "b1", "a2", "a3"]


def test_each_file_tells_how_far_it_is_to_its_owner_alone(
    uploads: Uploads, library: SlowLibrary, tmp_path: Path
) -> None:
    take(uploads, "a", "one")
    take(uploads, "a", "two")
    assert library.busy.acquire(timeout=10)
    first, second = uploads.of("a")
    assert (first.state, first.done, first.total) == ("embedding", 1, 4)
    assert first.seconds_left is not None
    assert (second.state, second.ahead) == ("waiting", 0)
    assert uploads.of("b") == ()
    library.go.release(2)
    until(lambda: all(one.is_done for one in uploads.of("a")))
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert [one.document for one in uploads.of("a")] == ["doc-one", "doc-two"]
    uploads.forget("doc-one")
    assert [one.document for one in uploads.of("a")] == ["doc-two"]
    uploads.clear("a")
    assert uploads.of("a") == ()


def test_a_failure_says_why_and_the_next_goes_on(
    uploads: Uploads, library: SlowLibrary, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("bad", "broken", "good"):
        take(uploads, "a", name)
    library.go.release(3)
    until(lambda: all(one.is_done for one in uploads.of("a")))
    assert [one.state for one in uploads.of("a")] == ["failed", "failed", "added"]
    assert uploads.of("a")[0].message == BAD
    assert "words of the document" not in caplog.text


def test_what_is_taken_back_is_not_added(uploads: Uploads, library: SlowLibrary) -> None:
    running, waiting = take(uploads, "a", "one"), take(uploads, "a", "two")
    assert library.busy.acquire(timeout=10)
    assert not uploads.drop("b", running)
    assert uploads.drop("a", waiting)
    assert uploads.drop("a", running)
    library.go.release(2)
    until(lambda: uploads.of("a") == ())
    assert library.added == []


def test_no_more_wait_than_there_is_room_for(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    monkeypatch.setattr(module, "MOST_WAITING_EACH", 3)
    for name in ("1", "2", "3"):
        take(uploads, "a", name)
    with pytest.raises(ProblemError, match="3 of your files"):
        take(uploads, "a", "4")
    take(uploads, "b", "1")
    with pytest.raises(ProblemError, match="4 in all"):
        take(uploads, "c", "1")


def test_a_server_that_stops_leaves_no_file_behind(library: SlowLibrary, tmp_path: Path) -> None:
    uploads = Uploads(library, tmp_path)  # type: ignore[arg-type]
    take(uploads, "a", "one")
    take(uploads, "a", "two")
    assert library.busy.acquire(timeout=10)
    library.go.release(1)
    uploads.close()
    assert not (tmp_path / FOLDER).exists()
    assert library.added in ([], ["one"])


def test_what_an_owner_who_is_forgotten_sent_is_not_added(
    uploads: Uploads, library: SlowLibrary, tmp_path: Path
) -> None:
    for owner, name in (("a", "one"), ("a", "two"), ("b", "other")):
        take(uploads, owner, name)
    assert library.busy.acquire(timeout=10)
    uploads.forget_owner("a")
    library.go.release(3)
    until(lambda: library.added == ["other"])
    until(lambda: all(one.is_done for one in uploads.of("b")))
    assert uploads.of("a") == ()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_what_is_taken_back_in_its_last_moment_is_removed_again(
    uploads: Uploads, library: SlowLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module._Telling, "__call__", lambda *_: None)  # none comes in between
    running = take(uploads, "a", "one")
    assert library.busy.acquire(timeout=10)
    uploads.drop("a", running)
    library.go.release(1)
    until(lambda: library.removed == ["doc-one"])
    until(lambda: uploads.of("a") == ())
