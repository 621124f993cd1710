"""What tests of the shipped layouts share: the unit file and the Dockerfile read as data, and a house confined as they
say (`confined.py`). It never starts a service and changes nothing on the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "mailguard.service"
DOCKERFILE = ROOT / "Dockerfile"
PATIENCE = 60.0
NET_BIND_SERVICE = 10
#: CLONE_NEW... by the words of RestrictNamespaces.
_NAMESPACES = {
    "cgroup": 0x02000000, "ipc": 0x08000000, "net": 0x40000000, "mnt": 0x00020000, "pid": 0x20000000,
    "user": 0x10000000, "uts": 0x04000000,
}  # fmt: skip
_FAMILIES = {"AF_UNIX": socket.AF_UNIX, "AF_INET": socket.AF_INET, "AF_INET6": socket.AF_INET6}
#: What a small system has besides Python.
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/ca-certificates", "/etc/ssl", "/etc/hosts",
           "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/localtime", "/etc/resolv.conf")  # fmt: skip


def unit_lines() -> list[tuple[str, str]]:
    """(key, value) of the unit's [Service], in order."""
    service = UNIT.read_text().split("[Service]")[1].split("[Install]")[0]
    return [(key, value) for key, value in re.findall(r"(?m)^(\w+)=(.*)$", service)]


def unit_values(key: str) -> list[str]:
    return [value for name, value in unit_lines() if name == key]


def expanded(words: list[str]) -> set[str]:
    """System calls by name, groups (`@...`) looked up as systemd does."""
    names: set[str] = set()
    for word in words:
        if not word.startswith("@"):
            names.add(word)
            continue
        listed = subprocess.run(
            ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, timeout=PATIENCE, check=True
        ).stdout
        inside = [line.strip() for line in listed.splitlines()[1:] if line.strip() and "#" not in line]
        names |= expanded(inside)
    return names


def allowed_calls() -> set[str]:
    """What the unit's SystemCallFilter lines leave."""
    names: set[str] = set()
    for value in unit_values("SystemCallFilter"):
        if value.startswith("~"):
            names -= expanded(value[1:].split())
        else:
            names |= expanded(value.split())
    return names


def confinement_of_unit() -> dict[str, Any]:
    (namespaces,) = unit_values("RestrictNamespaces")
    (families,) = unit_values("RestrictAddressFamilies")
    return {
        "uid": 10026,
        "capabilities": [NET_BIND_SERVICE] if unit_values("AmbientCapabilities") == ["CAP_NET_BIND_SERVICE"] else [],
        "no_executable_memory": unit_values("MemoryDenyWriteExecute") == ["yes"],
        "calls": sorted(allowed_calls()),
        "families": [int(_FAMILIES[word]) for word in families.split()],
        "namespaces": sum(mask for word, mask in _NAMESPACES.items() if word not in namespaces.split()),
        "proc": "subset=pid,hidepid=invisible",
        "umask": int(unit_values("UMask")[0], 8),
    }


def confinement_of_container() -> dict[str, Any]:
    """What `docker run --read-only --tmpfs /tmp --cap-drop ALL` leaves to the image's user."""
    uid = int(re.findall(r"useradd .*--uid (\d+)", DOCKERFILE.read_text())[0])
    return {
        "uid": uid, "capabilities": [], "no_executable_memory": False, "calls": None, "families": [], "namespaces": 0,
        "proc": "", "umask": 0o022,
    }  # fmt: skip


def docker_words(keyword: str) -> list[str]:
    """The words of the last such instruction in its JSON form."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return [str(word) for word in json.loads(re.findall(rf"(?m)^(?:HEALTHCHECK .*)?{keyword} (\[.*\])", text)[-1])]


@dataclass
class Confined:
    """A house in its confinement. data: its one writable folder, seen from outside."""

    plan: dict[str, Any]
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    supervisor: socket.socket | None = None
    heard: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text("utf-8", "replace")[-4000:] if path.exists() else ""

    def command(self, argv: list[str], **environment: str) -> list[str]:
        """The command that runs argv in this confinement."""
        plan = self.plan | {"argv": argv, "environment": self.plan["environment"] | environment}
        file = self.folder / f"plan-{len(list(self.folder.glob('plan-*')))}.json"
        file.write_text(json.dumps(plan))
        return [sys.executable, str(Path(__file__).with_name("confined.py")), str(file)]

    def run(self, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(list(argv), **environment), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def hear(self, wanted: str) -> None:
        """Wait until the supervisor was told so."""
        assert self.supervisor is not None
        end = time.monotonic() + PATIENCE
        while wanted not in self.heard:
            assert time.monotonic() < end, (self.heard, self.log())
            assert self.process is None or self.process.poll() is None or wanted == "STOPPING=1", self.log()
            with contextlib.suppress(TimeoutError):
                self.heard.append(self.supervisor.recv(200).decode())

    def children(self) -> list[int]:
        """The reading workers' process ids."""
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task")
        return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def _program() -> list[str]:
    """Where Python itself lies, and nothing else of /usr/bin."""
    found = ["/usr/bin/python3", os.path.realpath(sys.executable)] if sys.base_prefix == "/usr" else [sys.base_prefix]
    return [path for path in found if Path(path).exists()]


@contextlib.contextmanager
def confined_house(
    folder: Path, confinement: dict[str, Any], words: list[str], settings: dict[str, Path], *, cwd: str, data: str
) -> Iterator[Confined]:
    """`mailguard WORDS` in a confinement. settings: inside -> outside, read-only; data: where its folder is inside."""
    for name in ("root", "data", "run"):
        (folder / name).mkdir()
    os.chown(folder / "data", confinement["uid"], confinement["uid"])
    (folder / "data").chmod(0o700)
    projects = {str(ROOT), sys.prefix, sysconfig.get_paths()["purelib"]}
    mine = sorted(path for path in projects if not any(path.startswith(f"{other}/") for other in projects))
    supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    supervisor.bind(str(folder / "run" / "notify"))
    (folder / "run" / "notify").chmod(0o666)
    (folder / "run").chmod(0o755)
    supervisor.settimeout(0.2)
    plan = confinement | {
        "root": str(folder / "root"),
        "read": [path for path in (*_SYSTEM, *_program()) if Path(path).exists()],
        "read_again": mine,
        "write": {data: str(folder / "data")},
        "settings": {"/run/systemd": str(folder / "run")} | {inside: str(path) for inside, path in settings.items()},
        "cwd": cwd,
        "environment": {"NOTIFY_SOCKET": "/run/systemd/notify", "WATCHDOG_USEC": "1500000", "LANG": "C.UTF-8",
                        "PYTHONDONTWRITEBYTECODE": "1"},
    }  # fmt: skip
    house = Confined(plan, folder, supervisor=supervisor)
    with supervisor, (folder / "log").open("ab") as log:
        command = house.command([sys.executable, "-m", "mailguard", *words])
        house.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            house.hear("READY=1")
            yield house
            house.process.terminate()
            house.hear("STOPPING=1")
            assert house.process.wait(PATIENCE) == 0, house.log()
        finally:
            if house.process.poll() is None:
                house.process.kill()
                house.process.wait(PATIENCE)
