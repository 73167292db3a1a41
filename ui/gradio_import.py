"""Importing Gradio in half the time.

On import, Gradio parses its own sources to write type stubs for editors into its package folder,
about 1.5 of 3.6 s (6.31, 2 cores). A server needs no stubs, and an installed package should stay
as it was installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_MODULE = "gradio.component_meta"
_STUB_WRITER = "create_or_modify_pyi"


def without_stub_writing() -> None:
    """Make the first import of Gradio skip its stubs; does nothing once it is imported."""
    if _MODULE not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the one module as usual, and takes its stub writer out once it is executed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module; None for every other."""
        if fullname != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            if hasattr(module, _STUB_WRITER):
                setattr(module, _STUB_WRITER, _nothing)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _nothing(*_: Any) -> None:
    """Stand in for the stub writer."""
