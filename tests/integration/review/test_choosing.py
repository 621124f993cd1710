"""Choosing about a held mail: recipients off, files out, addresses hidden, then the decision; all of it or nothing."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.acting import (
    ADMINISTRATOR,
    APPROVER,
    AUDITOR,
    COLLEAGUE,
    EVE,
    FILES,
    KEN,
    SECOND,
    SENDER,
    B,
    C,
    House,
    acting,
    facts_of,
    signed,
    written,
)
from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY

from mailguard.mail.actor import Actor
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import Recipe, ZipAttachments
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Ask, Disposition
from mailguard.review import Act, AlreadyDecided, Choice, Forbidden, NotFound, Refused, ReviewError
from mailguard.store import recipes
from mailguard.store.choosing import Outrun
from mailguard.store.rows import number_of

KEN_TOO = (BOB, CAROL, str(KEN))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with acting(tmp_path) as one:
        yield one


def parsed(octets: bytes) -> EmailMessage:
    made: EmailMessage = email.message_from_bytes(octets, policy=email.policy.default)
    return made


def names(octets: bytes) -> list[str]:
    return [name for one in parsed(octets).iter_attachments() if (name := one.get_filename())]


def texts(octets: bytes) -> str:
    parts = [one for one in parsed(octets).walk() if one.get_content_type() == "text/plain"]
    return "".join(str(one.get_content()) for one in parts if isinstance(one, EmailMessage))


async def refused(house: House, actor: Actor, message_id: str, **choice: Any) -> ReviewError:
    """The refusal; and nothing was changed by what was refused."""
    before = await house.ledger.found(message_id)
    with pytest.raises(ReviewError) as error:
        await house.review.choose(actor, message_id, Choice(**choice))
    assert await house.ledger.found(message_id) == before
    return error.value


async def test_one_recipient_off_one_file_out_and_the_rest_goes(house: House) -> None:
    record = await house.mail()
    choice = Choice(remove=(C,), remove_files=(0,), then=Act.RELEASE, comment="名簿を外しました")
    view = await house.review.choose(SENDER, record.id, choice)
    assert [copy.state for copy in view.record.recipients] == [State.QUEUED, State.CANCELLED]
    left = await house.outgoing(record.id, B)
    assert names(left) == ["見積書.pdf", "plan.txt"]
    assert "添付ファイル1件は、送信前に削除されました。" in texts(left)
    assert "An attachment was removed" in texts(left)
    assert "list.csv" not in texts(left), "it may have gone because of its name"
    contents = [one.get_payload(decode=True) for one in parsed(left).walk() if not one.is_multipart()]
    assert FILES["list.csv"] not in contents
    assert FILES["plan.txt"] in contents
    (line,) = await house.lines(record.id, "alter")
    assert (line[0], line[1], line[2]["alteration"]) == (ANN, "", "remove_attachment")
    assert "-list.csv (application/octet-stream, 16 bytes)" in str(line[2]["diff"])
    assert [one[1] for one in await house.lines(record.id, "release")] == ["名簿を外しました"]
    assert "released" in house.woken
    assert await house.ledger.audit.verify() is None


async def test_the_octets_at_rest_stay_as_they_came(house: House) -> None:
    record = await house.mail()
    before = (await house.ledger.spool.body(record.id)).read()
    await house.review.choose(SENDER, record.id, Choice(remove_files=(1,), hide=(B,), comment="名簿なし"))
    after = await house.ledger.spool.body(record.id)
    assert (after.read(), after.sha256) == (before, record.sha256)
    # Nothing was decided, and the reason stands with the first change.
    assert (await house.ledger.found(record.id)).state is State.HELD
    assert [line[1] for line in await house.lines(record.id, "alter")] == ["名簿なし", ""]


async def test_whoever_is_hidden_stands_in_nobodys_copy(house: House) -> None:
    record = await house.mail(to=KEN_TOO)
    await house.review.choose(SENDER, record.id, Choice(hide=(B, C), then=Act.RELEASE))
    for address in (B, C, KEN):
        left = await house.outgoing(record.id, address)
        assert parsed(left)["To"] == str(KEN)
        assert BOB.encode() not in left
        assert CAROL.encode() not in left
        assert names(left) == list(FILES)


async def test_only_the_copies_that_are_named_are_changed_and_go(house: House) -> None:
    record = await house.mail()
    choice = Choice(remove_files=(0, 1), recipients=(C,), then=Act.RELEASE)
    view = await house.review.choose(SENDER, record.id, choice)
    assert [copy.state for copy in view.record.recipients] == [State.HELD, State.QUEUED]
    assert names(await house.outgoing(record.id, C)) == ["plan.txt"]
    assert await house.outgoing(record.id, B) == (await house.ledger.spool.body(record.id)).read()


async def test_a_second_choice_adds_to_the_first(house: House) -> None:
    record = await house.mail(to=KEN_TOO)
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0,), hide=(B,)))
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0, 2), hide=(C,)))
    left = await house.outgoing(record.id, B)
    assert names(left) == ["見積書.pdf"]
    assert parsed(left)["To"] == str(KEN)
    rows = await house.ledger.db.read(lambda c: c.execute("SELECT count(*) FROM recipe").fetchone()[0])
    assert rows == 1  # what nobody has any more is gone


async def test_changes_alone_by_a_sender_who_waits_for_approval(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    view = await house.review.choose(SENDER, record.id, Choice(remove_files=(0,)))
    assert all(copy.state is State.HELD and copy.needs_approval for copy in view.record.recipients)
    error = await refused(house, SENDER, record.id, remove_files=(1,), then=Act.RELEASE)
    assert isinstance(error, Forbidden)
    await house.review.choose(APPROVER, record.id, Choice(then=Act.APPROVE))
    assert names(await house.outgoing(record.id, B)) == ["見積書.pdf", "plan.txt"]


async def test_an_approval_of_what_it_was_before_is_void_and_asked_again(house: House) -> None:
    record = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS, DEPUTY), 2),))
    await house.review.act(APPROVER, record.id, Act.APPROVE)
    asked = len(await house.owed("approval"))
    view = await house.review.choose(SENDER, record.id, Choice(remove_files=(0,)))
    assert all(copy.approvals == () for copy in view.record.recipients)
    ((who, _, detail),) = await house.lines(record.id, "approvals_void")
    assert (who, detail) == (ANN, {"people": [BOSS]})
    again = (await house.owed("approval"))[asked:]
    assert [(one.to, one.detail["altered"], one.detail["actor"]) for one in again] == [(BOSS, True, ANN)]
    # The other one's voice alone is not enough now.
    view = await house.review.act(SECOND, record.id, Act.APPROVE)
    assert view.record.state is State.HELD
    view = await house.review.act(APPROVER, record.id, Act.APPROVE)
    assert view.record.state is State.QUEUED


async def test_taking_a_recipient_off_leaves_the_voices_for_the_others(house: House) -> None:
    record = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS, DEPUTY), 2),))
    await house.review.act(APPROVER, record.id, Act.APPROVE)
    view = await house.review.choose(SENDER, record.id, Choice(remove=(C,)))
    assert view.record.recipients[0].approvals == (BOSS,)
    assert await house.lines(record.id, "approvals_void") == []


async def test_an_administrator_alters_and_approves_in_one_step(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    view = await house.review.choose(ADMINISTRATOR, record.id, Choice(remove_files=(0,), then=Act.APPROVE))
    assert view.record.state is State.QUEUED
    assert view.record.recipients[0].approvals == (ADMINISTRATOR.address,)


async def test_the_urgent_lane_needs_its_reason_here_too(house: House) -> None:
    message = written()
    record = await house.ledger.add(
        Disposition.APPROVE, (BOB, CAROL), octets=message.as_bytes(), known=facts_of(message), approvers=(BOSS,),
        urgent=True,
    )  # fmt: skip
    assert isinstance(await refused(house, SENDER, record.id, remove=(C,), then=Act.URGENT), Refused)
    view = await house.review.choose(SENDER, record.id, Choice(remove=(C,), then=Act.URGENT, comment="納期"))
    assert [copy.state for copy in view.record.recipients] == [State.QUEUED, State.CANCELLED]
    assert [one.to for one in await house.owed("urgent")] == [BOSS]


@pytest.mark.parametrize(
    ("actor", "error"),
    [(APPROVER, Forbidden), (AUDITOR, Forbidden), (EVE, NotFound), (COLLEAGUE, NotFound)],
)
@pytest.mark.parametrize("choice", [{"remove": (C,)}, {"remove_files": (0,)}, {"hide": (B,)}])
async def test_only_sender_and_administrator_change_a_mail(
    house: House, actor: Actor, error: type[ReviewError], choice: dict[str, Any]
) -> None:
    record = await house.mail(Disposition.APPROVE)
    assert type(await refused(house, actor, record.id, **choice)) is error
    assert type(await refused(house, actor, record.id, **choice, then=Act.APPROVE)) is error


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"then": Act.CANCEL},
        {"then": Act.REJECT, "remove": (C,)},
        {"remove_files": (3,)},
        {"remove_files": (-1,)},
        {"remove": (EVE,)},
        {"remove": (B, C), "then": Act.RELEASE},
        {"remove": (B, C), "remove_files": (0,)},
        {"remove_files": (0,), "recipients": ()},
        {"remove_files": (0,), "recipients": (KEN,)},
        {"hide": (KEN,)},  # stands in neither To nor Cc
        {"remove": (C,), "then": Act.APPROVE},
    ],
)
async def test_what_cannot_be_is_refused_whole(house: House, choice: dict[str, Any]) -> None:
    record = await house.mail()
    if EVE in choice.get("remove", ()):
        choice = {"remove": (C, parse_address(EVE.address))}
    error = await refused(house, SENDER, record.id, **choice)
    assert isinstance(error, Refused | Forbidden)
    assert error.reason.ja.endswith("。")
    assert error.reason.en.endswith(".")
    assert not await house.lines(record.id, "alter")
    assert not await house.lines(record.id, "remove")


async def test_a_signed_or_encrypted_mail_stays_as_it_is_but_loses_recipients(house: House) -> None:
    message = written()
    for known in (signed(facts_of(message)), replace(facts_of(message), encrypted=True)):
        record = await house.mail(known=known)
        for choice in ({"remove_files": (0,)}, {"hide": (B,)}):
            error = await refused(house, SENDER, record.id, **choice)
            assert isinstance(error, Refused)
            assert "署名" in error.reason.ja or "暗号化" in error.reason.ja
            view = await house.review.show(SENDER, record.id)
            assert Act.ALTER not in view.acts
        view = await house.review.choose(SENDER, record.id, Choice(remove=(C,), then=Act.RELEASE))
        assert view.record.recipients[0].recipe == ()


async def test_a_signature_that_only_the_octets_show_is_found_when_it_is_proved(house: House) -> None:
    octets = (
        b"From: ann@corp.example\r\nTo: bob@partner.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/signed; micalg=sha-256; protocol="application/pkcs7-signature"; boundary=s\r\n\r\n'
        b"--s\r\nContent-Type: text/plain\r\n\r\nhi\r\n"
        b"--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n--s--\r\n"
    )
    record = await house.mail(octets=octets, known=Facts())
    error = await refused(house, SENDER, record.id, hide=(B,))
    assert "署名" in error.reason.ja


async def test_what_is_out_or_on_its_way_is_not_changed_any_more(house: House) -> None:
    record = await house.mail()
    await house.review.act(SENDER, record.id, Act.RELEASE, (B,))
    error = await refused(house, SENDER, record.id, remove_files=(0,), recipients=(B, C))
    assert isinstance(error, AlreadyDecided)
    # Without names only what is held is meant.
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0,)))
    assert names(await house.outgoing(record.id, B)) == list(FILES)
    assert names(await house.outgoing(record.id, C)) == ["見積書.pdf", "plan.txt"]
    await house.review.act(SENDER, record.id, Act.RELEASE)
    error = await refused(house, SENDER, record.id, remove_files=(1,))
    assert isinstance(error, AlreadyDecided)
    assert error.by == ANN


async def test_what_somebody_else_froze_is_not_changed_by_the_sender(house: House) -> None:
    record = await house.mail()
    await house.review.act(ADMINISTRATOR, record.id, Act.HOLD)
    assert isinstance(await refused(house, SENDER, record.id, remove_files=(0,)), Forbidden)
    view = await house.review.choose(ADMINISTRATOR, record.id, Choice(remove_files=(0,), then=Act.RELEASE))
    assert view.record.state is State.QUEUED


async def test_damaged_octets_are_not_altered(house: House) -> None:
    record = await house.mail()
    await house.ledger.db.write(lambda c: c.execute("UPDATE body SET octets = ?", (b"Subject: x\r\n\r\n",)))
    error = await refused(house, SENDER, record.id, remove_files=(0,))
    assert "管理者" in error.reason.ja


async def test_two_at_once_one_wins_and_the_other_hears_who(house: House) -> None:
    record = await house.mail()
    results = await asyncio.gather(
        house.review.choose(SENDER, record.id, Choice(remove_files=(0,), then=Act.RELEASE)),
        house.review.choose(ADMINISTRATOR, record.id, Choice(remove=(C,), then=Act.RELEASE)),
        house.review.act(ADMINISTRATOR, record.id, Act.CANCEL),
        return_exceptions=True,
    )
    won = [one for one in results if not isinstance(one, BaseException)]
    lost = [one for one in results if isinstance(one, BaseException)]
    assert won
    assert lost
    assert all(isinstance(one, AlreadyDecided) and one.by in (ANN, ADMINISTRATOR.address) for one in lost)
    assert await house.ledger.audit.verify() is None


async def test_two_who_change_the_same_mail_at_once_both_have_their_change(house: House) -> None:
    record = await house.mail()
    choices = [Choice(remove_files=(0,)), Choice(remove_files=(1,)), Choice(hide=(B,))]
    actors = [SENDER, ADMINISTRATOR, SENDER]
    pairs = zip(actors, choices, strict=True)
    await asyncio.gather(*(house.review.choose(actor, record.id, choice) for actor, choice in pairs))
    left = await house.outgoing(record.id, C)
    assert names(left) == ["plan.txt"]
    assert parsed(left)["To"] == CAROL


async def test_who_changes_a_mail_again_and_again_keeps_nobody_from_an_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await house.mail()
    tries = 0

    async def outrun(message_id: str, chosen: Any) -> Any:
        nonlocal tries
        tries += 1
        raise Outrun

    monkeypatch.setattr(house.ledger.holds, "choose", outrun)
    error = await refused(house, SENDER, record.id, remove_files=(1,))
    assert "ほかの人" in error.reason.ja
    assert 1 < tries < 20


async def test_hostile_names_of_files_break_out_of_nothing(house: House) -> None:
    hostile = {"a\u202etxt.exe": b"1", 'x; name="y".csv': b"2", "../../etc/passwd": b"3", "=?utf-8?q?x?=.csv": b"4"}
    message = written(files=hostile)
    record = await house.mail(message=message)
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0, 1, 2)))
    left = await house.outgoing(record.id, B)
    assert len([one for one in parsed(left).walk() if not one.is_multipart()]) == 5
    assert "\u202e" not in texts(left)
    for _, _, detail in await house.lines(record.id, "alter"):
        assert all(line.isprintable() for line in detail["diff"])  # type: ignore[attr-defined]


async def test_a_mail_to_five_thousand(house: House) -> None:
    people = tuple(f"p{number}@x{number % 50}.example" for number in range(5000))
    record = await house.mail(to=people)
    hide = tuple(copy.address for copy in record.recipients[:4000])
    choice = Choice(remove=tuple(copy.address for copy in record.recipients[4000:]), remove_files=(0,), hide=hide)
    view = await house.review.choose(SENDER, record.id, choice)
    assert sum(copy.state is State.HELD for copy in view.record.recipients) == 4000
    await house.review.choose(SENDER, record.id, Choice(remove_files=(1,), then=Act.RELEASE))
    left = await house.outgoing(record.id, hide[0])
    assert names(left) == ["plan.txt"]
    assert b"p17@" not in left
    assert b"p4017@" in left  # taken off, not hidden: whoever is to be hidden is named


async def test_the_zip_of_a_rule_packs_what_is_left(house: House) -> None:
    record = await house.mail()
    digests = tuple(one.sha256 for one in record.facts.attachments)
    recipe = (ZipAttachments("AAAA-BBBB-CCCC-DDDD", "0" * 64, "", sha256=digests[:2]),)
    await give(house, record.id, recipe)
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0,)))
    left = await house.outgoing(record.id, B)
    assert set(names(left)) == {"見積書.zip", "plan.txt"}
    await house.review.choose(SENDER, record.id, Choice(remove_files=(1,)))
    assert names(await house.outgoing(record.id, B)) == ["plan.txt"]
    copy = (await house.ledger.found(record.id)).recipients[0]
    assert not any(isinstance(one, ZipAttachments) for one in copy.recipe or ())


async def test_a_password_that_was_told_is_not_told_again(house: House) -> None:
    record = await house.mail()
    await give(house, record.id, (ZipAttachments("AAAA-BBBB-CCCC-DDDD", "0" * 64),))
    await house.review.act(SENDER, record.id, Act.RELEASE, (B,))
    await house.ledger.relay(record)
    assert len(await house.owed("password")) == 1
    await house.review.choose(SENDER, record.id, Choice(remove_files=(0,), then=Act.RELEASE))
    await house.ledger.relay(record)
    assert len(await house.owed("password")) == 1


async def give(house: House, message_id: str, recipe: Recipe) -> None:
    """As if a rule had asked for it."""
    record = await house.ledger.found(message_id)
    keys = [copy.address.key for copy in record.recipients]

    def change(connection: Any) -> None:
        number = number_of(connection, message_id)
        assert number is not None
        recipes.insert(connection, number, {recipe: 1})
        connection.executemany("UPDATE recipient SET recipe = 1 WHERE key = ?", [(key,) for key in keys])

    await house.ledger.db.write(change)


async def test_an_approver_alone_decides_by_a_choice_too(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    view = await house.review.choose(APPROVER, record.id, Choice(recipients=(B,), then=Act.APPROVE))
    assert [copy.state for copy in view.record.recipients] == [State.QUEUED, State.HELD]
    error = await refused(house, ADMINISTRATOR, record.id, recipients=(B,), then=Act.RELEASE)
    assert isinstance(error, AlreadyDecided)
    assert error.by == BOSS


async def test_a_hold_that_ran_out_in_between_is_told(house: House) -> None:
    record = await house.mail()
    house.ledger.clock.forward(hours=73)
    await house.review.expire_due()
    assert isinstance(await refused(house, SENDER, record.id, remove=(C,), then=Act.RELEASE), AlreadyDecided)


async def test_a_late_part_does_not_go_out_with_what_was_taken_out_of_the_others(house: House) -> None:
    """A cloud hands the mail over in two transactions; between them its sender takes a file out and lets it go."""
    message = written((BOB, CAROL))
    first = await house.mail(to=(BOB,), message=message)
    await house.review.choose(SENDER, first.id, Choice(remove_files=(0,), then=Act.RELEASE))
    late = await house.mail(to=(CAROL,), message=message)
    found = await house.ledger.found(late.id)
    assert len(found.parts) == 2
    assert {str(copy.address): copy.state for copy in found.recipients} == {BOB: State.QUEUED, CAROL: State.HELD}


async def test_a_voice_for_what_was_altered_is_none_for_a_late_part_that_is_not(house: House) -> None:
    message = written((BOB, CAROL))
    first = await house.mail(Disposition.APPROVE, to=(BOB,), message=message, asks=(Ask((BOSS, DEPUTY), 2),))
    await house.review.choose(SENDER, first.id, Choice(remove_files=(0,)))
    await house.review.act(APPROVER, first.id, Act.APPROVE)
    late = await house.mail(Disposition.APPROVE, to=(CAROL,), message=message, asks=(Ask((BOSS, DEPUTY), 2),))
    found = await house.ledger.found(late.id)
    assert {str(copy.address): copy.approvals for copy in found.recipients} == {BOB: (BOSS,), CAROL: ()}
