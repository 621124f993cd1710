"""The unit file and the container as they are shipped: what they leave to the service, and that mailguard takes mail,
reads it and sends it on with no more than that. `confined.py` stands in for systemd and for the engine.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import time
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.attacks.layout import (
    DOCKERFILE,
    PATIENCE,
    ROOT,
    UNIT,
    Confined,
    allowed_calls,
    confined_house,
    confinement_of_container,
    confinement_of_unit,
    docker_words,
    unit_values,
)
from tests.missing import needs_root
from tests.postfix import free_port

RULE = """
version: 1
rules:
  - id: word-in-a-file
    mode: enforce
    when: {text: {words: [ultrasecret], in: [attachments]}}
    then: reject
    because: {ja: 禁止された語, en: A forbidden word}
"""
#: What the walls of a reader hide from it, and what they let it read: run beside the service, as one of its workers is.
WALLS = """
import sys
from mailguard.inspect.isolation import wall_in
from mailguard.inspect.landlock import _CREATE
import ctypes, socket
landlock = ctypes.CDLL(None).syscall(_CREATE, None, 0, 1)
settings, mails = sys.argv[1:]
open(settings).close()
wall_in(1 << 30, mails)
for name, attempt in {
    "file": lambda: open(settings), "write": lambda: open("/tmp/x", "w"), "network": lambda: socket.socket(),
}.items():
    try:
        attempt()
    except OSError:
        continue
    if name != "file" or landlock > 0:
        print("not walled in:", name)
print("done")
"""


CAPABILITIES = r"import re; print(*re.findall(r'Cap\w+:\s(\w+)', open('/proc/self/status').read()))"


def port_below_1024() -> int:
    for port in range(1000, 600, -1):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def settings_in(folder: Path, inside: str, data: str, smtp: int, console: int) -> Path:
    """What the administrator has written: `init`, a rule, the ports; readable by the service's group."""
    command = [sys.executable, "-m", "mailguard", "init", str(folder), "--data", data]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    text = (folder / "mailguard.yaml").read_text()
    text = text.replace("127.0.0.1:2525", f"127.0.0.1:{smtp}").replace("127.0.0.1:8025", f"127.0.0.1:{console}")
    text = text.replace("smtp://127.0.0.1:25", f"mailbox:{data}/mailbox")
    (folder / "mailguard.yaml").write_text(text)
    (folder / "policies" / "own.yaml").write_text(RULE)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def mail_with_a_file(text: str) -> EmailMessage:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", text)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@corp.example", "bob@partner.example", "a file"
    mail.set_content("see the file\n")
    mail.add_attachment(packed.getvalue(), "application", "zip", filename="notes.zip")
    return mail


def takes_reads_and_sends(house: Confined, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.send_message(mail_with_a_file("all is well"))
        with pytest.raises(smtplib.SMTPDataError) as refused:  # so the file inside the file was read
            client.send_message(mail_with_a_file("this is ultrasecret"))
    assert refused.value.smtp_code == 550
    outside = house.data / "mailbox" / "new"
    end = time.monotonic() + PATIENCE
    while not (outside.is_dir() and list(outside.iterdir())):
        assert time.monotonic() < end, house.log()
        time.sleep(0.05)
    assert len(list(outside.iterdir())) == 1
    assert '"fault"' not in house.log()
    made = [path for path in house.data.rglob("*") if path.stat().st_uid == house.plan["uid"]]
    assert len(made) > 5
    assert not [path for path in made if path.stat().st_mode & 0o077], "others may read it"


def test_the_unit_is_valid_and_leaves_little(tmp_path: Path) -> None:
    # The program is not installed here; that it stands where the unit says is another matter.
    unit = tmp_path / UNIT.name
    text = re.sub(r"(?m)^# (LoadCredential|Environment=MAILGUARD_)", r"\1", UNIT.read_text())
    assert text.count("\nLoadCredential=") == text.count("\nEnvironment=MAILGUARD_UPSTREAM") == 1
    unit.write_text(text.replace("/opt/mailguard/bin/mailguard", sys.executable))
    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    said = [line for line in checked.stderr.splitlines() if unit.name in line]
    assert (checked.returncode, said) == (0, []), checked.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout[-300:]
    exposure = re.search(r"Overall exposure level for \S+: (\d+\.\d)", rated.stdout)
    assert exposure is not None
    assert float(exposure[1]) <= 2.0


def test_the_unit_leaves_what_the_walls_of_the_readers_need() -> None:
    needed = {"prctl", "seccomp", "unshare", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
    assert not needed - allowed_calls()
    assert not {"mount", "ptrace", "bpf", "setuid", "chroot", "init_module", "keyctl", "reboot"} & allowed_calls()
    assert unit_values("User") == unit_values("Group") == ["mailguard"]
    assert re.search(r"(?m)^u mailguard ", (ROOT / "deploy" / "mailguard.sysusers.conf").read_text())


@needs_root
def test_a_house_under_the_unit(tmp_path: Path) -> None:
    smtp, console = port_below_1024(), free_port()
    (data,), (etc,) = ["/var/lib/" + name for name in unit_values("StateDirectory")], unit_values("WorkingDirectory")
    settings = settings_in(tmp_path / "etc", etc, data, smtp, console)
    words = unit_values("ExecStart")[0].split()[1:]
    with confined_house(tmp_path, confinement_of_unit(), words, {etc: settings}, cwd=etc, data=data) as house:
        takes_reads_and_sends(house, smtp)
        assert house.process is not None
        house.hear("WATCHDOG=1")
        (reader, *_) = house.children()
        status = Path(f"/proc/{reader}/status").read_text()
        assert re.findall(r"(?m)^(?:NoNewPrivs|Seccomp):\s(\d)", status) == ["1", "2"]
        assert house.run(sys.executable, "-c", CAPABILITIES).stdout.split() == ["0000000000000400"] * 5
        own, others = (Path(f"/proc/{pid}/ns/net").readlink() for pid in (reader, house.process.pid))
        assert own != others, "the reader has a network"
        walls = house.run(sys.executable, "-I", "-c", WALLS, f"{etc}/mailguard.yaml", f"{data}/bodies")
        assert (walls.stdout, walls.stderr) == ("done\n", "")
        elsewhere = house.run(sys.executable, "-c", f"open('{etc}/x', 'w')")
        assert "Read-only file system" in elsewhere.stderr
    assert "running_as_root" not in house.log()


@needs_root
def test_a_house_in_the_container(tmp_path: Path) -> None:
    data, smtp, console = "/var/lib/mailguard", free_port(), free_port()
    confinement = confinement_of_container()
    words = [*docker_words("ENTRYPOINT")[1:], *docker_words("CMD")]
    with contextlib.ExitStack() as stack:
        # The image's volume holds the settings too.
        made = settings_in(tmp_path / "etc", data, data, smtp, console)
        settings = {f"{data}/mailguard.yaml": made / "mailguard.yaml", f"{data}/policies": made / "policies"}
        house = stack.enter_context(confined_house(tmp_path, confinement, words, settings, cwd=data, data=data))
        takes_reads_and_sends(house, smtp)
        python, *healthy = health_words()
        assert python == "python"
        asked = house.run(sys.executable, *healthy, HEALTH_URL=f"http://127.0.0.1:{console}/livez")
        assert asked.returncode == 0, asked.stderr
        dead = house.run(sys.executable, *healthy, HEALTH_URL=f"http://127.0.0.1:{free_port()}/livez")
        assert dead.returncode != 0
        assert house.run("/bin/sh", "-c", "true").returncode != 0, "there is a shell in this layout"


def health_words() -> list[str]:
    """The command of HEALTHCHECK."""
    found = re.search(r"HEALTHCHECK [^\[]*CMD (\[.*\])", DOCKERFILE.read_text())
    assert found is not None
    return [str(word) for word in json.loads(found[1])]


def test_the_image_is_made_of_hashed_wheels_and_runs_as_nobody_special() -> None:
    text = DOCKERFILE.read_text()
    assert re.findall(r"(?m)^USER (\S+)", text) == ["mailguard"]
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    assert all("--only-binary :all:" in line or "--no-index" in line for line in installs)
    assert shutil.which("sh"), "this machine has one"


def test_root_is_told_what_to_do_instead(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "etc", "", str(tmp_path / "var"), free_port(), free_port())
    command = [sys.executable, "-m", "mailguard", "serve", "--config", str(settings / "mailguard.yaml")]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    told = "running_as_root" in (tmp_path / "log").read_text()
    assert told == (os.geteuid() == 0)
