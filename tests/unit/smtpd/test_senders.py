"""What a login may send as: its own, its aliases, a shared mailbox, the list; nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.mail.address import parse_address
from mailguard.mail.directory import Directory, Person
from mailguard.policy.marks import Problems
from mailguard.smtpd.auth import Login
from mailguard.smtpd.senders import Senders

PEOPLE = Directory(
    {
        "ann@corp.example": Person("ann@corp.example", aliases=("ann.smith@corp.example",)),
        "bob@corp.example": Person("bob@corp.example"),
        "info@corp.example": Person("info@corp.example", members=("ann@corp.example",)),
    }
)
LIST = """send_as:
  sales@corp.example: [ann@corp.example, Bob@corp.example]
  "*@scan.corp.example": [printer]
  noreply@corp.example: ["*"]
"""


def senders(folder: Path, text: str = LIST) -> Senders:
    (folder / "send_as.yaml").write_text(text)
    made = Senders(folder / "send_as.yaml", lambda: PEOPLE)
    made.load()
    return made


@pytest.mark.parametrize(
    ("login", "address", "may"),
    [
        ("ann@corp.example", "ANN@corp.example", True),
        ("Ann@CORP.example", "ann@corp.example", True),
        ("ann@corp.example", "ann.smith@corp.example", True),
        ("ann.smith@corp.example", "ann@corp.example", True),
        ("ann@corp.example", "info@corp.example", True),
        ("ann.smith@corp.example", "info@corp.example", True),
        ("ann@corp.example", "sales@corp.example", True),
        ("bob@corp.example", "sales@corp.example", True),
        ("printer", "x@scan.corp.example", True),
        ("anybody", "noreply@corp.example", True),
        ("ann@corp.example", "bob@corp.example", False),
        ("bob@corp.example", "info@corp.example", False),
        ("bob@corp.example", "ann.smith@corp.example", False),
        ("printer", "x@deep.scan.corp.example", False),
        ("printer", "sales@corp.example", False),
        ("stranger@corp.example", "ann@corp.example", False),
    ],
)
def test_who_may_send_as_whom(tmp_path: Path, login: str, address: str, may: bool) -> None:
    assert senders(tmp_path).may_send_as(Login(login), parse_address(address)) is may


def test_the_check_can_be_of_the_domain_or_off(tmp_path: Path) -> None:
    made, ann, printer = senders(tmp_path), Login("ann@corp.example"), Login("printer")
    boss, other = parse_address("boss@corp.example"), parse_address("x@other.example")
    assert made.may_send_as(ann, boss, "domain")
    assert not made.may_send_as(ann, other, "domain")
    assert not made.may_send_as(printer, boss, "domain")
    assert made.may_send_as(printer, other, "off")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "the file is empty"),
        ("send_as: {nobody: [ann]}", "1:11: not an address, nor \\*@domain"),
        ("send_as: {a@b.example: []}", "no logins"),
        ("sendas: {}", "unknown key 'sendas'"),
    ],
)
def test_what_is_wrong_is_said_and_the_old_list_stays(tmp_path: Path, text: str, wanted: str) -> None:
    made = senders(tmp_path)
    (tmp_path / "send_as.yaml").write_text(text)
    with pytest.raises(Problems, match=wanted):
        made.load()
    assert made.may_send_as(Login("bob@corp.example"), parse_address("sales@corp.example"))
