"""The border of `history replay` and of JSON archives: a line of text in, a typed line out (contract section 6).

It trusts nothing: a line is bounded, its JSON may be anything, and whatever is not understood is a LineError that says
what to write instead. Keys that it does not know are left alone: they may come with a newer version. Pure, and light to
import: a replay starts at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Literal, NoReturn

from mailguard.insight.words import File, Letter
from mailguard.mail.saying import Sentence
from mailguard.mail.values import value

#: Octets of one line; a mail's text is rarely a thousandth of it.
LINE_MOST = 8 * 2**20
#: Recipients of one mail, names, references and files; characters of an address or name, and of a line of header.
RECIPIENTS_MOST, ADDRESS_MOST, HEADER_MOST = 10_000, 1000, 100_000
_NAMES_MOST, _REFERENCES_MOST, _FILES_MOST = 10_000, 1000, 1000
#: The years 1 to 9999, in seconds since 1970.
_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0
#: What Windows programs put before UTF-8.
_BOM = b"\xef\xbb\xbf"
#: What of a wrong value an error shows.
_SHOWN = 40


_DEEP = Sentence(
    "JSON の入れ子が深すぎます。1行に平らなオブジェクトを1つ書いてください。",
    "JSON too deep; write one flat object a line",
)
_LONG_NUMBER = Sentence(
    "JSON ではありません(数が長すぎます)。1行に1つのオブジェクトを書いてください。",
    "no JSON: a number is too long; write one object a line",
)
_NO_FROM = Sentence(
    'message.from がありません。"from": "ann@corp.example" のように書いてください。',
    'message.from is missing; write "from": "ann@corp.example"',
)


class LineError(ValueError):
    """A line that is not understood: what is wrong, and what to write, in one line for people."""


@value(frozen=True, slots=True)
class Line:
    """op: what to do with the letter. id: what a score is answered to, as it came in. inbound: not from the house.

    key: what the mail is called where it comes from, "" if nothing; the same mail has the same key.
    """

    op: Literal["learn", "score"]
    letter: Letter
    id: str | int = ""
    inbound: bool = False
    key: str = ""


def lines_of(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The number of each line from 1, and its octets; of one that is too long, a little more than may be."""
    number = 0
    while line := source.readline(LINE_MOST + 1):
        number += 1
        if len(line) > LINE_MOST and not line.endswith(b"\n"):
            while (rest := source.readline(LINE_MOST)) and not rest.endswith(b"\n"):
                pass
        if number == 1:
            line = line.removeprefix(_BOM)
        if not line.isspace():
            yield number, line


def read_line(raw: bytes) -> Line:
    """A line of the replay, `{"op": ..., "message": M}`. Raises LineError."""
    said = _object(raw)
    op = said.get("op")
    if op != "learn" and op != "score":
        _wrong("op", op, Sentence('"learn" か "score"', '"learn" or "score"'))
    message = said.get("message")
    if not isinstance(message, dict):
        _wrong("message", message, Sentence("オブジェクト", "an object"))
    letter, inbound, key = _letter(message)
    identity = said.get("id", key) if op == "score" else ""
    if not isinstance(identity, str | int) or isinstance(identity, bool) or (op == "score" and identity == ""):
        _wrong(
            "id",
            identity,
            Sentence("文字列か数値(応答でそのまま返します)", "a text or a number, which the answer repeats"),
        )
    return Line(op, letter, identity, inbound, key)


def read_message(raw: bytes) -> Line:
    """A line of an archive: M alone, or a line of the replay, whose op is left aside. Raises LineError."""
    said = _object(raw)
    message = said.get("message", said)
    if not isinstance(message, dict):
        _wrong("message", message, Sentence("オブジェクト", "an object"))
    letter, inbound, key = _letter(message)
    return Line("score" if said.get("op") == "score" else "learn", letter, "", inbound, key)


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > LINE_MOST:
        long = Sentence(
            "{most} MiB を超えています。メールを除くか、本文を短くしてください。",
            "longer than {most} MiB; leave the mail out, or cut its body",
            most=LINE_MOST // 2**20,
        )
        raise LineError(long)
    try:
        text = raw.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        octet = Sentence(
            "{n} バイト目が UTF-8 ではありません。UTF-8 の JSON で書いてください。",
            "octet {n} is no UTF-8; write JSON in UTF-8",
            n=error.start + 1,
        )
        raise LineError(octet) from None
    try:
        said = json.loads(text)
    except json.JSONDecodeError as error:
        why = f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos + 1}"
        wrong = Sentence(
            "JSON ではありません({why})。1行に1つのオブジェクトを書いてください。",
            "no JSON: {why}; write one object a line",
            why=why,
        )
        raise LineError(wrong) from None
    except RecursionError:
        raise LineError(_DEEP) from None
    except ValueError:  # a number of thousands of figures
        raise LineError(_LONG_NUMBER) from None
    if not isinstance(said, dict):
        _wrong(
            Sentence("この行の JSON", "the line"),
            said,
            Sentence("op と message のあるオブジェクト", "an object with op and message"),
        )
    if "\\u" not in text:
        return said
    return {_whole(key): _whole(one) for key, one in said.items()}


def _whole(said: Any) -> Any:
    """The same without halves of surrogate pairs, which JSON can write and no text has."""
    if isinstance(said, str):
        return said if said.isascii() else said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(said, list):
        return [_whole(one) for one in said]
    if isinstance(said, dict):
        return {_whole(key): _whole(one) for key, one in said.items()}
    return said


def _letter(said: dict[str, Any]) -> tuple[Letter, bool, str]:
    """The letter of M, whether it came in, and what it is called."""
    direction = said.get("direction")
    if direction not in (None, "in", "out"):
        _wrong("message.direction", direction, Sentence('"in" か "out"', '"in" or "out"'))
    if "from" not in said:
        raise LineError(_NO_FROM)
    to, cc, bcc = (_addresses(said.get(name), name) for name in ("to", "cc", "bcc"))
    if len(to) + len(cc) + len(bcc) > RECIPIENTS_MOST:
        many = Sentence(
            "message の宛先が {n:,} 件を超えています。除いてください。",
            "message has more than {n:,} recipients; leave it out",
            n=RECIPIENTS_MOST,
        )
        raise LineError(many)
    message_id = _text(said.get("message_id"), "message_id", HEADER_MOST)
    letter = Letter(
        at=_date(said.get("date")),
        sender=_address(said["from"] or "", "from"),
        to=to,
        cc=cc,
        bcc=bcc,
        sender_name=_text(said.get("from_name"), "from_name", HEADER_MOST),
        names=_names(said["names"]) if "names" in said else {},
        subject=_text(said.get("subject"), "subject", HEADER_MOST),
        body=_text(said.get("body"), "body", LINE_MOST),
        message_id=message_id,
        in_reply_to=_text(said.get("in_reply_to"), "in_reply_to", HEADER_MOST),
        references=_references(said["references"]) if "references" in said else (),
        files=_files(said["files"]) if "files" in said else (),
    )
    key = said.get("id")
    return letter, direction == "in", message_id or (str(key) if isinstance(key, str | int) else "")


def _addresses(said: Any, name: str) -> tuple[str, ...]:
    if not said and said in (None, []):
        return ()
    if not isinstance(said, list):
        _wrong(f"message.{name}", said, Sentence("アドレスのリスト", "a list of addresses"))
    return tuple([_address(one, name) for one in said])


def _address(said: Any, name: str) -> str:
    """An address as it is spelled; what is none by the grammar stands in many archives and is a recipient, too."""
    if type(said) is not str or len(said) > ADDRESS_MOST or "<" in said or not said.isprintable():
        _wrong(
            f"message.{name}", said, Sentence("local@domain(名前は付けない)", "local@domain, with no name beside it")
        )
    if not said and name != "from":
        _wrong(f"message.{name}", said, "local@domain")
    return said


def _date(said: Any) -> float:
    """Unix seconds or ISO 8601; without a zone it is UTC."""
    try:
        if type(said) in (int, float):
            at = float(said)
        elif isinstance(said, str):
            moment = datetime.fromisoformat(said)
            at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        else:
            at = math.nan
    except (ValueError, OverflowError):
        at = math.nan
    if not _FIRST <= at <= _LAST:
        _wrong(
            "message.date",
            said,
            Sentence("UNIX 時刻(秒)か 2026-11-26T10:00:00+09:00", "unix seconds, or 2026-11-26T10:00:00+09:00"),
        )
    return at


def _text(said: Any, name: str, most: int) -> str:
    if said is None:
        return ""
    if not isinstance(said, str):
        _wrong(f"message.{name}", said, Sentence("文字列", "a text"))
    return said[:most]


def _names(said: Any) -> Mapping[str, str]:
    if not isinstance(said, dict) or len(said) > _NAMES_MOST or not all(isinstance(one, str) for one in said.values()):
        _wrong("message.names", said, Sentence("アドレスごとの名前のオブジェクト", "an object of names by address"))
    return {address: name[:ADDRESS_MOST] for address, name in said.items()}


def _references(said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        _wrong("message.references", said, Sentence("Message-ID のリスト", "a list of Message-IDs"))
    return tuple([one[:HEADER_MOST] for one in said[-_REFERENCES_MOST:]])


def _files(said: Any) -> tuple[File, ...]:
    if not isinstance(said, list) or len(said) > _FILES_MOST:
        _wrong(
            "message.files",
            said,
            Sentence("sha256 と name のあるオブジェクトのリスト", "a list of objects with sha256 and name"),
        )
    return tuple([_file(one) for one in said])


def _file(said: Any) -> File:
    digest, name = (said.get("sha256"), said.get("name", "")) if isinstance(said, dict) else (None, None)
    if not isinstance(digest, str) or not isinstance(name, str) or len(digest) != 64:
        _wrong(
            "message.files",
            said,
            Sentence(
                "sha256(16進数64桁)と name のあるオブジェクト", "objects with sha256 (64 figures in hex) and name"
            ),
        )
    return File(digest.lower(), name[:ADDRESS_MOST])


def _wrong(what: str, said: Any, wanted: str) -> NoReturn:
    """Raise the error. A value of unknown size is shown by its beginning, and in ASCII: the terminal obeys nothing."""
    if said is None:
        shown = Sentence("がありません", "is missing")
    elif isinstance(said, list):
        shown = Sentence("がリストです", "is a list")
    elif isinstance(said, dict):
        shown = Sentence("がオブジェクトです", "is an object")
    else:
        shown = Sentence("が {value} です", "is {value}", value=ascii(said)[:_SHOWN])
    wrong = Sentence(
        "{what} {shown}。次のように書いてください: {wanted}", "{what} {shown}; write {wanted}",
        what=what, shown=shown, wanted=wanted,
    )  # fmt: skip
    raise LineError(wrong)
