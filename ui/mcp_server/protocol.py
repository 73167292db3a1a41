"""The tools over the Model Context Protocol: at `/mcp` of the HTTP server, and on stdin and stdout.

Read-only and without sessions: every request stands by itself, so any server of several can take it.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ToolListed
from pydantic import ValidationError
from starlette.requests import Request

from bot.errors import AdvisorError
from bot.language import Lang
from bot.nearest import nearest_names
from bot.version import installed_version
from knowledge.card import Bilingual
from knowledge.errors import KnowledgeError
from ui.access import Caller
from ui.api.invalid import explain
from ui.api.problems import NOT_READY, ProblemError, accepted_lang, in_language
from ui.desk import address_of
from ui.mcp_server.tools import Tool, Toolbox
from ui.mcp_server.wishes import schema_of
from ui.strings import LANGS

log = logging.getLogger(__name__)
_INSTRUCTIONS = (
    "Grounded answers for Mainland-Chinese firms on financing, payments and fund management through "
    "Shanghai and Hong Kong. Facts come from curated cards with numbered sources: pass the sources "
    "and the standing (answered, partly, declined) on to the reader, and add no figure of your own."
)
_ANNOTATIONS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_INTERNAL = Bilingual(
    zh="处理时出错，原因已记入日志。请稍后再试。",
    en="The call failed; the cause is in the log. Try again later.",
)
_Context = ServerRequestContext[Any]
_Origin = Callable[[Request | None], tuple[Caller, str]]
"""Tells who calls, and from which address; the request is None on stdin and stdout."""


def protocol_server(toolbox: Toolbox, slots: CapacityLimiter, whose: _Origin) -> Server[Any]:
    """Make the server of the protocol.

    Args:
        toolbox: what may be called.
        slots: how many calls are worked on at once.
        whose: tells who calls.
    """

    async def list_tools(
        context: _Context, _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        caller, _ = whose(context.request)
        usable = [one for one in toolbox.tools.values() if caller.scopes.intersection(one.scopes)]
        return ListToolsResult(tools=[_listed(one) for one in usable])

    async def call_tool(context: _Context, params: CallToolRequestParams) -> CallToolResult:
        tool = toolbox.tools.get(params.name)
        if tool is None:
            near = ", ".join(nearest_names(params.name, toolbox.tools) or toolbox.tools)
            raise MCPError(INVALID_PARAMS, f"no tool {params.name[:60]!r}; there is: {near}")
        caller, address = whose(context.request)
        arguments = params.arguments or {}
        lang = _lang_of(arguments, context.request)
        try:
            caller.must_have(*tool.scopes)
            wish = tool.takes.model_validate(arguments)
            told = await to_thread.run_sync(tool.run, caller, address, wish, limiter=slots)
        except (ValidationError, ProblemError, AdvisorError, KnowledgeError) as error:
            return _refused(in_language(_told(error), lang))
        except Exception:
            log.exception("the tool %s failed", tool.name)
            return _refused(in_language(_INTERNAL, lang))
        return CallToolResult(
            content=[TextContent(type="text", text=told.text)],
            structured_content=told.data.model_dump(mode="json", by_alias=True),
        )

    return Server(
        "hugang",
        title="Hugang 沪港通途",
        version=installed_version(),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _listed(tool: Tool) -> ToolListed:
    return ToolListed(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=dict(schema_of(tool.takes, "validation")),
        output_schema=dict(schema_of(tool.gives, "serialization")),
        annotations=_ANNOTATIONS,
    )


def _lang_of(arguments: Mapping[str, Any], request: Request | None) -> Lang | None:
    if (lang := arguments.get("lang")) in LANGS:
        return lang
    return accepted_lang(request.headers.get("accept-language")) if request else None


def _refused(told: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=told)], is_error=True)


def _told(error: ValidationError | ProblemError | AdvisorError | KnowledgeError) -> Bilingual:
    """Say what was seen, what was expected and what to do, in words that need no other page."""
    match error:
        case ValidationError():
            found = [(".".join(map(str, one["loc"])), explain(one)) for one in error.errors()[:8]]
            return Bilingual(
                zh="；".join(f"{where}：{text.zh}" if where else text.zh for where, text in found)
                + "。",
                en="; ".join(f"{where}: {text.en}" if where else text.en for where, text in found)
                + ".",
            )
        case ProblemError(code=code, detail=detail):
            what = _REMEDIES.get(code)
            wait = error.retry_after_s
            zh = [detail.zh, what.zh if what else "", f"请在{wait}秒后再试。" if wait else ""]
            en = [detail.en, what.en if what else "", f"Try again in {wait} s." if wait else ""]
            return Bilingual(zh="".join(zh), en=" ".join(filter(None, en)))
        case AdvisorError():
            return error.message
        case _:
            log.error("corpus or index fails: %s", error)
            return NOT_READY


_REMEDIES = {
    "instrument-not-found": Bilingual(
        zh="请用search_rules查找文件。", en="Find instruments with search_rules."
    ),
    "scope-missing": Bilingual(zh="请使用带有此权限的密钥。", en="Use a key with that scope."),
}


def http_manager(toolbox: Toolbox, slots: CapacityLimiter) -> StreamableHTTPSessionManager:
    """Make what takes the messages of HTTP; `scope["state"]["caller"]` says on whose behalf.

    A key is asked for and origins are checked before (`ui.mcp_server.endpoint`): the library's own
    check knows neither tenants nor the names under which a deployment is reached.
    """
    unguarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return StreamableHTTPSessionManager(
        protocol_server(toolbox, slots, _by_request),
        json_response=True,
        stateless=True,
        security_settings=unguarded,
    )


def _by_request(request: Request | None) -> tuple[Caller, str]:
    assert request is not None  # the endpoint hands one on
    return request.state.caller, address_of(request)


async def serve_stdio(toolbox: Toolbox, caller: Caller, slots: CapacityLimiter) -> None:
    """Serve one client on stdin and stdout until it goes.

    Args:
        toolbox: what may be called.
        caller: on whose behalf everything is asked.
        slots: how many calls are worked on at once.
    """
    asking = dataclasses.replace(caller, surface="mcp")
    server = protocol_server(toolbox, slots, lambda _request: (asking, ""))
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
