"""What the doors and jobs cost, as ratios within one run: `python tests/benchmarks/run.py [--smoke]`."""

import argparse
import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import layerwise

BARE_SERVER = Path(__file__).with_name("bare_server.py")
PROMPTS = Path(__file__).parents[1] / "evals" / "data" / "triggers.jsonl"
RESOURCE = """

class Item{number}(BaseModel):
    name: str
    price: int | None = None


@router.get("/items{number}/{{item_id}}")
async def read_item{number}(item_id: int, service: ItemService = Depends(get_service)) -> Item{number}:
    item = await service.find(item_id)
    if item is None:
        raise NotFoundError(f"no item {{item_id}}")
    return Item{number}.model_validate(item)
"""
MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


class Row(NamedTuple):
    """One figure: a median in milliseconds or a count, beside another if there is one, and the most that it may be."""

    what: str
    ours: float
    beside: str
    other: float | None
    bound: str
    unit: str = "ms"

    def __str__(self) -> str:
        other = f"{self.beside} {self.other:.1f} {self.unit}, ratio {self.ours / self.other:.2f}" if self.other else ""
        return f"| {self.what} | {self.ours:.1f} {self.unit} | {other} | {self.bound} |"


def time_call(call: Callable[[], object]) -> float:
    """Wall time of one call, in milliseconds."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def time_pair(ours: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Medians of two calls taken in turn, so that a drifting machine slows both."""
    pairs = [(time_call(ours), time_call(other)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def list_tools(command: list[str]) -> None:
    """Spawn a server and wait until it has answered tools/list."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": MODERN}}
        server.stdin.write(json.dumps(request).encode() + b"\n")
        server.stdin.flush()
        tools = json.loads(server.stdout.readline())["result"]["tools"]
        assert len(tools) == 6
        server.kill()


def run_quietly(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure_start(rounds: int) -> Row:
    """From spawn to tools/list answered."""
    ours = [sys.executable, "-m", "layerwise", "serve"]
    median, bare = time_pair(lambda: list_tools(ours), lambda: list_tools([sys.executable, str(BARE_SERVER)]), rounds)
    return Row("server: spawn to tools/list", median, "bare SDK server", bare, "ratio <= 1.15")


def measure_detect_command(rounds: int) -> Row:
    """The `layerwise detect` process, start to exit."""
    command = str(Path(sys.executable).with_name("layerwise"))
    median, empty = time_pair(
        lambda: run_quietly(command, "detect", "--prompt", "add an endpoint that lists invoices"),
        lambda: run_quietly(sys.executable, "-I", "-c", "pass"),
        rounds,
    )
    return Row("`layerwise detect --prompt`", median, "python -I -c pass", empty, "ratio <= 3")


def measure_prompt_hook(rounds: int) -> Row:
    """The `layerwise hook prompt` process, start to exit, in a project without settings."""
    command = str(Path(sys.executable).with_name("layerwise"))
    with tempfile.TemporaryDirectory() as folder:
        event = json.dumps({"prompt": "add an endpoint that lists invoices", "cwd": folder}).encode()

        def answer() -> None:
            done = subprocess.run([command, "hook", "prompt"], input=event, check=True, stdout=subprocess.PIPE)
            assert b"get_guidance" in done.stdout

        answer()
        median, empty = time_pair(answer, lambda: run_quietly(sys.executable, "-I", "-c", "pass"), rounds)
    return Row("`layerwise hook prompt`", median, "python -I -c pass", empty, "ratio <= 3")


def measure_detect_prompts(rounds: int) -> Row:
    """The slowest of a hundred prompts as people type them, in process and warm."""
    from layerwise.detect.context import Context
    from layerwise.detect.engine import match

    with PROMPTS.open(encoding="utf-8") as file:
        prompts = [json.loads(line)["prompt"] for line in islice(file, rounds * 100)]
    match(Context(prompt="add an endpoint"))
    times = [time_call(lambda prompt=prompt: match(Context(prompt=prompt))) for prompt in prompts]
    slowest = statistics.quantiles(times, n=100)[-1]
    return Row(
        "detect: a prompt, p99 beside p50", slowest, "p50", statistics.median(times), "p50 <= 1 ms, p99 <= 10 ms"
    )


def measure_detect_diff(rounds: int) -> Row:
    """A diff that adds 200 lines of routes, queries and schemas, in process and warm, beside parsing them."""
    import ast

    from layerwise.detect.context import Context
    from layerwise.detect.engine import match

    code = "from fastapi import APIRouter, Depends\nfrom pydantic import BaseModel\n\nrouter = APIRouter()\n"
    code += "".join(RESOURCE.format(number=number) for number in range(14))
    lines = code.splitlines()
    diff = f"--- /dev/null\n+++ b/app/items.py\n@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)
    assert {found.name for found in match(Context(diff=diff)).matches} == {"route", "schema"}
    median, parse = time_pair(lambda: match(Context(diff=diff)), lambda: ast.parse(code), rounds)
    return Row(f"detect: a diff of {len(lines)} lines", median, "ast.parse", parse, "<= 3 ms")


def measure_generate(rounds: int) -> Row:
    """Planning one resource in a backend, in process and warm."""
    from layerwise.jobs import Jobs
    from layerwise.roots import Roots

    with tempfile.TemporaryDirectory() as folder:
        jobs = Jobs(Roots((Path(folder).resolve(),)))
        jobs.apply(jobs.generate(request="create a UserService").data["id"])

        def plan() -> object:
            return jobs.generate(name="Invoice", fields="number:str(20)! unique, total:decimal(10,2) ge=0, due:date?")

        plan()
        return Row(
            "generate: plan a resource",
            statistics.median(time_call(plan) for _ in range(rounds)),
            "",
            None,
            "<= 150 ms",
        )


def measure_tokens(_: int) -> Row:
    """What ten resources cost an assistant as calls and answers, beside the files that it would have typed."""
    from layerwise.jobs import Jobs
    from layerwise.roots import Roots
    from layerwise.tokens import count_tokens

    fields = "number:str(20)! unique, total:decimal(10,2) ge=0, due:date?, status:enum(open,closed)=open filter"
    names = ("Invoice", "Order", "Ticket", "Payment", "Shipment", "Claim", "Lease", "Booking", "Refund", "Quote")
    spent = typed = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        jobs = Jobs(Roots((root,)))
        jobs.apply(jobs.generate(request="create a UserService").data["id"])
        for name in names:
            call = {"name": name, "fields": fields, "max_tokens": 600}
            answer = jobs.generate(**call)
            done = jobs.apply(answer.data["id"])
            spent += sum(count_tokens(part) for part in (json.dumps(call), answer.text, answer.data["id"], done.text))
            paths = [file["path"] for file in answer.data["files"] if "op" not in file]
            typed += sum(count_tokens((root / path).read_text(encoding="utf-8")) for path in paths)
    return Row("generate: tokens of ten resources", spent, "the files", typed, "ratio <= 0.15", "tokens")


def measure_review(rounds: int) -> Row:
    """Reviewing a snippet of about 200 lines, in process and warm, beside parsing it."""
    import ast

    from layerwise.jobs import Jobs
    from layerwise.roots import Roots

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        jobs = Jobs(Roots((root,)))
        jobs.apply(jobs.generate(request="create a UserService").data["id"])
        parts = ["app/services/user.py", "app/repositories/user.py", "app/api/v1/endpoints/users.py"]
        text = "\n".join((root / "backend" / part).read_text(encoding="utf-8") for part in parts)
        snippet = "\n".join(text.splitlines()[:200])
        while not parses(snippet):
            snippet = snippet.rpartition("\n")[0]

        def review() -> object:
            return jobs.review(code=snippet)

        review()
        median, parse = time_pair(review, lambda: ast.parse(snippet), rounds)
        return Row(f"review: snippet of {snippet.count(chr(10)) + 1} lines", median, "ast.parse", parse, "<= 15 ms")


def parses(text: str) -> bool:
    """Whether `text` is Python as it stands."""
    try:
        compile(text, "snippet", "exec")
    except SyntaxError:
        return False
    return True


MEASURES = (
    measure_start, measure_detect_command, measure_prompt_hook, measure_detect_prompts, measure_detect_diff,
    measure_generate, measure_tokens, measure_review,
)  # fmt: skip


def main() -> None:
    """Print the table; with --smoke only enough rounds to show that everything runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true")
    rounds = 3 if parser.parse_args().smoke else 15
    # As an installation does, also where the environment forbids Python to keep what it compiles.
    compileall.compile_dir(Path(layerwise.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["LAYERWISE_CACHE_DIR"] = cache
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, medians of {rounds} rounds\n")
        print("| what | median | beside | bound |\n|---|---|---|---|")
        for measure in MEASURES:
            print(measure(rounds), flush=True)


if __name__ == "__main__":
    main()
