"""Secrets stay where they are: in no repr, no error of the configuration, no log, no output for support.

A canary stands for each secret. What is new and has the name of a secret is found here by its name.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import BaseModel, SecretStr
from tests.house import settings

import mailguard
from mailguard.cli.check import check
from mailguard.config import load_config
from mailguard.config.schema import Settings

CANARY = "canary-Zk3vYp0sQ1xW7uRt"
SECRET = re.compile(r"password|secret|token|cookie|nonce|(^|_)code$|(^|_)key$|seed|octets|private|digits|hash_key")
#: Names that only sound like one: type of the field -> never a secret; or Class.field, and why.
_PLAIN_TYPES = re.compile(r"^(int|bool|float|Path|int \| None|Path \| None|Callable\[.*|SecretStr \| None)$")
_NO_SECRET = {
    # codes of findings, countries; keys of tables, tabs and queries
    "Finding.code", "Country.code", "Tab.key", "Term.key", "_Piece.key", "Leaf.key", "_Open.key",
    # a person's name as letters, an address, a number among mails of an archive
    "Person.key", "Recorded.key", "Line.key", "Acquaintance.key",
    # rooms, and counts by kind of secret
    "Rooms.reply_tickets", "Ways.passwords", "Facts.secrets",
    # inside the reading processes, which log nothing and hold nothing but mails
    "_Walk.octets", "_Archive.octets", "FileIn.octets", "Inner.octets", "_Line.octets", "Objects.octets",
    "_Entity.octets", "Decoded.octets", "Uuencoded.octets",
    # pieces of a mail under alteration
    "Entry.octets", "Edit.octets", "Mail.octets", "Attached.octets",
    # an address
    "OauthSettings.token_url",
    # digests
    "TicketSecrets.token_hash", "TicketSecrets.code_salt", "TicketSecrets.code_hash", "TicketSecrets.nonce_hash",
    "Attempt.token_hash", "Attempt.nonce_hash", "Answer.ticket",
}  # fmt: skip


def every_module() -> Iterator[Any]:
    for found in pkgutil.walk_packages(mailguard.__path__, "mailguard."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def dataclass_fields() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    for module in every_module():
        for name, one in vars(module).items():
            if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == module.__name__:
                yield from ((f"{name}.{field.name}", field) for field in dataclasses.fields(one))


def test_no_repr_shows_a_secret() -> None:
    shown = [
        f"{name}: {field.type}"
        for name, field in dataclass_fields()
        if field.repr
        and SECRET.search(field.name)
        and not _PLAIN_TYPES.match(str(field.type))
        and name not in _NO_SECRET
    ]
    assert shown == []
    hidden = {name for name, field in dataclass_fields() if not field.repr}
    assert {"UpstreamSettings.password", "Body.octets", "Opened.cookie", "Ticket.code", "IntakeSettings.key"} <= hidden


def models(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """The model and every model that one of its settings may be."""
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            for part in re.findall(r"mailguard[\w.]*\.\w+", str(field.annotation)):
                module, _, name = part.rpartition(".")
                found = getattr(importlib.import_module(module), name, None)
                if isinstance(found, type) and issubclass(found, BaseModel):
                    models(found, seen)
    return seen


def test_every_setting_that_is_a_secret_is_kept_as_one() -> None:
    wrong, secret = [], 0
    for model in models(Settings, set()):
        for name, field in model.model_fields.items():
            kept = SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
            secret += kept
            if re.search(r"password|secret|token$|private_key", name) and not kept and "_file" not in name:
                wrong.append(f"{model.__name__}.{name}: {field.annotation}")
    assert secret >= 7
    assert wrong == [], "a pydantic model shows this in its repr and its errors"


def said_of(path: Path, environment: dict[str, str]) -> str:
    """What `mailguard check` prints of this configuration, which is wrong."""
    done = CliRunner().invoke(check, ["--config", str(path)], env=environment)
    assert done.exit_code == 1, done.output
    return done.output


NO_TLS = {"url": "smtp://a.example", "tls": "none", "username": "u"}
WRONG: dict[str, Any] = {
    "a password that is a list": {"upstream": {"url": "smtp://a.example", "password": [CANARY]}},
    "a password without a name": {"upstream": {"url": "smtp://a.example", "password": CANARY}},
    "a password without TLS": {"upstream": NO_TLS | {"password": CANARY}},
    "a password in the address": {"upstream": {"url": f"smtp://user:{CANARY}@a.example"}},
    "a webhook that is none": {"notify": {"channels": [{"kind": "slack", "url": f"ftp://x/{CANARY}"}]}},
    "a webhook on this machine": {"notify": {"channels": [{"kind": "teams", "url": f"https://127.0.0.1/{CANARY}"}]}},
    "tokens where none belongs": {"notify": {"channels": [{"kind": "teams", "token": CANARY, "secret": CANARY}]}},
    "a key that is none": {"notify": {"channels": [{"kind": "line_works", "private_key": CANARY, "secret": CANARY}]}},
    "a sign-on without an issuer": {"console": {"oidc": {"client_id": "x", "client_secret": CANARY}}},
    "a directory without TLS": {"directory": {"url": "ldap://x.example", "user": "u", "password": CANARY, "base": 7}},
    "a section that is a password": {"upstream": CANARY},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_no_error_of_the_configuration_shows_one(tmp_path: Path, wrong: dict[str, Any]) -> None:
    data, _ = settings(tmp_path, "smtp://127.0.0.1:25")
    for section, values in wrong.items():
        data[section] = {**data[section], **values} if isinstance(values, dict) and section in data else values
    (tmp_path / "mailguard.yaml").write_text(yaml.safe_dump(data))
    assert CANARY not in said_of(tmp_path / "mailguard.yaml", {})


@pytest.mark.parametrize(
    "environment",
    [
        {"MAILGUARD_UPSTREAM": f'{{"password": "{CANARY}"'},
        {"MAILGUARD_UPSTREAM__PASSWORD": f"[{CANARY}"},
        {"MAILGUARD_UPSTREAM__PASSWORD__X": CANARY},
        {"MAILGUARD_UPSTREAM__PASSWORD": CANARY},
        {"MAILGUARD_UPSTREAM__PASSWORD_FILE": f"/nowhere/{CANARY[:6]}"},
    ],
)
def test_no_error_of_the_environment_shows_one(tmp_path: Path, environment: dict[str, str]) -> None:
    data, _ = settings(tmp_path, "smtp://127.0.0.1:25")
    (tmp_path / "mailguard.yaml").write_text(yaml.safe_dump(data))
    assert CANARY not in said_of(tmp_path / "mailguard.yaml", environment)


def test_neither_settings_nor_doctor_show_one(tmp_path: Path) -> None:
    data, _ = settings(tmp_path, "smtp://127.0.0.1:25")
    del data["listeners"][1:]
    data["upstream"] |= {"username": "user", "password": CANARY}
    data["notify"]["channels"] = [{"name": "x", "kind": "slack", "url": f"https://hooks.example/{CANARY}"}]
    (tmp_path / "mailguard.yaml").write_text(yaml.safe_dump(data))
    config = load_config(tmp_path / "mailguard.yaml", {})
    assert CANARY not in f"{config!r} {config} {config.settings!r} {config.settings.model_dump()}"
    assert CANARY not in json.dumps(config.settings.model_dump(mode="json"), default=str)
    for words in (("doctor", "--json"), ("check", "--json")):
        command = [sys.executable, "-m", "mailguard", *words, "--config", str(tmp_path / "mailguard.yaml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout
        assert CANARY not in done.stdout + done.stderr
