"""What lies inside plain text: files in uuencode, messages and keys in PGP's armour. For bodies and for text files.

Text that is signed in the open loses its escapes, so that it reads as it was written. Nothing is verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.chars.utf import without_surrogates
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.kinds.filetype import detect
from mailguard.inspect.limits import Budget
from mailguard.inspect.sealed.openpgp import Opened, armoured, open_packets
from mailguard.inspect.structure.salvage import readable, salvage
from mailguard.inspect.structure.uuencode import find_uuencoded

_BEGIN_PGP = "-----BEGIN PGP "
#: A file in yEnc: not undone here (its octets do not survive mail anyway, but whoever sends them may know better).
_YENC = "\n=ybegin "
#: What JSON and programs write instead of characters.
#: How a stretch of base64 begins: a long line of it, and how much of one file is looked at.
_ENCODED = re.compile(rb"(?m)^[ \t]*[A-Za-z0-9+/]{40,}={0,2}[ \t]*\r?$")
_SHORTEST, _MOST_ENCODED, _MOST_STRETCHES = 64, 32 * 2**20, 200
_BINHEX = "(This file must be converted with BinHex"
#: Without these a text holds neither armour nor a file that is not undone here.
MORE_THAN_TEXT = (_BEGIN_PGP, _BINHEX, _YENC[1:])
#: Begin of an encrypted message at the start of a line: in a sentence it is only talked about.
_PGP_MESSAGE = re.compile(r"(?m)^[> \t]*-----BEGIN PGP MESSAGE(?:, PART [0-9/]{1,9})?-----")
_PGP_SIGNED = re.compile(
    r"(?ms)^(-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n)(.*?)(?=^-----BEGIN PGP SIGNATURE-----|\Z)"
)
#: A character of JSON, JavaScript and .properties (RFC 8259 section 7); PHP and Java write all Japanese so.
_ESCAPES = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_ESCAPED = re.compile(r"(?m)^- ")
#: In front of the users of a key in octets, so that a private one counts as a secret as it does in armour.
_PRIVATE = "-----BEGIN PGP PRIVATE KEY " + "BLOCK-----"


@dataclass(slots=True)
class Armour:
    """What PGP's armour in a text holds: texts, files, and whether some of it is encrypted (or cannot be opened)."""

    sealed: bool = False
    text: str = ""
    files: list[Inner] = field(default_factory=list)


def open_armour(text: str, budget: Budget, where: str) -> Armour:
    """Open every block of armour in a text. A message that is broken counts as encrypted: it cannot be read."""
    found = Armour()
    if _BINHEX in text:
        budget.find("not_inspectable", where, "a file in BinHex in the text")
    if _YENC in f"\n{text}":
        budget.find("not_inspectable", where, "a file in yEnc in the text")
    if _BEGIN_PGP not in text:
        return found
    budget.leave()
    blocks = list(armoured(text))
    for kind, octets in blocks:
        if kind == "SIGNATURE":
            continue
        opened = open_packets(octets, budget, where)
        found.text += "".join(f"{user}\n" for user in opened.users)
        found.files.extend(_literals(opened))
        found.sealed = found.sealed or opened.sealed or (kind == "MESSAGE" and not opened.whole)
    # A message that does not end: as it stands, nobody can read it here.
    found.sealed = found.sealed or sum(kind == "MESSAGE" for kind, _ in blocks) < len(_PGP_MESSAGE.findall(text))
    return found


def is_signed(text: str) -> bool:
    """Whether the text is signed inside (RFC 9580 section 7)."""
    return _BEGIN_PGP in text and _PGP_SIGNED.search(text) is not None


def unescape_signed(text: str) -> str:
    """Text that is signed in the open, without the escapes of its dashes (section 7.2)."""
    if _BEGIN_PGP not in text:
        return text
    return _PGP_SIGNED.sub(lambda match: match[1] + _ESCAPED.sub("", match[2]), text)


def take_uuencoded(octets: bytes, charset: str) -> tuple[bytes, tuple[Inner, ...]]:
    """Plain text without its uuencoded files, and these files."""
    found = find_uuencoded(octets) if b"begin" in octets else []
    if not found:
        return octets, ()
    pieces: list[bytes] = []
    position = 0
    for one in found:
        pieces.append(octets[position : one.start])
        position = one.end
    files = tuple(Inner(decode(one.name, charset).text, one.octets, len(one.octets)) for one in found)
    return b"".join([*pieces, octets[position:]]), files


def read_text(file: FileIn, budget: Budget) -> Content:
    """A plain text file, in every reading of its charset."""
    octets, files = take_uuencoded(file.octets, file.charset)
    text = unescape_signed(decode(octets, file.charset).both)
    if "\\u" in text and (unescaped := _unescaped(text)) != text:
        text = f"{text}\n{unescaped}"
    armour = open_armour(text.replace("\r\n", "\n"), budget, file.where)
    pasted, texts = _pasted(octets, budget, file.where)
    text = "\n".join(one for one in (text, armour.text, *texts) if one)
    inner = (*files, *armour.files, *pasted)
    return Content(text=text, inner=inner, encrypted=armour.sealed, whole=not armour.sealed)


def _pasted(octets: bytes, budget: Budget, where: str) -> tuple[list[Inner], list[str]]:
    """Files and texts that stand in a text file as base64, as `certutil -encode` and `base64` write them."""
    files: list[Inner] = []
    texts: list[str] = []
    if not _ENCODED.search(octets):
        return files, texts
    for number, (content, may_be_file) in enumerate(salvage(octets[:_MOST_ENCODED], _SHORTEST)):
        if number >= _MOST_STRETCHES:
            budget.find("limit_reached", where, "too much that looks encoded; its rest was not read")
            break
        if may_be_file and len(content) >= 100 and detect(content).short not in ("", "txt", "script", "pgp"):
            files.append(Inner(f"base64 {number + 1}", content, len(content)))
        elif text := readable(content, doubt=False):
            texts.append(text)
    return files, texts


def _unescaped(text: str) -> str:
    """Text whose characters are written as numbers, as whoever opens the file with its program reads it."""
    return _ESCAPES.sub(
        lambda match: without_surrogates("".join(chr(int(one, 16)) for one in match[0].split("\\u")[1:])), text
    )


def read_pgp(file: FileIn, budget: Budget) -> Content:
    """A file of OpenPGP, in armour or in octets."""
    if b"-----BEGIN PGP " in file.octets[:4096]:
        return read_text(file, budget)
    opened = open_packets(file.octets, budget, file.where)
    text = "\n".join([_PRIVATE] * opened.secret + opened.users)
    return Content(text, tuple(_literals(opened)), encrypted=opened.sealed, whole=opened.whole and not opened.sealed)


def _literals(opened: Opened) -> list[Inner]:
    files = []
    for number, (name, octets) in enumerate(opened.files, 1):
        shown = "" if name == b"_CONSOLE" else decode(name).text  # "for your eyes only" (RFC 4880 section 5.9)
        files.append(Inner(shown or f"message {number}", octets, len(octets)))
    return files
