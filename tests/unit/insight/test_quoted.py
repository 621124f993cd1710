"""Who takes part in what a mail quotes: golden headers of the usual programs in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.quoted import quoted_people

OUTLOOK = """-----Original Message-----
From: John Smith [mailto:john.smith@a.example]
Sent: Monday, November 2, 2026 10:00 AM
To: Mary Jones; Lee, Bob
Cc: 'Tom Hall'
Subject: Offer
"""
LOTUS = """---------------------- Forwarded by John Smith/HOU/CORP on 11/02/2026 10:00 AM ---------------------------


Mary Jones
11/02/2026 09:00 AM
To: Bob Lee/HOU/CORP@CORP, Tom Hall/NA/Corp@Corp
cc:
Subject: Offer
"""
JAPANESE = """差出人: 山田 太郎 <yamada@b.example>
送信日時: 2026年11月2日 10:00
宛先: "佐藤 花子" <sato@b.example>, 鈴木一郎 <suzuki@c.example>,
  tanaka@d.example
CC: 高橋様
件名: お見積り
"""


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (OUTLOOK, ("john.smith@a.example", "john smith", "mary jones", "bob lee", "tom hall")),
        (LOTUS, ("john smith", "mary jones", "bob lee", "tom hall")),
        (
            JAPANESE,
            (
                "yamada@b.example", "taro yamada", "sato@b.example", "hanako sato", "suzuki@c.example", "ichiro suzuki",
                "tanaka@d.example", "takahashi",
            ),
        ),
        ("On Mon, Nov 2, 2026 at 10:00 AM John Smith <john@a.example> wrote:\n> hi", ("john@a.example", "john smith")),
        ("On Mon, Nov 2, 2026 at 10:00 AM John Smith\n<john@a.example> wrote:\n> hi", ("john@a.example", "john smith")),
        ("2026年11月2日(月) 10:00 山田太郎 <yamada@b.example>:\n> はい", ("yamada@b.example", "taro yamada")),
        ("2026/11/02 10:00、山田太郎 <yamada@b.example>のメール:", ("yamada@b.example", "taro yamada")),
        ("> From: a@b.example\n> To: c@d.example, e@f.example", ("a@b.example", "c@d.example", "e@f.example")),
        ("From:  John Smith @ CORP 11/02/2026 10:00 AM", ("john smith",)),
        ("Mary Jones@CORP\n11/02/2026 10:00 AM", ("mary jones",)),
        ("Mary Jones on 11/02/2026 10:00:11 AM", ("mary jones",)),
        ("差出人：山田太郎", ("taro yamada",)),
        ("*From:* John Smith <john@a.example>", ("john@a.example", "john smith")),
        ("Nothing: is quoted here, john@a.example", ()),
        ("see you at 10:00", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_people_in_quoted_headers(text: str, people: tuple[str, ...]) -> None:
    assert quoted_people(text) == people


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["From: ", "To: ", "差出人：", "\n", "wrote:", "On 10:00 ", "<a@b.example>", ", ", "山田太郎", "x "]
        )
    )
)
def test_any_mixture_is_taken(pieces: list[str]) -> None:
    people = quoted_people("".join(pieces))
    assert len(people) <= 40
    assert len(set(people)) == len(people)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_any_text_is_taken(text: str) -> None:
    quoted_people(text)


@pytest.mark.parametrize(
    "unit",
    ["From: ", "To: a@b.example,\n", "From: a,\n", "<", "a@", "wrote:\n", "1/1/11 ", "On ", ":", "10:00:\n", "A@/ "],
)
def test_long_texts_cost_no_more(unit: str) -> None:
    assert len(quoted_people(unit * 100_000)) <= 40
