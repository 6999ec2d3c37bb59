"""Encoding: texts as bytes in the way that their file was written."""

import re
import tokenize
from codecs import BOM_UTF8
from io import BytesIO

from layerwise.errors import InvalidInputError


def encode_source(path: str, text: str, before: bytes | None) -> bytes:
    """The text of a Python file as bytes: with the byte order mark, the newlines and the encoding that the file had.

    A new file (`before` is None) is UTF-8 unless its own first lines name another encoding. Where all newlines of the
    text or the file are of one kind but for what was added, they all become so. Raises InvalidInputError naming a
    character that the encoding does not have.
    """
    mark = BOM_UTF8 if before is not None and before.startswith(BOM_UTF8) else b""
    encoding = "utf-8" if mark else _find_encoding(text, before)
    try:
        return mark + _settle_newlines(text, before).encode(encoding)
    except UnicodeEncodeError as error:
        raise InvalidInputError(
            f"{path} is written in {encoding}, which has no {text[error.start]!r}. Save it as UTF-8, then ask again."
        ) from error


def _find_encoding(text: str, before: bytes | None) -> str:
    if before is not None and _is_utf8(before):
        return "utf-8"
    encoding, _ = tokenize.detect_encoding(BytesIO(text.encode("utf-8")).readline)
    return encoding


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _settle_newlines(text: str, before: bytes | None) -> str:
    if before is None:
        windows = text.count("\r\n") * 2 > text.count("\n")
    else:
        windows = b"\r\n" in before
        if re.search(rb"(?<!\r)\n", before) and windows:
            return text
    plain = text.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if windows else plain
