"""Examination: texts looked at in one manner, alone and as part of the tree that they stand in."""

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.project.index import Project, build_project, lay_over, read_project
from layerwise.review.delegated import MISSING, locate_ruff, run_checks
from layerwise.review.engine import collection_paused, inspect_text, refuse, stamp_fingerprints
from layerwise.review.finding import Finding
from layerwise.review.given import Given
from layerwise.review.manner import Manner
from layerwise.review.pool import review_texts
from layerwise.review.project_rules import ProjectReview, View, drop_refuted, review_project
from layerwise.review.record import read_file, record_file
from layerwise.review.review import OTHER_FILES, RUN_TIME, UNUSED, Coverage, FileReview, Review, ReviewError
from layerwise.review.source import Source
from layerwise.review.store import Store, hash_parts
from layerwise.review.suppression import find_suppressions, settle, suppressible


@dataclass(frozen=True)
class Examination:
    """What is looked at, how, and where: below `root`, in the tree of `project` where an index is at hand."""

    given: Given
    manner: Manner
    root: Path | None = None
    project: Project | None = None
    store: Store | None = None

    def examine(self) -> Review:
        """Look at all that was given."""
        given = self.given
        with collection_paused():
            files, wide = self._look(given.texts, given.texts)
        files, failed = self._delegate(files, given.texts)
        found, suppressed = self._settle(given.texts, files, wide)
        shown = (given.presentable(each) for each in found if given.wants(each) and self.manner.shows(each))
        return Review(
            findings=tuple(sorted(shown, key=lambda each: each.order)),
            coverage=self._cover(files),
            errors=(
                *(ReviewError(each.path, each.reason) for each in given.unreadable),
                *(error for each in files for error in each.errors),
                *wide.errors,
                *failed,
            ),
            notices=tuple(notice for each in files for notice in each.notices),
            suppressed=tuple(suppressed),
            texts=given.whole,
            again=self.look_again,
        )

    def look_again(self, texts: Mapping[str, str], paths: Collection[str]) -> tuple[Finding, ...]:
        """What file rules and ruff find in `paths`, and project rules in all, where the texts have become `texts`."""
        with collection_paused():
            files, wide = self._look(texts, paths)
        files, _ = self._delegate(files, {path: texts[path] for path in paths})
        found, _ = self._settle(texts, files, wide)
        return tuple(each for each in found if self.manner.shows(each))

    def _look(self, texts: Mapping[str, str], paths: Collection[str]) -> tuple[list[FileReview], ProjectReview]:
        chosen = {path: texts[path] for path in paths}
        rules = self.manner.rules
        if not any(rule.project_checks or rule.refutations for rule in rules):
            return self._review_files(chosen), ProjectReview()
        if self._knows_tree:
            files, index = self._review_files(chosen), self._index(texts)
        else:
            files, trees = self._inspect(chosen)
            index = build_project({path: texts[path] for path in texts if path in trees or path not in paths}, trees)
        view = View(index, texts, self.root)
        refutable = {rule.name: rule for rule in rules if rule.refutations}
        files = [drop_refuted(each, view, refutable) for each in files]
        return files, review_project(view, rules, self.manner.confidences)

    def _delegate(
        self, files: Sequence[FileReview], given: Mapping[str, str]
    ) -> tuple[list[FileReview], list[ReviewError]]:
        """The reviews with what ruff finds added, where it is wished for and installed."""
        ruff = locate_ruff() if self.manner.checks else None
        if ruff is None:
            return list(files), []
        texts = {path: text for path, text in given.items() if refuse(text) is None}
        found, errors = run_checks(ruff, self.manner.checks, texts)
        stamped = {path: stamp_fingerprints(Source(path, texts[path]), None, each) for path, each in found.items()}
        return [replace(each, findings=(*each.findings, *stamped.get(each.path, ()))) for each in files], errors

    @property
    def _knows_tree(self) -> bool:
        return self.root is not None or self.project is not None

    def _index(self, texts: Mapping[str, str]) -> Project:
        """The index of the tree, with the texts laid over it that the tree does not hold."""
        index = self.project
        if index is None:
            assert self.root is not None
            index = read_project(self.root, layer_map=self.manner.layers)
        drafts = {
            path: text
            for path, text in texts.items()
            if path not in self.given.partial and (path in self.given.drafts or text != self.given.texts[path])
        }
        return lay_over(index, drafts) if drafts else index

    def _inspect(self, texts: Mapping[str, str]) -> tuple[list[FileReview], dict[str, ast.Module]]:
        """The reviews of a few texts, with the trees, which spare the index from parsing them again."""
        manner, trees, files = self.manner, {}, []
        for path, text in texts.items():
            found, tree = inspect_text(
                text, path, rules=manner.rules, confidences=manner.confidences, layer_map=manner.layers
            )
            files.append(found)
            if tree is not None:
                trees[path] = tree
        return files, trees

    def _review_files(self, texts: Mapping[str, str]) -> list[FileReview]:
        """What the file rules say about each text, from the store where it is known."""
        if self.store is None:
            return review_texts(texts, self.manner)
        keys = {path: hash_parts([self.manner.key, path, text]) for path, text in texts.items()}
        known: dict[str, FileReview] = {}
        for path, key in keys.items():
            try:
                known[path] = read_file(path, self.store.file(key))
            except (KeyError, TypeError, ValueError):
                continue
        for found in review_texts({path: text for path, text in texts.items() if path not in known}, self.manner):
            known[found.path] = found
            self.store.keep_file(keys[found.path], record_file(found))
        return [known[path] for path in texts]

    def _settle(
        self, texts: Mapping[str, str], files: Sequence[FileReview], wide: ProjectReview
    ) -> tuple[list[Finding], list[Finding]]:
        """The findings of all files that stay, and those that comments allow."""
        file_rules = known = frozenset[str]()
        if any(each.suppressions for each in files):
            file_rules = suppressible(rule for rule in self.manner.rules if not rule.project_checks)
            known = suppressible(self.manner.rules) if self._knows_tree else file_rules
        kept: list[Finding] = []
        allowed: list[Finding] = []
        for each in files:
            findings = (*each.findings, *wide.findings.get(each.path, ()))
            partly = each.path in self.given.partial
            stay, suppressed = settle(each.path, findings, each.suppressions, file_rules if partly else known)
            kept += stay
            allowed += suppressed
        for path in wide.findings.keys() - {each.path for each in files}:
            suppressions = find_suppressions(Source(path, texts[path]))
            kept += settle(path, wide.findings[path], suppressions, frozenset())[0]
        return kept, allowed

    def _cover(self, files: Iterable[FileReview]) -> Coverage:
        reviewed = list(files)
        rules, skipped = self.manner.rules, dict(self.manner.skipped)
        used = {each.packages for each in reviewed}
        met = {wanted: any(map(frozenset(wanted).issubset, used)) for wanted in {rule.requires for rule in rules}}
        for rule in rules if reviewed else ():
            if not met[rule.requires]:
                skipped[rule.name] = f"{UNUSED} {' and '.join(rule.requires)}"
        if self.manner.checks and locate_ruff() is None:
            skipped |= dict.fromkeys((check.name for check in self.manner.checks), MISSING)
        wanted = [*(rule.name for rule in rules), *(check.name for check in self.manner.checks)]
        return Coverage(
            files=len(reviewed),
            lines=sum(each.lines for each in reviewed),
            rules_run=tuple(name for name in wanted if name not in skipped),
            rules_skipped=skipped,
            cannot_see=(RUN_TIME,) if self._knows_tree else (RUN_TIME, OTHER_FILES),
        )
