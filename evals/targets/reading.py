"""Reading a free answer as a checked one, so that the same metrics hold for it.

The words stay as they were written. What is read out of them: sentences (claims), numbers in
brackets and instruments named (citations), and whether the answer declines (standing). Each claim
is put to the product's own checker.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from bot.advisor import Advisor
from bot.answer import AnswerBlock, CheckedAnswer, CheckedClaim, Citation, Engine, Standing
from bot.errors import QuestionError
from bot.language import to_simplified
from bot.model.claim_stream import is_heading, sentences_of, without_layout
from bot.present import CitationBook
from bot.query.register import Register, is_number
from bot.question import MAX_CHARS, Question, read_question
from bot.writing.draft import Claim
from evals.scorers.text import source_lines
from evals.targets.abstention import Act, act_of, parts_of
from knowledge.card import FactRef
from knowledge.figures.figure import read_figures
from knowledge.glossary import load_glossary

REASONS = 3
"""Statements that a refusal may give as its reasons and still be one."""
_TRIED = 3
"""Facts found for a sentence that it is held against, one by one."""
_TITLE_LEAST = {"zh": 8, "en": 24}
"""Characters from which on a title can be no everyday word, by language."""


class Sentence(NamedTuple):
    """A sentence of a free answer."""

    text: str
    """Without marks and layout."""
    numbers: tuple[int, ...]
    """In its marks: `[2][5]`."""
    act: Act


class AnswerReader:
    """Reads free answers; safe to share between threads."""

    def __init__(self, advisor: Advisor) -> None:
        """Take the advisor whose corpus, search and checker are used; its writer is not."""
        self._advisor = advisor
        self._corpus = advisor.corpus
        self._register = Register(advisor.corpus)
        self._glossary = load_glossary()

    def read(
        self, text: str, question: Question, facts: Sequence[FactRef], engine: Engine
    ) -> CheckedAnswer:
        """Read an answer.

        Args:
            text: as the model wrote it.
            question: its language and its day are the answer's.
            facts: those that the model was shown as [1], [2] …; none for a bare model.
            engine: how the answer was made.
        """
        listed = {} if facts else dict(self._sources_listed(text))
        known = dict(enumerate(facts, start=1))
        found = list(sentences(text))
        claims = tuple(
            self._claim(sentence, known, listed, question.as_of)
            for sentence in found
            if sentence.act == "claims" and len(_LETTER.findall(sentence.text)) >= _SHORTEST
        )
        in_list = [
            self._fact_of(card, self._nearest(question.text, question.as_of), None, question.as_of)
            for card in self._named_in("\n".join(source_lines(text)))
        ]
        book = CitationBook(self._corpus, question.lang, question.as_of)
        cited = dict.fromkeys((*(ref for claim in claims for ref in claim.refs), *in_list))
        standing = standing_of(found)
        return CheckedAnswer(
            id=f"read-{_named(text, question)}",
            question=question.text,
            lang=question.lang,
            as_of=question.as_of,
            standing=standing,
            text=text,
            blocks=(AnswerBlock(kind="lead", heading=None, markdown=text, claims=claims),),
            claims=claims,
            citations=tuple(_numbered(text, known, [book.cite(ref) for ref in cited])),
            missing=tuple(s.text for s in found if s.act in ("refuses", "lacks")),
            evidence=tuple(facts),
            engine=engine,
        )

    def _claim(
        self,
        sentence: Sentence,
        known: Mapping[int, FactRef],
        listed: Mapping[int, Sequence[str]],
        day: dt.date,
    ) -> CheckedClaim:
        """Give a sentence the facts that it cites, and its verdict."""
        marked = [known[number] for number in sentence.numbers if number in known]
        cards = [card for number in sentence.numbers for card in listed.get(number, ())]
        cards += self._named_in(sentence.text)
        shown = {ref.card_id for ref in marked}
        near = self._nearest(sentence.text, day)
        named = [
            self._fact_of(card, near, sentence.text, day)
            for card in dict.fromkeys(cards)
            if card not in shown
        ]
        refs = tuple(dict.fromkeys((*marked, *named)))
        held = [refs, *((ref,) for ref in refs)] if refs else [(ref,) for ref in near[:_TRIED]]
        borne = any(self._bears(sentence.text, one, day) for one in dict.fromkeys(held))
        return CheckedClaim(
            text=sentence.text,
            refs=refs,
            verdict="supported" if borne else "unsupported",
            block="lead",
        )

    def _bears(self, text: str, refs: tuple[FactRef, ...], day: dt.date) -> bool:
        claim = Claim(text=text, refs=refs)
        return not any(True for _ in self._advisor.checker.findings(claim, day, in_own_words=True))

    def _nearest(self, text: str, day: dt.date) -> tuple[FactRef, ...]:
        """Return the facts that search finds for a text, best first."""
        try:
            question = read_question(text[:MAX_CHARS], as_of=day, today=day)
        except QuestionError:
            return ()
        return self._advisor.evidence(question).refs

    def _fact_of(
        self, card: str, near: Sequence[FactRef], text: str | None, day: dt.date
    ) -> FactRef:
        """Choose the fact that stands for an instrument that is named without a fact.

        The one that bears the sentence out, if any does; else the one that search finds first.
        """
        own = [FactRef(f"{card}#{fact.id}") for fact in self._corpus.instruments[card].facts]
        ranked = [ref for ref in near if ref.card_id == card]
        ranked += [ref for ref in own if ref not in ranked]
        if text is None:
            return ranked[0]
        return next((ref for ref in ranked if self._bears(text, (ref,), day)), ranked[0])

    def _named_in(self, text: str) -> list[str]:
        """Return the instruments that a text names by number or by their full title.

        Popular names are none: to speak of a scheme is not to cite its rules. A number or title
        that several instruments bear names none of them.
        """
        text = to_simplified(text)
        hits = self._glossary.find(text)
        found: list[tuple[int, str]] = []
        for figure in read_figures(text):
            if is_number(figure):
                borne = self._register.numbered(text, figure, hits)
                found += [(figure.start, card) for card in borne if len(borne) == 1]
        for match in re.finditer(r"《([^》]{4,80})》", text):
            borne = self._register.titled(match[1])
            found += [(match.start(), card) for card in borne if len(borne) == 1]
        low = text.lower()
        found += [
            (at, card) for title, card in self._titles.items() if (at := low.find(title)) >= 0
        ]
        return list(dict.fromkeys(card for _, card in sorted(found)))

    @cached_property
    def _titles(self) -> dict[str, str]:
        """Cards by full title in either language, in small letters; titles of one card only."""
        cards: dict[str, set[str]] = {}
        for card in self._corpus.instruments.values():
            for lang in ("zh", "en"):
                title = (
                    re.sub(r"[（(][^）)]*[）)]|[《》]", "", card.title.text(lang)).strip().lower()
                )
                if len(title) >= _TITLE_LEAST[lang]:
                    cards.setdefault(title, set()).add(card.id)
        return {title: next(iter(ids)) for title, ids in cards.items() if len(ids) == 1}

    def _sources_listed(self, text: str) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the instruments behind the numbers of an answer's own list of sources."""
        for line in text.splitlines():
            if (match := _LIST_LINE.match(line)) and (cards := self._named_in(line)):
                yield int(match[1]), cards


def sentences(text: str) -> Iterator[Sentence]:
    """Split a free answer into sentences; headings, rules and its list of sources are none."""
    lines = [line for line in text.splitlines() if line.strip()]
    sources = set(source_lines(text))
    for place, line in enumerate(lines):
        if line in sources or is_heading(line) or _RULE.fullmatch(line.strip()):
            continue
        if line.lstrip().startswith("|"):
            if place + 1 < len(lines) and _RULE.fullmatch(lines[place + 1].strip()):
                continue  # the head of a table
            line = "；".join(cell.strip() for cell in line.strip().strip("|").split("|"))
        for whole in sentences_of(without_layout(line)):
            for piece in parts_of(whole):
                bare = " ".join(_MARKS.sub("", piece).replace("**", "").replace("`", "").split())
                bare = bare.strip("*_ ")
                if _LETTER.search(bare):
                    yield Sentence(bare, tuple(_numbers(piece)), act_of(bare))


def standing_of(found: Iterable[Sentence]) -> Standing:
    """Tell whether an answer answers, declines in part, or declines.

    It declines where it claims nothing; or where it begins with a refusal and then says no more
    than reasons: `REASONS` statements at most. Where it claims things and says that it lacks or
    refuses others, it answers in part.
    """
    acts = [sentence.act for sentence in found if sentence.act != "talks"]
    claims = acts.count("claims")
    if not claims or (acts[0] == "refuses" and claims <= REASONS):
        return "declined"
    return "answered" if claims == len(acts) else "partly"


_MARK_NUMBERS = r"\d{1,3}(?:\s*[-–—,，、;；]\s*\d{1,3})*"
_MARKS = re.compile(
    rf"\s*(?:[\[［【]\^?\s*(?:(?:facts?|sources?|refs?|事实|事實|来源|來源|依据|依據)\s*)?{_MARK_NUMBERS}\s*[\]］】])(?!\s*(?:\d+\s*号|號|No\.))",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d{1,3})(?:\s*[-–—]\s*(\d{1,3}))?")
_LONGEST_RANGE = 10
_LIST_LINE = re.compile(
    r"^\s*(?:[-*]\s*)?[\[［【(（]?\^?(\d{1,3})(?:[\]］】)）.．、:：]+|\s)\s*(?=\S)"
)
_RULE = re.compile(r"[|:\-=_*\s]+")
_LETTER = re.compile(r"[^\W_]")
_SHORTEST = 4
"""Letters from which on a sentence says enough to be held against facts: "可以。" does not."""


def _numbers(text: str) -> Iterator[int]:
    for mark in _MARKS.findall(text):
        for match in _RANGE.finditer(mark):
            first, last = int(match[1]), int(match[2] or match[1])
            whole = first <= last < first + _LONGEST_RANGE
            yield from range(first, last + 1) if whole else (first, last)


def _numbered(
    text: str, known: Mapping[int, FactRef], citations: Sequence[Citation]
) -> Iterator[Citation]:
    """Number the citations as the answer's own marks do; others come after all numbers in it."""
    of_fact = {ref: number for number, ref in known.items()}
    free = max((*_numbers(text), *known, 0)) + 1
    for citation in citations:
        number = of_fact.get(citation.ref)
        if number is None:
            number, free = free, free + 1
        yield citation.model_copy(update={"n": number})


def _named(text: str, question: Question) -> str:
    """Name an answer: the same words to the same question have the same id."""
    return hashlib.sha256(f"{question.text}\0{text}".encode()).hexdigest()[:12]
