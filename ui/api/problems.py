"""What the HTTP API says when it cannot answer: `application/problem+json` (RFC 9457).

Every problem has a stable `code`, says what was seen and what to do, in the language of the
request: its `lang`, else `Accept-Language`, else simplified Chinese followed by English. Nothing
of the inside is shown; the request id leads to the log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, get_args

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.errors import AdvisorError
from bot.language import Lang, localise
from bot.nearest import nearest_names
from knowledge.card import Bilingual, Frozen
from knowledge.documents.errors import DocumentError
from knowledge.errors import KnowledgeError

log = logging.getLogger(__name__)
_LANGS: tuple[Lang, ...] = get_args(Lang)
PROBLEM_JSON = "application/problem+json"


class FieldProblem(Frozen):
    """One value of the request that cannot be used."""

    where: str
    """`body.history.0.role`, `query.as_of`, …"""
    message: str
    seen: str | None = None


class Problem(Frozen):
    """The JSON of a refusal."""

    type: str
    """`urn:hugang:problem:<code>`."""
    title: str
    status: int
    detail: str
    code: str
    remedy: str
    request_id: str | None = None
    fields: tuple[FieldProblem, ...] = ()
    nearest: tuple[str, ...] = ()
    """Ids or keys that resemble the one that was not found."""


class _Kind(NamedTuple):
    status: int
    title: Bilingual
    remedy: Bilingual


def _kind(status: int, zh: str, en: str, remedy_zh: str, remedy_en: str) -> _Kind:
    return _Kind(status, Bilingual(zh=zh, en=en), Bilingual(zh=remedy_zh, en=remedy_en))


_SEE_DOCS = ("各端点的字段与示例见 /docs。", "Fields and examples of each endpoint: /docs.")
_KINDS: Mapping[str, _Kind] = {
    "bad-json": _kind(
        400,
        "请求不是有效的JSON",
        "The request is not valid JSON",
        "请检查括号、引号和逗号，并以UTF-8发送。",
        "Check brackets, quotes and commas, and send UTF-8.",
    ),
    "bad-request": _kind(
        422, "请求中有值不可用", "The request has a value that cannot be used", *_SEE_DOCS
    ),
    "unknown-key": _kind(
        422, "请求中有不认识的字段", "The request has a key that is not known", *_SEE_DOCS
    ),
    "bad-as-of": _kind(
        422,
        "as_of不是日期",
        "as_of is not a date",
        "请写作年-月-日，如2026-06-30；不写即为今天。",
        "Write it as year-month-day, such as 2026-06-30; without it, today counts.",
    ),
    "bad-question": _kind(
        422,
        "问题无法读取",
        "The question cannot be read",
        "请在question中用中文或英文写一个问题。",
        "Put one question, in Chinese or English, into question.",
    ),
    "bad-profile": _kind(
        422,
        "关于企业或交易的值不可用",
        "A value about firm or deal cannot be used",
        "各路线可填的项目及其类型见 /api/v1/routes/{id}。",
        "The inputs of a route and their types: /api/v1/routes/{id}.",
    ),
    "model-not-found": _kind(
        404, "没有这个模型", "No such model", "全部模型见 /v1/models。", "All models: /v1/models."
    ),
    "not-found": _kind(404, "没有这个端点", "No such endpoint", *_SEE_DOCS),
    "instrument-not-found": _kind(
        404,
        "没有这份文件",
        "No such instrument",
        "全部文件见 /api/v1/instruments。",
        "All instruments: /api/v1/instruments.",
    ),
    "fact-not-found": _kind(
        404,
        "没有这条事实",
        "No such fact",
        "一份文件的全部事实见 /api/v1/instruments/{id}。",
        "All facts of an instrument: /api/v1/instruments/{id}.",
    ),
    "route-not-found": _kind(
        404,
        "没有这条路线",
        "No such route",
        "全部路线见 /api/v1/routes。",
        "All routes: /api/v1/routes.",
    ),
    "answer-not-found": _kind(
        404,
        "没有这份答复",
        "No such answer",
        "它可能已被删除；请在页面上重新提问，再导出。",
        "It may have been deleted; ask again on the page, then export.",
    ),
    "no-chinese-font": _kind(
        503,
        "无法生成PDF",
        "No PDF can be made",
        "请改用Word版，或请管理员安装中文字体。",
        "Take the Word file instead, or ask the operator to install a Chinese font.",
    ),
    "takeaway-busy": _kind(
        503, "文件没有生成", "The document was not made", "请稍后再试。", "Try again in a moment."
    ),
    "takeaway-too-slow": _kind(
        503,
        "文件没有生成",
        "The document was not made",
        "请稍后再试，或改用Markdown；若一直如此，请管理员调高HUGANG_TYPESETTING_S。",
        "Try again in a moment or take the Markdown; if it stays so, ask the operator to raise "
        "HUGANG_TYPESETTING_S.",
    ),
    "takeaway-too-large": _kind(
        413,
        "内容太长，无法导出",
        "Too long to be exported",
        "请把问题分开问，再分别导出。",
        "Ask in parts and export each of them.",
    ),
    "conversation-not-found": _kind(
        404,
        "没有这段对话",
        "No such conversation",
        "请核对链接；删除的对话一小时后不能恢复。",
        "Check the link; a deleted conversation cannot be brought back after an hour.",
    ),
    "turn-not-found": _kind(
        404,
        "没有这个回答",
        "No such answer",
        "一段对话的全部回答见 /api/v1/conversations/{id}。",
        "All answers of a conversation: /api/v1/conversations/{id}.",
    ),
    "bad-owner": _kind(
        401,
        "没有说明是谁的对话或资料",
        "Whose conversations or documents is not said",
        "请在请求头X-Hugang-Owner中写32至128个随机字符（A-Z a-z 0-9 _ -），并自行保管。",
        "Put 32 to 128 random characters (A-Z a-z 0-9 _ -) into X-Hugang-Owner, and keep them.",
    ),
    "not-owner": _kind(
        403,
        "这段对话属于别人",
        "The conversation is another's",
        "可以阅读；要续问，请新开一段对话。",
        "You may read it; to ask further, begin a conversation of your own.",
    ),
    "document-not-found": _kind(
        404,
        "没有这份资料",
        "No such document",
        "您的资料见 /documents。",
        "Your documents: /documents.",
    ),
    "not-your-document": _kind(
        403,
        "这份资料不能由您更改",
        "The document is not yours to change",
        "请告诉管理员要改什么。",
        "Tell the operator what is to be changed.",
    ),
    "no-such-page": _kind(
        404,
        "没有这一页的图像",
        "No picture of that page",
        "有图像的是PDF和图片；其余文件请看文字。",
        "PDFs and images have pictures; of other files, read the text.",
    ),
    "documents-busy": _kind(
        503,
        "正在添加的资料太多",
        "Too many files are being added",
        "请等前面的资料添加完，再试一次。",
        "Wait until those before are added, then try again.",
    ),
    "too-many-waiting": _kind(
        429,
        "正在添加的资料太多",
        "Too many files are being added",
        "请等前面的资料添加完，再试一次。",
        "Wait until those before are added, then try again.",
    ),
    "no-files": _kind(
        422, "没有选文件", "No file was chosen", "请先选择文件。", "Choose at least one file."
    ),
    "too-many-files": _kind(
        422, "文件太多", "Too many files", "请分几次添加。", "Add them in several goes."
    ),
    "bad-upload": _kind(
        415,
        "上传的不是表单",
        "The upload is no form",
        "请以multipart/form-data发送，文件放在files里。",
        "Send multipart/form-data, with the files in the field files.",
    ),
    "upload-too-large": _kind(
        413,
        "上传的内容太大",
        "The upload is too large",
        "请分几次添加。",
        "Add the files in several goes.",
    ),
    "foreign-form": _kind(
        403,
        "表单被拒绝",
        "The form was refused",
        "请在本站的页面上操作。",
        "Use the page of this site.",
    ),
    "store-fault": _kind(
        503,
        "对话暂时无法读写",
        "Conversations cannot be read or kept at the moment",
        "请稍后再试；若一直如此，请告诉管理员。",
        "Try again later; if it lasts, tell the operator.",
    ),
    "key-missing": _kind(
        401,
        "需要密钥",
        "A key is needed",
        "请加请求头Authorization: Bearer <密钥或会话令牌>。",
        "Add the header Authorization: Bearer <key or session token>.",
    ),
    "bad-key": _kind(
        401,
        "密钥无效",
        "The key does not hold",
        "请核对密钥，或请管理员用hugang key create新建一个。",
        "Check the key, or ask the operator for a new one (hugang key create).",
    ),
    "bad-token": _kind(
        401,
        "会话令牌无效",
        "The session token does not hold",
        "请用POST /api/v1/sessions重新获取。",
        "Get another with POST /api/v1/sessions.",
    ),
    "session-ended": _kind(
        401,
        "会话已到期",
        "The session has ended",
        "请用POST /api/v1/sessions重新获取令牌。",
        "Get another token with POST /api/v1/sessions.",
    ),
    "scope-missing": _kind(
        403,
        "权限不足",
        "A scope is missing",
        "请使用带有此权限的密钥；权限在建立密钥时给出。",
        "Use a key with that scope; scopes are given when a key is made.",
    ),
    "foreign-origin": _kind(
        403,
        "来源网页未获许可",
        "The page's origin is not allowed",
        "请管理员把该网站加入租户的origins。",
        "Ask the operator to add the site to the tenant's origins.",
    ),
    "tenant-suspended": _kind(
        403, "租户已停用", "The tenant is suspended", "请联系管理员。", "Ask the operator."
    ),
    "tenant-not-found": _kind(
        404,
        "没有这个租户",
        "No such tenant",
        "请核对租户标识。",
        "Check the tenant's id.",
    ),
    "not-public": _kind(
        403,
        "该租户不接受匿名访问",
        "The tenant takes no anonymous visitors",
        "请由网站的服务器用密钥获取令牌：POST /api/v1/sessions。",
        "Let the portal's server get a token with its key: POST /api/v1/sessions.",
    ),
    "topic-not-offered": _kind(
        422,
        "此处不回答这一主题",
        "The topic is not offered here",
        "请从租户提供的主题中选择，或不写filters.topics。",
        "Choose among the tenant's topics, or leave out filters.topics.",
    ),
    "rate-limited": _kind(
        429,
        "问得太快",
        "Too many questions",
        "请按响应头Retry-After所示的秒数稍候再试。",
        "Wait for the seconds that the Retry-After header says, then try again.",
    ),
    "daily-limit": _kind(
        429,
        "今天的问题已用完",
        "Today's questions are used up",
        "请明天再试，或请管理员提高上限。",
        "Try again tomorrow, or ask the operator for a higher limit.",
    ),
    "bad-period": _kind(
        422,
        "期间不可用",
        "The period cannot be used",
        "请给出since和until（年-月-日），最多400天。",
        "Give since and until (year-month-day), at most 400 days.",
    ),
    "idempotency-key-reused": _kind(
        422,
        "Idempotency-Key已用于另一请求",
        "The Idempotency-Key was used for another request",
        "请为每个新请求换一个值。",
        "Take another value for each new request.",
    ),
    "still-answering": _kind(
        409,
        "同一请求正在回答",
        "The same request is being answered",
        "请稍候以相同的Idempotency-Key再试。",
        "Try again in a moment with the same Idempotency-Key.",
    ),
    "method-not-allowed": _kind(
        405,
        "此端点不支持这种方法",
        "This endpoint does not take that method",
        "可用的方法见响应头Allow。",
        "The Allow header names the methods it takes.",
    ),
    "body-too-large": _kind(
        413,
        "请求太大",
        "The request is too large",
        "请求正文最多256 KB；请去掉较早的对话。",
        "A request body may have 256 KB at most; leave out earlier turns.",
    ),
    "body-too-slow": _kind(
        408,
        "请求没有及时发完",
        "The request did not arrive in time",
        "请求正文须在30秒内发完；请重新发送。",
        "A request body must arrive within 30 seconds; send it again.",
    ),
    "bad-content-type": _kind(
        415,
        "请求正文没有标明是JSON",
        "The request body is not declared as JSON",
        "请加请求头Content-Type: application/json。",
        "Add the header Content-Type: application/json.",
    ),
    "stopping": _kind(
        503,
        "服务正在停止",
        "The server is stopping",
        "请按响应头Retry-After所示的秒数稍候再试。",
        "Wait for the seconds that the Retry-After header says, then try again.",
    ),
    "busy": _kind(
        503,
        "正在作答的问题太多",
        "Too many answers are under way",
        "请按响应头Retry-After所示的秒数稍候再试。",
        "Wait for the seconds that the Retry-After header says, then try again.",
    ),
    "not-ready": _kind(
        503,
        "检索库暂不可用",
        "The search index is not available",
        "请稍后再试；若一直如此，请告诉管理员运行hugang doctor。",
        "Try again later; if it lasts, ask the operator to run hugang doctor.",
    ),
    "internal-error": _kind(
        500,
        "内部错误",
        "Internal error",
        "请稍后再试；若一直如此，请把request_id告诉管理员。",
        "Try again later; if it lasts, tell the operator the request_id.",
    ),
    "http-error": _kind(400, "请求被拒绝", "The request was refused", *_SEE_DOCS),
}
_BY_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "body-too-large",
    415: "bad-content-type",
    500: "internal-error",
    503: "not-ready",
}
_ALIASES = {"advisor-error": "bad-request", "bad-settings": "internal-error"}


class ProblemError(Exception):
    """A refusal that an endpoint raises on purpose."""

    def __init__(
        self,
        code: str,
        detail: Bilingual,
        nearest: Iterable[str] = (),
        *,
        retry_after_s: int | None = None,
    ) -> None:
        """Take a code of this module's table, what was seen, and when to try again."""
        super().__init__(detail.en)
        self.code = code
        self.detail = detail
        self.nearest = tuple(nearest)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        """What stands in the head of the refusal."""
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        if _KINDS[self.code].status == 401 and self.code != "bad-owner":
            headers["WWW-Authenticate"] = "Bearer"
        return headers


def not_found(code: str, name: str, known: Iterable[str]) -> ProblemError:
    """Say that an id is not known, with the ids that resemble it."""
    nearest = nearest_names(name, known)
    seen = f"{name[:120]!r}"
    hint_zh = f"相近的有：{'、'.join(nearest)}。" if nearest else ""
    hint_en = f" Nearest: {', '.join(nearest)}." if nearest else ""
    detail = Bilingual(zh=f"找不到{seen}。{hint_zh}", en=f"{seen} is not known.{hint_en}")
    return ProblemError(code, detail, nearest)


def accepted_lang(header: str | None) -> Lang | None:
    """Read the reader's language from `Accept-Language`; None when it names none of ours."""
    wanted: list[tuple[float, Lang]] = []
    for part in (header or "").split(","):
        tag, _, quality = part.strip().partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", quality)
        lang = _lang_of_tag(tag.strip().casefold())
        if lang and (not quality or weight):
            wanted.append((float(weight[1]) if weight else 1.0, lang))
    best = max(wanted, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] > 0 else None


def _lang_of_tag(tag: str) -> Lang | None:
    if re.match(r"zh-(hant|tw|hk|mo)\b", tag) or tag == "yue":
        return "zh-Hant"
    if tag == "zh" or tag.startswith("zh-"):
        return "zh-Hans"
    return "en" if tag == "en" or tag.startswith("en-") else None


def request_lang(request: Request, body: object = None) -> Lang | None:
    """Find the language of a request: `lang` in body or query, else `Accept-Language`."""
    asked = body.get("lang") if isinstance(body, Mapping) else None
    asked = asked or getattr(request.state, "lang", None) or request.query_params.get("lang")
    if asked in _LANGS:
        return asked
    return accepted_lang(request.headers.get("accept-language"))


def in_language(text: Bilingual, lang: Lang | None) -> str:
    """Give a text in one language, or in simplified Chinese and English when none is known."""
    return f"{text.zh} {text.en}" if lang is None else localise(text, lang)


def problem(
    code: str,
    lang: Lang | None,
    detail: Bilingual,
    *,
    request_id: str | None = None,
    fields: Sequence[FieldProblem] = (),
    nearest: Sequence[str] = (),
    status: int | None = None,
) -> Problem:
    """Put a problem into words."""
    kind = _KINDS[code]
    return Problem(
        type=f"urn:hugang:problem:{code}",
        title=in_language(kind.title, lang),
        status=status or kind.status,
        detail=in_language(detail, lang),
        code=code,
        remedy=in_language(kind.remedy, lang),
        request_id=request_id,
        fields=tuple(fields),
        nearest=tuple(nearest),
    )


def problem_response(found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Send a problem."""
    return Response(
        found.model_dump_json(exclude_none=True),
        status_code=found.status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=PROBLEM_JSON,
    )


def internal_error(headers: Headers, request_id: str) -> Response:
    """Answer a request that failed for a reason of ours; the reason is in the log only."""
    detail = Bilingual(
        zh="处理请求时出错，原因已记入日志。",
        en="The request failed; the cause is in the log.",
    )
    return _unread("internal-error", detail, headers, request_id)


def body_too_large(headers: Headers, request_id: str) -> Response:
    """Answer a request whose body is too large to be read."""
    size = headers.get("content-length", "")
    detail = Bilingual(zh=f"请求正文有{size}字节。", en=f"The request body has {size} bytes.")
    return _unread("body-too-large", detail, headers, request_id)


def _unread(code: str, detail: Bilingual, headers: Headers, request_id: str) -> Response:
    lang = accepted_lang(headers.get("accept-language"))
    return problem_response(problem(code, lang, detail, request_id=request_id))


def add_problem_handlers(app: FastAPI) -> None:
    """Make an app answer every refusal with problem+json."""

    async def on_advisor(request: Request, error: Exception) -> Response:
        assert isinstance(error, AdvisorError)
        return problem_response(advisor_problem(request, error))

    async def on_document(request: Request, error: Exception) -> Response:
        assert isinstance(error, DocumentError)
        request_id = request_id_of(request)
        log.error("request %s: documents fail: %s", request_id, type(error).__name__)
        found = problem("store-fault", request_lang(request), error.message, request_id=request_id)
        return problem_response(found, {"Retry-After": "30"})

    async def on_knowledge(request: Request, error: Exception) -> Response:
        request_id = request_id_of(request)
        log.error("request %s: corpus or index fails: %s", request_id, error)
        found = problem("not-ready", request_lang(request), NOT_READY, request_id=request_id)
        return problem_response(found, {"Retry-After": "30"})

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        found = problem(
            error.code,
            request_lang(request),
            error.detail,
            request_id=request_id_of(request),
            nearest=error.nearest,
        )
        return problem_response(found, error.headers)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _http(request, error)

    app.add_exception_handler(AdvisorError, on_advisor)
    app.add_exception_handler(DocumentError, on_document)
    app.add_exception_handler(KnowledgeError, on_knowledge)
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)


NOT_READY = Bilingual(
    zh="检索库打不开或正在重建。", en="The search index cannot be opened or is being rebuilt."
)


def advisor_problem(request: Request, error: AdvisorError) -> Problem:
    """Put an error of the engine, safe to show, into words."""
    code = _ALIASES.get(error.code, error.code)
    return problem(
        code if code in _KINDS else "bad-request",
        request_lang(request),
        error.message,
        request_id=request_id_of(request),
    )


def request_id_of(request: Request) -> str | None:
    """Return the id that the guard gave the request; None outside of it."""
    return getattr(request.state, "request_id", None)


def _http(request: Request, error: HTTPException) -> Response:
    code = _BY_STATUS.get(error.status_code, "http-error")
    if error.status_code == 400:
        # The only 400 of the framework: a body that is not text in the charset it claims.
        code = "bad-json"
    seen = f"{request.method} {request.url.path[:200]}"
    lang = request_lang(request)
    told = {
        "not-found": Bilingual(zh=f"没有 {seen}。", en=f"There is no {seen}."),
        "method-not-allowed": Bilingual(zh=f"不能用 {seen}。", en=f"{seen} cannot be used."),
        "bad-json": Bilingual(zh="正文不是UTF-8的JSON。", en="The body is no JSON in UTF-8."),
    }
    detail = told.get(code, Bilingual(zh=f"{seen} 被拒绝。", en=f"{seen} was refused."))
    found = problem(code, lang, detail, request_id=request_id_of(request), status=error.status_code)
    return problem_response(found, error.headers)
