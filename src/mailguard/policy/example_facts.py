"""The facts that an example describes: what a reader would have found in such a mail. Pure; no mail is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.utils import parseaddr

from mailguard.mail.facts import (
    EXECUTABLE,
    Addressee,
    Attachment,
    ClassCount,
    Facts,
    Finding,
    HeaderAddress,
    Headers,
    Label,
)
from mailguard.policy.schema import ExampleModel, FileModel
from mailguard.policy.schema.example import GreetedModel

_FIGURES = frozenset({"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "heic", "svg"})
_SAME = {"jpeg": "jpg", "tiff": "tif", "htm": "html", "yml": "yaml", "text": "txt", "log": "txt", "md": "txt"}
#: What an example says of a file, and the finding that a reader would note.
_NOTED = (
    ("macros", "macro"),
    ("executable", "executable"),
    ("type_mismatch", "type_mismatch"),
    ("double_extension", "double_extension"),
    ("password_in_mail", "password_in_mail"),
)


def facts_in(example: ExampleModel) -> Facts:
    """What a reader would find in the mail."""
    below = [text for text in (example.signature, example.quoted) if text]
    shown = "\n".join([example.text, *below])
    findings = [Finding("unreadable", "mail", "example")] if example.unreadable else []
    if example.header_bcc:
        findings.append(Finding("bcc_header", "bcc", "example"))
    for file in example.attachments:
        findings += _findings(file, file.name)
    data = {
        name: ClassCount(tuple(f"{name}-{number}" for number in range(count)))
        for name, count in example.personal_data.items()
        if name != "persons"
    }
    return Facts(
        headers=_headers(example),
        text=f"{shown}\n{example.hidden}" if example.hidden else shown,
        shown=len(shown),
        attachments=tuple(_attachment(file) for file in example.attachments),
        personal_data=data,
        persons=example.personal_data.get("persons", 0),
        secrets=dict(example.secrets),
        findings=tuple(findings),
        kind="auto_reply" if example.automatic else "ordinary",
        auto_generated=example.automatic,
        signed=example.signed,
        encrypted=example.encrypted,
        is_reply=example.reply or bool(example.thread),
        is_forward=example.forward,
        importance=example.importance,
        labels=(Label(example.label),) if example.label else (),
        quoted=example.quoted,
        signature=example.signature,
        own=example.text if below else "",
        greeting=tuple(_greeted(one) for one in example.greeting if one is not False),
        scanned="" if example.virus == "none" else example.virus,
        viruses=("Example.Virus",) if example.virus == "infected" else (),
    )


def _greeted(one: GreetedModel | str | bool) -> Addressee:
    if isinstance(one, bool):
        return Addressee(title="様")
    return Addressee(one, title="様") if isinstance(one, str) else Addressee(one.name, one.company, "様")


def digest_of(file: FileModel) -> str:
    """The SHA-256 of a file of an example."""
    return file.sha256.lower() if file.sha256 else hashlib.sha256(file.name.encode()).hexdigest()


def _headers(example: ExampleModel) -> Headers:
    name, address = parseaddr(example.header_from) if example.header_from else ("", example.from_)
    to = example.to if example.header_to is None else example.header_to
    fields = [("from", example.header_from or example.from_), ("subject", example.subject)]
    fields += [(key, ", ".join(some)) for key, some in (("to", to), ("cc", example.cc)) if some]
    fields += [(one.name.lower(), one.value) for one in example.headers]
    return Headers(
        sender=(HeaderAddress(address, name),),
        to=tuple(HeaderAddress(address, example.display.get(address, "")) for address in to),
        cc=tuple(HeaderAddress(address, example.display.get(address, "")) for address in example.cc),
        subject=example.subject,
        fields=tuple(fields),
    )


def _findings(file: FileModel, where: str) -> Iterator[Finding]:
    for key, code in _NOTED:
        if getattr(file, key) or (key == "executable" and (file.type or _short_type(file.name)) in EXECUTABLE):
            yield Finding(code, where, "example")
    for member in file.members:
        yield from _findings(member, f"{where}/{member.name}")


def _attachment(file: FileModel) -> Attachment:
    short = file.type or _short_type(file.name)
    picture = short in _FIGURES
    return Attachment(
        filename=file.name,
        declared_type="application/octet-stream",
        detected_type=f"image/{short}" if picture else f"application/{short or 'octet-stream'}",
        short_type=short,
        size=file.size,
        sha256=digest_of(file),
        encrypted=file.encrypted,
        inspected=not file.encrypted and not picture if file.inspected is None else file.inspected,
        text=file.text,
        members=tuple(_attachment(member) for member in file.members),
        inline=file.inline,
        labels=(Label(file.label),) if file.label else (),
    )


def _short_type(name: str) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return _SAME.get(extension, extension)
