"""`mailguard doctor`: what is wrong or will be, and what to do; beside a running server or without one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from mailguard.app.doctor.run import examine
from mailguard.cli.language import spoken
from mailguard.cli.ledger import plain, quiet
from mailguard.cli.setup import with_config
from mailguard.mail.saying import Sentence

#: All four columns wide.
_MARK = {
    "pass": Sentence("正常", "ok  "),
    "warn": Sentence("警告", "WARN"),
    "fail": Sentence("異常", "FAIL"),
}


@click.command("doctor")
@with_config
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def doctor(config_file: Path | None, as_json: bool) -> None:
    """Look at configuration, ports, certificates, upstream, disk, ledger and readers. Status 1 if something fails."""
    if config_file is None and Path("mailguard.yaml").is_file():
        config_file = Path("mailguard.yaml")
    with quiet():
        found = asyncio.run(examine(config_file))
    if as_json:
        click.echo(json.dumps({"checks": [check.to_json() for check in found]}, ensure_ascii=False))
    else:
        for check in found:
            click.echo(f"{spoken(_MARK[check.status])} {check.name:<14} {plain(spoken(check.detail))}")
            if check.remedy:
                click.echo(f"{'':<20}-> {plain(spoken(check.remedy))}")
    raise SystemExit(any(check.status == "fail" for check in found))
