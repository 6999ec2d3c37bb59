"""The MCP server: the SDK's, with errors that name the nearest tool or prompt."""

from collections.abc import Mapping
from typing import Any

from mcp.server import MCPServer
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from layerwise import __version__
from layerwise.errors import InvalidInputError, LayerwiseError, UnknownNameError
from layerwise.mcp.prompts import build_prompts
from layerwise.mcp.resources import TOPIC_TEMPLATE, build_resources, complete, find_topic
from layerwise.mcp.skills_extension import SkillsExtension
from layerwise.mcp.stdio import serve
from layerwise.mcp.tool import StrictTool
from layerwise.skills import Skill

INSTRUCTIONS = """\
Layerwise helps with Python backends: FastAPI routes, SQLAlchemy 2 models and sessions, Pydantic v2 schemas, asyncio.
Use it whenever such code is created, changed, reviewed or asked about. It does not serve other stacks.

Do this first: call detect_triggers with the user's words (and code, diff or path). If nothing fires, leave Layerwise
alone. If a trigger fires, follow the `next` call in the answer:
- get_guidance before you write or change code: the patterns that apply, within a token budget. Read one topic in full
  with topics=["name"]; skill://python-backend-patterns/SKILL.md is the index.
- inspect_project to learn what the backend already has: routes, models, layers, conventions.
- generate_code for new layers ("create a UserService", or name and fields): a preview with an id. Nothing is written.
- apply_changes with that id writes it, all or nothing; apply_changes(undo=true) takes it back.
- review_code after you wrote or edited code: every finding at once, with exact edits; fix="safe" turns the safe ones
  into a preview for apply_changes. Call it again until it finds nothing.
When generate_code asks for fields, ask the user; do not invent them.
"""

_STATIC: tuple[CacheableMethod, ...] = (
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
)


class Server(MCPServer[Any]):
    """An MCPServer that helps when a tool or prompt is unknown or a prompt's arguments are wrong."""

    async def run_stdio_async(self) -> None:
        """Serve over stdio; lines that the SDK would drop are answered."""
        await serve(self._lowlevel_server)

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Call a tool; an unknown name becomes a ToolError that lists the tools."""
        tools = [tool.name for tool in self._tool_manager.list_tools()]
        if name not in tools:
            raise ToolError(str(UnknownNameError("tool", name, tools)))
        return await super().call_tool(name, arguments, context)

    async def get_prompt(self, name: str, arguments: dict[str, Any] | None = None, context: Any = None) -> Any:
        """Render a prompt; an unknown name or wrong arguments become an invalid-params error that says which."""
        try:
            self._check_prompt(name, arguments or {})
        except LayerwiseError as error:
            raise MCPError(code=INVALID_PARAMS, message=str(error)) from error
        return await super().get_prompt(name, arguments, context)

    def _check_prompt(self, name: str, arguments: Mapping[str, Any]) -> None:
        prompts = {prompt.name: prompt for prompt in self._prompt_manager.list_prompts()}
        if name not in prompts:
            raise UnknownNameError("prompt", name, prompts)
        known = {argument.name: argument.required for argument in prompts[name].arguments or ()}
        for given in arguments.keys() - known.keys():
            raise UnknownNameError(f"argument of prompt {name}", given, known)
        if missing := [argument for argument, required in known.items() if required and argument not in arguments]:
            raise InvalidInputError(f"Prompt {name} needs {', '.join(missing)}.")


def build_server(skills: Mapping[str, Skill], tools: list[StrictTool]) -> Server:
    """The server with its tools, prompts, resources and completions; nothing is started."""
    extension = SkillsExtension(skills)
    hint = CacheHint(ttl_ms=300_000, scope="public")
    server = Server(
        "layerwise",
        title="Layerwise",
        version=__version__,
        instructions=INSTRUCTIONS,
        tools=[*tools],
        resources=[*build_resources(skills)],
        extensions=[extension],
        middleware=[extension.advertise],
        cache_hints=dict.fromkeys(_STATIC, hint),
        subscriptions=False,
        log_level="WARNING",
    )
    for prompt in build_prompts():
        server.add_prompt(prompt)

    @server.resource(TOPIC_TEMPLATE, name="topic", title="Topic", mime_type="text/markdown")
    def read_topic(skill: str, topic: str) -> str:
        """One topic of a skill, in full."""
        try:
            return find_topic(skills, skill, topic).text
        except LayerwiseError as error:
            raise MCPError(code=INVALID_PARAMS, message=str(error)) from error

    @server.completion()
    async def complete_name(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        if not isinstance(ref, ResourceTemplateReference) or ref.uri != TOPIC_TEMPLATE:
            return None
        chosen = (context.arguments or {}).get("skill", "") if context else ""
        names = complete(skills, argument.name, argument.value, chosen)
        return Completion(values=names[:100], total=len(names), has_more=len(names) > 100)

    return server
