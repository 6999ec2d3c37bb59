"""A token is decoded without verifying its signature.

## Why is this bad?
Anyone can write a token that names another user, and it is believed.

## Example
```python
claims = jwt.decode(token, options={"verify_signature": False})
```

## Use instead
```python
claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
```

## When to ignore
When only the header is read, to choose the key that then verifies the token.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="SEC004",
    severity="error",
    statements=("di.current-user", "structure.core", "dont.validation"),
    cases=(
        Bad(
            """
            import jwt


            def read(token: str) -> dict[str, str]:
                return jwt.decode(token, options={"verify_signature": False})  # !
            """
        ),
        Bad(
            """
            from jose import jwt


            def read(token: str, key: str) -> dict[str, str]:
                return jwt.decode(token, key, algorithms=["HS256", "none"])  # !
            """
        ),
        Good(
            """
            import jwt


            def read(token: str, key: str) -> dict[str, str]:
                return jwt.decode(token, key, algorithms=["HS256"])
            """
        ),
        Good(
            """
            import jwt


            def read(token: str, key: str) -> dict[str, str]:
                return jwt.decode(token, key, algorithms=["HS256"], options={"verify_aud": False})
            """
        ),
        Good(
            """
            def read(coder: Coder, token: str) -> dict[str, str]:
                return coder.decode(token, verify=False)
            """
        ),
        Good(
            """
            import jwt


            def issuer(token: str) -> str:
                return jwt.decode(token, options={"verify_signature": False})["iss"]


            def is_ours(token: str) -> bool:
                payload = jwt.decode(token, options={"verify_signature": False})
                return payload.get("iss") == "us" and "aud" in payload
            """
        ),
        FalseAlarm(
            """
            import jwt


            def expires_at(token: str) -> int:
                return jwt.decode(token, options={"verify_signature": False})["exp"]  # !
            """,
            why="a client that looks when to ask for a new token believes nobody",
        ),
        Miss(
            """
            import base64


            def read(token: str) -> bytes:
                return base64.urlsafe_b64decode(token.split(".")[1])
            """,
            why="decoding by hand is not recognised",
        ),
    ),
    evidence=("bandit, semgrep, Sonar S5659",),
)

_CHOOSING = frozenset({"iss", "aud", "kid", "azp"})


@RULE.on_call("decode")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if (
        context.names.callee(call) not in ("jwt.decode", "jose.jwt.decode", "jwt.api_jwt.decode")
        or context.file_layer == "test"
    ):
        return
    options, algorithms, verify = keyword(call, "options"), keyword(call, "algorithms"), keyword(call, "verify")
    unverified = isinstance(verify, ast.Constant) and verify.value is False
    if isinstance(options, ast.Dict):
        unverified = unverified or any(
            isinstance(key, ast.Constant)
            and key.value == "verify_signature"
            and isinstance(value, ast.Constant)
            and value.value is False
            for key, value in zip(options.keys, options.values, strict=True)
        )
    if unverified and not _chooses_key(context, call):
        yield Problem(call, "The signature of this token is not verified: whoever wrote it is believed.")
    elif isinstance(algorithms, ast.List | ast.Tuple) and any(
        isinstance(each, ast.Constant) and str(each.value).lower() == "none" for each in algorithms.elts
    ):
        yield Problem(call, 'The algorithm "none" accepts tokens without a signature.')


def _chooses_key(context: Context, call: ast.Call) -> bool:
    """Whether of the claims only those are read that tell who signed the token for whom, to find the key with."""
    statement, function = context.tree.statement(call), context.tree.runner(call)
    holders: list[ast.expr] = [call]
    if isinstance(statement, ast.Assign) and statement.value is call and function is not None:
        name = dotted(statement.targets[0])
        holders = [
            each
            for each in context.tree.body(function)
            if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load)
        ]
    return bool(holders) and all(_claim_read(context, holder) in _CHOOSING for holder in holders)


def _claim_read(context: Context, holder: ast.expr) -> str:
    """The claim in `claims["iss"]`, `claims.get("iss")` or `"iss" in claims`; empty when it is not to be seen."""
    parent = context.tree.parent(holder)
    claim: ast.AST | None = None
    if isinstance(parent, ast.Subscript):
        claim = parent.slice
    elif isinstance(parent, ast.Compare):
        claim = parent.left
    elif isinstance(parent, ast.Attribute) and isinstance(get := context.tree.parent(parent), ast.Call):
        claim = get.args[0] if callee_name(get) == "get" and get.args else None
    return str(claim.value) if isinstance(claim, ast.Constant) else ""
