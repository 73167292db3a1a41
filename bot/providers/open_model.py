"""Opening the model that the settings name; its libraries are read with the first call."""

from __future__ import annotations

import re

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.providers.base import ChatModel
from bot.providers.guarded import Guard, GuardedModel
from bot.providers.openai_chat import OpenAIChat
from bot.providers.scripted import ScriptedModel, fact_echo
from bot.settings import Settings
from knowledge.card import Bilingual

SCRIPTED = "scripted"
"""Name of the model that needs no endpoint: it says the first facts word by word, for a look at how
answers come in, `scripted:20` with so many tokens a second."""
_SCRIPTED = re.compile(rf"{SCRIPTED}(?::([1-9]\d{{0,3}}))?")
SCRIPTED_TOKENS_PER_S = 50
NO_KEY = SecretStr("none")
"""Sent to an endpoint of one's own that asks for no key."""


def open_model(settings: Settings, guard: Guard | None = None) -> ChatModel | None:
    """Open the model; None where the settings name none. Nothing is sent yet.

    Args:
        settings: name, key and address.
        guard: rules for retries, rest and load, for calls that must not share those of the
            answers; None = the usual ones with the settings' cap on calls at once.

    Raises:
        SettingsError: a model is named, but neither a key nor an address, or one that is no URL.
    """
    if not settings.model:
        return None
    if pace := _SCRIPTED.fullmatch(settings.model):
        return ScriptedModel(fact_echo(), tokens_per_s=int(pace[1] or SCRIPTED_TOKENS_PER_S))
    if settings.api_key is None and settings.base_url is None:
        raise SettingsError(
            Bilingual(
                zh=f"指定了模型{settings.model}，但没有密钥。请设置OPENAI_API_KEY；"
                "自己的服务器不要密钥的，设置OPENAI_BASE_URL即可。",
                en=f"the model {settings.model} is named, but no key. Set OPENAI_API_KEY, or "
                "OPENAI_BASE_URL alone for a server of your own that asks for no key.",
            )
        )
    key = settings.api_key or NO_KEY
    try:
        chat = OpenAIChat(
            settings.model,
            key,
            base_url=settings.base_url,
            max_tokens=settings.model_max_tokens,
        )
    except ValueError as error:
        raise SettingsError(
            Bilingual(
                zh=f"OPENAI_BASE_URL不可用：{error}。请改正或去掉它。",
                en=f"OPENAI_BASE_URL cannot be used: {error}. Correct the variable or unset it.",
            )
        ) from error
    return GuardedModel(chat, guard or Guard(calls_at_once=settings.model_concurrency))
