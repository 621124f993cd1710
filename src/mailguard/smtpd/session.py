"""What the door knows of a client and of the transaction under way: aiosmtpd's session and envelope with our
own words in them.

Values that the protocol fills in as they are proven; nothing here decides or speaks. The client's address
comes from the socket or, on a listener that asks for it, from the PROXY header; the name it calls itself is
never trusted.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aiosmtpd.smtp import Envelope as ProtocolEnvelope
from aiosmtpd.smtp import Session as ProtocolSession

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.message import Sheet
from mailguard.mail.reply import Reply
from mailguard.mail.reports import ASKED_NOTHING, SAID_NOTHING, CopyReports
from mailguard.smtpd.admission import Place
from mailguard.smtpd.auth import Login
from mailguard.smtpd.chunks import Chunks
from mailguard.smtpd.data import Taken
from mailguard.smtpd.settings import ListenerSettings
from mailguard.smtpd.xclient import Forwarded

_NOT_FORWARDED = Forwarded()


class Visit(ProtocolSession):
    """One connection. ip: textual; counted_as: the address's key in the counts; trusted: from a trusted
    network, or by a certificate that is named so; tls: protocol version, None in the clear.

    speaks_for, forwards_for: the peer may say XCLIENT, XFORWARD; told_helo: what XCLIENT said of the client's greeting.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.ip = ""
        self.counted_as = ""
        self.loopback = False
        self.trusted = False
        self.tls: str | None = None
        self.login: Login | None = None
        self.speaks_for = False
        self.forwards_for = False
        self.told_helo = ""
        self.commands = 0
        self.errors = 0
        self.passed_over = 0  # octets of chunks that belonged to nothing
        self._client: tuple[tuple[object, ...], Client] | None = None  # the last one, and what it was made of

    def forget(self) -> None:
        """What the client said before TLS was said by nobody in particular (RFC 3207 section 4.2)."""
        self.host_name = None
        self.extended_smtp = False
        self.login = None

    def client(self, listener: ListenerSettings, login: Login | None, transaction: Transaction) -> Client:
        """The client as the envelope carries it. login: the session's, or the one that the mail itself names."""
        helo = self.told_helo or self.host_name or ""
        heard = (self.ip, helo, login, self.login, self.trusted, self.tls, self.extended_smtp)
        made_of = (*heard, transaction.smtputf8, transaction.forwarded.ip)
        if self._client is None or self._client[0] != made_of:
            self._client = made_of, self._new_client(listener, login, transaction)
        return self._client[1]

    def _new_client(self, listener: ListenerSettings, login: Login | None, transaction: Transaction) -> Client:
        return Client(
            ip=self.ip,
            helo=self.told_helo or self.host_name or "",
            login=login.name if login else None,
            trusted=self.trusted,
            tls=self.tls,
            protocol=self.protocol(smtputf8=transaction.smtputf8),
            listener=f"{listener.host}:{listener.port}",
            origin=transaction.forwarded.ip,
            own_domains=listener.sender_domains if login is None else frozenset(),
        )

    def protocol(self, *, smtputf8: bool) -> str:
        """The keyword for the Received field: RFC 3848, and RFC 6531 section 4.3 where addresses are UTF-8."""
        if not self.extended_smtp:
            return "SMTP"
        name = "UTF8SMTP" if smtputf8 else "ESMTP"
        # A login that a server or a certificate vouches for was no AUTH of this session.
        said = self.login is not None and not (self.login.vouched or self.login.certified)
        return name + ("S" if self.tls else "") + ("A" if said else "")


class Transaction(ProtocolEnvelope):
    """One mail under way: from MAIL to the final dot or RSET. sender None: no MAIL yet.

    size: octets announced, 0 if none were. place: what it takes up in the house.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sender: ReversePath | None = None
        self.recipients: dict[str, Address] = {}  # by Address.key: each once, in the order given
        self.body_8bit = False
        self.smtputf8 = False
        self.forwarded = _NOT_FORWARDED  # XFORWARD, said before MAIL
        self.reports = SAID_NOTHING
        self.copy_reports: dict[str, CopyReports] = {}
        self.chunks: Chunks | None = None  # the message, where it comes by BDAT
        self.size = 0
        self.place: Place | None = None

    def add(self, address: Address, reports: CopyReports) -> None:
        """One recipient; one who was given before keeps what was asked for him then."""
        if address.key not in self.recipients:
            self.recipients[address.key] = address
            if reports != ASKED_NOTHING:
                self.copy_reports[address.key] = reports

    def begin(self) -> Reply | None:
        """Octets are about to come: None if they may."""
        return None if self.place is None else self.place.begin()

    def came(self, size: int) -> Reply | None:
        """So many octets came: None if more may come."""
        return None if self.place is None else self.place.came(size)

    def keep(self, size: int) -> bool:
        """Whether so many octets more may stay in memory."""
        return self.place is not None and self.place.keep(size)

    def sheet(self) -> Sheet | None:
        """Memory for a large one, if there is any."""
        return None if self.place is None else self.place.sheet()

    def counted(self, taken: Taken) -> Taken:
        """What came of it, a body with the room that it takes up in memory: as long as the session has it, too, whose
        client may be slow to read the reply.
        """
        body = taken.body
        room = None if self.place is None or body is None or body.in_memory is None else self.place.passed_on()
        return taken if body is None or room is None else replace(taken, body=replace(body, room=room))

    def leave(self) -> None:
        """This mail takes up nothing any more; what came of it by BDAT is no message."""
        if self.chunks is not None:
            self.chunks.discard()
            self.chunks = None
        if self.place is not None:
            self.place.end()
            self.place = None

    def envelope(self, client: Client) -> Envelope:
        """The envelope that the rooms see. Only after MAIL."""
        assert self.sender is not None
        return Envelope(
            sender=self.sender,
            recipients=tuple(self.recipients.values()),
            client=client,
            body_8bit=self.body_8bit,
            smtputf8=self.smtputf8,
            reports=self.reports,
            copy_reports=self.copy_reports,
        )
