"""Papers as web pages, Markdown, plain text and e-mail."""

from __future__ import annotations

import html
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import groupby

from evals.documents.paper import Line, Paper

_AROUND = """<nav><ul><li><a href="/">{home}</a></li><li><a href="/laws">{list}</a></li></ul></nav>
<aside class="ad"><p>{advert}</p></aside>"""
_ZH = {"home": "首页", "list": "法规列表", "advert": "关注公众号，领取开户礼品"}
_HANT = {"home": "首頁", "list": "法規列表", "advert": "關注專頁，領取開戶禮品"}
_EN = {"home": "Home", "list": "All documents", "advert": "Subscribe to our newsletter today"}


def web_page(paper: Paper, charset: str = "utf-8") -> bytes:
    """Write a page as an authority's site has it: the text among navigation, adverts and scripts."""
    words = {"zh-Hans": _ZH, "zh-Hant": _HANT, "en": _EN}[paper.facts.lang]
    around = _AROUND.format_map(words)
    page = f"""<!DOCTYPE html>
<html lang="{paper.facts.lang}"><head><meta charset="{charset}">
<title>{html.escape(paper.facts.title)}</title>
<script>window.track = function () {{ return "counted"; }};</script>
<style>article p {{ text-indent: 2em; }}</style></head>
<body>{around}
<article>
{"".join(_tags(paper.lines))}</article>
<footer><p>ICP 00000000</p></footer></body></html>
"""
    return page.encode(charset)


def markdown(paper: Paper) -> bytes:
    """Write Markdown."""
    return "\n\n".join(_marked(paper.lines)).encode() + b"\n"


def plain(paper: Paper, encoding: str = "utf-8") -> bytes:
    """Write a line for each of the paper's, Chinese ones indented as in print."""
    indent = "" if paper.facts.lang == "en" else "　　"
    lines = [
        ("\n" if line.kind == "heading" else "")
        + (indent if line.kind == "paragraph" else "")
        + line.text
        for line in paper.lines
    ]
    return ("\n".join(lines) + "\n").encode(encoding)


def mail(paper: Paper, sender: str, day: str, *, as_html: bool = False) -> bytes:
    """Write an e-mail whose subject is the title."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "treasury@example.com"
    message["Subject"] = paper.facts.title
    message["Date"] = day
    message["Message-ID"] = "<1@example.com>"
    body = "\n\n".join(line.text for line in paper.lines if line.kind != "title")
    if as_html:
        tags = "".join(f"<p>{html.escape(line)}</p>" for line in body.split("\n\n"))
        message.set_content(f"<html><body>{tags}</body></html>", subtype="html", charset="gb2312")
    else:
        message.set_content(body)
    return message.as_bytes()


def _tags(lines: tuple[Line, ...]) -> Iterator[str]:
    for kind, group in groupby(lines, key=lambda line: line.kind):
        if kind == "row":
            header, *rows = [[html.escape(cell) for cell in line.cells] for line in group]
            yield "<table><tr>" + "".join(f"<th>{cell}</th>" for cell in header) + "</tr>\n"
            for row in rows:
                yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n"
            yield "</table>\n"
            continue
        for line in group:
            tag = {"title": "h1", "heading": f"h{line.level + 1}"}.get(kind, "p")
            yield f"<{tag}>{html.escape(line.text)}</{tag}>\n"


def _marked(lines: tuple[Line, ...]) -> Iterator[str]:
    for kind, group in groupby(lines, key=lambda line: line.kind):
        if kind == "row":
            rows = [f"| {' | '.join(line.cells)} |" for line in group]
            width = rows[0].count("|") - 1
            yield "\n".join([rows[0], "|" + "---|" * width, *rows[1:]])
            continue
        for line in group:
            lead = {"title": "# ", "heading": "#" * (line.level + 1) + " "}.get(kind, "")
            yield lead + line.text
