"""The questions, what their answers come to, and what the button says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.held import SATO, SUZUKI, TANAKA, held_mail, recipient, with_recipients

from mailguard.console.choices import Answer, Item, Plan, answers, items, label, label_words, plan, preselected
from mailguard.console.locale import sayer
from mailguard.console.risky import Risky
from mailguard.mail.address import parse_address
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.review import Act, MessageRecord, View

SENDER = frozenset({Act.RELEASE, Act.SEND_NOW, Act.CANCEL, Act.REMOVE, Act.HOLD, Act.ALTER})
APPROVER = frozenset({Act.APPROVE, Act.REJECT})
EVERYTHING = Risky((recipient(TANAKA),), (0,), (recipient(SATO), recipient(SUZUKI)))


def view(record: MessageRecord, acts: frozenset[Act]) -> View:
    return View(record, (), acts, {})


def names(view: View, risky: Risky = EVERYTHING) -> list[tuple[str, bool]]:
    return [(one.name, one.stops) for one in items(view, risky)]


def test_each_risky_thing_is_one_question() -> None:
    assert names(view(held_mail(), SENDER)) == [("r.tanaka@examp1e.co.jp", False), ("f.0", False), ("b", False)]


def test_what_cannot_be_taken_out_stops_the_mail() -> None:
    sealed = view(held_mail(), SENDER - {Act.ALTER})
    assert names(sealed) == [("r.tanaka@examp1e.co.jp", False), ("f.0", True), ("b", True)]
    alone = view(with_recipients(held_mail(), recipient(TANAKA)), SENDER)
    assert names(alone, Risky((recipient(TANAKA),))) == [("r.tanaka@examp1e.co.jp", True)]


def test_an_approver_says_no_to_one_or_to_all() -> None:
    record = held_mail(Disposition.APPROVE)
    assert names(view(record, APPROVER), Risky((record.recipients[0],))) == [("r.tanaka@examp1e.co.jp", False)]
    both = with_recipients(record, *record.recipients[:2])
    assert names(view(both, APPROVER), Risky(both.recipients)) == [
        ("r.tanaka@examp1e.co.jp", True), ("r.sato@example.co.jp", True),
    ]  # fmt: skip


def test_whoever_cannot_let_it_go_is_asked_nothing() -> None:
    assert names(view(held_mail(), frozenset({Act.CANCEL, Act.REMOVE}))) == []


def test_many_of_a_kind_are_one_question() -> None:
    crowd = tuple(recipient(parse_address(f"p{number}@x.example")) for number in range(9))
    record = with_recipients(held_mail(), *crowd, recipient(SATO))
    assert names(view(record, SENDER), Risky(crowd, tuple(range(9)))) == [("r", False), ("f", False)]
    asked = items(view(record, SENDER), Risky(crowd, tuple(range(9))))
    taken = plan(view(record, SENDER), asked, {"r": "safe", "f": "safe"})
    assert (len(taken.remove), len(taken.files), taken.code) == (9, 9, "9.9.0")


def decided(record: MessageRecord, given: dict[str, Answer], risky: Risky = EVERYTHING) -> Plan:
    seen = view(record, SENDER)
    return plan(seen, items(seen, risky), given)


def test_the_answers_come_to_a_plan() -> None:
    keep: dict[str, Answer] = {"r.tanaka@examp1e.co.jp": "keep", "f.0": "keep", "b": "keep"}
    nothing = decided(held_mail(), keep)
    assert (nothing.changes, nothing.code, nothing.missing) == (False, "0.0.0", ())
    everything = decided(held_mail(), dict.fromkeys(keep, "safe"))
    assert everything == Plan((TANAKA,), (0,), (SATO, SUZUKI))
    assert everything.code == "1.1.1"


def test_what_is_not_answered_decides_nothing() -> None:
    assert decided(held_mail(), {"b": "safe"}).missing == ("r.tanaka@examp1e.co.jp", "f.0")
    assert decided(held_mail(), {"b": "safe"}).code == ""


def test_without_anybody_left_it_is_not_sent() -> None:
    two = with_recipients(held_mail(), recipient(TANAKA), recipient(SATO))
    asked = Risky(two.recipients)
    assert decided(two, {"r.tanaka@examp1e.co.jp": "safe", "r.sato@example.co.jp": "safe"}, asked).stop
    assert not decided(two, {"r.tanaka@examp1e.co.jp": "safe", "r.sato@example.co.jp": "keep"}, asked).stop


def test_whoever_is_taken_off_is_not_moved_to_bcc() -> None:
    risky = replace(EVERYTHING, seen=(recipient(TANAKA), recipient(SATO)))
    found = decided(held_mail(), {"r.tanaka@examp1e.co.jp": "safe", "f.0": "keep", "b": "safe"}, risky)
    assert (found.remove, found.hide) == ((TANAKA,), (SATO,))


def test_only_two_words_are_answers() -> None:
    asked = [Item("a", "file", files=(0,)), Item("b", "file", files=(1,)), Item("c", "file", files=(2,))]
    said = {"a": "safe", "b": "keep", "c": "<script>"}
    assert answers(asked, said.__getitem__) == {"a": "safe", "b": "keep", "c": ""}


@pytest.mark.parametrize(
    ("choice", "word"), [("remove-flagged", "safe"), ("release", "keep"), ("cancel", ""), ("x", "")]
)
def test_what_a_link_proposes(choice: str, word: str) -> None:
    assert preselected([Item("a", "file", files=(0,))], choice) == {"a": word}


def said(made: Plan, language: Language, *, approving: bool = False, rejecting: bool = False) -> str:
    return label(made, label_words(sayer(language), language, approving=approving, rejecting=rejecting))


@pytest.mark.parametrize(
    ("made", "ja", "en"),
    [
        (Plan(), "このまま送信", "Send as it is"),
        (Plan(missing=("a",)), "選んだとおりに送信", "Send as chosen"),
        (Plan(stop=True), "送信しない", "Don't send"),
        (Plan((TANAKA,)), "1名を外して送信", "Remove 1 recipient and send"),
        (Plan((TANAKA, SATO)), "2名を外して送信", "Remove 2 recipients and send"),
        (Plan(files=(0,)), "ファイルを外して送信", "Remove the file and send"),
        (Plan((TANAKA,), (0, 1)), "1名とファイル2個を外して送信", "Remove 1 recipient and 2 files and send"),
        (Plan(hide=(SATO,)), "Bccに移して送信", "Move to Bcc and send"),
        (Plan((TANAKA,), (), (SATO,)), "1名を外し、Bccに移して送信", "Remove 1 recipient, move to Bcc, and send"),
    ],
)
def test_the_button_says_exactly_what_it_does(made: Plan, ja: str, en: str) -> None:
    assert (said(made, "ja"), said(made, "en")) == (ja, en)


def test_the_approvers_button() -> None:
    assert said(Plan(), "ja", approving=True, rejecting=True) == "承認して送信"
    assert said(Plan((TANAKA,)), "ja", approving=True, rejecting=True) == "1名を却下し、残りを承認"
    assert said(Plan(stop=True), "ja", approving=True, rejecting=True) == "却下する"
    assert said(Plan((TANAKA,)), "en", approving=True) == "Remove 1 recipient and approve"


def test_a_link_that_hides_says_nothing_of_anything_else() -> None:
    asked = [Item("a", "file", files=(0,)), Item("b", "seen", (TANAKA,)), Item("c", "seen", (TANAKA,), stops=True)]
    assert preselected(asked, "hide") == {"a": "", "b": "safe", "c": ""}
