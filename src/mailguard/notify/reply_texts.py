"""What is said about an answer to a letter: done, or why not, and what works instead. Both languages side by side."""

from __future__ import annotations

from mailguard.notify.phrases import Both

#: By outcome: the first sentence.
HEADS = {
    "released": Both("ご返信を受け付け、送信します", "It is being sent"),
    "approved": Both("承認を受け付け、送信します", "You approved it; it is being sent"),
    "voiced": Both("承認を受け付けました", "Your approval is noted"),
    "rejected": Both("却下しました。メールは送信されません", "You rejected it; it is not sent"),
    "cancelled": Both("送信を取りやめました", "It was cancelled and not sent"),
    "already": Both("すでに決定されています", "It was decided before"),
    "forbidden": Both("返信では、この操作はできませんでした", "This could not be done by your answer"),
    "spent": Both("この返信先は、すでに使われています", "This letter was answered before"),
    "expired": Both("この返信先は期限が切れています", "The time to answer this letter is over"),
    "unclear": Both(
        "ご返信の意味を判断できなかったため、何もしていません", "Nothing was done: your answer could not be understood"
    ),
    "people": Both(
        "宛先の変更は返信ではできないため、何もしていません",
        "Nothing was done: recipients cannot be changed by an answer",
    ),
    "passed_on": Both("コメントとして伝えました", "Your answer was passed on as a comment"),
    "unsaid": Both(
        "ご返信の文章を読み取れなかったため、何も伝えていません",
        "Nothing was passed on: no words could be read in your answer",
    ),
    "unknown": Both("この返信では、どのメールも操作できませんでした", "Your answer did not decide anything"),
}
#: By outcome: what follows it.
LEADS = {
    "released": Both(
        "メールサーバーへの引き渡しが終わると、お知らせします。", "You will hear when it has been handed over."
    ),
    "approved": Both("送信者に、結果をお知らせします。", "The sender hears of it."),
    "voiced": Both("ほかの承認者の承認がそろうと、送信されます。", "It is sent once the others have approved it too."),
    "rejected": Both("送信者に、コメントとともにお知らせしました。", "The sender was told, with your comment."),
    "cancelled": Both("送信者に、お知らせしました。", "The sender was told."),
    "already": Both("ご返信による変更はありません。", "Your answer changed nothing."),
    "forbidden": Both("ご返信による変更はありません。", "Your answer changed nothing."),
    "spent": Both(
        "返信で決められるのは、通知メール1通につき1回だけです。今の状態は画面で確認できます。",
        "One letter can be answered once. The page shows how it stands now.",
    ),
    "expired": Both("今の状態は画面で確認できます。", "The page shows how it stands now."),
    "unclear": Both(
        "メールは保留のままです。本文の最初に、次の言葉だけを書いて返信するか、画面から操作してください。",
        "The mail is still held. Answer with one of these words alone at the top, or use the page.",
    ),
    "people": Both(
        "メールは保留のままです。宛先を外す操作は画面から行ってください。",
        "The mail is still held. Please use the page to take recipients off.",
    ),
    "passed_on": Both(
        "メールは保留のままです。送信・承認などの決定は、画面か、保留・承認依頼の通知メールへの返信で行ってください。",
        "The mail is still held. To decide, use the page, or answer the letter that asked you to.",
    ),
    "unsaid": Both(
        "画面の「コメント・転送」からも書けます。", "You can also write on the page, under “Comment or forward”."
    ),
    "unknown": Both(
        "期限が切れたか、通知メールを受け取った方のアドレスからの返信ではありません。通知メールのボタンから画面を開くか、"
        "管理画面にログインして操作してください。",
        "The time may be over, or the answer did not come from the address that got the letter. Open the page by a"
        " button of the letter, or log in to the console.",
    ),
}
SAID = Both("ご返信の内容", "What you wrote")
NOTHING_SAID = Both("(引用のほかに文章がありません)", "(nothing but quoted text)")
#: Outcomes after which the mail still waits, so that a new answer may decide.
OPEN = frozenset({"unclear", "people"})
