"""The sentences of the ways to log in, of the second factor, and of open sessions, in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

LOGIN_TEXTS: dict[str, Both] = {
    "login.or": Both("または", "or"),
    "login.name": Both("メールアドレスまたはユーザー名", "Mail address or user name"),
    "login.password": Both("パスワード", "Password"),
    "login.password.wrong": Both(
        "ログインできませんでした。アドレスまたはパスワードが正しくありません。",
        "That did not work: the address or the password is not right.",
    ),
    "login.password.busy": Both(
        "短時間に多くの試行がありました。しばらく待ってからお試しください。",
        "Too many tries in a short time. Please wait a while and try again.",
    ),
    "login.password.away": Both(
        "いまパスワードを確認できません(確認先のサーバーが応答していません)。別の方法でログインするか、しばらくしてからお試しください。",
        "Passwords cannot be checked right now: the server that knows them does not answer. "
        "Log in another way, or try again in a while.",
    ),
    "login.out": Both("ログアウトしました。", "You are logged out."),
    "login.farewell": Both(
        "会社のシングルサインオンには、まだログインしています。", "You are still logged in at your company's sign-on."
    ),
    "login.farewell.link": Both("そちらもログアウトする", "Log out there, too"),
    "login.oidc": Both("会社のアカウントでログイン", "Log in with your company account"),
    "login.oidc.away": Both(
        "会社のシングルサインオンが応答していません。別の方法でログインするか、しばらくしてからお試しください。",
        "Your company's sign-on does not answer. Log in another way, or try again in a while.",
    ),
    "login.oidc.stale": Both(
        "ログインの手続きが古いか、別のブラウザーで始められています。もう一度お試しください。",
        "This login is too old, or was begun in another browser. Please try again.",
    ),
    "login.oidc.cancelled": Both(
        "シングルサインオンが取り消されたか、このアカウントには許可されていません。もう一度お試しいただくか、管理者にお問い合わせください。",
        "The sign-on was cancelled, or does not let this account in. Try again, or ask your administrator.",
    ),
    "login.oidc.provider": Both(
        "シングルサインオンがエラーを返しました。続く場合は管理者にお知らせください。",
        "The sign-on answered with an error. If that goes on, tell your administrator.",
    ),
    "login.oidc.token": Both(
        "シングルサインオンの応答を確認できませんでした。続く場合は管理者にお知らせください。",
        "What the sign-on answered could not be verified. If that goes on, tell your administrator.",
    ),
    "login.oidc.email": Both(
        "このアカウントにはメールアドレスが登録されていません。管理者にお問い合わせください。",
        "This account has no mail address. Ask your administrator.",
    ),
    "login.oidc.unverified": Both(
        "このアカウントのメールアドレスは確認済みではありません。管理者にお問い合わせください。",
        "The mail address of this account is not verified. Ask your administrator.",
    ),
    "login.oidc.stranger": Both(
        "このアカウントのメールアドレスは、この組織のものではありません。別のアカウントでお試しください。",
        "The mail address of this account is none of this organisation. Try another account.",
    ),
    "how.link": Both("メールのリンク", "login link"),
    "how.code": Both("メールの確認コード", "code from a mail"),
    "how.letter": Both("通知メールのコード", "code of a letter about one mail"),
    "how.oidc": Both("シングルサインオン", "company sign-on"),
    "how.upstream": Both("メールのパスワード", "mail password"),
    "how.ldap": Both("ディレクトリーのパスワード", "directory password"),
    "how.file": Both("パスワード", "password"),
    "factor.title": Both("二段階認証", "Second factor"),
    "factor.needed": Both(
        "いまは送信者としての操作だけができます。役割の権限には二段階認証が必要です。",
        "For now you have a sender's rights. Those of your role need the second factor.",
    ),
    "factor.enter": Both("コードを入力する", "Enter the code"),
    "factor.set_up": Both("二段階認証を設定する", "Set up the second factor"),
    "factor.lead": Both(
        "認証アプリに表示されている6桁のコードを入力してください。",
        "Enter the six digits that your authenticator app shows now.",
    ),
    "factor.code": Both("コード", "Code"),
    "factor.code.help": Both(
        "端末が手元にない場合は、回復用コードを入力できます。",
        "Without your device, enter one of your recovery codes instead.",
    ),
    "factor.go_on": Both("確認する", "Go on"),
    "factor.later": Both("あとで(送信者として続ける)", "Later (go on as a sender)"),
    "factor.wrong": Both(
        "コードが違うか、すでに使われています。次のコードが表示されてからお試しください。端末の時刻が正しいかもご確認ください。",
        "That code is wrong or was used already. Wait for the next one; also check the clock of your device.",
    ),
    "factor.busy": Both(
        "コードの入力回数が上限に達しました。1時間ほど待ってからお試しください。",
        "Too many codes were tried. Please wait about an hour.",
    ),
    "factor.broken": Both(
        "二段階認証を確認できません。管理者に再設定を依頼してください。",
        "The second factor cannot be checked. Ask an administrator to reset it.",
    ),
    "factor.has": Both(
        "二段階認証は有効です。未使用の回復用コード: {count}個", "In force. Unused recovery codes: {count}"
    ),
    "factor.renew": Both("回復用コードの再発行", "New recovery codes"),
    "factor.renew.lead": Both(
        "再発行すると、これまでの回復用コードは使えなくなります。", "The codes you have now will work no more."
    ),
    "factor.renew.do": Both("再発行する", "Make new codes"),
    "factor.must": Both(
        "この組織では二段階認証が必要です。一度だけ設定してください。",
        "Your organisation asks for a second factor. It is set up once.",
    ),
    "factor.may": Both(
        "ログインのたびに端末のコードも求め、アカウントを守ります。",
        "Each login then also asks for a code of your device. That protects your rights.",
    ),
    "factor.step.app": Both("認証アプリを端末に用意します。", "Have an authenticator app on your phone."),
    "factor.step.scan": Both("次の画面のQRコードを読み取ります。", "Scan the QR picture on the next page."),
    "factor.step.code": Both("表示された6桁のコードを入力します。", "Enter the six digits that the app shows."),
    "factor.not_yours": Both(
        "二段階認証は、役割のある方のための機能です。", "The second factor is for those with a role."
    ),
    "factor.scan": Both("認証アプリでQRコードを読み取ってください。", "Scan this picture with your authenticator app."),
    "factor.picture": Both("認証アプリ用のQRコード", "QR picture for the authenticator app"),
    "factor.secret": Both("読み取れない場合は、このキーを入力してください。", "If you cannot scan, type this key:"),
    "factor.first_code": Both("アプリに表示された6桁のコード", "The six digits that the app shows"),
    "factor.confirm": Both("有効にする", "Turn it on"),
    "factor.done": Both("二段階認証が有効になりました。", "The second factor is in force."),
    "factor.codes": Both("回復用コード", "Recovery codes"),
    "factor.codes.lead": Both(
        "端末をなくしたときに使います。それぞれ一度だけ使えます。この画面を閉じると二度と表示されません。印刷するか、安全な場所に保管してください。",
        "For the day your device is lost. Each works once. They are never shown again: print them, or keep them safe.",
    ),
    "factor.codes.kept": Both("保管しました", "I have kept them"),
    "sessions.link": Both("ログインとセキュリティ", "Logins and security"),
    "sessions.title": Both("ログイン中の端末", "My sessions"),
    "sessions.lead": Both("心当たりのないものがあれば、終了してください。", "End any that you do not know."),
    "sessions.all": Both("全員のログイン", "Everybody's sessions"),
    "sessions.all.lead": Both(
        "終了すると、そのブラウザーは次の操作からログインが必要になります。",
        "Ending one takes effect with its next request.",
    ),
    "sessions.find": Both("絞り込む", "Find"),
    "sessions.none": Both("該当するものはありません。", "There is none."),
    "sessions.unknown": Both("不明なブラウザー", "Unknown browser"),
    "sessions.here": Both("このブラウザー", "this browser"),
    "sessions.one_mail": Both("1通のメールのみ", "one mail only"),
    "sessions.since": Both("{since} から({how})", "Since {since}, by {how}"),
    "sessions.seen": Both("最後の操作: {seen}", "Last used: {seen}"),
    "sessions.until": Both("{until} まで", "until {until} at the latest"),
    "sessions.end": Both("終了する", "End"),
    "sessions.end_others": Both("このブラウザー以外をすべて終了する", "End all but this one"),
    "sessions.end_all": Both("{person} のログインをすべて終了する", "End all of {person}"),
    "sessions.ended": Both("終了しました。", "Ended."),
}
