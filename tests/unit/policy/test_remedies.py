"""What pydantic says of a value, in both languages: its own words in English, ours in Japanese."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from mailguard.mail.saying import in_language
from mailguard.policy.remedies import plain


@pytest.mark.parametrize(
    ("asked", "written", "japanese"),
    [
        (str, 3, "文字列を書いてください。"),
        (Annotated[str, Field(min_length=2)], "a", "2文字以上で書いてください。"),
        (Annotated[str, Field(max_length=2)], "abc", "2文字以内で書いてください。"),
        (
            Annotated[str, Field(pattern="^a{2}$")],
            "b",
            "使えない文字があるか、形が違います(正規表現 ^a{2}$ に合うもの)。",
        ),
        (int, [], "整数を書いてください。"),
        (int, "many", "整数を書いてください。"),
        (int, "9" * 5000, "数が大きすぎます。"),
        (int, 1.5, "小数ではなく整数を書いてください。"),
        (bool, [], "true か false を書いてください。"),
        (bool, "maybe", "true か false を書いてください。"),
        (Annotated[int, Field(gt=1)], 1, "1 より大きな値を書いてください。"),
        (Annotated[int, Field(ge=1)], 0, "1 以上の値を書いてください。"),
        (Annotated[int, Field(lt=1)], 1, "1 より小さな値を書いてください。"),
        (Annotated[int, Field(le=1)], 2, "1 以下の値を書いてください。"),
        (Annotated[list[int], Field(min_length=2)], [1], "2個以上書いてください(今は1個)。"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "1個以内で書いてください。"),
        (Path, 3, "ファイルまたはフォルダーのパスを書いてください。"),
        (Literal["a", "b"], [], "'a', 'b' のいずれかを書いてください。"),
        (complex, "x", "この値は使えません("),  # a kind that no setting has
    ],
)
def test_each_kind(asked: Any, written: object, japanese: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(asked).validate_python(written)
    error = caught.value.errors()[0]
    said = plain(error["type"], error["msg"], error["input"], error.get("ctx", {}))
    assert in_language(said, "ja").startswith(japanese)
    assert in_language(said, "en") == error["msg"][:1].lower() + error["msg"][1:]
