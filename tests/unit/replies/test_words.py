"""What answers wish, as people write them in Japanese and English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.replies.own_text import own_lines
from mailguard.replies.words import understood

SEND = [
    "OK",
    "ok",
    "Ok!",
    "ＯＫ",
    "OKです",
    "OKです。",
    "👍 OK",
    "はい",
    "はい。",
    "はい、送信してください。",
    "送信",
    "送信!",
    "「送信」",
    "送信する",
    "送信します",
    "送信してください",
    "送信して下さい。",
    "送信お願いします",
    "送信をお願いいたします。",
    "送ってください",
    "送って",
    "このまま送信してください。",
    "このまま送信でお願いします",
    "承認",
    "承認します",
    "承認いたします。",
    "承認しました",
    "承認です",
    "了承しました。",
    "はい、お願いします",
    "送信して構いません",
    "送信してOKです",
    "送信していただければと思います。",
    "問題ありません。送信してください。",
    "承知しました。送信をお願いします。",
    "承認します。見積の件は先方と合意済みです。",
    "お疲れ様です。山田です。\nOKです。送ってください。\nよろしくお願いします。",
    "お疲れさまです。\n営業部の山田です。\n\n内容を確認しました。問題ありませんので、送信してください。\n\n以上、よろしくお願いいたします。",
    "yes",
    "Yes, please send it.",
    "send",
    "Send it as is, thanks",
    "Please send",
    "Approve",
    "Approved.",
    "I approve this.",
    "OK, thanks!",
    "Hi,\n\nApproved.\n\nBest regards,\nAnn",
    "go ahead",
    "Go ahead and send it please",
    "looks good, approved",
    "OK\nAnn",
    "no problem, send it",
]
STOP = [
    "取消",
    "取り消し",
    "取り消してください",
    "取消してください。",
    "中止",
    "中止してください",
    "送信しない",
    "送信しないでください",
    "送信しません",
    "送信を取り消してください",
    "送信中止でお願いします",
    "送らないでください",
    "いいえ",
    "いいえ、送信しないでください。",
    "却下",
    "却下します",
    "却下します。宛先のドメインが違います。",
    "差し戻します。金額を確認してください",
    "キャンセルしてください",
    "キャンセルでお願いします。",
    "やめてください",
    "承認できません。添付が古いです。",
    "NG",
    "NGです",
    "送信 取消",
    "cancel",
    "Cancel it please",
    "no",
    "No, don't send it.",
    "Don't send",
    "Please do not send this mail.",
    "stop",
    "STOP!",
    "reject",
    "Rejected. Wrong attachment.",
    "I reject this. The price is wrong.",
    "not approved",
    "No, thanks",
    "お疲れ様です。\n取り消してください。\n宛先を間違えました。",
    "すみません、取り消してください",
]
UNCLEAR = [
    "",
    "?",
    "👍",
    "よろしくお願いします",
    "確認しました。",
    "問題ありません",
    "了解です",
    "はい、取り消してください",
    "OK、ただし佐藤さんは外してください",
    "OK but please remove bob",
    "Yes?",
    "送信しますか?",
    "送信?",
    "送信してもよいか確認します",
    "あとで送信してください",
    "送信は待ってください",
    "取り消さないでください",
    "Do not cancel",
    "cancel? or send",
    "OK\n取消",
    "tanaka@examp1e.co.jp を外して送信",
    "sato@example.co.jpだけに送信してください",
    "これは何のメールですか?",
    "間違えました",
    "iPhoneから送信",
    "Sent from my iPhone",
    "OKではありません",
    "送信OKではない",
    "送信できません",
    "yes, send it tomorrow",
    "OK if the boss agrees",
    "send it to bob@x.example instead",
    "I will check and let you know",
    "OK. I will check first",
    "はい。あとで確認します。",
    "はい、今は送信しないでください",
    "送信してください。いや、やっぱり取り消してください。",
    "明日の朝に送信してください",
    "保留してください",
    "NO PROBLEM",
    "部長が送信と言っていました",
    "okay, who asked for this",
    "送信" + "する" * 5000,
    "OK " * 2000,
]


@pytest.mark.parametrize("text", SEND)
def test_what_sends(text: str) -> None:
    assert understood(own_lines(text)).wish == "send"


@pytest.mark.parametrize("text", STOP)
def test_what_stops(text: str) -> None:
    assert understood(own_lines(text)).wish == "stop"


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_decides_nothing(text: str) -> None:
    assert understood(own_lines(text)).wish == "unclear"


def test_what_follows_is_the_comment_and_courtesy_is_not() -> None:
    found = understood(
        own_lines(
            "お疲れ様です。\n却下します。宛先のドメインが違います。\n\n見積書も古いようです。\nよろしくお願いします。"
        )
    )
    assert (found.wish, found.comment) == ("stop", "宛先のドメインが違います。\n見積書も古いようです。")
    assert understood(own_lines("OK\nthanks")).comment == ""


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("sato@example.co.jp を外して送ってください", True),
        ("佐藤さんだけに送信してください", True),
        ("宛先を変更してください", True),
        ("please remove bob", True),
        ("Only to Ann please", True),
        ("送信していただけますと幸いです", False),
        ("却下。金額が違います", False),
        ("OK", False),
    ],
)
def test_single_recipients_are_noticed(text: str, people: bool) -> None:
    assert understood(own_lines(text)).people is people


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert understood(own_lines(text)).wish in ("send", "stop", "unclear")


@given(st.sampled_from(SEND), st.sampled_from(STOP))
def test_a_contradiction_never_sends(one: str, other: str) -> None:
    for text in (f"{one}\n{other}", f"{other}\n{one}"):
        assert understood(own_lines(text)).wish != "send"


@given(
    st.sampled_from(SEND), st.sampled_from(["ただし、少し待ってください", "But wait.", "いつですか?", "eve@x.example"])
)
def test_a_doubt_never_sends(text: str, doubt: str) -> None:
    assert understood(own_lines(f"{text}\n{doubt}")).wish != "send"
