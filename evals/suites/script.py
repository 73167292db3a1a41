"""The other Chinese script: simplified characters for traditional ones, and the reverse."""

from __future__ import annotations

from bot.language import Lang, detect_lang, to_simplified, to_traditional


def other_script(question: str, lang: Lang) -> tuple[str, Lang] | None:
    """Return a question in the other script, with its language; None where there is none.

    A question whose characters are the same in both scripts, or whose words only Hong Kong
    writes, stays in its language whatever its script and is passed over.
    """
    if lang == "en":
        return None
    target: Lang = "zh-Hans" if lang == "zh-Hant" else "zh-Hant"
    made = to_traditional(question) if target == "zh-Hant" else to_simplified(question)
    if made == question or detect_lang(made) != target:
        return None
    return made, target
