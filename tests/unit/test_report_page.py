"""The HTML report as a file: what it holds, and that nothing in it can run or load but itself."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.language import Lang
from evals.comparison.compare import compare_runs
from evals.judging.judge import JudgedCase, Judgement, Judging
from evals.judging.report import JudgeRecord, summarise_judging
from evals.report import RunRecord, read_record, render_page, write_page, write_report
from evals.report.comparison_page import render_comparison
from evals.report.differing import side_by_side
from evals.report.frame import content_policy
from evals.report.plots import Bar, Point, bars, histogram, interval_strip, trend
from evals.report.words import WORDS, Words
from evals.run import Run, run_suite
from evals.scorers.registry import METRICS
from evals.stats import Estimate
from evals.summary import MUST_BE_ONE, MUST_BE_ZERO, summarise
from evals.testing import AS_OF, ScriptedAdvisor, make_answer, make_case
from knowledge.load import read_yaml
from tests.unit.small_cards import corpus_of, small_card, small_fact

ROOT = Path(__file__).parents[2]
CORPUS = corpus_of(
    small_card("rule-a", small_fact(1, "上限为80%。", "The cap is 80%.")),
    small_card("rule-b", small_fact(1, "上限为80%。", "The cap is 80%.")),
)
HOSTILE = '</script><img src=x onerror="document.title=1">\u2028<!--<script>alert(1)</script>'


def make_run(*texts: str, **fields: Any) -> Run:
    cases = [make_case(number, **fields) for number in range(1, len(texts) + 1)]
    answers = {
        case.question: make_answer(text, cited=["rule-a#1"], evidence=["rule-b#1", "rule-a#1"])
        for case, text in zip(cases, texts, strict=True)
    }
    return run_suite(ScriptedAdvisor(CORPUS, answers), cases, suite="tiny", today=AS_OF)


def page_of(run: Run, **options: Any) -> str:
    return render_page(RunRecord(summary=summarise(run), run=run), **options)


class Reader(HTMLParser):
    """Reads a page as a browser would: its elements, its data, its text outside scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.contents: dict[str, str] = {}
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(dict(attrs).get("id") or tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.contents[self.inside[-1]] = self.contents.get(self.inside[-1], "") + data
        else:
            self.text += data

    @property
    def data(self) -> Any:
        return json.loads(self.contents["data"])


def test_a_page_names_its_run_its_figures_and_how_sure_they_are() -> None:
    read = Reader(page_of(make_run("上限为80%。[1]", "没有上限。[1]")))
    assert "Evaluation report: tiny" in read.text
    assert "2 of 2 cases" in read.text
    for told in ("nugget_recall", "0.500", "0.000 – 1.000", "上限为80%。[1]", "seed"):
        assert told in read.text or told in json.dumps(read.data, ensure_ascii=False), told


def test_a_case_can_be_read_from_the_page_with_expectation_answer_sources_and_ranks() -> None:
    read = Reader(page_of(make_run("没有上限。[1]", must_not=["没有"])))
    (case,) = read.data["cases"]
    assert case["question"] == "第1问：额度怎么算？"
    assert case["nuggets"] == [["cap", True, False]]
    assert case["cards"] == [["rule-a", 2, True]]
    assert case["must_not"] == [["没有", "没有"]]
    assert {"nugget_recall", "must_not_said"} <= set(case["faults"])
    [[n, fact]] = case["citations"]
    ref, quote, instrument, _, page = read.data["facts"][fact]
    assert (n, ref, read.data["texts"][quote]) == (1, "rule-a#1", "-")
    assert read.data["instruments"][instrument][0] == "《办法》"
    assert read.data["pages"][page][1] == "https://example.org/"


def test_what_cases_share_is_held_once() -> None:
    read = Reader(page_of(make_run(*["上限为80%。[1]"] * 30)))
    assert len(read.data["cases"]) == 30
    assert len(read.data["facts"]) == len(read.data["instruments"]) == 1


@pytest.mark.parametrize("lang", get_args(Lang))
def test_hostile_words_stay_words_in_every_language(lang: Lang) -> None:
    run = make_run(HOSTILE, "上限为80%。[1]", note=HOSTILE)
    broken = run.results[1].model_copy(update={"answer": None, "error": HOSTILE, "scores": {}})
    read = Reader(page_of(Run(settings=run.settings, results=(run.results[0], broken)), lang=lang))
    assert read.data["cases"][0]["text"] == HOSTILE
    assert [tag for tag, _ in read.tags].count("script") == 2
    assert not any(tag == "img" for tag, _ in read.tags)
    assert "\u2028" not in read.contents["data"]
    assert not any(name.startswith("on") for _, attrs in read.tags for name in attrs)


def test_the_policy_of_a_page_allows_its_own_script_and_style_and_nothing_else() -> None:
    page = page_of(make_run("上限为80%。[1]"))
    read = Reader(page)
    policies = [a["content"] for t, a in read.tags if a.get("http-equiv")]
    assert policies == [content_policy()]
    assert content_policy().startswith("default-src 'none'")
    assert "unsafe-inline" not in content_policy()
    for part in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(read.contents[part].encode()).digest()).decode()
        assert f"{part}-src 'sha256-{digest}'" in content_policy()
    assert not any("style" in attrs for _, attrs in read.tags), "the policy forbids it"
    loaded = [a for _, a in read.tags for name in ("src", "srcset", "action", "data") if name in a]
    assert loaded == []
    assert all((a.get("href") or "#").startswith("#") for t, a in read.tags if t != "script")


def test_every_plot_has_a_title_and_a_description_under_ids_of_its_own() -> None:
    read = Reader(page_of(make_run("上限为80%。[1]", "没有上限。[1]")))
    plots = [attrs for tag, attrs in read.tags if tag == "svg" and attrs.get("role") == "img"]
    named = [name for attrs in plots for name in (attrs["aria-labelledby"] or "").split()]
    ids = [attrs["id"] for _, attrs in read.tags if attrs.get("id")]
    assert len(plots) >= 4
    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)


def test_a_judge_has_a_section_of_its_own_and_its_words_stand_with_the_case() -> None:
    run = make_run("上限为80%。[1]")
    said = Judgement(support=2, completeness=1, tone=2, reason="Says the cap, not the base.")
    judging = Judging(
        run_id=run.settings.run_id,
        model="judge-1 at example.org",
        prompts={"en": "1"},
        cases=(JudgedCase(id="t1", judgement=said),),
        usage={},
    )
    record = JudgeRecord(summary=summarise_judging(judging, run), judging=judging)
    read = Reader(page_of(run, judge=record))
    assert "judge-1 at example.org" in read.text
    assert read.data["cases"][0]["judge"]["reason"] == "Says the cap, not the base."


def test_a_run_in_which_nothing_was_answered_still_has_a_page() -> None:
    run = make_run("上限为80%。[1]")
    broken = run.results[0].model_copy(update={"answer": None, "error": "OSError", "scores": {}})
    read = Reader(page_of(Run(settings=run.settings, results=(broken,))))
    assert "0 of 1 cases" in read.text
    assert "OSError" in read.text


def test_a_report_is_written_anew_in_another_language(tmp_path: Path) -> None:
    run = make_run("上限为80%。[1]")
    write_report(run, tmp_path)
    assert read_record(tmp_path / "run.json").run == run
    page = write_page(tmp_path, "zh-Hant", tmp_path / "hant.html")
    assert '<html lang="zh-Hant">' in page.read_text(encoding="utf-8")
    assert "評測報告" in page.read_text(encoding="utf-8")


def test_a_report_shows_the_earlier_runs_of_its_suite_and_no_others(tmp_path: Path) -> None:
    run = make_run("上限为80%。[1]", "没有上限。[1]")
    day = run.settings.started
    for number, suite in enumerate(("tiny", "other", "tiny")):
        settings = run.settings.model_copy(
            update={
                "run_id": f"run-of-{number}",
                "suite": suite,
                "started": day.replace(year=day.year + number),
            }
        )
        write_report(Run(settings=settings, results=run.results), tmp_path / f"run-of-{number}")
    text = Reader((tmp_path / "run-of-2" / "report.html").read_text(encoding="utf-8")).text
    assert "run-of-0" in text
    assert "run-of-1" not in text
    assert "2 runs, from" in text


def test_a_comparison_shows_both_answers_with_what_stands_in_one_only() -> None:
    before, after = (
        make_run("上限为80%。[1]", "上限为80%。"),
        make_run("上限为50%。[1]", "上限为80%。"),
    )
    read = Reader(render_comparison(compare_runs(before, after), before, after))
    first, second = read.data["cases"]
    assert first["id"] == "t1"
    assert "nugget_recall" in first["lost"]
    assert first["a"]["text"] == [[0, "上限为"], [1, "80"], [0, "%。[1]"]]
    assert first["b"]["text"] == [[0, "上限为"], [1, "50"], [0, "%。[1]"]]
    assert "lost" not in second
    assert "no case moved" in read.text


def test_a_comparison_of_hostile_answers_holds_no_markup_of_theirs() -> None:
    before, after = make_run(HOSTILE), make_run(f"{HOSTILE} 80%")
    read = Reader(render_comparison(compare_runs(before, after), before, after))
    assert [tag for tag, _ in read.tags].count("script") == 2
    assert (
        "".join(part for _, part in read.data["cases"][0]["b"]["text"]).rstrip() == f"{HOSTILE} 80%"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "新的一行。"),
        ("甲。[1]\n乙。[2]\n", "甲。[2]\n"),
        ("完全不同的话", "nothing alike at all here"),
        ("x" * 2000, "y" * 2000),
    ],
)
def test_stretches_put_together_are_the_two_texts(one: str, other: str) -> None:
    left, right = side_by_side(one, other)
    assert "".join(text for _, text in left) == one
    assert "".join(text for _, text in right) == other


def test_a_line_whose_marks_were_renumbered_is_no_difference() -> None:
    left, _ = side_by_side("上限为80%。[1]", "上限为80%。[2,3]")
    assert left == [(False, "上限为80%。[1]")]


def test_lines_that_have_little_in_common_are_marked_whole() -> None:
    left, right = side_by_side("上限为80%，每年核定。", "Apply at the bank by 30 June.")
    assert left == [(True, "上限为80%，每年核定。")]
    assert right == [(True, "Apply at the bank by 30 June.")]


def test_an_interval_is_drawn_where_its_figures_lie() -> None:
    strip = interval_strip(Estimate(n=20, mean=0.5, low=0.25, high=0.75), 0, 1)
    assert 'x1="25.00" x2="75.00"' in strip
    assert 'x1="50.00" x2="50.00"' in strip
    beyond = interval_strip(Estimate(n=20, mean=3, low=-9, high=9), -1, 1, zero=0)
    assert 'x1="0.00" x2="100.00"' in beyond


def test_few_cases_get_a_bar_without_interval() -> None:
    few, many = (
        bars("b", "t", "d", [Bar("x", Estimate(n=n, mean=0.5, low=0.1, high=0.9))]) for n in (4, 5)
    )
    assert "r-thin" not in few
    assert "r-thin" in many


@pytest.mark.parametrize("values", [[5.0], [0.0, 0.0], [1.0, 1e6], [3.0, 4.0, 5.0]])
def test_every_value_of_a_histogram_is_in_a_column(values: list[float]) -> None:
    drawn = histogram("h", "t", "d", values, {"p50": values[0]}, "ms")
    assert "nan" not in drawn
    assert drawn.count("<rect") >= 1


def test_a_trend_of_equal_figures_can_be_drawn() -> None:
    same = Estimate(n=5, mean=1, low=1, high=1)
    assert "nan" not in trend("t", "t", "d", [Point("a", same), Point("b", same)])


def test_the_colours_are_those_of_the_web_app() -> None:
    def tokens(path: str, block: str) -> dict[str, str]:
        text = (ROOT / path).read_text(encoding="utf-8")
        found = re.search(re.escape(block) + r" \{(.*?)\n *\}", text, re.DOTALL)
        assert found, (path, block)
        return dict(re.findall(r"(--hg-[\w-]+): (#\w+);", found[1]))

    for block in (":root", ".dark"):
        app = tokens("ui/static/base.css", block)
        text = (ROOT / "evals/report/report.css").read_text(encoding="utf-8")
        light, dark = text.split("@media screen and (prefers-color-scheme: dark)")
        ours = re.findall(r"(--hg-[\w-]+): (#\w+);", light if block == ":root" else dark)
        screen = (
            ours if block == ":root" else ours[: len(tokens("evals/report/report.css", ":root"))]
        )
        assert screen
        assert {name: app[name] for name, _ in screen} == dict(screen)


def test_every_metric_has_a_name_and_every_word_both_languages() -> None:
    words = read_yaml(WORDS)
    assert {m.name for m in METRICS} <= {k.removeprefix("metric.") for k in words if "metric." in k}
    named = {key.removeprefix("fault.") for key in words if key.startswith("fault.")}
    assert {*MUST_BE_ONE, *MUST_BE_ZERO, "error"} == named
    assert all(set(texts) == {"zh", "en"} for texts in words.values())
    assert all(
        isinstance(text, str) and text for texts in words.values() for text in texts.values()
    )


def test_every_word_is_said_somewhere() -> None:
    words = read_yaml(WORDS)
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "evals/report").iterdir()
        if path.suffix in {".py", ".js"}
    )
    families = {
        *("metric", "group", "kind", "lang", "status", "reason", "role", "stage", "aspect"),
        *("aspect_of", "way", "setting", "better", "standing", "verdict", "parity", "slices"),
        *("filter", "section", "col", "target", "fault"),
    }
    unsaid = [
        key
        for key in words
        if f'"{key}"' not in code
        and not (key.startswith("js.") and f"say.{key[3:]}" in code)
        and key.split(".")[0] not in families
    ]
    assert unsaid == []


def test_a_word_without_translation_is_its_key_so_that_old_runs_can_be_read() -> None:
    assert Words("en").name("metric", "gone_metric") == "gone metric"
    with pytest.raises(KeyError):
        Words("en")("gone")
