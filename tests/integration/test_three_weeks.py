"""Three weeks of a company's mail through a whole mailguard, and then mail to the wrong person.

What was learnt outlives a SIGKILL, each mistake waits with a reason that names who was meant and goes there by one tap,
and a hundred right mails go out unasked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.browser.conftest import HAS_CHROMIUM
from tests.company import Sent, weeks
from tests.company_house import Company, company
from tests.company_mistakes import Mistake, Past, mistakes
from tests.missing import missing
from tests.reception import text_of

#: Working days, mails on each, and days more, whose mails are all sent today.
SEED, DAYS, DAILY, AHEAD = 3, 15, 34, 3
#: What each mistake is called, and the sentence that its sender reads.
REASONS = {
    "look_alike": ("lookalike", "宛先のドメイン {wrong_domain} は、{meant_domain} によく似た別のドメインです"),
    "namesake": ("namesake", "同じ名前の {meant} に{times}回送っています。これは {wrong} です"),
    "autocompleted": ("greeting", "書き出しは {meant} への呼びかけのようですが、宛先は {wrong} です"),
    "other_customer": ("thread", "{meant} への返信のようですが、宛先は {wrong} です"),
    "outsider": ("thread", "{meant} への返信のようですが、宛先は {wrong} です"),
}


def test_mail_to_the_wrong_person_waits_and_right_mail_does_not(tmp_path: Path) -> None:
    if not HAS_CHROMIUM:
        missing("Debian's package chromium")
    before, today = weeks(SEED, DAYS, DAILY, datetime.now(UTC), AHEAD)
    sent = [mail for day in before for mail in day]
    past = Past.of(sent)
    with company(tmp_path / "mailguard", before[0][0].at) as house:
        live_through(house, before)
        house.until(lambda: house.model().learned == len(sent), "not everything was learnt", every=0.5)
        house.calendar.go_to(None)
        house.kill()
        assert house.model().learned == len(sent), "a kill loses nothing"
        house.until_learnt(len(sent))
        for way, slip in [*mistakes(past, today, house.model())]:
            put_right(house, way, slip, past)
        held = house.send(today[:100])
        assert {mail.message_id: rules(house.api(f"/messages/{one}")) for one, mail in held.items()} == {}
        house.until_out(today[:100])


def live_through(house: Company, days: list[list[Sent]]) -> None:
    """Day after day goes out; whoever is asked says that it is right so, as it is."""
    for day in days:
        house.calendar.go_to(day[0].at)
        for message_id in house.send(day):
            house.release(message_id)
        house.until_out(day)


def rules(shown: dict[str, Any]) -> list[str]:
    return [f"{one['rule']}: {one['because']['ja']}" for one in shown["findings"] if one["mode"] == "enforce"]


def put_right(house: Company, way: str, slip: Mistake, past: Past) -> None:
    """One mistake, from the client to the right person's mailbox."""
    wrong, meant = slip.wrong, slip.meant
    mail = slip.mail.but(message_id=f"<{way}.{slip.mail.message_id[1:]}")
    held = house.send([mail])
    assert held, f"{way}: {meant} was meant, and nobody was asked about {wrong}"
    (odd,) = (one for one in house.api(f"/messages/{next(iter(held))}")["recipients"] if one["address"] == wrong)
    kind, sentence = REASONS[way]
    assert (odd["risk_kind"], odd["alternative"]) == (kind, meant), (way, odd)
    assert meant in odd["risk_because"]["en"]
    times = past.written[mail.sender][meant]
    domains = {"wrong_domain": wrong.rpartition("@")[2], "meant_domain": meant.rpartition("@")[2]}
    asked = sentence.format(wrong=wrong, meant=meant, times=times, **domains)
    assert _unfolded(asked) in _unfolded(text_of(house.letter(mail)))
    tap = house.tap if way == "other_customer" else house.press
    assert "宛先を訂正しました" in tap(mail, f"{wrong} ではなく {meant} へ送信")
    right = mail.but(**{key: [meant if one == wrong else one for one in mail.mail[key]] for key in ("to", "cc")})
    house.until_out([right])
    reached = house.sink.reached[mail.message_id]
    assert wrong not in reached
    shown = {key: header.addresses if (header := reached[meant][key]) else () for key in ("to", "cc")}
    for key, people in shown.items():
        assert [one.addr_spec for one in people] == right.mail[key]
    (name,) = (one.display_name for people in shown.values() for one in people if one.addr_spec == meant)
    assert name in ("", past.shown[mail.sender, meant]), "nobody is shown under another one's name"


def _unfolded(text: str) -> str:
    """Without the line ends and spaces at which a letter's lines may be folded."""
    return "".join(text.split())
