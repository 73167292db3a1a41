"""What is said when a question is declined: why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from bot.answer import DeclineReason
from bot.language import Lang, localise
from bot.query.understanding import Understanding
from bot.retrieval.evidence import Evidence
from bot.retrieval.gaps import Gap
from bot.retrieval.place import Place
from knowledge.card import Bilingual

_REASONS: Mapping[DeclineReason, Bilingual] = {
    "out-of-scope": Bilingual(
        zh="这个问题不在沪港通途的范围内。我只回答内地企业经上海、香港办理融资、收付和资金管理的规则与路线。",
        en="This is outside what Hugang covers. It answers on rules and routes for financing, "
        "payments and fund management of mainland firms through Shanghai and Hong Kong.",
    ),
    "not-in-corpus": Bilingual(
        zh="收录的资料没有能回答这个问题的依据，所以不作推测。",
        en="Nothing in the corpus decides this question, so no answer is guessed.",
    ),
    "evasion": Bilingual(
        zh="不能协助规避外汇管理、税务备案或银行审核。下面是有关的规定；正当的需要可以换一种问法。",
        en="Hugang does not help to get around exchange control, tax filing or bank review. "
        "The rules that bear on it are below; a lawful need can be asked about as such.",
    ),
    "injection": Bilingual(
        zh="这条消息要求改变工作方式或披露内部设置，不予处理。请直接提出关于融资、收付或资金管理的问题。",
        en="This message asks to change how Hugang works or to disclose its settings; that is not "
        "done. Please ask about financing, payments or fund management.",
    ),
    "legal-guarantee": Bilingual(
        zh="不能出具法律保证，也不能代替律师。下面是有关的规定；需要书面意见的，请委托执业律师。",
        en="Hugang gives no legal guarantee and does not replace a lawyer. The rules that bear on "
        "it are below; for a written opinion instruct a practising lawyer.",
    ),
}
_GREETING = Bilingual(
    zh="您好，这里是沪港通途：回答内地企业经上海、香港办理融资、收付和资金管理的规则与路线，逐句注明依据。",
    en="Hello, this is Hugang. It answers on rules and routes for financing, payments and fund "
    "management of mainland firms through Shanghai and Hong Kong, with a source for every sentence.",
)
_NEXT = Bilingual(
    zh="可以问的，例如：境外放款额度、资金池门槛、香港财资中心税率、赴港上市备案、境外直接投资手续。",
    en="You can ask, for example, about overseas lending quotas, cash-pool thresholds, the Hong "
    "Kong treasury-centre tax rate, listing filings or outbound investment steps.",
)
_NEAREST = Bilingual(zh="最接近的资料：", en="Nearest instruments: ")

ONLY_PAPERS = Bilingual(
    zh="收录的法规资料没有能回答这个问题的依据；以下是文件里的原话，不代表法规如此。",
    en="Nothing in the corpus of rules decides this question. Below are the words of documents; "
    "they do not say what the law is.",
)
"""What comes before quotes where the curated facts decide nothing."""
GIVES_WAY: frozenset[DeclineReason] = frozenset({"out-of-scope", "not-in-corpus"})
"""Reasons that do not keep documents from being quoted."""
SHOWS_RULES: frozenset[DeclineReason] = frozenset({"evasion", "legal-guarantee"})
"""Reasons after which the rules that bear on the request are shown."""


def decline_reason(
    understanding: Understanding, evidence: Evidence, place: Place, gaps: tuple[Gap, ...]
) -> DeclineReason | None:
    """Tell why a question must be declined; None when it is to be answered, whole or in part."""
    if understanding.is_greeting:
        return "out-of-scope"
    if understanding.intent != "ask":
        return understanding.intent
    if place.where == "other-subject":
        return "out-of-scope"
    if place.where == "beyond-corpus" or not evidence.hits:
        return "not-in-corpus"
    untreated = {gap.part for gap in gaps if gap.subject}
    return "not-in-corpus" if untreated.issuperset(understanding.parts) else None


def word_refusal(
    reason: DeclineReason, nearest: tuple[str, ...], lang: Lang, *, greeted: bool = False
) -> str:
    """Say why a question is declined and what can be asked, as Markdown.

    Args:
        reason: why.
        nearest: titles of the nearest instruments, in the reader's language.
        lang: language and script of the answer.
        greeted: whether the message only greets or thanks.
    """
    parts = [localise(_GREETING if greeted else _REASONS[reason], lang)]
    if nearest:
        comma = "; " if lang == "en" else "；"
        stop = "." if lang == "en" else "。"
        parts.append(localise(_NEAREST, lang) + comma.join(nearest) + stop)
    if reason in ("out-of-scope", "injection"):
        parts.append(localise(_NEXT, lang))
    return "\n\n".join(parts)
