"""TLS at the front door as testssl.sh sees it (an external program, Debian's testssl.sh): STARTTLS and implicit.

Its findings are taken as it gives them; those of our certificate, which is a test's own, are not asked for.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from tests.door import TRUSTED, open_door, with_tls
from tests.faults.rows import Row
from tests.missing import missing

#: Protocols, ciphers, forward secrecy, known vulnerabilities.
_ASKED = ("-p", "-s", "-f", "-U")
_BAD = frozenset({"LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL"})


async def run(folder: Path, size: float) -> Row:
    """Both kinds of listener at once; a small size asks for the protocols only."""
    asked = _ASKED if size >= 0.5 else _ASKED[:1]
    found = await asyncio.gather(*(_scanned(_place(folder / kind), kind, asked) for kind in ("starttls", "implicit")))
    bad = tuple(
        f"{kind}: {one['id']} {one['finding']}"
        for kind, findings in zip(("starttls", "implicit"), found, strict=True)
        for one in findings
        if one["severity"] in _BAD
    )
    good = sum(one["severity"] == "OK" for findings in found for one in findings)
    return Row("testssl.sh at the door", 2, 0, 0, 0, 0, 0, said=f"{good} findings OK, {len(bad)} others", wrong=bad)


def _place(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _scanned(folder: Path, kind: str, asked: tuple[str, ...]) -> list[dict[str, Any]]:
    tls: Literal["starttls", "implicit"] = "starttls" if kind == "starttls" else "implicit"
    listener = replace(with_tls(folder, replace(TRUSTED, auth="optional")), tls=tls)
    report = folder / "report.json"
    async with open_door(folder, listener) as (_, _, port):
        command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(report), *asked]
        command += ["--starttls", "smtp"] if kind == "starttls" else []
        try:
            program = await asyncio.create_subprocess_exec(
                *command, f"127.0.0.1:{port}", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
        except FileNotFoundError:
            missing("Debian's package testssl.sh")
        await program.wait()
    findings: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))
    if not any(one["severity"] == "OK" for one in findings):
        raise AssertionError(f"{kind}: testssl.sh found nothing at all")
    return findings
