"""The browser of benchmarks, pictures and tests: which one, and how it is started."""

from __future__ import annotations

import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Names on PATH, the first found is taken."""
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
