"""What was said at the end of earlier turns of a project, so that a finding the user lives with is not repeated."""

import json
import os
from pathlib import Path

from layerwise.changes.files import fingerprint
from layerwise.changes.store import find_cache


def recall(root: Path) -> set[str]:
    """The fingerprints that were shown last for the project in `root`; none when that is not kept or damaged."""
    try:
        kept = json.loads(_locate(root).read_bytes())
    except (OSError, ValueError, RecursionError):
        return set()
    return {each for each in kept if isinstance(each, str)} if isinstance(kept, list) else set()


def remember(root: Path, fingerprints: set[str]) -> None:
    """Keep what was shown for the project in `root`. Raises OSError when the cache folder cannot be written."""
    path = _locate(root)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(json.dumps(sorted(fingerprints)), encoding="utf-8")


def _locate(root: Path) -> Path:
    return find_cache() / "hooks" / f"{fingerprint(os.fsencode(os.path.realpath(root)))[:16]}.json"
