"""Customers named in subjects and names of files, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.customers import customers


@pytest.mark.parametrize(
    ("subject", "files", "names"),
    [
        ("【みどり商事様】ポンプの見積について", [], ("みどり商事",)),
        ("Re: 【㈱みどり商事 御中】見積", [], ("みどり商事",)),
        ("株式会社みどり商事様 お見積り", [], ("みどり商事",)),
        ("みどり商事様の見積について", [], ("みどり商事",)),
        ("北斗電機(株) 御中 打合せ", [], ("北斗電機",)),
        ("株式会社みどり商事の件", [], ()),
        ("", ["見積書_みどり商事様_v2.xlsx"], ("みどり商事",)),
        ("", ["見積書_みどり商事様.xlsx"], ("みどり商事",)),
        ("", ["みどり商事様向け_提案.pptx", "請求書（北斗電機様分）.pdf"], ("みどり商事", "北斗電機")),
        ("Offer for Acme Ltd", ["Quote_Blue Sky Inc.xlsx"], ()),
        ("お客様各位", ["お客様.pdf", "各位.doc"], ()),
        ("ポンプの見積について", ["図面.pdf"], ()),
        ("同様の件", ["仕様.docx"], ()),
        ("Meeting on Monday", ["notes.txt"], ()),
    ],
)
def test_names(subject: str, files: list[str], names: tuple[str, ...]) -> None:
    assert customers(subject, files) == names


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=60), max_size=30))
def test_any_text_is_taken(subject: str, files: list[str]) -> None:
    names = customers(subject, files)
    assert len(names) <= 8
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("unit", ["様", "株式会社", "A ", "【", "みどり様_", "Ab "])
def test_long_texts_cost_no_more(unit: str) -> None:
    assert len(customers(unit * 100_000, [unit * 100_000] * 1000)) <= 8
