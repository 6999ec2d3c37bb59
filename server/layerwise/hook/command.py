"""`layerwise hook`: answer a host's event. Imports little, for it runs on every prompt, and never breaks a session."""

# pathlib and typing would each add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH109

import gc
import json
import os
import sys

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.hook.forms import MOMENTS, Event, Form, find_form, is_repeat, send_back, show_context, tell_user
from layerwise.hook.mode import read_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

_BOM = b"\xef\xbb\xbf"
_MOST_BYTES = 8_000_000


def main(arguments: list[str]) -> "NoReturn":
    """Answer the event on standard input in the host's format, or say nothing; a fault goes to the log.

    Ends the process with code 0 whatever happens, for any other code could stop the host.
    """
    # Collecting garbage, and tearing down the interpreter at the end, cost a tenth of what a prompt waits.
    gc.disable()
    try:
        moment, host = _read_arguments(arguments)
        if answer := _answer(moment, find_form(host)):
            os.write(1, json.dumps(answer, ensure_ascii=True).encode() + b"\n")
    except BaseException as error:
        from layerwise.hook.log import note

        note(f"hook {' '.join(arguments)[:80]}", error)
    finally:
        os._exit(0)


def _read_arguments(arguments: list[str]) -> tuple[str, str]:
    """The moment and the host of `MOMENT --host HOST`."""
    match arguments:
        case [moment, "--host", host] | ["--host", host, moment]:
            pass
        case [moment]:
            host = "claude-code"
        case _:
            raise InvalidInputError(f"hook takes {' | '.join(MOMENTS)} and --host HOST, not {len(arguments)} words.")
    if moment not in MOMENTS:
        raise UnknownNameError("moment of a hook", moment, MOMENTS)
    return moment, host


def _answer(moment: str, form: Form) -> Event | None:
    event = _read_event()
    root = _find_root(event, form, os.environ)
    mode = read_mode(root)
    if mode == "off" or (moment == "stop" and is_repeat(event)):
        return None
    answer = _answer_prompt if moment == "prompt" else _answer_change
    text = answer(moment, event, root, mode)
    if not text:
        return None
    if moment == "stop":
        return send_back(form, text) if mode == "auto" else tell_user(form, text)
    return show_context(form, moment, text)


def _answer_prompt(_: str, event: Event, root: str, mode: str) -> str:
    from layerwise.hook.prompt import answer_prompt

    prompt = event.get("prompt")
    if not isinstance(prompt, str):
        raise InvalidInputError(f"the event's prompt must be text, not {type(prompt).__name__}.")
    return answer_prompt(prompt, root, mode)


def _answer_change(moment: str, event: Event, root: str, mode: str) -> str:
    gc.enable()
    from pathlib import Path

    from layerwise.hook.reviews import answer_edit, answer_stop

    return answer_edit(event, Path(root), mode) if moment == "edit" else answer_stop(Path(root), mode)


def _read_event() -> Event:
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InvalidInputError(f"the event is larger than {_MOST_BYTES:,} bytes.")
    event = json.loads(data.removeprefix(_BOM).decode())
    if not isinstance(event, dict):
        raise InvalidInputError(f"the event must be a JSON object, not {type(event).__name__}.")
    return event


def _find_root(event: Event, form: Form, environ: "Mapping[str, str]") -> str:
    """The project's folder: as the user or the host says, else where the host works."""
    named = [environ.get(name) for name in ("LAYERWISE_PROJECT_DIR", form.root) if name]
    folders = event.get("workspace_roots")
    listed = folders[:1] if isinstance(folders, list) else []
    for folder in (*named, *listed, event.get("cwd")):
        if folder and isinstance(folder, str):
            return folder
    return os.getcwd()
