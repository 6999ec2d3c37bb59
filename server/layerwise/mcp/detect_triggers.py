"""The tool `detect_triggers`."""

import json
from typing import Annotated, Any, Literal

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from layerwise.hook.mode import read_mode
from layerwise.jobs import Jobs
from layerwise.mcp.tool import StrictTool, answer, build


class Detected(BaseModel):
    """What fired, with evidence, and the call to make next."""

    triggers: list[dict[str, Any]]
    intent: str
    entity: str | None
    layer: str | None
    next: dict[str, Any] | None
    notices: list[str]


SILENCE = Detected(triggers=[], intent="other", entity=None, layer=None, next=None, notices=["Hooks are off here."])


def build_tool(jobs: Jobs) -> StrictTool:
    """The tool over `jobs`."""

    def detect_triggers(
        prompt: Annotated[str, Field(description="the user's words")] = "",
        code: Annotated[str, Field(description="Python source, may be half typed")] = "",
        diff: Annotated[str, Field(description="unified diff")] = "",
        path: Annotated[str, Field(description="the file it is about")] = "",
        project: Annotated[str, Field(description="the backend's folder below the root")] = "",
        output: Annotated[Literal["text", "json", "hook"], Field(description="form of the text")] = "text",
    ) -> Annotated[CallToolResult, Detected]:
        mode = read_mode(str(jobs.roots.choose(project))) if output == "hook" else ""
        if mode == "off":
            return answer("", SILENCE)
        found = jobs.detect(prompt=prompt, code=code, diff=diff, path=path, project=project, mode=mode)
        detected = Detected.model_validate(found.data)
        if output == "json":
            return answer(json.dumps(found.data, ensure_ascii=False), detected)
        if output == "hook":
            event = "UserPromptSubmit" if prompt else "PostToolUse"
            return answer(_as_hook(event, found.text) if found.text else "", detected)
        return answer(found.text, detected)

    return build(
        detect_triggers,
        title="Detect triggers",
        description=(
            "Which Python-backend triggers (route, model, async, schema) do these words, code, diff or path fire? "
            "Call first when a task may touch FastAPI, SQLAlchemy, Pydantic or asyncio; give what you have. "
            "Answers with confidence, exact evidence, intent and the next call with its arguments. "
            "Nothing fired: go on without Layerwise. Not for other stacks."
        ),
    )


def _as_hook(event: str, text: str) -> str:
    return json.dumps({"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}, ensure_ascii=False)
