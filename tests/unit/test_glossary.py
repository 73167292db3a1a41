"""The glossary: what ships is sound, and words are found where a reader would see them."""

import re
import time
from itertools import pairwise
from pathlib import Path

import opencc
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus import Corpus
from knowledge.glossary import Glossary, GlossaryError, Term, load_glossary
from tests.shipped import shipped_glossary

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
GLOSSARY = shipped_glossary()
BY_ID = {term.id: term for term in GLOSSARY.terms}
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def cards() -> list[dict]:
    """Every instrument card, as YAML gives it."""
    paths = sorted((KNOWLEDGE / "cards").glob("*/*.yaml"))
    return [yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in paths]


def ids(text: str, lang: str | None = None) -> list[str]:
    return [hit.term.id for hit in GLOSSARY.find(text, lang)]


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "glossary.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def entry(term_id: str = "cash-pool", **changes: object) -> dict:
    plain = {"id": term_id, "zh": "资金池", "hant": "資金池", "en": "cash pool"}
    return plain | changes


# What ships


def test_the_shipped_glossary_has_at_least_300_terms():
    assert len(GLOSSARY.terms) >= 300


def test_ids_are_unique():
    assert len(BY_ID) == len(GLOSSARY.terms)


def test_no_surface_stands_in_two_terms():
    owners: dict[str, str] = {}
    for term in GLOSSARY.terms:
        for word in {*term.words("zh"), *term.words("en"), *term.abbr}:
            key = re.sub(r"[\s-]+", " ", word.lower())
            assert owners.setdefault(key, term.id) == term.id, word


def test_every_named_instrument_has_a_card(cards):
    known = {card["id"] for card in cards}
    assert [(t.id, name) for t in GLOSSARY.terms for name in t.names if name not in known] == []


def test_hant_is_traditional_wherever_the_scripts_differ():
    to_hong_kong, to_simplified = opencc.OpenCC("s2hk"), opencc.OpenCC("t2s")
    for term in GLOSSARY.terms:
        if to_hong_kong.convert(term.zh) != term.zh:
            assert term.hant != term.zh, term.id
        for word in (term.hant, *term.also.hant):
            # A word that is the same in both scripts changes in neither direction.
            simplified = to_simplified.convert(word)
            assert simplified != word or to_hong_kong.convert(word) == word, word


def test_each_language_lists_its_own_script():
    for term in GLOSSARY.terms:
        assert all(HAN.search(word) for word in (term.zh, *term.also.zh, *term.also.hant)), term.id
        assert not any(HAN.search(word) for word in (term.en, *term.also.en, *term.abbr)), term.id


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nine_cards_in_ten_name_a_term_in_title_or_summary(cards, lang):
    found = [bool(ids(f"{card['title'][lang]}\n{card['summary'][lang]}", lang)) for card in cards]
    assert sum(found) / len(found) >= 0.9


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_question_of_the_routes_names_a_term_but_for_a_few(lang):
    asks = [
        ask
        for path in (KNOWLEDGE / "routes").glob("*.yaml")
        for ask in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["asks"][lang]
    ]
    assert sum(bool(ids(ask, lang)) for ask in asks) / len(asks) >= 0.95


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("备案", "核准"),
        ("境外放款", "境外贷款"),
        ("QFLP", "QDLP"),
        ("GDR", "ADR"),
        ("FT账户", "NRA账户"),
        ("内保外贷", "外保内贷"),
        ("高版本资金池", "低版本资金池"),
        ("证监会", "香港证监会"),
        ("购汇", "结汇"),
        ("股票质押", "抵押"),
        ("CTC", "财务公司"),
        ("税收协定", "内地与香港税收安排"),
    ],
)
def test_what_the_law_keeps_apart_stays_apart(one, other):
    assert ids(one)
    assert ids(other)
    assert not set(ids(one)) & set(ids(other))


# Popular names


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("37号文怎么办", "safe-2014-37-spv-round-trip"),
        ("11号令还有效吗", "ndrc-2017-11-odi"),
        ("7号文登记", "safe-2012-7-equity-incentives"),
        ("明珠债怎么发", "pudong-ft-offshore-bond-provisions-2026"),
        ("跨境支付通限额", "payment-connect-fps-ibps"),
        ("高版本资金池门槛", "mnc-integrated-cash-pool-2025"),
        ("申請RBF", "hkma-rmb-business-facility"),
        ("Payment Connect limits", "payment-connect-fps-ibps"),
        ("What is Circular 37?", "safe-2014-37-spv-round-trip"),
        ("九号牌", "sfc-type-9-licence"),
        ("兩級制利得稅", "hk-profits-tax-two-tier-patent-box"),
    ],
)
def test_a_popular_name_leads_to_its_card(text, card):
    assert card in {name for hit in GLOSSARY.find(text) for name in hit.term.names}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("外管要什么材料", "safe"),
        ("人行", "pboc"),
        ("港交所", "hkex"),
        ("证监会", "csrc"),
        ("香港證監會", "sfc"),
        ("钱怎么出去", "outward-remittance"),
        ("钱能不能绕回国内", "repatriation"),
        ("想把港股的钱留在境外", "keep-abroad"),
        ("打钱给供应商", "remittance"),
        ("我們是小巨人", "little-giant"),
        ("城投能不能发", "lgfv"),
        ("點樣開戶口", "account-opening"),
        ("出糧", "payroll"),
        ("股票通", "stock-connect"),
    ],
)
def test_everyday_words_lead_to_the_term(text, term):
    assert term in ids(text)


# Finding


def test_the_longest_match_wins():
    assert ids("一体化资金池的门槛") == ["integrated-pool", "threshold"]
    assert ids("资金池的门槛") == ["cash-pool", "threshold"]


def test_the_longest_match_wins_also_over_a_shorter_one_that_begins_earlier():
    # 离岸人民币 (5 characters) begins before 人民币业务资金安排 (9) and overlaps it.
    assert ids("离岸人民币业务资金安排") == ["rbf"]


def test_a_phrase_is_one_term_and_its_abbreviation_alone_another():
    assert ids("ODI备案") == ["odi-filing"]
    assert ids("ODI要多久") == ["odi", "processing-time"]


def test_an_abbreviation_is_found_between_chinese_characters():
    (hit,) = GLOSSARY.find("我们的QFLP怎样")
    assert (hit.term.id, hit.start, hit.end, hit.text) == ("qflp", 3, 7, "QFLP")


@pytest.mark.parametrize(
    "text", ["ODI备案", "ＯＤＩ备案", "odi备案", "ODI 备案", "ODI備案", "ODI“备案”"]
)
def test_width_case_spaces_quotation_marks_and_script_make_no_difference(text):
    assert ids(text) == ["odi-filing"]


def test_offsets_count_in_the_text_as_given():
    text = "請問ＦＴ 賬戶 和NRA賬戶"
    for hit in GLOSSARY.find(text):
        assert text[hit.start : hit.end] == hit.text
    assert [hit.text for hit in GLOSSARY.find(text)] == ["ＦＴ 賬戶", "NRA賬戶"]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("two cash pools", "cash-pool"),
        ("withholding taxes", "withholding-tax"),
        ("overseas subsidiaries", "subsidiary"),
        ("SPVs", "spv"),
        ("dim-sum bonds", "dim-sum-bond"),
        ("round trip investment", "round-trip"),
        ("the company's H-shares", "h-share"),
    ],
)
def test_english_plurals_and_hyphens_are_forgiven(text, term):
    assert ids(text, "en") == [term]


@pytest.mark.parametrize(
    "text", ["cashpooling", "unguaranteed", "model", "MODIFY", "loft", "137号文"]
)
def test_no_latin_word_or_figure_is_cut_apart(text):
    assert ids(text) == []


def test_the_number_of_a_full_citation_is_not_a_popular_name():
    assert "safe-2017-3" not in ids("银发〔2025〕3号文")
    assert "safe-2017-3" in ids("3号文")


def test_an_abbreviation_that_is_a_plain_word_is_found_in_capitals_only():
    assert ids("Is it safe?") == []
    assert ids("Ask SAFE") == ["safe"]
    assert ids("問SAFE") == ["safe"]


@pytest.mark.parametrize(
    ("text", "not_meant"),
    [
        ("开展业务", "bank-conduct"),
        ("中国企业出海", "soe"),
        ("投资管理能力", "asset-management"),
        ("人工智能", "payroll"),
        ("境外债务人", "offshore-bond"),
        ("本外币", "foreign-exchange"),
    ],
)
def test_a_word_inside_another_is_not_found(text, not_meant):
    assert not_meant not in ids(text)


def test_a_language_restricts_the_words_and_none_allows_all():
    mixed = "How does 内保外贷 work for an SPV's cash pool?"
    assert ids(mixed, "en") == ["spv", "cash-pool"]
    assert ids(mixed, "zh") == ["neibaowaidai", "spv"]
    assert ids(mixed) == ["neibaowaidai", "spv", "cash-pool"]


def test_finding_takes_under_a_millisecond_for_a_hundred_characters():
    question = "集团想把香港子公司的闲置资金归集回来，用高版本资金池还是FT账户？" * 3
    GLOSSARY.find(question)
    best = min(_seconds(question) for _ in range(20))
    assert best / (len(question) / 100) < 1e-3


def _seconds(question: str) -> float:
    start = time.perf_counter()
    GLOSSARY.find(question, "zh")
    return time.perf_counter() - start


# Words for the segmenter, synonyms, translations


def test_user_words_are_simplified_and_hold_hong_kong_words_too():
    words = GLOSSARY.user_words()
    assert {"资金池", "出粮", "数码人民币", "FT账户"} <= set(words)
    to_simplified = opencc.OpenCC("t2s")
    assert [word for word in words if to_simplified.convert(word) != word] == []
    assert len(set(words)) == len(words)


def test_expansions_give_the_preferred_term_first_and_leave_out_what_is_there():
    words = GLOSSARY.expansions("明珠债怎么发", "zh")
    assert words[0] == "自贸离岸债"
    assert "明珠债" not in words
    assert "free trade offshore bond" not in words


def test_expansions_add_abbreviations_in_both_languages():
    assert "ODI" in GLOSSARY.expansions("境外直接投资", "zh")
    assert "ODI" in GLOSSARY.expansions("outbound investment", "en")


def test_a_traditional_question_is_expanded_in_simplified_characters():
    assert "内保外贷" not in GLOSSARY.expansions("內保外貸", "zh")
    assert "发薪" in GLOSSARY.expansions("點樣出糧", "zh")


def test_translations_are_the_preferred_terms_of_the_other_language():
    assert GLOSSARY.translations("內保外貸", "zh", "en") == (
        "onshore guarantee for an offshore loan",
    )
    assert GLOSSARY.translations("pearl bonds and panda bonds", "en", "zh") == (
        "自贸离岸债",
        "熊猫债",
    )


def test_nothing_named_gives_nothing():
    for text in ("", "你好", "good morning", "\x00", "，。"):
        assert GLOSSARY.find(text) == ()
        assert GLOSSARY.expansions(text, "zh") == GLOSSARY.translations(text, "en", "zh") == ()


SURFACES = sorted(
    {word for t in GLOSSARY.terms for word in (*t.words("zh"), *t.words("en"), *t.abbr)}
)
PIECES = st.one_of(st.sampled_from(SURFACES), st.text(max_size=4), st.sampled_from(" -，。和 s es"))


@given(st.lists(PIECES, max_size=12).map("".join))
def test_spans_never_overlap_and_each_is_a_surface_of_its_term(text):
    hits = GLOSSARY.find(text)
    for before, after in pairwise(hits):
        assert before.end <= after.start
    for hit in hits:
        assert text[hit.start : hit.end] == hit.text != ""
        assert hit.surface in {*hit.term.words("zh"), *hit.term.words("en"), *hit.term.abbr}
        assert [again.term.id for again in GLOSSARY.find(hit.surface)] == [hit.term.id]


def test_every_surface_finds_its_own_term():
    for term in GLOSSARY.terms:
        for word in (*term.words("zh"), *term.words("en"), *term.abbr):
            (hit,) = GLOSSARY.find(word)
            assert (hit.term.id, hit.start) == (term.id, 0), word
            assert hit.text.rstrip("”") == word.rstrip("”"), word


# Refusals


def test_a_minimal_glossary_loads(tmp_path):
    path = written(tmp_path, yaml.safe_dump({"terms": [entry()]}))
    (term,) = load_glossary(path).terms
    assert term == Term(id="cash-pool", zh="资金池", hant="資金池", en="cash pool")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            [entry(), entry("pool", zh="现金池", hant="資金池", en="pool")],
            r"term 'pool': seen '资金池', expected it in one term, but 'cash-pool' has it\. Keep it",
        ),
        (
            [entry(), entry("pool", zh="现金池", hant="現金池", en="Cash-Pool")],
            r"term 'pool': seen 'Cash-Pool', expected it in one term, but 'cash-pool' has it",
        ),
        (
            [entry(), entry(zh="现金池", hant="現金池", en="pool")],
            r"term 'cash-pool': seen 'cash-pool', expected each id once\. Merge the two",
        ),
        (
            [entry(also={"zh": ["归集", "归集"]})],
            r"term 'cash-pool': seen '归集', expected each string once in a term\. Delete",
        ),
        ([entry(also={"zh": ["池"]})], r"term 'cash-pool': seen '池', expected two characters"),
        ([entry(en="")], r"term 'cash-pool': seen '', expected two characters"),
        (
            [entry(also={"zh": ["歸集"]})],
            r"seen '歸集', expected simplified characters in zh\. Move",
        ),
        ([entry(cased=["POOL"])], r"seen 'POOL', expected a string that abbr has too\. Add it"),
        (
            [entry(hanz="資金池")],
            r"term 'cash-pool': seen key 'terms\.0\.hanz', expected one of id, zh",
        ),
        (
            [entry(also={"hk": ["戶口"]})],
            r"seen key 'terms\.0\.also\.hk', expected one of zh, hant, en",
        ),
        (
            [{"id": "cash-pool", "zh": "资金池"}],
            r"term 'cash-pool': seen no 'hant', expected one\. Add",
        ),
        ([entry("Cash Pool")], r"term 'Cash Pool': seen 'Cash Pool' at 'terms\.0\.id'"),
        (["资金池"], r"term no\. 0: seen '资金池' at 'terms\.0'"),
        ([], r"seen \[\] at 'terms'"),
    ],
)
def test_a_broken_glossary_is_refused_with_place_and_remedy(tmp_path, entries, message):
    path = written(tmp_path, yaml.safe_dump({"terms": entries}, allow_unicode=True))
    with pytest.raises(GlossaryError, match=message) as caught:
        load_glossary(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", ["terms: [", "[]", "terms: []\nwords: []", ""])
def test_a_file_of_another_form_is_refused(tmp_path, content):
    with pytest.raises(GlossaryError, match=r"glossary\.yaml"):
        load_glossary(written(tmp_path, content))


def test_a_glossary_built_in_memory_is_checked_too():
    pool = Term(id="cash-pool", zh="资金池", hant="資金池", en="cash pool")
    with pytest.raises(ValueError, match="expected it in one term"):
        Glossary(terms=(pool, pool.model_copy(update={"id": "pool"})))


def test_no_fact_mentions_a_subject_that_is_marked_uncovered(corpus: Corpus) -> None:
    glossary = load_glossary()
    uncovered = {term.id for term in glossary.terms if term.uncovered}
    mentioned = {
        hit.term.id: ref
        for ref in corpus.refs
        for hit in glossary.find(f"{corpus.fact(ref).zh} {corpus.fact(ref).en}")
        if hit.term.id in uncovered
    }
    assert uncovered
    assert mentioned == {}
