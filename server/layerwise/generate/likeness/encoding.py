"""Encoding: texts as bytes in the way that their file was written."""

import re
from codecs import BOM_UTF8

from layerwise.errors import InvalidInputError

_CODING = re.compile(
    r"\A(?:[ \t\f]*#[^\n]*\n|[ \t\f]*\r?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*(?!utf-?8\b)([-\w.]+)", re.I
)


def encode_source(path: str, text: str, before: bytes | None) -> bytes:
    """The text of a Python file as UTF-8, with the byte order mark and the newlines that the file had before.

    Where all newlines of the file are of one kind, those of added lines become so; a new file (`before` is None) takes
    the kind that most of its text has. Raises InvalidInputError for a file in another encoding.
    """
    if named := _CODING.match(text):
        raise InvalidInputError(_say_foreign(path, f"{named[1]} by its first lines"))
    try:
        (before or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(_say_foreign(path, "another encoding")) from error
    mark = BOM_UTF8 if before is not None and before.startswith(BOM_UTF8) else b""
    return mark + _settle_newlines(text, before).encode("utf-8")


def _say_foreign(path: str, encoding: str) -> str:
    return f"{path} is written in {encoding}; only UTF-8 is written here. Save it as UTF-8, then ask again."


def _settle_newlines(text: str, before: bytes | None) -> str:
    if before is None:
        windows = text.count("\r\n") * 2 > text.count("\n")
    else:
        windows = b"\r\n" in before
        if windows and re.search(rb"(?<!\r)\n", before):
            return text
    plain = text.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if windows else plain
