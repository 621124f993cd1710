"""A house whose own output has nowhere to go takes mail, sends it on and ends as always."""

from __future__ import annotations

import smtplib
import subprocess
from pathlib import Path

import pytest
from tests.house import House, furnish, settings, start


def send(house: House) -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", house.smtp, timeout=20) as client:
        client.ehlo()
        client.mail("ann@corp.example")
        client.rcpt("bob@corp.example")
        return client.data(b"From: ann@corp.example\r\nSubject: x\r\n\r\nx\r\n")


@pytest.mark.parametrize("how", ["full", "closed"])
def test_mail_goes_on_without_a_log(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mailguard"
    data, ports = settings(folder, "mailbox:var/mailbox")
    furnish(folder, data)
    popen = subprocess.Popen
    end = ">/dev/full 2>&1" if how == "full" else ">&- 2>&-"

    def without_an_end(command: list[str], **named: object) -> object:
        if "serve" not in command:
            return popen(command, **named)  # type: ignore[call-overload]
        return popen(["sh", "-c", f'exec "$@" {end}', "sh", *command], **named)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", without_an_end)
    house = start(folder, ports)
    try:
        for _ in range(5):
            assert send(house)[0] == 250
    finally:
        status = house.stop()
    assert status == 0
    assert len(list((folder / "var" / "mailbox" / "new").iterdir())) == 5
