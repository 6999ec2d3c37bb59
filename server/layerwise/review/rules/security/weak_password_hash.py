"""A password is hashed with a fast digest.

## Why is this bad?
MD5 and SHA try a billion guesses a second: a leaked table of hashes is as good as the passwords.

## Example
```python
hashed = hashlib.sha256(password.encode()).hexdigest()
```

## Use instead
```python
hashed = PasswordHash.recommended().hash(password)
```

## When to ignore
When the digest is not stored, as for a cache key.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="SEC006",
    severity="error",
    statements=("structure.core", "schema.indb"),
    requires=("hashlib",),
    cases=(
        Bad(
            """
            import hashlib


            def hash_password(password: str) -> str:
                return hashlib.sha256(password.encode()).hexdigest()  # !
            """
        ),
        Bad(
            """
            from hashlib import md5


            def check(user: User, plain_password: str) -> bool:
                return user.hashed_password == md5(plain_password.encode() + SALT).hexdigest()  # !
            """
        ),
        Good(
            """
            import hashlib


            def derive_key(password: str) -> bytes:
                return hashlib.sha256(password.encode()).digest()[:16]
            """
        ),
        Good(
            """
            from pwdlib import PasswordHash

            hasher = PasswordHash.recommended()


            def hash_password(password: str) -> str:
                return hasher.hash(password)
            """
        ),
        Good(
            """
            import hashlib


            def etag(body: bytes) -> str:
                return hashlib.sha256(body).hexdigest()
            """
        ),
        Good(
            """
            import hashlib


            def hash_password(password: str, salt: bytes) -> bytes:
                return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1)
            """
        ),
        FalseAlarm(
            """
            import hashlib


            def breach_prefix(password: str) -> str:
                return hashlib.sha1(password.encode()).hexdigest()[:5]  # !
            """,
            why="a look-up in a list of leaked passwords needs just this digest",
        ),
        Miss(
            """
            import hashlib


            def protect(value: str) -> str:
                return hashlib.sha256(value.encode()).hexdigest()
            """,
            why="nothing says that the value is a password",
        ),
    ),
)
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b")
_PASSWORD = re.compile(r"(^|_)(password|passwd|pwd|passphrase)$", re.IGNORECASE)


@RULE.on_call(*_DIGESTS)
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not context.names.callee(call).startswith("hashlib.") or context.file_layer == "test":
        return
    made = context.tree.parent(call)
    if isinstance(made, ast.Attribute) and made.attr == "digest":
        return
    for argument in call.args[:1]:
        for node in context.tree.within(argument):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if _PASSWORD.search(name):
                yield Problem(call, f"`{name}` is hashed with a fast digest; use argon2 or bcrypt.")
                return
