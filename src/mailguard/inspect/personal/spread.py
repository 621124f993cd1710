"""Numbers whose digits stand further apart than `numbers` looks: in cells or lines, one digit to a box, or with a sign
between their groups that seldom divides a number.

Official Japanese forms have a box for each digit of a My Number. Cells and columns of figures look just like that, so
these need a word for the number before them. Linear; what is found is not yet checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Three or four groups of four with one sign between them all.
_FOURS = re.compile(
    r"([0-9](?<![0-9A-Za-z].)[0-9]{3})( ?(?:[/_・~:,|\t\n*+=•·]|\"&\") ?)([0-9]{4})\2([0-9]{4})(?:\2([0-9]{4}))?"
    r"(?![0-9A-Za-z]|\2[0-9])"
)
_BOXES = re.compile(r"[0-9](?<![0-9].)( ?[|\t] ?| )[0-9](?:\1[0-9]){10,17}(?![0-9])")
#: What both of them hold: most texts do not, and are soon done.
_ANY = re.compile(r"[0-9][ /_・~:,|\t\n*+=•·\"&]{1,3}(?:[0-9]|[0-9]{3,4})[ /_・~:,|\t\n*+=•·\"&]")
_SELDOM = frozenset([*"/_・~*+=•·", '"&"'])  # the last: pieces of a formula in a csv file
#: As figures are written, by thousands.
_THOUSANDS = re.compile(r"[0-9](?<![0-9,.].)[0-9]{0,2}(?:,[0-9]{3}){3,5}(?![0-9,])")
#: Twelve digits as close to each other as any of them has them.
_TWELVE = re.compile(r"[0-9](?:[ /_・~:,|\t\n*+=•·\"&]{0,5}[0-9]){11}")


def find_spread(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """The digits of each such number, its place in folded text, and whether it needs a word before it.

    Twelve digits may be a My Number, thirteen and more a card's.
    """
    if _ANY.search(text) is None or _TWELVE.search(text) is None:
        return
    for match in _FOURS.finditer(text):
        start, mark = match.start(), match[2].strip(" ")
        longer = text[max(0, start - 2) : start].strip(" ")[-1:] == mark  # a column of more groups
        digits = "".join(group for group in match.group(1, 3, 4, 5) if group)
        yield digits, start, match.end(), longer or mark not in _SELDOM
    for match in (*_BOXES.finditer(text), *_THOUSANDS.finditer(text)):
        digits = re.sub("[^0-9]", "", match.group())
        yield digits, match.start(), match.end(), True
