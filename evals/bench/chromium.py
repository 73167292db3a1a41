"""The browser of benchmarks, pictures and tests: which one, and how it is started."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Names on PATH, the first found is taken. The first is Chromium without a window's own pages: the
same engine of pages and scripts, at a quarter of the processor time for each page that is opened
(2.7 s against 10 s for 15)."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without a window, and speaking to no service of the browser's maker."""


def find_browser() -> str | None:
    """Return the browser's path; None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser, closed on leaving.

    Raises:
        typer.BadParameter: there is none, or nothing to drive it with.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        message = "playwright is not installed; `make install` brings it"
        raise typer.BadParameter(message) from error
    path = find_browser()
    if path is None:
        raise typer.BadParameter(f"none of {', '.join(BROWSERS)} is on PATH; run `make browser`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
