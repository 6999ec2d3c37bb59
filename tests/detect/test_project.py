from collections.abc import Callable
from pathlib import Path

import pytest

Fired = Callable[..., set[str]]
PROMPT = "add an endpoint that lists orders"


def test_a_project_of_another_framework_is_silent(fired: Fired, tmp_path: Path) -> None:
    assert fired(PROMPT, root=str(tmp_path)) == {"route"}
    (tmp_path / "requirements.txt").write_text("Django==5.1\npsycopg[binary]>=3\n", encoding="utf-8")
    assert fired(PROMPT, root=str(tmp_path)) == set()


@pytest.mark.parametrize("dependencies", ['["flask", "fastapi>=0.115"]', '["fastapi[standard]"]', "[]"])
def test_a_project_with_the_stack_or_without_a_framework_fires(fired: Fired, tmp_path: Path, dependencies: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\ndependencies = {dependencies}\n", encoding="utf-8")
    assert fired(PROMPT, root=str(tmp_path)) == {"route"}


def test_in_a_monorepo_the_files_nearest_to_the_path_decide(fired: Fired, tmp_path: Path) -> None:
    for name, packages in (("shop", "django\n"), ("api", "fastapi\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(packages, encoding="utf-8")
    assert fired(PROMPT, root=str(tmp_path), path="api/app/orders.py") == {"route"}
    assert fired(PROMPT, root=str(tmp_path), path="shop/orders.py") == set()


def test_a_path_outside_the_root_reads_nothing_there(fired: Fired, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("django\n", encoding="utf-8")
    (tmp_path / "inside").mkdir()
    assert fired(PROMPT, root=str(tmp_path / "inside"), path="../orders.py") == {"route"}


def test_a_file_of_random_bytes_is_no_dependency_list(fired: Fired, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(bytes(range(256)) * 8)
    assert fired(PROMPT, root=str(tmp_path)) == {"route"}
