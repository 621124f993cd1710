"""The sentences of My history, in Japanese and English: what became of a mail, said as one would on the telephone."""

from __future__ import annotations

from mailguard.notify.phrases import Both

HISTORY_TEXTS: dict[str, Both] = {
    "nav.history": Both("送信履歴", "My history"),
    "history.title": Both("送信履歴", "My history"),
    "history.lead": Both(
        "送ったメールがいまどこにあるか、宛先ごとに表示します。", "Where your mail is, for each recipient."
    ),
    "history.q": Both("検索(件名・宛先・ファイル名)", "Search: subject, recipients, files"),
    "history.none": Both("送信したメールはまだありません。", "You have sent no mail yet."),
    "history.nothing": Both("条件に合うメールはありません。", "No mail of yours matches."),
    "history.today": Both("今日", "Today"),
    "history.yesterday": Both("昨日", "Yesterday"),
    "history.count": Both("{count}件", "{count} mails"),
    "history.refused": Both("受け付けませんでした", "Refused"),
    "history.refused.fate": Both(
        "送信時に断られました。メールはお使いのソフトに残っています。",
        "Refused when you sent it; it stayed in your mail program.",
    ),
    "history.why": Both("理由: {why}", "Why: {why}"),
    "fate.relayed": Both("{when} に次のサーバーへ渡しました{answer}", "Handed to the next server at {when}{answer}"),
    "fate.relayed.untimed": Both("次のサーバーへ渡しました{answer}", "Handed to the next server{answer}"),
    "fate.answer": Both("(応答: {text})", " (it answered: {text})"),
    "fate.queued": Both("まもなく送信します", "On its way, about to be sent"),
    "fate.deferred": Both(
        "待っています。相手側の応答: {text}。次は {when} に送り直します",
        "Waiting: their server says “{text}”; next try at {when}",
    ),
    "fate.held": Both("確認を待っています", "Held: waits for somebody to confirm it"),
    "fate.held.you": Both("あなたの確認を待っています", "Held: waits for you to confirm it"),
    "fate.held.delay": Both("取り消せる時間です。{when} に送信します", "In its undo window: it goes at {when}"),
    "fate.held.paused": Both("一時停止中です。決めるまで送信しません", "Paused: it is not sent until somebody decides"),
    "fate.held.approval": Both("承認待ちです: {people}", "Held: waits for approval by {people}"),
    "fate.held.house": Both("承認待ちです(管理者)", "Held: waits for approval by an administrator"),
    "fate.cancelled.you": Both("未送信です。{when} にあなたが取り消しました", "Not sent: you cancelled it at {when}"),
    "fate.cancelled": Both("未送信です。{when} に {by} が取り消しました", "Not sent: {by} cancelled it at {when}"),
    "fate.rejected": Both("未送信です。{when} に {by} が却下しました", "Not sent: {by} said no at {when}"),
    "fate.expired": Both(
        "未送信です。期限までに決まらず、お返ししました",
        "Not sent: nobody decided in time; it came back to you",
    ),
    "fate.bounced": Both("届きませんでした。相手側の応答: {text}", "Not delivered: their server says “{text}”"),
    "fate.bounced.silent": Both(
        "届きませんでした。相手側から応答がありませんでした", "Not delivered: their server did not answer"
    ),
}
