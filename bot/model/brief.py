"""A brief: what a language model is told before it writes, and the short names of its facts.

The system message is the writer's prompt; the user message holds the material, each piece between
markers that it cannot close itself (`bot.model.prompt.fence`). Facts get short names (F1, F2 …), which a
model copies without slips and which make an invented reference plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.language import Lang, in_script, localise, passage_lang, search_form
from bot.model.claim_stream import ProposedClaim, claims_schema, marks, print_claims
from bot.model.prompt import fence, load_prompt
from bot.providers.base import Message, OutputForm
from bot.query.intent import read_intent
from bot.query.understanding import Understanding
from bot.question import Question
from bot.retrieval.evidence import Evidence
from bot.route_plan import RoutePlan
from bot.writing.draft import Finding
from bot.writing.labels import en_date, zh_date
from knowledge.card import Bilingual, FactRef, Instrument
from knowledge.corpus import Corpus

MOST_SENTENCES = 10
"""Sentences a model is asked for at most: a note that fits a screen."""
EARLIER_TOLD = 3
"""Earlier messages of the user that a model is told, the latest."""
EARLIER_CHARS = 300
"""Characters told of each: the subject stands at its beginning."""


class Brief(NamedTuple):
    """What a model is told, and what its short names for facts stand for."""

    messages: tuple[Message, ...]
    facts: Mapping[str, FactRef]
    """By short name, in the order in which they are told."""
    form: OutputForm
    prompt: str
    """Id, language and version of the writer's prompt."""

    @property
    def schema(self) -> dict[str, Any] | None:
        """JSON schema of the answer, which allows only these names; None where lines are asked for."""
        return claims_schema(self.facts) if self.form == "json" else None


def compose_brief(
    question: Question,
    understanding: Understanding,
    evidence: Evidence,
    leads: Sequence[FactRef],
    plan: RoutePlan | None,
    corpus: Corpus,
    form: OutputForm,
    *,
    tokens: int,
) -> Brief:
    """Compose what a model is told to answer a question.

    Args:
        question: as asked; its language is the answer's, its day that of the rules.
        understanding: which earlier messages it leans on, and its parts.
        evidence: the facts found, best first.
        leads: facts that the answer must rest on; told first.
        plan: the route plan, told in outline; None where there is none.
        corpus: where the facts stand.
        form: how the claims are to be set down.
        tokens: estimated tokens that the facts may take; one that does not fit is left out whole.
    """
    lang = question.lang
    told = dict(within(fact_lines((*leads, *evidence.refs), corpus, question), tokens))
    names = {f"F{n}": ref for n, ref in enumerate(told, start=1)}
    facts = "\n".join(f"{name}: {told[ref]}" for name, ref in names.items())
    parts = understanding.parts if len(understanding.parts) > 1 else ()
    material = {
        "day": in_script(zh_date(question.as_of), lang)
        if lang != "en"
        else en_date(question.as_of),
        "facts": facts,
        "route": "\n".join(_outline(plan, lang)) if plan else "",
        "earlier": "\n".join(_earlier(question, understanding)),
        "question": _asked(question, understanding),
        "parts": "\n".join(
            f"{n}. {in_script(part, lang)}" for n, part in enumerate(parts, start=1)
        ),
    }
    writer = load_prompt("writer", passage_lang(lang))
    system = writer.render(
        language=LANGUAGES[lang], sentences=str(MOST_SENTENCES), form=_form(form, lang)
    )
    return Brief(
        messages=(
            Message(role="system", content=in_script(system, lang)),
            Message(
                role="user",
                content="\n\n".join(fence(name, text) for name, text in material.items() if text),
            ),
        ),
        facts=names,
        form=form,
        prompt=writer.name,
    )


def compose_repair(
    brief: Brief,
    refused: Sequence[tuple[ProposedClaim, Sequence[Finding]]],
    question: Question,
) -> tuple[Message, ...]:
    """Compose the conversation that asks a model to mend what the checker refused.

    The refused sentences stand in it once as the model's own answer, so that roles alternate as
    strict chat templates demand, and once with the reasons.

    Args:
        brief: what the model was told at first.
        refused: its sentences, each with what speaks against it.
        question: gives the language.
    """
    lang = question.lang
    told = "\n".join(
        f"- {' '.join((claim.text, marks(claim.facts))).strip()} — {_reasons(findings, lang)}"
        for claim, findings in refused
    )
    asked = load_prompt("repair", passage_lang(lang)).render(
        rejected=fence("rejected", told),
        language=LANGUAGES[lang],
        form=_form(brief.form, lang),
    )
    said = print_claims([claim for claim, _ in refused], brief.form)
    return (
        *brief.messages,
        Message(role="assistant", content=said),
        Message(role="user", content=in_script(asked, lang)),
    )


def estimate_tokens(text: str) -> int:
    """Estimate what a text takes of a model: about 1.5 Chinese or 4 other characters a token.

    An exact count needs the model's own tokenizer, and so a download.
    """
    wide = len(_WIDE.findall(text))
    return round(wide / 1.5 + (len(text) - wide) / 4 + 0.5)


_WIDE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
LANGUAGES: Mapping[Lang, str] = {
    "zh-Hans": "简体中文",
    "zh-Hant": "繁体中文（香港用字）",
    "en": "English",
}


def _form(form: OutputForm, lang: Lang) -> str:
    return load_prompt(f"form-{form}", passage_lang(lang)).render()


def fact_lines(
    refs: Iterable[FactRef], corpus: Corpus, question: Question
) -> Iterator[tuple[FactRef, str]]:
    """Yield each fact once with its line: `text 〔title, number; status; date〕`."""
    lang = question.lang
    for ref in dict.fromkeys(refs):
        card, fact = corpus.instrument(ref), corpus.fact(ref)
        text = localise(Bilingual(zh=fact.zh, en=fact.en), lang)
        source = localise(_source(card, corpus, question), lang)
        yield ref, f"{text} 〔{source}〕".replace("\n", " ")


def within(lines: Iterable[tuple[FactRef, str]], tokens: int) -> Iterator[tuple[FactRef, str]]:
    """Yield the lines that fit into so many estimated tokens; one that does not is left out whole."""
    left = tokens
    for ref, line in lines:
        # the name before it and the line's end
        if (needed := estimate_tokens(line) + 3) <= left:
            left -= needed
            yield ref, line


def _source(card: Instrument, corpus: Corpus, question: Question) -> Bilingual:
    zh, en = f"《{card.title.zh}》", card.title.en
    if card.number:
        zh, en = f"{zh}，{card.number}", f"{en}, {card.number}"
    status = _status(card, corpus, question)
    return Bilingual(zh=f"{zh}；{status.zh}", en=f"{en}; {status.en}")


def _status(card: Instrument, corpus: Corpus, question: Question) -> Bilingual:
    """Say what an instrument counts for on the question's day, in the words a sentence needs.

    What does not govern is called so in words that the checker's demand for a label accepts.
    """
    validity = corpus.validity(card, question.as_of)
    if validity == "superseded":
        return _replaced(card, corpus)
    zh, en = _STATUS[validity]
    if validity == "not-yet" and card.starts:
        zh, en = f"{zh}，{zh_date(card.starts)}起施行", f"{en}, applies from {en_date(card.starts)}"
    elif card.effective:
        zh, en = (
            f"{zh}；{zh_date(card.effective)}生效",
            f"{en}; effective {en_date(card.effective)}",
        )
    elif card.issued:
        zh, en = f"{zh}；{zh_date(card.issued)}发布", f"{en}; issued {en_date(card.issued)}"
    return Bilingual(zh=zh, en=en)


_STATUS: Mapping[str, tuple[str, str]] = {
    "in-force": ("有效", "in force"),
    "pilot": ("试点", "pilot"),
    "announced": ("已宣布的安排，尚无规定", "announced, no rule yet"),
    "draft": ("征求意见稿，未生效", "draft, not in force"),
    "not-yet": ("尚未生效", "not yet in force"),
    "repealed": ("已废止", "repealed"),
}


def _replaced(card: Instrument, corpus: Corpus) -> Bilingual:
    successor = corpus.instruments.get(card.superseded_by or "")
    ends = corpus.ends(card)
    since = (f"{zh_date(ends)}起", f" from {en_date(ends)}") if ends else ("已", "")
    by = (f"由《{successor.title.zh}》", f" by {successor.title.en}") if successor else ("", "")
    return Bilingual(
        zh=f"旧规，{since[0]}{by[0]}取代", en=f"former rule, replaced{by[1]}{since[1]}"
    )


def _outline(plan: RoutePlan, lang: Lang) -> Iterator[str]:
    """Say a plan in outline: what it comes down to, and its ways, closed ones called so."""
    colon = ": " if lang == "en" else "："
    yield f"{localise(plan.title, lang)}{colon}{localise(plan.summary, lang)}"
    for option in plan.options:
        closed = "" if option.is_open else f" ({localise(_CLOSED, lang)})"
        yield f"- {localise(option.title, lang)}{closed}"


_CLOSED = Bilingual(zh="不可用", en="not open to this firm")


def _earlier(question: Question, understanding: Understanding) -> Iterator[str]:
    """Yield the earlier messages that the question leans on, in the user's words, oldest first."""
    running = set(understanding.told[:-1])
    said = [
        turn.content
        for turn in question.history
        if turn.role == "user" and search_form(turn.content) in running
    ]
    for text in said[-EARLIER_TOLD:]:
        words = " ".join(text.split())
        yield f"- {words[:EARLIER_CHARS]}{'…' if len(words) > EARLIER_CHARS else ''}"


def _asked(question: Question, understanding: Understanding) -> str:
    """Return the question as typed; without the instructions in it, where somebody put some."""
    if read_intent(search_form(question.text)).cleaned and understanding.text:
        return in_script(understanding.text, question.lang)
    return question.text


_REASONS: Mapping[str, Bilingual] = {
    "no-refs": Bilingual(zh="没有写依据的事实", en="it names no fact"),
    "unknown-fact": Bilingual(zh="没有这条事实：{seen}", en="there is no such fact: {seen}"),
    "not-in-force": Bilingual(
        zh="没有说明所依据的规定在当日并非现行规定",
        en="it does not say that its source does not simply govern on the day",
    ),
    "figure": Bilingual(
        zh="所引事实里没有这个数字、日期或文号：{seen}",
        en="the cited facts do not hold this figure, date or number: {seen}",
    ),
    "authority": Bilingual(
        zh="所引事实没有提到这个机构：{seen}", en="the cited facts do not name this body: {seen}"
    ),
    "instrument": Bilingual(
        zh="所引事实没有提到这份文件：{seen}",
        en="the cited facts do not name this instrument: {seen}",
    ),
    "modality": Bilingual(
        zh="“可以”“应当”“不得”与所引事实不一致",
        en='"may", "must" or "must not" differs from the cited facts',
    ),
    "direction": Bilingual(
        zh="方向与所引事实不一致", en="its direction differs from the cited facts"
    ),
    "exchange": Bilingual(
        zh="这些数字在所引事实里各归别处：{seen}",
        en="in the cited facts these figures belong to other things: {seen}",
    ),
    "language": Bilingual(zh="没有用所要求的语言写", en="it is not in the language asked for"),
    "echo": Bilingual(zh="只是重复问题或格式里的话", en="it only repeats the question or the form"),
}
_NOT_BORNE_OUT = Bilingual(zh="所引事实不足以支持", en="the cited facts do not bear it out")
SEEN_CHARS = 80
"""Characters told of what the checker saw."""


def _reasons(findings: Iterable[Finding], lang: Lang) -> str:
    reasons = dict.fromkeys(
        localise(_REASONS.get(one.rule, _NOT_BORNE_OUT), lang).replace(
            "{seen}", one.seen[:SEEN_CHARS]
        )
        for one in findings
    )
    return ("; " if lang == "en" else "；").join(reasons)
