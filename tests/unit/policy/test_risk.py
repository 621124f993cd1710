"""What the model thinks of a recipient, on its way through the judge into the record and back."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.judging import mail, rule_of, said

from mailguard.mail.verdict import Because
from mailguard.policy.case import Risk
from mailguard.policy.judge import judge
from mailguard.policy.verdict_json import verdict_from_json, verdict_to_json, verdict_to_kept

BOB, CAROL, DAVE = "bob@partner.example", "carol@other.example", "dave@partner.example"
ODD = Risk(0.91, Because("いつもは dave です", "usually dave"), "namesake", DAVE)


def test_the_opinion_of_a_recipient_is_recorded_whole_and_found_again() -> None:
    case = replace(mail(to=[BOB, CAROL]), risks={BOB: ODD, CAROL: Risk(0.0)})
    verdict = judge(rule_of('{recipients: {risk: ">= 0.9"}}'), case)
    bob, _ = verdict.recipients
    assert (bob.risk, bob.risk_because, bob.risk_kind, bob.alternative) == (0.91, ODD.because, "namesake", DAVE)
    for written in (verdict_to_json(verdict), verdict_to_kept(verdict)):
        assert verdict_from_json(json.loads(json.dumps(written))) == verdict
        first, second = written["recipients"]
        assert first["risk_because"] == {"ja": "いつもは dave です", "en": "usually dave"}
        assert not {"risk_because", "risk_kind", "alternative"} & second.keys()
    assert "risk" not in verdict_to_kept(verdict)["recipients"][1]


def test_nobody_is_proposed_who_gets_the_mail_already() -> None:
    case = replace(mail(to=[BOB, DAVE]), risks={BOB: ODD})
    assert judge(rule_of('{recipients: {risk: ">= 0.9"}}'), case).recipients[0].alternative == ""


def test_while_the_model_learns_in_silence_it_is_told_and_holds_nothing() -> None:
    policy = rule_of('{recipients: {risk: ">= 0.9"}}')
    case = replace(mail(to=BOB), risks={BOB: ODD})
    assert said(policy, case) == "confirm"
    silent = replace(case, learning=True)
    assert said(policy, silent) == "deliver"
    assert judge(policy, silent).recipients[0].alternative == DAVE


def test_the_verdict_keeps_about_whom_the_alarm_was() -> None:
    policy = rule_of("{recipients: {alarm: true}}")
    case = replace(mail(to=[BOB, DAVE]), risks={BOB: ODD, DAVE: Risk(0.1)}, alarm=True)
    verdict = judge(policy, case)
    assert verdict.alarm == BOB
    assert verdict_from_json(verdict_to_kept(verdict)).alarm == BOB
    assert judge(policy, replace(case, learning=True)).alarm == judge(policy, replace(case, alarm=False)).alarm == ""
