"""A tool that is strict about its arguments and says what was wrong in words that a model can act on."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, ValidationError

from layerwise.errors import LayerwiseError, UnknownNameError, shorten


class StrictTool(Tool):
    """A tool that refuses unknown arguments and answers every expected failure with its full text."""

    async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
        """Run the tool; expected failures become an error result, anything else stays the SDK's affair."""
        try:
            for name in arguments.keys() - self.parameters["properties"].keys():
                raise UnknownNameError(f"argument of {self.name}", name, self.parameters["properties"])
            return await super().run(arguments, context, convert_result)
        except LayerwiseError as error:
            return failure(str(error))
        except ToolError as error:
            match error.__cause__:
                case ValidationError() as cause:
                    return failure(f"{self.name}: {'; '.join(_explain(cause))}")
                case LayerwiseError() as cause:
                    return failure(str(cause))
            raise


def build(
    function: Callable[..., CallToolResult | Awaitable[CallToolResult]],
    *,
    title: str,
    description: str,
    read_only: bool = True,
    idempotent: bool = True,
) -> StrictTool:
    """Make a tool of `function`, whose name and parameters become the tool's."""
    tool = StrictTool.from_function(
        function,
        title=title,
        description=description,
        annotations=ToolAnnotations(
            title=title,
            read_only_hint=read_only,
            destructive_hint=not read_only,
            idempotent_hint=idempotent,
            open_world_hint=False,
        ),
    )
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = _slim(tool.parameters) | {"additionalProperties": False}
    if (schema := tool.fn_metadata.output_schema) is not None:
        tool.fn_metadata.output_schema = _slim(schema)
    assert isinstance(tool, StrictTool)
    return tool


def answer(text: str, structured: BaseModel) -> CallToolResult:
    """An answer whose text and structured content carry the same facts."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)] if text else [],
        structured_content=structured.model_dump(mode="json"),
    )


def failure(text: str) -> CallToolResult:
    """An error result; the model reads the text and calls again."""
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def _explain(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False):
        where = ".".join(str(part) for part in problem["loc"]) or "arguments"
        yield f"{where}: {problem['msg']} (got {shorten(repr(problem['input']))})"


def _slim(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without generated titles and empty defaults, which cost tokens and say nothing."""
    slim: dict[str, Any] = {}
    for key, value in schema.items():
        if (key == "title" and isinstance(value, str)) or (key == "default" and not value):
            continue
        if key in {"properties", "$defs"}:
            slim[key] = {name: _slim(part) for name, part in value.items()}
        elif isinstance(value, dict):
            slim[key] = _slim(value)
        elif isinstance(value, list):
            slim[key] = [_slim(part) if isinstance(part, dict) else part for part in value]
        else:
            slim[key] = value
    return slim
