"""The sentences of letters, Japanese beside English, so that one is never written without the other.

Plain words, the fact first, no blame, never "are you sure". Values are put in with str.format; they come already on
one line.
"""

from __future__ import annotations

from mailguard.notify.phrases import Both

TAGS = {
    "held": Both("【送信保留】", "[Held] "),
    "gathered": Both("【送信保留】", "[Held] "),
    "approval": Both("【承認依頼】", "[Approval needed] "),
    "reminder": Both("【承認依頼・再送】", "[Approval still needed] "),
    "escalated": Both("【承認依頼】", "[Approval needed] "),
    "answered": Both("【代理回答】", "[Answered for you] "),
    "urgent": Both("【至急送信】", "[Sent as urgent] "),
    "told": Both("【お知らせ】", "[Notice] "),
    "sent": Both("【送信済み】", "[Sent] "),
    "password": Both("【パスワード】", "[Password] "),
    "cancelled": Both("【未送信】", "[Not sent] "),
    "rejected": Both("【未送信】", "[Not sent] "),
    "expired": Both("【未送信】", "[Not sent] "),
    "bounced": Both("【不達】", "[Not delivered] "),
    "delayed": Both("【配信遅延】", "[Delayed] "),
    "relayed": Both("【転送済み】", "[Passed on] "),
    "reply": Both("【ご返信について】", "[Your answer] "),
    "comment": Both("【コメント】", "[Comment] "),
    "misdelivery": Both("【誤送信の報告】", "[Misdelivery] "),
    "login": Both("", ""),
    "policy_refused": Both("【設定エラー】", "[Policy refused] "),
    "policy_good": Both("【復旧】", "[Policy good] "),
    "letters_failing": Both("【障害】", "[Trouble] "),
    "letters_good": Both("【復旧】", "[Good again] "),
    "channel_failing": Both("【障害】", "[Trouble] "),
    "channel_good": Both("【復旧】", "[Good again] "),
    "pressure": Both("【障害】", "[Trouble] "),
    "pressure_over": Both("【復旧】", "[Good again] "),
    "guessing": Both("【警告】", "[Warning] "),
    "upstream_failing": Both("【障害】", "[Trouble] "),
    "upstream_good": Both("【復旧】", "[Good again] "),
    "monthly": Both("【月次レポート】", "[Monthly] "),
    "incident_due": Both("【誤送信の報告期限】", "[Misdelivery, clocks] "),
}

#: Of a letter about a hold that was told before.
ENDING_TAG = Both("【送信保留・まもなく期限】", "[Held, ends soon] ")

NO_SUBJECT = Both("(件名なし)", "(no subject)")
HOUSE = Both("mailguard(誤送信防止)", "mailguard")

# Headlines and first words, by kind
HELD_MANY = Both("{first}(ほか{count}件)", "{first} (and {count} more)")
HELD_LEAD = Both(
    "{count}への送信を保留しています(ほかの宛先には送信します)。確認して、送信するかどうかをお決めください。",
    "It is held for {count}; the others get it as usual. Please look at it and decide whether to send it.",
)
HELD_LEAD_ALL = Both(
    "このメールは、まだ送信していません。確認して、送信するかどうかをお決めください。",
    "This mail has not been sent yet. Please look at it and decide whether to send it.",
)
ENDING_LEAD = Both(
    "このメールは、まだ送信していません。まもなく期限です。送信するかどうかをお決めください。",
    "This mail has still not been sent, and its time is nearly over. Please decide whether to send it.",
)
FURTHER_LEAD = Both(
    "先にお知らせしたメールの宛先が、あとから届きました。別の理由でも保留しています。",
    "A further part of a mail that you know about has come, and another rule holds it.",
)
HELD_FOR_APPROVAL = Both(
    "このメールは、まだ送信していません。{approvers} に承認を依頼しました。承認されると自動的に送信されます。",
    "This mail has not been sent yet. Approval has been asked of {approvers}; it goes out once approved.",
)
APPROVAL_HEAD = Both("{sender} さんのメールの承認をお願いします", "{sender} needs your approval to send a mail")
APPROVAL_LEAD = Both(
    "上記の理由で、承認があるまで送信を保留しています。内容を確認して、承認または却下してください。",
    "For the reason above it is held until somebody approves it. Please look at it and approve or reject.",
)
INSTEAD_LEAD = Both(
    "{people} さんの代理としてお願いしています。",
    "You are asked in the place of {people}.",
)
REMINDER_LEAD = Both(
    "{when} にお願いした承認が、まだ済んでいません。送信者が待っています。",
    "It was asked on {when} and is still open; the sender is waiting.",
)
ESCALATED_LEAD = Both(
    "{people} の承認がまだ得られていないため、お願いしています。",
    "{people} has not answered, so you are asked.",
)
ANSWERED_HEADS = {
    "approve": Both("{person} さんが、あなたの代わりに承認しました", "{person} has approved a mail in your place"),
    "reject": Both("{person} さんが、あなたの代わりに却下しました", "{person} has rejected a mail in your place"),
}
ANSWERED_LEAD = Both(
    "このメールについて、あなたの操作は不要です。記録に残っています。",
    "Nothing is left for you to do about this mail. It is on record.",
)
FORWARDED_LEAD = Both(
    "{actor} さんから、あなたに確認の依頼がありました。",
    "{actor} asks you to look at it.",
)
ALTERED_LEAD = Both(
    "承認のあとで {actor} さんがメールの内容を変更したため、もう一度確認をお願いします。先の承認は無効になりました。",
    "{actor} changed the mail after it was approved, so that approval no longer counts: please look at it again.",
)
COMMENT_HEAD = Both("{actor} さんからコメントがあります", "{actor} wrote a comment")
COMMENT_LEAD = Both(
    "このメールは、まだ送信していません。返答は、下のボタンから開く画面の「コメント・転送」に書いてください。",
    "The mail has not been sent yet. To answer, open the page below and write under “Comment or forward”.",
)
COMMENT_LEAD_REPLY = Both(
    "このメールは、まだ送信していません。返答は、この通知メールへの返信でも、下のボタンから開く画面でもできます。",
    "The mail has not been sent yet. To answer, reply to this letter, or open the page below.",
)
URGENT_HEAD = Both(
    "{sender} さんが、承認を待たずに至急送信しました",
    "{sender} sent a mail as urgent, without waiting for approval",
)
URGENT_LEAD = Both(
    "ルールで認められた至急送信です。記録され、件数が集計されます。承認の操作は不要です。",
    "The rules allow this; it is recorded and counted. Nothing is left for you to approve.",
)
TOLD_HEAD = Both("{sender} さんのメールがルールに該当しました", "A mail of {sender} met a rule")
TOLD_OWN_HEAD = Both("送信したメールについてのお知らせ", "About a mail that you sent")
TOLD_LEADS = {
    "deliver": Both("メールは保留せず、通常どおり送信しています。", "The mail was not held for this."),
    "delay": Both("メールは、取消可能時間のあとに送信されます。", "It goes out once its undo window has passed."),
    "confirm": Both("メールは、送信者の確認を待っています。", "It waits for its sender to confirm it."),
    "approve": Both("メールは、承認を待っています。", "It waits for approval."),
    "challenge": Both(
        "メールは受け付けず、同じメールの再送による確認を送信者に求めました。",
        "It was not taken; the sender was asked to confirm by sending it again.",
    ),
    "reject": Both("メールは受け付けませんでした。", "It was refused and not taken."),
}
SENT_HEAD = Both("保留していたメールを送信しました", "The mail that was held has been sent")
SENT_LEAD = Both(
    "{count}宛のメールを、メールサーバーに渡しました。",
    "It has been handed over to the mail server for {count}.",
)
MISDELIVERY_HEAD = Both("{actor} さんから、誤送信の報告がありました", "{actor} reports a misdelivery")
MISDELIVERY_LEAD = Both(
    "相手側のサーバーが受け取った分は、取り戻せません。受け取った方への連絡と削除の確認をお願いします。",
    "What the other servers have taken cannot be called back. Please see that the recipients are told and delete it.",
)
MISDELIVERY_STOPPED = Both(
    "まだ送信していなかった宛先への送信は、止めました。", "What had not been sent yet was stopped."
)
PASSWORD_HEAD = Both("添付ファイルを暗号化ZIPにして送信しました", "The attachments went out in an encrypted zip")
PASSWORD_LEAD = Both(
    "パスワードはあなただけにお知らせしています。受け取る方へ、電話やチャットなど、メールとは別の方法でお伝えください。",
    "Only you are told the password. Please pass it on to the recipients by another way than mail.",
)
CANCELLED_HEAD = Both("メールの送信を取り消しました", "The mail was cancelled and not sent")
CANCELLED_PART_HEAD = Both("{count}への送信を取り消しました", "Cancelled for {count}")
REJECTED_HEAD = Both("メールは承認されませんでした", "The mail was not approved")
EXPIRED_HEAD = Both(
    "期限までに決定がなかったため、送信せずにお返しします", "Nobody decided in time, so the mail was not sent"
)
BOUNCED_HEAD = Both("メールを届けられませんでした", "The mail could not be delivered")
BOUNCED_LEAD = Both("相手側のサーバーの応答は次のとおりです。", "This is what the next server answered.")
ACCEPTED = Both("受付", "Accepted")
NOT_SENT_LEAD = Both(
    "次の宛先には届いていません。お使いのメールソフトの「送信済み」に控えが残っていても、送信されていません。",
    "It did not reach the recipients below, even if your mail program shows a copy under Sent.",
)
DRAFT_LEAD = Both(
    "添付の {file} を開くと、元のメールを直して送り直せます。",
    "Open the attached {file} to edit the mail and send it again.",
)
TOO_LARGE_LEAD = Both(
    "元のメールは大きいため添付していません。確認画面から取り出せます。",
    "The original is too large to attach. You can fetch it from the page.",
)
LOGIN_HEAD = Both("ログイン用の確認コード", "Your code to log in")
LOGIN_BROWSER = Both("{browser} でのログインです。", "This is for the login in {browser}. ")
LOGIN_LEAD = Both(
    "{browser}下のボタンを押すか、ログイン画面に確認コードを入力してください。{minutes}分間、1回だけ使えます。",
    "{browser}Use the button below in the same browser, or type the code there. Good once, for {minutes} minutes.",
)
LOGIN_FOREIGN = Both(
    "ログインを試みた覚えがなければ、このメールは破棄してください。コードを誰にも伝えないでください。",
    "If you did not try to log in, throw this mail away. Never tell anybody the code.",
)
POLICY_REFUSED_HEAD = Both(
    "ポリシーの変更に誤りがあるため、反映していません",
    "A change of the policy is wrong and was not taken",
)
POLICY_REFUSED_LEAD = Both(
    "これまでのルールがそのまま有効です。次の箇所を直すと、自動的に反映されます。",
    "The rules from before are still in force. Put the places below right, and the change is taken by itself.",
)
GUESSING_HEAD = Both("パスワードの総当たりが疑われます", "Somebody seems to guess passwords")
GUESSING_LEAD = Both(
    "メール送信用のログインが何度も失敗しています。試行は自動的に遅らせており、正しい利用者が締め出されることはありません。"
    "心当たりのない接続元はファイアウォールで遮断し、狙われたアカウントのパスワードが弱ければ変更してください。"
    "続く場合も、次のお知らせは1時間後です。",
    "Logins of mail clients have failed again and again. Tries are slowed down, and nobody who is right is locked out. "
    "Block addresses that are not yours at the firewall, and change the password of an account that is aimed at if it "
    "is weak. If it goes on, the next letter comes in an hour at the earliest.",
)
POLICY_GOOD_HEAD = Both("ポリシーの変更を反映しました", "The policy is good again")
POLICY_GOOD_LEAD = Both(
    "先にお知らせした誤りは解消し、現在のファイルのルールが有効です。",
    "What was wrong is put right, and the rules of the files as they are now are in force.",
)
FOREIGN_SENDER = Both(
    "差出人 {sender} は社外のアドレスのため、管理者にお知らせしています。",
    "The sender {sender} is outside the organisation, so the administrators are told instead.",
)

# Labels
SUBJECT = Both("件名", "Subject")
FROM = Both("差出人", "From")
RECIPIENTS = Both("宛先", "Recipients")
REACHED = Both("受け取った宛先", "Who got it")
WITHHELD = Both("送信しなかった宛先", "Not sent to")
PASSWORD = Both("パスワード", "Password")
FILES = Both("添付ファイル", "Attachments")
DATA = Both("個人情報", "Personal data")
DECIDED = Both("決定した人", "Decided by")
APPROVED = Both("承認した人", "Approved by")
COMMENT = Both("コメント", "Comment")
SENDER_SAID = Both("送信者のメモ", "Note from the sender")
HELD_BECAUSE = Both("保留した理由", "Why it was held")
ASKED = Both("承認者", "Approvers")
ASKED_QUORUM = Both("{people}(うち{quorum}名の承認が必要)", "{people} ({quorum} needed)")
ADMINISTRATORS = Both("管理者", "the administrators")
STANDING_IN = Both("{person}({people} の代理)", "{person} (in the place of {people})")
OTHERWISE = Both("決めないとき", "If you do nothing")
PROBLEMS = Both("誤りの箇所", "What is wrong")
OUTSIDE = Both("社外", "outside")
INSIDE = Both("社内", "internal")
ENCRYPTED = Both("暗号化", "encrypted")
TAKEN_OUT = Both("送信前に削除", "removed before sending")
FLAGGED = Both("⚠ 要確認 ", "(!) check: ")
MEANT = Both("もしかして: {address}", "Did you mean {address}?")
COMPANY = Both("{domain} ({side}・{people})", "{domain} ({side}, {people})")
AUDIENCE = Both("{people}・{companies}組織", "{people}, {companies} organisations")
FILES_COUNT = Both("{count}件", "{count} files")
MORE = Both("ほか{count}名", "and {count} more")
MORE_FILES = Both("ほか{count}件", "and {count} more")
DATA_COUNT = Both("{kind} {count}件", "{kind}: {count}")

# What happens when nothing is done
WHEN = Both("{moment} {zone}({left})", "{moment} {zone} ({left})")
ENDS_RETURN = Both(
    "{when} に、送信せずに元のメールをお返しします。",
    "On {when}, the original comes back to you, unsent.",
)
ENDS_RELEASE = Both("{when} に、自動的に送信します。", "On {when}, it is sent by itself.")
ENDS_DISCARD = Both("{when} に、送信せずに破棄します。", "On {when}, it is discarded, unsent.")
ENDS_APPROVAL = Both(
    "{when} までに承認がないと、送信せずに送信者へ返します。",
    "Without approval by {when}, it is not sent and goes back to the sender.",
)
ENDS_APPROVAL_OWN = Both(
    "{when} までに承認されないと、送信せずに元のメールをお返しします。",
    "Without approval by {when}, it is not sent and the original comes back to you.",
)

# The look-alike and what it resembles
WRITTEN = Both("このメールの宛先", "In this mail")
KNOWN = Both("よく似た既知の相手", "It resembles")
DIFFERENCE = Both("違い: {words}", "The difference: {words}")

# Acts
OPEN_PAGE = Both("決める画面", "The page to decide on")
OPEN_DECIDE = Both("内容を確認して決める", "Look and decide")
OPEN_ANSWER = Both("画面を開いて返答する", "Open the page and answer")
OPEN_APPROVE = Both("内容を確認して承認・却下する", "Look and approve or reject")
OPEN_STATUS = Both("状況を見る", "See what became of it")
OPEN_MISDELIVERY = Both("対応の画面を開く", "See what was done")
SENT_WRONG = Both("誤って送ってしまった", "I sent it to the wrong person")
OPEN_CONSOLE = Both("管理画面を開く", "Open the console")
OPEN_LOGIN = Both("ログインする", "Log in")
CORRECT = Both("{wrong} ではなく {meant} へ送信", "Send to {meant} instead of {wrong}")
REMOVE_FLAGGED = Both("{people}を外して送信", "Remove {people} and send")
HIDE = Both("Bccに移して送信", "Move to Bcc and send")
RELEASE = Both("このまま送信", "Send as it is")
CANCEL = Both("送信しない", "Don't send")
APPROVE = Both("承認して送信", "Approve and send")
REJECT = Both("却下する", "Reject")
BUTTONS_OPEN = Both(
    "ボタンを押しても、まだ何も送信されません。開いた画面で決めます。",
    "A button sends nothing yet: it opens a page, and you decide there.",
)
CHOICES = Both("画面で選べる操作: {acts}", "On that page: {acts}")
CODE = Both("確認コード", "Code")
CODE_USE = Both(
    "開いた画面にこのコードを入力すると、ログインせずに決められます。このメール専用です。",
    "Type this code on the page to decide without logging in. It works for this mail only.",
)

# Deciding by an answer
REPLY = Both("返信でも決められます", "You can also answer this letter")
REPLY_TALK = Both("返信でも答えられます", "You can also answer this letter")
REPLY_REMOVE = Both("宛先を外すときは、画面から操作してください。", "To take a recipient off, use the page.")
REPLY_HELD = (
    Both(
        "「送信」または「OK」と返信: すべての宛先に、このまま送信します。",
        "Reply “OK” or “send”: it goes out to everybody as it is.",
    ),
    Both("「取消」と返信: 送信しません。", "Reply “cancel”: it is not sent."),
    REPLY_REMOVE,
)
REPLY_WAITING = (
    Both("「取消」と返信: 承認を待たずに、送信を取りやめます。", "Reply “cancel”: it is withdrawn and not sent."),
)
REPLY_APPROVAL = (
    Both(
        "「承認」または「OK」と返信: 承認して送信します。", "Reply “approve” or “OK”: you approve it, and it is sent."
    ),
    Both(
        "「却下」と返信: 送信しません。続けて書いた文は、送信者へのコメントになります。",
        "Reply “reject”: it is not sent. What you write after it is your comment to the sender.",
    ),
)
REPLY_COMMENT = Both(
    "返信に書いた文は、コメントとして相手に伝わります。送信や承認の決定は行われません。",
    "What you write is passed on as a comment. It decides nothing.",
)
REPLY_QUOTE = Both("引用は残したままでかまいません。", "The quoted text may stay.")

FOOT = Both(
    "{name} の mailguard が自動で送信しました。このメールに返信しても操作はできません。番号 {id}",
    "Written by mailguard of {name}. Replying to this letter does nothing. Number {id}",
)
FOOT_REPLY = Both("{name} の mailguard が自動で送信しました。番号 {id}", "Written by mailguard of {name}. Number {id}")
FOOT_LOGIN = Both("{name} の mailguard が自動で送信しました。", "Written by mailguard of {name}.")
