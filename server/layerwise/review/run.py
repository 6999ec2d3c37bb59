"""Review: snippets, files, folders and diffs against the rules, with what was seen and what was not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerwise.project.fingerprint import hash_tree, read_versions
from layerwise.review.delegated import locate_ruff
from layerwise.review.given import Given, gather
from layerwise.review.preferences import read_team
from layerwise.review.record import read_review, record_review
from layerwise.review.review import Review
from layerwise.review.store import Store, hash_parts

if TYPE_CHECKING:
    from layerwise.project.index import Project
    from layerwise.project.layers import LayerMap
    from layerwise.review.examination import Examination
    from layerwise.review.rule import Rule


@dataclass(frozen=True, slots=True)
class _Wish:
    """What decides which rules run, apart from the project's settings; part of the key of kept answers."""

    profile: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    team_rules: bool


def review(
    paths: Iterable[str | Path] = (),
    *,
    texts: Mapping[str, str] | None = None,
    diff: str | None = None,
    root: Path | None = None,
    profile: str = "",
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    team_rules: bool = False,
    project: "Project | None" = None,
    rules: "Sequence[Rule] | None" = None,
    confidences: Iterable[str] | None = None,
    layer_map: "LayerMap | None" = None,
) -> Review:
    """Review files or folders below `root`, `texts` by path, or the added lines of a unified `diff`.

    Project rules see the tree below `root` with the texts laid over it, or `project` where an index is at hand; without
    either only what is reviewed. `rules` replaces what profile, select and ignore choose; what they leave open the
    `[tool.layerwise]` of the project at `root` decides. `team_rules` allows that the rules which it names are run:
    they are code of the project. What was reviewed before and has not changed since comes from the user's cache folder.
    Raises UnknownNameError for a rule or profile that does not exist, OutsideRootError and InvalidInputError for a path
    that leads outside the root or nowhere.
    """
    given = gather(paths, texts or {}, diff, root)
    wish = _Wish(profile, tuple(select), tuple(ignore), team_rules)
    own: dict[str, Any] = {"rules": rules, "confidences": confidences, "layer_map": layer_map}
    if root is not None and project is None and all(each is None for each in own.values()):
        return _review_kept(given, wish, root)
    return _prepare(given, wish, root, project=project, **own).examine()


def _review_kept(given: Given, wish: _Wish, root: Path) -> Review:
    """The review as it was kept where nothing has changed since, else a new one, which is kept."""
    store = Store(root)
    prepare = partial(_prepare, given, wish, root, store=store)
    key = hash_parts([repr(wish), *_describe(given), *_describe_settings(root), _describe_ruff(), hash_tree(root)])
    with suppress(KeyError, TypeError, ValueError):
        kept = read_review(store.answer(key))
        return replace(kept, texts=given.whole, again=lambda texts, paths: prepare().look_again(texts, paths))
    found = prepare().examine()
    store.keep_answer(key, record_review(found))
    store.save()
    return found


def _prepare(
    given: Given,
    wish: _Wish,
    root: Path | None,
    *,
    project: "Project | None" = None,
    store: Store | None = None,
    **own: Any,
) -> "Examination":
    from layerwise.review.examination import Examination
    from layerwise.review.manner import choose_manner

    versions = project.versions if project is not None else read_versions(root) if root is not None else {}
    manner = choose_manner(
        root, wish.profile, wish.select, wish.ignore, team_rules=wish.team_rules, versions=versions, **own
    )
    return Examination(given, manner, root, project, store)


def _describe(given: Given) -> Iterator[str]:
    """All that a review of `given` depends on."""
    for path, text in given.texts.items():
        yield path
        yield text
    for path, file in given.changed.items():
        yield f"{path} {sorted(file.added)}"
    yield repr((sorted(given.partial), given.unreadable))


def _describe_settings(root: Path) -> Iterator[str]:
    """The project's settings, and the rule files that they name."""
    with suppress(OSError):
        yield (root / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
    yield read_team(root, may_run=False).key


def _describe_ruff() -> str:
    """Which ruff is installed, since some checks are delegated to it."""
    ruff = locate_ruff()
    return f"{ruff} {Path(ruff).stat().st_mtime_ns}" if ruff else ""
