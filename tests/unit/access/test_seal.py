"""What is sealed opens for its purpose and its owner, and for nothing else."""

from __future__ import annotations

import pytest

from mailguard.access.seal import Seal, Unsealable

HOUSE, OTHER = Seal(lambda: b"k" * 32), Seal(lambda: b"o" * 32)


def test_sealed_and_opened() -> None:
    sealed = HOUSE.close("second factor", b"secret", bound="ann")
    assert b"secret" not in sealed
    assert sealed != HOUSE.close("second factor", b"secret", bound="ann")
    assert HOUSE.open("second factor", sealed, bound="ann") == b"secret"
    text = HOUSE.close_text("sign-on", b"secret", bound="browser")
    assert HOUSE.open_text("sign-on", text, bound="browser") == b"secret"


def test_what_does_not_open() -> None:
    sealed = HOUSE.close("second factor", b"secret", bound="ann")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for house, purpose, octets, bound in (
        (OTHER, "second factor", sealed, "ann"),
        (HOUSE, "sign-on", sealed, "ann"),
        (HOUSE, "second factor", sealed, "eve"),
        (HOUSE, "second factor", flipped, "ann"),
        (HOUSE, "second factor", sealed[:10], "ann"),
        (HOUSE, "second factor", b"", "ann"),
    ):
        with pytest.raises(Unsealable):
            house.open(purpose, octets, bound=bound)  # type: ignore[arg-type]
    for text in ("", "=", "é", "\x00", "A", "A" * 400):
        with pytest.raises(Unsealable):
            HOUSE.open_text("sign-on", text, bound="browser")


def test_a_digest_needs_the_key() -> None:
    assert HOUSE.digest("recovery code", "x") == HOUSE.digest("recovery code", "x")
    assert HOUSE.digest("recovery code", "x") != OTHER.digest("recovery code", "x")


def test_the_key_is_read_when_it_is_needed() -> None:
    def broken() -> bytes:
        raise OSError

    seal = Seal(broken)
    with pytest.raises(OSError):
        seal.digest("recovery code", "x")
