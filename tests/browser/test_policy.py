"""The policy page in a browser: what rules did, what is ready, a simulation from the form to its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Device, Opens
from tests.reception import ADMIN, ANN, TANAKA, Reception

from mailguard.console.trials import Trial, TrialBusy, TrialWish
from mailguard.mail.actor import Actor, Role
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.policy.loader import load_policy
from mailguard.review import Act

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULES = """version: 1
rules:
  - id: look-alike
    when: {recipients: {lookalike: true}}
    then: confirm
    because: {ja: よく似た別のドメインです, en: "This domain looks like one you write to, but is another"}
  - id: many-outsiders-see-each-other
    mode: monitor
    when: {recipients: {external: true, visible: true, count: ">= 10"}}
    then: confirm
    because: {ja: 社外の宛先が互いに見えます, en: Outside recipients can see each other}
    examples:
      - {from: a@corp.example, to: [b@x.example], expect: deliver}
  - id: word
    mode: monitor
    when: {text: {words: [secret]}}
    then: confirm
"""
REPORT: dict[str, Any] = {
    "mails": 1234, "changed": 41, "stricter": 38, "milder": 3, "mixed": 0, "undecided": 3, "unrecorded": 2,
    "before": {"deliver": 1200, "confirm": 34}, "after": {"deliver": 1165, "confirm": 69},
    "per_day": {f"2026-11-{day:02}": {"mails": 41, "before": day % 3, "after": day % 7} for day in range(1, 31)},
    "per_group": {
        "営業部": {"mails": 800, "before": 20, "after": 50}, "corp.example": {"mails": 434, "before": 14, "after": 19},
    },
    "rules": [
        {"id": "many-outsiders-see-each-other", "mode": "enforce", "was": "monitor", "hits": 38, "holds": 38,
         "hits_before": 0, "undecided": 0, "senders": 12, "per_day": {"2026-11-20": 6}, "asked": 10, "released": 9,
         "released_unchanged": 0.9},
        {"id": "word", "mode": "monitor", "was": "monitor", "hits": 0, "holds": 0, "hits_before": 0, "undecided": 3,
         "senders": 0, "per_day": {}, "asked": 0, "released": 0, "released_unchanged": None},
    ],
    "changes": [
        {"id": "0" * 18, "at": "2026-11-20T03:00:00+00:00", "sender": ANN, "subject": "見積書の件 <b>x</b>",
         "before": "deliver", "after": "confirm", "rule": "many-outsiders-see-each-other", "outcome": "",
         "because": {"ja": "社外の宛先が互いに見えます", "en": "Outside recipients can see each other"}},
    ],
}  # fmt: skip


class Tried:
    """Simulations that end when the page is looked at for the second time."""

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.busy = False

    def start(self, wish: TrialWish) -> Trial:
        if self.busy:
            raise TrialBusy
        trial = Trial("t", wish, 0.4, 500)
        self.trials["t"] = trial
        return trial

    def find(self, trial_id: str) -> Trial | None:
        found = self.trials.get(trial_id)
        if found is not None and found.part == 0.5:
            found.done = True
            if "nonsense" in found.wish.text:
                found.problems.append("candidate.yaml:2:1: unknown key 'nonsense'")
            else:
                found.report = REPORT
        if found is not None:
            found.part = 0.5
        return found


@pytest.fixture
def furnished(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, encoding="utf-8")
    return {"policy": load_policy([file], Organization(("corp.example",))), "trials": Tried()}


async def fill(reception: Reception) -> None:
    """Twenty-four holds, most of them waved through; ten mails that a watching rule saw."""
    reception.clock.pass_by(days=-3)
    await reception.app.state.desk.rules.adopt()
    for number in range(24):
        mail = await reception.take_in(to=(TANAKA,), subject=f"見積 {number}")
        reception.clock.pass_by(minutes=2)
        act = Act.CANCEL if number % 8 == 0 else Act.RELEASE
        await reception.review.act(Actor(ANN, Role.SENDER, "console"), mail, act)
    watching = RuleHit(
        "many-outsiders-see-each-other", "monitor", Disposition.CONFIRM, Because("見える", "seen"), (), ()
    )
    made = reception._verdict

    def verdict(*arguments: Any) -> Any:
        return replace(made(*arguments), hits=(watching,))

    reception._verdict = verdict  # type: ignore[method-assign, assignment]
    await reception.take_in(Disposition.DELIVER)
    reception._verdict = made  # type: ignore[method-assign]
    for _ in range(240):
        await reception.take_in(Disposition.DELIVER, to=(TANAKA,))
    reception.clock.pass_by(days=3)


@pytest.mark.parametrize(
    ("device", "language"), [("desktop", "ja"), ("phone", "ja"), ("desktop", "en"), ("phone", "en")]
)
async def test_the_page_says_what_rules_did_and_which_are_ready(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    await fill(reception)
    window = await opens(ADMIN, device, language)
    await window.open("/policy")
    await window.shot(f"policy-{device}-{language}")
    said = await window.text()
    assert not await window.overflows()
    assert {"ja": "適用してよいルール", "en": "Ready to be enforced"}[language] in said
    assert "rules.yaml:8" in said  # where the watching rule's mode stands
    assert {"ja": "確認が形だけになっているルール", "en": "Rules whose holds are waved through"}[language] in said
    assert "88%" in said


@pytest.mark.parametrize(("device", "language"), [("desktop", "ja"), ("phone", "en")])
async def test_a_simulation_from_the_form_to_its_report(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    window = await opens(ADMIN, device, language, script=False)
    await window.open("/policy")
    await window.page.get_by_label({"ja": "ルール", "en": "Rule"}[language], exact=True).select_option("word")
    form = window.page.locator("form").filter(has=window.page.locator("#mode"))
    async with window.page.expect_navigation():
        await form.locator("button").click()
    await window.shot(f"trial-running-{device}-{language}")
    assert "50%" in await window.text()
    await window.page.wait_for_selector("#named")  # the page looks again by itself
    await window.shot(f"trial-{device}-{language}")
    assert not await window.overflows()
    said = await window.text()
    assert "<b>x</b>" in said
    assert {"ja": "判定が変わるメール 41通", "en": "41 verdicts change"}[language] in said


async def test_what_is_wrong_in_a_candidate_is_said_with_its_line(reception: Reception, opens: Opens) -> None:
    window = await opens(ADMIN)
    await window.open("/policy")
    await window.page.get_by_label("YAML (paste it)").fill("version: 1\nnonsense: 1\n")
    form = window.page.locator("form").filter(has=window.page.locator("#yaml"))
    async with window.page.expect_navigation():
        await form.locator("button").click()
    await window.page.wait_for_selector(".problems")
    await window.shot("trial-problems")
    assert "candidate.yaml:2:1: unknown key 'nonsense'" in await window.text()


async def test_an_empty_candidate_and_a_second_simulation_are_told(reception: Reception, opens: Opens) -> None:
    window = await opens(ADMIN)
    await window.open("/policy")
    form = window.page.locator("form").filter(has=window.page.locator("#yaml"))
    async with window.page.expect_navigation():
        await form.locator("button").click()
    assert "There is no YAML to try." in await window.text()
    reception.app.state.desk.trials.busy = True
    form = window.page.locator("form").filter(has=window.page.locator("#mode"))
    async with window.page.expect_navigation():
        await form.locator("button").click()
    assert "Another simulation is running" in await window.text()


async def test_only_administrators_and_auditors_see_the_rules(reception: Reception, opens: Opens) -> None:
    window = await opens(ANN)
    answer = await window.page.request.get(f"{window.url}/policy")
    assert answer.status == 404
    await window.open("/mine")
    assert await window.page.get_by_role("link", name="Policy").count() == 0
