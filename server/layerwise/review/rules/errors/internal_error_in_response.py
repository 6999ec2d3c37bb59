"""The text of an internal error is sent to the client.

## Why is this bad?
It shows SQL, host names and paths to whoever provokes the error.

## Example
```python
try:
    return await service.run()
except ValueError as error:
    raise HTTPException(status_code=500, detail=str(error)) from error
```

## Use instead
```python
try:
    return await service.run()
except ValueError as error:
    logger.exception("run failed")
    raise HTTPException(status_code=500, detail="Internal server error") from error
```

## Fix safety
Unsafe: the text is lost unless it is logged.

## When to ignore
When the exception is your own and its text is meant for the client; then it is no 500.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import keyword

RULE = Rule(
    __name__,
    __doc__,
    code="SEC008",
    severity="warning",
    habit=True,
    statements=("layer.endpoints", "dont.except"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except ValueError as error:
                    raise HTTPException(status_code=500, detail=str(error)) from error  # !
            """,
            fixed="""
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except ValueError as error:
                    raise HTTPException(status_code=500, detail="Internal server error") from error
            """,
        ),
        Bad(
            """
            from fastapi import HTTPException, status


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except Exception as e:
                    raise HTTPException(status.HTTP_500_INTERNAL_SERVER_ERROR, f"failed: {e}")  # !
            """,
            fixed="""
            from fastapi import HTTPException, status


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except Exception as e:
                    raise HTTPException(status.HTTP_500_INTERNAL_SERVER_ERROR, "Internal server error")
            """,
        ),
        Good(
            """
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except ValueError as error:
                    raise HTTPException(status_code=400, detail=str(error)) from error
            """
        ),
        Good(
            """
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except ValueError as error:
                    raise HTTPException(status_code=500, detail="Internal server error") from error
            """
        ),
        Good(
            """
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                raise HTTPException(status_code=500, detail=service.message)
            """
        ),
        FalseAlarm(
            """
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except PublicError as error:
                    raise HTTPException(status_code=500, detail=str(error)) from error  # !
            """,
            why="the text may be written for clients",
        ),
        Miss(
            """
            from fastapi import HTTPException


            async def run(service: ServiceDep) -> Report:
                try:
                    return await service.run()
                except ValueError as error:
                    message = describe(error)
                    raise HTTPException(status_code=500, detail=message) from error
            """,
            why="the text is made by another function",
        ),
    ),
)


@RULE.on_call("HTTPException")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) != "fastapi.HTTPException":
        return
    status = keyword(call, "status_code") or (call.args[0] if call.args else None)
    detail = keyword(call, "detail") or (call.args[1] if len(call.args) > 1 else None)
    handler = next((around for around in context.tree.ancestors(call) if isinstance(around, ast.ExceptHandler)), None)
    if status is None or detail is None or handler is None or handler.name is None:
        return
    if not (
        ast.unparse(status) == "500" or "HTTP_500" in ast.unparse(status) or "INTERNAL_SERVER" in ast.unparse(status)
    ):
        return
    if any(isinstance(node, ast.Name) and node.id == handler.name for node in context.tree.within(detail)):
        yield Problem(
            call,
            f"The client is told `{context.text(detail)}`, the text of an internal error.",
            fix=Fix(
                (context.source.replace(detail, '"Internal server error"'),),
                safe=False,
                reason="The text is lost unless it is logged as well.",
            ),
        )
