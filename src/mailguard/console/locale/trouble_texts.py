"""What administrators read on every page while a way to people fails."""

from __future__ import annotations

from mailguard.notify.phrases import Both

TROUBLE_TEXTS: dict[str, Both] = {
    "trouble.letters": Both(
        "通知メールが送れていません({reason})。保留や承認依頼に気づかれていないおそれがあります。",
        "Letters to people do not arrive ({reason}). They may not hear of mail that is held.",
    ),
    "trouble.channel": Both(
        "チャット通知「{name}」が送れていません({reason})。",
        "The chat channel {name} does not take messages ({reason}).",
    ),
    "trouble.pressure": Both(
        "新しいメールの受け付けを見合わせています({reason})。空きができれば自動で再開します。",
        "No new mail is taken for now ({reason}). It ends by itself as soon as there is room.",
    ),
    "trouble.delivery": Both(
        "配送のプロセスが動いていません。受け付けたメールは送信待ちのままです。mailguard serve を起動してください。",
        "No process delivers: mail that was taken in waits. Start mailguard serve on the server.",
    ),
    "trouble.upstream": Both(
        "中継先「{name}」へのメールが止まっています({reason})。",
        "Mail for the upstream {name} does not leave ({reason}).",
    ),
}
