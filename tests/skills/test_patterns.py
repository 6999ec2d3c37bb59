"""The shipped skill: every statement served, every example compiling, and the Correct ones one working backend."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from layerwise import assets
from layerwise.skills import Skill, Topic, find_examples, load

HERE = Path(__file__).parent
FOLDER = assets.folder("skills") / "python-backend-patterns"
SKILL = load(FOLDER)
TOPICS = [pytest.param(topic, id=name) for name, topic in SKILL.topics.items()]
STATEMENTS = {
    line.split("\t")[0] for line in (HERE.parent / "data" / "statements.tsv").read_text(encoding="utf-8").splitlines()
}


@pytest.fixture(scope="module")
def skill() -> Skill:
    return SKILL


def list_blocks(topic: Topic, correct: bool | None = None) -> list[str]:
    examples = find_examples(topic.text)
    return [code for example in examples if correct in (None, example.correct) for code in example.blocks]


def assemble_backend(skill: Skill, root: Path) -> None:
    """Write every Correct block that begins with a path to that path, and the TOML of code-quality beside them."""
    for topic in skill.topics.values():
        for code in list_blocks(topic, correct=True):
            if found := re.match(r"# (\S+\.py)\n", code):
                path = root / found[1]
                assert not path.exists(), f"{found[1]} is shown as Correct twice"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(code, encoding="utf-8")
    for folder in (path for path in root.rglob("*") if path.is_dir() and path.relative_to(root).parts[0] != "alembic"):
        (folder / "__init__.py").touch()
    settings = re.search(r"```toml\n(.*?)```", skill.topics["code-quality"].text, re.DOTALL)
    assert settings
    (root / "pyproject.toml").write_text(settings[1], encoding="utf-8")


def run(root: Path, *command: str, **environment: str) -> str:
    outcome = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={"PATH": "", "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def test_every_statement_of_the_source_document_has_a_topic_and_no_topic_claims_another(skill: Skill) -> None:
    served = {statement for topic in skill.topics.values() for statement in topic.statements}

    assert len(STATEMENTS) == 87
    assert served == STATEMENTS


def test_every_trigger_is_served(skill: Skill) -> None:
    triggers = {trigger for topic in skill.topics.values() for trigger in topic.triggers}

    assert triggers == {"route", "model", "async", "schema"}


def test_the_reference_validator_accepts_the_skill() -> None:
    run(FOLDER, "skills_ref.cli", "validate", str(FOLDER))


def test_the_index_links_every_topic_once_and_stays_short(skill: Skill) -> None:
    linked = re.findall(r"\]\(references/([\w-]+)\.md\)", skill.body)

    assert sorted(linked) == sorted(skill.topics)
    assert len(skill.body.splitlines()) < 500
    assert len(skill.body) < 4 * 5000


def test_frontmatter_is_the_same_in_every_yaml_version(skill: Skill) -> None:
    lines = (FOLDER / "SKILL.md").read_text(encoding="utf-8").split("---")[1].strip().splitlines()

    assert all(re.fullmatch(r' *[\w-]+:( "[^"]*")?', line) for line in lines)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_says_what_to_do_first_and_shows_right_and_wrong(topic: Topic) -> None:
    assert topic.sections[0].title == "What to do"
    assert topic.text.lstrip().startswith(f"# {topic.title}\n")
    assert {example.correct for example in find_examples(topic.text)} == {True, False}
    assert topic.statements
    assert topic.see_also
    assert len(topic.text.splitlines()) <= 150
    assert len(topic.sections[0].text) <= 4 * 380


@pytest.mark.parametrize("topic", TOPICS)
def test_every_example_compiles_and_every_python_block_is_labelled(topic: Topic) -> None:
    blocks = list_blocks(topic)
    for code in blocks:
        compile(code, topic.name, "exec")

    assert len(blocks) == topic.text.count("```python\n")


@pytest.mark.parametrize("topic", TOPICS)
def test_versions_are_requirements(topic: Topic) -> None:
    assert topic.versions
    assert all(Requirement(version).specifier for version in topic.versions)


@pytest.mark.slow
def test_the_correct_examples_are_one_backend_that_passes_its_own_tests_and_tools(skill: Skill, tmp_path: Path) -> None:
    assemble_backend(skill, tmp_path)

    run(tmp_path, "ruff", "check", "--no-cache", ".")
    run(tmp_path, "black", "--check", ".")
    run(tmp_path, "mypy", "--cache-dir", str(tmp_path / ".mypy"), "app", "tests")
    assert "5 passed" in run(tmp_path, "pytest", "-p", "no:cacheprovider")


@pytest.mark.slow
def test_the_correct_examples_do_what_their_topics_promise(skill: Skill, tmp_path: Path) -> None:
    assemble_backend(skill, tmp_path)
    probe = (HERE / "probes" / "backend_probe.py").read_text(encoding="utf-8")
    (tmp_path / "tests" / "test_probe.py").write_text(probe, encoding="utf-8")
    url = f"sqlite+aiosqlite:///{tmp_path / 'app.db'}"

    run(tmp_path, "pytest", "-p", "no:cacheprovider", "tests/test_probe.py", DATABASE_URL=url)


@pytest.mark.slow
def test_the_migration_environment_brings_a_database_up_and_down(skill: Skill, tmp_path: Path) -> None:
    assemble_backend(skill, tmp_path)
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = alembic\npath_separator = os\n", encoding="utf-8"
    )
    template = '"""${message}"""\nimport sqlalchemy as sa\nfrom alembic import op\nimport app.db.types\n' + (
        "revision = ${repr(up_revision)}\ndown_revision = None\n"
        "def upgrade():\n    ${upgrades or 'pass'}\ndef downgrade():\n    ${downgrades or 'pass'}\n"
    )
    (tmp_path / "alembic" / "script.py.mako").write_text(template, encoding="utf-8")
    (addition,) = (tmp_path / "alembic" / "versions").glob("*.py")
    settings = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'app.db'}", "SECRET_KEY": "x" * 32}
    text = addition.read_text(encoding="utf-8")
    addition.unlink()

    run(tmp_path, "alembic", "revision", "--autogenerate", "-m", "first", "--rev-id", "8b0e6d5c3a21", **settings)
    run(tmp_path, "alembic", "upgrade", "head", **settings)
    run(tmp_path, "alembic", "check", **settings)
    addition.write_text(text, encoding="utf-8")
    run(tmp_path, "alembic", "upgrade", "head", **settings)
    run(tmp_path, "alembic", "downgrade", "base", **settings)
