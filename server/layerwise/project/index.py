"""Project: what is true of a tree of Python files, asked by name."""

import ast
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

from layerwise.project.cache import StoredFacts, hash_content, load_facts, save_facts, store_facts
from layerwise.project.extract import FunctionNode, extract_facts
from layerwise.project.facts import Class, Function, Outline
from layerwise.project.module import JOINT, Module, Symbol
from layerwise.project.naming import ModuleNames
from layerwise.project.tree import LARGEST_FILE, Skipped, walk_tree

_MOST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the project, as evidence."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Project:
    """The modules of a tree by path, and what their names stand for. `root` is None for texts that lie nowhere."""

    def __init__(
        self, root: Path | None, modules: Mapping[str, Module], names: ModuleNames, skipped: tuple[Skipped, ...] = ()
    ) -> None:
        self.root = root
        self.modules = modules
        self.names = names
        self.skipped = skipped
        self._resolved: dict[tuple[str, str], Symbol] = {}

    @cached_property
    def lines(self) -> int:
        """The number of lines read."""
        return sum(module.outline.lines for module in self.modules.values())

    def module_of(self, symbol: Symbol) -> Module | None:
        """The module that a symbol of the project lies in."""
        path, joint, _ = symbol.partition(JOINT)
        return self.modules.get(path) if joint else None

    def function(self, symbol: Symbol) -> Function | None:
        """The function or method that a symbol names."""
        module = self.module_of(symbol)
        return module.functions.get(symbol.partition(JOINT)[2]) if module else None

    def klass(self, symbol: Symbol) -> Class | None:
        """The class that a symbol names."""
        module = self.module_of(symbol)
        return module.classes.get(symbol.partition(JOINT)[2]) if module else None

    def node(self, symbol: Symbol) -> FunctionNode | None:
        """The syntax tree of the function that a symbol names, at its true position."""
        module = self.module_of(symbol)
        return module.node(symbol.partition(JOINT)[2]) if module else None

    def place(self, symbol: Symbol) -> Place | None:
        """Where a symbol of the project is defined."""
        module = self.module_of(symbol)
        if module is None:
            return None
        qualname = symbol.partition(JOINT)[2]
        for definitions in (module.functions, module.classes, module.variables):
            if found := definitions.get(qualname):
                return Place(module.path, found.line)
        return Place(module.path, 1)

    def resolve(self, path: str, dotted: str) -> Symbol:
        """What a dotted name stands for where the module at `path` uses it, through imports, re-exports and aliases.

        A name that nothing binds is returned as it is: a builtin, or a name that a snippet left out.
        """
        key = (path, dotted)
        if key not in self._resolved:
            self._resolved[key] = dotted
            self._resolved[key] = self._resolve(path, dotted, _MOST_HOPS)
        return self._resolved[key]

    def _resolve(self, path: str, dotted: str, hops: int) -> Symbol:
        module = self.modules[path]
        parts = dotted.split(".")
        for count in range(len(parts) if "." in dotted else 1, 1, -1):
            if (prefix := ".".join(parts[:count])) in module.imports:
                return self._descend(self._imported(path, prefix, hops), parts[count:], hops)
        found = self._lookup(path, parts[0], hops)
        return self._descend(found, parts[1:], hops) if found else dotted

    def _lookup(self, path: str, name: str, hops: int) -> Symbol:
        """What a bare name of a module stands for; empty when nothing there binds it."""
        module = self.modules[path]
        if hops <= 0:
            return ""
        if name in module.classes or name in module.functions:
            return module.symbol(name)
        if variable := module.variables.get(name):
            alias = variable.value
            if alias and alias != name and all(part.isidentifier() for part in alias.split(".")):
                target = self._resolve(path, alias, hops - 1)
                return target if JOINT in target or "." in target else module.symbol(name)
            return module.symbol(name)
        if name in module.imports:
            return self._imported(path, name, hops)
        for star in module.outline.star_imports:
            source = self._find_module(star, path)
            if source and source != path and (found := self._lookup(source, name, hops - 1)):
                return found
        return ""

    def _imported(self, path: str, name: str, hops: int) -> Symbol:
        target = self.modules[path].imports[name].target
        if found := self._find_module(target, path):
            return f"{found}{JOINT}"
        owner, _, attribute = target.rpartition(".")
        if not owner.strip(".") and target.startswith("."):
            owner += "."
        source = self._find_module(owner, path) if owner else None
        if source is None:
            return target
        if source == path:
            return ""
        return self._lookup(source, attribute, hops - 1) or f"{source}{JOINT}{attribute}"

    def _find_module(self, target: str, importer: str) -> str | None:
        if target.startswith("."):
            return self.names.find_relative(target, importer)
        return self.names.find(target, importer)

    def _descend(self, symbol: Symbol, parts: list[str], hops: int) -> Symbol:
        """Follow attributes from a module or class of the project, or from a name outside it."""
        for part in parts:
            if JOINT not in symbol:
                symbol = f"{symbol}.{part}"
                continue
            path, _, qualname = symbol.partition(JOINT)
            if qualname:
                symbol = f"{symbol}.{part}"
            else:
                below = self._submodule(path, part)
                symbol = self._lookup(path, part, hops - 1) or (f"{below}{JOINT}" if below else f"{symbol}{part}")
        return symbol

    def _submodule(self, path: str, name: str) -> str | None:
        folder, _, file = path.rpartition("/")
        start = f"{folder}/{name}" if folder else name
        candidates = (f"{start}.py", f"{start}/__init__.py") if file == "__init__.py" else ()
        return next((candidate for candidate in candidates if candidate in self.modules), None)


def read_project(root: Path, *, cache: bool = True) -> Project:
    """The project below `root`; facts of unchanged files come from the user's cache folder unless `cache` is false.

    Raises InvalidInputError when `root` is not a folder that can be read.
    """
    tree = walk_tree(root)
    known = load_facts(root) if cache else {}
    facts: dict[str, StoredFacts] = {}
    outlines: dict[str, Outline] = {}
    skipped = list(tree.skipped)
    used: dict[str, StoredFacts] = {}
    for path in tree.files:
        read = _read_file(root / path, path, known)
        if isinstance(read, Skipped):
            skipped.append(read)
        else:
            key, facts[path], outlines[path] = read
            used[key] = facts[path]
    if cache and used.keys() - known.keys():
        save_facts(root, used)
    return _assemble(root, facts, outlines, lambda path: _read_text(root / path), tuple(skipped))


def build_project(texts: Mapping[str, str], trees: Mapping[str, ast.Module] | None = None) -> Project:
    """The project that consists of `texts` by POSIX path; `trees` spares parsing them again."""
    facts: dict[str, StoredFacts] = {}
    outlines: dict[str, Outline] = {}
    skipped = []
    for path, text in texts.items():
        try:
            found = extract_facts(text, (trees or {}).get(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            skipped.append(Skipped(path, _say(error)))
        else:
            facts[path], outlines[path] = store_facts(found), found.outline
    return _assemble(None, facts, outlines, texts.get, tuple(skipped))


def _assemble(
    root: Path | None,
    facts: Mapping[str, StoredFacts],
    outlines: Mapping[str, Outline],
    load_text: Callable[[str], str | None],
    skipped: tuple[Skipped, ...],
) -> Project:
    names = ModuleNames(outlines)
    modules = {
        path: Module(
            path,
            names.by_path[path],
            outline,
            facts[path].decode_bodies,
            lambda path=path: load_text(path),  # type: ignore[misc]
        )
        for path, outline in outlines.items()
    }
    return Project(root, modules, names, skipped)


def _read_file(file: Path, path: str, known: Mapping[str, StoredFacts]) -> tuple[str, StoredFacts, Outline] | Skipped:
    """The key, facts and outline of one file, or why there are none."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}")
    if len(content) > LARGEST_FILE:
        return Skipped(path, f"larger than {LARGEST_FILE:,} bytes")
    key = hash_content(content)
    if stored := known.get(key):
        try:
            return key, stored, stored.decode_outline()
        except (ValueError, TypeError, IndexError):
            pass
    try:
        found = extract_facts(decode_source(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Skipped(path, _say(error))
    return key, store_facts(found), found.outline


def decode_source(content: bytes) -> str:
    """Python source as text, newlines as they are, by its byte order mark or coding line, else UTF-8.

    Raises UnicodeDecodeError or SyntaxError when it is in no encoding that Python would read.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        return content.decode(encoding)


def _read_text(file: Path) -> str | None:
    try:
        return decode_source(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None


def _say(error: Exception) -> str:
    """Why a text has no facts, in a few words."""
    if isinstance(error, SyntaxError):
        return (
            f"syntax error at line {error.lineno}: {error.msg}" if error.lineno else f"cannot be decoded: {error.msg}"
        )
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deeply"
    return str(error)
