"""What comes from outside as text: codes, ways back, links, form tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request
from tests.held import CORP

from mailguard.console.auth import code_of
from mailguard.console.browsers import browser_of
from mailguard.console.content import html_alone
from mailguard.console.outside import Piece, pieces
from mailguard.console.security import form_token, is_form_token, same_site
from mailguard.console.settings import ConsoleSettings
from mailguard.console.visit import own_path


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("482913", "482913"), (" 482 913 ", "482913"), ("482-913", "482913"), ("４８２９１３", "482913"),
        ("48291", ""), ("4829137", ""), ("", ""), ("abcdef", ""), ("٤٨٢٩١٣", "482913"), ("²³¹²³¹", ""),
    ],
)  # fmt: skip
def test_codes_as_people_type_them(typed: str, code: str) -> None:
    assert code_of(typed) == code


@pytest.mark.parametrize(
    ("wish", "way"),
    [
        ("/mine", "/mine"), ("/all?q=x", "/all?q=x"), ("", "/"), ("mine", "/"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("https://evil.example", "/"), ("/a\r\nSet-Cookie: x", "/"), ("/" + "x" * 600, "/"),
        ("/\t/evil.example", "/"), ("/契約", "/"),
    ],
)  # fmt: skip
def test_a_way_back_never_leads_elsewhere(wish: str, way: str) -> None:
    assert own_path(wish) == way


@given(st.text())
def test_whatever_is_wished_for_stays_in_the_house(wish: str) -> None:
    way = own_path(wish)
    assert way.startswith("/")
    assert not way.startswith(("//", "/\\"))


def test_only_links_to_this_console_are_links() -> None:
    text = "see http://mg.example/t/abc_-1 or http://mg.example.evil/t/x or javascript:alert(1)"
    assert pieces(text, "http://mg.example") == [
        Piece("see ", False),
        Piece("http://mg.example/t/abc_-1", True),
        Piece(" or http://mg.example.evil/t/x or javascript:alert(1)", False),
    ]


@given(st.text(), st.text())
def test_pieces_are_the_text(text: str, more: str) -> None:
    whole = text + "http://mg.example/t/abc" + more
    assert "".join(piece.text for piece in pieces(whole, "http://mg.example")) == whole


@given(st.text(), st.text())
def test_a_form_token_fits_its_own_secret_only(secret: str, other: str) -> None:
    assert is_form_token(secret, form_token(secret)) == bool(secret)
    assert not is_form_token(secret, form_token(other)) or secret == other
    assert not is_form_token(secret, "")


@pytest.mark.parametrize(
    ("site", "ours"), [(None, True), ("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)]
)
def test_fetch_metadata(site: str | None, ours: bool) -> None:
    assert same_site(Headers({} if site is None else {"sec-fetch-site": site})) is ours


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130 Safari/537 Edg/130", "Edge / Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604", "Safari / iPhone"),
        ("curl/8", ""),
        ("\r\nBcc: x Firefox", "Firefox"),
    ],
)
def test_a_browser_is_named_in_our_words(agent: str, words: str) -> None:
    request = Request({"type": "http", "headers": [(b"user-agent", agent.encode())]})
    assert browser_of(request) == words


@pytest.mark.parametrize(
    ("url", "root", "secure"),
    [
        ("http://127.0.0.1:8025", "", False),
        ("https://mg.corp.example", "", True),
        ("https://corp.example/mailguard", "/mailguard", True),
    ],
)
def test_where_the_console_lives(url: str, root: str, secure: bool) -> None:
    settings = ConsoleSettings(url, CORP)
    assert (settings.root, settings.secure) == (root, secure)


def test_a_hostile_html_takes_no_long_time() -> None:
    # Two runs of blanks in one pattern would take a day here, in the loop that serves everybody.
    for html in ("<" + " " * 1_000_000, "</" * 500_000, "<meta " * 160_000):
        assert html_alone(html).status_code == 200


@pytest.mark.parametrize(
    "html", ["<meta http-equiv=refresh content=x>", "< /\nlink href=x>", "</ IFRAME src=x", "<\tbase href=x>"]
)
def test_what_reaches_out_is_taken_out_of_html(html: str) -> None:
    assert bytes(html_alone(html).body).endswith(b"<title>-</title> ")
