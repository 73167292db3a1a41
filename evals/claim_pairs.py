"""Labelled pairs of a sentence and the facts it cites: what the checker must accept and refuse.

True pairs are paraphrases written by hand. False pairs, but for those held out, are made from these and from the facts'
own sentences, each wrong in one known way; a change that might still be true is not kept. The
same seed and the same cards give the same pairs.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

import typer
from pydantic import Field

from bot.checking.bodies import Authorities
from bot.language import Lang, passage_lang, to_simplified, to_traditional
from bot.writing.labels import en_date, zh_date
from knowledge.card import FactRef, Frozen, PassageLang
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, missing_figures, read_figures
from knowledge.glossary import Glossary, load_glossary
from knowledge.load import load_corpus, read_yaml

PAIRS_DIR = Path(__file__).parent / "pairs"
"""Home of the pairs and of the words and sentences that they are made with."""
TRUE_PAIRS = PAIRS_DIR / "paraphrases.jsonl"
FALSE_PAIRS = PAIRS_DIR / "perturbed.jsonl"
HELD_OUT_PAIRS = PAIRS_DIR / "heldout.jsonl"
"""True and false sentences written by hand before their writer had read the checker's rules. They
were once held out; the weights are now fitted on them too.
"""
WRITTEN_PAIRS = PAIRS_DIR / "written.jsonl"
"""The same, written for the fitting by one who knew the rules; many cite two facts."""
SECOND_HELD_OUT_PAIRS = PAIRS_DIR / "heldout2.jsonl"
"""True and false sentences of every kind by another hand, also held out once and fitted on since."""
THIRD_HELD_OUT_PAIRS = PAIRS_DIR / "heldout3.jsonl"
"""True and false sentences on cards drawn by lot, on facts that no pair written by hand cites; their
writer knew the rules, and nothing is fitted on them.
"""
DRAWN_PAIRS = PAIRS_DIR / "drawn.jsonl"
"""True and false sentences of ten kinds on cards drawn by lot, written without sight of the rules."""
FOURTH_HELD_OUT_PAIRS = PAIRS_DIR / "heldout4.jsonl"
"""The same on other cards; nothing is fitted on them, and nobody who mends the rules reads them."""
FIFTH_HELD_OUT_PAIRS = PAIRS_DIR / "heldout5.jsonl"
"""The same on 60 further cards by two further hands; nothing is fitted on them either."""

DAY = dt.date(2026, 11, 22)
"""Day on which pairs are checked that name none."""
PER_KIND = 56
"""False pairs of a kind, half in each language, where the cards yield as many."""

MadeKind = Literal[
    "changed-figure",
    "changed-date",
    "changed-document-number",
    "exchanged-figures",
    "swapped-authority",
    "wrong-direction",
    "flipped-negation",
    "superseded-status",
    "merged-facts",
    "invented-step",
    "swapped-instrument",
    "wrong-reference",
]
"""Ways of being false that known changes make."""
MADE_KINDS: tuple[MadeKind, ...] = get_args(MadeKind)
DrawnKind = Literal[
    "figure",
    "authority",
    "role",
    "direction",
    "negation",
    "modality",
    "condition",
    "scope",
    "invented",
    "merged-wrong",
]
"""Ways of being false as the sentences on cards drawn by lot name them."""
DRAWN_KINDS: tuple[DrawnKind, ...] = get_args(DrawnKind)
FalseKind = Literal[MadeKind, "dropped-condition", DrawnKind]
FALSE_KINDS: tuple[FalseKind, ...] = get_args(FalseKind)
TrueKind = Literal["paraphrase", "summary", "merged"]
"""One fact said otherwise or in short, or several in one sentence."""
TRUE_KINDS: tuple[TrueKind, ...] = get_args(TrueKind)
PairKind = Literal[TrueKind, FalseKind]


class Pair(Frozen):
    """A sentence, the facts it cites, and whether they bear it out."""

    id: str
    lang: Lang
    text: str = Field(min_length=1)
    refs: tuple[FactRef, ...] = Field(min_length=1)
    label: bool
    """True: every word of the sentence is said by its facts."""
    kind: PairKind
    change: str | None = None
    """What was put for what."""
    day: dt.date | None = None
    """Day on which it is checked; None: `DAY`."""

    @property
    def half(self) -> Literal["odd", "even"]:
        """Which half of a split it falls into, by its id: one to fit on, one to report."""
        return "odd" if hashlib.sha256(self.id.encode()).digest()[0] % 2 else "even"


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Read pairs, one JSON object a line.

    Raises:
        ValueError: a line is not a pair; the message names file and line.
    """
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            pairs.append(Pair.model_validate_json(line))
        except ValueError as error:
            raise ValueError(f"{path.name} line {number}: not a pair: {error}") from error
    return tuple(pairs)


def write_pairs(pairs: Iterable[Pair], path: Path) -> None:
    """Write pairs, one JSON object a line, in the order given."""
    lines = (
        json.dumps(pair.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
        for pair in pairs
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def evidence_of(corpus: Corpus, refs: Iterable[FactRef]) -> list[str]:
    """Return what a citation of facts shows: their words, and their instruments' name and dates."""
    texts = []
    for ref in refs:
        card, fact = corpus.instrument(ref), corpus.fact(ref)
        days = (card.issued, card.effective, corpus.ends(card))
        parts = (fact.zh, fact.en, card.title.zh, card.title.en, card.number, fact.locator)
        dates = (f"{zh_date(day)} {en_date(day)}" for day in days if day)
        texts.append("\n".join((*(part for part in parts if part), *dates)))
    return texts


def make_false_pairs(
    corpus: Corpus, glossary: Glossary, paraphrases: Sequence[Pair], *, seed: int = 0
) -> tuple[Pair, ...]:
    """Make false pairs of every kind, in the order of kinds; no pair comes twice."""
    return tuple(_Maker(corpus, glossary, paraphrases, seed).pairs())


class _Sentence(NamedTuple):
    """A true sentence to start from, Chinese in simplified characters."""

    lang: Lang
    text: str
    refs: tuple[FactRef, ...]

    @property
    def tongue(self) -> PassageLang:
        return passage_lang(self.lang)


class _Twist(NamedTuple):
    """A sentence made false, and what was done."""

    text: str
    refs: tuple[FactRef, ...]
    change: str


class _Line(Frozen):
    """A sentence written by hand that is false by itself."""

    lang: Lang
    text: str
    ref: FactRef | None = None
    """The fact that once, or only by intention, said so."""


class _Words(Frozen):
    """`pairs/words.yaml`."""

    directions: Mapping[PassageLang, tuple[tuple[str, str], ...]]
    negations: Mapping[PassageLang, tuple[tuple[str, str], ...]]
    instruments: tuple[tuple[Mapping[PassageLang, str], ...], ...]
    units: Mapping[PassageLang, tuple[tuple[str, str], ...]]
    authorities: tuple[Mapping[str, Mapping[PassageLang, tuple[str, ...]]], ...]


_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?", re.ASCII)
_HAN_DIGITS = "一二三四五六七八九"
_HAN_DIGIT = re.compile(f"[{_HAN_DIGITS}]")
_NAMED_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve")
_NAMED_NUMBER = re.compile(rf"\b(?:{'|'.join(_NAMED_NUMBERS)})\b")
_AMOUNT = re.compile(
    rf"[\d,.零两{_HAN_DIGITS}十百千万亿]|\b(?:one|{'|'.join(_NAMED_NUMBERS)}|[mb]n?|[mb]illion)\b"
)
_MONTHS = tuple(calendar.month_name)[1:]
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b")
_SERIES = (("汇发", "银发"), ("Huifa", "Yinfa"), ("财税", "汇发"), ("Caishui", "Huifa"))
_JOINED = re.compile(r"[和与及或、/至]|\b(?:and|or|to|with|from)\b|[-–—]")
_RANGE = re.compile(r"(?:[\s,，、和与及或至到–—-]|以上|\band\b|\bor\b|\bto\b)*")
_VERBS: Mapping[PassageLang, re.Pattern[str]] = {
    "zh": re.compile(
        r"((?<![不许])可以|(?<![不认许最])可(?=自主|自由|直接|选|申请|向|经|在|用|由|获|按|把|开展|同时|凭)"
        r"|(?<!无)须|应当|(?<![相供效适反对响])应(?=在|当|向|于|按|及时|存|报)|不得|无须|(?<!不)允许"
        r"|(?<!不)适用于|包括)(?=.{5})"
    ),
    "en": re.compile(
        r" (may not|may|must|need|needs|requires?|lets?|allows?|supports?|covers?|applies|is|are) "
    ),
}
_LATIN_WORD = re.compile(r"[a-z0-9&-]{3,}")
_HAN_PAIR = re.compile(r"(?=([\u4e00-\u9fff]{2}))")
_STANCE = {"in-force", "pilot"}
"""A fact's own words are used only where they need no label: nothing else may be amiss."""


class _Maker:
    """Makes the false pairs of one seed."""

    def __init__(
        self, corpus: Corpus, glossary: Glossary, paraphrases: Sequence[Pair], seed: int
    ) -> None:
        self._corpus = corpus
        self._authorities = Authorities(corpus, glossary)
        self._words = _Words.model_validate(read_yaml(PAIRS_DIR / "words.yaml"))
        self._seed = seed
        self._paraphrases = [
            _Sentence(pair.lang, to_simplified(pair.text), pair.refs) for pair in paraphrases
        ]
        self._used = {(sentence.text, sentence.refs) for sentence in self._paraphrases}
        self._shown = cache(lambda refs: tuple(evidence_of(corpus, refs)))

    def pairs(self) -> Iterator[Pair]:
        ways: Mapping[MadeKind, Callable[[_Sentence, random.Random], _Twist | None]] = {
            "changed-figure": self._change_figure,
            "changed-date": self._change_date,
            "changed-document-number": self._change_document,
            "exchanged-figures": self._exchange_figures,
            "swapped-authority": self._swap_authority,
            "wrong-direction": self._turn_direction,
            "flipped-negation": self._flip_negation,
            "merged-facts": self._merge,
            "swapped-instrument": self._swap_instrument,
            "wrong-reference": self._misquote,
        }
        for kind in MADE_KINDS:
            dice = random.Random(f"{self._seed}/{kind}")
            if kind == "superseded-status":
                made = list(self._outdated())
            elif kind == "invented-step":
                made = list(self._invented(dice))
            else:
                made = list(self._twisted(ways[kind], dice))
            for number, (lang, twist) in enumerate(made, start=1):
                text = to_traditional(twist.text) if lang == "zh-Hant" else twist.text
                yield Pair(
                    id=f"{kind}-{number:03}",
                    lang=lang,
                    text=text,
                    refs=twist.refs,
                    label=False,
                    kind=kind,
                    change=twist.change,
                    day=DAY if kind == "superseded-status" else None,
                )

    def _twisted(
        self, way: Callable[[_Sentence, random.Random], _Twist | None], dice: random.Random
    ) -> Iterator[tuple[Lang, _Twist]]:
        """Twist sentences until both languages have their share, from as many cards as yield."""
        wanted = {"zh": PER_KIND // 2, "en": PER_KIND // 2}
        sentences = self._shuffled(dice)
        of_card: Counter[str] = Counter()
        for most in (1, 2, 4, len(sentences)):
            for sentence in sentences:
                card = sentence.refs[0].card_id
                if not wanted[sentence.tongue] or of_card[card] >= most:
                    continue
                twist = way(sentence, dice)
                if twist is None or (twist.text, twist.refs) in self._used:
                    continue
                self._used.add((twist.text, twist.refs))
                of_card[card] += 1
                wanted[sentence.tongue] -= 1
                yield sentence.lang, twist

    def _shuffled(self, dice: random.Random) -> list[_Sentence]:
        """Return paraphrases and facts' own sentences by turns, then the facts that are left."""
        mine, given = list(self._paraphrases), list(self._given)
        dice.shuffle(mine)
        dice.shuffle(given)
        turns = [sentence for both in zip(mine, given, strict=False) for sentence in both]
        return turns + given[len(mine) :]

    @cached_property
    def _given(self) -> list[_Sentence]:
        sentences = []
        for ref in self._corpus.refs:
            if self._corpus.validity(self._corpus.instrument(ref), DAY) in _STANCE:
                fact = self._corpus.fact(ref)
                sentences.append(_Sentence("zh-Hans", fact.zh, (ref,)))
                sentences.append(_Sentence("en", fact.en, (ref,)))
        return sentences

    def _misses(self, text: str, refs: tuple[FactRef, ...]) -> bool:
        """Tell whether a sentence has a figure that its facts do not."""
        return bool(missing_figures(text, self._shown(refs)))

    def _change_figure(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        kinds = {"number", "percent"}
        if dice.random() < 0.25:
            return self._change_unit(sentence, kinds, dice)
        return self._change_some(sentence, kinds, _other_number, dice)

    def _change_date(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        return self._change_some(sentence, {"date"}, _other_date, dice)

    def _change_document(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        return self._change_some(sentence, {"document", "article"}, _other_document, dice)

    def _exchange_figures(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        """Say of one thing what is said of another: both figures are in the facts."""
        figures = [f for f in read_figures(sentence.text) if f.kind in ("number", "percent")]
        pairs = [
            (one, other)
            for one, other in combinations(figures, 2)
            if (one.kind, one.unit) == (other.kind, other.unit)
            and _unit_of(one.text) == _unit_of(other.text)
            and one.value != other.value
            # a range told backwards is no range, and a list has no order
            and not _RANGE.fullmatch(sentence.text[one.end : other.start])
        ]
        if not pairs:
            return None
        one, other = dice.choice(pairs)
        text = "".join(
            (
                sentence.text[: one.start],
                other.text,
                sentence.text[one.end : other.start],
                one.text,
                sentence.text[other.end :],
            )
        )
        return _Twist(text, sentence.refs, f"{one.text} ↔ {other.text}")

    def _change_some(
        self,
        sentence: _Sentence,
        kinds: set[str],
        other: Callable[[str, random.Random], str | None],
        dice: random.Random,
    ) -> _Twist | None:
        """Put another figure for one of a sentence; kept where no cited fact has it."""
        figure = self._some_figure(sentence, kinds, dice)
        new = figure and other(figure.text, dice)
        if not figure or not new:
            return None
        return self._replaced(sentence, figure.start, figure.end, figure.text, new)

    def _change_unit(
        self, sentence: _Sentence, kinds: set[str], dice: random.Random
    ) -> _Twist | None:
        figure = self._some_figure(sentence, kinds, dice)
        if figure is None:
            return None
        # a unit may stand right behind what was read as the figure
        start, end = figure.start, min(len(sentence.text), figure.end + 6)
        seen = sentence.text[start:end]
        for old, new in self._words.units[sentence.tongue]:
            if old in seen:
                twist = self._replaced(sentence, start, end, seen, seen.replace(old, new, 1))
                return twist and twist._replace(change=f"{old} → {new}")
        return None

    def _some_figure(
        self, sentence: _Sentence, kinds: set[str], dice: random.Random
    ) -> Figure | None:
        figures = [figure for figure in read_figures(sentence.text) if figure.kind in kinds]
        return dice.choice(figures) if figures else None

    def _replaced(
        self, sentence: _Sentence, start: int, end: int, old: str, new: str
    ) -> _Twist | None:
        text = (
            sentence.text[:start]
            + sentence.text[start:end].replace(old, new)
            + (sentence.text[end:])
        )
        if text == sentence.text or not self._misses(text, sentence.refs):
            return None
        return _Twist(text, sentence.refs, f"{old} → {new}")

    def _swap_authority(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        """Name a body that neither the facts nor their instruments' issuers know."""
        tongue = sentence.tongue
        known = set().union(*map(self._authorities.named_in, self._shown(sentence.refs)))
        for ref in sentence.refs:
            known |= set(self._corpus.instrument(ref).issuers)
        families = self._words.authorities
        bodies = {body: names[tongue] for family in families for body, names in family.items()}
        named = {
            name: body
            for body, names in bodies.items()
            if body in known
            for name in names
            if _mentions(sentence.text, name, tongue) and not _is_part(sentence.text, name)
        }
        if not named:
            return None
        old = max(named, key=len)
        others = [body for body in bodies if not self._authorities.is_part_of(body, known)]
        alike = next(family for family in families if named[old] in family)
        likely = [body for body in others if body in alike] or others
        new = dice.choice(bodies[dice.choice(likely)])
        text = _put(sentence.text, old, new, tongue)
        if not self._authorities.named_in(text) - known:
            return None
        return _Twist(text, sentence.refs, f"{old} → {new}")

    def _turn_direction(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        tongue = sentence.tongue
        told = "\n".join(self._own_words(ref, tongue) for ref in sentence.refs)
        pairs = [pair for two in self._words.directions[tongue] for pair in (two, two[::-1])]
        dice.shuffle(pairs)
        for old, new in pairs:
            if not _mentions(sentence.text, old, tongue) or (tongue == "en" and old in new):
                continue
            if not _mentions(told, new, tongue):
                text = _put(sentence.text, old, new, tongue)
                return _Twist(text, sentence.refs, f"{old} → {new}")
            exchanged = _exchanged(sentence.text, old, new)
            if exchanged:
                return _Twist(exchanged, sentence.refs, f"{old} ↔ {new}")
        return None

    def _flip_negation(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        tongue = sentence.tongue
        rules = list(self._words.negations[tongue])
        dice.shuffle(rules)
        for pattern, new in rules:
            match = re.search(pattern, sentence.text)
            if match:
                text = sentence.text[: match.start()] + new + sentence.text[match.end() :]
                return _Twist(text, sentence.refs, f"{match.group().strip()} → {new.strip()}")
        return None

    def _swap_instrument(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        tongue = sentence.tongue
        shown = "\n".join(self._shown(sentence.refs)).lower()
        for family in self._words.instruments:
            mentioned = [name for name in family if _mentions(sentence.text, name[tongue], tongue)]
            # 'QDII' also begins 'RQDII', and the like: only a name that the facts do not hold
            others = [
                name
                for name in family
                if name["zh"].lower() not in shown and name["en"].lower() not in shown
            ]
            if len(mentioned) != 1 or not others:
                continue
            old, new = mentioned[0][tongue], dice.choice(others)[tongue]
            text = _put(sentence.text, old, new, tongue)
            return _Twist(text, sentence.refs, f"{old} → {new}")
        return None

    def _merge(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        """Give one fact's subject what another fact says, by its figure or by its predicate."""
        others = self._others(sentence, same_card=dice.random() < 0.5)
        dice.shuffle(others)
        by_figure = dice.random() < 0.4
        for other in others[:40]:
            twist = (self._take_figure if by_figure else self._splice)(sentence, other, dice)
            if twist:
                return twist
        return None

    def _others(self, sentence: _Sentence, *, same_card: bool) -> list[_Sentence]:
        card = self._corpus.instrument(sentence.refs[0])
        return [
            other
            for other in self._given
            if other.tongue == sentence.tongue
            and other.refs[0] not in sentence.refs
            and (other.refs[0].card_id == card.id) == same_card
            and set(self._corpus.instrument(other.refs[0]).topics) & set(card.topics)
        ]

    def _take_figure(
        self, sentence: _Sentence, other: _Sentence, dice: random.Random
    ) -> _Twist | None:
        kinds = {"number", "percent"}
        figure = self._some_figure(sentence, kinds, dice)
        if figure is None:
            return None
        for found in read_figures(other.text):
            same = (found.kind, found.unit) == (figure.kind, figure.unit)
            same = same and _unit_of(found.text) == _unit_of(figure.text)
            if same and found.value != figure.value:
                return self._replaced(sentence, figure.start, figure.end, figure.text, found.text)
        return None

    def _splice(self, sentence: _Sentence, other: _Sentence, dice: random.Random) -> _Twist | None:
        tongue = sentence.tongue
        first, second = (_VERBS[tongue].search(text) for text in (sentence.text, other.text))
        if not first or not second or first.group(1) != second.group(1):
            return None
        head, tail = sentence.text[: first.start()], other.text[second.start() :]
        cited = dice.choice((sentence.refs[:1], other.refs))
        foreign = head if cited == other.refs else tail
        if len(_tokens(foreign)) < 3 or self._said(foreign, cited[0], tongue) > 0.3:
            return None
        return _Twist(head + tail, cited, f"{sentence.refs[0]} with {other.refs[0]}")

    def _misquote(self, sentence: _Sentence, dice: random.Random) -> _Twist | None:
        """Cite another fact of the same card, or one of two that are both needed."""
        tongue = sentence.tongue
        if len(sentence.refs) > 1:
            candidates = list(sentence.refs)
        else:
            card = self._corpus.instrument(sentence.refs[0])
            candidates = [FactRef.of(card.id, fact.id) for fact in card.facts]
            candidates.remove(sentence.refs[0])
        dice.shuffle(candidates)
        for ref in candidates:
            said = self._said(sentence.text, ref, tongue)
            if said < 0.3 or (said < 0.6 and self._misses(sentence.text, (ref,))):
                gone = ", ".join(sentence.refs)
                return _Twist(sentence.text, (ref,), f"{gone} → {ref}")
        return None

    def _said(self, text: str, ref: FactRef, tongue: PassageLang) -> float:
        """Return the share of a text's words that a fact has too."""
        words, known = _tokens(text), _tokens(self._own_words(ref, tongue))
        return len(words & known) / max(1, len(words))

    def _own_words(self, ref: FactRef, tongue: PassageLang) -> str:
        return self._corpus.fact(ref).text(tongue)

    def _outdated(self) -> Iterator[tuple[Lang, _Twist]]:
        """Yield what no longer or not yet holds, told as present law."""
        for line in _lines(PAIRS_DIR / "outdated.jsonl"):
            ref = line.ref
            if ref is None or ref not in self._corpus:
                raise ValueError(f"outdated.jsonl: seen ref {ref}; expected a fact of a card")
            validity = self._corpus.validity(self._corpus.instrument(ref), DAY)
            if validity in _STANCE:
                raise ValueError(
                    f"outdated.jsonl: {ref} is {validity} on {DAY}, so that it is true. Remove it."
                )
            yield line.lang, _Twist(to_simplified(line.text), (ref,), f"{validity} → in-force")

    def _invented(self, dice: random.Random) -> Iterator[tuple[Lang, _Twist]]:
        """Yield steps that no fact knows, by turns alone and behind a true sentence."""
        sentences = self._shuffled(dice)
        for number, line in enumerate(_lines(PAIRS_DIR / "invented.jsonl")):
            tongue = passage_lang(line.lang)
            step = line.text
            at = next(
                at
                for at, sentence in enumerate(sentences)
                if sentence.tongue == tongue and self._said(step, sentence.refs[0], tongue) < 0.2
            )
            sentence = sentences.pop(at)
            space = " " if tongue == "en" else ""
            text = step if number % 2 else f"{sentence.text}{space}{step}"
            yield sentence.lang, _Twist(text, sentence.refs, f"+ {step}")


def _lines(path: Path) -> list[_Line]:
    return [_Line.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]


def _unit_of(text: str) -> str:
    """Return what a figure counts, without how much."""
    return _AMOUNT.sub("", text).strip().lower()


def _other_number(text: str, dice: random.Random) -> str | None:
    """Write another number in the place of the first of a text."""
    if match := _NUMBER.search(text):
        return text[: match.start()] + _off(match.group(), dice) + text[match.end() :]
    if match := _HAN_DIGIT.search(text):
        digits = _HAN_DIGITS.replace(match.group(), "")
        return text[: match.start()] + dice.choice(digits) + text[match.end() :]
    if match := _NAMED_NUMBER.search(text):
        names = [name for name in _NAMED_NUMBERS if name != match.group()]
        return text[: match.start()] + dice.choice(names) + text[match.end() :]
    return None


def _off(number: str, dice: random.Random) -> str:
    """Return a number that is wrong as writers are: off by one step, a digit, or a place."""
    plain = number.replace(",", "")
    if "." in plain:
        whole, _, part = plain.partition(".")
        return dice.choice((f"{int(whole) + 1}.{part}", f"{whole}.{_digit_off(part, dice)}"))
    value = int(plain)
    near = {value + 1, value * 2, value * 10, value + 5, int(_digit_off(plain, dice))}
    if value % 2 == 0:
        near.add(value // 2)
    wrong = dice.choice(sorted(near - {value, 0}))
    return f"{wrong:,}" if "," in number else str(wrong)


def _digit_off(digits: str, dice: random.Random) -> str:
    first = dice.choice([digit for digit in "123456789" if digit != digits[0]])
    return first + digits[1:]


def _other_date(text: str, dice: random.Random) -> str | None:
    """Write another year, month or day in the place of one of a date."""
    places: list[tuple[int, int, str]] = []
    for match in _NUMBER.finditer(text):
        value = int(match.group().replace(",", ""))
        step = dice.choice((-2, -1, 1, 2)) if value > 31 else dice.choice((1, 2, 3))
        most = 9999 if value > 31 else 12 if text[match.end() :].startswith("月") else 28
        wrong = value + step if value + step <= most else max(1, value - step)
        if wrong != value:
            places.append((match.start(), match.end(), str(wrong)))
    for match in _MONTH.finditer(text):
        wrong_month = dice.choice([month for month in _MONTHS if month != match.group()])
        places.append((match.start(), match.end(), wrong_month))
    if not places:
        return None
    start, end, new = dice.choice(places)
    return text[:start] + new + text[end:]


def _other_document(text: str, dice: random.Random) -> str | None:
    """Write another number, year or series in the place of one of a document's number."""
    for old, new in _SERIES:
        if old in text and dice.random() < 0.2:
            return text.replace(old, new)
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return _other_number(text, dice)
    # years are changed less often than numbers, which are what a reader looks up
    match = numbers[-1] if dice.random() < 0.8 else numbers[0]
    value = match.group().replace(",", "")
    is_year = len(value) == 4 and value[:2] in ("19", "20")
    wrong = str(int(value) + dice.choice((-1, 1))) if is_year else _off(value, dice)
    return text[: match.start()] + wrong + text[match.end() :]


def _pattern(words: str, tongue: PassageLang) -> re.Pattern[str]:
    if tongue == "zh" and not words.isascii():
        return re.compile(re.escape(words))
    # plural of a name goes with it; Latin names also stand between Chinese characters
    return re.compile(rf"(?<![A-Za-z-]){re.escape(words)}(?![a-rt-zA-Z-])", re.IGNORECASE)


def _is_part(text: str, name: str) -> bool:
    """Tell whether a body's name stands in a longer one: a province's, the multi-CBDC bridge's."""
    return bool(re.search(rf"[边省市两]{name}|{name}数字货币", text))


def _mentions(text: str, words: str, tongue: PassageLang) -> bool:
    return bool(_pattern(words, tongue).search(text))


def _put(text: str, old: str, new: str, tongue: PassageLang) -> str:
    """Put words for others everywhere; a capital is kept."""

    def with_case(match: re.Match[str]) -> str:
        capital = match.group()[:1].isupper() and (old.islower() or match.start() == 0)
        return new[:1].upper() + new[1:] if capital else new

    return _pattern(old, tongue).sub(with_case, text)


def _exchanged(text: str, one: str, other: str) -> str | None:
    """Exchange two words that stand once each and are not merely listed together."""
    if text.count(one) != 1 or text.count(other) != 1 or one in other or other in one:
        return None
    first, second = sorted((one, other), key=text.index)
    between = text[text.index(first) + len(first) : text.index(second)]
    if len(between) < 3 or _JOINED.search(between):
        return None
    before, after = text.split(first)[0], text.split(second)[1]
    return f"{before}{second}{between}{first}{after}"


def _tokens(text: str) -> set[str]:
    """Return a text's pairs of Chinese characters and its Latin words."""
    folded = text.lower()
    return {*_LATIN_WORD.findall(folded), *_HAN_PAIR.findall(folded)}


def main(
    seed: Annotated[int, typer.Option(help="Starts the generator.")] = 0,
    out: Annotated[Path, typer.Option(help="File to write.")] = FALSE_PAIRS,
) -> None:
    """Make false claim–fact pairs from the cards and write them."""
    pairs = make_false_pairs(load_corpus(), load_glossary(), read_pairs(TRUE_PAIRS), seed=seed)
    write_pairs(pairs, out)
    for kind, count in Counter(pair.kind for pair in pairs).items():
        typer.echo(f"{count:4} {kind}")
    typer.echo(f"{len(pairs):4} in all: {out}")


if __name__ == "__main__":
    typer.run(main)
