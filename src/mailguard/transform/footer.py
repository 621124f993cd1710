"""A text under the mail's own text: in the plain part and in the HTML part, once, in each one's charset and encoding.

Which parts: of a multipart/alternative every form, of a multipart/related its root, of anything else the last text.
The octets that are there stay. Only where a charset cannot say the footer is a plain text written anew, as UTF-8; HTML
never needs it, since it has character references. Sources: RFC 2045, RFC 2046, RFC 3676.
"""

from __future__ import annotations

import re

from mailguard.mail.alteration import Footer
from mailguard.mail.verdict import Because
from mailguard.transform.attachments import added_fields, texts_of, with_param
from mailguard.transform.charsets import JIS, alike, codec_of, decoded, encoded, in_ascii, is_japanese, joins
from mailguard.transform.edits import Edit, Step, Unalterable
from mailguard.transform.footer_html import block_of, body_end
from mailguard.transform.transfer import in_base64, in_quoted_printable, inserted, undone
from mailguard.transform.walk import Mail, Part

_KANA = re.compile("[\u3041-\u30ff]")
_QUOTE = re.compile(r"(?m)^[> ]*>.*$")
_NO_TEXT = Because("本文がないためフッターは付けませんでした", "no footer was added: the mail has no text of its own")


def footer(mail: Mail, alteration: Footer) -> Step:
    """Put the footer under the text. Raises Unalterable where the text could not stay what it is."""
    mail.require_sound()
    texts = _Texts(mail)
    parts = _last_texts(mail.root, {one.path for one in texts_of(mail)})
    if not parts:
        return Step(notes=[_NO_TEXT])
    lines = _lines(alteration, texts.japanese(parts))
    step = Step()
    for part in parts:
        edits = _html(mail, texts, part, lines) if part.media == "text/html" else _plain(mail, texts, part, lines)
        if edits:
            step.edits += edits
            step.tell(f"part {part.path or '1'} {part.media}", [], lines)
    return step


class _Texts:
    """The text parts of one mail, undone and decoded once each."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._contents: dict[str, bytes] = {}

    def content(self, part: Part) -> bytes:
        if part.path not in self._contents:
            self._contents[part.path] = undone(self._mail, part)
        return self._contents[part.path]

    def codec(self, part: Part) -> str | None:
        """What the text is in: by its label, or, where that says ASCII and is wrong, by what everybody guesses."""
        codec, content = codec_of(part.kind.get("charset")), self.content(part)
        if codec == "ascii" and b"\x1b$" in content and decoded(content, JIS) is not None:
            return JIS
        if codec == "ascii" and not content.isascii() and decoded(content, "utf-8") is not None:
            return "utf-8"
        return codec

    def text(self, part: Part) -> str | None:
        """The text, None if it is not what its label says: the label of UTF-16 over plain text among others."""
        codec, content = self.codec(part), self.content(part)
        if codec is not None and codec.startswith(("utf-16", "utf-32")) and b"\0" not in content:
            return None
        return decoded(content, codec)

    def japanese(self, parts: list[Part]) -> bool:
        return any(is_japanese(self.codec(one)) or _KANA.search(self.text(one) or "") for one in parts)


def _last_texts(part: Part, texts: set[str]) -> list[Part]:
    """The parts under whose text the footer belongs."""
    if not part.children:
        return [part] if part.path in texts and not part.is_multipart else []
    if part.media == "multipart/alternative":
        return [found for one in part.children for found in _last_texts(one, texts)]
    children = part.children[:1] if part.media == "multipart/related" else reversed(part.children)
    return next((found for one in children if (found := _last_texts(one, texts))), [])


def _lines(alteration: Footer, japanese: bool) -> list[str]:
    first, second = (alteration.ja, alteration.en) if japanese else (alteration.en, alteration.ja)
    return [line.rstrip() for line in (first.strip("\n") or second.strip("\n")).split("\n")]


def _plain(mail: Mail, texts: _Texts, part: Part, lines: list[str]) -> list[Edit]:
    text, content, codec = texts.text(part), texts.content(part), texts.codec(part)
    # What is quoted from an answered mail is not this mail's footer.
    own = _QUOTE.sub("", content.decode("latin-1") if text is None else text)
    if _flat("\n".join(lines)) in _flat(own):
        return []
    if codec == JIS and not in_ascii(content, len(content)):
        raise _unreadable()
    addition = _set_off(part, content, lines)
    octets = encoded(addition, codec or "ascii") if codec is None or joins(codec) else None
    if octets is not None and _carries(part, octets, content):
        return [inserted(mail, part, content, len(content), octets.replace(b"\n", mail.eol))]
    if text is None:
        raise _unreadable()
    return _anew(mail, part, text + addition)


def _set_off(part: Part, content: bytes, lines: list[str]) -> str:
    """The footer as it follows the text: an empty line between; one more ends a last line that is open or flows."""
    flowed = part.kind.get("format").lower() == "flowed"
    if flowed:  # RFC 3676 section 4.4
        lines = [f" {one}" if one.startswith((" ", ">", "From ")) else one for one in lines]
    open_line = bool(content) and not content.endswith(b"\n")
    flows = flowed and content.rstrip(b"\r\n").endswith(b" ")
    return "\n".join(["" for _ in range(bool(content) + open_line + flows)] + [*lines, ""])


def _carries(part: Part, addition: bytes, content: bytes) -> bool:
    """Whether a transfer encoding takes octets: seven bits only ASCII, but where the text broke that already."""
    return part.encoding != "7bit" or addition.isascii() or not content.isascii()


def _html(mail: Mail, texts: _Texts, part: Part, lines: list[str]) -> list[Edit]:
    block = block_of(lines)
    content = texts.content(part)
    codec = texts.codec(part)
    addition = "\n" + block + "\n"
    if codec is None or joins(codec):
        if block.encode() in content.replace(b"\r\n", b"\n"):
            return []
        place = body_end(content, codec)
        return [inserted(mail, part, content, place, addition.encode("ascii").replace(b"\n", mail.eol))]
    text = texts.text(part)
    if text is None:
        raise _unreadable()
    as_utf8 = text.encode("utf-8", "replace")
    if block.encode() in as_utf8.replace(b"\r\n", b"\n"):
        return []
    place = body_end(as_utf8, "utf-8")
    whole = as_utf8[:place] + addition.encode("ascii") + as_utf8[place:]
    return _anew(mail, part, whole.decode("utf-8"))


def _anew(mail: Mail, part: Part, text: str) -> list[Edit]:
    """A text part written as UTF-8: charset and transfer encoding in its header, and the body."""
    flat = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\n", mail.eol.decode())
    octets = flat.encode("utf-8", "replace")
    mostly_ascii = len(octets) - len(flat) < len(flat) / 6
    way = "quoted-printable" if mostly_ascii and b"\r" not in octets.replace(b"\r\n", b"") else "base64"
    body = in_quoted_printable(octets, mail.eol) if way == "quoted-printable" else in_base64(octets, mail.eol)
    edits = [Edit(part.body, part.end, body)]
    new: list[bytes] = []
    types, ways = part.named("content-type"), part.named("content-transfer-encoding")
    if types:
        edits.append(with_param(mail, types[0], "charset", "utf-8"))
    else:
        new.append(b"Content-Type: text/plain; charset=utf-8" + mail.eol)
    if ways:
        raw = ways[0].raw(mail.octets)
        start = ways[0].value + len(raw) - len(raw.lstrip())
        edits.append(Edit(start, ways[0].stop(mail.octets), way.encode()))
    else:
        new.append(f"Content-Transfer-Encoding: {way}".encode() + mail.eol)
    if new and part.path:
        edits.append(Edit(part.block, part.block, b"".join(new)))
    elif new:
        edits += added_fields(mail, new)
    return edits


def _unreadable() -> Unalterable:
    return Unalterable(
        "本文の文字コードが宣言と一致しないためフッターを付けられません",
        "the text is not in the charset that it declares, so no footer can be added",
    )


def _flat(text: str) -> str:
    """The lines that hold something, each with its line ends, so that only whole lines are found in it."""
    return "\n".join(["", *(" ".join(line.split()) for line in alike(text).splitlines() if line.strip()), ""])
