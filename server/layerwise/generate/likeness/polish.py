"""Polish: new code as the project's own formatter leaves it, by the project's own configuration."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from layerwise.project.versions import read_table

_LENGTHS = (79, 88, 99, 100, 110, 120, 140)
_SECONDS = 30


@dataclass(frozen=True)
class Polish:
    """How a project under `root` is formatted; `samples` are texts of its own that show it where no file
    says so, `packages` its own top-level packages."""

    root: Path
    samples: tuple[str, ...]
    packages: tuple[str, ...]

    def format_new(self, path: str, text: str) -> str:
        """A new file: imports that nothing uses taken out, the rest sorted and laid out."""
        sorts = ["check", "--select", "I,F401", "--fix-only", "--quiet", "--exit-zero"]
        return self.format(path, self._requote(path, "", self._run(path, text, [*sorts, *self._first_party])))

    def format_edited(self, path: str, before: str, after: str) -> str:
        """An edited file, laid out only where the file was before, so that nothing else in it moves."""
        if after == before or self.format(path, before) != before:
            return after
        after = self._requote(path, before, after)
        sorts = ["check", "--select", "I", "--fix-only", "--quiet", "--exit-zero"]
        if self._run(path, before, sorts) == before:
            after = self._run(path, after, [*sorts, *self._first_party])
        return self.format(path, after)

    def format(self, path: str, text: str) -> str:
        """A text as the project's formatter leaves it; itself where that cannot be run."""
        if self.tool(path) == "black":
            return self._black(path, text)
        return self._run(path, text, ["format", "--quiet"])

    def tool(self, path: str) -> str:
        """The formatter that is configured for a file: ruff, black, or none."""
        for folder in (self.root / path).parents:
            if (folder / "ruff.toml").is_file() or (folder / ".ruff.toml").is_file():
                return "ruff"
            tools = read_table(folder / "pyproject.toml", "tool")
            if "ruff" in tools and ("black" not in tools or "format" in tools["ruff"]):
                return "ruff"
            if "black" in tools:
                return "black"
            if folder == self.root:
                break
        return ""

    @cached_property
    def _first_party(self) -> list[str]:
        """Has modules that are not there yet sorted as the project's own, where its code sorts its own so."""
        named = ", ".join(f'"{name}"' for name in self.packages)
        option = ["--config", f"lint.isort.known-first-party = [{named}]"]
        sorts = ["check", "--select", "I", "--fix-only", "--quiet", "--exit-zero", *option]
        return option if all(self._run("sample.py", text, sorts) == text for text in self.samples[:3]) else []

    @cached_property
    def _guessed(self) -> tuple[int, str]:
        """Line length and quotes as the project's own code shows them."""
        longest = max((len(line) for text in self.samples for line in text.splitlines()), default=88)
        marks = Counter(
            found for text in self.samples for found in re.findall(r"['\"]", re.sub(r'"""|\'\'\'', "", text))
        )
        length = next((size for size in _LENGTHS if size >= longest), 120)
        return max(length, 88), "single" if marks["'"] > marks['"'] else "double"

    def _requote(self, path: str, before: str, after: str) -> str:
        """New strings in the project's quotes where black is told to leave quotes as they are."""
        kept = self.tool(path) == "black" and self._black_options(path).get("skip-string-normalization", False)
        return requote(before, after) if kept and self._guessed[1] == "single" else after

    def _black(self, path: str, text: str) -> str:
        import black

        options = self._black_options(path)
        mode = black.Mode(
            line_length=int(options.get("line-length", 88)),
            string_normalization=not options.get("skip-string-normalization", False),
            magic_trailing_comma=not options.get("skip-magic-trailing-comma", False),
        )
        try:
            return black.format_str(text, mode=mode) if text.strip() else text
        except ValueError:
            return text

    def _black_options(self, path: str) -> Mapping[str, Any]:
        tables = (read_table(folder / "pyproject.toml", "tool", "black") for folder in (self.root / path).parents)
        return next(filter(None, tables), {})

    def _run(self, path: str, text: str, arguments: list[str]) -> str:
        program = find_ruff()
        if not program or not text.strip():
            return text
        if not self.tool(path):
            length, quotes = self._guessed
            arguments = [*arguments, "--isolated", "--line-length", str(length)]
            arguments += ["--config", f'format.quote-style = "{quotes}"'] if "format" in arguments else []
        elif self.tool(path) == "black":
            length = read_table(self.root / "pyproject.toml", "tool", "black").get("line-length", 88)
            arguments = [*arguments, "--line-length", str(length)]
        done = subprocess.run(
            [program, *arguments, "--no-cache", "--force-exclude", "--stdin-filename", path, "-"],
            cwd=self.root,
            input=text.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return done.stdout.decode() if done.returncode == 0 and done.stdout else text


def requote(before: str, after: str) -> str:
    """A text with single quotes around the strings that `before` has not; f-strings stay, and what needs escapes."""
    import libcst as cst

    class Requoter(cst.CSTTransformer):
        def visit_FormattedString(self, node: cst.FormattedString) -> bool:
            return False

        def leave_SimpleString(
            self, original_node: cst.SimpleString, updated_node: cst.SimpleString
        ) -> cst.SimpleString:
            value = updated_node.value
            inner = value[1:-1]
            plain = value[0] == '"' != value[1:2] and not {"'", '"', "\\"} & set(inner)
            return updated_node.with_changes(value=f"'{inner}'") if plain and value not in before else updated_node

    return cst.parse_module(after).visit(Requoter()).code


def find_ruff() -> str:
    """The ruff program that came with Layerwise, else one on the path; empty where there is none."""
    beside = Path(sys.executable).parent / ("ruff.exe" if sys.platform == "win32" else "ruff")
    return str(beside) if beside.is_file() else shutil.which("ruff") or ""
