"""Work that may take minutes: off the event loop, telling how far it is, and called off when its request is."""

from collections.abc import Callable
from threading import Event
from typing import Any

from anyio import create_task_group, from_thread, sleep_forever, to_thread
from mcp.server.mcpserver import Context

from layerwise.errors import LayerwiseError
from layerwise.jobs import Answer


async def run_long(context: Context[Any, Any], job: Callable[..., Answer], **arguments: Any) -> Answer:
    """What `job` answers to `arguments`; its steps become progress notifications.

    When the request is cancelled, or its client goes, the job's `stop` is set and the job is waited for, so that
    nothing that it started outlives it. Raises what the job raises.
    """
    stop = Event()

    def tell(done: int, total: int, step: str) -> None:
        if not stop.is_set():
            from_thread.run(context.report_progress, done, total, step)

    def work() -> Answer | LayerwiseError:
        try:
            return job(**arguments, progress=tell, stop=stop)
        except LayerwiseError as error:
            return error

    async with create_task_group() as group:
        group.start_soon(_set_when_cancelled, stop)
        found = await to_thread.run_sync(work)
        group.cancel_scope.cancel()
    if isinstance(found, LayerwiseError):
        raise found
    return found


async def _set_when_cancelled(stop: Event) -> None:
    try:
        await sleep_forever()
    finally:
        stop.set()
