"""Work that may take minutes: off the event loop, telling how far it is, and called off when its request is."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import anyio
from anyio import from_thread, to_thread
from mcp.server.mcpserver import Context

from layerwise.jobs import Answer


async def run_long(context: Context[Any, Any], job: Callable[..., Answer], **arguments: Any) -> Answer:
    """What `job` answers to `arguments`; its steps become progress notifications.

    When the request is cancelled nobody waits for the job any more, and its `stop` is set. Raises what the job raises.
    """
    stop = Event()

    def tell(done: int, total: int, step: str) -> None:
        if not stop.is_set():
            from_thread.run(context.report_progress, done, total, step)

    work = partial(job, **arguments, progress=tell, stop=stop)
    try:
        return await to_thread.run_sync(work, abandon_on_cancel=True)
    except anyio.get_cancelled_exc_class():
        stop.set()
        raise
