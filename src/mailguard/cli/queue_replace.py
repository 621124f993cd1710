"""`mailguard queue replace-recipient`: whoever was meant gets a held mail instead of a wrong recipient.

The review room judges the mail anew and decides; it prints. Nobody can be named but who is proposed.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.judging import judging
from mailguard.app.rooms import Rooms
from mailguard.cli.ledger import acting, local, with_ledger
from mailguard.cli.queue_doing import why
from mailguard.cli.setup import fail, refuse, with_config
from mailguard.inspect.workers import ReadersDead
from mailguard.mail.address import Address, AddressError, parse_typed
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
                until = f" until {local(ends, rooms)}" if ends is not None and not dry_run else ""
                return offer, str(view.record.state), until
        except ReviewError as error:
            fail(f"{message_id}: {why(error)}")
        except Problems as error:
            refuse(error)
        except (MemoryFault, ReadersDead) as error:
            fail(f"{message_id}: it cannot be judged anew: {error}")

    offer, state, until = with_ledger(config_file, tried)
    if as_json:
        shown = {"id": message_id, "done": not dry_run, "state": state, "wrong": str(wrong), "meant": str(offer.meant)}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        verb = "would take" if dry_run else "takes"
        click.echo(f"{message_id}: {offer.meant} {verb} the place of {wrong}; {state}{until}")


def _offer(view: View, wrong: Address) -> Offer:
    """Whoever is proposed in his place. Ends with status 1 if nobody is."""
    offer = next((one for one in view.offers if one.wrong == wrong), None)
    if offer is None:
        copy = view.record.recipient(wrong)
        why = "is no recipient of this mail" if copy is None else f"({copy.state}): nobody is proposed in his place"
        fail(f"{view.record.id}: {wrong} {why}")
    return offer


def _address(text: str) -> Address:
    try:
        return parse_typed(text)
    except AddressError as error:
        raise click.BadParameter(f"not a mail address: {error}", param_hint="ADDRESS") from None
