"""Login by a password that somebody else keeps: the upstream (a real SMTP server), a real slapd, the file of logins."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from tests.door import STRANGERS, client_at, open_door
from tests.postfix import free_port, make_certificate
from tests.reception import ANN, Browser, Clock, Reception, open_reception
from tests.slapd import PASSWORD, READER, Slapd, running_slapd

from mailguard import events
from mailguard.access import Access, Passwords, TooMany, Unavailable, Ways, WrongPassword
from mailguard.access import passwords as passwords_module
from mailguard.access.passwords import Check
from mailguard.app.checkers import ByDirectory
from mailguard.app.rooms import open_rooms
from mailguard.app.ways import ways_in
from mailguard.config.load import load_config
from mailguard.ldap.login import check_password
from mailguard.ldap.reader import LdapUnavailable
from mailguard.ldap.settings import LdapSettings
from mailguard.relay.login import CannotAsk, UpstreamLogin
from mailguard.relay.settings import UpstreamSettings
from mailguard.smtpd.auth import UserFile, hash_password

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ldap3")

SECRET = "correct horse 馬"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords_module, "_SAME_SECONDS", 0.0)


# The upstream


@asynccontextmanager
async def mail_server(folder: Path, *, tls: bool = True) -> AsyncIterator[tuple[UpstreamSettings, list[str]]]:
    """A real SMTP server that takes ann's password, under STARTTLS only. Also: who asked it."""
    certificate, key = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    asked: list[str] = []

    def check(server: object, session: object, envelope: object, mechanism: str, data: LoginPassword) -> AuthResult:
        asked.append(data.login.decode())
        right = data.login == ANN.encode() and data.password == SECRET.encode()
        return AuthResult(success=right, handled=False)

    def one() -> SMTP:
        return SMTP(Sink(), hostname="localhost", tls_context=context if tls else None, authenticator=check)

    server = await asyncio.get_running_loop().create_server(one, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield UpstreamSettings("smtp", host="127.0.0.1", port=port, tls="required", ca_file=certificate), asked
    finally:
        server.close()
        await server.wait_closed()


async def test_the_upstream_says_yes_and_no(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as (settings, asked):
        login = UpstreamLogin(settings)
        assert await login.check(ANN, SECRET) == ANN
        assert await login.check(ANN, "wrong") is None
        assert await login.check("eve@corp.example", SECRET) is None
        assert asked[0] == ANN


async def test_no_password_goes_where_the_certificate_is_wrong_or_tls_is_missing(tmp_path: Path) -> None:
    async with mail_server(tmp_path) as (settings, asked):
        with pytest.raises(CannotAsk):
            await UpstreamLogin(replace(settings, ca_file=None)).check(ANN, SECRET)
        assert asked == []
        assert await UpstreamLogin(replace(settings, ca_file=None, tls="insecure")).check(ANN, SECRET) == ANN
    async with mail_server(tmp_path / "plain", tls=False) as (settings, asked):
        with pytest.raises(CannotAsk):
            await UpstreamLogin(settings).check(ANN, SECRET)
        assert asked == []


def test_upstreams_that_a_password_is_not_sent_to(tmp_path: Path) -> None:
    for settings in (
        UpstreamSettings("smtp", host="mail.corp.example", port=25, tls="none"),
        UpstreamSettings("mailbox", path=tmp_path),
    ):
        with pytest.raises(ValueError, match=r"password"):
            UpstreamLogin(settings)


async def test_an_upstream_that_is_down(tmp_path: Path) -> None:
    settings = UpstreamSettings("smtp", host="127.0.0.1", port=free_port(), tls="required")
    with pytest.raises(CannotAsk) as caught:
        await UpstreamLogin(settings).check(ANN, SECRET)
    assert SECRET not in str(caught.value)
    assert ANN not in str(caught.value)


# The directory server


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    people = "".join(
        f"\ndn: uid={uid},ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n"
        f"mail: {mail}\nuserPassword: {uid}-secret\n"
        for uid, mail in (
            ("ann", "Ann@corp.example"),
            ("boss", "boss@corp.example"),
            ("one", "shared@corp.example"),
            ("two", "shared@corp.example"),
            ("three", "shared@corp.example"),
        )
    )
    with running_slapd(people) as server:
        yield server


@pytest.fixture
def directory(slapd: Slapd) -> LdapSettings:
    return LdapSettings(
        "127.0.0.1", slapd.port, "dc=corp,dc=example", ca_file=slapd.ca, bind_dn=READER, password=PASSWORD
    )


def test_the_directory_says_yes_and_no(directory: LdapSettings) -> None:
    for name in ("ann@corp.example", "ANN@corp.example", "ann"):
        assert check_password(directory, name, "ann-secret") == "Ann@corp.example"
        assert check_password(directory, name, "boss-secret") is None
    assert check_password(directory, "nobody", "ann-secret") is None


@pytest.mark.parametrize("name", ["*", "ann*", "ann)(uid=*", "a\\2a", "ann\0", ")(|(uid=*", "", "a" * 5000])
def test_what_is_typed_is_no_filter(directory: LdapSettings, name: str) -> None:
    assert check_password(directory, name, "ann-secret") is None


def test_an_empty_password_is_no_anonymous_login(directory: LdapSettings) -> None:
    assert check_password(directory, "ann", "") is None
    assert check_password(directory, "ann", "\0") is None


def test_an_address_of_several_is_nobodys(directory: LdapSettings) -> None:
    assert check_password(directory, "shared@corp.example", "one-secret") is None
    assert check_password(directory, "one", "one-secret") == "shared@corp.example"


def test_a_directory_that_cannot_be_asked(directory: LdapSettings) -> None:
    for settings in (
        replace(directory, port=free_port()),
        replace(directory, ca_file=None),
        replace(directory, password="wrong"),
    ):
        with pytest.raises(LdapUnavailable) as caught:
            check_password(settings, "ann", "ann-secret")
        assert "ann-secret" not in str(caught.value)


async def test_a_mail_client_logs_in_by_the_directory(tmp_path: Path, directory: LdapSettings) -> None:
    checker = ByDirectory(directory)
    listener = replace(STRANGERS, auth="required")
    async with open_door(tmp_path, listener, authenticate=checker) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        for name, password in (("ann", "boss-secret"), ("*", "ann-secret"), ("ann", "")):
            client.send("AUTH PLAIN " + base64.b64encode(f"\0{name}\0{password}".encode()).decode())
            assert (await client.reply()).startswith("535 5.7.8")
        assert (await client.ask("AUTH PLAIN " + base64.b64encode(b"\0ann\0ann-secret").decode())).startswith("235")
        client.send("MAIL FROM:<boss@corp.example>")
        assert (await client.reply()).startswith("553 5.7.1")
        await client.ask("MAIL FROM:<ann@corp.example>", "RCPT TO:<bob@partner.example>", "DATA", ".")
    assert room.messages[0].envelope.client.login == "Ann@corp.example"
    checker.close()
    away = ByDirectory(replace(directory, port=free_port()))
    async with open_door(tmp_path, listener, authenticate=away) as (_, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        client.send("AUTH PLAIN " + base64.b64encode(b"\0ann\0ann-secret").decode())
        assert (await client.reply()).startswith("454 4.7.0")
    away.close()


# The room and the page


@asynccontextmanager
async def reception_with(folder: Path, check: Check) -> AsyncIterator[Reception]:
    def ways(access: Access, clock: Clock) -> Ways:
        passwords = Passwords(
            "upstream", check, access.visits, access.settings, may_log_in=access.may_log_in, now=clock
        )  # fmt: skip
        return Ways(passwords=passwords)

    async with open_reception(folder, ways=ways) as reception:
        yield reception


async def knows_ann(name: str, password: str) -> str | None:
    return name if password == SECRET else None


async def typed(browser: Browser, name: str = ANN, password: str = SECRET, way: str = "/") -> int:
    answer = await browser.send(
        await browser.get(f"/login?next={way}"), "/login/password", name=name, password=password
    )
    return answer.status_code


async def test_the_right_password_logs_in(tmp_path: Path) -> None:
    async with reception_with(tmp_path, knows_ann) as reception:
        browser = await reception.browser()
        page = await browser.get("/login?next=/sessions")
        assert 'name="address"' in page.text, "the letter is offered beside it"
        answer = await browser.send(page, "/login/password", name=f" {ANN.upper()} ", password=SECRET)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sessions")
        assert "mail password" in (await browser.get("/sessions")).text


async def test_every_no_is_the_same(tmp_path: Path) -> None:
    async with reception_with(tmp_path, knows_ann) as reception:
        browser = await reception.browser()
        texts = set()
        for name, password in (
            (ANN, "not-it"), ("nobody@corp.example", "not-it"), ("stranger@else.example", SECRET),
                ("no address", SECRET),
            (ANN, "with\nnewline"), (ANN, "x" * 1100),
        ):  # fmt: skip
            answer = await browser.send(await browser.get("/login"), "/login/password", name=name, password=password)
            assert answer.status_code == 403
            texts.add(answer.text.replace(name, "X"))
            assert password not in answer.text
        assert len(texts) == 1


async def test_a_pause_grows_for_the_account_wherever_it_is_tried_from(tmp_path: Path) -> None:
    async with reception_with(tmp_path, knows_ann) as reception:
        answers = [await typed(await reception.browser(ip=f"192.0.2.{n}"), password="wrong") for n in range(5)]
        assert answers == [403, 403, 403, 429, 429]
        browser = await reception.browser()
        assert await typed(browser) == 429, "the right one waits, too"
        assert await typed(await reception.browser(), name="boss@corp.example") == 303, "nobody else does"
        reception.clock.pass_by(seconds=3)
        assert await typed(browser) == 303


async def test_a_client_has_so_many_tries(tmp_path: Path) -> None:
    async with reception_with(tmp_path, knows_ann) as reception:
        browser = await reception.browser()
        answers = [await typed(browser, name=f"p{number}@corp.example", password="wrong") for number in range(31)]
        assert answers == [403] * 30 + [429]


async def test_who_cannot_be_asked_is_said_and_costs_no_try(tmp_path: Path) -> None:
    async def down(name: str, password: str) -> str | None:
        raise Unavailable("mail server said 421")

    async with reception_with(tmp_path, down) as reception:
        browser = await reception.browser()
        for _ in range(6):
            page = await browser.send(await browser.get("/login"), "/login/password", name=ANN, password=SECRET)
            assert page.status_code == 503
            assert "does not answer" in page.text
            assert "mail server said" not in page.text  # a token may hold any figures


async def test_many_at_once_are_bounded_and_none_is_let_through(tmp_path: Path) -> None:
    going = asyncio.Event()
    at_once = most = 0

    async def slow(name: str, password: str) -> str | None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await going.wait()
        at_once -= 1
        return None

    async with reception_with(tmp_path, slow) as reception:
        passwords = reception.app.state.desk.ways.passwords
        tries = [
            asyncio.create_task(passwords.log_in(f"p{n}@corp.example", "x", client=f"192.0.2.{n}")) for n in range(60)
        ]
        await asyncio.sleep(0)
        going.set()
        kinds = {type(one) for one in await asyncio.gather(*tries, return_exceptions=True)}
        assert most <= 20
        assert kinds == {WrongPassword, Unavailable}
        same = [passwords.log_in(ANN, "x", client=f"198.51.100.{n}") for n in range(10)]
        kinds_of_same = [type(one) for one in await asyncio.gather(*same, return_exceptions=True)]
        assert kinds_of_same.count(WrongPassword) == 3
        assert kinds_of_same.count(TooMany) == 7


def ledger_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("ledger.db*"))


async def test_no_password_is_logged_or_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with reception_with(tmp_path, knows_ann) as reception:
        before = (
            events.REGISTRY.get_sample_value("mailguard_logins_total", {"way": "upstream", "result": "failure"}) or 0
        )
        await typed(await reception.browser(), password="visible-secret")
        await typed(await reception.browser())
        after = events.REGISTRY.get_sample_value("mailguard_logins_total", {"way": "upstream", "result": "failure"})
        assert after == before + 1
    said = capfd.readouterr()
    for text in ("visible-secret", SECRET, ANN):
        assert text not in said.out + said.err
    kept = await asyncio.to_thread(ledger_of, tmp_path)
    assert b"visible-secret" not in kept
    assert SECRET.encode() not in kept


async def test_ways_that_are_not_set_up_do_not_exist(tmp_path: Path) -> None:
    async with open_reception(tmp_path, ways=lambda _access, _clock: Ways(link=False)) as reception:
        browser = await reception.browser()
        page = await browser.get("/login")
        assert "<form" not in page.text.partition("<main")[2]
        token = page.text.partition('name="form_token" value="')[2].partition('"')[0]
        for path in ("/login", "/login/password"):
            answer = await browser.client.post(path, data={"form_token": token, "address": ANN, "name": ANN})
            assert answer.status_code == 404


# Put together from a configuration

CONFIG = """
organization: {{domains: [corp.example]}}
listeners: [{{address: "127.0.0.1:0", auth: none, trusted_networks: [127.0.0.0/8]}}]
upstream: {{url: "smtp://127.0.0.1:{port}", tls: required, ca_file: {ca}}}
auth: {{method: file, file: users.yaml}}
directory:
  {{url: "ldap://127.0.0.1:{ldap}", kind: openldap, base: "dc=corp,dc=example", bind_dn: "{reader}",
   password: {password}, ca_file: {ldap_ca}}}
store: {{url: "sqlite:mailguard.db", bodies: bodies}}
console: {{login: [{way}, link]}}
notify: {{from: mailguard@corp.example}}
"""


@pytest.mark.parametrize(
    ("way", "name", "password"),
    [
        ("upstream", ANN, SECRET),
        ("ldap", "ann", "ann-secret"),
        ("file", ANN, "file-secret"),
        ("password", ANN, "file-secret"),
    ],
)
async def test_the_configured_way_checks(tmp_path: Path, slapd: Slapd, way: str, name: str, password: str) -> None:
    async with mail_server(tmp_path / "server") as (upstream, _):
        text = CONFIG.format(
            port=upstream.port, ca=upstream.ca_file, ldap=slapd.port, ldap_ca=slapd.ca, reader=READER,
            password=PASSWORD, way=way,
        )  # fmt: skip
        (tmp_path / "mailguard.yaml").write_text(text)
        (tmp_path / "users.yaml").write_text(f'users: {{{ANN}: {{password: "{hash_password("file-secret")}"}}}}\n')
        users = UserFile(tmp_path / "users.yaml")
        users.load()
        async with open_rooms(load_config(tmp_path / "mailguard.yaml", {})) as rooms:
            ways = ways_in(rooms, users)
            assert ways.passwords is not None
            opened = await ways.passwords.log_in(name, password)
            assert (opened.session.actor.address, opened.session.how) == (ANN, way.replace("password", "file"))
            with pytest.raises(WrongPassword):
                await ways.passwords.log_in(name, "wrong")
        users.close()
