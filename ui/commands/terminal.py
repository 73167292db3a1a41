"""Answers and plans on a terminal: rendered Markdown for a person, raw Markdown in a pipe."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import typer

from bot.answer import (
    AnswerBlock,
    AnswerOpenPoint,
    AnswerOption,
    AnswerPlan,
    CheckedAnswer,
    Citation,
    PassageCitation,
)
from bot.language import Lang, localise
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.progress import OnProgress
from knowledge.progress_bar import progress_bars
from ui.strings import string

_STEP_MARK = {"required": "☑", "not-needed": "☒", "depends": "◇"}


def show(markdown: str) -> None:
    """Print Markdown: rendered on a terminal, as it is in a pipe."""
    if not sys.stdout.isatty():
        typer.echo(f"{markdown}\n")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown), "")


@contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """Show on stderr how far the building of the index has come, if it is built at all."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    columns = (TextColumn("index: {task.description:<8}"), BarColumn(), MofNCompleteColumn())
    with progress_bars(*columns, transient=True) as show_step:
        yield lambda progress: show_step(progress.stage, progress.done, progress.total)


def block_markdown(block: AnswerBlock) -> str:
    """Return a block with its heading in front."""
    if block.heading and block.heading not in block.markdown.partition("\n")[0]:
        return f"## {block.heading}\n\n{block.markdown}"
    return block.markdown


def after_answer(answer: CheckedAnswer) -> str:
    """Return what follows the text of an answer: sources, questions back, what is missing."""
    lang = answer.lang
    cited = len({citation.instrument.id for citation in answer.citations})
    parts = (
        ("sources.title", [source_line(citation, lang) for citation in answer.citations]),
        ("papers.title", [passage_line(passage, lang) for passage in answer.passages]),
        ("open.title", [open_point_line(point) for point in answer.open_points]),
        ("missing.title", [f"- {gap}" for gap in answer.missing if gap not in answer.text]),
        ("warnings.title", [f"- {text}" for text in answer.warnings]),
        ("nearest.title", [f"- {card_id}" for card_id in answer.nearest]),
    )
    return "\n\n".join(
        f"## {string(key, lang, n=cited)}\n\n" + "\n".join(lines) for key, lines in parts if lines
    )


def source_line(citation: Citation, lang: Lang) -> str:
    """Return one numbered source: instrument, number, status, article, quality, link."""
    instrument, source = citation.instrument, citation.source
    parts = (
        instrument.title,
        instrument.number,
        string(f"status.{instrument.status}", lang),
        citation.locator,
        f"{source.publisher} ({string(f'quality.{source.quality}', lang)})",
        source.date,
        f"<{source.url}>",
    )
    return f"- [{citation.n}] " + " · ".join(part for part in parts if part)


def passage_line(passage: PassageCitation, lang: Lang) -> str:
    """Return one numbered passage: document, article, page, its permanent name."""
    document = passage.document
    parts = (
        document.title,
        document.number,
        *passage.path,
        passage.article,
        string("papers.page", lang, page=passage.page) if passage.page else None,
        passage.ref,
    )
    return f"- [{passage.n}] " + " · ".join(part for part in parts if part)


def open_point_line(point: AnswerOpenPoint) -> str:
    """Return a question back, with the values it takes."""
    choices = " / ".join(f"{choice['value']} ({choice['label']})" for choice in point.choices)
    return f"- `{point.name}` {point.question}" + (f" {choices}" if choices else "")


def plan_markdown(plan: AnswerPlan, corpus: Corpus, lang: Lang, day: dt.date) -> str:
    """Return a plan: the options side by side, then each one's steps, then the sources.

    Args:
        plan: the plan, its texts in `lang`.
        corpus: opens the facts that the plan stands on.
        lang: language of the labels.
        day: the day on which the sources' status is told.
    """
    numbers: dict[FactRef, int] = {}
    parts = [f"# {plan.title}", plan.summary, _option_table(plan, lang)]
    for option in plan.options:
        parts += _option(option, numbers, lang)
    watch = [f"- {remark.say}{_marks(remark.refs, numbers)}" for remark in plan.watch]
    cards = {ref.card_id for ref in numbers}
    for key, lines in (
        ("plan.watch", watch),
        ("open.title", [open_point_line(point) for point in plan.open_points]),
        ("sources.title", list(_plan_sources(numbers, corpus, lang, day))),
    ):
        if lines:
            parts += [f"## {string(key, lang, n=len(cards))}", "\n".join(lines)]
    return "\n\n".join(parts)


def _option_table(plan: AnswerPlan, lang: Lang) -> str:
    heads = [string(f"plan.{key}", lang) for key in ("title", "steps", "pros", "cons")]
    rows = [f"| {heads[0]} |  | {' | '.join(heads[1:])} |", "|---|---|--:|---|---|"]
    for option in plan.options:
        needed = sum(step.state != "not-needed" for step in option.steps)
        cells = (
            option.title,
            _option_state(option, lang),
            str(needed),
            "; ".join(remark.say.rstrip("。.") for remark in option.pros),
            "; ".join(remark.say.rstrip("。.") for remark in option.cons),
        )
        rows.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(rows)


def _option_state(option: AnswerOption, lang: Lang) -> str:
    if option.blockers or option.applies is False:
        return string("plan.closed", lang)
    return string("plan.conditional" if option.applies is None else "plan.open", lang)


def _option(option: AnswerOption, numbers: dict[FactRef, int], lang: Lang) -> Iterator[str]:
    yield f"## {option.title} ({_option_state(option, lang)})"
    for key, remarks in (
        ("plan.blockers", option.blockers),
        ("plan.possible_blockers", option.possible_blockers),
    ):
        if remarks:
            yield "\n".join(
                f"- **{string(key, lang)}**: {remark.say}{_marks(remark.refs, numbers)}"
                for remark in remarks
            )
    steps = []
    for at, step in enumerate(option.steps, 1):
        state = string(f"state.{step.state}", lang)
        if step.depends_on:
            state += f": {', '.join(step.depends_on)}"
        details = " · ".join(part for part in (step.who, step.authority, step.time) if part)
        mark = _STEP_MARK[step.state]
        steps.append(f"{at}. {mark} {step.do} ({state}) {details}{_marks(step.refs, numbers)}")
    yield "\n".join(steps)


def _marks(refs: Iterable[FactRef], numbers: dict[FactRef, int]) -> str:
    return "".join(f" [{numbers.setdefault(ref, len(numbers) + 1)}]" for ref in refs)


def _plan_sources(
    numbers: Mapping[FactRef, int], corpus: Corpus, lang: Lang, day: dt.date
) -> Iterator[str]:
    for ref, n in numbers.items():
        card, fact = corpus.instrument(ref), corpus.fact(ref)
        source = card.source(fact.source)
        parts = (
            localise(card.title, lang),
            card.number,
            string(f"status.{corpus.validity(card, day)}", lang),
            fact.locator,
            f"{source.publisher} ({string(f'quality.{source.quality}', lang)})",
            f"<{source.url}>",
        )
        yield f"- [{n}] " + " · ".join(part for part in parts if part)
