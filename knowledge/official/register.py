"""Register of official texts: on which page the text of an instrument stands."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from knowledge.card import Frozen
from knowledge.corpus import Corpus
from knowledge.errors import KnowledgeError
from knowledge.load import explain, read_yaml

REGISTER = Path(__file__).parent.parent / "official.yaml"


class OfficialText(Frozen):
    """The page on which the text of an instrument stands."""

    instrument: str
    source: str
    """Of the card: the page is one that the card names."""
    url: str = Field(pattern=r"^https?://")


class _Register(Frozen):
    texts: tuple[OfficialText, ...]


class RegisterFault(KnowledgeError):
    """The register cannot be read, or names what the cards do not."""


def load_register(path: Path = REGISTER) -> tuple[OfficialText, ...]:
    """Read the register.

    Raises:
        RegisterFault: it is not in its format, or names an instrument or a page twice.
    """
    try:
        texts = _Register.model_validate(read_yaml(path)).texts
    except ValidationError as error:
        raise RegisterFault("; ".join(explain(path, error))) from error
    for field in ("instrument", "url"):
        seen = [getattr(text, field) for text in texts]
        if twice := sorted({value for value in seen if seen.count(value) > 1}):
            raise RegisterFault(f"{path.name}: {field} named twice: {', '.join(twice)}")
    return texts


def register_faults(texts: tuple[OfficialText, ...], corpus: Corpus) -> list[str]:
    """List the entries that their cards do not bear out."""
    found = []
    for text in texts:
        card = corpus.instruments.get(text.instrument)
        source = next((s for s in card.sources if s.id == text.source), None) if card else None
        if card is None or source is None:
            found.append(f"{text.instrument}: no card has a source {text.source}")
        elif source.url != text.url:
            found.append(f"{text.instrument}: {text.url} is not the address of {text.source}")
        elif source.quality != "official":
            found.append(f"{text.instrument}: {text.source} is {source.quality}, not official")
    return found
