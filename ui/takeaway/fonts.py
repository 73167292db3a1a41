"""Fonts for documents: which of those on this machine draw Chinese, in the region's own forms.

The same character is drawn differently in Shanghai and in Hong Kong, so each language has its own
list. A document is never set in a font that lacks its characters: without one there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from bot.doctor import Check
from bot.language import Lang
from knowledge.card import Bilingual, Frozen
from ui.takeaway.typesetting import Job, open_fonts, typeset

FONT_PACKAGES = ("manimgx_fonts_cjk", "pylopdf_fonts_zh_cn", "pylopdf_fonts_zh_tw")
"""Python packages that carry open Chinese fonts; used where they are installed."""
_LATIN = "Libertinus Serif"
"""Lies in typst itself."""

# The region's own first; then pan-Chinese collections, which hold both scripts.
_SANS: Mapping[Lang, tuple[str, ...]] = {
    "zh-Hans": (
        *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
        *("Source Han Sans", "PingFang SC", "Microsoft YaHei", "Hiragino Sans GB", "SimHei"),
        *("Noto Sans CJK HK", "Noto Sans CJK TC", "Noto Sans CJK JP", "WenQuanYi Zen Hei"),
    ),
    "zh-Hant": (
        *("Noto Sans CJK HK", "Noto Sans HK", "Source Han Sans HK", "Source Han Sans HC"),
        *("Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "PingFang HK", "PingFang TC"),
        *("Microsoft JhengHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC"),
        *("Source Han Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK JP"),
        *("Hiragino Sans GB", "WenQuanYi Zen Hei"),
    ),
}
_SERIF: Mapping[Lang, tuple[str, ...]] = {
    "zh-Hans": (
        *("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN"),
        *("Source Han Serif", "Songti SC", "SimSun"),
    ),
    "zh-Hant": (
        *("Noto Serif CJK HK", "Noto Serif HK", "Source Han Serif HC", "Noto Serif CJK TC"),
        *("Noto Serif TC", "Source Han Serif TC", "Songti TC", "PMingLiU"),
    ),
}


class FontMissing(Exception):
    """No font on this machine draws the Chinese of a document; the message says what to install."""

    def __init__(self) -> None:
        """Take what a reader is told."""
        self.message = Bilingual(
            zh="服务器上没有可用的中文字体，PDF会显示方框，因此没有生成。请管理员安装字体："
            "Debian或Ubuntu上运行 apt-get install fonts-noto-cjk，"
            "或运行 pip install 'hugang[fonts]'，然后重新启动。Word版照常可用，只缺示意图。",
            en="No font on the server draws Chinese, so the PDF would show boxes and was not made. "
            "Ask the operator to install one: apt-get install fonts-noto-cjk on Debian or Ubuntu, "
            "or pip install 'hugang[fonts]', and to restart. The Word file can be had, without its drawings.",
        )
        super().__init__(self.message.en)


class FontChoice(Frozen):
    """Families for the text and the headings of one language, the first that has a glyph wins."""

    text: tuple[str, ...]
    head: tuple[str, ...]
    latin: str | None
    """Family for Latin letters and digits in the text; None: the text's own."""


class FontShelf:
    """The fonts that documents are set in; safe to use from many threads."""

    folders: tuple[str, ...]
    """Further folders with fonts."""
    system: bool
    """Whether the fonts installed on the system count."""

    def __init__(self, folders: Iterable[Path] = (), *, system: bool = True) -> None:
        """Read the fonts of this machine.

        Args:
            folders: further folders with fonts.
            system: whether the fonts installed on the system count.
        """
        self.folders, self.system = tuple(map(str, folders)), system
        fonts = open_fonts(self.folders, system=system)
        self._families = frozenset(fonts.families())
        self._typeset: Callable[[Job], bytes] = partial(typeset, fonts=fonts)

    def set_by(self, typesets: Callable[[Job], bytes]) -> FontShelf:
        """Return the same fonts, with which documents are set by another."""
        other = copy(self)
        other._typeset = typesets
        return other

    def typeset(self, job: Job) -> bytes:
        """Set a document; in this process, unless `set_by` says otherwise.

        Raises:
            TypesettingTooLong, TypesettingFailed: as they say; in this process, the library's own.
        """
        return self._typeset(job)

    def choice(self, lang: Lang) -> FontChoice:
        """Choose the families for a language.

        English documents quote Chinese, so that they too need a font that draws it.

        Raises:
            FontMissing: none draws Chinese.
        """
        script: Lang = "zh-Hant" if lang == "zh-Hant" else "zh-Hans"
        sans = self._there(_SANS[script])
        serif = self._there(_SERIF[script])
        if not sans and not serif:
            raise FontMissing
        if not serif:
            return FontChoice(text=sans[:1], head=sans[:1], latin=None)
        return FontChoice(text=serif[:1], head=(sans or serif)[:1], latin=_LATIN)

    @property
    def draws_chinese(self) -> bool:
        """Whether documents can be set at all."""
        return all(map(self.draws, _SANS))

    def draws(self, script: Lang) -> bool:
        """Whether some font draws Chinese as it is printed in a region."""
        return bool(self._there((*_SANS[script], *_SERIF[script])))

    @property
    def draws_emoji(self) -> bool:
        """Whether a font for emoji is there."""
        return any("emoji" in family.casefold() for family in self._families)

    def _there(self, families: Sequence[str]) -> tuple[str, ...]:
        return tuple(family for family in families if family in self._families)


_opening = Lock()


def open_shelf() -> FontShelf:
    """Return the fonts of this machine, else those of the font packages; read once."""
    with _opening:
        return _shelf()


@cache
def _shelf() -> FontShelf:
    """Read the system's fonts, and the packages' only where those draw no Chinese."""
    system = FontShelf()
    return system if system.draws_chinese else FontShelf(package_folders())


def check_fonts(opened: Callable[[], FontShelf] = open_shelf) -> Check:
    """Tell for `hugang doctor` in what PDFs are set, or what is missing and what to install."""
    shelf = opened()
    names = {"zh-Hans": "simplified Chinese", "zh-Hant": "traditional Chinese"}
    missing = [names[lang] for lang in _SANS if not shelf.draws(lang)]
    if missing:
        return Check(
            name="fonts",
            severity="warning",
            message=f"no font here draws {' or '.join(missing)}: no PDF can be made, "
            "and Word files have no drawings",
            remedy="apt-get install fonts-noto-cjk (Debian, Ubuntu), or pip install 'hugang[fonts]'; "
            "then restart the server.",
        )
    used = (f"{shelf.choice(lang).head[0]} ({names[lang]})" for lang in _SANS)
    return Check(name="fonts", severity="ok", message=f"PDFs are set in {', '.join(used)}")


def package_folders() -> tuple[Path, ...]:
    """Return the folders of the font packages that are installed."""
    found = (find_spec(name) for name in FONT_PACKAGES)
    return tuple(
        Path(place) for spec in found if spec for place in spec.submodule_search_locations or ()
    )
