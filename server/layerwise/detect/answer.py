"""A detection as plain data and as text: the same for every door."""

from layerwise.detect.context import Detection, NextCall

_LONGEST_ARGUMENT = 200


def as_dict(detection: Detection) -> dict[str, object]:
    """The detection as JSON-ready data."""
    call = detection.next_call
    return {
        "triggers": [
            {
                "name": match.name,
                "skill": match.skill,
                "confidence": match.confidence,
                "evidence": [evidence._asdict() for evidence in match.evidence],
            }
            for match in detection.matches
        ],
        "intent": detection.intent,
        "entity": detection.entity,
        "layer": detection.layer,
        "next": {"tool": call.tool, "arguments": _show_arguments(call)} if call else None,
        "notices": list(detection.notices),
    }


def as_text(detection: Detection) -> str:
    """The detection in a few lines; says so when nothing fired."""
    if not detection.matches:
        return "\n".join(("No trigger fires.", *detection.notices))
    lines = []
    for match in detection.matches:
        quotes = dict.fromkeys(f"“{' '.join(evidence.text.split())}”" for evidence in match.evidence)
        lines.append(f"{match.name} ({match.skill}) {match.confidence:.2f}: {', '.join(quotes)}")
    about = f"{detection.layer or 'entity'} of {detection.entity}" if detection.entity else detection.layer
    lines.append(f"intent: {detection.intent}" + (f", {about}" if about else ""))
    if detection.next_call:
        arguments = ", ".join(f"{key}={value!r}" for key, value in _show_arguments(detection.next_call).items())
        lines.append(f"next: {detection.next_call.tool}({arguments})")
    return "\n".join((*lines, *detection.notices))


def _show_arguments(call: NextCall) -> dict[str, object]:
    """The call's arguments; one that only gives back a long text is named, for the caller has it already."""
    return {
        key: f"<the {'prompt' if key == 'request' else key} as given>"
        if isinstance(value, str) and len(value) > _LONGEST_ARGUMENT
        else value
        for key, value in call.arguments.items()
    }
