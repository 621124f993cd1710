"""Sentences of the decision on the page of one mail: its questions, its buttons, what is known of recipients and files;
in Japanese and English.
"""

from __future__ import annotations

from mailguard.notify.phrases import Both

DECIDE_TEXTS: dict[str, Both] = {
    # The headline
    "reason.like": Both(
        "{written} は、{known} によく似た別のドメインです。", "{written} looks like {known}, but is another domain."
    ),
    "reason.like.usual": Both(
        "{written} へは初めての送信です。いつもは {known} です。",
        "First mail to {written}. The usual recipient is {known}.",
    ),
    "reason.like.mailbox": Both(
        "{written} は、{known} によく似た別のアドレスです。", "{written} looks like {known}, but is another address."
    ),
    "reason.like.many": Both(
        "宛先のドメイン {written} は、{known} によく似た別のドメインです。",
        "Recipients at {written}: it looks like {known}, but is another domain.",
    ),
    "reason.greeting": Both(
        "宛名は「{names}」ですが、宛先は {people} です。", "It addresses {names}, but goes to {people}."
    ),
    "reason.more": Both("ほか{count}件", "and {count} more"),
    "differs": Both("違い: {words}", "Difference: {words}"),
    # The decision
    "decide": Both("どうしますか", "Your decision"),
    "decide.approve": Both("承認しますか", "Your approval"),
    "decide.waits": Both("承認を待っています", "It waits for approval"),
    "decide.queued": Both("送信を取り消すには", "To take it back"),
    "decide.missing": Both(
        "まだ選ばれていません: {items}。何も決定していません。", "Not answered yet: {items}. Nothing was decided."
    ),
    "decide.joined": Both(
        "その間に宛先が増えました。宛先をもう一度確かめてください。まだ何も決定していません。",
        "Meanwhile the mail got more recipients. Look at them again; nothing was decided yet.",
    ),
    "decide.this": Both("どちらかを選んでください。", "Please choose one."),
    "decide.again": Both(
        "選んだ内容を確かめて、もう一度ボタンを押してください。まだ何も決定していません。",
        "Check what you chose and press the button once more. Nothing was decided yet.",
    ),
    "offer.send": Both("{wrong} ではなく {meant} へ送信", "Send to {meant} instead of {wrong}"),
    "offer.replace": Both("宛先 {wrong} を {meant} に変更", "Replace {wrong} by {meant}"),
    "offer.note": Both("ほかに問題がなければ、すぐに送信します。", "It goes at once, unless something else holds it."),
    "offer.note.replace": Both(
        "承認が必要な場合は、承認後に送信します。", "It still waits for approval where the rules ask for it."
    ),
    "offer.sealed": Both(
        "署名または暗号化されたメールのため、メールに表示されるToとCcは変わりません。",
        "It is signed or encrypted: To and Cc go on showing the old address.",
    ),
    "choose.remove": Both("外す", "Remove"),
    "choose.keep.person": Both("正しい宛先", "It is right"),
    "choose.people": Both("要確認の{people}", "{people} to check"),
    "choose.remove.all": Both("全員を外す", "Remove them all"),
    "choose.keep.people": Both("全員正しい", "They are right"),
    "choose.remove.file": Both("外す", "Take it out"),
    "choose.keep.file": Both("添付する", "It is right"),
    "choose.files": Both("要確認のファイル{count}個", "{count} files to check"),
    "choose.remove.files": Both("すべて外す", "Take them all out"),
    "choose.keep.files": Both("すべて正しい", "They are right"),
    "choose.seen": Both("社外の{people}(To・Cc)", "{people} outside (To, Cc)"),
    "choose.hide": Both("Bccに移す", "Move to Bcc"),
    "choose.keep.seen": Both("見えてよい", "They may see"),
    "choose.stop": Both("送信しない", "Don't send"),
    "choose.reject": Both("却下", "Reject"),
    "choose.reject.all": Both("却下", "Reject"),
    "send.open": Both("選んだとおりに送信", "Send as chosen"),
    "send.open.approve": Both("選んだとおりに承認", "Approve as chosen"),
    "send.people": Both("{count}名", "{count} recipients"),
    "send.file": Both("ファイル", "the file"),
    "send.files": Both("ファイル{count}個", "{count} files"),
    "send.both": Both("{people}と{files}", "{people} and {files}"),
    "send.remove": Both("{what}を外して送信", "Remove {what} and send"),
    "send.remove.approve": Both("{what}を外して承認", "Remove {what} and approve"),
    "send.reject": Both("{what}を却下し、残りを承認", "Reject {what}, approve the rest"),
    "send.hide": Both("Bccに移して送信", "Move to Bcc and send"),
    "send.remove.hide": Both("{what}を外し、Bccに移して送信", "Remove {what}, move to Bcc, and send"),
    "note.from": Both("{who} より: {comment}", "{who}: {comment}"),
    "decided": Both("{when} に {who} が決定しました。", "Decided by {who} on {when}."),
    "decided.house": Both("{when} に自動的に決まりました。", "Decided by itself on {when}."),
    "decided.comment": Both("コメント: {comment}", "Comment: {comment}"),
    "outcome": Both("{state} {people}", "{state}: {people}"),
    "outcome.gone": Both(
        "次のサーバーに渡したため、取り消しはできません。",
        "The next server has it: it can no longer be taken back.",
    ),
    "window.left": Both("送信まで", "Leaves in"),
    "act.resume": Both("再開", "Resume"),
    "done.resume": Both("再開しました。", "Resumed."),
    "done.comment": Both("コメントを残しました。", "Your comment was added."),
    "done.forward": Both("転送しました。相手にお知らせします。", "Forwarded. Your colleague gets a letter."),
    "done.alter": Both("Bccに移しました。", "Moved to Bcc."),
    "done.correct": Both("宛先を訂正しました。送信します。", "The recipient was replaced. It will be sent."),
    "done.correct.waits": Both(
        "宛先を訂正しました。まだ送信していません。下の内容を確かめてください。",
        "The recipient was replaced. It was not sent yet: see below what it waits for.",
    ),
    "done.untrusted": Both(
        "送信します。ただし「確認しない」の設定はできませんでした。",
        "It will be sent. But it could not be set that nobody asks again.",
    ),
    "event.comment_on": Both("コメント", "Comment"),
    "event.correct": Both("宛先を訂正", "Recipient replaced"),
    "event.instead": Both("{wrong} → {meant}", "{meant} instead of {wrong}"),
    "event.forward": Both("ほかの人に相談", "A colleague was asked"),
    "event.trust": Both("今後確認しない宛先に設定", "Not to be asked about again"),
    "event.times": Both("{count}回確認して送信したため", "sent after being asked {count} times"),
    "event.until": Both("{day} まで", "until {day}"),
    "event.resume": Both("再開", "Resumed"),
    "event.approvals_void": Both("内容が変わったため、承認を取り消し", "Changed, so earlier approvals no longer count"),
    "trust": Both("今後この宛先を確認しない", "Do not ask again"),
    "trust.people": Both("{people} については確認しない", "Do not ask again about {people}"),
    "trust.days": Both("期間", "For how long"),
    "trust.lasts": Both("{count}日間", "{count} days"),
    "trust.scope": Both("対象", "For whom"),
    "trust.me": Both("自分だけ", "me only"),
    "trust.team": Both("部署の全員", "my team"),
    "draft": Both("直して送り直すには", "To mend it and send it again"),
    "draft.lead": Both(
        "下書きとして保存し、メールソフトで開くと、そのまま編集して送信できます。",
        "Save it as a draft: opened in your mail program it can be edited and sent.",
    ),
    "draft.save": Both("下書きを保存(.eml)", "Save as a draft (.eml)"),
    "more": Both("コメント・転送", "Comment or forward"),
    "remark": Both("コメント", "Comment"),
    "remark.help": Both(
        "このメールを見られる人に表示されます。宛先には届きません。",
        "Shown to those who may see this mail here. It does not go to the recipients.",
    ),
    "act.comment": Both("コメントを残す", "Add the comment"),
    "forward.to": Both("相談したい相手(社内のメールアドレス)", "Colleague to ask (mail address)"),
    "forward.help": Both(
        "相手にこのメールの内容を知らせます。送信の決定は行われません。",
        "They get to see this mail. Nothing is decided.",
    ),
    "forward.note": Both("ひとこと(任意)", "A word to them (optional)"),
    "act.forward": Both("転送して相談する", "Forward"),
    # What is known of a recipient, or of a file
    "known.person.once": Both("これまで1回送信(前回 {last})", "one mail so far, on {last}"),
    "known.person": Both("これまで{count}回送信(前回 {last})", "{count} mails so far, last on {last}"),
    "known.organization": Both(
        "この宛先への記録はありません(同じドメインには{since}以降{count}回、前回 {last})",
        "No mail to this address on record; {count} to its domain since {since}, last on {last}",
    ),
    "known.house": Both(
        "あなたからは初めて(社内からは{since}以降{count}回)",
        "Your first mail there; {count} from colleagues since {since}",
    ),
    "known.house.domain": Both(
        "あなたからは初めて(同じドメインには、社内から{since}以降{count}回)",
        "Your first mail there; {count} from colleagues to its domain since {since}",
    ),
    "known.nobody": Both("初めての宛先(社内の誰も送っていません)", "New: nobody here has written there before"),
    "known.file": Both("前回の送信先: {names}({last})", "Last sent to: {names} ({last})"),
    "recipient.way": Both("中継先: {name}", "Goes by {name}"),
    "recipient.next": Both("次の再送: {when}", "Next try: {when}"),
    "recipient.under_way": Both("次のサーバーに渡しているところです", "Being handed over to the next server now"),
    "recipient.arrived": Both("次のサーバーが受け取り: {when}", "Taken by the next server: {when}"),
    "recipients.fold": Both("ほか{count}名を表示", "Show {count} others"),
    "recipients.fold.known": Both("ほか{count}名は過去に送信済み", "{count} others, written to before"),
    "recipients.known": Both("{count}名・過去に送信済み", "{count} recipients, written to before"),
    "recipients.list": Both("{count}名を表示", "Show {count} recipients"),
    "recipients.only_shown": Both(
        "宛先欄に書かれていますが、このメールは届きません:", "Shown in To or Cc, but this mail does not go to:"
    ),
    "recipients.still_shown": Both(
        "{people} には届きませんが、ほかの方に届くメールのToやCcに表示されます。「全員に返信」されると届きます。",
        "{people} does not get it, but stands in To or Cc for the others: an answer to all would go there.",
    ),
    "recipients.all": Both("全員を表示", "Show all"),
    "file.unnamed": Both("(名前のないファイル)", "(file without a name)"),
    "file.preview": Both("内容の一部を見る", "Look inside"),
    "file.more": Both("文字をすべて見る", "See all of its text"),
    "file.text.none": Both("読み取れる文字はありません。", "There is no text in it that can be read."),
    "file.inline": Both("本文の一部", "part of the letter"),
    "file.data": Both("見つかった個人情報・秘密情報: {kinds}", "Found in it: {kinds}"),
    "file.data.kind": Both("{kind} {count}件", "{kind}: {count}"),
    "file.back": Both("メールへ戻る", "Back to the mail"),
    "files.more": Both("ほかに{count}個のファイルがあります。", "{count} more files."),
    "files.load": Both("内容を読み取って表示({size})", "Read the contents ({size})"),
}
