"""What a next server's reply means: for a mail, for us, for the connection. Pure.

It trusts the words as far as they are known by heart; what it does not understand is for later.
"""

from __future__ import annotations

from mailguard.mail.outcome import Outcome, Result, result_of
from mailguard.relay.upstream import words
from mailguard.relay.wire import WireReply

#: Replies that speak of our session (log in first, encryption needed), not of the mail: a bounce would punish the
#: sender for our configuration (RFC 4954 section 6, RFC 3207 section 4).
_ABOUT_US = frozenset({530, 534, 535, 538})
#: The same, as Exchange Online and Google's relay say it to whom they do not know any more: a certificate with another
#: name, another address. All mail of a company would come back to its people.
_UNKNOWN_TO_IT = ("5.7.64", "5.7.1 Invalid credentials for relay")


def about_mail(reply: WireReply, host: str) -> Outcome:
    """The outcome that a reply to MAIL, RCPT, DATA or the dot means for the mail; nonsense is DEFERRED. host: who said
    it.
    """
    code = reply.code
    about_us = code in _ABOUT_US or reply.text.startswith(_UNKNOWN_TO_IT)
    result = Result.DEFERRED if about_us or not 400 <= code < 600 else result_of(code)
    return Outcome(result, code, words(reply.text), mta=host, about_us=about_us)


def carries_no_more(reply: WireReply) -> bool:
    """Whether a refused MAIL may be one too many for its connection: 421 (Exim), 452 4.5.3 (OpenSMTPD)."""
    return reply.code == 421 or (reply.code < 500 and reply.text[1:5] == ".5.3")


def takes_no_more(reply: WireReply) -> bool:
    """Whether a refused recipient may be one too many: 452, 552 in old servers (RFC 5321 section 4.5.3.1.10), or X.5.3
    whatever the code (RFC 3463 section 3.6), but 421: who closes the connection is not asked again at once. One that
    was refused for himself is so again, alone.
    """
    return reply.code in (452, 552) or (reply.text[1:5] == ".5.3" and reply.code != 421)
