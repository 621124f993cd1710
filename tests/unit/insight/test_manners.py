"""What is usual for a sender beside whom he writes to: how his mails look, in which circles, how often."""

from __future__ import annotations

import io

import pytest

from mailguard.insight import keeping, manners
from mailguard.insight.lesson import Lesson, read
from mailguard.insight.manners import Manners
from mailguard.insight.model import Insight
from mailguard.insight.scene import Scene
from mailguard.insight.words import Letter

ME = "jo.winter@corp.example"
ANNE, BOB, CARL = "anne.frost@a.example", "bob@b.example", "carl.lind@c.example"
FORMAL = "Dear Anne,\n\n" + "the figures of this week are attached, as we agreed upon. " * 6
DAY = 86_400.0


def letter(to: tuple[str, ...], body: str, day: float) -> Letter:
    return Letter(1.7e9 + day * DAY, ME, to, subject=f"week {day}", body=body)


def heard(sender: str, to: tuple[str, ...]) -> Lesson:
    return read(Letter(1.7e9 + 13 * DAY, sender, to, subject="all", body="hello"))


def taught() -> Insight:
    """Long mails with a greeting to Anne, one line each to Bob and Carl together."""
    model = Insight(own=["corp.example"])
    for day in range(12):
        model.learn(read(letter((ANNE,), FORMAL, day)))
        model.learn(read(letter((BOB, CARL), "ok", day + 0.3)))
    return model


def numbers(model: Insight, to: tuple[str, ...], body: str, day: float = 12) -> dict[str, dict[str, float]]:
    """By recipient, by name."""
    scene = Scene(model.memory, read(letter(to, body, day)))
    made = Manners(scene)
    return {
        address: dict(zip((*manners.EACH, *manners.WHOLE), (*made.each(at), *made.whole()), strict=True))
        for at, address in enumerate(scene.people)
    }


def test_a_mail_that_looks_as_usual_and_one_that_does_not() -> None:
    model = taught()
    assert numbers(model, (ANNE,), FORMAL)[ANNE]["style"] > 0 > numbers(model, (ANNE,), "ok")[ANNE]["style"]
    assert numbers(model, (BOB,), FORMAL)[BOB]["style_greeting"] < 0


def test_who_was_never_written_to_has_no_style_but_stands_near_somebody_or_not() -> None:
    model = taught()
    other = Letter(1.7e9, "lea.hall@corp.example", ("new@d.example", ANNE, BOB, CARL), subject="all", body="hello")
    model.learn(read(other))
    near, far = (numbers(model, (one,), "ok")[one] for one in ("new@d.example", "nobody@e.example"))
    assert near["style"] == far["style"] == 0.0
    assert near["circle_new"] > far["circle_new"] == 0.0


def test_a_circle_of_people_is_known_as_a_whole_in_any_order() -> None:
    model = taught()
    said = [numbers(model, to, "ok") for to in ((BOB, CARL), (CARL, BOB))]
    assert said[0] == said[1]
    assert said[0][BOB]["same_people"] > 0.0 == numbers(model, (BOB, ANNE), "ok")[BOB]["same_people"]
    assert said[0][BOB]["set_alike"] == 1.0 > numbers(model, (BOB, ANNE), "ok")[BOB]["set_alike"] > 0.0


def test_who_stands_where_another_stood() -> None:
    model, new = taught(), "dora@d.example"
    usual, wrong = (numbers(model, to, "ok") for to in ((BOB, CARL), (BOB, new)))
    assert usual[CARL]["set_without"] == usual[CARL]["set_over"] + 1.0 == 0.0
    model.learn(read(letter((new,), "hello", 12.5)))
    wrong = numbers(model, (BOB, new), "ok", 13)
    assert wrong[new]["set_without"] == 0.5  # Bob and Carl: one of the two beside, and Carl instead of her
    assert wrong[new]["set_over"] == pytest.approx(2 / 3 - 0.5)
    assert wrong[BOB]["set_over"] < wrong[new]["set_over"]


def test_who_wrote_to_him_lately() -> None:
    model, lea, new = taught(), "lea.hall@corp.example", "new@d.example"

    def ask() -> dict[str, float]:
        return numbers(model, (new,), "ok", 20)[new]

    assert (ask()["writers_known"], ask()["writers_back"]) == (-1.0, -1.0)
    model.learn(heard(lea, (new,)))
    assert (ask()["writers_known"], ask()["writers_back"]) == (0.0, 0.0)
    model.learn(read(letter((lea,), "ok", 14)))
    assert (ask()["writers_known"], ask()["writers_back"]) == (1.0, 0.0)
    model.learn(heard(lea, (ME,)))
    assert (ask()["writers_known"], ask()["writers_back"]) == (1.0, 1.0)
    model.learn(read(letter((new,), "ok", 15)))  # what he writes himself says nothing
    assert (ask()["writers_known"], ask()["writers_back"]) == (1.0, 1.0)


def test_a_private_text_does_not_go_to_a_colleague() -> None:
    model = taught()
    for day in range(30):
        model.learn(read(letter(("mum@gmail.com",), "love from your son, see you tonight", day)))
        model.learn(read(letter(("lea.hall@corp.example",), "meter deal nomination", day)))
    asked = numbers(model, ("dad@gmail.com", "max.hall@corp.example"), "love, tonight", 31)
    home, inside = asked["dad@gmail.com"], asked["max.hall@corp.example"]
    assert home["side_over"] == 0.0 > inside["side_over"]
    assert home["side_said"] == home["side_private"] == inside["side_private"]
    assert inside["side_said"] == inside["side_inside"]


def test_the_pace_of_a_contact() -> None:
    model = taught()
    soon, late = (numbers(model, (ANNE,), FORMAL, day)[ANNE]["pace"] for day in (12, 60))
    assert 0.0 < soon < 2.0 < late


def test_a_text_that_spells_the_address() -> None:
    model = taught()
    for address, body, spelled, named in (
        (CARL, "see carl.lind@c.example there", 1.0, 2.0),
        (CARL, "see mr. lind there", 0.5, 1.0),
        ("xyz99@e.example", "my new mailbox is xyz99@e.example", 1.0, 0.0),
        ("xyz99@e.example", "my new mailbox", 0.0, 0.0),
    ):
        found = numbers(model, (address,), body)[address]
        assert (found["spelled"], found["named_anywhere"]) == (spelled, named)


def test_habits_are_saved_and_an_older_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    model, stream, older = taught(), io.BytesIO(), io.BytesIO()
    model.save(stream)
    stream.seek(0)
    wanted = numbers(model, (ANNE,), "ok")
    assert numbers(Insight.load(stream), (ANNE,), "ok") == wanted
    tables, lists, columns = keeping._tables, keeping._lists, keeping._numbers
    new = ("circles", "styles", "lately", "received_mails", "sides")
    monkeypatch.setattr(keeping, "_tables", lambda memory: {k: v for k, v in tables(memory).items() if k not in new})
    monkeypatch.setattr(keeping, "_numbers", lambda memory: {k: v for k, v in columns(memory).items() if k not in new})
    senders = [row[:-1] for row in lists(model.memory)["senders"]()]
    monkeypatch.setattr(keeping, "_lists", lambda memory: lists(memory) | {"senders": lambda: iter(senders)})
    model.save(older)
    monkeypatch.undo()
    older.seek(0)
    found = numbers(Insight.load(older), (ANNE,), "ok")
    assert found[ANNE]["pace"] == wanted[ANNE]["pace"]
    assert found[ANNE]["style"] == found[ANNE]["same_people"] == 0.0
    assert found[ANNE]["writers_known"] == -1.0


def test_habits_of_another_node_are_taken_in() -> None:
    model, fresh = taught(), Insight(own=["corp.example"])
    fresh.merge(model)
    assert numbers(fresh, (ANNE,), "ok") == numbers(model, (ANNE,), "ok")
