"""Any octets give Facts, never an exception; the same octets give the same Facts; a limit is a finding."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.golden.inspect.cases import CASES

from mailguard.inspect.chars.charset import decode
from mailguard.inspect.glance import glance
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.page.html import html_text
from mailguard.inspect.reader import read_mail
from mailguard.inspect.rtf.document import rtf_text
from mailguard.mail.facts import FINDING_CODES, Facts
from mailguard.mail.facts_json import facts_from_json, facts_to_json

_BITS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"--x",
    b"--x--",
    b'boundary="x"',
    b"boundary=x",
    b"multipart/mixed",
    b"Content-Type: ",
    b"Content-Transfer-Encoding: ",
    b"Content-Disposition: attachment; filename*0*=utf-8''%",
    b"base64",
    b"quoted-printable",
    b"=?utf-8?B?",
    b"=?iso-2022-jp?Q?",
    b"?=",
    b"\x1b$B",
    b"\x1b(B",
    b"\x1b(I",
    b"message/rfc822",
    b"text/html",
    b"<p",
    b"<!--",
    b"style=display:none>",
    b"PK\3\4",
    b"PK\5\6",
    b"To: ",
    b"(",
    b'"',
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"=",
    b"'",
    b" ",
    b"begin 644 a\n",
    b"end\n",
    b"\xff",
    b"\x83\x5c",
    b"\xe3\x81",
    b"QUJD",
    b"4012888888881881",
    b"{\\rtf1",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
]
BITS = st.lists(st.sampled_from(_BITS) | st.binary(max_size=6), max_size=40).map(b"".join)
CODES = set(FINDING_CODES)


def sane(facts: Facts) -> None:
    assert {finding.code for finding in facts.findings} <= CODES
    assert not any(finding.detail.startswith("the reader failed") for finding in facts.findings), facts.findings
    out = facts_to_json(facts, unmasked=True)
    json.dumps(out, ensure_ascii=False).encode("utf-8")
    assert facts_from_json(out) == facts
    assert "\0" not in facts.text


@settings(max_examples=150, deadline=None)
@given(octets=BITS | st.binary(max_size=300))
def test_any_octets_give_facts(octets: bytes) -> None:
    facts = read_mail(octets)
    sane(facts)
    assert read_mail(octets) == facts


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), case=st.sampled_from(CASES))
def test_bent_mails_give_facts(data: st.DataObject, case: object) -> None:
    octets = bytearray(case.octets)  # type: ignore[attr-defined]
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(octets)))
        octets[at : at + data.draw(st.integers(0, 4))] = data.draw(st.sampled_from(_BITS) | st.binary(max_size=4))
    sane(read_mail(bytes(octets)))


@settings(max_examples=100, deadline=None)
@given(octets=BITS)
def test_small_limits_are_findings(octets: bytes) -> None:
    small = ReadingLimits(
        depth=1,
        multiparts=2,
        members=2,
        expanded_bytes=100,
        parts=3,
        readings=2,
        header_bytes=60,
        text_chars=50,
        texts_chars=50,
        personal_chars=50,
        html_chars=10,
        values=1,
        findings=5,
        mail_bytes=300,
    )
    facts = read_mail(octets, small)
    assert len(facts.text) <= 150  # a line end between two texts; a letter in up to three after NFC
    assert len(facts.findings) <= 5


@settings(max_examples=150, deadline=None)
@given(
    octets=st.binary(max_size=200) | BITS,
    label=st.text(max_size=12) | st.sampled_from(["utf-7", "euc-jp", "utf-16", "hz", "rot13"]),
)
def test_any_octets_under_any_label_give_a_text(octets: bytes, label: str) -> None:
    assert isinstance(decode(octets, label).both, str)


@settings(max_examples=150, deadline=None)
@given(octets=BITS)
def test_single_readers_are_total(octets: bytes) -> None:
    html_text(octets.decode("latin-1"))
    rtf_text(octets)
    glance(octets)
