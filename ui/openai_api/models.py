"""The names under which Hugang is a model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from bot.language import Lang
from knowledge.card import Frozen
from knowledge.corpus import CorpusVersion
from ui.api.problems import not_found

MODELS: Mapping[str, Lang | None] = {
    "hugang": None,
    "hugang-zh": "zh-Hans",
    "hugang-zh-hant": "zh-Hant",
    "hugang-en": "en",
}
"""Language in which each answers; None: that of the question."""


class Model(Frozen):
    """A model, as OpenAI describes one."""

    id: str
    object: Literal["model"] = "model"
    created: int
    """The corpus's day, in seconds since 1970."""
    owned_by: Literal["hugang"] = "hugang"


class ModelList(Frozen):
    """All models."""

    object: Literal["list"] = "list"
    data: tuple[Model, ...]


def lang_of(model: str) -> Lang | None:
    """Return the language in which a model answers.

    Raises:
        ProblemError: no such model.
    """
    try:
        return MODELS[model]
    except KeyError:
        raise not_found("model-not-found", model, MODELS) from None


def model_of(name: str, version: CorpusVersion) -> Model:
    """Describe a model.

    Raises:
        ProblemError: no such model.
    """
    lang_of(name)
    day = dt.datetime.combine(version.as_of, dt.time(), dt.UTC)
    return Model(id=name, created=int(day.timestamp()))


def all_models(version: CorpusVersion) -> ModelList:
    """Describe all models."""
    return ModelList(data=tuple(model_of(name, version) for name in MODELS))
