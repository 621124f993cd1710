"""The quick look-up of signatures finds what going over all of them would, where several could stand."""

from __future__ import annotations

import itertools

import pytest

from mailguard.inspect.kinds import filetype
from mailguard.inspect.kinds.signatures import SIGNATURES


def plainly(octets: bytes) -> list[tuple[int, bytes, str]]:
    return [one for one in SIGNATURES if octets[one[0] : one[0] + len(one[1])] == one[1]]


@pytest.mark.parametrize("offset", sorted({one[0] for one in SIGNATURES}))
def test_each_signature_is_found_beside_any_other(offset: int) -> None:
    for (one_at, one, _), (other_at, other, _) in itertools.product(SIGNATURES, SIGNATURES):
        if one_at != offset or other_at > 300:
            continue
        octets = bytearray(b"\xee") * (max(one_at + len(one), other_at + len(other)) + 1)
        octets[other_at : other_at + len(other)] = other
        octets[one_at : one_at + len(one)] = one
        for some in (bytes(octets), bytes(octets[:-2])):
            likely = [tuple(found[1:]) for found in filetype._likely(some) if some.startswith(found[2], found[1])]
            assert likely == plainly(some)
