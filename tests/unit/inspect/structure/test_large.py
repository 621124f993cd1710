"""What was made quick for large files finds and decodes what the plain way does, whatever the octets are."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from mailguard.inspect.occurrences import occurrences, place
from mailguard.inspect.structure import transfer

# Few different octets, so that there are many near misses; then a stretch without any, as in base64.
_DASHES = st.lists(
    st.sampled_from([b"-", b"--", b"--b", b"b", b"\r\n", b"x" * 300, b"x" * 5000, b"-" * 90]), max_size=40
).map(b"".join)


@given(octets=_DASHES, wanted=st.sampled_from([b"--b", b"-", b"b\r\n", b"--", b"xxx-"]), start=st.integers(0, 50))
def test_a_place_is_where_find_says(octets: bytes, wanted: bytes, start: int) -> None:
    assert place(octets, wanted, start) == octets.find(wanted, start)


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
    quick = transfer._as_programs_write_it(body)
    if quick is not None:
        assert transfer._as_anybody_writes_it(body) == transfer.Decoded(quick)


def test_base64_of_programs_is_read_the_quick_way() -> None:
    octets = bytes(range(256)) * 40
    for size in (10240, 10239, 10238, 570):
        body = base64.encodebytes(octets[:size]).replace(b"\n", b"\r\n")
        assert transfer._as_programs_write_it(body) == octets[:size]
        assert transfer._as_programs_write_it(body.replace(b"A", b"*", 1)) is None
        assert transfer._as_programs_write_it(body.replace(b"AAEC", b"****", 1)) is None
