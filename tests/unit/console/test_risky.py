"""What of a mail a person has to touch, and what its rules merely say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.held import BOSS, SATO, SUZUKI, TANAKA, held_mail, recipient, with_recipients

from mailguard.console.risky import Risky, files_with_data, risky
from mailguard.mail.address import Address, parse_address
from mailguard.mail.facts import Addressee, Attachment, Facts, HeaderAddress, Headers, Match
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.review import MessageRecord

SENTENCE = Because("理由", "a reason")
SEEN = Because("社外の宛先に、互いのアドレスが見えます", "They can see each other's addresses")
EVERYBODY = (TANAKA, SATO, SUZUKI)


def hit(
    evidence: tuple[str, ...],
    to: tuple[Address, ...],
    because: Because = SENTENCE,
    disposition: Disposition = Disposition.CONFIRM,
) -> RuleHit:
    return RuleHit("r", "enforce", disposition, because, evidence, to)


def mail(*hits: RuleHit, facts: Facts | None = None) -> MessageRecord:
    record = held_mail()
    return replace(record, verdict=replace(record.verdict, hits=hits), facts=facts or record.facts)


def people(found: Risky) -> list[Address]:
    return [one.address for one in found.people]


def test_a_rule_that_singles_somebody_out_points_at_that_one() -> None:
    assert people(risky(held_mail())) == [TANAKA]


@pytest.mark.parametrize(
    "evidence",
    ["examp1e.co.jp ≠ example.co.jp (1 / l)", "tanaka@examp1e.co.jp", "佐藤 <suzuki@example.co.jp> ≠ x@y.example"],
)
def test_a_rule_about_few_asks_about_each_where_its_evidence_is_a_person(evidence: str) -> None:
    assert people(risky(mail(hit((evidence,), EVERYBODY)))) == list(EVERYBODY)


@pytest.mark.parametrize("evidence", ["persons: 37", "添付", "社外秘"])
def test_a_word_or_a_number_is_nobody(evidence: str) -> None:
    assert risky(mail(hit((evidence,), EVERYBODY))) == Risky()


def test_a_salutation_is_about_those_who_get_the_mail() -> None:
    facts = replace(held_mail().facts, greeting=(Addressee("高橋", "", "様"),))
    assert people(risky(mail(hit(("高橋様",), EVERYBODY), facts=facts))) == list(EVERYBODY)


def test_a_rule_about_many_asks_about_nobody_in_particular() -> None:
    crowd = tuple(parse_address(f"p{number}@big.example") for number in range(4))
    record = with_recipients(mail(hit((str(crowd[0]),), crowd)), *map(recipient, crowd))
    assert people(risky(record)) == []


def test_whoever_is_no_longer_held_is_not_asked_about() -> None:
    record = held_mail()
    gone = replace(recipient(TANAKA), state=State.CANCELLED)
    assert people(risky(with_recipients(record, gone, recipient(SATO)))) == []


@pytest.mark.parametrize("change", [{"mode": "monitor"}, {"mode": "notify"}, {"disposition": Disposition.DELAY}])
def test_rules_that_only_watch_or_wait_ask_nothing(change: dict[str, object]) -> None:
    record = held_mail()
    quiet = tuple(replace(one, **change) for one in record.verdict.hits)  # type: ignore[arg-type]
    assert risky(replace(record, verdict=replace(record.verdict, hits=quiet))) == Risky()


@pytest.mark.parametrize("evidence", ["図面.zip", "図面.zip › 内訳.xlsx", "図面.zip (…)"])
def test_evidence_that_names_a_file_points_at_it(evidence: str) -> None:
    assert risky(mail(hit((evidence,), EVERYBODY))).files == (1,)


def test_a_name_that_only_begins_like_a_file_is_another() -> None:
    assert risky(mail(hit(("図面.zipper",), EVERYBODY))).files == ()


def test_numbers_point_at_the_files_in_which_they_were_found() -> None:
    fresh = replace(held_mail().facts, matches=(Match("phone", "2 名簿.xlsx", "", "090", "", "***"),))
    assert files_with_data(fresh) == {0}
    assert risky(mail(hit(("persons: 37",), EVERYBODY)), files_with_data(fresh)).files == (0,)
    assert risky(mail(hit(("添付",), EVERYBODY)), files_with_data(fresh)).files == ()
    assert (
        files_with_data(Facts(attachments=(Attachment("", "a/b", "a/b", "", 1, ""),), matches=fresh.matches)) == set()
    )


def test_those_who_see_each_other_are_those_of_to_and_cc() -> None:
    shown = Headers(to=tuple(HeaderAddress(str(one)) for one in (*EVERYBODY, BOSS)))
    facts = replace(held_mail().facts, headers=shown)
    found = risky(mail(hit(tuple(map(str, EVERYBODY)), EVERYBODY, SEEN), facts=facts))
    assert ([one.address for one in found.seen], found.people) == (list(EVERYBODY), ())
    hidden = replace(facts, headers=replace(shown, to=shown.to[1:]))
    assert risky(mail(hit(("x",), EVERYBODY, SEEN), facts=hidden)).seen == ()
