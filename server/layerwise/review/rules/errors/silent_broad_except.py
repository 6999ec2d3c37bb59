"""A broad `except` hides every error.

## Why is this bad?
A typo, a lost connection and a full disk all look like an empty result, and nobody is told.

## Example
```python
try:
    await mailer.send(message)
except Exception:
    pass
```

## Use instead
```python
try:
    await mailer.send(message)
except MailError:
    logger.exception("mail %s was not sent", message.id)
```

## When to ignore
Around clean-up that may fail and must not hide the first error.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="ERR001",
    severity="warning",
    habit=True,
    statements=("dont.except",),
    cases=(
        Bad(
            """
            async def notify(mailer: Mailer) -> None:
                try:
                    await mailer.send()
                except Exception:  # !
                    pass
            """
        ),
        Bad(
            """
            def load(path: str) -> list[str]:
                try:
                    return read(path)
                except:  # !
                    return []
            """
        ),
        Bad(
            """
            class UserService:
                async def find(self, user_id: int) -> UserResponse | None:
                    try:
                        return await self.get(user_id)
                    except (ValueError, Exception) as error:  # !
                        return None
            """
        ),
        Good(
            """
            import logging

            logger = logging.getLogger(__name__)


            async def notify(mailer: Mailer) -> None:
                try:
                    await mailer.send()
                except Exception:
                    logger.exception("not sent")
            """
        ),
        Good(
            """
            async def notify(mailer: Mailer) -> None:
                try:
                    await mailer.send()
                except MailError:
                    pass
            """
        ),
        Good(
            """
            async def notify(mailer: Mailer) -> None:
                try:
                    await mailer.send()
                except Exception as error:
                    mailer.failures.append(error)
            """
        ),
        Good(
            """
            def read_size(text: str) -> int | None:
                try:
                    size = parse_size(text)
                except Exception:
                    size = None
                return size
            """
        ),
        Good(
            """
            def is_session_usable(session: Session) -> bool:
                try:
                    session.connection()
                except Exception:
                    return False
                return True


            def parse_size(line: str) -> int | None:
                try:
                    return int(line.split()[4])
                except Exception:
                    return None
            """
        ),
        FalseAlarm(
            """
            def close(handle: Handle) -> None:
                try:
                    handle.close()
                except Exception:  # !
                    pass
            """,
            why="closing is best effort; a narrower exception would still say more",
        ),
        Miss(
            """
            import contextlib


            async def notify(mailer: Mailer) -> None:
                with contextlib.suppress(Exception):
                    await mailer.send()
            """,
            why="`suppress` says in words that it is meant",
        ),
    ),
    evidence=("ruff BLE001, narrowed to the silent ones",),
)
_TELLS = re.compile(
    r"log|warn|error|exception|critical|debug|info|print|capture|report|record|notify|fail|abort|exit|rollback"
)

_ASKS = re.compile(r"_*(is|can|has|supports)_")
_PARSERS = frozenset({
    "int", "float", "json.loads", "uuid.UUID", "decimal.Decimal", "datetime.datetime.fromisoformat",
})  # fmt: skip


@RULE.on(ast.ExceptHandler)
def check(context: Context, node: ast.ExceptHandler) -> Iterator[Problem]:
    if not is_broad(context, node) or context.file_layer in ("test", "migration", "script") or _is_told(node):
        return
    if _is_import_guard(context, node) or _is_conversion(context, node) or _is_answer(context, node):
        return
    caught = context.text(node.type) if node.type is not None else "everything"
    function = context.tree.runner(node)
    where = f" in `{function.name}`" if function else ""
    yield Problem(
        node, f"`except` catches {caught}{where} and says nothing; catch what is expected, or log and re-raise."
    )


def is_broad(context: Context, node: ast.ExceptHandler) -> bool:
    """Whether the handler catches every exception."""
    if node.type is None:
        return True
    types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(context.names.qualified(each) in ("Exception", "BaseException", "builtins.Exception") for each in types)


def _is_told(node: ast.ExceptHandler) -> bool:
    """Whether the handler raises, logs or uses the exception."""
    for each in ast.walk(node):
        if isinstance(each, ast.Raise):
            return True
        if isinstance(each, ast.Call) and _TELLS.search(callee_name(each).lower()):
            return True
        if isinstance(each, ast.Name) and node.name is not None and each.id == node.name:
            return True
    return False


def _is_import_guard(context: Context, node: ast.ExceptHandler) -> bool:
    """`try: import x except Exception: x = None`."""
    block = context.tree.parent(node)
    return isinstance(block, ast.Try) and all(isinstance(each, ast.Import | ast.ImportFrom) for each in block.body[:1])


def _is_conversion(context: Context, node: ast.ExceptHandler) -> bool:
    """`try: number = float(text) except Exception: number = None`: one value is made, or another in its place."""
    block = context.tree.parent(node)
    if not isinstance(block, ast.Try) or len(block.body) != 1 or len(node.body) != 1:
        return False
    made, instead = block.body[0], node.body[0]
    if isinstance(made, ast.Assign) and isinstance(instead, ast.Assign):
        return dotted(made.targets[0]) == dotted(instead.targets[0]) != "" and not _waits(made)
    return False


def _is_answer(context: Context, node: ast.ExceptHandler) -> bool:
    """`return False` in a function that asks whether something can be done, or instead of a number from a text."""
    instead, block, function = node.body[0], context.tree.parent(node), context.tree.runner(node)
    if not isinstance(instead, ast.Return) or len(node.body) != 1 or function is None:
        return False
    if isinstance(instead.value, ast.Constant) and instead.value.value is False and _ASKS.match(function.name):
        return True
    made = block.body[0] if isinstance(block, ast.Try) and len(block.body) == 1 else None
    value = made.value if isinstance(made, ast.Return | ast.Assign) else None
    return isinstance(value, ast.Call) and context.names.callee(value) in _PARSERS


def _waits(statement: ast.stmt) -> bool:
    return any(isinstance(each, ast.Await) for each in ast.walk(statement))
