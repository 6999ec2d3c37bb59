"""A path operation decides things that belong to a service.

## Why is this bad?
Rules in a route hold for one URL only: the next route, a job or a test has to repeat them.

## Example
```python
@router.post("/orders", status_code=201)
async def create_order(data: OrderCreate, repo: OrderRepositoryDep) -> OrderResponse:
    total = 0
    for line in data.lines:
        if line.quantity < 1:
            raise HTTPException(422)
        total += line.price * line.quantity
    if total > data.credit:
        raise HTTPException(409)
    return await repo.create(total=total)
```

## Use instead
```python
@router.post("/orders", status_code=201)
async def create_order(data: OrderCreate, service: OrderServiceDep) -> OrderResponse:
    return await service.create(data)
```

## When to ignore
When the branches are about HTTP itself: content types, ranges, redirects.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="LAY005",
    severity="warning",
    confidence="medium",
    statements=("dont.logic-in-routes", "do.services", "layer.endpoints"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/orders", status_code=201)
            async def create_order(data: OrderCreate, repo: OrderRepositoryDep) -> OrderResponse:  # !
                total = 0
                for line in data.lines:
                    total += line.price * line.quantity
                if total > data.credit:
                    raise CreditError(total)
                return await repo.create(total=total)
            """
        ),
        Bad(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: UserCreate, repo: UserRepositoryDep) -> UserResponse:  # !
                if await repo.get_by_email(data.email):
                    raise HTTPException(status_code=409)
                hashed_password = hash_password(data.password)
                user = await repo.create(email=data.email, hashed_password=hashed_password)
                return UserResponse.model_validate(user)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/orders", status_code=201)
            async def create_order(data: OrderCreate, service: OrderServiceDep) -> OrderResponse:
                return await service.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.get("/orders/{order_id}")
            async def read_order(order_id: int, service: OrderServiceDep) -> OrderResponse:
                order = await service.find(order_id)
                if order is None:
                    raise HTTPException(status_code=404)
                return order
            """
        ),
        Good(
            """
            class OrderService:
                async def create(self, data: OrderCreate) -> OrderResponse:
                    total = 0
                    for line in data.lines:
                        total += line.price * line.quantity
                    return await self.orders.create(total=total)
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/export")
            async def export(service: ExportServiceDep) -> str:  # !
                size = 0
                for part in await service.parts():
                    size += part.size * 2
                if size > 10:
                    return "large"
                return "small"
            """,
            why="what is only shaping of the response looks like a decision",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/orders", status_code=201)
            async def create_order(data: OrderCreate, repo: OrderRepositoryDep) -> OrderResponse:
                return await repo.create(total=data.price * data.quantity)
            """,
            why="one small calculation is let pass",
        ),
    ),
)
# What a route may not weigh more than: a decision, a loop and a calculation each count.
_LIMIT = 2
_PASSWORDS = ("hash_password", "get_password_hash", "verify_password")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    function = route.function
    if route.method == "websocket" or context.route_functions[function] is not route:
        return
    reasons = [reason for node in context.tree.body(function) if (reason := _decision(context, node))]
    weight = len(reasons)
    if weight > _LIMIT and len(set(reasons)) > 1:
        counted = ", ".join(f"{reasons.count(reason)} {reason}" for reason in dict.fromkeys(reasons))
        yield Problem(
            function,
            f"`{function.name}` ({route.label}) holds business logic ({counted}); move it to a service.",
            confidence="medium"
            if weight > _LIMIT + 2 or "password hashing" in reasons or "calculation" in reasons
            else "low",
        )


def _decision(context: Context, node: ast.AST) -> str:
    """What kind of decision `node` is; empty for what a route may do."""
    if isinstance(node, ast.If) and not _is_presence_check(node.test):
        return "decision"
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        return "loop"
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)):
        return "calculation"
    if isinstance(node, ast.Call) and callee_name(node) in _PASSWORDS:
        return "password hashing"
    if isinstance(node, ast.Call) and _is_repository_call(node) and isinstance(context.tree.parent(node), ast.Await):
        return "repository call"
    return ""


def _is_presence_check(test: ast.expr) -> bool:
    """`if user is None`, `if not user`: the route's own business, turning nothing into a status code."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name)
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is | ast.IsNot)


def _is_repository_call(node: ast.Call) -> bool:
    """A call of a method of what is called a repository."""
    holder = node.func.value if isinstance(node.func, ast.Attribute) else None
    name = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
    return name.lower().endswith(("repo", "repository"))
