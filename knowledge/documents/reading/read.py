"""Reading a file, and picturing a page of it, in a child process that a bad file cannot leave."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from knowledge.documents.reading.faults import unreadable
from knowledge.documents.reading.limits import DEFAULT_LIMITS, MB, Limits
from knowledge.documents.reading.reading import Reading
from knowledge.documents.reading.sandbox import Task, run_task
from knowledge.progress import OnProgress, Progress, unreported

_SPECIAL = {
    stat.S_IFDIR: ("a folder", "文件夹"),
    stat.S_IFIFO: ("a pipe", "管道"),
    stat.S_IFCHR: ("a device", "设备"),
    stat.S_IFBLK: ("a device", "设备"),
    stat.S_IFSOCK: ("a socket", "套接字"),
    stat.S_IFLNK: ("a symbolic link", "符号链接"),
}
_MAX_WIDTH_PX = 4_000


def read_file(
    path: Path,
    name: str | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    progress: OnProgress = unreported,
) -> Reading:
    """Read a file into blocks of text.

    Args:
        path: an ordinary file; a symbolic link is not followed.
        name: its name where the path has another; decides only where the content leaves the format
            open.
        limits: what the read may take.
        progress: receives the stage `read`, counted in pages where the format has them.

    Raises:
        UnreadableFile: the file cannot be read, or takes more than the limits allow.
    """
    task = Task(name=name or path.name, limits=limits)
    with _opened(path, limits) as file:
        made = run_task(
            task, file, lambda done, total: progress(Progress(stage="read", done=done, total=total))
        )
    try:
        reading = Reading.model_validate_json(made)
    except ValidationError as fault:
        raise unreadable("crashed") from fault
    if sum(len(block.text) for block in reading.blocks) > limits.characters:
        raise unreadable("too-much-text", limit=f"{limits.characters:,}")
    return reading


def page_picture(path: Path, page: int, width_px: int, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Picture a page of a PDF, or an image, as PNG.

    Args:
        path: the file.
        page: from 1.
        width_px: width of the picture, at most 4,000.
        limits: what it may take.

    Raises:
        UnreadableFile: it cannot be read, has no such page, or no pages at all.
    """
    task = Task(
        name=path.name, limits=limits, page=page, width_px=max(16, min(width_px, _MAX_WIDTH_PX))
    )
    with _opened(path, limits) as file:
        picture = run_task(task, file, lambda done, total: None)
    if not picture.startswith(b"\x89PNG"):
        raise unreadable("crashed")
    return picture


@contextlib.contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[int]:
    """Open an ordinary file of a size that may be read; a pipe or device is not waited for."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise unreadable("not-found") from None
    except PermissionError:
        raise unreadable("not-readable") from None
    except OSError as fault:
        kind = stat.S_IFLNK if fault.errno == errno.ELOOP else stat.S_IFSOCK
        raise _not_a_file(kind) from None
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode):
            raise _not_a_file(stat.S_IFMT(state.st_mode))
        if state.st_size == 0:
            raise unreadable("empty")
        if state.st_size > limits.file_bytes:
            raise unreadable("too-large", seen=state.st_size // MB, limit=limits.file_bytes // MB)
        yield file
    finally:
        os.close(file)


def _not_a_file(kind: int) -> Exception:
    seen, seen_zh = _SPECIAL[kind]
    return unreadable("not-a-file", seen=seen, seen_zh=seen_zh)
