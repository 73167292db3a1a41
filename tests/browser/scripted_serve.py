"""A server over the scripted advisor that can be killed and started again without a wait.

It reads lines: "start" forks a process that serves, "kill" kills it at once, as SIGKILL does. What
takes long, importing and reading the cards, is done once, before the first fork.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bot.settings import Settings
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app
from ui.ask.gradio_import import without_editor_help
from ui.serving.serve import listen, run


def serve(advisor: ScriptedAdvisor, port: int, home: str) -> None:
    """Serve until killed; says when it is ready."""
    app = create_app(advisor, Settings(home=Path(home)))  # type: ignore[arg-type]
    run(app, listen("127.0.0.1", port), lambda: print("ready", flush=True))


def main(port: str, home: str) -> None:
    """Obey the lines on stdin until it ends."""
    without_editor_help()
    import ui.ask.web  # noqa: F401

    advisor = ScriptedAdvisor()
    child = 0
    for line in sys.stdin:
        if line.strip() == "start":
            child = os.fork()
            if child == 0:
                serve(advisor, int(port), home)
                os._exit(0)
        elif child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            child = 0
            print("killed", flush=True)
    if child:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
