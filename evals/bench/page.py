"""`hugang bench page`: what a visitor waits for, in a real browser and among many others.

One user is timed in Chromium: until the page is usable, until the first sign of work, until the
first text of the answer. Many users are timed on the page's own queue (`visitor.py`), with a
browser among them.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from evals.bench.answer import BASELINES, bench_app
from evals.bench.baseline import baseline_ms
from evals.bench.chromium import open_browser
from evals.bench.visitor import Seen, new_session, read_ask_event, visit
from evals.case import load_suite
from evals.errors import CaseError
from evals.stats import percentiles
from knowledge.card import Frozen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAIT_S = 60.0
_BOX = ".hg-composer textarea"
# Times are taken in the page, at the change itself: a driver that polls would add its own pace.
_WATCH = """
() => {
  window.seen = {};
  const look = () => {
    const now = performance.now();
    const answer = Array.from(document.querySelectorAll(".hg-answer")).pop();
    if (!answer) return;
    if (window.seen.stage === undefined && answer.querySelector(".hg-stage-now")) window.seen.stage = now;
    if (window.seen.text === undefined && answer.querySelector(".hg-block")) window.seen.text = now;
    if (window.seen.end === undefined && !answer.classList.contains("hg-working")) window.seen.end = now;
  };
  if (window.watching) return;
  window.watching = true;
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true });
}
"""


class Wait(Frozen):
    """How long something took, over many times, in milliseconds."""

    name: str
    n: int
    p50_ms: float
    p95_ms: float
    worst_ms: float
    ratio: float
    """p50 over the time of the baseline in the same run."""


class PageBench(Frozen):
    """The outcome of one benchmark."""

    address: str
    users: int
    answers: int
    failed: int
    """Visits without an answer's text."""
    baseline_ms: float
    waits: tuple[Wait, ...]


@bench_app.command("page")
def page(
    url: Annotated[
        str, typer.Option(help="Address of a running Hugang, started by `hugang serve`.")
    ] = "http://127.0.0.1:7860",
    users: Annotated[int, typer.Option(min=1, max=500, help="Users at once.")] = 30,
    rounds: Annotated[int, typer.Option(min=1, help="Questions of each of them.")] = 4,
    think: Annotated[
        float, typer.Option(min=0, help="Mean seconds between an answer and the next question.")
    ] = 6.0,
    single: Annotated[int, typer.Option(min=1, help="Questions of the one user.")] = 20,
    suite: Annotated[str, typer.Option(help="Suite of evals/cases that is asked.")] = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time the page of a running server: one user in a browser, then many at once."""
    try:
        questions = [case.question for case in load_suite(suite)]
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    found = run_page_bench(url.rstrip("/"), questions, users, rounds, think, single)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        _print(found)
    if found.failed:
        raise typer.Exit(1)


def run_page_bench(
    url: str, questions: Sequence[str], users: int, rounds: int, think_s: float, single: int
) -> PageBench:
    """Time the page of a server.

    Args:
        url: its address, without a slash at the end.
        questions: asked in turn.
        users: how many at once in the second part.
        rounds: questions of each user.
        think_s: mean pause of a user; the pauses vary, so that users do not march in step.
        single: questions of the one user of the first part.
    """
    baseline = sorted(baseline_ms() for _ in range(BASELINES))[BASELINES // 2]
    asked = itertools.cycle(questions)
    times: dict[str, list[float]] = {}
    with open_browser() as browser:
        for name, value in _one_user(browser, url, itertools.islice(asked, single)):
            times.setdefault(f"1 user: {name}", []).append(value)
        crowd = _Crowd(url, list(itertools.islice(asked, users * rounds)), users, think_s)
        crowd.start()
        # The browser is one of the crowd and asks as long as the others do.
        for name, value in _one_user(browser, url, _while(crowd, questions), pause_s=think_s):
            if not name.startswith("usable"):
                times.setdefault(f"{users} users, in a browser: {name}", []).append(value)
        crowd.join()
    seen = crowd.seen
    for name, values in (
        ("first stage", [one.stage for one in seen]),
        ("first text", [one.text for one in seen]),
        ("whole answer", [one.end for one in seen]),
    ):
        times[f"{users} users: {name}"] = [value for value in values if value is not None]
    waits = tuple(_wait(name, values, baseline) for name, values in times.items() if values)
    failed = crowd.failed + sum(one.text is None for one in seen)
    return PageBench(
        address=url,
        users=users,
        answers=len(seen),
        failed=failed,
        baseline_ms=round(baseline, 2),
        waits=waits,
    )


class _Crowd(threading.Thread):
    """Users on the page's queue, each asking, reading and thinking in turn."""

    def __init__(self, url: str, questions: list[str], users: int, think_s: float) -> None:
        super().__init__(daemon=True)
        self.seen: list[Seen] = []
        self.failed = 0
        self._url = url
        self._shares = [questions[at::users] for at in range(users)]
        self._think_s = think_s

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        import httpx

        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=self._url, limits=limits, timeout=WAIT_S) as client:
            event = await read_ask_event(client)

            async def one(at: int, share: list[str]) -> None:
                session = new_session()
                pauses = random.Random(at)
                for question in share:
                    await asyncio.sleep(pauses.uniform(0, 2 * self._think_s))
                    try:
                        self.seen.append(await visit(client, event, session, question, WAIT_S))
                    except (httpx.HTTPError, TimeoutError):
                        self.failed += 1

            await asyncio.gather(*(one(at, share) for at, share in enumerate(self._shares)))


def _while(crowd: _Crowd, questions: Sequence[str]) -> Iterator[str]:
    for question in itertools.cycle(questions):
        if not crowd.is_alive():
            return
        yield question


def _one_user(
    browser: Browser, url: str, questions: Iterator[str], pause_s: float = 0.0
) -> Iterator[tuple[str, float]]:
    """Load the page twice, then ask; gives what was waited for, in milliseconds."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    for name in ("first", "second"):
        started = time.perf_counter()
        page.goto(url + "/")
        page.locator(_BOX).wait_for(timeout=WAIT_S * 1000)
        yield f"usable on {name} load", (time.perf_counter() - started) * 1000
    for question in questions:
        seen = _ask(page, question)
        for name, key in (
            ("first stage", "stage"),
            ("first text", "text"),
            ("whole answer", "end"),
        ):
            if key in seen:
                yield name, seen[key] - seen["asked"]
        time.sleep(pause_s)
    context.close()


def _ask(page: Page, question: str) -> dict[str, Any]:
    if (anew := page.locator(".hg-new")).is_visible():
        anew.click()  # every question stands by itself
    page.evaluate(_WATCH)
    page.fill(_BOX, question)
    page.evaluate("() => { window.seen = { asked: performance.now() }; }")
    page.press(_BOX, "Enter")
    page.wait_for_function("() => window.seen.end !== undefined", timeout=WAIT_S * 1000)
    seen: dict[str, Any] = page.evaluate("() => window.seen")
    return seen


def _wait(name: str, values: Sequence[float], baseline: float) -> Wait:
    spread = percentiles(values)
    return Wait(
        name=name,
        n=len(values),
        p50_ms=round(spread.p50, 1),
        p95_ms=round(spread.p95, 1),
        worst_ms=round(max(values), 1),
        ratio=round(spread.p50 / baseline, 1),
    )


def _print(found: PageBench) -> None:
    table = Table(
        title=f"{found.address}: {found.answers} answers for {found.users} users, "
        f"{found.failed} failed, baseline {found.baseline_ms} ms"
    )
    for column in ("wait", "n", "p50 ms", "p95 ms", "worst ms", "ratio"):
        table.add_column(column, justify="left" if column == "wait" else "right")
    for wait in found.waits:
        table.add_row(
            wait.name,
            str(wait.n),
            *(f"{value:.0f}" for value in (wait.p50_ms, wait.p95_ms, wait.worst_ms)),
            f"{wait.ratio:.1f}",
        )
    Console().print(table)
