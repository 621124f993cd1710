"""One mailguard process between real clients and a real Postfix, shared by the tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house import POLICY, House, running_house
from tests.interop.wires import Sink, running_sink
from tests.postfix import Postfix

CHALLENGE = """\
  - id: think-again
    mode: enforce
    when: {text: {words: [thinktwice], in: [subject, body]}}
    then: {challenge: 10m}
    because: {ja: もう一度お確かめください, en: Please look at it once more}
"""


@pytest.fixture(scope="session")
def house(postfix_server: Postfix, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """mailguard in front of the private Postfix."""
    folder: Path = tmp_path_factory.mktemp("house")
    limits = {"message_size": "3 MB", "recipients": 20}
    with running_house(folder / "mailguard", f"smtp://127.0.0.1:{postfix_server.plain}", limits=limits) as house:
        yield house


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    """The raw end of the way."""
    with running_sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def behind(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """mailguard in front of the sink."""
    folder: Path = tmp_path_factory.mktemp("behind")
    with running_house(folder / "mailguard", f"smtp://127.0.0.1:{sink.port}", policy=POLICY + CHALLENGE) as house:
        yield house
