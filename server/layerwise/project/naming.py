"""The dotted names that modules are imported by, found from package folders and from the imports themselves."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from layerwise.project.facts import Outline
from layerwise.project.layers import layer_of_path


class ModuleNames:
    """Import names of the files of a tree, in which several applications may stand side by side."""

    def __init__(self, outlines: Mapping[str, Outline]) -> None:
        self._outlines = outlines
        self._paths = frozenset(outlines)
        self._packages = frozenset(_folder(path) for path in outlines if path.endswith("/__init__.py"))

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The folders that imports start from, such as `backend` or `src`; the project's root is the empty string."""
        found = {_folder(top) for top in map(self._top_package, self._packages)}
        found |= {_folder(folder) for folder in self._imported}
        return tuple(sorted(root for root in found if root not in self._packages or _is_source(root)))

    @cached_property
    def _imported(self) -> Counter[str]:
        """The folders that absolute imports start with, and how often; those of tests aside."""
        if not self._folders:
            return Counter()
        by_name = defaultdict(set)
        for folder in self._folders:
            by_name[folder.rpartition("/")[2]].add(folder)
        targets = Counter(
            tuple(item.target.split(".")[:2])
            for path, outline in self._outlines.items()
            if layer_of_path(path) != "test"
            for item in outline.imports
        )
        found: Counter[str] = Counter()
        for target, count in targets.items():
            if len(target) == 2 and target[0]:
                found.update({folder: count for folder in by_name[target[0]] if self._holds(folder, target[1])})
        return found

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(parent for path in self._paths for parent in _parents(path) if parent)

    def _holds(self, folder: str, name: str) -> bool:
        return f"{folder}/{name}.py" in self._paths or f"{folder}/{name}" in self._folders

    @cached_property
    def by_path(self) -> Mapping[str, str]:
        """The import name of every file."""
        roots = frozenset(self.roots)
        return {path: _dotted(path, self._root_of(path, roots)) for path in sorted(self._paths)}

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path, name in self.by_path.items():
            found[name].append(path)
        return found

    def find(self, name: str, importer: str) -> str | None:
        """The file that `importer` reaches as module `name` (absolute): of several, the one nearest to it."""
        paths = self._by_name.get(name)
        if paths:
            return paths[0] if len(paths) == 1 else max(paths, key=lambda path: _shared(path, importer))
        below = name.replace(".", "/")
        for folder in _parents(importer):
            if folder in self._packages:
                continue
            start = f"{folder}/{below}" if folder else below
            for path in (f"{start}.py", f"{start}/__init__.py"):
                if path in self._paths:
                    return path
        return None

    def find_relative(self, target: str, importer: str) -> str | None:
        """The file that a target with leading dots names, seen from `importer`."""
        name = target.lstrip(".")
        folder = _folder(importer)
        for _ in range(len(target) - len(name) - 1):
            folder = _folder(folder)
        start = "/".join(part for part in (folder, name.replace(".", "/")) if part)
        candidates = (f"{start}.py", f"{start}/__init__.py") if name else (f"{start}/__init__.py".lstrip("/"),)
        return next((path for path in candidates if path in self._paths), None)

    def is_package(self, folder: str) -> bool:
        """Whether a folder holds an `__init__.py`."""
        return folder in self._packages

    def _top_package(self, package: str) -> str:
        """The outermost package around one: with an `__init__.py`, or a folder that more imports start with.

        A folder called `src` is a root even when it holds an `__init__.py`, unless the code itself imports from it.
        """
        for above in filter(None, _parents(package)):
            in_package = above == _folder(package) and above in self._packages and not _is_source(above)
            if in_package or self._imported[above] > self._imported[package]:
                package = above
        return package

    def _root_of(self, path: str, roots: frozenset[str]) -> str:
        folder = _folder(path)
        if folder in self._packages:
            return _folder(self._top_package(folder))
        return next((parent for parent in _parents(path) if parent in roots), "")


def _is_source(folder: str) -> bool:
    return folder.rpartition("/")[2] == "src"


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _parents(path: str) -> Iterable[str]:
    """The folders around a file, the nearest first, the root (an empty string) last."""
    while path:
        path = _folder(path)
        yield path


def _dotted(path: str, root: str) -> str:
    below = path[len(root) :].lstrip("/").removesuffix(".py").removesuffix("/__init__")
    return below.replace("/", ".")


def _shared(path: str, other: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for mine, yours in zip(path.split("/"), other.split("/"), strict=False):
        if mine != yours:
            break
        count += 1
    return count
