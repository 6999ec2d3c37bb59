"""Pages are cut from an order that has ties.

## Why is this bad?
Rows that are equal in the order come back in any sequence, so the next page repeats some and leaves others out.

## Example
```python
select(Post).order_by(Post.created_at.desc()).offset(skip).limit(limit)
```

## Use instead
```python
select(Post).order_by(Post.created_at.desc(), Post.id).offset(skip).limit(limit)
```

## Fix safety
The fix adds the primary key to the order. It is unsafe: the query may need another index.

## When to ignore
When the column is unique by a constraint that the model does not show.
"""

import ast
from collections.abc import Iterator

from layerwise.project.entities import Statement
from layerwise.project.expressions import dotted_name
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Model
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Fix, Step
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_HEAD = """
from datetime import datetime

from sqlalchemy import DateTime, Select, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def page(skip: int, limit: int) -> Select[tuple[Post]]:
"""

RULE = Rule(
    __name__,
    __doc__,
    code="QRY007",
    severity="warning",
    confidence="medium",
    scope="project",
    statements=("repository.get-all",),
    cases=(
        Bad(
            _HEAD + "    return select(Post).order_by(Post.created_at.desc()).offset(skip).limit(limit)  # !\n",
            fixed=_HEAD
            + "    return select(Post).order_by(Post.created_at.desc(), Post.id).offset(skip).limit(limit)\n",
        ),
        Bad(
            _HEAD
            + """    query = select(Post).where(Post.slug != "")
    query = query.order_by(Post.created_at)  # !
    return query.offset(skip).limit(limit)
""",
            fixed=_HEAD
            + """    query = select(Post).where(Post.slug != "")
    query = query.order_by(Post.created_at, Post.id)
    return query.offset(skip).limit(limit)
""",
        ),
        Good(_HEAD + "    return select(Post).order_by(Post.created_at, Post.id).offset(skip).limit(limit)\n"),
        Good(_HEAD + "    return select(Post).order_by(Post.slug).offset(skip).limit(limit)\n"),
        Good(_HEAD + "    return select(Post).order_by(Post.created_at.desc()).limit(limit + skip)\n"),
        Good(_HEAD + "    return select(Post).order_by(func.random(), Post.slug).offset(skip).limit(limit)\n"),
        Miss(
            _HEAD + "    return select(Post).order_by(ORDERS[limit]).offset(skip).limit(limit)\n",
            why="an order that is looked up is not followed",
        ),
    ),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        names = {call.name for call in body.calls} if body else set()
        if not {"order_by", "offset"} <= names or project.layers[module.path] in ASIDE:
            continue
        for statement in project.entities.statements(symbol):
            model = project.models[statement.model]
            if statement.order is not None and "offset" in statement.methods and _has_ties(statement.order, model):
                yield _report(view, symbol, statement, statement.order, model)


def _has_ties(order: ast.Call, model: Model) -> bool:
    """Whether the columns of an order, all of them known, are not unique together."""
    names = [_column(argument) for argument in order.args]
    known = all(model.column(name) is not None for name in names)
    return bool(names) and known and not model.is_unique(frozenset(names))


def _column(node: ast.expr) -> str:
    """The column in `Post.created_at`, `Post.created_at.desc()` and `desc(Post.created_at)`."""
    while isinstance(node, ast.Call):
        if node.args and isinstance(node.func, ast.Name):
            node = node.args[0]
        elif isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return ""
    return node.attr if isinstance(node, ast.Attribute) else ""


def _report(view: ProjectView, symbol: Symbol, statement: Statement, order: ast.Call, model: Model) -> Problem:
    path = symbol.partition(JOINT)[0]
    source = view.source(path)
    keys = [column.name for column in model.columns if column.primary_key]
    written = dotted_name(statement.start.args[0])
    names = ", ".join(f"`{_column(argument)}`" for argument in order.args)
    fix = None
    if source is not None and keys and written:
        edit = source.add_argument(order, ", ".join(f"{written}.{key}" for key in keys))
        fix = Fix((edit,), safe=False, reason="The query sorts by one more column.")
    return Problem(
        order.args[0],
        f"Pages of `{model.name}` are cut from an order by {names}, which is not unique: rows repeat or go missing.",
        path=path,
        trace=(Step(model.place.path, model.place.line, f"`{model.name}` has no unique key over {names}"),),
        fix=fix,
    )
