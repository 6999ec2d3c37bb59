"""The command line: its commands, options and help texts."""

import argparse
import re
from typing import Any, NoReturn

from layerwise import __version__
from layerwise.cli.review import FORMATS
from layerwise.cli.templates import ACTIONS
from layerwise.errors import nearest

COMMANDS = {
    "detect": "which triggers a prompt, code, diff or path fires",
    "guide": "the patterns that apply, within a token budget",
    "inspect": "what a backend already has: routes, models, layers, conventions",
    "generate": "preview or write a resource, a layer or a whole backend, or grow a resource",
    "remove": "take a generated resource, or fields of it, out again",
    "review": "find what breaks the rules, and fix it",
    "apply": "write a previewed change set",
    "undo": "take back what was applied",
    "serve": "speak MCP over stdio or HTTP",
    "install": "set Layerwise up in an assistant, its hooks and instructions too",
    "uninstall": "take out what install put in",
    "hook": "answer an assistant's hook: its event on standard input, ours on standard output",
    "package": "build the plugin, bundle and registry files that are published",
    "skills": "write skills of your own: begin one, check one, list what is served",
    "templates": "see, copy and check the templates that your team has of its own",
    "rules": "list the review rules",
    "explain": "explain one rule or one topic",
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors name the nearest option or command."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; an unknown argument is an error here already, where its neighbours are known."""
        parsed, extras = super().parse_known_args(args, namespace)
        if extras:
            self.error(f"unrecognized arguments: {' '.join(extras)}")
        return parsed, extras

    def error(self, message: str) -> NoReturn:
        """Print what was wrong, the nearest allowed word and how to get help; exit with 2."""
        hint = ""
        if found := re.search(r"(?:unrecognized arguments: |invalid choice: ')([^' ]+)", message):
            known = [*COMMANDS, *self._option_string_actions]
            if match := nearest(found[1], known):
                hint = f" Did you mean {match!r}?"
        self.exit(2, f"{self.prog}: {message[:2000]}.{hint} See `{self.prog} --help`.\n")


def build_parser() -> Parser:
    """The parser of the whole command, except `detect`, which parses for itself."""
    parser = Parser(
        prog="layerwise",
        description="Detect, guide, generate and review layered Python backends (FastAPI, SQLAlchemy 2, Pydantic v2).",
        epilog='Start here: layerwise generate "create a UserService" --root demo --apply',
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"layerwise {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    commands.add_parser("detect", help=COMMANDS["detect"], add_help=False)
    _add_guide(commands)
    _add_inspect(commands)
    _add_generate(commands)
    _add_review(commands)
    _add_changes(commands)
    _add_serve(commands)
    _add_setup(commands)
    _add_skills(commands)
    _add_templates(commands)
    _add_rules(commands)
    return parser


def _add_command(commands: Any, name: str, *examples: str, root: bool = True) -> Parser:
    parser: Parser = commands.add_parser(
        name,
        help=COMMANDS[name],
        description=f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.",
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if root:
        parser.add_argument("--root", metavar="DIR", default="", help="the project's folder (default: this folder)")
    if name != "serve":
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


def _add_guide(commands: Any) -> None:
    parser = _add_command(
        commands,
        "guide",
        "layerwise guide",
        "layerwise guide sessions",
        'layerwise guide "why does PATCH set my columns to null?"',
        "layerwise guide --trigger route --max-tokens 800",
    )
    parser.add_argument("query", nargs="*", metavar="TOPIC|QUESTION", help="a topic's name, or a question in words")
    parser.add_argument("--trigger", action="append", default=[], metavar="NAME", help="route, model, async or schema")
    parser.add_argument("--max-tokens", type=int, default=1500, metavar="N", help="budget of the answer (default 1500)")


def _add_inspect(commands: Any) -> None:
    parser = _add_command(commands, "inspect", "layerwise inspect", "layerwise inspect --section routes --json")
    parser.add_argument("--section", default="summary", metavar="NAME", help="summary, routes, models, layers, …")


def _add_generate(commands: Any) -> None:
    parser = _add_command(
        commands,
        "generate",
        'layerwise generate "create a UserService" --root demo --apply',
        'layerwise generate Order --fields "number:str(20)! unique, total:money"',
        "layerwise generate --spec order.json --verify full",
        'layerwise generate field Order "note:text?, weight:int=0"',
        'layerwise generate relation Order "customer:ref(Customer)?"',
        'layerwise generate filter Order "total sortable, note search"',
        "layerwise generate endpoint Order delete",
    )
    parser.add_argument("request", nargs="*", metavar="REQUEST|RESOURCE", help="words, or a class name")
    parser.add_argument("--fields", default="", metavar="SPEC", help="fields such as 'email:email! unique, age:int?'")
    parser.add_argument("--spec", default="", metavar="FILE", help="a spec as JSON or YAML; - reads standard input")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="exemplar=NAME: the resource of your project that the new one follows; login=no: a new backend has none",
    )
    remove = _add_command(commands, "remove", "layerwise remove Order --apply", "layerwise remove Order note weight")
    remove.add_argument("name", metavar="RESOURCE", help="the class name of a resource that Layerwise generated")
    remove.add_argument("fields", nargs="*", metavar="FIELD", help="only these fields and relations of it")
    remove.add_argument("--force", action="store_true", help="files that were edited go too")
    for command in (parser, remove):
        command.add_argument("--apply", action="store_true", help="write it; without this it is only a preview")
        command.add_argument(
            "--verify", choices=["quick", "full"], default="quick", help="full also runs migrations, tests"
        )
        command.add_argument("--diff", action="store_true", help="print the whole diff of the preview")


def _add_review(commands: Any) -> None:
    parser = _add_command(
        commands,
        "review",
        "layerwise review",
        "layerwise review app/services --json",
        "layerwise review --diff",
        "layerwise review --since origin/main --format github",
        "git diff | layerwise review -",
        "layerwise review app --fix",
        "layerwise review --baseline",
    )
    parser.epilog = f"{parser.epilog}\n\nexit codes: 0 clean, 1 findings, 2 could not run or not everything"
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; - reads code or a diff from stdin")
    changed = parser.add_mutually_exclusive_group()
    changed.add_argument("--diff", nargs="?", const="HEAD", metavar="REV", help="only lines changed since REV (HEAD)")
    changed.add_argument("--since", metavar="REV", help="only lines changed since this branch left REV")
    parser.add_argument("--fix", action="store_true", help="apply the safe fixes; `layerwise undo` takes them back")
    parser.add_argument("--unsafe-fixes", action="store_true", help="with --fix: the unsafe ones too")
    parser.add_argument("--preview", action="store_true", help="with --fix: show the diff, write nothing")
    parser.add_argument(
        "--select", action="append", default=[], metavar="RULE", help="only these: code, name or family"
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="RULE", help="not these rules")
    profiles = ["default", "strict", "security"]
    parser.add_argument(
        "--profile", choices=profiles, default="", help="strict adds noisier rules (default: the project's, or default)"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to tell (default text)")
    parser.add_argument(
        "--baseline",
        nargs="?",
        const=".layerwise/baseline.json",
        metavar="FILE",
        help="hide the findings in FILE (.layerwise/baseline.json); written when missing, and when it shrinks",
    )


def _add_changes(commands: Any) -> None:
    apply = _add_command(commands, "apply", "layerwise apply 3f9c0a1b2d4e")
    apply.add_argument("id", metavar="CHANGESET_ID", help="the id that a preview printed")
    undo = _add_command(commands, "undo", "layerwise undo", "layerwise undo 3f9c0a1b2d4e")
    undo.add_argument("id", nargs="?", default="", metavar="ID", help="which one (default: the last)")


def _add_serve(commands: Any) -> None:
    parser = _add_command(commands, "serve", "layerwise serve", "layerwise serve --http 127.0.0.1:8000", root=False)
    parser.add_argument("--root", action="append", default=[], metavar="DIR", help="a project's folder; repeatable")
    parser.add_argument("--http", default="", metavar="HOST:PORT", help="Streamable HTTP instead of stdio")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="with --http: also answer requests that name this host, such as a proxy's; repeatable",
    )
    parser.add_argument(
        "--team-rules", action="store_true", help="run the rules of the projects' own, which are code; trust them first"
    )


def _add_setup(commands: Any) -> None:
    install = _add_command(
        commands,
        "install",
        "layerwise install claude-code --hooks --agents-md",
        "layerwise install codex --user --apply",
    )
    install.add_argument("--hooks", action="store_true", help="also hooks: triggers at a prompt, findings after edits")
    install.add_argument(
        "--agents-md", action="store_true", help="also an index of the skills in AGENTS.md or its like"
    )
    uninstall = _add_command(commands, "uninstall", "layerwise uninstall claude-code --apply")
    for parser in (install, uninstall):
        parser.add_argument("host", metavar="HOST", help="claude-code, cursor, vscode, codex, zed, gemini or windsurf")
        scope = parser.add_mutually_exclusive_group()
        for name, where in (("project", "this project (default where the host can)"), ("user", "every project")):
            scope.add_argument(f"--{name}", dest="scope", action="store_const", const=name, help=f"for {where}")
    package = _add_command(commands, "package", "layerwise package dist/plugin --apply")
    package.add_argument("folder", metavar="DIR", help="the folder to build, below the root")
    for parser in (install, uninstall, package):
        parser.add_argument("--apply", action="store_true", help="write it; without this it is only a preview")
    hook = commands.add_parser(
        "hook",
        help=COMMANDS["hook"],
        description="Answer an assistant's hook.",
        epilog="example: layerwise hook prompt --host claude-code < event.json",
    )
    hook.add_argument("moment", choices=["prompt", "edit", "stop"], help="what just happened")
    hook.add_argument("--host", choices=["claude-code", "cursor", "codex", "gemini"], help="whose form to speak")


def _add_skills(commands: Any) -> None:
    parser = commands.add_parser(
        "skills",
        help=COMMANDS["skills"],
        description=f"{COMMANDS['skills'].capitalize()}.",
        epilog="examples:\n  layerwise skills new billing --apply\n  layerwise skills check .layerwise/skills/billing",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    new = actions.add_parser("new", help="begin a skill in .layerwise/skills", allow_abbrev=False)
    new.add_argument("name", metavar="NAME", help="lower-case letters, digits and single hyphens")
    new.add_argument("--apply", action="store_true", help="write it; without this it is only a preview")
    check = actions.add_parser(
        "check", help="is it well-formed, and do its triggers' examples hold", allow_abbrev=False
    )
    check.add_argument("folder", metavar="FOLDER", help="the skill's folder")
    listing = actions.add_parser("list", help="what is served, from where, and what is refused", allow_abbrev=False)
    for action in (new, listing):
        action.add_argument("--root", metavar="DIR", default="", help="the project's folder (default: this folder)")
    for action in (new, check, listing):
        action.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _add_templates(commands: Any) -> None:
    parser = _add_command(
        commands,
        "templates",
        "layerwise templates list",
        "layerwise templates eject 'resource/app/services/{snake}.py.jinja' --apply",
        "layerwise templates check",
    )
    parser.add_argument("action", choices=ACTIONS, help="eject copies templates to .layerwise/templates, to be changed")
    parser.add_argument("paths", nargs="*", metavar="TEMPLATE", help="for eject: paths as list shows them")
    parser.add_argument("--apply", action="store_true", help="with eject: write them")


def _add_rules(commands: Any) -> None:
    rules = _add_command(commands, "rules", "layerwise rules", "layerwise rules --json", "layerwise rules --check")
    rules.add_argument("--check", action="store_true", help="do the cases of your team's own rules hold")
    explain = _add_command(commands, "explain", "layerwise explain AIO001", "layerwise explain sessions")
    explain.add_argument("name", metavar="RULE|TOPIC", help="a rule's code or name, or a topic's name")
