"""Files on their way into the library: one after the other, behind the answers, told as they go.

A request only leaves its files here; they are worked off in a thread whether or not the page that
sent them is still open. Owners take turns, so that a long file of one does not stand before
everything of the others.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import BinaryIO, Literal

from knowledge.card import Bilingual, Frozen
from knowledge.documents.errors import DocumentError
from knowledge.documents.library import DocumentLibrary
from knowledge.documents.reading.reading import Remark, UnreadableFile
from knowledge.progress import Progress
from ui.api.problems import ProblemError

log = logging.getLogger(__name__)
FOLDER = "uploads"
MOST_WAITING = 200
"""Files that wait, of all owners together."""
MOST_WAITING_EACH = 60
"""Files of one owner that wait: three times as many as one request brings."""
SHOWN_S = 3_600.0
"""How long the result of a file is told."""
SHOWN_EACH = 60
"""Results that are told to one owner, the latest."""
CLOSE_S = 5.0
_FOLDER_MODE = 0o700

UploadState = Literal["waiting", "reading", "embedding", "added", "updated", "unchanged", "failed"]
DONE: frozenset[UploadState] = frozenset({"added", "updated", "unchanged", "failed"})


class Upload(Frozen):
    """One file on its way, or what became of it."""

    id: str
    name: str
    size: int
    """In bytes."""
    state: UploadState = "waiting"
    ahead: int = 0
    """While it waits: files before it."""
    done: int = 0
    total: int = 0
    """Pages to read or passages to embed in this state; 0 while that is not known."""
    seconds_left: int | None = None
    """Of this state, by how fast it went so far."""
    document: str | None = None
    """Id of the document that it became."""
    message: Bilingual | None = None
    """Why it failed."""
    remarks: tuple[Remark, ...] = ()
    """What must be known of how it was read."""

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.state in DONE


class _Job:
    def __init__(self, owner: str, scope: str, upload: Upload, path: Path | None) -> None:
        self.owner = owner
        self.scope = scope
        self.upload = upload
        self.path = path
        self.cancelled = False
        self.ended = 0.0


class _Stopped(Exception):
    """The server stops, or the owner has taken the file back."""


class Uploads:
    """Takes files in and adds them; safe to use from many threads."""

    def __init__(self, library: DocumentLibrary, home: Path) -> None:
        """Work into a library.

        Args:
            library: where the files go.
            home: data folder; files wait below it, seen by this account only.
        """
        self._library = library
        self._folder = home / FOLDER
        self._jobs: list[_Job] = []
        self._served: dict[str, float] = defaultdict(float)
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._closing = False

    def start(self) -> None:
        """Remove what a server that is gone left behind: what waited there was never acknowledged."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def check_room(self, owner: str, files: int) -> None:
        """Refuse files before they are sent whole.

        Raises:
            ProblemError: too many wait.
        """
        with self._changed:
            waiting = [job for job in self._jobs if not job.upload.is_done]
            own = sum(job.owner == owner for job in waiting)
            if len(waiting) + files > MOST_WAITING or own + files > MOST_WAITING_EACH:
                raise ProblemError(
                    "too-many-waiting",
                    Bilingual(
                        zh=f"还有{own}份您的资料在等候，全部共{len(waiting)}份。",
                        en=f"{own} of your files still wait, {len(waiting)} in all.",
                    ),
                    retry_after_s=30,
                )

    def take(self, owner: str, scope: str, name: str, file: BinaryIO, size: int) -> Upload:
        """Take a file in; blocks for the time of a copy.

        Raises:
            ProblemError: too many wait.
        """
        self.check_room(owner, 1)
        self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        upload = Upload(id=secrets.token_hex(8), name=_shown(name), size=size)
        path = self._folder / upload.id
        with path.open("xb") as copy:
            shutil.copyfileobj(file, copy)
        job = _Job(owner, scope, upload, path)
        with self._changed:
            self._jobs.append(job)
            self._begin()
            self._changed.notify_all()
        return upload

    def refuse(self, owner: str, name: str, size: int, message: Bilingual) -> Upload:
        """Tell of a file that was not taken in."""
        upload = Upload(
            id=secrets.token_hex(8), name=_shown(name), size=size, state="failed", message=message
        )
        job = _Job(owner, "", upload, None)
        job.ended = time.monotonic()
        with self._changed:
            self._jobs.append(job)
        return upload

    def of(self, owner: str) -> tuple[Upload, ...]:
        """List an owner's files on their way and the results of the last hour, oldest first."""
        now = time.monotonic()
        with self._changed:
            self._jobs = [job for job in self._jobs if not job.ended or now - job.ended < SHOWN_S]
            waiting = [job for job in self._order() if job.upload.state == "waiting"]
            own = [job for job in self._jobs if job.owner == owner]
            ended = [job for job in own if job.ended]
            for job in ended[:-SHOWN_EACH]:
                self._jobs.remove(job)
            return tuple(
                job.upload.model_copy(update={"ahead": waiting.index(job)})
                if job in waiting
                else job.upload
                for job in own
                if job not in ended[:-SHOWN_EACH]
            )

    def drop(self, owner: str, upload: str) -> bool:
        """Take a file back, or stop telling of it; returns whether there was one."""
        with self._changed:
            for job in self._jobs:
                if job.owner == owner and job.upload.id == upload:
                    job.cancelled = True
                    if job.upload.is_done or job.upload.state == "waiting":
                        self._jobs.remove(job)
                        _remove(job.path)
                    return True
        return False

    def forget_owner(self, owner: str) -> None:
        """Take all files of an owner back, and tell no more of any."""
        with self._changed:
            own = [job.upload.id for job in self._jobs if job.owner == owner]
        for upload in own:
            self.drop(owner, upload)

    def clear(self, owner: str) -> None:
        """Stop telling of what has ended."""
        with self._changed:
            self._jobs = [job for job in self._jobs if job.owner != owner or not job.ended]

    def forget(self, document: str) -> None:
        """Stop telling of a document that was deleted."""
        with self._changed:
            self._jobs = [job for job in self._jobs if job.upload.document != document]

    def close(self) -> None:
        """Stop; what was not added is to be sent again."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join(CLOSE_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="uploads", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._order():
                    self._changed.wait()
                if self._closing:
                    return
                job = self._order()[0]
                self._served[job.owner] = time.monotonic()
                job.upload = job.upload.model_copy(update={"state": "reading"})
            self._add(job)

    def _order(self) -> list[_Job]:
        """Put what waits in the order in which it is worked off: owners by turns, each by arrival."""
        rank: dict[str, int] = defaultdict(int)
        keyed: list[tuple[int, float, int, _Job]] = []
        for at, job in enumerate(self._jobs):
            if job.upload.state == "waiting":
                keyed.append((rank[job.owner], self._served[job.owner], at, job))
                rank[job.owner] += 1
        return [entry[-1] for entry in sorted(keyed, key=lambda entry: entry[:3])]

    def _add(self, job: _Job) -> None:
        assert job.path is not None
        told = _Telling(self, job)
        try:
            added = self._library.add(job.path, job.upload.name, job.scope, told)
        except _Stopped:
            self._end(job, gone=True)
        except (UnreadableFile, DocumentError) as error:
            self._end(job, state="failed", message=error.message)
        except Exception as error:  # noqa: BLE001 - the thread must go on to the next
            # Its text may hold words of the document.
            log.error("a file could not be added: %s", type(error).__name__)
            self._end(job, state="failed", message=_BROKEN)
        else:
            document = added.document
            self._end(job, state=added.state, document=document.id, remarks=document.remarks)
            if job.cancelled:  # taken back in its last moment
                if added.state == "added":
                    self._library.remove(document.id)
                self.drop(job.owner, job.upload.id)

    def _end(self, job: _Job, *, gone: bool = False, **result: object) -> None:
        _remove(job.path)
        with self._changed:
            job.ended = time.monotonic()
            job.upload = job.upload.model_copy(update={"seconds_left": None, **result})
            if gone and job in self._jobs:
                self._jobs.remove(job)

    def tell(self, job: _Job, **now: object) -> None:
        """Note how far a file has come.

        Raises:
            _Stopped: it must not go on.
        """
        with self._changed:
            if self._closing or job.cancelled:
                raise _Stopped
            job.upload = job.upload.model_copy(update=now)


class _Telling:
    """Turns the library's reports into what is told of a file."""

    def __init__(self, uploads: Uploads, job: _Job) -> None:
        self._uploads = uploads
        self._job = job
        self._stage = ""
        self._since = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._since = progress.stage, now
        left: int | None = None
        if progress.done and progress.total:
            each = (now - self._since) / progress.done
            left = round(each * (progress.total - progress.done))
        self._uploads.tell(
            self._job,
            state="reading" if progress.stage == "read" else "embedding",
            done=progress.done,
            total=progress.total,
            seconds_left=left,
        )


def _remove(path: Path | None) -> None:
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink()


def _shown(name: str) -> str:
    """Return the last part of a name, as a browser may send a whole path of the reader's machine."""
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip()[:255] or "-"


_BROKEN = Bilingual(
    zh="添加时出错，原因已记入日志；请稍后再试。",
    en="Adding it failed; the cause is in the log. Try again later.",
)
