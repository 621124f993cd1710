"""From envelope and facts to the letter that the model sees, and from what it says to the judge."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from tests.judging import mail

from mailguard import events
from mailguard.insight.words import Judgement, Letter, Opinion
from mailguard.intake.comparing import MOST, compared, letter_of, with_risks
from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Attachment, Facts, HeaderAddress, Headers, unreadable
from mailguard.mail.verdict import Because
from mailguard.policy.case import Case, Risk

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ANN, BOB, CAROL, DAVE = "ann@corp.example", "Bob@Partner.Example", "carol@other.example", "dave@third.example"
TEXT = "Dear Bob,\nsee below.\n"
ODD = Because("初めての宛先です", "never written to before")


def envelope(*to: str, sender: str | None = ANN) -> Envelope:
    path = NULL_PATH if sender is None else ReversePath(parse_address(sender))
    return Envelope(path, tuple(map(parse_address, to)), Client("192.0.2.7", "pc"))


def facts() -> Facts:
    headers = Headers(
        sender=(HeaderAddress("ANN@corp.example", "Ann Lee"),),
        to=(HeaderAddress("bob@partner.example", "Bob B."), HeaderAddress("not in the envelope@x.example", "X")),
        cc=(HeaderAddress(CAROL),),
        subject="Re: prices",
        message_id="<3@corp.example>",
        in_reply_to="<2@partner.example>",
        references=("<1@corp.example>", "<2@partner.example>"),
    )
    logo = Attachment("logo.png", "image/png", "image/png", "png", 900, "1" * 64, inline=True)
    inner = Attachment("prices.xlsx", "", "", "xlsx", 5000, "2" * 64)
    outer = Attachment("all.zip", "", "", "zip", 6000, "3" * 64, members=(inner,))
    return Facts(headers=headers, text=TEXT + "hidden", shown=len(TEXT), attachments=(logo, outer))


class Model:
    """Says what it is told to, of whatever letter."""

    def __init__(self, *opinions: Opinion, alarm: bool = False, learning: bool = False, fault: bool = False) -> None:
        self.judgement = Judgement(0.9, alarm, opinions)
        self.learning = learning
        self.fault = fault
        self.asked: list[Letter] = []

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        self.asked.append(letter)
        if self.fault:
            raise RuntimeError("the model stumbles")
        return b"lesson", self.judgement if self.judgement.opinions else None


def case_of(*to: str, read: Facts | None = None, sender: str | None = ANN) -> Case:
    return replace(mail(), risks=None, envelope=envelope(*to, sender=sender), facts=read or facts())


def asked(model: Model | None, case: Case) -> tuple[Case, bytes]:
    return asyncio.run(compared(model, case, AT))


def test_the_envelope_says_who_gets_it_and_the_header_how() -> None:
    assert letter_of(envelope(BOB, CAROL, DAVE), facts(), AT) == Letter(
        at=AT.timestamp(),
        sender=ANN,
        to=(BOB,),
        cc=(CAROL,),
        bcc=(DAVE,),
        sender_name="Ann Lee",
        names={BOB: "Bob B."},
        subject="Re: prices",
        body=TEXT,
        message_id="<3@corp.example>",
        in_reply_to="<2@partner.example>",
        references=("<1@corp.example>", "<2@partner.example>"),
        files=letter_of(envelope(BOB), facts(), AT).files,  # type: ignore[union-attr]
    )


def test_files_are_those_that_somebody_hung_on_it() -> None:
    found = letter_of(envelope(BOB), facts(), AT)
    assert found is not None
    assert [(one.name, one.sha256[0]) for one in found.files] == [("all.zip", "3"), ("prices.xlsx", "2")]


@pytest.mark.parametrize("kind", ["auto_reply", "read_receipt", "delivery_report", "calendar_reply", "letter"])
def test_what_is_never_held_is_neither_compared_nor_learnt(kind: str) -> None:
    model = Model(Opinion("bob@partner.example", 0.9, ODD), alarm=True)
    case, lesson = asked(model, case_of(BOB, read=replace(facts(), kind=kind)))  # type: ignore[arg-type]
    assert (model.asked, lesson, case.alarm) == ([], b"", False)
    assert case.risks == {"bob@partner.example": Risk()}


@pytest.mark.parametrize(
    "case",
    [
        case_of(BOB, sender=None),
        case_of(BOB, sender="someone@gmail.com"),
        case_of(BOB, read=replace(facts(), auto_generated=True)),
        case_of(BOB, read=unreadable("no reader could")),
        case_of(*(f"p{n}@x.example" for n in range(MOST + 1))),
    ],
    ids=["null path", "a stranger's", "auto-generated", "unreadable", "to hundreds"],
)
def test_nor_is_what_says_nothing_of_who_writes_to_whom(case: Case) -> None:
    model = Model(Opinion("bob@partner.example", 0.9, ODD))
    found, lesson = asked(model, case)
    assert (model.asked, lesson) == ([], b"")
    assert found.risks is not None
    assert set(found.risks.values()) == {Risk()}


@pytest.mark.parametrize("fault", [False, True])
def test_where_nothing_is_said_of_a_changed_mail_what_was_said_before_stands(fault: bool) -> None:
    before = with_risks(
        case_of(BOB, CAROL), Judgement(0.9, True, (Opinion(CAROL, 0.9, ODD), Opinion("bob@partner.example", 0.4, ODD)))
    )
    silent = Model(fault=fault)

    def anew(*to: str) -> Case:
        return asyncio.run(compared(silent, case_of(*to), AT, before=before))[0]

    assert anew(CAROL, DAVE).risks == {CAROL: Risk(0.9, ODD), DAVE: Risk()}
    assert anew(CAROL, DAVE).alarm
    assert anew(BOB, DAVE).risks == {"bob@partner.example": Risk(0.4, ODD), DAVE: Risk()}
    assert not anew(BOB, DAVE).alarm, "whom it was about is none of them any more"
    assert asyncio.run(compared(silent, case_of(CAROL), AT, before=case_of(CAROL)))[0].risks == {CAROL: Risk()}
    speaks = Model(Opinion(CAROL, 0.2, ODD))
    said, _ = asyncio.run(compared(speaks, case_of(CAROL), AT, before=before))
    assert (said.risks, said.alarm) == ({CAROL: Risk(0.2, ODD)}, False)


def test_what_it_says_of_each_goes_into_the_case() -> None:
    odd = Opinion("bob@partner.example", 0.91239, ODD, "namesake", CAROL)
    usual = Opinion(CAROL, 0.0001, Because("", ""))
    case, lesson = asked(Model(odd, usual, alarm=True), case_of(BOB, CAROL, DAVE))
    assert lesson == b"lesson"
    assert case.risks == {
        "bob@partner.example": Risk(0.912, ODD, "namesake", CAROL),
        CAROL: Risk(),
        DAVE: Risk(),
    }
    assert (case.alarm, case.learning) == (True, False)


def test_all_else_of_the_case_stays() -> None:
    case, said = case_of(BOB), {"risks", "alarm", "learning"}
    kept = {one.name: object() for one in fields(Case)} | {"envelope": case.envelope, "facts": case.facts}
    for name, one in kept.items():
        setattr(case, name, one)
    found = with_risks(case, None)
    assert {name: getattr(found, name) for name in kept.keys() - said} == {
        name: one for name, one in kept.items() if name not in said
    }


def test_while_it_only_watches_its_word_is_shown_and_raises_no_alarm() -> None:
    case, lesson = asked(Model(Opinion("bob@partner.example", 0.9, ODD), alarm=True, learning=True), case_of(BOB))
    assert (case.alarm, case.learning, lesson) == (False, True, b"lesson")
    assert case.risks == {"bob@partner.example": Risk(0.9, ODD)}


def test_before_it_is_loaded_the_mail_leaves_its_lesson() -> None:
    case, lesson = asked(Model(), case_of(BOB))
    assert (case.risks, case.alarm, lesson) == ({"bob@partner.example": Risk()}, False, b"lesson")


def test_without_a_model_nobody_knows_a_risk() -> None:
    case, lesson = asked(None, case_of(BOB))
    assert (case.risks, lesson) == (None, b"")


def test_a_fault_of_the_model_is_no_risk_and_a_line_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, BaseException]] = []
    monkeypatch.setattr(events, "fault", lambda room, error, **_: told.append((room, error)))
    case, lesson = asked(Model(Opinion("bob@partner.example", 0.9, ODD), alarm=True, fault=True), case_of(BOB))
    assert (case.risks, case.alarm, lesson) == ({"bob@partner.example": Risk()}, False, b"")
    assert [room for room, _ in told] == ["insight"]
