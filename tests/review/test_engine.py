"""One text reviewed: positions, half-typed code, snippets, newer syntax, rules that fail."""

import ast
from collections.abc import Iterator

import pytest

from layerwise.review.context import Context
from layerwise.review.engine import FileReview, review_text
from layerwise.review.finding import Finding, Span
from layerwise.review.parsing import MAX_CHARACTERS
from layerwise.review.rule import Good, Problem, Rule

SLEEP = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"


def found(text: str, path: str = "snippet.py") -> list[tuple[str, int]]:
    return [(finding.name, finding.line) for finding in review_text(text, path).findings]


def only(review: FileReview) -> Finding:
    (finding,) = review.findings
    return finding


def test_a_finding_says_in_the_json_contract_what_where_why_and_how_to_mend_it() -> None:
    finding = only(review_text(SLEEP)).as_dict()
    assert finding["fingerprint"]
    assert {key: finding[key] for key in finding if key != "fingerprint"} == {
        "code": "AIO001",
        "name": "blocking-call-in-async",
        "severity": "error",
        "confidence": "high",
        "path": "snippet.py",
        "line": 5,
        "column": 5,
        "end_line": 5,
        "end_column": 18,
        "message": "`time.sleep` blocks the event loop in `async def wait`.",
        "why": "No other request is served until the call returns: one slow call stops the whole worker.",
        "statements": ["do.async", "dont.mix-sync"],
        "trace": [],
        "fix": {
            "safe": True,
            "reason": "asyncio.sleep waits just as long and lets other tasks run.",
            "edits": [
                {"path": "snippet.py", "start": 44, "end": 54, "text": "await asyncio.sleep"},
                {"path": "snippet.py", "start": 0, "end": 12, "text": "import asyncio\n"},
            ],
        },
    }


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
def test_positions_are_those_of_the_text_whatever_its_newlines_mark_and_letters(newline: str, mark: str) -> None:
    lines = ["import time", "", "async def wait() -> None:", '    x = "äöü€😀"; time.sleep(1)', ""]
    text = mark + newline.join(lines)
    finding = only(review_text(text))
    assert finding.span == Span(4, 18, 4, 31)
    assert finding.fix is not None
    edit = finding.fix.edits[0]
    assert text[edit.start : edit.end] == "time.sleep"


def test_a_fingerprint_survives_edits_elsewhere_and_tells_equal_findings_apart() -> None:
    twice = SLEEP + "    time.sleep(1)\n"
    first, second = review_text(twice).findings
    moved = review_text('"""A docstring."""\n\n' + SLEEP.replace("wait()", "wait( )")).findings
    assert first.fingerprint != second.fingerprint
    assert [finding.fingerprint for finding in moved] == [first.fingerprint]


SLEEPS = "blocking-call-in-async"
INDENTED = "".join(f"    {line}" if line.strip() else line for line in SLEEP.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def broken(:\n    pass\n\n" + SLEEP, [("syntax-error", 1), ("blocking-call-in-async", 8)]),
        (SLEEP + "\n\nasync def next_one(\n", [("blocking-call-in-async", 5), ("syntax-error", 8)]),
        (SLEEP + "    total = (1 +\n", [("blocking-call-in-async", 5), ("syntax-error", 6)]),
        ("class A:\n    x = [\n\n    async def f(self):\n        time.sleep(1)\n", [("blocking-call-in-async", 5)]),
        ('s = """never closed\n\n' + SLEEP, [("blocking-call-in-async", 7), ("syntax-error", 1)]),
        (f"class A:\n{INDENTED}\n    def g(self):\n        \"\"\"Give the\n\n        thing of", [(SLEEPS, 6)]),
        (f"class A:\n    def g(self):\n        x = (1 +\n        return x\n\n{INDENTED}", [(SLEEPS, 10)]),
        (f"class A:\n    def g(self):\n        with open(x) as\n            pass\n{INDENTED}", [(SLEEPS, 9)]),
        (f"x = 1\n{INDENTED}", [(SLEEPS, 6)]),
    ],
    ids=[
        "broken header", "half a function", "open bracket", "broken class body", "open string",
        "cut off in a docstring", "broken method before", "broken block before", "indented by mistake",
    ],
)  # fmt: skip
def test_what_can_be_parsed_of_half_typed_code_is_reviewed(text: str, expected: list[tuple[str, int]]) -> None:
    names = found(text)
    assert set(expected) <= set(names)
    assert [name for name, _ in names].count("syntax-error") == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("    async def create(self) -> None:\n        time.sleep(1)\n        return None\n", 2),
        ("\tasync def create(self) -> None:\n\t\ttime.sleep(1)\n", 2),
        ("Look at this:\n\n```python\nasync def wait():\n    time.sleep(1)\n```\n\nIs it fine?\n", 5),
        ("  ```py\n  async def wait():\n      time.sleep(1)\n  ```\n", 3),
    ],
    ids=["method body", "tabs", "fenced", "indented fence"],
)
def test_snippets_that_are_no_files_are_reviewed_at_their_own_lines(text: str, line: int) -> None:
    review = review_text(text)
    assert [(finding.name, finding.line) for finding in review.findings] == [("blocking-call-in-async", line)]
    assert review.notices


def test_a_snippet_without_imports_means_what_it_usually_means() -> None:
    assert found("async def f(session: AsyncSession):\n    session.commit()\n") == [("unawaited-session-call", 2)]
    assert found("def time_it(time):\n    return 1\n\n\nasync def f(time):\n    time.sleep(1)\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "type Pair = tuple[int, int]",
        "def first[T](x: T) -> T: return x",
        "class Box[T]: pass",
        'x = f"{"a"}"',
        'x = f"{\n    1\n}"',
        'x = f"{"\\n".join("ab")}"',
        'x = t"{1}"',
        "try:\n    x = 1\nexcept ValueError, TypeError:\n    x = 2",
    ],
)
def test_newer_syntax_than_the_running_python_is_reviewed_and_no_error(line: str) -> None:
    assert found(f"{SLEEP}\n\n{line}\n") == [("blocking-call-in-async", 5)]


def test_a_text_without_python_is_one_syntax_error() -> None:
    assert found("please create a user service") == [("syntax-error", 1)]
    assert found("") == []


@pytest.mark.parametrize("text", ["x = 1\0", "x" * (MAX_CHARACTERS + 1)], ids=["NUL", "huge"])
def test_what_cannot_be_reviewed_is_an_error_that_says_what_to_do(text: str) -> None:
    review = review_text(text)
    assert review.findings == ()
    assert "send" in review.errors[0].message.lower()


@pytest.mark.parametrize("step", ["x", "def f():", "class A:", "if x:", "x = ("])
def test_stairs_of_broken_lines_neither_crash_nor_hang(step: str) -> None:
    assert review_text("".join(f"{' ' * depth}{step}\n" for depth in range(500))).errors == ()


def test_only_the_lines_of_a_broken_statement_stay_unseen() -> None:
    text = "class A:\n    def f(self):\n        first = 1\n        second = call(1,\n        third = 3\n" + SLEEP
    (notice,) = review_text(text).notices
    assert "1 lines not reviewed because of the syntax error (line 4)" in notice


@pytest.mark.parametrize("text", ["(" * 500, "a" + ".b()" * 5000, "x = " + "[" * 300 + "]" * 300, "-" * 3000 + "1"])
def test_deep_nesting_neither_crashes_nor_hangs(text: str) -> None:
    assert review_text(text).errors == ()


def test_a_rule_that_fails_is_reported_and_the_others_go_on() -> None:
    broken = Rule(
        "layerwise.review.rules.x.always_broken", "Broken.", code="XXX001", severity="error", statements=(), cases=()
    )
    sound = Rule("layerwise.review.rules.x.a_name", "Sound.", code="XXX002", severity="info", statements=(), cases=())

    @broken.on(ast.Name)
    def fail(context: Context, node: ast.Name) -> Iterator[Problem]:
        raise ZeroDivisionError(node.id)
        yield

    @sound.on(ast.Name)
    def report(context: Context, node: ast.Name) -> Iterator[Problem]:
        yield Problem(node, f"{node.id} is a name")

    review = review_text("x = y\n", rules=(broken, sound))
    assert [finding.message for finding in review.findings] == ["x is a name", "y is a name"]
    (error,) = review.errors
    assert (error.rule, "ZeroDivisionError" in error.message) == ("always-broken", True)


def test_a_case_may_be_indented_with_the_rule_that_holds_it() -> None:
    assert Good("\n        x = 1\n\n        y = 2\n        ").text == "x = 1\n\ny = 2\n"
