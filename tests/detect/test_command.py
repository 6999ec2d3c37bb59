import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layerwise.detect.answer import as_dict, as_text
from layerwise.detect.command import main
from layerwise.detect.context import Context
from layerwise.detect.engine import match

PROMPT = "add an endpoint /orders that validates the body with pydantic"


def run(capfdbinary: Any, *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    out, err = capfdbinary.readouterr()
    return code, out.decode("utf-8"), err.decode("utf-8")


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_the_command_gives_the_function_s_answer_byte_for_byte(capfdbinary: Any) -> None:
    found = match(Context(prompt=PROMPT))
    assert run(capfdbinary, "--prompt", PROMPT, "--json") == (
        0,
        json.dumps(as_dict(found), ensure_ascii=False) + "\n",
        "",
    )
    assert run(capfdbinary, "--prompt", PROMPT) == (0, as_text(found) + "\n", "")


def test_silence_is_an_answer_too(capfdbinary: Any) -> None:
    assert run(capfdbinary, "--prompt", "make the button blue") == (0, "No trigger fires.\n", "")


def test_code_and_diff_come_from_files_and_standard_input(
    capfdbinary: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "class Item(BaseModel):\n    name: str\n"
    (tmp_path / "item.py").write_text(code, encoding="utf-8")
    found = run(capfdbinary, "--code", str(tmp_path / "item.py"), "--json")
    assert [row["name"] for row in json.loads(found[1])["triggers"]] == ["schema"]
    feed(monkeypatch, code.encode())
    assert run(capfdbinary, "--code", "-", "--json") == found
    feed(monkeypatch, ("--- a/x.py\n+++ b/x.py\n@@ -1 +1,2 @@\n+" + code.replace("\n ", "\n+ ")).encode())
    assert '"schema"' in run(capfdbinary, "--diff=-", "--json")[1]


def test_rows_are_answered_in_order_and_a_malformed_one_on_its_own_line(
    capfdbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        b'{"id": "a", "prompt": "add an endpoint"}',
        b'{"id": 2, "prompt": ["x"]}',
        b"{",
        b"[1]",
        b'"\xff"',
        b"",
        b"{}",
    ]
    feed(monkeypatch, b"\n".join(rows))
    code, out, err = run(capfdbinary, "--jsonl", "-")
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (2, "")
    assert [answer.get("id") for answer in answers] == ["a", 2, None, None, None, None]
    assert [answer["name"] for answer in answers[0]["triggers"]] == ["route"]
    assert set(answers[0]) == {"id", "triggers", "intent"}
    assert answers[1]["error"] == "prompt must be text, not list; leave it empty when there is none."
    assert all("error" in answer for answer in answers[1:5])
    assert answers[5] == {"id": None, "triggers": [], "intent": "other"}


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--promt", "x"], "Did you mean '--prompt'?"),
        ([], "nothing to look at"),
        (["--code", "missing.py"], "missing.py cannot be read"),
        (["--code", "-", "--diff", "-"], "cannot both read standard input"),
        (["--jsonl", "rows.jsonl", "--prompt", "x"], "--jsonl reads its own rows"),
        (["--prompt"], "expected one argument"),
    ],
)
def test_a_wrong_command_line_says_what_is_allowed(capfdbinary: Any, argv: list[str], told: str) -> None:
    try:
        code = main(argv)
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capfdbinary.readouterr()
    assert (code, out) == (2, b"")
    assert told in err.decode("utf-8")


def test_a_file_that_is_not_utf_8_is_named(capfdbinary: Any, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_bytes(b"\xff\xfe")
    code, out, err = run(capfdbinary, "--code", str(tmp_path / "x.py"))
    assert (code, out) == (2, "")
    assert "is not UTF-8 (byte 0)" in err


def test_a_prompt_may_begin_with_a_hyphen(capfdbinary: Any) -> None:
    assert run(capfdbinary, "--prompt", "- added an endpoint for refunds")[1].startswith("route")


def test_options_may_be_joined_with_their_values(capfdbinary: Any) -> None:
    assert run(capfdbinary, f"--prompt={PROMPT}", "--json") == run(capfdbinary, "--json", "--prompt", PROMPT)


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "add an endpoint"}\n' * 2_000, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LAYERWISE_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "layerwise", "detect", "--jsonl", str(tmp_path / "rows.jsonl")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["triggers"]
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_prompt_hook_imports_nothing_that_it_does_not_need(cache: Path) -> None:
    script = (
        "import sys; before = set(sys.modules)\n"
        "from layerwise.__main__ import main\n"
        "main(['detect', '--prompt', 'add an endpoint', '--json'])\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LAYERWISE_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", script]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    done = subprocess.run(command, env=environment, capture_output=True, check=True, encoding="utf-8")
    assert json.loads(done.stdout)["triggers"]
    heavy = {"ast", "argparse", "tomllib", "dataclasses", "inspect", "mcp", "pydantic", "libcst", "jinja2", "yaml"}
    assert heavy.isdisjoint(done.stderr.split())
