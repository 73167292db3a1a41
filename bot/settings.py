"""Settings: typed, bounded, read from `HUGANG_*` variables, unknown values refused."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from knowledge.home import default_home


class Settings(BaseSettings):
    """How this installation runs; every field can be set as `HUGANG_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="HUGANG_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=default_home)
    """Folder for everything that is written: index, logs."""
    evidence_limit: int = Field(default=40, ge=5, le=200)
    """Most facts that retrieval hands on."""
    answer_concurrency: int = Field(default=8, ge=1, le=256)
    """Most answers made at once."""
