"""Column types that the models share: the same values on every supported database."""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Enum, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine


class UTCDateTime(TypeDecorator[dt.datetime]):
    """A moment in UTC, aware on the way in and on the way out, also where the database keeps no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse a naive value; it could mean any moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime needs a UTC offset")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Name the offset that the database left out."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def string_enum(values: type[StrEnum], length: int = 32, *, check: bool = False) -> Enum:
    """The enum's values as a short string, so that a new member needs no change of type."""
    return Enum(
        values,
        native_enum=False,
        length=length,
        create_constraint=check,
        name=values.__name__.lower() if check else None,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def json_document() -> TypeEngine[Any]:
    """JSON, binary where PostgreSQL holds it; None is NULL, not the JSON value null."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
