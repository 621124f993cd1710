"""The mails of the benches: a short letter in Japanese or English, a letter with a picture or a Word file.

Each is made the same way every time, with CRLF, without the header fields that name sender, recipient and id: whoever
sends it puts those in front.
"""

from __future__ import annotations

import base64
import io
import random
import zipfile

_LINE = "Dear colleagues, this is a line of an ordinary letter with some words in it.\r\n"
_JAPANESE = "お世話になっております。添付の件、ご確認のほどよろしくお願いいたします。\r\n"
_MIME = b"MIME-Version: 1.0\r\n"
_PARTS = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'


def _lines(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def letter(size: int) -> bytes:
    """English plain text of about so many octets."""
    text = _LINE * max(1, (size - 250) // len(_LINE))
    return _MIME + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()


def japanese_letter(size: int) -> bytes:
    """Japanese text in base64, as most clients send it, of about so many octets."""
    text = (_JAPANESE * (size // 100)).encode()[: (size - 450) * 57 // 78].decode("utf-8", "ignore")
    fields = b"Subject: =?utf-8?B?6KaL56mN5pu444Gu5Lu2?=\r\nContent-Type: text/plain; charset=utf-8\r\n"
    return _MIME + fields + b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(text.encode())


def _with_file(name: bytes, kind: bytes, octets: bytes) -> bytes:
    head = b"--b\r\nContent-Type: %b\r\nContent-Disposition: attachment; filename=%b\r\n" % (kind, name)
    text = _PARTS + _LINE.encode() * 5
    return _MIME + text + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(octets) + b"--b--\r\n"


def with_picture(size: int) -> bytes:
    """A letter with one file that nothing can be read in; base64 in lines of 76 makes 78 octets of 57."""
    return _with_file(b"photo.jpg", b"image/jpeg", random.Random(size).randbytes(size * 57 // 78))


def with_document(size: int) -> bytes:
    """A letter with a Word file: some pages of text beside a picture, about so many octets in all."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{_JAPANESE.strip()} {n}</w:t></w:r></w:p>" for n in range(200))
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{kind}.main+xml"/></Types>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
        )
        archive.writestr("word/media/image1.png", random.Random(1).randbytes(size * 57 // 78 - 6000))
    return _with_file(b"report.docx", kind.encode(), file.getvalue())


#: By the word that the command lines use.
MAILS = {
    "2k": lambda: letter(2048),
    "2k-ja": lambda: japanese_letter(2048),
    "100k": lambda: with_picture(100 * 1024),
    "100k-docx": lambda: with_document(100 * 1024),
    "1m": lambda: with_picture(2**20),
    "10m": lambda: with_picture(10 * 2**20),
    "25m": lambda: with_picture(25 * 2**20),
}

#: What takes the reader of texts longest for its size: rows of numbers, of cells, of names.
HOSTILE = {
    "numbers": "4111 1111 1111 1111 \t",
    "accounts": "GB82 WEST 1234 5698 7654 32,a.,",
    "cells": "Hi \r\na\tb\tc\r\n",
    "names": "山田 太郎 様\r\n",
    "secrets": "password: Ab3dEf9z ",
}


def hostile_letter(kind: str, size: int) -> bytes:
    """A mail of at most so many octets that is nothing but one of HOSTILE."""
    head = "From: Ann <ann@corp.example>\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    text = HOSTILE[kind] * (size // len(HOSTILE[kind].encode()) + 1)
    if "\n" not in text:
        text = "\r\n".join(text[at : at + 300] for at in range(0, len(text), 300))
    return head.encode() + text.encode()[: size - len(head) - 2].decode("utf-8", "ignore").encode() + b"\r\n"
