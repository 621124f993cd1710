"""LibreOffice as the maker of real documents: flat sources written by a test, converted without a screen.

Each call starts the program once, in a profile of its own, and waits no longer than PATIENCE.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 120
_SPACES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0"'
        for name, kind in {
            "office": "office",
            "text": "text",
            "table": "table",
            "draw": "drawing",
            "style": "style",
            "svg": "svg-compatible",
            "presentation": "presentation",
            "meta": "meta",
            "fo": "xsl-fo-compatible",
        }.items()
    )
    + ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def flat(kind: str, body: str, styles: str = "", meta: str = "") -> str:
    """The source of a flat OpenDocument file. kind: text, spreadsheet or presentation; body: what stands in it."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES} office:version="1.3"'
        f' office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        f"<office:meta>{meta}</office:meta>{styles}<office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document>"
    )


def converted(folder: Path, sources: Mapping[str, str], to: str) -> dict[str, bytes]:
    """Write the sources (name: text) into the folder and convert them. Returns stem: octets of what came out."""
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to,
            "--outdir", str(folder), *(str(folder / name) for name in sources),
        ],
        capture_output=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    ending = to.partition(":")[0]
    return {Path(name).stem: (folder / f"{Path(name).stem}.{ending}").read_bytes() for name in sources}
