"""Secrets in texts: private keys, access tokens of the common providers, and passwords said in words.

How many different ones of each class, and places for people to look at, in which the secret itself is masked. Values
are kept nowhere else. Cheap gates come first, since most mail has none; linear; never raises.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from mailguard.inspect import gates
from mailguard.inspect.content import Piece
from mailguard.inspect.secrets.passwords import told_passwords
from mailguard.inspect.secrets.shapes import ASSIGNED, SHAPES, Shape
from mailguard.mail.facts import Match

_MOST_VALUES = 10_000  # kept of each class, to tell them apart
_MOST_MATCHES = 20
_AROUND = 40
#: Signatures of so many characters are remembered: a sender's mails end alike.
_REMEMBERED = 1500
#: Words in which something generic is no secret but a place for one, a reference, or an example.
_PLACEHOLDER = re.compile(
    r"x{4,}|\*{3,}|\.{3,}|your|example|sample|dummy|change_?me|placeholder|redacted|insert|replace|todo|undefined|^(?:none|null|true|false)$"
    r"|^[$%<{]|^(?:process|os|env|settings|config|self|secrets?|vars?|local)\.|\{\{|\$\{",
    re.IGNORECASE,
)
_FILLED = re.compile(r"[xX]{8}|0{12}|\*{4}|\.{4}")
#: Classes whose shape alone says little: their value must look drawn by lot, and be named by no other class.
_GENERIC = frozenset({"assigned_secret", "bearer_token"})
_LOOSE = _GENERIC | {"password", "url_password"}
_LETTERS_OF_KEY = re.compile(r"[\s>]+|\\[nr]")
_LONE_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")
_LINK = re.compile(r"[?&/#%][\w.%-]*$")  # "https://x.example/unsubscribe?token=..." is no key to anything
#: Substrings of which a shape needs one, by the first sign in each that is no letter: most texts have few such signs.
_GATES: dict[str, list[tuple[str, Shape]]] = {}
for _shape in SHAPES:
    for _gate in _shape.gates:
        _GATES.setdefault(next((sign for sign in _gate if not sign.isalnum()), ""), []).append((_gate, _shape))


#: A gate that stands in any text, and what follows it where there is a secret.
_ANYWHERE = {".": r"[A-Za-z0-9_-]{6}\."}


def _any_of(sign: str, gates: list[str]) -> re.Pattern[str]:
    """A pattern for any of the substrings around their sign: it leaps from one such sign to the next."""
    cut = [gate.partition(sign) for gate in gates if gate not in _ANYWHERE]
    ways = [f"(?<={re.escape(before + sign)}){re.escape(after)}" for before, _, after in cut]
    ways += [_ANYWHERE[gate] for gate in gates if gate in _ANYWHERE]
    return re.compile(f"{re.escape(sign)}(?:{'|'.join(ways)})")


#: Signs that stand in every other text, behind few letters that matter.
_SIGNED = {
    sign: _any_of(sign, [gate for gate, _ in gates]) for sign, gates in _GATES.items() if len(gates) > 3 and sign
}
#: Gates without a sign, with the capitals and digits in them: without these, in order, there is no such gate.
_LETTERED = [("".join(re.findall("[A-Z0-9]", gate)), gate, shape) for gate, shape in _GATES.pop("")]
_NO_CAPITALS = bytes(one for one in range(256) if not chr(one).isalnum() or chr(one).islower() or one > 0x7F)
_RUN = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
_NEAR = 200
_JWK_REACH = 3000


def find_secrets(pieces: Iterable[Piece], opened: int = gates.ALL) -> tuple[dict[str, int], tuple[Match, ...]]:
    """How many different secrets of each class stand in the texts, and where: at most 20 places a class.

    opened: the gates of all texts.
    """
    if not opened & (gates.SECRET | gates.ASSIGNED | gates.PASSWORD):
        return {}, ()
    found: dict[str, set[str]] = {}
    matches: list[Match] = []
    taken: set[str] = set()
    for piece in pieces:
        if piece.role == "signature" and len(piece.text) <= _REMEMBERED and _has_none(piece.text):
            continue
        for name, value, start, end in _in_text(piece.text):
            known = found.setdefault(name, set())
            if value in known or len(known) >= _MOST_VALUES or (value in taken and name in _LOOSE):
                continue
            known.add(value)
            taken.add(value)
            if len(known) <= _MOST_MATCHES:
                matches.append(_match(name, piece, start, end))
    return {name: len(values) for name, values in found.items() if values}, tuple(matches)


def _worth(text: str) -> list[Shape]:
    """The shapes of which a text has what they need."""
    capitals = text.encode("ascii", "ignore").translate(None, _NO_CAPITALS).decode("ascii")
    worth = [shape for some, gate, shape in _LETTERED if some in capitals and gate in text]
    worth += [
        shape
        for sign, gates in _GATES.items()
        if sign in text and (sign not in _SIGNED or _SIGNED[sign].search(text))
        for gate, shape in gates
        if gate in text
    ]
    return worth


def _in_text(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Class, value for telling them apart, and place."""
    for shape in dict.fromkeys(_worth(text)):
        group = min(1, shape.pattern.groups)
        for match in shape.pattern.finditer(text):
            value = match.group(group)
            if _is_one(shape.name, value, text, match.start()):
                value = _LETTERS_OF_KEY.sub("", value) if shape.name == "private_key" else value
                yield shape.name, value, match.start(group), match.end(group)
            if shape.name == "aws_key":
                yield from _beside(text, match.start(), match.end())
    for start, end, value in told_passwords(text):
        yield "password", value, start, end


@functools.lru_cache(maxsize=512)
def _has_none(text: str) -> bool:
    return next(_in_text(text), None) is None


def _is_one(name: str, value: str, text: str, start: int) -> bool:
    """Whether what has the shape of a secret is one: no place for one, and with the company that its shape needs."""
    if name in _LOOSE:
        if name == "assigned_secret":
            named = ASSIGNED.search(text, max(0, start - 60), start)
            if named is None or _LINK.search(text, max(0, start - 60), named.start()):
                return False
        return _is_drawn(value, name)
    if name == "private_key":
        return value[:1] in "-PA" or '"kty"' in text[max(0, start - _JWK_REACH) : start + _JWK_REACH]
    return _FILLED.search(value) is None


def _beside(text: str, start: int, end: int) -> Iterator[tuple[str, str, int, int]]:
    """The secret half of an AWS key stands beside it, often without a word."""
    for match in _LONE_AWS_SECRET.finditer(text, max(0, start - _NEAR), end + _NEAR):
        value = match.group()
        if any(map(str.isdigit, value)) and any(map(str.islower, value)) and any(map(str.isupper, value)):
            yield "aws_secret", value, match.start(), match.end()


def _is_drawn(value: str, name: str) -> bool:
    """Whether a value is a secret rather than a word, a reference or an example."""
    if _PLACEHOLDER.search(value):
        return False
    if name == "url_password":
        return True
    kinds = sum(any(test(sign) for sign in value) for test in (str.isdigit, str.islower, str.isupper))
    return kinds >= 2 and any(map(str.isdigit, value)) and len(set(value)) >= 8


def _match(name: str, piece: Piece, start: int, end: int) -> Match:
    text = piece.text
    before = text[max(0, start - _AROUND) : start].rpartition("\n")[2]
    after = text[end : end + _AROUND].partition("\n")[0]
    masked = f"{text[start : start + min(4, (end - start) // 3)]}***"
    # Another secret may stand in the same line, the second half of a key for one.
    return Match(f"secret:{name}", piece.where, _RUN.sub("***", before), masked, _RUN.sub("***", after), masked)
