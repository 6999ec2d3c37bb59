"""A call in an `async def` blocks the event loop.

## Why is this bad?
No other request is served until the call returns: one slow call stops the whole worker.

## Example
```python
async def wait() -> None:
    time.sleep(1)
```

## Use instead
```python
async def wait() -> None:
    await asyncio.sleep(1)
```

## Fix safety
Safe for `time.sleep`, which has an equal in asyncio. Unsafe for `subprocess` and `input`-like calls that move to a
thread: the arguments must be safe to use from one.

## When to ignore
In a script that runs nothing else on its loop.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="AIO001",
    severity="error",
    statements=("do.async", "dont.mix-sync"),
    cases=(
        Bad(
            """
            import time


            async def wait() -> None:
                time.sleep(1)  # !
            """,
            fixed="""
            import asyncio


            async def wait() -> None:
                await asyncio.sleep(1)
            """,
        ),
        Bad(
            """
            import asyncio
            from time import sleep as pause


            async def wait() -> None:
                pause(1)  # !
                await asyncio.sleep(0)
            """,
            fixed="""
            import asyncio


            async def wait() -> None:
                await asyncio.sleep(1)
                await asyncio.sleep(0)
            """,
        ),
        Bad(
            """
            import requests


            async def fetch(url: str) -> str:
                return requests.get(url, timeout=5).text  # !
            """,
            fixed="""
            import asyncio

            import requests


            async def fetch(url: str) -> str:
                return (await asyncio.to_thread(requests.get, url, timeout=5)).text
            """,
        ),
        Bad(
            """
            import subprocess


            async def build() -> None:
                subprocess.run(["make"], check=True)  # !
            """,
            fixed="""
            import asyncio
            import subprocess


            async def build() -> None:
                await asyncio.to_thread(subprocess.run, ["make"], check=True)
            """,
        ),
        Good(
            """
            import time


            def wait() -> None:
                time.sleep(1)
            """
        ),
        Good(
            """
            import asyncio


            async def wait() -> None:
                await asyncio.sleep(1)
            """
        ),
        Good(
            """
            import asyncio
            import time


            async def wait() -> None:
                def pause() -> None:
                    time.sleep(1)

                await asyncio.to_thread(pause)
                await asyncio.to_thread(lambda: time.sleep(1))
            """
        ),
        FalseAlarm(
            """
            import time


            async def main() -> None:
                time.sleep(1)  # !
            """,
            why="nothing else runs on this loop yet, which one file does not show",
        ),
        Miss(
            """
            import time


            def pause() -> None:
                time.sleep(1)


            async def wait() -> None:
                pause()
            """,
            why="the blocking call is in a helper; that takes the project's call graph",
        ),
    ),
    evidence=("ruff ASYNC210-251", "letta-ai/letta 21add90a16"),
)

_HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream")
BLOCKING = frozenset({
    "time.sleep",
    *(f"{module}.{method}" for module in ("requests", "httpx") for method in _HTTP),
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    *(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")),
    "os.system",
    "os.popen",
    "socket.create_connection",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "smtplib.SMTP",
    "smtplib.SMTP_SSL",
    "psycopg2.connect",
    "pymysql.connect",
    "sqlite3.connect",
    "shutil.copytree",
    "shutil.rmtree",
    "shutil.make_archive",
})  # fmt: skip


@RULE.on_call(*sorted({name.rpartition(".")[2] for name in BLOCKING}))
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    name = context.names.callee(call)
    if name not in BLOCKING or not context.tree.in_async(call):
        return
    function = context.tree.runner(call)
    where = f"`async def {function.name}`" if function else "an async function"
    yield Problem(call, f"`{context.text(call.func)}` blocks the event loop in {where}.", fix=_fix(context, call, name))


def _fix(context: Context, call: ast.Call, name: str) -> Fix | None:
    source = context.source
    if any(isinstance(argument, ast.Starred) for argument in call.args) or name == "os.popen":
        return None
    if name == "time.sleep":
        local = source.segment(call.func).partition(".")[0]
        asyncio_name, imports = context.imports.swap(local, "asyncio", uses=1)
        edits = (
            Edit(context.path, source.start(call.func), source.end(call.func), f"await {asyncio_name}.sleep"),
            *imports,
        )
        return Fix(edits, safe=True, reason="asyncio.sleep waits just as long and lets other tasks run.")
    asyncio_name, imports = context.imports.add("asyncio")
    thread = f"await {asyncio_name}.to_thread({source.segment(call.func)}"
    comma = ", " if call.args or call.keywords else ""
    opening = source.text.index("(", source.end(call.func)) + 1
    wrapped = not isinstance(
        context.tree.parent(call), ast.Expr | ast.Assign | ast.Return | ast.AnnAssign | ast.keyword
    )
    edits = (
        Edit(context.path, source.start(call), opening, f"{'(' if wrapped else ''}{thread}{comma}"),
        *((source.insert(source.end(call), ")"),) if wrapped else ()),
        *imports,
    )
    return Fix(edits, safe=False, reason="The call moves to a thread; check that its arguments may be used there.")
