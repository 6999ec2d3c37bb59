"""A public function of a layer is not fully annotated.

## Why is this bad?
Type checkers skip it: a missing `await` or a None that is not handled goes through unseen.

## Example
```python
class UserService:
    async def get(self, user_id):
        return await self.users.get_by_id(user_id)
```

## Use instead
```python
class UserService:
    async def get(self, user_id: int) -> UserResponse:
        return await self.users.get_by_id(user_id)
```

## Fix safety
Safe: `-> None` is written where a function of a class returns and yields nothing; other types are left to the author.

## When to ignore
In code that is not annotated at all and will not be soon.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="LAY008",
    severity="info",
    habit=True,
    statements=("do.type-hints",),
    cases=(
        Bad(
            """
            class UserService:
                async def get(self, user_id) -> UserResponse:  # !
                    return await self.users.get_by_id(user_id)

                async def find(self, email: str) -> UserResponse:
                    return await self.users.get_by_email(email)
            """
        ),
        Bad(
            """
            class UserRepository:
                async def get_by_id(self, user_id: int):  # !
                    return await self.session.get(User, user_id)

                async def get_by_email(self, email: str) -> User | None:
                    return await self.session.scalar(by_email(email))
            """
        ),
        Bad(
            """
            class UserRepository:
                async def rename(self, user: User, name: str):  # !
                    user.name = name
                    await self.session.flush()

                async def remove(self, user: User) -> None:
                    await self.session.delete(user)
            """,
            fixed="""
            class UserRepository:
                async def rename(self, user: User, name: str) -> None:
                    user.name = name
                    await self.session.flush()

                async def remove(self, user: User) -> None:
                    await self.session.delete(user)
            """,
        ),
        Good(
            """
            class UserService:
                async def get(self, user_id: int, *args: int, **options: str) -> UserResponse:
                    return await self.users.get_by_id(user_id)

                def _key(self, user_id):
                    return f"user:{user_id}"
            """
        ),
        Good(
            """
            def test_get(client, db_session):
                assert client.get("/users/1").status_code == 200
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            def parse(value):
                return int(value)
            """,
            path="app/text.py",
        ),
        FalseAlarm(
            """
            class LegacyService:
                def load(self, key):  # !
                    return self.store[key]

                def save(self, key: str, value: str) -> None:
                    self.store[key] = value
            """,
            why="code that is being annotated bit by bit",
        ),
        Miss(
            """
            class UserService:
                def __call__(self, user_id):
                    return self.users[user_id]
            """,
            why="special methods are left to the type checker",
        ),
    ),
    evidence=("mypy disallow-untyped-defs",),
)
_OTHERWISE_TYPED = re.compile("overload|property")
_LAYERS = ("endpoint", "dependency", "service", "repository")


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    """Sure in a snippet, and where the rest of the file is annotated; a file that mostly is not has its own way."""
    public = [node for node in context.tree.functions if _is_public(context, node)]
    lacking = [node for node in public if _lacks(context, node)]
    is_snippet = "/" not in context.path
    if not is_snippet and len(lacking) * 2 > len(public):
        return
    for node in lacking:
        missing = _lacks(context, node)
        sure = (is_snippet or len(lacking) * 5 <= len(public)) and (
            len(missing) > 1 or missing != [_RETURN] or _answers(context, node)
        )
        yield Problem(
            node,
            f"`{context.tree.qualified_name(node)}` has no type for {', '.join(missing)}.",
            fix=_fix(context, node) if missing == [_RETURN] else None,
            confidence="high" if sure else "low",
        )


def _fix(context: Context, node: Function) -> Fix | None:
    """`-> None`, where the body is there to be read and gives nothing back."""
    yields = [*context.tree.body_of(node, ast.Yield), *context.tree.body_of(node, ast.YieldFrom)]
    if yields or _answers(context, node):
        return None
    if all(isinstance(each, ast.Expr | ast.Pass | ast.Raise) for each in node.body):
        return None
    source = context.source
    colon = _find_colon(source.text, source.start(node), source.start(node.body[0]))
    if colon is None:
        return None
    return Fix((source.insert(colon, " -> None"),), safe=True, reason="The function returns nothing.")


def _find_colon(text: str, start: int, end: int) -> int | None:
    """Where the header of a function ends: the colon behind its closing bracket; None where comments hide it."""
    header = text[start:end]
    found = re.search(r"\)\s*:\s*\Z", header)
    return None if found is None or "#" in header else start + found.start() + 1


_RETURN = "what it returns"


def _answers(context: Context, node: Function) -> bool:
    """Whether the function returns a value, so that its missing return type is more than `-> None`."""
    return any(each.value is not None for each in context.tree.body_of(node, ast.Return))


def _is_public(context: Context, node: Function) -> bool:
    return (
        not node.name.startswith("_")
        and context.tree.function(node) is None
        and context.layer(node) in _LAYERS
        and not any(_OTHERWISE_TYPED.search(context.source.segment(each)) for each in node.decorator_list)
    )


def _lacks(context: Context, node: Function) -> list[str]:
    """What is not annotated: parameters, and the return type outside of routes, where another rule asks for it."""
    given = parameters(node)
    if context.tree.klass(node) is not None and given and given[0].arg in ("self", "cls", "mcs"):
        given = given[1:]
    lacking = [f"`{argument.arg}`" for argument in given if argument.annotation is None]
    if node.returns is None and node not in context.route_functions:
        lacking.append(_RETURN)
    return lacking
