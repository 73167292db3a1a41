"""Answers without a document that was deleted: its words go, and a line says that they are gone."""

from __future__ import annotations

from bot.answer import AnswerBlock, CheckedAnswer
from bot.language import Lang, localise
from bot.writing.wording import DELETED
from knowledge.card import FactRef


def without_document(answer: CheckedAnswer, document: str) -> CheckedAnswer:
    """Return an answer that no longer quotes a document.

    Args:
        answer: as it was given; numbers of its other sources stay.
        document: id of the document.
    """
    gone = {one.ref for one in answer.passages if one.document.id == document}
    if not gone:
        return answer
    text, blocks = answer.text, []
    for block in answer.blocks:
        left = _without(block, gone, answer.lang)
        text = text.replace(block.markdown, left.markdown)
        blocks.append(left)
    return answer.model_copy(
        update={
            "text": text,
            "blocks": tuple(blocks),
            "claims": tuple(one for one in answer.claims if not gone.intersection(one.refs)),
            "passages": tuple(one for one in answer.passages if one.ref not in gone),
        }
    )


def _without(block: AnswerBlock, gone: set[FactRef], lang: Lang) -> AnswerBlock:
    if not any(gone.intersection(claim.refs) for claim in block.claims):
        return block
    # One line for each quote below the heading, in the order of the claims.
    head, *lines = block.markdown.split("\n- ")
    kept = [
        (claim, line)
        for claim, line in zip(block.claims, lines, strict=True)
        if not gone.intersection(claim.refs)
    ]
    told = [*(line for _, line in kept), localise(DELETED, lang)]
    return block.model_copy(
        update={
            "claims": tuple(claim for claim, _ in kept),
            "markdown": "\n- ".join((head, *told)),
        }
    )
