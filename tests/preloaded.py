"""What takes a server seconds to import, imported once: each test's server is a fork of that.

Only imports, which start no thread and read nothing of a data folder: what a fork then does is what
`hugang serve` does from its first line on. That the command itself starts is looked at in test_cli.
"""

import ui.cli  # noqa: F401
from ui.ask.gradio_import import without_editor_help

without_editor_help()
import bot.advisor  # noqa: E402, F401
import ui.ask.web  # noqa: E402, F401
