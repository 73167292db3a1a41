"""What went wrong at an OpenAI-compatible endpoint, told as a `ModelError` without any secret."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from bot.providers.base import Fault, ModelError

if TYPE_CHECKING:
    import openai

DETAIL_CHARACTERS = 160
"""Most of an endpoint's own words that an error repeats."""
_ECHO = 16
"""So many characters in a row that also stand in the prompt are taken for a piece of it."""
_KEY_PIECE = 6
"""So many characters of a key in a row are taken for an attempt to show it in part."""
_SECRETS = re.compile(
    r"\bsk-[\w*.\-]+"
    r"|\b(?:Bearer|Basic)\s+\S+"
    r"|\b(?:api[-_ ]?key|token|authorization|password)\b[\"']?\s*[:=]\s*[\"']?[^\s\"',}]+"
    r"|(?<=://)[^\s/@]+@",
    re.IGNORECASE,
)
_FORM_WORDS = re.compile(
    r"response_format|json_schema|json schema|structured[ _]output|guided|grammar", re.IGNORECASE
)
_BY_STATUS: dict[int, Fault] = {
    401: "unauthorised",
    403: "unauthorised",
    408: "timeout",
    429: "rate-limited",
    504: "timeout",
}


def model_error(error: BaseException, *, secrets: Sequence[str], prompt: str) -> ModelError:
    """Tell the fault behind an exception of the `openai` library or of reading its stream.

    Args:
        error: anything that was raised on the way; its causes are looked through as well.
        secrets: words that must not appear.
        prompt: what was sent; an endpoint's message that repeats it is left out.
    """
    import openai

    cause = _first(error, (ModelError, openai.APIError))
    if isinstance(cause, ModelError):
        return cause
    if isinstance(cause, openai.APITimeoutError):
        return ModelError("timeout", "the endpoint did not answer in time")
    if isinstance(cause, openai.APIConnectionError):
        return ModelError("unreachable", "the connection failed or was lost")
    if isinstance(cause, openai.APIStatusError):
        return _refusal(cause, secrets, prompt)
    if isinstance(cause, openai.APIError):
        said = _cleaned(_words(cause), secrets, prompt)
        return ModelError("server-error", f"error within the stream{said}")
    return ModelError("malformed", f"the stream cannot be read ({type(error).__name__})")


def refused_words(error: BaseException) -> str:
    """Return what an endpoint said when it refused a request as sent; empty for other faults."""
    import openai

    cause = _first(error, (openai.APIStatusError,))
    if not isinstance(cause, openai.APIStatusError) or cause.status_code in _BY_STATUS:
        return ""
    return _words(cause)


def speaks_of_form(words: str) -> bool:
    """Tell whether an endpoint's refusal is about structured output."""
    return bool(_FORM_WORDS.search(words))


def retry_after_s(value: str | None, now: dt.datetime) -> float | None:
    """Read a `Retry-After` header: seconds, or an HTTP date, which becomes seconds from now.

    Returns:
        None where there is none or it cannot be read; never below 0.
    """
    value = (value or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=dt.UTC)
    return max(0.0, (date - now).total_seconds())


def _refusal(error: openai.APIStatusError, secrets: Sequence[str], prompt: str) -> ModelError:
    status = error.status_code
    fault = _BY_STATUS.get(status) or ("server-error" if status >= 500 else "refused-request")
    # A 401 says little but parts of the key, in every endpoint's own masking.
    said = "" if status == 401 else _cleaned(_words(error), secrets, prompt)
    wait = retry_after_s(error.response.headers.get("retry-after"), dt.datetime.now(dt.UTC))
    return ModelError(fault, f"status {status}{said}", retry_after_s=wait)


def _words(error: openai.APIError) -> str:
    """Return the message in an error's body, however an endpoint wraps it."""
    found: object = error.body
    while isinstance(found, dict):
        found = next((found[k] for k in ("message", "error", "detail") if found.get(k)), None)
    return str(found) if found and not str(found).lstrip().startswith("<") else ""


def _cleaned(words: str, secrets: Sequence[str], prompt: str) -> str:
    words = " ".join(words.split())
    for secret in secrets:
        words = words.replace(secret, "***") if len(secret) > 3 else words
    words = _SECRETS.sub("***", words)[:DETAIL_CHARACTERS]
    partly_told = any(piece in words for s in secrets for piece in _pieces(s, _KEY_PIECE))
    if not words or partly_told or any(piece in prompt for piece in _pieces(words, _ECHO)):
        return ""
    return f": {words}"


def _pieces(text: str, length: int) -> Iterator[str]:
    return (text[at : at + length] for at in range(len(text) - length + 1))


def _first(error: BaseException, kinds: tuple[type[BaseException], ...]) -> BaseException | None:
    return next((e for e in _chain(error) if isinstance(e, kinds)), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
