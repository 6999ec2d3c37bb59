"""Merge: what changed in generated source carried over into a copy that somebody edited, statement by statement."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from layerwise.generate.hunks import Hunk, merge_lines
from layerwise.generate.imports import add_imports, collect_imports, remove_imports

if TYPE_CHECKING:
    from libcst import BaseCompoundStatement, ClassDef, EmptyLine, If, Module, SimpleStatementLine

    Statement = SimpleStatementLine | BaseCompoundStatement

# A statement is found again by its kind, its name or text, and its number among those that are alike.
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Merged:
    """The text with all that could be carried over, and the places where edits stood in the way."""

    text: str
    hunks: tuple[Hunk, ...] = ()


def merge(base: str, ours: str, theirs: str) -> Merged:
    """`ours` with what leads from `base` to `theirs`; nothing else in it is touched.

    Statements are matched by name, so that order, comments and additions of one's own do not matter; inside of a
    function or an assignment that both sides changed, lines decide. Raises ValueError where `ours` is not Python.
    """
    if base == theirs or ours == theirs:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    import libcst

    try:
        modules = [libcst.parse_module(text) for text in (base, ours, theirs)]
    except libcst.ParserSyntaxError as error:
        raise ValueError(f"line {error.raw_line}: {error.message}") from error
    merger = _Merger(libcst.Module([]))
    old, mine, new = (module.body for module in modules)
    text = modules[1].with_changes(body=merger.merge_body("", old, mine, new)).code
    before, after = collect_imports(base), collect_imports(theirs)
    return Merged(remove_imports(add_imports(text, after - before), before - after), tuple(merger.hunks))


def merge_text(name: str, base: str, ours: str, theirs: str) -> Merged:
    """The same for a text called `name` that is not Python: lines decide."""
    merged = merge_lines(name, base, ours, theirs)
    return Merged(ours, (merged,)) if isinstance(merged, Hunk) else Merged(merged)


@dataclass(slots=True)
class _Merger:
    empty: "Module"
    hunks: list[Hunk] = field(default_factory=list)

    def merge_body(
        self, where: str, base: "Sequence[Statement]", ours: "Sequence[Statement]", theirs: "Sequence[Statement]"
    ) -> "list[Statement]":
        """The statements of `ours` with those replaced, added and left out that differ between the other two."""
        old, mine, new = (self._index(body) for body in (base, ours, theirs))
        merged: dict[Key, Statement] = dict(mine)
        order = list(mine)
        for number, (key, statement) in enumerate(new.items()):
            if not where and key[0] == "import":
                continue
            if key in old:
                self._merge_known(where, key, old[key], mine.get(key), statement, merged)
            elif key not in mine:
                merged[key] = statement
                order.insert(_find_place(order, list(new), number), key)
            elif grown := self._merge_blocks(where, key, None, mine[key], statement):
                merged[key] = grown
            elif self._code(mine[key]) != self._code(statement):
                self._refuse(where, key, None, mine[key], statement)
        for key, statement in old.items():
            if key in new or key not in mine or (not where and key[0] == "import"):
                continue
            if self._is_pristine(statement, mine[key]):
                order.remove(key)
            elif shrunk := self._merge_blocks(where, key, statement, mine[key], None):
                merged[key] = shrunk
            else:
                self._refuse(where, key, statement, mine[key], None)
        return [merged[key] for key in order]

    def _merge_blocks(
        self, where: str, key: Key, old: "Statement | None", mine: "Statement", new: "Statement | None"
    ) -> "Statement | None":
        """`mine`, an `if` that the other side adds or drops, with what that side has in it; None for anything else."""
        import libcst

        blocks = [part.body.body if isinstance(part, libcst.If) else () for part in (old, mine, new)]
        if not isinstance(mine, libcst.If) or mine.orelse is not None:
            return None
        body = self.merge_body(f"{where}{key[1]}.", *(cast("Sequence[Statement]", block) for block in blocks))
        return mine.with_changes(body=mine.body.with_changes(body=body)) if body else None

    def _merge_known(
        self,
        where: str,
        key: Key,
        old: "Statement",
        mine: "Statement | None",
        new: "Statement",
        merged: "dict[Key, Statement]",
    ) -> None:
        if mine is None:
            if self._code(old) != self._code(new):
                self._refuse(where, key, old, None, new)
            return
        changed = mine if self._code(old) == self._code(new) else self._merge_statement(where, key, old, mine, new)
        if isinstance(changed, Hunk):
            self.hunks.append(changed)
        elif changed is None:
            self._refuse(where, key, old, mine, new)
        elif self._lines(old.leading_lines) == self._lines(mine.leading_lines):
            merged[key] = changed.with_changes(leading_lines=new.leading_lines)
        else:
            merged[key] = changed.with_changes(leading_lines=mine.leading_lines)

    def _merge_statement(
        self, where: str, key: Key, old: "Statement", mine: "Statement", new: "Statement"
    ) -> "Statement | Hunk | None":
        """`mine` with what leads from `old` to `new`; the lines in the way, or None where the whole statement is."""
        import libcst

        if self._code(mine) in (self._code(old), self._code(new)):
            return new
        inner = f"{where}{key[1]}."
        blocks = [part.body for part in (old, mine, new) if isinstance(part, libcst.ClassDef | libcst.If)]
        if len(blocks) == 3 and all(isinstance(block, libcst.IndentedBlock) for block in blocks):
            bodies = [cast("Sequence[Statement]", block.body) for block in blocks]
            head = self._merge_head(cast("ClassDef | If", old), cast("ClassDef | If", mine), cast("ClassDef | If", new))
            if head is None:
                return None
            body = self.merge_body(inner, *bodies)
            return head.with_changes(body=blocks[1].with_changes(body=body))
        merged = merge_lines(self._name(where, key), self._code(old), self._code(mine), self._code(new))
        if isinstance(merged, Hunk):
            return merged
        try:
            return libcst.parse_module(merged).body[0]
        except libcst.ParserSyntaxError:
            return None

    def _merge_head(self, old: "ClassDef | If", mine: "ClassDef | If", new: "ClassDef | If") -> "ClassDef | If | None":
        """The statement with the head that both want, its body not yet merged."""
        import libcst

        emptied = [self._code(part.with_changes(body=libcst.IndentedBlock([]))) for part in (old, mine, new)]
        if emptied[0] == emptied[2]:
            return mine
        return new if emptied[0] == emptied[1] else None

    def _index(self, body: "Sequence[Statement]") -> "dict[Key, Statement]":
        found: dict[Key, Statement] = {}
        seen: Counter[tuple[str, str]] = Counter()
        for statement in body:
            kind, name = self._identify(statement)
            seen[kind, name] += 1
            found[kind, name, seen[kind, name]] = statement
        return found

    def _identify(self, statement: "Statement") -> tuple[str, str]:
        import libcst

        if isinstance(statement, libcst.FunctionDef | libcst.ClassDef):
            return "definition", statement.name.value
        if isinstance(statement, libcst.If):
            return "if", self.empty.code_for_node(statement.test)
        if isinstance(statement, libcst.SimpleStatementLine) and len(statement.body) == 1:
            part = statement.body[0]
            if isinstance(part, libcst.AnnAssign):
                return "name", self.empty.code_for_node(part.target)
            if isinstance(part, libcst.Assign) and len(part.targets) == 1:
                return "name", self.empty.code_for_node(part.targets[0].target)
            if isinstance(part, libcst.Import | libcst.ImportFrom):
                return "import", self.empty.code_for_node(part)
        return "statement", self._code(statement)

    def _is_pristine(self, old: "Statement", mine: "Statement") -> bool:
        comments = [line for line in self._lines(mine.leading_lines) if line.strip()]
        return self._code(old) == self._code(mine) and not set(comments) - set(self._lines(old.leading_lines))

    def _code(self, statement: "Statement") -> str:
        """The statement's text without what stands above it, newlines as \\n."""
        return self.empty.code_for_node(statement.with_changes(leading_lines=()))

    def _lines(self, lines: "Sequence[EmptyLine]") -> list[str]:
        return [self.empty.code_for_node(line).strip() for line in lines]

    def _refuse(
        self, where: str, key: Key, old: "Statement | None", mine: "Statement | None", new: "Statement | None"
    ) -> None:
        texts = [self._code(part) if part is not None else "" for part in (old, mine, new)]
        self.hunks.append(Hunk(self._name(where, key), *texts))

    def _name(self, where: str, key: Key) -> str:
        return f"{where}{key[1].splitlines()[0] if key[1] else key[0]}"


def _find_place(order: list[Key], wanted: list[Key], number: int) -> int:
    """Where in `order` the key `wanted[number]` goes: behind the nearest before it, else ahead of the nearest after."""
    place = next((order.index(key) + 1 for key in reversed(wanted[:number]) if key in order), None)
    if place is None:
        return next((order.index(key) for key in wanted[number + 1 :] if key in order), len(order))
    while place < len(order) and order[place][0] == "import":
        place += 1
    return place
