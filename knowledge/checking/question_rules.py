"""Rules for the example questions of cards; each yields what it finds wrong."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.checking.book import Book, Finding


def stray_questions(book: Book) -> Iterator[Finding]:
    """Questions of a card or a fact that is not there; unreadable cards are told elsewhere."""
    facts = {card.id: {fact.id for fact in card.facts} for _, card in book.cards}
    for file, asked in book.questions:
        if asked.card not in facts:
            if asked.card not in book.unread:
                yield Finding(file, "card", asked.card, "the id of a card")
            continue
        for number in sorted(asked.questions.keys() - facts[asked.card]):
            yield Finding(file, f"questions.{number}", str(number), f"a fact of {asked.card}")


def repeated_questions(book: Book) -> Iterator[Finding]:
    """Two files with the questions of one card."""
    first: dict[str, str] = {}
    for file, asked in book.questions:
        if asked.card in first:
            yield Finding(
                file, "card", f"{asked.card}, as in {first[asked.card]}", "one file a card"
            )
        first.setdefault(asked.card, file)


def unasked_facts(book: Book) -> Iterator[Finding]:
    """Facts for which nobody wrote a question, on cards that have some."""
    asked = {questions.card: set(questions.questions) for _, questions in book.questions}
    for file, card in book.cards:
        for fact in card.facts:
            if card.id in asked and fact.id not in asked[card.id]:
                yield Finding(file, f"fact {fact.id}", "no example question", "some in questions/")
