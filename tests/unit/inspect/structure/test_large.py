"""What was made quick for large files finds and decodes what the plain way does, whatever the octets are."""

import base64
import gc
import random

from hypothesis import given
from hypothesis import strategies as st

from mailguard.inspect.occurrences import Stretch, occurrences, place, stands
from mailguard.inspect.reader import read_mail
from mailguard.inspect.structure import transfer
from mailguard.inspect.structure.delimiters import is_almost, split_parts
from mailguard.inspect.structure.fields import header_of
from mailguard.inspect.structure.parts import Parts

# Few different octets, so that there are many near misses; then a stretch without any, as in base64.
_DASHES = st.lists(
    st.sampled_from([b"-", b"--", b"--b", b"b", b"\r\n", b"x" * 300, b"x" * 5000, b"-" * 90]), max_size=40
).map(b"".join)


@given(octets=_DASHES, wanted=st.sampled_from([b"--b", b"-", b"b\r\n", b"--", b"xxx-"]), start=st.integers(0, 50))
def test_a_place_is_where_find_says(octets: bytes, wanted: bytes, start: int) -> None:
    assert place(octets, wanted, start) == octets.find(wanted, start)


@given(
    noise=st.randoms(use_true_random=False),
    wanted=st.sampled_from([b"R", b"R!", b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b".*\n\xff[", b"\n\r\n\0"]),
    size=st.sampled_from([4_000, 5_000, 30_000, 300_000]),
    hidden=st.integers(0, 300_000),
    start=st.integers(0, 10_000),
    end=st.sampled_from([None, 4_500, 29_000]),
)
def test_a_place_in_noise_is_where_find_says(
    noise: random.Random, wanted: bytes, size: int, hidden: int, start: int, end: int | None
) -> None:
    octets = noise.randbytes(size)
    for begun in (wanted[:-1], wanted):
        at = hidden % size
        octets = octets[:at] + begun + octets[at:]
    assert place(octets, wanted, start, end) == octets.find(wanted, start, end)
    assert stands(octets, wanted, start) is (octets.find(wanted, start) >= 0)


@given(octets=_DASHES, wanted=st.sampled_from([b"--b", b"-", b"x-", b"--"]))
def test_occurrences_are_those_that_count_counts(octets: bytes, wanted: bytes) -> None:
    found = list(occurrences(octets, wanted))
    assert len(found) == octets.count(wanted)
    assert all(octets.startswith(wanted, one) for one in found)


@st.composite
def encoded(draw: st.DrawFn) -> bytes:
    """Base64 in lines, and what is done to it on the way."""
    width = draw(st.sampled_from([4, 8, 60, 62, 75, 76, 77]))
    letters = base64.b64encode(draw(st.binary(max_size=800)))
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\n"]))
    text = end.join(letters[at : at + width] for at in range(0, len(letters), width))
    body = bytearray(text + draw(st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b"\n", b"==\r\n", b"\r\n\r\nfooter\r\n"])))
    for _ in range(draw(st.integers(0, 3)) if draw(st.booleans()) else 0):
        at = draw(st.integers(0, len(body)))
        other = draw(st.sampled_from([b"", b"=", b"-", b"\r", b"\n", b" ", b"A", b"\x80", b"----", b"===="]))
        body[at : at + draw(st.sampled_from([0, 1, len(other)]))] = other  # four letters less are whole groups again
    return bytes(body)


@given(encoded())
def test_base64_of_programs_is_read_as_anybodys(body: bytes) -> None:
    quick = transfer.as_programs_write_it(Stretch.of(body))
    if quick is not None:
        assert transfer._as_anybody_writes_it(body) == transfer.Decoded(quick)


def test_base64_of_programs_is_read_the_quick_way() -> None:
    octets = bytes(range(256)) * 40
    for size in (10240, 10239, 10238, 570):
        body = base64.encodebytes(octets[:size]).replace(b"\n", b"\r\n")
        assert transfer.as_programs_write_it(Stretch.of(body)) == octets[:size]
        assert transfer.as_programs_write_it(Stretch.of(body.replace(b"A", b"*", 1))) is None
        assert transfer.as_programs_write_it(Stretch.of(body.replace(b"AAEC", b"****", 1))) is None


_MAILISH = st.lists(
    st.sampled_from(
        [b"\r\n", b"\r\n", b"\n", b"\r", b"--b", b"--b--", b"\x0c", b" ", b"A: 1", b"junk", b"\r\n\r\n--b\r\n", b"AAEC"]
    ),
    max_size=30,
).map(b"".join)


@given(before=_MAILISH, octets=_MAILISH, behind=_MAILISH, most=st.integers(1, 40))
def test_octets_within_others_are_read_like_octets_alone(
    before: bytes, octets: bytes, behind: bytes, most: int
) -> None:
    within = Stretch(before + octets + behind, len(before), len(before) + len(octets))
    assert within.octets == octets
    head, at = header_of(octets, most)
    assert header_of(within.whole, most, within.start, within.end) == (head, at + len(before))
    alone = Stretch.of(octets)
    (start, parts, end), (start_alone, parts_alone, end_alone) = split_parts(within, b"b"), split_parts(alone, b"b")
    assert (start, end) == (start_alone, end_alone)
    assert [one.octets for one in parts] == [one.octets for one in parts_alone]
    assert is_almost(within, "b") == is_almost(alone, "b")


@given(before=_MAILISH, body=encoded(), behind=_MAILISH)
def test_base64_within_others_is_read_like_base64_alone(before: bytes, body: bytes, behind: bytes) -> None:
    within = Stretch(before + body + behind, len(before), len(before) + len(body))
    assert transfer.undo_within(within, "base64") == transfer.undo(body, "base64")


def test_a_reading_leaves_nothing_to_the_collector() -> None:
    """What holds each other holds the octets: a worker that reads large files would keep several of them."""
    head = b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
    gc.collect()
    gc.disable()
    try:
        read_mail(head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bytes(1000)))
        left = [one for one in gc.get_objects() if isinstance(one, Parts)]
    finally:
        gc.enable()
    assert not left
