"""A Spec: its three forms are one, it reads back as itself, and it says where each field belongs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.generate.canonical import canonical
from layerwise.generate.document import to_json
from layerwise.generate.problems import Problem, SpecError
from layerwise.generate.reader import parse, parse_document
from layerwise.generate.spec import LAYERS, OPERATIONS, Auth, Check, Index, Spec

ORDER = """
number:str(20) unique, status:enum(draft, "in progress")=draft filter index, total:decimal(10,2) ge=0 sortable
secret_note:text? writeonly; placed_at:datetime=now immutable; token:uuid=random internal, score:int=0 readonly
class:str(20)? desc="the class, \\"A\\" or 'B'", schema:json?, code:str pattern="^A-\\d+$" example="A-{n}" unique
customer:ref(User) owner cascade, parent:ref(self)? set_null, invoice:o2o(Invoice)?, tags:m2m(Tag)
lines:m2m(Product) via=OrderLine(quantity:int ge=1, unit_price:money)
items:has_many(OrderItem(sku:str(64) min=1, quantity:int gt=0)) embed=create+response min=1 order=position
"""
OPTIONS = {
    "unique": [["customer", "number"]],
    "checks": [{"name": "total_positive", "sql": "total >= 0 AND number <> ''"}],
    "indexes": [
        {"columns": ["status", "created_at"], "where": "deleted_at IS NULL"},
        {"columns": ["score"], "unique": True},
    ],
    "mixins": ["versioned", "timestamps", "soft_delete"],
    "operations": ["create", "get", "list"],
    "layers": ["model", "schemas", "repository", "service", "migration"],
    "auth": {"read": "user", "write": "owner"},
    "pagination": "keyset",
    "id": "int",
    "description": "What a customer ordered.",
}


@pytest.fixture(scope="module")
def order() -> Spec:
    return parse("Order", ORDER, **OPTIONS)


def names(fields: tuple[object, ...]) -> list[str]:
    return [field.name for field in fields]  # type: ignore[attr-defined]


def problems_of(name: str, fields: object = "a:str", **options: object) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        parse(name, fields, **options)  # type: ignore[arg-type]
    return [(problem.code, problem.path) for problem in caught.value.errors]


def test_the_three_forms_give_one_spec(order: Spec) -> None:
    document = to_json(order)
    assert parse_document(json.loads(json.dumps(document))) == order
    assert parse("Order", ORDER.strip().split("\n"), **OPTIONS) == order


def test_objects_as_an_assistant_writes_them_are_read() -> None:
    spec = parse_document(
        {
            "name": "Order",
            "plural": "orders",
            "fields": [
                {"name": "status", "type": "enum", "values": ["draft", "paid"], "default": "draft", "filter": True},
                {"name": "price", "type": "decimal", "precision": 12, "scale": 3, "ge": "0"},
                {"name": "paid", "type": "bool", "default": False},
                {"name": "note", "type": "string", "length": 30, "required": False},
                {"name": "scores", "type": "list", "items": "int", "default": []},
                {"name": "owner", "type": "ref", "target": "User", "on_delete": "cascade", "owner": True},
            ],
            "relations": [
                {
                    "name": "items",
                    "kind": "has_many",
                    "target": "OrderItem",
                    "embed": ["create", "response"],
                    "min": 1,
                    "fields": [{"name": "sku", "type": "str", "args": [64]}, "quantity:int gt=0"],
                    "order_by": "position",
                }
            ],
        }
    )
    text = "status:enum(draft,paid)=draft filter, price:decimal(12,3) ge=0, paid:bool=false, note:str(30)?,"
    text += " scores:int[]=[], owner:ref(User) owner cascade, items:has_many(OrderItem(sku:str(64), quantity:int gt=0))"
    assert spec == parse("Order", f"{text} embed=create+response min=1 order=position")


def test_the_canonical_text_reads_back_as_the_same_spec(order: Spec) -> None:
    text = canonical(order)
    assert parse(text) == order
    assert canonical(parse(text)) == text
    assert "\n" not in text


def test_a_spec_has_the_names_that_code_needs(order: Spec) -> None:
    item = parse("order_item", "sku:str")
    assert (item.name, item.snake, item.plural, item.table, item.path, item.label) == (
        "OrderItem",
        "order_item",
        "order_items",
        "order_items",
        "order-items",
        "order item",
    )
    assert parse("Row", "a:str").table == "rows_table"
    assert parse("Order", "a:str", plural="purchases").table == "purchases"


def test_each_field_has_its_place_in_the_schemas(order: Spec) -> None:
    assert "secret_note" in names(order.create_only_fields)
    assert "secret_note" not in names(order.base_fields)
    assert "placed_at" in names(order.base_fields)
    assert "placed_at" not in names(order.update_fields)
    assert names(order.response_only_fields) == ["score"]
    assert names(order.secret_fields) == ["secret_note", "token"]
    assert names(order.unique_fields) == ["number", "code"]
    assert names(order.enums) == ["status"]
    assert order.owner is not None
    assert order.owner.attribute == "customer_id"
    assert [relation.name for relation in order.references("m2m")] == ["tags", "lines"]


def test_a_reserved_name_keeps_its_json_key_and_column(order: Spec) -> None:
    field = order.field("class")
    assert (field.attribute, field.key, field.column) == ("class_", "class", "class")
    assert order.field("schema").attribute == "schema_"
    password = parse("Account", "password:password").fields[0]
    assert (password.stored, password.column, password.key) == ("hashed_password", "hashed_password", "password")
    assert password.secret


def test_the_target_self_is_the_entity(order: Spec) -> None:
    parent = next(relation for relation in order.relations if relation.name == "parent")
    assert (parent.target, parent.back, parent.null, parent.on_delete) == ("Order", "children", True, "set_null")


def test_columns_of_constraints_are_resolved(order: Spec) -> None:
    assert order.unique_together == (("customer_id", "number"),)
    assert order.indexes[0] == Index(("status", "created_at"), where="deleted_at IS NULL")
    assert order.checks == (Check("total_positive", "total >= 0 AND number <> ''"),)
    assert order.auth == Auth("user", "owner")
    assert order.operations == ("list", "get", "create")
    assert order.mixins == ("timestamps", "soft_delete", "versioned")


@pytest.mark.parametrize(
    ("options", "code", "path"),
    [
        ({"uniqe": [["a", "b"]]}, "unknown_option", "uniqe"),
        ({"unique": [["a"]]}, "invalid_value", "unique[0]"),
        ({"unique": [["a", "z"]]}, "unknown_column", "unique"),
        ({"unique": [["a", "b"], ["a", "b"]]}, "duplicate", "unique"),
        ({"indexes": ["z"]}, "unknown_column", "indexes"),
        ({"indexes": [{"columns": ["a"], "using": "gin"}]}, "invalid_value", "indexes[0]"),
        ({"indexes": [{"columns": ["a"], "where": "z = 1"}]}, "invalid_sql", "indexes.where"),
        ({"checks": [{"name": "x", "sql": "z > 0"}]}, "invalid_sql", "checks.x"),
        ({"checks": [{"name": "x", "sql": "b > 0); DROP TABLE users; --"}]}, "invalid_sql", "checks.x"),
        ({"checks": [{"name": "x", "sql": "b > 0), CHECK (b < 9"}]}, "invalid_sql", "checks.x"),
        ({"checks": [{"name": "x", "sql": ""}]}, "invalid_sql", "checks.x"),
        ({"checks": ["b > 0"]}, "invalid_value", "checks[0]"),
        ({"mixins": ["timestamp"]}, "invalid_value", "mixins"),
        ({"operations": []}, "invalid_value", "operations"),
        ({"operations": ["remove"]}, "invalid_value", "operations"),
        ({"layers": 7}, "invalid_value", "layers"),
        ({"auth": "owner"}, "owner_missing", "auth"),
        ({"auth": {"read": "admin"}}, "invalid_value", "auth.read"),
        ({"auth": []}, "invalid_value", "auth"),
        ({"pagination": "page"}, "invalid_value", "pagination"),
        ({"id": "uuid"}, "invalid_value", "id"),
        ({"plural": "../../evil"}, "invalid_value", "plural"),
        ({"table": "user"}, "invalid_value", "table"),
        ({"table": "x" * 61}, "invalid_value", "table"),
        ({"description": "two\nlines"}, "invalid_value", "description"),
        ({"mixins": ["versioned"], "fields": "version:int"}, "name_given", "fields.version"),
    ],
)
def test_an_option_that_does_not_fit_is_named(options: dict[str, object], code: str, path: str) -> None:
    assert (code, path) in problems_of("Order", **{"fields": "a:str, b:int", **options})


def test_a_whole_spec_that_is_broken_says_where() -> None:
    for text in ("Order(a:str", "Order(a:str) plural", "Order(a:str) shape=round", "Order(a:str) plural=", "(a:str)"):
        with pytest.raises(SpecError) as caught:
            parse(text)
        assert all(isinstance(problem, Problem) for problem in caught.value.errors)


def test_a_document_must_be_an_object() -> None:
    for document in (None, [], "Order", 7):
        with pytest.raises(SpecError):
            parse_document(document)


WISHES = [
    "str",
    "str(40)?",
    "text",
    "ci_str(30) unique",
    "char(2)=DE",
    "email unique",
    "url?",
    "slug unique",
    "phone?",
    "password",
    "int ge=0 filter sortable",
    "smallint=3",
    "bigint index",
    "float gt=0.5",
    "decimal(12,3)=1.5",
    "money ge=0",
    "percent?",
    "bool=true filter",
    "date=today",
    "time?",
    "datetime=now immutable",
    "duration",
    "uuid=random internal",
    'enum(a, "b c", d-e)=a filter',
    "json={}",
    "int[]=[]",
    "list(decimal, 8, 2)",
    "point?",
    "bytes?",
    "ip",
    "cidr?",
    "file?",
    'str desc="say \\"hi\\", then go"',
    "str alias=someName",
    "str column=legacy_name",
    'str pattern="^x$" example=x',
    "ref(User) owner cascade",
    "ref(self)? set_null back=below",
    "o2o(Profile)?",
    "m2m(Tag)",
    "int=1 readonly",
    "m2m(Product) via=Line(quantity:int ge=1)",
    "has_many(Part(name:str(20), size:enum(s,m))) embed=create min=1 order=name",
]


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    chosen = draw(st.lists(st.sampled_from(WISHES), min_size=1, max_size=8, unique=True))
    fields = [f"field_{number}:{wish}" for number, wish in enumerate(chosen)]
    fields = [
        field + (f" back=back_{number}" if "(" in field and "back=" not in field and _relates(field) else "")
        for number, field in enumerate(fields)
    ]
    options: dict[str, object] = {
        "mixins": draw(st.lists(st.sampled_from(["timestamps", "soft_delete", "versioned"]), unique=True)),
        "operations": draw(st.lists(st.sampled_from(OPERATIONS), min_size=1, unique=True)),
        "layers": draw(st.lists(st.sampled_from(LAYERS), min_size=1, unique=True)),
        "auth": {"read": draw(st.sampled_from(["public", "user", "superuser"])), "write": "user"},
        "pagination": draw(st.sampled_from(["offset", "keyset", "none"])),
        "id": draw(st.sampled_from(["auto", "int", "uuid4", "uuid7"])),
        "description": draw(st.none() | st.sampled_from(["An order.", 'say "x"; y=z', "a\\b", "ünï"])),
        "checks": draw(st.sampled_from([[], [{"name": "some", "sql": "id <> 'a'' b=c'"}]])),
        "indexes": draw(st.sampled_from([[], ["id"], [{"columns": ["id"], "unique": True, "where": "id > 3"}]])),
    }
    return parse(
        draw(st.sampled_from(["Order", "OrderItem", "Person", "APIKey", "Series", "Address"])), fields, **options
    )


def _relates(field: str) -> bool:
    return field.partition(":")[2].startswith(("ref", "o2o", "m2m", "has_many"))


@settings(max_examples=150)
@given(specs())
def test_every_spec_reads_back_from_text_and_from_json(spec: Spec) -> None:
    assert parse(canonical(spec)) == spec
    assert parse_document(json.loads(json.dumps(to_json(spec)))) == spec
