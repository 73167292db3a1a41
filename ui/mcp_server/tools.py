"""The tools: ask, plan a route, search the rulebook, open an instrument. All of them only read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from bot.language import Lang, localise
from bot.nearest import nearest_names
from bot.question import Filters, read_question
from bot.store.keys import Scope
from knowledge.card import Bilingual, Frozen, Instrument
from ui.access import Access, Caller
from ui.api.catalogue import Catalogue, InstrumentCard
from ui.api.plan import PlanResponse, as_response, plan_of
from ui.api.problems import ProblemError
from ui.commands.terminal import plan_markdown
from ui.days import today
from ui.desk import Desk, offered
from ui.mcp_server.wishes import (
    AskReply,
    AskWish,
    FoundRule,
    FoundRules,
    InstrumentWish,
    PlanWish,
    SearchWish,
)
from ui.papers.scopes import Scopes
from ui.reply import whole_text
from ui.rulebook.catalogue import Match, Selection
from ui.rulebook.names import fold
from ui.rulebook.search import Search


class ToolReply(NamedTuple):
    """What a tool gives: for a reader, and for a program."""

    text: str
    """Markdown."""
    data: Frozen


class Tool(NamedTuple):
    """One tool."""

    name: str
    title: str
    description: str
    takes: type[Frozen]
    gives: type[Frozen]
    scopes: tuple[Scope, ...]
    """The caller has one of these at least."""
    run: Callable[[Caller, str, Any], ToolReply]
    """With the caller, the address that the request comes from, and what the tool takes."""


class Toolbox:
    """The tools over one advisor; safe to use from many threads."""

    def __init__(self, desk: Desk, access: Access, catalogue: Catalogue) -> None:
        """Take what answers, what limits it and what shows the corpus."""
        self._desk = desk
        self._access = access
        self._catalogue = catalogue
        self._corpus = catalogue.corpus
        self._search = Search(desk.advisor, catalogue.names)
        self.tools = {tool.name: tool for tool in self._all()}

    def _all(self) -> Iterator[Tool]:
        yield Tool(
            "ask",
            "Ask Hugang",
            "Answer a question on financing, payments or fund management of Mainland-Chinese firms "
            "through Shanghai and Hong Kong. Every sentence rests on numbered sources; what they do "
            "not decide is declined or named as open. Quote the answer with its sources; it is not "
            "legal advice.",
            AskWish,
            AskReply,
            ("ask",),
            self._ask,
        )
        yield Tool(
            "plan_route",
            "Plan a route",
            "Hold a route (a transaction with its alternative ways) against what is known about the "
            "firm: the ways side by side with their steps, authorities, times and obstacles, and "
            "what to ask the firm next. Routes: " + self._routes("en") + ".",
            PlanWish,
            PlanResponse,
            ("ask", "read"),
            self._plan,
        )
        yield Tool(
            "search_rules",
            "Search the rulebook",
            "Find laws, measures, notices and drafts by words, number or sense, with what each "
            "counts for on a day (in force, draft, superseded, …).",
            SearchWish,
            FoundRules,
            ("read",),
            self._find,
        )
        yield Tool(
            "get_instrument",
            "Open an instrument",
            "All facts of one instrument in Chinese and English with articles and source pages, its "
            "status on a day, and what it replaced or was replaced by.",
            InstrumentWish,
            InstrumentCard,
            ("read",),
            self._open,
        )

    def _routes(self, lang: Lang, ids: Iterable[str] | None = None) -> str:
        """Name some routes, or all."""
        routes = self._corpus.routes
        told = (f"{one} ({localise(routes[one].title, lang)})" for one in ids or routes)
        return "; ".join(told) if lang == "en" else "、".join(told)

    def _no_route(self, seen: Bilingual, nearest: tuple[str, ...] = ()) -> ProblemError:
        """Say that there is no such route, with those that are meant perhaps, or all."""
        zh, en = ("相近的有", "Nearest") if nearest else ("全部路线", "All routes")
        return ProblemError(
            "route-not-found",
            Bilingual(
                zh=f"{seen.zh}{zh}：{self._routes('zh-Hans', nearest)}。",
                en=f"{seen.en} {en}: {self._routes('en', nearest)}.",
            ),
            nearest,
        )

    def _ask(self, caller: Caller, address: str, wish: AskWish) -> ToolReply:
        self._access.admit(caller, caller.visitor, address)
        question = read_question(
            wish.question,
            history=wish.history,
            as_of=wish.as_of,
            lang=wish.lang,
            profile=wish.profile,
            filters=offered(caller.tenant, Filters()),
            scopes=Scopes(caller.tenant.id).seen_by(caller.visitor),
        )
        answer = self._desk.answer(caller, question, caller.visitor)
        return ToolReply(whole_text(answer), AskReply.of(answer))

    def _plan(self, caller: Caller, address: str, wish: PlanWish) -> ToolReply:
        if wish.route is not None:
            caller.must_have("read")
            if wish.route not in self._corpus.routes:
                seen = f"{wish.route[:120]!r}"
                said = Bilingual(zh=f"没有路线{seen}。", en=f"There is no route {seen}.")
                raise self._no_route(said, nearest_names(wish.route, self._corpus.routes))
            lang = wish.lang or "zh-Hans"
            advisor, catalogue = self._desk.advisor, self._catalogue
            made = plan_of(advisor, catalogue, wish.route, wish.values, lang, wish.as_of)
        else:
            made = self._plan_asked(caller, address, wish)
        told = plan_markdown(made.plan, self._corpus, made.lang, made.as_of)
        return ToolReply(told, made)

    def _plan_asked(self, caller: Caller, address: str, wish: PlanWish) -> PlanResponse:
        """Find the route that a question means; the question counts as one."""
        caller.must_have("ask")
        self._access.admit(caller, caller.visitor, address)
        question = read_question(
            wish.question or "",
            lang=wish.lang,
            as_of=wish.as_of,
            profile=wish.values,
            filters=offered(caller.tenant, Filters()),
        )
        answer = self._desk.answer(caller, question, caller.visitor)
        if answer.plan is None:
            said = Bilingual(zh="没有一条路线与这个问题相符。", en="No route fits the question.")
            raise self._no_route(said)
        return as_response(answer.plan, self._catalogue, answer.lang, answer.as_of)

    def _find(self, _caller: Caller, _address: str, wish: SearchWish) -> ToolReply:
        day = wish.as_of or today()
        matches = self._search.find(wish.query, day)
        selection = Selection(
            topics=(wish.topic,) if wish.topic else (),
            jurisdictions=(wish.jurisdiction,) if wish.jurisdiction else (),
            statuses=(wish.status,) if wish.status else (),
        )
        found = [
            card
            for card in self._corpus.instruments.values()
            if (matches is None or card.id in matches)
            and selection.admits(card, self._corpus.validity(card, day))
        ]
        found.sort(key=lambda card: (card.starts or dt.date.min, card.id), reverse=True)
        if matches is not None:
            found.sort(key=lambda card: (matches[card.id].tier, -matches[card.id].score))
        data = FoundRules(
            as_of=day,
            corpus=str(self._corpus.version),
            total=len(found),
            items=tuple(self._row(card, day, matches) for card in found[: wish.limit]),
        )
        return ToolReply("\n".join(_found_lines(data)), data)

    def _row(self, card: Instrument, day: dt.date, matches: dict[str, Match] | None) -> FoundRule:
        row = self._catalogue.row(card, day)
        fact = matches[card.id].fact if matches else None
        return FoundRule(**{name: getattr(row, name) for name in type(row).model_fields}, fact=fact)

    def _open(self, _caller: Caller, _address: str, wish: InstrumentWish) -> ToolReply:
        card = self._catalogue.instrument(self._instrument_named(wish.id), wish.as_of)
        return ToolReply("\n".join(_card_lines(card)), card)

    def _instrument_named(self, name: str) -> str:
        """Return the id of the instrument with an id, number or title.

        Raises:
            ProblemError: there is none, or there are several; it names those, or the nearest.
        """
        cards = self._corpus.instruments
        if name in cards:
            return name
        found = sorted(self._catalogue.names.titled(fold(name)))
        found = found or sorted(self._desk.advisor.instruments_named_in(name))
        if len(found) == 1:
            return found[0]
        known = {fold(one): card.id for card in cards.values() for one in _numbers(card)}
        near = found or [
            *nearest_names(name, cards),
            *(known[number] for number in nearest_names(fold(name), known)),
        ]
        ids = tuple(dict.fromkeys(near))
        told = ", ".join(f"{one} ({cards[one].title.zh})" for one in ids)
        seen = f"{name[:120]!r}"
        if found:
            detail = Bilingual(
                zh=f"{seen}是多份文件的名称，请写其中一个id：{told}。",
                en=f"{seen} names several instruments; give one of these ids: {told}.",
            )
        else:
            detail = Bilingual(
                zh=f"找不到{seen}。" + (f"相近的有：{told}。" if told else ""),
                en=f"{seen} is not known." + (f" Nearest: {told}." if told else ""),
            )
        raise ProblemError("instrument-not-found", detail, ids)


def _numbers(card: Instrument) -> list[str]:
    """Return the numbers of an instrument; some cards tell several in one line."""
    return _BETWEEN_NUMBERS.split(card.number) if card.number else []


_BETWEEN_NUMBERS = re.compile("[；;、]")


def _found_lines(found: FoundRules) -> Iterator[str]:
    yield f"{found.total} instruments as of {found.as_of}; shown: {len(found.items)}."
    for row in found.items:
        parts = (
            f"`{row.id}`",
            f"{row.title.zh} / {row.title.en}",
            row.number,
            row.status,
            f"effective {row.effective}" if row.effective else None,
            f"see `{row.fact}`" if row.fact else None,
        )
        yield "- " + " · ".join(part for part in parts if part)


def _card_lines(card: InstrumentCard) -> Iterator[str]:
    yield f"# {card.title.zh} / {card.title.en}"
    days = (("issued", card.issued), ("effective", card.effective), ("ends", card.ends))
    parts = (
        f"`{card.id}`",
        card.number,
        f"{card.status} on {card.as_of}",
        ", ".join(f"{name.zh} / {name.en}" for name in card.issuer_names),
        *(f"{name} {day}" for name, day in days if day),
        f"replaced by `{card.replaced_by.id}`" if card.replaced_by else None,
    )
    yield " · ".join(part for part in parts if part)
    yield f"\n{card.summary.zh}\n\n{card.summary.en}\n\n## Facts"
    for fact in card.facts:
        where = " · ".join(part for part in (fact.locator, f"source {fact.source}") if part)
        yield f"- `{fact.ref}` {fact.text.zh}\n  {fact.text.en} ({where})"
    yield "\n## Sources"
    for source in card.sources:
        yield f"- {source.id}: {source.publisher} · {source.title} ({source.quality}) <{source.url}>"
