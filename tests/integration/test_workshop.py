"""The workshop on mails that refuse: what is left out, who waits, and that nothing goes out that is not what it should
be.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard import workshop
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import (
    AddBcc,
    Recipe,
    RemoveAttachment,
    Split,
    TagSubject,
    ToBcc,
    ZipAttachments,
    zip_passwords,
)
from mailguard.mail.message import Body
from mailguard.mail.verdict import Disposition, RecipientVerdict, Verdict
from mailguard.transform.apply import Refused
from mailguard.workshop import NotAsJudged, Tried, Workshop

BOB, CAROL = parse_address("bob@x.example"), parse_address("carol@y.example")
ARCHIVE = parse_address("archive@corp.example")
PLAIN = b"From: ann@corp.example\r\nTo: bob@x.example, carol@y.example\r\nSubject: s\r\n\r\nHello.\r\n"
FILE = (
    b"From: ann@corp.example\r\nTo: bob@x.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
    b"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\nname\r\n--b--\r\n"
)


async def tried(octets: bytes, *alter: Recipe) -> Tried:
    people = (BOB, CAROL)[: len(alter)]
    verdicts = tuple(
        RecipientVerdict(who, True, Disposition.DELIVER, alter=one) for who, one in zip(people, alter, strict=True)
    )
    return await Workshop().try_out(Body.of(octets), Verdict(verdicts))


async def test_what_goes_is_kept_with_its_diff() -> None:
    both: Recipe = (ToBcc(), TagSubject("[x]"))
    found = await tried(PLAIN, both, both)
    assert found.verdict.disposition is Disposition.DELIVER
    assert [(one.alteration, one.recipients) for one in found.prepared.changes] == [
        ("to_bcc", (BOB, CAROL)),
        ("tag_subject", (BOB, CAROL)),
    ]
    recipe = found.prepared.recipes[BOB.key]
    assert recipe[0] == ToBcc(keys=(BOB.key, CAROL.key))
    body = await Workshop().alter(Body.of(PLAIN), recipe, BOB)
    assert isinstance(body, Body)
    assert body.read() == b"From: ann@corp.example\r\nTo: ann@corp.example\r\nSubject: [x] s\r\n\r\nHello.\r\n"


async def test_no_alteration_costs_no_thread_and_no_reading(tmp_path: Path) -> None:
    gone = Body(5, "0" * 64, path=tmp_path / "gone")
    verdict = Verdict((RecipientVerdict(BOB, True, Disposition.DELIVER),))
    assert await Workshop().try_out(gone, verdict) == Tried(verdict)


async def test_a_zip_gets_its_secrets_and_they_are_in_no_diff() -> None:
    found = await tried(FILE, (ZipAttachments(),))
    (password,) = zip_passwords(found.prepared.recipes[BOB.key])
    assert len(password) == 19
    assert password not in repr(found)
    assert zip_passwords(found.verdict.recipients[0].alter) == ()


async def test_what_would_protect_and_is_refused_holds_the_mail_and_the_rest_goes_on() -> None:
    found = await tried(FILE, (RemoveAttachment(sha256="f" * 64), TagSubject("[x]"), AddBcc(ARCHIVE)))
    (one,) = found.verdict.recipients
    assert one.disposition is Disposition.CONFIRM
    assert one.terms is not None
    assert one.rules == ("unalterable",)
    assert found.prepared.recipes == {BOB.key: (TagSubject("[x]"),)}
    assert found.verdict.hits[0].evidence == ("remove_attachment",)
    assert [change.alteration for change in found.prepared.changes] == ["tag_subject", "add_bcc"]


async def test_what_only_adds_and_is_refused_is_left_out() -> None:
    armour = PLAIN.replace(b"Hello.", b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHello.")
    found = await tried(armour, (TagSubject("[x]"), Split("kept")))
    assert found.verdict.disposition is Disposition.DELIVER
    assert found.verdict.hits[0].evidence == ("tag_subject",)
    assert found.prepared.recipes == {BOB.key: (Split("kept"),)}
    body = Body.of(armour)
    assert await Workshop().alter(body, (Split("kept"),), BOB) is body


async def test_a_fault_of_ours_counts_as_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(workshop, "apply", broken)
    found = await tried(PLAIN, (ToBcc(), AddBcc(ARCHIVE)), (TagSubject("[x]"),))
    assert [one.disposition for one in found.verdict.recipients] == [Disposition.CONFIRM, Disposition.DELIVER]
    assert found.prepared.recipes == {}
    assert [type(error) for error in found.errors] == [RuntimeError, RuntimeError]
    assert isinstance(await Workshop().alter(Body.of(PLAIN), (ToBcc(),), BOB), Refused)


async def test_one_that_takes_too_long_counts_as_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    go_on = threading.Event()
    monkeypatch.setattr(workshop, "apply", lambda *_: go_on.wait(20))
    verdict = Verdict((RecipientVerdict(BOB, True, Disposition.DELIVER, alter=(ToBcc(), Split("kept"))),))
    found = await Workshop(seconds=0.05).try_out(Body.of(PLAIN), verdict)
    go_on.set()
    assert found.verdict.disposition is Disposition.CONFIRM
    assert found.prepared.recipes == {BOB.key: (Split("kept"),)}


async def test_octets_that_were_not_judged_are_not_altered() -> None:
    body = Body(len(PLAIN), "0" * 64, PLAIN)
    with pytest.raises(NotAsJudged):
        await Workshop().alter(body, (ToBcc(),), BOB)
