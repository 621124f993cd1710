"""The words of the filter language in English and Japanese, and what was probably meant by a word that is not one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import timedelta

from mailguard.mail.lifecycle import State
from mailguard.mail.query import HAS, Key

#: Every name of a key; the first of each language is the one that messages name.
KEYS: dict[str, Key] = {
    "subject": Key.SUBJECT, "件名": Key.SUBJECT,
    "file": Key.FILE, "filename": Key.FILE, "ファイル": Key.FILE,
    "text": Key.TEXT, "body": Key.TEXT, "本文": Key.TEXT,
    "from": Key.FROM, "sender": Key.FROM, "sender-domain": Key.FROM, "差出人": Key.FROM, "送信者": Key.FROM,
    "to": Key.TO, "recipient": Key.TO, "recipient-domain": Key.TO, "宛先": Key.TO, "受信者": Key.TO,
    "rule": Key.RULE, "ルール": Key.RULE, "規則": Key.RULE,
    "state": Key.STATE, "is": Key.STATE, "状態": Key.STATE,
    "has": Key.HAS, "添付": Key.HAS, "あり": Key.HAS,
    "larger": Key.LARGER, "以上": Key.LARGER,
    "smaller": Key.SMALLER, "未満": Key.SMALLER,
    "older": Key.OLDER, "before": Key.OLDER, "より前": Key.OLDER,
    "newer": Key.NEWER, "after": Key.NEWER, "以降": Key.NEWER,
}  # fmt: skip
#: `in:` says where the bare words are looked for.
IN = frozenset({"in", "場所"})
PLACES: dict[str, Key] = {
    "subject": Key.SUBJECT, "件名": Key.SUBJECT,
    "file": Key.FILE, "files": Key.FILE, "ファイル": Key.FILE,
    "text": Key.TEXT, "body": Key.TEXT, "本文": Key.TEXT,
}  # fmt: skip
#: What stands before a colon in ordinary text: of replies, forwards and links.
PLAIN = frozenset({"re", "fw", "fwd", "aw", "wg", "sv", "http", "https", "ftp", "mailto", "tel", "返信", "転送"})
_OPEN = (str(State.HELD), str(State.QUEUED))
STATE_WORDS: dict[str, tuple[str, ...]] = {
    **{str(state): (str(state),) for state in State},
    "open": _OPEN, "sent": ("relayed",),
    "保留": ("held",), "送信保留": ("held",), "送信待ち": ("queued",), "送信済み": ("relayed",), "送信済": ("relayed",),
    "取消": ("cancelled",), "送信取消": ("cancelled",), "却下": ("rejected",), "期限切れ": ("expired",),
    "不達": ("bounced",), "未完了": _OPEN,
}  # fmt: skip
HAS_WORDS: dict[str, str] = {
    **{word: word for word in HAS},
    "attachments": "attachment", "file": "attachment", "添付": "attachment", "添付ファイル": "attachment",
    "あり": "attachment", "有": "attachment",
    "承認": "approval", "確認": "confirm", "一時保留": "delay", "社外": "external",
}  # fmt: skip
_DAY = timedelta(days=1)
SPANS: dict[str, timedelta] = {
    "s": timedelta(seconds=1), "秒": timedelta(seconds=1), "m": timedelta(minutes=1), "min": timedelta(minutes=1),
    "分": timedelta(minutes=1), "h": timedelta(hours=1), "時間": timedelta(hours=1), "d": _DAY, "日": _DAY,
    "w": 7 * _DAY, "週": 7 * _DAY, "週間": 7 * _DAY,
}  # fmt: skip
SIZES: dict[str, int] = {
    "": 1, "b": 1, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30,
}  # fmt: skip


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one; "" if none is."""
    close = difflib.get_close_matches(word[:40], list(known), n=1, cutoff=0.55)
    # `form` for `from`: letters that changed places count as near, though a ratio may not say so.
    same = [one for one in known if sorted(one) == sorted(word)]
    return (same or close or [""])[0]
