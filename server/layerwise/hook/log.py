"""The log of hooks: what went wrong, kept in the user's cache folder because a hook must not trouble a session."""

import datetime
from contextlib import suppress

from layerwise.changes.store import find_cache
from layerwise.errors import LayerwiseError, shorten

_FILE = "hooks.log"
_MOST_BYTES = 256 * 1024


def note(where: str, error: BaseException) -> None:
    """Add a line on `error`; a log that grew long begins anew, one that cannot be written is let be."""
    now = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds")
    text = shorten(" ".join(str(error).split()), 1000)
    with suppress(OSError, LayerwiseError):
        file = find_cache() / _FILE
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = "w" if file.exists() and file.stat().st_size > _MOST_BYTES else "a"
        with file.open(mode, encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{now} {where}: {type(error).__name__}: {text}\n")
