"""What a page says of a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.held import ANN, BOSS, NOW, TANAKA, held_mail, recipient, with_recipients

from mailguard.console import people, present
from mailguard.console.figure_rows import cards
from mailguard.console.locale import sayer
from mailguard.console.mail_values import mail_values, risky_of
from mailguard.console.present import Speaker
from mailguard.console.waiting import waits_for
from mailguard.mail.facts import Finding
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.review import Act, MessageRecord, View
from mailguard.review.figures import Figures


def by(language: Language = "ja") -> Speaker:
    return Speaker(language, sayer(language), "Asia/Tokyo", NOW + timedelta(minutes=1))


def view(record: MessageRecord, *acts: Act) -> View:
    return View(record, (), frozenset(acts), {})


def test_headlines() -> None:
    assert present.headline(held_mail(), by()) == "よく似た別のドメインです"
    assert present.list_line(held_mail(), by()) == "よく似た別のドメインです(ほか1件)"
    assert present.headline(held_mail(state=State.RELAYED), by("en")) == "Sent"
    delayed = with_recipients(held_mail(), recipient(TANAKA, Disposition.DELAY))
    assert present.headline(delayed, by("en")) == "About to be sent"
    frozen = with_recipients(held_mail(), replace(recipient(TANAKA, Disposition.DELAY), frozen_by=ANN.key))
    assert present.headline(frozen, by("en")) == "Paused"
    assert "ann@corp.example paused it." in present.waiting_for(frozen, by("en"))


def test_what_happens_when_nobody_decides() -> None:
    assert present.ending(held_mail(), by()) == "11月26日(木) 22:28 までに決めないと、送信せずに送信者へお返しします。"
    assert present.ending(held_mail(), by(), ANN.key).endswith("送信せずに元のメールをお返しします。")
    assert present.left(held_mail(), by("en")) == "2 days 23 h"
    assert present.ending(held_mail(state=State.RELAYED), by()) == ""
    discarded = with_recipients(held_mail(), replace(recipient(TANAKA), expire_action="discard"))
    assert "discarded" in present.ending(discarded, by("en"))


def test_the_sender_reads_that_it_waits_for_him() -> None:
    words = [present.mail_badge(held_mail(), "ja", person).word for person in (ANN.key, BOSS.key)]
    assert words == ["あなたの確認待ち", "送信者の確認待ち"]
    asked = held_mail(Disposition.APPROVE)
    assert present.mail_badge(asked, "ja", ANN.key).word == "承認待ち"
    assert "承認されないと" in present.ending(asked, by(), ANN.key)
    assert "承認がないと、送信せずに送信者へ" in present.ending(asked, by(), BOSS.key)


def test_who_is_to_decide() -> None:
    assert waits_for(held_mail(), ANN.key)
    assert not waits_for(held_mail(), BOSS.key)
    asked = held_mail(Disposition.APPROVE)
    assert waits_for(asked, BOSS.key)
    assert not waits_for(asked, ANN.key)
    said_yes = with_recipients(asked, replace(recipient(TANAKA, Disposition.APPROVE), approvals=(BOSS.key,)))
    assert not waits_for(said_yes, BOSS.key)
    assert not waits_for(held_mail(state=State.QUEUED), ANN.key)


def test_everything_of_a_mail_can_be_said_in_both_languages() -> None:
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        for state in State:
            values = mail_values(view(held_mail(state=state)), by(language), ANN.key)
            assert values.headline.plain
            assert not values.foreign


def test_findings_are_said_in_the_readers_language_with_their_place() -> None:
    record = held_mail()
    found = (
        Finding("macro", "見積.xlsm", "a VBA project"),
        Finding("unreadable", "mail", "the reader failed"),
        Finding("of_tomorrow", "x", "y"),
    )
    record = replace(record, facts=replace(record.facts, findings=found))
    notes = mail_values(view(record), by("ja"), ANN.key).findings
    assert [(note.sentence, note.where) for note in notes] == [
        ("マクロが入っています", "見積.xlsm"), ("メールを読み取れませんでした", ""), ("of_tomorrow", "x"),
    ]  # fmt: skip


def test_removed_recipients_are_not_counted_while_the_mail_is_open() -> None:
    record = held_mail()
    removed = replace(recipient(TANAKA), state=State.CANCELLED)
    rest = [one for one in record.recipients if one.address != TANAKA]
    for state in (State.HELD, State.QUEUED):
        opened = with_recipients(record, removed, *(replace(one, state=state) for one in rest))
        assert people.audience(opened, by()) == "3名・2組織"
        assert present.recipients_line(opened, "en") == "sato@example.co.jp, suzuki@example.co.jp, boss@corp.example"
        there = people.shown(opened, risky_of(opened, None))
        groups = people.companies(there, people.Context(opened, by(), None, frozenset(), selectable=False))
        counts = {group.domain: group.count for group in groups}
        assert counts == {"examp1e.co.jp": "0名", "example.co.jp": "2名", "corp.example": "1名"}
    assert people.audience(held_mail(state=State.CANCELLED), by()) == "4名・3組織"


def test_the_figures_say_nothing_of_lengths_that_nobody_knows() -> None:
    counted = Figures(date(2026, 11, 1), date(2026, 11, 30), NOW)
    assert [card.notes for card in cards(counted, by())][2] == []
    counted.all.note("all", timedelta(seconds=1))
    assert len(cards(counted, by())[2].notes) == 1
    counted.all.note("asked", timedelta(minutes=1))
    assert len(cards(counted, by())[2].notes) == 2
    assert not any(" -" in note or "は-" in note for note in cards(counted, by())[2].notes)
