"""`mailguard explain`: what the policies would do with a mail, in a file or in the ledger, rule by rule, and why.
Nothing is sent or kept.

The mail is read in a worker process, as at the door: a hostile file cannot harm this program. Without --from
and --to the envelope is taken from the headers, which the real one need not resemble. What was written to before is
asked of the ledger of the configuration; --known names domains instead, and without either every one counts as new.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mailguard.app.people import policy_of
from mailguard.app.remembering import MemoryFault, compared_now
from mailguard.app.rooms import Rooms, ledger_path, open_rooms, utc_now
from mailguard.cli.language import say, spoken
from mailguard.cli.ledger import with_ledger
from mailguard.cli.piped import mail_from
from mailguard.cli.setup import fail, read_config, refuse, with_config
from mailguard.cli.words import reading_language
from mailguard.config import Config
from mailguard.config.rooms import organization, reading_limits, resolver
from mailguard.inspect.workers import Readers
from mailguard.mail.address import NULL_PATH, Address, AddressError, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts, HeaderAddress
from mailguard.mail.message import Body, is_message_id
from mailguard.mail.saying import Sentence, reason_of
from mailguard.mail.verdict import Because, Disposition
from mailguard.policy.alteration_words import ALTERATIONS
from mailguard.policy.case import Case, Known, known_keys
from mailguard.policy.explain import disposition_word
from mailguard.policy.explain import explain as explained
from mailguard.policy.loader import Policy
from mailguard.policy.marks import Problems
from mailguard.policy.question import question
from mailguard.policy.schema.example import parse_local_time
from mailguard.policy.whose import sender_key
from mailguard.resolver import Resolver
from mailguard.review.rules import RuleReview
from mailguard.store.errors import StoreError
from mailguard.store.spool import BodyGone

_FOR_FILES = Sentence(
    "--from、--to、--login、--known はファイルのためのものです。台帳のメールには指定できません。",
    "--from, --to, --login and --known are for files: a mail of the ledger has its own",
)
_WITHOUT_TEXT = Because(
    "本文はもう残っていないため、記録された事実から再現しています。",
    "The text is no longer kept: this is from recorded facts.",
)


@click.command("explain")
@click.argument("file", type=click.Path(path_type=Path, readable=False), metavar="FILE|ID")
@click.option("--from", "sender", help="The envelope's sender; <> is the null path.")
@click.option("--to", "recipients", multiple=True, help="A recipient of the envelope; may be given several times.")
@click.option("--login", help="The login at the door; the sender's, if left out.")
@click.option("--known", multiple=True, help="A domain or address written to before; the ledger is not asked then.")
@click.option("--at", help="When it comes in, by the calendar's clock, such as 2026-12-31 23:30; now, if left out.")
@with_config
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(
    file: Path,
    sender: str | None,
    recipients: tuple[str, ...],
    login: str | None,
    known: tuple[str, ...],
    at: str | None,
    config_file: Path | None,
    as_json: bool,
) -> None:
    """Print the verdict on the mail in FILE (- is stdin), or on the held or past mail of that ID, with every rule, hit
    or miss, and why.
    """
    if is_message_id(str(file)) and not file.exists():
        if sender is not None or recipients or login or known:
            raise click.UsageError(_FOR_FILES)
        _explain_recorded(str(file), config_file, as_json)
        return
    try:
        octets = mail_from(sys.stdin.buffer) if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(Sentence("{file}: 読めません: {why}", "{file}: cannot be read: {why}", file=file, why=reason_of(error)))
    config = read_config(config_file)
    try:
        policy = policy_of(config)
    except Problems as error:
        refuse(error)
    facts = asyncio.run(_read(octets, config))
    envelope = _envelope(facts, sender, recipients, login)
    moment = _moment(at, policy)
    before = _known(known) if known else asyncio.run(_remembered(config, envelope, facts, policy, moment))
    case = Case(envelope, facts, organization(config), before, len(octets), moment)
    if "mx" in policy.needs:
        domains = [one.ascii_domain for one in envelope.recipients if not case.organization.is_internal(one)]
        case = replace(case, mail_domains=asyncio.run(Resolver(resolver(config)).mail_domains(domains)))
    if not known:
        case = asyncio.run(_compared(config, case, moment))
    said = explained(policy, case)
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        _print(said, reading_language(config.settings.organization.language))


async def _compared(config: Config, case: Case, moment: datetime) -> Case:
    """With the risks that a server would see now; without the ledger and its model nobody knows any."""
    if not ledger_path(config).exists():
        return case
    try:
        async with open_rooms(config) as rooms:
            return await compared_now(rooms, case, moment)
    except (StoreError, MemoryFault) as error:
        unasked = Sentence(
            "宛先モデルに問い合わせできません: {error}",
            "the model of who writes to whom is not asked: {error}",
            error=error,
        )
        say("mailguard explain: " + unasked, err=True)
        return case


def _explain_recorded(message_id: str, config_file: Path | None, as_json: bool) -> None:
    """A mail of the ledger: its octets are read again if they are still there, else its recorded facts must do."""

    async def work(rooms: Rooms) -> dict[str, Any]:
        config = rooms.config
        try:
            policy = await asyncio.to_thread(policy_of, config)
        except Problems as error:
            refuse(error)
        facts = None
        with contextlib.suppress(BodyGone, OSError):
            body = await rooms.spool.body(message_id)
            facts = await _read(await asyncio.to_thread(body.read), config)
        rules = RuleReview(rooms.db, policy=lambda: policy, organization=organization(config), now=utc_now)
        said = await rules.explain(message_id, facts)
        if said is None:
            none = Sentence(
                "{id}: そのメールがないか、判定時の情報が記録されていません。",
                "{id}: no such mail, or what the judge knew of it is not recorded",
                id=message_id,
            )
            fail(none)
        return said

    said = with_ledger(config_file, work)
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    language = reading_language(read_config(config_file).settings.organization.language)
    _print(said, language)
    if said["judged_by"] != said["policy"]:
        other = {"ja": "受付時は版 {} が判定しました。", "en": "When it came, version {} judged it."}[language]
        click.echo(other.format(said["judged_by"]))
    if not said["texts"]:
        click.echo({"ja": _WITHOUT_TEXT.ja, "en": _WITHOUT_TEXT.en}[language])


async def _read(octets: bytes, config: Config) -> Facts:
    readers = Readers(reading_limits(config), count=1)
    await readers.start()
    try:
        return await readers.read(Body.of(octets))
    finally:
        await readers.stop()


async def _remembered(config: Config, envelope: Envelope, facts: Facts, policy: Policy, moment: datetime) -> Known:
    """What the ledger knows of these recipients; nothing where there is no ledger yet."""
    if not ledger_path(config).exists():
        return Known()
    try:
        async with open_rooms(config) as rooms:
            asked = question(policy, facts, moment, sender_key(envelope.sender, envelope.client.login))
            known = await rooms.history.known(envelope.sender, envelope.recipients, asked)
            return replace(known, files=await rooms.history.files(facts)) if "files" in policy.needs else known
    except StoreError as error:
        said = Sentence(
            "{ledger}: {error}(--known DOMAIN を指定すれば台帳なしで実行できます)",
            "{ledger}: {error}; --known DOMAIN does without the ledger",
            ledger=ledger_path(config), error=error,
        )  # fmt: skip
        fail(said)


def _envelope(facts: Facts, sender: str | None, recipients: tuple[str, ...], login: str | None) -> Envelope:
    headers = facts.headers
    named = [*headers.to, *headers.cc, *headers.bcc]
    to = [_address(text, "--to") for text in recipients] or _header_addresses(named)
    if not to:
        fail(
            Sentence(
                "メールに宛先がありません。--to で指定してください。", "the mail names no recipient: give one with --to"
            )
        )
    if sender is not None:
        path = NULL_PATH if sender in ("", "<>") else ReversePath(_address(sender, "--from"))
    else:
        path = ReversePath(next(iter(_header_addresses(headers.sender)), None))
    client = Client("127.0.0.1", "explain", login=login or (None if path.is_null else str(path)))
    return Envelope(path, tuple(dict.fromkeys(to)), client)


def _address(text: str, option: str) -> Address:
    try:
        return parse_address(text.strip().removeprefix("<").removesuffix(">"))
    except AddressError as error:
        said = Sentence(
            "{text!r}はアドレスではありません: {error}", "{text!r} is not an address: {error}", text=text, error=error
        )
        raise click.BadParameter(said, param_hint=option) from error


def _header_addresses(named: list[HeaderAddress] | tuple[HeaderAddress, ...]) -> list[Address]:
    """Those that could stand in an envelope."""
    found = []
    for header in named:
        try:
            found.append(parse_address(header.address))
        except AddressError:
            odd = header.address[:100]
            left = Sentence("アドレスではないため除外しました: {odd}", "left out, not an address: {odd}", odd=odd)
            say("mailguard: " + left, err=True)
    return found


def _moment(at: str | None, policy: Policy) -> datetime:
    try:
        return utc_now() if at is None else policy.calendar.at(parse_local_time(at))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error


def _known(texts: tuple[str, ...]) -> Known:
    keys = frozenset(known_keys(_address(t, "--known")) if "@" in t else t.lower() for t in texts)
    return Known(keys, keys, tuple(sorted(key for key in keys if "@" not in key)))


def _print(said: dict[str, Any], language: str) -> None:
    words = {d.word: getattr(disposition_word(d), language) for d in Disposition}
    version = Sentence("ポリシー {version}", "policy {version}", version=said["policy"])
    click.echo(f"{words[said['disposition']]}  ({spoken(version)})")
    for recipient in said["recipients"]:
        side = {"ja": ("社内", "社外"), "en": ("internal", "external")}[language][recipient["external"]]
        rules = ", ".join(recipient["rules"]) or "-"
        click.echo(f"  {recipient['address']} [{side}] {words[recipient['disposition']]}: {rules}")
        for line in _odd(recipient, language):
            click.echo(f"    {line}")
        if recipient["alter"]:
            done = [getattr(ALTERATIONS[word], language) for word in recipient["alter"]]
            click.echo(f"    ± {'、'.join(done) if language == 'ja' else ', '.join(done)}")
    exempt = said["notes"].get(f"exempt_{language}")
    if exempt:
        click.echo(exempt)
    for finding in said["findings"]:
        if finding["mode"] == "enforce":
            click.echo(f"! {finding['because'][language]}")
    for rule in said["rules"]:
        sign = "?" if rule["hit"] is None else "●" if rule["hit"] else "○"
        click.echo(f"{sign} {rule['id']}: {rule['why'][language]}")


def _odd(recipient: dict[str, Any], language: str) -> Iterator[str]:
    """Why a recipient looks like a mistake to the model, and whom the sender probably meant."""
    risk, meant = {"ja": ("誤送信リスク", "もしかして"), "en": ("risk", "meant, probably")}[language]
    if "risk_because" in recipient:
        yield f"{risk} {recipient['risk']:.2f}: {recipient['risk_because'][language]}"
    if "alternative" in recipient:
        yield f"{meant}: {recipient['alternative']}"
