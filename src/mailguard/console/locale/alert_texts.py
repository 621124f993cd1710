"""Sentences of undo windows, of peace from letters, and of notifications in the browser; in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

ALERT_TEXTS: dict[str, Both] = {
    # Undo windows
    "undo.title": Both("まもなく送信するメール", "About to be sent"),
    "undo.left": Both("送信まであと", "Sent in"),
    "undo.pause": Both("一時停止", "Pause"),
    "undo.paused": Both("一時停止中です。決めるまで送信しません。", "Paused: it is not sent until you decide."),
    "undo.stopped": Both("一時停止中", "paused"),
    # Peace from letters
    "alerts.title": Both("お知らせの受け取り方", "How you are told"),
    "peace.lead": Both(
        "自分のメールの保留を知らせる通知メールを、しばらく止められます。保留中のメールはこの画面で確認できます。"
        "承認の依頼と、送信・未送信などの結果は止まりません。",
        "You can have no letters about your own held mail for a while; this page shows what is held. "
        "What others ask you to approve, and what became of a mail, is told as ever.",
    ),
    "peace.1h": Both("1時間止める", "For 1 hour"),
    "peace.4h": Both("4時間止める", "For 4 hours"),
    "peace.today": Both("今日は止める", "For today"),
    "peace.on": Both(
        "{until} まで、保留の通知メールを止めています。", "No letters about your held mail until {until}."
    ),
    "peace.end": Both("通知メールを再開する", "Get letters again"),
    "peace.legend": Both("保留の通知メールを止める", "No letters about held mail"),
    "done.peace": Both(
        "保留の通知メールを止めました。再開したときに残っているものは、1通にまとめてお知らせします。",
        "No letters for a while. What still waits at the end comes in one letter.",
    ),
    "done.peace-end": Both("通知メールを再開しました。", "You get letters again."),
    # Notifications in the browser
    "browser.lead": Both(
        "このブラウザーを開いている間、保留や承認の依頼を画面の通知でもお知らせします。件名や宛先は表示しません。",
        "While a page of mailguard is open in this browser, it can notify you as well. "
        "It shows no subject and nobody's name.",
    ),
    "browser.ask": Both("このブラウザーで通知する", "Notify me in this browser"),
    "browser.on": Both("このブラウザーで通知しています。", "This browser notifies you."),
    "browser.off": Both("通知をやめる", "Stop notifying"),
    "browser.all": Both("ほかの人のメールの保留も通知する", "Also when mail of others is held"),
    "browser.denied": Both(
        "ブラウザーの設定で、このサイトの通知が許可されていません。",
        "Your browser does not allow this site to notify you; its settings can change that.",
    ),
    "browser.hold": Both("送信を保留しました", "A mail of yours is held"),
    "browser.hold.many": Both("送信を保留したメール: {count}件", "Mails of yours that are held: {count}"),
    "browser.approval": Both("承認の依頼があります", "Somebody needs your approval"),
    "browser.approval.many": Both("承認の依頼: {count}件", "Mails that need your approval: {count}"),
    "browser.other": Both("メールが保留されました", "A mail is held"),
    "browser.other.many": Both("保留されたメール: {count}件", "Mails that are held: {count}"),
    "browser.open": Both("クリックして確認", "Click to look"),
}
