"""A real Thunderbird through `mailguard serve` to a sink: what it sends, what its user is told if it is not sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house import House
from tests.interop.mailers import Desk
from tests.interop.test_clients import own_fields_off
from tests.interop.test_mailers import WAYS, a_letter, arrives_as_sent, people_of, read, tapped
from tests.interop.thunderbird import Thunderbird, running_thunderbird
from tests.interop.wires import Sink, Way


@pytest.fixture(scope="module")
def thunderbird(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thunderbird]:
    """One Thunderbird for all tests here: it takes seconds to start."""
    with running_thunderbird(tmp_path_factory.mktemp("thunderbird")) as thunderbird:
        yield thunderbird


@pytest.mark.parametrize("way", WAYS)
def test_what_was_written_arrives_octet_for_octet(
    thunderbird: Thunderbird, behind: House, sink: Sink, tmp_path: Path, way: Way
) -> None:
    tag, letter = a_letter(tmp_path, "ken@corp.example", "mika@corp.example")
    mail = arrives_as_sent(thunderbird.send, letter, tag, Desk(tmp_path, way, 0, behind.ca), behind, sink)
    assert mail["Subject"] == letter.subject
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "見積書.pdf"
    assert attached.get_content() == letter.files[0].read_bytes()


def test_held_looks_like_sent_and_a_letter_says_it(
    thunderbird: Thunderbird, behind: House, sink: Sink, tmp_path: Path
) -> None:
    tag, letter = a_letter(tmp_path, "bob@partner.example")

    sent = thunderbird.send(Desk(tmp_path, "plain", behind.smtp, behind.ca), letter)

    assert sent.ok, sent.text
    assert [people_of(one.rcpts) for one in sink.wait_for(1, tag)] == [{b"ann@corp.example"}]


def test_a_refusal_is_shown_with_its_reason(
    thunderbird: Thunderbird, behind: House, sink: Sink, tmp_path: Path
) -> None:
    tag, letter = a_letter(tmp_path, "bob@partner.example", words="ultrasecret\n", file=False)

    sent = thunderbird.send(Desk(tmp_path, "plain", behind.smtp, behind.ca), letter)

    assert not sent.ok
    assert "A forbidden word" in sent.text
    assert not sink.holding(tag)


def test_a_challenge_is_shown_and_send_once_more_confirms(
    thunderbird: Thunderbird, behind: House, sink: Sink, tmp_path: Path
) -> None:
    """The second mail has a Date and Message-ID of its own; it is the same to people, and so to us."""
    tag, letter = a_letter(tmp_path, "bob@partner.example", words="thinktwice\n", file=False)
    with tapped(behind, "plain") as tap:
        sent = thunderbird.send(Desk(tmp_path, "plain", tap.port, behind.ca), letter, again=True)
        first, second = tap.texts()

    assert "Please look at it once more" in sent.text
    assert read(first)["Message-ID"] != read(second)["Message-ID"]
    (arrived,) = sink.wait_for(1, tag)
    assert own_fields_off(arrived.octets) == second
