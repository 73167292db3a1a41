"""Claims out of a model's text, each as soon as its last character has come.

Two forms are read, whichever was asked for, and with what models put around them: JSON objects
(`{"section": "lead", "text": "…", "facts": ["F1"]}`) and lines (`LEAD: sentence [F1][F3]`). The
text is taken character by character, so how it was cut on the way cannot change what is read.

Partial-JSON parsers guess how an open text will end and hand out halves of strings; a sentence may
be checked and shown only when it is whole. So objects are found by their braces (outside of
strings) and each is read by `json.loads`: a fault in one does not cost the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.language import to_simplified
from bot.providers.base import OutputForm
from bot.writing.draft import BlockKind
from knowledge.card import Frozen

SECTIONS: tuple[BlockKind, ...] = ("lead", "conditions", "procedure", "note")
"""Parts of an answer that a model writes, in reading order."""

LONGEST_LINE = 2_000
"""Characters after which a line is cut, so that a model which never ends one costs no more."""


class ProposedClaim(Frozen):
    """A sentence as a model wrote it, not yet checked."""

    section: BlockKind
    text: str
    """Without marks and markup, closed by a stop."""
    facts: tuple[str, ...]
    """Short names (`F1`) of the facts it claims to rest on; what is no such name as it was written."""


def read_claims(texts: Iterable[str], form: OutputForm) -> Iterator[ProposedClaim]:
    """Yield the claims of a text that comes in pieces; never raises over what it says."""
    reader = ClaimReader(form)
    for text in texts:
        yield from reader.feed(text)
    yield from reader.close()


class ClaimReader:
    """Reads one answer; keeps what is not yet complete between pieces."""

    def __init__(self, form: OutputForm) -> None:
        """Take the form that was asked for.

        In lines, a sentence without facts is a claim too, to be refused and counted; beside JSON
        it is only what the model says about its JSON.
        """
        self._form: OutputForm = form
        self._objects = _Objects()
        self._lines = _Lines()
        self._brace = ""
        """An opening brace and the blanks after it, until it shows whether it opens an object."""
        self._section: BlockKind | None = None
        self._led = False
        self._stray = 0

    @property
    def unreadable(self) -> int:
        """Pieces so far that gave no claim: broken or unfinished objects, stray sentences."""
        return self._objects.unreadable + self._stray

    def feed(self, text: str) -> Iterator[ProposedClaim]:
        """Yield the claims that a further piece completes."""
        for character in text:
            yield from self._take(character)

    def close(self) -> Iterator[ProposedClaim]:
        """Yield what the end completes; an object still open is unreadable."""
        for character in self._brace:
            yield from self._of_pieces(self._lines.take(character))
        self._brace = ""
        yield from self._of_pieces(self._lines.flush())
        self._objects.close()

    def _take(self, character: str) -> Iterator[ProposedClaim]:
        if self._objects.is_open:
            if found := self._objects.take(character):
                yield self._of_object(found)
            return
        if self._brace and character.isspace():
            self._brace += character
            return
        if self._brace:
            head, self._brace = self._brace, ""
            if character == '"':
                yield from self._of_pieces(self._lines.flush())
                self._objects.open(head + character)
                return
            for waiting in head:
                yield from self._of_pieces(self._lines.take(waiting))
        if character == "{":
            self._brace = character
            return
        yield from self._of_pieces(self._lines.take(character))

    def _of_object(self, found: Mapping[str, Any]) -> ProposedClaim:
        text, inside = _without_marks(_value(found, _TEXT_KEYS))
        section = _value(found, _SECTION_KEYS)
        named = _section_named(section) if isinstance(section, str) else None
        names = (*_names(_value(found, _FACT_KEYS)), *inside)
        return self._claim(text, tuple(dict.fromkeys(names)), named)

    def _of_pieces(self, pieces: Iterable[_Piece]) -> Iterator[ProposedClaim]:
        for piece in pieces:
            text = without_layout(piece.text) if piece.opens_line else piece.text
            if piece.opens_line:
                section, text = _without_heading(text)
                self._section = section or self._section
                if section is None and is_heading(piece.text):
                    continue
            for sentence in sentences_of(text):
                said, names = _without_marks(sentence)
                if not _WORD.search(said):
                    continue
                if names or self._form == "lines":
                    yield self._claim(said, names, self._section)
                else:
                    self._stray += 1

    def _claim(self, text: str, facts: tuple[str, ...], section: BlockKind | None) -> ProposedClaim:
        """Make a claim; one that says not where it belongs leads, the next ones follow."""
        section = section or ("conditions" if self._led else "lead")
        self._led = self._led or bool(facts)
        return ProposedClaim(section=section, text=_closed(text), facts=facts)


class _Open(NamedTuple):
    """An object whose closing brace has not come."""

    start: int
    first_claim: int | None = None
    """Where the first claim inside it starts; an object that holds claims is none itself."""


class _Objects:
    """Finds the objects of a JSON text that hold a sentence, the innermost ones."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._text: list[str] = []
        self._open: list[_Open] = []
        self._in_string = False
        self._escaped = False

    @property
    def is_open(self) -> bool:
        return bool(self._open)

    def open(self, head: str) -> None:
        """Start at an opening brace, blanks and the quote of the first key."""
        self._text = list(head)
        self._open = [_Open(0)]
        self._in_string, self._escaped = True, False

    def take(self, character: str) -> Mapping[str, Any] | None:
        """Take one character; return the object that it completes, if that one holds a sentence."""
        self._text.append(character)
        if self._in_string:
            self._in_a_string(character)
        elif character == '"':
            self._in_string = True
        elif character == "{":
            self._open.append(_Open(len(self._text) - 1))
        elif character == "}":
            return self._completed()
        return None

    def close(self) -> None:
        """Count the objects that the end leaves open."""
        while self._open:
            self._count_lost(self._open.pop())

    def _in_a_string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
        elif character == ":" and (start := self._missed_start()) is not None:
            # A quote was forgotten: what looks like a string is the start of the next object.
            self._in_string = False
            self._open.append(_Open(start))

    def _missed_start(self) -> int | None:
        at = max(0, len(self._text) - 48)
        match = _OBJECT_START.search("".join(self._text[at:]))
        return at + match.start() if match else None

    def _completed(self) -> Mapping[str, Any] | None:
        ended = self._open.pop()
        if ended.first_claim is not None:
            self._count_lost(ended)
            return None
        if len(self._open) >= _DEEPEST:
            return None
        found = _read_object("".join(self._text[ended.start :]))
        if found is None:
            self.unreadable += 1
            return None
        if not isinstance(text := _value(found, _TEXT_KEYS), str) or not _WORD.search(text):
            return None
        if self._open and self._open[-1].first_claim is None:
            self._open[-1] = self._open[-1]._replace(first_claim=ended.start)
        return found

    def _count_lost(self, lost: _Open) -> None:
        """Count an object that cannot be read; what only wraps claims has lost nothing."""
        until = len(self._text) if lost.first_claim is None else lost.first_claim
        own = "".join(self._text[lost.start : until])
        if lost.first_claim is None or _TEXT_KEY.search(own):
            self.unreadable += 1


_DEEPEST = 8
"""Objects inside each other, beyond which none can be a claim."""
_TEXT_KEYS = ("text", "sentence", "claim", "content", "句子", "内容", "文本")
_FACT_KEYS = ("facts", "fact", "refs", "fact_ids", "citations", "sources", "事实", "依据")
_SECTION_KEYS = ("section", "kind", "block", "part", "部分", "段落")
_TEXT_KEY = re.compile(rf'"(?:{"|".join(_TEXT_KEYS)})"\s*:')
_OBJECT_START = re.compile(
    rf'\{{\s*"(?:{"|".join((*_TEXT_KEYS, *_FACT_KEYS, *_SECTION_KEYS))})"\s*:$'
)
_SPARE_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


def _read_object(text: str) -> Mapping[str, Any] | None:
    """Read an object, forgiving line breaks in strings and commas before closing brackets."""
    for attempt in (text, _SPARE_COMMA.sub(r"\1", text)):
        try:
            found = json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
        return found if isinstance(found, dict) else None
    return None


def _value(found: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((found[key] for key in keys if key in found), None)


class _Piece(NamedTuple):
    """A part of a line that is complete, its marks still in it."""

    text: str
    opens_line: bool


class _Lines:
    """Cuts a running text at ends of lines, and behind marks that more text follows."""

    def __init__(self) -> None:
        self._text = ""
        self._opens_line = True
        self._marks_end = 0
        """Where the latest marks end; 0 while none stand at the end of what has come."""

    def take(self, character: str) -> Iterator[_Piece]:
        """Take one character; yield the part of the line that it shows to be complete."""
        if character in "\r\n":
            yield from self.flush()
            return
        self._text += character
        if len(self._text) > LONGEST_LINE:
            yield from self.flush()
        elif character in _CLOSERS and _ENDS_IN_MARK.search(self._text[-_LONGEST_MARK:]):
            self._marks_end = len(self._text)
        elif self._marks_end and not _MAY_GO_ON.fullmatch(self._text, self._marks_end):
            yield from self._cut()

    def flush(self) -> Iterator[_Piece]:
        """End the line."""
        if self._text.strip():
            yield _Piece(self._text, self._opens_line)
        self._text, self._opens_line, self._marks_end = "", True, 0

    def _cut(self) -> Iterator[_Piece]:
        """Cut behind the marks, unless they stand inside or before a sentence that goes on."""
        before = self._text[: self._marks_end]
        stop = _STOP.match(self._text, self._marks_end)
        bare = _without_marks(_without_heading(without_layout(before))[1])[0]
        at = stop.end() if stop else self._marks_end
        ended = bool(stop) or bool(_STOPPED.search(bare))
        goes_on = not ended and _GOES_ON.match(self._text, at)
        self._marks_end = 0
        if goes_on or not _WORD.search(bare):
            return
        yield _Piece(self._text[:at], self._opens_line)
        self._text, self._opens_line = self._text[at:], False


# No two of these patterns can take the same blanks: a long run of marks is read in linear time.
_NAME = r"F\s?\d{1,3}"
_AND = r"(?:\s*(?:[,，、;；/&\-–—~～至到和及与與]|and)\s*|\s+)"
_LABEL = r"(?:(?:facts?|refs?|sources?|事实|事實|依据|依據|根据|根據|来源|來源|见|見|据|據)\s?(?:[:：]\s?)?)?"
_MARK = (
    rf"(?:[\[［（(【〔]\s?{_LABEL}{_NAME}(?:{_AND}(?:F\s?)?\d{{1,3}})*\s?[\]］）)】〕]"
    r"|[\[【]\s?\d{1,2}(?:\s?[,，、]\s?\d{1,2})*\s?[\]】])"
)
_LONGEST_MARK = 80
_CLOSERS = "]］）)】〕"
_CLOSING = r"[\"”』」’'）)*_]*"
_RUN = rf"\s*{_MARK}(?:\s*(?:(?:[,，、;；&和及与與]|and)\s*)?{_MARK})*"
"""Marks that belong together."""
_MARKS = re.compile(_RUN, re.IGNORECASE)
_ENDS_IN_MARK = re.compile(rf"{_MARK}$", re.IGNORECASE)
_MAY_GO_ON = re.compile(
    rf"[ \t]*(?:[,，、;；&和及与與]|a(?:nd?)?)?(?:[。．.!！?？]+{_CLOSING})?[ \t]*"
    rf"(?:[\[［（(【〔][^\]］）)】〕]{{0,{_LONGEST_MARK - 2}}})?"
)
"""What may stand between marks that belong together, as far as it has come."""
_STOP = re.compile(rf"[ \t]*[。．.!！?？;；]+{_CLOSING}")
_STOPPED = re.compile(rf"[。．.!！?？;；…]{_CLOSING}$")
_GOES_ON = re.compile(r"[ \t]*[,，、:：（(a-z—–]")
"""What goes on with the sentence: "the cap is 0.8 [F1], and the rate …"."""
_RANGE = re.compile(r"(\d{1,3})(?:\s*[-–—~～至到]\s*F?\s?(\d{1,3}))?", re.IGNORECASE)
_NAME_LIST = re.compile(rf"(?:{_MARK}\s*)+|{_NAME}(?:{_AND}{_NAME})*|\d{{1,3}}", re.IGNORECASE)
_LONGEST_RANGE = 10


def _names(value: object) -> tuple[str, ...]:
    """Read fact names in whatever shape a model gives them; what is none stays as it is."""
    if isinstance(value, bool) or value is None:
        return ()
    if isinstance(value, int):
        return (f"F{value}",)
    if isinstance(value, str):
        told = value.strip()
        if _NAME_LIST.fullmatch(told):
            return _names_in(told)
        return tuple(part for part in re.split(r"[\s,，、;；]+", told) if part)
    if isinstance(value, Mapping):
        return _names(_value(value, ("id", "name", "ref", "fact")))
    if isinstance(value, list):
        return tuple(dict.fromkeys(name for one in value for name in _names(one)))
    return (str(value),)


def _names_in(marks: str) -> tuple[str, ...]:
    names: list[str] = []
    for match in _RANGE.finditer(marks):
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < first + _LONGEST_RANGE:
            names += [f"F{first}", f"F{last}"]
        else:
            names += [f"F{n}" for n in range(first, last + 1)]
    return tuple(dict.fromkeys(names))


_ECHO = re.compile(rf"^\s*({_NAME})\s*[:：]\s*", re.IGNORECASE)
"""A fact's name before the sentence, as the facts themselves are told."""


def _without_marks(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the marks out of a text; return it bare, and the names in them."""
    names = [name for mark in _MARKS.findall(text) for name in _names_in(mark)]
    bare = _MARKS.sub("", text)
    if echo := _ECHO.match(bare):
        names, bare = [*_names_in(echo[1]), *names], bare[echo.end() :]
    bare = " ".join(bare.replace("**", "").replace("`", "").split())
    return bare.lstrip(",，、;；:：.。|·— ").rstrip("|— "), tuple(dict.fromkeys(names))


_WORD = re.compile(r"[^\W_]")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def _closed(text: str) -> str:
    """Close a sentence with a stop where the model left it out."""
    if re.search(rf"[。．.!！?？…]{_CLOSING}$", text):
        return text
    return text.rstrip(",，、;；:： ") + ("。" if _HAN.search(text) else ".")


_ABBREVIATED = re.compile(
    r"(?:\b(?:Nos?|Arts?|Paras?|Secs?|Regs?|Cap|Co|Ltd|Inc|Corp|approx|vs|etc|Mr|Ms|Dr|St|e\.g|i\.e"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b[A-Za-z])$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(
    rf"{_RUN}[ \t]*[。．.!！?？;；]+{_CLOSING}(?:{_RUN})?"
    rf"|[。．！？!?]+{_CLOSING}(?:{_RUN})?"
    rf"|(?P<dot>\.){_CLOSING}(?:{_RUN})?(?=\s+\S|\s*$)",
    re.IGNORECASE,
)


def sentences_of(text: str) -> Iterator[str]:
    """Split a piece of a line into sentences, each with the marks around its stop."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match["dot"] and _goes_on_after_dot(text, match):
            continue
        yield text[start : match.end()]
        start = match.end()
    yield text[start:]


def _goes_on_after_dot(text: str, match: re.Match[str]) -> bool:
    """Tell whether a dot ends an abbreviation, or a small letter goes on behind it."""
    rest = text[match.end() :].lstrip()
    return bool(rest) and (
        bool(_ABBREVIATED.search(text[max(0, match.start() - 12) : match.start()]))
        or rest[0].islower()
    )


_LAYOUT = re.compile(
    r"^(?:\s|[#>|•·●▪◦*\-–—]|\d{1,2}(?:[.．](?!\d)|[、)）])|[（(]\d{1,2}[)）](?!\d)|[①-⑳]"
    r"|[一二三四五六七八九十]{1,2}、|[（(][一二三四五六七八九十]{1,2}[)）])+"
)
_HEADING = re.compile(
    r"^[【\[]?([A-Za-z\u4e00-\u9fff][A-Za-z\u4e00-\u9fff ]{0,30}?)[】\]]?\**\s*(?:[:：]\**|$)"
)
_SECTION_NAMES: Mapping[BlockKind, str] = {
    "lead": "lead|answer|direct answer|short answer|summary|conclusion|结论|答|回答|直接回答|答复|要点|开头",
    "conditions": "conditions|condition|conditions and limits|limits|requirements|条件|条件与限额|条件和限额|限额|要求",
    "procedure": "procedure|procedures|procedure and timing|steps|process|timing"
    "|手续|手续与时间|手续和时间|程序|步骤|流程|办理|时间",
    "note": "note|notes|please note|points to note|caution|cautions|warning"
    "|请留意|留意|需要留意|需要留意之处|注意|请注意|注意事项|提示|说明|备注",
}
_SECTION_OF = {name: kind for kind, names in _SECTION_NAMES.items() for name in names.split("|")}


def _section_named(name: str) -> BlockKind | None:
    return _SECTION_OF.get(to_simplified(name).strip().lower())


def without_layout(text: str) -> str:
    """Take off what opens a line: bullets, numbers, heading signs, bold."""
    return _LAYOUT.sub("", text)


def _without_heading(text: str) -> tuple[BlockKind | None, str]:
    """Return the section that a line is headed by, and the rest of it."""
    match = _HEADING.match(text)
    section = _section_named(match[1]) if match else None
    return (section, without_layout(text[match.end() :])) if match and section else (None, text)


def is_heading(line: str) -> bool:
    """Tell whether a line is a heading or an opening, and no sentence."""
    bare = line.strip()
    if bare.startswith("```"):
        return True
    if _MARKS.search(bare):
        return False
    bold = re.fullmatch(r"\*\*[^*]+\*\*", bare) and not _STOPPED.search(bare)
    return bool(bold) or bare.startswith("#") or bare.rstrip("*_ ").endswith((":", "："))


def marks(facts: Iterable[str]) -> str:
    """Write the marks of a sentence in the line form: `[F1][F3]`."""
    return "".join(f"[{name}]" for name in facts)


def print_claims(claims: Sequence[ProposedClaim], form: OutputForm) -> str:
    """Write claims as a model is asked to write them."""
    if form == "json":
        return json.dumps({"claims": [claim.model_dump() for claim in claims]}, ensure_ascii=False)
    lines: list[str] = []
    section: BlockKind | None = None
    for claim in claims:
        sentence = f"{claim.text} {marks(claim.facts)}".rstrip()
        if claim.section == "lead":
            lines.append(f"LEAD: {sentence}")
        else:
            if claim.section != section:
                lines.append(f"{claim.section.upper()}:")
            lines.append(f"- {sentence}")
        section = claim.section
    return "\n".join(lines)


def claims_schema(facts: Iterable[str]) -> dict[str, Any]:
    """Return the JSON schema of an answer that may name only these facts."""
    claim = {
        "type": "object",
        "properties": {
            "section": {"type": "string", "enum": list(SECTIONS)},
            "text": {"type": "string"},
            "facts": {"type": "array", "items": {"type": "string", "enum": list(facts)}},
        },
        "required": ["section", "text", "facts"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"claims": {"type": "array", "items": claim}},
        "required": ["claims"],
        "additionalProperties": False,
    }
