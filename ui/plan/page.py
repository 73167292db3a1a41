"""The pages of plans: choosing a goal, and one route held against what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from bot.advisor import Advisor
from bot.answer import AnswerOption, AnswerPlan
from bot.errors import RouteNotFound
from bot.language import Lang, localise
from bot.nearest import nearest_names
from bot.writing.plan_text import sentences
from knowledge.corpus import Corpus
from knowledge.route import Goal, RouteCard
from ui.days import today
from ui.frame import address, language_of, page
from ui.html import EMPTY, Html, element, join, word
from ui.plan.card import option_body, remarks
from ui.plan.form import PlanForm, notes, read_form, render_fields, said_value
from ui.plan.option_table import option_table
from ui.plan.sources import PlanSources
from ui.plan.words import PlanWords, condition_badge
from ui.strings import string

GROUPS: Mapping[str, Sequence[Goal]] = {
    "goal.invest": ("invest", "acquire"),
    "goal.raise": ("issue-bonds", "list"),
    "goal.pay": ("pay", "collect"),
    "goal.borrow": ("borrow", "guarantee", "lend-abroad"),
    "goal.pool": ("pool", "repatriate"),
    "goal.protect": ("hedge", "insure", "invest-funds"),
}
"""Goals that a reader looks for together, by the string of their heading."""
_STYLES = ("plan.css", "plan_page.css")


def plan_pages(advisor: Advisor) -> APIRouter:
    """Make the pages below `/plan`."""
    pages = APIRouter(include_in_schema=False)
    corpus = advisor.corpus

    @pages.get("/plan")
    def goals(request: Request) -> HTMLResponse:
        lang = language_of(request)
        body = _goals(corpus, lang)
        return page(request, string("plan.choose", lang), body, here="plan", styles=_STYLES)

    @pages.get("/plan/{route_id}")
    def plan(request: Request, route_id: str) -> Response:
        lang = language_of(request)
        route = corpus.routes.get(route_id)
        if route is None:
            return _unknown(request, corpus, route_id, lang)
        form = read_form(route, request.query_params.multi_items(), lang)
        view = PlanView(advisor.plan(route.id, form.values, lang), route, form, corpus, lang)
        if "fragment" in request.query_params:
            return JSONResponse(
                view.fragment(), headers={"Cache-Control": "no-store", "Vary": "Accept-Language"}
            )
        return page(
            request,
            localise(route.title, lang),
            view.page(),
            here="plan",
            styles=_STYLES,
            scripts=("plan.js",),
        )

    return pages


class PlanView:
    """One route on its page: the form, and what follows from it."""

    def __init__(
        self, plan: AnswerPlan, route: RouteCard, form: PlanForm, corpus: Corpus, lang: Lang
    ) -> None:
        """Choose the option to show: the one asked for, else the first that is open.

        Args:
            plan: made with the form's values.
            route: its card.
            form: as read from the address.
            corpus: for names and sources.
            lang: language of the page.
        """
        self._plan = plan
        self._route = route
        self._form = form
        self._lang: Lang = lang
        first = plan.chosen or plan.options[0]
        self._shown = next((one for one in plan.options if one.id == form.option), first)
        self._sources = PlanSources(plan, self._shown, corpus, lang, form.as_of)
        self._words = PlanWords.of(plan, self._sources.marks, corpus)

    def page(self) -> Html:
        """Write the body of the page."""
        lang, plan = self._lang, self._plan
        return join(
            element(
                "header",
                element(
                    "p",
                    element("a", word("plan.all", lang), href=address("/plan", lang)),
                    class_="hg-quiet hg-screen",
                ),
                element("h1", plan.title),
                element("p", plan.summary),
                class_="hg-plan-head",
            ),
            element(
                "div",
                self._written_form(),
                element(
                    "a",
                    element("span", self.said(), role="status", class_="hg-plan-said"),
                    href="#result",
                    class_="hg-plan-now",
                ),
                element("div", self.result(), id="result", class_="hg-plan-result"),
                class_="hg-plan-page",
            ),
        )

    def fragment(self) -> dict[str, object]:
        """Return what changes when the form does, for the page's script."""
        return {
            "result": self.result(),
            "notes": notes(self._route, self._form, self._lang),
            "strangers": self._strangers(),
            "said": self.said(),
            "option": self._form.option or "",
            "address": self._address(self._path()),
        }

    def said(self) -> str:
        """Say in a line what the form comes to."""
        lang, options = self._lang, self._plan.options
        closed = sum(not one.is_open for one in options)
        first = self._plan.chosen
        if first is None:
            return string("plan.none", lang)
        return string(
            "plan.said_closed" if closed else "plan.said",
            lang,
            option=first.title,
            n=len(options) - closed,
            closed=closed,
        )

    def result(self) -> Html:
        """Write what follows from the form."""
        marks, plan = self._words.marks, self._plan
        return join(
            self._known(),
            self._telling(),
            element(
                "section",
                element("h2", word("plan.compare", self._lang)),
                option_table(plan, self._words, links=self._links(), chosen=self._shown.id),
                class_="hg-plan-part",
            ),
            self._option(self._shown),
            remarks("plan.watch", plan.watch, marks, class_="hg-watch hg-plan-part"),
            self._takeaway(),
            self._sources.listed(),
        )

    def _written_form(self) -> Html:
        lang, route = self._lang, self._route
        return element(
            "form",
            element("h2", word("plan.form", lang)),
            element("p", word("plan.form.hint", lang), class_="hg-quiet"),
            element("div", self._strangers(), class_="hg-strangers"),
            render_fields(route, self._form, lang),
            element("input", type="hidden", name="lang", value=lang),
            element("input", type="hidden", name="option", value=self._form.option or ""),
            element(
                "p",
                element("button", word("plan.update", lang), type="submit", class_="hg-button"),
                element("a", word("plan.clear", lang), href=address(self._path(), lang)),
                class_="hg-form-end",
            ),
            action=self._path(),
            method="get",
            class_="hg-plan-form",
            data_failed=string("plan.failed", lang),
        )

    def _strangers(self) -> Html:
        names = self._form.strangers
        if not names:
            return EMPTY
        comma = ", " if self._lang == "en" else "、"
        said = comma.join(name if len(name) <= 40 else f"{name[:40]}…" for name in names[:5])
        return element("p", string("plan.strangers", self._lang, names=said), class_="hg-problem")

    def _known(self) -> Html:
        """Tell what the plan was made with: on paper the form is not shown."""
        rows = [
            join(
                element("dt", self._words.question(item.name)),
                element("dd", said_value(item, self._form.values[item.name], self._lang)),
            )
            for item in self._route.inputs
            if item.name in self._form.values
        ]
        day = join(
            element("dt", word("plan.as_of", self._lang)),
            element("dd", self._form.as_of.isoformat()),
        )
        return element("dl", *rows, day, class_="hg-print hg-plan-known")

    def _telling(self) -> Html:
        """Point at the questions whose answers would change the plan most."""
        lang = self._lang
        day = self._day()
        links = [
            element("li", element("a", point.question, href=f"#f-{point.name}"))
            for point in self._plan.open_points
        ]
        if not links:
            return day
        return join(
            element(
                "div",
                word("plan.telling", lang, class_="hg-label"),
                element("ul", *links),
                class_="hg-telling hg-screen",
            ),
            day,
        )

    def _day(self) -> Html:
        """Say that the steps are today's, and how many of those shown rest on no rule of the day."""
        lang, day = self._lang, self._form.as_of
        if day == today():
            return EMPTY
        without = [step for step in self._shown.steps if self._sources.not_held(step.refs)]
        return element(
            "p",
            word("plan.as_of.note", lang, date=str(day)),
            join(" ", word("plan.as_of.not_held", lang, n=len(without), date=str(day)))
            if without
            else EMPTY,
            class_="hg-quiet",
        )

    def _option(self, option: AnswerOption) -> Html:
        lang = self._lang
        chosen = element(
            "div",
            condition_badge(option, lang),
            class_="hg-badges",
        )
        return element(
            "section",
            chosen,
            element("h2", option.title, id="way"),
            element(
                "div", option_body(option, self._words, self._sources.grounds), class_="hg-option"
            ),
            class_="hg-plan-part",
        )

    def _takeaway(self) -> Html:
        """Link to the plan as files: made with what could be read, as the page is."""
        lang = self._lang
        unread = dict.fromkeys(self._form.problems)
        links = (
            element("a", word(key, lang), href=self._address(f"{self._path()}.{kind}", **unread))
            for key, kind in (("takeaway.docx", "docx"), ("takeaway.pdf", "pdf"))
        )
        return element(
            "p", word("takeaway.label", lang, class_="hg-label"), *links, class_="hg-takeaway"
        )

    def _links(self) -> dict[str, str]:
        return {
            one.id: f"{self._address(self._path(), option=one.id)}#way"
            for one in self._plan.options
        }

    def _path(self) -> str:
        return f"/plan/{self._route.id}"

    def _address(self, path: str, **changes: str | None) -> str:
        query = {**self._form.query(**changes), "lang": self._lang}
        return f"{path}?{urlencode(query)}"


def _goals(corpus: Corpus, lang: Lang) -> Html:
    groups = (
        element(
            "section",
            element("h2", word(key, lang)),
            element(
                "ul",
                *(
                    _goal(route, lang)
                    for goal in goals
                    for route in corpus.routes.values()
                    if route.goal == goal
                ),
            ),
        )
        for key, goals in GROUPS.items()
    )
    return join(
        element(
            "header",
            element("h1", word("plan.choose", lang)),
            element("p", word("plan.choose.hint", lang, n=len(corpus.routes))),
            class_="hg-plan-head",
        ),
        element("div", *groups, class_="hg-goals"),
        element(
            "p",
            word("plan.choose.ask", lang),
            " ",
            element("a", word("nav.ask", lang), href=address("/", lang)),
        ),
    )


def _goal(route: RouteCard, lang: Lang) -> Html:
    return element(
        "li",
        element("a", localise(route.title, lang), href=address(f"/plan/{route.id}", lang)),
        element("p", _gist(route, lang)),
        word("plan.choose.ways", lang, class_="hg-quiet", n=len(route.options)),
    )


def _gist(route: RouteCard, lang: Lang) -> str:
    """Return the first sentence of a route's summary, whole: half of one may mislead."""
    said: list[str] = []
    for part in sentences(localise(route.summary, lang)):  # these end at semicolons too
        said.append(part)
        if part.endswith(("。", ".")):
            break
    return (" " if lang == "en" else "").join(said)


def _unknown(request: Request, corpus: Corpus, route_id: str, lang: Lang) -> HTMLResponse:
    """Say that there is no such route, and name the nearest."""
    error = RouteNotFound.of(route_id[:80], corpus.routes)
    near = [corpus.routes[name] for name in nearest_names(route_id[:80], corpus.routes)]
    body = join(
        element(
            "header",
            element("h1", word("plan.unknown_route", lang)),
            element("p", error.user_message(lang)),
            class_="hg-plan-head",
        ),
        element("ul", *(_goal(route, lang) for route in near), class_="hg-goals")
        if near
        else EMPTY,
        element("p", element("a", word("plan.all", lang), href=address("/plan", lang))),
    )
    title = string("plan.unknown_route", lang)
    return page(request, title, body, here="plan", styles=_STYLES, status=404)
