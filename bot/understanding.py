"""Understanding: what a question asks for, told from its words alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cached_property

from bot.intent import Intent, read_intent
from bot.language import detect_lang, passage_lang, to_simplified
from bot.question import Question
from bot.wants import Want, wants_of
from knowledge.card import Frozen, PassageLang
from knowledge.corpus import Corpus
from knowledge.figures import Figure, read_figures
from knowledge.glossary import Glossary

MAX_PARTS = 4
"""Most separate questions told apart in one message."""


class Understanding(Frozen):
    """A question in the form in which the corpus is searched, and what it is after."""

    intent: Intent
    lang: PassageLang
    """Language in which the corpus is searched."""
    text: str
    """The current message, folded, in simplified Chinese or English, injected parts taken out."""
    search_text: str
    """`text`, with the earlier question in front when the message leans on it."""
    parts: tuple[str, ...]
    """The separate questions of the message; one when it asks one thing."""
    wants: tuple[Want, ...]
    """Kinds of thing asked for."""
    expansions: tuple[str, ...]
    """Synonyms of the terms it uses."""
    named: tuple[str, ...]
    """Ids of instruments named by number, title or popular name."""
    figures: tuple[Figure, ...]
    """Figures the asker gave."""

    @property
    def leans(self) -> bool:
        """Whether it is searched together with the earlier question."""
        return self.search_text != self.text

    def alone(self) -> Understanding:
        """Return the message without the earlier question."""
        return self.model_copy(update={"search_text": self.text})

    @property
    def wants_plan(self) -> bool:
        """Whether it asks how something is done."""
        return "steps" in self.wants

    @property
    def describes_deal(self) -> bool:
        """Whether it tells of the asker's own plans and asks more than one thing about them."""
        return bool(_OWN_PLANS.search(self.text)) and (len(self.parts) > 1 or len(self.wants) > 2)


_OWN_PLANS = re.compile(
    r"我们|我司|咱们|打算|准备|计划|想(?:要|在|用|把|从|先|直接|让|给|派|发|买|借|投)|要(?:借|付|投|收购|发|设|开)|集团|母公司|子公司"
    r"|\b(?:we|our|us|ours|I|my)\b",
    re.IGNORECASE,
)


class Lexicon:
    """The words by which questions name things: the glossary and the instruments' numbers."""

    def __init__(self, corpus: Corpus, glossary: Glossary) -> None:
        """Take the corpus and the glossary."""
        self._corpus = corpus
        self.glossary = glossary

    def named_in(self, text: str) -> tuple[str, ...]:
        """Return the ids of the instruments a text names, in order of appearance."""
        found = [
            card_id
            for hit in self.glossary.find(text)
            for card_id in hit.term.names
            if card_id in self._corpus.instruments
        ]
        for figure in read_figures(text):
            if figure.kind == "document":
                found += self._numbered(figure)
        for title in re.findall(r"《([^》]{4,60})》", text):
            found += [
                card.id for card in self._corpus.instruments.values() if title in card.title.zh
            ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def _numbers(self) -> dict[str, list[tuple[Figure, str]]]:
        """Documents by bare number: `251` leads to (251/2025 of series yinfa, card id)."""
        index: dict[str, list[tuple[Figure, str]]] = defaultdict(list)
        for card in self._corpus.instruments.values():
            for figure in read_figures(card.number or ""):
                if figure.kind == "document":
                    index[figure.value.partition("/")[0]].append((figure, card.id))
        return index

    def _numbered(self, asked: Figure) -> list[str]:
        number, _, year = asked.value.partition("/")
        return [
            card_id
            for known, card_id in self._numbers.get(number, ())
            if (not year or known.value in (asked.value, number))
            and (asked.unit is None or known.unit is None or asked.unit == known.unit)
        ]


def understand(question: Question, lexicon: Lexicon) -> Understanding:
    """Read a question: intent, parts, kinds of thing wanted, terms and instruments named."""
    # The words decide where to search; the answer may be wanted in another language.
    lang = passage_lang(detect_lang(question.text))
    reading = read_intent(_search_form(question.text))
    text = reading.text
    earlier = _earlier_question(question)
    leans = bool(earlier) and not _stands_alone(text, lexicon)
    search_text = f"{earlier} {text}" if leans else text
    return Understanding(
        intent=reading.intent,
        lang=lang,
        text=text,
        search_text=search_text,
        parts=_parts(text, lang),
        wants=wants_of(text),
        expansions=lexicon.glossary.expansions(search_text, lang),
        named=lexicon.named_in(search_text),
        figures=read_figures(text),
    )


def _search_form(text: str) -> str:
    return to_simplified(unicodedata.normalize("NFKC", text)).strip()


def _earlier_question(question: Question) -> str:
    asked = [turn.content for turn in question.history if turn.role == "user"]
    return _search_form(asked[-1]) if asked else ""


_LEANING = re.compile(
    r"^(?:那|换成|换|如果|要是|反过来|改为|改成|再|还有|这|它|上面|刚才|同样|正式稿|and\b|what (?:if|about)|how about|then\b|so\b|but\b|also\b|in that case|same)"
    r"|呢[?？]?$|\b(?:it|that|those|these|they)\b",
    re.IGNORECASE,
)
_ALONE_TERMS = 3
"""A message that names this many terms of the field, and does not point back, stands alone."""


def _stands_alone(text: str, lexicon: Lexicon) -> bool:
    return not _LEANING.search(text) and len(lexicon.glossary.find(text)) >= _ALONE_TERMS


_SENTENCE_END = {
    "zh": re.compile(r"[?？;；。!！\n]+"),
    "en": re.compile(r"[?;!\n]+|\.(?=\s|$)"),
}
_CLAUSE_END = {
    "zh": re.compile(r"[,，、:：]+|另外|以及|还有|同时|顺便"),
    "en": re.compile(
        r"[,:]| and (?=how|what|which|who|when|where|does|do|can|is|are|may|could|if|since|by)|\bthen\b",
        re.IGNORECASE,
    ),
}
_ASKS = {
    "zh": re.compile(
        r"多少|几|什么|甚么|哪|怎|谁|吗|能不能|要不要|是不是|多久|可不可以|可以|如何|有没有|还要|呢|何时|多大|多快|没"
    ),
    "en": re.compile(
        r"\b(?:what|which|who|when|where|how|can|may|must|do|does|is|are|could|should|will|did)\b",
        re.IGNORECASE,
    ),
}
_LEAST = {"zh": 4, "en": 12}
"""Shortest part, in characters."""


def _parts(text: str, lang: PassageLang) -> tuple[str, ...]:
    """Split a message into the separate questions it asks.

    Sentences count as they stand; a single sentence is split at its clauses when two or more of
    them ask something by themselves.
    """
    parts = _long_enough(_SENTENCE_END[lang].split(text), lang)
    if len(parts) == 1:
        asking = [
            clause
            for clause in _long_enough(_CLAUSE_END[lang].split(parts[0]), lang)
            if _ASKS[lang].search(clause)
        ]
        parts = asking if len(asking) > 1 else parts
    return tuple(parts[:MAX_PARTS])


def _long_enough(pieces: list[str], lang: PassageLang) -> list[str]:
    stripped = (piece.strip(" ,，、") for piece in pieces)
    return [piece for piece in stripped if len(piece) >= _LEAST[lang]]
