"""Login by the company's sign-on, against a real OpenID provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from tests.openid_provider import CLIENT, SECRET, OpenId, running_provider
from tests.reception import ADMIN, ANN, URL, Browser, Clock, Reception, open_reception

from mailguard.access import Access, Ways
from mailguard.access.single import SingleSignOn
from mailguard.oidc.provider import Provider
from mailguard.oidc.settings import OidcSettings

BACK = f"{URL}/login/oidc/back"


@pytest.fixture(scope="module")
def openid() -> Iterator[OpenId]:
    with running_provider(BACK, after=f"{URL}/login") as provider:
        yield provider


@pytest.fixture
def settings(openid: OpenId) -> OidcSettings:
    return OidcSettings(openid.issuer, CLIENT, SECRET, label_ja="社内アカウント", label_en="Corp account")


def ways_of(settings: OidcSettings) -> Callable[[Access, Clock], Ways]:
    def ways(access: Access, clock: Clock) -> Ways:
        provider = Provider(settings, now=clock)
        single = SingleSignOn(
            provider, access.visits, access.seal, back=BACK, may_log_in=access.may_log_in, now=clock
        )  # fmt: skip
        return Ways(single=single)

    return ways


@asynccontextmanager
async def opened(folder: Path, settings: OidcSettings) -> AsyncIterator[Reception]:
    async with open_reception(folder, ways=ways_of(settings)) as reception:
        yield reception


@pytest.fixture
async def reception(tmp_path: Path, settings: OidcSettings) -> AsyncIterator[Reception]:
    async with opened(tmp_path, settings) as one:
        yield one


async def went(browser: Browser, way: str = "/") -> str:
    """Press the button of the login page; the provider's address."""
    page = await browser.get(f"/login?next={way}")
    assert "Corp account" in page.text
    answer = await browser.get(f"/login/oidc?{urlencode({'next': way})}")
    assert answer.status_code == 303
    return answer.headers["location"]


async def came_back(browser: Browser, openid: OpenId, person: str, way: str = "/") -> httpx2.Response:
    back = await openid.sign_in(await went(browser, way), person)
    return await browser.get(back.removeprefix(URL))


async def test_somebody_logs_in_and_is_where_he_wanted_to_go(reception: Reception, openid: OpenId) -> None:
    browser = await reception.browser()
    answer = await came_back(browser, openid, "ann", "/sessions")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sessions")
    page = await browser.get("/sessions")
    assert f"Logged in as {ANN}" in page.text
    assert "company sign-on" in page.text


async def test_what_goes_to_the_provider(reception: Reception) -> None:
    asked = parse_qs(urlsplit(await went(await reception.browser())).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid email"]
    assert asked["redirect_uri"] == [BACK]
    assert asked["ui_locales"] == ["en"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 32
    assert "ann" not in str(asked)


async def test_roles_are_those_of_the_settings(reception: Reception, openid: OpenId) -> None:
    browser = await reception.browser()
    await came_back(browser, openid, "admin")
    assert (await browser.client.get("/api/v1/me")).json()["role"] == "administrator"
    assert f"Logged in as {ADMIN}" in (await browser.get("/all")).text


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("unverified", "is not verified"),
        ("stranger", "is none of this organisation"),
        ("nomail", "has no mail address"),
    ],
)
async def test_who_does_not_get_in_is_told_why(reception: Reception, openid: OpenId, person: str, said: str) -> None:
    browser = await reception.browser()
    answer = await came_back(browser, openid, person)
    assert answer.status_code == 403
    assert said in answer.text
    assert 'name="address"' in answer.text, "the other way is on the same page"
    assert (await browser.get("/mine")).status_code == 303


async def test_an_answer_works_once_and_in_the_browser_that_went(reception: Reception, openid: OpenId) -> None:
    browser, thief = await reception.browser(), await reception.browser()
    await thief.get("/login")
    back = (await openid.sign_in(await went(browser), "ann")).removeprefix(URL)
    stolen = await thief.get(back)
    assert stolen.status_code == 403
    assert "begun in another browser" in stolen.text
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 403
    assert (await thief.get("/mine")).status_code == 303


async def test_an_answer_that_comes_too_late(reception: Reception, openid: OpenId) -> None:
    browser = await reception.browser()
    back = (await openid.sign_in(await went(browser), "ann")).removeprefix(URL)
    reception.clock.pass_by(minutes=16)
    assert (await browser.get(back)).status_code == 403


@pytest.mark.parametrize("state", ["", "x", "A" * 300, "%00", "é"])
async def test_forged_states(reception: Reception, state: str) -> None:
    browser = await reception.browser()
    await browser.get("/login")
    answer = await browser.client.get("/login/oidc/back", params={"state": state, "code": "c"})
    assert answer.status_code == 403
    assert "too old" in answer.text


async def test_errors_of_the_provider_are_one_helpful_sentence(reception: Reception) -> None:
    for error, said in (("access_denied", "was cancelled"), ("<script>x</script>", "answered with an error")):
        browser = await reception.browser()
        state = parse_qs(urlsplit(await went(browser)).query)["state"][0]
        query = {"state": state, "error": error, "error_description": "<b>pay here</b>"}
        answer = await browser.client.get("/login/oidc/back", params=query)
        assert answer.status_code == 403
        assert said in answer.text
        assert "pay here" not in answer.text
        assert "<script>x" not in answer.text


async def test_a_code_of_another_login_is_not_taken(reception: Reception, openid: OpenId) -> None:
    """The code is bound to the verifier of its own login (PKCE)."""
    mine, other = await reception.browser(), await reception.browser()
    stolen = parse_qs(urlsplit(await openid.sign_in(await went(other), "ann")).query)
    state = parse_qs(urlsplit(await went(mine)).query)["state"][0]
    query = {"state": state, "code": stolen["code"][0], "iss": openid.issuer}
    answer = await mine.client.get("/login/oidc/back", params=query)
    assert answer.status_code == 403
    assert "could not be verified" in answer.text


async def test_an_answer_of_another_issuer_is_not_taken(reception: Reception, openid: OpenId) -> None:
    browser = await reception.browser()
    back = await openid.sign_in(await went(browser), "ann")
    asked = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}
    assert asked["iss"] == openid.issuer
    answer = await browser.client.get("/login/oidc/back", params=asked | {"iss": "https://evil.example"})
    assert answer.status_code == 403


async def test_a_wrong_secret_is_our_fault_and_says_so_in_the_log(
    tmp_path: Path, openid: OpenId, settings: OidcSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    async with opened(tmp_path, replace(settings, client_secret="another")) as reception:
        answer = await came_back(await reception.browser(), openid, "ann")
        assert answer.status_code == 403
    said = capfd.readouterr()  # by its number: whoever set the log up last may have it write there
    assert "invalid_client" in said.out + said.err


async def test_claims_that_only_userinfo_has(tmp_path: Path) -> None:
    with running_provider(BACK, claims="userinfo") as openid:
        settings = OidcSettings(openid.issuer, CLIENT, SECRET, label_en="Corp account")
        async with opened(tmp_path, settings) as reception:
            browser = await reception.browser()
            assert (await came_back(browser, openid, "ann")).status_code == 303
            assert f"Logged in as {ANN}" in (await browser.get("/mine")).text


async def test_rotated_keys_and_a_provider_that_is_down(tmp_path: Path) -> None:
    with running_provider(BACK) as openid:
        settings = OidcSettings(openid.issuer, CLIENT, SECRET, label_en="Corp account", seconds=3.0)
        async with opened(tmp_path, settings) as reception:
            assert (await came_back(await reception.browser(), openid, "ann")).status_code == 303
            openid.stop()
            openid.start("second")
            reception.clock.pass_by(minutes=2)
            assert (await came_back(await reception.browser(), openid, "ann")).status_code == 303
            openid.stop()
            reception.clock.pass_by(hours=2)
            browser = await reception.browser()
            answer = await browser.get("/login/oidc")
            assert answer.status_code == 503
            assert "does not answer" in answer.text
            page = await browser.send(answer, "/login", address=ANN)
            assert "Look into your mailbox" in page.text, "the letter works all the same"
            openid.start("third")


async def test_logging_out_there_too(reception: Reception, openid: OpenId) -> None:
    browser = await reception.browser()
    await came_back(browser, openid, "ann")
    answer = await browser.send(await browser.get("/mine"), "/logout")
    page = await browser.get(answer.headers["location"])
    assert "still logged in at your company" in page.text
    there = (await browser.get("/login/oidc/end")).headers["location"]
    assert there.startswith(f"{openid.issuer}/session/end?")
    async with httpx2.AsyncClient() as client:
        asked = await client.get(there)
    assert asked.status_code == 200, asked.text
    by_letter = await reception.browser(ANN)
    answer = await by_letter.send(await by_letter.get("/mine"), "/logout")
    assert "still logged in" not in (await by_letter.get(answer.headers["location"])).text


async def test_the_way_afterwards_never_leads_elsewhere(reception: Reception, openid: OpenId) -> None:
    for wish in ("//evil.example/", "https://evil.example", "/\\evil"):
        browser = await reception.browser()
        assert (await came_back(browser, openid, "ann", wish)).headers["location"] == "/"


async def test_without_a_provider_there_is_no_such_page(tmp_path: Path) -> None:
    async with open_reception(tmp_path) as reception:
        browser = await reception.browser()
        for path in ("/login/oidc", "/login/oidc/back?code=x&state=y", "/login/oidc/end"):
            assert (await browser.get(path)).status_code == 404


async def test_a_provider_that_hangs_is_not_waited_for(tmp_path: Path, settings: OidcSettings) -> None:
    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hangs, "127.0.0.1", 0)
    issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with opened(tmp_path, replace(settings, issuer=issuer, seconds=0.3)) as reception:
            assert (await (await reception.browser()).get("/login/oidc")).status_code == 503
    finally:
        server.close()
        await server.wait_closed()
