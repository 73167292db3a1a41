"""The benchmark of streams drives a real server, and sees what is lost on the way."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evals.bench.streams import _Crowd, bench_streams
from tests.loops import run

FINISHED = json.dumps({"answer": {"engine": {"writer": "scripted"}}})


@pytest.mark.timeout(300)
@pytest.mark.early
def test_a_server_of_its_own_streams_answers_without_loss(
    indexed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGANG_HOME", str(indexed_home))
    with ThreadPoolExecutor(1) as threads:  # as `run` does: it has an event loop of its own
        questions = ["境外放款的额度怎么计算？"]
        found = threads.submit(
            bench_streams, questions, sessions=4, seconds=1.0, tokens_per_s=40
        ).result()
    assert (found.errors, found.lost) == (0, 0), found.first_error
    assert found.answers >= 4
    assert found.worded == found.answers
    assert found.cpu > 0
    assert found.memory_mb > 100
    gaps, firsts, wholes = found.spreads
    assert (firsts.n, wholes.n) == (found.answers, found.answers)
    assert gaps.n == found.events - found.answers
    # The model takes two seconds and more to write; nothing is as long as that between two events.
    assert gaps.p50_ms < 1_000 < wholes.p50_ms


@pytest.mark.parametrize(
    ("sent", "errors", "lost", "answers"),
    [
        ([(1, "understood", "{}"), (2, "finished", FINISHED)], 0, 0, 1),
        ([(1, "understood", "{}"), (4, "finished", FINISHED)], 0, 2, 1),
        ([(1, "understood", "{}"), (2, "evidence_found", "{}")], 0, 1, 0),
        ([(1, "understood", "{}"), (2, "failed", "{}")], 1, 0, 0),
        (None, 1, 0, 0),
    ],
    ids=["whole", "two missing", "no end", "failed", "refused"],
)
def test_what_goes_wrong_is_counted(
    sent: list[tuple[int, str, str]] | None, errors: int, lost: int, answers: int
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if sent is None:
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        else:
            text = ": keep-alive\n\n" + "".join(
                f"id: {number}\nevent: {name}\ndata: {data}\n\n" for number, name, data in sent
            )
            # Cut anywhere: an event need not come in one piece.
            pieces = (text[:20].encode(), text[20:41].encode(), text[41:].encode())
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + chunks + b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def visit() -> _Crowd:
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            crowd = _Crowd(server.sockets[0].getsockname()[1], "hk_x", ["q"], 1)
            await crowd.run(0.05)
        return crowd

    crowd = run(visit())
    rounds = crowd.answers or len(crowd.errors) or crowd.lost
    assert rounds
    assert (bool(crowd.errors), bool(crowd.lost), bool(crowd.answers)) == (
        bool(errors), bool(lost), bool(answers),
    )  # fmt: skip
    if lost:
        assert crowd.lost % lost == 0
