"""Context and Detection: what the detector is shown, and what it answers.

`collections.namedtuple` and not `typing.NamedTuple`: importing typing takes a tenth of a prompt hook's time.
"""

from collections import namedtuple


class Context(namedtuple("Context", "prompt code diff path root", defaults=("", "", "", "", ""))):
    """What the assistant sees; any part may be empty. `root` is the project's folder, `path` may be relative to it."""

    __slots__ = ()
    prompt: str
    code: str
    diff: str
    path: str
    root: str


class Evidence(namedtuple("Evidence", "source start end text")):
    """An exact quote: `text` is `source[start:end]`, in characters; source is prompt, code, diff or path."""

    __slots__ = ()
    source: str
    start: int
    end: int
    text: str


class Match(namedtuple("Match", "skill name confidence evidence")):
    """A trigger that fired; a confidence of 0.8 is right four times in five."""

    __slots__ = ()
    skill: str
    name: str
    confidence: float
    evidence: tuple[Evidence, ...]


class NextCall(namedtuple("NextCall", "tool arguments")):
    """The tool to call next, with its arguments filled in."""

    __slots__ = ()
    tool: str
    arguments: dict[str, object]


class Detection(namedtuple("Detection", "matches intent entity layer next_call notices")):
    """Everything the detector says of one context. `intent` is create, modify, review, ask or other."""

    __slots__ = ()
    matches: tuple[Match, ...]
    intent: str
    entity: str | None
    layer: str | None
    next_call: NextCall | None
    notices: tuple[str, ...]
