"""The labelled pairs are sound: what they say is true or false follows from cards, not from hope."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.checking.bodies import Authorities
from bot.checking.check import Checker
from bot.language import detect_lang, passage_lang, to_simplified
from bot.writing.draft import Claim
from evals.bench.claims import Judged, in_half, judge, markdown, misses, table
from evals.claim_pairs import (
    DAY,
    DRAWN_KINDS,
    DRAWN_PAIRS,
    FALSE_PAIRS,
    HELD_OUT_PAIRS,
    MADE_KINDS,
    SECOND_HELD_OUT_PAIRS,
    THIRD_HELD_OUT_PAIRS,
    TRUE_PAIRS,
    WRITTEN_PAIRS,
    Pair,
    evidence_of,
    make_false_pairs,
    read_pairs,
    write_pairs,
)
from knowledge.corpus import Corpus
from knowledge.figures.figure import missing_figures
from knowledge.glossary import load_glossary

TRUE = read_pairs(TRUE_PAIRS)
WRITTEN = read_pairs(WRITTEN_PAIRS)
FALSE = read_pairs(FALSE_PAIRS)
HELD_OUT = read_pairs(HELD_OUT_PAIRS)
SECOND_HELD_OUT = read_pairs(SECOND_HELD_OUT_PAIRS)
THIRD_HELD_OUT = read_pairs(THIRD_HELD_OUT_PAIRS)
DRAWN = read_pairs(DRAWN_PAIRS)
KINDS = (*MADE_KINDS, "dropped-condition")


@pytest.fixture(scope="module")
def checker(corpus: Corpus) -> Checker:
    return Checker(corpus, load_glossary())


FIGURE_KINDS = ("changed-figure", "changed-date", "changed-document-number")


def test_every_kind_has_its_pairs_in_both_languages() -> None:
    assert len(TRUE) >= 200
    assert {pair.kind for pair in TRUE} == {"paraphrase"}
    assert all(pair.label for pair in TRUE)
    assert len(FALSE) >= 500
    assert not any(pair.label for pair in FALSE)
    assert Counter(pair.lang for pair in TRUE)["zh-Hant"] >= 20
    for lang in ("zh", "en"):
        assert sum(passage_lang(pair.lang) == lang for pair in TRUE) >= 100
        for kind in MADE_KINDS:
            made = [p for p in FALSE if p.kind == kind and passage_lang(p.lang) == lang]
            assert len(made) >= 20, (kind, lang)


def test_the_paraphrases_rest_on_cards_of_every_topic(corpus: Corpus) -> None:
    cards = {ref.card_id for pair in TRUE for ref in pair.refs}
    assert len(cards) >= 120
    covered = {topic for card in cards for topic in corpus.instruments[card].topics}
    assert covered == {topic for card in corpus.instruments.values() for topic in card.topics}
    assert sum(len(pair.refs) == 2 for pair in TRUE) >= 50


def test_no_pair_comes_twice_and_every_fact_exists(corpus: Corpus) -> None:
    pairs = (*TRUE, *FALSE, *HELD_OUT, *WRITTEN, *SECOND_HELD_OUT, *THIRD_HELD_OUT, *DRAWN)
    assert len({pair.id for pair in pairs}) == len(pairs)
    assert len({(to_simplified(pair.text), pair.refs) for pair in pairs}) == len(pairs)
    # only a wrong reference leaves the words as they are, so only it repeats a true text
    texts = Counter(pair.text for pair in pairs if pair.kind != "wrong-reference")
    assert texts.most_common(1)[0][1] == 1
    assert [ref for pair in pairs for ref in pair.refs if ref not in corpus] == []


def test_the_pairs_once_held_out_are_as_many_in_either_language() -> None:
    for lang in ("zh-Hans", "en"):
        assert sum(pair.lang == lang and pair.label for pair in HELD_OUT) == 60
        assert sum(pair.lang == lang and not pair.label for pair in HELD_OUT) >= 60


def test_the_second_set_held_out_has_ten_false_sentences_of_every_kind() -> None:
    kinds = Counter(pair.kind for pair in SECOND_HELD_OUT if not pair.label)
    assert kinds == dict.fromkeys(KINDS, 10)
    assert sum(pair.label for pair in SECOND_HELD_OUT) == 130
    assert Counter(pair.lang for pair in SECOND_HELD_OUT)["zh-Hant"] == 26


def test_the_third_set_held_out_cites_facts_that_no_sentence_written_by_hand_does() -> None:
    others = {ref for p in (*TRUE, *HELD_OUT, *WRITTEN, *SECOND_HELD_OUT) for ref in p.refs}
    assert {ref for pair in THIRD_HELD_OUT for ref in pair.refs}.isdisjoint(others)
    assert sum(pair.label for pair in THIRD_HELD_OUT) >= 60
    assert {pair.kind for pair in THIRD_HELD_OUT if not pair.label} == set(KINDS)


def test_the_set_on_cards_drawn_by_lot_has_ten_false_sentences_of_every_kind() -> None:
    assert Counter(pair.kind for pair in DRAWN if not pair.label) == dict.fromkeys(DRAWN_KINDS, 10)
    assert sum(pair.label for pair in DRAWN) == 100


@pytest.mark.parametrize(
    "pair",
    [*TRUE, *(p for p in (*WRITTEN, *SECOND_HELD_OUT, *THIRD_HELD_OUT, *DRAWN) if p.label)],
    ids=lambda pair: pair.id,
)
def test_a_true_sentence_is_in_its_language_and_has_no_figure_that_its_facts_lack(
    pair: Pair, checker: Checker
) -> None:
    assert detect_lang(pair.text) == pair.lang
    found = checker.findings(Claim(text=pair.text, refs=pair.refs), pair.day or DAY)
    assert [finding for finding in found if finding.rule in ("figure", "authority")] == []


@pytest.mark.parametrize("kind", FIGURE_KINDS)
def test_a_changed_figure_is_in_no_cited_fact(kind: str, corpus: Corpus) -> None:
    for pair in FALSE:
        if pair.kind == kind:
            evidence = evidence_of(corpus, pair.refs)
            assert missing_figures(to_simplified(pair.text), evidence), pair.id


def test_exchanged_figures_are_all_in_the_cited_facts(corpus: Corpus) -> None:
    for pair in FALSE:
        if pair.kind == "exchanged-figures":
            evidence = evidence_of(corpus, pair.refs)
            assert missing_figures(to_simplified(pair.text), evidence) == (), pair.id


def test_a_swapped_authority_is_unknown_to_fact_and_card(corpus: Corpus) -> None:
    authorities = Authorities(corpus, load_glossary())
    for pair in FALSE:
        if pair.kind == "swapped-authority":
            known = set().union(*map(authorities.named_in, evidence_of(corpus, pair.refs)))
            known |= {body for ref in pair.refs for body in corpus.instrument(ref).issuers}
            assert authorities.named_in(to_simplified(pair.text)) - known, pair.id


def test_superseded_pairs_tell_their_day_and_rest_on_what_does_not_govern_then(
    corpus: Corpus,
) -> None:
    for pair in FALSE:
        if pair.kind == "superseded-status":
            assert pair.day == DAY
            (ref,) = pair.refs
            assert corpus.validity(corpus.instrument(ref), DAY) not in ("in-force", "pilot")
        else:
            assert pair.day is None


def test_a_wrong_reference_is_a_fact_of_the_same_card(corpus: Corpus) -> None:
    true_of = {(pair.text, ref.card_id): pair.refs for pair in TRUE for ref in pair.refs}
    for pair in FALSE:
        if pair.kind == "wrong-reference":
            (ref,) = pair.refs
            card = corpus.instrument(ref)
            rightly = true_of.get((pair.text, card.id))
            if rightly is None:
                said = {text for fact in card.facts for text in (fact.zh, fact.en)}
                assert pair.text in said
                assert pair.text not in (corpus.fact(ref).zh, corpus.fact(ref).en)
            else:
                assert set(pair.refs) < set(rightly) or ref not in rightly


def test_the_same_seed_makes_the_same_file_and_another_seed_another(
    corpus: Corpus, tmp_path: Path
) -> None:
    glossary = load_glossary()
    again = make_false_pairs(corpus, glossary, TRUE, seed=0)
    write_pairs(again, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == FALSE_PAIRS.read_bytes(), (
        "cards, paraphrases or words have changed: run python -m evals.claim_pairs"
    )
    assert make_false_pairs(corpus, glossary, TRUE, seed=1) != again


def test_a_line_that_is_no_pair_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"pairs\.jsonl line 1"):
        read_pairs(path)


def test_the_halves_share_the_pairs_about_evenly() -> None:
    pairs = (*TRUE, *FALSE)
    odd, even = in_half(pairs, "odd"), in_half(pairs, "even")
    assert len(odd) + len(even) == len(pairs)
    assert not set(odd) & set(even)
    assert 0.4 < len(odd) / len(pairs) < 0.6


def test_the_table_counts_refused_false_and_accepted_true_pairs() -> None:
    pairs = [*TRUE[:3], *(pair for pair in FALSE if pair.kind == "changed-date")][:5]
    wrong = {pairs[0].id, pairs[3].id}  # a true one refused, a false one accepted
    judged = judge(pairs, lambda pair: ["rule: seen"] if pair.label == (pair.id in wrong) else [])
    rows = {row.name: row for row in table(judged)}
    assert (rows["changed-date"].n, rows["changed-date"].right) == (2, 1)
    assert (rows["true"].n, rows["true"].right) == (3, 2)
    assert "| changed-date | 2 | 1 | 50.0% |" in markdown(rows.values())
    told = misses(judged)
    assert all(name in told for name in wrong)
    assert pairs[1].id not in told
    assert "rule: seen" in told
    assert f"accepted although {pairs[3].change}" in told
    assert Judged(pair=pairs[1], findings=()).is_right
