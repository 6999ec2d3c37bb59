"""At a prompt: which triggers, which tool, in few words; and silence where there is nothing to say."""

from typing import Any

import pytest

from layerwise.detect.brief import MAX_TOKENS
from layerwise.hook.prompt import answer_prompt
from layerwise.tokens import count_tokens

ROUTE = "add an endpoint that lists invoices with pagination"
EVENTS = {"claude-code": "UserPromptSubmit", "codex": "UserPromptSubmit", "gemini": "BeforeAgent"}


def read_context(host: str, answer: Any) -> str:
    """What the assistant sees of an answer, by the form of its host and nothing beside it."""
    if host == "cursor":
        assert answer.keys() == {"continue", "additional_context"}
        assert answer["continue"] is True
        return str(answer["additional_context"])
    assert answer.keys() == {"hookSpecificOutput"}
    assert answer["hookSpecificOutput"].keys() == {"hookEventName", "additionalContext"}
    assert answer["hookSpecificOutput"]["hookEventName"] == EVENTS[host]
    return str(answer["hookSpecificOutput"]["additionalContext"])


@pytest.mark.parametrize("host", [*EVENTS, "cursor"])
def test_a_prompt_names_its_triggers_and_the_tool_to_call(hook: Any, host: str) -> None:
    told = hook("prompt", {"prompt": ROUTE}, host=host)
    context = read_context(host, told.answer)
    assert "route" in context
    assert "get_guidance(triggers=['route'" in context
    assert "“endpoint”" in context
    assert count_tokens(context) <= MAX_TOKENS
    assert (told.code, told.err, told.log) == (0, "", "")


@pytest.mark.parametrize("host", [*EVENTS, "cursor"])
@pytest.mark.parametrize("prompt", ["", "what is the weather", "rename the logo file", "/compact"])
def test_a_prompt_about_something_else_gets_no_byte(hook: Any, host: str, prompt: str) -> None:
    assert hook("prompt", {"prompt": prompt}, host=host) == (0, b"", "", "")


def test_a_wish_for_a_service_leads_to_its_generation() -> None:
    text = answer_prompt("create a UserService", "", "auto")
    assert "generate_code" in text
    assert "User" in text


@pytest.mark.parametrize(
    "filling", ["“”…" * 3000, "A" * 90_000, "endpoint schema model async " * 2000, "\x00\x1b[31m\n" * 500]
)
@pytest.mark.parametrize("mode", ["auto", "suggest"])
def test_no_prompt_makes_a_long_answer(filling: str, mode: str) -> None:
    assert count_tokens(answer_prompt(f"{ROUTE} {filling} create a {filling[:500]}Service", "", mode)) <= MAX_TOKENS


def test_a_project_of_another_stack_is_left_alone(hook: Any) -> None:
    hook.write("pyproject.toml", '[project]\nname = "site"\ndependencies = ["django>=5"]\n')
    assert hook("prompt", {"prompt": ROUTE}).out == b""


def test_suggest_says_so_in_softer_words(hook: Any) -> None:
    told = hook("prompt", {"prompt": ROUTE}, LAYERWISE_HOOKS="suggest")
    assert "If it helps" in read_context("claude-code", told.answer)


def test_a_prompt_hook_imports_nothing_heavy(hook: Any) -> None:
    assert hook("prompt", {"prompt": ROUTE}).answer, "the first call compiles the triggers"
    told = hook("prompt", {"prompt": ROUTE}, PYTHONPROFILEIMPORTTIME="1")
    assert told.answer
    loaded = {line.rpartition("|")[2].strip() for line in told.err.splitlines()}
    assert "layerwise.hook.prompt" in loaded
    assert not loaded & {
        "mcp",
        "libcst",
        "jinja2",
        "yaml",
        "pydantic",
        "argparse",
        "ast",
        "subprocess",
        "tomllib",
        "typing",
    }
