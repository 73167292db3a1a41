"""The form of what is known about firm and deal: read from an address, written as fields.

Whatever was typed stays in its field, and what could not be read is told beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from bot.errors import ProfileError
from bot.language import Lang, in_script, localise, passage_lang
from bot.query.profile import Value, read_values
from knowledge.card import Frozen
from knowledge.route import RouteCard, RouteInput
from ui.days import read_day, today
from ui.html import EMPTY, Html, element, word
from ui.strings import string

RESERVED = frozenset({"lang", "as_of", "option", "fragment"})
"""Names in the address that are no input of a route."""
LONGEST = 80
"""Letters of a value; a longer one is not read, so that nobody can make the server ponder."""
_QUOTED = 40
"""Letters of a value that a message repeats."""
_UNITS: Mapping[str, str] = {
    "usd": "unit.usd",
    "cny": "unit.cny",
    "hkd": "unit.hkd",
    "eur": "unit.eur",
    "pct": "unit.percent",
    "years": "unit.years",
    "days": "unit.days",
    "days_in_hk": "unit.days",
    "loan_to_equity": "unit.times",
    "weighted_to_net_assets": "unit.times",
    "member_count": "unit.companies",
    "chain_layers": "unit.layers",
}
"""String of a unit by the end of an input's name: the names carry the unit."""
_MONEY = frozenset({"unit.usd", "unit.cny", "unit.hkd", "unit.eur"})


class PlanForm(Frozen):
    """What an address says about firm and deal."""

    given: Mapping[str, str]
    """As typed, by name of the input; empty ones left out."""
    values: Mapping[str, Value]
    """What could be read of it."""
    problems: Mapping[str, str]
    """What could not, by name of the field, in the reader's language."""
    strangers: tuple[str, ...]
    """Names that the route does not know."""
    as_of: dt.date
    as_of_given: str
    option: str | None
    """The way to show; None = the first that is open."""

    def query(self, **changes: str | None) -> dict[str, str]:
        """Return the query of an address that opens this form again."""
        whole = {**self.given, "as_of": self.as_of_given, "option": self.option, **changes}
        return {name: value for name, value in whole.items() if value}


def read_form(route: RouteCard, query: Iterable[tuple[str, str]], lang: Lang) -> PlanForm:
    """Read an address's query; nothing in it is refused, what cannot be read is told.

    Args:
        route: whose inputs may be given.
        query: names and values in their order; the last of several values of a name counts.
        lang: language of the messages.
    """
    given = {name: value.strip() for name, value in query}
    inputs = {item.name: item for item in route.inputs}
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for name, item in inputs.items():
        if not given.get(name):
            continue
        try:
            values |= _read(route, item, given[name])
        except ValueError:
            problems[name] = _problem(item, given[name], lang)
    day, as_of_given = today(), given.get("as_of", "")
    try:
        as_of = read_day(as_of_given) if as_of_given else day
    except ValueError:
        as_of = day
        problems["as_of"] = string("plan.bad.date", lang, value=_quoted(as_of_given))
    known = {option.id for option in route.options}
    return PlanForm(
        given={name: given[name] for name in inputs if given.get(name)},
        values=values,
        problems=problems,
        strangers=tuple(name for name in given if name not in inputs and name not in RESERVED),
        as_of=as_of,
        as_of_given="" if as_of_given == day.isoformat() else as_of_given,
        option=given["option"] if given.get("option") in known else None,
    )


def _read(route: RouteCard, item: RouteInput, value: str) -> dict[str, Value]:
    """Read a value.

    Raises:
        ValueError: it does not fit its input.
    """
    if len(value) > LONGEST:
        raise ValueError
    if item.type == "date":
        return {item.name: read_day(value).isoformat()}
    try:
        return read_values(route, {item.name: value})
    except ProfileError as error:
        raise ValueError from error


def _problem(item: RouteInput, value: str, lang: Lang) -> str:
    seen = _quoted(value)
    if item.type == "number":
        unit = unit_of(item)
        if unit and unit in _MONEY:
            return string("plan.bad.amount", lang, value=seen, unit=string(unit, lang))
        return string("plan.bad.number", lang, value=seen)
    key = {"bool": "plan.bad.bool", "choice": "plan.bad.choice", "date": "plan.bad.date"}[item.type]
    return string(key, lang, value=seen)


def _quoted(value: str) -> str:
    return value if len(value) <= _QUOTED else f"{value[:_QUOTED]}…"


def unit_of(item: RouteInput) -> str | None:
    """Return the string of the unit in which a number counts; None for a bare number."""
    return next(
        (key for end, key in _UNITS.items() if item.name == end or item.name.endswith(f"_{end}")),
        None,
    )


def said_value(item: RouteInput | None, value: Value, lang: Lang) -> str:
    """Say a value as a reader would: 2亿美元（200,000,000）, 3年, 是.

    Args:
        item: the input that it answers; None where the route no longer has it.
        value: as it was read.
        lang: language of the reader.
    """
    if isinstance(value, bool):
        return string("open.yes" if value else "open.no", lang)
    if isinstance(value, str):
        choices = item.choices if item else ()
        chosen = next((one for one in choices if one.value == value), None)
        return in_script(chosen.text(passage_lang(lang)), lang) if chosen else value
    unit = unit_of(item) if item else None
    short, exact = _short(value, lang), _exact(value)
    key = "echo.money" if unit in _MONEY else "echo.count"
    said = string(key, lang, amount=short, unit=string(unit, lang) if unit else "")
    said = said.replace(" %", "%").strip()
    return said if short == exact else string("echo.exact", lang, said=said, exact=exact)


def _exact(value: float) -> str:
    """Write a number with commas: `200,000,000`, `0.8`."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def _short(value: float, lang: Lang) -> str:
    """Write a number by the scale its reader counts in: 亿 and 万, million and billion."""
    scales: tuple[tuple[float, str], ...] = (
        ((1e9, "echo.billion"), (1e6, "echo.million"))
        if lang == "en"
        else ((1e8, "echo.hundred_million"), (1e4, "echo.ten_thousand"))
    )
    for scale, key in scales:
        if value >= scale:
            return string(key, lang, n=_exact(value / scale))
    return _exact(value)


# --- the fields


def render_fields(route: RouteCard, form: PlanForm, lang: Lang) -> Html:
    """Write a field for each input, and one for the day."""
    fields = (_field(item, form, lang) for item in route.inputs)
    return element("div", *fields, _day(form, lang), class_="hg-fields")


def notes(route: RouteCard, form: PlanForm, lang: Lang) -> dict[str, Html]:
    """Return what stands beneath each field: what could not be read, or how a number was read."""
    written = {item.name: _note(item, form, lang) for item in route.inputs}
    return {**written, "as_of": safe_problem(form.problems.get("as_of"))}


def safe_problem(message: str | None) -> Html:
    """Write what could not be read; nothing where all could."""
    return element("span", message, class_="hg-problem") if message else EMPTY


def _note(item: RouteInput, form: PlanForm, lang: Lang) -> Html:
    if item.name in form.problems:
        return safe_problem(form.problems[item.name])
    if item.type == "number" and item.name in form.values:
        said = said_value(item, form.values[item.name], lang)
        return word("plan.echo", lang, said=said)
    return EMPTY


def _field(item: RouteInput, form: PlanForm, lang: Lang) -> Html:
    question = localise(item.question, lang)
    note = element("p", _note(item, form, lang), id=f"note-{item.name}", class_="hg-field-note")
    if item.type == "bool":
        return element(
            "fieldset",
            element("legend", question),
            element("div", *_yes_no(item, form, lang), class_="hg-choices"),
            note,
            id=f"f-{item.name}",
            class_="hg-field",
            aria_describedby=f"note-{item.name}",
        )
    control = _select if item.type == "choice" else _input
    return element(
        "div",
        element("label", question, for_=f"i-{item.name}"),
        control(item, form, lang),
        note,
        id=f"f-{item.name}",
        class_="hg-field",
    )


def _yes_no(item: RouteInput, form: PlanForm, lang: Lang) -> Iterable[Html]:
    known = form.values.get(item.name)
    for value, key in ((True, "open.yes"), (False, "open.no"), (None, "plan.unknown")):
        yield element(
            "label",
            element(
                "input",
                type="radio",
                name=item.name,
                value="" if value is None else str(value).lower(),
                checked=known is value,
            ),
            word(key, lang),
        )


def _select(item: RouteInput, form: PlanForm, lang: Lang) -> Html:
    known = form.values.get(item.name)
    return element(
        "select",
        element("option", string("plan.unknown", lang), value=""),
        *(
            element(
                "option",
                in_script(choice.text(passage_lang(lang)), lang),
                value=choice.value,
                selected=choice.value == known,
            )
            for choice in item.choices
        ),
        **_named(item.name, form),
    )


def _input(item: RouteInput, form: PlanForm, lang: Lang) -> Html:
    value = form.given.get(item.name)
    if item.type == "date":
        return element("input", type="date", value=value, **_named(item.name, form))
    unit = unit_of(item)
    return element(
        "span",
        element(
            "input",
            type="text",
            inputmode="text",  # 2亿 and "200 million" are no digits
            autocomplete="off",
            maxlength=LONGEST,
            value=value,
            **_named(item.name, form),
        ),
        word(unit, lang, class_="hg-unit") if unit else EMPTY,
        class_="hg-number",
    )


def _day(form: PlanForm, lang: Lang) -> Html:
    return element(
        "div",
        element("label", word("plan.as_of", lang), for_="i-as_of"),
        element(
            "input",
            type="date",
            value=form.as_of_given or form.as_of.isoformat(),
            **_named("as_of", form),
        ),
        element(
            "p",
            safe_problem(form.problems.get("as_of")),
            id="note-as_of",
            class_="hg-field-note",
        ),
        id="f-as_of",
        class_="hg-field",
    )


def _named(name: str, form: PlanForm) -> dict[str, str | None]:
    return {
        "name": name,
        "id": f"i-{name}",
        "aria_describedby": f"note-{name}",
        "aria_invalid": "true" if name in form.problems else None,
    }
