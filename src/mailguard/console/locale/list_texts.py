"""The sentences of lists of mail and of the trying-out mailbox, in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

LIST_TEXTS: dict[str, Both] = {
    # Lists
    "mine.title": Both("自分のメール", "My mail"),
    "mine.decide": Both("決めていただくメール", "Waiting for you"),
    "mine.decide.none": Both("決めていただくメールはありません。", "Nothing waits for you."),
    "mine.others": Both("ほかの人の保留中のメール: {count}件", "Held mail of others: {count}"),
    "mine.recent": Both("最近のメール", "Recent mail"),
    "mine.none": Both("まだメールはありません。", "No mail yet."),
    "page.older": Both("前のメールへ", "Older"),
    "page.newest": Both("最新へ戻る", "Back to newest"),
    "column.state": Both("状態", "State"),
    "column.subject": Both("件名", "Subject"),
    "column.sender": Both("送信者", "Sender"),
    "column.recipients": Both("宛先", "Recipients"),
    "column.received": Both("受付", "Received"),
    # Outside
    "outside.title": Both("送信後のメール", "Outside"),
    "outside.lead": Both(
        "試用のため、送信したメールは外部へ出さず、このメールボックスに入れています。",
        "For trying out, mail that is sent goes into this mailbox instead of the world.",
    ),
    "outside.none": Both("まだ何も送信されていません。", "Nothing has been sent yet."),
    "outside.from": Both("送信元", "From"),
    "outside.to": Both("宛先", "To"),
    "outside.letter": Both("mailguard の通知メール", "A letter from mailguard"),
    "outside.null": Both("自動送信のメール", "Automatic mail"),
    "outside.date": Both("日時", "Date"),
    "outside.save": Both("保存(.eml)", "Save (.eml)"),
    "outside.headers": Both("ヘッダー", "Header fields"),
}
