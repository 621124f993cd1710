"""What header fields say for rules: every field by its name, sensitivity labels, importance, forwards."""

from __future__ import annotations

import pytest

from mailguard.inspect.reader import read_mail
from mailguard.inspect.speech.voices import listen
from mailguard.inspect.structure.every_field import LONGEST_VALUE, MOST_CHARS, every_field, importance
from mailguard.inspect.structure.fields import parse_block
from mailguard.inspect.structure.labelled import labels_of
from mailguard.mail.facts import Label

FORWARDED = "FYI\r\n\r\n---------- Forwarded message ---------\r\nFrom: b@c.example\r\nSubject: d\r\n\r\ne"
ONE, TWO = "2096f6a2-d2f7-48be-b329-b73aaa526e5d", "aaaaaaaa-d2f7-48be-b329-b73aaa526e5d"


def test_every_field_is_kept_decoded_and_in_lower_case() -> None:
    block = parse_block(b"X-Note: =?utf-8?b?56S+5aSW56eY?=\r\nX-NOTE: a\r\n b\r\nX-Empty:\r\n")
    assert every_field(block) == ((("x-note", "社外秘"), ("x-note", "a b"), ("x-empty", "")), False)


def test_what_servers_write_comes_last_and_pushes_nothing_out() -> None:
    flood = b"Received: from a by b; " + b"x" * 2000 + b"\r\n"
    fields, cut = every_field(parse_block(flood * 100 + b"X-Confidential: yes\r\n"))
    assert fields[0] == ("x-confidential", "yes")
    assert cut
    assert sum(len(name) + len(value) for name, value in fields) <= MOST_CHARS


def test_a_value_too_long_is_left_out_and_said() -> None:
    fields, cut = every_field(parse_block(b"X-A: 1\r\nX-B: " + b"x" * (LONGEST_VALUE + 1) + b"\r\n"))
    assert (fields, cut) == ((("x-a", "1"),), True)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("Importance: High", "high"),
        ("Importance: normal", "normal"),
        ("X-Priority: 1 (Highest)", "high"),
        ("X-Priority: 5", "low"),
        ("X-MSMail-Priority: Low", "low"),
        ("Priority: urgent", "high"),
        ("Priority: non-urgent", "low"),
        ("Importance: low\r\nX-Priority: 2", "high"),
        ("Importance: whatever", ""),
        ("X-Priority:", ""),
        ("Subject: high", ""),
    ],
)
def test_importance(field: str, said: str) -> None:
    assert importance(parse_block(f"{field}\r\n".encode())) == said


@pytest.mark.parametrize(
    ("field", "labels"),
    [
        (
            f"msip_labels: MSIP_Label_{ONE}_Enabled=true; MSIP_Label_{ONE}_Name=Confidential;",
            (Label("Confidential", ONE),),
        ),
        (
            f"msip_labels: MSIP_Label_{ONE.upper()}_Name = A;MSIP_Label_{TWO}_Enabled=True",
            (Label("A", ONE), Label("", TWO)),
        ),
        (f"MSIP_Labels: MSIP_Label_{ONE}_Name=A; MSIP_Label_{ONE}_Enabled=False", ()),
        (f"MSIP_Label_{ONE}_Name: 社外秘\r\nMSIP_Label_{ONE}_Enabled: true", (Label("社外秘", ONE),)),
        (f"msip_labels: =?utf-8?q?MSIP=5FLabel=5F{ONE}=5FName=3D=E7=A7=98?=", (Label("秘", ONE),)),
        ("Sensitivity: company-confidential", (Label("Company-Confidential"),)),
        ("Sensitivity: Personal\r\nSensitivity: Private", (Label("Personal"), Label("Private"))),
        ("Sensitivity: normal", ()),
        ("X-Note: MSIP_Label", ()),
    ],
)
def test_labels(field: str, labels: tuple[Label, ...]) -> None:
    assert labels_of(parse_block(f"{field}\r\n".encode())) == labels


@pytest.mark.parametrize(
    ("head", "text", "forward", "reply"),
    [
        ("Subject: Fwd: a", "x", True, False),
        ("Subject: FW: a\r\nReferences: <1@x.example>", "x", True, True),
        ("Subject: [list] 転送：a", "x", True, False),
        ("Subject: WG: a", "x", True, False),
        ("Subject: Re: Fwd: a", "x", False, True),
        ("Subject: a\r\nX-Forwarded-Message-Id: <1@x.example>", "x", True, False),
        ("Subject: a", FORWARDED, True, False),
        ("Subject: Re: a", FORWARDED, False, True),
        ("Subject: forward: a", "x", False, False),
        ("Subject: 転送の件", "x", False, False),
    ],
)
def test_forwards(head: str, text: str, forward: bool, reply: bool) -> None:
    facts = read_mail(f"From: a@b.example\r\n{head}\r\n\r\n{text}\r\n".encode())
    assert (facts.is_forward, facts.is_reply) == (forward, reply)


def test_own_words_are_kept_whole_and_once() -> None:
    plain = "了解です。\n\n> 見積です\n"
    page = "了解です。\n社外秘\n> 見積です\n"
    voices = listen([("1", plain), ("2", page)])
    assert voices.own.split() == ["了解です。", "社外秘"]
    assert "見積" not in voices.own


def test_own_words_cross_the_wire_only_where_they_are_not_all() -> None:
    alone = read_mail(b"From: a@b.example\r\n\r\nhello\r\n")
    assert (alone.own, alone.written.strip()) == ("", "hello")
    answer = read_mail(b"From: a@b.example\r\n\r\nyes\r\n\r\n> hello\r\n> there\r\n")
    assert answer.written.strip() == "yes"
