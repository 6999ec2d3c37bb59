"""The protocol authors' own tools find nothing wrong: their conformance suite over HTTP, their Inspector over stdio."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from layerwise.assets import folder

pytestmark = pytest.mark.slow

PINS = Path(__file__).parent / "node"
INSPECTOR = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
CONFORMANCE = "node_modules/@modelcontextprotocol/conformance/dist/index.js"

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
Serve = Callable[[Path], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Iterator[str]:
    """The address of a running server."""
    with serve(tmp_path_factory.mktemp("project")) as address:
        yield address


def test_the_pinned_packages_name_no_registry() -> None:
    lock = json.loads((PINS / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((PINS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    installed = {name.removeprefix("node_modules/"): package for name, package in lock["packages"].items() if name}
    assert {name: installed[name]["version"] for name in wanted} == wanted
    assert all("resolved" not in package and package["integrity"] for package in installed.values())


@pytest.mark.parametrize(
    ("revision", "scenario"), [(revision, scenario) for revision, chosen in SCENARIOS.items() for scenario in chosen]
)
def test_the_official_suite_passes_every_check(run_node: Run, url: str, revision: str, scenario: str) -> None:
    done = run_node(CONFORMANCE, "server", "--url", url, "--scenario", scenario, "--spec-version", revision, "--force")
    count = SCENARIOS[revision][scenario]
    assert f"Passed: {count}/{count}, 0 failed, 0 warnings" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_the_official_suite_finds_the_server_stateless_but_for_what_needs_its_own_tool(run_node: Run, url: str) -> None:
    done = run_node(
        CONFORMANCE, "server", "--url", url, "--scenario", "server-stateless", "--spec-version", "2026-07-28"
    )
    assert "Passed: 23/25" in done.stdout, done.stdout + done.stderr
    assert set(re.findall(r"\[([\w-]+) *\] FAILURE", done.stdout)) == UNFIT


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_every_tool_portable(run_node: Run, tmp_path: Path, era: str) -> None:
    done = inspect(run_node, tmp_path, era, "tools/list", "--strict")
    assert len(json.loads(done.stdout)["result"]["tools"]) == 6


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_verifies_every_skill_and_file(run_node: Run, tmp_path: Path, era: str) -> None:
    done = inspect(run_node, tmp_path, era, "skills/list", "--verify")
    skills = [path.parent for path in folder("skills").glob("*/SKILL.md")]
    files = [path for skill in skills for path in skill.rglob("*") if path.is_file()]
    assert f"Verified {len(skills)} skills and {len(files)} files: no conformance errors." in done.stdout + done.stderr


def inspect(run_node: Run, root: Path, era: str, method: str, check: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(root)]
    done = run_node(INSPECTOR, "--cli", *command, "--method", method, check, "--format", "json", "--protocol-era", era)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
