from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Sequence

import pytest

from knowledge.official.address import Resolve
from knowledge.official.fault import FetchFault
from knowledge.official.fetch import AGENT, Fetcher, FetchLimits
from tests.component.law_server import (
    Answer,
    LawServer,
    claims,
    dribble,
    dribbled_headers,
    endless,
    law_server,
    page,
    redirect,
    silent,
    status,
)

QUICK = FetchLimits(bytes=200_000, seconds=0.8, silence_s=0.4, pause_s=0.0)
PUBLIC = "93.184.215.14"


@pytest.fixture
def server() -> Iterator[LawServer]:
    with law_server() as server:
        yield server


@pytest.fixture
def fetcher(server: LawServer) -> Iterator[Fetcher]:
    with Fetcher(QUICK, allowed=[server.place]) as fetcher:
        yield fetcher


def code_of(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchFault) as caught:
        fetcher.fetch(url)
    assert caught.value.message.zh
    assert caught.value.message.en
    return caught.value.code


FORBIDDEN = [
    "http://127.0.0.1:{port}/law",
    "http://127.1:{port}/law",
    "http://2130706433:{port}/law",
    "http://0x7f000001:{port}/law",
    "http://0x7f.1:{port}/law",
    "http://0177.0.0.1:{port}/law",
    "http://017700000001:{port}/law",
    "http://0:{port}/law",
    "http://0.0.0.0:{port}/law",
    "http://１２７.0.0.1:{port}/law",
    "http://①②⑦.⓪.⓪.①:{port}/law",
    "http://localhost:{port}/law",
    "http://localhost.:{port}/law",
    "http://LOCALHOST:{port}/law",
    "http://law.localhost:{port}/law",
    "http://intranet:{port}/law",
    "http://[::1]:{port}/law",
    "http://[0:0:0:0:0:0:0:1]:{port}/law",
    "http://[::]:{port}/law",
    "http://[::ffff:127.0.0.1]:{port}/law",
    "http://[::ffff:7f00:1]:{port}/law",
    "http://[64:ff9b::7f00:1]:{port}/law",
    "http://[2002:7f00:1::]:{port}/law",
    "http://[fd00::1]/law",
    "http://[fe80::1]/law",
    "http://[ff02::1]/law",
    "http://10.0.0.1/law",
    "http://172.16.0.1/law",
    "http://192.168.1.1/law",
    "http://100.64.0.1/law",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://224.0.0.1/law",
    "http://240.0.0.1/law",
    "http://255.255.255.255/law",
]
BAD = [
    "ftp://www.safe.gov.cn/law",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "//www.safe.gov.cn/law",
    "http://",
    "http:///law",
    "http://www.safe.gov.cn@127.0.0.1:{port}/law",
    "http://user:word@www.safe.gov.cn/law",
    "http://www.safe.gov.cn\\@127.0.0.1:{port}/law",
    "http://www.safe.gov.cn /law",
    "http://www.safe.gov.cn/\r\nHost: 127.0.0.1",
    "http://www.safe.gov.cn:22/law",
    "http://www.safe.gov.cn:99999/law",
    "http://[::1/law",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_an_address_of_this_machine_or_a_private_network_is_never_asked(
    server: LawServer, url: str
) -> None:
    server.pages["/law"] = page("secret")
    with Fetcher(QUICK) as fetcher:
        assert code_of(fetcher, url.format(port=server.server_port)) == "forbidden-address"
    assert server.seen == []


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_plain_web_address_is_refused_and_shown(server: LawServer, url: str) -> None:
    with Fetcher(QUICK) as fetcher:
        assert code_of(fetcher, url.format(port=server.server_port)) == "bad-address"
    assert server.seen == []


@pytest.mark.parametrize("url", FORBIDDEN)
def test_a_redirect_to_such_an_address_is_not_followed(
    server: LawServer, fetcher: Fetcher, url: str
) -> None:
    other = url.format(port=server.server_port + 1)  # the server's own port is allowed here
    server.pages["/law"] = redirect(other)
    assert code_of(fetcher, server.url("/law")) in {"forbidden-address", "bad-address"}
    assert len(server.asked("/law")) == 1


def resolver(*answers: Sequence[str]) -> tuple[Resolve, list[str]]:
    """A resolver that answers with one list of addresses after the other."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


@pytest.mark.parametrize(
    "private", ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1%2"]
)
def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    server: LawServer, private: str
) -> None:
    for found in ([private], [PUBLIC, private]):
        resolve, asked = resolver(found)
        with Fetcher(QUICK, resolve=resolve) as fetcher:
            url = f"http://law.example.org:{server.server_port}/law"
            assert code_of(fetcher, url) == "forbidden-address"
        assert asked == ["law.example.org"]
    assert server.seen == []


def test_a_name_that_is_public_first_and_private_later_is_connected_to_at_its_checked_address(
    server: LawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from httpcore2 import ConnectError, SyncBackend

    connected: list[str] = []

    def connect(self: object, host: str, *rest: object, **more: object) -> None:
        connected.append(host)
        raise ConnectError("no network here")

    monkeypatch.setattr(SyncBackend, "connect_tcp", connect)
    resolve, asked = resolver([PUBLIC], ["127.0.0.1"])
    with Fetcher(QUICK, resolve=resolve) as fetcher:
        url = f"http://law.example.org:{server.server_port}/law"
        assert code_of(fetcher, url) == "unreachable"
        assert code_of(fetcher, url) == "forbidden-address"
    assert connected == [PUBLIC]
    assert len(asked) == 2
    assert server.seen == []


def test_a_page_is_fetched_with_its_marks_and_asked_for_again_by_them(
    server: LawServer, fetcher: Fetcher
) -> None:
    server.pages["/law"] = page("第一条", etag='"v1"')
    first = fetcher.fetch(server.url("/law"))
    assert (first.status, first.body.decode(), first.etag) == (200, "第一条", '"v1"')
    assert fetcher.fetch(server.url("/law"), etag=first.etag).status == 304
    asked = server.asked("/law")[0]
    assert asked.method == "GET"
    assert asked.headers["user-agent"].startswith(f"{AGENT}/")
    assert "cookie" not in asked.headers


def test_a_cookie_is_not_sent_back(server: LawServer, fetcher: Fetcher) -> None:
    server.pages["/law"] = lambda handler: handler.send(200, b"x", Set_Cookie="who=me")
    for _ in range(2):
        fetcher.fetch(server.url("/law"))
    assert all("cookie" not in seen.headers for seen in server.seen)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_the_last_address_is_told(
    server: LawServer, fetcher: Fetcher, code: int
) -> None:
    server.pages["/old"] = redirect("/new?a=1#b", code)
    server.pages["/new"] = page("here")
    found = fetcher.fetch(server.url("/old"))
    assert (found.body, found.url) == (b"here", server.url("/new?a=1"))


def test_a_loop_of_redirects_ends_after_five(server: LawServer, fetcher: Fetcher) -> None:
    server.pages["/a"] = redirect("/b")
    server.pages["/b"] = redirect("/a")
    assert code_of(fetcher, server.url("/a")) == "redirects"
    assert len(server.asked("/a")) + len(server.asked("/b")) == 6


@pytest.mark.parametrize("code", [404, 410])
def test_a_page_that_is_gone_is_an_answer_and_no_fault(
    server: LawServer, fetcher: Fetcher, code: int
) -> None:
    server.pages["/law"] = status(code)
    assert fetcher.fetch(server.url("/law")).status == code


@pytest.mark.parametrize("code", [204, 304, 401, 403, 429, 500, 503])
def test_any_other_status_is_a_fault(server: LawServer, fetcher: Fetcher, code: int) -> None:
    server.pages["/law"] = lambda handler: handler.send(code)
    assert code_of(fetcher, server.url("/law")) == "status"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (dribble, "too-slow"),
        (dribbled_headers, "too-slow"),
        (silent, "too-slow"),
        (endless, "too-large"),
        (claims(2_000_000_000), "too-large"),
        (page(b"x" * 200_001), "too-large"),
    ],
)
def test_a_body_that_is_slow_silent_or_without_end_costs_a_second_at_most(
    server: LawServer, fetcher: Fetcher, answer: Answer, code: str
) -> None:
    server.pages["/law"] = answer
    start = time.monotonic()
    assert code_of(fetcher, server.url("/law")) == code
    assert time.monotonic() - start < 2.0


def test_what_is_packed_unasked_is_unpacked_within_the_same_limit(
    server: LawServer, fetcher: Fetcher
) -> None:
    def packed(data: bytes, packing: str) -> Answer:
        return lambda handler: handler.send(200, data, Content_Encoding=packing)

    server.pages["/law"] = packed(gzip.compress(b"text"), "gzip")
    assert fetcher.fetch(server.url("/law")).body == b"text"
    server.pages["/law"] = packed(gzip.compress(b"0" * 100_000_000), "gzip")
    assert code_of(fetcher, server.url("/law")) == "too-large"
    server.pages["/law"] = packed(b"no gzip", "gzip")
    assert code_of(fetcher, server.url("/law")) == "encoding"
    server.pages["/law"] = packed(b"?", "br")
    assert code_of(fetcher, server.url("/law")) == "encoding"


def test_what_robots_txt_forbids_is_not_asked_for(server: LawServer, fetcher: Fetcher) -> None:
    server.pages["/robots.txt"] = page("User-agent: *\nDisallow: /private/\n")
    server.pages["/private/law"] = server.pages["/law"] = page("text")
    assert code_of(fetcher, server.url("/private/law")) == "robots"
    assert fetcher.fetch(server.url("/law")).body == b"text"
    server.pages["/old"] = redirect("/private/law")
    assert code_of(fetcher, server.url("/old")) == "robots"
    assert server.asked("/private/law") == []
    assert len(server.asked("/robots.txt")) == 1


def test_a_robots_txt_that_cannot_be_read_forbids_everything(
    server: LawServer, fetcher: Fetcher
) -> None:
    server.pages["/robots.txt"] = status(503)
    server.pages["/law"] = page("text")
    assert code_of(fetcher, server.url("/law")) == "status"
    assert server.asked("/law") == []


def test_between_two_requests_to_one_host_there_is_a_pause(server: LawServer) -> None:
    server.pages["/robots.txt"] = page("User-agent: Hugang\nCrawl-delay: 0.4\n")
    server.pages["/law"] = page("text")
    limits = QUICK.model_copy(update={"pause_s": 0.1})
    with Fetcher(limits, allowed=[server.place]) as fetcher:
        for _ in range(2):
            fetcher.fetch(server.url("/law"))
    first, second, third = (seen.at for seen in server.seen)
    assert second - first >= 0.4
    assert third - second >= 0.4


def test_a_name_that_no_resolver_answers_in_time_is_given_up() -> None:
    def resolve(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return [PUBLIC]

    start = time.monotonic()
    with Fetcher(QUICK, resolve=resolve) as fetcher:
        assert code_of(fetcher, "http://law.example.org/law") == "too-slow"
    assert time.monotonic() - start < 1.5
