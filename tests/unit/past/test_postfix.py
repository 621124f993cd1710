"""Postfix logs: a mail is put together from its lines, and nothing that a stranger chose to be called breaks it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.words import Letter
from mailguard.past import postfix
from mailguard.past.items import Item, Left, Recorded
from mailguard.past.postfix import Log

TOKYO = ZoneInfo("Asia/Tokyo")
WRITTEN = datetime(2026, 11, 26, 12, tzinfo=TOKYO).timestamp()
AT = datetime(2026, 11, 26, 10, 0, 2, tzinfo=TOKYO).timestamp()
#: As Postfix 3.7 writes it.
LOG = """\
Nov 26 10:00:01 mx postfix/smtpd[101]: connect from pc.corp.example[192.0.2.7]
Nov 26 10:00:01 mx postfix/smtpd[101]: 4NH3tk1Qz1z2xYz: client=pc.corp.example[192.0.2.7]
Nov 26 10:00:01 mx postfix/cleanup[102]: 4NH3tk1Qz1z2xYz: message-id=<m1@corp.example>
Nov 26 10:00:01 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: from=<ann@corp.example>, size=612, nrcpt=3 (queue active)
Nov 26 10:00:02 mx postfix/smtp[103]: 4NH3tk1Qz1z2xYz: to=<bob@partner.example>, \
relay=mx.partner.example[192.0.2.25]:25, delay=0.5, delays=0/0/0/0, \
dsn=2.0.0, status=sent (250 2.0.0 Ok: queued, status=bounced)
Nov 26 10:00:03 mx postfix/smtp[104]: 4NH3tk1Qz1z2xYz: to=<no@partner.example>, \
relay=mx.partner.example[192.0.2.25]:25, conn_use=2, delay=0.5, delays=0/0/0/0, \
dsn=5.1.1, status=bounced (host said: 550 status=sent)
Nov 26 10:00:03 mx postfix/local[105]: 4NH3tk1Qz1z2xYz: to=<carol@mx.corp.example>, orig_to=<carol@corp.example>, \
relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
Nov 26 10:00:03 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: removed
"""
MAIL = Recorded(
    "4NH3tk1Qz1z2xYz",
    Letter(AT, "ann@corp.example", to=("bob@partner.example", "carol@corp.example"), message_id="<m1@corp.example>"),
    "<m1@corp.example>",
)


def found(log: str, written: float = WRITTEN) -> list[Item]:
    return found_in([log.encode("utf-8", "surrogateescape")], written)


def found_in(logs: list[bytes], written: float = WRITTEN) -> list[Item]:
    """Of several files, the oldest first."""
    one = Log(TOKYO)
    return [*(item for log in logs for item in one.letters(io.BytesIO(log), written)), *one.rest()]


def test_a_mail_is_whom_it_reached() -> None:
    assert found(LOG) == [MAIL]


@pytest.mark.parametrize(
    "date",
    [
        "2026-11-26T10:00:02.000000+09:00", "2026-11-26T01:00:02Z", "2026-11-26T10:00:02+0900", "<22>Nov 26 10:00:02",
        "Nov 26 10:00:02.123456", "Nov 26 2026 10:00:02", "2026-11-26 10:00:02", "2026-11-26T10:00:02,5",
        "Thu 2026-11-26 10:00:02 JST", "Thu 2026-11-26 01:00:02 UTC", "mail-1  | Nov 26 10:00:02",
    ],
)  # fmt: skip
def test_other_dates(date: str) -> None:
    log = LOG.replace("Nov 26 10:00:02", date)
    assert found(log) == [MAIL]
    assert postfix.SYSLOG.match(log.splitlines()[4].encode())


def test_the_form_of_rfc_5424_and_that_of_solaris() -> None:
    new = re.sub(r"^Nov 26 (\S+) (\S+) (\S+)\[(\d+)\]:", r"<22>1 2026-11-26T\1+09:00 \2 \3 \4 - - ", LOG, flags=re.M)
    new = new.replace("- -  ", "- - ")
    assert "postfix/smtp 103 - - 4NH" in new
    assert found(new) == [MAIL]
    assert postfix.SYSLOG.match(new.encode())
    assert found(LOG.replace("]: ", "]: [ID 197553 mail.info] ")) == [MAIL]


def test_instances_and_services_with_names() -> None:
    assert found(LOG.replace("postfix/", "postfix-out/submission/")) == [MAIL]
    assert found(LOG.replace("postfix/", "mx.out/")) == [MAIL]


def test_mails_whose_lines_are_mixed() -> None:
    other = LOG.replace("4NH3tk1Qz1z2xYz", "A1B2C3D4E5").replace("m1@", "m2@")
    mixed = "\n".join(line for pair in zip(LOG.splitlines(), other.splitlines(), strict=True) for line in pair) + "\n"
    assert [one.key for one in found(mixed) if isinstance(one, Recorded)] == ["<m1@corp.example>", "<m2@corp.example>"]


def test_a_log_that_ends_in_the_middle() -> None:
    lines = LOG.splitlines(keepends=True)
    assert found("".join(lines[:-1])) == [MAIL]
    assert found("".join(lines[:4])) == []
    assert found("".join(lines[4:])) == []


def test_a_mail_that_begins_in_one_log_and_ends_in_the_next() -> None:
    lines = LOG.encode().splitlines(keepends=True)
    for cut in range(1, len(lines)):
        assert found_in([b"".join(lines[:cut]), b"".join(lines[cut:])]) == [MAIL]


def test_a_short_id_that_another_mail_was_given() -> None:
    """Also where the line is missing that says that the first one is gone."""
    first = LOG.replace("4NH3tk1Qz1z2xYz", "A1B2C3D4E5").rpartition("Nov")[0]
    other = first.replace("m1@", "m2@").replace("bob@", "eve@").replace("ann@", "ken@")
    for second in (other, "".join(line for line in other.splitlines(keepends=True) if "cleanup" not in line)):
        one, two = found(first + second)
        assert isinstance(one, Recorded)
        assert isinstance(two, Recorded)
        assert one.letter == MAIL.letter
        assert (two.letter.sender, two.letter.to[0]) == ("ken@corp.example", "eve@partner.example")
    later = first.splitlines(keepends=True)
    assert found("".join([*later[:5], later[3], *later[5:]])) == [replace(MAIL, where="A1B2C3D4E5")], "tried once more"


def test_the_same_id_on_two_hosts() -> None:
    lines = [(one, one.replace(" mx ", " out ").replace("m1@", "m2@")) for one in LOG.splitlines()]
    mixed = "\n".join(line for pair in lines for line in pair)
    assert [one.key for one in found(mixed) if isinstance(one, Recorded)] == ["<m1@corp.example>", "<m2@corp.example>"]


def test_a_log_of_others_is_said_to_be_one() -> None:
    assert found("Nov 26 10:00:02 mx sshd[1]: hello\n" * 3) == [
        Left("the file", "broken", "there is no line of Postfix in it")
    ]
    assert found("\0" * 100 + LOG) == [MAIL]


def test_what_no_server_took() -> None:
    assert found(LOG.replace("status=sent (", "status=deferred (")) == [Left("4NH3tk1Qz1z2xYz", "undelivered")]


def test_reports_of_failure_teach_nothing() -> None:
    assert found(LOG.replace("from=<ann@corp.example>", "from=<>")) == []


@pytest.mark.parametrize(
    ("date", "written", "year"),
    [
        ("Nov 26", datetime(2026, 11, 26, 12, tzinfo=TOKYO), 2026),
        ("Dec 31", datetime(2027, 1, 1, 3, tzinfo=TOKYO), 2026),
        ("Nov 27", datetime(2026, 11, 26, 12, tzinfo=TOKYO), 2026),  # clocks differ by some hours
        ("Nov 28", datetime(2026, 11, 26, 12, tzinfo=TOKYO), 2025),
        ("Feb 29", datetime(2027, 1, 3, tzinfo=TOKYO), 2024),
        ("Jan  1", datetime(2026, 12, 31, 23, tzinfo=TOKYO), 2027),
    ],
)
def test_the_year_is_the_last_one_that_fits_the_file(date: str, written: datetime, year: int) -> None:
    (one,) = found(LOG.replace("Nov 26", date), written.timestamp())
    assert isinstance(one, Recorded)
    assert datetime.fromtimestamp(one.letter.at, TOKYO).year == year


def test_a_date_that_no_calendar_has() -> None:
    assert found(LOG.replace("Nov 26", "Nov 31")) == [Left("4NH3tk1Qz1z2xYz", "undated")]


def test_mails_that_never_end_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postfix, "_OPEN_MOST", 10)
    monkeypatch.setattr(postfix, "_PARTS_MOST", 10)
    other = LOG.replace(": removed", ": kept")
    endless = "".join(other.replace("4NH3tk1Qz1z2xYz", f"AAAA{n}X").replace("m1@", f"m{n}@") for n in range(30))
    one = Log(TOKYO)
    items = one.letters(io.BytesIO(endless.encode()), WRITTEN)
    next(items)  # the first one comes when others take its place
    assert len(one._waiting) + len(one._parts) <= 22
    assert len([*items, *one.rest()]) == 29


def part(identity: str, person: str, second: int = 2, status: str = "sent (250 2.0.0 Ok: queued as 4F0000)") -> str:
    """A transaction of the mail to one recipient."""
    of_one = [line for line in LOG.splitlines(keepends=True) if "no@partner" not in line and "carol@" not in line]
    found = "".join(of_one).replace("4NH3tk1Qz1z2xYz", identity).replace("bob@partner.example", person)
    return re.sub(r"status=sent \(.*\)", f"status={status}", found).replace("10:00:02", f"10:00:{second:02}")


def test_a_mail_that_went_in_several_transactions_is_one() -> None:
    people = ("bob@partner.example", "eve@partner.example", "ken@other.example")
    log = "".join(part(f"AAAA{n}X", person, 2 + n) for n, person in enumerate(people))
    (one,) = found(log)
    assert isinstance(one, Recorded)
    assert (one.letter.to, one.letter.at, one.where) == (people, AT, "AAAA0X")
    much_later = log + part("BBBB1X", "zoe@late.example").replace(" 10:", " 11:")
    assert [one.letter.to for one in found(much_later) if isinstance(one, Recorded)] == [people, ("zoe@late.example",)]
    other_host = log + part("BBBB1X", "zoe@late.example").replace(" mx ", " out ")
    assert [one.letter.to for one in found(other_host) if isinstance(one, Recorded)] == [people, ("zoe@late.example",)]


#: As Postfix and amavis write it: the filter took the mail, and gave it back under another id.
FILTERED = """\
Nov 26 10:00:01 mx postfix/cleanup[102]: 4NH3tk1Qz1z2xYz: message-id=<m1@corp.example>
Nov 26 10:00:01 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: from=<ann@corp.example>, size=612, nrcpt=2 (queue active)
Nov 26 10:00:02 mx postfix/smtpd[107]: connect from localhost[127.0.0.1]
Nov 26 10:00:02 mx postfix/smtpd[107]: 4NH3tm5AAAz2xZ1: client=localhost[127.0.0.1], \
orig_queue_id=4NH3tk1Qz1z2xYz, orig_client=pc.corp.example[192.0.2.7]
Nov 26 10:00:02 mx postfix/cleanup[102]: 4NH3tm5AAAz2xZ1: message-id=<m1@corp.example>
Nov 26 10:00:02 mx postfix/qmgr[99]: 4NH3tm5AAAz2xZ1: from=<ann@corp.example>, size=1210, nrcpt=2 (queue active)
Nov 26 10:00:02 mx amavis[201]: (00201-01) Passed CLEAN {RelayedOutbound}, <ann@corp.example> -> <bob@partner.example>
Nov 26 10:00:02 mx postfix/smtp[103]: 4NH3tk1Qz1z2xYz: to=<bob@partner.example>, relay=127.0.0.1[127.0.0.1]:10024, \
delay=0.5, delays=0/0/0/0.5, dsn=2.0.0, \
status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4NH3tm5AAAz2xZ1)
Nov 26 10:00:02 mx postfix/smtp[103]: 4NH3tk1Qz1z2xYz: to=<zoe@x.example>, orig_to=<team@corp.example>, \
relay=127.0.0.1[127.0.0.1]:10024, delay=0.5, delays=0/0/0/0.5, dsn=2.0.0, \
status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4NH3tm5AAAz2xZ1)
Nov 26 10:00:02 mx postfix/qmgr[99]: 4NH3tk1Qz1z2xYz: removed
Nov 26 10:00:03 mx postfix/smtp[104]: 4NH3tm5AAAz2xZ1: to=<bob@partner.example>, \
relay=mx.partner.example[192.0.2.25]:25, delay=0.5, dsn=5.1.1, status=bounced (host said: 550 no such user)
Nov 26 10:00:04 mx postfix/smtp[104]: 4NH3tm5AAAz2xZ1: to=<zoe@x.example>, \
relay=mx.x.example[192.0.2.26]:25, delay=0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4NH3tk1Qz1z2xYz)
Nov 26 10:00:04 mx postfix/qmgr[99]: 4NH3tm5AAAz2xZ1: removed
"""


def test_what_a_filter_took_is_not_delivered_before_it_came_back_and_went_out() -> None:
    (one,) = found(FILTERED)
    assert isinstance(one, Recorded)
    assert (one.letter.to, one.where) == (("team@corp.example",), "4NH3tm5AAAz2xZ1")
    assert one.letter.at == AT + 2
    nobody = FILTERED.replace("status=sent (250 2.0.0 Ok", "status=bounced (550 no")
    assert found(nobody) == [Left("4NH3tm5AAAz2xZ1", "undelivered")]


def test_a_server_that_names_a_queue_id_of_ours_is_no_filter() -> None:
    """Also where it is that of another mail, which has another Message-ID."""
    log = LOG.replace("250 2.0.0 Ok: queued", "250 2.0.0 Ok: queued as 4NH3tk1Qz1z2xYz")
    assert found(log) == [MAIL]
    other = LOG.replace("4NH3tk1Qz1z2xYz", "4NH3tm5AAAz2xZ1").replace("m1@", "m2@").splitlines(keepends=True)
    log = "".join(other[:4]) + LOG.replace("250 2.0.0 Ok: queued", "250 2.0.0 Ok: queued as 4NH3tm5AAAz2xZ1")
    assert found(log) == [MAIL]


@pytest.mark.parametrize(
    "hostile", ["to=<" * 15_000, "to=<a>, orig_to=<" * 3_800, "to=<a@b>, relay=" + "a=b, " * 13_000]
)
def test_a_hostile_line_costs_no_time(hostile: str) -> None:
    line = f"Nov 26 10:00:02 mx postfix/smtp[1]: ABCDEF12: {hostile}\n"
    assert found(LOG + line * 300) == [MAIL]


@settings(deadline=None)
@given(st.integers(0, len(LOG)), st.binary(max_size=40))
def test_whatever_stands_in_a_log(at: int, junk: bytes) -> None:
    octets = LOG.encode()
    items = found_in([octets[:at] + junk + octets[at:]])
    assert len(items) <= 3
    for one in items:
        if isinstance(one, Recorded):
            assert one.letter.at <= WRITTEN + timedelta(days=1).total_seconds()
