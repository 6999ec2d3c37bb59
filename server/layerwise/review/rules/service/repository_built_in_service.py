"""A service builds its own repository.

## Why is this bad?
Nobody can give the service another one: tests must patch the module, and two services cannot share a repository.

## Example
```python
class UserService:
    def __init__(self, session: AsyncSession) -> None:
        self.users = UserRepository(session)
```

## Use instead
```python
class UserService:
    def __init__(self, users: UserRepository) -> None:
        self.users = users
```

## When to ignore
When the service takes the repository as an optional parameter and only builds the default.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="SVC002",
    severity="warning",
    statements=("service.inject", "do.di"),
    cases=(
        Bad(
            """
            class UserService:
                def __init__(self, session: AsyncSession) -> None:
                    self.users = UserRepository(session)  # !
            """
        ),
        Bad(
            """
            class OrderService:
                def __init__(self, orders: OrderRepository) -> None:
                    self.orders = orders

                async def create(self, data: OrderCreate) -> OrderResponse:
                    users = repositories.UserRepository(self.orders.session)  # !
                    return await users.check(data.user_id)
            """
        ),
        Good(
            """
            class UserService:
                def __init__(self, users: UserRepository) -> None:
                    self.users = users
            """
        ),
        Good(
            """
            class UserService:
                def __init__(self, session: AsyncSession, users: UserRepository | None = None) -> None:
                    self.users = users or UserRepository(session)
            """
        ),
        Good(
            """
            def get_user_service(session: AsyncSession) -> UserService:
                return UserService(UserRepository(session))
            """
        ),
        FalseAlarm(
            """
            class ReportService:
                def __init__(self, cache: Cache) -> None:
                    self.templates = TemplateRepository(cache)  # !
            """,
            why="something called a repository that holds no data of the app",
        ),
        Miss(
            """
            class UserService:
                def __init__(self, session: AsyncSession) -> None:
                    self.users = make_users(session)
            """,
            why="what the function makes is not known",
        ),
    ),
)
_REPOSITORY = re.compile(r"^[A-Z]\w*(Repository|Repo|DAO)$")


@RULE.on_call()
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    name = callee_name(call)
    if not _REPOSITORY.match(name) or context.file_layer == "test":
        return
    klass, function = context.tree.klass(call), context.tree.runner(call)
    if klass is None or function is None or not klass.name.endswith(("Service", "UseCase")):
        return
    if isinstance(context.tree.parent(call), ast.BoolOp | ast.IfExp) or _is_factory(function):
        return
    opened = context.sessions.opened_in(function)
    if any(isinstance(argument, ast.Name) and argument.id in opened for argument in call.args):
        return
    yield Problem(call, f"`{klass.name}` builds its own `{name}`; take it as a parameter of `__init__`.")


def _is_factory(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A class method that makes the service itself."""
    return any(
        isinstance(each, ast.Name) and each.id in ("classmethod", "staticmethod") for each in function.decorator_list
    )
