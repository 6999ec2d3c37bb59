"""How a host starts Layerwise: the command that goes into its configuration, the same on every machine."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = "layerwise"


@dataclass(frozen=True, slots=True)
class Launcher:
    """The words before `serve` or `hook`, with why they were chosen and what to mind about them."""

    words: tuple[str, ...]
    notice: str
    warning: str = ""


UVX = Launcher(
    ("uvx", NAME),
    "The command is `uvx layerwise`, because `layerwise` itself is not on PATH: uvx fetches it once, then keeps it.",
    "Starting through uvx costs about a second each time, hooks included; `uv tool install layerwise` avoids that.",
)


def find_launcher() -> Launcher:
    """`layerwise` where it is on PATH, else `uvx layerwise`."""
    if (found := shutil.which(NAME)) is None:
        return UVX
    notice = "The command is `layerwise`, because it is on PATH: the quickest start, and no path of this machine."
    home = Path(sys.prefix)
    if sys.prefix == sys.base_prefix or not Path(found).is_relative_to(home):
        return Launcher((NAME,), notice)
    warning = (
        f"`layerwise` is on PATH only while the environment {home.name} is active. Start the host from there, or make "
        "it available everywhere with `uv tool install layerwise`."
    )
    return Launcher((NAME,), notice, warning)
