"""A response schema cannot be made from an ORM object.

## Why is this bad?
`model_validate(user)` raises a validation error: without the setting only dicts are read.

## Example
```python
class UserResponse(BaseModel):
    id: int
    created_at: datetime
```

## Use instead
```python
class UserResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: datetime
```

## Fix safety
Safe: dicts are read as before.

## When to ignore
When the response is always built from a dict.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.review.classes import fields
from layerwise.review.context import Context
from layerwise.review.finding import Finding, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SCH004",
    severity="warning",
    statements=("schema.from-attributes", "schema.response"),
    requires=("pydantic",),
    versions={"pydantic": ">=2"},
    cases=(
        Bad(
            """
            from datetime import datetime

            from pydantic import BaseModel


            class UserResponse(BaseModel):  # !
                id: int
                created_at: datetime
            """,
            fixed="""
            from datetime import datetime

            from pydantic import BaseModel, ConfigDict


            class UserResponse(BaseModel):
                model_config = ConfigDict(from_attributes=True)

                id: int
                created_at: datetime
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel, ConfigDict


            class UserOut(BaseModel):  # !
                model_config = ConfigDict(extra="forbid")

                name: str


            def show(user: User) -> UserOut:
                return UserOut.model_validate(user)
            """,
            fixed="""
            from pydantic import BaseModel, ConfigDict


            class UserOut(BaseModel):
                model_config = ConfigDict(extra="forbid", from_attributes=True)

                name: str


            def show(user: User) -> UserOut:
                return UserOut.model_validate(user)
            """,
        ),
        Good(
            """
            from datetime import datetime

            from pydantic import BaseModel


            class LogItemResponse(BaseModel):
                id: int
                created_at: datetime


            def show(item: LogItem) -> LogItemResponse:
                return LogItemResponse(id=item.id, created_at=item.created_at)
            """
        ),
        Good(
            """
            from datetime import datetime

            from pydantic import BaseModel, ConfigDict


            class UserBase(BaseModel):
                model_config = ConfigDict(from_attributes=True)


            class UserResponse(UserBase):
                id: int
                created_at: datetime
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class HealthResponse(BaseModel):
                status: str


            class UserCreate(BaseModel):
                email: str
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserOut(BaseModel):
                name: str


            def show(data: dict[str, str]) -> UserOut:
                return UserOut.model_validate(data)
            """
        ),
        FalseAlarm(
            """
            from datetime import datetime

            from pydantic import BaseModel


            class JobResponse(BaseModel):  # !
                id: int
                created_at: datetime
            """,
            why="a response that is built from the dict of another API",
        ),
        Miss(
            """
            from app.schemas.base import Schema


            class UserResponse(Schema):
                id: int
            """,
            why="the base may bring the setting",
        ),
    ),
)
_RESPONSE = re.compile(r"(Response|Read|Out|Public|InDB|InDBBase)$")
_FROM_TABLE = frozenset({"created_at", "updated_at"})


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if context.classes.kind(node) != "schema" or _is_set(context, node) or _has_foreign_base(context, node):
        return
    names = set(context.classes.all_fields(node))
    validated = _is_validated(context, node.name)
    if validated or (_RESPONSE.search(node.name) and "id" in names and names & _FROM_TABLE):
        yield Problem(
            node,
            f"`{node.name}` cannot read ORM objects: `from_attributes=True` is missing.",
            fix=_fix(context, node),
            confidence="high" if validated else "medium",
        )


@RULE.refute
def is_built_by_hand(view: ProjectView, finding: Finding) -> bool:
    """Whether the project calls the schema with the values of its fields, and so reads no objects with it."""
    project: Project = view.project
    schemas = [each for each in project.schemas.values() if each.place.path == finding.path]
    named = next((each for each in schemas if each.place.line == finding.line), None)
    if named is None or finding.confidence == "high":
        return False
    return any(
        project.resolve(module.path, call.chain) == named.symbol
        for module in project.modules.values()
        for body in module.bodies.values()
        for call in body.calls
        if call.name == named.name
    )


def _is_set(context: Context, node: ast.ClassDef) -> bool:
    return any(
        (isinstance(each, ast.keyword) and each.arg in ("from_attributes", "orm_mode"))
        or (isinstance(each, ast.Name) and each.id in ("orm_mode", "from_attributes"))
        or (isinstance(each, ast.Constant) and each.value == "from_attributes")
        for klass in (node, *context.classes.bases(node))
        for each in context.tree.within(klass)
    )


def _has_foreign_base(context: Context, node: ast.ClassDef) -> bool:
    """Whether a base that this module does not define, other than BaseModel, may bring the setting."""
    for klass in (node, *context.classes.bases(node)):
        for base in klass.bases:
            inner = base.value if isinstance(base, ast.Subscript) else base
            known = isinstance(inner, ast.Name) and inner.id in context.classes.by_name
            if not known and context.names.qualified(inner) not in ("pydantic.BaseModel", "typing.Generic"):
                return True
    return False


def _is_validated(context: Context, name: str) -> bool:
    """Whether the module validates an object, no dict, with the schema: `UserOut.model_validate(user)`."""
    for call in context.tree.calls("model_validate"):
        if isinstance(call.func, ast.Attribute) and dotted(call.func.value) == name and call.args:
            argument = call.args[0]
            function = context.tree.runner(call)
            if not isinstance(argument, ast.Name) or function is None:
                continue
            for parameter in function.args.args:
                kind = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
                if parameter.arg == argument.id and re.fullmatch(r"[A-Z]\w+|models?\.[A-Z]\w+", kind):
                    return kind not in ("Any", "Mapping", "Row")
    return False


def _fix(context: Context, node: ast.ClassDef) -> Fix | None:
    source = context.source
    reason = "Dicts are read as before, and objects as well."
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            return None
        if isinstance(statement, ast.Assign) and dotted(statement.targets[0]) == "model_config":
            if not isinstance(statement.value, ast.Call):
                return None
            return Fix((source.add_argument(statement.value, "from_attributes=True"),), safe=True, reason=reason)
    first = node.body[0]
    if first.lineno == node.lineno or next(fields(node), None) is None:
        return None
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    anchor = node.body[1] if docstring and len(node.body) > 1 else first
    local, imports = context.imports.add("pydantic.ConfigDict")
    indent, newline = source.indent(anchor), source.newline
    line = f"{indent}model_config = {local}(from_attributes=True){newline}{newline}"
    return Fix((source.insert(source.line_start(anchor.lineno), line), *imports), safe=True, reason=reason)
