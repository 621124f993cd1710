"""format=flowed undone (RFC 3676): lines that end in a space go on in the next one, quotes keep their depth."""

from __future__ import annotations

import re

#: What a text without it stays: a line that begins with a space or a quote, or ends with a space.
_MOVES = re.compile(r"\n[ >]|\A[ >]| (?:\n|\Z)")
_SIGNATURE = "-- "  # the line above a signature never flows, and nothing flows into it (section 4.3)


def unflow(text: str, delsp: bool) -> str:
    """The paragraphs of a text. delsp: the space at the end of a flowing line is no part of the text (section 4.1)."""
    if not _MOVES.search(text):
        return text
    out: list[list[str]] = []
    depth_before = -1  # of a line that flows; -1: the last one did not
    for line in text.split("\n"):
        if depth_before < 0 and line[:1] not in (" ", ">") and line[-1:] != " ":
            out.append([line])
            continue
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        content = rest[1:] if rest.startswith(" ") else rest  # space-stuffing (section 4.4)
        flows = content.endswith(" ") and content != _SIGNATURE
        kept = content[:-1] if flows and delsp else content
        if depth == depth_before and content != _SIGNATURE:
            out[-1].append(kept)
        else:
            out.append([">" * depth + " " if depth else "", kept])
        depth_before = depth if flows else -1
    return "\n".join("".join(pieces) for pieces in out)
