"""A simulation's report as an administrator reads it on a terminal: the sum first, then rules, days, and mails.

Columns are counted as a terminal shows them (a Japanese letter is two wide), and nothing out of a mail can make the
terminal do anything.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from mailguard.cli.columns import table
from mailguard.cli.ledger import plain
from mailguard.config import Config
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Because, Disposition
from mailguard.policy.explain import disposition_word
from mailguard.policy.report import Report, RuleReport

_BAR = 30
_DAYS_MOST = 62
_GROUPS_MOST = 15
_WORDS = {
    "mails": Because("{since} から {until} までのメール {n:,} 通", "{n:,} mails from {since} to {until}"),
    "none": Because("この期間に記録されたメールはありません。", "No mail was recorded in this time."),
    "policies": Because("いまのポリシー {old} → 新しいポリシー {new}", "policy now {old} -> new {new}"),
    "same": Because("判定が変わるメールはありません。", "No verdict changes."),
    "changed": Because(
        "判定が変わるメール {n:,} 通（厳しくなる {stricter:,}、緩くなる {milder:,}、両方 {mixed:,}）",
        "{n:,} verdicts change ({stricter:,} stricter, {milder:,} milder, {mixed:,} both)",
    ),
    "unrecorded": Because(
        "ほかに {n:,} 通は記録がないため見ていません（以前の版のもの、または保存期間の終了）。",
        "{n:,} more could not be looked at: no record (an older version's, or past its time).",
    ),
    "head.rule": Because("ルール", "rule"),
    "head.mode": Because("モード", "mode"),
    "head.hits": Because("該当", "hits"),
    "head.before": Because("いま", "now"),
    "head.holds": Because("確認待ち", "asked"),
    "head.day": Because("1日平均", "a day"),
    "head.most": Because("最多の日", "busiest"),
    "head.senders": Because("送信者", "senders"),
    "head.released": Because("そのまま送信", "sent as is"),
    "text": Because(
        "{rule}: 本文（または当時調べなかった履歴）が必要です。{total:,} 通のうち {n:,} 通は判定できませんでした{hint}",
        "{rule}: needs the text (or history not asked for then): {n:,} of {total:,} mails could not be decided{hint}",
    ),
    "hint": Because("（--with-bodies で、残っている本文を読み直します）", " (--with-bodies reads those still there)"),
    "gone": Because("（本文はもう残っていません）", " (their text is gone)"),
    "days": Because("人の確認を待つメール（1日あたり、いま → 新）", "mails that wait for people, by day (now -> new)"),
    "groups": Because("送信者のグループ・ドメイン別（いま → 新）", "by sender's group or domain (now -> new)"),
    "of": Because("{n:,} 通中", "of {n:,}"),
    "list": Because("変わるメール（新しい順に {shown} / {n:,} 通）", "mails that change (newest {shown} of {n:,})"),
    "gone.rule": Because("なし", "gone"),
}


def printed(
    report: Report, since: datetime, until: datetime, language: Language, with_bodies: bool, config: Config
) -> str:
    """The whole report, in the organisation's zone."""
    zone = ZoneInfo(config.settings.organization.timezone)

    def say(key: str, **values: object) -> str:
        return str(getattr(_WORDS[key], language)).format(**values)

    def day(moment: datetime) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    lines = [say("mails", since=day(since), until=day(until), n=report.mails)]
    lines.append(say("policies", old=report.base, new=report.new))
    if report.unrecorded:
        lines.append(say("unrecorded", n=report.unrecorded))
    if not report.mails:
        return "\n".join([*lines, say("none")])
    lines += ["", *_sums(report, language), ""]
    changed = report.stricter + report.milder + report.mixed
    counts = {"stricter": report.stricter, "milder": report.milder, "mixed": report.mixed}
    lines += [say("changed", n=changed, **counts) if changed else say("same"), ""]
    span = max(1.0, (until - since).total_seconds() / 86400)
    heads = ("rule", "mode", "hits", "before", "holds", "day", "most", "senders", "released")
    rows = [[say(f"head.{head}") for head in heads]]
    rows += [_rule_row(rule, span, say("gone.rule")) for rule in report.rules.values() if rule.hits or rule.before]
    lines += table(rows, left=2)
    hint = say("gone") if with_bodies else say("hint")
    for rule in report.rules.values():
        if rule.undecided:
            lines.append("? " + say("text", rule=rule.id, n=rule.undecided, total=report.mails, hint=hint))
    lines += ["", say("days"), *_bars(report.days, _DAYS_MOST)]
    groups = dict(sorted(report.groups.items(), key=lambda pair: (-pair[1][2], pair[0]))[:_GROUPS_MOST])
    lines += ["", say("groups"), *table([[plain(name), f"{was:,} → {now:,}", say("of", n=mails)]
                                         for name, (mails, was, now) in groups.items()])]  # fmt: skip
    if report.changes:
        shown = report.to_json()["changes"]
        lines += ["", say("list", shown=len(shown), n=changed)]
        for one in shown:
            words = [getattr(disposition_word(Disposition[one[key].upper()]), language) for key in ("before", "after")]
            at = datetime.fromisoformat(one["at"]).astimezone(zone).strftime("%m-%d %H:%M") if one["at"] else "-"
            lines.append(f"{one['id']}  {at}  {words[0]} → {words[1]}  {plain(one['sender'] or '<>')}")
            lines.append(f"    {plain(one['subject'])[:70]}  [{one['rule']}] {plain(one['because'][language])}")
    return "\n".join(line.rstrip() for line in lines)


def _sums(report: Report, language: Language) -> list[str]:
    rows = []
    for one in Disposition:
        before, after = report.before[one.word], report.after[one.word]
        if before or after:
            rows.append([getattr(disposition_word(one), language), f"{before:,}", "→", f"{after:,}"])
    return table(rows)


def _rule_row(rule: RuleReport, span: float, gone: str) -> list[str]:
    mode = rule.mode or gone
    if rule.was and rule.was != rule.mode:
        mode = f"{rule.was}→{mode}"
    most = max(rule.days.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    released = f"{rule.released / rule.asked:.0%} ({rule.released}/{rule.asked})" if rule.asked else "-"
    return [
        rule.id, mode, f"{rule.hits:,}", f"{rule.before:,}", f"{rule.holds:,}", f"{rule.holds / span:.1f}",
        f"{most[1]:,}", f"{len(rule.senders):,}", released,
    ]  # fmt: skip


def _bars(days: dict[str, list[int]], most: int) -> list[str]:
    shown = sorted(days.items())[-most:]
    longest = max((max(was, now) for _, (_, was, now) in shown), default=0) or 1
    return [f"{day}  {'█' * round(_BAR * now / longest):<{_BAR}}  {was:,} → {now:,}" for day, (_, was, now) in shown]
