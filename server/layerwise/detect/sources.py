"""Where code comes from: a file, a notebook, the fences of a prompt, the new side of a diff."""

import json
from typing import Any

from layerwise.detect.chunks import parse_chunks
from layerwise.detect.context import Context, Evidence
from layerwise.detect.diffs import Line, read_hunks
from layerwise.detect.hints import Hints
from layerwise.detect.paths import classify, is_silent
from layerwise.detect.shapes import find_shapes
from layerwise.detect.snippet import Snippet

MAX_TEXT = 50_000
_QUOTE = 160
_PYTHON = ("", "py", "python", "python3", "pycon", "ipython")

Shapes = dict[str, list[Evidence]]


def read_snippets(context: Context, fenced: list[tuple[str, int, int]]) -> list[Snippet]:
    """The Python code in `context`: between the fences of the prompt, as code, and in the hunks of the diff."""
    found = [
        Snippet("prompt", "", _split(context.prompt[start:end], start))
        for language, start, end in fenced
        if language in _PYTHON
    ]
    if context.code and _is_python(context.path):
        code = context.code[:MAX_TEXT]
        lines = _split_notebook(code) if code.lstrip().startswith("{") and '"cells"' in code else _split(code, 0)
        found.append(Snippet("code", context.path, lines))
    hunks = [(hunk.path or context.path, hunk.lines) for hunk in read_hunks(context.diff[:MAX_TEXT])]
    return found + [Snippet("diff", path, lines) for path, lines in hunks if _is_python(path)]


def find_evidence(snippets: list[Snippet], triggers: dict[str, Any]) -> Shapes:
    """The evidence that code gives, for each trigger."""
    found: Shapes = {}
    silent: dict[str, bool] = {}
    for snippet in snippets:
        hints = Hints(snippet, triggers)
        if hints.is_silent:
            continue
        path = snippet.path
        if path not in silent:
            silent[path] = is_silent(path, classify(path, triggers["paths"]), triggers)
        if silent[path]:
            continue
        for trigger, number in find_shapes(parse_chunks(snippet.texts, hints.matters), hints, triggers):
            line = snippet.lines[number]
            text = line.text.strip()[:_QUOTE]
            start = line.start + len(line.text) - len(line.text.lstrip())
            found.setdefault(trigger, []).append(Evidence(snippet.source, start, start + len(text), text))
    return found


def _split(text: str, offset: int) -> list[Line]:
    lines = []
    for text_line in text.split("\n"):
        lines.append(Line(text_line, added=True, start=offset))
        offset += len(text_line) + 1
    return lines


def _split_notebook(code: str) -> list[Line]:
    """The lines of a notebook's code cells; each starts where its JSON string stands in the file."""
    try:
        cells = json.loads(code)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _split(code, 0)
    lines = []
    at = 0
    for source in sources:
        for text in ("".join(source) if isinstance(source, list) else str(source)).split("\n"):
            quoted = json.dumps(text, ensure_ascii=False)[1:-1]
            place = code.find(quoted, at)
            at = place if place >= 0 else at
            lines.append(Line(text if quoted == text else quoted, added=True, start=at))
    return lines


def _is_python(path: str) -> bool:
    name = path.rpartition("/")[2]
    return "." not in name or name.lower().endswith((".py", ".pyi", ".ipynb"))
