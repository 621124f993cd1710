"""The porter: two of three, five tries, once, in time, and nothing in the ledger that opens anything."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOSS, NOON, Ledger, opened

from mailguard.access import Access, AccessSettings, Expired, LetterPeek, Ticket, TooMany, WrongCode
from mailguard.access import porter as porter_module
from mailguard.mail.actor import Actor, Role
from mailguard.mail.message import new_message_id
from mailguard.mail.organization import Organization
from mailguard.store.sessions import NewTicket

ADMINISTRATOR, AUDITOR = "admin@corp.example", "auditor@elsewhere.example"
CLI = Actor("cli-root", Role.ADMINISTRATOR, "cli")
NONCE = "the browser that asked"
SETTINGS = AccessSettings(
    Organization(("corp.example",)),
    administrators=frozenset({ADMINISTRATOR}),
    auditors=frozenset({AUDITOR}),
)


@dataclasses.dataclass
class House:
    ledger: Ledger
    access: Access
    noticed: list[bool]

    async def asked(self, address: str = ANN, nonce: str = NONCE) -> Ticket:
        """Ask for a login letter and read it."""
        await self.access.request_login(address, nonce, client="c", browser="Firefox")
        (notice,) = await self.ledger.outbox.pending(kinds=("login",))
        await self.ledger.outbox.done(notice.id)
        return await self.kept(self.access.login_ticket(notice.to, notice.detail["nonce_hash"]))

    async def kept(self, made: tuple[Ticket, NewTicket]) -> Ticket:
        """A ticket that is good from now on."""
        await self.access.keep(made[1])
        return made[0]


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(porter_module, "_SAME_SECONDS", 0.0)
    async with opened(tmp_path) as ledger:
        noticed: list[bool] = []

        def notice() -> None:
            noticed.append(True)

        access = Access(
            ledger.sessions,
            ledger.outbox,
            ledger.audit,
            SETTINGS,
            now=ledger.clock,
            noticed=notice,
        )
        yield House(ledger, access, noticed)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_login_in_the_browser_that_asked(house: House) -> None:
    ticket = await house.asked()
    assert house.noticed
    opened = await house.access.redeem(token=ticket.token, nonce=NONCE)
    assert opened.session.actor == Actor(ANN, Role.SENDER, "console")
    assert opened.session.scope is None
    assert await house.access.session(opened.cookie) == opened.session
    (line,) = await house.ledger.audit.latest(1)
    assert (line.event, line.actor) == ("login", ANN)


async def test_login_by_the_code_in_the_browser_that_asked(house: House) -> None:
    ticket = await house.asked()
    assert (await house.access.redeem(nonce=NONCE, code=f" {ticket.code[:3]} {ticket.code[3:]}")).cookie


async def test_login_by_link_and_code_in_another_browser(house: House) -> None:
    ticket = await house.asked()
    assert (await house.access.redeem(token=ticket.token, nonce="another", code=ticket.code)).cookie


async def test_one_of_three_is_not_enough(house: House) -> None:
    ticket = await house.asked()
    with pytest.raises(WrongCode):
        await house.access.redeem(token=ticket.token)
    with pytest.raises(WrongCode):
        await house.access.redeem(token=ticket.token, nonce="another browser")
    for shown in ({"code": ticket.code}, {"nonce": NONCE}, {}):
        with pytest.raises(Expired):
            await house.access.redeem(**shown)
    # None of that cost a try.
    assert (await house.access.redeem(token=ticket.token, nonce=NONCE)).cookie


async def test_a_ticket_is_used_once(house: House) -> None:
    ticket = await house.asked()
    await house.access.redeem(token=ticket.token, nonce=NONCE)
    with pytest.raises(Expired):
        await house.access.redeem(token=ticket.token, nonce=NONCE)


async def test_of_many_at_once_one_gets_in(house: House) -> None:
    ticket = await house.asked()
    results = await asyncio.gather(
        *(house.access.redeem(token=ticket.token, nonce=NONCE) for _ in range(10)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Expired"] * 9 + ["Opened"]


async def test_five_wrong_codes_and_the_right_one_is_too_late(house: House) -> None:
    ticket = await house.asked()
    left = []
    for _ in range(5):
        with pytest.raises((WrongCode, Expired)) as caught:
            await house.access.redeem(token=ticket.token, code=other(ticket.code))
        left.append(caught.value.tries_left if isinstance(caught.value, WrongCode) else 0)
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(Expired):
        await house.access.redeem(token=ticket.token, code=ticket.code)
    with pytest.raises(Expired):
        await house.access.redeem(token=ticket.token, nonce=NONCE)


async def test_wrong_codes_side_by_side_are_all_counted(house: House) -> None:
    ticket = await house.asked()
    wrong = (house.access.redeem(nonce=NONCE, code=other(ticket.code)) for _ in range(20))
    results = await asyncio.gather(*wrong, return_exceptions=True)
    assert sum(isinstance(result, WrongCode) for result in results) == 4
    with pytest.raises(Expired):
        await house.access.redeem(nonce=NONCE, code=ticket.code)


async def test_two_letters_to_one_browser_open_with_either_code(house: House) -> None:
    first, second = await house.asked(), await house.asked()
    assert (await house.access.redeem(nonce=NONCE, code=first.code)).cookie
    assert (await house.access.redeem(nonce=NONCE, code=second.code)).cookie


async def test_a_ticket_ends(house: House) -> None:
    ticket = await house.asked()
    house.ledger.clock.forward(minutes=15)
    with pytest.raises(Expired):
        await house.access.redeem(token=ticket.token, nonce=NONCE)


async def test_a_session_ends(house: House) -> None:
    ticket = await house.asked()
    opened = await house.access.redeem(token=ticket.token, nonce=NONCE)
    for _ in range(3):
        house.ledger.clock.forward(hours=3, minutes=59)
        assert await house.access.session(opened.cookie)
    house.ledger.clock.forward(minutes=3)
    assert await house.access.session(opened.cookie) is None
    await house.access.purge()
    assert await house.ledger.db.read(lambda c: c.execute("SELECT count(*) FROM session").fetchone()[0]) == 0


async def test_logging_out(house: House) -> None:
    ticket = await house.asked()
    opened = await house.access.redeem(token=ticket.token, nonce=NONCE)
    assert await house.access.visits.log_out(opened.cookie) == "link"
    assert await house.access.session(opened.cookie) is None
    assert await house.access.session("") is None


@pytest.mark.parametrize(
    ("address", "role"),
    [(ANN, Role.SENDER), ("ADMIN@Corp.Example", Role.ADMINISTRATOR), (AUDITOR, Role.AUDITOR)],
)
async def test_roles(house: House, address: str, role: Role) -> None:
    ticket = await house.asked(address)
    actor = (await house.access.redeem(token=ticket.token, nonce=NONCE)).session.actor
    assert (actor.address, actor.role) == (address.lower(), role)


@pytest.mark.parametrize("address", ["eve@elsewhere.example", "no address", "", "ann@corp.example.evil.example", "<>"])
async def test_others_get_no_letter_and_no_answer(house: House, address: str) -> None:
    await house.access.request_login(address, NONCE, client="c")
    assert await house.ledger.outbox.pending() == []
    assert not house.noticed


async def test_the_answer_takes_the_same_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(porter_module, "_SAME_SECONDS", 3600.0)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await house.access.request_login(ANN, NONCE)
    await house.access.request_login("eve@elsewhere.example", NONCE)
    assert all(seconds > 3500 for seconds in slept)
    assert len(slept) == 2


async def test_letters_to_one_address_are_limited_silently(house: House) -> None:
    for number in range(10):
        await house.access.request_login(ANN, NONCE, client=f"c{number}")
    assert len(await house.ledger.outbox.pending()) == SETTINGS.logins_an_hour
    house.ledger.clock.forward(hours=1)
    await house.access.request_login(ANN, NONCE)
    assert len(await house.ledger.outbox.pending()) == SETTINGS.logins_an_hour + 1


async def test_a_client_is_limited(house: House) -> None:
    for number in range(SETTINGS.asks_an_hour):
        await house.access.request_login(f"p{number}@x.example", NONCE, client="c")
    with pytest.raises(TooMany):
        await house.access.request_login(ANN, NONCE, client="c")
    await house.access.request_login(ANN, NONCE, client="another")
    for _ in range(SETTINGS.tries_an_hour):
        with pytest.raises(Expired):
            await house.access.redeem(nonce="guess", code="000000", client="c")
    with pytest.raises(TooMany):
        await house.access.redeem(nonce="guess", code="000000", client="c")


async def test_guessing_from_everywhere_closes_the_codes_and_leaves_the_links(house: House) -> None:
    ticket = await house.asked()
    for number in range(SETTINGS.wrong_codes_an_hour):
        with pytest.raises(Expired):
            await house.access.redeem(nonce="guess", code="000000", client=f"2001:db8:0:{number:x}::1")
    with pytest.raises(TooMany):
        await house.access.redeem(nonce=NONCE, code=ticket.code)
    assert (await house.access.redeem(token=ticket.token, nonce=NONCE)).cookie


async def test_ended_tickets_are_forgotten(house: House) -> None:
    await house.asked()
    house.ledger.clock.forward(days=1)
    await house.asked()
    assert await house.ledger.db.read(lambda c: c.execute("SELECT count(*) FROM ticket").fetchone()[0]) == 1


async def test_a_letters_link_and_code_open_one_mail_for_a_while(house: House) -> None:
    message_id = new_message_id(NOON)
    ticket = await house.kept(house.access.letter_ticket(message_id, BOSS))
    assert await house.access.peek(ticket.token) == LetterPeek(BOSS, message_id)
    opened = await house.access.redeem_letter(ticket.token, ticket.code)
    assert opened.session.scope == message_id
    assert opened.session.actor == Actor(BOSS, Role.SENDER, "letter")
    assert await house.access.session(opened.cookie) == opened.session
    assert await house.access.peek(ticket.token) is None
    with pytest.raises(Expired):
        await house.access.redeem_letter(ticket.token, ticket.code)
    house.ledger.clock.forward(minutes=30)
    assert await house.access.session(opened.cookie) is None


async def test_a_letters_link_alone_opens_nothing(house: House) -> None:
    ticket = await house.kept(house.access.letter_ticket(new_message_id(NOON), BOSS))
    with pytest.raises((WrongCode, Expired)):
        await house.access.redeem_letter(ticket.token, "")
    with pytest.raises(Expired):
        await house.access.redeem(token=ticket.token, code=ticket.code)  # it is no login
    for _ in range(5):
        with pytest.raises((WrongCode, Expired)):
            await house.access.redeem_letter(ticket.token, other(ticket.code))
    assert await house.access.peek(ticket.token) is None


async def test_peeking(house: House) -> None:
    login = await house.asked()
    assert await house.access.peek(login.token) is None
    assert await house.access.peek("nonsense \udcff") is None
    ticket = await house.kept(house.access.letter_ticket(new_message_id(NOON), BOSS))
    house.ledger.clock.forward(hours=96)
    assert await house.access.peek(ticket.token) is None


async def test_tokens(house: House) -> None:
    token = await house.access.create_token(Role.ADMINISTRATOR, None, CLI, lasts=timedelta(days=1), label="backup")
    actor = await house.access.verify_token(token)
    assert actor is not None
    assert (actor.role, actor.via) == (Role.ADMINISTRATOR, "api")
    (row,) = await house.access.tokens()
    assert (row.label, row.role, row.used_at) == ("backup", Role.ADMINISTRATOR, NOON)
    assert actor.address == f"token-{row.id}"
    assert await house.access.verify_token(token + "x") is None
    assert await house.access.verify_token("") is None
    assert await house.access.revoke_token(row.id, CLI)
    assert not await house.access.revoke_token(row.id, CLI)
    assert await house.access.verify_token(token) is None
    assert [line.event for line in await house.ledger.audit.page()] == ["token-create", "token-revoke"]


async def test_a_token_ends(house: House) -> None:
    token = await house.access.create_token(Role.SENDER, "Ann@corp.example", CLI, lasts=timedelta(days=1))
    actor = await house.access.verify_token(token)
    assert actor == Actor(ANN, Role.SENDER, "api")
    house.ledger.clock.forward(days=1)
    assert await house.access.verify_token(token) is None


@pytest.mark.parametrize(
    ("role", "address"), [(Role.SENDER, None), (Role.APPROVER, None), (Role.SENDER, "nobody"), (Role.SYSTEM, ANN)]
)
async def test_a_token_that_makes_no_sense(house: House, role: Role, address: str | None) -> None:
    with pytest.raises(ValueError):
        await house.access.create_token(role, address, CLI)
    assert await house.access.tokens() == []


async def test_the_ledger_holds_nothing_that_opens_anything(house: House, tmp_path: Path) -> None:
    login = await house.asked()
    letter = await house.kept(house.access.letter_ticket(new_message_id(NOON), BOSS))
    opened = await house.access.redeem(token=login.token, nonce=NONCE)
    token = await house.access.create_token(Role.AUDITOR, None, CLI)
    await house.ledger.db.close()
    octets = b"".join(path.read_bytes() for path in tmp_path.glob("mailguard.db*"))  # noqa: ASYNC240
    secrets = [login.token, letter.token, NONCE, opened.cookie, token]
    assert not [secret for secret in secrets if secret.encode() in octets]
    codes = [code for code in (login.code, letter.code) if code.encode() in octets]
    assert len(codes) < 2  # six digits may turn up by chance; both do not


async def test_a_used_link_still_names_its_mail_to_those_who_ask_for_it(house: House) -> None:
    message_id = new_message_id(NOON)
    ticket = await house.kept(house.access.letter_ticket(message_id, BOSS))
    await house.access.redeem_letter(ticket.token, ticket.code)
    assert await house.access.peek(ticket.token) is None
    assert await house.access.peek(ticket.token, used=True) == LetterPeek(BOSS, message_id)
    house.ledger.clock.forward(hours=96)
    assert await house.access.peek(ticket.token, used=True) is None
