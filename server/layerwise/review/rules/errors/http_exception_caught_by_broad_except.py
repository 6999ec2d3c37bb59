"""A broad `except` catches the `HTTPException` that its own `try` raises.

## Why is this bad?
The 404 that was meant for the client becomes a 500.

## Example
```python
try:
    user = await service.find(user_id)
    if user is None:
        raise HTTPException(status_code=404)
except Exception as error:
    raise HTTPException(status_code=500) from error
```

## Use instead
```python
try:
    user = await service.find(user_id)
    if user is None:
        raise HTTPException(status_code=404)
except HTTPException:
    raise
except Exception as error:
    raise HTTPException(status_code=500) from error
```

## Fix safety
Safe: the exception that was raised on purpose passes through.

## When to ignore
When the handler raises the same exception again in a way that is not seen.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.rules.errors.silent_broad_except import is_broad

RULE = Rule(
    __name__,
    __doc__,
    code="ERR003",
    severity="error",
    statements=("dont.except", "layer.endpoints"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import HTTPException


            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                try:
                    user = await service.find(user_id)
                    if user is None:
                        raise HTTPException(status_code=404)
                    return user
                except Exception as error:  # !
                    raise HTTPException(status_code=500) from error
            """,
            fixed="""
            from fastapi import HTTPException


            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                try:
                    user = await service.find(user_id)
                    if user is None:
                        raise HTTPException(status_code=404)
                    return user
                except HTTPException:
                    raise
                except Exception as error:
                    raise HTTPException(status_code=500) from error
            """,
        ),
        Bad(
            """
            import fastapi
            import logging

            logger = logging.getLogger(__name__)


            def check_age(age: int) -> bool:
                try:
                    if age < 18:
                        raise fastapi.HTTPException(status_code=403)
                except ValueError:
                    return False
                except Exception:  # !
                    logger.exception("age")
                return True
            """,
            fixed="""
            import fastapi
            import logging

            logger = logging.getLogger(__name__)


            def check_age(age: int) -> bool:
                try:
                    if age < 18:
                        raise fastapi.HTTPException(status_code=403)
                except ValueError:
                    return False
                except fastapi.HTTPException:
                    raise
                except Exception:
                    logger.exception("age")
                return True
            """,
        ),
        Good(
            """
            from fastapi import HTTPException


            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                try:
                    user = await service.find(user_id)
                except LookupError as error:
                    raise HTTPException(status_code=404) from error
                return user
            """
        ),
        Good(
            """
            from fastapi import HTTPException


            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                try:
                    user = await service.find(user_id)
                    if user is None:
                        raise HTTPException(status_code=404)
                except HTTPException:
                    raise
                except Exception as error:
                    raise HTTPException(status_code=500) from error
                return user
            """
        ),
        Good(
            """
            from fastapi import HTTPException


            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                try:
                    return await service.find(user_id)
                except Exception as error:
                    service.note(error)
                    raise
            """
        ),
        FalseAlarm(
            """
            from fastapi import HTTPException


            def check_age(age: int) -> None:
                try:
                    if age < 18:
                        raise HTTPException(status_code=403)
                except Exception as error:  # !
                    pass_on(error)
            """,
            why="the handler may raise the exception again in the function that it calls",
        ),
        Miss(
            """
            from fastapi import HTTPException


            async def read_user(user_id: int) -> UserResponse:
                try:
                    return require(user_id)
                except Exception as error:
                    raise HTTPException(status_code=500) from error
            """,
            why="the HTTPException is raised in the function that is called",
        ),
    ),
)


@RULE.on(ast.Try)
def check(context: Context, node: ast.Try) -> Iterator[Problem]:
    raised = next(
        (each for statement in node.body for each in context.tree.within(statement) if _raises(context, each)), None
    )
    if raised is None:
        return
    inner = next((around for around in context.tree.ancestors(raised) if isinstance(around, ast.Try)), None)
    for handler in node.handlers if inner is node else ():
        if handler.type is not None and "HTTPException" in ast.unparse(handler.type):
            return
        if is_broad(context, handler):
            if not any(isinstance(each, ast.Raise) and each.exc is None for each in context.tree.within(handler)):
                yield _problem(context, handler, raised)
            return


def _raises(context: Context, node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    exception = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return context.names.is_any(exception, "fastapi.HTTPException")


def _problem(context: Context, handler: ast.ExceptHandler, raised: ast.AST) -> Problem:
    source = context.source
    line = source.lines[handler.lineno - 1]
    indent = line[: len(line) - len(line.lstrip())]
    step = "\t" if "\t" in indent else "    "
    name = _name(raised)
    text = f"{indent}except {name}:{source.newline}{indent}{step}raise{source.newline}"
    return Problem(
        handler,
        f"This `except` also catches the `{name}` raised in line {getattr(raised, 'lineno', 0)}: its status is lost.",
        fix=Fix(
            (source.insert(source.line_start(handler.lineno), text),),
            safe=True,
            reason="The HTTPException raised on purpose passes through.",
        ),
    )


def _name(raised: ast.AST) -> str:
    assert isinstance(raised, ast.Raise)
    assert raised.exc is not None
    return ast.unparse(raised.exc.func if isinstance(raised.exc, ast.Call) else raised.exc)
