"""`layerwise detect`: which triggers a prompt, code, diff or path fires. Imports little: it runs on every prompt."""

from __future__ import annotations

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH123
import json
import os
import sys
from collections import namedtuple

from layerwise.detect.answer import as_dict, as_text
from layerwise.detect.context import Context
from layerwise.detect.engine import match
from layerwise.errors import InvalidInputError, LayerwiseError, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, NoReturn

_PARTS = ("prompt", "code", "diff", "path")
_ROW_KEYS = ("id", *_PARTS)
_HELP = {
    "prompt": ("TEXT", "the user's words"),
    "code": ("FILE", "Python source, may be half typed; - for standard input"),
    "diff": ("FILE", "unified diff; - for standard input"),
    "path": ("PATH", "the file it is about"),
    "root": ("DIR", "the project's folder, to see what it depends on"),
    "jsonl": ("FILE", "rows {id, prompt, code, diff, path}, one answer a line; - for standard input"),
}


class Options(namedtuple("Options", "prompt code diff path root jsonl json", defaults=(*[""] * 6, False))):
    """What the command line asks for."""

    __slots__ = ()
    prompt: str
    code: str
    diff: str
    path: str
    root: str
    jsonl: str
    json: bool


def run(argv: list[str]) -> NoReturn:
    """Run the command with `argv`, and end the process: tearing down the interpreter would take a tenth of its time."""
    try:
        code = main(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads the answers has seen enough
        code = 0
    sys.stderr.flush()
    os._exit(code)


def main(argv: list[str]) -> int:
    """Run the command with `argv`; returns its exit code."""
    options = _read_plain(argv) or _read_any(argv)
    try:
        if options.jsonl:
            if any(getattr(options, name) for name in _PARTS):
                raise InvalidInputError("--jsonl reads its own rows; leave out --prompt, --code, --diff and --path.")
            return _answer_rows(options.jsonl, options.root)
        _answer_one(options)
    except LayerwiseError as error:
        print(f"layerwise detect: {error}", file=sys.stderr)
        return 2
    return 0


def _read_plain(argv: list[str]) -> Options | None:
    """The options when each is spelled `--name VALUE` and known; None for all else, which argparse then explains."""
    values: dict[str, Any] = {}
    words = iter(argv)
    for word in words:
        if word == "--json":
            values["json"] = True
        elif word[:2] == "--" and word[2:] in _HELP:
            value = next(words, "--")
            if value[:2] == "--":
                return None
            values[word[2:]] = value
        else:
            return None
    return Options(**values)


def _read_any(argv: list[str]) -> Options:
    from layerwise.detect.options import build_parser

    return Options(**vars(build_parser(_HELP).parse_args(argv)))


def _answer_one(options: Options) -> None:
    if options.code == options.diff == "-":
        raise InvalidInputError("--code - and --diff - cannot both read standard input; name a file for one of them.")
    context = Context(
        prompt=options.prompt, code=_read(options.code), diff=_read(options.diff), path=options.path, root=options.root
    )
    if not any(context[:4]):
        raise InvalidInputError("nothing to look at; give --prompt, --code, --diff, --path or --jsonl.")
    found = match(context)
    _write(json.dumps(as_dict(found), ensure_ascii=False) if options.json else as_text(found))


def _answer_rows(source: str, root: str) -> int:
    code = 0
    with _open(source) as rows:
        for line in rows:
            if not line.strip():
                continue
            answer, good = _answer_row(line, root)
            code = code if good else 2
            _write(json.dumps(answer, ensure_ascii=False))
    return code


def _answer_row(line: bytes, root: str) -> tuple[dict[str, Any], bool]:
    row: Any = None
    try:
        row = _parse_row(line)
        parts = {name: row[name] for name in _PARTS if row.get(name) is not None}
        found = as_dict(match(Context(**parts, root=root)))
    except LayerwiseError as error:
        named = {"id": row["id"]} if isinstance(row, dict) and "id" in row else {}
        return {**named, "error": str(error)}, False
    return {"id": row.get("id"), "triggers": found["triggers"], "intent": found["intent"]}, True


def _parse_row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"the row is not UTF-8 (byte {error.start}).") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"the row is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise InvalidInputError(f"the row must be a JSON object with {', '.join(_ROW_KEYS)}.")
    return row


def _read(source: str) -> str:
    if not source:
        return ""
    with _open(source) as file:
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{shorten(source)} is not UTF-8 (byte {error.start}); convert it first.") from error


def _open(source: str) -> BinaryIO:
    if source == "-":
        return sys.stdin.buffer
    try:
        return open(source, "rb")
    except OSError as error:
        raise InvalidInputError(f"{shorten(source)} cannot be read: {error.strerror}; give a file or -.") from error


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
