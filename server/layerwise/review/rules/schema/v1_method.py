"""A method of Pydantic v1 is called.

## Why is this bad?
`dict`, `json`, `parse_obj` and `from_orm` warn in v2 and go in v3.

## Example
```python
async def create(self, data: UserCreate) -> UserResponse:
    return UserResponse.from_orm(await self.users.create(**data.dict()))
```

## Use instead
```python
async def create(self, data: UserCreate) -> UserResponse:
    return UserResponse.model_validate(await self.users.create(**data.model_dump()))
```

## Fix safety
Safe for `dict`, `parse_obj` and `from_orm`, which only changed their names; `from_orm` also needs `from_attributes`.

## When to ignore
While Pydantic is pinned below 2.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SCH007",
    severity="warning",
    habit=True,
    statements=("do.pydantic", "schema.from-attributes"),
    versions={"pydantic": ">=2"},
    cases=(
        Bad(
            """
            class UserService:
                async def create(self, data: UserCreate) -> UserResponse:
                    user = await self.users.create(**data.dict())  # !
                    return UserResponse.from_orm(user)  # !
            """,
            fixed="""
            class UserService:
                async def create(self, data: UserCreate) -> UserResponse:
                    user = await self.users.create(**data.model_dump())
                    return UserResponse.model_validate(user)
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel


            class Event(BaseModel):
                name: str


            def read(text: dict[str, str]) -> str:
                event = Event.parse_obj(text)  # !
                return event.json(exclude_none=True)  # !
            """,
            fixed="""
            from pydantic import BaseModel


            class Event(BaseModel):
                name: str


            def read(text: dict[str, str]) -> str:
                event = Event.model_validate(text)
                return event.model_dump_json(exclude_none=True)
            """,
        ),
        Good(
            """
            class UserService:
                async def create(self, data: UserCreate) -> UserResponse:
                    return UserResponse.model_validate(await self.users.create(**data.model_dump()))
            """
        ),
        Good(
            """
            def read(response: Response) -> dict[str, str]:
                return response.json()
            """
        ),
        Good(
            """
            def read(record: Record) -> dict[str, str]:
                return record.dict()
            """
        ),
        FalseAlarm(
            """
            def read(data: PollUpdate) -> dict[str, str]:
                return data.dict()  # !
            """,
            why="a class of another library whose name ends like a schema",
        ),
        Miss(
            """
            def read(items):
                return [item.dict() for item in items]
            """,
            why="nothing says what the items are",
        ),
    ),
)
_RENAMED = {
    "dict": "model_dump",
    "json": "model_dump_json",
    "parse_obj": "model_validate",
    "parse_raw": "model_validate_json",
    "from_orm": "model_validate",
    "construct": "model_construct",
    "update_forward_refs": "model_rebuild",
}
_ON_CLASSES = frozenset({"parse_obj", "parse_raw", "from_orm"})
_SCHEMA = re.compile(r"(?<=[a-z])(Create|Update|Patch|Response|Schema|Base|InDB)$")


@RULE.on_call("dict", "json", "parse_obj", "parse_raw", "from_orm")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not isinstance(call.func, ast.Attribute) or any(
        name.startswith("pydantic.v1") for name in context.names.imports.values()
    ):
        return
    method, receiver = call.func.attr, dotted(call.func.value)
    if not receiver or not (_is_class(receiver) if method in _ON_CLASSES else _is_schema(context, call, receiver)):
        return
    end = context.source.end(call.func)
    edit = Edit(context.path, end - len(method), end, _RENAMED[method])
    moved = {word.arg for word in call.keywords} & {
        "encoder",
        "models_as_dict",
        "skip_defaults",
        "ensure_ascii",
        "indent",
    }
    safe = method != "json"
    reason = "The method only changed its name." if safe else "The text has no spaces between its parts any more."
    yield Problem(
        call,
        f"`{receiver}.{method}()` is Pydantic v1; use `{_RENAMED[method]}`.",
        fix=None if moved else Fix((edit,), safe=safe, reason=reason),
        confidence="high" if _is_v2(context) or "/" not in context.path else "low",
    )


def _is_v2(context: Context) -> bool:
    """Whether the module uses names that only Pydantic v2 has."""
    modern = {"pydantic.ConfigDict", "pydantic.field_validator", "pydantic.model_validator", "pydantic.computed_field"}
    if not modern.isdisjoint(context.names.imports.values()):
        return True
    return any(True for _ in context.tree.calls("model_dump", "model_validate", "model_dump_json"))


def _is_class(receiver: str) -> bool:
    last = receiver.rpartition(".")[2]
    return last[:1].isupper() and not last.isupper()


def _is_schema(context: Context, call: ast.Call, receiver: str) -> bool:
    """Whether the variable is a schema: by its annotation, or made from a schema of this module."""
    function = context.tree.runner(call)
    if function is None:
        return False
    for argument in parameters(function):
        if argument.arg == receiver and argument.annotation is not None:
            name = dotted(argument.annotation).rpartition(".")[2]
            klass = context.classes.by_name.get(name)
            return context.classes.kind(klass) == "schema" if klass is not None else bool(_SCHEMA.search(name))
    for node in context.tree.body(function):
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == receiver and isinstance(node.value, ast.Call):
            head = dotted(node.value.func)
            klass = context.classes.by_name.get(head.partition(".")[0])
            return klass is not None and context.classes.kind(klass) == "schema" and head.count(".") < 2
    return False
