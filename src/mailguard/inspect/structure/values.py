"""A parameterised field (Content-Type, Content-Disposition) to its value and its parameters, decoded, in every reading.

RFC 2045 section 5.1 and RFC 2183 give the grammar, RFC 2231 charsets and continuations. Real clients forget quotes and
semicolons, put encoded words into parameters (Outlook: forbidden and usual), raw octets of any charset, sections out of
order. Where readers differ on a value, each of its readings is kept under the name, the likeliest first. Linear; never
raises. NUL stands in values as U+0001, so that whoever looks at a name can see that it was there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailguard.inspect.chars.charset import decode, tidy
from mailguard.inspect.chars.guess import strict
from mailguard.inspect.chars.labels import codec_of
from mailguard.inspect.chars.words import read_words

#: What stands for NUL in a value.
NUL = "\x01"
_REMEMBERED = 200
_COMMENT = re.compile(r"\([^()]*\)")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,9}))?(\*)?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r"[ \t\r\n]*([^\s;,=\"]+)(?![^\s;,])")
#: A parameter that begins without a semicolon before it: one that is known, or any behind a closing quote.
_KNOWN = re.compile(
    r"(?i)(?<![ \t\r\n,])[ \t\r\n,]+(?=(?:(?:file)?name|charset|size|boundary|format|delsp|type|method"
    r"|(?:creation|modification|read)-date|x-[\w-]{1,40})(?:\*\d{0,9})?\*?[ \t]*=)"
)
_ANY = re.compile(r"[ \t\r\n,]*(?=[\w-]{1,60}(?:\*\d{0,9})?\*?[ \t]*=(?!\?))")
#: A backslash that a mailer wrote twice in octets of Shift_JIS, where it is half of a character (0x5C in 予).
_DOUBLED = re.compile(rb"([\x81-\x9f\xe0-\xfc])\\\\")
_EXTENDED = re.compile(r"([\w.:-]{2,40})'([\w-]{0,20})'(.*%[0-9A-Fa-f]{2}.*)", re.DOTALL)


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
    return _remembered(raw) if len(raw) <= _REMEMBERED else _parse(raw)


@functools.lru_cache(maxsize=512)
def _remembered(raw: bytes) -> Parameterised:
    """Few values stand in most mail: "text/plain; charset=utf-8"."""
    return _parse(raw)


def _parse(raw: bytes) -> Parameterised:
    doubled = b"\\\\" in raw and strict(raw, "utf-8") is None and _DOUBLED.search(raw) is not None
    reading = decode((_DOUBLED.sub(rb"\1\\", raw) if doubled else raw).replace(b"\x00", NUL.encode()))
    first = _parsed(reading.text)
    if not reading.second or doubled:  # escaped halves of characters are Shift_JIS and nothing else
        return first
    second = _parsed(reading.second)
    return Parameterised(first.value, tuple(dict.fromkeys([*first.params, *second.params])))


def _parsed(text: str) -> Parameterised:
    if text.lstrip().startswith("=?"):  # seen in the wild: the whole value as one encoded word
        text = read_words(text).text
    semicolon = text.find(";")
    start = semicolon if semicolon >= 0 else len(text)
    value = _COMMENT.sub("", text[:start]).strip()
    if "=" in value:  # "attachment filename=x": no semicolon; "filename=x": no value
        token = _TOKEN.match(text)
        value, start = (token[1], token.end()) if token else ("", -1)
    params = _decoded(_scan(text, start))
    if "=?" in text and not any(name in ("filename", "name") for name, _ in params):
        params = _decoded(_scan(whole, whole.find(";"))) if (whole := read_words(text).text) != text else params
    return Parameterised(value.lower(), params)


def _scan(text: str, position: int) -> Iterator[tuple[str, str]]:
    """Name and value of each parameter from the separator at position on; a doubtful value in all its readings."""
    equals = semicolon = -1
    while position < len(text):
        position += 1  # the separator
        equals = equals if equals >= position else text.find("=", position)
        if equals < 0:
            return
        if not position <= semicolon:
            semicolon = _or_end(text, text.find(";", position))
        if semicolon < equals:
            position = semicolon
            continue
        name = re.split(r"[\s,]+", _COMMENT.sub("", text[position:equals]).strip().lower())[-1]
        start = _SPACE.match(text, equals + 1).end()  # type: ignore[union-attr]
        quoted = _QUOTED.match(text, start) if text[start : start + 1] == '"' else None
        values, position = _quoted_values(text, quoted) if quoted else _bare_values(text, start, name)
        for value in values if name else ():
            yield name, value


def _quoted_values(text: str, quoted: re.Match[str]) -> tuple[list[str], int]:
    """The readings of a quoted value, and where the next separator stands."""
    value, after = _unescaped(quoted[1]), quoted.end()
    # By the grammar every backslash only escapes (RFC 5322 section 3.2.4); on Windows it parts folders.
    strict = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL) if "\\" in value else value
    end = _or_end(text, text.find(";", after))
    tail = text[after:end].strip()
    if not tail or _COMMENT.fullmatch(tail):
        return [value] if strict == value else [value, strict], end
    following = _ANY.match(text, after)
    if following:  # the next parameter begins without a semicolon
        return [value], following.end() - 1
    # Quotes inside that were not escaped: one reader stops at the first, another goes on to the last.
    whole = text[quoted.start() + 1 : end].rstrip().removesuffix('"')
    if "=?" in whole:  # each encoded word in its own quotes
        return [whole.replace('"', "")], end
    return [_unescaped(whole), value], end


def _bare_values(text: str, start: int, name: str) -> tuple[list[str], int]:
    """The readings of a value without (closed) quotes, and where the next separator stands."""
    end = _or_end(text, text.find(";", start))
    following = _KNOWN.search(text, start, end + 1)
    if following and following.start() > start:
        return [_unquoted(text[start : following.start()], name)], following.end() - 1
    short = long = end
    while long < len(text):  # a semicolon that no parameter follows belongs to the name
        behind = _or_end(text, text.find(";", long + 1))
        piece = text[long + 1 : behind]
        if "=" in piece or not piece.strip():
            break
        long = behind
    values = [_unquoted(text[start:long], name), _unquoted(text[start:short], name)]
    return list(dict.fromkeys(values)), long


def _unquoted(value: str, name: str) -> str:
    value = value.strip()
    if value.startswith('"') or value.count('"') == 1:
        value = value.strip('"')
    if len(value) > 2 and value[0] == value[-1] == "'" and not name.endswith("*"):  # quoted as a shell would
        return value[1:-1]
    return value


def _or_end(text: str, position: int) -> int:
    return position if position >= 0 else len(text)


def _unescaped(value: str) -> str:
    # A Windows path written by a careless client has backslashes that escape nothing: those stay.
    return re.sub(r'\\(["\\])', r"\1", value) if "\\" in value else value


@dataclass(frozen=True, slots=True)
class _Piece:
    """One section of a parameter (RFC 2231 section 3). extended: it has escapes of "%"."""

    value: str
    extended: bool


def _decoded(scanned: Iterator[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Sections joined, charsets and encoded words decoded: `name*` before `name*0` before `name`."""
    plain: list[tuple[str, str]] = []
    single: list[tuple[str, str]] = []
    sections: dict[str, dict[int, list[_Piece]]] = {}
    for name, value in scanned:
        match = _SECTION.fullmatch(name)
        if match is None or (match[2] is None and match[3] is None):
            plain.extend((name, one) for one in _plain(value))
        elif match[2] is None:
            single.extend((match[1], one) for one in _joined([_Piece(value, True)]))
        else:
            pieces = sections.setdefault(match[1], {}).setdefault(int(match[2]), [])
            pieces.append(_Piece(value, match[3] is not None))
    continued = [(name, one) for name, parts in sections.items() for one in _continued(parts)]
    return tuple(dict.fromkeys([*single, *continued, *plain]))


def _plain(value: str) -> list[str]:
    """The readings of a parameter without "*"."""
    extended = _EXTENDED.fullmatch(value) if "%" in value else None
    if extended and codec_of(extended[1]):  # an extended value, and the "*" was forgotten
        return _joined([_Piece(value, True)])
    if "=?" not in value:
        return [_tidied(value)]
    reading = read_words(value)
    return [_tidied(one).strip() for one in (reading.text, reading.second) if one]


def _continued(parts: dict[int, list[_Piece]]) -> list[str]:
    """The readings of a parameter in sections. Readers differ where a number is missing or stands twice."""
    numbers = sorted(parts)
    readings = _joined([parts[number][0] for number in numbers])
    upto = next((index for index, number in enumerate(numbers) if number != numbers[0] + index), len(numbers))
    if upto < len(numbers):
        readings += _joined([parts[number][0] for number in numbers[:upto]])
    if any(len(parts[number]) > 1 for number in numbers):
        readings += _joined([parts[number][-1] for number in numbers])
    return readings


def _joined(pieces: list[_Piece]) -> list[str]:
    charset = ""
    octets: list[bytes] = []
    cut = b""  # an escape that began in the section before: most readers join the sections first
    for number, piece in enumerate(pieces):
        value = piece.value
        if piece.extended and number == 0:
            charset, value = _charset(value)
        elif piece.extended and charset and value.lower().startswith(f"{charset.lower()}'"):
            value = _charset(value)[1]  # some clients repeat it in every section
        raw = cut + value.encode("utf-8", "surrogatepass")
        raw, cut = _whole_escapes(raw) if piece.extended else (raw, b"")
        octets.append(unquote_to_bytes(raw) if piece.extended or (charset and "%" in value) else raw)
    whole = b"".join((*octets, cut))
    if not (codec_of(charset) or "").startswith(("utf-16", "utf-32")):
        whole = whole.replace(b"\x00", NUL.encode())
    reading = decode(whole, charset)
    texts = (read_words(reading.text).text if "=?" in reading.text else reading.text, reading.second)
    return [_tidied(text) for text in texts if text]


def _whole_escapes(raw: bytes) -> tuple[bytes, bytes]:
    """A section without the escape that it cuts off at its end, and that."""
    begins = raw.rfind(b"%", max(0, len(raw) - 2))
    return (raw[:begins], raw[begins:]) if begins >= 0 else (raw, b"")


def _charset(value: str) -> tuple[str, str]:
    """Charset and the rest of an extended value; some leave out the language with its quote, some everything."""
    if value.count("'") >= 2:
        charset, _, rest = value.split("'", 2)
        return charset.strip('" '), rest
    charset, quote, rest = value.partition("'")
    return (charset, rest) if quote and codec_of(charset) else ("", value)


def _tidied(value: str) -> str:
    return tidy(value.replace("\t", " "))
