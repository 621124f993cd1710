"""The sentences of chat messages that letters do not have, Japanese beside English: shorter, for a narrow window."""

from __future__ import annotations

from mailguard.notify.phrases import Both

WAITS = Both(
    "まだ送信していません。確認して、送信するかどうかをお決めください。", "Not sent yet. Please look at it and decide."
)
WAITS_PART = Both(
    "{count}への送信を保留しています。確認して、送信するかどうかをお決めください。",
    "Held for {count}. Please look at it and decide.",
)
WAITS_APPROVAL = Both("まだ送信していません。承認を依頼しました。", "Not sent yet: approval has been asked for.")
ESCALATED = Both("承認がまだ得られていないため、お願いしています。", "Nobody has answered yet, so you are asked.")
REMINDER = Both("承認がまだ済んでいません。送信者が待っています。", "It is still open; the sender is waiting.")
NOT_SENT = Both("宛先には届いていません。", "It did not reach its recipients.")
BOUNCED = Both("相手側のサーバーが受け付けませんでした。", "The next server did not take it.")
ORGANISATION = Both("{domain} {count}名", "{domain} ({count})")
MORE_ORGANISATIONS = Both("ほか{count}組織", "and {count} more")
MANY = Both("{tag}{count}件あります", "{tag}{count} mails")
MANY_LEAD = Both("短い間に多数あったため、まとめてお知らせします。", "So many at once that they are told together.")
OPEN_LIST = Both("一覧を見る", "See the list")

LETTERS_FAILING = Both("通知メールが送れていません", "Letters to people do not arrive")
LETTERS_FAILING_LEAD = Both(
    "保留や承認依頼のメールが届いていないおそれがあります。中継先と管理画面を確認してください。",
    "People may not hear of mail that is held. Please look at the next mail server and the console.",
)
LETTERS_GOOD = Both("通知メールの送信が復旧しました", "Letters to people arrive again")
CHANNEL_FAILING = Both("チャット通知「{name}」が送れていません", "The chat channel {name} does not take messages")
CHANNEL_FAILING_LEAD = Both(
    "メールによる通知は続いています。設定は `mailguard notify test` で確かめられます。",
    "Letters go on as before. `mailguard notify test` tries the settings.",
)
CHANNEL_GOOD = Both("チャット通知「{name}」が復旧しました", "The chat channel {name} takes messages again")
PRESSURE = Both("新しいメールの受け付けを見合わせています", "No new mail is taken for now")
PRESSURE_LEAD = Both(
    "送信元には「後でもう一度」と答えています。受け付け済みのメールは失われず、送信と通知は続いています。空きができれば自動で再開します。",
    "Senders are told to try again later. What was taken in is safe, and goes on to be sent. It ends by itself as soon "
    "as there is room.",
)
PRESSURE_OVER = Both("メールの受け付けを再開しました", "New mail is taken again")
UPSTREAM_FAILING = Both("中継先「{name}」へのメールが止まっています", "Mail for the upstream {name} does not leave")
UPSTREAM_FAILING_LEAD = Both(
    "メールは失われず、別の経路でも送られません。設定を戻すか、`mailguard queue` で取り消してください。",
    "It is kept, and goes by no other way. Name the upstream again in the settings, or cancel with `mailguard queue`.",
)
UPSTREAM_REFUSED_LEAD = Both(
    "中継先が接続を拒否しています。メールは失われず、自動で再送を続けます。応答の内容に従って、ログイン情報やトークン、証明書、"
    "または中継先に登録したアドレスを直してください。",
    "It does not let us in. Mail is kept, and tried again by itself. Its answer says what to put right: the login or "
    "token, the certificate, or the address that it knows us by.",
)
UPSTREAM_AWAY_LEAD = Both(
    "中継先に接続できません。メールは失われず、接続できしだい自動で送られます。中継先とネットワークを確認してください。",
    "It cannot be reached. Mail is kept, and goes by itself as soon as it can. Please look at that server, and at the "
    "network.",
)
UPSTREAM_GOOD = Both(
    "中継先「{name}」へのメールの滞りは解消しました", "Mail for the upstream {name} does not wait any more"
)
#: What is said of the ways to people and mail, in chats and letters alike: head and lead.
WAYS: dict[str, tuple[Both, Both | None]] = {
    "letters_failing": (LETTERS_FAILING, LETTERS_FAILING_LEAD),
    "letters_good": (LETTERS_GOOD, None),
    "channel_failing": (CHANNEL_FAILING, CHANNEL_FAILING_LEAD),
    "channel_good": (CHANNEL_GOOD, None),
    "pressure": (PRESSURE, PRESSURE_LEAD),
    "pressure_over": (PRESSURE_OVER, None),
    "upstream_failing": (UPSTREAM_FAILING, UPSTREAM_FAILING_LEAD),
    "upstream_good": (UPSTREAM_GOOD, None),
}
#: Of what is to be done about an upstream, by why it takes nothing.
UPSTREAM_LEADS = {"refused": UPSTREAM_REFUSED_LEAD, "away": UPSTREAM_AWAY_LEAD}
REASON = Both("原因", "Reason")

TEST = Both("mailguard からの接続テストです", "A test message of mailguard")
TEST_LEAD = Both(
    "この通知が読めれば、設定は正しく動作しています。操作は不要です。",
    "If you can read this, the channel works. There is nothing to do.",
)
