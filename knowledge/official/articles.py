"""Articles of a text: what is compared between two versions, and shown beside a fact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from knowledge.card import Frozen
from knowledge.documents.document import Part
from knowledge.official.provision import Provision, read_provisions

_CONTINUED = re.compile(r"至|–|, paragraph ")
"""What follows the first number in the label of a piece of a long article."""
_OF_ANNEX = re.compile(
    r"(?:附[件表录錄]\s?[\dA-Z一二三四五六七八九十]*|(?:Schedule|Annex|Appendix)(?: [0-9A-Z]+)?)[,，]?\s*",
    re.IGNORECASE,
)
"""What stands before the number in the label of an article of an annex."""
_BLANK = re.compile(r"\s+")
_HEAD = re.compile(
    r"\s*(?:第\s?[零〇一二三四五六七八九十百千两\d]+\s?[条條](?:之[一二三四五六七八九十]+)?"
    r"|(?:Article|Section|Rule|Regulation|Clause)\s+\d+[A-Z]*|[一二三四五六七八九十]+、"
    r"|[(（][一二三四五六七八九十\d]+[)）]|\d+[A-Z]*(?:\.\d+)*[.、]?(?=\D))\s*",
    re.IGNORECASE,
)


class Article(Frozen):
    """An article, or another stretch that is cited as one."""

    label: str | None
    """第十二条, Article 12, 一（三）; None for what stands outside of articles."""
    annex: str | None = None
    """Outermost heading where the text is an annex: its numbers are its own."""
    text: str
    page: int | None = None
    numbers: tuple[int, ...] = ()
    """Of its passages, by their place among the text's parts, from 0."""

    @cached_property
    def provision(self) -> Provision | None:
        """What its label names."""
        return provision_of(self.label)

    @property
    def unnumbered(self) -> str:
        """Its text without its number."""
        head = _HEAD.match(self.text) if self.label else None
        return self.text[head.end() :] if head else self.text

    @cached_property
    def body(self) -> str:
        """The same without blanks, folded: what stays as it is when an article is renumbered."""
        return _BLANK.sub("", unicodedata.normalize("NFKC", self.unnumbered))

    @property
    def key(self) -> tuple[object, ...]:
        """What identifies it within one version of its text, as far as its number does."""
        return (self.annex, self.provision or self.label)


def articles_of(parts: Sequence[Part]) -> tuple[Article, ...]:
    """Put the parts of a text together to articles, in reading order."""
    groups: list[list[tuple[int, Part]]] = []
    before: tuple[object, ...] | None = None
    for at, part in enumerate(parts):
        key = _key(part)
        if key is not None and key == before:
            groups[-1].append((at, part))
        else:
            groups.append([(at, part)])
        before = key
    return tuple(_article(group) for group in groups)


def provision_of(label: str | None) -> Provision | None:
    """Read the label of a passage; one of a piece counts as that of its article or point."""
    if label is None:
        return None
    first = _OF_ANNEX.sub("", _CONTINUED.split(label)[0])
    if label[-1] in "条條" and first[-1:] not in {"条", "條"} and "条" not in first:
        first += "条"  # 第5(2)至(4)條
    found = read_provisions(first)
    return found[0]._replace(inner=()) if len(found) == 1 else None


def _key(part: Part) -> tuple[object, ...] | None:
    provision = provision_of(part.article)
    if provision is None:
        return None
    return (_annex(part.path), provision)


def _article(members: Sequence[tuple[int, Part]]) -> Article:
    first = members[0][1]
    label = first.article
    if len(members) > 1 and (provision := provision_of(label)) and provision.series == "article":
        label = _whole(first.article or "")
    return Article(
        label=label,
        annex=_annex(first.path),
        text=joined([part for _, part in members]),
        page=first.first_page,
        numbers=tuple(at for at, _ in members),
    )


def joined(parts: Sequence[Part]) -> str:
    """Put the pieces of an article together; a sentence in which two overlap stands once."""
    text, end = "", parts[0].start
    for part in parts:
        own = part.text[len(part.text) - (part.end - part.start) :]
        if text and part.start >= end:
            text += "\n"
        text += own[max(0, end - part.start) :] if text else own
        end = max(end, part.end)
    return text


def _whole(label: str) -> str:
    """Take what names a piece off the label of an article: 第十二条第一款 becomes 第十二条."""
    match = re.match(r".*?[条條](?:之[一二三四五六七八九十]+)?|.*?[A-Za-z]+ [0-9A-Z.]+", label)
    return re.sub(r"\([^)]*\).*(?=[条條])", "", match[0]) if match else label


def _annex(path: tuple[str, ...]) -> str | None:
    heading = path[0] if path else ""
    return heading if re.match(r"附|Schedule|Annex|Appendix", heading, re.IGNORECASE) else None
