"""The addresses of the rulebook."""

from __future__ import annotations

from typing import cast, get_args

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.advisor import Advisor
from bot.language import Lang, localise
from bot.nearest import nearest_names
from knowledge.card import Topic
from ui.days import today
from ui.frame import language_of, page
from ui.html import Html, element
from ui.rulebook.action_plan_page import action_plan_body
from ui.rulebook.browse_page import browse_body
from ui.rulebook.catalogue import Listing, listing, months_of
from ui.rulebook.instrument_page import instrument_body
from ui.rulebook.names import Names
from ui.rulebook.parts import text, trail
from ui.rulebook.query import PATH, Asked, card_address, read_day, read_query, topic_address
from ui.rulebook.search import Search
from ui.rulebook.topic_page import topic_body
from ui.strings import string

_STYLES = ("source.css", "rulebook.css")


def rulebook_pages(advisor: Advisor, names: Names, slots: CapacityLimiter) -> APIRouter:
    """Make the pages of the rulebook.

    Args:
        advisor: opened; its corpus is shown, its retrieval finds.
        names: the words of its instruments.
        slots: how many searches run at once.
    """
    pages = APIRouter(include_in_schema=False)
    corpus = advisor.corpus
    search = Search(advisor, names)

    def found(asked: Asked, lang: Lang) -> Listing:
        matches = search.find(asked.query.text, asked.day)
        return listing(corpus, asked.query, matches, lang)

    @pages.get(PATH)
    @pages.get(f"{PATH}/")
    async def browse(request: Request) -> Response:
        lang, now = language_of(request), today()
        asked = read_query(request.query_params, corpus, now)
        listed = await to_thread.run_sync(found, asked, lang, limiter=slots)
        body = browse_body(corpus, asked, listed, months_of(corpus, now), now, lang)
        if request.query_params.get("fragment"):
            return HTMLResponse(body, headers={"Cache-Control": "no-store"})
        return _page(request, string("rules.title", lang), body, scripts=("rulebook.js",))

    @pages.get(f"{PATH}/action-plan")
    async def action_plan(request: Request) -> Response:
        lang = language_of(request)
        body = action_plan_body(corpus, today(), lang)
        return _page(request, string("rules.plan.title", lang), body)

    @pages.get(f"{PATH}/topics/{{topic}}")
    async def timeline(request: Request, topic: str) -> Response:
        lang = language_of(request)
        if topic not in get_args(Topic):
            near = [
                element("a", string(f"topic.{one}", lang), href=topic_address(one, lang))
                for one in nearest_names(topic, get_args(Topic)) or get_args(Topic)
            ]
            return _unknown(request, topic, near, lang)
        day, notices = read_day(request.query_params)
        body = topic_body(corpus, cast(Topic, topic), day, today(), notices, lang)
        name = string(f"topic.{topic}", lang)
        return _page(request, string("rules.timeline_of", lang, topic=name), body)

    @pages.get(f"{PATH}/{{card_id}}")
    async def instrument(request: Request, card_id: str) -> Response:
        lang = language_of(request)
        card = corpus.instruments.get(card_id)
        if card is None:
            near = [
                element(
                    "a",
                    localise(corpus.instruments[one].title, lang),
                    href=card_address(one, lang),
                )
                for one in nearest_names(card_id, corpus.instruments)
            ]
            return _unknown(request, card_id, near, lang)
        day, notices = read_day(request.query_params)
        body = instrument_body(corpus, card, day, today(), notices, lang)
        return _page(request, localise(card.title, lang), body)

    return pages


def _page(
    request: Request,
    title: str,
    body: Html,
    *,
    scripts: tuple[str, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    return page(request, title, body, here="rules", styles=_STYLES, scripts=scripts, status=status)


def _unknown(request: Request, seen: str, near: list[Html], lang: Lang) -> HTMLResponse:
    """Say that nothing stands at an address, and what stands near to it."""
    nearest = (
        element(
            "section",
            text("rules.unknown.near", lang, tag="h2"),
            element("ul", *(element("li", link) for link in near), class_="rb-related"),
        ),
    )
    body = element(
        "div",
        trail(lang),
        element("h1", string("rules.unknown", lang)),
        element("p", string("rules.unknown.seen", lang, seen=seen[:120])),
        *(nearest if near else ()),
        element(
            "p", element("a", string("rules.unknown.search", lang), href=f"{PATH}?lang={lang}")
        ),
        class_="rb rb-unknown",
    )
    return _page(request, string("rules.unknown", lang), body, status=404)
