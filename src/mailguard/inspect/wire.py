"""What parent and reading worker say to each other over pipes: frames of JSON, and octets behind them.

A frame is four octets of length, big-endian, and so many octets. An answer is a frame of JSON, the number of long texts
and a frame for each of them: decoding millions of characters inside JSON would hold the interpreter, and with it the
event loop, for as long. The parent trusts nothing in an answer but its lengths, and those only up to a limit: a worker
that read a hostile mail may say anything, and what it says must not fill the parent's memory either.
"""

from __future__ import annotations

import codecs
import json
import struct
from dataclasses import asdict
from typing import Any

from mailguard.inspect.limits import ReadingLimits
from mailguard.mail.message import Body

#: No answer is longer: the texts of a mail at their limits, as JSON.
LONGEST_ANSWER = 128 * 2**20
#: Texts of more characters travel in frames of their own; what is left has its limits, in octets and in values.
_LONG = 4 * 1024
LONGEST_HEAD = 32 * 2**20
MOST_TEXTS = LONGEST_ANSWER // _LONG
_MOST_VALUES = 3_000_000
_CHUNK = 128 * 1024
_LENGTH = struct.Struct(">I")
HEAD = _LENGTH.size
NO_TEXTS = _LENGTH.pack(0)
#: What a worker says first, once its walls stand.
READY = b"ready"


def question_of(body: Body) -> bytes:
    """Read this mail: `size` octets that follow, or come by a descriptor (`sheet`), or the file at `path`; key: it is
    sealed with it (hexadecimal).
    """
    path = None if body.in_memory is not None else str(body.path)
    key = None if body.key is None else body.key.hex()
    return frame(json.dumps({"path": path, "size": body.size, "key": key, "sheet": body.sheet is not None}).encode())


def frame(payload: bytes) -> bytes:
    """A payload with its length in front."""
    return _LENGTH.pack(len(payload)) + payload


def length_of(head: bytes) -> int:
    """The length that a frame's head announces."""
    return int(_LENGTH.unpack(head)[0])


def answer_of(obj: dict[str, Any]) -> list[bytes]:
    """An object to the octets of an answer."""
    texts: list[bytes] = []
    said = json.dumps(obj, ensure_ascii=False)
    if len(said) > _LONG:  # else none of its texts can be long
        said = json.dumps(_without_long(obj, texts), ensure_ascii=False)
    head = said.encode("utf-8", "replace")
    return [frame(head), _LENGTH.pack(len(texts)), *(frame(text) for text in texts)]


def said_in(head: bytes, texts: list[bytes]) -> Any:
    """An answer's object. Takes as long as the texts are: call it in a thread. Raises ValueError."""
    if sum(map(head.count, b",[{")) > _MOST_VALUES:
        raise ValueError("too many values")
    text = head.decode("utf-8", "replace")
    obj = json.loads(text)
    if not texts and "\\u" not in text:  # no text to be put in; NUL and halves of characters come as escapes only
        return obj
    return _with_long(obj, [_decoded(text) for text in texts])


def limits_to_json(limits: ReadingLimits) -> dict[str, Any]:
    """Limits for the first frame."""
    return asdict(limits)


def limits_from_json(obj: dict[str, Any]) -> ReadingLimits:
    """Limits out of the first frame."""
    return ReadingLimits(**obj)


def _without_long(obj: Any, texts: list[bytes]) -> Any:
    """The object with its long texts moved out; an object of one key stands where each was."""
    if isinstance(obj, dict):
        return {key: _without_long(value, texts) for key, value in obj.items()}
    if isinstance(obj, list):
        return [_without_long(value, texts) for value in obj]
    if isinstance(obj, str) and len(obj) > _LONG:
        texts.append(obj.encode("utf-8", "replace"))
        return {"long text": len(texts) - 1}
    return obj


def _with_long(obj: Any, texts: list[str]) -> Any:
    if isinstance(obj, dict):
        number = obj.get("long text")
        if isinstance(number, int) and 0 <= number < len(texts):
            text, texts[number] = texts[number], ""  # each once: a thousand files that share one text would be a bomb
            return text
        return {_with_long(key, texts): _with_long(value, texts) for key, value in obj.items()}
    if isinstance(obj, list):
        return [_with_long(value, texts) for value in obj]
    if isinstance(obj, str) and ("\0" in obj or not obj.isascii()):  # what no ledger takes
        return obj.replace("\0", "").encode("utf-8", "replace").decode()
    return obj


def _decoded(octets: bytes) -> str:
    """Piece by piece: in between other threads get their turn."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces = [decoder.decode(octets[at : at + _CHUNK]) for at in range(0, len(octets), _CHUNK)]
    return "".join([*pieces, decoder.decode(b"", final=True)]).replace("\0", "")
