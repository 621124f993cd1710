"""Apprise: services that we have no channel of our own for, by an address such as discord:// or tgram:// (extra
`apprise`).

Apprise opens its own connections, so our guard does not stand behind it. Therefore only schemes are taken whose host is
the service's own and not part of the address; those that name a host need allow_private: true, by which the
administrator answers for where it leads. Never taken: what writes files, talks to the machine (syslog, dbus, windows),
runs programs, or sends mail round the judge. It blocks, so it runs in threads of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from mailguard.courier.client import Courier
from mailguard.mail.saying import Sentence
from mailguard.notify.channels.channel import NotNow, Outcome, Said
from mailguard.notify.channels.inert import inert
from mailguard.notify.channels.saying import Saying
from mailguard.notify.channels.settings import ChannelSettings

#: The service's own host.
HOSTED = frozenset({
    "discord", "tgram", "wxteams", "webex", "zulip", "pover", "pbul", "line", "lark", "feishu", "dingtalk", "wecombot",
    "flock", "ryver", "twist", "guilded", "pagerduty", "opsgenie", "victorops", "pagertree", "signl4", "threema",
    "zoom", "cliq", "stackfield", "ilert", "incidentio", "squadcast",
})  # fmt: skip
#: The address names the host.
OWN_HOST = frozenset({
    "mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs", "ntfy", "ntfys", "gotify", "gotifys", "nctalk",
    "nctalks", "synology", "synologys",
})  # fmt: skip
_SECONDS = 30.0
_threads = ThreadPoolExecutor(2, thread_name_prefix="apprise")


def fault_of(url: str, *, private: bool) -> str:
    """Why this address is not taken, without repeating it (it is a secret); "" if it is."""
    scheme, separator, _ = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in HOSTED | OWN_HOST:
        named = scheme[:20] if scheme.isascii() and scheme.isalnum() else "this"
        return Sentence(
            "{name}:// は使えるサービスにありません。一覧は docs/ja/channels.md にあります。",
            "{name}:// is not among the services that are permitted; they stand in docs/channels.md",
            name=named,
        )
    if scheme in OWN_HOST and not private:
        return Sentence(
            "{scheme}:// は独自のホストを指し、確かめられません。allow_private: true で許可できます。",
            "{scheme}:// names a host of its own, which is not checked; allow_private: true permits it",
            scheme=scheme,
        )
    if "?" in url:
        return Sentence("「?」以降の設定は使えません。", "settings after ? are not taken")
    if importlib.util.find_spec("apprise") is None:
        return Sentence(
            "追加パッケージがありません: pip install 'mailguard[apprise]'",
            "the extra is not installed: pip install 'mailguard[apprise]'",
        )
    if _service(url) is not None:
        return ""
    return Sentence(
        "Apprise が {scheme}:// として理解できるアドレスではありません。",
        "not an address that Apprise understands as {scheme}://",
        scheme=scheme,
    )


def text_of(saying: Saying) -> str:
    """The message below its title."""
    lines = [inert(line) for line in saying.lines]
    return "\n".join([*lines, *([f"{inert(saying.act)}: {saying.link}"] if saying.link else [])])


def _service(url: str) -> Any:
    """Apprise's own object for the address, None if it understands it not."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it writes whole addresses
    # Not the object that reads configurations and lists: one address is one service.
    return importlib.import_module("apprise").Apprise.instantiate(url, suppress_exceptions=True)


class AppriseService:
    """One service."""

    def __init__(self, settings: ChannelSettings, courier: Courier, now: Callable[[], datetime]) -> None:
        self._url = settings.url
        self._busy = False

    async def say(self, saying: Saying, person: str, number: int) -> Outcome:
        """See Channel. Apprise says no more than yes or no."""
        if self._busy:
            return NotNow(Sentence("前のメッセージをまだ送信中です。", "the message before is still under way"))
        self._busy = True
        work = asyncio.get_running_loop().run_in_executor(_threads, self._notify, saying)
        work.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(_SECONDS):
                good = await asyncio.shield(work)
        except TimeoutError:
            return NotNow(Sentence("{n:.0f} 秒以内に終わりません。", "no end within {n:.0f} s", n=_SECONDS))
        return Said() if good else NotNow(Sentence("サービスが受け取りませんでした。", "the service did not take it"))

    def _ended(self, work: asyncio.Future[bool]) -> None:
        self._busy = False
        if not work.cancelled():
            work.exception()  # seen here, told by say()

    def _notify(self, saying: Saying) -> bool:
        service = _service(self._url)
        if service is None:
            return False
        return bool(service.notify(body=text_of(saying), title=inert(saying.title), body_format="text"))
