"""A sick upstream is left in peace, longer each time, and one answer makes it well."""

from __future__ import annotations

from mailguard.relay.health import Health


def test_the_peace_doubles_up_to_a_limit() -> None:
    health, now, rests = Health(2.0, 60.0), 0.0, []
    for _ in range(8):
        health.unreachable(now, now)
        rests.append(health.ready_in(now))
        now += health.ready_in(now) + 0.001
    for rest, full in zip(rests, [2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert 0.8 * full <= rest <= full
    assert not health.is_well


def test_failures_at_the_same_time_count_once() -> None:
    health = Health(2.0, 60.0)
    for _ in range(10):
        health.unreachable(0.0, 1.0)
    assert health.ready_in(1.0) <= 2.0


def test_an_answer_makes_it_well() -> None:
    health = Health(2.0, 60.0)
    health.unreachable(0.0, 0.0)
    health.answered()
    assert health.is_well
    assert health.ready_in(0.0) == 0.0


def test_one_mail_that_it_chokes_on_does_not_make_it_sick() -> None:
    health = Health(2.0, 60.0)
    for at in range(20):
        health.broke_off(at, at)
        health.broke_off(at, at)
        health.answered()
    assert health.is_well
    for at in range(3):
        health.broke_off(30 + at, 30 + at)
    assert not health.is_well
    assert health.ready_in(32) > 0
