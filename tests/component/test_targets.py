"""A suite against real servers: our own, scripted endpoints, broken ones; and a run that is killed."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.question import read_question
from bot.settings import Settings
from evals.archive import Archive
from evals.case import Case, load_suite
from evals.cli import eval_app
from evals.errors import TargetError
from evals.run import Run, as_target, plan_run, resumed, run_suite
from evals.targets.choice import read_key, record_of
from evals.targets.endpoint import Endpoint
from evals.targets.patience import Patience, Unanswered
from evals.targets.server import HugangServer
from knowledge.corpus import Corpus
from tests.component.fault_server import BEHAVIOURS, KEY, USAGE, Exchange, FaultServer
from tests.component.served import served

TODAY = dt.date.today()  # noqa: DTZ011 - the day of the server
QUESTION = read_question("境外放款的余额上限怎么算？", today=TODAY)
HASTY = Patience(attempts=3, backoff_s=0.01, most_s=5)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def some() -> list[Case]:
    """A case of each of six kinds, in three languages."""
    kinds = ("lookup", "route", "temporal", "unanswerable", "out-of-scope", "follow-up")
    cases = load_suite("dev")
    return [next(case for case in cases if case.kind == kind) for kind in kinds]


# --- a running Hugang


@pytest.fixture(scope="module")
def url(advisor: Advisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(advisor, Settings(home=tmp_path_factory.mktemp("served"))) as address:
        yield address


def test_a_running_hugang_gets_the_scores_that_it_has_in_process(
    url: str, advisor: Advisor, corpus: Corpus, some: list[Case]
):
    with closing(HugangServer(url, corpus)) as server:
        there = run_suite(server.greet(), some, suite="some", concurrency=2)
    here = run_suite(advisor, some, suite="some")
    assert there.errored == ()
    assert [scores(result) for result in there.results] == [scores(r) for r in here.results]
    told = there.settings
    assert (told.target.kind, told.corpus, told.scored_by) == ("hugang", str(corpus.version), None)
    assert told.target.host in url
    assert told.target.version


def scores(result: Any) -> dict[str, float | None]:
    return {name: score.value for name, score in result.scores.items() if name != "latency_ms"}


def test_a_server_that_wants_a_key_tells_so_before_any_case(
    advisor: Advisor, corpus: Corpus, tmp_path: Path
):
    with served(advisor, Settings(home=tmp_path, staff=False)) as address:
        with closing(HugangServer(address, corpus)) as server, pytest.raises(TargetError) as told:
            server.greet()
        assert "status 401" in str(told.value)
        assert "--key-env" in str(told.value)
        wrong = HugangServer(address, corpus, key=SecretStr("hk_0123456789_secretsecret"))
        with closing(wrong), pytest.raises(TargetError) as told:
            wrong.greet()
        assert "secretsecret" not in str(told.value)


@pytest.mark.parametrize(
    ("behaviour", "told", "calls"),
    [
        ("500", "status 500; tried 3 times", 3),
        ("429", "a wait of 7 s more is over 5 s", 1),
        ("404", "status 404", 1),
        ("html", "the answer is no JSON", 1),
        ("hang-before-headers", "no answer within 0.5 s; tried 3 times", 3),
        ("bytes-for-ever", "not complete within 0.5 s; tried 3 times", 3),
        ("cut-before-headers", "the connection failed", 3),
        ("a-list", "the answer is a JSON list", 1),
        ("another-form", "another form than here, at standing", 1),
    ],
)
def test_a_server_that_fails_makes_an_errored_case_and_no_crash(
    behaviour: str,
    told: str,
    calls: int,
    corpus: Corpus,
    some: list[Case],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(BEHAVIOURS, "a-list", lambda x: x.whole(200, "[]", "application/json"))
    other = json.dumps({"id": "a", "question": "?", "lang": "en", "as_of": "2026-01-01"})
    monkeypatch.setitem(
        BEHAVIOURS, "another-form", lambda x: x.whole(200, other, "application/json")
    )
    with FaultServer(behaviour) as faults:
        address = faults.url.removesuffix("/v1")
        server = HugangServer(address, corpus, timeout_s=0.5, patience=HASTY)
        with closing(server):
            run = run_suite(server, some[:1])
        assert told in str(run.results[0].error)
        assert len(faults.seen) == calls
        # a question is sent again by its own name, so that it is not answered twice
        assert len({seen.headers["idempotency-key"] for seen in faults.seen}) == 1


def test_the_wait_that_a_server_asks_for_is_kept(corpus: Corpus):
    waits: list[float] = []
    with FaultServer("429") as faults:
        server = HugangServer(
            faults.url.removesuffix("/v1"), corpus, patience=Patience(3), sleep=waits.append
        )
        with closing(server), pytest.raises(Unanswered, match="status 429; tried 3 times"):
            server.answer(QUESTION)
    assert waits == [7, 7]


def test_a_running_server_is_asked_on_its_own_day_only(corpus: Corpus, some: list[Case]):
    with closing(HugangServer("http://127.0.0.1:9", corpus)) as server:
        with pytest.raises(TargetError, match="seen 2026-01-02 as the day to ask on"):
            run_suite(server, some, today=dt.date(2026, 1, 2))
        begun = plan_run(server, some, suite="some").settings
        yesterday = begun.model_copy(update={"today": begun.today - dt.timedelta(days=1)})
        with pytest.raises(TargetError, match="knows only its own day"):
            resumed(yesterday, server, some)


def test_a_key_goes_to_the_server_and_nowhere_else(corpus: Corpus, tmp_path: Path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    key = read_key(None, file)
    with FaultServer("403-tells-the-key") as faults:
        server = HugangServer(faults.url.removesuffix("/v1"), corpus, key=key, patience=HASTY)
        with closing(server), pytest.raises(Unanswered) as told:
            server.answer(QUESTION)
        assert faults.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(told.value)
    assert KEY not in server.record.model_dump_json()


# --- an endpoint

FREE = (
    "境外放款余额上限为所有者权益的30%乘以宏观审慎调节系数。[1]\n\n"
    "月球银行应当在3天内放款。[2]\n"
    "所给事实没有提及利率。"
)


def says(text: str) -> Any:
    def behave(x: Exchange) -> None:
        x.open_stream()
        x.text(text, size=9)
        x.end(usage=USAGE)

    return behave


@pytest.fixture
def endpoint(advisor: Advisor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens endpoints whose model says the same to everything."""
    opened: list[Any] = []

    def make(text: str, *, retrieval: bool = False, behaviour: str = "says", **fields: Any):
        monkeypatch.setitem(BEHAVIOURS, "says", says(text))
        faults = FaultServer(behaviour).__enter__()
        record = record_of(
            "endpoint", base_url=faults.url, model="rival", with_retrieval=retrieval, **fields
        )
        target = Endpoint.open(record, advisor, key=SecretStr(KEY), timeout_s=10, patience=HASTY)
        opened.append((target, faults))
        return target, faults

    yield make
    for target, faults in opened:
        target.close()
        faults.__exit__()


def test_a_bare_model_knows_nothing_of_us_and_its_words_are_kept(endpoint: Any, corpus: Corpus):
    target, faults = endpoint("根据汇发〔2014〕37号，须先办理登记。我不确定手续费。")
    answer = target.answer(QUESTION)
    sent = json.dumps(faults.seen[0].body["messages"], ensure_ascii=False)
    assert "〔" not in sent
    assert "<facts>" not in sent
    assert QUESTION.text in sent
    assert (faults.seen[0].body["temperature"], faults.seen[0].body["seed"]) == (0, 0)
    assert answer.text == "根据汇发〔2014〕37号，须先办理登记。我不确定手续费。"
    assert answer.standing == "partly"
    assert [c.ref.card_id for c in answer.citations] == [card_numbered(corpus, "汇发〔2014〕37号")]
    assert answer.missing == ("我不确定手续费。",)
    assert answer.evidence == ()
    use = answer.engine.model
    assert use is not None
    assert (use.prompt_tokens, use.completion_tokens) == (120, 30)
    assert use.prompt == "rival.zh@1"
    assert answer.engine.timings_ms["total"] >= answer.engine.timings_ms["first_token"] > 0


def card_numbered(corpus: Corpus, number: str) -> str:
    return next(card.id for card in corpus.instruments.values() if card.number == number)


def test_a_model_with_our_evidence_cites_the_facts_by_their_numbers(
    endpoint: Any, advisor: Advisor, corpus: Corpus
):
    target, faults = endpoint(FREE, retrieval=True, price_in=2.0, price_out=8.0)
    answer = target.answer(QUESTION)
    found = advisor.evidence(QUESTION).refs
    assert answer.evidence == tuple(ref for ref in found if ref in answer.evidence)
    assert answer.evidence[:2] == found[:2]
    sent = faults.seen[0].body["messages"][-1]["content"]
    assert f"[1] {corpus.fact(found[0]).zh}" in sent
    assert [(c.n, c.ref) for c in answer.citations[:2]] == [(1, found[0]), (2, found[1])]
    by_text = {claim.text: claim for claim in answer.claims}
    moon = by_text["月球银行应当在3天内放款。"]
    assert (moon.refs, moon.verdict) == ((found[1],), "unsupported")
    assert answer.missing == ("所给事实没有提及利率。",)
    assert answer.engine.model is not None
    assert answer.engine.model.cost == pytest.approx((120 * 2 + 30 * 8) / 1e6)
    assert answer.engine.timings_ms["retrieval"] > 0


def test_a_sentence_of_a_fact_is_borne_out_and_one_with_another_figure_is_not(
    endpoint: Any, advisor: Advisor, corpus: Corpus
):
    found = advisor.evidence(QUESTION).refs
    n, true = next(
        (n, zh) for n, ref in enumerate(found, 1) if "0.8" in (zh := corpus.fact(ref).zh)
    )
    for text, verdict in ((true, "supported"), (true.replace("0.8", "0.9"), "unsupported")):
        answer = endpoint(f"{text}[{n}]", retrieval=True)[0].answer(QUESTION)
        assert answer.claims[0].refs == (found[n - 1],)
        assert answer.claims[0].verdict == verdict
    bare = endpoint(true)[0].answer(QUESTION)
    assert [(claim.refs, claim.verdict) for claim in bare.claims[:1]] == [((), "supported")]


def test_instruments_are_cited_by_number_or_full_title_and_not_by_a_popular_name(
    endpoint: Any, corpus: Corpus
):
    card = corpus.instruments[card_numbered(corpus, "汇发〔2014〕37号")]
    assert cards(endpoint(f"According to {card.title.en}, register first.")[0]) == [card.id]
    assert cards(endpoint(f"依《{card.title.zh}》，先登记。")[0]) == [card.id]
    assert cards(endpoint("債券通讓境外投資者買賣內地債券，跨境支付通也已開通。")[0]) == []
    listed = "企业须先办理登记。[1]\n\n参考资料：\n[1] 汇发〔2014〕37号\n"
    answer = endpoint(listed)[0].answer(QUESTION)
    assert [claim.text for claim in answer.claims] == ["企业须先办理登记。"]
    assert answer.claims[0].refs[0].card_id == card.id


def cards(target: Endpoint) -> list[str]:
    return [citation.ref.card_id for citation in target.answer(QUESTION).citations]


def test_what_does_not_apply_to_a_rival_is_unscored_and_not_zero(endpoint: Any, some: list[Case]):
    some = [
        case for case in some if case.kind in ("lookup", "route", "unanswerable", "out-of-scope")
    ]
    run = run_suite(endpoint("不予办理。")[0], some)
    by_kind = {result.case.kind: result for result in run.results}
    assert by_kind["lookup"].value("recall_at_10") is None
    assert by_kind["lookup"].value("nugget_recall") is not None
    assert by_kind["lookup"].value("right_and_grounded") is None
    assert by_kind["route"].value("route_accuracy") is None
    assert by_kind["unanswerable"].value("standing_accuracy") is None
    assert by_kind["out-of-scope"].value("standing_accuracy") == 0
    given = run_suite(endpoint("不予办理。", retrieval=True)[0], some)
    by_kind = {result.case.kind: result for result in given.results}
    assert by_kind["lookup"].value("recall_at_10") is not None
    assert by_kind["route"].value("route_accuracy") is None
    assert by_kind["unanswerable"].value("standing_accuracy") == 0


@pytest.mark.parametrize(
    ("behaviour", "told", "calls"),
    [
        ("401", "unauthorised: status 401", 1),
        ("429", "a wait of 7 s more is over 5 s", 1),
        ("500", "server-error: status 500", 3),
        ("malformed-sse", "malformed", 1),
        ("html", "malformed", 1),
        ("empty-text", "empty", 1),
        ("cut", "cut-off", 3),
    ],
)
def test_an_endpoint_that_fails_makes_an_errored_case_and_no_crash(
    behaviour: str, told: str, calls: int, endpoint: Any, some: list[Case]
):
    target, faults = endpoint("", behaviour=behaviour)
    run = run_suite(target, some[:1])
    assert told in str(run.results[0].error)
    assert faults.calls == calls
    assert KEY not in run.model_dump_json()


def test_an_answer_cut_at_the_token_limit_is_what_the_model_answers(endpoint: Any):
    answer = endpoint("", behaviour="length")[0].answer(QUESTION)
    assert answer.engine.model is not None
    assert answer.engine.model.fault == "cut-off"
    assert answer.text


def test_what_an_endpoint_would_not_take_is_not_told_as_sent(endpoint: Any, some: list[Case]):
    target, _ = endpoint("", behaviour="no-temperature")
    run = run_suite(target, some[:1])
    assert run.errored == ()
    assert (run.settings.target.temperature, run.settings.target.model_seed) == (None, 0)


# --- the command line, and a kill


SLOW = """
import sys, time
from bot.advisor import Advisor
from evals.case import load_suite
from evals.cli import eval_app
from evals.testing import ScriptedAdvisor, make_answer
from knowledge.load import load_corpus

class Slow(ScriptedAdvisor):
    def answer(self, question):
        time.sleep(0.05)
        return super().answer(question)

    def close(self):
        pass

slow = Slow(load_corpus(), {c.question: make_answer("不清楚。") for c in load_suite("dev")})
Advisor.open = classmethod(lambda cls, settings=None: slow)
eval_app(sys.argv[1:])
"""


def test_a_run_that_is_killed_goes_on_and_no_case_is_lost_or_doubled(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HUGANG_HOME", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "run", "--limit", "60"],
        cwd=ROOT,
        env=os.environ | {"HUGANG_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        archive, end = Archive(tmp_path / "evals"), time.monotonic() + 60
        while not archive.folders() or archive.folders()[0].done < 5:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        folder = archive.folders()[0]
        assert folder.is_running
        process.send_signal(signal.SIGKILL)
    done = folder.done
    assert 5 <= done < 60
    assert not folder.is_running
    asked: list[str] = []
    monkeypatch.setattr(Advisor, "open", classmethod(lambda cls, settings=None: Telling(asked)))

    class Telling:
        def __init__(self, asked: list[str]) -> None:
            self.corpus = corpus

        def answer(self, question: Any) -> CheckedAnswer:
            from evals.testing import make_answer

            asked.append(question.text)
            return make_answer("不清楚。")

        def close(self) -> None:
            pass

    outcome = CliRunner().invoke(eval_app, ["run", "--resume", folder.run_id])
    assert outcome.exit_code == 0, outcome.output
    assert len(asked) == 60 - done
    run = folder.record().run
    assert [result.case.id for result in run.results] == list(folder.settings.chosen)
    lines = (folder.path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len({json.loads(line)["case"]["id"] for line in lines}) == 60
    again = CliRunner().invoke(eval_app, ["run", "--resume", folder.run_id])
    assert again.exit_code == 1
    assert "finished" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--target", "endpoint"], "seen no --base-url and --model"),
        (["--target", "endpoint", "--base-url", "http://127.0.0.1:1/v1"], "seen no --model"),
        (["--target", "engine", "--model", "x"], "seen --model; expected these with"),
        (["--target", "rival"], "expected http(s)://"),
        (["--target", "http://me:secret@h.example"], "seen user info"),
        (["--target", "http://127.0.0.1:9"], "Expected a running Hugang"),
        (["--key-env", "NO_SUCH_VARIABLE"], "seen no environment variable NO_SUCH_VARIABLE"),
        (["--resume", "../../etc"], "seen none of this id"),
    ],
)
def test_a_wrong_target_is_told_before_any_case(arguments: list[str], told: str):
    outcome = CliRunner().invoke(eval_app, ["run", "--limit", "1", *arguments])
    assert outcome.exit_code == 1
    assert told in " ".join(outcome.stderr.split())
    assert "secret" not in outcome.stderr
    assert isinstance(outcome.exception, SystemExit)


def test_a_rival_is_evaluated_by_one_command_and_its_run_tells_what_it_was(
    advisor: Advisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HUGANG_HOME", str(tmp_path))
    monkeypatch.setenv("RIVAL_KEY", KEY)
    monkeypatch.setattr(Advisor, "open", classmethod(lambda cls, settings=None: advisor))
    monkeypatch.setattr(Advisor, "close", lambda self: None)
    monkeypatch.setitem(BEHAVIOURS, "says", says("我不知道。"))
    with FaultServer("says") as faults:
        arguments = f"run --limit 4 --target endpoint --model rival --base-url {faults.url}"
        outcome = CliRunner().invoke(
            eval_app, f"{arguments} --key-env RIVAL_KEY --concurrency 3".split()
        )
        assert outcome.exit_code == 0, outcome.output
        assert faults.seen[0].headers["authorization"] == f"Bearer {KEY}"
    (folder,) = Archive(tmp_path / "evals").folders()
    record: Run = folder.record().run
    assert [r.case.id for r in record.results] == list(record.settings.chosen)
    target = record.settings.target
    assert (target.kind, target.model, target.retrieval) == ("endpoint", "rival", False)
    assert record.settings.prompts == {"rival.zh": "1", "rival.en": "1"}
    written = b"".join(path.read_bytes() for path in folder.path.iterdir())
    assert KEY.encode() not in written
    assert b"rival (bare)" in (folder.path / "report.md").read_bytes()


def test_an_advisor_is_a_target_as_it_is(advisor: Advisor):
    assert as_target(advisor).record.kind == "engine"
    assert as_target(as_target(advisor)).record == as_target(advisor).record
