"""Line ends: the quick way finds what counting pairs finds, whatever the size and wherever blocks are cut."""

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from mailguard.mail.lines import LineEnds, dotted, have_lone

_LARGE = 20_000


def by_counting(octets: bytes) -> bool:
    pairs = octets.count(b"\r\n")
    return octets.count(b"\r") != pairs or octets.count(b"\n") != pairs


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Lines, even or not, above the size where other ways are taken or below; then some octets are changed."""
    lines = draw(st.lists(st.sampled_from([b"", b"a", b"\xe3\x81\x82", b"x" * 76]), min_size=1, max_size=4))
    text = b"\r\n".join(lines) + b"\r\n"
    text *= draw(st.sampled_from([1, _LARGE // len(text) + 1]))
    changed = bytearray(text[draw(st.integers(0, min(80, len(text)))) :])
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(changed)))
        changed[at : at + draw(st.integers(0, 2))] = draw(st.sampled_from([b"", b"\r", b"\n", b"\r\n", b"y", b"\n\r"]))
    return bytes(changed)


@given(texts())
@example(b"\n" + (b"x" * 76 + b"\r\n") * 300)
@example((b"x" * 76 + b"\r\n") * 300 + b"x" * 76 + b"\r")
@example((b"x" * 77 + b"\n") * 300)
@example(b"\r" + (b"x" * 76 + b"\n\r") * 300)
@example(b"To: a\r\n\r\n" + (b"x" * 76 + b"\r\n") * 300 + b"--b--\r\n")
@example((b"x" * 76 + b"\r\n") * 150 + b"x" * 30 + b"\r\n" + b"x" * 44 + b"\r\n" + (b"x" * 76 + b"\r\n") * 150)
@example((b"x" * 76 + b"\r\n") * 290 + b"x" * 20 + b"\r\n" + (b"x" * 54 + b"\r\n" + b"x" * 76 + b"\r\n") * 10)
@example((b"x" * 76 + b"\r\n") * 290 + b"\n" + (b"x" * 76 + b"\r\n") * 10)
@example(b"\r\r\n\n" * 5000)
def test_the_quick_way_is_the_plain_way(octets: bytes) -> None:
    assert have_lone(octets) == by_counting(octets)


@given(octets=texts(), at=st.lists(st.integers(0, 2 * _LARGE), max_size=5))
def test_blocks_are_cut_anywhere(octets: bytes, at: list[int]) -> None:
    ends = LineEnds()
    cuts = [0, *sorted(min(one, len(octets)) for one in at), len(octets)]
    for start, end in itertools.pairwise(cuts):
        ends.feed(octets[start:end])
    ends.end()
    assert ends.alone == by_counting(octets)


@given(
    before=st.lists(st.sampled_from([b"x." * 40, b".", b"\r\n", b"\n.", b"x" * 300]), max_size=12),
    dots=st.sampled_from([0, 60, 70, 300]),
    behind=st.sampled_from([b"", b"\r\n.", b"\r\n.x" + b"y" * _LARGE, b"y" * _LARGE, b"\r\n.\r\n"]),
    start=st.integers(0, 3),
    end=st.sampled_from([0, 1, 2, 3, _LARGE]),
)
def test_a_dot_at_the_beginning_of_a_line_is_found_where_it_stands(
    before: list[bytes], dots: int, behind: bytes, start: int, end: int
) -> None:
    octets = b"\r" + b"".join(before) + b"z" * _LARGE + b" ." * dots + behind
    stop = len(octets) - end
    assert dotted(octets, start, stop) == octets.find(b"\r\n.", start, stop)
    assert dotted(octets) == octets.find(b"\r\n.")
