"""A slow computation runs on the event loop.

## Why is this bad?
Hashing a password takes a tenth of a second by design, and no other request is served meanwhile.

## Example
```python
async def register(data: UserCreate) -> None:
    hashed = bcrypt.hashpw(data.password.encode(), bcrypt.gensalt())
```

## Use instead
```python
async def register(data: UserCreate) -> None:
    hashed = await asyncio.to_thread(bcrypt.hashpw, data.password.encode(), bcrypt.gensalt())
```

## Fix safety
Unsafe: the arguments must be safe to use from a thread.

## When to ignore
For inputs that are known to be tiny.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="AIO009",
    severity="warning",
    statements=("do.async", "structure.core"),
    cases=(
        Bad(
            """
            import asyncio

            import bcrypt


            async def register(password: bytes) -> bytes:
                return bcrypt.hashpw(password, salt)  # !
            """,
            fixed="""
            import asyncio

            import bcrypt


            async def register(password: bytes) -> bytes:
                return await asyncio.to_thread(bcrypt.hashpw, password, salt)
            """,
        ),
        Bad(
            """
            import asyncio

            from passlib.context import CryptContext

            pwd_context = CryptContext(schemes=["bcrypt"])


            async def check(password: str, hashed: str) -> bool:
                if not pwd_context.verify(password, hashed):  # !
                    return False
                return True
            """,
            fixed="""
            import asyncio

            from passlib.context import CryptContext

            pwd_context = CryptContext(schemes=["bcrypt"])


            async def check(password: str, hashed: str) -> bool:
                if not await asyncio.to_thread(pwd_context.verify, password, hashed):
                    return False
                return True
            """,
        ),
        Good(
            """
            import bcrypt


            def hash_password(password: bytes) -> bytes:
                return bcrypt.hashpw(password, bcrypt.gensalt())
            """
        ),
        Good(
            """
            import asyncio

            import bcrypt


            async def register(password: bytes, salt: bytes) -> bytes:
                return await asyncio.to_thread(bcrypt.hashpw, password, salt)
            """
        ),
        Good(
            """
            import hashlib


            async def digest(name: str) -> str:
                return hashlib.sha256(name.encode()).hexdigest()
            """
        ),
        FalseAlarm(
            """
            import gzip


            async def read(blob: bytes) -> bytes:
                return gzip.decompress(blob)  # !
            """,
            why="a blob that is known to be tiny",
        ),
        Miss(
            """
            from app.core.security import hash_password


            async def register(password: str) -> str:
                return hash_password(password)
            """,
            why="the computation is in a helper; that takes the project's call graph",
        ),
    ),
    evidence=("letta-ai/letta bce174940", "Arize-ai/phoenix ad37a1fbc2"),
)
_SLOW = frozenset({
    "bcrypt.hashpw", "bcrypt.checkpw", "hashlib.pbkdf2_hmac", "hashlib.scrypt", "gzip.decompress", "gzip.compress",
    "zlib.decompress", "zlib.compress", "bz2.decompress", "lzma.decompress", "PIL.Image.open",
})  # fmt: skip
_HASHERS = (
    "passlib.context.CryptContext",
    "argon2.PasswordHasher",
    "pwdlib.PasswordHash",
    "pwdlib.PasswordHash.recommended",
)


@RULE.on_call("hashpw", "checkpw", "pbkdf2_hmac", "scrypt", "decompress", "compress", "hash", "verify", "open")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not context.tree.in_async(call) or context.file_layer in ("test", "script"):
        return
    if context.names.callee(call) in _SLOW or _is_hasher(context, call):
        yield Problem(
            call,
            f"`{context.text(call.func)}` computes on the event loop; move it to a thread.",
            fix=_fix(context, call),
        )


def _is_hasher(context: Context, call: ast.Call) -> bool:
    """`hash` or `verify` of a password hasher that this module makes."""
    if callee_name(call) not in ("hash", "verify") or not isinstance(call.func, ast.Attribute):
        return False
    name = dotted(call.func.value)
    return bool(name) and any(
        isinstance(assign.value, ast.Call)
        and context.names.callee(assign.value) in _HASHERS
        and any(dotted(target) == name for target in assign.targets)
        for assign in context.tree.of(ast.Assign)
    )


def _fix(context: Context, call: ast.Call) -> Fix | None:
    parent = context.tree.parent(call)
    if isinstance(parent, ast.Attribute | ast.Subscript | ast.BinOp) or any(
        isinstance(each, ast.Starred) for each in call.args
    ):
        return None
    source = context.source
    local, imports = context.imports.add("asyncio")
    opening = source.text.index("(", source.end(call.func)) + 1
    comma = ", " if call.args or call.keywords else ""
    edit = Edit(
        context.path, source.start(call), opening, f"await {local}.to_thread({source.segment(call.func)}{comma}"
    )
    return Fix((edit, *imports), safe=False, reason="The arguments must be safe to use from a thread.")
