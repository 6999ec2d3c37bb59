"""Expanding: code about the exemplar's fields made into code about the new ones.

What is said once for each field (an argument, a key, an assertion, an assignment) is said for each new field. What
asks for rows by one field is kept for a new unique field, else left out with all that leans on it. What is about
several fields at once cannot be carried over and is left out, which `Expansion.lost` tells.
"""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

import libcst as cst

from layerwise.generate.likeness.absent import Absent
from layerwise.generate.likeness.attributes import Attribute
from layerwise.generate.likeness.declaring import Declarer
from layerwise.generate.likeness.elements import (
    ConstraintPruner,
    ElementExpander,
    OrderReplacer,
    put_name,
    replace_literals,
)
from layerwise.generate.likeness.mentions import Mentions
from layerwise.generate.likeness.statements import (
    BlockRewriter,
    assigned_names,
    blocks_of,
    compares,
    header_of,
    is_said_once,
    method_names,
    overwrites,
    plainly_assigned,
    read_names,
)
from layerwise.generate.likeness.syntax import names_in, string_value, text_of, walk

_REFUSALS = re.compile(r"422|ValidationError|UNPROCESSABLE")
_CONFLICTS = re.compile(r"409|CONFLICT|Conflict|IntegrityError|[Dd]uplicate|twice|already|_unique|_exists|_taken")


@dataclass(slots=True)
class Expansion:
    """What came of one or more files: `lost` functions by name, `seen` literals of each field in their order.

    `known` are functions that were lost when all was gone through before. Names in `shared` are also those of functions
    that were carried over, so that none is lost by its name; `members` holds the lost methods with their classes.
    """

    known: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    lost: set[str] = field(default_factory=set)
    lost_tests: set[str] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)
    seen: dict[str, list[str]] = field(default_factory=dict)

    def lose(self, name: str, *, testing: bool) -> None:
        """Remember that a function could not be carried over; what tests lose is missing to tests alone."""
        if name not in self.shared:
            (self.lost_tests if testing else self.lost).add(name)

    def missing(self, *, testing: bool) -> set[str]:
        """The functions that are not there to be called."""
        return self.lost | self.known | (self.lost_tests if testing else set())

    def number(self, name: str, literal: str) -> int:
        """1 for the first value that a field has in the tests, 2 for every later one."""
        values = self.seen.setdefault(name, [])
        if literal not in values:
            values.append(literal)
        return min(values.index(literal) + 1, 2)


@dataclass(frozen=True)
class Expander:
    """Expands trees in which the entity has its new name already."""

    mentions: Mentions
    declarer: Declarer
    attributes: tuple[Attribute, ...]
    key: str
    models: frozenset[str]
    absent: Absent
    testing: bool
    expansion: Expansion

    @property
    def unique(self) -> tuple[Attribute, ...]:
        return tuple(each for each in self.attributes if each.unique and each.text)[:1]

    @property
    def filters(self) -> tuple[Attribute, ...]:
        return tuple(each for each in self.attributes if each.filter)

    def expand_body(
        self, body: Sequence[cst.BaseStatement], queried: frozenset[str], outside: Set[str] = frozenset()
    ) -> list[cst.BaseStatement]:
        """Statements in their new form; `queried` are names that narrow a list here, those `outside` were left out."""
        found: list[cst.BaseStatement] = []
        missing = set(outside)
        said: dict[str, str] = {}
        bound: set[str] = set()
        for statement in map(self.absent.prune, body):
            if self._is_said(statement, said):
                continue
            made = [] if self._leans(statement, missing) else self.expand(statement, queried, missing)
            if not made:
                missing |= assigned_names(statement) - bound
            for each in made:
                bound |= assigned_names(each)
                missing -= assigned_names(each)
            found += made
        return found

    def _is_said(self, statement: cst.BaseStatement, said: dict[str, str]) -> bool:
        """Whether the same was said of another field before, and so is said of all the new ones already."""
        named = self.mentions.within(statement)
        if len(named) != 1 or isinstance(statement, cst.FunctionDef | cst.ClassDef):
            return False
        old = next(iter(named))
        blank = replace_literals(put_name(statement, old, "_"), lambda literal: "...")
        return said.setdefault(text_of(blank).strip(), old) != old

    def _leans(self, statement: cst.BaseStatement, missing: set[str]) -> bool:
        """Whether a statement uses what was left out."""
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            return False
        header = header_of(statement) if blocks_of(statement) else statement
        return bool(names_in(header) & (missing | self.expansion.missing(testing=self.testing))) or self.absent.is_in(
            header
        )

    def expand(
        self, statement: cst.BaseStatement, queried: frozenset[str], missing: Set[str] = frozenset()
    ) -> list[cst.BaseStatement]:
        """One statement as what it becomes: none, itself, or one for each new field."""
        if isinstance(statement, cst.ClassDef):
            return self._expand_class(statement)
        if isinstance(statement, cst.FunctionDef):
            return self._expand_function(statement)
        named = self.mentions.within(statement)
        blocks = blocks_of(statement)
        if not named and not blocks:
            return [statement]
        if blocks:
            return self._expand_compound(statement, named, queried, missing)
        made = self._expand_elements(statement, queried)
        left = self.mentions.within(made)
        if not left:
            return [made]
        return self._repeat(statement if named == left else made, left, queried)

    def _expand_class(self, node: cst.ClassDef) -> list[cst.BaseStatement]:
        declares = self.declarer.declares(node)
        if declares:
            node = self.declarer.declare(node)
        body: list[cst.BaseStatement] = []
        old = method_names(node.body.body)
        for line in node.body.body:
            assert isinstance(line, cst.BaseStatement)
            if self.absent.declares(line):
                continue
            made = [line] if not self.mentions.within(line) and not blocks_of(line) else self._expand_member(line)
            body += made
        kept = method_names(body)
        self.expansion.members |= {(node.name.value, name) for name in old - kept}
        if old - kept - {"__init__"} and not kept - {"__init__"} and not (declares or node.bases):
            self.expansion.lose(node.name.value, testing=self.testing)
            return []
        if not body:
            body = [cst.parse_statement("pass")]
        return [node.with_changes(body=node.body.with_changes(body=body))]

    def _expand_member(self, line: cst.BaseStatement) -> list[cst.BaseStatement]:
        if isinstance(line, cst.FunctionDef | cst.ClassDef):
            return self.expand(line, frozenset())
        if isinstance(line, cst.SimpleStatementLine) and "__table_args__" in names_in(line):
            changed = line.visit(ConstraintPruner(self.mentions))
            assert isinstance(changed, cst.SimpleStatementLine)
            return [] if text_of(changed).replace(" ", "").rstrip().endswith("=()") else [changed]
        return self.expand(line, frozenset()) if blocks_of(line) or self._is_declared(line) is False else [line]

    def _is_declared(self, line: cst.BaseStatement) -> bool:
        names = {attribute.name for attribute in self.attributes} | self.declarer.bonds.keys()
        return bool(assigned_names(line) & names)

    def _expand_function(self, node: cst.FunctionDef) -> list[cst.BaseStatement]:
        named = self._named_after(node.name.value)
        if named:
            if not self.unique:
                self.expansion.lose(node.name.value, testing=self.testing)
                return []
            return [put_name(node, named, self.unique[0].name)]
        if self.testing and node.name.value.startswith("test") and self._asks_too_much(text_of(node)):
            return []
        queried = frozenset(self._queried(node))
        params = self._elements(queried).leave_Parameters(node.params, node.params)
        assert isinstance(node.body, cst.IndentedBlock | cst.SimpleStatementSuite)
        if isinstance(node.body, cst.SimpleStatementSuite):
            return [node]
        body = self.expand_body([line for line in node.body.body if isinstance(line, cst.BaseStatement)], queried)
        body = self._drop_idle(node, body)
        made = node.with_changes(params=params, body=node.body.with_changes(body=body))
        if not body or self.mentions.within(made.body) or self._lost_return(node, made):
            self.expansion.lose(node.name.value, testing=self.testing)
            return []
        return [made]

    def _asks_too_much(self, text: str) -> bool:
        """Whether a test is about what the exemplar's fields refuse, or about a value that must differ."""
        if not self.filters and any(
            re.search(rf"[?&]{old}=|params=\{{[^}}]*[\"']{old}[\"']", text) for old in self.mentions.fields
        ):
            return True
        if {"__repr__", "__str__"} & self.expansion.missing(testing=False) and re.search(r"\b(str|repr)\(", text):
            return True
        return bool(_REFUSALS.search(text) or (not self.unique and _CONFLICTS.search(text)))

    def _lost_return(self, before: cst.FunctionDef, after: cst.FunctionDef) -> bool:
        """Whether a function that gave something gives nothing any more, or a test asserts nothing."""
        kind = cst.Assert if self.testing and before.name.value.startswith("test") else cst.Return
        count = [sum(isinstance(inner, kind) for inner in walk(each)) for each in (before, after)]
        return count[0] > 0 and count[1] == 0

    def _drop_idle(self, node: cst.FunctionDef, body: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """The body without assignments whose only readers were left out."""
        read_before = read_names(node.body)
        while True:
            read = {name for line in body for name in read_names(line)}
            idle = [line for line in body if (own := plainly_assigned(line)) and own <= read_before - read]
            if not idle:
                return body
            body = [line for line in body if line not in idle]

    def _named_after(self, name: str) -> str:
        """The field that a function is called after: `title` for `get_by_title`."""
        parts = name.split("_")
        for old in self.mentions.fields:
            words = old.split("_")
            spans = (parts[start : start + len(words)] for start in range(len(parts) - len(words) + 1))
            if words in list(spans) and (
                "by" in parts
                or "with" in parts
                or "check" in parts
                or "validate" in parts
                or "duplicate" in parts
                or "unique" in parts
                or "exists" in parts
                or len(parts) <= 3
            ):
                return old
        return ""

    def _queried(self, node: cst.FunctionDef) -> Iterable[str]:
        """Parameters called after a field that may be left out: they narrow what is found."""
        for each in (*node.params.params, *node.params.kwonly_params):
            note = text_of(each.annotation.annotation) if each.annotation else ""
            optional = each.default is not None or "None" in note or "Optional" in note
            if each.name.value in self.mentions.fields and optional:
                yield each.name.value

    def _expand_compound(
        self, statement: cst.BaseStatement, named: set[str], queried: frozenset[str], missing: Set[str]
    ) -> list[cst.BaseStatement]:
        header = self.mentions.within(header_of(statement))
        if header and not self.testing and compares(header_of(statement), header):
            return []
        if header and len(named) == 1:
            return self._repeat(statement, named, queried)
        if header:
            return []
        changed = statement.visit(BlockRewriter(lambda body: self.expand_body(body, queried, missing)))
        if not isinstance(changed, cst.BaseStatement) or any(not block.body for block in blocks_of(changed)):
            return []
        made = self._expand_with(changed, queried)
        return [] if self.mentions.within(made) else [made]

    def _expand_with(self, statement: cst.BaseStatement, queried: frozenset[str]) -> cst.BaseStatement:
        """A compound statement whose header may call something with fields."""
        return statement if not self.mentions.within(statement) else self._expand_elements(statement, queried)

    def _elements(self, queried: frozenset[str]) -> ElementExpander:
        def choose(element: cst.CSTNode, name: str) -> Sequence[Attribute]:
            narrow = name in queried and _is_passed_on(element, name)
            return self.filters if narrow else self.attributes

        made = ElementExpander(
            self.mentions, choose, self._sample, testing=self.testing, old_style=self.declarer.old_style
        )
        made.models = self.models
        return made

    def _expand_elements(self, statement: cst.BaseStatement, queried: frozenset[str]) -> cst.BaseStatement:
        changed = statement.visit(OrderReplacer(self.mentions, self.key))
        assert isinstance(changed, cst.BaseStatement)
        changed = changed.visit(self._elements(queried))
        assert isinstance(changed, cst.BaseStatement)
        return changed

    def _repeat(
        self, statement: cst.BaseStatement, named: set[str], queried: frozenset[str]
    ) -> list[cst.BaseStatement]:
        """A statement about one field, once for each new one."""
        if len(named) != 1 or any(isinstance(inner, cst.Return | cst.Yield) for inner in walk(statement)):
            return []
        old = next(iter(named))
        chosen = self.attributes
        if any(f"by_{old}" in name for name in names_in(statement)):
            chosen = self.unique
        elif self.mentions.in_query(statement) or old in queried:
            chosen = self.filters
        if is_said_once(statement):
            chosen = chosen[:1]
        if len(chosen) > 1 and not self.testing and overwrites(statement, put_name(statement, old, "_")):
            return []
        made = [self._for_attribute(statement, old, attribute) for attribute in chosen]
        return [each for each in made if each is not None]

    def _for_attribute(self, statement: cst.BaseStatement, old: str, attribute: Attribute) -> cst.BaseStatement | None:
        asserts = isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assert)
        if asserts and (not attribute.echoes or not _suits(statement, attribute)):
            return None
        stores = not any(string_value(inner) == old for inner in walk(statement))
        made: cst.BaseStatement = put_name(statement, old, attribute.name)
        if not self.testing:
            return made
        if asserts and attribute.spelled:
            made = _spell(made, attribute.name)
        if isinstance(made, cst.SimpleStatementLine) and isinstance(assign := made.body[0], cst.Assign):
            own = isinstance(assign.targets[0].target, cst.Name) and not self.mentions.within(assign.value)
            if own and not _reads_attribute(assign.value, attribute.name):
                source = self._sample(attribute, assign.value, old, True)
                if source == attribute.name:
                    return None
                return made.with_changes(body=[assign.with_changes(value=cst.parse_expression(source))])
        return replace_literals(made, lambda literal: self._put(attribute, literal, old, stores))

    def _put(self, attribute: Attribute, literal: cst.BaseExpression, old: str, stores: bool) -> str | None:
        if string_value(literal) == attribute.name:
            return None
        return self._sample(attribute, literal, old, stores)

    def _sample(self, attribute: Attribute, literal: cst.BaseExpression, old: str, stores: bool) -> str:
        if attribute.target is not None and not self.testing:
            return "1" if attribute.python == "int" else text_of(literal)
        if attribute.text and isinstance(literal, cst.Call) and attribute.python == "str":
            return text_of(literal)
        number = 1 if isinstance(literal, cst.Call) else self.expansion.number(old, text_of(literal))
        if stores:
            return attribute.stored if number == 1 else attribute.restored
        return attribute.create if number == 1 else attribute.update


def _reads_attribute(node: cst.CSTNode, name: str) -> bool:
    return any(isinstance(inner, cst.Attribute) and inner.attr.value == name for inner in walk(node)) or any(
        string_value(inner) == name for inner in walk(node)
    )


def _suits(statement: cst.BaseStatement, attribute: Attribute) -> bool:
    """Whether an assertion that names True, False or None can hold for the attribute."""
    named = {inner.value for inner in walk(statement) if isinstance(inner, cst.Name)}
    return not named & {"True", "False", "None"} or (attribute.python == "bool" and "None" not in named)


def _spell(statement: cst.BaseStatement, name: str) -> cst.BaseStatement:
    """A comparison of an answer with a row, where the answer spells the row's value out."""
    node = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    if not isinstance(node, cst.Assert) or not isinstance(node.test, cst.Comparison):
        return statement
    sides = [node.test.left, node.test.comparisons[0].comparator]
    if not any(string_value(inner) == name for side in sides for inner in walk(side)):
        return statement
    plain = next((each for each in sides if isinstance(each, cst.Attribute) and each.attr.value == name), None)
    if plain is None:
        return statement
    changed = statement.deep_replace(plain, cst.parse_expression(f"str({text_of(plain)})"))
    assert isinstance(changed, cst.BaseStatement)
    return changed


def _is_passed_on(element: cst.CSTNode, name: str) -> bool:
    """Whether an element is a parameter, or hands the variable of that name on."""
    if isinstance(element, cst.Param):
        return True
    value = getattr(element, "value", None)
    return isinstance(value, cst.Name) and value.value == name
