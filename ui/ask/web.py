"""The web page: one Gradio app, mounted beside the API.

Gradio carries the traffic: queue, limit on answers at once, streaming, cancelling. What is seen
is one `gr.HTML` with a shell, a style sheet and a script of our own (`ui/static`), because the
chat component of Gradio has no notion of a citation, of a side panel or of changing language
without losing the conversation. The server sends finished, escaped HTML, part by part.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from bot.advisor import Advisor
from bot.settings import Settings
from ui.ask.answering import Answers
from ui.ask.handlers import answer_handler, stop_handler
from ui.html import element
from ui.strings import EXAMPLES, strings_json

STATIC = Path(__file__).parents[1] / "static"

# Gradio's own page needs inline scripts and `Function`; nothing may come from, or go to, another
# host. `frame-ancestors` cannot stand in a page: the API's middleware sends it as a header.
_CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
_STYLES = (
    *("base.css", "plan.css", "source.css", "ask/gradio.css", "ask/ask.css", "ask/memory.css"),
    "print.css",
)
_SCRIPTS = (
    *("storage", "language", "page", "words", "given", "limits", "asking", "editing", "keeping"),
    *("conversation", "showing", "panel", "conversations", "feedback", "actions"),
    "start",
)
"""In this order: what others need while they are read comes before them; `start` starts."""
_UPLOAD = "/gradio_api/upload"
_LOOKS_EVERY_S = 0.02
"""How often the queue is looked at for a question. Gradio does so every millisecond, which takes 3 to
5 % of a core while nobody asks anything; a question waits 10 ms for this, on average."""
_FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "PingFang TC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
)


def mount_web(
    app: FastAPI, advisor: Advisor, settings: Settings, answers: Answers | None = None
) -> FastAPI:
    """Mount the web page at `/`; call it last, since paths added later would lie behind it.

    Args:
        app: the app with the API's endpoints.
        advisor: answers the questions.
        settings: `answer_concurrency` limits the answers made at once.
        answers: makes the answers, and keeps them; None makes them and keeps nothing.
    """
    answers = answers or Answers(advisor, settings.answer_concurrency)
    page = build_page(advisor, settings, answers)
    _refuse_uploads(app)
    mounted = gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        favicon_path=str(STATIC / "favicon.png"),
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1kb",  # should Gradio ever take files by another path than `_UPLOAD`
        theme=gr.themes.Base(font=_FONTS, font_mono=("ui-monospace", "Menlo", "monospace")),
        head=_head(),
    )
    page._queue.sleep_when_free = _LOOKS_EVERY_S
    page._queue.progress_update_sleep_when_free = 1  # no progress is told this way
    return mounted


def _refuse_uploads(app: FastAPI) -> None:
    """Close Gradio's path for files, which stands open whether or not a page takes any."""

    @app.api_route(_UPLOAD, methods=["GET", "POST", "PUT"], include_in_schema=False)
    async def refuse() -> PlainTextResponse:
        return PlainTextResponse("No files are taken here.", status_code=403)


def build_page(advisor: Advisor, settings: Settings, answers: Answers) -> gr.Blocks:
    """Lay out the page and wire its two events, `ask` and `stop`."""
    version = advisor.corpus.version
    cards = advisor.corpus.instruments.values()
    with gr.Blocks(analytics_enabled=False, title="沪港通途 · Hugang", fill_width=True) as page:
        view = gr.HTML(
            html_template=_static("ask/ask.html").replace(
                "<!-- panel -->", _static("ask/panel.html")
            ),
            js_on_load=page_script(),
            apply_default_css=False,
            elem_id="hugang",
            elem_classes="hg",
            strings=json.loads(strings_json()),
            examples=EXAMPLES,
            filters={
                "topics": _in_use(topic for card in cards for topic in card.topics),
                "jurisdictions": _in_use(card.jurisdiction for card in cards),
            },
            keeps=answers.store is not None,
            corpus={
                "instruments": version.instruments,
                "facts": f"{version.facts:,}",
                "as_of": version.as_of.isoformat(),
            },
        )
        asking = view.ask(
            answer_handler(answers),
            inputs=None,
            outputs=view,
            show_progress="hidden",
            api_visibility="private",
            concurrency_limit=None,  # it only listens; `Answers` limits what is made at once
            trigger_mode="multiple",
        )
        asking.failure(None, js="() => window.hugang.failed()")
        # First the answer itself, then listening to it.
        view.stop(
            stop_handler(answers),
            inputs=None,
            outputs=None,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        view.stop(None, cancels=[asking])
    page.queue(
        default_concurrency_limit=settings.answer_concurrency,
        max_size=settings.answers_open,
        api_open=False,
    )
    return page


def _in_use(values: Iterable[str]) -> list[str]:
    """Return values by how many cards have them; `both` is no place to ask for."""
    return [one for one, _ in Counter(values).most_common() if one != "both"]


@cache
def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


@cache
def page_script() -> str:
    """Return the page's behaviour: one function body, kept in a file for each of its concerns."""
    return "\n".join(_static(f"ask/{name}.js") for name in _SCRIPTS)


@cache
def page_styles() -> str:
    """Return the page's style sheets, one after the other."""
    return "".join(_static(name) for name in _STYLES)


def _head() -> str:
    policy = element(
        "meta", **{"http-equiv": "Content-Security-Policy", "content": _CONTENT_POLICY}
    )
    return f"{policy}<style>{page_styles()}</style>"
