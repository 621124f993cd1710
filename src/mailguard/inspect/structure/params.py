"""Content-Type, Content-Disposition and Content-Transfer-Encoding, with every reading of them that some client has.

Where a field follows the grammar (RFC 2045 section 5.1, RFC 2183, RFC 2231) there is one reading. Where it does not
there are several, and whoever asks gets them all and is told. The parameters themselves are read by `values`. Linear.
"""

from __future__ import annotations

import functools
import re

from mailguard.inspect.chars.words import decode_words
from mailguard.inspect.structure.values import Parameterised, parse_parameterised

__all__ = ["Parameterised", "boundaries", "encodings", "media_types", "parse_parameterised"]

_REMEMBERED = 200
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_MEDIA_ANYWHERE = re.compile(r"(?i)(multipart|text|message|application|image|audio|video)/([A-Za-z0-9.+-]+)")
_COMMENT = re.compile(r"\([^()]*\)")
_ENCODING = re.compile(r"(?i)base64|quoted-printable|x-uuencode|uuencode|x-uue|7bit|8bit|binary")
_PLAIN_ENCODING = re.compile(r"[A-Za-z0-9-]+")
_CLEAN_BOUNDARY = re.compile(
    r"""(?i)(?:[^"]|"[^"\\]*")*?;\s*boundary\s*=\s*(?:"([^"\\\x00-\x1f]*[^"\\\x00-\x20])"|([^\s;,"'()\\\x00]+))\s*(?:;.*)?""",
    re.DOTALL,
)

_LIKE_A_PARAMETER = re.compile(r"(?i)boundary[\s*\d]*[=:;]")


def media_types(raws: list[bytes]) -> tuple[list[str], bool]:
    """Every media type that the Content-Type fields may mean, in order, and whether readers can disagree."""
    if len(raws) == 1 and len(raws[0]) <= _REMEMBERED:
        types, odd = _known_types(raws[0])
        return list(types), odd
    return _types(raws)


@functools.lru_cache(maxsize=512)
def _known_types(raw: bytes) -> tuple[tuple[str, ...], bool]:
    types, odd = _types([raw])
    return tuple(types), odd


def _types(raws: list[bytes]) -> tuple[list[str], bool]:
    types: list[str] = []
    for raw in raws:
        text = raw.decode("latin-1")
        head = _COMMENT.sub("", text.partition(";")[0]).strip().lower()
        if _MEDIA.fullmatch(head) and len(_MEDIA_ANYWHERE.findall(head)) < 2:
            types.append(head)
            continue
        found = [f"{main}/{sub}".lower() for main, sub in _MEDIA_ANYWHERE.findall(text.replace("\x00", ""))]
        types.extend(_without_tail(one) for one in found)
        if head and not found and "/" not in head:
            types.append("text/plain")  # "Content-Type: text", from before MIME (RFC 2045 section 5.2)
        elif found:
            types.append("")
    clean = [one for one in types if one]
    odd = "" in types or (len(raws) > 1 and len({_bare(raw) for raw in raws}) > 1)
    return list(dict.fromkeys(clean)), odd


def boundaries(raws: list[bytes]) -> tuple[list[str], bool]:
    """Every boundary that the fields may mean (as Latin-1), likeliest first, and whether readers can disagree."""
    found: list[str] = []
    odd = len(raws) > 1 and len({_bare(raw) for raw in raws}) > 1
    for raw in raws:
        text = raw.decode("latin-1")
        lowered = text.lower()
        if "boundary" not in lowered:
            continue
        match = _CLEAN_BOUNDARY.fullmatch(text)
        if match and _names_one_boundary(text, match):
            found.append(match.group(1) or match.group(2))
            continue
        odd = odd or not _is_2231_boundary(lowered)
        found.extend(value for key, value in parse_parameterised(raw).params if key == "boundary" and value)
        for piece in re.split(r"(?i)boundary", text)[1:20]:
            found.extend(_loose_values(piece))
    return [one for one in dict.fromkeys(found) if one and len(one) <= 998], odd


def _names_one_boundary(text: str, match: re.Match[str]) -> bool:
    """Whether every reader takes this one value. It may hold the word, as many programs write it (`_boundary_7`,
    `=_MIME_BOUNDARY_1`); not in a way that a reader who looks for the parameter would start there."""
    start, end = match.span(1) if match.group(1) else match.span(2)
    outside = text[:start] + text[end:]
    return outside.lower().count("boundary") == 1 and not _LIKE_A_PARAMETER.search(text[start:end])


def encodings(raws: list[bytes]) -> tuple[list[str], bool]:
    """Every transfer encoding that the fields may mean, likeliest first, and whether readers can disagree."""
    found: list[str] = []
    odd = len(raws) > 1 and len({_bare(raw) for raw in raws}) > 1
    for raw in raws:
        text = raw.decode("latin-1").strip()
        if _PLAIN_ENCODING.fullmatch(text):
            found.append(text.lower())
            continue
        odd = odd or bool(text)
        decoded = decode_words(text)
        found.extend(one.lower() for one in _ENCODING.findall(_COMMENT.sub("", decoded)))
        found.extend(one.lower() for one in _ENCODING.findall(decoded.replace("\x00", "")))
        found.append("7bit")
    return list(dict.fromkeys(found)) or ["7bit"], odd


def _bare(raw: bytes) -> bytes:
    return b"".join(raw.lower().split())


def _without_tail(media: str) -> str:
    """ "multipart/mixedmultipart" is a multipart/mixed that ran into its repetition."""
    return re.sub(r"(?<=[a-z])(?:multipart|text|application|message)$", "", media)


def _is_2231_boundary(lowered: str) -> bool:
    return re.search(r"boundary\*", lowered) is not None


def _loose_values(piece: str) -> list[str]:
    """What careless readers take for the boundary out of the text after the word."""
    value = re.sub(r"^[\s*0-9]*=", "", piece, count=1).lstrip()
    line = value.split("\n")[0]
    cut = [line, line.partition(";")[0], line.partition(",")[0], *line.split()[:1], line.partition("\x00")[0]]
    cut += line.split('"')[:4] + line.split(",")[:4] + line.split(";")[:4] + [_COMMENT.sub("", one) for one in cut]
    cut += [re.sub(r"\([^)]*$|^[^(]*\)", "", one) for one in cut] + [one.replace("\x00", "") for one in cut]
    cut += [one.strip().strip("\"'") for one in cut] + [one.strip() for one in cut]
    return [one for one in dict.fromkeys(cut) if one]
