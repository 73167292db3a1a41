"""The frame of the server's pages: language, addresses, assets and what they weigh."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ui.ask.web import page_script, page_styles
from ui.frame import STATIC, address, asset, language_of, page
from ui.html import element
from ui.strings import LANGS, strings_json

MB = 1_000_000


def request(query: str = "", accept: str = "", path: str = "/rules") -> Request:
    headers = [(b"accept-language", accept.encode())] if accept else []
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "server": ("127.0.0.1", 7860),
            "scheme": "http",
        }
    )


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("lang=en", "zh-CN", "en"),
        ("lang=zh-Hant", "", "zh-Hant"),
        ("lang=klingon", "en-GB", "en"),
        ("", "zh-HK,zh;q=0.9", "zh-Hant"),
        ("", "zh-CN", "zh-Hans"),
        ("", "de-DE,en;q=0.4,zh-TW;q=0.7", "zh-Hant"),
        ("", "de-DE;q=nonsense,fr", "zh-Hans"),
        ("", "", "zh-Hans"),
    ],
)
def test_the_language_is_that_of_the_address_else_the_browsers_first_of_ours(
    query: str, accept: str, lang: str
) -> None:
    assert language_of(request(query, accept)) == lang


def test_changing_the_language_keeps_everything_else_of_the_address() -> None:
    response = page(request("q=43号&lang=en"), "Rules", element("p", "x"), here="rules")
    html = response.body.decode()
    for lang in LANGS:
        assert f"q=43%E5%8F%B7&amp;lang={lang}" in html
    assert '<html lang="en">' in html
    assert html.count('aria-current="page"') == 1


def test_a_title_is_text() -> None:
    html = page(request(), "<b>1</b>", element("p", "x"), here="rules").body.decode()
    assert "<title>&lt;b&gt;1&lt;/b&gt;" in html


def test_no_inline_script_and_no_other_host_is_allowed() -> None:
    response = page(request(), "t", element("p", "x"), here="rules")
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self'" in policy
    assert "http" not in policy


def test_an_asset_has_another_address_when_it_changes() -> None:
    assert asset("base.css") != asset("frame.css")
    assert asset("base.css").startswith("/site/base.css?v=")


def test_empty_values_are_left_out_of_an_address() -> None:
    assert address("/plan", "en", option="", as_of=None) == "/plan?lang=en"
    assert address("/", "zh-Hant", q="汇发 43") == "/?q=%E6%B1%87%E5%8F%91+43&lang=zh-Hant"


def test_what_is_ours_weighs_less_than_a_megabyte() -> None:
    everything = sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file())
    first = len((page_script() + page_styles() + strings_json()).encode())
    assert first < MB / 2
    assert everything + len(strings_json().encode()) < MB
