"""In which encoding a text is written."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What pages declare and what their writers use: the supersets hold the characters added later.
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "cp950": "big5hkscs",
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252",
    "windows-1252": "cp1252",
}  # fmt: skip
_GUESSED = ["gb18030", "big5hkscs", "cp1252", "utf_16_le", "utf_16_be", "shift_jis", "euc_kr"]
_META = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._-]{2,30})""", re.IGNORECASE)
_SAMPLE = 200_000
_SCRIPT = re.compile("[\u4e00-\u9fff]")
# The commonest characters in which simplified and traditional texts differ or agree: a text decoded
# in the wrong one of the two encodings consists of rare characters.
_COMMON = frozenset(
    "的一是不在有人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法"
    "所民得经之进着等部度家电力里如水化高自理起小物现实量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政"
    "公司資第条條規规額额款項项銀银務务為會這個國時來們發動過說產種後學經進現實應開從業還關办法於與"
)


class Decoded(NamedTuple):
    """A text out of bytes."""

    text: str
    encoding: str
    replaced: bool
    """Whether some bytes had no meaning in it."""


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode by byte order mark, else as UTF-8 where it is, else as declared, else as it looks.

    Args:
        data: the bytes.
        declared: an encoding named outside of them; one in a `<meta>` or `<?xml?>` is found here.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data, encoding)
    try:
        return Decoded(data.decode("utf-8"), "utf-8", replaced=False)
    except UnicodeDecodeError:
        pass
    if declared is None and (found := _META.search(data[:4_096])):
        declared = found[1].decode("ascii")
    if declared and (known := _known(declared)):
        try:
            text = data.decode(known)
        except UnicodeDecodeError:
            pass
        else:
            if _plausible(text):
                return Decoded(text, known, replaced=False)
    return _decoded(data, _guess(data) or (declared and _known(declared)) or "utf-8")


def _known(declared: str) -> str | None:
    name = declared.strip().lower()
    name = _SUPERSETS.get(name, name)
    try:
        # UTF-16 without a mark would have failed as what it looks like: the declaration is a slip.
        return None if name.startswith("utf") else codecs.lookup(name).name
    except LookupError:
        return None


def _plausible(text: str) -> bool:
    """Whether a decoded text reads like one: of its Chinese characters a fair part is common."""
    chinese = _SCRIPT.findall(text[:_SAMPLE])
    return len(chinese) < 10 or sum(char in _COMMON for char in chinese) > 0.08 * len(chinese)


def _guess(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE]
    scores = {}
    for encoding in ("gb18030", "big5hkscs"):
        text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
        chinese = _SCRIPT.findall(text)
        # A few bad bytes do not make another encoding of it.
        if chinese and text.count("\ufffd") <= 0.01 * len(text):
            scores[encoding] = sum(char in _COMMON for char in chinese) / len(chinese)
    if scores and max(scores.values()) > 0.08:
        return max(scores, key=lambda name: scores[name])
    best = from_bytes(sample, cp_isolation=_GUESSED).best()
    return best.encoding if best else None


def _decoded(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    return Decoded(text, encoding, replaced="\ufffd" in text)
