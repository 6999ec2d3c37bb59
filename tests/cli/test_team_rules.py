"""Rules of a team's own: run by the command, never by a server or a hook that was not told to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerwise.errors import InvalidInputError
from layerwise.jobs import Jobs
from layerwise.review import pool
from layerwise.review.run import review
from layerwise.roots import Roots

Run = Callable[..., Any]

RULE = '''"""A service prints.

## Why is this bad?
What is printed has no level and no request id. Nobody finds it again.

## Example
```python
def pay() -> None:
    print("paid")
```

## Use instead
```python
def pay() -> None:
    logger.info("paid")
```

## Fix safety
Safe: only the print goes.

## When to ignore
In scripts.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, Good, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="ACM001",
    severity="warning",
    statements=(),
    cases=(
        Bad("print(1)  # !\\n", fixed="log(1)\\n"),
        Good("log(1)\\n"),
    ),
)


@RULE.on_call("print")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    edit = context.source.replace(call.func, "log")
    yield Problem(call, "`print` is called.", fix=Fix((edit,), safe=True, reason="The log has a level."))
'''
HOME = ".layerwise/rules/acme/print_call.py"
SETTINGS = '[tool.layerwise]\nrules = ".layerwise/rules"\n'
SLOW = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"


def write(path: str, text: str | bytes) -> Path:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


@pytest.fixture
def team(run: Run) -> Run:
    """The command in a project with a rule of its own and a file that breaks it."""
    write("pyproject.toml", SETTINGS)
    write(HOME, RULE)
    write("app/pay.py", "print(1)\n")
    return run


def names(done: Any) -> list[str]:
    return [finding["name"] for finding in json.loads(done.out)["findings"]]


def test_a_rule_of_the_team_finds_fixes_and_explains_like_any_other(team: Run) -> None:
    assert names(team("review", "--json")) == ["print-call"]
    assert "ACM001  warning  print-call: A service prints." in team("rules").out
    assert "# ACM001 print-call" in team("explain", "acm001").out
    assert team("review", "--fix").code == 0
    assert Path("app/pay.py").read_text(encoding="utf-8") == "log(1)\n"
    assert not Path(".layerwise/rules/acme/__pycache__").exists()


def test_rules_of_the_team_are_off_until_the_project_names_their_folder(team: Run) -> None:
    write("pyproject.toml", "[tool.layerwise]\n")
    assert names(team("review", "--json")) == []
    assert team("explain", "ACM001").code == 2


@pytest.mark.parametrize(
    ("arguments", "settings", "found"),
    [
        (["--select", "ACM"], "", ["print-call"]),
        (["--select", "acme"], "", ["print-call"]),
        (["--select", "AIO001"], "", []),
        (["--ignore", "print-call"], "", []),
        (["--profile", "security"], "", []),
        ([], 'ignore = ["ACM001"]', []),
        ([], 'per-file-ignores = {"app/*" = ["acme"]}', []),
    ],
)
def test_rules_of_the_team_are_chosen_like_any_other(
    team: Run, arguments: list[str], settings: str, found: list[str]
) -> None:
    write("pyproject.toml", f"{SETTINGS}{settings}\n")
    assert names(team("review", "--json", *arguments)) == found


def test_a_comment_allows_a_finding_of_the_team_and_is_reported_when_it_allows_nothing(team: Run) -> None:
    write("app/pay.py", "print(1)  # layerwise: ignore[print-call] a script\n")
    assert names(team("review", "--json")) == []
    write("app/pay.py", "pay(1)  # layerwise: ignore[print-call] a script\n")
    assert names(team("review", "--json")) == ["unused-suppression"]


def test_an_edited_rule_gives_a_new_answer_though_the_reviewed_files_are_as_they_were(team: Run) -> None:
    assert names(team("review", "--json")) == names(team("review", "--json")) == ["print-call"]
    write(HOME, RULE.replace('on_call("print")', 'on_call("debug")'))
    assert names(team("review", "--json")) == []
    write(HOME, RULE)
    assert names(team("review", "--json")) == ["print-call"]


def test_the_processes_of_a_large_review_run_the_rules_of_the_team(team: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("app/more.py", "print(2)\n" * 3)
    monkeypatch.setattr(pool, "_LARGE", 1)
    monkeypatch.setattr(pool, "_BATCH", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert names(team("review", "--json")) == ["print-call"] * 4


def test_a_server_runs_no_rule_of_the_team_and_says_so(team: Run) -> None:
    write(HOME, f'raise SystemExit("run")\n{RULE}')
    write("pyproject.toml", f'{SETTINGS}ignore = ["ACM001"]\nper-file-ignores = {{"app/*" = ["acme", "print-call"]}}\n')
    root = Path.cwd()
    answer = Jobs(Roots((root,))).review(paths=["app"], max_tokens=500)
    [(reason, count)] = [pair for pair in answer.data["coverage"]["rules_skipped"].items() if "team" in pair[0]]
    assert count == 1
    assert f"1 rule not run: {reason}" in answer.text
    assert "--team-rules" in reason
    assert review(["app"], root=root, select=["ACM001"]).coverage.rules_skipped["print-call"] == reason
    with pytest.raises(InvalidInputError, match="SystemExit: run"):
        Jobs(Roots((root,)), team_rules=True).review(paths=["app"])


def test_a_kept_answer_of_the_command_is_not_given_by_a_server(team: Run) -> None:
    write("app/wait.py", SLOW)
    assert names(team("review", "--json")) == ["blocking-call-in-async", "print-call"]
    served = Jobs(Roots((Path.cwd(),))).review(paths=["."])
    assert list(served.data["totals"]) == ["blocking-call-in-async"]


def test_the_cases_of_the_rules_are_checked(team: Run) -> None:
    done = team("rules", "--check")
    assert (done.code, done.out) == (0, "ACM001  print-call: 2 cases hold\n")
    write(HOME, RULE.replace('Good("log(1)', 'Good("print(1)').replace('fixed="log(1)', 'fixed="log(2)'))
    done = team("rules", "--check", "--json")
    [row] = json.loads(done.out)["rules"]
    assert done.code == 1
    assert [fault.partition("\n")[0] for fault in row["faults"]] == [
        "case 1 (Bad) is not fixed to the text that it shows, but snippet.py to:",
        "case 2 (Good) is reported, unmarked, at snippet.py:1",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("print(1)  # !", "print(1)", "marks no line"),
        ("print(1)  # !", "print(1)  # !\\nlog(2)  # !", "is not reported at snippet.py:2"),
        (', fixed="log(1)\\n"', "", "has a fix but no fixed="),
        ('        Good("log(1)\\n"),\n', "", "no Good case"),
        ("yield Problem(call", 'raise ValueError("x")\n    yield Problem(call', "ValueError: x"),
    ],
)
def test_a_case_that_does_not_hold_is_told(team: Run, old: str, new: str, said: str) -> None:
    assert old in RULE
    write(HOME, RULE.replace(old, new))
    done = team("rules", "--check")
    assert done.code == 1
    assert said in done.out


def test_there_is_nothing_to_check_without_rules_of_the_team(run: Run) -> None:
    done = run("rules", "--check")
    assert (done.code, "[tool.layerwise] rules" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (HOME, "import nothing_like_it\n" + RULE, "line 1: ModuleNotFoundError"),
        (HOME, RULE + "\n\ndef broken(:\n", "SyntaxError"),
        (HOME, "x = 1\n", "defines no RULE"),
        (HOME, "RULE = 1\n", "not int"),
        (HOME, b"RULE = '\xff'\n", "not UTF-8"),
        (HOME, RULE.replace("ACM001", "ACME1"), "three capital letters"),
        (HOME, RULE.replace('"warning"', '"warn"'), "severity must be one of error, warning, info"),
        (HOME, RULE.replace("## When to ignore", "## Never"), "lacks ## When to ignore"),
        (HOME, RULE.replace("## Fix safety", "## Fix"), "needs ## Fix safety"),
        (HOME, RULE.replace("statements=()", 'statements="x"'), "statements must be a tuple"),
        (HOME, RULE.replace("statements=()", 'statements=(), versions={"a": "2"}'), ">=2.0"),
        (HOME, RULE.replace("__name__", '"acme.other_rule"'), "Rule(__name__"),
        (HOME, RULE.partition("@RULE")[0], "has no check"),
        (HOME, RULE.replace("statements=()", 'statements=(), scope="project"'), "scope must be"),
        (HOME, RULE.replace("ACM001", "AIO001"), "the shipped rule AIO001 blocking-call-in-async"),
        (HOME, RULE.replace("ACM001", "SUP001"), "the review reports itself"),
        (".layerwise/rules/acme/blocking_call_in_async.py", RULE.replace("ACM001", "ACM002"), "the shipped rule"),
        (".layerwise/rules/acme/naive_now.py", RULE.replace("ACM001", "ACM002"), "asked of ruff"),
        (".layerwise/rules/acme/other_print.py", RULE, "ACM001 is taken by"),
        (".layerwise/rules/acme/shout.py", RULE.replace("ACM001", "ACM002"), "two words"),
        (".layerwise/rules/acme/Print-Call.py", RULE, "not named as a rule is"),
        (".layerwise/rules/print_call.py", RULE, "in no family"),
        (".layerwise/rules/acme/deep/print_call.py", RULE, "is a folder in a family"),
    ],
)
def test_a_file_of_the_wrong_form_is_an_error_that_names_it(team: Run, path: str, text: str | bytes, said: str) -> None:
    assert text != RULE or path != HOME
    write(path, text)
    for command in (["review"], ["rules"], ["rules", "--check"]):
        done = team(*command)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        assert ".layerwise/rules/" in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("folder", "said"),
    [('"rulez"', "'rulez', which is no folder"), ('"../rules"', "inside the project"), ("3", "path of a folder")],
)
def test_a_folder_that_is_not_there_or_outside_is_refused_even_where_nothing_is_run(
    team: Run, tmp_path: Path, folder: str, said: str
) -> None:
    (tmp_path / "rules").mkdir()
    write("pyproject.toml", f"[tool.layerwise]\nrules = {folder}\n")
    done = team("review")
    assert (done.code, said in done.err) == (2, True)
    with pytest.raises(Exception, match=said):
        Jobs(Roots((Path.cwd(),))).review(paths=["."])


@pytest.mark.parametrize("name", ["acme/print_call.py", "acme", ""])
def test_a_link_that_leads_out_of_the_project_is_refused(team: Run, tmp_path: Path, name: str) -> None:
    inside, outside = Path(".layerwise/rules", name), tmp_path / "outside"
    inside.rename(outside)
    inside.symlink_to(outside)
    done = team("review")
    assert done.code == 2
    assert "leads outside the project root" in done.err


def test_the_default_profile_is_asked_for_over_a_stricter_one_of_the_project(run: Run) -> None:
    write("pyproject.toml", '[tool.layerwise]\nprofile = "strict"\n')
    write("tests/test_x.py", "def test_nothing() -> None:\n    print(1)\n")
    assert names(run("review", "--json")) == ["test-without-assertion"]
    assert names(run("review", "--json", "--profile", "default")) == []
