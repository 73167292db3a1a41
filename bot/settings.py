"""Settings: typed, bounded, read from `HUGANG_*` variables, unknown values refused."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError
from knowledge.card import Bilingual
from knowledge.home import default_home

PREFIX = "HUGANG_"
_OTHERS = frozenset({"HUGANG_DEBUG"})
"""Variables that others read: the command line shows tracebacks under HUGANG_DEBUG."""


class Settings(BaseSettings):
    """How this installation runs; every field can be set as `HUGANG_<FIELD>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    home: Path = Field(default_factory=default_home)
    """Folder for everything that is written: the index, documents, the SQLite database, reports."""
    evidence_limit: int = Field(default=40, ge=5, le=200)
    """Most facts that retrieval hands on."""
    answer_concurrency: int = Field(default=4, ge=1, le=256)
    """Most answers worked on at once, those not counted that wait for a language model. More than two
    for each core only make each other wait."""
    answers_open: int = Field(default=256, ge=1, le=10_000)
    """Most answers under way at once, those that wait included; further questions are refused."""
    typesetting_s: float = Field(default=30.0, gt=0, le=600)
    """Longest time in seconds that a PDF, or the drawings of a Word file, may be set for."""
    staff: bool = True
    """Whether one is answered without a key: the web app, and the API as the tenant `local`."""
    keep_conversations: bool = True
    """Whether conversations and feedback are kept; without, a conversation lives in its tab only."""
    database_url: SecretStr | None = None
    """Database of conversations, as SQLAlchemy writes it; None = `hugang.sqlite3` in `home`."""

    log: Literal["text", "json"] = "text"
    """What the server writes to stderr: `text` what is wrong, `json` a line for each request and answer too."""
    log_addresses: bool = False
    """Whether the line of a request holds the address that it came from."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """What Prometheus brings as `Authorization: Bearer …` to read `/metrics`; None = there are no metrics."""
    shutdown_s: float = Field(default=25.0, ge=0, le=3_600)
    """Seconds in which a server that is told to stop lets running answers end."""
    trusted_proxies: str = "127.0.0.1,::1"
    """Addresses or networks, with commas, of reverse proxies whose `X-Forwarded-For` is believed; `*` = any."""

    eval_targets: Path | None = None
    """File (YAML) of the servers and endpoints that evaluators may run against beside this installation."""

    upload_mb: int = Field(default=25, ge=1, le=100)
    """Largest file, in MB, that the web app takes as a document."""
    upload_files: int = Field(default=20, ge=1, le=100)
    """Most files that one request may bring."""

    model: str | None = None
    """Language model that words the answers, as its endpoint calls it; None = facts as they stand."""
    api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    """Key of the endpoint; never shown."""
    base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    """Address of an OpenAI-compatible endpoint; None = OpenAI's own."""
    model_first_byte_s: float = Field(default=10.0, gt=0, le=120)
    """Seconds until the model must have begun."""
    model_total_s: float = Field(default=60.0, gt=0, le=600)
    """Seconds until it must have ended, retries and repair included."""
    model_concurrency: int = Field(default=8, ge=1, le=256)
    """Most calls to the model at once."""
    model_tokens: int = Field(default=3_000, ge=300, le=100_000)
    """Budget for the facts that a model is shown, in estimated tokens."""
    model_max_tokens: int = Field(default=1_500, ge=100, le=100_000)
    """Most tokens that one call may write; a reasoning model needs more, for its reasoning counts."""
    model_rewrites: bool = False
    """Whether the model may reword a follow-up, to search for it once more."""
    model_rewrite_wait_s: float = Field(default=0.8, ge=0, le=10)
    """How long the writing waits for that, once the first evidence is shown."""
    model_price_in: float | None = Field(default=None, ge=0)
    """Price of a million tokens sent, for the record of costs; with `model_price_out`."""
    model_price_out: float | None = Field(default=None, ge=0)
    """Price of a million tokens received."""

    @field_validator("trusted_proxies")
    @classmethod
    def _read_proxies(cls, value: str) -> str:
        """Refuse what is no address: uvicorn takes such a word for the name of a socket."""
        names = [name for part in value.split(",") if (name := part.strip())]
        for name in names:
            if name != "*":
                ip_network(name)
        return ",".join(names)

    def model_cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Return what a call cost, in the currency of the prices; None where none are set."""
        if self.model_price_in is None or self.model_price_out is None:
            return None
        spent = prompt_tokens * self.model_price_in + completion_tokens * self.model_price_out
        return round(spent / 1_000_000, 6)

    @classmethod
    def load(cls) -> Settings:
        """Read the environment.

        Raises:
            SettingsError: a `HUGANG_*` variable is not known, or its value is out of bounds.
        """
        own = (name for name, field in cls.model_fields.items() if not field.validation_alias)
        known = {f"{PREFIX}{name.upper()}" for name in own} | _OTHERS
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
