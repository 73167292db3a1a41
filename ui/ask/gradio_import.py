"""Importing Gradio in half the time.

On import, Gradio parses its own sources to write type stubs for editors into its package folder,
about 1.5 of 3.6 s (6.31, 2 cores), and words the documentation of each event for each component
with a template engine, another 0.15 s. A server needs neither, and an installed package should stay
as it was installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_LEFT_OUT = {
    "gradio.component_meta": ("create_or_modify_pyi",),
    "gradio.events": ("EventListener", "set_doc"),
}
"""What is not run: a function or method, by the module that defines it."""


def without_editor_help() -> None:
    """Make the first import of Gradio skip stubs and documentation; nothing once it is imported."""
    if not any(module in sys.modules for module in _LEFT_OUT):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the modules as usual, and takes out what is left out once they are executed."""

    def __init__(self) -> None:
        self._awaited = dict(_LEFT_OUT)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of the modules; None for every other."""
        names = self._awaited.pop(fullname, None)
        if names is None:
            return None
        if not self._awaited:
            sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            owner: Any = module
            for name in names[:-1]:
                owner = getattr(owner, name, None)
            if hasattr(owner, names[-1]):
                setattr(owner, names[-1], _nothing)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _nothing(*_: Any, **__: Any) -> None:
    """Stand in for what is left out."""
