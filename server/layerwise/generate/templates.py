"""The templates as a team sees them: which there are, copies of them to change, and whether changed ones hold."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from layerwise import assets
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import read_bytes
from layerwise.changes.paths import locate
from layerwise.errors import LayerwiseError, UnknownNameError
from layerwise.generate.overrides import FOLDER, list_shipped, read_overrides
from layerwise.generate.plan import plan

# Between them these reach nearly every branch of the templates.
SAMPLES = (
    "Article(title:str(200) unique search sortable, slug:slug unique on=title, body:text?, kind:enum(news,essay)=news"
    " filter, price:money ge=0, secret:str(40) writeonly, author:ref(User) filter, parent:ref(self)? set_null)",
    "Note(text:str(100) unique, is_active:bool=true, writer:ref(User) owner) mixins=timestamps+soft_delete+versioned"
    " pagination=keyset read=owner write=owner id=int",
    "Order(number:str(20) unique, items:has_many(OrderItem(sku:str(64), count:int gt=0)) min=1 cascade,"
    " articles:m2m(Article))",
    "Event(at:datetime, count:int) operations=list+create mixins=none",
)


def list_templates(root: Path) -> list[tuple[str, bool]]:
    """The shipped templates by path, each with whether the project has one of its own. Raises what overrides raise."""
    own = read_overrides(root).texts
    return [(path, path in own) for path in list_shipped()]


def eject(root: Path, names: Sequence[str]) -> ChangeSet:
    """Copies of the shipped templates of these paths in the project; those that are there stay as they are.

    Raises UnknownNameError for a path that is no template's.
    """
    shipped, home = list_shipped(), assets.folder("templates")
    changes, notices = [], []
    for name in names:
        if name not in shipped:
            raise UnknownNameError("template", name, shipped, hint="`layerwise templates list` shows all.")
        path = f"{FOLDER}/{name}"
        if read_bytes(locate(root, path)) is not None:
            notices.append(f"{path} is there already and stays as it is.")
        else:
            changes.append(Change(path, None, (home / name).read_bytes()))
    steps = ("edit them", "layerwise templates check") if changes else ()
    return ChangeSet(root, tuple(changes), notices=tuple(notices), next_steps=steps)


def check(root: Path, review: Callable[[Path, Mapping[str, str]], Sequence[str]]) -> tuple[int, list[str]]:
    """How many templates the project has of its own, and what is wrong with them.

    Sample resources are generated with them into an empty folder and proved; nothing of the project is changed.
    """
    try:
        overrides = read_overrides(root)
    except LayerwiseError as error:
        return 0, [str(error)]
    faults: dict[str, None] = {}
    with tempfile.TemporaryDirectory(prefix="layerwise-") as folder:
        for path, text in overrides.texts.items():
            target = Path(folder, FOLDER, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="")
        for sample in SAMPLES:
            try:
                planned = plan(Path(folder), request=sample, review=partial(review, Path(folder)))
            except LayerwiseError as error:
                faults[str(error)] = None
                break
            faults |= dict.fromkeys(planned.issues)
            _write(Path(folder), planned)
    return len(overrides.texts), list(faults)


def _write(folder: Path, planned: ChangeSet) -> None:
    for change in planned.changes:
        target = folder / change.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(change.after or b"")
