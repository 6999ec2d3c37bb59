import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.detect.answer import as_dict, as_text
from layerwise.detect.context import Context
from layerwise.detect.engine import match
from layerwise.errors import InvalidInputError

PARTS = ("prompt", "code", "diff", "path")
PIECES = [
    *("endpoint", "UserService", "接口", "эндпоинт", "/users/{id}", "é", "🚀", "ª", "İ", "GET ", "async ", "await "),
    *("`", "```py\n", "\n", "+", "@@ -1 +1 @@ ", "+++ b/x.py\n", "#", "\t", ".", "*", "_", "-", "{", ")", "'"),
    *("class A(BaseModel):", "    x: int", "def f(", "@router.get(", "Column(", '"""', "\\", "\0", "\r", "\u2028"),
]
SOUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join)


@given(prompt=SOUP, code=SOUP, diff=SOUP, path=SOUP)
@settings(max_examples=120)
def test_any_text_is_answered_with_exact_quotes_and_the_same_each_time(
    prompt: str, code: str, diff: str, path: str
) -> None:
    context = Context(prompt=prompt, code=code, diff=diff, path=path)
    found = match(context)
    assert match(context) == found
    for item in found.matches:
        assert 0.5 <= item.confidence <= 0.99
        for evidence in item.evidence:
            assert getattr(context, evidence.source)[evidence.start : evidence.end] == evidence.text
    assert json.loads(json.dumps(as_dict(found)))["intent"] in {"create", "modify", "review", "ask", "other"}
    assert as_text(found)


@given(text=SOUP)
@settings(max_examples=60)
def test_words_that_say_nothing_of_the_stack_never_fire_on_deletions(text: str) -> None:
    removed = "".join(f"-{line}\n" for line in text.splitlines())
    assert match(Context(diff=f"--- a/x.py\n+++ b/x.py\n@@ -1,9 +0,0 @@\n{removed}")).matches == ()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "text",
    [
        "a" * 3_000_000,
        "endpoint " * 300_000,
        "(" * 3_000_000,
        "aB" * 1_000_000,
        "接口" * 1_000_000,
        "```\n" * 500_000,
        "/a" * 1_000_000,
        "\n" * 3_000_000,
        "+x = (\n" * 300_000,
        "def f(\n" * 300_000,
        "\n".join("+" + " " * depth + "if x:" for depth in range(400)) * 20,
        "x" + ".y" * 1_000_000,
        "x = " + "1 + " * 500_000 + "1",
        "@router.get(\n" * 200_000,
        "diff --git a/x b/x\n+++ b/x.py\n@@ -1 +1 @@\n+x = Field(\n" * 50_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_endless_input_is_cut_and_said_to_be(part: str, text: str) -> None:
    found = match(Context(**{part: text}))
    assert bool(found.notices) == (part != "path")


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"]])
def test_a_part_that_is_not_text_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInputError, match="code must be text, not"):
        match(Context(code=value))  # type: ignore[arg-type]


def test_surrogates_survive_as_text() -> None:
    found = match(Context(prompt="add an endpoint \ud800"))
    assert [item.name for item in found.matches] == ["route"]
