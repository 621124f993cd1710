"""100,000 malformed commands, over several connections, in the clear and under TLS, while normal mail goes on.

Each must get a reply of SMTP, nothing of it may be a fault of ours, and memory stays as it was.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.attack import attack
from tests.faults.book import row_of
from tests.faults.gauges import lag, late, load, most_resident, while_mail_flows
from tests.faults.rows import Row
from tests.faults.site import site

COMMANDS = 100_000


async def run(folder: Path, size: float = 1.0) -> Row:
    commands = round(COMMANDS * size)
    async with site(folder, limits={"connections_per_address": 50}) as place:
        await place.open()
        async with while_mail_flows(place, "before"):
            await asyncio.sleep(2)
        slow = await lag(place)
        async with (
            most_resident(place) as memory,
            while_mail_flows(place, "under") as under,
            attack("nonsense", commands, place.ports["smtp"], place.ports["smtps"]) as end,
        ):
            seen = await end()
            lagged = late(slow, await lag(place))
        count = await place.settled()
        assert place.house is not None
        log = (place.folder / "log").read_text("utf-8", "replace")
        status = await place.stop()
    codes = {code: times for code, times in seen.items() if code.isdigit()}
    wrong = [f"exit status {status}"] if status else []
    wrong += [key for key in seen if key.startswith("no reply")][:3]
    wrong += [f"{log.count('Traceback')} tracebacks"] if "Traceback" in log or '"fault"' in log else []
    wrong += [f"memory grew from {memory[0]} to {memory[1]} MB"] if memory[1] > memory[0] + 40 else []
    wrong += [f"{under.refused} normal mails refused"] if under.refused else []
    wrong += ["not all said"] if seen.get("commands", 0) < commands else []
    said = (
        f"{seen['commands']:,} commands over {seen['connections']:,} connections, answered"
        f" {', '.join(f'{code} {times:,}' for code, times in sorted(codes.items()))}; {under.said};"
        f" RSS {memory[0]} MB, then {memory[1]} MB; {lagged}; {load()}"
    )
    return row_of("malformed commands", 1, place.book, count, said=said, wrong=tuple(wrong))
