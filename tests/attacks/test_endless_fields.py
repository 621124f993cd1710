"""Fields without end, made for whatever reads them with patterns: each is read in what it weighs.

None is larger than a header may be, and most are read in the server's own process, where nobody else is served
meanwhile. Read as they were once, each takes hours, so these tests measure nothing.
"""

from __future__ import annotations

import pytest
from tests.unit.transform.mails import altered, crlf

from mailguard.inspect.reader import read_mail
from mailguard.mail.alteration import ToBcc

LENGTH = 500_000
HEAD = b"From: ann@corp.example\r\nTo: bob@partner.example\r\n"
FIELDS = {
    "a route": b"Cc: <" + b"@a" * 40 + b">",
    "addresses behind one name": b"Cc: " + b"\xe5\xb1\xb1" * 20_000 + b"<c@x.example>" * 20_000,
    "padding": b"Subject: =?utf-8?B?" + b"=" * LENGTH,
    "padding in any field": b"X-A: =?utf-8?B?" + b"=" * LENGTH,
    "blanks in a boundary": b'Content-Type: multipart/mixed; boundary="' + b" " * LENGTH + b"!",
    "commas in a name": b"Content-Disposition: attachment; filename=a" + b"," * LENGTH + b"!",
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_read(name: str) -> None:
    facts = read_mail(HEAD + FIELDS[name] + b"\r\n\r\nthe text\r\n")
    assert "the text" in "".join([facts.text, *(one.text for one in facts.attachments)])
    assert [one.address for one in facts.headers.to] == ["bob@partner.example"]
    assert "unreadable" not in {finding.code for finding in facts.findings}


@pytest.mark.parametrize("unit", ["a", "a.-"])
def test_a_word_beside_an_address_is_looked_at_once(unit: str) -> None:
    """Whether a field names somebody who is to be hidden."""
    mail = (
        f"From: ann@corp.example\nTo: bob@partner.example\nX-A: a@b.example {unit * LENGTH}\nX-B: bob@partner.example\n"
    )
    octets = altered(crlf(mail + "\ntext\n"), ToBcc("sender_in_to"), recipient="bob@partner.example").octets
    assert b"\r\nX-A: " in octets
    assert b"bob@partner.example" not in octets
