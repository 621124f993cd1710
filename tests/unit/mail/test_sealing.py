"""Octets sealed in chunks: any size comes back, and whatever is done to them is noticed."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mailguard.mail.message import Body
from mailguard.mail.sealing import (
    CHUNK,
    Broken,
    Sealer,
    Unsealed,
    close_small,
    new_key,
    open_small,
    seal,
    unseal,
)

SEALED = CHUNK + 16
KEY = bytes(range(32))


def octets(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK + 7])
def test_any_size_comes_back(size: int) -> None:
    sealed = seal(KEY, octets(size))
    assert unseal(KEY, sealed) == octets(size)
    assert len(sealed) == size + 16 * max(1, -(-size // CHUNK))


@pytest.mark.parametrize("step", [1000, CHUNK - 1, CHUNK, 3 * CHUNK])
def test_how_it_is_cut_into_blocks_does_not_matter(step: int) -> None:
    whole, sealer = octets(4 * CHUNK), Sealer(KEY)
    pieces = [sealer.feed(whole[at : at + step]) for at in range(0, len(whole), step)]
    assert b"".join([*pieces, sealer.end()]) == seal(KEY, whole)


def test_no_octet_stands_in_the_clear() -> None:
    sealed = seal(KEY, b"a canary sings " * 20_000)
    assert b"canary" not in sealed
    assert seal(new_key(), b"the same") != seal(new_key(), b"the same")


def _swap(sealed: bytes) -> bytes:
    return sealed[SEALED : 2 * SEALED] + sealed[:SEALED] + sealed[2 * SEALED :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda s: s[:-1], lambda s: s[:SEALED], lambda s: s[: 2 * SEALED], lambda s: b"", lambda s: s + b"x",
        lambda s: s + s[-20:], _swap, lambda s: s[SEALED:], lambda s: s[:100] + b"!" + s[101:],
        lambda s: s[:SEALED] + s[: SEALED] + s[SEALED:],
    ],
)  # fmt: skip
def test_whatever_is_done_to_it_is_noticed(harm: Callable[[bytes], bytes]) -> None:
    sealed = seal(KEY, octets(3 * CHUNK + 10))
    assert harm(sealed) != sealed
    with pytest.raises(Broken):
        unseal(KEY, harm(sealed))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Broken):
        unseal(new_key(), seal(KEY, b"hello"))


def test_it_is_read_in_pieces_as_any_file() -> None:
    whole = octets(2 * CHUNK + 5)
    with io.BufferedReader(Unsealed(io.BytesIO(seal(KEY, whole)), KEY)) as file:
        assert b"".join(iter(lambda: file.read(1000), b"")) == whole


def test_a_sealed_body_is_a_body(tmp_path: Path) -> None:
    whole = octets(CHUNK + 5)
    (tmp_path / "body").write_bytes(seal(KEY, whole))
    body = Body(len(whole), "", path=tmp_path / "body", key=KEY)
    assert body.read() == whole
    assert KEY.hex() not in repr(body)
    assert str(KEY) not in repr(body)


def test_small_ones_open_only_where_they_belong() -> None:
    sealed = close_small(KEY, b"a key", b"row 1")
    assert open_small(KEY, sealed, b"row 1") == b"a key"
    wrong = [(KEY, sealed, b"row 2"), (new_key(), sealed, b"row 1"), (KEY, sealed[:-1], b"row 1"), (KEY, b"", b"")]
    for key, octets_, bound in wrong:
        with pytest.raises(Broken):
            open_small(key, octets_, bound)
