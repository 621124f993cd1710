"""The sentences of the frame around every page, of logging in, and of errors, in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

FRAME_TEXTS: dict[str, Both] = {
    # The frame of every page
    "skip": Both("本文へ移動", "Skip to content"),
    "nav": Both("メニュー", "Menu"),
    "nav.mine": Both("自分のメール", "My mail"),
    "nav.all": Both("すべてのメール", "All mail"),
    "nav.outside": Both("送信後のメール", "Outside"),
    "logout": Both("ログアウト", "Log out"),
    "user": Both("ログイン中: {address}", "Logged in as {address}"),
    "role.administrator": Both("管理者", "Administrator"),
    "role.auditor": Both("監査担当", "Auditor"),
    "role.officer": Both("個人情報保護担当", "Data-protection officer"),
    "product": Both("メール誤送信防止", "Keeps mail from going to the wrong person"),
    "policy.refused": Both(
        "ポリシーの変更に誤りがあるため、反映していません。これまでのルールが有効です。",
        "A change of the policy is wrong and was not taken. The rules from before are in force.",
    ),
    "live.changed": Both(
        "この間に内容が変わりました。最新の状態を表示してください。",
        "Something changed meanwhile. Show the latest state.",
    ),
    "live.refresh": Both("最新の状態を表示", "Show latest"),
    # Log in
    "login.title": Both("ログイン", "Log in"),
    "login.lead": Both(
        "会社のメールアドレスを入力してください。ログイン用のリンクと確認コードをメールでお送りします。",
        "Enter your company mail address. You get a mail with a link and a code to log in.",
    ),
    "login.address": Both("メールアドレス", "Mail address"),
    "login.send": Both("ログイン用メールを送る", "Send me the login mail"),
    "login.sent.title": Both("メールをご確認ください", "Look into your mailbox"),
    "login.sent.lead": Both(
        "{address} がこの組織のアドレスであれば、ログイン用のメールが届きます。"
        "確認コードを入力するか、このブラウザーでリンクを開いてください。",
        "If {address} is an address of this organisation, a mail is on its way. "
        "Enter its code here, or open its link in this browser.",
    ),
    "login.code": Both("確認コード(6桁)", "Code (6 digits)"),
    "login.enter": Both("ログインする", "Log in"),
    "login.again": Both("別のアドレスでやり直す", "Use another address"),
    "login.link.title": Both("ログインします", "Log in now"),
    "login.link.lead": Both("ボタンを押すとログインが完了します。", "Press the button to finish logging in."),
    "login.link.code": Both(
        "リンクと一緒に表示された確認コードを入力してください。", "Enter the code that stands beside the link."
    ),
    "login.failed": Both(
        "ログインできませんでした。コードが違うか、期限が切れたか、すでに使われています。もう一度お試しください。",
        "That did not work: the code is wrong, too old, or was used already. Please try again.",
    ),
    "login.other_browser": Both(
        "このブラウザーではログインを始めていないため、確認コードも必要です。",
        "The login was not started in this browser, so the code is needed too.",
    ),
    "login.busy": Both(
        "短時間に多くの試行がありました。{minutes}分ほど待ってからお試しください。",
        "Too many tries in a short time. Please wait about {minutes} minutes.",
    ),
    "login.bad_address": Both(
        "メールアドレスの形式が正しくありません(例: taro@corp.example)。",
        "That is not a mail address (for example ann@corp.example).",
    ),
    "login.bad_code": Both("確認コードは6桁の数字です。", "The code has six digits."),
    # The page behind a letter's link
    "ticket.title": Both("保留中のメール", "A mail on hold"),
    "ticket.lead": Both(
        "通知メールの確認コードを入力して、どうするか選んでください。",
        "Enter the code of the letter and choose what to do.",
    ),
    "ticket.code": Both("確認コード(通知メールの6桁の数字)", "Code (six digits in the letter)"),
    "ticket.view": Both("本文も見てから決める", "Look at the text first"),
    "ticket.wrong": Both(
        "コードが違います。通知メールの6桁の数字を入力してください。",
        "That is not the code. Enter the six digits of the letter.",
    ),
    "ticket.dead": Both(
        "このリンクは使えません。期限が切れたか、すでに使われたか、正しく写されていません。",
        "This link does not work: it is too old, was used, or was not copied in full.",
    ),
    "ticket.dead.help": Both(
        "ログインすると、自分のメールの状態を確認できます。", "Log in to see what became of your mail."
    ),
    "ticket.nothing": Both(
        "いま決めることはありません。コードを入力すると状況を確認できます。",
        "Nothing is left to decide. With the code you can see what became of it.",
    ),
    "ticket.code.alone": Both("このコードはこのメール専用です。", "The code works for this mail only."),
    # Errors
    "error.title": Both("エラー", "Error"),
    "error.400": Both("入力内容を確認してください", "Please check what you entered"),
    "error.401": Both("ログインしてください", "Please log in"),
    "error.403": Both("この操作はできません", "You cannot do that"),
    "error.403.form": Both(
        "画面を開いてから時間がたったか、別の画面でログインし直しています。前の画面に戻って再読み込みし、もう一度お試しください。",
        "This form is too old, or you logged in anew elsewhere. Go back, reload and try again.",
    ),
    "error.404": Both("見つかりません", "Not found"),
    "error.404.help": Both(
        "メールが存在しないか、閲覧する権限がありません。", "There is no such mail, or it is not yours to see."
    ),
    "error.405": Both("この方法では利用できません", "Not possible this way"),
    "error.409": Both("すでに決定されています", "Already decided"),
    "error.409.by": Both(
        "{when} に {by} が先に決定しました。現在の状態: {state}", "{by} decided first, on {when}. It is now: {state}"
    ),
    "error.409.you": Both(
        "{when} にあなたが決定済みです。現在の状態: {state}", "You decided already, on {when}. It is now: {state}"
    ),
    "error.409.show": Both("このメールの状態を見る", "See this mail"),
    "error.413": Both("送信された内容が大きすぎます", "Too much was sent"),
    "error.422": Both("この操作は受け付けられません", "That is refused"),
    "error.429": Both("しばらく待ってからお試しください", "Please wait a while"),
    "error.500": Both("こちらの不具合です", "Our fault"),
    "error.500.help": Both(
        "処理を完了できませんでした。メールは失われていません。しばらくしてからお試しください。",
        "It could not be finished. No mail is lost. Please try again in a while.",
    ),
    "error.503": Both("準備中です", "Not ready"),
    "error.home": Both("最初の画面へ", "To the first page"),
}
