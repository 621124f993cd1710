"""How the parts of an OOXML package hang together: content types and relationships (ECMA-376 part 2 sections 9 and
10).

Names of parts are compared without case, targets are absolute or relative to the part that names them. A target
outside of the package is text: an address to write to, a path on somebody's server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from mailguard.inspect.office.xml import Start, UnsafeXml, attribute, local, parse

_MAIN = re.compile(
    r"(wordprocessingml|ms-word)\.(?:document|template)|(spreadsheetml|ms-excel)\.(?:sheet|template|addin)"
    r"|(presentationml|ms-powerpoint)\.(?:presentation|slideshow|template|addin)",
    re.IGNORECASE,
)
_SHORTS = ("docx", "xlsx", "pptx")
#: Relationships whose target outside of the package comes into the document when it is opened.
_FETCHED = frozenset({"attachedTemplate", "oleObject", "subDocument", "frame", "externalLinkPath", "aFChunk"})


@dataclass(frozen=True, slots=True)
class Relation:
    """target: the part's name in lower case, or where it lies outside; kind: the last step of its type."""

    identity: str
    kind: str
    target: str
    outside: bool

    @property
    def is_fetched(self) -> bool:
        """Whether opening the document fetches this from a server."""
        return (
            self.outside
            and self.kind in _FETCHED
            and bool(re.match(r"(?:https?|ftp|mhtml|\\\\)", self.target, re.IGNORECASE))
        )


@dataclass(slots=True)
class Types:
    """Content types, by part name in lower case and by extension."""

    parts: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The content type of a part, "" if none is said."""
        lowered = name.lower()
        return self.parts.get(lowered, "") or self.extensions.get(lowered.rpartition(".")[2], "")

    def kind(self) -> str:
        """The short type of the document, "" if the types do not tell."""
        for media in self.parts.values():
            if media.lower().removesuffix("+xml").endswith("main") and (found := _MAIN.search(media)):
                return next(short for short, group in zip(_SHORTS, found.groups(), strict=True) if group)
        return ""


def read_types(octets: bytes) -> Types:
    """Read [Content_Types].xml; what is broken in it says nothing."""
    types = Types()

    def start(tag: str, attributes: dict[str, str]) -> None:
        name, media = local(tag), attribute(attributes, "ContentType")
        if name == "Override":
            types.parts[attribute(attributes, "PartName").lstrip("/").lower()] = media
        elif name == "Default":
            types.extensions[attribute(attributes, "Extension").lower()] = media

    _walk((octets,), start)
    return types


def read_relations(octets: bytes, part: str) -> list[Relation]:
    """Read the relationships of a part. part: its name in lower case; what is broken in it says nothing."""
    found: list[Relation] = []
    folder = part.rpartition("/")[0]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) != "Relationship":
            return
        target, kind = attribute(attributes, "Target"), attribute(attributes, "Type").rpartition("/")[2]
        outside = attribute(attributes, "TargetMode").lower() == "external"
        found.append(
            Relation(attribute(attributes, "Id"), kind, target if outside else resolve(target, folder), outside)
        )

    _walk((octets,), start)
    return found


def resolve(target: str, folder: str) -> str:
    """The name of the part that a target means, in lower case."""
    steps = [] if target.startswith("/") or not folder else folder.split("/")
    for step in unquote(target).replace("\\", "/").split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps).lower()


def part_of(name: str) -> str:
    """The part that a relationships part belongs to, in lower case; "" for the package itself."""
    folder, _, last = name.lower().rpartition("/")
    return f"{folder.removesuffix('_rels').rstrip('/')}/{last.removesuffix('.rels')}".lstrip("/")


def _walk(pieces: Iterable[bytes], start: Start) -> None:
    try:
        parse(pieces, start, lambda _tag: None, lambda _text: None)
    except UnsafeXml:
        return
