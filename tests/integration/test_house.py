"""A whole mailguard as a process: reload while it runs, an orderly end, faults of the house, several processes.

What only shows when all rooms stand together and the operating system takes part.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import httpx2
import pytest
from tests.faults.dying import children
from tests.house import PATIENCE, POLICY, House, furnish, running_house, settings, start

OUTSIDE = "bob@partner.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "mailguard", "mailbox:var/mailbox") as house:
        yield house


def mail(subject: str = "hello", *, file: bool = False) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "ann@corp.example", OUTSIDE, subject
    message.set_content("text\n")
    if file:
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def send(house: House, octets: bytes, *to: str) -> str:
    """The reply to one mail, code and text; the refusal where one came earlier."""
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        code, text = client.mail("ann@corp.example")
        for one in to or (OUTSIDE,):
            if code == 250:
                code, text = client.rcpt(one)
        if code == 250:
            code, text = client.data(octets)
        return f"{code} {text.decode()}"


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def fill(file: Path) -> None:
    """Write until the disk is full."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(descriptor, b"x" * 4096)
    os.close(descriptor)


def envelopes(house: House) -> list[dict[str, object]]:
    folder = house.folder / "var" / "mailbox" / "envelopes"
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]


# Reload


def test_a_changed_policy_is_in_force_at_once_and_a_wrong_one_never(house: House) -> None:
    rules = house.folder / "policies" / "rules.yaml"
    assert send(house, mail()).startswith("250 2.0.0 accepted")
    rules.write_text(POLICY.replace("ultrasecret", "hello"))
    assert until(lambda: send(house, mail()).startswith("550 5.7.1 A forbidden word"))
    rules.write_text(POLICY.replace("ultrasecret", "hello").replace("then: confirm", "then: conform"))
    assert until(lambda: "reload_refused" in house.log())
    assert "rules.yaml:10:11" in house.log(), "the log says where"
    assert send(house, mail()).startswith("550 5.7.1"), "the old policy stays"
    rules.write_text(POLICY)
    assert until(lambda: send(house, mail()).startswith("250 2.0.0 accepted"))


def test_sighup_reads_logins_and_certificates_again(house: House) -> None:
    users = house.folder / "users.yaml"
    before = users.read_text()
    users.write_text(before.replace("ann@corp.example", "eve@corp.example"))
    house.process.send_signal(signal.SIGHUP)

    def refused() -> bool:
        with smtplib.SMTP_SSL("127.0.0.1", house.smtps, timeout=PATIENCE) as client:
            try:
                client.login("ann@corp.example", "front-door-secret")
            except smtplib.SMTPAuthenticationError:
                return True
            return False

    assert until(refused)
    users.write_text("users: {broken\n")
    house.process.send_signal(signal.SIGHUP)
    assert until(lambda: "users.yaml:2:1" in house.log())
    users.write_text(before)
    house.process.send_signal(signal.SIGHUP)
    assert until(lambda: not refused())


def test_sighup_says_which_certificate_for_the_next_server_cannot_be_used(tmp_path: Path) -> None:
    ours = {"certificate": "tls/ours.pem", "key": "tls/key.pem"}
    data, ports = settings(tmp_path, "smtp://127.0.0.1:9")
    data["upstream"] |= {"tls": "insecure", **ours}
    furnish(tmp_path, data)
    shown = tmp_path / "tls" / "ours.pem"
    shown.write_bytes((tmp_path / "tls" / "cert.pem").read_bytes())
    house = start(tmp_path, ports)
    try:
        shown.write_text("renewed by half\n")
        house.process.send_signal(signal.SIGHUP)
        assert until(lambda: "tls/ours.pem and tls/key.pem are no certificate (PEM)" in house.log())
        assert '"reload_refused"' in house.log()
    finally:
        assert house.stop() == 0


def test_sighup_says_that_changed_settings_need_a_restart(house: House) -> None:
    before = house.config.read_text()
    try:
        house.config.write_text(before + "delivery: {warn_after: 2h}\n")
        house.process.send_signal(signal.SIGHUP)
        assert until(lambda: '"settings_changed"' in house.log())
        assert '"sections": ["delivery"]' in house.log()
        house.config.write_text(before + "delivry: {}\n")
        house.process.send_signal(signal.SIGHUP)
        assert until(lambda: "did you mean 'delivery'" in house.log())
    finally:
        house.config.write_text(before)


# The end


def test_sigterm_drains(tmp_path: Path) -> None:
    """Idle clients hear 421, a body under way is taken whole, and what was taken is there after the next start."""
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data)
    house = start(folder, ports)
    with (
        socket.create_connection(("127.0.0.1", house.smtp), PATIENCE) as idle,
        socket.create_connection(("127.0.0.1", house.smtp), PATIENCE) as busy,
    ):
        idle.recv(1000)
        talk = f"EHLO x\r\nMAIL FROM:<ann@corp.example>\r\nRCPT TO:<{OUTSIDE}>\r\nDATA\r\n"
        busy.sendall(talk.encode())
        answers = b""
        while b"354 " not in answers:
            answers += busy.recv(1000)
        busy.sendall(mail(file=True)[:100])
        house.process.send_signal(signal.SIGTERM)
        assert b"421 4.3.2" in idle.recv(1000)
        busy.sendall(mail(file=True)[100:] + b".\r\n")
        answer = busy.recv(1000)
    assert answer.startswith(b"250 2.0.0 held for confirmation")
    message_id = answer.split()[-1 if b"421" not in answer else 5].decode()
    assert house.process.wait(PATIENCE) == 0
    house = start(folder, ports)
    try:
        assert house.json("queue", "show", message_id)["state"] == "held"
    finally:
        assert house.stop() == 0


# Faults of the house: 451, and nothing taken


def test_a_locked_ledger_is_451_and_then_all_is_well(house: House) -> None:
    ledger = sqlite3.connect(house.folder / "var" / "mailguard.db", isolation_level=None, timeout=20)
    ledger.execute("BEGIN IMMEDIATE")
    assert send(house, mail(file=True)).startswith("451 4.3.0")
    ledger.execute("ROLLBACK")
    ledger.close()
    assert send(house, mail(file=True)).startswith("250 2.0.0 held")
    assert len(house.json("queue", "list")["messages"]) == 1, "the refused one was not taken"


@pytest.mark.parametrize("size", [10, 300_000], ids=["small", "large"])
def test_a_full_disk_is_for_later_and_nothing_is_lost(tmp_path: Path, size: int) -> None:
    folder = tmp_path / "mailguard"
    small = folder / "var"
    small.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", small], check=True, timeout=PATIENCE)
    try:
        with running_house(folder, "mailbox:elsewhere/mailbox") as house:
            first = send(house, mail(file=True))
            assert first.startswith("250 2.0.0 held")
            letters = folder / "elsewhere" / "mailbox" / "envelopes"
            assert until(lambda: letters.is_dir() and any(letters.iterdir())), (
                "nobody else writes while the disk is full"
            )
            ballast = small / "ballast"
            fill(ballast)
            message = mail(file=True).replace(b"text\r\n", (b"z" * 70 + b"\r\n") * (1 + size // 72))
            # 451: the write failed; 452: the gauge was read in between, which a busy machine gives it time for.
            assert send(house, message).startswith(("451 4.3.0", "452 4.3.1"))
            ballast.unlink()
            assert until(lambda: send(house, message).startswith("250 2.0.0 held"))
            assert house.json("queue", "show", first.split()[-1])["state"] == "held"
            assert len(house.json("queue", "list")["messages"]) == 2
    finally:
        subprocess.run(["umount", "-l", small], check=True, timeout=PATIENCE)


def test_readers_that_are_killed_cost_nothing_but_time(house: House) -> None:
    def readers() -> list[int]:
        said = subprocess.run(
            ["ps", "--ppid", str(house.process.pid), "-o", "pid=,args="], capture_output=True, text=True, check=False
        ).stdout
        return [int(line.split()[0]) for line in said.splitlines() if "inspect" in line]

    for _ in range(3):
        assert send(house, mail(file=True)).startswith("250 2.0.0 held")
        for pid in readers():
            os.kill(pid, signal.SIGKILL)
    assert send(house, mail()).startswith("250 2.0.0 accepted")


# Several processes


def test_a_second_mailguard_on_the_same_ledger_is_refused(house: House) -> None:
    done = house.run("serve")
    assert done.returncode == 1
    assert "another mailguard runs on this ledger" in done.stderr
    assert "Traceback" not in done.stderr
    assert send(house, mail()).startswith("250"), "the first one goes on"


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path, house: House) -> None:
    folder = tmp_path / "second"
    data, _ = settings(folder, "mailbox:var/mailbox")
    data["listeners"][0]["address"] = f"127.0.0.1:{house.smtp}"
    furnish(folder, data)
    done = subprocess.run(
        [sys.executable, "-m", "mailguard", "serve", "--config", "mailguard.yaml"],
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert "is another program on this port?" in lines[0]


def test_three_processes_at_the_door(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data)
    house = start(folder, ports, options=("--workers", "3"))
    try:
        for number in range(40):
            assert send(house, mail(f"number {number}"), "ken@corp.example").startswith("250 2.0.0 accepted")
        assert until(lambda: len([one for one in envelopes(house) if one["sender"]]) == 40)
        held = send(house, mail(file=True))
        assert until(lambda: sum(not one["sender"] for one in envelopes(house)) == 1), (
            "the letter comes, whichever process took the mail"
        )
        assert house.run("queue", "release", held.split()[-1]).returncode == 0
        assert until(lambda: any(one["recipients"] == [OUTSIDE] for one in envelopes(house)))
    finally:
        assert house.stop() == 0


def sessions_by_process(house: House) -> list[int]:
    """How many connections to its SMTP port each process has, of those that have any."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    links = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{house.smtp:04X}") and row[3] == "01"}
    processes = [house.process.pid, *children(house.process.pid)]

    def count(pid: int) -> int:
        found = 0
        with contextlib.suppress(OSError):  # it ended, or is a reader that nobody may look into
            for one in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                    found += str(one.readlink()) in links
        return found

    return [found for found in map(count, processes) if found]


def test_children_relay_what_they_took_and_their_figures_are_in_one_view(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data)
    house = start(folder, ports, options=("--workers", "3"))

    def taken_by_a_child() -> bool:
        with (
            contextlib.suppress(OSError, smtplib.SMTPException),
            smtplib.SMTP("127.0.0.1", house.smtp, timeout=5) as client,
        ):
            # Who greets is no longer given up: a mail that he took and was late to answer for would come twice.
            assert client.sock is not None
            client.sock.settimeout(PATIENCE)
            client.sendmail("ann@corp.example", ["ken@corp.example"], mail("while the first one stands still"))
            return True
        return False

    try:
        assert until(lambda: "mailguard_doors 3.0" in metrics(house))
        with contextlib.ExitStack() as stack:
            for _ in range(30):
                stack.enter_context(smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE))  # waits for the greeting
            found = sessions_by_process(house)
            # One that the machine keeps waiting loses its turn, and makes up for it with the next connections.
            assert (len(found), sum(found)) == (3, 30)
            assert max(found) - min(found) <= 2, "each takes as many as the others"
        house.process.send_signal(signal.SIGSTOP)
        try:
            assert until(taken_by_a_child), "the first process stands still, the others do not"
            assert until(lambda: len(envelopes(house)) == 1), "whoever took it relays it"
        finally:
            house.process.send_signal(signal.SIGCONT)
        assert until(
            lambda: 'mailguard_upstream_outcomes_total{result="relayed",upstream="default"} 1.0' in metrics(house)
        )
        assert len(envelopes(house)) == 1
    finally:
        assert house.stop() == 0


def test_health_and_figures(house: House) -> None:
    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{house.console}{path}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    send(house, mail(file=True))
    assert get("/livez") == "ok\n"
    assert json.loads(get("/readyz"))["ready"] is True
    figures = get("/metrics")
    assert 'mailguard_messages_received_total{outcome="confirm"} 1.0' in figures
    assert "mailguard_final_dot_seconds_count 1.0" in figures
    assert "partner.example" not in figures
    assert "partner.example" not in house.log(), "no address in the log"


def test_limits_on_logins_count_the_clients_of_a_named_proxy(tmp_path: Path) -> None:
    """One TLS proxy before the console: who asks for letters without end is stopped, his colleagues are not."""
    company = {"administrators": ["admin@corp.example"], "trusted_proxies": ["127.0.0.1"]}
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    data["console"].update(company)
    furnish(folder, data)
    house = start(folder, ports)

    def ask(client: httpx2.Client, address: str) -> int:
        form = client.get("/login").text
        token = re.search(r'name="form_token" value="([^"]+)"', form)
        assert token
        return client.post("/login", data={"form_token": token[1], "address": address}).status_code

    def behind_the_proxy(address: str) -> httpx2.Client:
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{house.console}", headers={"x-forwarded-for": address}, timeout=PATIENCE
        )

    try:
        with behind_the_proxy("198.51.100.7") as greedy, behind_the_proxy("198.51.100.8") as colleague:
            answers = [ask(greedy, f"p{number}@corp.example") for number in range(62)]
            assert answers[0] < 400
            assert answers[-1] == 429
            assert ask(colleague, "ann@corp.example") < 400
    finally:
        assert house.stop() == 0


def test_a_decision_on_the_command_line_reaches_open_consoles(house: House) -> None:
    message_id = send(house, mail(file=True)).split()[-1]
    token = house.run("token", "create", "--role", "administrator").stdout.split()[-1]
    with (
        httpx2.Client(base_url=f"http://127.0.0.1:{house.console}", timeout=PATIENCE) as client,
        client.stream("GET", "/api/v1/events", headers={"authorization": f"Bearer {token}"}) as stream,
    ):
        lines = stream.iter_lines()
        next(lines)
        assert house.run("queue", "cancel", message_id).returncode == 0
        assert any("again" in line for line in lines)


def test_door_sorting_and_console_as_three_processes(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data, f"{POLICY}\npeople: {{list: [{{address: boss@corp.example, name: 上野 部長}}]}}\n")
    houses = [start(folder, ports, options=("--role", role), ready=role == "console") for role in ROLES]
    house = houses[-1]
    try:
        assert until(lambda: "refused" not in reply_or_refusal(house))
        held = send(house, mail(file=True))
        assert until(lambda: any(not one["sender"] for one in envelopes(house))), "the letter"
        assert until(lambda: "mailguard_held 1.0" in metrics(house))
        assert house.run("queue", "release", held.split()[-1]).returncode == 0
        assert until(lambda: any(one["recipients"] == [OUTSIDE] for one in envelopes(house)))
        assert send(house, mail(file=True), OUTSIDE, "boss@corp.example").startswith("250 2.0.0 held")
        assert until(lambda: "上野 部長" in texts(house)), "whoever writes the letters knows the names"
        corrected_on_the_console(house)
        assert until(lambda: all(re.search(one, metrics(house)) for one in SHOWN)), "what all of them count"
        assert troubles(house) == []
        assert houses[0].stop() == 0
        assert until(lambda: troubles(house) == ["delivery"]), "nothing leaves, and nobody else would say so"
    finally:
        assert [one.stop() for one in houses] == [0, 0, 0]


def test_a_wrong_policy_does_not_keep_what_waits_from_going(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data, "version: 1\nrules: 7\n")
    house = start(folder, ports, options=("--role", "delivery"), ready=False)
    try:
        assert until(lambda: '"event": "started"' in house.log()), house.log()
        assert "rules.yaml:2:8" in house.log()
    finally:
        assert house.stop() == 0


def texts(house: House) -> str:
    """What people read in all that went out."""
    files = (house.folder / "var" / "mailbox" / "new").iterdir()
    mails = [message_from_bytes(file.read_bytes(), policy=SMTP) for file in files]
    parts = [one.get_body(("plain",)) for one in mails]
    return "\n".join(part.get_content() for part in parts if part is not None)


SHOWN = (
    r"mailguard_messages_received_total\{.*\} [1-9]",
    r'mailguard_upstream_outcomes_total\{result="relayed",upstream="default"\} [1-9]',
    r'mailguard_upstream_sick\{upstream="default"\} 0.0',
    r"mailguard_doors 1.0",
)


def metrics(house: House) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/metrics", timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def troubles(house: House) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.console}/readyz", timeout=PATIENCE) as answer:
        return list(json.loads(answer.read())["troubles"])


def corrected_on_the_console(house: House) -> None:
    """One of two wrong recipients is replaced: who has the model says what it thinks of the other."""
    right, wrong = (
        ("eve.mori@partner.example", "ken.abe@other.example"),
        ("eve.mori@partnr.example", "ken.abe@othr.example"),
    )
    for _ in range(8):
        assert send(house, mail(), *right).startswith("250")
    held = ""

    def is_odd() -> bool:
        nonlocal held
        held = send(house, mail(file=True), *wrong).split()[-1]
        seen = house.json("queue", "show", held)["recipients"]
        return all(one["risk"] > 0.5 and one.get("alternative") in right for one in seen)

    assert until(is_odd), "it was learnt"
    token = house.json("token", "create", "--role", "administrator", "--address", "admin@corp.example")["token"]
    url = f"http://127.0.0.1:{house.console}/api/v1/messages/{held}/recipients"
    asked = {"authorization": f"Bearer {token}"}
    answer = httpx2.patch(url, json={"replace": {wrong[0]: right[0]}}, headers=asked, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    risks = {one["address"]: one["risk"] for one in house.json("queue", "show", held)["recipients"]}
    assert risks[right[0]] < 0.5 < risks[wrong[1]]
    assert "insight_asking" in (house.folder / "log").read_text()


ROLES = ("delivery", "smtp", "console")


def reply_or_refusal(house: House) -> str:
    try:
        with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
            return str(client.noop())
    except OSError as error:
        return f"refused: {error}"


def test_doors_beside_end_with_a_house_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data)
    house = start(folder, ports, options=("--workers", "2"))
    assert until(lambda: house.log().count('"event": "started"') == 2)
    house.process.kill()
    house.process.wait(PATIENCE)
    assert until(lambda: reply_or_refusal(house).startswith("refused")), "an orphan goes on with yesterday's policy"


def test_the_key_of_the_house_is_whole_or_not_there(house: House) -> None:
    key = house.folder / "var" / "mailguard.key"
    assert len(key.read_bytes()) == 32
    assert key.stat().st_mode & 0o777 == 0o600
    assert not list(key.parent.glob(".key-*"))
