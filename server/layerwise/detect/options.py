"""The parser of `layerwise detect`, for help and for what the quick reading does not understand."""

import argparse
from typing import NoReturn

from layerwise.errors import nearest, shorten

_EPILOG = """examples:
  layerwise detect --prompt "add an endpoint to cancel an order"
  git diff | layerwise detect --diff - --json
  layerwise detect --jsonl prompts.jsonl

exit codes: 0 answered, whether or not a trigger fires; 2 could not run, or a row of --jsonl was malformed"""


def build_parser(options: dict[str, tuple[str, str]]) -> argparse.ArgumentParser:
    """The parser for `options`: name to (metavar, help)."""
    parser = _Parser(
        prog="layerwise detect",
        description="Which triggers a prompt, code, diff or path fires, with the evidence.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name, (metavar, text) in options.items():
        parser.add_argument(f"--{name}", metavar=metavar, default="", help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _, _, rest = message.partition("unrecognized arguments: ")
        match = nearest(rest.split()[0], self._option_string_actions) if rest.split() else None
        hint = f" Did you mean {match!r}?" if match else ""
        self.exit(2, f"{self.prog}: {shorten(message, 500)}.{hint} See `{self.prog} --help`.\n")
