"""A Pydantic model is configured with a class `Config`.

## Why is this bad?
Pydantic v2 warns, ignores `orm_mode`, and v3 will not read the class at all.

## Example
```python
class UserResponse(BaseModel):
    id: int

    class Config:
        orm_mode = True
```

## Use instead
```python
class UserResponse(BaseModel):
    id: int

    model_config = ConfigDict(from_attributes=True)
```

## Fix safety
Safe where each option has the same meaning under its new name; there is no fix for the others.

## When to ignore
While the code must also run on Pydantic v1.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="SCH005",
    severity="warning",
    habit=True,
    statements=("schema.from-attributes", "do.pydantic"),
    requires=("pydantic",),
    versions={"pydantic": ">=2"},
    cases=(
        Bad(
            """
            from pydantic import BaseModel


            class UserResponse(BaseModel):
                id: int

                class Config:  # !
                    orm_mode = True
            """,
            fixed="""
            from pydantic import BaseModel, ConfigDict


            class UserResponse(BaseModel):
                id: int

                model_config = ConfigDict(from_attributes=True)
            """,
        ),
        Bad(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False

                class Config:  # !
                    env_file = ".env"
                    case_sensitive = True
            """,
            fixed="""
            from pydantic_settings import BaseSettings, SettingsConfigDict


            class Settings(BaseSettings):
                DEBUG: bool = False

                model_config = SettingsConfigDict(env_file=".env", case_sensitive=True)
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel


            class UserCreate(BaseModel):
                name: str

                class Config:  # !
                    fields = {"name": {"alias": "fullName"}}
            """
        ),
        Good(
            """
            from pydantic import BaseModel, ConfigDict


            class UserResponse(BaseModel):
                model_config = ConfigDict(from_attributes=True)

                id: int
            """
        ),
        Good(
            """
            class Worker:
                class Config:
                    threads = 4
            """
        ),
        Good(
            """
            from pydantic_settings import BaseSettings, SettingsConfigDict


            class Settings(BaseSettings):
                model_config = SettingsConfigDict(env_file=".env")

                DEBUG: bool = False
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel


            class Both(BaseModel):
                name: str

                class Config:  # !
                    frozen = True
                    json_encoders = {}
            """,
            why="code that must run on both versions has no other way",
        ),
        Miss(
            """
            from app.schemas.base import ApiModel


            class User(ApiModel):
                class Config:
                    orm_mode = True
            """,
            why="that the base is a Pydantic model is said in another file",
        ),
    ),
)
_RENAMED = {
    "orm_mode": "from_attributes",
    "allow_population_by_field_name": "populate_by_name",
    "anystr_strip_whitespace": "str_strip_whitespace",
    "min_anystr_length": "str_min_length",
    "max_anystr_length": "str_max_length",
    "schema_extra": "json_schema_extra",
    "validate_all": "validate_default",
}
_SAME = frozenset({
    "from_attributes", "populate_by_name", "extra", "frozen", "arbitrary_types_allowed", "use_enum_values", "title",
    "validate_assignment", "json_schema_extra", "str_strip_whitespace", "alias_generator", "env_file", "env_prefix",
    "case_sensitive", "env_file_encoding", "env_nested_delimiter", "secrets_dir",
})  # fmt: skip
_FORBID = {"Extra.forbid": '"forbid"', "Extra.allow": '"allow"', "Extra.ignore": '"ignore"'}


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    owner = context.tree.parent(node)
    if node.name != "Config" or not isinstance(owner, ast.ClassDef):
        return
    kind = context.classes.kind(owner)
    if kind in ("schema", "settings"):
        yield Problem(
            node,
            f"`{owner.name}.Config` is Pydantic v1; use `model_config`.",
            fix=_fix(context, node, kind == "settings"),
        )


def _fix(context: Context, node: ast.ClassDef, settings: bool) -> Fix | None:
    options: list[str] = []
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            return None
        name = statement.targets[0].id
        new = name if name in _SAME else _RENAMED.get(name)
        if new is None or "\n" in context.source.segment(statement.value):
            return None
        value = context.source.segment(statement.value)
        options.append(f"{new}={_FORBID.get(value, value)}")
    if node.bases or _has_comment(context, node):
        return None
    full = "pydantic_settings.SettingsConfigDict" if settings else "pydantic.ConfigDict"
    local, imports = context.imports.add(full)
    start = context.source.start(node)
    end = context.source.end(node.body[-1])
    edit = Edit(context.path, start, end, f"model_config = {local}({', '.join(options)})")
    return Fix((edit, *imports), safe=True, reason="The options mean the same under their new names.")


def _has_comment(context: Context, node: ast.ClassDef) -> bool:
    return any("#" in line for line in context.source.lines[node.lineno - 1 : node.end_lineno])
