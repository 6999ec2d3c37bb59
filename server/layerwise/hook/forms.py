"""What each host sends to a hook and reads from it: the facts of its documentation, one row a host.

Gemini CLI's were checked against its reference, Codex's against its schemas; of Claude Code only older pages and of
Cursor only others' descriptions could be read, which know no `additional_context` in an answer to `beforeSubmitPrompt`
and do not say what `tool_input` of `Write` holds.
"""

from collections import namedtuple

from layerwise.errors import UnknownNameError

MOMENTS = ("prompt", "edit", "stop")

Event = dict[str, object]


class Form(namedtuple("Form", "events root decision")):
    """A host's names: of its events at the three moments, of the variable that holds the project's folder, and of the
    decision that sends the assistant back to work. Cursor has no such decision: it takes a message instead."""

    __slots__ = ()
    events: tuple[str, str, str]
    root: str
    decision: str


FORMS = {
    "claude-code": Form(("UserPromptSubmit", "PostToolUse", "Stop"), "CLAUDE_PROJECT_DIR", "block"),
    "codex": Form(("UserPromptSubmit", "PostToolUse", "Stop"), "", "block"),
    "gemini": Form(("BeforeAgent", "AfterTool", "AfterAgent"), "GEMINI_PROJECT_DIR", "deny"),
    "cursor": Form(("beforeSubmitPrompt", "postToolUse", "stop"), "CURSOR_PROJECT_DIR", ""),
}


def find_form(host: str) -> Form:
    """The form of `host`. Raises UnknownNameError when it has no hooks that Layerwise knows."""
    if host not in FORMS:
        raise UnknownNameError("host with hooks", host, FORMS)
    return FORMS[host]


def show_context(form: Form, moment: str, text: str) -> Event:
    """The answer that puts `text` before the assistant and lets it go on."""
    if not form.decision:
        context: Event = {"additional_context": text}
        return {"continue": True, **context} if moment == "prompt" else context
    event = form.events[MOMENTS.index(moment)]
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}


def send_back(form: Form, text: str) -> Event:
    """The answer at the end of a turn that gives the assistant `text` to work on."""
    return {"decision": form.decision, "reason": text} if form.decision else {"followup_message": text}


def tell_user(form: Form, text: str) -> Event | None:
    """The answer at the end of a turn that the user sees and the assistant does not; None where a host has none."""
    return {"systemMessage": text} if form.decision else None


def is_repeat(event: Event) -> bool:
    """Whether the turn that ends was itself started by a hook: asking again would never end."""
    return bool(event.get("stop_hook_active") or event.get("loop_count"))
