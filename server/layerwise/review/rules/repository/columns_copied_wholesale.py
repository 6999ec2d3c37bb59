"""Every column of a row is overwritten with what another object has.

## Why is this bad?
What the caller did not set is a default there, and the default overwrites what is stored; the primary key, the owner
and the times of creation are copied as well.

## Example
```python
async def update_message(self, message_id: int, message: Message) -> Message:
    row = await self.get_by_id(message_id)
    for column in MessageRow.__table__.columns:
        setattr(row, column.name, getattr(message, column.name))
    await self.session.flush()
    return row
```

## Use instead
```python
async def update_message(self, message_id: int, data: MessageUpdate) -> Message:
    row = await self.get_by_id(message_id)
    for name, value in data.model_dump(exclude_unset=True).items():
        setattr(row, name, value)
    await self.session.flush()
    return row
```

## When to ignore
When the whole row is meant to be replaced.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="REP003",
    severity="warning",
    statements=("repository.update", "schema.update"),
    cases=(
        Bad(
            """
            class MessageRepository:
                async def update(self, message_id: int, message: Message) -> MessageRow:
                    row = await self.get_by_id(message_id)
                    for column in MessageRow.__table__.columns:  # !
                        if hasattr(message, column.name):
                            setattr(row, column.name, getattr(message, column.name))
                    return row
            """
        ),
        Bad(
            """
            def copy(source: User, target: User) -> None:
                for name, value in vars(source).items():  # !
                    setattr(target, name, value)
            """
        ),
        Bad(
            """
            def merge(source: User, target: User) -> None:
                for name, value in source.__dict__.items():  # !
                    setattr(target, name, value)
            """
        ),
        Good(
            """
            def update(row: User, data: UserUpdate) -> None:
                for name, value in data.model_dump(exclude_unset=True).items():
                    setattr(row, name, value)
            """
        ),
        Good(
            """
            def dump(row: User) -> dict[str, object]:
                return {column.name: getattr(row, column.name) for column in User.__table__.columns}
            """
        ),
        Good(
            """
            def clear(row: User) -> None:
                for column in User.__table__.columns:
                    if column.nullable:
                        setattr(row, column.name, None)
            """
        ),
        Miss(
            """
            def copy(source: User, target: User) -> None:
                for name in source.keys():
                    setattr(target, name, source[name])
            """,
            why="which keys a mapping has is not known",
        ),
    ),
    evidence=("letta-ai/letta 1f57569116",),
)


@RULE.on(ast.For)
def check(context: Context, node: ast.For) -> Iterator[Problem]:
    text = ast.unparse(node.iter)
    columns = text.endswith((".__table__.columns", ".__table__.c", ".columns.keys()", ".__mapper__.column_attrs"))
    whole = text.endswith(".__dict__.items()") or (text.startswith("vars(") and text.endswith(").items()"))
    if not columns and not whole:
        return
    copied = (
        inner.args[2]
        for inner in context.tree.within(node)
        if isinstance(inner, ast.Call) and callee_name(inner) == "setattr" and len(inner.args) == 3
    )
    if any(whole or _reads_same(node, value) for value in copied):
        yield Problem(node, f"All of `{text.partition('.')[0]}` is copied, what the caller did not set too.")


def _reads_same(loop: ast.For, value: ast.expr) -> bool:
    """Whether a value is read off another object by the name of the column, at once or through a variable."""
    if isinstance(value, ast.Name):
        assigned = [
            node.value
            for node in ast.walk(loop)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == value.id
        ]
        return any(_reads_same(loop, each) for each in assigned)
    return isinstance(value, ast.Call) and callee_name(value) == "getattr"
