"""Context and Detection: what the detector is shown, and what it answers."""

from typing import NamedTuple


class Context(NamedTuple):
    """What the assistant sees; any part may be empty. `root` is the project's folder, `path` may be relative to it."""

    prompt: str = ""
    code: str = ""
    diff: str = ""
    path: str = ""
    root: str = ""


class Evidence(NamedTuple):
    """An exact quote: `text` is `source[start:end]`, in characters; source is prompt, code, diff or path."""

    source: str
    start: int
    end: int
    text: str


class Match(NamedTuple):
    """A trigger that fired; a confidence of 0.8 is right four times in five."""

    skill: str
    name: str
    confidence: float
    evidence: tuple[Evidence, ...]


class NextCall(NamedTuple):
    """The tool to call next, with its arguments filled in."""

    tool: str
    arguments: dict[str, object]


class Detection(NamedTuple):
    """Everything the detector says of one context. `intent` is create, modify, review, ask or other."""

    matches: tuple[Match, ...]
    intent: str
    entity: str | None
    layer: str | None
    next_call: NextCall | None
    notices: tuple[str, ...]
