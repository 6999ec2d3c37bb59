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
from layerwise.review.tree import keyword

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
        FalseAlarm(
            """
            import jwt


            def issuer(token: str) -> str:
                return jwt.decode(token, options={"verify_signature": False})["iss"]  # !
            """,
            why="only the issuer is read, to choose the key",
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
    if unverified:
        yield Problem(call, "The signature of this token is not verified: whoever wrote it is believed.")
    elif isinstance(algorithms, ast.List | ast.Tuple) and any(
        isinstance(each, ast.Constant) and str(each.value).lower() == "none" for each in algorithms.elts
    ):
        yield Problem(call, 'The algorithm "none" accepts tokens without a signature.')
