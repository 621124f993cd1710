"""Values of the ledger: whose mail it is, when it ends, how times, texts and errors are kept. No database."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger import ANN, BOB, BOSS, CAROL, NOON, PREFIX, facts, mail, verdict

from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Ask, Disposition
from mailguard.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, typed
from mailguard.store.fresh import record_of
from mailguard.store.lookups import folded
from mailguard.store.migrate import statements
from mailguard.store.records import MessageRecord, owners_of
from mailguard.store.rows import clean, to_micro, to_moment


def record(disposition: Disposition = Disposition.CONFIRM, **more: object) -> MessageRecord:
    message = mail((BOB, CAROL))
    return record_of(message, facts(), verdict(message, disposition, **more), PREFIX, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sender", "login", "owners"),
    [
        (ANN, None, (ANN,)),
        (ANN, ANN, (ANN,)),
        (ANN, "ANN@CORP.example", (ANN,)),
        ("sales@corp.example", ANN, ("sales@corp.example", ANN)),
        (ANN, "ann", (ANN,)),
        (None, ANN, (ANN,)),
        (None, None, ()),
    ],
)
def test_owners(sender: str | None, login: str | None, owners: tuple[str, ...]) -> None:
    path = NULL_PATH if sender is None else ReversePath(parse_address(sender))
    assert owners_of(path, login) == owners


def test_a_hold_ends_when_its_first_copy_does() -> None:
    held = record(after=timedelta(hours=1), only=(BOB,))
    assert held.state is State.HELD
    assert held.expires_at == NOON + timedelta(hours=1)
    assert [copy.state for copy in held.recipients] == [State.HELD, State.QUEUED]


def test_nothing_held_nothing_expires() -> None:
    assert record(Disposition.DELIVER).expires_at is None


def test_approvers_are_people_of_the_mail() -> None:
    held = record(Disposition.APPROVE, approvers=("Boss@Corp.Example",))
    assert held.people == {ANN, BOSS}
    assert held.recipients[0].needs_approval
    assert not replace(held.recipients[0], approvals=(BOSS,)).needs_approval


def test_a_delay_ends_in_a_release_whatever_the_rule_says() -> None:
    assert record(Disposition.DELAY, action="return").recipients[0].expire_action == "release"


@pytest.mark.parametrize("disposition", [Disposition.REJECT, Disposition.CHALLENGE])
def test_a_refused_mail_does_not_enter(disposition: Disposition) -> None:
    with pytest.raises(ValueError, match="does not enter"):
        record(disposition)


def test_a_recipient_without_a_verdict_does_not_enter() -> None:
    message = mail((BOB, CAROL))
    judged = verdict(message)
    with pytest.raises(KeyError):
        record_of(message, facts(), replace(judged, recipients=judged.recipients[:1]), PREFIX, None)


def test_the_record_keeps_no_text() -> None:
    kept = record().facts
    assert (kept.text, kept.html) == ("", "")


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_exact(moment: datetime) -> None:
    assert to_moment(to_micro(moment)) == moment


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_can_be_kept(text: str) -> None:
    kept = clean(text)
    assert "\0" not in kept
    kept.encode()
    folded(text).encode()


@pytest.mark.parametrize(
    ("written", "searched"),
    [("ＡＢＣ株式会社", "abc株式会社"), ("ｶﾅ", "カナ"), ("Straße", "strasse"), ("契約", "契約")],
)
def test_search_folds_width_and_case(written: str, searched: str) -> None:
    assert folded(written) == folded(searched)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_BUSY, StoreBusy),
        (sqlite3.SQLITE_BUSY | (1 << 8), StoreBusy),  # SQLITE_BUSY_RECOVERY
        (sqlite3.SQLITE_CORRUPT, StoreCorrupt),
        (sqlite3.SQLITE_NOTADB, StoreCorrupt),
        (sqlite3.SQLITE_IOERR, StoreError),
    ],
)
def test_errors_of_sqlite_are_typed(code: int, kind: type[StoreError]) -> None:
    error = sqlite3.OperationalError("said so")
    error.sqlite_errorcode = code
    assert type(typed(error)) is kind


def test_errors_of_the_disk_are_typed() -> None:
    assert type(typed(OSError(errno.ENOSPC, "No space left on device"))) is StoreFull
    assert type(typed(OSError(errno.EIO, "Input/output error"))) is StoreError


def test_a_refused_change_and_a_bug_stay_what_they_are() -> None:
    for error in (sqlite3.IntegrityError("no such change"), KeyError("x")):
        assert typed(error) is error


def test_statements_keep_triggers_whole() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n SELECT 1;\nEND;\n"
    script = f"-- first; not a statement\nCREATE TABLE a (b); -- c\n{trigger}"
    assert len(list(statements(script))) == 2


def test_half_a_statement_is_refused() -> None:
    with pytest.raises(StoreError, match="middle"):
        list(statements("CREATE TABLE a (b)"))


def test_whoever_answers_one_question_does_not_speak_in_another_but_an_administrator_does() -> None:
    copy = record(Disposition.APPROVE, asks=(Ask((BOSS, "top@c.example")), Ask((BOSS, "d@c.example"), 2))).recipients[0]
    assert copy.missing(()) == 3
    assert copy.missing((BOSS,)) == 1
    assert copy.missing(("top@c.example",)) == 2
    assert copy.missing(("top@c.example", BOSS)) == 1
    assert copy.missing(("admin@c.example",)) == 1
    assert copy.missing(("admin@c.example", "admin2@c.example")) == 0
    assert not replace(copy, approvals=("top@c.example",)).would_count("top@c.example")
