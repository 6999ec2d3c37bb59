"""The protocol authors' own tools find nothing wrong: their conformance suite over HTTP, their Inspector over stdio."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from layerwise.assets import folder

pytestmark = pytest.mark.slow

PINS = Path(__file__).parent / "node"
NODE = "22.23.3"
OLDEST_NODE = (22, 19)
INSPECTOR = "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
CONFORMANCE = "@modelcontextprotocol/conformance/dist/index.js"

# How many checks each scenario makes; fewer would mean that some were skipped. Scenarios that ask for tools, prompts
# or resources of the suite's own are left out, and so are those about sessions, which a stateless server has not.
SCENARIOS = {
    "2025-11-25": {
        "server-initialize": 2,
        "ping": 2,
        "tools-list": 3,
        "resources-list": 2,
        "prompts-list": 2,
        "completion-complete": 2,
        "dns-rebinding-protection": 2,
        "sep-2640-skills-enumeration": 30,
        "sep-2640-skills-manifest": 6,
        "sep-2640-skills-directory": 7,
    },
    "2026-07-28": {
        "tools-list": 4,
        "resources-list": 2,
        "prompts-list": 2,
        "completion-complete": 2,
        "dns-rebinding-protection": 2,
        "caching": 8,
        "sep-2164-resource-not-found": 4,
        "http-header-validation": 14,
        "input-required-result-unsupported-methods": 2,
        "sep-2640-skills-enumeration": 32,
        "sep-2640-skills-manifest": 6,
        "sep-2640-skills-directory": 7,
    },
}

# These two checks of `server-stateless` call a tool of the suite's own that needs a client's capability.
UNFIT = {"sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_tool(request: pytest.FixtureRequest) -> Run:
    """Runs a script of the pinned Node packages; they are installed once and kept in pytest's cache folder."""
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is missing; CI must run the conformance suite")
        pytest.skip("npm is missing")
    assert request.config.cache is not None
    lock = (PINS / "package-lock.json").read_bytes() + NODE.encode()
    home = request.config.cache.mkdir("protocol-tools") / sha256(lock).hexdigest()[:12]
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            for file in PINS.iterdir():
                shutil.copy(file, home)
            install(home, "ci", "--ignore-scripts")
            if find_node() is None:
                (home / "runtime").mkdir(exist_ok=True)
                install(home / "runtime", "install", "--prefix", ".", f"node@{NODE}")
            (home / "installed").touch()
    node = find_node() or str(home / "runtime" / "node_modules" / "node" / "bin" / "node")

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [node, str(home / "node_modules" / script), *arguments],
            env={**os.environ, "NO_COLOR": "1", "LAYERWISE_CACHE_DIR": str(home / "cache")},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout), done.stderr
        )

    return run


def find_node() -> str | None:
    """The machine's own Node, if it is new enough."""
    node = shutil.which("node")
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return node if tuple(map(int, version.strip("v\n").split(".")[:2])) >= OLDEST_NODE else None


def install(home: Path, *command: str) -> None:
    done = subprocess.run(
        ["npm", *command, "--no-audit", "--no-fund"], cwd=home, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server."""
    root = tmp_path_factory.mktemp("project")
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(root), "--http", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process.stderr.readline().split()[-1]
        finally:
            process.terminate()


def test_the_pinned_packages_name_no_registry() -> None:
    lock = json.loads((PINS / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((PINS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    installed = {name.removeprefix("node_modules/"): package for name, package in lock["packages"].items() if name}
    assert {name: installed[name]["version"] for name in wanted} == wanted
    assert all("resolved" not in package and package["integrity"] for package in installed.values())


@pytest.mark.parametrize(
    ("revision", "scenario"), [(revision, scenario) for revision, chosen in SCENARIOS.items() for scenario in chosen]
)
def test_the_official_suite_passes_every_check(run_tool: Run, url: str, revision: str, scenario: str) -> None:
    done = run_tool(CONFORMANCE, "server", "--url", url, "--scenario", scenario, "--spec-version", revision, "--force")
    count = SCENARIOS[revision][scenario]
    assert f"Passed: {count}/{count}, 0 failed, 0 warnings" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_the_official_suite_finds_the_server_stateless_but_for_what_needs_its_own_tool(run_tool: Run, url: str) -> None:
    done = run_tool(
        CONFORMANCE, "server", "--url", url, "--scenario", "server-stateless", "--spec-version", "2026-07-28"
    )
    assert "Passed: 23/25" in done.stdout, done.stdout + done.stderr
    assert set(re.findall(r"\[([\w-]+) *\] FAILURE", done.stdout)) == UNFIT


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_every_tool_portable(run_tool: Run, tmp_path: Path, era: str) -> None:
    done = inspect(run_tool, tmp_path, era, "tools/list", "--strict")
    assert len(json.loads(done.stdout)["result"]["tools"]) == 6


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_verifies_every_skill_and_file(run_tool: Run, tmp_path: Path, era: str) -> None:
    done = inspect(run_tool, tmp_path, era, "skills/list", "--verify")
    skills = [path.parent for path in folder("skills").glob("*/SKILL.md")]
    files = [path for skill in skills for path in skill.rglob("*") if path.is_file()]
    assert f"Verified {len(skills)} skills and {len(files)} files: no conformance errors." in done.stdout + done.stderr


def inspect(run_tool: Run, root: Path, era: str, method: str, check: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(root)]
    done = run_tool(INSPECTOR, "--cli", *command, "--method", method, check, "--format", "json", "--protocol-era", era)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
