"""The tool `generate_code`."""

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, ElicitationResult, Resolve
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from layerwise.jobs import Answer, Jobs
from layerwise.mcp.fields_form import FieldsForm, build_question, read_fields
from layerwise.mcp.long_work import run_long
from layerwise.mcp.tool import StrictTool, answer, build
from layerwise.tokens import count_tokens

MOST_TOKENS = 6_000

_DESCRIPTION = (
    "Preview layered code: a service, a resource through every layer (model, schemas, repository, service, "
    "endpoints, DI, migration, tests) or, in an empty folder, a whole FastAPI backend. Proved before it is "
    "shown (parses, formatted, reviewed). Writes nothing: returns an id for apply_changes, the files and a "
    "diff cut to max_tokens. Give request or name, and fields; '!' required, '?' nullable, flags unique, "
    "index, filter, search. If fields are missing it proposes a spec: ask the user, do not invent."
)


class Generated(BaseModel):
    """A change set that waits for apply_changes; a file without op is created, one without removed loses no line."""

    id: str
    root: str
    files: list[dict[str, Any]]
    issues: list[str]
    warnings: list[str]
    notices: list[str]
    next_steps: list[str]
    evidence: dict[str, Any]
    applied: bool
    diff: str
    cursor: str | None


def build_tool(jobs: Jobs) -> StrictTool:
    """The tool over `jobs`."""

    async def generate_code(
        context: Context,
        asked: Annotated[ElicitationResult[FieldsForm], Resolve(build_question(jobs))],
        request: Annotated[
            str,
            Field(description="words, e.g. 'create a UserService', 'field Order note:text?', 'remove Order note'"),
        ] = "",
        name: Annotated[str, Field(description="resource in singular, e.g. Order")] = "",
        fields: Annotated[
            str, Field(description="e.g. 'number:str(20)! unique, status:enum(draft,paid)=draft, customer:ref(User)'")
        ] = "",
        spec: Annotated[dict[str, Any], Field(description="the same as an object, with every option")] = {},
        verify: Annotated[Literal["quick", "full"], Field(description="full runs mypy, migrations, tests")] = "quick",
        exemplar: Annotated[str, Field(description="the project's own resource to follow, e.g. Item")] = "",
        show: Annotated[list[str], Field(description="paths to return in full")] = [],
        max_tokens: Annotated[int, Field(description=f"budget of the answer, up to {MOST_TOKENS}")] = 1500,
        cursor: Annotated[str, Field(description="from the previous answer")] = "",
        project: Annotated[str, Field(description="the backend's folder below the root")] = "",
    ) -> Annotated[CallToolResult, Generated]:
        given = read_fields(asked)
        notice = f"The user gave these fields; pass them from now on: fields={given!r}" if given else ""
        found = await run_long(
            context,
            jobs.generate,
            request=request,
            name=name,
            fields=fields or given,
            spec=spec,
            verify=verify,
            settings={"exemplar": exemplar} if exemplar else {},
            show=show,
            max_tokens=min(max_tokens, MOST_TOKENS) - count_tokens(notice),
            cursor=cursor,
            project=project,
        )
        return _present(found, notice)

    return build(
        generate_code,
        title="Generate code",
        description=_DESCRIPTION,
    )


def _present(found: Answer, notice: str) -> CallToolResult:
    """The change set in both forms, with one more notice unless that is empty."""
    generated = Generated.model_validate(found.data)
    if not notice:
        return answer(found.text, generated)
    generated.notices.append(notice)
    return answer(f"{found.text}\nNotice: {notice}\n", generated)
