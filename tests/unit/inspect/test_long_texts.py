"""Long texts go through slices and short cuts: what they say must not depend on it."""

import pytest

from mailguard.inspect.chars.guess import strict
from mailguard.inspect.chars.jis import decode_iso2022jp
from mailguard.inspect.content import Piece
from mailguard.inspect.files import _pieces
from mailguard.inspect.personal import search
from mailguard.inspect.personal.fold import fold, lower
from mailguard.inspect.personal.invited import told_apart
from mailguard.inspect.secrets import passwords
from mailguard.inspect.secrets.passwords import told_passwords


def test_a_long_text_is_folded_like_a_short_one() -> None:
    line = "ＴＥＬ０３－１２３４－５６７８　か\u3099\n"
    many = 2**19 // len(line) * 2 + 7
    assert fold(line * many) == fold(line) * many


def test_small_letters_keep_their_places() -> None:
    text = "PASSPORT \u0130 日本\n" * (2**19 // 8)
    assert len(lower(text)) == len(text)
    assert lower(text).count("passport i 日本\n") == 2**19 // 8


@pytest.mark.parametrize("lead", [399_990, 399_997, 400_000])
def test_a_password_far_down_is_found_wherever_the_text_is_cut(lead: int) -> None:
    text = "あ" * (lead - 1) + "\nパスワード: Xk93-tt7\n"
    assert [value for _, _, value in told_passwords(text)] == ["Xk93-tt7"]


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b$B;32<\x1b(B abc \x1b$B!A\x1b(B\n", "山下 abc ～\n"),
        (b"\x1b$B-!\x1b(B", "①"),  # NEC's row 13 is not in the book
        (b"\x1b$B;\x1b(B", "\ufffd"),
    ],
)
def test_iso_2022_jp_by_the_book_and_beside_it(octets: bytes, text: str) -> None:
    assert decode_iso2022jp(octets) == text


def test_a_cut_character_at_the_end_of_the_beginning_is_not_broken() -> None:
    for shift in (0, 1):
        octets = b"a" * shift + "日本".encode("cp932") * 3000
        assert strict(octets, "cp932") == "a" * shift + "日本" * 3000


def test_numbers_stand_out_of_a_long_row() -> None:
    row = "0-0-" * 50 + "1234 (4111 1111 1111 1111) 03-1234-5678 " + "0-0-" * 50 + "0"
    found = search([Piece("text", row)], 10)
    assert found.classes["payment_card"].values == ("4111111111111111",)
    assert found.classes["phone"].values == ("0312345678",)


def test_meetings_are_looked_for_once_however_many_passcodes_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, meetings = list[int](), passwords._meetings

    def counted(text: str) -> list[int]:
        looked.append(len(text))
        return meetings(text)

    monkeypatch.setattr(passwords, "_meetings", counted)
    text = "Zoom passcode: Xk93-tt7\n" * 40 + "a" * 601 + "\npasscode: Yk93-tt7\n"
    assert [value for _, _, value in told_passwords(text)] == ["Yk93-tt7"]
    assert len(looked) == 1


def test_of_endless_header_fields_some_are_told_apart() -> None:
    """Each is looked for in the whole text."""
    fields = tuple(f"Received: from host{number}.example by mx.corp.example;" for number in range(5000))
    addressed, rest = _pieces("file", "\n".join(fields), fields)
    assert (addressed.role, len(addressed.text.splitlines())) == ("addressed", 200)
    assert rest.text.count("Received:") == 4800


def test_a_line_of_blanks_beside_an_invitation_is_no_more_work_than_another() -> None:
    """Hours, where a pattern tried each blank with each."""
    calendar = Piece("calendar", "BEGIN:VCALENDAR\nMETHOD:REQUEST\nATTENDEE;CN=Bob Lee:mailto:b@x.example")
    blanks = " " * 50_000 + "x" * 100
    letter = Piece("text", f"{blanks}\n - Bob Lee  - organizer\nBob Lee <b@x.example>\nBob Lees\n  Bob Lee")
    (_, shown), _, _ = told_apart([calendar, letter])
    assert len(shown.text) == len(letter.text)
    assert [line for line in shown.text.split("\n") if line.strip()] == [blanks, "Bob Lees"]


def test_a_line_of_blanks_below_a_quoted_field_is_no_more_work_than_another() -> None:
    """Hours, where a pattern looked for an address behind each blank."""
    history = f"From: Bob <bob@x.example>\nTo: ann@corp.example,\n{' ' * 1_000_000}x\n  eve@y.example,\n zoe@z.example"
    found = search([Piece("text", f"{history}\n03-1234-5678 kim@w.example", "quoted")], 10)
    assert found.classes == {}
