"""The sentences of the page of figures, in Japanese and English."""

from __future__ import annotations

from mailguard.notify.phrases import Both

FIGURE_TEXTS: dict[str, Both] = {
    "nav.figures": Both("統計", "Figures"),
    "figures.title": Both("統計", "Figures"),
    "figures.lead": Both(
        "{first}から{last}に受け付けたメール({at} 時点)", "Mail that came in from {first} to {last}, as of {at}"
    ),
    "figures.missing": Both(
        "ほかに{n}日分を集計しています。しばらくすると表示されます。",
        "{n} more days are still being counted; they will show in a while.",
    ),
    "figures.range": Both("期間", "Time"),
    "figures.days": Both("{n}日", "{n} days"),
    "figures.step": Both("単位", "Shown by"),
    "figures.by.day": Both("日", "day"),
    "figures.by.week": Both("週", "week"),
    "figures.by.month": Both("月", "month"),
    # Cards
    "figures.stopped": Both("止めたミス", "Mistakes stopped"),
    "figures.stopped.made": Both(
        "保留中に取り消し {cancelled}、直して送信 {changed}、取消可能時間中に取り消し {undone}",
        "{cancelled} cancelled while held, {changed} changed, {undone} taken back in the undo window",
    ),
    "figures.holds": Both("100通あたりの保留", "Holds per hundred mails"),
    "figures.holds.made": Both(
        "{mails}通のうち{asked}通で人に確認", "people were asked about {asked} of {mails} mails"
    ),
    "figures.holds.windows": Both(
        "ほかに{delayed}通が一時保留(取消可能時間)のみ", "{delayed} more only waited out an undo window"
    ),
    "figures.delay": Both("保留による遅れ(中央値)", "Delay of held mail (median)"),
    "figures.delay.p90": Both("9割は{length}以内", "nine of ten within {length}"),
    "figures.delay.all": Both(
        "全メール: 中央値 {median}、9割は{p90}以内", "all mail: median {median}, nine of ten {p90}"
    ),
    "figures.unchanged": Both("そのまま送信", "Sent unchanged"),
    "figures.unchanged.made": Both(
        "人が決めた{decided}通のうち{released}通", "{released} of {decided} that people decided on"
    ),
    "figures.opened": Both(
        "画面を開いて決定 {seen}通、うち5秒以内にそのまま送信 {hasty}通",
        "{seen} decided after opening the page, {hasty} of them sent unchanged within 5 s",
    ),
    "figures.alarms": Both("宛先の警告が正しかった割合", "Recipient alarms that were right"),
    "figures.alarms.made": Both(
        "警告 {alarms}件: 誤り(外した・取り消した) {right}、正しい宛先 {wrong}、確認待ち {open}",
        "{alarms} alarms: {right} mistakes (taken off, replaced or not sent), {wrong} right after all, {open} open",
    ),
    "figures.alarms.kind": Both(
        "{kind}: {n}件中 誤り {right}、正しい宛先 {wrong}",
        "{kind}: {n}, of them {right} mistakes, {wrong} right after all",
    ),
    "risk.lookalike": Both("よく似たアドレス", "look-alike address"),
    "risk.namesake": Both("同名の別人", "same name"),
    "risk.twin": Both("同じ人の別アドレス", "another address of the same person"),
    "risk.greeting": Both("宛名との違い", "greeting names somebody else"),
    "risk.before": Both("前に取りやめた宛先", "taken back before"),
    "risk.thread": Both("やり取りにいなかった人", "not part of the conversation"),
    "risk.group": Both("いつもと違う組み合わせ", "unusual group"),
    "risk.file": Both("別の相手に送ったファイル", "file sent to others"),
    "risk.topic": Both("いつもと違う話題", "unusual topic"),
    "risk.stranger": Both("初めての相手", "unknown here"),
    "risk.other": Both("その他", "other"),
    "figures.noisy": Both("確認が形だけになっているルール", "Rules whose holds are waved through"),
    "figures.noisy.one": Both("{rule}: {share}がそのまま送信", "{rule}: {share} sent unchanged"),
    "figures.noisy.do": Both("ポリシーで条件を絞る", "Narrow them under Policy"),
    # Charts and tables
    "figures.time.stopped": Both("止めたミスの推移", "Mistakes stopped over time"),
    "figures.time.stopped.said": Both(
        "期間ごとの件数です。合計{n}件。数値は下の表にあります。",
        "Their number in each period, {n} in all. The numbers are in the table below.",
    ),
    "figures.time.holds": Both("100通あたりの保留の推移", "Holds per hundred mails over time"),
    "figures.time.holds.said": Both(
        "人に確認したメールの割合です。数値は下の表にあります。",
        "Mails that people were asked about, of a hundred. The numbers are in the table below.",
    ),
    "figures.time.delay": Both("保留による遅れの推移(分)", "Delay of held mail over time, in minutes"),
    "figures.time.delay.said": Both(
        "人に確認したメールの、受付から送信までの時間です。数値は下の表にあります。",
        "From receipt to relay of mails that people were asked about. The numbers are in the table below.",
    ),
    "figures.rules": Both("ルール別", "By rule"),
    "figures.rules.said": Both(
        "確認の多い{n}件のルールと、その結果です。数値は下の表にあります。",
        "The {n} rules that ask most, and what people made of it. The numbers are in the table below.",
    ),
    "figures.groups": Both("送信者のグループ・ドメイン別", "By the sender's group or domain"),
    "figures.groups.said": Both(
        "確認の多い{n}件のグループと、その結果です。数値は下の表にあります。",
        "The {n} groups that are asked most, and what people made of it. The numbers are in the table below.",
    ),
    "figures.groups.note": Both(
        "複数のグループに属する送信者は、それぞれに数えます。",
        "A sender who is in several groups counts in each of them.",
    ),
    "figures.none": Both("この期間にはありません。", "Nothing in this time."),
    "figures.table": Both("表で見る", "Show the table"),
    "figures.csv": Both("CSV で保存", "Save as CSV"),
    "figures.how": Both("数え方", "How it is counted"),
    "figures.how.1": Both(
        "日付は受付日(組織のタイムゾーン)です。人に確認したメール(送信者の確認・承認)を「保留」と数え、一時保留(取消可能時間)だけのメールは別に数えます。",
        "A mail counts for the day on which it came in. A hold is a mail that people were asked about; undo windows are"
        " counted apart.",
    ),
    "figures.how.2": Both(
        "「止めたミス」は、保留中に人が取り消したか、宛先や内容を変えて送ったメールです。承認者の却下は別に数えます。",
        "A mistake stopped is a mail that somebody cancelled or changed while it was held. What approvers rejected is"
        " counted apart.",
    ),
    "figures.how.3": Both(
        "時間の中央値などは、誤差2.5%以内です。まだ送信されていないメールは含みません。",
        "Lengths of time are right to 2.5 %; mail that has not left yet is not among them.",
    ),
    "figures.cancelled": Both("取り消し", "Cancelled"),
    "figures.changed": Both("直して送信", "Changed"),
    "figures.undone": Both("取消可能時間中に取り消し", "Taken back in the undo window"),
    "figures.released": Both("そのまま送信", "Sent unchanged"),
    "figures.stopped.held": Both("取り消し・直して送信", "Cancelled or changed"),
    "figures.rejected": Both("却下", "Rejected"),
    "figures.open": Both("期限切れ・確認待ち", "Expired or waiting"),
    "figures.median": Both("中央値", "Median"),
    "figures.p90": Both("9割がこの時間以内", "Nine of ten within"),
    "figures.others": Both("(社外の送信者など)", "(senders of other domains)"),
    "figures.column.period": Both("期間", "Period"),
    "figures.column.rule": Both("ルール", "Rule"),
    "figures.column.group": Both("グループ", "Group"),
    "figures.column.mails": Both("受付", "Mails"),
    "figures.column.hits": Both("該当", "Hits"),
    "figures.column.asked": Both("保留", "Held"),
    "figures.column.per_hundred": Both("100通あたり", "Per hundred"),
    "figures.column.stopped": Both("止めたミス", "Stopped"),
    "figures.column.cancelled": Both("取り消し", "Cancelled"),
    "figures.column.changed": Both("直して送信", "Changed"),
    "figures.column.undone": Both("取消可能時間中に取り消し", "Undone"),
    "figures.column.released": Both("そのまま送信", "Unchanged"),
    "figures.column.unchanged": Both("その割合", "Share"),
    "figures.column.rejected": Both("却下", "Rejected"),
    "figures.column.expired": Both("期限切れ", "Expired"),
    "figures.column.waiting": Both("確認待ち", "Waiting"),
    "figures.column.refused": Both("受付拒否", "Refused"),
    "figures.column.seen": Both("開いて決定", "Opened"),
    "figures.column.hasty": Both("5秒以内", "Within 5 s"),
    "figures.column.decide_median": Both("決定まで", "To decide"),
    "figures.column.delay_median": Both("遅れ(中央値)", "Delay, median"),
    "figures.column.delay_p90": Both("遅れ(9割)", "Delay, 90 %"),
    "figures.column.all_median": Both("全メールの遅れ(中央値)", "All mail, median"),
    "figures.column.all_p90": Both("全メールの遅れ(9割)", "All mail, 90 %"),
}
