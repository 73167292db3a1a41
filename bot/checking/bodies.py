"""Bodies: which authorities and courts a sentence names, by every name people use for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

from bot.checking.crossing import Name
from knowledge.corpus import Corpus
from knowledge.glossary import Glossary

_TEXTS_KEPT = 1024
"""Texts whose bodies are kept: a sentence is asked about them four times."""


class Authorities:
    """The bodies that cards name, by every name people use for them."""

    def __init__(self, corpus: Corpus, glossary: Glossary) -> None:
        """Take full names from the issuers' list and everyday names from the glossary."""
        self._corpus = corpus
        self._glossary = glossary
        self.names_in = lru_cache(_TEXTS_KEPT)(self._names_in)
        """Return where a text (Chinese simplified) names bodies; the longest name counts."""

    def named_in(self, text: str) -> set[str]:
        """Return the abbreviations of the bodies a text (Chinese simplified) names."""
        return {name.key for name in self.names_in(text)}

    def dealt_with_in(self, text: str) -> set[str]:
        """Return those of them that do something or are gone to: 由人民银行处罚, "lodge with the CSRC"."""
        return {name.key for name in self.names_in(text) if _DEALT_WITH.search(text[: name.start])}

    def acting_in(self, text: str) -> set[str]:
        """Return those of them that are not merely named as whose rules they are: 发改委令第41号."""
        return {
            name.key
            for name in self.names_in(text)
            if not _RULES_OF.match(text, name.end) and not _BY_RULES_OF.search(text[: name.start])
        }

    def _names_in(self, text: str) -> tuple[Name, ...]:
        folded = text.lower()
        names: list[Name] = []
        ends = 0
        for at in range(len(folded)):
            # Where no name begins, which is nearly everywhere, this is all that is done.
            if (surfaces := self._by_head.get(folded[at : at + 2])) and at >= ends:
                surface = _first_at(folded, at, surfaces)
                if surface:
                    ends = at + len(surface)
                    names.append(Name("body", self._owners[surface], at, ends))
        return tuple(names)

    def strange_in(self, text: str, shown: str) -> Iterator[str]:
        """Yield courts and bodies of a sentence that no list has and its facts do not name.

        Args:
            text: a sentence (Chinese simplified).
            shown: what its citations show, in both languages.
        """
        for name, words in {**_COURTS, **_MINISTRIES}.items():
            if words.search(text) and not words.search(shown):
                yield name
        low = shown.lower()
        for match in _BODY.finditer(text):
            words_of = re.findall(r"[a-z]{4,}", match[0].lower())
            strange = [word for word in words_of if word[:_STEM] not in low and word not in _PLAIN]
            if strange and not self.named_in(match[0]):
                yield match[0]

    def is_part_of(self, authority: str, known: set[str]) -> bool:
        """Tell whether a body is a branch of a known one, or the other way round."""
        head = authority.partition(" ")[0]
        return any(head == other.partition(" ")[0] for other in known)

    @cached_property
    def _owners(self) -> dict[str, str]:
        owners: dict[str, str] = {}
        for abbreviation, issuer in self._corpus.issuers.items():
            if issuer.generic:
                continue
            for surface in (abbreviation, *_plain(issuer.zh), *_plain(issuer.en)):
                owners.setdefault(surface.lower(), abbreviation)
        for term in self._glossary.terms:
            owner = next((a for a in term.abbr if a in self._corpus.issuers), None)
            owner = owner or owners.get(term.zh.lower()) or owners.get(term.en.lower())
            if owner:
                for surface in (*term.words("zh"), *term.words("en")):
                    owners.setdefault(surface.lower(), owner)
        return owners

    @cached_property
    def _by_head(self) -> dict[str, list[str]]:
        """Names by their first two characters, longest first."""
        heads: dict[str, list[str]] = defaultdict(list)
        for surface in sorted(self._owners, key=len, reverse=True):
            heads[surface[:2]].append(surface)
        return heads


def _plain(name: str) -> Iterable[str]:
    """Drop what an issuer's full name carries in brackets."""
    yield re.sub(r"（[^）]*）|\([^)]*\)", "", name).replace("’", "'").strip()


def _first_at(folded: str, at: int, surfaces: Iterable[str]) -> str:
    """Return the first of some names that stands at a place, or nothing."""
    for surface in surfaces:
        if folded.startswith(surface, at) and _stands_free(folded, at, at + len(surface)):
            return surface
    return ""


def _stands_free(text: str, start: int, end: int) -> bool:
    """Tell whether a Latin name is not part of a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (
        (_latin(text[start]) and _latin(before)) or (_latin(text[end - 1]) and _latin(after))
    )


def _latin(character: str) -> bool:
    return "a" <= character <= "z"


_DEALT_WITH = re.compile(
    r"[由向经报到]$|取得$|\b(?:to|with|by|from|inform|notify|tell|ask)(?: the)? $", re.IGNORECASE
)
"""What stands before a body that does something or is gone to."""
_RULES_OF = re.compile(
    r"[^，。；、]{0,5}?(?:令|[〔\[]|号|办法|规定|通知|意见|征求|草案|公告|条例|指引|通函|计划|方案|文件|规则)"
    r"|(?:[’']s)?(?: [\w-]+){0,3} (?:order|notice|measures|rules?|circular|guid\w+|draft|opinions|announcement|provisions|plan|paper)",
    re.IGNORECASE,
)
_BY_RULES_OF = re.compile(
    r"(?:按照?|根?据|依照?|照)$|\b(?:under|according to|per)(?: the)? $", re.IGNORECASE
)
"""What stands beside a body of whose rules a sentence speaks."""
_STEM = 5
"""Letters by which a word of a name is looked for."""
_COURTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in {
        "supreme court": r"最高(?:人民)?法院|最高法|\bsupreme\b|\bSPC\b|法释",
        "high court": r"高级(?:人民)?法院|高院|高等法院|原讼|\bhigh(?:er)? (?:people.s )?court|court of first instance",
        "intermediate court": r"中级(?:人民)?法院|(?<![集其])中院|\bintermediate (?:people.s )?court",
        "district court": r"区域法院|地区法院|基层(?:人民)?法院|\b(?:district|basic|primary) (?:people.s )?court",
        "court of appeal": r"上诉法[庭院]|\bcourt of appeal",
        "court of final appeal": r"终审法院|court of final appeal",
    }.items()
}
"""Courts by their level."""
_MINISTRIES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in {
        "Ministry of Public Security": r"公安部|公安机关|public security|\bpolice",
        "Ministry of State Security": r"国家安全部|state security",
        "Ministry of Justice": r"司法部|ministry of justice",
        "Ministry of Foreign Affairs": r"外交部|foreign affairs|\bMFA\b",
        "Ministry of Education": r"教育部|ministry of education",
        "Supreme People's Procuratorate": r"检察院|procurator",
        "National Audit Office": r"审计署|national audit office",
    }.items()
}
"""Ministries and the like that issue none of the cards."""
_BODY = re.compile(
    r"\bMinistry of (?:[A-Z][a-z]+|and|,)(?: (?:[A-Z][a-z]+|and))*"
    r"|\b(?:[A-Z][a-z]+ (?:and )?){1,4}(?:Commission|Bureau|Administration|Ministry|Tribunal)\b"
)
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        "ministry commission bureau administration tribunal national state under local municipal provincial"
        " people from with before after china hong kong shanghai chinese securities development this that",
    )
)
"""Words of names that tell none from another."""
