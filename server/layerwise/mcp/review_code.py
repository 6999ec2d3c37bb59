"""The tool `review_code`."""

from typing import Annotated, Any, Literal

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from layerwise.jobs import Jobs
from layerwise.mcp.tool import StrictTool, answer, build


class Reviewed(BaseModel):
    """Findings in order of severity, what was seen and what was not, and the fixes as a change set."""

    findings: list[dict[str, Any]]
    totals: dict[str, int]
    coverage: dict[str, Any]
    errors: list[dict[str, Any]]
    notices: list[str]
    changes: dict[str, Any] | None
    cursor: str | None
    next: str


def build_tool(jobs: Jobs) -> StrictTool:
    """The tool over `jobs`."""

    def review_code(
        code: Annotated[str, Field(description="source to review; path then names it")] = "",
        path: Annotated[str, Field(description="file that code stands for")] = "",
        paths: Annotated[list[str], Field(description="files or folders of the project")] = [],
        diff: Annotated[str, Field(description="unified diff; only added lines are judged")] = "",
        fix: Annotated[Literal["no", "safe", "all"], Field(description="turn fixes of paths into a preview")] = "no",
        select: Annotated[list[str], Field(description="only these rules")] = [],
        ignore: Annotated[list[str], Field(description="not these rules")] = [],
        profile: Annotated[
            Literal["", "default", "strict", "security"], Field(description="strict adds noisier rules")
        ] = "",
        max_tokens: Annotated[int, Field(description="budget of the answer")] = 2000,
        cursor: Annotated[str, Field(description="from the previous answer")] = "",
        project: Annotated[str, Field(description="the backend's folder below the root")] = "",
    ) -> Annotated[CallToolResult, Reviewed]:
        found = jobs.review(
            code=code,
            path=path,
            paths=paths,
            diff=diff,
            fix=fix,
            select=select,
            ignore=ignore,
            profile=profile,
            max_tokens=max_tokens,
            cursor=cursor,
            project=project,
        )
        return answer(found.text, Reviewed.model_validate(found.data))

    return build(
        review_code,
        title="Review code",
        description=(
            "Review FastAPI/SQLAlchemy/Pydantic code: every finding in one call, each with span, reason and, where "
            "there is one, exact edits (safe or unsafe). Call after writing or editing backend code, with code, paths "
            "or diff; again after fixing, until clean. Half-typed code is reviewed as far as it parses. "
            "fix='safe' returns an id for apply_changes; writes nothing."
        ),
    )
