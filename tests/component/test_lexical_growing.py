from __future__ import annotations

from knowledge.card import FactRef
from knowledge.search.lexical import Entry, GrowingLexicalIndex
from knowledge.search.segment import Segmenter


def test_groups_are_seen_in_their_scope_and_are_gone_when_removed() -> None:
    index = GrowingLexicalIndex(Segmenter())
    index.add("doc-a", "one", [Entry(FactRef("doc-a#1"), "zh", "境外直接投资应当备案。")])
    index.add("doc-b", "two", [Entry(FactRef("doc-b#1"), "zh", "境外投资备案手册")])
    index.add("doc-b", "two", [Entry(FactRef("doc-b#2"), "en", "filing of investments")])
    assert index.search("备案", "zh", 9, ["one", "two"]) == []
    index.commit()
    assert [hit.ref for hit in index.search("备案", "zh", 9, ["one"])] == ["doc-a#1"]
    assert [hit.ref for hit in index.search("备案", "zh", 9, ["two", "one", "none"])] == [
        "doc-b#1",
        "doc-a#1",
    ]
    assert index.search("备案", "zh", 9, ["none"]) == []
    assert index.search("备案", "zh", 9, []) == []
    assert [hit.ref for hit in index.search("filed", "en", 9, ["two"])] == ["doc-b#2"]
    index.remove(["doc-b"])
    index.commit()
    assert [hit.ref for hit in index.search("备案", "zh", 9, ["one", "two"])] == ["doc-a#1"]
    assert (index.count("zh"), index.count("en")) == (1, 0)


def test_a_scope_changes_no_score() -> None:
    index = GrowingLexicalIndex(Segmenter())
    index.add("doc-a", "one", [Entry(FactRef("doc-a#1"), "zh", "境外直接投资应当备案。")])
    index.add("doc-b", "two", [Entry(FactRef("doc-b#1"), "zh", "敏感行业实行核准。")])
    index.commit()
    alone, both = (index.search("备案", "zh", 9, scopes)[0].score for scopes in (["one"], ["one", "two"]))  # fmt: skip
    assert alone == both > 0
