"""Sentences about what the law asks after a misdelivery, in Japanese and English: questions, answers, reasons, clocks,
and the headings of the reports. The words of the law where it has some.
"""

from __future__ import annotations

from mailguard.mail.breach import Answer, Duty, Law
from mailguard.notify.phrases import Both

#: What is asked, and what helps to answer it; by the names of `mail.breach.Answers`.
QUESTIONS: dict[str, tuple[Both, Both]] = {
    "personal": (
        Both("個人データが含まれていましたか", "Did it hold data about people?"),
        Both(
            "氏名、メールアドレスなど、特定の個人を識別できる情報です。宛先欄に並んだアドレスも含みます。",
            "Names, addresses, anything that tells who somebody is; also the addresses that recipients could see.",
        ),
    ),
    "sensitive": (
        Both("要配慮個人情報が含まれていましたか", "Did it hold sensitive data?"),
        Both(
            "病歴、健康診断の結果、障害、信条、人種、犯罪の経歴・被害など(個人情報保護法2条3項、GDPR 9条)。",
            "Illness, disability, creed, race, crime and the like (APPI article 2 (3), GDPR article 9).",
        ),
    ),
    "property": (
        Both(
            "不正に使われると財産的被害が生じるおそれのあるデータですか", "Could it be used to take somebody's money?"
        ),
        Both(
            "クレジットカード番号、ネットバンキングのIDとパスワードなど。",
            "Card numbers, the login to a bank and the like.",
        ),
    ),
    "malicious": (
        Both("不正の目的によるおそれがありますか", "Does somebody mean harm?"),
        Both(
            "故意の持ち出しなど。単なる宛先の間違いであれば「いいえ」です。",
            "Such as data taken on purpose. An address that was mistaken: no.",
        ),
    ),
    "persons": (
        Both("本人の数は何人ですか", "How many people does it concern?"),
        Both("分からないときは空欄にします。", "Leave it empty while that is not known."),
    ),
    "unseen": (
        Both("誰にも見られていないことが確実ですか", "Is it certain that nobody saw it?"),
        Both(
            "受け取った全員が開かずに削除したと確認できた、または読めないように暗号化されていた場合です。"
            "パスワードも同じ相手に送っていれば「いいえ」です。",
            "Everybody who got it confirmed that he deleted it unread, or it was encrypted so that nobody can read it. "
            "Where the password went to the same person: no.",
        ),
    ),
    "how": (
        Both("誰が、いつ、どのように確認しましたか", "Who made sure, when, and how?"),
        Both("見られていないことが確実なときは、必ず書きます。", "Needed where it is certain that nobody saw it."),
    ),
    "learned_at": (
        Both("会社が知った日時", "When the company learned of it"),
        Both(
            "期限はここから数えます。部署を問わず、社員の誰かが知ったときです。",
            "The clocks run from here: when anybody who works for it knew.",
        ),
    ),
    "why": (
        Both("日時を変える理由", "Why that is changed"),
        Both("日時を変えたときは、必ず書きます。監査ログに残ります。", "Needed where it was changed; it is logged."),
    ),
}
ANSWERS: dict[Answer, Both] = {
    "yes": Both("はい", "Yes"),
    "no": Both("いいえ", "No"),
    "unknown": Both("まだ分からない", "Not known yet"),
}
LAWS: dict[Law, Both] = {
    "appi": Both(
        "個人情報保護委員会への報告と本人への通知",
        "Japan: report to the Personal Information Protection Commission, and notice to the persons",
    ),
    "gdpr": Both(
        "GDPRの監督機関への通知(EU・英国の方のデータの場合)",
        "GDPR: notification of the authority, where people in the EU or the UK are concerned",
    ),
}
DUTIES: dict[Duty, Both] = {
    "due": Both("必要と思われます。理由: {because}", "probably due, because {because}"),
    "not_due": Both("不要と思われます。理由: {because}", "probably not due, because {because}"),
    "open": Both("まだ判断できません。分かっていないこと: {because}", "not decided; what is not known: {because}"),
}
REASONS: dict[str, Both] = {
    "no_personal": Both("個人データが含まれていない", "it held no data about people"),
    "unseen": Both("誰にも見られていないことが確認されている", "it is confirmed that nobody saw it"),
    "sensitive": Both("要配慮個人情報が含まれる", "it held sensitive data"),
    "property": Both("財産的被害のおそれがあるデータが含まれる", "it could be used to take somebody's money"),
    "malicious": Both("不正の目的によるおそれがある", "somebody may mean harm"),
    "many": Both("本人の数が1,000人を超える", "it concerns more than 1,000 people"),
    "no_case": Both(
        "報告が必要な4つの場合(要配慮個人情報、財産的被害、不正の目的、1,000人超)のいずれにも当たらない",
        "it is none of the four cases (sensitive data, money, harm that is meant, more than 1,000 people)",
    ),
    "risk_unlikely": Both(
        "回答からは、本人の権利や自由へのリスクが高まる事情が見当たらない(人数だけでは決まりません。社内の記録は33条5項により必要です)",
        "no answer points to a risk to people (numbers alone do not decide; article 33 (5) asks for a record all the"
        " same)",
    ),
    "contradiction": Both(
        "個人データの有無(「含まれない」という回答が、ほかの回答と食い違っています)",
        "whether it held data about people (“no” contradicts the other answers)",
    ),
    "unknown_personal": Both("個人データの有無", "whether it held data about people"),
    "unknown_sensitive": Both("要配慮個人情報の有無", "whether that is sensitive"),
    "unknown_property": Both("財産的被害のおそれ", "whether it could be used to take somebody's money"),
    "unknown_malicious": Both("不正の目的のおそれ", "whether somebody means harm"),
    "unknown_persons": Both("本人の数", "how many people it concerns"),
    "unproved": Both("誰にも見られていないことの確認方法", "how it was made sure that nobody saw it"),
}
CLOCKS: dict[str, Both] = {
    "gdpr": Both("GDPRの通知(知ってから72時間): {last} まで", "GDPR, 72 hours: until {last}"),
    "prompt": Both(
        "速報(知った日から3〜5日目): {first} から {last} まで", "Japan, prompt report (day 3 to 5): {first} to {last}"
    ),
    "final": Both("確報(知った日から{days}日目): {last} まで", "Japan, final report (day {days}): until {last}"),
}
NOT_ANSWERED = Both("6つの質問には、まだ誰も答えていません。", "Nobody has answered the six questions yet.")
NO_ADVICE = Both(
    "判断の目安であり、法的な助言ではありません。最終的な判断は、個人情報保護委員会などの資料を確認して行ってください。",
    "This helps you to decide; it is no legal advice. Look at what the authority says before you do.",
)

#: Enforcement rule 8 (1) of the APPI: the nine items of a report.
NINE = (
    Both("1. 概要", "1. Outline"),
    Both("2. 漏えいした(おそれがある)個人データの項目", "2. Kinds of personal data"),
    Both("3. 本人の数", "3. Number of persons"),
    Both("4. 原因", "4. Cause"),
    Both("5. 二次被害またはそのおそれの有無と内容", "5. Secondary damage, or the risk of it"),
    Both("6. 本人への対応の実施状況", "6. Measures towards the persons"),
    Both("7. 公表の実施状況", "7. Publication"),
    Both("8. 再発防止のための措置", "8. Measures against recurrence"),
    Both("9. その他参考となる事項", "9. Other matters"),
)
#: GDPR article 33 (3) (a) to (d).
FOUR = (
    Both("(a) 侵害の性質、データ主体と記録の種類・おおよその数", "(a) Nature of the breach, categories and numbers"),
    Both("(b) 連絡先", "(b) Contact point"),
    Both("(c) 起こりうる結果", "(c) Likely consequences"),
    Both("(d) 講じた、または講じる予定の措置", "(d) Measures taken or proposed"),
)
FILL_IN = Both("(記入してください)", "(to be filled in)")
OUTLINE = Both(
    "{sent} に {sender} が送信したメール「{subject}」が、誤った宛先に届いた。"
    "会社が知った日時: {learned}(報告者 {by})。",
    "The mail “{subject}” that {sender} sent on {sent} reached the wrong person. The company learned of it on {learned}"
    " (from {by}).",
)
OUTLINE_STOPPED = Both(
    "{sent} に {sender} が送信したメール「{subject}」の宛先が誤っていたが、どの宛先にも届かなかった。"
    "会社が知った日時: {learned}(報告者 {by})。",
    "The mail “{subject}” that {sender} sent on {sent} was for the wrong person; it reached nobody."
    " The company learned of it on {learned} (from {by}).",
)
REACHED = Both("届いた宛先: {people}", "It reached: {people}")
UNDER_WAY = Both("送信中だった(届いた可能性がある)宛先: {people}", "Was being sent to, and may have reached: {people}")
FILES = Both("添付ファイル: {files}", "Files: {files}")
FOUND = Both("自動検出: {kinds}", "Found by mailguard: {kinds}")
FOUND_NONE = Both("自動検出: なし", "Found by mailguard: nothing")
PERSONS = Both("{count}人", "{count}")
PERSONS_FOUND = Both("不明(自動検出: {count}人)", "not known (mailguard found {count})")
CAUSE = Both("メールの宛先の誤り。{note}", "A mistaken address. {note}")
SENSITIVE = Both("要配慮個人情報の有無: {answer}", "Sensitive data: {answer}")
#: Answers as they stand in a draft.
HELD: dict[Answer, Both] = {
    "yes": Both("あり", "Yes"),
    "no": Both("なし", "No"),
    "unknown": Both("不明", "Not known yet"),
}
HARM = Both("{what}: {answer}", "{what}: {answer}")
UNSEEN = Both("誰にも見られていないことを確認済み: {how}", "It was made sure that nobody saw it: {how}")
STOPPED = Both("送信を止めた宛先: {people}", "Stopped in time for: {people}")
SIBLINGS = Both("同じファイルや同じやり取りのメール: {count}通", "Other mails with the same files or thread: {count}")
RECORD = Both("mailguard の記録: 誤送信 {id}、メール {mail}", "On record in mailguard: incident {id}, mail {mail}")
OUTCOME = Both("対応の結果: {text}", "What came of it: {text}")
