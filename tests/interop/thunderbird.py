"""A real Thunderbird on a screen of its own (Xvfb), driven by its remote protocol, Marionette.

It runs with a fresh profile in a folder of its own: one identity without an incoming server, one outgoing server, which
is what the test says. Its own compose window writes and sends the mails. A test certificate is accepted as a user does
in the dialog. It talks to nothing but the given ports of this machine; no program of the user's is touched.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.house import PASSWORD
from tests.interop.mailers import Desk, Letter
from tests.interop.programs import USER, Sent
from tests.interop.wires import Way
from tests.missing import missing
from tests.postfix import free_port

PATIENCE = 60.0
_SECURITY: dict[Way, int] = {"plain": 0, "starttls": 2, "tls": 3}  # nsMsgSocketType
_PREFERENCES = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1",
    "mail.server.server1.type": "none",
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.name": "Local Folders",
    "mail.server.server1.userName": "nobody",
    "mail.identity.id1.fullName": "安 花子",
    "mail.identity.id1.useremail": USER,
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.valid": True,
    "mail.identity.id1.compose_html": False,
    "mail.identity.id1.fcc_folder": "mailbox://nobody@Local%20Folders/Sent",
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": "localhost",
    "mail.shell.checkDefaultClient": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.proxy.type": 0,
    "app.update.enabled": False,
}

_SET_UP = """
const [port, security, login, password] = arguments;
const server = "mail.smtpserver.smtp1.";
Services.prefs.setIntPref(server + "port", port);
Services.prefs.setIntPref(server + "try_ssl", security);
Services.prefs.setIntPref(server + "authMethod", login ? 3 : 1);
Services.prefs.setStringPref(server + "username", login);
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const outgoing = MailServices.outgoingServer.servers[0];
outgoing.closeCachedConnections();
outgoing.password = password;
"""

_ACCEPT_CERTIFICATE = """
const [port, der] = arguments;
const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
const overrides = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
overrides.rememberValidityOverride("localhost", port, {}, database.constructX509FromBase64(der), false);
"""

_COMPOSE = """
const [to, subject, text, files] = arguments;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const make = (name, kind) => Cc["@mozilla.org/messengercompose/" + name + ";1"].createInstance(kind);
const fields = make("composefields", Ci.nsIMsgCompFields);
[fields.to, fields.subject, fields.body] = [to, subject, text];
for (const url of files) {
  const attached = make("attachment", Ci.nsIMsgAttachment);
  attached.url = url;
  fields.addAttachment(attached);
}
const params = make("composeparams", Ci.nsIMsgComposeParams);
params.composeFields = fields;
params.identity = MailServices.accounts.allIdentities[0];
params.format = Ci.nsIMsgCompFormat.PlainText;
params.type = Ci.nsIMsgCompType.New;
MailServices.compose.OpenComposeWindowWithParams(null, params);
"""

_COMPOSER = 'const composer = Services.wm.getMostRecentWindow("msgcompose");'


class Failed(Exception):
    """What Marionette said: a kind from WebDriver's list, and more in words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Marionette:
    """Marionette's protocol: JSON in a frame `length:[...]`, a reply to each command."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._file = self._connection.makefile("rwb")
        self._number = 0
        self._reply()

    def do(self, command: str, **parameters: object) -> Any:
        """One command. Raises Failed."""
        self._number += 1
        octets = json.dumps([0, self._number, command, parameters]).encode()
        self._file.write(b"%d:%b" % (len(octets), octets))
        self._file.flush()
        _, _, error, value = self._reply()
        if error:
            raise Failed(error["error"], error["message"])
        return value

    def script(self, text: str, *arguments: object) -> Any:
        """Run this in Thunderbird's own window; returns what it returns."""
        return self.do("WebDriver:ExecuteScript", script=text, args=arguments, sandbox="system")["value"]

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._connection.close()

    def _reply(self) -> Any:
        length = b""
        while (octet := self._file.read(1)) not in (b":", b""):
            length += octet
        return json.loads(self._file.read(int(length)))


class Thunderbird:
    """A running Thunderbird. Sends one mail at a time."""

    def __init__(self, marionette: Marionette) -> None:
        self._marionette = marionette
        marionette.do("WebDriver:NewSession", unhandledPromptBehavior="ignore")
        marionette.do("Marionette:SetContext", value="chrome")
        self._home = marionette.do("WebDriver:GetWindowHandle")["value"]

    def send(self, desk: Desk, letter: Letter, *, again: bool = False) -> Sent:
        """Write the letter in the compose window and press Send. What the user is then told is its text.

        A mail that could not be sent stays open in its window, as for a user: with `again` Send is pressed once more,
        else it is closed.
        """
        marionette = self._marionette
        marionette.do("WebDriver:SwitchToWindow", handle=self._home)
        login = ("", "") if desk.way == "plain" else (USER, PASSWORD)
        marionette.script(_SET_UP, desk.port, _SECURITY[desk.way], *login)
        der = base64.b64encode(_der(desk.ca)).decode()
        marionette.script(_ACCEPT_CERTIFICATE, desk.port, der)
        files = [file.as_uri() for file in letter.files]
        marionette.script(_COMPOSE, ", ".join(letter.to), letter.subject, letter.text, files)
        self._wait("return !!composer?.gMsgCompose?.editor && !composer.gWindowLocked;", "the compose window")
        self._go_to_composer()
        told = self._press_send()
        if told:
            self._back_to_draft()
        if told and again:
            assert not self._press_send()
        elif told:
            self._close()
        return Sent(not told, told)

    def _go_to_composer(self) -> None:
        for handle in self._marionette.do("WebDriver:GetWindowHandles"):
            self._marionette.do("WebDriver:SwitchToWindow", handle=handle)
            if "messengercompose" in self._marionette.script("return document.documentURI"):
                return
        raise AssertionError("Thunderbird: the compose window is not among its windows")

    def _wait(self, condition: str, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self._marionette.script(_COMPOSER + condition):
            assert time.monotonic() < end, f"Thunderbird: no {what}"
            time.sleep(0.05)

    def _press_send(self) -> str:
        """Send, and wait: empty when the compose window has gone, else what a dialog before it says."""
        self._marionette.script('setTimeout(() => goDoCommand("cmd_sendNow"));')
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                return str(self._marionette.do("WebDriver:GetAlertText")["value"])
            except Failed as failed:
                if failed.kind == "no such window":
                    return ""
                if failed.kind != "no such alert":
                    raise
            time.sleep(0.05)
        raise AssertionError("Thunderbird neither sent the mail nor said why")

    def _back_to_draft(self) -> None:
        """Away with the dialog; behind it the draft is as it was."""
        self._marionette.do("WebDriver:AcceptAlert")
        self._wait("return !!composer && !composer.gWindowLocked;", "compose window behind the dialog")

    def _close(self) -> None:
        self._marionette.script("gMsgCompose.bodyModified = gContentChanged = false; setTimeout(() => window.close());")
        self._marionette.do("WebDriver:SwitchToWindow", handle=self._home)
        self._wait("return !composer;", "end of the compose window")


def _der(certificate: Path) -> bytes:
    lines = certificate.read_text().splitlines()
    return base64.b64decode("".join(line for line in lines if not line.startswith("-----")))


@contextlib.contextmanager
def running_thunderbird(folder: Path) -> Iterator[Thunderbird]:
    """Start a screen and Thunderbird on it; end both."""
    for program in ("thunderbird", "Xvfb"):
        if shutil.which(program) is None:
            missing(f"Debian's package {program.lower()}")
    with _screen() as display:
        port = free_port()
        (folder / "profile").mkdir()
        preferences = {**_PREFERENCES, "marionette.port": port}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items())
        (folder / "profile" / "user.js").write_text("\n".join(lines))
        environment = {**os.environ, "HOME": str(folder), "DISPLAY": display, "MOZ_CRASHREPORTER_DISABLE": "1"}
        command = ["thunderbird", "--no-remote", "--marionette", "--remote-allow-system-access"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--profile", str(folder / "profile")], stdout=log, stderr=log, env=environment
            )
        try:
            marionette = _connected(port, process)
            yield Thunderbird(marionette)
            marionette.close()
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _connected(port: int, process: subprocess.Popen[bytes]) -> Marionette:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            return Marionette(port)
        time.sleep(0.1)
    raise AssertionError("Thunderbird does not start")


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    """An X server without a screen; yields its DISPLAY."""
    told, tell = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(tell), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(tell)
    try:
        with os.fdopen(told) as said:
            yield f":{said.readline().strip()}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
