"""A token is signed that never expires.

## Why is this bad?
A token that leaks once opens the account for ever, and nothing short of a new key takes it back.

## Example
```python
token = jwt.encode({"sub": str(user.id)}, settings.SECRET_KEY, algorithm="HS256")
```

## Use instead
```python
claims = {"sub": str(user.id), "exp": datetime.now(timezone.utc) + timedelta(minutes=30)}
token = jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")
```

## When to ignore
For tokens that are looked up and can be revoked.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SEC005",
    severity="warning",
    statements=("structure.core", "di.current-user"),
    cases=(
        Bad(
            """
            import jwt


            def sign(user_id: int, key: str) -> str:
                return jwt.encode({"sub": str(user_id)}, key, algorithm="HS256")  # !
            """
        ),
        Bad(
            """
            from jose import jwt


            def sign(user_id: int, key: str) -> str:
                claims = {"sub": str(user_id), "scope": "read"}
                return jwt.encode(claims, key, algorithm="HS256")  # !
            """
        ),
        Good(
            """
            import jwt


            def sign(user_id: int, expires: datetime, key: str) -> str:
                return jwt.encode({"sub": str(user_id), "exp": expires}, key, algorithm="HS256")
            """
        ),
        Good(
            """
            import jwt


            def sign(data: dict[str, object], expires: datetime, key: str) -> str:
                claims = {"sub": "1"}
                claims.update({"exp": expires})
                claims["iat"] = 0
                return jwt.encode(claims, key, algorithm="HS256")
            """
        ),
        Good(
            """
            import jwt


            def sign(claims: dict[str, object], key: str) -> str:
                return jwt.encode(claims, key, algorithm="HS256")
            """
        ),
        FalseAlarm(
            """
            import jwt


            def api_key(key_id: int, key: str) -> str:
                return jwt.encode({"kid": key_id}, key, algorithm="HS256")  # !
            """,
            why="a key that is looked up in a table can be revoked there",
        ),
        Miss(
            """
            import jwt


            def sign(claims: dict[str, object], key: str) -> str:
                return jwt.encode({**claims}, key, algorithm="HS256")
            """,
            why="what the claims hold is decided elsewhere",
        ),
    ),
)


@RULE.on_call("encode")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if (
        context.names.callee(call) not in ("jwt.encode", "jose.jwt.encode")
        or not call.args
        or context.file_layer == "test"
    ):
        return
    claims = call.args[0]
    name = dotted(claims)
    function = context.tree.runner(call)
    if name and function is not None:
        given = context.tree.assigned(function, name)
        if len(given) != 1 or any(
            isinstance(node, ast.Constant) and node.value == "exp" for node in context.tree.body(function)
        ):
            return
        claims = given[0]
    if not isinstance(claims, ast.Dict) or None in claims.keys:
        return
    if not any(isinstance(key, ast.Constant) and key.value == "exp" for key in claims.keys):
        yield Problem(call, "This token has no `exp`: it is valid for ever.")
