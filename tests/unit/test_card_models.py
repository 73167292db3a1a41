"""Cards and routes in memory: immutable, strict, and the same after a trip through JSON."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from knowledge.card import Bilingual, Fact, FactRef, FactValue, Instrument, Source
from knowledge.route import Leg, RouteInput

BOTH = {"zh": "中", "en": "en"}


def card(**changes: Any) -> dict[str, Any]:
    return {
        "id": "a-card",
        "title": BOTH,
        "number": None,
        "issuers": ["PBOC"],
        "jurisdiction": "mainland",
        "kind": "notice",
        "topics": ["payments"],
        "issued": dt.date(2025, 1, 1),
        "effective": None,
        "status": "in-force",
        "superseded_by": None,
        "summary": BOTH,
        "sources": [
            {
                "id": "s1",
                "publisher": "PBOC",
                "title": "t",
                "url": "https://example.org",
                "official": True,
                "quality": "official",
            }
        ],
        "facts": [{"id": 1, "aspect": "limit", "zh": "一", "en": "one", "source": "s1"}],
    } | changes


def test_a_card_cannot_be_changed_after_reading() -> None:
    instrument = Instrument.model_validate(card())
    with pytest.raises(ValidationError, match="frozen"):
        instrument.status = "draft"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        instrument.facts[0].zh = "二"  # type: ignore[misc]


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"facts": [{"id": 1, "aspect": "limit", "zh": "一", "en": "1", "source": "s1", "x": 1}]},
    ],
)
def test_an_unknown_key_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Instrument.model_validate(card(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "A Card"},
        {"issuers": []},
        {"topics": ["cooking"]},
        {"status": "maybe"},
        {"facts": []},
        {"sources": []},
        {"title": {"zh": "只有中文"}},
        {"title": {"zh": "", "en": "x"}},
        {"facts": [{"id": 0, "aspect": "limit", "zh": "一", "en": "1", "source": "s1"}]},
    ],
)
def test_a_value_outside_the_format_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Instrument.model_validate(card(**changes))


def test_a_card_starts_when_effective_else_when_issued() -> None:
    issued, effective = dt.date(2025, 1, 1), dt.date(2025, 3, 1)
    assert Instrument.model_validate(card()).starts == issued
    assert Instrument.model_validate(card(effective=effective)).starts == effective
    assert Instrument.model_validate(card(issued=None)).starts is None


def test_facts_and_sources_are_found_by_id() -> None:
    instrument = Instrument.model_validate(card())
    assert instrument.fact(1).text("en") == "one"
    assert instrument.source("s1").publisher == "PBOC"
    with pytest.raises(KeyError, match="a-card#2"):
        instrument.fact(2)
    with pytest.raises(KeyError, match="s9"):
        instrument.source("s9")


def test_a_fact_reference_knows_its_card_and_number() -> None:
    ref = FactRef.of("ndrc-2017-11-odi", 12)
    assert ref == "ndrc-2017-11-odi#12"
    assert (ref.card_id, ref.fact_id) == ("ndrc-2017-11-odi", 12)


@pytest.mark.parametrize(
    "text", ["", "a", "a#", "#1", "a#0", "a#01", "A#1", "a#1#2", "a-#1", "a #1"]
)
def test_what_is_not_card_and_number_is_no_reference(text: str) -> None:
    with pytest.raises(ValueError, match="not a fact reference"):
        FactRef(text)
    with pytest.raises(ValidationError):
        TypeAdapter(FactRef).validate_python(text)


def test_a_reference_is_a_plain_string_in_json() -> None:
    adapter = TypeAdapter(tuple[FactRef, ...])
    assert adapter.dump_json((FactRef("a#1"),)) == b'["a#1"]'
    assert isinstance(adapter.validate_json(b'["a#1"]')[0], FactRef)


@pytest.mark.parametrize(
    "parts",
    [{}, {"amount": 1, "value": "x"}, {"amount": 1, "date": "2025-01-01"}],
)
def test_a_value_is_an_amount_or_a_date_or_a_text(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of"):
        FactValue.model_validate({"name": "n"} | parts)


def test_choices_belong_to_a_choice_and_only_there() -> None:
    choice = {"value": "a", "zh": "甲", "en": "A"}
    assert RouteInput.model_validate(
        {"name": "n", "type": "choice", "choices": [choice], "question": BOTH}
    )
    for kind, choices in (("choice", []), ("bool", [choice])):
        with pytest.raises(ValidationError, match="choices"):
            RouteInput.model_validate(
                {"name": "n", "type": kind, "choices": choices, "question": BOTH}
            )


def test_a_leg_is_read_from_the_word_from() -> None:
    leg = Leg.model_validate(
        {
            "from": "mainland_parent",
            "to": "hk_company",
            "what": BOTH,
            "currencies": ["CNY"],
            "facts": ["a#1"],
        }
    )
    assert leg.from_ == "mainland_parent"
    assert Leg.model_validate_json(leg.model_dump_json(by_alias=True)) == leg


texts = st.text(min_size=1, max_size=20)
values = st.one_of(
    st.builds(FactValue, name=texts, amount=st.integers(), unit=st.none() | texts),
    st.builds(FactValue, name=texts, date=st.dates()),
    st.builds(FactValue, name=texts, value=texts),
)
facts = st.builds(
    Fact,
    id=st.integers(1, 99),
    aspect=st.sampled_from(["limit", "timing", "tax"]),
    zh=texts,
    en=texts,
    source=st.just("s1"),
    also=st.lists(st.just("s2"), max_size=2).map(tuple),
    locator=st.none() | texts,
    values=st.lists(values, max_size=2).map(tuple),
)
sources = st.builds(
    Source,
    id=st.just("s1"),
    publisher=texts,
    title=texts,
    url=st.just("https://example.org/页"),
    official=st.booleans(),
    quality=st.sampled_from(["official", "press"]),
    date=st.none() | st.dates() | st.just("2025-06"),
)
instruments = st.builds(
    Instrument,
    id=st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True),
    title=st.builds(Bilingual, zh=texts, en=texts),
    number=st.none() | texts,
    issuers=st.just(("PBOC",)),
    jurisdiction=st.sampled_from(["mainland", "both"]),
    kind=st.just("notice"),
    topics=st.just(("payments",)),
    issued=st.none() | st.dates(),
    effective=st.none() | st.dates(),
    status=st.sampled_from(["in-force", "draft"]),
    superseded_by=st.none() | st.just("b"),
    summary=st.builds(Bilingual, zh=texts, en=texts),
    sources=st.lists(sources, min_size=1, max_size=2).map(tuple),
    facts=st.lists(facts, min_size=1, max_size=3).map(tuple),
)


@given(instruments)
def test_a_card_is_the_same_after_a_trip_through_json(instrument: Instrument) -> None:
    assert Instrument.model_validate_json(instrument.model_dump_json()) == instrument
