"""Sentences about a mail that went to the wrong person, in Japanese and English; and the draft to whoever got it."""

from __future__ import annotations

from mailguard.notify.phrases import Both

MISDELIVERY_TEXTS: dict[str, Both] = {
    "misdelivery": Both("誤送信への対応", "Misdelivery"),
    "misdelivery.ask": Both("誤って送ってしまった", "I sent it to the wrong person"),
    "misdelivery.report.it": Both("誤送信として報告", "Report a misdelivery"),
    "misdelivery.lead": Both(
        "まだ出ていない宛先への送信を止め、管理者などの担当者に報告し、受け取った方への削除依頼の文面を用意します。"
        "相手側のサーバーに渡った分は、取り戻せません。",
        "This stops what has not left yet, tells those in charge, and prepares a mail that asks the recipients to "
        "delete it. What the other servers have taken cannot be called back.",
    ),
    "misdelivery.report": Both("報告して対応を始める", "Report it and stop the rest"),
    "misdelivery.note": Both("何を間違えましたか(任意)", "What went wrong (optional)"),
    "misdelivery.note.help": Both("報告を受ける担当者に届きます。", "Those who are told read it."),
    "misdelivery.said": Both("{when} に {who} が誤送信として報告しました。", "Reported by {who} on {when}."),
    "misdelivery.stopped": Both("送信を止めた宛先: {people}", "Stopped for: {people}"),
    "misdelivery.told": Both("報告先: {people}", "Told: {people}"),
    "misdelivery.told.nobody": Both(
        "報告先が登録されていません。上長や個人情報の担当者に、直接ご連絡ください。",
        "Nobody is set up to be told: please tell your manager or your data-protection officer yourself.",
    ),
    "misdelivery.closed": Both("{when} に {who} が対応を終了しました。", "Closed by {who} on {when}."),
    "misdelivery.drafts": Both("受け取った方への連絡", "Write to who got it"),
    "misdelivery.drafts.lead": Both(
        "誤って届いた方を選んでください。お急ぎのときは、電話でもお伝えください。",
        "Choose who got it by mistake. If it is urgent, call as well.",
    ),
    "misdelivery.draft.open": Both("メールソフトで開く", "Open in my mail program"),
    "misdelivery.draft.subject": Both(
        "【お詫び】「{subject}」の削除のお願い", "Sent by mistake, please delete: {subject}"
    ),
    "misdelivery.draft.text": Both(
        "お世話になっております。\n{house}の{name}です。\n\n{when} にお送りしたメール「{subject}」は、"
        "宛先を誤ってお送りしたものです。\n誠に申し訳ございません。\n\n恐れ入りますが、開かずに削除いただき、"
        "削除後にこのメールへご返信くださいますようお願いいたします。\n\n{name}",
        "Hello,\n\nmy mail “{subject}” of {when} was sent to you by mistake. I am sorry for that.\n\n"
        "Please delete it with its attachments without opening or forwarding it, and answer this mail once you have "
        "done so.\n\nThank you,\n{name}, {house}",
    ),
    "misdelivery.draft.text.alone": Both(
        "お世話になっております。{name}です。\n\n{when} にお送りしたメール「{subject}」は、"
        "宛先を誤ってお送りしたものです。\n誠に申し訳ございません。\n\n恐れ入りますが、開かずに削除いただき、"
        "削除後にこのメールへご返信くださいますようお願いいたします。\n\n{name}",
        "Hello,\n\nmy mail “{subject}” of {when} was sent to you by mistake. I am sorry for that.\n\n"
        "Please delete it with its attachments without opening or forwarding it, and answer this mail once you have "
        "done so.\n\nThank you,\n{name}",
    ),
    "misdelivery.siblings": Both(
        "同じファイルや同じやり取りのメール", "Other mails with the same files, or of the same conversation"
    ),
    "misdelivery.outcome": Both("結果(削除の確認など)", "What came of it (deleted unread, ...)"),
    "misdelivery.end": Both("対応を終了する", "Close it"),
    "nav.incidents": Both("誤送信", "Misdeliveries"),
    "register.title": Both("誤送信の記録", "Register of misdeliveries"),
    "register.lead": Both(
        "報告された誤送信の一覧です。内容は報告された時点のものです。対応は、件名から開くメールの画面で行います。",
        "What was reported, as it stood then. Follow the subject to the mail's page to act on one.",
    ),
    "register.assess": Both("報告の要否・期限・報告書の下書き", "To be reported? Clocks and drafts"),
    "assessment.title": Both("誤送信の評価", "Assess a misdelivery"),
    "assessment.mail": Both("メールの画面を開く", "Open the mail's page"),
    "assessment.duty": Both("報告の要否(目安)", "Is a report due?"),
    "assessment.clocks": Both("報告が必要な場合の期限", "Clocks, if it is"),
    "assessment.questions": Both("6つの質問", "Six questions"),
    "assessment.proposed": Both(
        "メールから自動検出した内容を入力してあります。確認して、正しい答えに直してください。",
        "What mailguard found in the mail is filled in. Please check it and put right what is wrong.",
    ),
    "assessment.stopped": Both(
        "mailguard の記録では、どの宛先にも届いていない。", "By the records of mailguard it reached nobody."
    ),
    "assessment.answered": Both("{when} に {who} が回答しました。", "Answered by {who} on {when}."),
    "assessment.save": Both("回答を保存", "Save the answers"),
    "assessment.drafts": Both("報告書の下書き", "Drafts of the reports"),
    "assessment.drafts.lead": Both(
        "記録から作った下書きです。「(記入してください)」の箇所を埋めて、それぞれの窓口で報告してください。"
        "mailguard から社外へ送ることはありません。",
        "Written from the register. Fill in what is left open, and report where the authority takes it. mailguard "
        "sends it to nobody.",
    ),
    "assessment.draft.appi": Both("個人情報保護委員会への報告(9項目)", "Japan: report to the commission (nine items)"),
    "assessment.draft.gdpr": Both("GDPR 33条3項の通知", "GDPR: notification (article 33 (3))"),
    "assessment.rule": Both("ルールにする", "Make a rule of it"),
    "assessment.rule.lead": Both(
        "同じ宛先への次のメールで、送信者に確認するルールです。まず記録済みのメールで試し、よければポリシーのファイルに加えてください。"
        "mode: monitor のあいだは、該当した件数を数えるだけです。",
        "It asks whoever writes there next. Try it on recorded mail first; then put it into a file of your policy. As "
        "long as it says mode: monitor, it only counts.",
    ),
    "assessment.rule.try": Both("直近30日のメールで試す", "Try it on the mail of 30 days"),
    "assessment.wrong.persons": Both("本人の数は数字で入力してください。", "Write the number of people in figures."),
    "assessment.wrong.how": Both(
        "誰にも見られていないことを、誰が、いつ、どのように確認したかを書いてください。",
        "Please say who made sure that nobody saw it, when, and how.",
    ),
    "assessment.wrong.time": Both(
        "会社が知った日時を、年月日と時刻で入力してください。",
        "Write the day and time at which the company learned of it.",
    ),
    "assessment.wrong.moment": Both(
        "会社が知った日時は、メールの送信({earliest})から現在までの間で入力してください。",
        "The company can have learned of it between the mail ({earliest}) and now only.",
    ),
    "assessment.wrong.why": Both(
        "会社が知った日時を変えた理由を書いてください。",
        "Say why the time at which the company learned of it is changed.",
    ),
    "assessment.meanwhile": Both(
        "この画面を開いた後に、{who} が回答を保存しました。上の評価を確認してから、もう一度保存してください。",
        "{who} saved answers after you opened this page. Look at what follows from them above, then save yours again.",
    ),
    "assessment.closed": Both(
        "この誤送信への対応は終了しているため、回答を変えられません。", "It is closed; its answers stay as they are."
    ),
    "done.assessment": Both("回答を保存しました。", "The answers were saved."),
    "register.none": Both("報告された誤送信はありません。", "No misdelivery was reported."),
    "register.open": Both("対応中", "open"),
    "register.closed": Both("対応済み", "closed"),
    "register.gone": Both("(メールは保存期間を過ぎました)", "(the mail is no longer kept)"),
    "register.sender": Both("差出人: {who}", "From: {who}"),
    "register.accepted": Both("届いた宛先: {people}", "Reached: {people}"),
    "register.under_way": Both("送信中だった宛先: {people}", "Was being sent to: {people}"),
    "register.bounced": Both("届かなかった宛先: {people}", "Not delivered to: {people}"),
    "register.personal": Both("個人情報: {count}名分{kinds}", "Persons whose data it holds: {count}{kinds}"),
    "register.files": Both("添付ファイル: {files}", "Files: {files}"),
    "register.said": Both("報告者: {who}", "Reported by: {who}"),
    "done.misdelivery": Both("誤送信として報告しました。", "It was reported as a misdelivery."),
    "done.misdelivery-end": Both("対応を終了しました。", "Closed."),
    "event.incident": Both("誤送信として報告", "Reported as a misdelivery"),
    "event.incident_assessed": Both("誤送信の評価を記録", "Misdelivery assessed"),
    "event.incident_closed": Both("誤送信への対応を終了", "Misdelivery closed"),
}
