"""The built-in settings of `make run`: everything on loopback, shipped policies enforced, a Maildir as the upstream.

They answer to three variables only: PORT_SMTP, PORT_CONSOLE and VAR. Nothing here is meant for a company's real mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Problem, Problems

#: The people of the try-out company; any other address of its domain works as well.
DOMAIN = "corp.example"
ADMINISTRATOR = f"admin@{DOMAIN}"


def tryout_settings(variables: Mapping[str, str]) -> dict[str, Any]:
    """The settings as data, as if read from a file. Raises Problems about a port that is none."""
    smtp = variables.get("PORT_SMTP") or "2525"
    console = variables.get("PORT_CONSOLE") or "8025"
    ports = {"PORT_SMTP": smtp, "PORT_CONSOLE": console}
    if wrong := [name for name, port in ports.items() if not port.isdecimal() or int(port) > 65535]:
        said = Sentence("2525 のようなポート番号を書いてください。", "write a port, such as 2525")
        raise Problems([Problem(f"environment {name}", 1, 1, f"{ports[name]!r}: " + said) for name in wrong])
    var = Path(variables.get("VAR") or "var").absolute()
    return {
        "organization": {"domains": [DOMAIN], "name": "Corp", "language": "ja", "timezone": "Asia/Tokyo"},
        "listeners": [
            {"address": f"127.0.0.1:{smtp}", "auth": "none", "trusted_networks": ["127.0.0.0/8"]},
        ],
        "upstream": {"url": f"mailbox:{var / 'mailbox'}"},
        "store": {"url": f"sqlite:{var / 'mailguard.db'}", "bodies": str(var / "bodies")},
        "policies": [str(shipped_policies())],
        "console": {
            "address": f"127.0.0.1:{console}",
            "url": f"http://127.0.0.1:{console}",
            "administrators": [ADMINISTRATOR],
        },
        "notify": {"from": f"mailguard@{DOMAIN}"},
    }


def shipped_policies() -> Path:
    """The folder of the policies that come with mailguard: inside the installed package, or the checkout's own."""
    package = Path(__file__).parent.parent
    installed = package / "shipped" / "policies"
    return installed if installed.is_dir() else package.parent.parent / "policies"
