"""Field types that the schemas share: what they let through, every supported database can store."""

import base64
import binascii
import datetime as dt
import ipaddress
import math
import zoneinfo
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    EmailStr,
    Field,
    HttpUrl,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import to_jsonable_python


def refuse_broken_text(value: str) -> str:
    """Neither the NUL character nor half a surrogate pair fits into every database."""
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("must not contain NUL or half a surrogate pair")
    return value


def refuse_unstorable(value: JsonValue) -> JsonValue:
    """Neither NaN, infinity nor broken text fits into a JSON column."""
    if isinstance(value, str):
        refuse_broken_text(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("must be a finite number")
    elif isinstance(value, list):
        for item in value:
            refuse_unstorable(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_unstorable(key)
            refuse_unstorable(item)
    return value


def normalise_url(value: str) -> str:
    """The address in its normal form."""
    try:
        return str(HttpUrl(value))
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from None


def normalise_ip(value: str) -> str:
    """The IP address in its normal form, without a zone."""
    if "%" in value:
        raise ValueError("must not name a zone")
    return str(ipaddress.ip_address(value))


def normalise_network(value: str) -> str:
    """The network in its normal form, without a zone."""
    if "%" in value:
        raise ValueError("must not name a zone")
    return str(ipaddress.ip_network(value))


def check_timezone(value: str) -> str:
    """A name of the time zone database."""
    if value not in zoneinfo.available_timezones():
        raise ValueError("must be a time zone, such as Europe/Berlin")
    return value


def to_utc(value: dt.datetime) -> dt.datetime:
    """The same moment in UTC."""
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def refuse_offset(value: dt.time) -> dt.time:
    """A time of day has no offset."""
    if value.tzinfo is not None:
        raise ValueError("must not have a UTC offset")
    return value


def decode_base64(value: object) -> object:
    """Text as the bytes that it encodes; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None


def encode_base64(value: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(value).decode()


class Point(BaseModel):
    """A place on Earth, in degrees."""

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)


AsJson = PlainSerializer(to_jsonable_python)
Storable = AfterValidator(refuse_broken_text)
SafeStr = Annotated[str, Storable]
LowerStr = Annotated[str, Storable, AfterValidator(str.lower)]
Email = Annotated[EmailStr, AfterValidator(str.lower)]
Url = Annotated[
    str,
    StringConstraints(max_length=2083),
    AfterValidator(normalise_url),
    WithJsonSchema({"type": "string", "format": "uri"}),
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$", to_lower=True)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$")]
Timezone = Annotated[str, StringConstraints(max_length=64), AfterValidator(check_timezone)]
IpAddress = Annotated[str, StringConstraints(max_length=45), AfterValidator(normalise_ip)]
IpNetwork = Annotated[str, StringConstraints(max_length=49), AfterValidator(normalise_network)]
Int16 = Annotated[int, Field(ge=-(2**15), le=2**15 - 1)]
Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
UtcDatetime = Annotated[AwareDatetime, AfterValidator(to_utc)]
LocalTime = Annotated[dt.time, AfterValidator(refuse_offset)]
Duration = Annotated[dt.timedelta, Field(ge=dt.timedelta(days=-36525), le=dt.timedelta(days=36525))]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(refuse_unstorable)]
Base64 = Annotated[
    bytes,
    BeforeValidator(decode_base64),
    PlainSerializer(encode_base64, when_used="json"),
    WithJsonSchema({"type": "string", "format": "byte"}),
]
