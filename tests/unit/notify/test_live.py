"""What open consoles hear."""

from __future__ import annotations

import pytest
from tests.held import held_mail

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.notify.live import Live, LiveNotice, called

ANN, BOB = frozenset({"ann@corp.example"}), frozenset({"bob@corp.example"})


async def test_people_hear_what_concerns_them_and_nothing_else() -> None:
    live = Live()
    with live.listening("ann@corp.example") as ann:
        assert ann is not None
        live.publish("held", "1", BOB)
        live.publish("held", "2", ANN | BOB)
        assert await ann.next(1) == LiveNotice("held", "2")


async def test_who_sees_everything_hears_everything() -> None:
    live = Live()
    with live.listening("admin@corp.example", everything=True) as admin:
        assert admin is not None
        live.publish("held", "1", BOB)
        assert await admin.next(1) == LiveNotice("held", "1")


async def test_only_who_is_called_is_called_and_who_hears_everything_knows_that_somebody_is() -> None:
    live = Live()
    with (
        live.listening("ann@corp.example") as ann,
        live.listening("bob@corp.example") as bob,
        live.listening("admin@corp.example", everything=True) as admin,
    ):
        assert ann is not None
        assert bob is not None
        assert admin is not None
        live.publish("held", "1", ANN | BOB, {"ann@corp.example": "hold"})
        live.publish("decided", "1", ANN)
        assert await ann.next(1) == LiveNotice("held", "1", "hold")
        assert await ann.next(1) == LiveNotice("decided", "1")
        assert await bob.next(1) == LiveNotice("held", "1")
        assert await admin.next(1) == LiveNotice("held", "1", "other")
        assert await admin.next(1) == LiveNotice("decided", "1")


def test_who_is_called_about_a_hold() -> None:
    assert called(held_mail()) == {"ann@corp.example": "hold"}
    assert called(held_mail(Disposition.APPROVE)) == {"ann@corp.example": "hold", "boss@corp.example": "approval"}
    assert called(held_mail(Disposition.DELAY)) == {}
    assert called(held_mail(state=State.RELAYED)) == {}


async def test_a_slow_listener_is_told_to_look_again_and_holds_nobody_up() -> None:
    live = Live()
    with live.listening("ann@corp.example") as ann:
        assert ann is not None
        for number in range(1000):
            live.publish("held", str(number), ANN)
        heard = [await ann.next(1)]
        while heard[-1] != LiveNotice("held", "999"):
            heard.append(await ann.next(1))
        assert LiveNotice("again", "") in heard
        assert len(heard) <= 65


async def test_closing_ends_every_listener_and_lets_no_new_one_in() -> None:
    live = Live()
    with live.listening("ann@corp.example") as ann:
        assert ann is not None
        live.close()
        assert await ann.next(1) is None
    with live.listening("ann@corp.example") as late:
        assert late is None
    assert live.listeners == 0


async def test_too_many_listeners_are_refused() -> None:
    live = Live(limit=1)
    with live.listening("a") as first, live.listening("b") as second:
        assert first is not None
        assert second is None


async def test_silence_is_a_time_out() -> None:
    with Live().listening("a") as listener:
        assert listener is not None
        with pytest.raises(TimeoutError):
            await listener.next(0.01)
