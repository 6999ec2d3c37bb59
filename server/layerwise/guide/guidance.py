"""Guidance: sections of topics in full, what to read next, and what the reader must know of the answer itself."""

import json
from dataclasses import dataclass
from typing import Any

from layerwise.tokens import count_tokens


@dataclass(frozen=True, slots=True)
class Piece:
    """One section as it is handed out: the topic's address, the section's anchor, the text."""

    topic: str
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Something to ask for next: `address` is `topic` or `topic#section`, `tokens` what reading it whole costs."""

    address: str
    tokens: int
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Guidance:
    pieces: tuple[Piece, ...] = ()
    next_reads: tuple[Reading, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """What the answer costs its reader, in whichever of its two forms is longer."""
        document = json.dumps(as_dict(self), ensure_ascii=False)
        return count_tokens(max(document, as_text(self), key=len))


def as_dict(guidance: Guidance) -> dict[str, Any]:
    """JSON-ready: pieces {topic, section, text}, next {address, tokens, summary}, notices."""
    return {
        "pieces": [{"topic": piece.topic, "section": piece.section, "text": piece.text} for piece in guidance.pieces],
        "next": [
            {"address": read.address, "tokens": read.tokens} | ({"summary": read.summary} if read.summary else {})
            for read in guidance.next_reads
        ],
        "notices": list(guidance.notices),
    }


def as_text(guidance: Guidance) -> str:
    """The same facts as Markdown."""
    parts = [piece.text.rstrip() for piece in guidance.pieces]
    if guidance.next_reads:
        lines = [
            f"- {read.address} ({read.tokens} tokens)" + (f": {read.summary}" if read.summary else "")
            for read in guidance.next_reads
        ]
        parts.append("\n".join(["Read next:" if guidance.pieces else "Topics:", *lines]))
    parts.extend(f"Notice: {notice}" for notice in guidance.notices)
    return "\n\n".join(parts) + "\n"
