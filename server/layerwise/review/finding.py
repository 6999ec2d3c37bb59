"""Finding, Fix and Edit: what a review says about the code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Confidence = Literal["high", "medium", "low"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the characters `start` to `end` (exclusive) of the text of `path` with `text`."""

    path: str
    start: int
    end: int
    text: str

    def as_dict(self) -> dict[str, Any]:
        return {"path": self.path, "start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that remove a finding. `safe` promises that behaviour changes only where it was wrong, for `reason`."""

    edits: tuple[Edit, ...]
    safe: bool
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {"safe": self.safe, "reason": self.reason, "edits": [edit.as_dict() for edit in self.edits]}


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of the way that led to a finding: a call, a definition, a relationship."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One occurrence of a rule. `fingerprint` holds no line number, so it survives edits elsewhere in the file."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    path: str
    span: Span
    message: str
    why: str
    statements: tuple[str, ...] = ()
    trace: tuple[Step, ...] = ()
    fix: Fix | None = None
    fingerprint: str = ""

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def order(self) -> tuple[int, str, int, int, str]:
        """The most severe first, then as the files read."""
        return SEVERITIES.index(self.severity), self.path, self.span.line, self.span.column, self.code

    def as_dict(self) -> Mapping[str, Any]:
        """The finding as the JSON contract has it."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": self.severity,
            "confidence": self.confidence,
            "path": self.path,
            "line": self.span.line,
            "column": self.span.column,
            "end_line": self.span.end_line,
            "end_column": self.span.end_column,
            "message": self.message,
            "why": self.why,
            "statements": list(self.statements),
            "trace": [{"path": step.path, "line": step.line, "text": step.text} for step in self.trace],
            "fix": self.fix.as_dict() if self.fix else None,
            "fingerprint": self.fingerprint,
        }
