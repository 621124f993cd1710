"""The configuration: all errors at once, each with its place; the environment over the file; secrets from files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailguard.config import load_config, rooms
from mailguard.config.rooms import reply_address, resolver
from mailguard.policy.marks import Problem, Problems

GOOD = """\
organization: {domains: [Corp.Example, "*.例え.jp"], name: Corp}
listeners:
  - {address: "127.0.0.1:2525", tls: none, auth: none, trusted_networks: [127.0.0.0/8]}
upstream: {url: "smtp://127.0.0.1:2600", tls: none}
store: {url: "sqlite:var/mailguard.db", bodies: var/bodies}
policies: [policies/]
notify: {from: mailguard@corp.example}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "mailguard.yaml"
    file.write_text(text, "utf-8")
    return file


def problems_of(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(Problems) as caught:
        load_config(write(folder, text), environment or {})
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_what_the_environment_puts_in_place_of_the_file_is_told_by_its_variable(tmp_path: Path) -> None:
    text = GOOD + "console: {administrators: [admin@corp.example]}\n"
    assert problems_of(tmp_path, text, {"MAILGUARD_CONSOLE__ADMINISTRATORS": "nobody"}) == [
        "environment MAILGUARD_CONSOLE__ADMINISTRATORS:1:1: console.administrators: not a mail address: "
        "an email address must have an @-sign"
    ]
    variables = {"MAILGUARD_STORE__ENCRYPTION_KEY_FILE": "gone", "MAILGUARD_POLICIES": "gone"}
    config = load_config(write(tmp_path, text), variables)
    assert [config.problem(where, "gone") for where in (("store", "encryption_key_file"), ("policies", 0))] == [
        Problem("environment MAILGUARD_STORE__ENCRYPTION_KEY_FILE", 1, 1, "store.encryption_key_file: gone"),
        Problem("environment MAILGUARD_POLICIES", 1, 1, "policies.0: gone"),
    ]
    assert config.problem(("console", "administrators", 0), "gone").file == str(tmp_path / "mailguard.yaml")


def test_a_good_file_and_its_paths(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), {})
    assert config.settings.organization.domains == ("corp.example", "*.xn--r8jz45g.jp")
    assert config.path("users.yaml") == tmp_path / "users.yaml"
    assert config.settings.limits.message_size == 35 * 2**20


@pytest.mark.parametrize(
    ("domains", "said"),
    [
        ('["@corp.example"]', "1:26: organization.domains.0: write the domain only, such as corp.example"),
        ("[ann@corp.example]", "1:26: organization.domains.0: write the domain only, such as corp.example"),
        ("[]", "1:25: organization.domains: write at least one domain, such as corp.example"),
    ],
)
def test_a_domain_that_is_none_is_said_once(tmp_path: Path, domains: str, said: str) -> None:
    text = GOOD.replace('[Corp.Example, "*.例え.jp"]', domains)
    assert problems_of(tmp_path, text) == [f"mailguard.yaml:{said}"]


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("", "mailguard@corp.example"),
        (", reply_address: Decide@mg.corp.example", "decide@mg.corp.example"),
        (", reply_address: off", None),
        (', reply_address: "off"', None),
    ],
)
def test_where_answers_to_letters_go(tmp_path: Path, written: str, base: str | None) -> None:
    text = GOOD.replace("{from: mailguard@corp.example}", f"{{from: mailguard@corp.example{written}}}")
    address = reply_address(load_config(write(tmp_path, text), {}))
    assert (None if address is None else str(address.base)) == base


@pytest.mark.parametrize("written", ["on", "x", "[off]"])
def test_where_no_answer_can_go(tmp_path: Path, written: str) -> None:
    text = GOOD.replace("mailguard@corp.example}", f"mailguard@corp.example, reply_address: {written}}}")
    (problem,) = problems_of(tmp_path, text)
    assert "notify.reply_address" in problem


@pytest.mark.parametrize("written", ["many", "yes", "1.5", "[1]", "~"])
def test_what_is_no_number_is_none(tmp_path: Path, written: str) -> None:
    text = GOOD + f"delivery: {{backlog: {written}}}\n"
    (problem,) = problems_of(tmp_path, text)
    assert problem.endswith(": delivery.backlog: write a whole number, such as 20")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("limits: {resent_within: 10}", "limits.resent_within: 10 of what? write the unit, too, as in 60s"),
        ("delivery: {give_up_after: 3}", "delivery.give_up_after: 3 of what? write the unit, too, as in 60s"),
        ("limits: {message_size: 35}", "limits.message_size: 35 of what? write the unit, too, as in 500 KB"),
    ],
)
def test_a_number_without_its_unit_is_no_time_and_no_size(tmp_path: Path, written: str, said: str) -> None:
    (problem,) = problems_of(tmp_path, GOOD + written + "\n")
    assert said in problem


def test_nothing_needs_no_unit(tmp_path: Path) -> None:
    text = GOOD + "delivery: {warn_after: 0}\nlimits: {disk_free: 0, resent_within: 0}\n"
    settings = load_config(write(tmp_path, text), {}).settings
    assert (settings.delivery.warn_after, settings.limits.disk_free, settings.limits.resent_within) == (0, 0, 0)


def test_a_size_in_octets_as_other_mail_servers_have_it_needs_no_unit(tmp_path: Path) -> None:
    settings = load_config(write(tmp_path, GOOD + "limits: {message_size: 52428800}\n"), {}).settings
    assert settings.limits.message_size == 50 * 2**20


def test_an_address_without_room_for_a_secret_is_said(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD.replace("mailguard@corp.example", f"{'m' * 38}@corp.example")), {})
    with pytest.raises(Problems, match="leaves no room"):
        reply_address(config)


def test_all_errors_at_once_with_their_places(tmp_path: Path) -> None:
    text = GOOD.replace("name: Corp", "nmae: Corp").replace("127.0.0.1:2525", "2525").replace("[127.0.0.0/8]", "[x]")
    text = text.replace("mailguard@corp.example", "mailguard") + "delivery: {retry: [1m, soon]}\n"
    assert problems_of(tmp_path, text) == [
        "mailguard.yaml:1:52: unknown key 'nmae', did you mean 'name'?",
        "mailguard.yaml:3:15: listeners.0.address: write host:port, such as 127.0.0.1:2525 or [::1]:2525",
        "mailguard.yaml:3:65: listeners.0.trusted_networks.0: not a network such as 10.0.0.0/8: "
        "'x' does not appear to be an IPv4 or IPv6 network",
        "mailguard.yaml:7:16: notify.from: not a mail address: an email address must have an @-sign",
        "mailguard.yaml:8:24: delivery.retry.1: write a time such as 60s, 5m, 4h or 3d",
    ]


def test_the_environment_adds_no_entry_to_a_list(tmp_path: Path) -> None:
    (said,) = problems_of(tmp_path, GOOD, {"MAILGUARD_LISTENERS__7__ADDRESS": "127.0.0.1:25"})
    assert said.startswith("environment MAILGUARD_LISTENERS__7__ADDRESS:1:1: no entry with this number")


def test_the_environment_wins_and_its_errors_name_the_variable(tmp_path: Path) -> None:
    environment = {"MAILGUARD_UPSTREAM__URL": "smtps://mx.corp.example", "MAILGUARD_LISTENERS__0__ADDRESS": "[::1]:25"}
    config = load_config(write(tmp_path, GOOD), environment)
    assert config.settings.upstream.url == "smtps://mx.corp.example"
    assert config.settings.listeners[0].address == "[::1]:25"
    wrong = {"MAILGUARD_UPSTREAM__CONNECTIONS": "0", "MAILGUARD_UPSTREAM__URL__X": "1"}
    assert problems_of(tmp_path, GOOD, wrong) == [
        "environment MAILGUARD_UPSTREAM__CONNECTIONS:1:1: upstream.connections: "
        "input should be greater than or equal to 1",
        "environment MAILGUARD_UPSTREAM__URL__X:1:1: the setting above it is a single value, not a section",
    ]


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("ORGANIZATION__DOMAINS", "corp.example, *.b.example", ("corp.example", "*.b.example")),
        ("ORGANIZATION__DOMAINS", "[corp.example, b.example]", ("corp.example", "b.example")),
        ("ORGANIZATION__DOMAINS", "- corp.example\n- b.example", ("corp.example", "b.example")),
        ("ORGANIZATION__NAME", "Corp #1: mail", "Corp #1: mail"),
        ("ORGANIZATION__NAME", "2026", "2026"),
        ("ORGANIZATION__NAME", '"Corp"', "Corp"),
        ("LISTENERS__0__TRUSTED_NETWORKS", "10.0.0.0/8", ("10.0.0.0/8",)),
        ("DELIVERY__RETRY", "60s,5m", (60, 300)),
        ("LIMITS__MESSAGE_SIZE", "10 MB", 10 * 2**20),
        ("UPSTREAM__TLS", "starttls", "required"),
        ("UPSTREAM__TLS", "off", "none"),
        ("POLICIES", "policies/,more.yaml", (Path("policies"), Path("more.yaml"))),
    ],
)
def test_a_variable_is_written_as_in_a_shell(tmp_path: Path, name: str, text: str, meant: object) -> None:
    found: Any = load_config(write(tmp_path, GOOD), {f"MAILGUARD_{name}": text}).settings
    for key in name.lower().split("__"):
        found = found[int(key)] if key.isdigit() else getattr(found, key)
    assert found == meant


def test_letters_come_from_the_first_domain_if_nothing_is_said(tmp_path: Path) -> None:
    text = GOOD.replace("notify: {from: mailguard@corp.example}\n", "")
    assert load_config(write(tmp_path, text), {}).settings.notify.sender == "mailguard@corp.example"
    merged = load_config(write(tmp_path, text + "notify: {merge: {after: 3}}\n"), {}).settings.notify
    assert (merged.sender, merged.merge.after) == ("mailguard@corp.example", 3)
    (said,) = problems_of(tmp_path, text.replace('"*.例え.jp"', "").replace("Corp.Example", "a@corp.example"))
    assert "write the domain only" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{domains: [", "{domain: [", "unknown key 'domain', did you mean 'domains'?"),
        ("bodies: var/bodies", 'bodies: "s3://mails"', "store.bodies: must be a folder in this version"),
    ],
)
def test_what_is_meant_and_not_there(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert any(said in one for one in problems_of(tmp_path, GOOD.replace(old, new)))


def test_a_key_that_is_there_twice_hides_nothing(tmp_path: Path) -> None:
    text = GOOD.replace("name: Corp}", "name: Corp, name: Corp, langage: en}")
    assert [one.partition(": ")[2] for one in problems_of(tmp_path, text)] == [
        "key 'name' written twice (first in line 1)",
        "unknown key 'langage', did you mean 'language'?",
    ]


def test_what_others_put_into_the_environment_is_no_setting(tmp_path: Path) -> None:
    others = {
        "CONFIG": "x.yaml",
        "PORT": "tcp://10.0.0.1:25",
        "PORT_2525_TCP_ADDR": "10.0.0.1",
        "SERVICE_HOST": "10.0.0.1",
    }
    more = {"SERVICE_PORT": "25", "SERVICE_PORT_SMTP": "25", "PORT_2525_TCP": "tcp://10.0.0.1:2525"}
    load_config(write(tmp_path, GOOD), {f"MAILGUARD_{name}": one for name, one in (others | more).items()})
    assert problems_of(tmp_path, GOOD, {"MAILGUARD_PORTS": "25"})


def test_a_secret_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\ufeffno: yaml #here\r\n", "utf-8")  # as an editor on Windows saves it
    config = load_config(write(tmp_path, GOOD), {"MAILGUARD_UPSTREAM__PASSWORD_FILE": str(tmp_path / "secret")})
    password = config.settings.upstream.password
    assert password is not None
    assert password.get_secret_value() == "no: yaml #here"
    assert "yaml #here" not in repr(config)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = GOOD + "console: {url: 'ftp://x', second_factor: yes}\n"
    text = text.replace("sqlite:var/mailguard.db", "postgresql://x").replace("bodies: var/bodies", "bodies: s3://mails")
    text = text.replace("name: Corp}", "name: Corp, language: jp, timezone: JST}")
    assert problems_of(tmp_path, text) == [
        "mailguard.yaml:1:74: organization.language: 'jp' is not known here, did you mean 'ja'?",
        "mailguard.yaml:1:88: organization.timezone: 'JST' is not known; write one such as Asia/Tokyo",
        "mailguard.yaml:5:14: store.url: must be sqlite:PATH in this version",
        "mailguard.yaml:5:40: store.bodies: must be a folder in this version",
        "mailguard.yaml:8:16: console.url: must be the address that people open, such as https://mailguard.corp.example",
        "mailguard.yaml:8:42: console.second_factor: 'yes' is not known here; known here: administrators, all, off",
    ]


def test_a_listener_that_checks_logins_needs_a_method(tmp_path: Path) -> None:
    text = GOOD.replace("auth: none", "auth: required")
    assert problems_of(tmp_path, text) == [
        "mailguard.yaml:1:1: listener 127.0.0.1:2525 checks logins: auth: {method: file, file: users.yaml} is needed"
    ]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="no such file; `mailguard init DIR` writes one"):
        load_config(tmp_path / "gone.yaml", {})


def test_the_tryout_settings_answer_to_three_variables(tmp_path: Path) -> None:
    environment = {"PORT_SMTP": "1", "PORT_CONSOLE": "2", "VAR": str(tmp_path)}
    settings = load_config(None, environment).settings
    assert (settings.listeners[0].address, settings.console.url) == ("127.0.0.1:1", "http://127.0.0.1:2")
    assert settings.upstream.url == f"mailbox:{tmp_path}/mailbox"


def test_a_port_of_the_tryout_settings_that_is_none_is_told_by_its_variable() -> None:
    with pytest.raises(Problems) as found:
        load_config(None, {"PORT_SMTP": "99999", "PORT_CONSOLE": "web"})
    assert [str(problem) for problem in found.value.problems] == [
        "environment PORT_CONSOLE:1:1: 'web': write a port, such as 2525",
        "environment PORT_SMTP:1:1: '99999': write a port, such as 2525",
    ]


def test_without_a_url_the_console_is_at_its_own_port(tmp_path: Path) -> None:
    def url(console: str) -> str:
        return load_config(write(tmp_path, GOOD + f"console: {console}\n"), {}).settings.console.url

    assert url('{address: "0.0.0.0:9000"}') == "http://127.0.0.1:9000"
    assert url('{address: "127.0.0.1:9000", url: "https://mailguard.corp.example"}') == "https://mailguard.corp.example"
    assert url("{}") == "http://127.0.0.1:8025"


def test_resolvers(tmp_path: Path) -> None:
    dns = 'dns: {servers: [192.0.2.53, "127.0.0.1:5353", "[2001:db8::53]:53", "2001:db8::54"], timeout: 3s}\n'
    settings = resolver(load_config(write(tmp_path, GOOD + dns), {}))
    assert settings.servers == (
        ("192.0.2.53", 53),
        ("127.0.0.1", 5353),
        ("2001:db8::53", 53),
        ("2001:db8::54", 53),
    )
    assert settings.seconds == 3.0
    assert resolver(load_config(write(tmp_path, GOOD), {})).servers == ()
    wanted = "write the address of a resolver, such as 192.0.2.53 or [2001:db8::53]:5353"
    assert problems_of(tmp_path, GOOD + "dns: {servers: [ns.example], timeout: 60s}\n") == [
        f"mailguard.yaml:8:17: dns.servers.0: {wanted}",
        "mailguard.yaml:8:39: dns.timeout: input should be less than or equal to 30",
    ]


def test_what_the_model_of_who_writes_to_whom_is_given(tmp_path: Path) -> None:
    found = rooms.memory(load_config(write(tmp_path, GOOD), {}))
    assert found is not None
    assert (found.path.name, found.own, found.budget) == (
        "mailguard.insight",
        ("corp.example", "xn--r8jz45g.jp"),
        0.001,
    )
    assert (found.silent_for, found.every) == (timedelta(0), timedelta(minutes=10))
    given = "insight: {alarm_budget: 0.005, silent_for: 14d, snapshot_every: 1h}\n"
    found = rooms.memory(load_config(write(tmp_path, GOOD + given), {}))
    assert found is not None
    assert (found.budget, found.silent_for, found.every) == (0.005, timedelta(days=14), timedelta(hours=1))
    assert rooms.memory(load_config(write(tmp_path, GOOD), {"MAILGUARD_INSIGHT__ENABLED": "false"})) is None


@pytest.mark.parametrize("budget", ["0", "-0.1", "0.2", "1 in 1000", "true", "nan", "[]"])
def test_a_budget_is_a_share_of_all_mail(tmp_path: Path, budget: str) -> None:
    assert problems_of(tmp_path, GOOD + f"insight: {{alarm_budget: {budget}}}\n") == [
        "mailguard.yaml:8:25: insight.alarm_budget: write a share of all mail above 0 and up to 0.1, such as 0.001"
        " (1 mail in 1,000)"
    ]


DIRECTORY = "directory: {{url: {url}, base: 'dc=corp,dc=example'{more}}}\n"


def directory_of(tmp_path: Path, url: str = "ldaps://ldap.corp.example", more: str = "", **environment: str) -> Any:
    file = write(tmp_path, GOOD + DIRECTORY.format(url=f"'{url}'", more=more))
    return rooms.directory(load_config(file, environment))


def test_the_directory_server_and_its_defaults(tmp_path: Path) -> None:
    found = directory_of(tmp_path)
    assert (found.host, found.port, found.tls, found.verify, found.refresh) == (
        "ldap.corp.example", 636, "implicit", True, 900.0,
    )  # fmt: skip
    assert "userAccountControl" in found.person_filter
    assert found.attributes.aliases == "proxyAddresses"
    more = ", kind: openldap, tls: none, refresh: 1h, ca_file: ca.pem, attributes: {aliases: gosaMailAlternateAddress}"
    found = directory_of(tmp_path, "ldap://127.0.0.1:3389", more)
    assert (found.port, found.tls, found.refresh, found.ca_file) == (3389, "none", 3600.0, tmp_path / "ca.pem")
    assert found.attributes.aliases == "gosaMailAlternateAddress"
    assert found.attributes.mail == "mail"


def test_the_password_of_the_directory_server_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret: x\n")
    more = ", bind_dn: 'cn=reader'"
    named = {"MAILGUARD_DIRECTORY__PASSWORD_FILE": str(tmp_path / "secret")}
    found = directory_of(tmp_path, more=more, **named)
    assert found.password == "s3cret: x"
    assert "s3cret" not in repr(found)
    assert directory_of(tmp_path, more=more, MAILGUARD_DIRECTORY__PASSWORD="1").password == "1"


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("http://x", "", "write ldap://host"),
        ("ldap://x:port", "", "write ldap://host"),
        ("ldap://x/dc=corp", "", "write ldap://host"),
        ("ldap://user@x", "", "write ldap://host"),
        ("ldaps://x", ", tls: none", "ldaps is never without TLS"),
        ("ldap://x", ", bind_dn: cn=reader", "bind_dn and password go together"),
        ("ldap://x", ", password: x", "bind_dn and password go together"),
        ("ldap://x", ", person_filter: mail=*", "in parentheses"),
        ("ldap://x", ", refresh: 1s", "greater than or equal to 10"),
        ("ldap://x", ", attributes: {manger: x}", "did you mean 'manager'?"),
        ("ldap://x", ", attributes: {mail: ''}", "must name an attribute"),
        ("ldap://x", ", attributes: {name: ['a b']}", "not the name of an attribute"),
    ],
)
def test_a_directory_server_that_cannot_be(tmp_path: Path, url: str, more: str, said: str) -> None:
    with pytest.raises(Problems) as caught:
        directory_of(tmp_path, url, more)
    assert len(caught.value.problems) == 1
    assert said in str(caught.value)
