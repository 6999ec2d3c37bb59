"""The command: parse, call a job, print.

Exit codes: 0 done or clean, 1 findings or a blocked change, 2 could not run.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerwise.cli import setup, skills
from layerwise.cli.input import read_file, read_input
from layerwise.cli.parser import build_parser
from layerwise.cli.review import review
from layerwise.cli.start import open_jobs
from layerwise.cli.templates import templates
from layerwise.cli.terminal import print_answer, print_error, print_progress
from layerwise.errors import InvalidInputError, LayerwiseError, UnknownNameError, shorten
from layerwise.roots import find_roots

if TYPE_CHECKING:
    from layerwise.jobs import Answer

DONE, FOUND, FAILED = 0, 1, 2
SETTINGS = ("exemplar", "login")


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    parsed = build_parser().parse_args(arguments)
    try:
        return _COMMANDS[parsed.command](parsed)
    except LayerwiseError as error:
        print_error(str(error))
        return FAILED
    except BrokenPipeError:
        return DONE
    except KeyboardInterrupt:
        print_error("interrupted; nothing was left half done.")
        return FAILED


def _print(parsed: argparse.Namespace, answer: "Answer") -> None:
    print_answer(answer.data, answer.text, as_json=parsed.json)


def _guide(parsed: argparse.Namespace) -> int:
    jobs = open_jobs(parsed.root)
    query = " ".join(parsed.query)
    topics = [query] if jobs.is_topic(query) else []
    question = "" if topics else query
    _print(parsed, jobs.guide(topics=topics, triggers=parsed.trigger, question=question, max_tokens=parsed.max_tokens))
    return DONE


def _inspect(parsed: argparse.Namespace) -> int:
    _print(parsed, open_jobs(parsed.root).inspect(section=parsed.section))
    return DONE


def _generate(parsed: argparse.Namespace) -> int:
    request = " ".join(parsed.request)
    named = bool(parsed.fields) or (request.isidentifier() and not request.islower())
    return _offer(
        parsed,
        request="" if named else request,
        name=request if named else "",
        fields=parsed.fields,
        spec=_read_spec(parsed.spec) if parsed.spec else {},
        settings=_read_settings(parsed.settings),
    )


def _remove(parsed: argparse.Namespace) -> int:
    words = ["remove", parsed.name, *parsed.fields, *(["--force"] if parsed.force else [])]
    return _offer(parsed, request=" ".join(words))


def _offer(parsed: argparse.Namespace, **wish: Any) -> int:
    """Show what the wish would change, and write it where that was asked for."""
    jobs = open_jobs(parsed.root, new=True)
    preview = jobs.generate(**wish, verify=parsed.verify, diff=parsed.diff, progress=print_progress)
    if preview.data["issues"] or not parsed.apply or not preview.data["files"]:
        _print(parsed, preview)
        return FOUND if preview.data["issues"] else DONE
    served = jobs.apply(preview.data["id"]).data["served"]
    back = f" --root {parsed.root}" if parsed.root else ""
    told = f"{served}\n" if served else ""
    text = f"{preview.text.replace('nothing written yet', 'written')}{told}Take it back with: layerwise undo{back}\n"
    print_answer({**preview.data, "applied": True, "served": served}, text, as_json=parsed.json)
    return DONE


def _apply(parsed: argparse.Namespace) -> int:
    _print(parsed, open_jobs(parsed.root).apply(parsed.id))
    return DONE


def _undo(parsed: argparse.Namespace) -> int:
    _print(parsed, open_jobs(parsed.root).undo(parsed.id))
    return DONE


def _serve(parsed: argparse.Namespace) -> int:
    from layerwise.app import serve

    if parsed.allow_host and not parsed.http:
        raise InvalidInputError("--allow-host is for --http; over stdio nobody names a host.")
    serve(find_roots(parsed.root), parsed.http, parsed.allow_host, team_rules=parsed.team_rules)
    return DONE


def _rules(parsed: argparse.Namespace) -> int:
    jobs = open_jobs(parsed.root)
    if not parsed.check:
        _print(parsed, jobs.rules())
        return DONE
    checked = jobs.check_rules()
    _print(parsed, checked)
    return DONE if checked.data["holds"] else FOUND


def _explain(parsed: argparse.Namespace) -> int:
    _print(parsed, open_jobs(parsed.root).explain(parsed.name))
    return DONE


def _read_settings(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not value:
            raise InvalidInputError(f"--set takes key=value, such as exemplar=Item, not {shorten(pair)!r}.")
        if key not in SETTINGS:
            raise UnknownNameError("setting", key, SETTINGS)
        settings[key] = value
    return settings


def _read_spec(name: str) -> dict[str, object]:
    import yaml

    text = read_input() if name == "-" else read_file(Path(name))
    try:
        spec = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInputError(f"{name} is neither JSON nor YAML: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(spec, dict):
        raise InvalidInputError(f"{name} must hold one object with name and fields, not {type(spec).__name__}.")
    return spec


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "guide": _guide,
    "inspect": _inspect,
    "generate": _generate,
    "remove": _remove,
    "review": review,
    "apply": _apply,
    "undo": _undo,
    "serve": _serve,
    "install": setup.install,
    "uninstall": setup.uninstall,
    "package": setup.package,
    "skills": skills.run,
    "rules": _rules,
    "templates": templates,
    "explain": _explain,
}
