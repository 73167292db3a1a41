"""Examples of questions inside and outside the adviser's field, for nearest-neighbour matching.

`scope.yaml` holds them and the rules for writing them.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from knowledge.card import Frozen, PassageLang
from knowledge.errors import CardError
from knowledge.load import explain, read_yaml

SCOPE_PATH = Path(__file__).with_name("scope.yaml")
"""The shipped examples."""


class Examples(Frozen):
    """Questions of one class, in both languages."""

    zh: tuple[str, ...] = Field(min_length=1)
    en: tuple[str, ...] = Field(min_length=1)

    def texts(self, lang: PassageLang) -> tuple[str, ...]:
        """Return the questions in the language asked for."""
        return self.zh if lang == "zh" else self.en


class Category(Examples):
    """Questions of one subject, with the subject's name for reports."""

    category: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")


class ScopeExamples(Frozen):
    """The three classes of questions."""

    out_of_scope: tuple[Category, ...] = Field(min_length=1)
    """Other subjects."""
    beyond_corpus: tuple[Category, ...] = Field(min_length=1)
    """Next door to the field, but never in a curated corpus of rules."""
    in_scope: Examples
    """What the cards answer."""


def load_scope_examples(path: Path = SCOPE_PATH) -> ScopeExamples:
    """Read the examples.

    Raises:
        CardError: not YAML, or not the format; the message gives file, place, what was seen and
            what was expected.
    """
    try:
        return ScopeExamples.model_validate(read_yaml(path))
    except ValidationError as error:
        raise CardError("\n".join(explain(path, error))) from error
