"""Which lines of an HTML text stand in a quotation: `<blockquote type="cite">` and what else programs write for it.

Marks are put into the source before it is read and taken out of the text after it, so that the reader of HTML need not
know about quotations. A block quotation without such an attribute is an indented paragraph of the writer's own.
"""

from __future__ import annotations

import re

#: Stands at the start of each quoted line. No character of any text (Unicode section 23.7).
CITED = "\ufdd0"
_END = "\ufdd1"
_MARKS = re.compile(f"[{CITED}{_END}]")
_BLOCK = re.compile(r"<(/?)blockquote([^<>]{0,1000})>", re.IGNORECASE)
_PROGRAM = re.compile(r"""cite|quote""", re.IGNORECASE)


def mark(source: str) -> str:
    """An HTML source with marks in its quotations; the same object where it has none."""
    if "lockquote" not in source and "LOCKQUOTE" not in source:
        return source
    open_marked: list[bool] = []

    def marked(match: re.Match[str]) -> str:
        if not match.group(1):
            open_marked.append(_PROGRAM.search(match.group(2)) is not None)
            return match.group() + (CITED if open_marked[-1] else "")
        return (_END if open_marked and open_marked.pop() else "") + match.group()

    return _BLOCK.sub(marked, _MARKS.sub("", source))


def unmark(text: str) -> str:
    """A text without marks."""
    return _MARKS.sub("", text) if CITED in text or _END in text else text


def cited_lines(shown: str) -> str:
    """A text read from a marked source, with one mark at the start of each quoted line and none elsewhere."""
    lines: list[str] = []
    depth = 0
    for line in shown.split("\n"):
        inside = depth > 0 or CITED in line
        depth = max(0, depth + line.count(CITED) - line.count(_END))
        bare = _MARKS.sub("", line)
        if bare or bare == line:
            lines.append(f"{CITED}{bare}" if inside and bare else bare)
    return "\n".join(lines)
