"""Mail addresses in a text, in lower case. Anchored at the "@", so that nothing else costs anything."""

from __future__ import annotations

import re

from mailguard.inspect.personal.finds import Finds

_AT = re.compile(r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62})")
#: Up to the last sign that a local part does not have (RFC 5322 section 3.2.3).
_BEFORE = re.compile(r"(?s:.*)[^A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]")
#: What an address is the value of: a parameter, a query. "=" inside a word is an address's own (RFC 3461's VERP).
_KEY = re.compile(r"^(?:.*[?&])?[A-Za-z_]{1,20}=(?=[^=])")
#: What looks like an address and is an id: Message-IDs and Content-IDs.
_ID = re.compile(r"(?:message-id|references|in-reply-to|content-id|cid|mid)[: <\"]{0,4}$", re.IGNORECASE)


def find_mail_addresses(text: str, finds: Finds) -> None:
    """Add the mail addresses of a text."""
    for match in _AT.finditer(text):
        at = match.start()
        before = _BEFORE.match(text, max(0, at - 64), at)
        local = text[before.end() if before else max(0, at - 64) : at]
        if "=" in local:
            local = _KEY.sub("", local)
        if not (name := local.lstrip(".'*`=/-_|{")):
            continue
        start = at - len(name)
        if text[start - 1 : start] in ("<", ":", " ") and _ID.search(text, max(0, start - 16), start):
            continue
        finds.add("email_address", f"{name}{match.group()}".lower(), start, match.end())
