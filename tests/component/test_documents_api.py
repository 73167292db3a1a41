"""Own documents over HTTP: sent in, told of, read by their owner alone, deleted for good."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from bot.advisor import Advisor
from bot.events import Finished
from bot.question import read_question
from bot.settings import Settings
from bot.store.records import Asked, owner_of
from bot.store.store import Store
from bot.store.tenants import TenantProfile
from knowledge.card import Bilingual
from knowledge.documents.document import TENANT
from knowledge.documents.library import DocumentLibrary
from knowledge.glossary import load_glossary
from tests.component.files_to_read import set_pdf
from tests.component.paper_texts import MANUAL, PRODUCT_SHEET
from tests.hostile import PAYLOADS
from ui.api.app import create_app
from ui.api.problems import PROBLEM_JSON
from ui.ask.answer_view import AnswerView
from ui.papers.shelf import Shelf

KEY, OTHER = "k" * 43, "x" * 43
MINE, THEIRS = {"X-Hugang-Owner": KEY}, {"X-Hugang-Owner": OTHER}
AT = "/api/v1/documents"
TALK = "Jm3sZk0p9VtTq1xYc2dUeg"
DEADLINE_S = 60
ZH = {"Accept-Language": "zh-CN"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("documents"), upload_mb=1, upload_files=3)


@pytest.fixture(scope="module")
def library(settings: Settings, advisor: Advisor) -> Iterator[DocumentLibrary]:
    embedder, segmenter = advisor._library.embedder, advisor.index.lexical.segmenter
    with DocumentLibrary.open(settings.home, embedder, segmenter, load_glossary()) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(settings: Settings, advisor: Advisor, library: DocumentLibrary) -> Iterator[TestClient]:
    reader = Advisor(
        advisor.corpus,
        advisor.index,
        advisor._library.embedder,
        load_glossary(),
        settings,
        documents=library,
    )
    with Store.of(settings) as store:
        asked = Asked(turn="m001", conversation=TALK, root="m001", question="q?", lang="en")
        store.conversations.begin(asked, owner_of(KEY), "v1")
    with TestClient(create_app(reader, settings)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _empty_again(library: DocumentLibrary) -> Iterator[None]:
    yield
    for document in library.documents():
        library.remove(document.id)


def send(
    client: TestClient,
    *files: tuple[str, bytes | str],
    headers: dict[str, str] = MINE,
    **fields: str,
) -> list[dict[str, Any]]:
    """Send files and wait until each has come to its end."""
    parts = [("files", (name, content)) for name, content in files]
    sent = client.post(AT, headers=headers, files=parts, data=fields)
    assert sent.status_code == 202, sent.text
    wanted = [one["id"] for one in sent.json()["uploads"]]
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        found = client.get(f"{AT}/uploads", headers=headers).json()["uploads"]
        ended = {one["id"]: one for one in found if one["state"] in ENDS}
        if ended.keys() >= set(wanted):
            return [ended[one] for one in wanted]
        time.sleep(0.05)
    raise AssertionError(found)


ENDS = ("added", "updated", "unchanged", "failed")


def test_a_file_is_added_listed_and_known_again(client: TestClient) -> None:
    (first,) = send(client, ("手册.md", MANUAL))
    assert (first["state"], first["name"]) == ("added", "手册.md")
    (line,) = client.get(AT, headers=MINE).json()["documents"]
    assert line["id"] == first["document"]
    assert (line["own"], line["conversation"], line["format"]) == (True, None, "markdown")
    assert line["particulars"]["title"] == "资金管理手册"
    (again,) = send(client, ("手册.md", MANUAL))
    assert (again["state"], again["document"]) == ("unchanged", first["document"])
    (other,) = send(client, ("手册.md", MANUAL.replace("百分之三十", "百分之四十")))
    assert (other["state"], other["document"]) == ("updated", first["document"])


def test_only_who_brings_the_key_is_answered_from_the_document(client: TestClient) -> None:
    send(client, ("报销.md", POLICY))
    asked = {"question": "我们的差旅报销办法里出差香港住宿费每晚多少？"}
    mine = client.post("/api/v1/ask", headers=MINE, json=asked).json()
    assert MARKER in mine["passages"][0]["quote"]
    for headers in ({}, THEIRS):
        other = client.post("/api/v1/ask", headers=headers, json=asked)
        assert other.json()["passages"] == []
    wrong = client.post("/api/v1/ask", headers={"X-Hugang-Owner": "short"}, json=asked)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad-owner")


def test_several_files_each_have_their_result(client: TestClient) -> None:
    results = send(
        client,
        ("sheet.md", PRODUCT_SHEET),
        ("broken.pdf", b"%PDF-1.7\nnothing"),
        ("empty.txt", b""),
        headers=MINE | ZH,
    )
    assert [one["state"] for one in results] == ["added", "failed", "failed"]
    assert all(one["message"] for one in results[1:])
    assert any("一" <= char <= "鿿" for char in results[1]["message"])
    assert len(client.get(AT, headers=MINE).json()["documents"]) == 1


def test_nobody_sees_changes_or_deletes_the_document_of_another(client: TestClient) -> None:
    (mine,) = send(client, ("手册.md", MANUAL))
    at = f"{AT}/{mine['document']}"
    assert client.get(AT, headers=THEIRS).json() == {"documents": []}
    assert client.get(f"{AT}/uploads", headers=THEIRS).json() == {"uploads": []}
    for method, path in (
        ("GET", at),
        ("DELETE", at),
        ("GET", f"{at}/passages"),
        ("GET", f"{at}/text"),
        ("GET", f"{at}/pages/1"),
        ("DELETE", f"{AT}/uploads/{mine['id']}"),
    ):
        refused = client.request(method, path, headers=THEIRS)
        assert (refused.status_code, refused.json()["code"]) == (404, "document-not-found"), path
    assert client.patch(at, headers=THEIRS, json={"title": "x"}).status_code == 404
    client.cookies.set("hugang-owner", OTHER, path="/documents")
    try:
        local = mine["document"]
        assert client.get(f"/documents/{local}").status_code == 404
        assert client.post(f"/documents/{local}/delete").status_code == 404
        assert local not in client.get("/documents").text
    finally:
        client.cookies.clear()
    assert client.get(at, headers=MINE).status_code == 200


@pytest.mark.parametrize("key", [None, "short", "a" * 31, "ä" * 40, "a b" * 20])
def test_without_a_key_nothing_is_told(client: TestClient, key: str | None) -> None:
    headers = {} if key is None else {"X-Hugang-Owner": key.encode()}
    for refused in (
        client.get(AT, headers=headers),
        client.post(AT, headers=headers, files=[("files", ("a.txt", b"x"))]),
    ):
        assert (refused.status_code, refused.json()["code"]) == (401, "bad-owner")


def test_what_the_operator_added_is_seen_by_all_and_changed_by_nobody(
    client: TestClient, library: DocumentLibrary, tmp_path: Path
) -> None:
    path = tmp_path / "共用.md"
    path.write_text(MANUAL, encoding="utf-8")
    document = library.add(path, scope=TENANT).document.id
    (line,) = client.get(AT, headers=THEIRS).json()["documents"]
    assert (line["id"], line["own"]) == (document, False)
    assert client.get(f"{AT}/{document}/text", headers=THEIRS).status_code == 200
    refused = client.delete(f"{AT}/{document}", headers=THEIRS)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-document")


def test_a_document_of_a_conversation_is_its_owners_alone(client: TestClient) -> None:
    (mine,) = send(client, ("手册.md", MANUAL), conversation=TALK)
    (line,) = client.get(AT, headers=MINE).json()["documents"]
    assert line["conversation"] == TALK
    assert client.get(f"{AT}/{mine['document']}", headers=THEIRS).status_code == 404
    for foreign, headers in ((TALK, THEIRS), ("unknown-conversation-id", MINE), ("../x", MINE)):
        refused = client.post(
            AT,
            headers=headers,
            files=[("files", ("a.md", MANUAL))],
            data={"conversation": foreign},
        )
        assert (refused.status_code, refused.json()["code"]) == (404, "conversation-not-found")


def test_a_page_is_pictured_and_its_words_are_found_on_it(client: TestClient) -> None:
    pdf = set_pdf("= 借款合同\n\n第一条 借款金额为人民币五百万元。\n\n第二条 利率为年百分之三。")
    (added,) = send(client, ("合同.pdf", pdf))
    at = f"{AT}/{added['document']}"
    picture = client.get(f"{at}/pages/1?width=300", headers=MINE)
    assert picture.content.startswith(b"\x89PNG")
    assert "private" in picture.headers["Cache-Control"]
    tag = {"If-None-Match": picture.headers["ETag"]}
    assert client.get(f"{at}/pages/1?width=300", headers=MINE | tag).status_code == 304
    for page in (2, 999_999):
        refused = client.get(f"{at}/pages/{page}", headers=MINE)
        assert (refused.status_code, refused.json()["code"]) == (404, "no-such-page")
    whole = client.get(f"{at}/text", headers=MINE).json()["text"]
    start = whole.index("五百万元")
    shown = client.get(f"{at}/text?at={start}-{start + 4}", headers=MINE).json()
    assert shown["text"][start - shown["start"] :].startswith("五百万元")
    ((page, box),) = shown["spots"]
    assert page == 1
    left, top, right, bottom = box
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1


def test_passages_are_listed_and_read_in_their_place(client: TestClient) -> None:
    (added,) = send(client, ("手册.md", MANUAL))
    at = f"{AT}/{added['document']}"
    listed = client.get(f"{at}/passages", headers=MINE).json()
    assert listed["total"] == len(listed["passages"]) == 3
    second = listed["passages"][1]
    assert (second["article"], second["path"][-1]) == ("第二条", "第一章 境外放款")
    number = second["ref"].rpartition("#")[2]
    shown = client.get(f"{at}/text?passage={number}", headers=MINE).json()
    first, last = shown["highlight"]
    assert shown["text"][first - shown["start"] : last - shown["start"]] == second["text"]
    assert client.get(f"{at}/text?passage=999", headers=MINE).status_code == 404


def test_what_is_corrected_stays_corrected(client: TestClient) -> None:
    (added,) = send(client, ("手册.md", MANUAL))
    at = f"{AT}/{added['document']}"
    changed = client.patch(
        at, headers=MINE, json={"title": "新标题", "effective": "2026-04-01", "status": "draft"}
    ).json()
    told = changed["particulars"]
    assert (told["title"], told["effective"], told["status"]) == ("新标题", "2026-04-01", "draft")
    assert changed["corrected"] is True
    emptied = client.patch(at, headers=MINE, json={"effective": None, "title": None}).json()
    assert (emptied["particulars"]["effective"], emptied["particulars"]["title"]) == (
        None,
        "新标题",
    )
    for wrong in ({}, {"title": ""}, {"title": "x" * 301}, {"status": "gone"}, {"issued": "1.1."}):
        assert client.patch(at, headers=MINE, json=wrong).status_code == 422, wrong


def test_a_deleted_document_leaves_no_trace_in_any_answer_of_the_server(
    client: TestClient,
) -> None:
    marker = "紫貂航运"
    (added,) = send(client, (f"{marker}.md", MANUAL.replace("财务部", marker)))
    document = added["document"]
    assert client.delete(f"{AT}/{document}", headers=MINE).status_code == 204
    client.cookies.set("hugang-owner", KEY, path="/documents")
    try:
        pages = [client.get(path) for path in ("/documents", f"/documents/{document}")]
    finally:
        client.cookies.clear()
    told = [
        client.get(path, headers=MINE)
        for path in (
            AT,
            f"{AT}/uploads",
            f"{AT}/{document}",
            f"{AT}/{document}/text",
            f"{AT}/{document}/passages",
            f"{AT}/{document}/pages/1",
        )
    ]
    assert [one.status_code for one in told] == [200, 200, 404, 404, 404, 404]
    assert not any(marker in one.text for one in (*pages, *told))
    assert client.delete(f"{AT}/{document}", headers=MINE).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.md",
        "..\\..\\windows\\system.md",
        "/etc/cron.d/x.md",
        "a/../../b.md",
        "nul\x00byte.md",
        "x" * 3_000 + ".md",
        ". . /  .md",
        "CON.md",
    ],
)
def test_a_name_leads_nowhere(client: TestClient, settings: Settings, name: str) -> None:
    before = set(settings.home.parent.rglob("*.md"))
    (added,) = send(client, (name, MANUAL))
    assert added["state"] == "added"
    shown = added["name"]
    assert "/" not in shown
    assert "\\" not in shown
    assert ".." not in shown.split("/")
    assert len(shown) <= 255
    assert set(settings.home.parent.rglob("*.md")) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tool.pdf", b"MZ\x90\x00\x03" + bytes(200)),
        ("photo.docx", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("page.pdf", b"%PDF-1.4\n" + bytes(1000)),
        ("archive.zip", b"PK\x03\x04" + bytes(60)),
        ("blank.txt", b" \n\t "),
    ],
)
def test_what_is_no_readable_file_fails_with_a_reason(
    client: TestClient, name: str, content: bytes
) -> None:
    (result,) = send(client, (name, content), headers=MINE | {"Accept-Language": "en"})
    assert result["state"] == "failed"
    assert result["message"]
    assert client.get(AT, headers=MINE).json()["documents"] == []


def test_too_much_is_refused_before_it_is_kept(client: TestClient, settings: Settings) -> None:
    (large,) = send(client, ("large.txt", b"a " * 600_000), headers=MINE | ZH)
    assert large["state"] == "failed"
    assert "1.2 MB" in large["message"]
    whole = client.post(
        AT, headers=MINE, files=[("files", (f"{i}.txt", b"a" * 1_900_000)) for i in range(3)]
    )
    assert (whole.status_code, whole.json()["code"]) == (413, "upload-too-large")
    many = client.post(AT, headers=MINE, files=[("files", (f"{i}.txt", b"a")) for i in range(4)])
    assert (many.status_code, many.json()["code"]) == (422, "too-many-files")
    none = client.post(AT, headers=MINE, files=[("other", ("a.txt", b"a"))])
    assert (none.status_code, none.json()["code"]) == (422, "no-files")
    bare = client.post(AT, headers=MINE, json={"files": []})
    assert (bare.status_code, bare.json()["code"]) == (415, "bad-upload")
    assert bare.headers["Content-Type"] == PROBLEM_JSON
    torn = client.post(
        AT,
        headers=MINE | {"Content-Type": "multipart/form-data; boundary=x"},
        content=b"--x\r\nContent-Disposition: nonsense\r\n\r\nabc",
    )
    assert torn.status_code in (415, 422)
    other = client.patch(f"{AT}/doc-0123456789abcdef", headers=MINE, content=b"x" * 300_000)
    assert (other.status_code, other.json()["code"]) == (413, "body-too-large")
    assert list((settings.home / "uploads").glob("*")) == []


def test_a_form_of_another_site_changes_nothing(client: TestClient) -> None:
    (mine,) = send(client, ("手册.md", MANUAL))
    client.cookies.set("hugang-owner", KEY, path="/documents")
    path = f"/documents/{mine['document']}/delete"
    try:
        for foreign in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://elsewhere.test"},
            {"Origin": "null"},
        ):
            assert client.post(path, headers=foreign).status_code == 403
        assert client.get(f"{AT}/{mine['document']}", headers=MINE).status_code == 200
    finally:
        client.cookies.clear()


def test_without_a_script_a_form_adds_corrects_and_deletes(client: TestClient) -> None:
    sent = client.post(
        "/documents?lang=en", files=[("files", ("手册.md", MANUAL))], follow_redirects=False
    )
    assert sent.status_code == 303
    key = sent.cookies["hugang-owner"]
    client.cookies.set("hugang-owner", key, path="/documents")
    try:
        until = time.monotonic() + DEADLINE_S
        while "dc-paper" not in (page := client.get("/documents?lang=en")).text:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert "no-store" in page.headers["Cache-Control"]
        headers = {"X-Hugang-Owner": key}
        (line,) = client.get(AT, headers=headers).json()["documents"]
        at = f"/documents/{line['id']}"
        form = {"title": "改过的标题", "status": "in-force", "lang": "zh", "issued": "2026-01-02"}
        assert client.post(at, data=form, follow_redirects=False).status_code == 303
        assert "改过的标题" in client.get(at).text
        wrong = client.post(at, data=form | {"issued": "<b>yesterday"}, follow_redirects=False)
        assert wrong.status_code == 422
        assert "&lt;b&gt;yesterday" in wrong.text
        assert client.post(f"{at}/delete", follow_redirects=False).status_code == 303
        assert client.get(at).status_code == 404
    finally:
        client.cookies.clear()


def test_names_titles_and_words_of_a_document_are_text(client: TestClient) -> None:
    client.cookies.set("hugang-owner", KEY, path="/documents")
    try:
        for start in range(0, len(PAYLOADS), 9):  # three of nine: each is read in a process
            files = [
                (f"{at}-{nasty}.md", f"# {nasty}\n\n第一条 {nasty}\n")
                for at, nasty in enumerate(PAYLOADS[start : start + 3], start)
            ]
            results = send(client, *files)
            for result, nasty in zip(results, PAYLOADS[start : start + 3], strict=True):
                pages = [client.get("/documents").text]
                if result["document"]:
                    at = f"{AT}/{result['document']}"
                    client.patch(at, headers=MINE, json={"title": nasty, "issuer": nasty})
                    pages += [
                        client.get("/documents").text,
                        client.get(f"/documents/{result['document']}?passage=1&at=0-5").text,
                    ]
                if "<" in nasty:
                    assert not any(nasty in page for page in pages), nasty
    finally:
        client.cookies.clear()


def test_a_deleted_document_is_gone_from_kept_answers_and_their_files(
    client: TestClient, settings: Settings, advisor: Advisor, library: DocumentLibrary
) -> None:
    (added,) = send(client, ("报销.md", POLICY))
    reader = Advisor(
        advisor.corpus,
        advisor.index,
        advisor._library.embedder,
        load_glossary(),
        settings,
        documents=library,
    )
    scope = f"owner:{owner_of(KEY)}"
    question = read_question("我们的差旅报销办法里出差香港住宿费每晚多少？", scopes=(scope,))
    answer = reader.answer(question)
    assert MARKER in answer.text
    view = AnswerView("m777", "zh-Hans", advisor.corpus)
    view.take(Finished(answer=answer))
    with Store.of(settings) as store:
        asked = Asked(
            turn="m777", conversation=TALK, root="m777", question=question.text, lang="zh-Hans"
        )
        store.conversations.begin(asked, owner_of(KEY), "v1")
        store.conversations.end("m777", "answered", view.payload(), answer)
    places = (f"/api/v1/conversations/{TALK}", f"/answers/{answer.id}.md")
    for path in places:
        assert MARKER in client.get(path, headers=MINE).text, path
    assert client.delete(f"{AT}/{added['document']}", headers=MINE).status_code == 204
    for path in places:
        left = client.get(path, headers=MINE)
        assert left.status_code == 200
        assert MARKER not in left.text, path
    word = client.get(f"/answers/{answer.id}.docx")
    with ZipFile(BytesIO(word.content)) as archive:
        assert MARKER not in archive.read("word/document.xml").decode()
    kept = b"".join(path.read_bytes() for path in settings.home.rglob("*") if path.is_file())
    assert MARKER.encode() not in kept
    assert "这里引用的资料已被删除".encode() in kept


POLICY = "# 差旅报销办法\n\n第一条 出差香港的住宿费每晚不超过一千八百港元，由紫貂部审批。\n"
MARKER = "紫貂部"


def test_the_papers_of_a_conversation_go_with_it(
    client: TestClient, settings: Settings, library: DocumentLibrary
) -> None:
    with Store.of(settings) as store:
        for talk in (GONE, LEFT):
            name = f"m{talk[:5]}"
            asked = Asked(turn=name, conversation=talk, root=name, question="q?", lang="en")
            store.conversations.begin(asked, owner_of(KEY), "v1")
    send(client, ("a.md", MANUAL), conversation=GONE)
    send(client, ("b.md", PRODUCT_SHEET), conversation=LEFT)
    assert client.delete(f"/api/v1/conversations/{GONE}", headers=MINE).status_code == 204
    assert [one["name"] for one in client.get(AT, headers=MINE).json()["documents"]] == ["b.md"]
    assert len(library.documents()) == 2, "it can be brought back for an hour"
    with Store.of(settings) as store:
        store.conversations.purge(dt.datetime.now(dt.UTC) + dt.timedelta(hours=2))
        assert Shelf(library, store).sweep() == 1
    assert [one.name for one in library.documents()] == ["b.md"]


GONE, LEFT = "gone5" * 5, "left5" * 5


def test_a_visitor_whom_nobody_vouches_for_adds_no_files(
    client: TestClient, settings: Settings
) -> None:
    origin = "https://b.example"
    with Store.of(settings) as store:
        name = Bilingual(zh="乙", en="B")
        store.tenants.create("bank-b", TenantProfile(name=name, origins=(origin,), public=True))
    given = client.post(
        "/api/v1/sessions/anonymous", json={"tenant": "bank-b"}, headers={"Origin": origin}
    ).json()
    headers = {**MINE, "Authorization": f"Bearer {given['token']}"}
    found = client.post(AT, files={"files": ("a.md", b"# A\n\nwords\n")}, headers=headers)
    assert (found.status_code, found.json()["code"]) == (403, "scope-missing")
