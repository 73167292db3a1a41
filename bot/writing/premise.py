"""Premises: what a question takes for granted, held against the facts found.

"额度只有100万美元是吧" asserts a figure, "75%股東同意就可以了吧" a permission. Where the fact that answers
best says otherwise, the answer opens with the correction. An open question asserts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.query.understanding import Understanding
from bot.retrieval.evidence import FactHit
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, read_figures

CORRECTION = Bilingual(
    zh="更正：问题里的说法与资料不符。",
    en="Correction: the question assumes what the sources do not say. ",
)
"""Opens an answer whose first fact contradicts the question."""
_ASSERTS = re.compile(
    r"对吧|是吧|没错吧|[对是]吗|行了?吧|可以了?吧|够了?吧|不[用必]了?吧|没戏|(?:对|是)不[？?]?$|[吧嘛][,，。？?]|吧$"
    r"|不是[^，。？?]{2,24}[吗嘛么]|听[^，。？?]{0,6}说|据说|(?:会计|顾问|律师|银行|中介|朋友|同事|老板|同行|有人|都)说"
    r"|以为|既然|帮(?:我)?确认|不就|只要[^，。？?]{1,20}就(?:行|够|可以)"
    r"|\b(?:right|correct|true|fine, right|isn't it|aren't (?:we|they)|don't we|doesn't it)\s*\?"
    r"|\b(?:I|we) (?:heard|read|understand|believe|assume|gather|was told|were told)|\btold (?:me|us)\b"
    r"|\b(?:now that|given that|because|supposedly|apparently)\b|^since (?!when)|, so\b",
    re.IGNORECASE,
)
"""Words by which a question takes something for granted."""
_ASSERTS_LAW = re.compile(
    r"已经|早就|了吧|既然|全国|\b(?:already|now that|scrapped|abolished)\b", re.IGNORECASE
)
_ALLOWED = re.compile(
    r"(?<![不没])(?:可以?|能(?![否不])|就行|就够|允许|不用|不必|无须|不需要|取消了|放开|豁免|算|属|包括)"
    r"|\b(?:can|may|allowed|fine|scrapped|free to|no longer (?:need|have)|exempt|pays?|yields?|counts?|covers?"
    r"|included)\b(?! not|'t)",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"不能|不可以|不得|没戏|不行|不允许|禁止|只能|必?须|(?:都|还|也)[要得]|一定要|法定要求"
    r"|\b(?:can't|cannot|can not|may not|must(?: not)?|not allowed|prohibited|only|ha(?:ve|s) to|required|needs? to)\b",
    re.IGNORECASE,
)
_FACT_FORBIDS = re.compile(
    r"不得|不能|不可|不容许|不允许|禁止|不准|只容许|只限|仅限|只供|仅供|仅用于|只用于|不适用|不包括|不属|不计|不在|不纳入|除外"
    r"|尚未|仍须|仍需|不支持"
)
_FACT_FREES = re.compile(
    r"可(?![能转比持再见])|允许|无须|毋须|无需|不必|豁免|免于|免去|取消|及以上|不再"
)


def contradiction(
    understanding: Understanding, leads: Sequence[FactHit], corpus: Corpus
) -> FactHit | None:
    """Return the fact, of those that open an answer, that contradicts what the question asserts."""
    if not _ASSERTS.search(understanding.text):
        return None
    for hit in leads:
        if (
            _is_no_law(hit, understanding.text)
            or _differs(understanding.figures, hit, corpus)
            or _denies(understanding.text, hit, corpus)
        ):
            return hit
    return None


def _is_no_law(hit: FactHit, text: str) -> bool:
    """Tell whether what is taken for law is a draft, a plan, or not yet in force."""
    return hit.validity in ("draft", "announced", "not-yet") and bool(_ASSERTS_LAW.search(text))


def _differs(asserted: Iterable[Figure], hit: FactHit, corpus: Corpus) -> bool:
    """Tell whether the fact gives another figure where the question gives one.

    Figures compare when both are of one kind and unit.
    """
    given = read_figures(corpus.fact(hit.ref).zh)
    for figure in asserted:
        rivals = [o for o in given if (o.kind, o.unit) == (figure.kind, figure.unit)]
        if rivals and all(other.value != figure.value for other in rivals):
            return True
    return False


def _denies(text: str, hit: FactHit, corpus: Corpus) -> bool:
    """Tell whether the fact forbids what the question takes as allowed, or frees what it thinks bound.

    A fact that does both says neither.
    """
    said = corpus.fact(hit.ref).zh
    forbids, frees = bool(_FACT_FORBIDS.search(said)), bool(_FACT_FREES.search(said))
    if forbids == frees:
        return False
    return bool(_BOUND.search(text)) if frees else bool(_ALLOWED.search(text))
