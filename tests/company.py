"""The mail of a Japanese company that does not exist, as its people's mail programs write it: what
`bench/japanese_mail.py` replays, as whole mails with files, for a real client to send.

It is the generator's mail but for two things: who writes of an attachment attaches one, and the past ends yesterday.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import random
import sys
import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mailguard.insight.words import File, Letter

_TOKYO = ZoneInfo("Asia/Tokyo")
BENCH = Path(__file__).parents[1] / "bench"


def bench(name: str) -> Any:
    """A module of the benches, which are programs and no package."""
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


OWN_DOMAIN: str = bench("japanese_world").OWN_DOMAIN
#: A file whose text may be read; what is in it makes it another one.
_XLSX = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml")


@dataclass(frozen=True)
class Sent:
    """One mail. mail: as the generator says it; people: whom it greets and addresses."""

    mail: dict[str, Any]
    at: float
    people: list[Any] = field(default_factory=list)

    @property
    def sender(self) -> str:
        return str(self.mail["from"])

    @property
    def recipients(self) -> list[str]:
        return [*self.mail["to"], *self.mail["cc"]]

    @property
    def message_id(self) -> str:
        return str(self.mail["message_id"])

    def but(self, **changed: Any) -> Sent:
        """Another mail like this one."""
        return replace(self, mail=self.mail | changed)

    def letter(self) -> Letter:
        """What the model sees of it."""
        one = self.mail
        files = tuple(File(hashlib.sha256(_content(file)).hexdigest(), file["name"]) for file in one["files"])
        return Letter(
            self.at, self.sender, tuple(one["to"]), tuple(one["cc"]), sender_name=one["from_name"], names=one["names"],
            subject=one["subject"], body=one["body"], message_id=one["message_id"], files=files,
            in_reply_to=one.get("in_reply_to", ""), references=tuple(one.get("references", ())),
        )  # fmt: skip

    def octets(self) -> bytes:
        """What a mail program hands in."""
        one, mail = self.mail, EmailMessage(policy=SMTP)
        mail["From"] = _address(one["from"], one["from_name"])
        for name in ("to", "cc"):
            if one[name]:
                mail[name.capitalize()] = [_address(to, one["names"].get(to, "")) for to in one[name]]
        mail["Subject"], mail["Message-ID"] = one["subject"], one["message_id"]
        mail["Date"] = format_datetime(datetime.fromtimestamp(self.at, UTC))
        if "in_reply_to" in one:
            mail["In-Reply-To"], mail["References"] = one["in_reply_to"], " ".join(one["references"])
        mail.set_content(one["body"] + "\n")
        for file in one["files"]:
            content = _content(file)
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=file["name"])
        return mail.as_bytes()


def _address(address: str, name: str) -> Address:
    return Address(name, addr_spec=address)


def _content(file: dict[str, str]) -> bytes:
    """The same for the same digest."""
    if file["name"].endswith(".pdf"):
        return b"%PDF-1.4\n% " + file["sha256"].encode() + b"\n%%EOF\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in _XLSX:
            packed.writestr(zipfile.ZipInfo(name), f"<a>{file['sha256']}</a>" if "sheet" in name else "<a/>")
    return made.getvalue()


def weeks(seed: int, days: int, daily: int, today: datetime, ahead: int) -> tuple[list[list[Sent]], list[Sent]]:
    """The mails of working days until yesterday, day by day, and those of `ahead` days, which are sent today."""
    everything = _days(seed, days + ahead, daily)
    past, coming = everything[:days], everything[days:]
    newest = datetime.fromtimestamp(past[-1][0].at, UTC).date()
    later = (today.date() - newest).total_seconds() - 86400
    return (
        [[replace(one, at=one.at + later) for one in day] for day in past],
        [replace(one, at=today.timestamp()) for day in coming for one in day],
    )


def _days(seed: int, days: int, daily: int) -> list[list[Sent]]:
    world, writing = bench("japanese_world").make(seed, days), bench("japanese_stream")
    chance = random.Random(f"{seed} files")
    found: dict[date, list[Sent]] = {}
    for one in writing.stream(world, seed, days, daily):
        mail = one.mail
        if "添付" in mail["body"] and not mail["files"]:
            mail = mail | {"files": writing._files(chance, one.matter)}
        day = datetime.fromtimestamp(mail["date"], _TOKYO).date()
        found.setdefault(day, []).append(Sent(mail, mail["date"], one.people))
    return list(found.values())
