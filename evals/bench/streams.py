"""`hugang bench streams`: many visitors of a portal at once, each reading an answer as it is written.

A server is started by its command line, in a database of its own, with a tenant, a key and the
scripted model. Each session asks over its own connection, reads the stream to its end and asks
again, so that as many answers are under way at all times. Events must come in unbroken order and
end with `finished`; what is timed is the silence between two of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from evals.bench.answer import bench_app
from evals.bench.spread import Spread, add_spreads
from evals.case import load_suite
from evals.errors import CaseError
from knowledge.card import Frozen

GOAL_GAP_MS = 1_000.0
"""What 95 of 100 gaps between two events may last at most."""
TENANT = "bench"
_START_S = 180.0
_ANSWER_S = 120.0
_STOP_S = 40.0
_HOST = "127.0.0.1"
_NO_LIMITS = "limits: {per_minute: null, visitor_per_minute: null, daily: null}\n"


class StreamsBench(Frozen):
    """The outcome of one benchmark."""

    sessions: int
    seconds: float
    """Until the last answer had ended, those begun within the time asked for included."""
    tokens_per_s: int
    answers: int
    """Streams that ended with `finished`."""
    worded: int
    """Those of them that the model worded."""
    events: int
    errors: int
    """Refused requests, broken connections, streams that ended with `failed`."""
    lost: int
    """Events missing in the order of their ids, and ends without `finished`."""
    cpu: float
    """Cores that the server kept busy, on average."""
    client_cpu: float
    """Cores that these visitors kept busy meanwhile."""
    memory_mb: float
    """The server's largest resident size."""
    load_before: tuple[float, float, float]
    """Load of the machine before the start, over 1, 5 and 15 minutes."""
    cores: int
    spreads: tuple[Spread, ...]
    first_error: str | None = None

    @property
    def is_missed(self) -> bool:
        """Whether a goal is missed."""
        gaps = next((one for one in self.spreads if one.name == "gap between events"), None)
        return bool(self.errors or self.lost or gaps is None or gaps.p95_ms > GOAL_GAP_MS)


@bench_app.command("streams")
def streams_command(
    sessions: Annotated[int, typer.Option(min=1, max=5_000, help="Answers at once.")] = 200,
    seconds: Annotated[float, typer.Option(min=1, help="How long is asked.")] = 60.0,
    tokens: Annotated[int, typer.Option(min=1, max=9_999, help="Tokens a second.")] = 20,
    suite: Annotated[str, typer.Option(help="Suite of evals/cases that is asked.")] = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Stream many answers at once from a server of its own; exit code 1 where a goal is missed."""
    try:
        cases = load_suite(suite)
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    asked = [case.question for case in cases if case.expect == "answer" and not case.history]
    outcome = bench_streams(asked, sessions=sessions, seconds=seconds, tokens_per_s=tokens)
    if as_json:
        typer.echo(outcome.model_dump_json(indent=1))
    else:
        Console().print(_table(outcome))
    if outcome.is_missed:
        typer.echo(f"a goal is missed; first error: {outcome.first_error}", err=True)
        raise typer.Exit(1)


def bench_streams(
    questions: Sequence[str], *, sessions: int, seconds: float, tokens_per_s: int
) -> StreamsBench:
    """Start a server and keep so many streams open on it.

    Args:
        questions: asked in turn.
        sessions: streams at once.
        seconds: no question is asked after so long; what is under way is read to its end.
        tokens_per_s: pace of the scripted model.
    """
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="hugang-bench-") as folder:
        environment = {
            **os.environ,
            "HUGANG_DATABASE_URL": f"sqlite:///{folder}/hugang.sqlite3",
            "HUGANG_MODEL": f"scripted:{tokens_per_s}",
        }
        key = _new_key(Path(folder), environment)
        with _server(environment, Path(folder) / "log") as (process, port):
            crowd = _Crowd(port, key, questions, sessions)
            before, own_before = _cpu_s(process), time.process_time()
            began = time.perf_counter()
            asyncio.run(crowd.run(seconds))
            lasted = time.perf_counter() - began
            spent, own = _cpu_s(process) - before, time.process_time() - own_before
            memory = _peak_mb(process)
    return StreamsBench(
        sessions=sessions,
        seconds=round(lasted, 1),
        tokens_per_s=tokens_per_s,
        answers=crowd.answers,
        worded=crowd.worded,
        events=crowd.events,
        errors=len(crowd.errors),
        lost=crowd.lost,
        cpu=round(spent / lasted, 2),
        client_cpu=round(own / lasted, 2),
        memory_mb=round(memory, 1),
        load_before=tuple(round(one, 2) for one in load),
        cores=len(os.sched_getaffinity(0)),
        spreads=tuple(
            Spread.of(name, values)
            for name, values in (
                ("gap between events", crowd.gaps_ms),
                ("question to first event", crowd.firsts_ms),
                ("question to finished", crowd.wholes_ms),
            )
            if values
        ),
        first_error=crowd.errors[0] if crowd.errors else None,
    )


class _Event(NamedTuple):
    id: str
    name: str
    data: str


class _Crowd:
    """The visitors; counts what they see."""

    def __init__(self, port: int, key: str, questions: Sequence[str], sessions: int) -> None:
        self.gaps_ms: list[float] = []
        self.firsts_ms: list[float] = []
        self.wholes_ms: list[float] = []
        self.errors: list[str] = []
        self.answers = self.worded = self.events = self.lost = 0
        self._port = port
        self._key = key
        self._sessions = sessions
        self._questions = itertools.cycle(questions)

    async def run(self, seconds: float) -> None:
        """Ask until the time is over, and read what is under way to its end."""
        until = time.perf_counter() + seconds
        await asyncio.gather(*(self._session(until) for _ in range(self._sessions)))

    async def _session(self, until: float) -> None:
        while time.perf_counter() < until:
            try:
                async with asyncio.timeout(_ANSWER_S):
                    await self._answer(next(self._questions))
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self.errors.append(f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.5)

    async def _answer(self, question: str) -> None:
        began = last = time.perf_counter()
        number, name = 0, ""
        async for event in _stream(self._port, self._key, question):
            now = time.perf_counter()
            if number:
                self.gaps_ms.append((now - last) * 1000)
            else:
                self.firsts_ms.append((now - began) * 1000)
            self.events += 1
            self.lost += max(0, int(event.id) - number - 1)
            number, name, last = int(event.id), event.name, now
            if name == "failed":
                self.errors.append(f"failed: {event.data[:200]}")
            if name == "finished":
                engine = json.loads(event.data)["answer"]["engine"]
                self.worded += engine["writer"].startswith("scripted")
        if name == "finished":
            self.answers += 1
            self.wholes_ms.append((last - began) * 1000)
        elif name != "failed":
            self.lost += 1


async def _stream(port: int, key: str, question: str) -> AsyncIterator[_Event]:
    """Ask over a connection of its own and yield the events as they come.

    Raises:
        OSError: no connection, or it broke.
        EOFError: it ended within an event.
        ValueError: the answer is no stream of events; tells its first line.
    """
    body = json.dumps({"question": question}, ensure_ascii=False).encode()
    head = (
        f"POST /api/v1/ask HTTP/1.1\r\nHost: {_HOST}:{port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {key}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(_HOST, port, limit=2**20)
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        status = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0].decode()
        if " 200 " not in status:
            raise ValueError(status)
        pending = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            pending += (await reader.readexactly(size + 2))[:-2]
            *whole, pending = pending.split(b"\n\n")
            for text in whole:
                if text and not text.startswith(b":"):
                    yield _event(text.decode())
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _event(text: str) -> _Event:
    fields = dict(line.partition(": ")[::2] for line in text.split("\n"))
    return _Event(fields["id"], fields["event"], fields["data"])


def _new_key(folder: Path, environment: dict[str, str]) -> str:
    """Make a tenant without limits and return a key of it."""
    profile = folder / "tenant.yaml"
    profile.write_text(_NO_LIMITS, encoding="utf-8")
    _hugang(environment, "tenant", "create", TENANT, "--file", str(profile))
    return _hugang(environment, "key", "create", TENANT).strip()


def _hugang(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ui", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"hugang {words[0]}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def _server(environment: dict[str, str], log: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run `hugang serve` on a free port; stopped at the end."""
    with (
        log.open("w", encoding="utf-8") as told,
        subprocess.Popen(
            [sys.executable, "-m", "ui", "serve", "--host", _HOST, "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"hugang serve: {log.read_text('utf-8').strip()}")
            yield process, int(address.rpartition(":")[2])
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _cpu_s(process: subprocess.Popen[str]) -> float:
    """Return the seconds that a process has computed; 0 where the system does not tell."""
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak_mb(process: subprocess.Popen[str]) -> float:
    """Return the largest resident size so far; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    line = next(one for one in status.splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _table(outcome: StreamsBench) -> Table:
    table = Table(
        title=f"{outcome.sessions} sessions for {outcome.seconds:.0f} s, model at "
        f"{outcome.tokens_per_s} tokens/s: {outcome.answers} answers ({outcome.worded} worded by it), "
        f"{outcome.events} events",
        caption=f"errors {outcome.errors}, lost events {outcome.lost}; server {outcome.cpu:.2f} of "
        f"{outcome.cores} cores, {outcome.memory_mb:.0f} MB at most; visitors "
        f"{outcome.client_cpu:.2f} cores; load before {outcome.load_before[0]:.1f}",
    )
    return add_spreads(table, outcome.spreads)
