"""Field codes of word processors (docx, rtf): what their document shows of them, what they tell, which of them run.

Source: ECMA-376 part 1 section 17.16. A field is a little program in the text; its last result stands behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DDE = re.compile(r"^\s*DDE(?:AUTO)?\b", re.IGNORECASE)
#: Fields whose code tells nothing: page numbers, contents, links inside the document.
_DULL = re.compile(
    r"^\s*(?:PAGE|NUMPAGES|SECTION|SECTIONPAGES|PAGEREF|TOC|REF|NOTEREF|SEQ|STYLEREF|DATE|TIME|SAVEDATE|CREATEDATE"
    r"|PRINTDATE|FORMTEXT|FORMCHECKBOX|FORMDROPDOWN|EMBED|SHAPE|HYPERLINK\s+\\l)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r'^\s*HYPERLINK\s+"([^"]*)"\s*$', re.IGNORECASE)
#: Word's phonetic guide outside of docx: an equation that sets the reading above the characters.
_RUBY = re.compile(r"\\o\s*(?:\\a[a-z]\s*)?\(\s*\\s\s*\\up\s*\d+\s*\(([^()]*)\)\s*[,;]\s*+([^()]*)\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Code:
    """shown: text that only the code holds; beside: what it tells else; dde: whether it starts another program."""

    shown: str = ""
    beside: str = ""
    dde: bool = False


def read_code(code: str) -> Code:
    """What a field code says."""
    if _DDE.match(code):
        return Code(beside=code.strip(), dde=True)
    ruby = _RUBY.search(code)
    if ruby:
        return Code(shown=ruby.group(2), beside=ruby.group(1))
    if _DULL.match(code):
        return Code()
    link = _LINK.match(code)
    return Code(beside=link.group(1).removeprefix("mailto:") if link else code.strip())
