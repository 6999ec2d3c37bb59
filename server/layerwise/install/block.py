"""A marked block in a Markdown text: kept up to date, and taken out whole."""

from layerwise.errors import InvalidInputError

BEGIN = "<!-- layerwise:begin -->"
END = "<!-- layerwise:end -->"


def put_block(text: str, body: str, name: str) -> str:
    """`text` with `body` between the marks: where they are, else at the end.

    Raises InvalidInputError when the marks in the file `name` are not one pair in order.
    """
    eol = "\r\n" if "\r\n" in text else "\n"
    block = eol.join([BEGIN, *body.strip().splitlines(), END])
    if (span := _find(text, name)) is not None:
        return text[: span[0]] + block + text[span[1] :]
    gap = "" if not text else eol if text.endswith("\n") else eol * 2
    return f"{text}{gap}{block}{eol}"


def take_block(text: str, name: str) -> str:
    """`text` without the block, the line end after it and the blank line before it.

    Raises InvalidInputError when the marks in the file `name` are not one pair in order.
    """
    if (span := _find(text, name)) is None:
        return text
    before, after = text[: span[0]], text[span[1] :]
    for eol in ("\r\n", "\n"):
        if after.startswith(eol):
            after = after.removeprefix(eol)
            before = before.removesuffix(eol) if before.endswith(eol * 2) else before
            break
    return before + after


def _find(text: str, name: str) -> tuple[int, int] | None:
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 and end < 0:
        return None
    if text.count(BEGIN) != 1 or text.count(END) != 1 or end < start:
        raise InvalidInputError(f"{name} must hold {BEGIN} and {END} once each and in order. Remove the rest.")
    return start, end + len(END)
