"""`BaseSettings` is imported from pydantic.

## Why is this bad?
It has moved to pydantic-settings: with Pydantic v2 the import raises PydanticImportError.

## Example
```python
from pydantic import BaseSettings
```

## Use instead
```python
from pydantic_settings import BaseSettings
```

## Fix safety
Unsafe: the package pydantic-settings must be installed.

## When to ignore
While Pydantic is pinned below 2.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Finding, Fix
from layerwise.review.nearby import nearby_texts
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, ProjectView, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="CFG007",
    severity="error",
    statements=("config.pydantic-settings", "structure.config"),
    requires=("pydantic",),
    versions={"pydantic": ">=2"},
    cases=(
        Bad(
            """
            from pydantic import BaseSettings  # !


            class Settings(BaseSettings):
                DEBUG: bool = False
            """,
            fixed="""
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False
            """,
        ),
        Bad(
            """
            from pydantic import BaseSettings, Field  # !


            class Settings(BaseSettings):
                LIMIT: int = Field(default=10)
            """,
            fixed="""
            from pydantic import Field
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                LIMIT: int = Field(default=10)
            """,
        ),
        Good(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False
            """
        ),
        Good(
            """
            from pydantic.v1 import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False
            """
        ),
        Good(
            """
            try:
                from pydantic_settings import BaseSettings
            except ImportError:
                from pydantic import BaseSettings
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel, BaseSettings  # !
            """,
            why="Pydantic may be pinned below 2, which one file does not show",
        ),
        Miss(
            """
            import pydantic


            class Settings(pydantic.BaseSettings):
                DEBUG: bool = False
            """,
            why="only the import itself is looked at",
        ),
    ),
)

_BELOW_TWO = re.compile(r"^[\s\"']*pydantic(?![-_\w])[^#\n]*?(<\s*2|(==|~=|\^|~)\s*1\.)", re.MULTILINE)


@RULE.on(ast.ImportFrom)
def check(context: Context, node: ast.ImportFrom) -> Iterator[Problem]:
    alias = next((each for each in node.names if each.name == "BaseSettings"), None)
    if node.module != "pydantic" or alias is None or isinstance(context.tree.parent(node), ast.Try | ast.ExceptHandler):
        return
    source = context.source
    edits: tuple[Edit, ...] = ()
    if len(node.names) == 1:
        edits = (source.replace(node, source.segment(node).replace("pydantic", "pydantic_settings", 1)),)
    elif alias.asname is None:
        end = source.line_start((node.end_lineno or node.lineno) + 1)
        line = f"{source.indent(node)}from pydantic_settings import BaseSettings{source.newline}"
        edits = (*context.imports.remove("BaseSettings", uses=10**6), source.insert(end, line))
    reason = "The package pydantic-settings must be installed."
    fix = Fix(edits, safe=False, reason=reason) if edits else None
    yield Problem(node, "`BaseSettings` is in pydantic_settings since Pydantic v2; this import fails.", fix=fix)


@RULE.refute
def is_version_one(view: ProjectView, finding: Finding) -> bool:
    """Whether the project, or the part of it that the file is in, keeps Pydantic below 2."""
    texts = nearby_texts(view.project.root, finding.path, ("pyproject.toml", "requirements.txt", "setup.cfg"))
    return any(_BELOW_TWO.search(text) for text in texts)
