"""`layerwise skills`, and skills that nobody shipped: found, checked, served at every door, or refused by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from layerwise.__main__ import main
from layerwise.app import build
from layerwise.catalog import load_catalog
from layerwise.hook.prompt import answer_prompt
from layerwise.roots import Roots

PROMPT = "change how invoice billing works"
SHIPPED = {"async-python", "python-backend-patterns"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("LAYERWISE_SKILLS", raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    return folder.resolve()


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Runs a command with --json; gives its exit code and what it printed."""

    def call(*words: str) -> tuple[int, Any]:
        code = main([*words, "--json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out) if captured.out else captured.err

    return call


@pytest.fixture
def billing(root: Path, run: Callable[..., Any]) -> Path:
    """A skill that was begun by the command."""
    assert run("skills", "new", "invoice-billing", "--root", str(root), "--apply")[0] == 0
    return root / ".layerwise" / "skills" / "invoice-billing"


def spoil(skill: Path, file: str, old: str, new: str) -> None:
    text = (skill / file).read_text(encoding="utf-8")
    assert old in text
    (skill / file).write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_skill_is_previewed_written_and_good_as_it_stands(root: Path, run: Any) -> None:
    code, preview = run("skills", "new", "invoice-billing", "--root", str(root))
    assert (code, len(preview["files"]), list(root.iterdir())) == (0, 3, [])
    run("skills", "new", "invoice-billing", "--root", str(root), "--apply")
    code, report = run("skills", "check", str(root / ".layerwise" / "skills" / "invoice-billing"))
    assert (code, report["good"], report["faults"]) == (0, True, [])
    [trigger] = report["triggers"]
    assert (trigger["name"], trigger["precision"], trigger["recall"]) == ("invoice-billing", 1.0, 1.0)


@pytest.mark.parametrize("name", ["Billing", "a--b", "a-", "../evil", "x" * 65, "", "bill ing"])
def test_what_cannot_be_a_name_is_refused_with_what_can(root: Path, run: Any, name: str) -> None:
    code, said = run("skills", "new", name, "--root", str(root))
    assert code == 2
    assert "lower-case letters, digits and single hyphens" in said


@pytest.mark.parametrize("name", ["async-python", "invoice-billing"])
def test_a_name_that_is_taken_is_refused(root: Path, billing: Path, run: Any, name: str) -> None:
    code, said = run("skills", "new", name, "--root", str(root))
    assert code == 2
    assert f"There is a skill {name!r} already" in said


def test_examples_that_fail_are_told_with_precision_and_recall(billing: Path, run: Any) -> None:
    spoil(billing, "triggers.toml", '"Why does', '"Where is the money?", "Why does')
    spoil(billing, "triggers.toml", '"Draw a new icon"', '"Draw an icon for invoice billing"')
    code, report = run("skills", "check", str(billing))
    [trigger] = report["triggers"]
    assert code == 1
    assert trigger["missed"] == ["Where is the money?"]
    assert trigger["false_alarms"] == ["Draw an icon for invoice billing"]
    assert (trigger["precision"], trigger["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_a_trigger_without_topic_or_examples_is_a_fault(billing: Path, run: Any) -> None:
    spoil(billing, "references/invoice-billing.md", 'triggers: ["invoice-billing"]', "triggers: []")
    spoil(billing, "triggers.toml", 'stays_silent = ["Draw a new icon", "Write the release notes"]', "")
    code, report = run("skills", "check", str(billing))
    assert code == 1
    assert len(report["faults"]) == 2


MALFORMED = {
    "SKILL.md": ('name: "invoice-billing"', 'name: "other"', "must equal its folder's name"),
    "triggers.toml": ("bias = -4", "bais = -4", "Did you mean 'bias'?"),
    "references/invoice-billing.md": ("summary:", "sumary:", "Did you mean 'summary'?"),
}


@pytest.mark.parametrize("file", MALFORMED)
def test_a_malformed_skill_is_refused_by_name_and_the_others_are_served(
    root: Path, billing: Path, run: Any, file: str
) -> None:
    old, new, reason = MALFORMED[file]
    spoil(billing, file, old, new)
    code, said = run("skills", "check", str(billing))
    assert code == 2
    assert reason in said
    code, listed = run("skills", "list", "--root", str(root))
    assert code == 1
    assert {skill["name"] for skill in listed["skills"]} == SHIPPED
    [refusal] = listed["refused"]
    assert refusal.startswith("Skill 'invoice-billing' is refused: ")
    assert reason in refusal
    assert run("detect", "--prompt", "add an endpoint", "--root", str(root))[1]["triggers"]
    assert answer_prompt("add an endpoint", str(root), "auto")


def test_a_projects_triggers_fire_at_every_door_and_lead_to_its_topics(root: Path, billing: Path, run: Any) -> None:
    _, found = run("detect", "--prompt", PROMPT, "--root", str(root))
    assert [(each["skill"], each["name"]) for each in found["triggers"]] == [("invoice-billing", "invoice-billing")]
    assert found["next"]["arguments"] == {"triggers": ["invoice-billing"]}
    _, guidance = run("guide", "--trigger", "invoice-billing", "--root", str(root))
    assert guidance["pieces"][0]["topic"] == "invoice-billing"
    assert "get_guidance(triggers=['invoice-billing'])" in answer_prompt(PROMPT, str(root), "auto")
    assert answer_prompt(PROMPT, "", "auto") == ""


@pytest.mark.asyncio
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_server_serves_the_projects_skills(root: Path, billing: Path, mode: str) -> None:
    async with Client(build(Roots((root,))), mode=mode) as client:
        detected = await client.call_tool("detect_triggers", {"prompt": PROMPT})
        assert detected.structured_content["triggers"][0]["skill"] == "invoice-billing"
        guided = await client.call_tool("get_guidance", {"triggers": ["invoice-billing"]})
        assert "Invoice billing" in guided.content[0].text
        [content] = (await client.read_resource("skill://invoice-billing/SKILL.md")).contents
        assert content.text == (billing / "SKILL.md").read_text(encoding="utf-8")


def test_a_refused_skill_is_told_in_the_servers_log(
    root: Path, billing: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (billing / "SKILL.md").unlink()
    build(Roots((root,)))
    assert "Skill 'invoice-billing' is refused: SKILL.md" in caplog.text


@pytest.mark.parametrize("setting", ['skills = ["lore"]', 'skills = "lore"'])
@pytest.mark.parametrize("file", [".layerwise/settings.toml", "pyproject.toml"])
def test_a_project_names_a_folder_of_skills_in_its_settings(
    root: Path, billing: Path, run: Any, setting: str, file: str
) -> None:
    billing.parent.rename(root / "lore")
    table = "[tool.layerwise]\n" if file == "pyproject.toml" else ""
    (root / file).write_text(f"{table}{setting}\n", encoding="utf-8")
    catalog = load_catalog([root], {})
    assert catalog.origins["invoice-billing"] == f"skills in {file}"
    assert catalog.refusals == ()
    assert answer_prompt(PROMPT, str(root), "auto")


def test_a_user_names_folders_of_skills_in_the_environment(root: Path, billing: Path, tmp_path: Path) -> None:
    home = tmp_path / "mine"
    billing.parent.rename(home)
    for path in (home, home / "invoice-billing"):
        catalog = load_catalog([], {"LAYERWISE_SKILLS": f"{path}{os.pathsep}"})
        assert catalog.origins["invoice-billing"] == "LAYERWISE_SKILLS"
    [refusal] = load_catalog([], {"LAYERWISE_SKILLS": str(tmp_path / "nowhere")}).refusals
    assert refusal.startswith("Skill 'nowhere' is refused: ")


@pytest.mark.parametrize("value", ['["/etc"]', '["../mine"]', '["link"]', "7", '["a", 3]', '["\\u0000"]', '[""]'])
def test_a_setting_that_leads_out_of_the_project_or_is_no_folder_is_refused(
    root: Path, tmp_path: Path, value: str
) -> None:
    (tmp_path / "mine").mkdir()
    (root / "link").symlink_to(tmp_path / "mine")
    (root / "pyproject.toml").write_text(f"[tool.layerwise]\nskills = {value}\n", encoding="utf-8")
    catalog = load_catalog([root], {})
    assert set(catalog.skills) == SHIPPED
    assert catalog.refusals


def test_a_skills_folder_that_links_out_of_the_project_is_refused(root: Path, billing: Path, tmp_path: Path) -> None:
    billing.parent.rename(tmp_path / "mine")
    billing.parent.symlink_to(tmp_path / "mine")
    catalog = load_catalog([root], {})
    assert set(catalog.skills) == SHIPPED
    [refusal] = catalog.refusals
    assert "leads out of the project" in refusal
    assert answer_prompt(PROMPT, str(root), "auto") == ""


def test_a_name_that_is_taken_already_never_swaps_a_skill(root: Path, billing: Path, run: Any) -> None:
    billing.rename(billing.parent / "async-python")
    catalog = load_catalog([root], {})
    assert catalog.origins["async-python"] == "package"
    [refusal] = catalog.refusals
    assert refusal.startswith("Skill 'async-python' is refused: ")
    assert "has that name already" in refusal


def test_a_topic_whose_name_is_taken_gets_the_name_of_its_skill(root: Path, billing: Path, run: Any) -> None:
    (billing / "references" / "sessions.md").write_text("# Sessions of billing\n\nOurs.\n", encoding="utf-8")
    for address, title in (("sessions", "Sessions"), ("invoice-billing/sessions", "Sessions of billing")):
        _, guidance = run("guide", address, "--root", str(root))
        assert guidance["pieces"][0]["topic"] == address
        assert guidance["pieces"][0]["text"].startswith(f"# {title}")
