from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import time
from ui.ask.gradio_import import without_editor_help
without_editor_help()
import gradio, gradio.component_meta, gradio.events, sys
assert gradio.component_meta.create_or_modify_pyi.__module__ == "ui.ask.gradio_import"
assert gradio.events.EventListener.set_doc.__module__ == "ui.ask.gradio_import"
assert not any(type(finder).__module__ == "ui.ask.gradio_import" for finder in sys.meta_path)
with gradio.Blocks():
    gradio.HTML("x").change(None, js="() => 1")
print("ok")
"""


def test_gradio_works_without_stubs_and_documentation_and_the_hook_goes_after_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "ok", done.stderr
