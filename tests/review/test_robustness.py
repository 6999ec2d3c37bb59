"""Anything that a disk may hold is reviewed: nothing crashes, no rule fails, time is bounded."""

import os
import random
import sysconfig
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.review.engine import review_text
from layerwise.review.registry import load_rules
from layerwise.review.run import review

# LAYERWISE_REAL_FILES=2000 looks at as many; by default a sample that every run has time for.
REAL_FILES = int(os.environ.get("LAYERWISE_REAL_FILES", "60"))
GENERATED = int(os.environ.get("LAYERWISE_GENERATED_FILES", "60"))
# Of the processor, on a slow machine; a review takes milliseconds.
SECONDS = 20

names = st.sampled_from(["session", "user", "User", "db", "get_db", "router", "self", "é", "select", "time", "id", "_"])
texts = st.sampled_from(["'x'", '"""é\n"""', "f'{user!r}'", "b'\\xff'", "1", "...", "None", "'# noqa: AIO001'"])


def _call(parts: tuple[str, str, list[str]]) -> str:
    return f"{parts[0]}.{parts[1]}({', '.join(parts[2])})"


expressions = st.recursive(
    names | texts,
    lambda inner: (
        st.tuples(
            names, st.sampled_from(["execute", "get", "where", "sleep", "commit", "all"]), st.lists(inner, max_size=3)
        ).map(_call)
        | inner.map("await {}".format)
        | inner.map("[x async for x in {}]".format)
        | inner.map("(lambda: {})".format)
        | st.tuples(inner, inner).map(" == ".join)
        | inner.map("({})".format)
    ),
    max_leaves=6,
)
headers = st.sampled_from([
    "async def run(session: AsyncSession, id: int = 1) -> None:", "def __init__(self, *a, **k):", "class User(Base):", "class UserRead(BaseModel):",
    "with open('x') as f:", "async with session.begin():", "for user in users:", "while True:", "try:", "except Exception:", "except* ValueError as e:",
    "finally:", "else:", "if user:", "match user:", "case {'a': [*_, 1]}:", "@router.get('/users/{id}')", "type X[T] = list[T]", "def f[T](x: T) -> T:",
])  # fmt: skip
statements = st.one_of(
    expressions,
    headers,
    st.tuples(names, expressions).map(" = ".join),
    expressions.map("return {}".format),
    st.sampled_from(
        [
            "import time",
            "from sqlalchemy import select",
            "from . import *",
            "pass",
            "raise",
            "# layerwise: ignore[x",
            "yield",
            "\x0c",
            "\\",
        ]
    ),
)
lines = st.tuples(st.integers(0, 4), statements).map(lambda pair: "    " * pair[0] + pair[1])
files = st.lists(lines, max_size=30)


def look(text: str) -> None:
    """Review a text with every rule; no rule may fail, and what is found must lie in the text."""
    start = time.process_time()
    found = review_text(text, rules=load_rules(), confidences=("high", "medium", "low"))
    assert time.process_time() - start < SECONDS
    assert [error.message for error in found.errors if error.rule] == []
    for finding in found.findings:
        assert 1 <= finding.line <= finding.span.end_line <= found.lines
        for edit in finding.fix.edits if finding.fix else ():
            assert 0 <= edit.start <= edit.end <= len(text)


@settings(max_examples=GENERATED)
@given(files, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_generated_files_are_reviewed(content: list[str], newline: str, mark: str, tabs: bool) -> None:
    text = mark + newline.join(content)
    look(text.replace("    ", "\t") if tabs else text)


@settings(max_examples=GENERATED)
@given(files)
def test_generated_files_are_reviewed_together(content: list[str]) -> None:
    halves = {
        "app/models.py": "\n".join(content[::2]),
        "app/api.py": "from app.models import *\n" + "\n".join(content[1::2]),
    }
    assert [error.message for error in review(texts=halves, rules=load_rules()).errors] == []


def real_files() -> list[Path]:
    """Python files that lie on this machine: the standard library's, its broken test data too, and installed ones."""
    folders = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")]
    found = sorted({path for folder in folders for path in folder.rglob("*.py") if path.is_file()})
    return random.Random(7).sample(found, min(REAL_FILES, len(found)))


def test_real_files_are_reviewed_in_both_newline_styles() -> None:
    unreadable = 0
    for path in real_files():
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            unreadable += 1
            continue
        if "\0" not in text:
            unix = text.replace("\r\n", "\n")
            look(unix)
            if REAL_FILES > 100 or len(unix) < 20_000:
                look(unix.replace("\n", "\r\n"))
    assert unreadable <= REAL_FILES // 20


def test_a_folder_of_real_files_is_reviewed_as_a_project(tmp_path: Path) -> None:
    texts = {}
    for number, path in enumerate(real_files()[: max(20, REAL_FILES // 4)]):
        (tmp_path / f"m{number}.py").write_bytes(path.read_bytes())
        texts[f"m{number}.py"] = path
    found = review(["."], root=tmp_path, rules=load_rules())
    assert [error.message for error in found.errors if error.rule] == []
    assert found.coverage.files + sum(not error.rule for error in found.errors) >= len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "async def run(session: AsyncSession):\n" + "    session.execute(select(User))\n" * 10_000,
        "x = 1\n" * 10_000,
        "def f(:\n" * 2_000,
        "class A:\n" + "    def f(self): return self.f()\n" * 5_000,
        "".join(f"{' ' * depth}if x:\n" for depth in range(90)) + " " * 90 + "pass\n",
        "x = " + "(" * 150 + "1" + ")" * 150 + "\n",
        "x = " + "+".join(["1"] * 5_000) + "\n",
        "x = [" + "f(a, b), " * 20_000 + "]\n",
        "# " + "é" * 500_000 + "\nimport time\n",
    ],
    ids=[
        "10,000 queries",
        "10,000 lines",
        "broken headers",
        "methods",
        "blocks",
        "brackets",
        "sums",
        "one line",
        "comment",
    ],
)
def test_long_and_deep_files_are_reviewed_in_bounded_time(text: str) -> None:
    look(text)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"name = '\xe9'\n", b"x\x00y", b"\x80" * 100])
def test_bytes_that_are_no_text_are_an_error_of_their_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.py").write_bytes(content)
    (tmp_path / "good.py").write_text("import time\n\n\nasync def f() -> None:\n    time.sleep(1)\n", encoding="utf-8")
    found = review(["."], root=tmp_path)
    assert [error.path for error in found.errors] == ["bad.py"]
    assert [finding.path for finding in found.findings] == ["good.py"]
