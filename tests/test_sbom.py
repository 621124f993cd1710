"""The bill of materials: it lists exactly what the lock pins, with digests and licences, in CycloneDX's form."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TOOL = ROOT / "tools" / "sbom.py"
LOCK = (ROOT / "requirements" / "run.lock").read_text()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("sbom") / "dist" / "mailguard.cdx.json"
    again = out.with_name("again.json")
    for path in (out, again):
        subprocess.run([sys.executable, str(TOOL), str(path)], check=True, capture_output=True, timeout=60)
    assert out.read_bytes() == again.read_bytes(), "the same lock gives the same octets"
    return dict(json.loads(out.read_text()))


def test_it_lists_exactly_the_locked_packages(made: dict[str, Any]) -> None:
    locked = set(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", LOCK))
    assert {(one["name"], one["version"]) for one in made["components"]} == locked
    assert len(made["components"]) == len(locked)
    digests = [one["content"] for component in made["components"] for one in component["hashes"]]
    assert sorted(digests) == sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", LOCK))


def test_it_is_cyclonedx(made: dict[str, Any]) -> None:
    assert (made["bomFormat"], made["specVersion"], made["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["serialNumber"])
    refs = [made["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in made["components"])]
    assert len(refs) == len(set(refs))
    for one in made["components"]:
        assert one["type"] == "library"
        assert one["purl"] == one["bom-ref"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert one["hashes"]
        assert all(set(said) in ({"expression"}, {"license"}) for said in one.get("licenses", []))
    assert [edge["ref"] for edge in made["dependencies"]] == refs
    assert all(set(edge["dependsOn"]) <= set(refs) for edge in made["dependencies"])


def test_every_package_that_is_installed_says_its_licence(made: dict[str, Any]) -> None:
    silent = [one["name"] for one in made["components"] if not one.get("licenses") and not one.get("properties")]
    assert silent == []
    told = json.dumps([one["licenses"] for one in made["components"] if "licenses" in one])
    assert not re.search(r"\bA?GPL", told), "permissive licences only"


def test_everything_is_needed_by_something(made: dict[str, Any]) -> None:
    needed = {ref for edge in made["dependencies"] for ref in edge["dependsOn"]}
    assert {one["bom-ref"] for one in made["components"]} <= needed


def test_an_entry_with_a_marker_and_one_without_are_both_read() -> None:
    spec = importlib.util.spec_from_file_location("sbom", TOOL)
    assert spec is not None
    assert spec.loader is not None
    sbom = importlib.util.module_from_spec(spec)
    sys.modules["sbom"] = sbom
    spec.loader.exec_module(sbom)
    a, b = "a" * 64, "b" * 64
    first = f"One_x==1.0 \\\n    --hash=sha256:{a} \\\n    --hash=sha256:{b}\n"
    lock = f"{first}two==2 ; sys_platform == 'x' \\\n    --hash=sha256:{b}\n"
    found = list(sbom.pinned(lock))
    assert [(one.name, one.version, one.marker, one.hashes) for one in found] == [
        ("one_x", "1.0", "", (a, b)), ("two", "2", "sys_platform == 'x'", (b,)),
    ]  # fmt: skip
