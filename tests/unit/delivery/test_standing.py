"""What is told of a next server that takes no mail: when, in which words, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailguard.delivery.standing import Standing
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.upstream import deferred
from mailguard.store.troubles import Standstill

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
NO_LOGIN = deferred("smtp://next.example:587 did not take our login: 535 no", code=535, about_us=True)
UNKNOWN = Outcome(Result.DEFERRED, 550, "5.7.64 TenantAttribution", mta="next.example", about_us=True)
SILENT = deferred("cannot connect to smtp://next.example:25: timed out")
BUSY = Outcome(Result.DEFERRED, 451, "4.3.0 later", mta="next.example")


def after(**passed: float) -> datetime:
    return NOW + timedelta(**passed)


def test_a_refusal_is_told_once_a_second_try_had_its_time() -> None:
    standing = Standing()
    standing.failed("", [NO_LOGIN], NOW, away=True)
    assert not standing.stuck({"": 3}, after(seconds=89))
    standing.failed("", [UNKNOWN], after(seconds=60), away=False)
    assert standing.stuck({"": 3, "branch": 1}, after(seconds=90)) == {
        "": Standstill("refused", 3, NOW, "next.example: 550 5.7.64 TenantAttribution")
    }
    assert not standing.stuck({}, after(seconds=90))  # nothing waits: nobody need act


def test_silence_does_not_take_the_place_of_a_refusal() -> None:
    standing = Standing()
    standing.failed("", [NO_LOGIN], NOW, away=True)
    standing.failed("", [SILENT], after(seconds=60), away=True)
    standing.failed("", [BUSY], after(seconds=70), away=False)
    assert standing.stuck({"": 1}, after(seconds=90))[""].said == NO_LOGIN.text


def test_a_server_that_is_away_is_told_after_a_quarter_of_an_hour() -> None:
    standing = Standing()
    standing.failed("", [SILENT], NOW, away=True)
    assert not standing.stuck({"": 1}, after(minutes=14))
    assert standing.stuck({"": 1}, after(minutes=15)) == {"": Standstill("away", 1, NOW, SILENT.text)}
    standing.failed("", [NO_LOGIN], after(minutes=16), away=True)  # it is back, and refuses us: that is another matter
    assert not standing.stuck({"": 1}, after(minutes=17))
    assert standing.stuck({"": 1}, after(minutes=18))[""].why == "refused"


def test_mail_that_goes_ends_it() -> None:
    standing = Standing()
    standing.failed("", [NO_LOGIN], NOW, away=True)
    assert "" not in standing.flows
    standing.went("")
    assert "" in standing.flows
    assert not standing.stuck({"": 1}, after(hours=1))


def test_a_server_that_takes_a_part_of_the_mail_is_not_over_with_each() -> None:
    standing = Standing()
    standing.failed("", [UNKNOWN], NOW, away=False)
    standing.went("")
    assert standing.goes("", after(minutes=2))  # put right, as it looks
    standing.failed("", [UNKNOWN], after(minutes=3), away=False)
    assert standing.stuck({"": 1}, after(minutes=5))
    standing.went("")
    assert not standing.goes("", after(minutes=6))
    assert not standing.stuck({"": 1}, after(minutes=6))
    assert standing.goes("", after(minutes=63))


@pytest.mark.parametrize("outcome", [BUSY, deferred("stored message is damaged or missing; nothing was sent")])
@pytest.mark.parametrize("away", [False, True], ids=["", "paced"])
def test_what_holds_for_one_mail_alone_is_nothing_of_it(outcome: Outcome, away: bool) -> None:
    standing = Standing()
    standing.went("")
    standing.failed("", [outcome], NOW, away=away and outcome is BUSY)
    assert "" in standing.flows
    assert not standing.stuck({"": 1}, after(hours=1))


def test_a_server_that_talks_again_was_away() -> None:
    standing = Standing()
    standing.failed("", [SILENT], NOW, away=True)
    standing.failed("", [BUSY], after(minutes=5), away=False)
    assert not standing.stuck({"": 1}, after(hours=1))
