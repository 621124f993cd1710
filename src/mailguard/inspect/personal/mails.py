"""Mail addresses in a text, in lower case. Anchored at the "@", so that nothing else costs anything."""

from __future__ import annotations

import re

from mailguard.inspect.personal.finds import Finds

_AT = re.compile(r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62})")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$")
#: What looks like an address and is an id: Message-IDs and Content-IDs.
_ID = re.compile(r"(?:message-id|references|in-reply-to|content-id|cid|mid)[: <\"]{0,4}$", re.IGNORECASE)


def find_mail_addresses(text: str, finds: Finds) -> None:
    """Add the mail addresses of a text."""
    for match in _AT.finditer(text):
        at = match.start()
        local = _LOCAL.search(text, max(0, at - 64), at)
        if local is None or not (name := local.group().lstrip(".'*`=/-_|{")):
            continue
        start = at - len(name)
        if text[start - 1 : start] in ("<", ":", " ") and _ID.search(text, max(0, start - 16), start):
            continue
        finds.add("email_address", f"{name}{match.group()}".lower(), start, match.end())
