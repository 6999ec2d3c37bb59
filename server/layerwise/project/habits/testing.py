"""How the project tests itself, and how it wants its code formatted."""

from collections.abc import Iterator, Mapping
from typing import Any

from layerwise.project.facts import Function
from layerwise.project.index import Project
from layerwise.project.module import Module
from layerwise.project.resolution import Place
from layerwise.project.versions import read_table
from layerwise.project.votes import Convention, vote


def read_testing(project: Project) -> Iterator[Convention | None]:
    """The folder of tests, the fixtures for client and session, how async tests are marked."""
    tests = [module for path, module in project.modules.items() if project.layers[path] == "test"]
    yield vote("tests-folder", ((_tests_folder(module.path), Place(module.path, 1)) for module in tests))
    fixtures = [
        (module, function) for module in tests for function in module.outline.functions if _is_fixture(function)
    ]
    yield vote("client-fixture", _fixture_votes(fixtures, ("client",), ("TestClient", "AsyncClient")))
    yield vote("session-fixture", _fixture_votes(fixtures, ("session", "db"), ("Session", "AsyncSession")))
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
    fixtures: list[tuple[Module, Function]], words: tuple[str, ...], types: tuple[str, ...]
) -> Iterator[tuple[str, Place]]:
    """Fixtures by name; one whose annotation says what it gives counts twice."""
    for module, function in fixtures:
        if any(word in function.name for word in words):
            form = "async" if function.is_async else "sync"
            typed = any(name in function.returns for name in types)
            yield from [(f"{function.name} ({form})", Place(module.path, function.line))] * (2 if typed else 1)


def _mark_votes(project: Project, tests: list[Module]) -> Iterator[tuple[str, Place]]:
    for folder in ("", *project.names.roots):
        options = _pyproject(project, folder, "tool", "pytest", "ini_options")
        if options.get("asyncio_mode") == "auto":
            yield from [("asyncio_mode = auto", Place(f"{folder}/pyproject.toml".lstrip("/"), 1))] * 20
    for module in tests:
        for function in module.outline.functions:
            for decorator in function.decorators:
                if decorator in ("pytest.mark.asyncio", "pytest.mark.anyio"):
                    yield decorator, Place(module.path, function.line)


def _read_format(project: Project) -> Iterator[Convention | None]:
    """Line length and quotes from the formatter's configuration."""
    for folder in dict.fromkeys(("", *project.names.roots)):
        tool = _pyproject(project, folder, "tool")
        place = Place(f"{folder}/pyproject.toml".lstrip("/"), 1)
        for name in ("ruff", "black"):
            if name in tool:
                options = _pyproject(project, folder, "tool", name)
                length = options.get("line-length", 88)
                quotes = _pyproject(project, folder, "tool", name, "format").get("quote-style", "double")
                yield Convention("formatter", name, 0.95, (place,), 1)
                yield Convention("line-length", str(length), 0.95, (place,), 1)
                yield Convention("quotes", str(quotes), 0.95, (place,), 1)
                return


def _pyproject(project: Project, folder: str, *keys: str) -> Mapping[str, Any]:
    return read_table(project.root / folder / "pyproject.toml", *keys) if project.root else {}
