"""A detection in a sentence or two, as assistants are told it before they read a prompt."""

from layerwise.detect.context import Detection
from layerwise.errors import shorten
from layerwise.tokens import CHARACTERS_PER_TOKEN

MAX_TOKENS = 120

_NAMES, _QUOTES, _QUOTE = 6, 3, 30


def brief(found: Detection, mode: str = "auto") -> str:
    """Which triggers fired and which tool to call, at most 120 tokens; empty when none did.

    In mode "suggest" the wording leaves it to the assistant.
    """
    if not found.matches:
        return ""
    names = ", ".join(dict.fromkeys(each.name for each in found.matches[:_NAMES]))
    call, after = _describe_call(found)
    if mode == "suggest":
        text = f"Layerwise knows patterns for this ({names}). If it helps, call its tool {call}."
    else:
        text = f"Layerwise: this is about {names}{_quote(found)}. Call its tool {call} {after}."
    return shorten(text, MAX_TOKENS * CHARACTERS_PER_TOKEN)


def _describe_call(found: Detection) -> tuple[str, str]:
    """The tool with its arguments, and what it is called before."""
    call = found.next_call
    if call and call.tool == "generate_code":
        subject = f" for {shorten(found.entity, 60)}" if found.entity else ""
        return "generate_code(request=<the user's words>)", f"to preview the layers{subject}, then apply_changes"
    if call and call.tool == "review_code":
        return "review_code(paths=[…])", "with the files in question before you judge them"
    names = [each.name for each in found.matches[:_NAMES]]
    return f"get_guidance(triggers={names})", "before you write code, and review_code after"


def _quote(found: Detection) -> str:
    pieces = (evidence for each in found.matches for evidence in each.evidence if evidence.source == "prompt")
    quotes = dict.fromkeys(f"“{shorten(' '.join(evidence.text.split()), _QUOTE)}”" for evidence in pieces)
    return f" ({', '.join(list(quotes)[:_QUOTES])})" if quotes else ""
