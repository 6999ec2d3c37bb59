"""Served: whether a project's application answers on the new routes, asked of the application itself."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from layerwise.project.index import Project, read_project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT
from layerwise.project.routes import Router

_SECONDS = 60
_ASK = """
import importlib, json, sys
sys.path[:0] = [sys.argv[1]]
app = getattr(importlib.import_module(sys.argv[2]), sys.argv[3])
app = app if hasattr(app, "openapi") else app()
paths = app.openapi()["paths"]
print("\\n" + json.dumps([f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs]))
"""


def tell_served(root: Path, record: Mapping[str, Any]) -> str:
    """A sentence on whether the routes that an applied `record` names are served, or why that could not be checked.

    The application is imported in a process of its own, by the project's own environment where it has one. A record
    without routes gives an empty text.
    """
    wanted = record.get("routes")
    if not isinstance(wanted, list) or not wanted:
        return ""
    project = read_project(root)
    app = _find_app(project)
    if app is None:
        return "Whether the new routes are served could not be checked: no application was found."
    served, problem = _ask(project, root, app)
    if problem:
        return f"Whether the new routes are served could not be checked: {problem}"
    missing = [route for route in wanted if not _is_served(route, served)]
    if missing:
        return f"Not served: {', '.join(missing)}. Include the new router where its sibling is included."
    return f"Served by {app.place}: {', '.join(wanted)}."


def _find_app(project: Project) -> Router | None:
    """The application that most routers lead to."""
    apps = [
        router
        for router in project.api.routers.values()
        if router.is_app and project.layers[router.place.path] not in ASIDE
    ]
    parents = [include.parent for include in project.api.includes]
    return max(apps, key=lambda app: (parents.count(app.symbol), app.symbol.endswith(f"{JOINT}app")), default=None)


def _ask(project: Project, root: Path, app: Router) -> tuple[list[str], str]:
    """The routes that the application knows, or why it cannot be asked."""
    path, _, qualname = app.symbol.partition(JOINT)
    module = project.modules[path]
    depth = module.name.count(".") + (2 if module.is_package else 1)
    folder = "/".join(path.split("/")[:-depth])
    command = [
        _find_python(root, folder),
        "-B",
        "-c",
        _ASK,
        str(root / folder),
        module.name,
        qualname.partition(".")[0],
    ]
    try:
        done = subprocess.run(
            command, cwd=root / folder, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"{type(error).__name__} when {module.name} was imported."
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.returncode != 0 or not lines:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it ended without a word"]
        return [], f"importing {module.name} failed with {last[0][:200]}"
    try:
        return list(json.loads(lines[-1])), ""
    except ValueError:
        return [], f"{module.name} printed no routes."


def _find_python(root: Path, folder: str) -> str:
    """The interpreter of the project's own environment, else this one."""
    for home in (root / folder, *(root / folder).parents):
        for name in (".venv", "venv"):
            for program in (home / name / "bin" / "python", home / name / "Scripts" / "python.exe"):
                if program.is_file():
                    return str(program)
        if home == root:
            break
    return sys.executable


def _is_served(route: str, served: Sequence[str]) -> bool:
    """Whether a route is among those served; a prefix that only runs with the settings is not compared."""
    method, _, path = route.partition(" ")
    computed = re.match(r"(/?\{[^}/]*[.(\[][^}]*\})+", path)
    rest = _plain(path[computed.end() :] if computed else path)
    found = [_plain(other.partition(" ")[2]) for other in served if other.startswith(f"{method} ")]
    return any(other == rest or (computed and other.endswith(rest)) for other in found)


def _plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
