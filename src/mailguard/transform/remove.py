"""An attachment gives way to a note that something was there, so that the text above it still makes sense.

The note tells no name: a file may have gone because of it, and the recipient would read what he must not know.
The note stands in the part's place, so the places of the other parts stay what they were.
"""

from __future__ import annotations

from mailguard.mail.alteration import RemoveAttachment
from mailguard.transform.attachments import File, clean_name, leaves_of, replaced
from mailguard.transform.edits import Step, Unalterable
from mailguard.transform.transfer import in_base64
from mailguard.transform.walk import Mail

_NOTE = "添付ファイル1件は、送信前に削除されました。\nAn attachment was removed before this mail was sent.\n"


def remove_attachment(mail: Mail, alteration: RemoveAttachment) -> Step:
    """Every part that fits gives way. Raises Unalterable if none does: what was to go would leave."""
    mail.require_sound()
    step = Step()
    for file in leaves_of(mail):
        if not _fits(mail, file, alteration):
            continue
        size = len(file.content(mail))
        body = in_base64(_NOTE.replace("\n", "\r\n").encode(), mail.eol)
        head = [b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64"]
        step.edits += replaced(mail, file.part, [one + mail.eol for one in head], body)
        what = f"{file.title} ({file.media}, {size:,} bytes)"
        step.tell(f"part {file.part.path or '1'}", [what], _NOTE.splitlines())
    if not step.edits:
        raise Unalterable(
            "削除する添付ファイルが見つかりません", "the attachment that is to be removed is not in the mail"
        )
    return step


def _fits(mail: Mail, file: File, alteration: RemoveAttachment) -> bool:
    place = not alteration.part or alteration.part == (file.part.path or "1")
    name = not alteration.name or clean_name(alteration.name) == file.name
    return place and name and (not alteration.sha256 or alteration.sha256 == file.sha256(mail))
