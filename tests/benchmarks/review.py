"""What a review costs beside others on the same code in one run.

    python tests/benchmarks/review.py [FOLDER] [--peers] [--smoke]

FOLDER is any Python code; the installed FastAPI and SQLAlchemy are taken when none is named. `--peers` installs pylint,
fixit and flake8 with flake8-async into an environment of their own, thrown away afterwards, and runs them as well.
"""

import argparse
import ast
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

PEERS = {
    "pylint": ["pylint", "-j", "1", "--exit-zero", "--recursive", "y"],
    "fixit": ["fixit", "lint"],
    "flake8 with flake8-async": ["flake8", "-j", "1", "--exit-zero"],
}
PACKAGES = ("pylint", "fixit", "flake8", "flake8-async")
SNIPPET_LINES = 200


def time_cpu(call: Callable[[], object]) -> float:
    """Processor seconds of one call in this process, which other work on the machine does not slow as it does the clock."""
    start = time.process_time()
    call()
    return time.process_time() - start


def time_child(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> tuple[float, float, float]:
    """Processor seconds, wall seconds and peak megabytes of a process and its children."""
    with tempfile.NamedTemporaryFile("w+") as report:
        probe = (
            "import resource,subprocess,sys,time;t=time.perf_counter();"
            "subprocess.run(sys.argv[2:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);"
            "u=resource.getrusage(resource.RUSAGE_CHILDREN);"
            "print(u.ru_utime+u.ru_stime,time.perf_counter()-t,u.ru_maxrss/1024,file=open(sys.argv[1],'w'))"
        )
        subprocess.run([sys.executable, "-c", probe, report.name, *command], cwd=cwd, env=env, check=True)
        cpu, wall, memory = map(float, Path(report.name).read_text(encoding="ascii").split())
    return cpu, wall, memory


def copy_code(folders: list[Path], target: Path, most: int | None) -> int:
    """Copy Python files, so that all tools see the same and no settings; returns the number of lines."""
    lines = 0
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_bytes()
            place = target / folder.name / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
            lines += text.count(b"\n")
            if most and lines >= most:
                return lines
    return lines


def read_texts(folder: Path) -> dict[str, str]:
    """The texts below the folder that are UTF-8 and parse."""
    texts = {}
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            ast.parse(text)
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue
        texts[path.relative_to(folder).as_posix()] = text
    return texts


def measure_rules(texts: dict[str, str], rounds: int) -> Iterator[str]:
    """All rules on one core in process, beside `ast.parse` on the same texts."""
    from layerwise.review.engine import inspect_text
    from layerwise.review.registry import load_rules

    rules, lines = load_rules(), sum(text.count("\n") for text in texts.values())
    pairs = [
        (
            time_cpu(lambda: [inspect_text(text, path, rules=rules) for path, text in texts.items()]),
            time_cpu(lambda: [ast.parse(text) for text in texts.values()]),
        )
        for _ in range(rounds)
    ]
    ours, parse = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield f"| all {len(rules)} rules, file by file | {lines / ours / 1000:.1f} KLOC/s | {ours / parse:.2f} times `ast.parse` |"
    yield f"| `ast.parse` alone | {lines / parse / 1000:.1f} KLOC/s | |"


def cut_whole(text: str) -> str:
    """The text up to the last statement of the module that ends within the first lines; empty where that is no half."""
    ends = [node.end_lineno or 0 for node in ast.parse(text).body]
    last = max((end for end in ends if end <= SNIPPET_LINES), default=0)
    return "\n".join(text.splitlines()[:last]) if 2 * last > SNIPPET_LINES else ""


def measure_snippets(texts: dict[str, str], count: int) -> Iterator[str]:
    """Snippets of 200 lines from the code, each as a door would have it reviewed: the fastest of three times."""
    from layerwise.review.run import review

    wanted = [text for text in texts.values() if text.count("\n") >= SNIPPET_LINES]
    chosen = wanted[:: max(1, len(wanted) // count)]
    whole = [snippet for snippet in map(cut_whole, chosen) if snippet]
    cut_off = ["\n".join(text.splitlines()[:SNIPPET_LINES]) for text in chosen]
    for snippet in cut_off[:3]:
        review(texts={"snippet.py": snippet})
    calls: list[tuple[str, list[Callable[[], object]]]] = [
        ("of whole statements", [partial(review, texts={"snippet.py": each}) for each in whole]),
        ("of whole statements, `ast.parse` alone", [partial(ast.parse, each) for each in whole]),
        ("cut off in mid-statement", [partial(review, texts={"snippet.py": each}) for each in cut_off]),
    ]
    for what, each in calls:
        times = sorted(min(time_cpu(call) for _ in range(3)) * 1000 for call in each)
        middle, high = times[len(times) // 2], times[int(len(times) * 0.95)]
        label = f"snippet of up to {SNIPPET_LINES} lines, {what}, {len(times)} of them"
        yield f"| {label} | p50 {middle:.1f} ms | p95 {high:.1f} ms |"


def measure_command(code: Path, lines: int, scratch: Path) -> Iterator[str]:
    """The command on the whole folder, then again on the unchanged folder; with bytecode, as an installed one has."""
    command = [str(Path(sys.executable).with_name("layerwise")), "review", "--root", str(code)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")
    empty = scratch / "empty"
    empty.mkdir()
    time_child([*command[:-1], str(empty)], code, env)
    for label in ("first run", "second run, nothing changed"):
        cpu, wall, memory = time_child(command, code, env)
        rate = f"{lines / cpu / 1000:.1f} KLOC/s of processor"
        yield f"| `layerwise review`, {label} | {cpu:.2f} s processor, {wall:.2f} s, {memory:.0f} MB | {rate} |"


def measure_peers(code: Path, lines: int) -> Iterator[str]:
    """Each peer with its default rules, one process, on the same folder."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder, "bin")
        subprocess.run([programs / "pip", "install", "-q", *PACKAGES], check=True)
        for name, (program, *options) in PEERS.items():
            cpu, wall, memory = time_child([str(programs / program), *options, str(code)], code)
            rate = f"{lines / cpu / 1000:.1f} KLOC/s of processor"
            yield f"| {name} | {cpu:.2f} s processor, {wall:.2f} s, {memory:.0f} MB | {rate} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="a few files, to show that everything runs")
    parsed = parser.parse_args()
    installed = Path(sysconfig.get_paths()["purelib"])
    folders = [parsed.folder.resolve()] if parsed.folder else [installed / "fastapi", installed / "sqlalchemy"]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["LAYERWISE_CACHE_DIR"] = str(Path(scratch, "cache"))
        code = Path(scratch, "code")
        lines = copy_code(folders, code, 3_000 if parsed.smoke else None)
        texts = read_texts(code)
        print(
            f"Python {platform.python_version()}, {os.cpu_count()} cores, {lines:,} lines of {', '.join(map(str, [f.name for f in folders]))}\n"
        )
        print("| what | cost | rate |\n|---|---|---|")
        for row in measure_rules(texts, 1 if parsed.smoke else 3):
            print(row, flush=True)
        for row in measure_snippets(texts, 20 if parsed.smoke else 200):
            print(row, flush=True)
        for row in measure_command(code, lines, Path(scratch)):
            print(row, flush=True)
        for row in measure_peers(code, lines) if parsed.peers else ():
            print(row, flush=True)
        print(f"\npeak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        shutil.rmtree(code)


if __name__ == "__main__":
    main()
