"""The `hugang` command. Data goes to stdout, chatter to stderr; a known error is one line."""

from __future__ import annotations

import datetime as dt
import gc
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from bot.errors import AdvisorError, ProfileError, QuestionError, RouteNotFound
from bot.language import Lang, localise
from bot.version import installed_version
from evals.bench.cli import bench_app
from evals.change.impact_cli import diff_corpus
from evals.change.trial_cli import try_card
from evals.cli import eval_app
from knowledge.card import Bilingual
from knowledge.corpus_cli import corpus_app
from knowledge.documents.errors import DocumentError
from knowledge.errors import KnowledgeError
from knowledge.index_cli import index_app
from ui.commands.documents import add, documents_app
from ui.commands.memory import conversations_app, feedback_app
from ui.commands.sync import sync
from ui.commands.system_lang import system_lang
from ui.commands.tenant import key_app, tenant_app
from ui.commands.usage import audit_app, usage
from ui.days import today

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.advisor import Advisor
    from bot.question import Question
    from bot.settings import Settings
    from knowledge.corpus import Corpus

_LANG = "hugang.lang"
"""Where the language of messages is kept for the one place that prints errors."""
_GUARDS = {
    "ANONYMIZED_TELEMETRY": "False",  # chromadb
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
}


class _KnownErrors(TyperGroup):
    """Prints a known error as one line; `HUGANG_DEBUG=1` lets it through with its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (AdvisorError, KnowledgeError) as error:
            if _debugging():
                raise
            lang = ctx.meta.get(_LANG) or system_lang()
            text = _told(error, lang)
            typer.echo(f"hugang: {text}", err=True)
            raise typer.Exit(1) from error


def _told(error: AdvisorError | KnowledgeError, lang: Lang) -> str:
    if isinstance(error, AdvisorError):
        return error.user_message(lang)
    return localise(error.message, lang) if isinstance(error, DocumentError) else str(error)


app = typer.Typer(
    name="hugang",
    cls=_KnownErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Checked answers and route plans for financing, payments and fund management through "
    "Shanghai and Hong Kong.",
)
corpus_app.command("try")(try_card)
corpus_app.command("diff")(diff_corpus)
app.add_typer(corpus_app, name="corpus")
app.add_typer(index_app, name="index")
app.add_typer(eval_app, name="eval")
app.add_typer(bench_app, name="bench")
app.add_typer(feedback_app, name="feedback")
app.add_typer(conversations_app, name="conversations")
app.add_typer(documents_app, name="documents")
app.add_typer(tenant_app, name="tenant")
app.add_typer(key_app, name="key")
app.add_typer(audit_app, name="audit")
app.command("usage")(usage)
app.command("add")(add)
app.command("sync")(sync)

LangChoice = Literal["zh-Hans", "zh-Hant", "en", "zh"]
LangOption = Annotated[
    LangChoice | None,
    typer.Option("--lang", help="Language of the answer; that of the question."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def main() -> None:
    """Run the command line."""
    for name, value in _GUARDS.items():
        os.environ.setdefault(name, value)
    try:
        app()
    finally:
        # The process ends: to look through all it has loaded for garbage costs a second or two.
        gc.freeze()


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(installed_version())
        raise typer.Exit


@app.callback()
def _start(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    level = logging.DEBUG if _debugging() else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


@app.command()
def ask(
    ctx: typer.Context,
    question: Annotated[list[str], typer.Argument(help="What you want to know.")],
    lang: LangOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Day the answer holds for; today."),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="What is known about firm or deal; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question; the answer is printed block by block as it is checked."""
    from bot.question import read_question
    from knowledge.documents.document import EVERYBODY

    ctx.meta[_LANG] = _lang(lang)
    asked = read_question(
        " ".join(question),
        lang=_lang(lang),
        as_of=_day(as_of),
        profile=_assignments(profile or []),
        scopes=EVERYBODY,
    )
    ctx.meta[_LANG] = asked.lang
    with _advisor() as advisor:
        if as_json:
            typer.echo(advisor.answer(asked).model_dump_json(by_alias=True, indent=2))
        else:
            _show_stream(advisor, asked)


def _show_stream(advisor: Advisor, asked: Question) -> None:
    from bot.events import BlockReady, Failed, Finished
    from ui.commands.terminal import after_answer, block_markdown, show

    shown = False
    for event in advisor.stream(asked):
        match event:
            case BlockReady(block=block):
                show(block_markdown(block))
                shown = True
            case Finished(answer=answer):
                if not shown:
                    show(answer.text)
                show(after_answer(answer))
            case Failed(message=message):
                typer.echo(f"hugang: {message}", err=True)
                raise typer.Exit(1)
            case _:
                pass


@app.command()
def plan(
    ctx: typer.Context,
    route: Annotated[str | None, typer.Argument(help="Id of a route; without it, a list.")] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="What is known about firm and deal."),
    ] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Plan a route: its options side by side, and the steps of each."""
    from bot.present import present_plan
    from bot.query.profile import read_values
    from bot.route_plan import plan_route
    from knowledge.load import load_corpus

    chosen = ctx.meta[_LANG] = _lang(lang) or system_lang()
    corpus = load_corpus()
    if route is None:
        _list_routes(corpus, chosen, as_json=as_json)
        return
    if route not in corpus.routes:
        raise _no_such_route(corpus, route, chosen)
    card = corpus.routes[route]
    # As `Advisor.plan` does, without the index and embedder that an advisor opens.
    known = read_values(card, _assignments(values or []))
    made = present_plan(plan_route(card, known), chosen)
    if as_json:
        typer.echo(made.model_dump_json(by_alias=True, indent=2))
        return
    from ui.commands.terminal import plan_markdown, show

    show(plan_markdown(made, corpus, chosen, today()))


def _list_routes(corpus: Corpus, lang: Lang, *, as_json: bool) -> None:
    titles = {route.id: localise(route.title, lang) for route in corpus.routes.values()}
    if as_json:
        import json

        typer.echo(json.dumps(titles, ensure_ascii=False, indent=2))
        return
    width = max(map(len, titles))
    for route_id, title in titles.items():
        typer.echo(f"{route_id:<{width}}  {title}")


def _no_such_route(corpus: Corpus, name: str, lang: Lang) -> RouteNotFound:
    from bot.nearest import nearest_names

    found = nearest_names(name, corpus.routes)
    titles = [f"{route} ({localise(corpus.routes[route].title, lang)})" for route in found]
    near_zh = f"相近的有：{'、'.join(titles)}。" if titles else ""
    near_en = f" Nearest: {', '.join(titles)}." if titles else ""
    return RouteNotFound(
        Bilingual(
            zh=f"没有路线{name!r}。{near_zh}全部路线：hugang plan。",
            en=f"no route {name!r}.{near_en} All routes: hugang plan.",
        )
    )


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 = any free port.")] = 7860,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = False,
) -> None:
    """Start the web page and the HTTP API; the index is built first where it is needed."""
    from ui.serving.logs import set_up
    from ui.serving.serve import listen, run, url_of

    settings = _settings()
    set_up(settings.log, debug=_debugging())
    _check_store(settings)
    listener = listen(host, port)
    url = url_of(listener)
    with listener, _advisor(settings) as advisor:
        with _loading():
            from ui.api.app import create_app

            served = create_app(advisor, settings)

        def ready() -> None:
            typer.echo(url)
            if settings.log == "text":  # what programs read holds nothing else
                typer.echo("Ctrl-C stops the server.", err=True)
            if open_page:
                import webbrowser

                webbrowser.open(url)

        run(served, listener, ready, settings)


@app.command()
def mcp() -> None:
    """Serve the Model Context Protocol on stdin and stdout, for an assistant on this machine."""
    import sys
    from contextlib import ExitStack, redirect_stdout

    settings = _settings()
    with ExitStack() as opened:
        # Nothing but the protocol may reach stdout, whatever is printed while the index opens.
        with redirect_stdout(sys.stderr):
            _check_store(settings)
            advisor = opened.enter_context(_advisor(settings))
            with _loading():
                from ui.mcp_server.local import serve
        serve(advisor, settings)


def _check_store(settings: Settings) -> None:
    """Refuse a database that cannot be used before the slow work begins."""
    if settings.keep_conversations:
        from bot.store.store import Store

        with Store.of(settings) as store:
            store.check()


@app.command()
def settings() -> None:
    """Print every setting, as docs/settings.md holds them."""
    from bot.settings_table import settings_page

    typer.echo(settings_page(), nl=False)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Check this installation; exit code 1 when something does not work."""
    from bot.doctor import Report, examine
    from ui.takeaway.fonts import check_fonts

    report = Report(checks=tuple(examine(_settings(), {"fonts": check_fonts})))
    typer.echo(report.model_dump_json(indent=2) if as_json else report.text())
    if report.has_error:
        raise typer.Exit(1)


@contextmanager
def _advisor(settings: Settings | None = None) -> Iterator[Advisor]:
    from bot.advisor import Advisor
    from ui.commands.terminal import progress_bar

    with _loading(), progress_bar() as progress:
        advisor = Advisor.open(settings or _settings(), progress)
    try:
        yield advisor
    finally:
        advisor.close()
        gc.unfreeze()


@contextmanager
def _loading() -> Iterator[None]:
    # What is loaded stays: to look through it for garbage costs half a second while it is loaded,
    # and later makes one answer in a hundred wait 0.2 to 0.4 s.
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _settings() -> Settings:
    from bot.settings import Settings

    return Settings.load()


def _assignments(pairs: list[str]) -> dict[str, str]:
    """Split `key=value` words; the engine reads the values by the types of the route's inputs."""
    read = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ProfileError(
                Bilingual(
                    zh=f"{pair!r}不是「名称=值」，例如amount_usd=20000000。",
                    en=f"{pair!r} is not key=value, such as amount_usd=20000000.",
                )
            )
        read[name.strip()] = value.strip()
    return read


def _lang(chosen: LangChoice | None) -> Lang | None:
    return "zh-Hans" if chosen == "zh" else chosen


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise QuestionError(
            Bilingual(
                zh=f"--as-of {text!r}不是日期；请写作年-月-日，如2026-06-30。",
                en=f"--as-of {text!r} is not a date; write it as YYYY-MM-DD, such as 2026-06-30.",
            )
        ) from error


def _debugging() -> bool:
    return os.environ.get("HUGANG_DEBUG", "") not in {"", "0"}
