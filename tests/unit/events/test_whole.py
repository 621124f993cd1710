"""The figures of all processes in one view: counts add up and never fall, gauges stay the first one's."""

from __future__ import annotations

import json

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from mailguard.events import whole


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> CollectorRegistry:
    made = CollectorRegistry()
    monkeypatch.setattr(whole, "REGISTRY", made)
    return made


def _line(*samples: tuple[str, dict[str, str], float]) -> bytes:
    return json.dumps(samples).encode()


def test_counts_of_children_are_added_and_never_fall(registry: CollectorRegistry) -> None:
    mails = Counter("mailguard_mails", "Mails", ["way"], registry=registry)
    mails.labels("a").inc(2)
    house = whole.Whole()
    assert b'mailguard_mails_total{way="a"} 2.0' in generate_latest(house)
    house.hear("one", _line(("mailguard_mails_total", {"way": "a"}, 3), ("mailguard_mails_total", {"way": "b"}, 1)))
    house.hear("two", _line(("mailguard_mails_total", {"way": "a"}, 5)))
    house.hear("two", _line(("mailguard_mails_total", {"way": "a"}, 6)))  # since it began, not since the last line
    for _ in range(2):
        shown = generate_latest(house)
        assert b'mailguard_mails_total{way="a"} 11.0' in shown
        assert b'mailguard_mails_total{way="b"} 1.0' in shown
        house.ended("one")
        house.ended("one")


def test_gauges_are_the_first_process_s_but_for_what_adds_up(registry: CollectorRegistry) -> None:
    Gauge("mailguard_held", "Held", registry=registry).set(7)
    Gauge("mailguard_messages_under_way", "Now", registry=registry).set(1)
    assert [name for name, _, _ in json.loads(whole.said())] == ["mailguard_messages_under_way"]
    house = whole.Whole()
    house.hear("one", _line(("mailguard_messages_under_way", {}, 2), ("mailguard_held", {}, 7)))
    assert b"mailguard_messages_under_way 3.0" in generate_latest(house)
    assert b"mailguard_held 7.0" in generate_latest(house)
    house.ended("one")
    assert b"mailguard_messages_under_way 1.0" in generate_latest(house)


def test_the_gauges_of_another_role_are_shown_beside_ours(registry: CollectorRegistry) -> None:
    Gauge("mailguard_held", "Held", registry=registry).set(7)
    Gauge("mailguard_memory_bytes", "Memory", registry=registry).set(100)
    Gauge("mailguard_upstream_sick", "Sick", ["upstream"], registry=registry)
    house = whole.Whole()
    Gauge("mailguard_letters_late", "Late", registry=registry)
    said = {name: value for name, _, value in json.loads(whole.said(house))}
    assert said == {"mailguard_held": 7, "mailguard_memory_bytes": 100, "mailguard_letters_late": 0}
    sick = ("mailguard_upstream_sick", {"upstream": "branch"}, 1)
    house.hear("one", _line(("mailguard_held", {}, 5), ("mailguard_memory_bytes", {}, 50), sick), role=True)
    shown = generate_latest(house).decode()
    assert "mailguard_held 7.0" in shown
    assert "mailguard_memory_bytes 150.0" in shown
    assert 'mailguard_upstream_sick{upstream="branch"} 1.0' in shown
    assert house.heard_of == 0  # it is no child at our doors
    house.ended("one")
    shown = generate_latest(house).decode()
    assert "branch" not in shown
    assert "mailguard_memory_bytes 100.0" in shown


def test_a_role_that_comes_back_is_counted_once(registry: CollectorRegistry) -> None:
    mails = Counter("mailguard_mails", "Mails", registry=registry)
    mails.inc(2)
    house = whole.Whole()
    for said, whole_now in ((3, 5), (4, 6), (9, 11)):
        house.hear("one", _line(("mailguard_mails_total", {}, said)), role=True)
        assert f"mailguard_mails_total {whole_now}.0" in generate_latest(house).decode()
        house.ended("one")  # the connection broke off: what it said stays
        assert f"mailguard_mails_total {whole_now}.0" in generate_latest(house).decode()
    for number in range(100):  # others come and go for good, and no count falls
        house.hear(f"other{number}", _line(("mailguard_mails_total", {}, 1)), role=True)
        house.ended(f"other{number}")
    assert "mailguard_mails_total 111.0" in generate_latest(house).decode()


def test_what_is_said_is_what_is_heard(registry: CollectorRegistry) -> None:
    Counter("mailguard_mails", "Mails", ["way"], registry=registry).labels("a").inc(2)
    house = whole.Whole()
    house.hear("one", whole.said().encode())
    assert b'mailguard_mails_total{way="a"} 4.0' in generate_latest(house)


NO_LINES = [b"", b"no json", b"1", b"[[1]]", b'[["a", 1, 2]]', b'[["a", {}, "x"]]', b"\xff"]
#: Too deep, and a number beyond all floats.
NO_LINES += [b"[" * 100_000, b'[["a", {}, 1' + b"0" * 400 + b"]]"]


@pytest.mark.parametrize("line", NO_LINES)
def test_a_line_that_is_none_is_let_go(registry: CollectorRegistry, line: bytes) -> None:
    house = whole.Whole()
    house.hear("one", line)
    assert generate_latest(house) == b""


def test_a_label_that_is_no_text_does_not_keep_the_figures_from_being_shown(registry: CollectorRegistry) -> None:
    Counter("mailguard_mails", "Mails", ["way"], registry=registry).labels("1").inc(2)
    house = whole.Whole()
    house.hear("one", b'[["mailguard_mails_total", {"way": 1}, 3]]')
    assert b'mailguard_mails_total{way="1"} 5.0' in generate_latest(house)
