"""The headline: the reason as a sentence, the difference marked and said, and nothing claimed that is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.held import NOW, SATO, SUZUKI, TANAKA, held_mail, recipient, with_recipients

from mailguard.console.headline import differing, evidence, further, headline, twins
from mailguard.console.known import relation, sent_before
from mailguard.console.locale import sayer
from mailguard.console.present import Speaker
from mailguard.console.sight import line, seen
from mailguard.mail.address import Address, parse_address
from mailguard.mail.facts import Addressee
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.notify.marked import Stretch
from mailguard.review import Background, Contact, MessageRecord

REAL = parse_address("tanaka@example.co.jp")
LIKE = "examp1e.co.jp ≠ example.co.jp (1 / l)"
USUAL = Background(people={REAL.key: Contact(12, NOW)})


def by(language: Language = "ja") -> Speaker:
    return Speaker(language, sayer(language), "Asia/Tokyo", NOW + timedelta(minutes=1))


def mail(
    evidence: tuple[str, ...], to: tuple[Address, ...], sentence: str = "理由です", **facts: object
) -> MessageRecord:
    record = held_mail()
    hits = (RuleHit("r", "enforce", Disposition.CONFIRM, Because(sentence, sentence), evidence, to),)
    changed = replace(record.facts, **facts)  # type: ignore[arg-type]
    return replace(record, verdict=replace(record.verdict, hits=hits), facts=changed)


def shown(stretches: tuple[Stretch, ...]) -> str:
    return "".join(f"[{one.text}]" if one.differs else one.text for one in stretches)


def test_a_look_alike_is_set_beside_the_address_usually_written_to() -> None:
    found = headline(mail((LIKE,), (TANAKA,)), by(), USUAL)
    assert shown(found.pieces) == "tanaka@examp[1]e.co.jp へは初めての送信です。いつもは tanaka@examp[l]e.co.jp です。"
    assert found.words == ("「l」(小文字のエル)が「1」(数字のイチ)になっています",)
    assert headline(mail((LIKE,), (TANAKA,)), by("en"), USUAL).plain == (
        "First mail to tanaka@examp1e.co.jp. The usual recipient is tanaka@example.co.jp."
    )


@pytest.mark.parametrize(
    ("wrong", "said", "words"),
    [
        (TANAKA, "tanaka@examp[1]e.co.jp は、examp[l]e.co.jp によく似た別のドメインです。", True),
        (
            parse_address("tanaak@example.co.jp"),
            "tana[ak]@example.co.jp は、tana[ka]@example.co.jp によく似た別のアドレスです。",
            True,
        ),
        (SUZUKI, "いつもの宛先は tanaka@example.co.jp（3回）ですが、これは suzuki@example.co.jp です", False),
    ],
)
def test_a_slip_of_the_pen_that_the_model_saw_is_marked(wrong: Address, said: str, words: bool) -> None:
    sentence = f"いつもの宛先は {REAL}（3回）ですが、これは {wrong} です"
    record = with_recipients(mail((), (wrong,), sentence), recipient(wrong))
    kind = "lookalike" if words else "namesake"
    risky = replace(record.verdict.recipients[0], address=wrong, risk=0.9, risk_kind=kind, alternative=REAL.key)
    record = replace(record, verdict=replace(record.verdict, recipients=(risky,)))
    found = headline(record, by())
    assert shown(found.pieces) == said
    assert bool(found.words) == words
    assert [shown(differing(wrong, record)) != str(wrong)] == [words]


@pytest.mark.parametrize(
    "known", [None, Background(), Background(people={TANAKA.key: Contact(1, NOW), **USUAL.people})]
)
def test_first_and_usually_are_said_only_of_what_is_known(known: Background | None) -> None:
    found = headline(mail((LIKE,), (TANAKA,)), by(), known)
    assert shown(found.pieces) == "tanaka@examp[1]e.co.jp は、examp[l]e.co.jp によく似た別のドメインです。"


def test_several_at_one_look_alike_are_named_by_their_domain() -> None:
    record = mail((LIKE,), (TANAKA, parse_address("info@examp1e.co.jp")))
    assert "宛先のドメイン examp[1]e.co.jp は" in shown(headline(record, by(), USUAL).pieces)
    assert [str(one) for one in twins(record)] == ["tanaka@example.co.jp", "info@example.co.jp"]


def test_blanks_in_an_address_fill_nothing() -> None:
    odd = parse_address("{known}{written}@examp1e.co.jp")
    assert headline(mail((LIKE,), (odd,)), by(), None).plain.startswith("{known}{written}@examp1e.co.jp は、example")


def test_a_salutation_that_fits_nobody_says_who_gets_it() -> None:
    record = mail(("高橋様",), (SATO,), greeting=(Addressee("高橋", "", "様"),))
    only = replace(record, recipients=tuple(one for one in record.recipients if one.address == SATO))
    assert headline(only, by()).plain == "宛名は「高橋様」ですが、宛先は 佐藤様 <sato@example.co.jp> です。"
    assert headline(record, by()).plain == "理由です", "three people are too many for a sentence"


def test_evidence_that_the_sentence_or_the_list_has_is_not_repeated() -> None:
    record = mail(("添付", str(SUZUKI), "見積", "persons: 3"), (SUZUKI,), "本文に「添付」とあります")
    assert evidence(record, by()) == ("見積", "3人分")
    crowd = mail((str(TANAKA), str(SUZUKI), "+41"), (TANAKA, SUZUKI))
    assert evidence(crowd, by()) == ()
    many = mail(tuple(f"word{number}" for number in range(9)), (SUZUKI,))
    assert evidence(many, by("en"))[-1] == "and 3 more"


def test_once_it_is_decided_all_reasons_follow() -> None:
    record = held_mail()
    assert len(further(record, by())) == 1
    decided = replace(record, recipients=tuple(replace(one, state=State.CANCELLED) for one in record.recipients))
    assert len(further(decided, by())) == 2
    assert "届いていません" in headline(decided, by()).plain


def test_a_difference_is_said_once() -> None:
    record = mail((LIKE,), (TANAKA,))
    (hit,) = record.verdict.hits
    others = tuple(
        replace(hit, rule=rule, because=Because(f"{rule} です", rule), evidence=evidence)
        for rule, evidence in (("name", (LIKE,)), ("other", ("examp1e.co.jp ≠ exampie.co.jp (1 / i)",)))
    )
    several = replace(record, verdict=replace(record.verdict, hits=(hit, *others)))
    (words,) = headline(several, by()).words
    assert words not in further(several, by())[0].evidence
    assert further(several, by())[1].evidence
    decided = replace(several, recipients=tuple(replace(one, state=State.CANCELLED) for one in several.recipients))
    assert [words in one.evidence for one in further(decided, by())] == [True, False, False]


def test_how_well_somebody_is_known() -> None:
    person = Background(people={SATO.key: Contact(12, NOW)})
    assert relation(SATO, person, by()).words == "これまで12回送信(前回 11月23日(月))"
    assert relation(SATO, person, by()).sure
    domain = Background(organizations={"example.co.jp": Contact(3, NOW, NOW - timedelta(days=40))})
    assert "記録はありません" in relation(SATO, domain, by()).words
    house = Background(house={"example.co.jp": Contact(3, NOW, NOW - timedelta(days=40))})
    first = "Your first mail there; 3 from colleagues"  # to whomever of that domain: never said of this very address
    assert relation(SATO, house, by("en")).words == f"{first} to its domain since Wed 14 Oct"
    assert "同じドメインには、社内から" in relation(SATO, house, by()).words
    private = parse_address("taro@gmail.com")
    own = Background(house={private.key: Contact(3, NOW, NOW - timedelta(days=40))})
    assert relation(private, own, by("en")).words == f"{first} since Wed 14 Oct"
    assert relation(SATO, Background(), by()).new
    shared = parse_address("taro@gmail.com")
    assert relation(shared, Background(house={"gmail.com": Contact(9, NOW, NOW)}), by()).new, (
        "everybody's domain is nobody's"
    )
    files = Background(files={"0" * 64: (("b.example", NOW), ("c.example", NOW))})
    assert sent_before("0" * 64, files, by()) == "前回の送信先: b.example、c.example(11月23日(月))"


def test_signs_that_nobody_sees_are_named() -> None:
    assert seen("a\u202eb\u200bc\ufeff") == "a[U+202E]b[U+200B]c[U+FEFF]"
    assert seen("می\u200cخواهم 👩\u200d💻") == "می\u200cخواهم 👩\u200d💻"
    assert line("x\n\u2066y" * 200, 20) == "x [U+2066]yx [U+206…"


def test_a_slip_before_the_at_sign_is_another_address_and_no_other_domain() -> None:
    slip = parse_address("Tanaak@example.co.jp")
    record = mail(("tanaak@example.co.jp ≠ tanaka@example.co.jp (ak / ka)",), (slip, SATO))
    found = headline(record, by(), None)
    assert shown(found.pieces) == "Tana[ak]@example.co.jp は、tana[ka]@example.co.jp によく似た別のアドレスです。"
    assert found.words == ("「ka」が「ak」になっています",)
    usual = headline(record, by("en"), USUAL).plain
    assert usual == "First mail to Tanaak@example.co.jp. The usual recipient is tanaka@example.co.jp."
    assert twins(record) == [REAL]
