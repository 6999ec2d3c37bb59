"""What goes into one file, whatever the file's format: entries in JSON or TOML, a marked block in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from layerwise.errors import InvalidInputError
from layerwise.install.block import put_block, take_block
from layerwise.install.jsonc import read_document
from layerwise.install.merge import Entry, Path, put_in, take_out
from layerwise.install.splice import Splice, compare, invert, splice
from layerwise.install.toml import put_table, take_table

Layers = tuple[tuple[Splice, ...], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Entries for the file at `path`, or the `body` of its block; the path's ending tells the format."""

    path: str
    entries: tuple[Entry, ...] = ()
    body: str = ""

    @property
    def format(self) -> str:
        return PurePosixPath(self.path).suffix


@dataclass(frozen=True, slots=True)
class Placed:
    """A text with a piece in it; `layers` lead back from it, the last one first; `made` are the containers added."""

    text: str
    layers: Layers = ()
    made: tuple[Path, ...] = ()


def place(piece: Piece, text: str) -> Placed:
    """`text` with the piece in it. Raises InvalidInputError when the text is malformed or in the way."""
    layers: list[tuple[Splice, ...]] = []
    made: list[Path] = []
    start = text
    if piece.format == ".md":
        text = put_block(text, piece.body, piece.path)
        layers.append(invert(start, compare(start, text)))
    for entry in piece.entries:
        before = text
        if piece.format == ".toml":
            splices = _end_lines(before, compare(before, put_table(before, entry.path, entry.value, piece.path)))
        else:
            step = put_in(before, entry, piece.path)
            splices = step.splices
            made += step.made
        text = splice(before, splices)
        layers.append(invert(before, splices))
    return Placed(text, tuple(layer for layer in layers if layer), tuple(made))


def restore(text: str, layers: Layers) -> str:
    """The text that was there before the piece, byte for byte, when `text` is still as it was left."""
    for layer in reversed(layers):
        text = splice(text, layer)
    return text


def displace(piece: Piece, text: str, made: Sequence[Path]) -> str:
    """`text` without the piece, whatever else was changed since. Raises InvalidInputError when it is malformed."""
    if piece.format == ".md":
        return take_block(text, piece.path)
    for entry in reversed(piece.entries):
        if piece.format == ".toml":
            text = take_table(text, entry.path, piece.path)
        elif not entry.shared:
            text = splice(text, take_out(text, entry, made, piece.path))
    return text


def is_bare(piece: Piece, text: str) -> bool:
    """Whether nothing is left in `text` but what the piece needs around it."""
    if piece.format != ".json":
        return not text.strip()
    node = read_document(text, piece.path)
    left = node.value if node else {}
    shared = {entry.path: entry.value for entry in piece.entries if entry.shared}
    return "/" not in text and all(value in ({}, []) or shared.get((key,)) == value for key, value in left.items())


def decode(data: bytes | None, name: str) -> str:
    """The text of a file, empty where there is none. Raises InvalidInputError when it is not UTF-8."""
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{name} is not UTF-8 (byte {error.start}); convert it first.") from error


def _end_lines(text: str, splices: tuple[Splice, ...]) -> tuple[Splice, ...]:
    """The splices with the line ends that the text has."""
    if "\r\n" not in text:
        return splices
    return tuple(
        Splice(each.start, each.end, each.text.replace("\r\n", "\n").replace("\n", "\r\n")) for each in splices
    )
