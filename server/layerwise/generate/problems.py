"""Problem and SpecError: everything that is wrong with a wish, said at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerwise.errors import LayerwiseError, shorten

_SHOWN = 20
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `path` leads to it (`fields[2].type`), `position` is its offset in characters in `source`, the text that it was
    read from (None where it came as an object). `allowed` lists what would do, `suggestion` is the nearest of it.
    """

    path: str
    code: str
    message: str
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None
    position: int | None = None
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """The problem as the doors give it."""
        return {
            "path": self.path,
            "position": self.position,
            "code": self.code,
            "message": self.message,
            "allowed": list(self.allowed),
            "suggestion": self.suggestion,
        }


class SpecError(LayerwiseError):
    """A wish that cannot be read as a Spec; `errors` holds every problem, the text shows them with a caret."""

    def __init__(self, errors: Sequence[Problem]) -> None:
        self.errors = tuple(errors)
        count = len(self.errors)
        lines = [f"The spec has {count} problem{'s' if count != 1 else ''}:"]
        for problem in self.errors[:_SHOWN]:
            lines += _describe(problem)
        if count > _SHOWN:
            lines.append(f"… and {count - _SHOWN} more.")
        super().__init__("\n".join(lines))


class MissingFieldsError(SpecError):
    """An entity is named but not what it holds; `proposal` is a spec that the user may accept by passing it."""

    def __init__(self, entity: str, proposal: str) -> None:
        self.entity = entity
        self.proposal = proposal
        message = (
            f"the fields of {entity} are not known and are not invented; name them, or accept this proposal by passing"
            f" it: {proposal}"
        )
        super().__init__([Problem("fields", "fields_missing", message, suggestion=proposal)])


def _describe(problem: Problem) -> list[str]:
    parts = [f"- {problem.path}: {problem.message}"]
    if problem.suggestion and f": {problem.suggestion}" not in problem.message:
        parts.append(f"Did you mean {shorten(problem.suggestion)!r}?")
    if problem.allowed:
        listed = ", ".join(problem.allowed[:45])
        parts.append(f"Allowed: {listed}{', …' if len(problem.allowed) > 45 else ''}.")
    text = " ".join([f"{parts[0]}.", *parts[1:]]) if len(parts) > 1 else parts[0]
    return [text, *_point(problem)]


def _point(problem: Problem) -> list[str]:
    """The line that holds the problem, and below it a caret."""
    if problem.position is None or not problem.source:
        return []
    start = problem.source.rfind("\n", 0, problem.position) + 1
    end = problem.source.find("\n", problem.position)
    line = problem.source[start : end if end >= 0 else len(problem.source)]
    column = problem.position - start
    first = max(0, column - _WIDTH // 2)
    shown = line[first : first + _WIDTH]
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in shown)
    return [f"    {printable}", f"    {' ' * (column - first)}^"]
