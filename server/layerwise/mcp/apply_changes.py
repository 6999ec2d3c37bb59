"""The tool `apply_changes`."""

from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from layerwise.jobs import Jobs
from layerwise.mcp.tool import StrictTool, answer, build


class Written(BaseModel):
    """What was written or taken back."""

    id: str
    root: str
    files: list[dict[str, Any]]
    applied: bool
    undone: bool
    served: str
    next_steps: list[str]


def build_tool(jobs: Jobs) -> StrictTool:
    """The tool over `jobs`."""

    def apply_changes(
        id: Annotated[str, Field(description="from generate_code or review_code; for undo, empty is the last")] = "",
        undo: Annotated[bool, Field(description="take it back instead")] = False,
        project: Annotated[str, Field(description="the backend's folder below the root")] = "",
    ) -> Annotated[CallToolResult, Written]:
        found = jobs.undo(id, project=project) if undo else jobs.apply(id, project=project)
        return answer(found.text, Written.model_validate(found.data))

    return build(
        apply_changes,
        title="Apply changes",
        description=(
            "Write a previewed change set, all or nothing; refused when a file changed since the preview. "
            "undo=true takes it back while the files are as written. Call only after the user saw the preview."
        ),
        read_only=False,
        idempotent=False,
    )
