"""The field grammar: what it reads, how it says what it cannot read, and that nothing breaks it."""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerwise.generate.canonical import canonical, canonical_fields
from layerwise.generate.grammar import parse_items, quote, split_words
from layerwise.generate.problems import Problem, SpecError
from layerwise.generate.reader import parse, parse_document
from layerwise.generate.spec import Spec
from layerwise.generate.types import RELATIONS, TYPES

TraceFunction = Callable[[FrameType, str, Any], Any]


def errors_of(fields: object, **options: object) -> tuple[Problem, ...]:
    with pytest.raises(SpecError) as caught:
        parse("Order", fields, **options)  # type: ignore[arg-type]
    return caught.value.errors


def test_separators_count_only_outside_brackets_and_quotes() -> None:
    items, problems = parse_items('a:enum("x, y", z)\nb:str="p; q" ; c:decimal(10,2),, d:m2m(T) via=V(k:int, l:str)')
    assert not problems
    assert [item.name.value for item in items] == ["a", "b", "c", "d"]
    assert [word.value for word in items[0].args or ()] == ["x, y", "z"]
    assert items[3].keys[0][1].value == "V(k:int, l:str)"


def test_positions_count_characters_of_the_whole_text() -> None:
    text = "é:str, b:int, c:strng"
    items, _ = parse_items(text)
    assert [text[item.name.position or 0] for item in items] == ["é", "b", "c"]
    assert text[items[2].type.position or 0 :] == "strng"


@pytest.mark.parametrize(
    ("written", "canonically"),
    [
        ("a:string", "a:str(255)"),
        ("a:String", "a:str(255)"),
        ("a:text", "a:text"),
        ("a:integer", "a:int"),
        ("a:boolean", "a:bool"),
        ("a:jsonb", "a:json"),
        ("a:varchar(80)", "a:str(80)"),
        ("a:numeric(8,3)", "a:decimal(8, 3)"),
        ("a:decimal", "a:decimal(10, 2)"),
        ("a:timestamptz", "a:datetime"),
        ("a:EmailStr", "a:email"),
        ("a:string{30}:uniq", "a:str(30) unique"),
        ("a:str!", "a:str(255)"),
        ("a:str nullable", "a:str(255)?"),
        ("a : str ? index", None),
        ("a:str=null", "a:str(255)?"),
        ("a:str?=x", "a:str(255)?=x"),
        ("a:int[]", "a:list(int)"),
        ("a:list(str(20))", "a:list(str, 20)"),
        ("a:str len=4", "a:str(255) min=4 max=4"),
        ("a:int gte=3", "a:int ge=3"),
        ("a:references(User)", "a:ref(User) ondelete=restrict back=orders"),
        ("a:str=unique unique", "a:str(255)=unique unique"),
        ('a:str=""', 'a:str(255)=""'),
        ('a:str="null"', 'a:str(255)="null"'),
        (r'a:str pattern="^\d{3}$" example="123"', r'a:str(255) pattern="^\\d{3}$" example=123'),
    ],
)
def test_habits_of_other_languages_are_read_and_echoed_in_one_form(written: str, canonically: str | None) -> None:
    if canonically is None:
        assert errors_of(written)[0].code == "unexpected"
        return
    spec = parse("Order", written)
    assert canonical_fields(spec) == canonically
    assert parse("Order", canonically) == spec


@pytest.mark.parametrize(
    ("fields", "code", "part", "suggestion"),
    [
        ("email", "type_missing", "fields[0]", None),
        ("email:", "type_missing", "fields[0]", None),
        (":str", "name_missing", "fields[0]", None),
        ("email:emial", "unknown_type", "fields[0].type", "email"),
        ("a:strng", "unknown_type", "fields[0].type", "str"),
        ("a:int, b:inetger", "unknown_type", "fields[1].type", "int"),
        ("a:str uniqe", "unknown_flag", "fields[0].flags", "unique"),
        ("a:str exmaple=x", "unknown_key", "fields[0].keys", "example"),
        ("a:int ge=1 ge=2", "given_twice", "fields[0].ge", None),
        ("a:int ge=1 gt=2", "given_twice", "fields[0].gt", None),
        ("a:int ge=x", "invalid_value", "fields[0].ge", None),
        ("a:int ge=5 le=3", "empty_range", "fields[0].bounds", None),
        ("a:date gt=2026-01-01 lt=2026-01-02", "empty_range", "fields[0].bounds", None),
        ("a:int le=3=", "invalid_value", "fields[0].le", None),
        ("a:str ge=1", "key_unfit", "fields[0].ge", None),
        ("a:int max=3", "key_unfit", "fields[0].max", None),
        ("a:str min=-1", "invalid_value", "fields[0].min", None),
        ("a:str(5) min=6", "empty_range", "fields[0].min", None),
        ("a:str min=6 max=5", "empty_range", "fields[0].min", None),
        ("a:int=abc", "invalid_value", "fields[0].default", None),
        ("a:int=3000000000", "invalid_value", "fields[0].default", None),
        ("a:int=2 ge=3", "invalid_value", "fields[0].default", None),
        ("a:str(2)=abc", "invalid_value", "fields[0].default", None),
        ("a:slug='A B'", "invalid_value", "fields[0].default", None),
        ("a:decimal(4,1)=1.25", "invalid_value", "fields[0].default", None),
        ("a:datetime=2026-01-01T10:00:00", "invalid_value", "fields[0].default", None),
        ("a:enum(x,y)=z", "invalid_value", "fields[0].default", None),
        ("a:enum()", "args", "fields[0].type", None),
        ("a:enum(x-y, x_y)", "enum_value", "fields[0].type", None),
        ("a:enum(x, 'é')", "enum_value", "fields[0].type", None),
        ("a:decimal(2,5)", "args", "fields[0].type", None),
        ("a:str(0)", "args", "fields[0].type", None),
        ("a:char", "args", "fields[0].type", None),
        ("a:int(3)", "args", "fields[0].type", None),
        ("a:json(meta-data)", "args", "fields[0].type", "MetaData"),
        ("a:password[]", "list_item", "fields[0].type", "str"),
        ("a:list", "args", "fields[0].type", None),
        ("a:str pattern='(?=x)' example=x", "invalid_value", "fields[0].pattern", None),
        ("a:str pattern='^x$'", "example_missing", "fields[0].example", 'example="A-{n}"'),
        ("a:str pattern='^x$' example=y", "invalid_value", "fields[0].example", None),
        ("a:str unique pattern='^x$' example=x", "invalid_value", "fields[0].example", None),
        ("a:int pattern=x example=1", "key_unfit", "fields[0].pattern", None),
        ("a:bool unique", "flag_unfit", "fields[0].flags", None),
        ("a:int search", "flag_unfit", "fields[0].flags", None),
        ("a:json filter", "flag_unfit", "fields[0].flags", None),
        ("a:str readonly writeonly", "flag_clash", "fields[0].flags", None),
        ("a:password filter", "flag_clash", "fields[0].flags", None),
        ("a:int internal", "default_missing", "fields[0].default", "a:int?"),
        ("a:str on=b, b:str", "key_unfit", "fields[0].on", None),
        ("a:slug on=b", "unknown_field", "fields.a.on", None),
        ("a:str alias='x y'", "invalid_value", "fields[0].alias", None),
        ("Name:str", "name_invalid", "fields[0].name", "name"),
        ("fullName:str", "name_invalid", "fields[0].name", "full_name"),
        ("1st:str", "name_invalid", "fields[0].name", "st"),
        ("a__b:str", "name_invalid", "fields[0].name", "a_b"),
        ("_a:str", "name_invalid", "fields[0].name", "a"),
        ("naïve:str", "name_invalid", "fields[0].name", "naive"),
        (f"{'a' * 60}:str", "name_too_long", "fields[0].name", None),
        ("metadata:json", "name_reserved", "fields[0].name", "meta"),
        ("registry:str", "name_reserved", "fields[0].name", "registry_value"),
        ("id:int", "name_given", "fields.id", None),
        ("created_at:datetime", "name_given", "fields.created_at", None),
        ("a:str, a:int", "duplicate", "fields.a", None),
        ("password:password, hashed_password:str", "duplicate", "fields.hashed_password", None),
        ("owner:ref(User), owner_id:int", "duplicate", "fields.owner", None),
        ("a:str column=x, b:str column=x", "duplicate", "fields", None),
        ("a:ref", "target_missing", "fields[0].type", None),
        ("a:ref(class)", "name_reserved", "fields[0].type", "ClassRecord"),
        ("a:ref(User) set_null", "flag_clash", "fields[0].ondelete", "a:ref(…)?"),
        ("a:ref(User) cascade restrict", "flag_clash", "fields[0].ondelete", None),
        ("a:ref(User) ondelete=delete", "invalid_value", "fields[0].ondelete", None),
        ("a:ref(User)=1", "relation_unfit", "fields[0].default", None),
        ("a:m2m(Tag)?", "relation_unfit", "fields[0].type", None),
        ("a:m2m(Tag) owner", "relation_unfit", "fields[0].owner", None),
        ("a:has_many(Item) embed=update", "invalid_value", "fields[0].embed", None),
        ("a:has_many(Item(x:ref(User)))", "unknown_type", "fields[0].type[0].type", None),
        ("a:m2m(T) via=V(x:strng)", "unknown_type", "fields[0].via[0].type", "str"),
        ("a:ref(User), b:ref(User)", "duplicate", "relations", None),
        ("class:ref(User)", "name_reserved", "relations.class", "class_link"),
        ("a:str(", "unbalanced", "fields", None),
        ("a:str)", "unbalanced", "fields", None),
        ("a:enum(x]", "unbalanced", "fields", None),
        ('a:str="x', "unclosed_quote", "fields", None),
        ("a:str =", "unexpected", "fields[0]", None),
        ("a:str unique=", "value_missing", "fields[0]", None),
        ("a:str[3]", "unexpected", "fields[0]", None),
        ([7], "wrong_type", "fields[0]", None),
        (7, "wrong_type", "fields", None),
        ([{"type": "str"}], "name_missing", "fields[0].name", None),
        ([{"name": "a"}], "type_missing", "fields[0].type", None),
        ([{"name": "a", "type": "str", "uniqe": True}], "unknown_key", "fields[0].uniqe", "unique"),
        ([{"name": "a", "type": "str", "unique": "yes"}], "wrong_type", "fields[0].unique", None),
        ([{"name": "a", "type": "int", "default": "x"}], "invalid_value", "fields[0].default", None),
    ],
)
def test_each_mistake_is_named_where_it_stands(fields: object, code: str, part: str, suggestion: str | None) -> None:
    errors = errors_of(fields)
    assert (code, part) in [(error.code, error.path) for error in errors]
    found = next(error for error in errors if (error.code, error.path) == (code, part))
    assert found.suggestion == suggestion


def test_all_mistakes_are_said_at_once() -> None:
    errors = errors_of("a:strng, b:int ge=x, Name:str, c:enum(x,y)=z", mixins=["timestamp"], id="uuid")
    assert {error.code for error in errors} == {"unknown_type", "invalid_value", "name_invalid"}
    assert len(errors) == 6


def test_the_text_of_an_error_points_with_a_caret() -> None:
    with pytest.raises(SpecError) as caught:
        parse("Order", "number:str,\ntotal:decmal(10,2)")
    assert "    total:decmal(10,2)\n          ^" in str(caught.value)
    assert "Did you mean 'decimal'?" in str(caught.value)
    assert set(caught.value.errors[0].to_json()) == {"path", "position", "code", "message", "allowed", "suggestion"}


def test_a_caret_stays_on_the_page_in_a_long_line() -> None:
    fields = ", ".join(f"field_{number}:str" for number in range(100)) + ", last:strng"
    with pytest.raises(SpecError) as caught:
        parse("Order", fields)
    line, caret = str(caught.value).splitlines()[-2:]
    assert len(line) <= 104
    assert line[caret.index("^") :].startswith("strng")


@given(st.text(max_size=60))
def test_any_text_survives_quoting(text: str) -> None:
    assert [word.value for word in split_words(quote(text), 0)] == [text]


PIECES = [*TYPES, *RELATIONS, "a", "b", ":", ":", ":", "(", ")", "[", "]", "{", "}", "!", "?", "=", ",", ";", "\n", " "]
PIECES += [
    '"',
    "'",
    "\\",
    "unique",
    "ge=1",
    "via=V(x:int)",
    "é",
    "\x00",
    "\ud800",
    "0",
    "9" * 30,
    "User",
    "self",
    "null",
]


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
@example('a:str="\\')
@example("a:enum((((")
@example("a:list(decimal(10,2)")
@example("a:int=9" + "9" * 5000)
@example("a:datetime=0001-01-01T00:00:00+14:00")
@example('a:json="' + "[" * 2000 + '"')
@example("x(" * 100)
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    for name, fields in (("Order", text), (text, "a:str"), (f"Order({text})", ())):
        try:
            spec = parse(name, fields)
        except SpecError:
            continue
        assert parse(canonical(spec)) == spec


KEYS = st.sampled_from(
    ["name", "type", "kind", "fields", "default", "values", "target", "via", "unique", "ge", "min", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(PIECES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)
OPTIONS = st.sampled_from(
    ["name", "fields", "relations", "unique", "checks", "indexes", "mixins", "auth", "id", "plural", "layers", "other"]
)


@settings(max_examples=300)
@given(st.one_of(JSON, st.dictionaries(OPTIONS, JSON, max_size=8)))
def test_any_document_is_a_spec_or_a_spec_error(document: object) -> None:
    for whole in (document, {"name": "Order", "fields": document}, {"name": "Order", "relations": [document]}):
        with suppress(SpecError):
            assert isinstance(parse_document(whole), Spec)


def count_lines(text: str) -> int:
    """How many lines of Python reading `text` takes."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse_items(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "piece", ["a:str,", "(", ")", '"', "a:int=1 ", "\\", "a:str ge=1,", "a:enum(", "x ", "=", ":", "()"]
)
def test_work_grows_with_the_length_and_not_with_its_square(piece: str) -> None:
    short, long = ("a:" + piece * (length // len(piece)) for length in (500, 5000))
    assert count_lines(long) < 12 * max(count_lines(short), 100)


def test_a_text_too_long_is_refused_unread() -> None:
    assert errors_of("a:str," * 50_000)[0].code == "too_long"
    assert errors_of(["a:str"] * 500)[-1].code in ("too_many", "duplicate")
