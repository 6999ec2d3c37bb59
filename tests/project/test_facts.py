"""Facts: what one file states, whatever state it is in."""

import ast
import json
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.project.cache import StoredFacts, store_facts
from layerwise.project.extract import extract_facts
from layerwise.project.facts import Body, Facts

SERVICE = '''\
from typing import TYPE_CHECKING, Annotated

import app.core.config
from .repository import UserRepository as Repo

if TYPE_CHECKING:
    from app.models import User

DbSession = Annotated[AsyncSession, Depends(get_db)]


class UserService(Base, table=True):
    """Rules about users."""

    limit: int = Field(10, le=100)

    def __init__(self, repo: Repo, *, clock=now) -> None:
        self.repo = repo

    @retry(times=3)
    async def create(self, data: UserCreate, *args: int, **extra: str) -> "User":
        user = await self.repo.add(data)
        for role in await self.repo.roles():
            user.grant(role)
        if self.repo.exists(user):
            raise ConflictError("taken")
        return (await self.repo.session.execute(query)).scalars().first()
'''


def body_of(facts: Facts, qualname: str) -> Body:
    return next(body for body in facts.bodies if body.qualname == qualname)


def test_imports_keep_their_target_and_say_whether_they_are_for_typing_only() -> None:
    outline = extract_facts(SERVICE).outline
    found = {item.name: (item.target, item.typing_only) for item in outline.imports}
    assert found["Repo"] == (".repository.UserRepository", False)
    assert found["User"] == ("app.models.User", True)
    assert found["app.core.config"] == ("app.core.config", False)


def test_a_class_shows_bases_keywords_and_fields_as_source() -> None:
    (klass,) = extract_facts(SERVICE).outline.classes
    assert (klass.qualname, klass.bases, klass.keywords) == ("UserService", ("Base",), ("table=True",))
    assert [(field.name, field.annotation, field.value) for field in klass.fields] == [
        ("limit", "int", "Field(10, le=100)")
    ]


def test_a_method_shows_its_signature_and_where_its_decorators_start() -> None:
    create = next(each for each in extract_facts(SERVICE).outline.functions if each.name == "create")
    assert (create.is_async, create.owner, create.returns, create.decorators) == (
        True,
        "UserService",
        '"User"',
        ("retry(times=3)",),
    )
    assert create.line == create.start_line + 1
    assert [(each.name, each.kind, each.annotation) for each in create.parameters] == [
        ("self", "positional", ""),
        ("data", "positional", "UserCreate"),
        ("args", "args", "int"),
        ("extra", "kwargs", "str"),
    ]


def test_calls_say_what_becomes_of_their_result() -> None:
    calls = {call.chain: call for call in body_of(extract_facts(SERVICE), "UserService.create").calls}
    assert (calls["self.repo.add"].awaited, calls["self.repo.add"].use) == (True, "assign")
    assert (calls["self.repo.roles"].awaited, calls["self.repo.roles"].use) == (True, "iterate")
    assert (calls["user.grant"].use, calls["user.grant"].in_loop) == ("statement", True)
    assert calls["self.repo.exists"].use == "test"
    assert "self.repo.session.execute()!.scalars().first" in calls


def test_what_a_method_sets_on_self_is_bound() -> None:
    bindings = body_of(extract_facts(SERVICE), "UserService.__init__").bindings
    assert [(binding.name, binding.kind, binding.source) for binding in bindings] == [("self.repo", "value", "repo")]


def test_an_alias_of_annotated_is_a_module_variable() -> None:
    variables = {each.name: each.value for each in extract_facts(SERVICE).outline.assignments}
    assert variables == {"DbSession": "Annotated[AsyncSession, Depends(get_db)]"}


def test_columns_count_characters_where_the_parser_counts_bytes() -> None:
    (call,) = body_of(extract_facts('def f():\n    x = "größe", load()\n'), "f").calls
    assert (call.column, call.end_column) == (17, 23)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_parser_whatever_ends_them(newline: str) -> None:
    text = newline.join(["x = 1", "# \x0c form feed, \u2028 separator", "def f(a: int = 3): return g(a)", ""])
    facts = extract_facts(text)
    (function,) = facts.outline.functions
    assert (function.line, function.parameters[0].annotation, function.parameters[0].default) == (3, "int", "3")


def test_half_written_code_keeps_the_facts_of_the_rest() -> None:
    text = "import os\n\ndef broken(:\n    pass\n\n@route\ndef whole() -> int:\n    return 1\n"
    outline = extract_facts(text).outline
    assert [(each.name, each.line) for each in outline.functions] == [("whole", 7)]
    assert outline.problem.startswith("syntax error at line 3")


def test_exception_types_without_parentheses_are_read_on_an_older_interpreter() -> None:
    text = "def f():\n    try:\n        g()\n    except KeyError, ValueError:\n        h()\n"
    facts = extract_facts(text)
    assert facts.outline.problem == ""
    assert [call.chain for call in body_of(facts, "f").calls] == ["g", "h"]


def test_text_that_is_no_python_at_all_is_refused() -> None:
    with pytest.raises((SyntaxError, ValueError)):
        extract_facts("x = \0")


def test_reading_facts_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert extract_facts('pattern = "\\d"\n').outline.assignments[0].name == "pattern"


def test_facts_survive_the_cache() -> None:
    facts = extract_facts(SERVICE)
    stored = store_facts(facts)
    assert (stored.decode_outline(), stored.decode_bodies()) == (facts.outline, facts.bodies)


@pytest.mark.parametrize("row", ["", "{}", "[1, 2]", '["", 1, [[1]], [], [], [], [], []]', "null"])
def test_damaged_facts_are_refused_and_not_believed(row: str) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)):
        StoredFacts(row, row).decode_outline()


NAMES = st.sampled_from(
    ["a", "b", "self.c", "f()", "await g(a)", "h[0]", "x or y()", "(lambda: k())()", "[z() for z in q]"]
)


@settings(max_examples=60)
@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from(["", "async "]))
def test_every_call_of_a_function_is_a_fact(expressions: list[str], prefix: str) -> None:
    body = [f"    v = {text if prefix else text.replace('await ', '')}" for text in expressions]
    text = "\n".join([f"{prefix}def m(self):", *body])
    calls = body_of(extract_facts(text), "m").calls
    expected = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert sorted((call.line, call.column) for call in calls) == sorted((n.lineno, n.col_offset) for n in expected)
    assert json.loads(store_facts(extract_facts(text)).bodies)
