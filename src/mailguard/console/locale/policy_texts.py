"""The sentences of the policy page, of simulations, and of the explanation of a mail, in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

POLICY_TEXTS: dict[str, Both] = {
    "nav.policy": Both("ポリシー", "Policy"),
    "policy.title": Both("ポリシー", "Policy"),
    "policy.lead": Both(
        "直近{days}日間に判定したメール {mails}通と、それぞれのルールの結果です。版: {hash}",
        "What each rule did with the {mails} mails of the last {days} days. Version: {hash}",
    ),
    "policy.ready": Both("適用してよいルール", "Ready to be enforced"),
    "policy.ready.none": Both("いまのところ、ありません。", "None at the moment."),
    "policy.ready.why": Both(
        "記録のみのルールは、{days}日または{mails}通を見て、100通あたり{hundred}通以下(どの送信者でも{sender}通以下)に当てはまり、"
        "判定できないものが{unsure}以下で、テスト例がすべて合えば、適用してよい状態です。",
        "A rule that only watches is ready after {days} days or {mails} mails, if it hits at most {hundred} of a"
        " hundred mails (for no sender more than {sender}), if at most {unsure} of its hits could not be decided, and"
        " if its examples hold.",
    ),
    "policy.change": Both("変更する行", "The line to change"),
    "policy.try.this": Both("適用した場合を試算", "See what enforcing it would do"),
    "policy.stamped": Both("確認が形だけになっているルール", "Rules whose holds are waved through"),
    "policy.stamped.why": Both(
        "{decided}通以上の確認のうち{share}を超える分が、何も変えずに送信されています。条件を絞るか、例外を足してください。",
        "Of at least {decided} holds, more than {share} were sent without any change: narrow the rule, or add an"
        " exception.",
    ),
    "policy.stamped.line": Both("ルールの場所", "Where the rule stands"),
    "policy.stamped.do.narrow": Both(
        "条件を絞る(人数・宛先・添付の種類など): 「変更を試算する」で結果を確かめられます",
        "Narrow its condition (numbers, recipients, kinds of files); “Try a change” shows what that does",
    ),
    "policy.stamped.do.except": Both(
        "いつもの取引先を unless に加える", "Add the partners that it keeps stopping under unless"
    ),
    "policy.stamped.do.notify": Both(
        "止めずに知らせるだけなら mode: notify、取消可能時間を置くだけなら then: delay",
        "If telling is enough, mode: notify; if time to take it back is enough, then: delay",
    ),
    "policy.stamped.try": Both("通知のみにした場合を試算", "See what mode: notify would do"),
    "policy.opened": Both("開いて決定 {share}", "{share} opened"),
    "policy.reading": Both("開いてから{length}", "{length} from opening"),
    "policy.hasty": Both("5秒以内 {share}({of}通中{n}通)", "within 5 s {share} ({n} of {of})"),
    "policy.hasty.mark": Both("読まずに送信", "sent unread"),
    "policy.rules": Both("すべてのルール", "All rules"),
    "policy.rule": Both("ルール", "Rule"),
    "policy.mode": Both("モード", "Mode"),
    "policy.mode.monitor": Both("記録のみ", "monitor"),
    "policy.mode.notify": Both("通知のみ", "notify"),
    "policy.mode.enforce": Both("適用", "enforce"),
    "policy.hits": Both("該当(30日)", "Hits, 30 days"),
    "policy.week": Both("7日", "7 days"),
    "policy.day": Both("1日平均", "A day"),
    "policy.senders": Both("送信者", "Senders"),
    "policy.asked": Both("そのまま送信", "Sent unchanged"),
    "policy.decision": Both("決定まで(中央値)", "Median to decide"),
    "policy.standing": Both("判断の理由", "Why"),
    "policy.standing.ready": Both("適用してよい", "ready"),
    "policy.standing.learning": Both("観察中", "still watching"),
    "policy.standing.not_yet": Both("まだ適用しない", "not yet"),
    "policy.standing.rubber_stamp": Both("確認が形だけ", "waved through"),
    "policy.released": Both("{share}({of}通中{n}通)", "{share} ({n} of {of})"),
    "policy.fate.joint": Both("、", ", "),
    "policy.fate.changed": Both("直して送信 {n}", "{n} changed"),
    "policy.fate.cancelled": Both("取り消し {n}", "{n} cancelled"),
    "policy.fate.rejected": Both("却下 {n}", "{n} rejected"),
    "policy.fate.expired": Both("期限切れ {n}", "{n} expired"),
    "policy.fate.waiting": Both("確認待ち {n}", "{n} waiting"),
    "policy.fate.refused": Both("拒否 {n}", "{n} refused"),
    "policy.examples": Both("テスト例 {n}件", "{n} examples"),
    "policy.examples.failing": Both("テスト例 {of}件のうち{n}件が合いません", "{n} of {of} examples fail"),
    "policy.examples.none": Both("テスト例なし", "no examples"),
    "policy.met": Both("満たしています", "met"),
    "policy.unmet": Both("満たしていません", "not met"),
    "policy.try": Both("変更を試算する", "Try a change"),
    "policy.try.lead": Both(
        "記録されたメールで、変更後のルールがどう判定したかを計算します。ルールそのものは変わりません。",
        "Calculates what a change would have done with recorded mail. It changes no rule.",
    ),
    "policy.try.mode": Both("ルールのモードを変える", "A rule in another mode"),
    "policy.try.text": Both("ファイルの内容を変える", "Another text for a file"),
    "policy.try.file": Both("置き換えるファイル", "In place of"),
    "policy.try.new": Both("新しいファイルとして追加", "a new file"),
    "policy.try.yaml": Both("YAML(貼り付け)", "YAML (paste it)"),
    "policy.try.upload": Both("またはファイルを選ぶ", "or choose a file"),
    "policy.try.mails": Both(
        "または、このファイルのメールで(.eml、mbox、JSON Lines、20MBまで)",
        "or with the mails of this file (.eml, mbox or JSON lines, up to 20 MB)",
    ),
    "policy.wrong.mails": Both("メールのファイルは20MBまでです。", "The file of mails may have at most 20 MB."),
    "policy.try.days": Both("期間", "Time"),
    "policy.try.last": Both("直近{days}日", "last {days} days"),
    "policy.try.run": Both("試算する", "Simulate"),
    "policy.wrong.busy": Both(
        "別の試算が進行中です。終わってからもう一度お試しください。",
        "Another simulation is running. Try again when it is done.",
    ),
    "policy.wrong.empty": Both("YAML が空です。", "There is no YAML to try."),
    "policy.wrong.file": Both(
        "ファイルは UTF-8 のテキストで、500 KB までです。", "The file must be UTF-8 text of at most 500 KB."
    ),
    # A simulation
    "trial.title": Both("試算", "Simulation"),
    "trial.mode": Both("ルール「{rule}」を「{mode}」にした場合", "The rule {rule} in mode {mode}"),
    "trial.file": Both("{file} を置き換えた場合", "Another text for {file}"),
    "trial.running": Both("計算しています({part}%)", "Calculating ({part}%)"),
    "trial.mails": Both("{n}通を見ました。", "{n} mails looked at."),
    "trial.wait": Both("このページは2秒ごとに更新されます。", "This page looks again every 2 seconds."),
    "trial.failed": Both("試算できませんでした", "It could not be simulated"),
    "trial.head": Both("直近{days}日間のメール {n}通", "{n} mails of the last {days} days"),
    "trial.head.given": Both("{file} のメール {n}通", "{n} mails of {file}"),
    "trial.changed": Both(
        "判定が変わるメール {n}通(厳しくなる {stricter}、緩くなる {milder})",
        "{n} verdicts change ({stricter} stricter, {milder} milder)",
    ),
    "trial.same": Both("判定が変わるメールはありません", "No verdict changes"),
    "trial.unrecorded": Both(
        "ほかに{n}通は記録がなく、見ていません。", "{n} more have no record and were not looked at."
    ),
    "trial.sum": Both("判定", "Verdict"),
    "trial.before": Both("いま", "Now"),
    "trial.after": Both("変更後", "After"),
    "trial.holds": Both("確認待ち", "People asked"),
    "trial.most": Both("最多の日", "Busiest day"),
    "trial.undecided": Both(
        "本文(または当時調べなかった履歴)が必要です。{of}通のうち{n}通は判定できませんでした。",
        "Needs the text (or history not asked for then): {n} of {of} mails could not be decided.",
    ),
    "trial.bodies": Both(
        "残っている本文を読み直して試算するには: mailguard policy simulate --with-bodies",
        "To read the texts that are still there: mailguard policy simulate --with-bodies",
    ),
    "trial.gone": Both("なし", "gone"),
    "trial.days": Both("人の確認を待つメール(1日あたり)", "Mails that wait for people, by day"),
    "trial.groups": Both("送信者のグループ・ドメイン別", "By sender's group or domain"),
    "trial.named": Both("変わるメール(新しい順に{n} / {of}通)", "Mails that change (newest {n} of {of})"),
    "trial.back": Both("ポリシーへ戻る", "Back to the policy"),
    # Why a mail got its verdict
    "explain": Both("すべてのルールと理由", "All rules, hit or miss, and why"),
    "explain.same": Both("このメールを判定した版と同じポリシーです。", "Under the policy that judged this mail."),
    "explain.other": Both(
        "いまのポリシーでの判定です(受付時の版は {hash})。", "Under the policy of now (judged by version {hash})."
    ),
    "explain.texts": Both(
        "本文は使わず、記録された事実から再現しています。", "From recorded facts, without the text of the mail."
    ),
    "explain.hit": Both("該当", "hit"),
    "explain.miss": Both("非該当", "miss"),
    "explain.unknown": Both("不明", "unknown"),
}
