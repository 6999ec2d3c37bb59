"""At a prompt: which triggers it fires and which tool to call."""

from layerwise.detect.brief import brief
from layerwise.detect.context import Context
from layerwise.detect.engine import match
from layerwise.errors import InvalidInputError


def answer_prompt(prompt: str, root: str, mode: str) -> str:
    """What the assistant is told before it reads `prompt`, in a sentence or two; empty when no trigger fires."""
    found = match(Context(prompt=prompt, root=root))
    if found.notices:
        from layerwise.hook.log import note

        note("hook prompt", InvalidInputError(" ".join(found.notices)))
    return brief(found, mode)
