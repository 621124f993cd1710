"""Alterations as people call them, and the sentence for one that a mail does not allow."""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.mail.verdict import Because

#: The built-in rule for mail that cannot be altered as rules want it.
UNALTERABLE = "unalterable"
#: What each alteration does, by its word.
ALTERATIONS = {
    "to_bcc": Because("To・Ccのアドレスを非表示に変更", "addresses hidden from To and Cc"),
    "split": Because("宛先ごとに1通ずつ送信", "one mail for each recipient"),
    "add_cc": Because("Ccに追加", "somebody more in Cc"),
    "add_bcc": Because("Bccに追加", "a copy for somebody more"),
    "readdress": Because("誤った宛先を訂正", "a wrong recipient replaced"),
    "tag_subject": Because("件名に語を追加", "a word in front of the subject"),
    "add_header": Because("ヘッダーを追加", "a header field more"),
    "footer": Because("本文の末尾に文を追加", "a text under the mail"),
    "zip_attachments": Because("添付ファイルを暗号化ZIPに変換", "attachments into an encrypted zip"),
    "remove_attachment": Because("添付ファイルを削除", "an attachment removed"),
    "strip_bcc": Because("Bccヘッダーを削除", "the Bcc field removed"),
}
SIGNED = Because("署名されたメールは変更できません", "A signed mail is not altered")
ENCRYPTED = Because("暗号化されたメールは変更できません", "An encrypted mail is not altered")
TOO_MANY = Because("変更の数が多すぎます", "Too many alterations are asked for")
NO_FILE = Because(
    "対象の添付ファイルを特定できません", "The attachment that is meant cannot be told from the others in the mail"
)
NOT_SHOWN = Because("その宛先はToにもCcにもありません", "This address stands neither in To nor in Cc")
FAILED = Because("メールの変更に失敗しました", "The alteration failed")


def cannot(words: Iterable[str], why: Because, held: bool) -> Because:
    """What people read about alterations that are left out. held: the mail waits because of it."""
    listed = [ALTERATIONS[word] for word in sorted(set(words))]
    ja, en = "・".join(one.ja for one in listed), ", ".join(one.en for one in listed)
    end_ja, end_en = ("保留します", "it is held") if held else ("変更せずに扱います", "that is left out")
    return Because(
        f"{why.ja}。ルールが求める「{ja}」を行えないため、{end_ja}",
        f"{why.en[:1].upper()}{why.en[1:]}: {en} is asked for; {end_en}",
    )
