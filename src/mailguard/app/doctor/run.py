"""All looks, one after the other: the settings first, since nothing else can be asked without them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from mailguard.app.doctor import around, house, servers, settings
from mailguard.app.doctor.check import Check, bounded, failing, in_thread
from mailguard.config.load import Config, load_config
from mailguard.mail.saying import Sentence
from mailguard.policy.marks import Problems

_REMEDY = Sentence("ログを確認し、`mailguard check` を実行してください。", "look at the log; `mailguard check`")
_Look = Callable[[Config], Iterable[Check]]


async def examine(file: Path | None) -> list[Check]:
    """Everything that was looked at. file: the configuration, None: the built-in one."""
    try:
        config = await asyncio.to_thread(load_config, file)
    except Problems as error:
        remedy = Sentence(
            "修正してください。`mailguard check` ですべて一度に表示できます。",
            "correct it; `mailguard check` shows all at once",
        )
        return [failing("configuration", str(problem), remedy) for problem in error.problems]
    blocking: dict[str, _Look] = {
        "configuration": settings.rooms,
        "policies": settings.policies,
        "certificate": settings.doors,
        "secrets": settings.secrets,
        "letters": settings.letters,
        "clock": lambda _: house.clock(),
        "disk": house.disk,
        "ledger": house.ledger,
        "encryption": house.keys,
    }
    asking = {
        "readers": house.readers,
        "ports": around.ports,
        "upstream": servers.next_servers,
        "dns": around.names,
        "virus": around.viruses,
        "directory": around.people,
    }
    looks = [bounded(name, in_thread(_with(look, config)), _REMEDY) for name, look in blocking.items()]
    looks += [bounded(name, ask(config), _REMEDY) for name, ask in asking.items()]
    return [check for found in await asyncio.gather(*looks) for check in found]


def _with(look: _Look, config: Config) -> Callable[[], Iterable[Check]]:
    return lambda: look(config)
