"""What pages and API say of alterations: the diff to everybody who may see the mail, the password to its sender alone,
once it is out.
"""

from __future__ import annotations

from tests.altered_mail import OCTETS, RECIPE
from tests.integration.console.test_api import BASE, program
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, Reception, text_of

from mailguard.mail.actor import HOUSE
from mailguard.mail.alteration import TagSubject, zip_passwords
from mailguard.mail.lifecycle import Event
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.store.audit import Audit


async def password_of(reception: Reception, message_id: str) -> str:
    record = await reception.holds.find(message_id)
    assert record is not None
    (password,) = zip_passwords(record.recipients[0].recipe or ())
    return password


async def let_out(reception: Reception, message_id: str) -> None:
    await reception.holds.apply(message_id, Event.RELEASE, HOUSE, reception.clock())
    record = await reception.holds.find(message_id)
    assert record is not None
    out = {one.address: Outcome(Result.RELAYED, 250, "ok") for one in record.recipients}
    await reception.queue.record(message_id, out, reception.clock(), None, give_up=True)


async def test_the_password_is_shown_to_the_sender_alone_once_it_is_out(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, octets=OCTETS, alter=RECIPE)
    password = await password_of(reception, message_id)
    people = (ANN, BOSS, ADMIN, AUDITOR)
    before = [(await (await reception.browser(one)).get(f"/messages/{message_id}")).text for one in people]
    assert all("[社外]" in page for page in before)
    assert not any(password in page for page in before)
    await let_out(reception, message_id)
    after = [(await (await reception.browser(one)).get(f"/messages/{message_id}")).text for one in people]
    assert [password in page for page in after] == [True, False, False, False]


async def test_neither_api_nor_history_nor_any_other_letter_has_it(reception: Reception) -> None:
    message_id = await reception.take_in(octets=OCTETS, alter=RECIPE)
    password = await password_of(reception, message_id)
    await let_out(reception, message_id)
    for one in (ANN, ADMIN):
        shown = (await (await program(reception, one)).get(f"{BASE}/messages/{message_id}")).json()
        assert password not in str(shown)
        assert shown["recipients"][0]["alter"] == [
            "to_bcc",
            "add_cc",
            "tag_subject",
            "add_header",
            "footer",
            "zip_attachments",
            "remove_attachment",
        ]
        assert shown["recipients"][0]["added"] is False
        assert [line["detail"]["alteration"] for line in shown["history"] if line["event"] == "alter"] == [
            "footer",
            "remove_attachment",
            "zip_attachments",
            "add_cc",
            "to_bcc",
            "tag_subject",
            "add_header",
        ]
    letters = {one["X-Mailguard-Letter"]: text_of(one) for one in await reception.letters()}
    assert {kind for kind, text in letters.items() if password in text} == {"password"}
    assert password not in str(await Audit(reception.db).page())


async def test_what_was_left_out_is_said(reception: Reception) -> None:
    octets = OCTETS.replace("田中様".encode(), b"-----BEGIN PGP SIGNED MESSAGE-----")
    message_id = await reception.take_in(octets=octets, alter=(TagSubject("[x]"),))
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "A signed mail is not altered: a word in front of the subject is asked for; that is left out" in page


async def test_whatever_stands_in_a_diff_is_no_markup(reception: Reception) -> None:
    octets = OCTETS.replace(b"=?utf-8?B?44GK6KaL56mN?=", b"<script>alert(1)</script>")
    message_id = await reception.take_in(octets=octets, alter=RECIPE)
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "[社外] &lt;script&gt;" in page
    assert "<script>alert" not in page
