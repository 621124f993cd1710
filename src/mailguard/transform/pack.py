"""Attachments into one zip under a password. The zip takes the first one's place, the others are cut out with their
delimiters; everything else stays. The password is in no octet of the mail.
"""

from __future__ import annotations

import base64
import re
from fnmatch import fnmatchcase
from urllib.parse import quote

from mailguard.mail.alteration import ZipAttachments
from mailguard.mail.verdict import Because
from mailguard.transform.aeszip import AesZip
from mailguard.transform.attachments import File, files_of, replaced, texts_of
from mailguard.transform.edits import Edit, Step, Unalterable
from mailguard.transform.transfer import in_base64, is_strict, undone
from mailguard.transform.walk import Mail, Part

_UUENCODED = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} [^\r\n]+\r?\n[!-`]")
_UNSAFE = re.compile(r'[/\\:*?"<>|]')
_ALL_LOCKED = Because("添付ファイルはすべて暗号化済みです", "all attachments are encrypted already")


def zip_attachments(mail: Mail, alteration: ZipAttachments) -> Step:
    """Pack what the alteration picks. Raises Unalterable where a file would stay outside, or come in damaged."""
    mail.require_sound()
    if any(_UUENCODED.search(undone(mail, one)) for one in texts_of(mail)):
        raise Unalterable(
            "本文中にuuencode形式のファイルがあるため暗号化ZIPにできません",
            "a file stands uuencoded in the text, so it cannot be moved into a zip",
        )
    files = [one for one in files_of(mail) if _picked(mail, one, alteration)]
    if not {one.sha256(mail) for one in files}.issuperset(alteration.sha256):
        raise Unalterable(
            "暗号化ZIPにする添付ファイルが見つかりません", "an attachment that is to be moved into a zip is not there"
        )
    if not files:
        return Step()
    locked = frozenset(alteration.encrypted)
    if locked and all(one.sha256(mail) in locked for one in files):
        return Step(notes=[_ALL_LOCKED])
    return _moved(mail, files, alteration)


def _picked(mail: Mail, file: File, alteration: ZipAttachments) -> bool:
    if not alteration.names and not alteration.types and not alteration.sha256:
        return True
    if alteration.sha256 and file.sha256(mail) in alteration.sha256:
        return True
    name = file.title.casefold()
    return any(fnmatchcase(name, one.casefold()) for one in alteration.names) or any(
        fnmatchcase(file.media, one) for one in alteration.types
    )


def _moved(mail: Mail, files: list[File], alteration: ZipAttachments) -> Step:
    archive, names, told = AesZip(alteration.password, alteration.seed), set[str](), []
    for file in files:
        if not is_strict(mail, file.part):
            raise Unalterable(
                "添付ファイルの符号化が壊れているため暗号化ZIPにできません",
                "the encoding of an attachment is broken, so it is not packed",
            )
        content = file.content(mail)
        name = _unlike(_safe(file.title), names)
        names.add(name.casefold())
        archive.add(name, content)
        told.append(f"{name} ({file.media}, {len(content):,} bytes)")
    title = alteration.filename or _title(files)
    body = archive.close()
    size = len(body)
    letters = in_base64(body, mail.eol)
    del archive, body
    step = Step()
    step.edits += replaced(mail, files[0].part, _head(title, mail.eol), letters)
    step.edits += [Edit(one.cut, one.end) for one in _gone(mail, files)]
    step.tell(f"part {files[0].part.path or '1'}", told, [f"{title} (application/zip, AES-256, {size:,} bytes)"])
    return step


def _gone(mail: Mail, files: list[File]) -> list[Part]:
    """The parts that are cut out: the files but the first, and a multipart in which nothing is left."""
    taken = {one.part.path for one in files[1:]}
    parts = list(mail.root.every())
    for part in reversed(parts):  # children before their parents
        if part.path and part.children and all(child.path in taken for child in part.children):
            taken -= {child.path for child in part.children}
            taken |= {part.path}
    return [one for one in parts if one.path in taken]


def _title(files: list[File]) -> str:
    stem = _safe(files[0].title).rpartition(".")[0] if len(files) == 1 else ""
    return f"{stem or 'attachments'}.zip"


def _safe(name: str) -> str:
    clean = _UNSAFE.sub("_", name).encode("utf-8", "replace").decode().strip(" .")
    return clean[:150] if len(clean) <= 150 else clean[:140] + clean[-10:]


def _unlike(name: str, names: set[str]) -> str:
    """A name that no file before has; systems that unpack do not tell capitals apart."""
    stem, dot, extension = name.rpartition(".")
    number, one = 1, name or "file"
    while one.casefold() in names:
        number += 1
        one = f"{stem}-{number}{dot}{extension}" if stem else f"{name}-{number}"
    return one


def _head(title: str, eol: bytes) -> list[bytes]:
    if title.isascii():
        kind, shown = f'name="{title}"', f'filename="{title}"'
    else:  # RFC 2231 for those who know it, an encoded word for the Outlook of old
        words = [base64.b64encode(piece.encode()).decode() for piece in _pieces(title)]
        kind = 'name="' + (eol.decode() + " ").join(f"=?UTF-8?B?{one}?=" for one in words) + '"'
        shown = f"filename*=UTF-8''{quote(title, safe='')}"
    lines = [f"Content-Type: application/zip;\n\t{kind}", "Content-Transfer-Encoding: base64",
             f"Content-Disposition: attachment;\n\t{shown}"]  # fmt: skip
    return [re.sub(rb"(?<!\r)\n", eol, one.encode("ascii")) + eol for one in lines]


def _pieces(title: str) -> list[str]:
    return [title[at : at + 10] for at in range(0, len(title), 10)]
