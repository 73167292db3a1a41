"""A report in a real browser, opened as a file: found, filtered, read, and quiet on the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.answer import CheckedAnswer
from evals.bench.report import MEGABYTES, OPEN_S, repeated
from evals.comparison.compare import compare_runs
from evals.report import RunRecord, render_page, replace_file
from evals.report.comparison_page import render_comparison
from evals.run import Run, run_suite
from evals.summary import summarise
from evals.testing import AS_OF, ScriptedAdvisor, make_answer, make_case
from knowledge.card import Fact
from knowledge.corpus import Corpus
from tests.pace import slower

HOSTILE = '</script><img src="x" onerror="document.title=\'hit\'"><b>bold</b> & "q" \u2028 80%'
KINDS = ("lookup", "multi", "temporal", "out-of-scope")
LANGS = ("zh-Hans", "zh-Hant", "en")
FACTS = 8
"""Facts of an answer: as many as a long one of the product has."""

OpenReport = Callable[..., Page]


def answer_of(facts: list[tuple[str, Fact]], made: bool) -> CheckedAnswer:
    """Return an answer as long as the product's, of the corpus's own facts."""
    lines = [f"- {fact.zh}[{n}]" for n, (_, fact) in enumerate(facts, start=1)]
    text = "\n".join(["上限为80%。[1]" if made else "**没有**上限。[1]", "", *lines])
    answer = make_answer(text, cited=[ref for ref, _ in facts], evidence=[ref for ref, _ in facts])
    quoted = tuple(
        citation.model_copy(update={"quote": fact.zh})
        for citation, (_, fact) in zip(answer.citations, facts, strict=True)
    )
    claims = tuple(
        answer.claims[0].model_copy(update={"text": fact.zh, "refs": (ref,)}) for ref, fact in facts
    )
    return answer.model_copy(update={"citations": quoted, "claims": claims})


@pytest.fixture(scope="module")
def run(corpus: Corpus) -> Run:
    """24 cases of four kinds and three languages; a third are wrong, one errored, one hostile."""
    cases = []
    answers: dict[str, CheckedAnswer | Exception] = {}
    every = [(str(ref), corpus.fact(ref)) for ref in islice(corpus.refs, 24 * FACTS)]
    for number in range(1, 25):
        kind = KINDS[number % 4]
        abstain = (
            {"expect": "abstain", "nuggets": [], "cards": []} if kind == "out-of-scope" else {}
        )
        case = make_case(
            number,
            kind=kind,
            lang=LANGS[number % 3],
            question=f"第{number}问：{HOSTILE if number == 2 else '额度怎么算？'}",
            **abstain,
        )
        facts = every[(number - 1) * FACTS : number * FACTS]
        cases.append(case)
        answers[case.question] = answer_of(facts, made=number % 3 > 0)
    answers[cases[1].question] = make_answer(HOSTILE, cited=["rule-a#1"])
    answers[cases[4].question] = OSError("disk gone")
    return run_suite(ScriptedAdvisor(corpus, answers), cases, suite="tiny", today=AS_OF)


@pytest.fixture(scope="module")
def page_file(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    replace_file(path, render_page(RunRecord(summary=summarise(run), run=run)))
    return path


@pytest.fixture(scope="module")
def comparison_file(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run beside one in which two answers lost their point."""
    poor = [
        result.model_copy(
            update={
                "answer": result.answer.model_copy(
                    update={"text": result.answer.text.replace("上限为80%", "没有这样的上限")}
                ),
                "scores": {
                    name: score.model_copy(update={"value": 0.0})
                    if name in ("nugget_recall", "vital_recall") and score.value
                    else score
                    for name, score in result.scores.items()
                },
            }
        )
        if result.case.id in ("t1", "t13") and result.answer
        else result
        for result in run.results
    ]
    after = Run(
        settings=run.settings.model_copy(update={"run_id": "tiny-after"}), results=tuple(poor)
    )
    path = tmp_path_factory.mktemp("comparison") / "compare.html"
    replace_file(path, render_comparison(compare_runs(run, after), run, after))
    return path


@pytest.fixture
def open_report(browser: Browser) -> Iterator[OpenReport]:
    """Open files that must neither complain nor ask for anything else."""
    trouble: list[str] = []
    contexts = []

    def open_one(path: Path, fragment: str = "", **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.partition("#")[0] == path.as_uri()
                else trouble.append(f"request: {request.url}")
            ),
        )
        page.goto(path.as_uri() + fragment)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert trouble == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}, {len(one['nodes'])}): {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical", "moderate")
    ]


def test_cases_are_narrowed_by_kind_language_fault_and_words(
    open_report: OpenReport, page_file: Path
) -> None:
    page = open_report(page_file)
    form, cases = page.locator("#filters"), page.locator(".r-case")
    expect(cases).to_have_count(24)
    form.get_by_label("Kind").select_option("temporal")
    expect(cases).to_have_count(6)
    form.get_by_label("Language").select_option("en")
    expect(cases).to_have_count(2)
    expect(page.get_by_role("status")).to_have_text("2 shown of 2 that match; 24 in all")
    form.get_by_role("button", name="Clear filters").click()
    form.get_by_label("Fault").select_option("nugget_recall")
    narrowed = cases.count()
    assert 0 < narrowed < 24
    form.get_by_label("Search question").fill("t13 额度")
    expect(cases).to_have_count(0)
    form.get_by_role("button", name="Clear filters").click()
    form.get_by_label("Search question").fill("t15 额度")
    expect(cases).to_have_count(1)


def test_a_count_of_the_plots_leads_to_its_cases(open_report: OpenReport, page_file: Path) -> None:
    page = open_report(page_file)
    link = page.locator("#faults [data-show]").first
    n = int(link.inner_text())
    link.click()
    expect(page.locator(".r-case")).to_have_count(n)
    expect(page.get_by_role("status")).to_be_focused()


def test_a_case_opens_by_keyboard_and_shows_all_that_is_known_of_it(
    open_report: OpenReport, page_file: Path
) -> None:
    page = open_report(page_file)
    page.locator("#case-t6 summary").focus()
    page.keyboard.press("Enter")
    case = page.locator("#case-t6")
    for heading in ("Question", "Expected", "Nuggets", "Answer", "Citations", "Claims", "Scores"):
        expect(case.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(case.locator(".r-answer b").first).to_have_text("没有")
    expect(case.locator(".r-no", has_text="cap")).to_be_visible()
    expect(case.locator(".r-sources li")).to_have_count(FACTS)
    expect(case.get_by_text("missed: cap").first).to_be_visible()
    case.locator(".r-answer a", has_text="1").first.click()
    assert page.evaluate("location.hash") == "#c-t6-1"


def test_an_address_opens_a_case(open_report: OpenReport, page_file: Path) -> None:
    page = open_report(page_file, "#case-t23")
    expect(page.locator("#case-t23 .r-body")).to_be_visible()


def test_hostile_words_are_shown_and_not_obeyed(open_report: OpenReport, page_file: Path) -> None:
    page = open_report(page_file, "#case-t2")
    answer = page.locator("#case-t2 .r-answer")
    expect(answer).to_contain_text('</script><img src="x" onerror="document.title=\'hit\'">')
    expect(answer).to_contain_text("<b>bold</b>")
    assert page.locator("img").count() == 0
    assert page.title() == "Evaluation report: tiny"


def test_an_errored_case_tells_its_error(open_report: OpenReport, page_file: Path) -> None:
    page = open_report(page_file)
    page.locator("#errors a").click()
    expect(page.locator("#case-t5 .r-body")).to_contain_text("OSError: disk gone")


def test_without_scripts_figures_tables_and_plots_can_be_read(
    open_report: OpenReport, page_file: Path
) -> None:
    page = open_report(page_file, java_script_enabled=False)
    expect(page.locator("#headline table")).to_contain_text("nugget_recall")
    assert page.locator("#slices .r-plot").count() >= 4
    expect(page.locator("#slices .r-plot").last).to_be_visible()
    expect(page.locator("#cases").get_by_text("needs JavaScript")).to_be_visible()
    expect(page.locator("#filters")).to_be_hidden()


def test_one_metric_of_the_slices_is_shown_at_a_time(
    open_report: OpenReport, page_file: Path
) -> None:
    page = open_report(page_file)
    shown = page.locator("[data-metric]:visible")
    expect(shown).to_have_count(1)
    page.locator("#pick").select_option("standing_accuracy")
    expect(shown).to_have_attribute("data-metric", "standing_accuracy")


def test_a_comparison_shows_both_answers_side_by_side(
    open_report: OpenReport, comparison_file: Path
) -> None:
    page = open_report(comparison_file)
    page.locator("#differences tr", has_text="vital_recall").locator("[data-show]").first.click()
    expect(page.locator(".r-case")).to_have_count(2)
    page.locator("#case-t1 summary").click()
    case = page.locator("#case-t1")
    expect(case.locator(".r-body")).to_be_visible()
    assert "80" in " ".join(case.locator("del").all_inner_texts())
    assert "没有" in " ".join(case.locator("ins").all_inner_texts())
    expect(case.get_by_text("became wrong").first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nobody_is_shut_out_and_nothing_runs_out_of_the_page(
    open_report: OpenReport, page_file: Path, comparison_file: Path, width: int, theme: str
) -> None:
    for path, case in ((page_file, "t6"), (comparison_file, "t1")):
        page = open_report(
            path, f"#case-{case}", viewport={"width": width, "height": 900}, color_scheme=theme
        )
        expect(page.locator(f"#case-{case} .r-body")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert serious(page) == []


def test_a_thousand_cases_open_in_time_and_stay_small(
    open_report: OpenReport, run: Run, tmp_path: Path
) -> None:
    many = repeated([run], 1_000)
    path = tmp_path / "report.html"
    replace_file(path, render_page(RunRecord(summary=summarise(many), run=many)))
    assert path.stat().st_size < MEGABYTES * 1e6
    page = open_report(path)
    ready = page.evaluate("performance.getEntriesByName('ready')[0].startTime")
    assert ready < OPEN_S * 1000 * slower()
    expect(page.locator(".r-case")).to_have_count(60)
    page.get_by_role("button", name="Show 60 more").click()
    expect(page.locator(".r-case")).to_have_count(120)
    page.get_by_label("Search question").fill("t24-40")
    expect(page.locator(".r-case")).to_have_count(1)
