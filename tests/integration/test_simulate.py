"""A new policy tried on real mail: through SMTP into a running house, then simulated, explained and counted."""

from __future__ import annotations

import asyncio
import json
import smtplib
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.house import House, running_house

from mailguard.app.trial import Trials
from mailguard.config import load_config
from mailguard.console.trials import Trial, TrialWish
from mailguard.mail.organization import Language

POLICY = """
version: 1
rules:
  - id: file-goes-outside
    when: {all: [{recipients: {external: true}}, {attachments: {count: ">= 1"}}]}
    then: confirm
    because: {ja: 社外へ添付ファイルが送られます, en: A file goes outside}
  - id: word-outside
    mode: monitor
    when: {all: [{recipients: {external: true}}, {text: {words: [tender], in: [body]}}]}
    then: confirm
    because: {ja: 語があります, en: The word stands in it}
  - id: forbidden-subject
    when: {text: {words: [ultrasecret], in: [subject]}}
    then: reject
    because: {ja: 禁止された語があります, en: A forbidden word}
"""
NEW = """
version: 1
rules:
  - id: many-outside
    when: {recipients: {external: true, count: ">= 2"}}
    then: confirm
    because: {ja: 社外が多い, en: Many outside}
  - id: another-word
    when: {all: [{recipients: {external: true}}, {text: {words: [invoice], in: [body]}}]}
    then: confirm
    because: {ja: 語, en: A word}
"""


def send(house: House, to: list[str], subject: str, text: str, file: bool = False) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@corp.example", ", ".join(to), subject
    mail.set_content(text)
    if file:
        mail.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="quote.pdf")
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=30) as client:
        client.send_message(mail)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house") / "house"
    with running_house(folder, "mailbox:out", POLICY) as running:
        send(running, ["bob@partner.example"], "one", "hello")
        send(running, ["bob@partner.example", "eve@other.example"], "two", "an invoice")
        send(running, ["bob@partner.example"], "three", "a file", file=True)
        send(running, ["bob@partner.example"], "four", "the tender")
        with pytest.raises(smtplib.SMTPDataError):
            send(running, ["bob@partner.example"], "ultrasecret", "no")
        (folder / "new.yaml").write_text(NEW, encoding="utf-8")
        yield running


def simulated(house: House, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = house.json("policy", "simulate", *options)
    return found


def rule(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in report["rules"] if one["id"] == name)


def test_every_judged_mail_is_looked_at_also_the_refused_one(house: House) -> None:
    report = simulated(house, "--policy", str(house.folder / "new.yaml"))
    assert (report["mails"], report["unrecorded"]) == (5, 0)
    assert report["before"] == {"deliver": 3, "confirm": 1, "reject": 1}
    assert report["after"] == {"deliver": 4, "confirm": 1}
    assert (report["stricter"], report["milder"]) == (1, 2)
    assert {(one["subject"], one["before"], one["after"]) for one in report["changes"]} == {
        ("two", "deliver", "confirm"),
        ("three", "confirm", "deliver"),
        ("ultrasecret", "reject", "deliver"),
    }
    many = rule(report, "many-outside")
    assert (many["hits"], many["holds"], many["senders"], many["per_group"]) == (1, 1, 1, {"corp.example": 1})


def test_without_the_text_a_rule_says_that_it_needs_it(house: House) -> None:
    assert rule(simulated(house, "--policy", str(house.folder / "new.yaml")), "another-word")["undecided"] == 5


def test_with_bodies_the_text_is_read_again(house: House) -> None:
    report = simulated(house, "--policy", str(house.folder / "new.yaml"), "--with-bodies")
    word = rule(report, "another-word")
    assert (word["hits"], word["undecided"]) == (1, 1)  # a refused mail's octets were never kept


def test_one_rule_in_another_mode_needs_no_text(house: House) -> None:
    report = simulated(house, "--mode", "word-outside=enforce")
    assert (rule(report, "word-outside")["holds"], report["undecided"]) == (1, 0)
    assert [(one["subject"], one["rule"]) for one in report["changes"]] == [("four", "word-outside")]


def test_a_text_in_place_of_a_file(house: House) -> None:
    report = simulated(house, "--instead", f"policies/rules.yaml={house.folder / 'new.yaml'}")
    assert rule(report, "file-goes-outside")["mode"] is None
    beside = simulated(house, "--instead", f"policies/more.yaml={house.folder / 'new.yaml'}")
    assert (beside["milder"], beside["stricter"]) == (0, 1)


def test_a_text_from_the_console_reads_no_files_of_elsewhere(house: House, tmp_path: Path) -> None:
    (tmp_path / "wages.csv").write_text("address\nsecret@corp.example\nnot an address\n")
    (house.folder / "policies" / "partners.csv").write_text("domain\npartner.example\n")
    (house.folder / "policies" / "link.csv").symlink_to(tmp_path / "wages.csv")
    candidate = house.folder / "candidate.yaml"
    asked = ["policy", "simulate", "--json", "--background", "--instead", f"policies/more.yaml={candidate}"]
    for name, reads in (("partners.csv", True), (str(tmp_path / "wages.csv"), False), ("link.csv", False)):
        candidate.write_text(f"version: 1\nlists: {{partners: {{files: ['{name}']}}}}\n")
        done = house.run(*asked)
        assert ("outside of the folders" not in done.stderr) is reads, done.stderr
        assert "not an address" not in done.stderr
    (house.folder / "policies" / "link.csv").unlink()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "unknown disposition 'confim', did"), ("ja", "「confim」という処置はありません。")]
)
def test_what_is_wrong_in_a_text_from_the_console_is_said_in_the_language_of_who_asks(
    house: House, language: Language, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8" if language == "en" else "C")  # of the server: it does not count
    file = str(house.folder / "policies" / "more.yaml")

    async def tried() -> Trial:
        trials = Trials(load_config(house.folder / "mailguard.yaml"))
        trial = trials.start(TrialWish(7, language, file=file, text=NEW.replace("then: confirm", "then: confim", 1)))
        async with asyncio.timeout(60):
            while not trial.done:  # noqa: ASYNC110 -- what is waited for has no event of its own
                await asyncio.sleep(0.02)
        return trial

    problems = asyncio.run(tried()).problems
    assert len(problems) == 1
    assert said in problems[0]


def test_one_process_finds_what_two_find(house: House) -> None:
    options = ["--policy", str(house.folder / "new.yaml"), "--until", "2100-01-01"]
    one, two = simulated(house, *options, "--jobs", "1"), simulated(house, *options, "--jobs", "2")
    assert {**one, "since": ""} == {**two, "since": ""}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_for_people(house: House, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILGUARD_ORGANIZATION__LANGUAGE", language)
    said = house.run("policy", "simulate", "--policy", str(house.folder / "new.yaml")).stdout
    wanted = {
        "en": ["3 verdicts change", "5 of 5 mails could not be decided"],
        "ja": ["判定が変わるメール 3 通", "5 通は判定できませんでした"],
    }
    assert all(words in said for words in wanted[language])
    assert "many-outside" in said
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")  # a terminal that is Japanese, whatever the organisation's letters are
    said = house.run("policy", "simulate", "--policy", str(house.folder / "new.yaml")).stdout
    assert all(words in said for words in wanted["ja"])


def test_a_path_may_stand_alone_and_without_one_nothing_changes(house: House) -> None:
    new = str(house.folder / "new.yaml")
    assert simulated(house, new)["after"] == simulated(house, "--policy", new)["after"]
    alone = simulated(house)
    assert (alone["mails"], alone["before"], alone["changed"]) == (5, alone["after"], 0)


def test_too_many_holds_are_a_failure_for_ci(house: House) -> None:
    new = str(house.folder / "new.yaml")
    assert house.run("policy", "simulate", "--policy", new, "--since", "1d", "--fail-if-holds", "0").returncode == 1
    assert house.run("policy", "simulate", "--policy", new, "--since", "1d", "--fail-if-holds", "5").returncode == 0


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--mode", "word-outsid=enforce"], 2, "word-outside"),
        (["--mode", "word-outside=on"], 2, "a mode is one of"),
        (["--policy", "nowhere"], 1, "no such file"),
        (["--policy", "new.yaml", "--since", "soon"], 2, "30d"),
        (["--policy", "new.yaml", "--since", "1d", "--until", "2d"], 2, "before"),
        (["--instead", "x"], 2, "FILE=NEW"),
    ],
)
def test_wrong_usage_says_what_to_write(house: House, options: list[str], status: int, said: str) -> None:
    done = house.run("policy", "simulate", *options)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr


def test_a_held_mail_is_explained_by_its_id(house: House) -> None:
    held = next(one for one in house.json("queue", "list")["messages"] if one["subject"] == "three")
    said = house.json("explain", held["id"])
    assert {one["id"]: one["hit"] for one in said["rules"]} == {
        "file-goes-outside": True,
        "word-outside": False,
        "forbidden-subject": False,
    }
    assert (said["texts"], said["judged_by"]) == (True, said["policy"])
    assert all(one["why"]["ja"] and one["why"]["en"] for one in said["rules"])
    assert house.run("explain", "0" * 18).returncode == 1
    assert house.run("explain", held["id"], "--to", "x@y.example").returncode == 2


def test_api(house: House) -> None:
    token = house.json("token", "create", "--role", "administrator", "--address", "admin@corp.example")["token"]

    def get(path: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{house.console}/api/v1{path}", headers={"authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    policy = {one["id"]: one for one in get("/policy")["rules"]}
    assert (policy["word-outside"]["hits"], policy["word-outside"]["mode"]) == (1, "monitor")
    assert policy["forbidden-subject"]["refused"] == 1
    stats = get("/stats")
    assert (stats["mails"], stats["days"], stats["states"]["held"]) == (5, 30, 1)
    held = get("/messages?state=held")["messages"][0]["id"]
    assert next(one["hit"] for one in get(f"/messages/{held}/explain")["rules"] if one["id"] == "file-goes-outside")


def test_nothing_of_a_text_is_recorded(house: House) -> None:
    folder: Path = house.folder / "var"
    import sqlite3

    with sqlite3.connect(f"file:{folder / 'mailguard.db'}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT facts, circumstances, verdict FROM message UNION ALL "
                          "SELECT facts, circumstances, verdict FROM refused").fetchall()  # fmt: skip
    assert len(rows) >= 5
    assert not any("an invoice" in text or "a file\n" in text for row in rows for text in row)
