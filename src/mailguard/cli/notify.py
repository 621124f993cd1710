"""`mailguard notify`: whether the chat channels work, tried by a message that says that it is a test.

It sends over the network and opens no ledger, so it can be run before the server is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import click

from mailguard.app.chat import open_channel, speaker
from mailguard.app.rooms import utc_now
from mailguard.cli import Group
from mailguard.cli.language import say
from mailguard.cli.ledger import quiet
from mailguard.cli.setup import fail, read_config, refuse, with_config
from mailguard.config import Config
from mailguard.config.channels import channels
from mailguard.courier.client import NotCarried
from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.saying import Sentence
from mailguard.notify.channels.channel import Never, Nobody, NotNow, Said
from mailguard.notify.channels.settings import ChannelSettings
from mailguard.policy.marks import Problems
from mailguard.policy.suggest import did_you_mean

_TAKEN = Sentence("受け取られました。", "ok")


@click.group("notify", cls=Group)
def notify() -> None:
    """Try the chat channels of notify.channels."""


@notify.command("test")
@with_config
@click.option("--channel", "name", help="Only this channel.")
@click.option("--person", help="For channels that write to persons: to whom.  [default: the first administrator]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def test(config_file: Path | None, name: str | None, person: str | None, as_json: bool) -> None:
    """Send a test message to each channel, and say of each whether it was taken, or why not. Status 1 if one failed."""
    config = read_config(config_file)
    chosen = _chosen(config, name)
    try:
        to = parse_address(person).key if person else next(iter(config.settings.console.administrators), "")
    except AddressError as error:
        raise click.UsageError(
            Sentence(
                "--person {person!r}の指定が正しくありません: {error}",
                "--person {person!r}: {error}",
                person=person,
                error=error,
            )
        ) from None
    with quiet():
        wrong = asyncio.run(_tried(config, chosen, to))
    if as_json:
        said = [{"name": one.name, "kind": one.kind, "ok": not why, "why": why} for one, why in wrong]
        click.echo(json.dumps({"channels": said}, ensure_ascii=False))
    else:
        for one, why in wrong:
            say(f"{one.name} ({one.kind}): " + (why or _TAKEN), err=bool(why))
    raise SystemExit(1 if any(why for _, why in wrong) else 0)


def _chosen(config: Config, name: str | None) -> Sequence[ChannelSettings]:
    try:
        found = channels(config)
    except Problems as error:
        refuse(error)
    if not found:
        said = Sentence(
            "チャット通知が設定されていません。docs/ja/channels.md の notify.channels をご覧ください。",
            "no chat channel is set up: see notify.channels in docs/channels.md",
        )
        fail(said)
    chosen = [one for one in found if name in (None, one.name)]
    if not chosen:
        fail(
            Sentence("チャネル {name} はありません。", "no channel {name}", name=name)
            + did_you_mean(name or "", [one.name for one in found])
        )
    return chosen


async def _tried(config: Config, chosen: Sequence[ChannelSettings], to: str) -> list[tuple[ChannelSettings, str]]:
    """Each with what is wrong, "" if nothing. Side by side: a silent one does not keep the others waiting."""
    whys = await asyncio.gather(*(_try(config, one, to) for one in chosen))
    return list(zip(chosen, whys, strict=True))


async def _try(config: Config, settings: ChannelSettings, to: str) -> str:
    if settings.to_person and not to:
        return Sentence(
            "個人宛ての通知ですが、管理者が設定されていません。--person で相手を指定してください。",
            "it writes to persons, and there is no administrator; name one with --person",
        )
    now = utc_now()
    try:
        channel = await open_channel(settings)
        outcome = await channel.say(speaker(config).test(now), to if settings.to_person else "", int(now.timestamp()))
    except NotCarried as error:
        return str(error)
    match outcome:
        case Said():
            return ""
        case Nobody():
            return Sentence(
                "{to} は相手先に登録されていません。docs/ja/channels.md の people: をご覧になるか、--person "
                "で別の人を指定してください。",
                "{to} is not known there; see people: in docs/channels.md, or name another with --person",
                to=to,
            )
        case NotNow(why) | Never(why):
            return why
