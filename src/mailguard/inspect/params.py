"""Content-Type, Content-Disposition and Content-Transfer-Encoding, with every reading of them that some client has.

Where a field follows the grammar (RFC 2045 section 5.1, RFC 2183, RFC 2231) there is one reading. Where it does not
there are several, and whoever asks gets them all and is told. Parameters of RFC 2231 (charset, continuations in any
order) and encoded words in parameters (Outlook: forbidden and usual) are decoded. Linear: 20,000 continuations cost
what they weigh.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailguard.inspect.charset import decode, tidy
from mailguard.inspect.words import decode_words

_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_MEDIA_ANYWHERE = re.compile(r"(?i)(multipart|text|message|application|image|audio|video)/([A-Za-z0-9.+-]+)")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,9}))?(\*)?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_ENCODING = re.compile(r"(?i)base64|quoted-printable|x-uuencode|uuencode|x-uue|7bit|8bit|binary")
_PLAIN_ENCODING = re.compile(r"[A-Za-z0-9-]+")
_CLEAN_BOUNDARY = re.compile(
    r"""(?i)(?:[^"]|"[^"\\]*")*?;\s*boundary\s*=\s*(?:"([^"\\\x00-\x1f]*[^"\\\x00-\x20])"|([^\s;,"'()\\\x00]+))\s*(?:;.*)?""",
    re.DOTALL,
)

_LIKE_A_PARAMETER = re.compile(r"(?i)boundary[\s*\d]*[=:;]")


@dataclass(frozen=True, slots=True)
class Parameterised:
    """value: the part before the first ";", lower case; params: decoded values by lower-case name, all kept."""

    value: str
    params: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The first value of a parameter, "" if there is none. `name` means `name*` (RFC 2231) first."""
        return next((value for key, value in self.params if key == name), "")

    def every(self, name: str) -> list[str]:
        """All different values of a parameter."""
        return list(dict.fromkeys(value for key, value in self.params if key == name))


def parse_parameterised(raw: bytes) -> Parameterised:
    """An unfolded field value to its parts. Never raises."""
    text = raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw else decode(raw).text
    if text.lstrip().startswith("=?"):  # seen in the wild: the whole value as one encoded word
        text = decode_words(text)
    head, _, _ = text.partition(";")
    return Parameterised(_COMMENT.sub("", head).strip().lower(), _decoded(_scan(text, len(head))))


def media_types(raws: list[bytes]) -> tuple[list[str], bool]:
    """Every media type that the Content-Type fields may mean, in order, and whether readers can disagree."""
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
    odd = len({_bare(raw) for raw in raws}) > 1
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


def _scan(text: str, position: int) -> list[tuple[str, str, bool]]:
    """Name, value and whether it was quoted, of each parameter from the first ";" on."""
    params: list[tuple[str, str, bool]] = []
    equals = 0
    while 0 <= position < len(text):
        position += 1  # the ";"
        equals = equals if equals >= position else text.find("=", position)
        semicolon = text.find(";", position)
        if equals < 0:
            break
        if 0 <= semicolon < equals:
            position = semicolon
            continue
        name = _COMMENT.sub("", text[position:equals]).strip().lower()
        start = equals + 1
        while start < len(text) and text[start] in " \t\r\n":
            start += 1
        quoted = _QUOTED.match(text, start) if text[start : start + 1] == '"' else None
        if quoted:
            value, position = _unescaped(quoted.group(1)), text.find(";", quoted.end())
        else:
            position = text.find(";", start)
            value = text[start : position if position >= 0 else len(text)].strip().lstrip('"')
        if name:
            params.append((name, value, quoted is not None))
    return params


def _unescaped(value: str) -> str:
    # A Windows path written by a careless client has backslashes that escape nothing: those stay.
    return re.sub(r'\\(["\\])', r"\1", value) if "\\" in value else value


def _decoded(scanned: list[tuple[str, str, bool]]) -> tuple[tuple[str, str], ...]:
    """Sections joined (RFC 2231 section 3), charsets and encoded words decoded. `name*` comes before `name`."""
    plain: list[tuple[str, str]] = []
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value, _ in scanned:
        match = _SECTION.fullmatch(name)
        if match is None or (match[2] is None and match[3] is None):
            plain.append((name, tidy(decode_words(value)).strip() if "=?" in value else tidy(value)))
        else:
            sections.setdefault(match[1], {}).setdefault(int(match[2] or 0), (value, match[3] is not None))
    extended = [(name, _joined(parts)) for name, parts in sections.items()]
    return tuple(extended + plain)


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    octets: list[bytes] = []
    for number, (_, (value, is_extended)) in enumerate(sorted(parts.items())):
        if is_extended and number == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "surrogatepass")
        octets.append(unquote_to_bytes(raw) if is_extended or (charset and "%" in value) else raw)
    joined = b"".join(octets)
    text = decode(joined, charset).text
    return tidy(decode_words(text) if "=?" in text else text)


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
