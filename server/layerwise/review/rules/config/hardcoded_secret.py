"""A secret is written in the code.

## Why is this bad?
Whoever can read the repository, or any copy of it, can sign tokens and open the database.

## Example
```python
SECRET_KEY = "8a7f3c1e9d2b4f60"
```

## Use instead
```python
SECRET_KEY = get_settings().SECRET_KEY
```

## When to ignore
For a value that opens nothing, such as the password of a container that tests start.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="CFG001",
    severity="error",
    statements=("dont.secrets", "config.secret-key", "config.pydantic-settings"),
    cases=(
        Bad(
            """
            SECRET_KEY = "8a7f3c1e9d2b4f60"  # !
            ALGORITHM = "HS256"
            """
        ),
        Bad(
            """
            import jwt


            def sign(payload: dict[str, str]) -> str:
                return jwt.encode(payload, "top-secret-key", algorithm="HS256")  # !
            """
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("postgresql+asyncpg://app:Xk29slPq@db.internal/app")  # !
            """
        ),
        Bad(
            """
            class StripeClient:
                api_key = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"  # !
            """
        ),
        Good(
            """
            SECRET_KEY = settings.SECRET_KEY
            TOKEN_URL = "/api/v1/auth/token"
            PASSWORD_FIELD = "password"
            ENV_E2B_API_KEY = "E2B_API_KEY"
            url_token = "nicole-97-93"
            token_type = "bearer"
            """
        ),
        Good(
            """
            import os

            API_KEY = os.environ["API_KEY"]
            password_hint = "At least eight characters"
            """
        ),
        Good(
            """
            TEST_PASSWORD = "Sup3rS3cret99"
            """,
            path="tests/conftest.py",
        ),
        FalseAlarm(
            """
            SECRET_KEY = "only-for-local-use"  # !
            """,
            why="that a value is a stand-in shows only in how it is deployed",
        ),
        Miss(
            """
            KEY = "c2VjcmV0LXZhbHVl"
            """,
            why="neither the name nor the form says that it is a secret",
        ),
    ),
)
_SIGNING = re.compile(
    r"^(secret_?key|jwt_?secret(_?key)?|signing_?key|app_?secret|session_?secret|encryption_?key)$", re.IGNORECASE
)
_SECRET = re.compile(
    r"(^|_)(secret|password|passwd|pwd|api_?key|access_?key|auth_?token|private_?key|token)$", re.IGNORECASE
)
# Tokens that open nothing: marks in texts, places in lists, parts of addresses.
_OTHER_TOKEN = re.compile(
    r"(^|_)(url|page|next|prev|previous|cursor|continuation|sync|pad|eos|bos|mask|special|design|slug)_?token$",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_KNOWN = re.compile(
    r"^(sk_live_|rk_live_|AKIA[0-9A-Z]{12}|gh[pousr]_[A-Za-z0-9]{20}|xox[baprs]-[0-9A-Za-z-]{20}|glpat-|AIza[0-9A-Za-z_-]{20}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|sk-[A-Za-z0-9]{20})"
)
_URL = re.compile(r"^[a-z0-9+]+://[^:/@\s]+:(?P<password>[^@/\s{}$]+)@(?P<host>[^/:\s]+)")
_LOCAL = frozenset({"localhost", "127.0.0.1", "db", "postgres", "host", "example.com"})
_PLACEHOLDER = re.compile(
    r"^(|\*+|x+|none|null|changeme|todo|\.\.\.|<.*>|\{.*\}|\$.*|your[-_ ].*|bearer)$", re.IGNORECASE
)


@RULE.on(ast.Constant)
def check(context: Context, node: ast.Constant) -> Iterator[Problem]:
    value = node.value
    if not isinstance(value, str) or len(value) > 4000 or context.file_layer in ("test", "migration", "script"):
        return
    if _KNOWN.match(value) and (len(value) > 100 or not value.startswith("-----BEGIN")):
        yield Problem(node, "A live credential is written in the code; revoke it and read it from the settings.")
        return
    found = _URL.match(value) if "://" in value else None
    if (
        found
        and found["host"] not in _LOCAL
        and not _PLACEHOLDER.match(found["password"])
        and len(found["password"]) > 3
    ):
        yield Problem(node, f"The password for {found['host']} is written in the code; read the URL from the settings.")
        return
    if name := _target(context, node):
        if _is_field_of_settings(context, node):
            return
        if _SIGNING.match(name) and not _PLACEHOLDER.match(value) and " " not in value:
            yield Problem(node, f"`{name}` is written in the code; read it from the settings.")
        elif _SECRET.search(name) and not _OTHER_TOKEN.search(name) and _looks_secret(value):
            yield Problem(node, f"`{name}` holds what looks like a secret; read it from the settings.")


@RULE.on_call("encode", "decode")
def check_signing(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call).partition(".")[0] not in ("jwt", "jose") or context.file_layer == "test":
        return
    key = keyword(call, "key") or (call.args[1] if len(call.args) > 1 else None)
    if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value:
        yield Problem(key, "The key that signs tokens is written in the code; use `settings.SECRET_KEY`.")


def _target(context: Context, node: ast.Constant) -> str:
    """The name that the constant is given to, by assignment, keyword or default; empty when there is none."""
    parent = context.tree.parent(node)
    if isinstance(parent, ast.Assign) and parent.value is node:
        return dotted(parent.targets[0]).rpartition(".")[2]
    if isinstance(parent, ast.AnnAssign) and parent.value is node:
        return dotted(parent.target).rpartition(".")[2]
    return (parent.arg or "") if isinstance(parent, ast.keyword) else ""


def _is_field_of_settings(context: Context, node: ast.Constant) -> bool:
    """Defaults of settings are another rule's matter."""
    klass = context.tree.klass(node)
    return klass is not None and context.classes.kind(klass) == "settings"


def _looks_secret(value: str) -> bool:
    """Long enough, of one word, with digits and letters: not a label, a path, a sentence or a variable's name."""
    if len(value) < 8 or re.search(r"[\s/{}<>%]", value) or _PLACEHOLDER.match(value) or _VARIABLE.fullmatch(value):
        return False
    return bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))
