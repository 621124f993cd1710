"""Recipients on the page: who needs a look stands on top, the unremarkable is folded, and a page stays small."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.held import NOW, SATO, SUZUKI, TANAKA, held_mail, recipient, with_recipients

from mailguard.console import people
from mailguard.console.locale import sayer
from mailguard.console.people import Company, Context
from mailguard.console.present import Speaker
from mailguard.console.previews import beginning, files, text_of
from mailguard.console.risky import Risky, risky
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import Readdress, Recipe, Split, ToBcc
from mailguard.mail.directory import Directory, Person
from mailguard.mail.facts import Facts, HeaderAddress, Headers
from mailguard.mail.lifecycle import State
from mailguard.notify.draft import draft_of
from mailguard.notify.letter_people import visible
from mailguard.notify.naming import namer
from mailguard.review import Background, Contact, MessageRecord


def by() -> Speaker:
    return Speaker("ja", sayer("ja"), "Asia/Tokyo", NOW + timedelta(minutes=1))


def companies(record: MessageRecord, known: Background | None = None, what: Risky | None = None) -> list[Company]:
    found = risky(record) if what is None else what
    flagged = frozenset(one.address.key for one in found.people)
    return people.companies(people.shown(record, found), Context(record, by(), known, flagged, selectable=True))


def test_the_flagged_company_comes_first_then_outside_then_inside() -> None:
    groups = companies(held_mail())
    assert [(g.domain, g.external, g.flagged) for g in groups] == [
        ("examp1e.co.jp", True, True), ("example.co.jp", True, False), ("corp.example", False, False),
    ]  # fmt: skip
    assert [(p.address, p.header, p.said) for p in groups[1].lines] == [
        ("sato@example.co.jp", "To", "佐藤様"), ("suzuki@example.co.jp", "Bcc", ""),
    ]  # fmt: skip


def test_the_directory_names_people_and_what_the_mail_calls_them_is_only_said_of_others() -> None:
    boss = "boss@corp.example"
    names = Directory({boss: Person(boss, "田中 一郎"), str(TANAKA): Person(str(TANAKA), "")})
    record = held_mail()
    headers = replace(record.facts.headers, cc=(HeaderAddress(boss, "社長 <ceo@corp.example>"),))
    record = replace(record, facts=replace(record.facts, headers=headers))
    asked = Context(record, replace(by(), named=namer(names)), None, frozenset(), selectable=False)
    found = {p.address: p for one in people.companies(people.shown(record, Risky()), asked) for p in one.lines}
    assert (found[boss].name, found[boss].said) == ("田中 一郎", "")
    assert (found[str(SATO)].name, found[str(SATO)].said) == ("", "佐藤様")
    assert found[str(TANAKA)].name == ""  # the directory knows the address, but no name


def test_a_name_of_earlier_mail_is_told_where_this_mail_has_another_or_none() -> None:
    def notes(name: str) -> dict[str, tuple[str, ...]]:
        known = Background(people={one.key: Contact(2, NOW, name=name) for one in (SATO, SUZUKI)})
        return {p.address: p.notes for one in companies(held_mail(), known) for p in one.lines}

    assert notes("佐藤様")[str(SATO)] == ()  # as this mail says
    other = notes("佐藤 \u202e健")
    assert other[str(SATO)] == other[str(SUZUKI)] == ("これまでの表示名: 「佐藤 [U+202E]健」",)
    assert notes("")[str(SUZUKI)] == notes(str(SUZUKI))[str(SUZUKI)] == ()


def test_who_was_taken_off_and_stands_in_to_for_the_others_is_named() -> None:
    def record(recipe: Recipe, state: State = State.RELAYED) -> MessageRecord:
        copies = (recipient(TANAKA, state=State.CANCELLED), replace(recipient(SATO, state=state), recipe=recipe))
        return with_recipients(held_mail(), *copies)

    said = people.still_shown(record(()), by())
    assert said.startswith(f"{TANAKA} には届きませんが")
    assert people.still_shown(record((ToBcc(hide="listed", keys=(SATO.key,)),)), by()) == said
    for hidden in (ToBcc(hide="listed", keys=(TANAKA.key,)), ToBcc(), Split(), Readdress(TANAKA, SUZUKI)):
        assert people.still_shown(record((hidden,)), by()) == ""
    assert people.still_shown(record((), State.CANCELLED), by()) == ""  # nobody gets it


def crowd(count: int, domains: int = 1) -> MessageRecord:
    some = [recipient(parse_address(f"p{number}@d{number % domains}.example")) for number in range(count)]
    return with_recipients(held_mail(), recipient(TANAKA), *some)


def test_the_unremarkable_are_folded_and_the_flagged_never() -> None:
    record = crowd(20)
    flagged, folded = companies(record)
    assert ([p.address for p in flagged.lines], flagged.folded) == (["tanaka@examp1e.co.jp"], ())
    assert (len(folded.lines), len(folded.folded), folded.fold) == (0, 20, "20名を表示")
    known = Background(people={f"p{number}@d0.example": Contact(2, NOW) for number in range(20)})
    assert companies(record, known)[1].fold == "20名・過去に送信済み"
    assert companies(record, known, Risky())[1].fold == "20名を表示"


def test_nobody_is_folded_alone() -> None:
    groups = companies(crowd(20, 20))
    assert [(len(one.lines), one.folded, one.fold) for one in groups] == [(1, (), "")] * 21


def test_of_five_thousand_some_are_shown_and_the_rest_is_counted() -> None:
    record = crowd(5000, 1000)
    found = people.shown(record, risky(record))
    assert (len(found.recipients), found.unshown, found.brief) == (196, 4805, False)
    assert found.recipients[0].address == TANAKA
    assert len({one.address.ascii_domain for one in found.recipients}) == 40
    everybody = people.shown(record, risky(record), everybody=True)
    assert (len(everybody.recipients), everybody.unshown, everybody.brief) == (5000, 1, True)


def test_of_one_who_has_it_the_time_is_said_and_of_one_who_has_not_the_answer() -> None:
    record = with_recipients(
        held_mail(),
        recipient(SATO, state=State.RELAYED),
        replace(recipient(SUZUKI, state=State.BOUNCED), last_code=550, last_text="no such\r\nuser"),
    )
    asked = Context(record, by(), None, frozenset(), selectable=False, arrived={str(SATO): NOW})
    (group,) = people.companies(people.shown(record, Risky()), asked)
    assert [one.notes for one in group.lines] == [
        ("次のサーバーが受け取り: 11月23日(月) 22:28",), ("応答: 550 no such user",),
    ]  # fmt: skip
    away = replace(recipient(SUZUKI, state=State.QUEUED), last_code=None, last_text="cannot connect to smtp://mail")
    asked = Context(with_recipients(held_mail(), away), by(), None, frozenset(), selectable=False)
    (group,) = people.companies(people.shown(asked.record, Risky()), asked)
    assert group.lines[0].notes == ("状況: cannot connect to smtp://mail",)


def test_whom_only_a_header_names() -> None:
    record = held_mail()
    headers = Headers(to=tuple(HeaderAddress(f"x{number}@y.example") for number in range(7)))
    record = replace(record, facts=replace(record.facts, headers=headers))
    assert people.only_shown(record, by()) == [*(f"x{number}@y.example" for number in range(5)), "ほか2件"]
    assert people.only_shown(held_mail(), by()) == []


def test_who_stands_in_to_in_another_form_stands_in_to() -> None:
    """An old address of a mobile phone without its quotes, and a name of a domain as people write it."""
    phone, there = parse_address("ta..ro@docomo.ne.jp"), parse_address("sato@xn--r8jz45g.jp")
    shown = (HeaderAddress("ta..ro@docomo.ne.jp", "太郎"), HeaderAddress("Sato@例え.jp"))
    record = with_recipients(held_mail(), recipient(phone), recipient(there))
    record = replace(record, facts=Facts(headers=Headers(to=shown)))
    assert [one.header for group in companies(record) for one in group.lines] == ["To", "To"]
    assert people.only_shown(record, by()) == []
    assert {phone.key, there.key} == visible(record)
    assert b"Bcc" not in draft_of(record, b"To: ta..ro@docomo.ne.jp\r\n\r\n")


def test_attachments_say_what_cannot_be_seen_in_them() -> None:
    plain, locked = files(held_mail(), by())
    assert (plain.name, plain.type, plain.size, plain.notes) == ("名簿.xlsx", "XLSX", "47 KB", ())
    assert locked.notes == ("暗号化あり(中身を確認できません)",)


def test_of_a_file_its_beginning_is_shown_and_only_of_the_same_file() -> None:
    record = held_mail()
    first = record.facts.attachments[0]
    fresh = Facts(attachments=(replace(first, text="Sheet1\n" + "row\n" * 100),))
    shown = files(record, by(), (0,), fresh=fresh)[0]
    assert (shown.flagged, shown.longer, shown.preview.splitlines()[:2]) == (True, True, ["Sheet1", "row"])
    assert len(shown.preview.splitlines()) == 14
    assert text_of(record, fresh, 0) is not None
    assert text_of(record, fresh, 7) is None
    other = Facts(attachments=(replace(first, sha256="9" * 64, text="another"),))
    assert files(record, by(), fresh=other)[0].preview == ""
    assert len(beginning("x" * 100_000)) == 200
