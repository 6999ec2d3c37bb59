"""Change and ChangeSet: what would be written, as one value that can be shown, applied or thrown away."""

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Op = Literal["create", "modify", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One file's bytes before and after; None where the file does not exist. `path` is POSIX, relative to the root."""

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def op(self) -> Op:
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "modify"

    def diff(self) -> str:
        """The unified diff of this change; a note instead for bytes that are not UTF-8."""
        try:
            before, after = (
                (side or b"").decode("utf-8").splitlines(keepends=True) for side in (self.before, self.after)
            )
        except UnicodeDecodeError:
            return f"Binary file {self.path}: {self.op}\n"
        source = f"a/{self.path}" if self.before is not None else "/dev/null"
        target = f"b/{self.path}" if self.after is not None else "/dev/null"
        lines = difflib.unified_diff(before, after, source, target)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Changes under one root, with what the reader must know.

    `issues` block applying, `warnings` ask for a look, `notices` tell, `next_steps` say what to do after applying.
    `evidence` holds what was proved about the result, JSON-ready. `record` is kept with the applied change for the
    manifest (the spec, the blueprint and its version), JSON-ready.
    """

    root: Path
    changes: tuple[Change, ...]
    issues: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Twelve hex digits that depend on the changes alone: the same input gives the same id."""
        digest = hashlib.sha256()
        for change in sorted(self.changes, key=lambda change: change.path):
            sides = [
                hashlib.sha256(side).hexdigest() if side is not None else None for side in (change.before, change.after)
            ]
            digest.update(json.dumps([change.path, *sides]).encode())
        return digest.hexdigest()[:12]

    def diff(self) -> str:
        """The unified diff of all changes, in their order."""
        return "".join(change.diff() for change in self.changes)
