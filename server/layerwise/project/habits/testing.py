"""How the project tests itself, and how it wants its code formatted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from layerwise.project.facts import Function
from layerwise.project.index import Project
from layerwise.project.module import Module
from layerwise.project.resolution import Place
from layerwise.project.versions import read_table
from layerwise.project.votes import Convention, vote

_MOST_USES = 50
_STAND_INS = ("mock", "override", "fake")


def read_testing(project: Project) -> Iterator[Convention | None]:
    """The folder of tests, the fixtures for client and session, how async tests are marked."""
    tests = [module for path, module in project.modules.items() if project.layers[path] == "test"]
    yield vote("tests-folder", ((_tests_folder(module.path), Place(module.path, 1)) for module in tests))
    fixtures = [
        (module, function) for module in tests for function in module.outline.functions if _is_fixture(function)
    ]
    uses = Counter(
        parameter.name for module in tests for function in module.outline.functions for parameter in function.parameters
    )
    yield vote("client-fixture", _fixture_votes(fixtures, uses, ("client",), ("TestClient", "AsyncClient")))
    yield vote("session-fixture", _fixture_votes(fixtures, uses, ("session", "db"), ("Session", "AsyncSession")))
    yield vote("async-tests", _mark_votes(project, tests))
    yield from _read_format(project)


def _tests_folder(path: str) -> str:
    parts = path.split("/")
    for position, part in enumerate(parts[:-1]):
        if part in ("test", "tests", "testing"):
            return "/".join(parts[: position + 1])
    return "/".join(parts[:-1]) or "."


def _is_fixture(function: Function) -> bool:
    return any("fixture" in decorator for decorator in function.decorators)


def _fixture_votes(
    fixtures: list[tuple[Module, Function]], uses: Mapping[str, int], words: tuple[str, ...], types: tuple[str, ...]
) -> Iterator[tuple[str, Place]]:
    """Fixtures by name, stand-ins aside, a vote for each that asks for one; those with a telling annotation first."""
    named = [
        (module, function)
        for module, function in fixtures
        if any(word in function.name for word in words) and not any(word in function.name for word in _STAND_INS)
    ]
    typed = [item for item in named if any(name in item[1].returns for name in types)]
    for module, function in typed or named:
        form = "async" if function.is_async else "sync"
        place = Place(module.path, function.line)
        yield from [(f"{function.name} ({form})", place)] * min(max(uses[function.name], 1), _MOST_USES)


def _mark_votes(project: Project, tests: list[Module]) -> Iterator[tuple[str, Place]]:
    for folder in ("", *project.names.roots):
        options = _pyproject(project, folder, "tool", "pytest", "ini_options")
        for mode in ("asyncio_mode", "anyio_mode"):
            if options.get(mode) == "auto":
                yield from [(f"{mode} = auto", Place(f"{folder}/pyproject.toml".lstrip("/"), 1))] * 20
    for module in tests:
        for function in module.outline.functions:
            for decorator in function.decorators:
                if decorator in ("pytest.mark.asyncio", "pytest.mark.anyio"):
                    yield decorator, Place(module.path, function.line)


def _read_format(project: Project) -> Iterator[Convention | None]:
    """Line length and quotes from the formatter's configuration."""
    for name, options, place in _formatters(project):
        chosen = options.get("format", {})
        quotes = chosen.get("quote-style", "double") if isinstance(chosen, Mapping) else "double"
        yield Convention("formatter", name, 0.95, (place,), 1)
        yield Convention("line-length", str(options.get("line-length", 88)), 0.95, (place,), 1)
        yield Convention("quotes", str(quotes), 0.95, (place,), 1)
        return


def _formatters(project: Project) -> Iterator[tuple[str, Mapping[str, Any], Place]]:
    """Formatters that are set up, with their options, those nearest to the project's root first."""
    if project.root is None:
        return
    for folder in dict.fromkeys(("", *project.names.roots)):
        start = f"{folder}/" if folder else ""
        for file in ("ruff.toml", ".ruff.toml"):
            if options := read_table(project.root / folder / file):
                yield "ruff", options, Place(f"{start}{file}", 1)
        tools = _pyproject(project, folder, "tool")
        for name in ("ruff", "black"):
            if name in tools:
                yield name, _pyproject(project, folder, "tool", name), Place(f"{start}pyproject.toml", 1)


def _pyproject(project: Project, folder: str, *keys: str) -> Mapping[str, Any]:
    return read_table(project.root / folder / "pyproject.toml", *keys) if project.root else {}
