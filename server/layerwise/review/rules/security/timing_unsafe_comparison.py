"""A secret is compared with `==`.

## Why is this bad?
`==` stops at the first character that differs, so the time an answer takes tells how much of a guess was right, and a
secret can be found character by character.

## Example
```python
def check_api_key(api_key: str) -> bool:
    return api_key == settings.API_KEY
```

## Use instead
```python
def check_api_key(api_key: str) -> bool:
    return secrets.compare_digest(api_key, settings.API_KEY)
```

## Fix safety
The fix is unsafe: `compare_digest` raises TypeError for None and for text that is not ASCII.

## When to ignore
When neither side is secret, such as tokens of a parser.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SEC007",
    severity="warning",
    statements=("config.secret-key", "di.current-user"),
    cases=(
        Bad(
            """
            import secrets

            from app.config import settings


            def check_api_key(api_key: str) -> bool:
                if api_key == settings.API_KEY:  # !
                    return True
                return False
            """,
            fixed="""
            import secrets

            from app.config import settings


            def check_api_key(api_key: str) -> bool:
                if secrets.compare_digest(api_key, settings.API_KEY):
                    return True
                return False
            """,
        ),
        Bad(
            """
            from fastapi import Header, HTTPException

            from app.config import settings


            async def verify(x_webhook_token: str = Header()) -> None:
                if x_webhook_token != settings.webhook_token:  # !
                    raise HTTPException(status_code=401)
            """,
            fixed="""
            import secrets

            from fastapi import Header, HTTPException

            from app.config import settings


            async def verify(x_webhook_token: str = Header()) -> None:
                if not secrets.compare_digest(x_webhook_token, settings.webhook_token):
                    raise HTTPException(status_code=401)
            """,
        ),
        Bad(
            """
            import hashlib
            import hmac
            import os


            def is_signed(body: bytes, signature: str) -> bool:
                expected = hmac.new(os.environ["HOOK_KEY"].encode(), body, hashlib.sha256).hexdigest()
                return signature == expected  # !
            """,
            fixed="""
            import hashlib
            import hmac
            import os
            import secrets


            def is_signed(body: bytes, signature: str) -> bool:
                expected = hmac.new(os.environ["HOOK_KEY"].encode(), body, hashlib.sha256).hexdigest()
                return secrets.compare_digest(signature, expected)
            """,
        ),
        Good(
            """
            def check(settings: Settings, existing_token: str, token: str) -> bool:
                return settings.jwt_secret == _INSECURE_JWT_SECRET or existing_token == token
            """
        ),
        Good(
            """
            import secrets

            from app.config import settings


            def check_api_key(api_key: str) -> bool:
                return secrets.compare_digest(api_key, settings.API_KEY)
            """
        ),
        Good(
            """
            from app.config import settings


            def is_configured(api_key: str | None) -> bool:
                return api_key != "" and settings.API_KEY is not None
            """
        ),
        Good(
            """
            from app.models import ApiKey
            from sqlalchemy import Select, select


            def by_key(api_key: str) -> Select[tuple[ApiKey]]:
                return select(ApiKey).where(ApiKey.api_key == api_key)
            """
        ),
        Good(
            """
            from app.config import settings


            def is_marker(token: str) -> bool:
                return token == settings.ANONYMOUS
            """
        ),
        Good(
            """
            def same_kind(token: Token, next_token: Token) -> bool:
                return token.kind == next_token.kind
            """
        ),
        FalseAlarm(
            """
            def is_echo(challenge_token: str, echoed_token: str) -> bool:
                return challenge_token == echoed_token  # !
            """,
            why="that both sides came from the same client is not known",
        ),
        Miss(
            """
            from app.config import settings


            def check(given: str) -> bool:
                return given == settings.value
            """,
            why="neither name says that it is secret",
        ),
    ),
    evidence=("bluesky/tiled 6679e67222",),
)
_SECRET = re.compile(
    r"(^|_)(api_?key|secret(_key)?|token|password|passwd|password_hash|signature|hmac|digest|csrf|otp|passcode)$",
    re.IGNORECASE,
)
_TYPED_TWICE = re.compile(
    r"confirm|repeat|again|retype|new_|old_|current_|existing_|default_|next_|prev|last_|_type$", re.IGNORECASE
)
_KEPT = re.compile(r"(^|\.)(settings|config|conf|environ|SETTINGS|CONFIG|app_settings)\.")


@RULE.on(ast.Compare)
def check(context: Context, node: ast.Compare) -> Iterator[Problem]:
    if (
        len(node.ops) != 1
        or not isinstance(node.ops[0], ast.Eq | ast.NotEq)
        or context.file_layer in ("test", "script")
    ):
        return
    left, right = _name(node.left), _name(node.comparators[0])
    if not left or not right or _is_constant(left) or _is_constant(right) or _TYPED_TWICE.search(f"{left} {right}"):
        return
    secret = [bool(_SECRET.search(name.rpartition(".")[2])) for name in (left, right)]
    kept = any(_KEPT.search(name) for name in (left, right))
    signed = any(_is_signature(context, side) for side in (node.left, node.comparators[0]))
    if all(secret) or (any(secret) and signed):
        yield Problem(
            node,
            f"`{context.text(node)}` takes longer the more of the secret is right; use `compare_digest`.",
            confidence="high" if kept or signed else "medium",
            fix=_fix(context, node),
        )


def _is_constant(name: str) -> bool:
    return name.lstrip("_")[:1].isupper()


def _name(node: ast.expr) -> str:
    """The dotted name of a side; through `.get_secret_value()`, `.encode()` and the like."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        node = node.func.value
    return dotted(node)


def _is_signature(context: Context, node: ast.expr) -> bool:
    """Whether a name holds what `hmac` computed in the same function."""
    function = context.tree.runner(node)
    return isinstance(node, ast.Name) and any(
        isinstance(inner, ast.Assign)
        and dotted(inner.targets[0]) == node.id
        and any(context.names.qualified(each).startswith("hmac.") for each in ast.walk(inner.value))
        for inner in (context.tree.body(function) if function else ())
    )


def _fix(context: Context, node: ast.Compare) -> Fix:
    local, imports = context.imports.add("secrets")
    left, right = context.source.segment(node.left), context.source.segment(node.comparators[0])
    negation = "not " if isinstance(node.ops[0], ast.NotEq) else ""
    edit = context.source.replace(node, f"{negation}{local}.compare_digest({left}, {right})")
    return Fix((edit, *imports), safe=False, reason="compare_digest raises TypeError for None and for non-ASCII text.")
