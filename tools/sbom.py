"""A bill of materials of what mailguard runs with, as CycloneDX 1.6 JSON: `python tools/sbom.py OUT` (make sbom).

It lists exactly what requirements/run.lock pins: name, version, package URL, the SHA-256 of each file of that release,
the licence and who needs it. Licences and dependencies come from the metadata of the installed packages, so it is run
with the environment that was made from the lock; it asks no network. The same lock gives the same octets.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "run.lock"
#: What metadata of before PEP 639 says, as SPDX has it; anything else is told in its own words.
_SPDX = {
    "mit": "MIT", "apache-2.0": "Apache-2.0", "apache 2.0": "Apache-2.0", "bsd-3-clause": "BSD-3-Clause",
    "mpl-2.0": "MPL-2.0", "unlicense": "Unlicense", "isc": "ISC",
}  # fmt: skip
_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of the lock. marker: where it is installed at all, "" everywhere."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def pinned(lock: str) -> Iterator[Pinned]:
    """Every package of a lock file."""
    entries = list(_ENTRY.finditer(lock))
    ends = [entry.start() for entry in entries[1:]] + [len(lock)]
    for entry, end in zip(entries, ends, strict=True):
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", lock[entry.end() : end])
        yield Pinned(entry[1].lower(), entry[2], (entry[3] or "").strip(), tuple(sorted(hashes)))


def installed(name: str) -> Distribution | None:
    """The package as it is installed here; None where its marker leaves it out."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def licences(found: Distribution | None) -> list[dict[str, Any]]:
    """What the package says of its licence, in CycloneDX's form; empty if it says nothing."""
    if found is None:
        return []
    expression = found.metadata.get("License-Expression")
    if expression:
        return [{"expression": expression}]
    told = (found.metadata.get("License") or "").strip()
    if told.lower() in _SPDX:
        return [{"license": {"id": _SPDX[told.lower()]}}]
    classifiers = [one for one in found.metadata.get_all("Classifier") or [] if one.startswith("License :: OSI")]
    names = [one.rpartition(" :: ")[2] for one in classifiers if one.count("::") > 1]
    return [{"license": {"name": name}} for name in names or [told.partition("\n")[0]] if name]


def needs(found: Distribution | None) -> set[str]:
    """The names of the packages that a package may need, extras and markers left aside."""
    wanted = [] if found is None else found.requires or []
    return {re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0].lower().replace("_", "-") for one in wanted}


def bill(lock: str, version: str) -> dict[str, Any]:
    """The whole bill of materials."""
    packages = sorted(pinned(lock), key=lambda one: one.name)
    by_name = {one.name: one for one in packages}
    own = f"pkg:pypi/mailguard@{version}"
    components, edges = [], [{"ref": own, "dependsOn": sorted(one.purl for one in packages if _asked(one.name))}]
    for one in packages:
        found = installed(one.name)
        component: dict[str, Any] = {
            "type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl,
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in one.hashes],
        }  # fmt: skip
        if said := licences(found):
            component["licenses"] = said
        if one.marker:
            component["properties"] = [{"name": "mailguard:marker", "value": one.marker}]
        components.append(component)
        below = sorted(by_name[name].purl for name in needs(found) & set(by_name) - {one.name})
        edges.append({"ref": one.purl, "dependsOn": below})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": own, "name": "mailguard", "version": version, "purl": own,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
        "dependencies": edges,
    }  # fmt: skip


def _asked(name: str) -> bool:
    """Whether mailguard itself asks for the package."""
    return name in needs(installed("mailguard"))


def main() -> None:
    out = Path(sys.argv[1])
    made = bill(LOCK.read_text("utf-8"), distribution("mailguard").version)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"{out}: {len(made['components'])} packages\n")


if __name__ == "__main__":
    main()
