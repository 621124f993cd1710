"""What a page says of a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.held import ANN, BOSS, NOW, SATO, SUZUKI, TANAKA, held_mail, recipient, with_recipients

from mailguard.console import people, present
from mailguard.console.acts import buttons, selection_buttons
from mailguard.console.locale import sayer
from mailguard.console.message import mail_values
from mailguard.console.present import Speaker
from mailguard.console.visit import waits_for
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Finding
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.review import Act, MessageRecord, View


def by(language: Language = "ja") -> Speaker:
    return Speaker(language, sayer(language), "Asia/Tokyo", NOW + timedelta(minutes=1))


def view(record: MessageRecord, *acts: Act) -> View:
    return View(record, (), frozenset(acts), {})


def labels(record: MessageRecord, *acts: Act) -> list[str]:
    return [button.label for button in buttons(view(record, *acts), "ja", sayer("ja"))]


def test_a_rule_that_singles_somebody_out_flags_that_one() -> None:
    assert [r.address for r in people.flagged(held_mail())] == [TANAKA]


def test_a_rule_about_everybody_outside_flags_nobody() -> None:
    record = held_mail()
    everybody = replace(record.verdict, hits=record.verdict.hits[1:])
    assert people.flagged(replace(record, verdict=everybody)) == ()


def test_two_rules_that_together_point_at_everybody_flag_nobody() -> None:
    record = held_mail()
    rest = RuleHit("other", "enforce", Disposition.CONFIRM, Because("x", "x"), (), (SATO, SUZUKI))
    both = replace(record.verdict, hits=(record.verdict.hits[0], rest))
    assert people.flagged(replace(record, verdict=both)) == ()


def test_rules_that_only_watch_flag_nobody() -> None:
    record = held_mail()
    watching = replace(record.verdict.hits[0], mode="monitor")
    assert people.flagged(replace(record, verdict=replace(record.verdict, hits=(watching,)))) == ()


def test_buttons_of_the_sender() -> None:
    sender = (Act.RELEASE, Act.SEND_NOW, Act.CANCEL, Act.REMOVE, Act.HOLD)
    assert labels(held_mail(), *sender) == ["1名を外して送信", "このまま送信", "送信しない"]
    delayed = with_recipients(
        held_mail(), *(replace(recipient(a, Disposition.DELAY), expire_action="release") for a in (TANAKA, SATO))
    )
    plain = replace(delayed, verdict=replace(delayed.verdict, hits=()))
    assert labels(plain, *sender) == ["今すぐ送信", "送信しない", "自動送信を止める"]


def test_buttons_of_the_approver_and_of_one_who_only_looks() -> None:
    asked = held_mail(Disposition.APPROVE)
    assert labels(asked, Act.APPROVE, Act.REJECT) == ["承認して送信", "却下する"]
    assert labels(asked) == []
    assert selection_buttons(view(asked, Act.APPROVE, Act.REJECT), sayer("ja"))[0].value == "approve-selected"
    assert selection_buttons(view(asked), sayer("ja")) == []


def test_one_recipient_needs_no_selection() -> None:
    alone = with_recipients(held_mail(), recipient(TANAKA))
    assert selection_buttons(view(alone, Act.RELEASE, Act.REMOVE), sayer("ja")) == []


def test_the_flagged_company_comes_first_then_outside_then_inside() -> None:
    groups = people.companies(held_mail(), by(), selectable=True)
    assert [(g.domain, g.external, g.flagged) for g in groups] == [
        ("examp1e.co.jp", True, True), ("example.co.jp", True, False), ("corp.example", False, False),
    ]  # fmt: skip
    assert [(p.address, p.header, p.name) for p in groups[1].lines] == [
        ("sato@example.co.jp", "To", "佐藤様"), ("suzuki@example.co.jp", "Bcc", ""),
    ]  # fmt: skip


def test_the_unremarkable_are_folded_and_the_flagged_never() -> None:
    crowd = [recipient(parse_address(f"p{number}@big.example")) for number in range(40)]
    record = with_recipients(held_mail(), *crowd, recipient(SATO))
    hit = replace(record.verdict.hits[0], recipients=(crowd[39].address,))
    record = replace(record, verdict=replace(record.verdict, hits=(hit,)))
    big = people.companies(record, by(), selectable=False)[0]
    assert big.lines[0].address == "p39@big.example"
    assert (len(big.lines), len(big.folded)) == (8, 32)


def test_headlines() -> None:
    assert present.headline(held_mail(), by()) == "よく似た別のドメインです"
    assert present.list_line(held_mail(), by()) == "よく似た別のドメインです(ほか1件)"
    assert present.headline(held_mail(state=State.RELAYED), by("en")) == "Sent"
    delayed = with_recipients(held_mail(), recipient(TANAKA, Disposition.DELAY))
    assert present.headline(delayed, by("en")) == "About to be sent"
    frozen = with_recipients(held_mail(), replace(recipient(TANAKA, Disposition.DELAY), frozen_by=ANN.key))
    assert present.headline(frozen, by("en")) == "The clock is stopped"
    assert "ann@corp.example stopped the clock." in present.waiting_for(frozen, by("en"))


def test_what_happens_when_nobody_decides() -> None:
    assert present.ending(held_mail(), by()) == "11月26日(木) 22:28 までに決めないと、送信せずに送信者へお返しします。"
    assert present.left(held_mail(), by("en")) == "71 h 59 min"
    assert present.ending(held_mail(state=State.RELAYED), by()) == ""
    discarded = with_recipients(held_mail(), replace(recipient(TANAKA), expire_action="discard"))
    assert "discarded" in present.ending(discarded, by("en"))


def test_who_is_to_decide() -> None:
    assert waits_for(held_mail(), ANN.key)
    assert not waits_for(held_mail(), BOSS.key)
    asked = held_mail(Disposition.APPROVE)
    assert waits_for(asked, BOSS.key)
    assert not waits_for(asked, ANN.key)
    said_yes = with_recipients(asked, replace(recipient(TANAKA, Disposition.APPROVE), approvals=(BOSS.key,)))
    assert not waits_for(said_yes, BOSS.key)
    assert not waits_for(held_mail(state=State.QUEUED), ANN.key)


def test_attachments_say_what_cannot_be_seen_in_them() -> None:
    plain, locked = present.files(held_mail(), sayer("en"))
    assert (plain.name, plain.type, plain.size, plain.notes) == ("名簿.xlsx", "XLSX", "47 KB", ())
    assert locked.notes == ("Encrypted (contents cannot be checked)",)


def test_everything_of_a_mail_can_be_said_in_both_languages() -> None:
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        for state in State:
            values = mail_values(view(held_mail(state=state)), by(language), ANN.key)
            assert values.headline
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
        counts = {group.domain: group.count for group in people.companies(opened, by(), selectable=False)}
        assert counts == {"examp1e.co.jp": "0名", "example.co.jp": "2名", "corp.example": "1名"}
    assert people.audience(held_mail(state=State.CANCELLED), by()) == "4名・3組織"
