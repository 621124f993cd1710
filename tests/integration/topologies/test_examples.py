"""The examples of docs/operations are whole and right: `mailguard check` takes each as it stands, each page shows its
own, and says what a page of a topology has to say.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.house import POLICY
from tests.integration.topologies.stage import EXAMPLES, PAGES, blocks, example, furnish

from mailguard.cli import main

SETTINGS = sorted(file.stem for file in EXAMPLES.glob("*.yaml") if "listeners" in yaml.safe_load(file.read_text()))
TOPICS = (
    "SPF, DKIM, DMARC, ARC", "Try it", "Roll back", "mailguard is down", "ertificate", "irewall", "monitor to enforce",
)  # fmt: skip


def mailguard(folder: Path, *words: str) -> None:
    """A command on this folder's settings; it must find nothing wrong."""
    done = CliRunner().invoke(main, [*words, "--config", str(folder / "mailguard.yaml")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", SETTINGS)
def test_an_example_is_right(tmp_path: Path, name: str) -> None:
    furnish(tmp_path, example(name), [POLICY])
    (tmp_path / "mailguard.yaml").write_text((EXAMPLES / f"{name}.yaml").read_text())
    mailguard(tmp_path, "check")


def test_the_rules_that_know_our_own_cloud_are_right(tmp_path: Path) -> None:
    (google,) = blocks("d-google-workspace", "yaml", "# policies/our-workspace-only.yaml")
    furnish(tmp_path, example("c-microsoft-365"), [(EXAMPLES / "c-our-tenant-only.yaml").read_text(), google])
    mailguard(tmp_path, "check")
    mailguard(tmp_path, "policy", "test")


def test_every_topology_has_its_page_and_every_page_its_examples() -> None:
    pages = {page.stem: page.read_text("utf-8") for page in PAGES.glob("*.md")}
    assert {name[0] for name in pages} == set("abcd")
    for file in EXAMPLES.iterdir():
        assert [text for text in pages.values() if f"(examples/{file.name})" in text], file.name
    for name, text in pages.items():
        missing = [topic for topic in TOPICS if topic not in text]
        assert not missing, f"{name}: {missing}"
        assert re.search(rf"operations/{name}\.md", (PAGES.parent / "operations.md").read_text("utf-8"))
