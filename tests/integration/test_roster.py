"""The people in force and their exchange, by a real slapd: at the start, while mail flows, when the server is gone."""

from __future__ import annotations

import json
import signal
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from tests.house import PATIENCE, running_house
from tests.integration.test_check_verb import mailguard
from tests.slapd import PASSWORD, READER, Slapd, running_slapd

from mailguard import events
from mailguard.ldap.settings import LdapSettings
from mailguard.mail.organization import Organization
from mailguard.policy.marks import Problems
from mailguard.roster import Roster, first_people
from mailguard.rulebook import Rulebook

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ldap3")
ANN = "ann@corp.example"
PEOPLE = "".join(
    f"\ndn: uid={uid},ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n"
    f"mail: {uid}@corp.example\n"
    for uid in ("ann", "bob", "cid", "dan")
)
SALES = "cn=sales,ou=groups,dc=corp,dc=example"
GROUP = f"\ndn: {SALES}\nobjectClass: groupOfNames\ncn: sales\nmember: uid=ann,ou=people,dc=corp,dc=example\n"
RULES = "version: 1\nrules:\n  - {id: r, when: {sender: {group: [sales]}}, then: confirm}\n"
COMPANY = Organization(("corp.example",))


@pytest.fixture
def slapd() -> Iterator[Slapd]:
    with running_slapd(PEOPLE + GROUP) as server:
        yield server


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def settings(slapd: Slapd) -> LdapSettings:
    return LdapSettings(
        "localhost", slapd.port, "dc=corp,dc=example", ca_file=slapd.ca, bind_dn=READER, password=PASSWORD
    )


def begun(slapd: Slapd, rules: Path) -> tuple[Rulebook, Roster]:
    people, why = first_people(settings(slapd), rules.parent / "people.json")
    assert why == ""
    book = Rulebook.open([rules], COMPANY, people)
    return book, Roster(settings(slapd), rules.parent / "people.json", book.take_people, people)


def write(rules: Path, text: str) -> None:
    rules.write_text(text)


def forget(rules: Path) -> None:
    (rules.parent / "people.json").unlink()


def members(book: Rulebook) -> tuple[str, ...]:
    return book.current().directory.members("sales")


async def test_a_change_is_taken_and_a_group_that_vanishes_is_not(slapd: Slapd, rules: Path) -> None:
    book, roster = begun(slapd, rules)
    slapd.change(f"dn: {SALES}\nchangetype: modify\nadd: member\nmember: uid=bob,ou=people,dc=corp,dc=example\n")
    assert await roster.look_again()
    assert members(book) == (ANN, "bob@corp.example")

    slapd.change(f"dn: {SALES}\nchangetype: delete\n")
    assert not await roster.look_again()
    assert members(book) == (ANN, "bob@corp.example"), "what was in force stays"
    assert roster.wrong == f"{rules}:3:37: no group 'sales': no group is known, by groups: or a directory server"
    assert 'mailguard_directory_reads_total{result="refused"}' in generate_latest(events.REGISTRY).decode()
    assert await book.reload(), "policies are reloaded with the people in force"
    write(rules, RULES.replace("[sales]", "[sales, other]"))
    assert not await book.reload()

    slapd.change(GROUP.replace("objectClass", "changetype: add\nobjectClass", 1).replace("uid=ann", "uid=cid"))
    write(rules, RULES)
    assert await roster.look_again()
    assert members(book) == ("cid@corp.example",)
    assert roster.wrong == ""


async def test_a_company_that_has_shrunk_is_taken_only_when_asked(slapd: Slapd, rules: Path) -> None:
    book, roster = begun(slapd, rules)
    for uid in ("bob", "cid", "dan"):
        slapd.change(f"dn: uid={uid},ou=people,dc=corp,dc=example\nchangetype: delete\n")
    assert not await roster.look_again()
    assert roster.wrong == "only 1 of 4 people are left; SIGHUP takes it all the same"
    assert len(book.current().directory.people) == 4
    assert await roster.look_again(asked=True)
    assert book.current().directory.people.keys() == {ANN}


async def test_a_server_that_is_gone_changes_nothing_also_over_a_restart(slapd: Slapd, rules: Path) -> None:
    book, roster = begun(slapd, rules)
    slapd.stop()
    assert not await roster.look_again()
    assert "localhost" in roster.wrong
    assert members(book) == (ANN,)
    people, why = first_people(settings(slapd), rules.parent / "people.json")
    assert why == roster.wrong
    assert Rulebook.open([rules], COMPANY, people).current().directory.members("sales") == (ANN,)
    forget(rules)
    people, _ = first_people(settings(slapd), rules.parent / "people.json")
    with pytest.raises(Problems, match="no group 'sales'"):
        Rulebook.open([rules], COMPANY, people)


def config(slapd: Slapd, **more: Any) -> dict[str, Any]:
    return {
        "url": f"ldap://localhost:{slapd.port}",
        "kind": "openldap",
        "base": "dc=corp,dc=example",
        "bind_dn": READER,
        "password": PASSWORD,
        "ca_file": str(slapd.ca),
        **more,
    }


def test_check_and_serve_ask_the_server(slapd: Slapd, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    data = {
        "organization": {"domains": ["corp.example"]},
        "listeners": [{"address": "127.0.0.1:0", "auth": "none", "trusted_networks": ["127.0.0.0/8"]}],
        "upstream": {"url": "mailbox:out"},
        "policies": ["rules.yaml"],
        "directory": config(slapd),
        "notify": {"from": "mailguard@corp.example"},
        "console": {"address": "127.0.0.1:0"},
    }
    file = tmp_path / "mailguard.yaml"
    file.write_text(yaml.safe_dump(data))
    done = mailguard(tmp_path, "check")
    assert done.stdout.splitlines()[-1] == "configuration and policies are good", done.stderr
    offline = mailguard(tmp_path, "check", "--offline")
    assert offline.returncode == 1
    assert "directory.url: not asked (--offline), and nothing of it was kept before" in offline.stderr
    slapd.change(f"dn: {SALES}\nchangetype: delete\n")
    assert mailguard(
        tmp_path, "check"
    ).stderr == "rules.yaml:3:37: no group 'sales': no group is known, by groups: or a directory server\n".replace(
        "rules.yaml", str(tmp_path / "rules.yaml")
    )
    slapd.stop()
    for verb in ("check", "serve"):
        done = mailguard(tmp_path, verb)
        assert done.returncode == 1
        lines = [line for line in done.stderr.splitlines() if ".yaml:" in line and "directory_refused" not in line]
        assert len(lines) == 2, done.stderr
        assert any("directory.url: localhost:" in line for line in lines)
        assert any(line.endswith("'sales': no group is known, by groups: or a directory server") for line in lines)
        assert "Traceback" not in done.stderr
        assert PASSWORD not in done.stderr


def sent(port: int, sender: str) -> str:
    """The reply to a mail of that sender."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(sender)
        client.rcpt("bob@x.example")
        return client.data(f"From: {sender}\r\nTo: bob@x.example\r\nSubject: x\r\n\r\nhello\r\n".encode())[1].decode()


def test_a_running_house_holds_by_group_and_sighup_reads_the_people_again(slapd: Slapd, tmp_path: Path) -> None:
    with running_house(tmp_path, upstream="mailbox:out", policy=RULES, directory=config(slapd)) as house:
        kept = tmp_path / "var" / "mailguard.people.json"
        assert json.loads(kept.read_text())["groups"] == {"sales": [ANN]}
        assert house.json("check", "--offline")["ok"]
        assert "held for confirmation" in sent(house.smtp, ANN)
        assert "held" not in sent(house.smtp, "cid@corp.example")
        slapd.change(f"dn: {SALES}\nchangetype: modify\nadd: member\nmember: uid=cid,ou=people,dc=corp,dc=example\n")
        house.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + PATIENCE
        while "cid@corp.example" not in json.loads(kept.read_text())["groups"]["sales"]:
            assert time.monotonic() < end, house.log()
            time.sleep(0.05)
        assert "held for confirmation" in sent(house.smtp, "cid@corp.example")
