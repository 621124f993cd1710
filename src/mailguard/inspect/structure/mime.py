"""A mail to its leaves, from the octets: every part, however nested, in every reading that some client could have.

Where the structure is plain there is one reading. Where readers disagree (two boundaries, a boundary that does not
occur, a header that is not well formed, encodings with junk) the finding `ambiguous_mime` says so and each plausible
reading is followed, within limits. Messages inside messages are leaves here: `reader` opens them. Works on a stack,
not by recursion. Sources: RFC 2045, RFC 2046 section 5.1, RFC 2183.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from mailguard.inspect.kinds.filetype import is_noise
from mailguard.inspect.limits import HERE_HEADER, HERE_PARTS, HERE_TEXT, Budget, NotHere
from mailguard.inspect.occurrences import Stretch
from mailguard.inspect.structure.delimiters import is_almost, occurs, occurs_seldom, split_parts
from mailguard.inspect.structure.fields import Block, has_mime_lines, header_of, parse_block
from mailguard.inspect.structure.params import Parameterised, boundaries, encodings, media_types, parse_parameterised
from mailguard.inspect.structure.transfer import IDENTITY, Decoded, as_programs_write_it, undo, undo_within

_GUESS = re.compile(rb"(?im)^--([^\r\n]{1,200}?)[ \t]*\r?\n(?:[ \t]*\r?\n)?content-[a-z-]{2,30}[ \t]*:")
#: How a body begins that a second reader takes for a header or for parts. A person quotes neither without a word first.
_HEADER_FIRST = re.compile(rb"(?i)[\r\n\x00]*(content-(?:type|transfer-encoding|disposition)[ \t]*:)")
#: How the body of a file begins where an empty line fell into its header: an end of a line, then the other fields.
_HEADER_SECOND = re.compile(
    rb"(?i)[^\r\n]{0,200}\r?\n((?:content-(?:type|transfer-encoding|disposition)[ \t]*:[^\r\n]*\r?\n){1,5})\r?\n"
)
_MESSAGE_FIRST = re.compile(rb"[\r\n\x00]+[!-9;-~]{2,60}:[^\r\n]*\r?\n(?:[!-9;-~]{2,60}:|[ \t])")
_PREAMBLE_ORDINARY = 250
#: What programs write before the first part for readers without MIME.
_PREAMBLE = re.compile(
    rb"(?i)(?:(?:this is an? (?:multi-?part (?:mime )?message(?: in mime format)?"
    rb"|mime-?(?:encapsulated|encoded) message"
    rb"|s/mime signed message|openpgp/mime signed message \(rfc 4880 and 3156\)"
    rb"|cryptographically signed message in mime format)|this message is in mime format"
    rb"|since your mail reader does not understand this format, some or all of this message may not be legible"
    rb"|the first part should be readable text, while the remaining parts are likely unreadable without mime-aware"
    rb" tools)[.:]? ?)*"
)
#: How much of a body is also read as it stands, in octets, where its encoding is in doubt.
_RAW = 2**20
#: So much of an encoded file is decoded to see whether its beginning says what it is.
_BEGINNING = 1024
_EMPTY = Parameterised("", ())


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part without parts. contents: decoded, likeliest reading first; parents: the multiparts around it."""

    where: str
    media: str
    contents: tuple[bytes, ...]
    kind: Parameterised = _EMPTY  # Content-Type
    disposition: Parameterised = _EMPTY
    block: Block = field(default_factory=lambda: Block(()))
    parents: tuple[str, ...] = ()
    hidden: bool = False  # shown by no client: preamble, epilogue


@dataclass(slots=True)
class _Entity:
    at: Stretch
    where: str
    parents: tuple[str, ...]
    default: str
    message: bool = False
    again: bool = False  # begins where a second reader begins


def leaves_of(octets: bytes, budget: Budget, where: str = "") -> tuple[Block, list[Leaf]]:
    """The header block of a message and its leaves in order. Never raises on a mail; findings go to the budget."""
    walk = _Walk(budget)
    stack = [_Entity(Stretch.of(octets), where or "mail", (), "text/plain", message=True)]
    top: Block | None = None
    while stack:
        entity = stack.pop()
        if not budget.take_part():
            break
        block, children = walk.enter(entity)
        top = top or block
        stack.extend(reversed(children))
    return top or Block(()), walk.leaves


class _Walk:
    """One walk through a message: leaves found so far."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.leaves: list[Leaf] = []
        self._text = 0  # octets, where that counts

    def enter(self, entity: _Entity) -> tuple[Block, list[_Entity]]:
        """Read one entity: its header block, and its parts if it has any; otherwise its leaf is kept."""
        if entity.message and _MESSAGE_FIRST.match(*entity.at):
            self.ambiguous(entity, "an empty line before the header")
            entity = replace(entity, at=Stretch.of(entity.at.octets.lstrip(b"\r\n\x00")))
        whole, start, end = entity.at
        head, begun = header_of(whole, self.budget.limits.header_bytes, start, end)
        self.budget.leave(unless=not entity.parents or len(head) <= HERE_HEADER)
        body = Stretch(whole, begun, end)
        if len(head) >= self.budget.limits.header_bytes:
            self.budget.find("limit_reached", entity.where, "the header is too long; its rest was read as text")
        block = parse_block(head)
        if head and not block.fields and not block.odd:
            body = Stretch.of(head + body.octets)
        elif not block.fields and block.rest:  # no header at all: everything is body
            body = entity.at
        for code, detail in block.odd:
            self.budget.find(code, entity.where, detail)
        children = self._read(entity, block, body)
        if block.rest and block.fields:
            rest = Stretch(whole, start + len(head) - len(block.rest), end)
            children.extend(self._from_rest(entity, block, rest))
        return block, children

    def _read(self, entity: _Entity, block: Block, body: Stretch) -> list[_Entity]:
        """The parts of an entity whose header and body are known; none if it is a leaf, which is kept."""
        types = block.all("content-type")
        media, odd_media = media_types(types)
        bounds, odd_bounds = boundaries(types)
        if odd_media or (odd_bounds and any(one.startswith("multipart/") for one in media)):
            self.ambiguous(entity, "Content-Type can be read in two ways")
        if not media and types and types[0].strip():
            media = [entity.default]
        children = self._parts(entity, block, body, media or [entity.default], bounds)
        if children is not None:
            return children
        return self._keep(entity, block, body, (media or [entity.default])[0], types)

    def _from_rest(self, entity: _Entity, block: Block, body: Stretch) -> list[_Entity]:
        """What the entity is to those for whom the header ends at the first line that is no field."""
        before = Block(block.fields[: block.before])
        if not any(before.first(name) for name in ("content-type", "content-transfer-encoding")):
            self._keep_text(entity, block.rest, "rest")
            return []
        self.ambiguous(entity, "the header ends in two places")
        return self._read(entity, before, body) if self.budget.take_reading(entity.where) else []

    def ambiguous(self, entity: _Entity, detail: str) -> None:
        self.budget.leave()
        self.budget.find("ambiguous_mime", entity.where, detail)

    def _parts(
        self, entity: _Entity, block: Block, body: Stretch, media: list[str], bounds: list[str]
    ) -> list[_Entity] | None:
        """The parts of a multipart in every plausible reading, None if this is no multipart."""
        multipart = next((one for one in media if one.startswith("multipart/")), "")
        used = [one for one in bounds if occurs(body, one)]
        if not multipart and not (used and has_mime_lines(body.octets)):
            return None
        if self.budget.here:
            ordinary = multipart == "multipart/mixed" and not entity.parents and len(used) == 1
            self.budget.leave(unless=ordinary and occurs_seldom(body, used[0], HERE_PARTS + 1))
        encs, _ = encodings(block.all("content-transfer-encoding"))
        if any(one not in IDENTITY for one in encs):
            # RFC 2045 section 6.4 forbids it; some readers decode, some do not.
            octets = undo(body.octets, next(one for one in encs if one not in IDENTITY)).octets
            plain = Stretch.of(octets)
            if octets != body.octets:
                self.ambiguous(entity, "a transfer encoding on a multipart")
            if not used and any(occurs(plain, one) for one in bounds):
                body, used = plain, [one for one in bounds if occurs(plain, one)]
        if not multipart or len(used) > 1 or any(is_almost(body, one) for one in used):
            self.ambiguous(entity, "the boundary can be read in two ways")
        if not used:
            used = self._guessed(entity, body.octets)
            if not used:
                return None
        if len(entity.parents) >= self.budget.limits.multiparts:
            self.budget.find(
                "nested_too_deep", entity.where, "multiparts nested too deeply; the inner ones were not read"
            )
            return None
        children: list[_Entity] = []
        for number, boundary in enumerate(used):
            if number and not self.budget.take_reading(entity.where):
                break
            children.extend(self._split(entity, body, boundary, multipart or "multipart/mixed", len(children)))
        return children

    def _guessed(self, entity: _Entity, body: bytes) -> list[str]:
        """Boundaries by their looks, where the declared one does not occur."""
        if not self.budget.take_reading(entity.where):
            return []
        found = [match.decode("latin-1") for match in _GUESS.findall(body)]
        if found or body.strip():
            self.ambiguous(entity, "the declared boundary does not occur")
        return list(dict.fromkeys(found))[:5]

    def _split(self, entity: _Entity, body: Stretch, boundary: str, multipart: str, offset: int) -> list[_Entity]:
        # Each part stands between two delimiters; a closing one needs none of its own.
        most = 2 * self.budget.limits.parts
        preamble, parts, epilogue = split_parts(body, boundary.encode("latin-1"), most)
        self.budget.leave(unless=len(parts) <= HERE_PARTS)
        for piece, name in ((preamble, "preamble"), (epilogue, "epilogue")):
            if has_mime_lines(piece):
                self.ambiguous(entity, f"the {name} of a multipart holds parts")
            self._keep_outside(entity, piece, name)
        default = "message/rfc822" if multipart == "multipart/digest" else "text/plain"
        prefix = "" if entity.where == "mail" else f"{entity.where}."
        parents = (*entity.parents, multipart)
        return [_Entity(part, f"{prefix}{n}", parents, default) for n, part in enumerate(parts, offset + 1)]

    def _keep_outside(self, entity: _Entity, piece: bytes, name: str) -> None:
        """What stands outside of the parts. Only a reader without MIME shows it; a few words there are usual."""
        if len(piece) < 2 * _PREAMBLE_ORDINARY and _PREAMBLE.fullmatch(b" ".join(piece.split())):
            return
        self.budget.leave()
        if len(piece.strip()) > _PREAMBLE_ORDINARY or not piece.isascii():
            self.budget.find("hidden_text", f"{entity.where} {name}", "text outside of the parts")
        self._keep_text(entity, piece, name)

    def _keep_text(self, entity: _Entity, octets: bytes, name: str) -> None:
        self.leaves.append(
            Leaf(f"{entity.where} {name}", "text/plain", (octets,), parents=entity.parents, hidden=name != "rest")
        )

    def _keep(self, entity: _Entity, block: Block, body: Stretch, media: str, types: list[bytes]) -> list[_Entity]:
        encs, odd = encodings(block.all("content-transfer-encoding"))
        contents: list[bytes] = []
        for encoding in encs if odd else encs[:1]:
            decoded = self._undone_here(media, body, encoding) if self.budget.here else undo_within(body, encoding)
            contents += (decoded.octets, *decoded.others)
            if decoded.odd and not _footer_only(body.octets, decoded.odd):
                self.ambiguous(entity, decoded.odd)
                contents.append(body.octets[:_RAW])
        if odd:
            self.ambiguous(entity, "Content-Transfer-Encoding can be read in two ways")
        self.leaves.append(
            Leaf(
                where=entity.where,
                media=media,
                contents=tuple(dict.fromkeys(contents) if len(contents) > 1 else contents),
                kind=parse_parameterised(types[0]) if types else _EMPTY,
                disposition=_disposition(block),
                block=block,
                parents=entity.parents,
            )
        )
        if encs[0] in IDENTITY and not media.startswith("message/") and media != "text/rfc822-headers":
            return self._inner(entity, media, body.octets)
        return []

    def _undone_here(self, media: str, body: Stretch, encoding: str) -> Decoded:
        """A body decoded in the server's own process: a text of bounded size, or a file as programs write it of which
        the beginning says nothing. Raises NotHere.
        """
        if media == "text/plain":
            self._text += body.end - body.start
            self.budget.leave(unless=self._text <= HERE_TEXT)
            return undo_within(body, encoding)
        beginning = Stretch(body.whole, body.start, min(body.end, body.start + _BEGINNING))
        self.budget.leave(unless=encoding == "base64" and is_noise(undo_within(beginning, encoding).octets))
        if body.end - body.start <= HERE_TEXT:
            return undo_within(body, encoding)
        if (octets := as_programs_write_it(body)) is None:
            raise NotHere
        return Decoded(octets)

    def _inner(self, entity: _Entity, media: str, body: bytes) -> list[_Entity]:
        """A plain body that begins like a header or like parts: a second reader finds them in it."""
        if media.startswith("text/") and not looks_like_parts(body):
            return []
        header = _HEADER_FIRST.match(body) or (None if media.startswith("text/") else _HEADER_SECOND.match(body))
        if not header and not _GUESS.match(body.lstrip(b"\r\n\x00")):
            return []
        self.ambiguous(entity, "a body that looks like further parts")
        if not header or entity.again or not self.budget.take_reading(entity.where):
            return []
        return [
            _Entity(
                Stretch.of(body[header.start(1) :]), f"{entity.where} again", entity.parents, entity.default, again=True
            )
        ]


def looks_like_parts(text: bytes) -> bool:
    """Whether a plain text begins like a header or like parts."""
    first = text.lstrip(b"\r\n\x00")
    if first[:1] not in (b"c", b"C", b"-"):
        return False
    return _HEADER_FIRST.match(first) is not None or _GUESS.match(first) is not None


def _footer_only(body: bytes, odd: str) -> bool:
    """Whether the junk in base64 is a mailing list's footer below it: usual, and every client ignores it."""
    if odd != "base64 with other characters inside":
        return False
    _, mark, footer = body.rpartition(b"\n____")
    return bool(mark) and not has_mime_lines(footer)


def _disposition(block: Block) -> Parameterised:
    raws = block.all("content-disposition")
    return parse_parameterised(raws[0]) if raws else _EMPTY
