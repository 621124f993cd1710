"""To and Cc become Bcc: who is named where afterwards, and which octets of the address fields stay."""

from __future__ import annotations

import pytest
from tests.unit.transform.mails import altered, crlf, refused

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import AddBcc, Footer, Split, ToBcc

FROM = "From: Sender <sender@corp.example>\n"
END = "Subject: x\n\nbob@partner.example\n"


def fields(octets: bytes) -> str:
    return octets.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n") + "\n"


def hidden(header: str, alteration: ToBcc | Split, recipient: str = "bob@partner.example") -> str:
    return fields(altered(crlf(FROM + header + END), alteration, recipient=recipient).octets)


TWO = "To: Bob <bob@partner.example>, carl@other.example\nCc: boss@corp.example\n"


@pytest.mark.parametrize(
    ("alteration", "expected"),
    [
        (ToBcc("sender_in_to"), "To: Sender <sender@corp.example>\n"),
        (ToBcc("each_alone"), "To: Bob <bob@partner.example>\n"),
        (Split(), "To: Bob <bob@partner.example>\n"),
        (Split("kept"), TWO),
        (ToBcc(visible=("corp.example",)), "To: Sender <sender@corp.example>\nCc: boss@corp.example\n"),
        (ToBcc("each_alone", visible=("corp.example",)), "To: Bob <bob@partner.example>\nCc: boss@corp.example\n"),
        (ToBcc(hide="listed", keys=("carl@other.example",)), "To: Bob <bob@partner.example>\nCc: boss@corp.example\n"),
        (ToBcc(hide="listed", keys=("boss@corp.example",)), TWO.partition("Cc")[0]),
    ],
)
def test_each_style(alteration: ToBcc | Split, expected: str) -> None:
    assert hidden(TWO, alteration) == FROM + expected + "Subject: x\n"


def test_the_text_is_not_looked_at() -> None:
    assert altered(crlf(FROM + TWO + END), ToBcc()).octets.endswith(b"\r\n\r\nbob@partner.example\r\n")


def test_somebody_in_cc_or_nowhere_stands_in_to_of_his_own_copy() -> None:
    assert hidden(TWO, ToBcc("each_alone"), "boss@corp.example") == FROM + "To: boss@corp.example\nSubject: x\n"
    assert hidden(TWO, ToBcc("each_alone"), "eve@x.example") == FROM + "To: eve@x.example\nSubject: x\n"


def test_entries_that_stay_keep_their_octets() -> None:
    header = 'To: "Doe,\n\tJane" (x, y)  <jane@corp.example> ,bob@x.example,\n =?UTF-8?B?55Sw5Lit?=  <t@corp.example>\n'
    expected = 'To: "Doe,\n\tJane" (x, y)  <jane@corp.example>,\n =?UTF-8?B?55Sw5Lit?=  <t@corp.example>\n'
    assert hidden(header, ToBcc(visible=("corp.example",))) == FROM + expected + "Subject: x\n"


TELLING = """Received: from a by b for <carl@other.example>; Mon, 1 Jan 2024 00:00:00 +0900
Received: from a by b (envelope-to carl@other.example); Mon, 1 Jan 2024 00:00:00 +0900
To: bob@partner.example
To: carl@other.example
TO : dora@other.example
T\x00o: eve@other.example
Bcc: x@other.example
Resent-To: carl@other.example
Resent-Bcc: carl@other.example
Mail-Followup-To: list@corp.example, carl@other.example
X-Original-To: whoever@other.example
Apparently-To: whoever@other.example
X-Notes: for =?utf-8?q?carl=40other.example?= only
X-Link: <mailto:unsubscribe?CARL@Other.Example>
Thread-Topic: carl@other.example asked
"""


@pytest.mark.parametrize("alteration", [ToBcc("sender_in_to"), ToBcc("each_alone"), Split()])
def test_no_field_tells(alteration: ToBcc | Split) -> None:
    left = hidden(TELLING, alteration)
    to = "To: Sender <sender@corp.example>\n" if alteration == ToBcc() else "To: bob@partner.example\n"
    traced = "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0900\n"
    assert left == FROM + traced + to + "Thread-Topic: carl@other.example asked\nSubject: x\n"


def test_listed_addresses_leave_other_fields_too() -> None:
    left = hidden(TELLING, ToBcc(hide="listed", keys=("carl@other.example",)))
    assert "carl" not in left.replace("Thread-Topic: carl", "")
    assert "dora@other.example" in left
    assert "Mail-Followup-To: list@corp.example\n" in left
    assert "X-Original-To" in left
    assert "Bcc" not in left


def test_a_name_that_tells_goes_and_the_address_stays() -> None:
    header = 'To: "carl@other.example" <boss@corp.example>, carl@other.example\n'
    assert "To: boss@corp.example\n" in hidden(header, ToBcc(visible=("corp.example",)))
    listed = ToBcc(hide="listed", keys=("carl@other.example",))
    assert hidden(header, listed) == FROM + "To: boss@corp.example\nSubject: x\n"


@pytest.mark.parametrize(
    "odd", ["bob@corp.example carl@x.example", '"open <bob@corp.example>', "bob@corp.example>", "(a"]
)
def test_what_is_not_plainly_visible_is_hidden(odd: str) -> None:
    assert hidden(f"To: {odd}\n", ToBcc(visible=("corp.example",))) == FROM + (
        "To: Sender <sender@corp.example>\nSubject: x\n"
    )


def test_a_list_that_is_not_well_formed_is_refused_where_one_of_several_must_go() -> None:
    octets = crlf(FROM + 'To: "open <carl@other.example>, boss@corp.example\n' + END)
    assert refused(octets, ToBcc(hide="listed", keys=("carl@other.example",))).alteration == "to_bcc"
    assert altered(octets, ToBcc(hide="listed", keys=("dora@other.example",))).octets == octets


def test_groups_are_opened_and_their_names_go() -> None:
    left = hidden("To: Secret project: carl@other.example, boss@corp.example;\n", ToBcc(visible=("corp.example",)))
    assert left == FROM + "To: boss@corp.example\nSubject: x\n"


def test_idn_and_capitals_are_the_same_address() -> None:
    keys = ("carl@xn--wgv71a.example",)
    left = hidden(
        "To: Carl@日本.example, CARL@XN--WGV71A.example, boss@corp.example\n", ToBcc(hide="listed", keys=keys)
    )
    assert left == FROM + "To: boss@corp.example\nSubject: x\n"


def test_what_the_sender_shows_as_his_own_stays() -> None:
    header = "X-Sender: sender@corp.example\nReply-To: info@corp.example\nTo: bob@x.example\nCc: info@corp.example\n"
    assert "X-Sender: sender@corp.example\nReply-To: info@corp.example\n" in hidden(header, ToBcc())


def test_a_mail_without_a_usable_from_gets_a_group_without_members() -> None:
    after = altered(crlf("To: bob@x.example\n\ntext\n"), ToBcc()).octets
    assert after == crlf("To: undisclosed-recipients:;\n\ntext\n")


def test_only_cc_or_nothing_at_all() -> None:
    assert hidden("Cc: bob@x.example\n", ToBcc()) == FROM + "Subject: x\nTo: Sender <sender@corp.example>\n"
    assert hidden("", ToBcc()) == FROM + "Subject: x\n"


def test_a_bcc_field_never_leaves_once_a_mail_is_altered() -> None:
    after = altered(
        crlf(FROM + "bcc: x@other.example,\n y@other.example\n" + END), AddBcc(parse_address("boss@corp.example"))
    )
    assert fields(after.octets) == FROM + "Subject: x\n"
    assert after.diff == ("@@ Bcc @@", "-x@other.example, y@other.example")


def test_many_addresses_are_folded() -> None:
    many = ", ".join(f"person{number}@corp.example" for number in range(40))
    left = hidden(f"To: {many}, carl@x.example\n", ToBcc(visible=("corp.example",)))
    assert max(map(len, left.splitlines())) <= 78
    assert left.count("@corp.example") == 41


def test_the_order_of_stages_does_not_put_a_footer_in_the_way() -> None:
    octets = crlf(FROM + TWO + END)
    assert altered(octets, Footer(en="x"), ToBcc()).octets == altered(octets, ToBcc(), Footer(en="x")).octets
