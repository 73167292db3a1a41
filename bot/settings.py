"""Settings: typed, bounded, read from `HUGANG_*` variables, unknown values refused."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError
from knowledge.card import Bilingual
from knowledge.home import default_home

PREFIX = "HUGANG_"
_OTHERS = frozenset({"HUGANG_DEBUG"})
"""Variables that others read: the command line shows tracebacks under HUGANG_DEBUG."""


class Settings(BaseSettings):
    """How this installation runs; every field can be set as `HUGANG_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    home: Path = Field(default_factory=default_home)
    """Folder for everything that is written: the index, evaluation reports."""
    evidence_limit: int = Field(default=40, ge=5, le=200)
    """Most facts that retrieval hands on."""
    answer_concurrency: int = Field(default=8, ge=1, le=256)
    """Most answers made at once."""

    @classmethod
    def load(cls) -> Settings:
        """Read the environment.

        Raises:
            SettingsError: a `HUGANG_*` variable is not known, or its value is out of bounds.
        """
        known = {f"{PREFIX}{name.upper()}" for name in cls.model_fields} | _OTHERS
        unknown = sorted(n for n in os.environ if n.startswith(PREFIX) and n not in known)
        if unknown:
            names, settings = ", ".join(unknown), ", ".join(sorted(known))
            raise SettingsError(
                Bilingual(
                    zh=f"不认识的设置：{names}。可用的有：{settings}。",
                    en=f"unknown settings: {names}. Known are: {settings}.",
                )
            )
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = f"{PREFIX}{str(first['loc'][0]).upper()}"
            seen = repr(first["input"])
            raise SettingsError(
                Bilingual(
                    zh=f"环境变量{name}={seen}不可用：{first['msg']}。请改正或去掉它。",
                    en=f"{name}={seen} cannot be used: {first['msg']}. "
                    "Correct the variable or unset it.",
                )
            ) from error
