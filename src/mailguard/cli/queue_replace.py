"""`mailguard queue replace-recipient`: whoever was meant gets a held mail instead of a wrong recipient.

The review room judges the mail anew and decides; it prints. Nobody can be named but who is proposed.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.judging import judging
from mailguard.app.rooms import Rooms
from mailguard.cli.language import say
from mailguard.cli.ledger import acting, local, no_address, with_ledger
from mailguard.cli.queue_doing import why
from mailguard.cli.setup import fail, refuse, with_config
from mailguard.cli.words import state_word
from mailguard.inspect.workers import ReadersDead
from mailguard.mail.address import Address, AddressError, parse_typed
from mailguard.mail.saying import Sentence
from mailguard.memory.settings import MemoryFault
from mailguard.policy.marks import Problems
from mailguard.review import Offer, ReviewError, View


@click.command("replace-recipient")
@with_config
@click.argument("message_id", metavar="ID")
@click.argument("address", metavar="ADDRESS")
@click.option("--comment", default="", help="Kept in the history.")
@click.option("--dry-run", is_flag=True, help="Say who would get it instead, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def replace_recipient(
    config_file: Path | None, message_id: str, address: str, comment: str, dry_run: bool, as_json: bool
) -> None:
    """Put whoever was probably meant (`queue show` names him) in the place of the wrong recipient ADDRESS. The mail is
    judged anew, and goes if nothing else holds it.
    """
    wrong = _address(address)

    async def tried(rooms: Rooms) -> tuple[Offer, str, str]:
        try:
            async with judging(rooms):
                view = await rooms.review.show(acting(), message_id)
                offer = _offer(view, wrong)
                if not dry_run:
                    view = await rooms.review.correct(acting(), message_id, offer, comment)
                ends = view.record.expires_at
                until = "" if ends is None or dry_run else local(ends, rooms)
                return offer, str(view.record.state), until
        except ReviewError as error:
            fail(f"{message_id}: " + why(error))
        except Problems as error:
            refuse(error)
        except (MemoryFault, ReadersDead) as error:
            said = Sentence("判定し直せません: {error}", "it cannot be judged anew: {error}", error=error)
            fail(f"{message_id}: " + said)

    offer, state, until = with_ledger(config_file, tried)
    if as_json:
        shown = {"id": message_id, "done": not dry_run, "state": state, "wrong": str(wrong), "meant": str(offer.meant)}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        say(f"{message_id}: " + _told(offer, state_word(state), until, dry_run))


def _told(offer: Offer, state: str, until: str, dry_run: bool) -> Sentence:
    if dry_run:
        return Sentence(
            "{wrong} を {meant} に置き換えられます({state})。", "{meant} would take the place of {wrong}; {state}",
            meant=offer.meant, wrong=offer.wrong, state=state,
        )  # fmt: skip
    end = Sentence("、期限 {until}", " until {until}", until=until) if until else ""
    return Sentence(
        "{wrong} を {meant} に置き換えました({state}{end})。", "{meant} takes the place of {wrong}; {state}{end}",
        meant=offer.meant, wrong=offer.wrong, state=state, end=end,
    )  # fmt: skip


def _offer(view: View, wrong: Address) -> Offer:
    """Whoever is proposed in his place. Ends with status 1 if nobody is."""
    offer = next((one for one in view.offers if one.wrong == wrong), None)
    if offer is None:
        copy = view.record.recipient(wrong)
        nobody = Sentence(
            "{wrong} はこのメールの宛先ではありません。", "{wrong} is no recipient of this mail", wrong=wrong
        )
        if copy is None:
            fail(f"{view.record.id}: " + nobody)
        none = Sentence(
            "{wrong}({state})の代わりに提案できる宛先はありません。",
            "{wrong} ({state}): nobody is proposed in his place",
            wrong=wrong, state=state_word(copy.state),
        )  # fmt: skip
        fail(f"{view.record.id}: " + none)
    return offer


def _address(text: str) -> Address:
    try:
        return parse_typed(text)
    except AddressError as error:
        raise click.BadParameter(no_address(error), param_hint="ADDRESS") from None
