"""The field types, one record each, and the words that a developer may use for them.

A text in a record is a format string: `{0}` and `{1}` are the type's arguments, `{enum}` the enum's class, `{length}`
its longest value, `{item}` what a list holds. Schema annotations name what `support/schema_types.py` holds, columns
what `support/column_types.py` holds; both are copied into the user's project.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "int", "float", "decimal", "bool", "date", "time", "datetime", "duration", "uuid", "enum", "json", "bytes"
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole-number argument of a type; `default` where it is left out, None where it must be given."""

    name: str
    low: int
    high: int
    default: int | None = None


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a type is on each side.

    `kind` says how values are read and written as source. `mapped` is the Python type in `Mapped[...]`, `column` the
    SQLAlchemy type in a model, `migration` the same in a migration, `schema` the Pydantic annotation, `constraints`
    the arguments of its `Field`. `sample` is a text that gives a valid string for every `{n}`; `invalid` a JSON value
    that the schema refuses. `low` and `high` bound a number, `length` a string in characters (0: the first argument
    does). `unique` says whether the column can be unique; `requires` names what must be installed.
    """

    name: str
    kind: Kind
    summary: str
    mapped: str
    column: str
    migration: str
    schema: str
    constraints: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    sample: str = ""
    invalid: object = "x"
    low: int | None = None
    high: int | None = None
    length: int | None = None
    unique: bool = True
    requires: tuple[str, ...] = ()


def _text(
    name: str,
    summary: str,
    schema: str,
    sample: str,
    invalid: object,
    *,
    length: int | None,
    parameters: tuple[Parameter, ...] = (),
    constraints: tuple[str, ...] = (),
    requires: tuple[str, ...] = (),
    unique: bool = True,
) -> FieldType:
    size = "{0}" if length == 0 else str(length)
    return FieldType(
        name,
        "text",
        summary,
        "str",
        "Text()" if length is None else f"String({size})",
        "sa.Text()" if length is None else f"sa.String(length={size})",
        schema,
        constraints,
        parameters,
        sample,
        invalid,
        length=length,
        unique=unique,
        requires=requires,
    )


def _whole(name: str, column: str, bits: int) -> FieldType:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    summary = f"a whole number of {bits} bits"
    return FieldType(
        name, "int", summary, "int", f"{column}()", f"sa.{column}()", f"Int{bits}", invalid=high + 1, low=low, high=high
    )


def _exact(
    name: str,
    summary: str,
    digits: str,
    places: str,
    parameters: tuple[Parameter, ...] = (),
    low: int | None = None,
    high: int | None = None,
) -> FieldType:
    column = f"Numeric({digits}, {places})"
    migration = f"sa.Numeric(precision={digits}, scale={places})"
    bounds = (f"ge={low}", f"le={high}") if low is not None else ()
    constraints = (f"max_digits={digits}", f"decimal_places={places}", *bounds)
    return FieldType(
        name, "decimal", summary, "Decimal", column, migration, "Decimal", constraints, parameters, low=low, high=high
    )


def _document(name: str, summary: str, mapped: str, schema: str, invalid: object = "x") -> FieldType:
    migration = 'sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")'
    return FieldType(name, "json", summary, mapped, "json_document()", migration, schema, invalid=invalid, unique=False)


_LENGTH = (Parameter("n", 1, 10_000, 255),)
_LIMIT = ("max_length={0}",)

_TEXTS = (
    _text(
        "str",
        "a string of at most n characters",
        "SafeStr",
        "{label} {n}",
        None,
        length=0,
        parameters=_LENGTH,
        constraints=_LIMIT,
    ),
    _text("text", "a text of any length", "SafeStr", "{label} {n}", 1, length=None, unique=False),
    _text(
        "ci_str",
        "a string kept in lower case",
        "LowerStr",
        "{label} {n}",
        None,
        length=0,
        parameters=_LENGTH,
        constraints=_LIMIT,
    ),
    _text(
        "char",
        "a string of exactly n characters",
        "SafeStr",
        "{n}",
        None,
        length=0,
        parameters=(Parameter("n", 1, 255),),
        constraints=("min_length={0}", "max_length={0}"),
    ),
    _text(
        "email",
        "an e-mail address, kept in lower case",
        "Email",
        "user{n}@example.com",
        "nope",
        length=320,
        requires=("email-validator",),
    ),
    _text("url", "a web address", "Url", "https://example.com/{n}", "nope", length=2083),
    _text("slug", "lower-case words joined by hyphens", "Slug", "item-{n}", "A B", length=80),
    _text("phone", "a telephone number in E.164 form", "Phone", "+1555{n:07}", "1", length=16),
    _text(
        "password",
        "a password, stored only as its hash",
        "SecretStr",
        "S3cret-pass-{n}",
        "x",
        length=255,
        constraints=("min_length=8", "max_length=128"),
        unique=False,
        requires=("pwdlib[argon2]",),
    ),
    _text("color", "a colour such as #aabbcc", "Color", "#{n:06x}", "", length=7),
    _text("currency", "a currency code such as EUR", "Currency", "{letters3}", "", length=3),
    _text("country", "a country code such as DE", "Country", "{letters2}", "", length=2),
    _text("locale", "a locale such as en-GB", "Locale", "en-{n:03}", "", length=35),
    _text(
        "tz",
        "a time zone such as Europe/Berlin",
        "Timezone",
        "Etc/GMT+{n}",
        "",
        length=64,
        unique=False,
        requires=("tzdata",),
    ),
    _text("ip", "an IP address", "IpAddress", "10.0.{high}.{low}", "300.1", length=45),
    _text("cidr", "an IP network", "IpNetwork", "10.{high}.{low}.0/24", "300.1", length=49),
    _text(
        "file", "the key of a stored file", "SafeStr", "files/{n}", None, length=1024, constraints=("max_length=1024",)
    ),
)

_NUMBERS = (
    _whole("int", "Integer", 32),
    _whole("smallint", "SmallInteger", 16),
    _whole("bigint", "BigInteger", 64),
    FieldType(
        "float",
        "float",
        "a floating point number",
        "float",
        "Double()",
        "sa.Double()",
        "float",
        ("allow_inf_nan=False",),
    ),
    _exact(
        "decimal",
        "an exact number of p digits, s of them behind the point",
        "{0}",
        "{1}",
        (Parameter("p", 1, 38, 10), Parameter("s", 0, 38, 2)),
    ),
    _exact("money", "an amount, as decimal(19,4)", "19", "4"),
    _exact("percent", "a share from 0 to 100, as decimal(5,2)", "5", "2", low=0, high=100),
)

_MOMENTS = (
    FieldType("date", "date", "a day", "dt.date", "Date()", "sa.Date()", "dt.date", invalid="2026-13-01"),
    FieldType("time", "time", "a time of day", "dt.time", "Time()", "sa.Time()", "LocalTime", invalid="25:00"),
    FieldType(
        "datetime",
        "datetime",
        "a moment, kept in UTC",
        "dt.datetime",
        "UTCDateTime()",
        "sa.DateTime(timezone=True)",
        "UtcDatetime",
        invalid="2026-01-02T10:00:00",
    ),
    FieldType("duration", "duration", "a length of time", "dt.timedelta", "Interval()", "sa.Interval()", "Duration"),
)

_OTHERS = (
    FieldType(
        "bool", "bool", "true or false", "bool", "Boolean()", "sa.Boolean()", "bool", invalid="maybe", unique=False
    ),
    FieldType("uuid", "uuid", "a UUID", "UUID", "Uuid()", "sa.Uuid()", "UUID"),
    FieldType(
        "enum",
        "enum",
        "one of the values named",
        "{enum}",
        "string_enum({enum}, {length})",
        "sa.String(length={length})",
        "{enum}",
        invalid="bogus value",
        unique=False,
    ),
    _document("json", "a JSON object, or json(Model) for a Pydantic model", "dict[str, Any]", "JsonObject"),
    _document("list", "a list of one plain type: list(int) or int[]", "list[{stored_item}]", "list[{item}]"),
    _document("point", "latitude and longitude", "dict[str, Any]", "Point", {"latitude": 91, "longitude": 0}),
    FieldType(
        "bytes",
        "bytes",
        "binary data, base64 in JSON",
        "bytes",
        "LargeBinary()",
        "sa.LargeBinary()",
        "Base64",
        invalid="%%%",
        unique=False,
    ),
)

TYPES = {type_.name: type_ for type_ in (*_TEXTS, *_NUMBERS, *_MOMENTS, *_OTHERS)}

# What a list may hold: JSON carries each of these, as itself or as text.
ITEM_TYPES = tuple(
    name for name, type_ in TYPES.items() if type_.kind not in ("json", "enum", "bytes") and name != "password"
)

ALIASES = {
    "string": "str", "varchar": "str", "charfield": "str", "citext": "ci_str", "emailstr": "email",
    "emailfield": "email",
    "httpurl": "url", "uri": "url", "link": "url", "integer": "int", "smallinteger": "smallint", "biginteger": "bigint",
    "boolean": "bool", "double": "float", "real": "float", "numeric": "decimal", "timestamp": "datetime",
    "timestamptz": "datetime", "interval": "duration", "timedelta": "duration", "guid": "uuid", "jsonb": "json",
    "dict": "json", "object": "json", "array": "list", "binary": "bytes", "blob": "bytes", "bytea": "bytes",
    "inet": "ip", "timezone": "tz", "colour": "color", "choice": "enum", "literal": "enum", "price": "money",
    "longtext": "text", "textfield": "text", "attachment": "file", "digest": "password", "references": "ref",
    "belongs_to": "ref", "foreignkey": "ref", "fk": "ref", "one_to_one": "o2o", "has_one": "o2o",
    "one_to_many": "has_many", "many_to_many": "m2m", "manytomany": "m2m",
}  # fmt: skip

RELATIONS = ("ref", "o2o", "has_many", "m2m")


def resolve(name: str) -> str | None:
    """The type or relation that `name` means, in any case and by any of its aliases; None for an unknown one."""
    key = name.casefold()
    key = ALIASES.get(key, key)
    return key if key in TYPES or key in RELATIONS else None
