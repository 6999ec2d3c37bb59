"""What `[tool.layerwise]` in pyproject.toml changes about a review."""

from pathlib import Path

import pytest

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.review.run import review

SLEEP = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"


def totals(root: Path, settings: str, path: str = "app/jobs.py", text: str = SLEEP) -> dict[str, int]:
    (root / "pyproject.toml").write_text(f"[tool.layerwise]\n{settings}\n", encoding="utf-8")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
    return review(["."], root=root).totals


def test_rules_are_selected_and_ignored(tmp_path: Path) -> None:
    assert totals(tmp_path, "") == {"blocking-call-in-async": 1}
    assert totals(tmp_path, 'ignore = ["AIO001"]') == {}
    assert totals(tmp_path, 'select = ["session"]') == {}


def test_the_profile_brings_the_rules_that_are_off(tmp_path: Path) -> None:
    text = "def test_nothing() -> None:\n    print(1)\n"
    assert totals(tmp_path, "", "tests/test_x.py", text) == {}
    assert totals(tmp_path, 'profile = "strict"', "tests/test_x.py", text) == {"test-without-assertion": 1}


def test_a_rule_is_ignored_in_some_files_only(tmp_path: Path) -> None:
    settings = '[tool.layerwise.per-file-ignores]\n"app/legacy/*" = ["blocking-call-in-async"]'
    assert totals(tmp_path, settings, "app/legacy/old.py") == {}
    assert totals(tmp_path, settings) == {"blocking-call-in-async": 1}


def test_a_project_names_its_own_layers(tmp_path: Path) -> None:
    text = 'def find() -> None:\n    raise Exception("no")\n'
    assert totals(tmp_path, "", "app/logic/user.py", text) == {}
    settings = '[tool.layerwise.layers]\nservice = ["app/logic/*"]'
    assert totals(tmp_path, settings, "app/logic/user.py", text) == {"bare-exception-raised": 1}


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ('ignroe = ["AIO001"]', UnknownNameError, "'ignore'"),
        ('ignore = ["AIO999"]', UnknownNameError, "rule"),
        ("ignore = 3", InvalidInputError, "list of strings"),
        ('profile = "strickt"', UnknownNameError, "'strict'"),
        ('layers = {servce = ["a"]}', UnknownNameError, "'service'"),
        ("ignore = [", InvalidInputError, "pyproject.toml"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_by_name(
    tmp_path: Path, settings: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        totals(tmp_path, settings)
