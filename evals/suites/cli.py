"""`hugang eval perturb`, `import`, `new`, `from-feedback`: suites made, read in, or begun."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar, get_args

import typer

from evals.case import Case, CaseKind, Change, load_suite
from evals.errors import EvalError

if TYPE_CHECKING:
    from bot.answer import CheckedAnswer
    from evals.case import Nugget
    from evals.suites.robustness import Robustness
    from knowledge.card import FactRef
    from knowledge.corpus import Corpus
    from knowledge.glossary import Glossary

P = ParamSpec("P")
T = TypeVar("T")
_SHOWN = 10
_LONGEST = 110


def perturb_command(
    suite: Annotated[
        str, typer.Option(help="Suite to change: its name, or the path of a .jsonl file.")
    ] = "dev",
    seed: Annotated[int, typer.Option(help="The same seed makes the same suite.")] = 7,
    out: Annotated[Path | None, typer.Option(help="File to write, ending in .jsonl.")] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this change; may be repeated. {', '.join(get_args(Change))}."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many made cases, of each change alike.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Read a run of such a suite: its id, or its folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Make a suite that asks the same in other ways, or for other days; or report a run of one.

    Each made case stands after the case it was made of, so that one run answers both. Then
    --report RUN prints, for each change, what it did to the scores.
    """
    if report is not None:
        _print_robustness(_told(_robustness, report), as_json=as_json)
        return
    if out is None or out.suffix != ".jsonl":
        raise typer.BadParameter("name the file to write, ending in .jsonl", param_hint="--out")
    unknown = [kind for kind in kinds or () if kind not in get_args(Change)]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is not one of {', '.join(get_args(Change))}", param_hint="--kinds"
        )
    from evals.suites.case_file import write_cases
    from evals.suites.perturb import perturb

    cases = _told(load_suite, suite)
    corpus, glossary = _corpus()
    wanted = tuple(change for change in get_args(Change) if change in (kinds or ()))
    made = perturb(cases, corpus, glossary, seed=seed, kinds=wanted, limit=limit)
    if not made:
        typer.echo("no case can be changed so: nothing is written", err=True)
        raise typer.Exit(1)
    _told(write_cases, made, out)
    counts = Counter(case.change or "parents" for case in made)
    for name, count in counts.items():
        typer.echo(f"{name:<12}{count:>6}")
    typer.echo(f"{out}: {len(made)} cases; hugang eval run --suite {out}", err=True)


def import_command(
    form: Annotated[
        str, typer.Argument(metavar="FORMAT", help="beir, sheet (CSV or XLSX), rgb, financebench.")
    ],
    path: Annotated[Path, typer.Argument(help="File, or folder of a BEIR set.", exists=True)],
    out: Annotated[Path, typer.Option(help="File to write, ending in .jsonl.")],
    prefix: Annotated[
        str | None, typer.Option(help="Begins the ids of the cases; else the format's name.")
    ] = None,
) -> None:
    """Read a question set of another form as cases.

    Every row that is none is told, and then nothing is written.
    """
    from evals.suites.case_file import write_cases
    from evals.suites.imported import FORMATS, read_imported
    from evals.suites.source import Source

    if form not in FORMATS:
        raise typer.BadParameter(
            f"{form!r} is not one of {', '.join(FORMATS)}", param_hint="FORMAT"
        )
    if out.suffix != ".jsonl":
        raise typer.BadParameter("name a file that ends in .jsonl", param_hint="--out")
    corpus, glossary = _corpus()
    read = _told(read_imported, form, Source(path, corpus, glossary, prefix or form))
    _told(write_cases, read.cases, out)
    for remark in read.remarks:
        typer.echo(remark, err=True)
    typer.echo(f"{out}: {len(read.cases)} cases; hugang eval check {out}", err=True)


def new_command(
    out: Annotated[Path, typer.Option(help="Suite to add the case to, ending in .jsonl.")],
    question: Annotated[
        str | None, typer.Option(help="The question; else it is asked for.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Else that of the question.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of case; else lookup.")] = None,
    as_of: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day that it is asked for.")
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="CARD#N", help="Fact that answers it; may be repeated."),
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(help="Statement that a good answer makes, in place of those proposed."),
    ] = None,
    must_not: Annotated[
        list[str] | None, typer.Option(help="Regular expression that no answer may match.")
    ] = None,
    abstain: Annotated[
        bool, typer.Option("--abstain", help="A right answer declines; no facts, no points.")
    ] = False,
    case_id: Annotated[str | None, typer.Option("--id", help="Else the next free number.")] = None,
    note: Annotated[str, typer.Option(help="Remark for those who read the suite.")] = "",
) -> None:
    """Write a case: its facts are looked up, its patterns proposed, and the whole is checked.

    What the options leave open is asked for at a terminal; without one they must say it.
    """
    from evals.check import check_cases
    from evals.suites.case_file import append_case
    from evals.suites.rows import Problems, made_case

    if out.suffix != ".jsonl":
        raise typer.BadParameter("name a file that ends in .jsonl", param_hint="--out")
    text = question or _asked("Question", "--question")
    corpus, glossary = _corpus()
    known = _told(load_suite, str(out)) if out.exists() else ()
    refs = () if abstain else _facts(fact, text, as_of, corpus)
    nuggets = () if abstain else _nuggets(point, refs, corpus, glossary)
    fields: dict[str, Any] = {
        "id": case_id or _next_id(known),
        "kind": _kind(kind, abstain=abstain),
        "question": text,
        "as_of": as_of.date() if as_of else None,
        "expect": "abstain" if abstain else "answer",
        "nuggets": nuggets,
        "cards": tuple(dict.fromkeys(ref.card_id for ref in refs)),
        "must_not": tuple(must_not or ()),
        "note": note,
    }
    if refs:
        fields["topic"] = corpus.instrument(refs[0]).topics[0]
    if lang:
        fields["lang"] = lang
    problems = Problems()
    case = made_case(fields, "new case", problems)
    _told(problems.told)
    assert case is not None
    findings = check_cases([case], corpus)
    for finding in findings:
        typer.echo(str(finding), err=True)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)
    _told(append_case, case, out)
    typer.echo(case.model_dump_json(exclude_defaults=True, indent=1))
    typer.echo(f"{out}: {len(known) + 1} cases", err=True)


def from_feedback_command(
    out: Annotated[Path, typer.Option(help="File to write, ending in .draft.jsonl.")],
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Feedback of this day (UTC) or later."),
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose readers.")] = "local",
) -> None:
    """Begin cases from the answers that readers refused; a person completes them.

    A draft holds the question, its day, the cards that the answer cites and the reader's note, and
    nothing of who asked. `hugang eval check` tells what each still lacks.
    """
    from bot.settings import Settings
    from bot.store.store import Store
    from evals.suites.draft import check_drafts, drafts_of, write_drafts

    first = since.replace(tzinfo=dt.UTC) if since else None
    corpus, _ = _corpus()
    with Store.of(Settings.load()) as store:
        entries = store.of_tenant(tenant).feedback.listed("down", first)
    drafts = list(drafts_of(entries, corpus))
    if not drafts:
        typer.echo("no answer was refused: nothing is written", err=True)
        return
    _told(write_drafts, drafts, out)
    for state in check_drafts(out):
        typer.echo(f"{state.id}: {', '.join(one.partition(':')[0] for one in state.open)}")
    typer.echo(
        f"{out}: {len(drafts)} drafts, each with what is to be written. What that means: "
        f"hugang eval check {out}",
        err=True,
    )


def check_draft_file(path: Path) -> None:
    """Print what each draft of a file lacks; exit code 1 as long as one lacks anything."""
    from evals.suites.draft import check_drafts

    states = _told(check_drafts, path)
    for state in states:
        for problem in state.open:
            typer.echo(f"{state.where}, {state.id}: {problem}")
    unfinished = sum(bool(state.open) for state in states)
    typer.echo(f"{path}: {len(states)} drafts, {unfinished} of them to be completed", err=True)
    if unfinished:
        raise typer.Exit(1)
    typer.echo(
        "All are cases: name the file without .draft, or add its lines to a suite.", err=True
    )


def register(app: typer.Typer) -> None:
    """Add the commands to `hugang eval`."""
    app.command("perturb")(perturb_command)
    app.command("import")(import_command)
    app.command("new")(new_command)
    app.command("from-feedback")(from_feedback_command)


def _told(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return do(*args, **kwargs)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _corpus() -> tuple[Corpus, Glossary]:
    from knowledge.glossary import load_glossary
    from knowledge.load import load_corpus

    return load_corpus(), load_glossary()


def _robustness(run: str) -> Robustness:
    from evals.archive import Archive, RunFolder
    from evals.suites.robustness import robustness

    folder = RunFolder(Path(run)) if Path(run).is_dir() else Archive.of_home().get(run)
    return robustness(folder.run().results)


def _print_robustness(made: Robustness, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from evals.suites.robustness import robustness_rows

    if as_json:
        typer.echo(made.model_dump_json(indent=2))
        return
    if not made.pairs:
        typer.echo(
            "no case of this run was made of another: hugang eval perturb makes such", err=True
        )
        raise typer.Exit(1)
    table = Table(title="what each change of the question does to the scores")
    for column in ("change", "metric"):
        table.add_column(column)
    for column in ("pairs", "parent", "child", "difference, 95 %", "worse", "better"):
        table.add_column(column, justify="right", no_wrap=True)
    last = None
    for row in robustness_rows(made):
        if last not in (None, row[0]):
            table.add_section()
        last = row[0]
        table.add_row(*row)
    Console(width=None if Console().is_terminal else 130).print(table)
    typer.echo("metrics that moved on no pair are left out; --json has them all", err=True)
    if made.alone:
        typer.echo(f"without a pair, in no figure: {', '.join(made.alone)}", err=True)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _asked(what: str, option: str) -> str:
    if not _at_terminal():
        raise typer.BadParameter("without a terminal it must be given", param_hint=option)
    return str(typer.prompt(what, err=True))


def _facts(
    given: Sequence[str] | None, question: str, as_of: dt.datetime | None, corpus: Corpus
) -> tuple[FactRef, ...]:
    """Return the facts that the options name, or that the author chooses of those found."""
    if given:
        return tuple(_ref(name, corpus) for name in given)
    answer = _looked_up(question, as_of)
    found = answer.evidence[:_SHOWN]
    for number, ref in enumerate(found, start=1):
        told = corpus.fact(ref).text("en" if answer.lang == "en" else "zh")
        mark = "*" if any(ref == citation.ref for citation in answer.citations) else " "
        typer.echo(f"{number:>2}{mark} {ref}  {_short(told)}", err=True)
    if not found:
        typer.echo("the search found nothing; a case may --abstain", err=True)
        raise typer.Exit(1)
    typer.echo(f"{answer.standing}; * = the answer cites it", err=True)
    while True:
        chosen = _asked("Facts that answer it (numbers or card#n, spaces between)", "--fact")
        words = chosen.replace(",", " ").split()
        try:
            return tuple(
                found[int(word) - 1]
                if word.isdigit() and 0 < int(word) <= len(found)
                else _ref(word, corpus)
                for word in words
            )
        except typer.BadParameter as error:
            typer.echo(error.message, err=True)


def _ref(name: str, corpus: Corpus) -> FactRef:
    from knowledge.card import FactRef

    try:
        ref = FactRef(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fact") from error
    if ref not in corpus:
        raise typer.BadParameter(
            f"{name!r} is no fact of the corpus; hugang corpus show {ref.card_id}",
            param_hint="--fact",
        )
    return ref


def _looked_up(question: str, as_of: dt.datetime | None) -> CheckedAnswer:
    from bot.advisor import Advisor
    from bot.question import read_question

    advisor = Advisor.open()
    try:
        return advisor.answer(read_question(question, as_of=as_of.date() if as_of else None))
    finally:
        advisor.close()


def _nuggets(
    points: Sequence[str] | None, refs: Sequence[FactRef], corpus: Corpus, glossary: Glossary
) -> tuple[Nugget, ...]:
    """Return those of the points given, else those proposed of the facts, as the author keeps them."""
    from evals.case import Nugget
    from evals.suites.patterns import point_pattern
    from evals.suites.proposal import proposed_nuggets

    if points:
        try:
            return tuple(
                Nugget(name=one[:60], any=(point_pattern(one, glossary),)) for one in points
            )
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--point") from error
    proposed = proposed_nuggets(refs, corpus, glossary)
    if not _at_terminal():
        return proposed
    for number, nugget in enumerate(proposed, start=1):
        typer.echo(f"{number:>2} {nugget.name}", err=True)
    kept = typer.prompt("Nuggets to keep (numbers; all)", default="all", err=True)
    if kept.strip() == "all":
        return proposed
    wanted = {int(word) for word in kept.replace(",", " ").split() if word.isdigit()}
    return tuple(nugget for number, nugget in enumerate(proposed, start=1) if number in wanted)


def _kind(given: str | None, *, abstain: bool) -> str:
    kind = given or ("unanswerable" if abstain else "lookup")
    if kind not in get_args(CaseKind):
        raise typer.BadParameter(
            f"{kind!r} is not one of {', '.join(get_args(CaseKind))}", param_hint="--kind"
        )
    return kind


def _next_id(known: Sequence[Case]) -> str:
    taken = {case.id for case in known}
    number = len(known) + 1
    while f"n{number:03}" in taken:
        number += 1
    return f"n{number:03}"


def _short(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
