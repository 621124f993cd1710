"""Where in an HTML page one is, as far as it matters for what is seen: the open elements that change how text looks.

Tags are counted by name and not matched as a tree: pages leave out end tags, and mail programs differ in what they make
of that. Bounded: of many elements inside one another the inner ones look like the outer ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mailguard.inspect.page.css import Look, Sheet, changes_look, declarations, look_of

_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
#: Elements that end where the next of their kind begins.
_NEXT_CLOSES = frozenset({"p", "option", "dt", "dd", "td", "th", "tr"})
_MOST_FRAMES = 60
_PLAIN = Look()


@dataclass(slots=True)
class _Frame:
    """An element that changes how text looks, and how often its tag is open in it."""

    tag: str
    look: Look
    open: int = 1


@dataclass(slots=True)
class Looks:
    """The elements of a page that are open and change how text looks."""

    sheet: Sheet
    frames: list[_Frame] = field(default_factory=list)

    @property
    def hidden(self) -> bool:
        """Whether text here is not to be seen."""
        return bool(self.frames) and self.frames[-1].look.hidden

    @property
    def turned(self) -> bool:
        """Whether text here is shown from right to left, whatever its letters are."""
        return bool(self.frames) and self.frames[-1].look.turned

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name in _VOID:
            return
        if name in _NEXT_CLOSES and self.frames and self.frames[-1].tag == name:
            self.frames.pop()
        around = self.frames[-1].look if self.frames else _PLAIN
        css = self.sheet.of(name, attributes)
        if name == "bdo":
            css["unicode-bidi"] = "bidi-override"
        if "style" in attributes:
            css.update(declarations(attributes["style"]))
        look = look_of(around, css, attributes) if css or changes_look(attributes) else around
        if name == "template":
            look = replace(look, gone=True)
        if look != around and len(self.frames) < _MOST_FRAMES:
            self.frames.append(_Frame(name, look))
        elif (index := self._innermost(name)) >= 0:
            self.frames[index].open += 1

    def close(self, name: str) -> None:
        """An element ends; whatever is open in it ends with it."""
        if (index := self._innermost(name)) >= 0:
            self.frames[index].open -= 1
            if not self.frames[index].open:
                del self.frames[index:]

    def _innermost(self, name: str) -> int:
        """The number of the last frame that an element of this name began, -1 if there is none."""
        return next((index for index in range(len(self.frames) - 1, -1, -1) if self.frames[index].tag == name), -1)
