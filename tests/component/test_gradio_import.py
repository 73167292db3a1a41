from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import time
from ui.gradio_import import without_stub_writing
without_stub_writing()
import gradio, gradio.component_meta, sys
assert gradio.component_meta.create_or_modify_pyi.__module__ == "ui.gradio_import"
assert not any(type(finder).__module__ == "ui.gradio_import" for finder in sys.meta_path)
with gradio.Blocks():
    gradio.HTML("x")
print("ok")
"""


def test_gradio_works_without_writing_stubs_and_the_hook_goes_after_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "ok", done.stderr
