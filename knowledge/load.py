"""Read the corpus files into a `Corpus`, and say exactly what is wrong when one cannot be read."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge.card import FactRef, Frozen, Instrument
from knowledge.corpus import Corpus, CorpusVersion
from knowledge.errors import CardError
from knowledge.issuer import Issuer
from knowledge.questions import CardQuestions, Questions
from knowledge.route import RouteCard

CORPUS_DIR = Path(__file__).parent
"""Home of the shipped corpus: `cards/<topic>/*.yaml`, `questions/<topic>/*.yaml`,
`routes/*.yaml`, `issuers.yaml`."""

# libyaml reads the corpus about eight times faster; the pure loader gives the same values.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ReadYaml = Callable[[Path], Any]
"""How a file is read: as `read_yaml` does, or as `ParsedFiles.read`, which keeps what it parsed."""
_ISSUERS = TypeAdapter(dict[str, Issuer])
_Model = TypeVar("_Model", bound=Frozen)


class CorpusMeta(Frozen):
    """`corpus.yaml`: what the cards as a whole are dated."""

    as_of: dt.date


def read_yaml(path: Path) -> Any:
    """Read one YAML file.

    Raises:
        CardError: the file is not UTF-8 or not YAML; the message gives line and column.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)
    except UnicodeDecodeError as error:
        raise CardError(f"{path}: not UTF-8 ({error.reason}). Save the file as UTF-8.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise CardError(f"{path}:{where} not valid YAML: {problem}.") from error


def read_instrument(path: Path, read: ReadYaml = read_yaml) -> Instrument:
    """Read one instrument card.

    Raises:
        CardError: not YAML, or not the card format.
    """
    return _validated(Instrument, path, read)


def read_route(path: Path, read: ReadYaml = read_yaml) -> RouteCard:
    """Read one route card.

    Raises:
        CardError: not YAML, or not the route format.
    """
    return _validated(RouteCard, path, read)


def read_issuers(path: Path, read: ReadYaml = read_yaml) -> dict[str, Issuer]:
    """Read the list of issuers: names, place, remits.

    Raises:
        CardError: not YAML, or not a map from abbreviation to issuer.
    """
    try:
        return _ISSUERS.validate_python(read(path))
    except ValidationError as error:
        raise CardError("\n".join(explain(path, error))) from error


def load_corpus(folder: Path = CORPUS_DIR, read: ReadYaml = read_yaml) -> Corpus:
    """Read every card, route and issuer below a folder.

    Raises:
        CardError: a file cannot be read; the first problem is told. `hugang corpus check`
            lists them all.
    """
    digest = hashlib.sha256()
    instruments: dict[str, Instrument] = {}
    routes: dict[str, RouteCard] = {}
    for path in card_files(folder):
        digest.update(path.read_bytes())
        card = read_instrument(path, read)
        if card.id in instruments:
            raise CardError(f"{path}: id {card.id!r} is taken by another card. Ids are unique.")
        instruments[card.id] = card
    for path in route_files(folder):
        digest.update(path.read_bytes())
        route = read_route(path, read)
        if route.id in routes:
            raise CardError(f"{path}: id {route.id!r} is taken by another route. Ids are unique.")
        routes[route.id] = route
    asks: dict[FactRef, Questions] = {}
    for path in question_files(folder):
        digest.update(path.read_bytes())
        found = _asks_of(path, instruments, read)
        if twice := sorted(found.keys() & asks.keys()):
            raise CardError(f"{path}: {twice[0]} has questions in another file. Keep one a card.")
        asks.update(found)
    issuers_path = folder / "issuers.yaml"
    digest.update(issuers_path.read_bytes())
    meta = _validated(CorpusMeta, folder / "corpus.yaml", read)
    version = CorpusVersion(
        digest=digest.hexdigest()[:12],
        instruments=len(instruments),
        facts=sum(len(card.facts) for card in instruments.values()),
        routes=len(routes),
        as_of=meta.as_of,
    )
    return Corpus(instruments, routes, read_issuers(issuers_path, read), version, asks)


def card_files(folder: Path) -> list[Path]:
    """List the instrument cards below a corpus folder, in a fixed order."""
    return sorted((folder / "cards").glob("*/*.yaml"), key=lambda path: path.stem)


def route_files(folder: Path) -> list[Path]:
    """List the route cards below a corpus folder, in a fixed order."""
    return sorted((folder / "routes").glob("*.yaml"), key=lambda path: path.stem)


def question_files(folder: Path) -> list[Path]:
    """List the files of example questions below a corpus folder, in a fixed order."""
    return sorted((folder / "questions").glob("*/*.yaml"), key=lambda path: path.stem)


def questions_beside(card: Path) -> Path:
    """Return where the example questions of a card's file stand: `questions/<topic>/<id>.yaml`."""
    card = card.absolute()
    return card.parent.parent.parent / "questions" / card.parent.name / card.name


def read_draft(card: Path) -> tuple[Instrument, Mapping[FactRef, Questions]]:
    """Read one card with its example questions, if it has any, outside a corpus.

    Raises:
        CardError: not YAML, or not the format; the first file's problems are told.
    """
    instrument = read_instrument(card)
    path = questions_beside(card)
    asks = _asks_of(path, {instrument.id: instrument}, read_yaml) if path.is_file() else {}
    return instrument, asks


def read_questions(path: Path, read: ReadYaml = read_yaml) -> CardQuestions:
    """Read the example questions of one card.

    Raises:
        CardError: not YAML, or not the format.
    """
    return _validated(CardQuestions, path, read)


def _asks_of(
    path: Path, instruments: Mapping[str, Instrument], read: ReadYaml
) -> dict[FactRef, Questions]:
    asked = read_questions(path, read)
    card = instruments.get(asked.card)
    if card is None:
        raise CardError(f"{path}: no card {asked.card!r}. Name the file's card by its id.")
    known = {fact.id for fact in card.facts}
    if strange := sorted(set(asked.questions) - known):
        raise CardError(f"{path}: {asked.card} has no fact {strange[0]}. Questions go with a fact.")
    return {FactRef.of(card.id, number): texts for number, texts in asked.questions.items()}


def explain(path: Path, error: ValidationError) -> Iterator[str]:
    """Turn pydantic's findings into lines of file, place, what was seen and what was expected."""
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"]) or "file"
        yield f"{path}: {place}: {item['msg']} (seen: {_shorten(item.get('input'))})."


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _validated(model: type[_Model], path: Path, read: ReadYaml) -> _Model:
    try:
        return model.model_validate(read(path))
    except ValidationError as error:
        raise CardError("\n".join(explain(path, error))) from error
