"""The sentences of a person's own settings, in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

OWN_TEXTS: dict[str, Both] = {
    "nav.settings": Both("設定", "Settings"),
    "settings.title": Both("自分の設定", "My settings"),
    "away.title": Both("不在と代理", "When I am away"),
    "away.lead": Both(
        "不在の間に届いた承認依頼と、まだ承認していない依頼は、代理の方へお送りします。代理を指定しないときは、"
        "ほかの承認者がいなければ管理者へお送りします。",
        "While you are away, what asks you to approve goes to whoever takes your place, what already waits as well."
        " Without anybody in your place, the other approvers are asked, or else the administrators.",
    ),
    "away.add": Both("不在を追加", "Add an absence"),
    "away.first": Both("開始日", "First day"),
    "away.last": Both("終了日", "Last day"),
    "away.delegates": Both("代理のメールアドレス", "Who takes my place (mail addresses)"),
    "away.delegates.help": Both(
        "社内の方のみ。複数のときは読点や改行で区切り、先に書いた方から依頼します。",
        "Colleagues only; several with a comma between them. The first one is asked.",
    ),
    "away.set": Both("不在を登録する", "Set this absence"),
    "away.end": Both("取りやめる", "Take back"),
    "away.end.now": Both("戻りました(不在を終える)", "I am back"),
    "away.end.which": Both("({days} の不在)", "(absence of {days})"),
    "away.none": Both("登録された不在はありません。", "No absence is set."),
    "away.now": Both("いま不在", "Away now"),
    "away.place": Both("代理: {people}", "In my place: {people}"),
    "away.nobody": Both("代理の指定なし", "Nobody in my place"),
    "away.by": Both("{person} が登録", "Set by {person}"),
    "away.days": Both("{first}〜{last}", "{first} to {last}"),
    "away.others": Both("代理をお願いされている不在", "Whose place I take"),
    "trusts.title": Both("今後確認しない宛先", "Whom I am not asked about again"),
    "trusts.lead": Both(
        "メールの確認画面で「今後この宛先を確認しない」を選んだ宛先です。期限が過ぎると、また確認します。",
        "Recipients for whom “Do not ask again” was chosen on a mail's page. After the day given, the rules ask again.",
    ),
    "trusts.none": Both("ありません。", "There are none."),
    "trusts.until": Both("{day}まで", "until {day}"),
    "trusts.group": Both("グループ {name} の全員", "everybody in {name}"),
    "trusts.company": Both("全社", "the whole company"),
    "trusts.end": Both("また確認する", "Ask again"),
    "trusts.end.which": Both("({recipient} について)", "(about {recipient})"),
    "away.done.untrust": Both("この宛先を、また確認します。", "The rules ask about this recipient again."),
    "away.done.away": Both("不在を登録しました。", "The absence is set."),
    "away.done.back": Both("不在を取りやめました。", "The absence is taken back."),
}
