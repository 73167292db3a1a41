"""The answer's Markdown as HTML: paragraphs, bullets, **bold** and [n] marks, nothing else.

markdown-it escapes every text; raw HTML, links and images are not part of the subset. Bold has a
rule of its own because CommonMark leaves `**税率8.25%。**须` unread: a full stop inside and a
Chinese character outside count as "not at the edge of a word".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bot.language import Lang
from knowledge.card import FactRef, Frozen
from ui.html import Html, element, join, label, safe

_MARK = re.compile(r"\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]")
_LAST_WORD = re.compile(r"(?:[A-Za-z0-9%.,()-]{1,24}|\S)\s?\Z")
_STOP = re.compile(r"[。．.，,；;、：:）)]+")


class Marks(Frozen):
    """What the marks of one answer open: `message` names the answer, for good."""

    message: str
    """Never a position: two answers of a conversation must not share one."""
    ui: Lang
    titles: Mapping[int, str]
    """Title of the instrument behind each number that can be opened."""
    numbers: Mapping[FactRef, int] = {}
    """Number of each cited fact."""
    second_hand: frozenset[int] = frozenset()
    """Numbers whose page is a newspaper's or a repost: shown in outline."""

    def mark(self, n: int) -> Html:
        """Write the mark of a number; plain text when nothing stands behind it."""
        if n not in self.titles:
            return element("span", f"[{n}]", class_="hg-mark-dead")
        return element(
            "button",
            str(n),
            type="button",
            class_="hg-mark hg-mark-second" if n in self.second_hand else "hg-mark",
            data_cite=f"{self.message}:{n}",
            title=self.titles[n],
            **label("mark.label", self.ui, n=n),
        )

    def after(self, text: str, refs: Iterable[FactRef]) -> Html:
        """Write a sentence and the marks of the facts it rests on, each once, in order."""
        numbers = sorted({self.numbers[ref] for ref in refs if ref in self.numbers})
        if not numbers:
            return safe(text)
        return self.kept_after(text, numbers)

    def kept_after(self, text: str, numbers: Iterable[int]) -> Html:
        """Write a text, whatever stands in it, and marks on one line with its last word."""
        word = _LAST_WORD.search(text)
        cut = word.start() if word else len(text)
        return join(text[:cut], self.kept(text[cut:], numbers))

    def kept(self, word: str, numbers: Iterable[int], stop: str = "") -> Html:
        """Write marks on one line with the word before them and the stop behind them."""
        marks = element("span", *(self.mark(n) for n in numbers), class_="hg-marks")
        return element("span", word, marks, stop, class_="hg-keep")


def markdown_html(text: str, marks: Marks) -> Html:
    """Turn an answer's Markdown into HTML with marks that open their sources."""
    return Html(_markdown().render(text, {"marks": marks}))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"html": False, "breaks": True})
    markdown.enable(["list", "newline", "table"])
    markdown.inline.ruler.push("bold", _read_bold)
    markdown.inline.ruler.push("mark", _read_mark)
    markdown.core.ruler.push("keep", _keep_marks)
    markdown.add_render_rule("mark", _write_mark)
    return markdown


def _read_bold(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("**", state.pos):
        return False
    start = state.pos + 2
    end = state.src.find("**", start, state.posMax)
    inner = state.src[start:end] if end > start else ""
    if not inner or inner != inner.strip():
        return False
    if not silent:
        state.push("strong_open", "strong", 1)
        outer_max, state.pos, state.posMax = state.posMax, start, end
        state.md.inline.tokenize(state)
        state.posMax = outer_max
        state.push("strong_close", "strong", -1)
    state.pos = end + 2
    return True


def _read_mark(state: StateInline, silent: bool) -> bool:
    match = _MARK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push("mark", "", 0)
        numbers = [int(n) for n in re.findall(r"\d+", match[1])]
        token.meta = {"numbers": numbers, "word": "", "stop": ""}
    state.pos = match.end()
    return True


def _keep_marks(state: StateCore) -> None:
    """Give each run of marks the word before it and the stop behind it."""
    for token in state.tokens:
        if token.children:
            token.children = _with_words(token.children)


def _with_words(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        last = kept[-1] if kept else None
        if token.type == "mark" and last and last.type == "mark" and not last.meta["stop"]:
            last.meta["numbers"] += token.meta["numbers"]
        elif token.type == "mark" and last and last.type == "text":
            word = _LAST_WORD.search(last.content)
            cut = word.start() if word else len(last.content)
            token.meta["word"], last.content = last.content[cut:], last.content[:cut]
            kept.append(token)
        elif token.type == "text" and last and last.type == "mark":
            stop = _STOP.match(token.content)
            cut = stop.end() if stop else 0
            last.meta["stop"], token.content = token.content[:cut], token.content[cut:]
            kept.append(token)
        else:
            kept.append(token)
    return kept


def _write_mark(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: object, env: dict
) -> str:
    marks: Marks = env["marks"]
    meta = tokens[index].meta
    return marks.kept(meta["word"], meta["numbers"], meta["stop"])
