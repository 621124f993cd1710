"""The running house: every room and door made by hand, opened in the order in which mail flows back to front.

It closes in reverse: first nobody comes in any more, last the ledger. It decides nothing about mail. What fails while
opening is one clear sentence, and nothing stays open.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from mailguard import __version__, events
from mailguard.app import roles
from mailguard.app.accepting import front_door, intake_room, load_later
from mailguard.app.anew import Anew, look_at_settings
from mailguard.app.bells import Bells
from mailguard.app.beside import Place, here, nobody_left
from mailguard.app.checkers import door_logins
from mailguard.app.children import Children
from mailguard.app.clocks import count_for_the_console
from mailguard.app.opening import CannotStart, console_port, ended, only_one, runs, sentence
from mailguard.app.own_memory import tidy_now_and_then
from mailguard.app.people import people_path
from mailguard.app.remembering import remembering
from mailguard.app.rooms import Rooms, house_key, ledger_path, open_rooms, utc_now
from mailguard.app.sorting import Elsewhere, sorting_room
from mailguard.app.strain import measure_lag, pressure_room, take_all_descriptors
from mailguard.config.load import Config
from mailguard.config.logins import passwords, user_file
from mailguard.config.rooms import directory, organization, policies, policy_problems, reading_limits
from mailguard.config.rooms import memory as memory_settings
from mailguard.config.upstreams import upstreams
from mailguard.delivery import Delivery
from mailguard.events.whole import WHOLE
from mailguard.inspect import letters
from mailguard.inspect.workers import Readers, ReadersDead
from mailguard.intake import Intake, Remembers
from mailguard.mail.directory import NOBODY
from mailguard.policy.marks import Problems
from mailguard.pressure import Pressure
from mailguard.roster import Roster, first_people
from mailguard.rulebook import Rulebook
from mailguard.smtpd.abreast import Abreast
from mailguard.smtpd.auth import UserFile
from mailguard.smtpd.server import Door
from mailguard.smtpd.tls import CertificateError
from mailguard.store.errors import StoreError

if TYPE_CHECKING:
    from mailguard.app.front import Reception

Role = Literal["all", "smtp", "delivery", "console"]

#: How long clients may finish their bodies when the house closes.
_GRACE = 20.0


class House:
    """One process of mailguard. `role` says which doors and rooms it has; `workers`: processes at the SMTP ports."""

    def __init__(
        self,
        config: Config,
        role: Role = "all",
        *,
        workers: int = 1,
        doors: str = "",
        place: Place | None = None,
    ) -> None:
        """place: of a child among the processes that share a ledger; None: this is the first of them. doors: sockets
        that a child inherits (`smtpd.abreast`).
        """
        self.config = config
        self._place = place or Place(among=workers if role == "all" else 1)
        self._role = role
        self._workers, self._doors = workers, doors
        WHOLE.at_doors = role in ("all", "smtp")
        self._abreast: Abreast | None = None
        ended = self._child_ended if role == "all" else None
        count = workers - 1 if role in ("all", "smtp") else 0
        #: Another process has the model of who writes to whom, as long as this one, or the one that started it, runs.
        self._model_beside = bool(doors) or count > 0
        self._children = Children(config, count, ended, self._shared_doors)
        self._delivery: Delivery | None = None
        self._rulebook: Rulebook | None = None
        self._door: Door | None = None
        self._listening = False
        self._users: UserFile | None = None
        self._reception: Reception | None = None
        self._rooms: Rooms | None = None
        self._pressure: Pressure | None = None
        self._bells = Bells(config)
        self._anew = Anew()
        if not self._place.beside:
            self._anew.add_file(lambda: look_at_settings(config))

    # Opening and closing

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Everything is open while the block lasts. Raises CannotStart, Problems."""
        async with AsyncExitStack() as stack:
            try:
                await self._open(stack)
            except (StoreError, ReadersDead, CertificateError, OSError) as error:
                raise CannotStart(sentence(error)) from error
            events.started(__version__, [f"{host}:{port}" for host, port in self.smtp_addresses])
            yield
            events.stopped(self._role)

    async def _open(self, stack: AsyncExitStack) -> None:
        sock = None
        if self._role in ("all", "console"):
            self.config, sock = console_port(self.config, stack)
        opened = open_rooms(self.config, self._place.owner)
        self._rooms = self._bells.rooms = rooms = await stack.enter_async_context(opened)
        limits = reading_limits(self.config)
        count, folder = self.config.settings.limits.readers, rooms.spool.incoming.parent
        readers = Readers(limits, count, folder=folder, here=letters.MOST, ended=events.reader_ended)
        stack.push_async_callback(readers.stop)
        await self._open_pressure(stack, rooms)
        if self._role in ("all", "delivery"):
            await self._open_sorting(stack, rooms)
        elif self._place.beside:
            await self._open_relaying(stack, rooms)
        await self._open_policy(stack)
        # Opened once mail is taken in, closed when none is any more.
        later = await stack.enter_async_context(AsyncExitStack())
        if self._role in ("all", "smtp"):
            await self._open_door(stack, rooms, readers)
            if self._model_beside and memory_settings(self.config) is not None:
                await later.enter_async_context(self._children.with_model())
        stack.callback(self._closing)
        reading = None
        if self._role in ("all", "smtp", "console"):
            # Another interpreter, which would take from the banner's time: a mail that comes at once waits for it.
            reading = asyncio.create_task(readers.start(), name="readers")
            stack.push_async_callback(ended, reading)
        await self._open_backstage(later, rooms)
        if reading is not None:
            await reading  # nothing says that it is ready before mail can be read
        if self._role in ("all", "console"):
            await self._open_reception(later, rooms, readers, sock)
        await self._share_figures(later, rooms)
        await stack.enter_async_context(self._children.running())

    async def _share_figures(self, stack: AsyncExitStack, rooms: Rooms) -> None:
        """Of roles in processes of their own, the one with the console shows what all of them count."""
        if self._role == "console":
            runs(stack, count_for_the_console(rooms), "figures of now")
            await stack.enter_async_context(roles.hearing(ledger_path(self.config)))
        elif self._role != "all" and not self._doors:
            runs(stack, roles.tell(ledger_path(self.config)), "figures")

    async def _open_pressure(self, stack: AsyncExitStack, rooms: Rooms) -> None:
        take_all_descriptors()
        self._pressure = pressure_room(rooms)
        await self._pressure.look()  # before the first client is let in
        runs(stack, self._pressure.watch(), "pressure")
        runs(stack, measure_lag(), "lag")
        runs(stack, tidy_now_and_then(), "own memory")

    async def _open_sorting(self, stack: AsyncExitStack, rooms: Rooms) -> None:
        stack.enter_context(only_one(ledger_path(self.config).with_suffix(".lock")))
        await rooms.spool.start(utc_now())
        bells = self._bells
        bells.delivery = delivery = sorting_room(rooms, self._key(), self._place, noticed=bells.noticed)
        # New certificates are taken by each connection that is made; here is said what is wrong with them.
        self._anew.add_file(lambda: upstreams(self.config))
        rooms.hints.released, rooms.hints.noticed = bells.released, bells.noticed
        async with nobody_left(ledger_path(self.config)):
            await self._open_delivery(stack, delivery)

    async def _open_relaying(self, stack: AsyncExitStack, rooms: Rooms) -> None:
        """A child relays what it takes in; the rest is the first process's."""
        stack.enter_context(here(ledger_path(self.config)))
        delivery = sorting_room(rooms, self._key(), self._place, noticed=self._bells.elsewhere)
        await self._open_delivery(stack, delivery)

    async def _open_delivery(self, stack: AsyncExitStack, delivery: Delivery) -> None:
        await delivery.start()
        stack.push_async_callback(delivery.stop)
        self._delivery = delivery

    async def _child_ended(self, owner: str) -> None:
        """What a child was about to relay is due again."""
        try:
            await self.rooms.queue.release_leases(owner)
        except StoreError as error:  # they end by themselves, later
            events.fault("delivery", error)
        self._bells.released()

    async def _open_backstage(self, stack: AsyncExitStack, rooms: Rooms) -> None:
        if self._rulebook is not None:
            runs(stack, self._rulebook.watch(), "policy watcher")
        if self._bells.delivery is not None:
            module = await asyncio.to_thread(import_module, "mailguard.app.backstage")
            await module.open_backstage(stack, rooms, self._bells, self._bells.delivery, self.pressure, self._adopt)

    async def _open_policy(self, stack: AsyncExitStack) -> None:
        """The policy: also where nothing is judged, for the names in letters and the days on which they come."""
        try:
            await self._open_rulebook(stack)
        except Problems as error:
            if self._role != "delivery":
                raise
            # What waits goes out as it was decided; letters lack the names until this process is started anew.
            events.reload_refused([str(problem) for problem in error.problems])

    async def _open_rulebook(self, stack: AsyncExitStack) -> None:
        paths = policies(self.config)
        server, path = directory(self.config), people_path(self.config)
        people, why = await asyncio.to_thread(first_people, server, path) if server is not None else (NOBODY, "")
        try:
            self._rulebook = await asyncio.to_thread(Rulebook.open, paths, organization(self.config), people)
        except Problems as error:
            said = [self.config.problem(("directory", "url"), why)] if why else []
            raise Problems([*said, *policy_problems(self.config, error.problems)]) from None
        if server is not None:
            roster = Roster(server, path, self._rulebook.take_people, people)
            self._anew.add(lambda: roster.look_again(asked=True))
            runs(stack, roster.watch(), "roster")
        self._anew.add(lambda: self.rulebook.reload(asked=True))
        self.rooms.hints.directory = lambda: self.rulebook.current().directory
        self.rooms.hints.calendar = lambda: self.rulebook.current().calendar

    async def _open_reception(
        self, stack: AsyncExitStack, rooms: Rooms, readers: Readers, sock: socket.socket | None
    ) -> None:
        module = await asyncio.to_thread(import_module, "mailguard.app.reception")  # a third of a second
        if passwords(self.config) is True:
            await self._open_users(stack)
        if rooms.hints.judges is None:
            # No mail comes in here; one whose recipient is replaced is judged anew all the same.
            memory = remembering(rooms, asks=True)
            self._open_intake(rooms, readers, memory)
            if memory is not None:
                runs(stack, memory.run(), "memory")
        self._reception = await module.open_reception(
            stack, rooms, readers, self.rulebook, users=self._users, ready=self.wrong, sock=sock
        )
        # The process with the console writes the letters, so that they come once.
        runs(stack, self.rulebook.tell(self._bells.about_policy), "policy letters")

    def _open_intake(self, rooms: Rooms, readers: Readers, memory: Remembers | None) -> Intake:
        intake = intake_room(
            rooms,
            readers,
            self._key(),
            policy=self.rulebook.current,
            delivery=self._delivery or Elsewhere(),
            noticed=self._bells.taken,
            memory=memory,
        )
        rooms.hints.judges = intake.judge_anew
        return intake

    async def _open_users(self, stack: AsyncExitStack) -> None:
        if self._users is None:
            self._users = await asyncio.to_thread(user_file, self.config)
            if self._users is not None:
                stack.callback(self._users.close)
                self._anew.add_file(self._users.load)

    async def _open_door(self, stack: AsyncExitStack, rooms: Rooms, readers: Readers) -> None:
        memory = remembering(rooms, asks=self._model_beside)
        intake = self._open_intake(rooms, readers, memory)
        await self._open_users(stack)
        logins = await door_logins(
            rooms, self._users, stack, people=lambda: self.rulebook.current().directory, noticed=self._bells.taken
        )
        for watch in logins.watches:
            runs(stack, watch, "logins")
        self._anew.add_file(logins.senders.load)
        if self._doors:
            self._abreast = Abreast.given(self._doors)
        elif self._workers > 1:
            self._abreast = Abreast.first(self._workers)
        if self._abreast is not None:
            stack.callback(self._abreast.close)
        self._door = front_door(rooms, intake.accept, logins, abreast=self._abreast, pressure=self.pressure)
        self._anew.add_file(self._door.reload_certificates)
        await self._door.start()
        self._listening = True
        runs(stack, load_later(), "libraries")
        if memory is not None:
            runs(stack, memory.run(), "memory")
        stack.push_async_callback(self._door.stop, _GRACE)

    # Running

    async def welcome(self, *, as_json: bool = False) -> list[str]:
        """What to tell the person, or the program, that started it."""
        from mailguard.app.welcome import welcome, welcome_json

        if as_json:
            return [await welcome_json(self.rooms, self.smtp_addresses, self.console_url)]
        return await welcome(self.rooms, self.smtp_addresses, self.console_url)

    async def wrong(self) -> dict[str, str]:
        """What keeps mail from being taken in or going out now, by room; empty: ready (for /readyz)."""
        found: dict[str, str] = {}
        if self._role in ("all", "smtp") and not self._listening:
            found["smtpd"] = "not listening"
        try:
            await self.rooms.queue.counts()
        except StoreError as error:
            found["store"] = type(error).__name__
        if self._role in ("all", "smtp", "console") and (why := self.pressure.why()):
            found["pressure"] = ", ".join(why)
        return found

    def _shared_doors(self) -> Abreast:
        assert self._abreast is not None, "children stand at doors only"
        return self._abreast

    def _closing(self) -> None:
        self._listening = False

    @property
    def smtp_addresses(self) -> list[tuple[str, int]]:
        """Where SMTP listens; real ports where 0 was asked for."""
        return self._door.addresses if self._door else []

    @property
    def console_url(self) -> str:
        """What people open; "" without a console."""
        return self._reception.url if self._reception else ""

    @property
    def rulebook(self) -> Rulebook:
        """The policy, while open."""
        assert self._rulebook is not None
        return self._rulebook

    @property
    def pressure(self) -> Pressure:
        """The room that says whether there is room, while open."""
        assert self._pressure is not None
        return self._pressure

    @property
    def rooms(self) -> Rooms:
        """The rooms, while open."""
        assert self._rooms is not None
        return self._rooms

    def reload_soon(self) -> None:
        """SIGHUP: policy, logins and certificates anew."""
        self._children.reload()
        self._anew.soon()

    def _key(self) -> bytes:
        return house_key(self.config)

    async def _adopt(self) -> None:
        if self._reception is not None:
            await self._reception.adopt()
