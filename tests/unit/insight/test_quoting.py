"""The line that names whose mail is answered: it is looked for only where it can be, and found where it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight import quoting
from mailguard.insight.quoting import pair_key, read_quoting
from mailguard.insight.text import hashed

PIECES = st.sampled_from(
    (
        "On Mon, ", "John Smith", " wrote:", " Wrote:", "\n", "> ", "01/02/2001 10:11 AM", "1/2/01,  9:05", "From: ",
        "\tTo: ", "Sent by: x\n", " on ", " ON ", "@ECT", "山田さんのメール", "さんは書きました", "  ", "   ", "a", "/",
        "2026年8月2日(日) 23:16 山田 <y@a.example>:", "12", "12:30", ",",
    )
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=24).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_the_line_before_a_quotation_is_found_wherever_a_pattern_finds_it(zone: str, head: str) -> None:
    expected = quoting._JAPANESE.search(head) or quoting._DATED.search(zone) or quoting._WROTE.search(head)
    found = quoting._line_before(zone, head)
    assert (found and (found.re, found.span(), found[1])) == (expected and (expected.re, expected.span(), expected[1]))


def test_whose_mail_is_answered() -> None:
    john = pair_key(hashed("john"), hashed("smith"))
    for own, quoted in (
        ("ok\n", "John Smith wrote:\n> hello"),
        ("ok\n", "On Monday, John Smith <js@x.example> wrote:\n> hello"),
        ("ok\nJohn Smith\n", "01/02/2001 10:11 AM\nTo: x"),
        ("ok\n", "John Smith@ECT on 01/02/2001 10:11\n"),
    ):
        assert john in read_quoting(own, quoted).asker
    assert read_quoting("ok\n", "> no name, 12/30").asker == ()
