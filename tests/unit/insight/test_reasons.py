"""The sentences that people read, word for word in both languages, and whom they name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.insight.lesson import read
from mailguard.insight.memory import Memory
from mailguard.insight.reasons import Reason, reason
from mailguard.insight.rows import rows
from mailguard.insight.words import File, Letter

ANN = "ann@corp.example"
TANAKA, SATO, MORI = "taro.tanaka@acme.example", "hanako.sato@beta.example", "ken.mori@corp.example"
KEN_TANAKA = "ken.tanaka@gamma.example"
START = 1.7e9


def memory() -> Memory:
    """Ann writes to Mr Tanaka about pumps, to Ms Sato about audits, now and then to a colleague and another Tanaka."""
    out = Memory()
    out.own.add("corp.example")
    for day in range(12):
        at = START + day * 86_400
        tanaka = "Dear Mr. Tanaka,\nthe pumps and valves are ready for delivery."
        out.learn(read(Letter(at, ANN, (TANAKA,), subject="pumps", body=tanaka, message_id=f"<p{day}@x>")))
        sato = "佐藤様\n監査の件、帳簿をお送りします。"
        out.learn(read(Letter(at + 60, ANN, (SATO,), subject="監査", body=sato, names={SATO: "佐藤 花子"})))
        if day % 4 == 0:
            out.learn(read(Letter(at + 90, ANN, (MORI, KEN_TANAKA), subject="lunch", body="Lunch on Friday?")))
            out.learn(read(Letter(at + 95, MORI, (ANN,), subject="printer", body="The printer is broken.")))
    return out


LATER = START + 13 * 86_400


def why(mail: Letter, at: int = 0) -> Reason:
    return reason(rows(memory(), [read(mail)])[0], at)


def test_a_look_alike() -> None:
    found = why(Letter(LATER, ANN, ("taro.tanaka@acrne.example",), subject="pumps", body="Dear Mr. Tanaka,\nvalves"))
    assert found.kind == "lookalike"
    assert found.alternative == TANAKA
    assert found.because.en == f"The usual recipient is {TANAKA} (12 times); this is taro.tanaka@acrne.example."
    assert found.because.ja == f"いつもの宛先は {TANAKA}（12回）ですが、これは taro.tanaka@acrne.example です。"


def test_somebody_written_to_once_is_nobodys_usual_recipient() -> None:
    few = memory()
    few.learn(read(Letter(LATER, ANN, ("hanako.mori@third.example",), subject="pumps", body="valves")))
    found = reason(rows(few, [read(Letter(LATER, ANN, ("hanako.mori@thrid.example",), body="valves"))])[0], 0)
    assert found.because.en == "hanako.mori@third.example was written to once; this is hanako.mori@thrid.example."
    assert found.because.ja == (
        "hanako.mori@third.example には1回送っていますが、これは hanako.mori@thrid.example です。"
    )


def test_the_same_person_elsewhere() -> None:
    found = why(Letter(LATER, ANN, ("taro.tanaka@gmail.com",), subject="pumps", body="valves"))
    assert (found.kind, found.alternative) == ("twin", TANAKA)
    assert found.because.en == (
        f"The usual recipient is {TANAKA} (12 times);"
        " this is taro.tanaka@gmail.com, which may be the same person's other address."
    )
    assert found.because.ja == (
        f"いつもの宛先は {TANAKA}（12回）ですが、これは同じ人かもしれない別のアドレス taro.tanaka@gmail.com です。"
    )


def test_an_answer_to_somebody_else() -> None:
    body = f"Yes.\n\n-----Original Message-----\nFrom: Taro Tanaka <{TANAKA}>\nTo: Ann\nSubject: pumps\n\nvalves?"
    found = why(Letter(LATER, ANN, (SATO,), subject="Re: pumps", body=body))
    assert (found.kind, found.alternative) == ("thread", TANAKA)
    assert found.because.en == f"This answers {TANAKA}, and goes to {SATO}."
    assert found.because.ja == f"{TANAKA} への返信のようですが、宛先は {SATO} です。"


def test_a_greeting_of_somebody_else() -> None:
    found = why(Letter(LATER, ANN, (SATO,), subject="plan", body="Dear Mr. Tanaka,\nplease see the plan."))
    assert (found.kind, found.alternative) == ("greeting", TANAKA)
    assert found.because.en == f"The first line seems to address {TANAKA}; the mail goes to {SATO}."
    assert found.because.ja == f"書き出しは {TANAKA} への呼びかけのようですが、宛先は {SATO} です。"


def test_a_namesake_who_was_never_written_to() -> None:
    found = why(Letter(LATER, ANN, ("jiro.tanaka@delta.example",), subject="pumps", body="the valves and pumps"))
    assert (found.kind, found.alternative) == ("namesake", TANAKA)
    assert found.because.en == (
        f"{TANAKA}, of the same name, was written to 12 times; this is jiro.tanaka@delta.example."
    )
    assert found.because.ja == f"同じ名前の {TANAKA} に12回送っています。これは jiro.tanaka@delta.example です。"


def test_a_conversation_that_was_with_others() -> None:
    found = why(Letter(LATER, ANN, (MORI,), subject="Re: pumps", body="Thank you."))
    assert (found.kind, found.alternative) == ("thread", TANAKA)
    assert found.because.en == f"This conversation was with {TANAKA}; {MORI} took no part in it."
    assert found.because.ja == f"このやりとりの相手は {TANAKA} で、{MORI} は加わっていませんでした。"


def test_a_file_that_went_to_others_only() -> None:
    known = memory()
    offer = File("ab" * 32, "offer.pdf")
    known.learn(read(Letter(LATER, ANN, (TANAKA,), subject="offer", body="offer", files=(offer,))))
    mail = Letter(LATER + 60, ANN, (SATO,), subject="offer", body="As promised.", files=(offer,))
    found = reason(rows(known, [read(mail)])[0], 0)
    assert found.kind == "file"
    assert found.because.en == "A file went out before, but never to beta.example."


def test_somebody_whom_nobody_ever_wrote_to() -> None:
    found = why(Letter(LATER, ANN, ("zed@nowhere.example",), subject="hello", body="hello"))
    assert (found.kind, found.alternative) == ("stranger", "")
    assert found.because.en == "Nobody here ever wrote to zed@nowhere.example before."
    assert found.because.ja == "zed@nowhere.example は、社内のだれも送ったことのない宛先です。"


@pytest.mark.parametrize("secret", [TANAKA, SATO])
def test_nobody_outside_is_named_to_a_sender_who_never_wrote_to_him(secret: str) -> None:
    local, _, domain = secret.partition("@")
    mail = Letter(
        LATER, MORI, (f"{local}@{domain[0]}{domain}", f"{local}x@{domain}"), subject="pumps", body="Dear Mr. Tanaka"
    )
    (found_rows,) = rows(memory(), [read(replace(mail, at=LATER))])
    for at in range(2):
        found = reason(found_rows, at)
        assert found.alternative != secret
        assert secret not in found.because.en + found.because.ja
