"""Understanding: what a question asks for, told from its words alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.language import detect_lang, passage_lang, search_form
from bot.query.as_of import AsOf, read_as_of
from bot.query.asides import possible_asides, without
from bot.query.authorities import FORMALITIES
from bot.query.intent import Intent, read_intent
from bot.query.register import Register, is_number
from bot.query.wants import Want, figure_wants, wants_of
from bot.question import Question
from knowledge.card import Bilingual, Frozen, PassageLang
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, read_figures
from knowledge.figures.units import MONEY
from knowledge.glossary import Glossary, TermHit
from knowledge.search.spelling import Spelling

MAX_PARTS = 4
"""Most separate questions told apart in one message."""
TERMS_TOLD = 4
"""Terms that tell an asker what was understood."""


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
    context: str
    """What the message tells besides its several questions; empty when it asks one thing."""
    part_texts: tuple[str, ...]
    """The parts as they are searched for: with the subject in front, where a part leaves it out."""
    wants: tuple[Want, ...]
    """Kinds of thing asked for; those of the earlier question where the message only adds to it."""
    expansions: tuple[str, ...]
    """Synonyms of the terms it uses."""
    named: tuple[str, ...]
    """Ids of instruments named by number, title or popular name."""
    figures: tuple[Figure, ...]
    """Figures the asker gave."""
    told: tuple[str, ...]
    """What was said on the running subject, oldest first, this message last."""
    as_of: AsOf | None
    """The day for which the message itself wants the rules."""
    terms: tuple[Bilingual, ...] = ()
    """Terms of the field it names, in order; at most `TERMS_TOLD`."""
    possible_asides: tuple[str, ...] = ()
    """Sentences of `text` that by their form may have nothing to do with what it asks."""

    @property
    def amounts(self) -> tuple[str, ...]:
        """The amounts of money it names, as written."""
        money = (one.text for one in self.figures if one.unit in MONEY and one.kind == "number")
        return tuple(dict.fromkeys(money))

    @property
    def asked(self) -> tuple[str, ...]:
        """What is searched for by itself too: several parts, or a message that leans on an earlier.

        The earlier question would drown the new one, if both were only searched for together.
        """
        if len(self.parts) > 1:
            return self.part_texts
        return (self.text,) if self.leans and self.text else ()

    @property
    def leans(self) -> bool:
        """Whether it is searched together with the earlier question."""
        return self.search_text != self.text

    @property
    def is_greeting(self) -> bool:
        """Whether it only greets or thanks."""
        return bool(_GREETING.fullmatch(self.text))

    @property
    def asks_change(self) -> bool:
        """Whether it asks what changed, or what held then and what holds now."""
        return "change" in self.wants or bool(self.as_of and self.as_of.also_now)

    @property
    def compares(self) -> bool:
        """Whether it holds two things side by side."""
        return bool(_COMPARES.search(self.text))

    @property
    def wants_plan(self) -> bool:
        """Whether it asks how something is done."""
        return "steps" in self.wants

    @property
    def asks_more(self) -> bool:
        """Whether it asks for something besides how it is done."""
        return bool(set(self.wants) - {"steps", "permission", "who"})

    @property
    def describes_deal(self) -> bool:
        """Whether it tells of the asker's own deal and asks more than figures about it."""
        if self.leans and self.told and "steps" in wants_of(self.told[0]):
            return True
        tells = _INTENDS.search(self.text) or _OWN.search(self.context)
        only_figures = all(figure_wants(part) for part in self.parts)
        return bool(tells) and not only_figures and (len(self.parts) > 1 or len(self.wants) > 2)


_GREETING = re.compile(
    r"(?:你好|您好|哈喽|嗨|早上好|下午好|晚上好|早安|在吗|谢谢|多谢|感谢|好的|明白|收到|再见|唔该"
    r"|hi|hello|hey|good (?:morning|afternoon|evening)|thanks?(?: you)?|many thanks|ok(?:ay)?|got it|bye|goodbye)"
    r"(?:[啊呀了你您们大家]|there|all|team| )*[!！。.~,，]*",
    re.IGNORECASE,
)
_INTENDS = re.compile(
    r"打算|准备(?!金)|计划(?!有|的|书|下|由|中)|(?<!联)想|(?<![虚模])拟|要(?:借|付|投|收购|发|设|开)"
    r"|\b(?:wants?|wish(?:es)?|plans?|planning|intends?|hopes?|looking|thinking|going|about|would like) to\b"
    r"|\b(?:is|are|am) to\b|\b(?:considering|thinking of|thinking about)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"我们|我司|本公司|咱们|集团|母公司|子公司|企业|老板"
    r"|\b(?:we|our|us|ours|I|my|group|company|firm|maker|exporter|importer|parent|subsidiary|bank)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"各(?:有|是|自|要|在|为|多少|几|什么|叫|由)|分别|两(?:边|头|地|者|套|种|样)|一边|区别|差别|不同|相比|对比|比较|哪个更|之间"
    r"|\b(?:versus|vs|compared?|both|each|respectively|differences?|differs?|between)\b",
    re.IGNORECASE,
)


class Lexicon:
    """The words by which questions name things: the glossary, instruments' numbers and titles."""

    def __init__(
        self, corpus: Corpus, glossary: Glossary, spelling: Spelling | None = None
    ) -> None:
        """Take the corpus, the glossary, and what puts typing errors right; None = nothing does."""
        self._spelling = spelling
        self._instruments = corpus.instruments
        self._register = Register(corpus)
        self.glossary = glossary

    def warm(self) -> None:
        """Load what the first message would wait for."""
        if self._spelling:
            self._spelling.warm()

    def corrected(self, text: str) -> str:
        """Return a message in the form in which it is searched, typing errors put right."""
        folded = search_form(text)
        if self._spelling is None:
            return folded
        return self._spelling.corrected(folded, passage_lang(detect_lang(text)))

    def named_in(self, text: str) -> tuple[str, ...]:
        """Return the ids of the instruments a text names, in order of appearance.

        A popular name of the glossary counts (`7号文`) unless the year or series of its number
        say otherwise (`汇发〔2019〕7号文`).
        """
        hits = self.glossary.find(text)
        numbers = [figure for figure in read_figures(text) if is_number(figure)]
        found: list[tuple[int, str]] = []
        popular: dict[Figure, list[str]] = {}
        for hit in hits:
            within = [number for number in numbers if _overlap(number, hit)]
            meant = [
                card_id
                for card_id in hit.term.names
                if card_id in self._instruments
                and all(self._register.may_bear(card_id, number) for number in within)
            ]
            found += [(hit.start, card_id) for card_id in meant]
            for number in within if meant else ():
                # a body before the number (商务部3号令) makes the name that of one instrument
                popular[number] = meant if number.start <= hit.start else []
        for number in numbers:
            borne = self._register.numbered(text, number, hits)
            if number not in popular or not set(popular[number]).isdisjoint(borne):
                found += [(number.start, card_id) for card_id in borne]
        for match in re.finditer(r"《([^》]{4,60})》", text):
            found += [(match.start(), card_id) for card_id in self._register.titled(match[1])]
        found.sort(key=lambda item: item[0])
        return tuple(dict.fromkeys(card_id for _, card_id in found))


def _overlap(number: Figure, hit: TermHit) -> bool:
    return number.start < hit.end and hit.start < number.end


def understand(question: Question, lexicon: Lexicon, asides: Collection[str] = ()) -> Understanding:
    """Read a question: intent, parts, kinds of thing wanted, terms and instruments named.

    Args:
        question: the message, and what was said before.
        lexicon: the words by which questions name things.
        asides: sentences of the folded message that are left out of the reading.
    """
    # The words decide where to search; the answer may be wanted in another language.
    lang = passage_lang(detect_lang(question.text))
    reading = read_intent(lexicon.corrected(question.text))
    text = without(reading.text, asides) if asides else reading.text
    told = [lexicon.corrected(turn.content) for turn in question.history if turn.role == "user"]
    running = () if _stands_alone(text, lexicon) else _running_subject(told, lexicon)
    # The question that set the subject and the latest word on it; the rest would drown the new one.
    search_text = " ".join(dict.fromkeys((*running[:1], *running[-1:], text)))
    context, parts = _context_and_parts(text, lang)
    return Understanding(
        intent=reading.intent,
        lang=lang,
        text=text,
        search_text=search_text,
        parts=parts,
        context=context,
        part_texts=_part_texts(context, parts, text, lexicon),
        wants=wants_of(text) or tuple(want for said in running[:1] for want in wants_of(said)),
        expansions=lexicon.glossary.expansions(search_text, lang),
        named=lexicon.named_in(search_text),
        figures=read_figures(text),
        told=(*running, text),
        as_of=read_as_of(text, question.today),
        terms=_terms(text, lexicon),
        possible_asides=_possible_asides(text, lang, lexicon, follows=bool(told)),
    )


def _possible_asides(
    text: str, lang: PassageLang, lexicon: Lexicon, *, follows: bool
) -> tuple[str, ...]:
    """Return what may be left out of a message: only where it has its subject elsewhere.

    In "My dog is ill. What should I do?" the sentence that asks nothing is the subject.
    """
    found = possible_asides(text, lang, lexicon.glossary, _ASKS[lang])
    rest = without(text, found)
    leans = follows and _LEANING.search(rest)
    return found if found and (leans or _names_subject(rest, lexicon)) else ()


def _names_subject(text: str, lexicon: Lexicon) -> bool:
    """Tell whether a text names a term of the field; a formality is no subject."""
    return any(hit.term.id not in FORMALITIES for hit in lexicon.glossary.find(text))


def _terms(text: str, lexicon: Lexicon) -> tuple[Bilingual, ...]:
    figures = read_figures(text)
    names = (
        Bilingual(zh=hit.term.zh, en=hit.term.en)
        for hit in lexicon.glossary.find(text)
        if hit.term.id not in FORMALITIES and not any(_overlap(one, hit) for one in figures)
    )
    return tuple(dict.fromkeys(names))[:TERMS_TOLD]


def _part_texts(
    context: str, parts: tuple[str, ...], text: str, lexicon: Lexicon
) -> tuple[str, ...]:
    """Put the subject in front of each part: what the message tells, else the part before it.

    "The plan and the scheme: how many articles has each, and who issued them?" names its subject
    only once; a part that names one of its own needs no other's. A formality ("when is it
    registered?") is no subject. A part that comes to the whole message is the message itself, so
    that it is embedded once.
    """
    texts: list[str] = []
    for part in parts:
        alone = _names_subject(part, lexicon)
        subject = context or ("" if alone or not texts else texts[-1])
        texts.append(f"{subject} {part}".strip())
    return tuple(text if _SIGNS.sub("", said) == _SIGNS.sub("", text) else said for said in texts)


def _running_subject(told: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the earlier messages that a message may lean on, oldest first.

    The subject was set by the last message that stands by itself; what was said since only adds
    to it. The first message of a conversation stands by itself.
    """
    for at in range(len(told) - 1, -1, -1):
        if at == 0 or _stands_alone(told[at], lexicon):
            return tuple(told[at:])
    return ()


_LEANING = re.compile(
    r"^(?:那|换成|换|如果|要是|反过来|改为|改成|再(?!保险|贷款|融资|投资|担保|贴现)|又|还有|这|它|上面|刚才|同样|正式稿|and\b|what (?:if|about)|how about|then\b|so\b|but\b|also\b|in that case|same)"
    r"|呢[?？]?$|又(?:是|要|该|得|怎|如何|有)|\b(?:it|that|those|these|they)\b",
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
_AUXILIARY = r"(?:can|may|must|do|does|did|is|are|was|were|could|should|will|would|has|have)\b"
_ASKS = {
    "zh": re.compile(
        r"多少|几|什么|甚么|哪|怎|谁|吗|能不能|要不要|是不是|多久|可不可以|可以|还是|有没有|还要|呢|(?<!任)何|是否|能否|可否|多大|多快|没"
    ),
    "en": re.compile(
        # "We do …", "the bank, which …" and "when we …" tell; they do not ask.
        r"\b(?:what|who|whom|whose|how)\b"
        r"|(?:^|\b(?:and|or|but|so|then|in|by|for|to|from|at|on|of|within|under|until) )which\b"
        r"|\b(?:advise|ask|check|clear|confirm|explain|know|say|see|sure|tell)(?: me| us)? (?:which|whether|if|when|where)\b"
        rf"|\b(?:when|where) {_AUXILIARY}|(?:^|\b(?:and|or|but|so|then) ){_AUXILIARY}"
        rf"|, ?{_AUXILIARY} (?:we|i|it|they|you|there)\b",
        re.IGNORECASE,
    ),
}
_SIGNS = re.compile(r"[\W_]+")
_LEAST = {"zh": 4, "en": 12}
"""Shortest part, in characters."""


def _context_and_parts(text: str, lang: PassageLang) -> tuple[str, tuple[str, ...]]:
    """Split a message into what it tells and the separate questions it asks.

    Sentences that ask something are the parts; a single sentence is split at its clauses when two
    or more of them ask something by themselves. The rest is what the questions are about.
    """
    sentences = _long_enough(_SENTENCE_END[lang].split(text), lang)
    for pieces in (
        sentences,
        [clause for s in sentences for clause in _long_enough(_CLAUSE_END[lang].split(s), lang)],
    ):
        asking = [piece for piece in pieces if _ASKS[lang].search(piece)]
        if len(asking) > 1:
            told = [piece for piece in pieces if piece not in asking]
            return " ".join(told), tuple(asking[:MAX_PARTS])
    whole = sentences if len(sentences) == 1 else [text]
    return "", tuple(piece for piece in whole if piece)


def _long_enough(pieces: list[str], lang: PassageLang) -> list[str]:
    stripped = (piece.strip(" ,，、") for piece in pieces)
    return [piece for piece in stripped if len(piece) >= _LEAST[lang]]
