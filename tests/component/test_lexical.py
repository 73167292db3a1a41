from __future__ import annotations

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.errors import IndexFault
from knowledge.search.index import SearchIndex
from knowledge.search.lexical import LexicalIndex, LexicalWeights
from knowledge.search.passage import Passage, passages_of
from knowledge.search.segment import Segmenter

CASES = Path(__file__).parents[2] / "evals/cases/dev.jsonl"
SMALL = (
    ("a#1", "zh", "境外投资管理办法", "境外直接投资（ODI）应当备案。"),
    ("a#2", "zh", "境外投资管理办法", "敏感行业实行核准管理。"),
    ("b#1", "zh", "上市规则", "第18C章适用于特专科技公司。"),
    ("a#1", "en", "Overseas investment rules", "Outbound direct investment (ODI) is filed."),
    ("a#2", "en", "Overseas investment rules", "Sensitive industries need approval."),
    ("b#1", "en", "Listing Rules", "Chapter 18C is for specialist technology companies."),
)


def questions() -> list[tuple[str, PassageLang]]:
    lines = CASES.read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return [(case["question"], "en" if case["lang"] == "en" else "zh") for case in cases]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    folder = tmp_path_factory.mktemp("small") / "tantivy"
    passages = [
        Passage(ref=FactRef(ref), lang=lang, title=title, text=text)  # type: ignore[arg-type]
        for ref, lang, title, text in SMALL
    ]
    segmenter = Segmenter()
    LexicalIndex.build(folder, passages, segmenter)
    return LexicalIndex.open(folder, segmenter)


def refs(index: LexicalIndex, text: str, lang: PassageLang, *expansions: str) -> list[str]:
    return [str(hit.ref) for hit in index.search(text, lang, 10, expansions)]


def test_a_chinese_question_finds_the_passage_that_shares_its_words(small: LexicalIndex) -> None:
    assert refs(small, "ODI怎么备案", "zh")[0] == "a#1"
    assert refs(small, "18c适用于谁", "zh") == ["b#1"]


def test_an_english_question_finds_other_forms_of_its_words(small: LexicalIndex) -> None:
    # filing/filed, approvals/approval: equal stems.
    assert refs(small, "filing", "en") == ["a#1"]
    assert refs(small, "approvals", "en") == ["a#2"]


def test_a_language_is_searched_alone(small: LexicalIndex) -> None:
    assert refs(small, "specialist technology", "zh") == []
    assert refs(small, "特专科技", "en") == []
    assert small.count("zh") == small.count("en") == 3


def test_stop_words_count_only_when_there_is_nothing_else(small: LexicalIndex) -> None:
    assert "b#1" not in refs(small, "is approval for what", "en")
    assert set(refs(small, "is for", "en")) == {"a#1", "b#1"}


def test_an_expansion_finds_more_but_never_outranks_the_question(small: LexicalIndex) -> None:
    assert refs(small, "备案", "zh") == ["a#1"]
    assert refs(small, "备案", "zh", "核准") == ["a#1", "a#2"]


def test_an_expansion_of_the_questions_own_words_changes_no_score(small: LexicalIndex) -> None:
    assert small.search("境外备案", "zh", 5, ["备案"]) == small.search("境外备案", "zh", 5)


def test_a_weight_of_zero_leaves_a_field_out(small: LexicalIndex) -> None:
    # 科技公 is no word, but two pairs.
    grams_only = LexicalWeights(words=0.0)
    words_only = LexicalWeights(grams=0.0)
    assert [hit.ref for hit in small.search("科技公", "zh", 5, weights=grams_only)] == ["b#1"]
    one = small.search("备案", "zh", 5, weights=words_only)[0].score
    two = small.search("备案", "zh", 5)[0].score
    assert two > one > 0


def test_equal_scores_keep_the_order_of_the_passages(tmp_path: Path) -> None:
    passages = [
        Passage(ref=FactRef(f"{card}#1"), lang="zh", title="办法", text="应当备案。")
        for card in ("m", "z", "a", "k")
    ]
    LexicalIndex.build(tmp_path / "tantivy", passages, Segmenter())
    index = LexicalIndex.open(tmp_path / "tantivy", Segmenter())
    assert refs(index, "备案", "zh") == ["m#1", "z#1", "a#1", "k#1"]


def test_nothing_to_search_for_finds_nothing(small: LexicalIndex) -> None:
    for text in ("", "  ", "？！", "\x00", "\ud800"):
        assert small.search(text, "zh", 5) == []
        assert small.search(text, "en", 5) == []
    assert small.search("备案", "zh", 0) == []


def test_query_syntax_is_plain_text(small: LexicalIndex) -> None:
    for text in ('words:"备案', "+ODI -备案", "(((", "ref:a#1 AND *", "备案^99~2", "[a TO z}"):
        small.search(text, "zh", 5)
    assert refs(small, "-ODI NOT odi", "zh")[0] == "a#1"


@settings(deadline=None)
@given(
    text=st.text(st.characters()),
    lang=st.sampled_from(["zh", "en"]),
    expansions=st.lists(st.text(st.characters()), max_size=3),
    limit=st.integers(-1, 50),
)
def test_no_text_of_a_user_raises(
    small: LexicalIndex, text: str, lang: PassageLang, expansions: list[str], limit: int
) -> None:
    assert len(small.search(text, lang, limit, expansions)) <= max(0, limit)


def test_a_very_long_question_is_answered_quickly(search_index: SearchIndex) -> None:
    text = "".join(question for question, _ in questions()) * 20
    started = time.process_time()
    assert search_index.lexical.search(text, "zh", 10, [text])
    assert search_index.lexical.search("a" * 1_000_000, "en", 10) == []
    assert time.process_time() - started < 1


def test_the_shipped_cards_are_held_in_both_languages(
    search_index: SearchIndex, corpus: Corpus
) -> None:
    assert search_index.lexical.refs("zh") == set(corpus.refs)
    assert search_index.lexical.refs("en") == set(corpus.refs)


def test_a_passages_own_text_finds_it(search_index: SearchIndex, corpus: Corpus) -> None:
    for passage in passages_of(corpus)[::97]:
        hits = search_index.lexical.search(passage.content, passage.lang, 5)
        assert passage.ref in {hit.ref for hit in hits}


def test_half_of_the_questions_take_less_than_three_milliseconds(
    search_index: SearchIndex,
) -> None:
    taken = []
    for question, lang in questions():
        started = time.process_time()
        search_index.lexical.search(question, lang, 50)
        taken.append(time.process_time() - started)
    assert statistics.median(taken) < 0.003


def test_eight_threads_get_what_one_gets(search_index: SearchIndex) -> None:
    asked = questions()[:100]

    def answer(item: tuple[str, PassageLang]) -> list[FactRef]:
        return [hit.ref for hit in search_index.lexical.search(*item, 20)]

    alone = [answer(item) for item in asked]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(answer, asked * 8))
    assert together == alone * 8


def test_a_folder_without_an_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match="hugang index build"):
        LexicalIndex.open(tmp_path, Segmenter())
