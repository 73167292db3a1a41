"""The glossary: everyday words for what the cards are about, and where a question uses them.

`glossary.yaml` holds the terms and the rules for writing them. A *surface* is any string of a
term that a user might type: preferred terms, synonyms and abbreviations. Everything is compared
in one folded form: NFKC, lower case, simplified characters, one space between words, none beside
Chinese ("FT 账户" = "FT账户"), no quotation marks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import Field, PrivateAttr, ValidationError

from knowledge.card import Frozen, PassageLang
from knowledge.errors import CardError
from knowledge.load import ReadYaml, read_yaml

GLOSSARY_PATH = Path(__file__).with_name("glossary.yaml")
"""The shipped glossary."""

_LANGS: tuple[PassageLang, ...] = get_args(PassageLang)
_QUOTES = frozenset('“”"「」『』《》〈〉«»')
_DASHES = frozenset("-‐‑‒–—―−")
_APOSTROPHES = frozenset("’‘ʼ`´")
_CLOSING = frozenset("〕]】)")
_END = ""
"""Key of a trie node under which the surfaces stand that end there; no character is empty."""


class GlossaryError(ValueError):
    """The glossary breaks a rule; the message names term, what was seen, expected, and remedy."""


class Synonyms(Frozen):
    """What people type instead of the preferred term."""

    zh: tuple[str, ...] = ()
    hant: tuple[str, ...] = ()
    """Words that only Hong Kong uses, in traditional characters."""
    en: tuple[str, ...] = ()


class Term(Frozen):
    """One thing of the domain, with every name it goes by."""

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    zh: str
    """Preferred simplified term, as the cards write it."""
    hant: str
    """The same in traditional script, in Hong Kong's wording where that differs."""
    en: str
    """Preferred English term, as the cards write it."""
    abbr: tuple[str, ...] = ()
    """Abbreviations usable in any language."""
    cased: tuple[str, ...] = ()
    """Those of `abbr` that are also plain words (SAFE, GEM): found only as they are written."""
    also: Synonyms = Synonyms()
    names: tuple[str, ...] = ()
    """Ids of the cards that the term names outright."""
    uncovered: bool = False
    """Whether no card treats the subject; then a question about it is a gap."""

    def preferred(self, lang: PassageLang) -> str:
        """Return the preferred term of a language."""
        return self.zh if lang == "zh" else self.en

    def words(self, lang: PassageLang) -> tuple[str, ...]:
        """Return all words of a language without abbreviations, the preferred one first.

        Chinese comes in simplified characters, Hong Kong's own words included.
        """
        if lang == "en":
            return (self.en, *self.also.en)
        hong_kong = (_simplified(word) for word in (self.hant, *self.also.hant))
        return tuple(dict.fromkeys((self.zh, *self.also.zh, *hong_kong)))


class TermHit(Frozen):
    """One place in a text that names a term."""

    term: Term
    start: int
    end: int
    """Offsets into the text that was searched; `end` is exclusive."""
    text: str
    """What stands there."""
    surface: str
    """The term's own string that it matched, as the glossary writes it (Chinese simplified)."""


class Glossary(Frozen):
    """All terms. Finding walks one trie: about 0.2 ms for 100 characters."""

    terms: tuple[Term, ...] = Field(min_length=1)
    _trie: dict[str, Any] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any, /) -> None:
        """Check what no single term can know, and build the trie.

        Raises:
            GlossaryError: an id or a surface stands twice, or a surface breaks a rule.
        """
        ids: set[str] = set()
        owners: dict[str, Term] = {}
        surfaces = [surface for term in self.terms for surface in _surfaces(term)]
        for term in self.terms:
            if term.id in ids:
                _refuse(term, term.id, "each id once", "Merge the two entries or rename one")
            ids.add(term.id)
            _check_form(term)
        for surface in surfaces:
            _claim(surface, owners)
        for surface in surfaces:
            _plant(self._trie, surface, owners)

    def user_words(self) -> tuple[str, ...]:
        """Return every Chinese word, simplified, for the segmenter; sorted, each once."""
        return tuple(sorted({word for term in self.terms for word in term.words("zh")}))

    def find(self, text: str, lang: PassageLang | None = None) -> tuple[TermHit, ...]:
        """Find the terms a text names, in reading order; the longest wins, none overlap.

        Args:
            text: a question in either script or language.
            lang: look only for words of this language and abbreviations; None for all words.
        """
        folded = _fold(text)
        matches = [
            match
            for match in _matches(self._trie, folded)
            if lang is None or lang in match.surface.langs
        ]
        matches.sort(key=lambda match: (match.start - match.end, match.start))
        taken: set[int] = set()
        hits = []
        for match in matches:
            span = range(match.start, match.end)
            if taken.isdisjoint(span):
                taken.update(span)
                hits.append(_hit(match, folded, text))
        return tuple(sorted(hits, key=lambda hit: hit.start))

    def expansions(self, text: str, lang: PassageLang) -> tuple[str, ...]:
        """Return the other words of a language for the terms a text names, and abbreviations.

        Words that the text already has are left out; the preferred term comes first.
        """
        seen = _fold(text).chars
        words = (
            word
            for hit in self.find(text, lang)
            for word in (*hit.term.words(lang), *hit.term.abbr)
            if _key(word) not in seen
        )
        return tuple(dict.fromkeys(words))

    def translations(self, text: str, source: PassageLang, target: PassageLang) -> tuple[str, ...]:
        """Return the preferred `target` terms for what the text names in `source` words."""
        hits = self.find(text, source)
        return tuple(dict.fromkeys(hit.term.preferred(target) for hit in hits))


def load_glossary(path: Path = GLOSSARY_PATH, read: ReadYaml = read_yaml) -> Glossary:
    """Read a glossary file.

    Raises:
        GlossaryError: not YAML, an unknown or missing key, or a rule of the surfaces is broken.
    """
    try:
        content = read(path)
        return Glossary.model_validate(content)
    except CardError as error:
        raise GlossaryError(str(error)) from error
    except ValidationError as error:
        raise GlossaryError("\n".join(_explain(path, content, error))) from error


class _Surface(NamedTuple):
    """One string of a term, as it is looked for."""

    word: str
    folded: str
    term: Term
    langs: frozenset[PassageLang]
    cased: bool


class _Folded(NamedTuple):
    """A text in folded form; `places[i]` is the place of `chars[i]` in `source`."""

    chars: str
    places: list[int]
    source: str


class _Match(NamedTuple):
    """A surface at `chars[start:end]` of a folded text."""

    start: int
    end: int
    surface: _Surface


def _surfaces(term: Term) -> Iterator[_Surface]:
    for word in term.abbr:
        yield _Surface(word, _key(word), term, frozenset(_LANGS), word in term.cased)
    for lang in _LANGS:
        for word in term.words(lang):
            yield _Surface(word, _key(word), term, frozenset({lang}), cased=False)


def _check_form(term: Term) -> None:
    """Refuse what one term's own words get wrong."""
    written = (term.zh, *term.also.zh), term.also.hant, (term.en, *term.also.en), term.abbr
    folded = [_key(word) for words in written for word in words]
    for word, form in zip((word for words in written for word in words), folded, strict=True):
        if len(form) < 2:
            _refuse(term, word, "two characters or more", "Delete it or write it out")
        if folded.count(form) > 1:
            _refuse(term, word, "each string once in a term", "Delete the repetition")
    for word in written[0]:
        if _simplified(word) != word:
            _refuse(term, word, "simplified characters in zh", "Move it to hant")
    for word in term.cased:
        if word not in term.abbr:
            _refuse(term, word, "a string that abbr has too", "Add it to abbr")


def _claim(surface: _Surface, owners: dict[str, Term]) -> None:
    """Note whose surface this is; a second owner is refused."""
    owner = owners.setdefault(surface.folded, surface.term)
    if owner is not surface.term:
        expected = f"it in one term, but {owner.id!r} has it"
        remedy = "Keep it in one, or in neither if it is ambiguous"
        _refuse(surface.term, surface.word, expected, remedy)


def _refuse(term: Term, seen: str, expected: str, remedy: str) -> None:
    raise GlossaryError(f"term {term.id!r}: seen {seen!r}, expected {expected}. {remedy}.")


def _plant(trie: dict[str, Any], surface: _Surface, owners: dict[str, Term]) -> None:
    """Put a surface and its English plural into the trie; a written surface beats a plural."""
    for form in (surface.folded, *_plurals(surface.folded)):
        if owners.get(form, surface.term) is not surface.term:
            continue
        node = trie
        for char in form:
            node = node.setdefault(char, {})
        node.setdefault(_END, surface)


def _plurals(folded: str) -> Iterable[str]:
    if not _is_latin(folded[-1]) or folded[-1].isdigit():
        return ()
    consonant_y = folded[-1] == "y" and folded[-2:-1] not in set("aeiou")
    return (f"{folded}s", f"{folded}es", *([f"{folded[:-1]}ies"] if consonant_y else []))


def _matches(trie: dict[str, Any], folded: _Folded) -> Iterator[_Match]:
    """Yield every surface in a text, those that overlap too."""
    chars = folded.chars
    for start, char in enumerate(chars):
        node = trie.get(char)
        if node is None or not _may_begin(chars, start):
            continue
        for end in range(start + 1, len(chars) + 1):
            surface = node.get(_END)
            if surface is not None and _may_end(chars, end):
                match = _Match(start, end, surface)
                if not surface.cased or _source(folded, match).startswith(surface.word):
                    yield match
            node = node.get(chars[end]) if end < len(chars) else None
            if node is None:
                break


def _hit(match: _Match, folded: _Folded, text: str) -> TermHit:
    start, end = folded.places[match.start], folded.places[match.end - 1] + 1
    return TermHit.model_construct(
        term=match.surface.term,
        start=start,
        end=end,
        text=text[start:end],
        surface=match.surface.word,
    )


def _source(folded: _Folded, match: _Match) -> str:
    """Return the text under a match, with case kept."""
    start, end = folded.places[match.start], folded.places[match.end - 1] + 1
    return unicodedata.normalize("NFKC", folded.source[start:end])


def _may_begin(chars: str, at: int) -> bool:
    """Tell whether a word may begin here: not inside a Latin word or figure.

    A figure after a bracket belongs to a full citation (银发〔2025〕3号), so it names no other
    document that goes by its bare number.
    """
    if at == 0 or not _is_latin(chars[at]):
        return True
    before = chars[at - 1]
    return not (_is_latin(before) or (chars[at].isdigit() and before in _CLOSING))


def _may_end(chars: str, at: int) -> bool:
    return at == len(chars) or not (_is_latin(chars[at - 1]) and _is_latin(chars[at]))


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _fold(text: str) -> _Folded:
    """Bring text to the form in which surfaces are compared."""
    chars: list[str] = []
    places: list[int] = []
    gap = False
    for place, char in enumerate(_simplified(text)):
        for piece in _fold_char(char):
            if piece == " ":
                gap = True
                continue
            if gap and chars and not (_is_han(chars[-1]) or _is_han(piece)):
                chars.append(" ")
                places.append(place - 1)
            gap = False
            chars.append(piece)
            places.append(place)
    return _Folded("".join(chars), places, text)


@lru_cache(maxsize=8192)
def _key(word: str) -> str:
    """Fold a word of the glossary: words come again and again."""
    return _fold(word).chars


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    if char in _QUOTES:
        return ""
    if char in _DASHES or char.isspace():
        return " "
    if char in _APOSTROPHES:
        return "'"
    pieces = unicodedata.normalize("NFKC", char).lower()
    return "".join(" " if piece.isspace() or piece in _DASHES else piece for piece in pieces)


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char >= "\U00020000"


def _simplified(text: str) -> str:
    """Convert to simplified characters, keeping every character's place."""
    if text.isascii():
        return text
    converted = str(_converter().convert(text))
    if len(converted) == len(text):
        return converted
    # A phrase changed length (or a NUL cut the text short): convert one character at a time.
    singles = (str(_converter().convert(char)) for char in text)
    return "".join(
        single if len(single) == 1 else char for single, char in zip(singles, text, strict=True)
    )


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def _explain(path: Path, content: Any, error: ValidationError) -> Iterator[str]:
    """Turn pydantic's findings into lines of file, term, what was seen, expected, remedy."""
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, GlossaryError):
            yield f"{path}: {cause}"
            continue
        keys = [str(part) for part in item["loc"]]
        where = f"term {_term_name(content, item['loc'])}: " if "terms" in keys[:-1] else ""
        place, seen = ".".join(keys) or "file", repr(item.get("input"))[:80]
        if item["type"] == "extra_forbidden":
            inner = Synonyms if "also" in keys else Term
            known = ", ".join((inner if len(keys) > 1 else Glossary).model_fields)
            yield f"{path}: {where}seen key {place!r}, expected one of {known}. Correct the key."
        elif item["type"] == "missing":
            yield f"{path}: {where}seen no {keys[-1]!r}, expected one. Add it."
        else:
            yield f"{path}: {where}seen {seen} at {place!r}: {item['msg']}. Correct the value."


def _term_name(content: Any, place: tuple[int | str, ...]) -> str:
    """Name a term by its id, or by its number if it has none."""
    number = place[1]
    entry = content["terms"][number] if isinstance(number, int) else None
    return repr(entry["id"]) if isinstance(entry, dict) and "id" in entry else f"no. {number}"
