"""What may stand in the repository: no secret, no registry, no path or number of a machine; hashed locks.

It reads every file that git knows (or, without git, every file that is no product of a build) and the Dockerfile.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("run", "test", "build")

_PRODUCTS = {".venv", "var", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}
#: Hosts that a file may name: where standards and licences are, and what no file can do without.
_PUBLIC = {"www.rfc-editor.org", "www.iana.org", "www.w3.org", "www.apache.org", "unicode.org", "json-schema.org"}
_PUBLIC |= {"schemas.openxmlformats.org", "schemas.microsoft.com", "keepachangelog.com", "semver.org", "purl.org"}
#: Issuers that docs/login.md must name letter by letter.
_PUBLIC |= {"login.microsoftonline.com", "outlook.office365.com", "accounts.google.com", "your-company.okta.com"}
#: Services that the product talks to: what they are called is in their own documents.
_PUBLIC |= {"slack.com", "api.chatwork.com", "www.worksapis.com", "auth.worksmobile.com"}
_RESERVED = re.compile(r"(^|\.)(example|test|invalid|localhost|evil|example\.(com|net|org|jp|co\.jp))$")

# Written in pieces, or this file would find itself.
FORBIDDEN = {
    "host of a package registry": re.compile("py" + r"pi\.org|python" + r"hosted\.org|files\.python" + "|npm" + "js"),
    "index option of pip": re.compile("--(extra-)?" + "index-url|--find" + "-links|PIP_" + "(INDEX|FIND)"),
    "path of a machine": re.compile(r"(?<![\w.])/(wo" + r"rk|ro" + r"ot|ho" + r"me/[a-z]+|Users/[A-Za-z]+)/"),
    "private key": re.compile("-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----\s+[A-Za-z0-9+/=\s]{200,}"),
    "token": re.compile("gh" + r"[pousr]_[A-Za-z0-9]{36}|gl" + r"pat-[\w-]{20}|xo" + r"x[abp]-\d{10}"),
}


def tracked_files() -> list[Path]:
    """Every file that belongs to the project."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        return [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return [file for file in ROOT.rglob("*") if file.is_file() and not _PRODUCTS & set(file.relative_to(ROOT).parts)]


def texts() -> Iterator[tuple[Path, str]]:
    for file in tracked_files():
        octets = file.read_bytes()
        if b"\0" not in octets[:8192]:
            yield file.relative_to(ROOT), octets.decode("utf-8", "replace")


def strange_hosts(text: str) -> set[str]:
    hosts = {host.lower().rstrip(".") for host in re.findall(r"\bhttps?://([A-Za-z0-9.-]+\.[A-Za-z]{2,})", text)}
    return {host for host in hosts if host not in _PUBLIC and not _RESERVED.search(host)}


def strange_numbers(text: str) -> set[str]:
    """Private IPv4 addresses that could be a machine's: not loopback, not for documentation, not a whole network.

    Public ones are left alone: a section of an RFC (4.5.3.1) looks like one.
    """
    found = set()
    for number in re.findall(r"(?<![\d.\w])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.\w]|/\d)", text):
        try:
            address = ipaddress.IPv4Address(number)
        except ValueError:
            continue
        documentation = ("10.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "0.0.0.0/8", "240.0.0.0/4")
        known = address.is_loopback or any(address in ipaddress.IPv4Network(net) for net in documentation)
        if address.is_private and not known and not number.endswith(".0"):
            found.add(number)
    return found


def faults_of(text: str) -> list[str]:
    faults = [f"{what}: {found[0][:60]!r}" for what, pattern in FORBIDDEN.items() if (found := pattern.search(text))]
    faults += [f"host: {host}" for host in sorted(strange_hosts(text))]
    return faults


def test_no_file_names_a_registry_a_machine_or_a_secret() -> None:
    faults = [f"{name}: {fault}" for name, text in texts() for fault in faults_of(text)]
    assert not faults, "\n".join(faults)


def test_no_file_names_the_number_of_a_machine() -> None:
    faults = {
        str(name): numbers
        for name, text in texts()
        if name.parts[:2] not in {("tests", "unit"), ("tests", "golden")} and (numbers := strange_numbers(text))
    }
    assert not faults


@pytest.mark.parametrize(
    "text",
    [
        "index = https://" + "pypi" + ".org/simple",
        "pip install --index" + "-url=x y",
        "open('/ro" + "ot/secret')",
        "see https:" + "//wiki.big-company.co.jp/page",
        "-----BEGIN PRIVATE" + " KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 10,
        "token = gh" + "p_" + "a1" * 18,
    ],
)
def test_each_fault_is_seen(text: str) -> None:
    assert faults_of(text)


def test_the_number_of_a_machine_is_seen() -> None:
    assert strange_numbers("host: 10.1" + ".2.3")
    assert not strange_numbers("127.0.0.1 0.0.0.0 192.0.2.7 10.0.0.0/8 4.5.3.1 10.1.2.0/24")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_each_package_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if entry]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.!+]+ ", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert "://" not in text
    assert "@" not in text


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        "run": project["project"]["dependencies"],
        "test": project["project"]["dependencies"] + project["dependency-groups"]["test"],
        "build": project["dependency-groups"]["build"],
    }
    for lock, requirements in wanted.items():
        pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / f"{lock}.lock").read_text(), re.MULTILINE))
        names = {re.split(r"[<>=!~ \[;]", one)[0].lower().replace("_", "-") for one in requirements}
        assert not names - pinned, f"requirements/{lock}.lock is behind pyproject.toml: run make lock"


def test_both_locks_agree() -> None:
    run, test = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements" / f"{name}.lock").read_text(), re.MULTILINE))
        for name in ("run", "test")
    )
    assert {name: test.get(name) for name in run} == run


def instructions(text: str) -> list[tuple[str, str]]:
    """A Dockerfile as (instruction, argument): comments dropped, continued lines joined."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]


def test_the_dockerfile_is_one_that_a_build_accepts() -> None:
    steps = instructions((ROOT / "Dockerfile").read_text())
    known = {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "VOLUME", "EXPOSE", "LABEL", "HEALTHCHECK", "STOPSIGNAL"}
    assert {word for word, _ in steps} <= known | {"ENTRYPOINT", "CMD", "ARG"}
    # The base image is an argument, so that a build can name it by its digest.
    assert steps[0][0] == "ARG"
    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim", steps[0][1])
    stages = [argument for word, argument in steps if word == "FROM"]
    assert stages == ["${PYTHON} AS build", "${PYTHON}"]
    for word, argument in steps:
        if word == "COPY" and not argument.startswith("--from="):
            for source in argument.split()[:-1]:
                assert (ROOT / source).exists(), source
    last = steps[[index for index, (word, _) in enumerate(steps) if word == "FROM"][-1] :]
    count = {word: sum(1 for other, _ in last if other == word) for word, _ in last}
    assert {count.get(word) for word in ("VOLUME", "HEALTHCHECK", "USER", "ENTRYPOINT", "CMD")} == {1}
    assert dict(last)["USER"] not in {"root", "0"}
    # Nothing may run as somebody else after USER, or the image would be root again.
    assert [word for word, _ in last].index("USER") > max(i for i, (word, _) in enumerate(last) if word == "RUN")


def test_the_build_context_holds_what_the_dockerfile_copies() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for word, argument in instructions((ROOT / "Dockerfile").read_text()):
        if word == "COPY" and not argument.startswith("--from="):
            for source in argument.split()[:-1]:
                assert any(source == one or source.startswith(f"{one}/") for one in kept), source


def test_the_scripts_of_ci_are_strict_and_executable() -> None:
    for script in (ROOT / ".ci").iterdir():
        assert script.stat().st_mode & 0o100, script
        assert "\nset -euo pipefail\n" in script.read_text(), script


def test_whoever_stops_the_server_waits_until_it_has_ended() -> None:
    longest = int(re.search(r"(\d+) s at the most \|", (ROOT / "docs/operations.md").read_text())[1])  # type: ignore[index]
    waits = {"deploy/mailguard.service": r"TimeoutStopSec=(\d+)s", "Dockerfile": r"--stop-timeout (\d+)"}
    for file, wait in {**waits, "docs/operations.md": waits["Dockerfile"]}.items():
        assert [int(one) > longest for one in re.findall(wait, (ROOT / file).read_text())] == [True], file


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text[:200]
    assert "END OF TERMS AND CONDITIONS" in text
