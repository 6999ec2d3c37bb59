"""The tool `inspect_project`."""

from typing import Annotated, Any, Literal

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from layerwise.jobs import Jobs
from layerwise.mcp.tool import StrictTool, answer, build


class Inspected(BaseModel):
    """One section of what is true of the project."""

    root: str
    section: str
    facts: dict[str, Any]
    notices: list[str]


def build_tool(jobs: Jobs) -> StrictTool:
    """The tool over `jobs`."""

    def inspect_project(
        section: Annotated[
            Literal["summary", "routes", "models", "layers", "conventions"], Field(description="what to show")
        ] = "summary",
        max_tokens: Annotated[int, Field(description="budget of the answer")] = 1500,
        project: Annotated[str, Field(description="the backend's folder below the root")] = "",
    ) -> Annotated[CallToolResult, Inspected]:
        found = jobs.inspect(section=section, max_tokens=max_tokens, project=project)
        return answer(found.text, Inspected.model_validate(found.data))

    return build(
        inspect_project,
        title="Inspect project",
        description=(
            "What this backend already has, read without importing it: summary first, then routes with full paths, "
            "models, layers (with a Mermaid graph) or conventions with evidence. "
            "Call before adding to a backend that you do not know."
        ),
    )
