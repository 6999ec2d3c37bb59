"""The skill `async-python`: it loads like any other, and its Correct examples do what their topics promise."""

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from layerwise import assets
from layerwise.guide.answer import answer
from layerwise.review.run import review
from layerwise.skills import Topic, find_examples, load_all

SKILLS = load_all([assets.folder("skills")])
SKILL = SKILLS["async-python"]
TOPICS = [pytest.param(topic, id=name) for name, topic in SKILL.topics.items()]


def run_examples(topic: str) -> dict[str, Any]:
    """The names that the Correct examples of a topic define."""
    names: dict[str, Any] = {"__name__": f"examples.{topic}"}
    for example in find_examples(SKILL.topics[topic].text):
        for block in example.blocks if example.correct else ():
            exec(compile(block, topic, "exec"), names)
    return names


def count_running(seconds: float = 0.01) -> tuple[Callable[[str], Awaitable[bytes]], list[int]]:
    """A slow fetch, and how many of its calls ran at once at each begin."""
    running, seen = 0, []

    async def fetch(name: str) -> bytes:
        nonlocal running
        running += 1
        seen.append(running)
        await asyncio.sleep(seconds)
        running -= 1
        return name.encode()

    return fetch, seen


def test_no_topic_takes_the_name_of_one_of_another_skill() -> None:
    others = {name for skill in SKILLS.values() if skill is not SKILL for name in skill.topics}
    assert len(SKILL.topics) >= 4
    assert not others & SKILL.topics.keys()


def test_the_reference_validator_accepts_the_skill() -> None:
    command = [sys.executable, "-m", "skills_ref.cli", "validate", str(SKILL.folder)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_topic_is_guided_by_name_and_found_by_a_question() -> None:
    for name, topic in SKILL.topics.items():
        assert answer(SKILLS, topics=[name]).pieces[0].topic == name
        assert name in {piece.topic for piece in answer(SKILLS, topic.keywords[0]).pieces}


def test_the_index_links_every_topic_once() -> None:
    assert re.findall(r"\]\(references/([\w-]+)\.md\)", SKILL.body) == list(SKILL.topics)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_says_what_to_do_first_and_shows_right_and_wrong(topic: Topic) -> None:
    assert topic.sections[0].title == "What to do"
    assert topic.versions
    assert topic.see_also
    examples = find_examples(topic.text)
    assert {example.correct for example in examples} == {True, False}
    assert sum(len(example.blocks) for example in examples) == topic.text.count("```python\n")


@pytest.mark.parametrize("topic", TOPICS)
def test_every_example_compiles_and_the_review_finds_nothing_in_the_correct_ones(topic: Topic) -> None:
    for example in find_examples(topic.text):
        for block in example.blocks:
            compile(block, topic.name, "exec")
            if example.correct:
                assert review(texts={"app/example.py": block}).findings == ()


def test_a_task_group_stops_the_others_when_one_fails() -> None:
    fetch_all = run_examples("task-groups")["fetch_all"]
    ended: list[str] = []

    async def fetch(name: str) -> str:
        if name == "bad":
            raise ValueError(name)
        await asyncio.sleep(0.05)
        ended.append(name)
        return name

    assert asyncio.run(fetch_all(fetch, ["a", "b"])) == ["a", "b"]
    with pytest.raises(ExceptionGroup):
        asyncio.run(fetch_all(fetch, ["a", "bad"]))
    assert ended == ["a", "b"]


def test_background_tasks_are_held_and_their_failures_told(caplog: pytest.LogCaptureFixture) -> None:
    background = run_examples("task-groups")["Background"]

    async def fail() -> None:
        raise ValueError("lost?")

    async def main() -> None:
        tasks = background()
        tasks.start(fail())
        tasks.start(asyncio.sleep(60))
        await asyncio.sleep(0.01)
        await tasks.close()

    asyncio.run(main())
    assert "lost?" in caplog.text


def test_a_deadline_gives_the_default_and_ends_the_work() -> None:
    read_or_default = run_examples("cancellation")["read_or_default"]
    ended: list[str] = []

    async def slow() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("slow")
        return "late"

    assert asyncio.run(read_or_default(slow(), 0.01, "default")) == "default"
    assert ended == ["slow"]


def test_a_worker_that_is_stopped_releases_what_it_held() -> None:
    names = run_examples("cancellation")
    released: list[bool] = []

    async def release() -> None:
        await asyncio.sleep(0)
        released.append(True)

    async def main() -> bool:
        task = asyncio.create_task(names["Worker"](lambda: asyncio.sleep(0.001), release).run())
        await asyncio.sleep(0.01)
        await names["stop"](task)
        return task.cancelled()

    assert asyncio.run(main())
    assert released == [True]


def test_a_limit_holds_and_is_used_up() -> None:
    fetch_all = run_examples("limits")["fetch_all"]
    fetch, seen = count_running()
    names = [str(number) for number in range(20)]
    assert asyncio.run(fetch_all(fetch, names, at_once=3)) == {name: name.encode() for name in names}
    assert max(seen) == 3


def test_a_bounded_queue_handles_all_items_but_the_bad_one_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    process = run_examples("queues")["process"]
    handled: list[str] = []

    async def produce() -> AsyncIterator[str]:
        for number in range(20):
            yield str(number)

    async def handle(item: str) -> None:
        if item == "7":
            raise ValueError(item)
        handled.append(item)

    asyncio.run(asyncio.wait_for(process(produce(), handle, workers=2, waiting=3), 10))
    assert sorted(handled, key=int) == [str(number) for number in range(20) if number != 7]
    assert "could not handle 7" in caplog.text


def test_blocking_work_leaves_the_loop_free(tmp_path: Path) -> None:
    read_text = run_examples("threads")["read_text"]
    (tmp_path / "a.txt").write_text("naïve", encoding="utf-8")
    assert asyncio.run(read_text(tmp_path / "a.txt")) == "naïve"


def test_computing_goes_through_the_pool_that_is_given() -> None:
    names = run_examples("threads")

    class Pool(ProcessPoolExecutor):
        """Counts, and computes here: the examples are no module that a child process could import."""

        calls = 0

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            from concurrent.futures import Future

            Pool.calls += 1
            future: Future[Any] = Future()
            future.set_result(fn(*args, **kwargs))
            return future

    assert len(asyncio.run(names["stretch_all"](Pool(1), [b"a", b"b"]))) == 2
    assert Pool.calls == 2


def test_a_thread_calls_back_into_the_loop() -> None:
    bridge_class = run_examples("threads")["Bridge"]

    async def name_thread() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    async def main() -> str:
        bridge = bridge_class()
        return await asyncio.to_thread(lambda: bridge.call(name_thread(), 5))

    assert asyncio.run(main()) == threading.current_thread().name


def test_what_was_opened_is_closed_in_reverse_even_when_opening_fails() -> None:
    connect_all = run_examples("async-resources")["connect_all"]
    closed: list[str] = []

    class Connection:
        def __init__(self, name: str) -> None:
            self.name = name

        async def close(self) -> None:
            closed.append(self.name)

    async def dial(name: str) -> Connection:
        if name == "bad":
            raise OSError(name)
        return Connection(name)

    async def main(names: list[str]) -> None:
        async with connect_all(dial, names) as connections:
            assert [connection.name for connection in connections] == names

    asyncio.run(main(["a", "b"]))
    assert closed == ["b", "a"]
    with pytest.raises(OSError, match="bad"):
        asyncio.run(main(["c", "d", "bad"]))
    assert closed == ["b", "a", "d", "c"]


def test_a_generator_that_is_left_early_is_closed_at_once() -> None:
    find_first = run_examples("async-resources")["find_first"]
    closed: list[float] = []

    async def rows() -> AsyncGenerator[str, None]:
        try:
            for number in range(10):
                yield f"row {number}"
        finally:
            closed.append(time.monotonic())

    async def main() -> tuple[str | None, int]:
        found = await find_first(rows(), "3")
        return found, len(closed)

    assert asyncio.run(main()) == ("row 3", 1)
