"""Archives on disk: what a path is, by its content, and that nothing hostile in a folder is opened or waited for."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import mailbox
import os
import smtplib
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.postfix import Postfix

from mailguard.past.archives import Archive, ArchiveError, find, items
from mailguard.past.items import Item, Left, Octets, Recorded
from mailguard.past.postfix import Log

LOG = """\
Nov 26 10:00:00 mx systemd[1]: Started something.
Nov 26 10:00:01 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: from=<ann@corp.example>, size=612, nrcpt=1 (queue active)
Nov 26 10:00:02 mx postfix/smtp[103]: 4NH3tk1Qz1z2xYz: to=<bob@partner.example>, relay=mx[192.0.2.25]:25, \
status=sent (250)
Nov 26 10:00:03 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: removed
"""
LINE = {"op": "learn", "message": {"id": "1", "date": 1795392000, "from": "ann@corp.example", "to": ["b@x.example"]}}
MADE = 1_795_392_000


def mail(number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = (
        "ann@corp.example",
        "b@x.example",
        f"<{number}@corp.example>",
    )
    message.set_content(f"text {number}\nFrom here on nothing\n")
    return message


def everything(path: Path) -> dict[str, list[Item]]:
    found = {}
    for archive in find(path):
        log = Log(UTC)
        found[f"{archive.path.relative_to(path.parent)} {archive.kind}"] = [*items(archive, log), *log.rest()]
    return found


def written(path: Path, octets: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    return path


def test_an_mbox_as_python_writes_it(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "Sent")
    for number in range(3):
        box.add(mail(number))
    box.close()
    (found,) = everything(tmp_path / "Sent").values()
    assert [one.octets for one in found if isinstance(one, Octets)] == [mail(n).as_bytes() + b"\n" for n in range(3)]


@pytest.mark.parametrize(("packed", "suffix"), [(gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")])
def test_a_packed_log(tmp_path: Path, packed: object, suffix: str) -> None:
    assert callable(packed)
    path = written(tmp_path / f"mail.log.2.{suffix}", packed(LOG.encode()))
    os.utime(path, (0, datetime(2024, 12, 1, tzinfo=UTC).timestamp()))
    ((name, (one,)),) = everything(path).items()
    assert name.endswith(" log")
    assert isinstance(one, Recorded)
    assert datetime.fromtimestamp(one.letter.at, UTC) == datetime(2024, 11, 26, 10, 0, 2, tzinfo=UTC)


def test_a_packed_file_that_ends_too_soon(tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps(LINE) + "\n" for _ in range(5000)).encode(), 1)
    (found,) = everything(written(tmp_path / "a.jsonl.gz", whole[: len(whole) // 2])).values()
    assert len(found) > 1
    assert found[-1] == Left("the rest", "broken", "the file is damaged (EOFError); what came before is read")


def test_lines_with_errors_say_which(tmp_path: Path) -> None:
    lines = ["\ufeff" + json.dumps(LINE), "{", json.dumps(LINE["message"]), json.dumps(LINE | {"op": "score"})]
    (found,) = everything(written(tmp_path / "a.jsonl", "\n\n".join(lines).encode())).values()
    assert [(one.where, type(one)) for one in found] == [
        ("line 1", Recorded), ("line 3", Left), ("line 5", Recorded), ("line 7", Left),
    ]  # fmt: skip
    assert isinstance(found[1], Left)
    assert found[1].detail.startswith("no JSON: expecting property name")


def test_a_maildir_with_folders_and_drafts(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir", create=True)
    read = mailbox.MaildirMessage(mail(0))
    read.set_subdir("cur")
    read.set_flags("S")
    draft = mailbox.MaildirMessage(mail(1))
    draft.set_subdir("cur")
    draft.set_flags("D")
    box.add(read)
    box.add(draft)
    box.add(mail(2))
    box.add_folder("Sent").add(mail(3))
    written(tmp_path / "Maildir" / "cur" / f"{MADE}.M1P1.mx:2,S", mail(4).as_bytes())
    written(tmp_path / "Maildir" / "tmp" / "half", b"Subject: half a ma")
    found = everything(tmp_path / "Maildir")
    assert set(found) == {"Maildir maildir", "Maildir/.Sent maildir"}
    kept = {one.octets: one.at for one in found["Maildir maildir"] if isinstance(one, Octets)}
    assert set(kept) == {mail(0).as_bytes(), mail(2).as_bytes(), mail(4).as_bytes()}
    assert kept[mail(4).as_bytes()] == MADE
    assert [one.why for one in found["Maildir maildir"] if isinstance(one, Left)] == ["draft"]
    assert len(found["Maildir/.Sent maildir"]) == 1


def test_a_folder_of_everything(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    written(folder / "a.eml", mail(1).as_bytes())
    written(folder / "b.eml.gz", gzip.compress(mail(2).as_bytes()))
    written(folder / "picture.png", b"\x89PNG\r\n\x1a\n" + bytes(1000))
    written(folder / "logs" / "mail.log", LOG.encode())
    written(folder / "logs" / "empty.log", b"")
    written(folder / "lines.json", json.dumps(LINE).encode())
    written(folder / "settings.yaml", b"organization: {domains: [corp.example]}\nlanguage: ja\n")
    written(folder / "new" / "Sent.mbox", b"From ann@corp.example Mon Nov 23 10:00:00 2026\n" + mail(3).as_bytes())
    found = everything(folder)
    assert {name: len(some) for name, some in found.items()} == {
        "old folder": 2, "old/lines.json jsonl": 1, "old/logs/mail.log log": 1, "old/new/Sent.mbox mbox": 1,
    }  # fmt: skip
    passed: list[Path] = []
    assert list(find(folder, passed))
    assert passed == [folder / "picture.png", folder / "settings.yaml", folder / "logs" / "empty.log"]
    (one,) = everything(folder / "a.eml").values()
    assert one == [Octets("a.eml", mail(1).as_bytes())]


def test_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is no mbox, mail, JSON lines or Postfix log; name the file or Maildir"):
        list(find(written(tmp_path / "x", b"\x89PNG")))
    with pytest.raises(FileNotFoundError):
        list(find(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "is empty"), (b"\r\n\0\0", "is empty"),
        (b"PK\x03\x04" + bytes(90), "is a zip file; unpack it first"),
        (b"x.eml" + bytes(252) + b"ustar" + bytes(300), "is a tar file; unpack it first"),
        (b"\x28\xb5\x2f\xfd" + bytes(90), "is packed with zstd"), (b"!BDN" + bytes(90), "is an Outlook data file"),
        ('{"from": "ann@corp.example"}'.encode("utf-16"), "is in UTF-16; write it in UTF-8"),
        (b' [{"from":"ann@corp.example"}]', "is one JSON array; write one object a line"),
        (gzip.compress(LOG.encode(), mtime=0)[:12], "is packed, and so damaged that nothing of it can be read"),
    ],
    ids=["empty", "zeros", "zip", "tar", "zstd", "outlook", "utf-16", "array", "damaged"],
)  # fmt: skip
def test_what_looks_like_an_archive_and_is_none_says_what_to_do(tmp_path: Path, octets: bytes, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        list(find(written(tmp_path / "x", octets)))


def test_a_packed_file_that_is_cut_short_is_known_by_what_is_left(tmp_path: Path) -> None:
    lines = b"".join(os.urandom(40).hex().encode() + b"\n" for _ in range(400))
    packed = gzip.compress(b"From ann@corp.example Mon Nov 23 10:00:00 2026\n" + mail(1).as_bytes() + lines)
    (found,) = everything(written(tmp_path / "Sent.gz", packed[: len(packed) // 2])).values()
    assert [type(one) for one in found] == [Left]


def test_links_and_pipes_in_a_folder_are_left_alone(tmp_path: Path) -> None:
    secret = written(tmp_path / "secret.eml", mail(1).as_bytes())
    folder = tmp_path / "Maildir"
    written(folder / "cur" / "1.a:2,S", mail(2).as_bytes())
    (folder / "cur" / "2.b:2,S").symlink_to(secret)
    os.mkfifo(folder / "cur" / "3.c:2,S")
    (folder / "more").mkdir()
    (folder / "more" / "link.eml").symlink_to(secret)
    os.mkfifo(folder / "more" / "pipe")
    found = everything(folder)
    assert found == {"Maildir maildir": [Octets("1.a:2,S", mail(2).as_bytes())]}
    with pytest.raises(OSError, match="no regular file"):
        list(find(folder / "more" / "pipe"))


def test_a_folder_is_opened_by_name_only(tmp_path: Path) -> None:
    path = written(tmp_path / "a.eml", mail(1).as_bytes())
    assert list(find(path)) == [Archive(path, "folder")]


def test_a_log_that_postfix_wrote(postfix: Postfix) -> None:
    people = ["bob@corp.example", "carol@corp.example"]
    with smtplib.SMTP("127.0.0.1", postfix.plain, timeout=30) as client:
        client.sendmail("ann@corp.example", people, mail(7077).as_bytes())
    postfix.wait_for(2)
    (found,) = everything(postfix.home / "mail.log").values()
    (one,) = [item for item in found if isinstance(item, Recorded) and item.key == "<7077@corp.example>"]
    assert one.letter.sender == "ann@corp.example"
    assert set(one.letter.to) == set(people)
    assert abs(one.letter.at - time.time()) < 120
