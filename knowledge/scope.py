"""Examples of questions inside and outside the adviser's field, for nearest-neighbour matching.

`scope.yaml` holds them and the rules for writing them.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from knowledge.card import Frozen
from knowledge.errors import CardError
from knowledge.load import explain, read_yaml
from knowledge.questions import Questions

SCOPE_PATH = Path(__file__).with_name("scope.yaml")
"""The shipped examples."""


class Category(Questions):
    """Questions of one subject, with the subject's name for reports."""

    category: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")


class ScopeExamples(Frozen):
    """The three classes of questions."""

    out_of_scope: tuple[Category, ...] = Field(min_length=1)
    """Other subjects."""
    beyond_corpus: tuple[Category, ...] = Field(min_length=1)
    """Next door to the field, but never in a curated corpus of rules."""
    in_scope: Questions
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
