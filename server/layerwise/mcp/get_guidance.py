"""The tool `get_guidance`."""

from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from layerwise.jobs import Jobs
from layerwise.mcp.tool import StrictTool, answer, build


class Guided(BaseModel):
    """Pieces of topics, most relevant first, and what to read next."""

    pieces: list[dict[str, Any]]
    next: list[dict[str, Any]]
    notices: list[str]


def build_tool(jobs: Jobs) -> StrictTool:
    """The tool over `jobs`."""

    def get_guidance(
        topics: Annotated[list[str], Field(description="topic names, or topic#section")] = [],
        triggers: Annotated[list[str], Field(description="route, model, async, schema")] = [],
        question: Annotated[str, Field(description="in plain words")] = "",
        max_tokens: Annotated[int, Field(description="100 to 6000")] = 1500,
        project: Annotated[str, Field(description="the backend's folder below the root")] = "",
    ) -> Annotated[CallToolResult, Guided]:
        found = jobs.guide(topics=topics, triggers=triggers, question=question, max_tokens=max_tokens, project=project)
        return answer(found.text, Guided.model_validate(found.data))

    return build(
        get_guidance,
        title="Get guidance",
        description=(
            "The patterns that apply to a backend task, best first, inside max_tokens, with what to read next. "
            "Call before writing or changing routes, models, schemas, services, repositories, sessions or tests. "
            "Give triggers from detect_triggers, a question, or topics to read in full; nothing gives the index."
        ),
    )
