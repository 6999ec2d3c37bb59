"""The jobs as every door calls them: plain arguments in, one answer out, the same for each door."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from layerwise.catalog import Catalog, load_catalog
from layerwise.changes import store
from layerwise.changes.apply import Applied, recover
from layerwise.changes.apply import apply as apply_changeset
from layerwise.changes.changeset import ChangeSet
from layerwise.changes.paths import resolve_inside
from layerwise.changes.preview import cursor_id, preview
from layerwise.changes.undo import undo as undo_changeset
from layerwise.errors import InvalidInputError, LayerwiseError, OutsideRootError
from layerwise.roots import Roots

if TYPE_CHECKING:
    from layerwise.review.review import Review
    from layerwise.review.team import Team

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """The same facts twice: JSON-ready data and text."""

    data: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Jobs:
    """The jobs over some project roots. With `team_rules` reviews run the projects' own rules, which are code."""

    roots: Roots
    team_rules: bool = False

    @cached_property
    def catalog(self) -> Catalog:
        """The skills of the package, the user and the roots."""
        return load_catalog(self.roots.paths)

    def recover(self) -> list[str]:
        """Finish or take back what was interrupted while it was applied to a root: for doors to call at start.

        Gives a sentence for each such change set, or for why it cannot be settled now.
        """
        told: list[str] = []
        for root in self.roots.paths:
            try:
                told += recover(root) if root.is_dir() else ()
            except LayerwiseError as error:
                told.append(str(error))
        return told

    def detect(
        self, *, prompt: str = "", code: str = "", diff: str = "", path: str = "", project: str = "", mode: str = ""
    ) -> Answer:
        """Which triggers fire. Raises LayerwiseError for what cannot be read.

        With a `mode`, of hooks, the text is what an assistant is told at a prompt: a sentence or two, or nothing.
        """
        from layerwise.detect.answer import as_dict, as_text
        from layerwise.detect.brief import brief
        from layerwise.detect.context import Context
        from layerwise.detect.engine import match

        root = str(self.roots.choose(project))
        context = Context(prompt=prompt, code=code, diff=diff, path=path, root=root)
        found = match(context, *self.catalog.trigger_folders)
        return Answer(as_dict(found), brief(found, mode) if mode else as_text(found))

    def is_topic(self, query: str) -> bool:
        """Whether `query` is the address of a topic or of one of its sections."""
        from layerwise.guide.library import open_library

        return query.partition("#")[0] in open_library(self.catalog.skills).topics

    def guide(
        self,
        *,
        topics: Sequence[str] = (),
        triggers: Sequence[str] = (),
        question: str = "",
        max_tokens: int = 1500,
        project: str = "",
    ) -> Answer:
        """The patterns that apply. Raises LayerwiseError for unknown topics or triggers."""
        from layerwise.guide.answer import answer
        from layerwise.guide.guidance import as_dict, as_text

        self.roots.choose(project)
        found = answer(self.catalog.skills, question, topics=topics, triggers=triggers, max_tokens=max_tokens)
        return Answer(as_dict(found), as_text(found))

    def inspect(self, *, section: str = "summary", max_tokens: int | None = None, project: str = "") -> Answer:
        """What the project has. Raises LayerwiseError for an unknown section or a folder that cannot be read."""
        from layerwise.project.summary import as_dict, as_text, inspect

        found = inspect(self.roots.choose(project), section=section)
        return Answer(as_dict(found, max_tokens), as_text(found, max_tokens))

    def generate(
        self,
        *,
        request: str = "",
        name: str = "",
        fields: str = "",
        spec: Mapping[str, Any] | None = None,
        verify: str = "quick",
        settings: Mapping[str, str] | None = None,
        show: Sequence[str] = (),
        diff: bool = True,
        max_tokens: int | None = None,
        cursor: str = "",
        project: str = "",
        progress: Progress | None = None,
        stop: Event | None = None,
    ) -> Answer:
        """A change set that makes the wish true, kept for `apply`; with a cursor, more of one already planned.

        Raises LayerwiseError when the wish cannot be read or fields are missing.
        """
        from layerwise.generate.plan import plan

        root = self.roots.choose(project)
        if cursor:
            return self._preview(store.load(cursor_id(cursor), root), max_tokens, show, cursor=cursor)
        changeset = plan(
            root,
            request=request,
            name=name,
            fields=fields,
            spec=spec or {},
            review=partial(review_texts, root),
            verify=verify,
            settings=settings,
            progress=progress,
            stop=stop,
        )
        if changeset.changes:
            store.save(changeset)
        return self._preview(changeset, max_tokens, show, diff=diff)

    def find_missing_fields(self, *, request: str = "", name: str = "", project: str = "") -> tuple[str, str] | None:
        """The entity whose fields `generate` would ask for, and a spec that it proposes; None when it asks for none.

        Raises LayerwiseError when the wish cannot be read.
        """
        from layerwise.generate.plan import find_missing_fields

        missing = find_missing_fields(self.roots.choose(project), request=request, name=name)
        return (missing.entity, missing.proposal) if missing else None

    def review(
        self,
        *,
        code: str = "",
        path: str = "",
        paths: Sequence[str] = (),
        diff: str = "",
        since: str = "",
        forked: bool = False,
        fix: str = "no",
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        profile: str = "",
        baseline: str = "",
        form: str = "text",
        max_tokens: int | None = None,
        cursor: str = "",
        project: str = "",
    ) -> Answer:
        """Findings with fixes, and with `fix` their change set, kept for `apply`.

        `since` is a git revision: only lines that changed since then are judged, with `forked` since this branch left
        it. `baseline` is the file of the findings that are known; it is written where it is missing, and when it
        shrinks. `form` is text, sarif, github, gitlab or junit. Raises LayerwiseError when nothing can be reviewed as
        asked.
        """
        from layerwise.review.run import review

        root = self.roots.choose(project)
        look = partial(review, profile=profile, select=select, ignore=ignore, team_rules=self.team_rules)
        if code:
            _check_alone(paths, diff or since or baseline, fix)
            reviewed = _review_code(look, root, code, path)
        else:
            changed = _find_changes(root, since, paths, forked) if since else diff or None
            reviewed = look(paths or ["."] if changed is None else (), diff=changed, root=root)
        if baseline:
            reviewed = _hide_known(reviewed, root, baseline, whole=not (diff or since))
        answer = _tell_review(reviewed, form, max_tokens, cursor)
        if fix == "no":
            return answer
        shown = self._fix(reviewed, root, max_tokens, unsafe=fix == "all")
        answer.data["changes"] = shown.data if shown.data["files"] else None
        return replace(answer, text=f"{answer.text}\n\n{shown.text}") if form == "text" else answer

    def _fix(self, reviewed: "Review", root: Path, max_tokens: int | None, *, unsafe: bool) -> Answer:
        """The fixes of a review as a change set, which is kept."""
        from layerwise.review.fixing import fix

        changeset = fix(reviewed, root, unsafe=unsafe)
        if changeset.changes:
            store.save(changeset)
        return self._preview(changeset, max_tokens and max_tokens // 2)

    def apply(self, id: str, *, project: str = "") -> Answer:  # noqa: A002
        """Write a kept change set. Raises LayerwiseError when it is unknown or the tree has changed since."""
        changeset = store.load(id, self.roots.choose(project))
        from layerwise.generate.likeness.served import tell_served

        written = apply_changeset(changeset)
        served = tell_served(changeset.root, changeset.record)
        return _tell(written, changeset.root, changeset.next_steps, undone=False, served=served)

    def undo(self, id: str = "", *, project: str = "") -> Answer:  # noqa: A002
        """Take back what was applied last, or under `id`. Raises LayerwiseError when files changed since."""
        root = self.roots.choose(project)
        return _tell(undo_changeset(root, id or None), root, (), undone=True)

    def rules(self) -> Answer:
        """Every review rule in one line each, the team's own among them, and the checks that are delegated to ruff."""
        from layerwise.review.delegated import CHECKS
        from layerwise.review.page import summarise
        from layerwise.review.registry import load_rules

        rules = [summarise(rule) for rule in (*load_rules(), *self._team.rules)]
        lines = [f"{rule['code']}  {rule['severity']:7}  {rule['name']}: {rule['title']}" for rule in rules]
        lines += [f"{check.code}  {check.severity:7}  {check.name}: asked of ruff" for check in CHECKS]
        return Answer({"rules": rules, "delegated": [asdict(check) for check in CHECKS]}, "\n".join(lines))

    def check_rules(self) -> Answer:
        """Whether the cases of the team's own rules hold, rule by rule.

        Raises InvalidInputError when the project has none, or one that cannot be loaded.
        """
        from layerwise.review.cases import judge_rule

        rules = self._team.rules
        if not rules:
            raise InvalidInputError(
                "No rules of your own to check: put them in a folder and name it in pyproject.toml, "
                '[tool.layerwise] rules = ".layerwise/rules".'
            )
        rows = [{"code": each.code, "name": each.name, "faults": judge_rule(each)} for each in rules]
        lines = []
        for rule, row in zip(rules, rows, strict=True):
            told = f"{len(row['faults'])} faults" if row["faults"] else f"{len(rule.cases)} cases hold"
            lines += [f"{rule.code}  {rule.name}: {told}", *(f"  {fault}" for fault in row["faults"])]
        return Answer({"rules": rows, "holds": not any(row["faults"] for row in rows)}, "\n".join(lines))

    @property
    def _team(self) -> "Team":
        from layerwise.review.preferences import read_team

        return read_team(self.roots.choose(), may_run=self.team_rules)

    def explain(self, name: str) -> Answer:
        """The page of one rule, or one topic. Raises UnknownNameError when it is neither."""
        from layerwise.review.delegated import find_checks
        from layerwise.review.page import render_page, summarise
        from layerwise.review.registry import find_rule

        if self.is_topic(name):
            return self.guide(topics=[name], max_tokens=20_000)
        for check in find_checks([name])[:1]:
            text = (
                f"# {check.code} {check.name}\n\n{check.why}\n\nAsked of ruff; `ruff rule {check.code}` tells more.\n"
            )
            return Answer({"rule": asdict(check), "page": text}, text)
        rule = find_rule(name, self._team.rules)
        page = render_page(rule)
        return Answer({"rule": summarise(rule), "page": page}, page)

    def _preview(
        self,
        changeset: ChangeSet,
        max_tokens: int | None,
        show: Sequence[str] = (),
        *,
        diff: bool = True,
        cursor: str = "",
    ) -> Answer:
        shown = preview(changeset, max_tokens=max_tokens, show=show, diff=diff, cursor=cursor)
        return Answer(shown.data, shown.text)


def _find_changes(root: Path, since: str, paths: Sequence[str], forked: bool) -> str:
    """What changed in the tree since a git revision, new files with it; no diff at all is an empty one."""
    from layerwise.review.revision import diff_since, diff_untracked

    return diff_since(root, since, paths, forked=forked) + diff_untracked(root, paths)


def _check_alone(paths: Sequence[str], diff: str, fix: str) -> None:
    if paths or diff:
        raise InvalidInputError("Give code, or paths, or diff: they are reviewed one at a time.")
    if fix != "no":
        raise InvalidInputError("fix needs paths: code that is no file cannot be written. Its edits are in fix.edits.")


def _review_code(look: Callable[..., "Review"], root: Path, code: str, path: str) -> "Review":
    """The review of a text, in the tree where its path leads into it."""
    from layerwise.review.engine import SNIPPET_PATH

    place = _locate(root, path)
    return look(texts={place or path or SNIPPET_PATH: code}, root=root if place else None)


def _hide_known(reviewed: "Review", root: Path, baseline: str, *, whole: bool) -> "Review":
    """The review without what the baseline holds, which is written where that changes it."""
    from layerwise.review.baseline import hold_baseline

    reviewed, kept = hold_baseline(reviewed, root, baseline, whole=whole)
    if kept.changes:
        apply_changeset(kept)
    return reviewed


def _tell_review(reviewed: "Review", form: str, max_tokens: int | None, cursor: str) -> Answer:
    from layerwise.review.formats import RENDERERS
    from layerwise.review.report import as_text

    page = as_text(reviewed, max_tokens, cursor, data_too=True)
    data = reviewed.as_dict() | {"findings": [finding.as_dict() for finding in page.findings]}
    data |= {"coverage": reviewed.coverage.summarise()} if max_tokens else {}
    data |= {"cursor": page.cursor, "changes": None, "next": "fix, then review again" if data["totals"] else "done"}
    return Answer(data, RENDERERS[form](reviewed) if form in RENDERERS else page.text)


def _locate(root: Path, path: str) -> str:
    """Where in the tree a text stands; empty for a name that leads nowhere below the root."""
    with suppress(OutsideRootError, InvalidInputError):
        return resolve_inside(root, path).relative_to(root).as_posix()
    return ""


def review_texts(root: Path, texts: Mapping[str, str]) -> list[str]:
    """What the review finds in generated texts where they will stand, a line each."""
    from layerwise.review.run import review

    reviewed = review(texts=texts, root=root if root.is_dir() else None)
    return [f"{finding.path}:{finding.span.line} {finding.name}: {finding.message}" for finding in reviewed.findings]


def _tell(written: Applied, root: Path, next_steps: Sequence[str], *, undone: bool, served: str = "") -> Answer:
    by_op = {"create": written.created, "modify": written.modified, "delete": written.deleted}
    files = [{"path": path, "op": op} for op, paths in by_op.items() for path in paths]
    verb = "Undone" if undone else "Applied"
    lines = [f"{verb} {written.id} in {root}: {len(files)} files."]
    lines += [f"  {file['op']:6} {file['path']}" for file in files[:60]]
    lines += [f"  … {len(files) - 60} more"] if len(files) > 60 else []
    lines += [served] if served else []
    lines += [f"Notice: {notice}" for notice in written.notices] + [f"Next: {step}" for step in next_steps]
    data = {
        "id": written.id,
        "root": str(root),
        "files": files,
        "applied": not undone,
        "undone": undone,
        "served": served,
        "next_steps": list(next_steps),
    }
    return Answer(data, "\n".join(lines) + "\n")
