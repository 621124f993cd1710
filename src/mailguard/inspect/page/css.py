"""Which text an HTML page shows and which it only carries: the few properties of CSS by which text is made unseen.

Knows inline styles, the old attributes for colours, and the plain selectors of a style sheet (`tag`, `.class`, `#id`,
`tag.class`). What depends on the screen (@media) or on the place of an element (`a b`) hides nothing here, and a
background that nobody can tell makes no text invisible. Never raises; linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

Colour = tuple[int, int, int]

_NAMES: dict[str, Colour] = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "blue": (0, 0, 255), "green": (0, 128, 0),
    "yellow": (255, 255, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "navy": (0, 0, 128), "lime": (0, 255, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "orange": (255, 165, 0), "maroon": (128, 0, 0), "purple": (128, 0, 128),
}  # fmt: skip
#: Colours that differ less than this in every channel look the same.
_ALIKE = 10
_NUMBER = re.compile(r"-?\d{0,9}\.?\d{1,9}")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]{1,9})(%?)\s*)?\)")
_FAR = -900.0
_SMALLEST = 1.0
_POINTS = {"px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "%": 0.16, "": 1.0, "ex": 8.0, "vw": 10.0, "in": 96.0}
_SIMPLE = re.compile(r"[a-z0-9]*(?:[.#][\w-]+)?")
_FOR_SCREENS = re.compile(r"@media\s+(?:only\s+)?(?:screen|all)\s*")
_MOST_RULES = 5000
#: Comments that Word writes into every mail.
_OF_WORD = frozenset({"Font Definitions", "Style Definitions", "List Definitions", "Page Definitions"})
_STRING = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)(?:"|\\?\Z)|'((?:[^'\\]|\\.)*)(?:'|\\?\Z))""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})[ \t\r\n\f]?|(.))", re.DOTALL)
_CLIPPED = ("clip:rect(0", "clip:rect(1px", "clip-path:inset(50%", "clip-path:inset(100%", "clip-path:circle(0")

_OLD_ATTRIBUTES = frozenset({"hidden", "color", "bgcolor", "background", "text"})

Declarations = dict[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at some place. gone: by a property that no child undoes; size in px; None: nobody can tell.

    turned: shown from right to left, whatever its letters are.
    """

    gone: bool = False
    seen: bool = True
    size: float = 16.0
    ink: Colour | None = (0, 0, 0)
    paper: Colour | None = (255, 255, 255)
    turned: bool = False

    @property
    def hidden(self) -> bool:
        """Whether text here is not to be seen."""
        return self.gone or not self.seen or self.size <= _SMALLEST or _alike(self.ink, self.paper)


@dataclass(slots=True)
class Sheet:
    """The rules of a page's style sheets by their selector."""

    rules: dict[str, Declarations]
    doubtful: frozenset[str]  # selectors whose background depends on something

    def of(self, tag: str, attributes: dict[str, str]) -> Declarations:
        """What the sheets say of an element; a class counts more than a tag, an id more than a class."""
        if not self.rules and not self.doubtful:
            return {}
        classes = attributes.get("class", "").split()[:20]
        keys = [tag, *(f".{one}" for one in classes), *(f"{tag}.{one}" for one in classes)]
        if name := attributes.get("id"):
            keys += [f"#{name}", f"{tag}#{name}"]
        found: Declarations = {}
        for key in keys:
            found.update(self.rules.get(key, ()))
            if key in self.doubtful:
                found["background-image"] = "url("
        return found


def sheet_of(styles: list[str]) -> Sheet:
    """The rules in the contents of the style elements, as far as they hold everywhere."""
    rules: dict[str, Declarations] = {}
    doubtful: set[str] = set()
    depth = 0
    for block in (
        _without_comments("}".join(styles)).replace("<!--", "").replace("-->", "").lower().split("}")[:_MOST_RULES]
    ):
        *around, selectors, body = ["", *block.split("{")]
        conditional = depth > 0
        for prelude in around:
            if prelude.strip():
                depth += 0 if _FOR_SCREENS.fullmatch(prelude.strip()) else 1
                conditional = conditional or depth > 0
        if not body.strip() and not selectors.strip():
            depth = max(0, depth - 1)
            continue
        found = declarations(body)
        for selector in selectors.split(","):
            key = selector.strip()
            if not conditional and key and _SIMPLE.fullmatch(key):
                rules.setdefault(key, {}).update(found)
            elif key and ("background" in found or "background-color" in found):
                doubtful.add(key.split()[-1].partition(":")[0])
    return Sheet(rules, frozenset(doubtful))


def generated_text(style: str) -> list[str]:
    """What a style sheet shows as text of its own (`content`: strings one after the other), without mere signs."""
    after = [piece.lstrip(" \t\r\n:")[:2000] for piece in re.split(r"(?i)(?<![\w-])content\s*(?=:)", style)[1:]]
    shown = ["".join(map(_plain, _strings(piece))) for piece in after]
    return [one for one in shown if len(re.sub(r"\W", "", one)) > 1]


def _strings(value: str) -> Iterator[str]:
    """The strings with which a value begins."""
    at = 0
    while found := _STRING.match(value, at):
        yield found[1] or found[2] or ""
        at = found.end()


def _plain(string: str) -> str:
    """A string without its escapes (CSS Syntax 3, section 4.3.7)."""
    return (
        _ESCAPE.sub(lambda one: _sign(one[1]) if one[1] else one[2].strip("\n"), string) if "\\" in string else string
    )


def _sign(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def silent_text(style: str) -> list[str]:
    """What is written in a style sheet and does nothing: its comments, or all of it where there is no rule in it."""
    if "{" not in style:
        return [style.strip()]
    comments = [piece.partition("*/")[0].strip() for piece in style.split("/*")[1:]]
    return [one for one in comments if one and one not in _OF_WORD]


def declarations(style: str) -> Declarations:
    """The properties of a style attribute or of a rule, lower case, without white space in the values' ends."""
    found: Declarations = {}
    for one in (_without_comments(style) if "/*" in style else style).lower().split(";")[:200]:
        name, colon, value = one.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def changes_look(attributes: dict[str, str]) -> bool:
    """Whether an element has one of the attributes, from before CSS, that `look_of` knows."""
    return not _OLD_ATTRIBUTES.isdisjoint(attributes)


def look_of(parent: Look, css: Declarations, attributes: dict[str, str]) -> Look:
    """How text looks in an element with these declarations and attributes."""
    gone = parent.gone or "hidden" in attributes or _is_gone(css)
    seen = css.get("visibility", "visible" if parent.seen else "hidden") not in ("hidden", "collapse")
    ink = _colour(css.get("color") or attributes.get("color") or attributes.get("text", ""), parent.ink)
    paper = _paper(parent, css, attributes)
    turned = parent.turned
    if "override" in css.get("unicode-bidi", ""):
        turned = (css.get("direction") or attributes.get("dir", "").lower()) == "rtl"
    return replace(parent, gone=gone, seen=seen, size=_size(css, parent.size), ink=ink, paper=paper, turned=turned)


def _is_gone(css: Declarations) -> bool:
    if css.get("display") == "none" or css.get("mso-hide") == "all" or _number(css, "opacity", 1) < 0.05:
        return True
    if css.get("overflow", "").startswith("hidden") and any(
        _number(css, name, 9) == 0 for name in ("height", "width", "max-height", "max-width")
    ):
        return True
    if _number(css, "max-height", 9) == 0 or css.get("transform", "").replace(" ", "").startswith("scale(0)"):
        return True
    if any(_number(css, name, 0) <= _FAR for name in ("text-indent", "left", "top", "margin-left", "margin-top")):
        return True
    clipped = f"clip:{css.get('clip', '')}", f"clip-path:{css.get('clip-path', '')}"
    return any(one.replace(" ", "").startswith(_CLIPPED) for one in clipped)


def _number(css: Declarations, name: str, otherwise: float) -> float:
    match = _NUMBER.match(css.get(name, ""))
    return float(match.group()) if match else otherwise


def _size(css: Declarations, inherited: float) -> float:
    value = css.get("font-size", "")
    match = _NUMBER.match(value)
    if match is None:
        return inherited if not value or value in ("inherit", "smaller", "larger") else 16.0
    number, unit = float(match.group()), value[match.end() :].strip()
    if unit in ("em", "%"):  # relative to what is around
        return number * (inherited if inherited > _SMALLEST else 0) / (100 if unit == "%" else 1)
    return number * _POINTS.get(unit, 16.0)


def _paper(parent: Look, css: Declarations, attributes: dict[str, str]) -> Colour | None:
    if "background" in attributes or "url(" in css.get("background-image", "") or "gradient" in "".join(css.values()):
        return None
    value = css.get("background-color") or css.get("background") or attributes.get("bgcolor", "")
    if not value or value in ("none", "transparent", "inherit", "initial", "0"):
        return parent.paper
    if "url(" in value or "var(" in value:
        return None
    first = value if value.startswith("rgb") else value.split()[0]
    return _colour(first, None)


def _colour(value: str, inherited: Colour | None) -> Colour | None:
    value = value.strip().lower()
    if not value or value in ("inherit", "currentcolor", "initial"):
        return inherited
    if value == "transparent":
        return (-255, -255, -255)  # like no paper, and yet never seen: see `_alike`
    if value in _NAMES:
        return _NAMES[value]
    digits = value.lstrip("#")
    if re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        wide = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        return int(wide[:2], 16), int(wide[2:4], 16), int(wide[4:], 16)
    match = _RGB.match(value)
    if match is None:
        return None
    if match[4] and float(match[4].strip(".") or 0) == 0:
        return (-255, -255, -255)
    return int(match[1]), int(match[2]), int(match[3])


def _alike(ink: Colour | None, paper: Colour | None) -> bool:
    if ink is not None and ink[0] < 0:
        return True
    if ink is None or paper is None:
        return False
    return all(abs(one - other) < _ALIKE for one, other in zip(ink, paper, strict=True))


def _without_comments(style: str) -> str:
    first, *others = style.split("/*")
    return first + "".join(piece.partition("*/")[2] for piece in others)
