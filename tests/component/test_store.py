"""What the server keeps of conversations: written by many, killed in the middle, refused when newer."""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, delete, select, text, update
from sqlalchemy.engine import URL

from bot.answer import CheckedAnswer
from bot.present import present_plan
from bot.question import read_question
from bot.route_plan import plan_route
from bot.settings import Settings
from bot.store.conversations import ConversationNotFound, NotOwner, as_shown, history_before
from bot.store.evaluations import EvaluationNotFound, Wish
from bot.store.feedback import TurnNotFound
from bot.store.keys import KeyNameError, KeyNotFound, KeyRefused
from bot.store.labels import LabelRefused, LabelTaskNotFound, Verdict
from bot.store.records import Asked, owner_of, shortened
from bot.store.schema import (
    SCHEMA_VERSION,
    ConversationRow,
    RecordRow,
    RequestRow,
    Row,
    StoreError,
    bring_up_to_date,
)
from bot.store.store import DATABASE_FILE, Store
from bot.store.tenants import Limits, TenantError, TenantNotFound, TenantProfile
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from tests.postgresql import NO_POSTGRESQL, new_database, postgresql, server_programs

ROOT = Path(__file__).resolve().parents[2]
OWNER = owner_of("a" * 43)
OTHER = owner_of("b" * 43)
TALK = "c" * 22
PAYLOAD = {"message": "m0001", "state": "answered", "text": "答", "parts": [["head", "<p>好</p>"]]}


def asked(turn: str = "m0001", talk: str = TALK, **changes: object) -> Asked:
    values: dict[str, object] = {
        "turn": turn,
        "conversation": talk,
        "root": turn,
        "question": "额度怎么算？",
        "lang": "zh-Hans",
    }
    return Asked.model_validate(values | changes)


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[URL]:
    programs = server_programs()
    if programs is None:
        pytest.skip(f"no PostgreSQL server here; {NO_POSTGRESQL}")
    with postgresql(programs) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An empty database of each kind."""
    home = tmp_path / "home"
    if request.param == "sqlite":
        return Settings(home=home)
    server = request.getfixturevalue("postgresql_server")
    url = new_database(server, f"t{secrets.token_hex(6)}")
    return Settings(home=home, database_url=url.render_as_string(hide_password=False))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.of(settings) as opened:
        yield opened


only_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def answer(corpus: Corpus) -> CheckedAnswer:
    return list(ScriptedAdvisor(corpus).stream(read_question("税率多少？")))[-1].answer  # type: ignore[union-attr]


def test_a_question_is_kept_with_its_answer_and_read_back_as_it_was(
    store: Store, answer: CheckedAnswer
) -> None:
    day = dt.date(2025, 5, 1)
    wish = asked(profile={"amount_usd": 2e7}, as_of=day, filters={"topics": ["tax"]})
    assert store.conversations.begin(wish, OWNER, "v1").how == "new"
    store.conversations.end("m0001", "answered", PAYLOAD, answer)
    found, (turn,) = store.conversations.read(TALK)
    assert (found.title, found.turns) == ("额度怎么算？", 1)
    assert (turn.profile, turn.as_of, turn.filters) == ({"amount_usd": 2e7}, day, wish.filters)
    assert (turn.state, turn.shown, turn.corpus) == ("answered", PAYLOAD, "v1")
    assert turn.ended is not None
    assert turn.ended >= turn.started
    assert turn.started.tzinfo is dt.UTC
    assert store.answer(answer.id) == answer
    assert store.answer("no-such-answer") is None


def test_the_same_question_sent_twice_is_asked_once(store: Store) -> None:
    begin = store.conversations.begin
    assert begin(asked(), OWNER, "v").how == "new"
    store.conversations.show("m0001", PAYLOAD | {"state": "working"})
    again = begin(asked(), OWNER, "v")
    assert again.how == "again"
    assert again.turn.shown is not None  # what was shown is handed on
    store.conversations.end("m0001", "answered", PAYLOAD)
    ended = begin(asked(), OWNER, "v")
    assert (ended.how, ended.turn.shown) == ("ended", PAYLOAD)
    assert store.conversations.read(TALK)[0].turns == 1


def test_what_a_dead_process_was_answering_is_broken_off(store: Store) -> None:
    store.conversations.begin(asked("m0001"), OWNER, "v")
    store.conversations.begin(asked("m0002"), OWNER, "v")
    store.conversations.end("m0002", "answered", PAYLOAD)
    store.start()
    assert [turn.state for turn in store.conversations.read(TALK)[1]] == ["interrupted", "answered"]


def test_the_same_question_sent_by_many_at_once_is_asked_once(store: Store) -> None:
    def begin(n: int) -> str:
        return store.conversations.begin(asked(question=f"问{n % 2}"), OWNER, "v").how

    with ThreadPoolExecutor(8) as pool:
        how = list(pool.map(begin, range(16)))
    assert how.count("new") == 1
    assert how.count("again") == 15


def test_a_text_with_a_null_is_kept_without_it(store: Store) -> None:
    answered(store, "m0001", TALK, "额\0度？", "一\0半")
    conversation, (turn,) = store.conversations.read(TALK)
    assert (conversation.title, turn.question) == ("额度？", "额度？")
    store.feedback.give("m0001", OWNER, "down", "other", "不\0对")
    assert [one.text for one in store.feedback.listed()] == ["不对"]
    assert found(store, "额\0度") == {"c": "额度？"}


def test_a_conversation_is_its_owners(store: Store) -> None:
    kept = store.conversations
    kept.begin(asked(), OWNER, "v")
    for attempt in (
        lambda: kept.begin(asked("m0002"), OTHER, "v"),
        lambda: kept.begin(asked("m0001", talk="d" * 22), OTHER, "v"),
        lambda: kept.rename(TALK, OTHER, "x"),
        lambda: kept.delete(TALK, OTHER),
        lambda: kept.restore(TALK, OTHER),
        lambda: store.feedback.give("m0001", OTHER, "up"),
        lambda: store.feedback.withdraw("m0001", OTHER),
    ):
        with pytest.raises(NotOwner):
            attempt()
    assert kept.listed(OTHER) == ()
    assert [one.title for one in kept.listed(OWNER)] == ["额度怎么算？"]


def answered(store: Store, turn: str, talk: str, question: str, text: str, **more: object) -> None:
    store.conversations.begin(asked(turn, talk=talk, question=question, **more), OWNER, "v")
    store.conversations.end(turn, "answered", {"text": text})


def found(store: Store, words: str, owner: str = OWNER) -> dict[str, str | None]:
    """Lines in which a search found conversations, by the first character of their ids."""
    return {one.id[0]: one.line for one in store.conversations.search(owner, words)}


def test_a_search_finds_titles_questions_and_answers_and_tells_the_line(store: Store) -> None:
    lead = "**香港企業財資中心**的稅率是8.25%[1][2]。\n\n- 须在香港登记[3]\n- Ｉｎｔｅｒｅｓｔ is deductible"
    answered(store, "m0001", "1" * 22, "财资中心要交多少税？", lead)
    answered(store, "m0002", "2" * 22, "境外放款的额度？", "额度是净资产的50%。")
    store.conversations.rename("2" * 22, OWNER, "越南工厂")
    assert found(store, "境外放款") == {"2": "境外放款的额度？"}
    assert found(store, "越南") == {"2": None}
    # Width, script and case do not count, and the words are wherever they are in one turn.
    assert found(store, "企业财资中心的税率") == {"1": "香港企業財資中心的稅率是8.25%。"}
    assert found(store, "interest") == {"1": "Ｉｎｔｅｒｅｓｔ is deductible"}
    assert found(store, "ＴＡＸ") == {}
    assert found(store, "登記 多少税") == {"1": "财资中心要交多少税？"}
    assert found(store, "登记 净资产") == {}
    assert set(found(store, "额度 的")) == {"2"}
    for nothing in ("", "   ", "没有"):
        assert found(store, nothing) == {}
    assert found(store, "境外放款", OTHER) == {}


@pytest.mark.parametrize("words", ["%", "_", "\\", "5_%", "%放款%", "'; DROP TABLE turn; --"])
def test_a_search_takes_signs_for_letters(store: Store, words: str) -> None:
    answered(store, "m0001", "1" * 22, "境外放款的额度？", "额度是净资产的一半。")
    answered(store, "m0002", "2" * 22, f"这里写着{words}这些", "无")
    assert found(store, words) == {"2": f"这里写着{words}这些"}


def test_a_search_finds_what_is_shown_now_and_nothing_that_was_deleted(store: Store) -> None:
    kept = store.conversations
    answered(store, "m0001", "1" * 22, "甲问题", "旧答案")
    answered(store, "m0002", "1" * 22, "甲问题", "新答案", root="m0001")
    assert found(store, "旧答案") == {}
    assert found(store, "新答案") == {"1": "新答案"}
    answered(store, "m0003", "1" * 22, "乙问题", "丙", instead_of="m0001")
    assert found(store, "新答案") == {}
    assert found(store, "乙问题") == {"1": "乙问题"}
    kept.delete("1" * 22, OWNER)
    assert found(store, "乙问题") == {}
    # A place of the same name in another conversation is another place.
    answered(store, "m0004", "2" * 22, "丁问题", "戊", root="m0003")
    kept.restore("1" * 22, OWNER)
    assert set(found(store, "问题")) == {"1", "2"}


def test_a_long_line_is_cut_around_what_was_found(store: Store) -> None:
    answered(store, "m0001", TALK, "问", "前" * 300 + "资金池" + "后" * 300)
    (line,) = found(store, "资金池").values()
    assert line is not None
    assert line.startswith("…前")
    assert line.endswith("后…")
    assert "资金池" in line
    assert len(line) <= 122


def test_what_was_kept_before_there_was_a_search_is_found(settings: Settings) -> None:
    with Store.of(settings) as store:
        answered(store, "m0001", TALK, "境外放款的额度？", "额度是净资产的50%。")
        with store._database.writing() as session:
            session.execute(text("ALTER TABLE turn DROP COLUMN searched"))
            session.execute(text("UPDATE schema_version SET version = 1"))
    with Store.of(settings) as store:
        assert found(store, "净资产") == {"c": "额度是净资产的50%。"}
        answered(store, "m0002", TALK, "然后呢？", "要登记。")
        assert found(store, "登记") == {"c": "要登记。"}


def test_the_latest_conversation_is_listed_first_and_renaming_keeps_the_order(store: Store) -> None:
    kept = store.conversations
    kept.begin(asked("m0001", talk="1" * 22), OWNER, "v")
    kept.begin(asked("m0002", talk="2" * 22), OWNER, "v")
    assert kept.rename("1" * 22, OWNER, "  新\n 名  ").title == "新 名"
    assert [one.id[0] for one in kept.listed(OWNER)] == ["2", "1"]
    kept.begin(asked("m0003", talk="1" * 22), OWNER, "v")
    assert [one.id[0] for one in kept.listed(OWNER)] == ["1", "2"]
    assert [one.id[0] for one in kept.listed(OWNER, limit=1, offset=1)] == ["2"]


def test_a_deleted_conversation_can_be_brought_back_until_it_is_removed(
    store: Store, answer: CheckedAnswer
) -> None:
    kept = store.conversations
    kept.begin(asked(), OWNER, "v")
    kept.end("m0001", "answered", PAYLOAD, answer)
    store.feedback.give("m0001", OWNER, "up")
    kept.delete(TALK, OWNER)
    with pytest.raises(ConversationNotFound):
        kept.read(TALK)
    assert (kept.listed(OWNER), store.feedback.listed(), store.answer(answer.id)) == ((), (), None)
    kept.restore(TALK, OWNER)
    assert kept.read(TALK)[0].turns == 1
    assert len(store.feedback.listed()) == 1
    kept.delete(TALK, OWNER)
    assert kept.purge(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)) == 1
    with pytest.raises(ConversationNotFound):
        kept.restore(TALK, OWNER)
    kept.show("m0001", PAYLOAD)  # an answer still in the making writes into nothing
    kept.end("m0001", "answered", PAYLOAD)
    with pytest.raises(TurnNotFound):
        store.feedback.give("m0001", OWNER, "up")


def test_retention_removes_what_was_not_asked_in_for_long(store: Store) -> None:
    kept = store.conversations
    kept.begin(asked(), OWNER, "v")
    store.feedback.give("m0001", OWNER, "up")
    now = dt.datetime.now(dt.UTC)
    assert kept.prune(now - dt.timedelta(days=1)) == 0
    assert kept.prune(now + dt.timedelta(seconds=1)) == 1
    assert store.feedback.listed() == ()


def test_feedback_is_changed_taken_back_and_tied_to_answer_facts_and_corpus(
    store: Store, answer: CheckedAnswer
) -> None:
    kept, book = store.conversations, store.feedback
    kept.begin(asked("m0001"), OWNER, "v7")
    kept.end("m0001", "answered", PAYLOAD, answer)
    kept.begin(asked("m0002", question="那香港呢？"), OWNER, "v7")
    kept.end("m0002", "answered", PAYLOAD, answer)
    first = book.give("m0002", OWNER, "up")
    given = book.give("m0002", OWNER, "down", "outdated", "改了")
    assert given.created == first.created
    assert given.refs == tuple(one.ref for one in answer.citations)
    (entry,) = book.listed(verdict="down")
    assert (entry.reason, entry.text, entry.corpus) == ("outdated", "改了", "v7")
    assert (entry.answer, entry.checked) == (answer.id, answer)
    assert [turn.content for turn in entry.history] == ["额度怎么算？", "答"]
    assert book.listed(verdict="up") == ()
    assert book.listed(since=given.updated + dt.timedelta(seconds=1)) == ()
    assert book.listed(until=given.updated) == ()
    book.withdraw("m0002", OWNER)
    assert book.listed() == ()


def test_of_a_question_asked_again_with_more_only_the_last_answer_is_history(store: Store) -> None:
    kept = store.conversations
    for turn, root, said in (
        ("m001", "m001", "一"),
        ("m002", "m001", "二"),
        ("m003", "m003", "三"),
    ):
        kept.begin(asked(turn, root=root), OWNER, "v")
        kept.end(turn, "answered", {"text": said})
    turns = kept.read(TALK)[1]
    assert [one.content for one in history_before(turns[2], turns)][1::2] == ["二"]
    assert history_before(turns[1], turns) == ()


@pytest.mark.parametrize("key", ["", "short", "a" * 31, "a" * 129, "a" * 40 + "/", "钥" * 43])
def test_a_weak_or_odd_owner_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="owner key"):
        owner_of(key)


def test_a_title_is_one_short_line() -> None:
    assert shortened(" 甲\n\t乙 ") == "甲 乙"
    assert len(shortened("长" * 500)) == 80
    assert shortened("长" * 500).endswith("…")


def test_many_that_open_a_new_database_at_once_all_find_it_made(tmp_path: Path) -> None:
    """As a server and a command do that are started together on a fresh machine."""
    for number in range(20):
        together = threading.Barrier(4)

        def opened(home: Path, together: threading.Barrier = together) -> None:
            with Store.of(Settings(home=home)) as one:
                together.wait()
                one.probe()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(opened, [tmp_path / str(number)] * 4))


def test_thirty_writers_at_once_lose_nothing(store: Store) -> None:

    def write(n: int) -> None:
        for i in range(6):
            turn, talk = f"m{n:02}{i:02}", f"{n % 5}" * 22
            store.conversations.begin(asked(turn, talk=talk), OWNER, "v")
            store.conversations.show(turn, PAYLOAD)
            store.conversations.end(turn, "answered", PAYLOAD)
            store.feedback.give(turn, OWNER, "up")
            store.conversations.listed(OWNER)

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(write, range(30)))  # raises what a thread raised
    listed = store.conversations.listed(OWNER)
    assert (len(listed), sum(one.turns for one in listed)) == (5, 180)
    assert len(store.feedback.listed()) == 180
    for one in listed:
        turns = store.conversations.read(one.id)[1]
        assert [turn.position for turn in turns] == list(range(len(turns)))


_WRITER = """
import sys
from pathlib import Path
from bot.settings import Settings
from bot.store.store import Store
from bot.store.records import Asked, owner_of
store = Store.of(Settings(home=Path(sys.argv[1])))
owner = owner_of("a" * 43)
for i in range(100000):
    turn = f"m{i:06}"
    store.conversations.begin(Asked(turn=turn, conversation="c" * 22, root=turn, question="q",
        lang="en"), owner, "v")
    store.conversations.end(turn, "answered", {"text": "x" * 200000})
    print(i, flush=True)
"""


@pytest.mark.parametrize("after_s", [0.0, 0.013, 0.029])
def test_a_process_killed_while_it_writes_leaves_all_it_had_kept(
    tmp_path: Path, after_s: float
) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) >= 8:
            break
    time.sleep(after_s)
    writer.send_signal(signal.SIGKILL)
    told = [int(line) for line in writer.stdout] or [8]
    writer.wait()
    writer.stdout.close()
    with sqlite3.connect(tmp_path / DATABASE_FILE) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()
    with Store.of(Settings(home=tmp_path)) as store:
        store.start()
        turns = store.conversations.read(TALK)[1]
        assert len(turns) >= told[-1] + 1
        assert all(turn.state == "answered" for turn in turns[: told[-1] + 1])
        assert store.conversations.begin(asked("mnew"), OWNER, "v").how == "new"


@only_sqlite
def test_the_database_of_a_newer_version_is_refused_and_left_alone(
    store: Store, tmp_path: Path
) -> None:
    store.start()
    store.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'home' / DATABASE_FILE}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"schema version 99.*Upgrade Hugang"):
        store.start()


def test_an_older_database_is_taken_step_by_step_to_today(tmp_path: Path) -> None:
    done: list[int] = []

    def step(number: int) -> object:
        def take(connection: Connection) -> None:
            done.append(number)

        return take

    engine = create_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with engine.begin() as connection:
        bring_up_to_date(connection)
        steps = {SCHEMA_VERSION + n: step(SCHEMA_VERSION + n) for n in (1, 2)}
        bring_up_to_date(connection, steps, SCHEMA_VERSION + 2)  # type: ignore[arg-type]
        bring_up_to_date(connection, steps, SCHEMA_VERSION + 2)  # type: ignore[arg-type]
    engine.dispose()
    assert done == [SCHEMA_VERSION + 1, SCHEMA_VERSION + 2]


@pytest.mark.parametrize("url", ["no address", "nosuchdb://x/y", "sqlite:////proc/none/x.db"])
def test_a_database_that_cannot_be_opened_is_said_in_both_languages(url: str) -> None:
    with pytest.raises(StoreError) as caught, Store.of(Settings(database_url=url)) as store:
        store.start()
    assert "HUGANG_DATABASE_URL" in caught.value.user_message("en")
    assert "HUGANG_DATABASE_URL" in caught.value.user_message("zh-Hant")


@only_sqlite
def test_sqlite_is_set_up_as_the_docs_say_and_readable_by_its_owner_only(
    store: Store, tmp_path: Path
) -> None:
    store.start()
    path = tmp_path / "home" / DATABASE_FILE
    assert path.stat().st_mode & 0o077 == 0
    with store._database.reading() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "secure_delete")
        }
    assert found == {
        "journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "secure_delete": 1,
    }  # fmt: skip


def test_every_table_but_that_of_the_version_names_its_tenant_first() -> None:
    from bot.store.schema import Row

    keyed = {
        table.name: next(column.name for column in table.primary_key)
        for table in Row.metadata.sorted_tables
    }
    assert keyed.pop("schema_version") == "one"
    assert keyed.pop("api_key") == "prefix"  # a key tells whose it is
    assert set(keyed.values()) == {"tenant"}


def test_tenants_see_nothing_of_each_other(tmp_path: Path) -> None:
    url = Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with Store.of(url) as one:
        one.conversations.begin(asked(), OWNER, "v")
        with one.of_tenant("other") as other:
            assert other.conversations.listed(OWNER) == ()
            assert other.conversations.begin(asked(), OTHER, "v").how == "new"
        assert len(one.conversations.listed(OWNER)) == 1


def test_a_fault_of_the_database_tells_the_log_nothing_of_what_was_asked(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.start()
    with store._database.writing() as session:
        session.execute(text("ALTER TABLE turn RENAME TO gone"))
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreError) as caught:
        store.conversations.begin(asked(question="机密并购"), OWNER, "v")
    told = caplog.text + str(caught.value) + repr(caught.value.__cause__)
    assert re.search("OperationalError|UndefinedTable", caplog.text)
    assert not any(secret in told for secret in ("机密", TALK, OWNER, "m0001"))


def questions_shown(store: Store) -> list[tuple[str, str]]:
    return [(one.root, one.turn) for one in as_shown(store.conversations.read(TALK)[1])]


def test_a_question_answered_anew_keeps_its_place_and_a_failed_try_leaves_the_answer(
    store: Store,
) -> None:
    kept = store.conversations
    for turn, root, state in (
        ("m001", "m001", "answered"),
        ("m002", "m002", "answered"),
        ("m003", "m001", "partly"),
        ("m004", "m002", "failed"),
    ):
        kept.begin(asked(turn, root=root), OWNER, "v")
        kept.end(turn, state, PAYLOAD)  # type: ignore[arg-type]
    assert questions_shown(store) == [("m001", "m003"), ("m002", "m002")]


def test_an_edited_question_takes_the_place_of_what_followed_until_it_is_taken_back(
    store: Store,
) -> None:
    kept = store.conversations
    for turn, root in (("m001", "m001"), ("m002", "m002"), ("m003", "m003"), ("m004", "m001")):
        kept.begin(asked(turn, root=root), OWNER, "v")
        kept.end(turn, "answered", PAYLOAD)
    before = questions_shown(store)
    kept.begin(asked("m005", instead_of="m002"), OWNER, "v")
    assert questions_shown(store) == [("m001", "m004"), ("m005", "m005")]
    # Sent again by another name, as a retry is, it replaces nothing more.
    kept.begin(asked("m006", root="m005", instead_of="m002"), OWNER, "v")
    assert questions_shown(store) == [("m001", "m004"), ("m005", "m006")]
    with pytest.raises(NotOwner):
        kept.undo("m006", OTHER)
    kept.undo("m006", OWNER)
    assert questions_shown(store) == before
    with pytest.raises(ConversationNotFound):
        kept.undo("m006", OWNER)


def test_answers_are_found_by_the_facts_they_cite_but_not_those_of_deleted_conversations(
    store: Store, answer: CheckedAnswer
) -> None:
    kept, cited = store.conversations, answer.citations[0].ref
    kept.begin(asked(), OWNER, "v1")
    kept.end("m0001", "answered", PAYLOAD, answer)
    [found] = kept.answers_citing([cited, FactRef("no-such-card#1")])
    assert (found.answer, found.question, found.refs) == (answer.id, "额度怎么算？", (cited,))
    # Another fact whose name begins alike is another fact.
    assert kept.answers_citing([FactRef(f"{cited}9"), FactRef("no-such-card#1")]) == []
    assert kept.answers_citing([]) == []
    assert len(found.conversation) == 8
    assert found.conversation not in TALK  # its id opens the conversation, and stays out of lists
    assert found.title == "额度怎么算？"
    kept.delete(TALK, OWNER)
    assert kept.answers_citing([cited]) == []


def test_more_facts_are_sought_than_a_condition_can_hold(
    store: Store, answer: CheckedAnswer
) -> None:
    kept, cited = store.conversations, answer.citations[0].ref
    kept.begin(asked(), OWNER, "v1")
    kept.end("m0001", "answered", PAYLOAD, answer)
    many = [FactRef(f"no-such-card#{n}") for n in range(1, 3_000)]
    assert kept.answers_citing(many) == []
    [found] = kept.answers_citing([*many, cited])
    assert found.refs == (cited,)


def test_answers_are_found_by_the_route_they_plan(
    store: Store, answer: CheckedAnswer, corpus: Corpus
) -> None:
    route = corpus.routes["repatriate-profits-and-dividends"]
    plan = present_plan(plan_route(route, {}), "zh-Hans")
    stands_on = next(ref for ref in route.refs if ref not in {c.ref for c in answer.citations})
    kept = store.conversations
    kept.begin(asked(), OWNER, "v1")
    kept.end("m0001", "answered", PAYLOAD, answer.model_copy(update={"plan": plan}))
    [found] = kept.answers_citing([], [route.id])
    assert (found.route, found.refs) == (route.id, ())
    assert kept.answers_citing([], ["no-such-route"]) == []
    [planned] = kept.answers_citing([stands_on])
    assert planned.in_plan == (stands_on,)


def test_answers_on_record_are_counted_by_the_facts_they_cite(
    store: Store, answer: CheckedAnswer
) -> None:
    cited = answer.citations[0].ref
    for _ in range(2):
        store.audit.write(answer, "api", with_question=False)
    assert store.audit.citing([cited, FactRef("no-such-card#1")]) == {cited: 2}
    assert store.of_tenant("bank-a").audit.citing([cited]) == {}
    assert store.audit.citing([]) == {}


# --- tenants, keys, records, requests: the same on both databases -----------------------------


def profile(name: str = "甲", **changes: object) -> TenantProfile:
    return TenantProfile(name=Bilingual(zh=name, en=name), **changes)  # type: ignore[arg-type]


def aged(store: Store, row: type[Row], column: str, days: float) -> None:
    """Make all rows of a table so much older, as if they had been written then."""
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    with store._database.writing() as session:
        if row is RecordRow:  # records cannot be changed: their copies are written anew
            rows = [
                {c.key: getattr(one, c.key) for c in RecordRow.__mapper__.columns}
                for one in session.scalars(select(RecordRow))
            ]
            session.execute(delete(RecordRow))
            session.add_all(RecordRow(**(one | {column: moment})) for one in rows)
            return
        session.execute(update(row).values({column: moment}))


def test_a_tenant_is_read_back_as_it_was_written_and_its_id_is_taken_once(store: Store) -> None:
    wish = profile(origins=("https://portal.example",), limits=Limits(daily=7), retention_days=30)
    made = store.tenants.create("bank-a", wish)
    assert store.tenants.get("bank-a") == made
    assert (made.profile, made.active) == (wish, True)
    for name in ("bank-a", "local", "Bank", "x" * 33):
        with pytest.raises(TenantError):
            store.tenants.create(name, wish)
    with pytest.raises(TenantNotFound, match="bank-a"):
        store.tenants.get("bank-b")
    assert store.tenants.get("local").created is None
    store.tenants.save("local", profile("本所"))
    assert [one.id for one in store.tenants.listed()] == ["bank-a", "local"]


def test_a_changed_tenant_keeps_its_secret_until_it_is_renewed(store: Store) -> None:
    store.tenants.create("bank-a", profile())
    secret = store.tenants.secret("bank-a")
    assert store.tenants.save("bank-a", profile("新"), active=False).active is False
    assert store.tenants.get("bank-a").profile.name.zh == "新"
    assert store.tenants.secret("bank-a") == secret
    store.tenants.renew_secret("bank-a")
    assert store.tenants.secret("bank-a") != secret
    with pytest.raises(TenantNotFound):
        store.tenants.secret("local")


def test_a_key_is_known_by_its_hash_until_it_is_revoked_or_ends(store: Store) -> None:
    store.tenants.create("bank-a", profile())
    made = store.keys.create("bank-a", ("read", "ask"), "portal  of A")
    found = store.keys.check(made.secret)
    assert (found.prefix, found.tenant, found.scopes) == (
        made.key.prefix,
        "bank-a",
        ("ask", "read"),
    )
    (listed,) = store.keys.listed("bank-a")
    assert listed.label == "portal of A"
    assert listed.used is not None
    with store._database.reading() as session:
        rows = session.execute(text("SELECT * FROM api_key")).all()
    assert made.secret not in str(rows)
    assert store.keys.revoke(made.key.prefix).revoked is not None
    ended = store.keys.create("bank-a", ("ask",), expires=dt.datetime.now(dt.UTC))
    for secret in (made.secret, ended.secret, made.secret[:-1] + "!", "hk_"):
        with pytest.raises(KeyRefused):
            store.keys.check(secret)
    with pytest.raises(KeyNotFound):
        store.keys.revoke("hk_0000000000")


def test_a_record_of_an_answer_can_be_added_and_removed_and_never_changed(
    store: Store, answer: CheckedAnswer
) -> None:
    audit = store.audit
    audit.write(answer, "api", key="hk_0123456789", visitor=OWNER)
    audit.write(answer, "widget", visitor=OTHER, with_question=False)
    first, second = audit.records()
    assert (first.answer, first.question, first.key) == (
        answer.id,
        answer.question,
        "hk_0123456789",
    )
    assert first.refs == tuple(one.ref for one in answer.citations)
    assert first.at.tzinfo is not None
    assert (second.question, second.surface) == (None, "widget")
    for change in ("SET standing = 'declined'", "SET question = ''"):
        with pytest.raises(StoreError), store._database.writing() as session:
            session.execute(text(f"UPDATE answer_record {change}"))
    assert list(audit.records()) == [first, second]
    assert [one.id for one in audit.records(visitor=OTHER)] == [second.id]
    assert audit.forget(OTHER) == 1
    assert audit.count(first.at) == 1
    assert store.of_tenant("bank-b").audit.forget(OWNER) == 0
    assert audit.prune(first.at + dt.timedelta(seconds=1)) == 1
    assert list(audit.records()) == []


def test_the_use_of_days_is_summed_for_each_tenant_by_itself(
    store: Store, answer: CheckedAnswer, corpus: Corpus
) -> None:
    declined = list(ScriptedAdvisor(corpus).stream(read_question("今天天气")))[-1].answer  # type: ignore[union-attr]
    for number in range(4):
        engine = answer.engine.model_copy(update={"timings_ms": {"total": 100.0 * (number + 1)}})
        told = answer.model_copy(update={"engine": engine, "id": f"a{number}"})
        store.audit.write(told, "api")
    store.audit.write(declined, "web")
    store.of_tenant("bank-b").audit.write(answer, "api")
    today = dt.datetime.now(dt.UTC).date()
    usage = store.audit.usage(today - dt.timedelta(days=1), today)
    assert usage.total is not None
    assert (usage.total.questions, usage.total.answered, usage.total.declined) == (5, 4, 1)
    assert usage.total.p50_ms == 200.0
    assert usage.total.p95_ms == 400.0
    assert [(one.name, one.n) for one in usage.surfaces] == [("api", 4), ("web", 1)]
    assert [(one.name, one.n) for one in usage.unanswered] == [("今天天气", 1)]
    assert {one.n for one in usage.instruments} == {4}
    assert store.audit.usage(dt.date(2020, 1, 1), dt.date(2020, 1, 2)).total is None
    other = store.of_tenant("bank-b").audit.usage(today, today).total
    assert other is not None
    assert other.questions == 1


def test_a_named_request_is_made_once_and_another_body_is_told(store: Store) -> None:
    sent = store.requests
    assert sent.begin("c", "n", b"one").how == "new"
    assert sent.begin("c", "n", b"one").how == "running"
    assert sent.begin("c", "n", b"two").how == "other"
    assert sent.begin("d", "n", b"two").how == "new"  # another caller's
    assert store.of_tenant("bank-b").requests.begin("c", "n", b"two").how == "new"
    sent.end("c", "n", '{"id": 1}')
    assert sent.begin("c", "n", b"one") == ("answered", '{"id": 1}')
    sent.drop("c", "n")  # what has an answer stays
    assert sent.begin("c", "n", b"one").how == "answered"
    sent.drop("d", "n")
    assert sent.begin("d", "n", b"two").how == "new"
    aged(store, RequestRow, "created", 0.01)  # longer than an answer takes
    assert sent.begin("d", "n", b"two").how == "new"
    aged(store, RequestRow, "created", 1.01)
    assert sent.begin("c", "n", b"two").how == "new"


def test_one_of_many_that_send_a_named_request_at_once_makes_it(store: Store) -> None:
    store.start()
    with ThreadPoolExecutor(8) as pool:
        how = list(pool.map(lambda _: store.requests.begin("c", "n", b"one").how, range(16)))
    assert sorted(how) == ["new"] + ["running"] * 15


def test_what_a_tenant_keeps_goes_when_its_time_has_come_and_nobody_elses(
    store: Store, answer: CheckedAnswer
) -> None:
    store.tenants.create("bank-a", profile(retention_days=30))
    store.tenants.create("bank-b", profile(retention_days=None))
    for name in ("bank-a", "bank-b"):
        one = store.of_tenant(name)
        one.conversations.begin(asked(), OWNER, "v")
        one.conversations.end("m0001", "answered", PAYLOAD, answer)
        one.audit.write(answer, "api")
    assert store.retire() == 0
    aged(store, ConversationRow, "updated", 31)
    aged(store, RecordRow, "at", 31)
    assert store.retire() == 2
    gone, left = store.of_tenant("bank-a"), store.of_tenant("bank-b")
    assert gone.conversations.known([TALK]) == frozenset()
    assert list(gone.audit.records()) == []
    assert left.conversations.known([TALK]) == {TALK}
    assert len(list(left.audit.records())) == 1


def test_a_probe_writes_and_changes_nothing(store: Store) -> None:
    store.probe()
    store.probe()
    with store._database.writing() as session:
        assert (
            session.execute(text("SELECT version FROM schema_version")).scalar_one()
            == SCHEMA_VERSION
        )
        session.execute(text("DROP TABLE schema_version"))
    with pytest.raises(StoreError):
        store.probe()
    assert store.faults == 1


def test_a_record_is_read_page_by_page_and_never_changed(
    store: Store, answer: CheckedAnswer, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = store.of_tenant("bank-a").audit
    for number in range(5):
        audit.write(answer, "api", key="hk_0123456789", visitor=f"v{number % 2}")
    store.of_tenant("bank-b").audit.write(answer, "api")
    whole = list(audit.records())
    assert [one.visitor for one in whole] == ["v0", "v1", "v0", "v1", "v0"]
    monkeypatch.setattr("bot.store.audit.PAGE", 2)
    assert list(audit.records()) == whole
    assert list(audit.records(since=whole[2].at, limit=2)) == whole[2:4]
    today = dt.datetime.now(dt.UTC).date()
    found = audit.usage(today, today)
    assert found.total is not None
    assert found.total.questions == audit.count(whole[0].at) == 5
    with pytest.raises(StoreError), store._database.writing() as database:
        database.execute(text("UPDATE answer_record SET standing = 'declined'"))
    assert audit.forget("v1") == 2
    assert audit.prune(dt.datetime.now(dt.UTC)) == 3


def test_a_named_request_is_answered_once_whatever_its_answer_holds(store: Store) -> None:
    requests = store.of_tenant("bank-a").requests
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: requests.begin("me", "one", b"?").how, range(8)))
    assert sorted(begun) == ["new", *["running"] * 7]
    assert requests.begin("me", "one", b"!").how == "other"
    requests.end("me", "one", '{"text": "\\u0000 100% _"}')
    assert requests.begin("me", "one", b"?").answer == '{"text": "\\u0000 100% _"}'
    assert store.of_tenant("bank-b").requests.begin("me", "one", b"?").how == "new"
    requests.forget("doc-%")
    assert requests.begin("me", "one", b"?").how == "answered"
    requests.forget()
    assert requests.begin("me", "one", b"?").how == "new"


def test_a_tenant_with_its_keys_is_kept_by_every_database(store: Store) -> None:
    name = Bilingual(zh="甲", en="A")
    made = store.tenants.create("bank-a", TenantProfile(name=name, public=True))
    assert store.tenants.get("bank-a") == made
    assert store.tenants.save("bank-a", made.profile, active=False).active is False
    assert [one.id for one in store.tenants.listed()] == ["bank-a"]
    given = store.keys.create("bank-a", ("ask",), "portal\0")
    assert store.keys.check(given.secret).scopes == ("ask",)
    store.keys.revoke(given.key.prefix)
    with pytest.raises(KeyRefused):
        store.keys.check(given.secret)
    store.tenants.renew_secret("bank-a")


FINE = Verdict(correctness="correct", groundedness="grounded")
FALSE = Verdict(correctness="wrong", groundedness="misgrounded", note="日期不对\0")


def labelled(store: Store, **said: Verdict) -> str:
    """Two people label one answer, `a`, and hand in."""
    task = store.labels.create("run-1", ["a"], seed=1, by="王五", peers_settle=False).id
    for name, verdict in said.items():
        store.labels.take_seat(task, name)
        store.labels.save(task, "a", name, verdict)
        store.labels.hand_in(task, name)
    return task


def test_a_label_is_kept_once_for_each_labeller_and_stands_once_handed_in(store: Store) -> None:
    labels = store.labels
    task = labels.create("run-1", ["a", "b"], seed=1, by="王五", peers_settle=False).id
    assert labels.take_seat(task, "张三") == labels.take_seat(task, "张三")
    labels.take_seat(task, "李四")
    with pytest.raises(LabelRefused):
        labels.take_seat(task, "王五")
    first = labels.save(task, "a", "张三", FALSE)
    assert labels.save(task, "a", "张三", FALSE) == first  # said again, it is as old as before
    labels.save(task, "a", "李四", FINE)
    labels.save(task, "b", "张三", Verdict(correctness="abstained"))
    assert [(one.case, one.labeller, one.note) for one in labels.labels(task)] == [
        ("a", "张三", "日期不对"),
        ("a", "李四", ""),
        ("b", "张三", ""),
    ]
    for person, case in (("王五", "a"), ("张三", "c")):
        with pytest.raises(LabelRefused):
            labels.save(task, case, person, FINE)
    labels.save(task, "b", "李四", Verdict(correctness="wrong"))
    with pytest.raises(LabelRefused, match="1 answers are not labelled"):
        labels.hand_in(task, "李四")  # half a label is none
    seat = labels.hand_in(task, "张三").seat("张三")
    assert labels.hand_in(task, "张三").seat("张三") == seat
    with pytest.raises(LabelRefused):
        labels.save(task, "a", "张三", FINE)
    assert store.of_tenant("bank-a").labels.tasks() == ()
    with pytest.raises(LabelTaskNotFound):
        store.of_tenant("bank-a").labels.task(task)


def test_only_a_third_person_settles_and_only_what_is_in_dispute(store: Store) -> None:
    task = labelled(store, 张三=FINE, 李四=FALSE)
    settle = store.labels.settle
    with pytest.raises(LabelRefused):
        settle(task, "a", "张三", FALSE)
    with pytest.raises(LabelRefused):
        settle(task, "a", "王五", Verdict(correctness="wrong"))
    settle(task, "a", "王五", FINE)
    assert settle(task, "a", "王五", FALSE).note == "日期不对"
    with pytest.raises(LabelRefused, match="王五"):
        settle(task, "a", "赵六", FINE)
    agreed = labelled(store, 张三=FINE, 李四=FINE)
    with pytest.raises(LabelRefused):
        settle(agreed, "a", "王五", FALSE)
    assert store.labels.count("run-1") == 5
    assert store.labels.forget("run-1") == 5
    assert store.labels.count("run-1") == len(store.labels.tasks("run-1")) == 0


def test_two_who_label_at_the_same_time_lose_nothing_of_each_other(store: Store) -> None:
    cases = [f"c{n}" for n in range(20)]
    task = store.labels.create("run-1", cases, seed=1, by="王五", peers_settle=False).id

    def label(name: str, case: str) -> None:
        store.labels.take_seat(task, name)
        store.labels.save(task, case, name, FINE if name == "张三" else FALSE)

    with ThreadPoolExecutor(8) as pool:
        for name in ("张三", "李四"):
            for case in cases:
                pool.submit(label, name, case)
    found = store.labels.labels(task)
    assert len(found) == 40
    assert all((one.correctness == "correct") == (one.labeller == "张三") for one in found)
    assert len(store.labels.task(task).seats) == 2


def test_runs_wait_in_their_order_and_one_that_was_begun_goes_first(store: Store) -> None:
    runs, others = store.evaluations, store.of_tenant("bank-a").evaluations
    runs.add("one", Wish(suite="dev", langs=("en",)), "张三")
    others.add("two", Wish(suite="parity"), "李四")
    runs.add("three", Wish(suite="dev"), "张三")
    assert [one.run for one in runs.queue()] == ["one", "two", "three"]
    runs.move("three", "working")
    assert [one.run for one in others.queue()] == ["three", "one", "two"]
    assert runs.move("three", "done").ended is not None
    assert runs.move("three", "working").state == "done"
    assert runs.move("one", "cancelled").wish.langs == ("en",)
    assert [one.run for one in runs.queue()] == ["two"]
    assert runs.find("two") is None
    with pytest.raises(EvaluationNotFound):
        runs.move("two", "cancelled")


def test_a_sign_in_ends_by_itself_or_with_its_key(store: Store) -> None:
    made = store.keys.create("local", ("evaluate",), "张三")
    begin, hour = store.sign_ins.begin, dt.timedelta(hours=1)
    kept, ended, left = begin(made.key, hour), begin(made.key, -hour), begin(made.key, hour)
    assert store.sign_ins.key(kept).label == "张三"
    with store._database.reading() as session:
        assert kept.partition(".")[2] not in str(
            session.execute(text("SELECT * FROM sign_in")).all()
        )
    store.sign_ins.end(left)
    for other in (ended, left, kept + "x", kept.replace("local", "bank-a"), "", "local."):
        with pytest.raises(KeyRefused):
            store.sign_ins.key(other)
    store.keys.revoke(made.key.prefix)
    with pytest.raises(KeyRefused):
        store.sign_ins.key(kept)


def test_two_people_cannot_label_under_one_name(store: Store) -> None:
    first = store.keys.create("local", ("evaluate",), "张三").key
    with pytest.raises(KeyNameError, match=first.prefix):
        store.keys.create("local", ("evaluate", "ask"), " 张三 ")
    with pytest.raises(KeyNameError, match="--name"):
        store.keys.create("local", ("evaluate",))
    store.keys.create("local", ("ask",), "张三")
    store.keys.create("bank-a", ("evaluate",), "张三")
    store.keys.revoke(first.prefix)
    store.keys.create("local", ("evaluate",), "张三")
