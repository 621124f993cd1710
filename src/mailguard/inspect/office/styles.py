"""Styles of a Word document whose text is not shown (ECMA-376 part 1 sections 17.7 and 17.3.2.41)."""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.inspect.office.xml import attribute, is_on, local, parse

_DEEPEST = 20


def unseen_styles(pieces: Iterable[bytes]) -> frozenset[str]:
    """The ids of all styles that hide their text, also by the style they are based on. Raises UnsafeXml."""
    hides: dict[str, bool] = {}
    based: dict[str, str] = {}
    current = [""]

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "style":
            current[0] = attribute(attributes, "styleId")
        elif name == "basedOn":
            based[current[0]] = attribute(attributes, "val")
        elif name == "vanish":
            hides[current[0]] = is_on(attribute(attributes, "val"))

    parse(pieces, start, lambda _tag: None, lambda _text: None)
    if not any(hides.values()):
        return frozenset()
    return frozenset(style for style in {*hides, *based} if _hides(style, hides, based))


def _hides(style: str, hides: dict[str, bool], based: dict[str, str]) -> bool:
    for _ in range(_DEEPEST):
        if style in hides:
            return hides[style]
        style = based.get(style, "")
    return False
