"""Gaps: what a question asks that the facts found do not say.

Finding facts near a question is not answering it. A part that asks for a span of time, an amount
or a rate is open when none of its facts gives one; a subject that no card treats is open whatever
else was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from bot.language import Lang, localise
from bot.query.authorities import Directory
from bot.query.understanding import Understanding
from bot.query.wants import Want, bound_asked, figure_wants
from bot.retrieval.evidence import Evidence, FactHit, Library
from knowledge.card import Bilingual, FactRef, Frozen
from knowledge.corpus import Corpus
from knowledge.countries import Country
from knowledge.figures.bounds import Bound
from knowledge.figures.figure import read_figures
from knowledge.glossary import Glossary
from knowledge.issuer import Issuer

OF_A_PART = 6
"""Facts, best first, in which the kind a part asks for must be given."""
NEAR_LEAD = 0.8
"""Share of the best fact's score from which another instrument may answer in its place."""

_KINDS: dict[Want, Bilingual] = {
    "span": Bilingual(zh="时限", en="time limit"),
    "date": Bilingual(zh="日期", en="date"),
    "share": Bilingual(zh="比率", en="rate"),
    "money": Bilingual(zh="金额", en="amount"),
    "count": Bilingual(zh="数目", en="number"),
}


class Gap(Frozen):
    """One thing asked for that the facts found do not give."""

    part: str
    """The part of the question, as asked."""
    wants: tuple[Want, ...] = ()
    """Kinds of figure that no fact of the part gives."""
    subject: Bilingual | None = None
    """Subject that no card treats."""
    abroad: bool = False
    """Whether the subject is another country's law."""


class GapFinder:
    """Finds what the facts found leave open."""

    def __init__(
        self, library: Library, glossary: Glossary, countries: tuple[Country, ...]
    ) -> None:
        """Take what tells the kinds that facts give, the subjects and the countries."""
        self._library = library
        self._glossary = glossary
        self._countries = countries
        self._taxes_of = cache(self._taxes_named)

    def find(self, understanding: Understanding, evidence: Evidence) -> tuple[Gap, ...]:
        """Tell which parts of a question the facts found leave open."""
        parts = understanding.parts or (understanding.text,)
        return (
            *_not_governed(evidence, self._library.corpus),
            *(
                gap
                for at, part in enumerate(parts)
                for gap in self._of_part(part, at if len(parts) > 1 else None, evidence)
            ),
        )

    def _of_part(self, part: str, at: int | None, evidence: Evidence) -> Iterator[Gap]:
        for hit in self._glossary.find(part):
            if hit.term.uncovered:
                yield Gap(part=part, subject=Bilingual(zh=hit.term.zh, en=hit.term.en))
        hits = _best_of_part(evidence, at)
        for country in self._countries:
            if country.is_law_asked_in(part) and not self._mentions(hits, country):
                subject = Bilingual(
                    zh=f"{country.zh[0]}当地的法律和税务",
                    en=f"the law and taxes of {country.en[0]}",
                )
                yield Gap(part=part, subject=subject, abroad=True)
        wanted = figure_wants(part)
        taxes = self._taxes_in(part)
        bound = bound_asked(part)
        if wanted and not any(self._gives(hit.ref, wanted, taxes, bound) for hit in hits):
            yield Gap(part=part, wants=tuple(sorted(wanted)))

    def _gives(
        self, ref: FactRef, wanted: frozenset[Want], taxes: frozenset[str], bound: Bound | None
    ) -> bool:
        """Tell whether a fact gives a kind of figure that is asked for.

        One of another tax than is asked about does not, nor the least of what the most is asked of.
        """
        offers = self._library.offers
        if not (offers.up_to(ref, bound) if bound else offers.of(ref)) & wanted:
            return False
        return not taxes or not taxes.isdisjoint(self._taxes_of(ref))

    def _taxes_in(self, text: str) -> frozenset[str]:
        found = (hit.term for hit in self._glossary.find(text))
        return frozenset(term.id for term in found if term.zh.endswith("税"))

    def _taxes_named(self, ref: FactRef) -> frozenset[str]:
        fact, title = self._library.corpus.fact(ref), self._library.corpus.instrument(ref).title
        return self._taxes_in(f"{title.zh} {title.en} {fact.zh} {fact.en}")

    def _mentions(self, hits: Sequence[FactHit], country: Country) -> bool:
        facts = (self._library.corpus.fact(hit.ref) for hit in hits)
        return any(country.is_named_in(f"{fact.zh} {fact.en}") for fact in facts)


def _not_governed(evidence: Evidence, corpus: Corpus) -> Iterator[Gap]:
    """Yield a gap when what was found starts only after the day, and nothing before it is found."""
    best = evidence.hits[:OF_A_PART]
    later = [hit.ref.card_id for hit in best if hit.validity == "not-yet"]
    governing = {hit.ref.card_id for hit in best if hit.validity in ("in-force", "pilot")}
    before = {old.id for card in later for old in corpus.predecessors(corpus.instruments[card])}
    if best and len(later) > len(best) / 2 and governing.isdisjoint(before):
        subject = Bilingual(zh="当日有效的规定", en="the rule in force on the day you ask about")
        yield Gap(part="", subject=subject)


def word_gap(gap: Gap, asked: str, evidence: Evidence, directory: Directory, lang: Lang) -> str:
    """Say a gap to the asker, with who can say; `asked` is the whole question."""
    who = _who(body_to_ask(gap, asked, evidence, directory), abroad=gap.abroad)
    if gap.subject:
        text = Bilingual(
            zh=f"收录的资料没有涉及{gap.subject.zh}；请向{who.zh}核实。",
            en=f"The corpus does not cover {gap.subject.en}; ask {who.en}.",
        )
    else:
        kinds = [_KINDS[want] for want in gap.wants]
        text = Bilingual(
            zh=f"{_quoted(gap.part, '「', '」：')}收录的资料没有载明{'、'.join(k.zh for k in kinds)}；"
            f"请向{who.zh}核实。",
            en=f"{_quoted(gap.part, '“', '”: ')}the corpus states no "
            f"{' or '.join(k.en for k in kinds)}; ask {who.en}.",
        )
    return localise(text, lang)


_WHO = Bilingual(zh="主管机构或专业顾问", en="the authority in charge or a professional adviser")
_WHO_ABROAD = Bilingual(
    zh="当地主管机关、税务机关或当地的律师、税务顾问",
    en="the local authority or tax office there, or a local lawyer or tax adviser",
)


def _quoted(part: str, before: str, after: str) -> str:
    """Quote a part of the question, unless it holds figures: they are not ours to repeat."""
    return "" if read_figures(part) else f"{before}{part}{after}"


def _best_of_part(evidence: Evidence, part: int | None) -> Sequence[FactHit]:
    """Return the best facts of the instrument that a part is about."""
    hits = evidence.hits
    if part is not None:
        hits = tuple(sorted(hits, key=lambda hit: -(hit.part_scores[part] + hit.score)))
    if not hits:
        return ()
    near = {hit.ref.card_id for hit in hits if hit.score >= NEAR_LEAD * hits[0].score}
    return [hit for hit in hits if hit.ref.card_id in near][:OF_A_PART]


def body_to_ask(gap: Gap, asked: str, evidence: Evidence, directory: Directory) -> Issuer | None:
    """Return the body competent for what a part asks, or else the issuer of the best fact.

    A part that names no subject ("and at most?") is about that of the whole question.
    """
    text = gap.part if directory.stands_alone(gap.part) else asked
    card = directory.corpus.instrument(evidence.hits[0].ref) if evidence.hits else None
    if gap.abroad or card is None:
        return directory.competent(text, "elsewhere" if gap.abroad else None, None)
    hint = None if card.jurisdiction == "both" else card.jurisdiction
    return directory.competent(text, hint, directory.issuer_of(card))


def _who(body: Issuer | None, *, abroad: bool) -> Bilingual:
    if body is None:
        return _WHO_ABROAD if abroad else _WHO
    if body.place == "elsewhere":
        return Bilingual(zh=f"{body.zh}或当地的专业顾问", en=f"{body.en} or a local adviser there")
    return Bilingual(zh=f"{body.zh}或专业顾问", en=f"{body.en} or a professional adviser")
