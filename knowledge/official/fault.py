"""Fault of a download: why a page was not fetched."""

from __future__ import annotations

from knowledge.card import Bilingual
from knowledge.documents.errors import DocumentError


class FetchFault(DocumentError):
    """A page was not fetched: what was seen, what was expected, what to do."""

    def __init__(self, code: str, message: Bilingual) -> None:
        """Name the fault for programs, and say it for people."""
        super().__init__(message)
        self.code = code
        """Stable name: `bad-address`, `forbidden-address`, `robots`, `redirects`, `status`,
        `too-large`, `too-slow`, `unreachable`, `encoding`, `shell`."""


def bad_address(url: str, seen: str) -> FetchFault:
    """Say that an address is none of a page."""
    shown = url[:200].encode("unicode_escape").decode("ascii")
    return FetchFault(
        "bad-address",
        Bilingual(
            zh=f"地址{shown}不可用（{seen}）；应为http://或https://开头的普通网页地址。",
            en=f"address {shown} cannot be used ({seen}); expected a plain http:// or https:// address.",
        ),
    )


def forbidden_address(host: str, seen: str) -> FetchFault:
    """Say that a host is none that may be asked."""
    return FetchFault(
        "forbidden-address",
        Bilingual(
            zh=f"{host}指向{seen}，属于本机、内网或保留地址；只下载公网上的页面。请给出公网地址。",
            en=f"{host} leads to {seen}, an address of this machine, a private network or a reserved"
            " range; only pages of the public Internet are fetched. Name a public address.",
        ),
    )


def robots_forbid(host: str, url: str) -> FetchFault:
    """Say that the site asks not to be fetched."""
    return FetchFault(
        "robots",
        Bilingual(
            zh=f"{host}的robots.txt不允许下载{url}；请在浏览器中打开并另存，再用hugang add添加。",
            en=f"the robots.txt of {host} forbids fetching {url}. Open it in a browser,"
            " save it, and add the file with `hugang add`.",
        ),
    )


def bad_status(url: str, status: int) -> FetchFault:
    """Say with which status a page answered."""
    return FetchFault(
        "status",
        Bilingual(
            zh=f"{url}回复状态{status}，应为200；请稍后再试，或在浏览器中查看该页面。",
            en=f"{url} answered with status {status}, expected 200. Try later, or look at the page"
            " in a browser.",
        ),
    )


def too_many_redirects(url: str, most: int) -> FetchFault:
    """Say that a page leads on and on."""
    return FetchFault(
        "redirects",
        Bilingual(
            zh=f"{url}转向超过{most}次；请给出页面的最终地址。",
            en=f"{url} redirects more than {most} times. Name the page's final address.",
        ),
    )


def too_large(url: str, most: int) -> FetchFault:
    """Say that a page is over the limit."""
    size = f"{most / 1_000_000:g} MB"
    return FetchFault(
        "too-large",
        Bilingual(
            zh=f"{url}超过{size}上限；请确认地址指向文本本身。",
            en=f"{url} is larger than the limit of {size}. Check that it is the text itself.",
        ),
    )


def too_slow(url: str, seconds: float, silence_s: float) -> FetchFault:
    """Say that a page did not come in time."""
    return FetchFault(
        "too-slow",
        Bilingual(
            zh=f"{url}在{seconds:g}秒内（或连续{silence_s:g}秒无数据）未能下载完；请稍后再试。",
            en=f"{url} was not fetched within {seconds:g} seconds, or was silent for"
            f" {silence_s:g}. Try later.",
        ),
    )


def unreachable(url: str, error: Exception) -> FetchFault:
    """Say that there was no connection."""
    return FetchFault(
        "unreachable",
        Bilingual(
            zh=f"{url}无法连接（{error}）；请检查地址和网络。",
            en=f"{url} cannot be reached ({error}). Check the address and the network.",
        ),
    )


def unknown_packing(url: str, packing: str) -> FetchFault:
    """Say that a page is packed in a way that was not asked for."""
    return FetchFault(
        "encoding",
        Bilingual(
            zh=f"{url}以{packing[:40]}压缩，未请求也无法解开；请在浏览器中另存后用hugang add添加。",
            en=f"{url} is packed as {packing[:40]}, which was not asked for and cannot be undone."
            " Save it in a browser and add the file with `hugang add`.",
        ),
    )


def no_text(url: str) -> FetchFault:
    """Say that a page holds no text of its own."""
    return FetchFault(
        "shell",
        Bilingual(
            zh=f"{url}上几乎没有正文，也没有唯一一个以标题命名的PDF链接；请核对official.yaml中的地址。",
            en=f"{url} holds hardly any text, and not exactly one link to a PDF that bears the title."
            " Check the address in official.yaml.",
        ),
    )
