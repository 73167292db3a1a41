from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import get_args

import pytest
from starlette.datastructures import QueryParams

from knowledge.card import Aspect, Fact, FactRef, Kind
from knowledge.corpus import Corpus, Validity
from knowledge.issuer import Place
from tests.unit.small_cards import TODAY, corpus_of, small_card, small_fact
from ui.rulebook.action_plan import ACTION_PLAN, measure_key, plan_view
from ui.rulebook.browse_page import facet_word
from ui.rulebook.catalogue import (
    FACETS,
    PAGE_SIZE,
    SORTS,
    Facet,
    Match,
    Query,
    Selection,
    chain_of,
    facet_choices,
    listing,
    months_of,
)
from ui.rulebook.names import Names, fold, fold_words
from ui.rulebook.query import list_address, read_query
from ui.rulebook.uses import Part, uses_of
from ui.strings import LANGS, string

POOL, PILOTS = "mnc-integrated-cash-pool-2025", "mnc-integrated-pool-pilots"
FIELDS = {"status": "statuses", "topic": "topics", "jurisdiction": "jurisdictions"}


def chosen(facet: Facet, *values: str) -> Selection:
    return Selection.model_validate({FIELDS.get(facet, "issuers"): values})


def ids_of(corpus: Corpus, query: Query) -> list[str]:
    found: list[str] = []
    for page in range(1, listing(corpus, query, None, "en").pages + 1):
        shown = listing(corpus, query.model_copy(update={"page": page}), None, "en")
        found += [row.card.id for row in shown.rows]
    return found


# --- facets ---


@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize(
    "others",
    [
        Selection(),
        Selection(topics=("payments",), jurisdictions=("mainland", "both")),
        Selection(issuers=("SAFE",), statuses=("in-force",)),
    ],
)
def test_a_count_is_what_choosing_the_value_leaves(
    corpus: Corpus, facet: Facet, others: Selection
) -> None:
    query = Query(as_of=TODAY, selection=others)
    for count in listing(corpus, query, None, "en").facets[facet]:
        only = others.model_copy(update={FIELDS.get(facet, "issuers"): (count.value,)})
        left = listing(corpus, query.model_copy(update={"selection": only}), None, "en")
        assert left.total == count.n
        assert next(c for c in left.facets[facet] if c.value == count.value).chosen


def test_values_of_one_facet_widen_and_facets_narrow(corpus: Corpus) -> None:
    def total(selection: Selection) -> int:
        return listing(corpus, Query(as_of=TODAY, selection=selection), None, "en").total

    mainland, hongkong = chosen("jurisdiction", "mainland"), chosen("jurisdiction", "hongkong")
    either = chosen("jurisdiction", "mainland", "hongkong")
    assert total(either) == total(mainland) + total(hongkong)
    taxed = either.model_copy(update={"topics": ("tax",)})
    assert 0 < total(taxed) < min(total(either), total(chosen("topic", "tax")))


def test_issuers_are_those_that_issue_cards_the_busiest_first(corpus: Corpus) -> None:
    shown = listing(corpus, Query(as_of=TODAY), None, "en").facets["issuer"]
    assert {c.value for c in shown} == {b for c in corpus.instruments.values() for b in c.issuers}
    assert len(shown) < len(corpus.issuers)
    assert all(one.n >= other.n for one, other in pairwise(shown))
    assert all(corpus.issuer_name(count.value).zh != count.value for count in shown)


@pytest.mark.parametrize("lang", LANGS)
def test_every_value_that_is_shown_has_words(corpus: Corpus, lang: str) -> None:
    for facet in ("status", "topic", "jurisdiction"):
        for value in facet_choices(corpus, facet):
            assert facet_word(facet, value, lang)
    families = {"kind": Kind, "aspect": Aspect, "seat": Place, "use": Part}
    for family, values in families.items():
        assert all(string(f"rules.{family}.{value}", lang) for value in get_args(values))
    for name in {name for card in corpus.instruments.values() for name in card.measures}:
        assert string(f"rules.measure.{measure_key(name)}", lang)


# --- the day ---


@pytest.mark.parametrize(
    ("day", "old", "new"),
    [
        (dt.date(2025, 12, 25), "in-force", "not-yet"),
        (dt.date(2025, 12, 26), "superseded", "in-force"),
    ],
)
def test_a_replaced_rule_counts_until_its_successor_starts(
    corpus: Corpus, day: dt.date, old: Validity, new: Validity
) -> None:
    for card_id, validity in ((PILOTS, old), (POOL, new)):
        query = Query(as_of=day, selection=chosen("status", validity))
        assert card_id in ids_of(corpus, query)


def test_on_every_month_the_statuses_share_out_all_instruments(corpus: Corpus) -> None:
    for month in months_of(corpus, TODAY)[::12]:
        counts = listing(corpus, Query(as_of=month.last_day), None, "en").facets["status"]
        assert sum(count.n for count in counts) == len(corpus.instruments)


def test_the_months_run_without_gap_over_every_start(corpus: Corpus) -> None:
    months = months_of(corpus, TODAY)
    starts = [card.starts for card in corpus.instruments.values() if card.starts]
    assert sum(month.starts for month in months) == len(starts)
    assert months[0].last_day >= min(starts)
    assert months[-1].last_day >= max(*starts, TODAY)
    for one, following in pairwise(months):
        assert (one.last_day + dt.timedelta(days=1)).month == following.month
        assert following.last_day - one.last_day <= dt.timedelta(days=31)


def test_the_months_reach_today_and_what_is_still_to_come() -> None:
    later = small_card("later", small_fact(1, "甲", "A"), effective=dt.date(2027, 2, 1))
    assert months_of(corpus_of(later), TODAY)[-1][:2] == (2027, 2)
    past = small_card("past", small_fact(1, "甲", "A"), effective=dt.date(2020, 12, 31))
    months = months_of(corpus_of(past), TODAY)
    assert (months[0].last_day, months[-1][:2]) == (dt.date(2020, 12, 31), (2026, 11))


# --- order and pages ---


@pytest.mark.parametrize("sort", SORTS)
def test_pages_show_every_instrument_once(corpus: Corpus, sort: str) -> None:
    query = Query(as_of=TODAY, sort=sort)
    assert sorted(ids_of(corpus, query)) == sorted(corpus.instruments)
    assert listing(corpus, query, None, "en").pages == -(-len(corpus.instruments) // PAGE_SIZE)


def test_a_page_past_the_end_is_the_last(corpus: Corpus) -> None:
    found = listing(corpus, Query(as_of=TODAY, page=999), None, "en")
    assert found.page == found.pages
    assert found.rows


def test_the_newest_comes_first_and_the_undated_last(corpus: Corpus) -> None:
    ids = ids_of(corpus, Query(as_of=TODAY, sort="newest"))
    starts = [corpus.instruments[one].starts or dt.date.min for one in ids]
    assert starts == sorted(starts, reverse=True)
    assert starts[-1] == dt.date.min


def test_chinese_titles_are_sorted_by_sound() -> None:
    names = {"c": "中国", "a": "《安排", "b": "国家"}
    cards = [
        small_card(key, small_fact(1, "甲", "A"), title={"zh": zh, "en": key})
        for key, zh in names.items()
    ]
    found = listing(corpus_of(*cards), Query(as_of=TODAY, sort="title"), None, "zh-Hans")
    assert [row.card.id for row in found.rows] == ["a", "b", "c"]


def test_what_is_named_comes_before_what_is_near(corpus: Corpus) -> None:
    matches = {
        PILOTS: Match(3, 1.4, FactRef.of(PILOTS, 1)),
        POOL: Match(0, 0.2, None),
        ACTION_PLAN: Match(3, 1.5, None),
    }
    found = listing(corpus, Query(text="x", as_of=TODAY), matches, "en")
    assert [row.card.id for row in found.rows] == [POOL, ACTION_PLAN, PILOTS]
    assert found.rows[2].fact == FactRef.of(PILOTS, 1)
    assert found.rows[0].replaces == (corpus.instruments[PILOTS],)
    assert found.rows[2].replaced_by == corpus.instruments[POOL]


# --- words ---


@pytest.mark.parametrize("written", ["汇发〔2025〕43号", "匯發[2025]43號", "汇发 （2025） 43号"])
def test_brackets_script_and_spaces_make_no_difference(written: str) -> None:
    assert fold(written) == "汇发202543号"


def test_marks_alone_are_no_words() -> None:
    assert fold_words(" —《》 ?! ") == ()


def test_words_are_found_in_head_names_and_facts(corpus: Corpus) -> None:
    names = Names(corpus)
    card = corpus.instruments[POOL]
    assert names.in_head(POOL, fold_words(card.number or ""))
    assert names.titled(fold(card.title.en)) == {POOL}
    assert names.titled(fold("SAFE")) == frozenset()
    issuer = corpus.issuer_name(card.issuers[0]).zh
    assert names.in_names(POOL, fold_words(issuer))
    assert not names.in_head(POOL, fold_words(issuer))
    last = card.facts[-1]
    assert names.fact_with(POOL, (fold(last.zh),)) == last.id
    assert names.fact_with(POOL, ("nosuchword",)) is None


# --- chains ---


def replaced(card_id: str, by: str | None, day: dt.date) -> object:
    status = "superseded" if by else "in-force"
    fact: Fact = small_fact(1, "甲", "A")
    return small_card(card_id, fact, status=status, superseded_by=by, effective=day)


def test_a_chain_is_followed_to_both_ends() -> None:
    corpus = corpus_of(
        replaced("first", "second", dt.date(2010, 1, 1)),
        replaced("aside", "third", dt.date(2012, 1, 1)),
        replaced("second", "third", dt.date(2015, 1, 1)),
        replaced("third", "fourth", dt.date(2020, 1, 1)),
        replaced("fourth", None, dt.date(2025, 1, 1)),
    )
    for card_id, earlier, later in (
        ("first", [], ["second", "third", "fourth"]),
        ("third", ["first", "aside", "second"], ["fourth"]),
        ("fourth", ["first", "aside", "second", "third"], []),
    ):
        chain = chain_of(corpus, corpus.instruments[card_id])
        assert [card.id for card in chain.earlier] == earlier
        assert [card.id for card in chain.later] == later


def test_a_chain_that_bites_its_tail_ends() -> None:
    corpus = corpus_of(
        replaced("one", "two", dt.date(2010, 1, 1)), replaced("two", "one", dt.date(2011, 1, 1))
    )
    chain = chain_of(corpus, corpus.instruments["one"])
    assert [card.id for card in (*chain.earlier, *chain.later)] == ["two"]


def test_every_replaced_instrument_leads_to_its_successor_and_back(corpus: Corpus) -> None:
    old = [card for card in corpus.instruments.values() if card.superseded_by]
    assert old
    for card in old:
        chain = chain_of(corpus, card)
        assert chain.later[0].id == card.superseded_by
        assert card in chain_of(corpus, chain.later[-1]).earlier


# --- routes ---


def test_every_fact_of_a_route_is_a_use_of_its_instrument(corpus: Corpus) -> None:
    uses = {
        (route.route, FactRef.of(card_id, n))
        for card_id in corpus.instruments
        for route in uses_of(corpus, card_id)
        for option in route.options
        for use in option.uses
        for n in use.facts
    }
    assert uses == {(route.id, ref) for route in corpus.routes.values() for ref in route.refs}


# --- Action Plan ---


def test_every_instrument_that_names_a_measure_stands_under_each_of_its_names(
    corpus: Corpus,
) -> None:
    view = plan_view(corpus)
    shown = {(card.id, one.name) for one in (*view.measures, *view.further) for card in one.same}
    shown |= {(s.card.id, name) for one in view.measures for s in one.akin for name in s.names}
    assert shown == {
        (card.id, name)
        for card in corpus.instruments.values()
        for name in card.measures
        if card.id != ACTION_PLAN
    }


def test_the_measures_are_those_of_the_plan_and_some_have_nothing(corpus: Corpus) -> None:
    view = plan_view(corpus)
    assert [one.name for one in view.measures] == list(view.plan.measures)
    by_name = {one.name: one for one in view.measures}
    assert by_name["green finance"].has_nothing
    assert [c.id for c in by_name["e-CNY cross-border payments"].same] == [
        "ecny-international-operation-centre-2025"
    ]


def test_wider_and_narrower_names_are_told_apart_from_the_same(corpus: Corpus) -> None:
    by_name = {one.name: one for one in plan_view(corpus).measures}
    assert by_name["gold"].same == ()
    assert {name for one in by_name["gold"].akin for name in one.names} == {
        "gold products and trading",
        "黄金市场合作 / gold market cooperation",
    }
    bonds = by_name["Bond Connect and Swap Connect"].akin
    assert {name for one in bonds for name in one.names} == {
        "Bond Connect",
        "Southbound Bond Connect",
    }
    # An insurer's rule is no rule on reinsurance for being about insurance.
    assert by_name["reinsurance"].has_nothing
    assert by_name["cross-border clearing"].has_nothing


def test_names_of_measures_do_not_collide_in_addresses(corpus: Corpus) -> None:
    names = {name for card in corpus.instruments.values() for name in card.measures}
    assert len({measure_key(name) for name in names}) == len(names)


# --- addresses ---


def test_what_an_address_asks_for_comes_back_as_its_address(corpus: Corpus) -> None:
    written = (
        "q=%E8%B5%84%E9%87%91%E6%B1%A0&status=in-force&status=pilot&topic=payments"
        "&jurisdiction=mainland&issuer=SAFE&as_of=2025-12-01&sort=newest&page=2&lang=en"
    )
    asked = read_query(QueryParams(written), corpus, TODAY)
    assert asked.notices == ()
    assert asked.query.selection.statuses == ("in-force", "pilot")
    assert list_address(asked, "en", page=asked.query.page) == f"/rules?{written}"


def test_what_cannot_be_used_is_left_out_and_said(corpus: Corpus) -> None:
    written = "topic=taxes&status=&issuer=Nobody&as_of=2025-02-30&sort=odd&page=-1&q=a%00b"
    asked = read_query(QueryParams(written), corpus, TODAY)
    assert [notice.key for notice in asked.notices] == [
        "rules.notice.day",
        "rules.notice.topic",
        "rules.notice.issuer",
    ]
    assert asked.query == Query(text="a b", as_of=TODAY)


def test_the_day_that_is_today_is_no_day_of_its_own(corpus: Corpus) -> None:
    asked = read_query(QueryParams(f"as_of={TODAY}"), corpus, TODAY)
    assert (asked.day, asked.query.as_of) == (None, TODAY)


def test_a_search_that_is_too_long_is_cut_and_said(corpus: Corpus) -> None:
    asked = read_query(QueryParams({"q": "资" * 300}), corpus, TODAY)
    assert len(asked.query.text) == 200
    assert [notice.key for notice in asked.notices] == ["rules.notice.long"]


def test_no_instrument_stands_behind_another_page(corpus: Corpus) -> None:
    assert not {"action-plan", "topics"} & set(corpus.instruments)
