"""The monthly letter to the management: what was stopped, what it cost, which rules are noise, what changed. Pure.

It is written from numbers and names of rules alone; no sender, recipient or subject is ever part of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mailguard.mail.organization import Language
from mailguard.notify.letter_choices import Choice
from mailguard.notify.letter_rows import Row
from mailguard.notify.letter_sheet import Content
from mailguard.notify.letter_texts import TAGS
from mailguard.notify.phrases import Both, length_word, month_word, on_one_line

_RULES_MOST = 8

_SUBJECT = Both("メール誤送信防止 {month}のまとめ", "mailguard in {month}")
_HEAD = Both(
    "{month}は、誤送信になりかけたメール{n}通を止めました", "In {month}, {n} mistakes were stopped before they left"
)
_HEAD_ONE = Both(
    "{month}は、誤送信になりかけたメール{n}通を止めました", "In {month}, {n} mistake was stopped before it left"
)
_HEAD_NONE = Both("{month}に止めたミスはありませんでした", "In {month} no mistake was stopped")
_LEAD = Both(
    "{mails}通のうち{asked}通(100通あたり{share}通)で、送信前に人が確認しました。その半分は{median}以内に送信されています。",
    "People were asked about {asked} of {mails} mails ({share} of a hundred) before they left. Half of those were on"
    " their way within {median}.",
)
_LEAD_NONE = Both(
    "{mails}通を受け付けました。送信前に人が確認したメールはありません。",
    "{mails} mails came in. People were asked about none of them.",
)
_STOPPED = Both("止めたミス", "Mistakes stopped")
_MADE = Both(
    "保留中に取り消し {cancelled}、直して送信 {changed}、取消可能時間中に取り消し {undone}",
    "{cancelled} cancelled while held, {changed} changed, {undone} taken back in the undo window",
)
_REJECTED = Both("承認者が却下", "Rejected by approvers")
_HOLDS = Both("100通あたりの保留", "Holds per hundred mails")
_DELAY = Both("保留による遅れ", "Delay of held mail")
_DELAYS = Both("中央値 {median}、9割は{p90}以内", "median {median}, nine of ten within {p90}")
_ALL = Both("全メールの遅れ", "Delay of all mail")
_ALARMS = Both("宛先の警告", "Recipient alarms")
_ALARMS_MADE = Both(
    "誤り(外した・取り消した) {right}、正しい宛先 {wrong}",
    "{right} mistakes (taken off, replaced or not sent), {wrong} right after all",
)
_MAILS = Both("受け付けたメール", "Mails")
_BEFORE = Both("前月 {before}({change})", "the month before: {before} ({change})")
_BEFORE_ONLY = Both("前月: {before}", "the month before: {before}")
_SAME = Both("変わらず", "the same")
_NOISY = Both("見直したいルール", "Rules to look at")
_NOISY_ONE = Both("{rule}: {decided}通中{released}通がそのまま送信", "{rule}: {released} of {decided} sent unchanged")
_NOISY_WHY = Both(
    "確認のほとんどがそのまま送信されるルールは、読まずに押す習慣を生みます。条件を絞るよう、管理者にお伝えください。",
    "Where nearly every hold is sent unchanged, people learn to click without reading: ask the administrators to narrow"
    " those rules.",
)
_NO_PERSONS = Both(
    "個人・宛先・件名の情報は含みません。数え方: 統計ページの「数え方」",
    "It names no person, recipient or subject. How it is counted: see the page of figures.",
)
_OPEN = Both("統計を見る", "See the figures")
_FOOT = Both(
    "{name} のメール誤送信防止 mailguard が毎月お送りしています。", "mailguard at {name} sends this once a month."
)


@dataclass(frozen=True, slots=True)
class Month:
    """The numbers of one month; lengths in seconds, None where there is none."""

    mails: int = 0
    asked: int = 0
    stopped: int = 0
    cancelled: int = 0
    changed: int = 0
    undone: int = 0
    rejected: int = 0
    per_hundred: float | None = None
    delay_median: float | None = None
    delay_p90: float | None = None
    all_median: float | None = None
    all_p90: float | None = None
    alarms: int = 0
    alarms_right: int = 0
    alarms_wrong: int = 0


@dataclass(frozen=True, slots=True)
class Monthly:
    """month: 2026-10; before: the month before it, None if nothing is known of that; noisy: rule, decided, released."""

    month: str
    now: Month
    before: Month | None
    noisy: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Monthly:
        """From a notice's detail."""
        before = detail.get("before")
        return cls(
            month=str(detail["month"]),
            now=Month(**detail["now"]),
            before=None if before is None else Month(**before),
            noisy=tuple((on_one_line(str(rule), 80), int(n), int(m)) for rule, n, m in detail.get("noisy", ())),
        )


def monthly_letter(language: Language, monthly: Monthly, *, link: str, name: str) -> Content:
    """What the letter says."""
    now, month = monthly.now, month_word(monthly.month, language)
    head = _HEAD_NONE if not now.stopped else _HEAD_ONE if now.stopped == 1 else _HEAD
    lead = (_LEAD if now.asked else _LEAD_NONE).of(
        language,
        mails=f"{now.mails:,}",
        asked=f"{now.asked:,}",
        share=_share(now),
        median=_span(now.delay_median, language),
    )
    noisy = [_NOISY_ONE.of(language, rule=rule, decided=n, released=m) for rule, n, m in monthly.noisy[:_RULES_MOST]]
    return Content(
        kind="monthly",
        subject=TAGS["monthly"].of(language) + _SUBJECT.of(language, month=month),
        headline=head.of(language, month=month, n=f"{now.stopped:,}"),
        lead=(lead,),
        rows=(*_rows(language, monthly), *([Row.of(_NOISY.of(language), *noisy)] if noisy else [])),
        choices=(Choice(_OPEN.of(language), link),) if link else (),
        link=link,
        closing=(*([_NOISY_WHY.of(language)] if noisy else []), _NO_PERSONS.of(language)),
        foot=_FOOT.of(language, name=name),
    )


def _rows(language: Language, monthly: Monthly) -> list[Row]:
    now, before = monthly.now, monthly.before
    made = _MADE.of(language, cancelled=now.cancelled, changed=now.changed, undone=now.undone)

    def counted(label: Both, name: str, *more: str) -> Row:
        value = int(getattr(now, name))
        said = "" if before is None else _compared(language, value, int(getattr(before, name)), "{:,}", "{:+,}")
        return Row.of(label.of(language), f"{value:,}", *more, *([said] if said else []))

    def lengths(label: Both, median: str, p90: str) -> Row:
        def said(month: Month) -> str:
            shown = (_span(getattr(month, one), language) for one in (median, p90))
            return _DELAYS.of(language, **dict(zip(("median", "p90"), shown, strict=True)))

        past = (
            []
            if before is None or getattr(before, median) is None
            else [_BEFORE_ONLY.of(language, before=said(before))]
        )
        return Row.of(label.of(language), said(now), *past)

    share = [_share(now)]
    if before is not None and before.per_hundred is not None and now.per_hundred is not None:
        share.append(_compared(language, round(now.per_hundred, 1), round(before.per_hundred, 1), "{:.1f}", "{:+.1f}"))
    rows = [counted(_STOPPED, "stopped", made), Row.of(_HOLDS.of(language), *share)]
    if now.delay_median is not None:
        rows.append(lengths(_DELAY, "delay_median", "delay_p90"))
    if now.all_median is not None:
        rows.append(lengths(_ALL, "all_median", "all_p90"))
    if now.rejected or (before is not None and before.rejected):
        rows.append(counted(_REJECTED, "rejected"))
    if now.alarms:
        rows.append(
            counted(_ALARMS, "alarms", _ALARMS_MADE.of(language, right=now.alarms_right, wrong=now.alarms_wrong))
        )
    return [*rows, counted(_MAILS, "mails")]


def _compared(language: Language, value: float, before: float, form: str, signed: str) -> str:
    change = _SAME.of(language) if value == before else signed.format(value - before)
    return _BEFORE.of(language, before=form.format(before), change=change)


def _share(month: Month) -> str:
    return "-" if month.per_hundred is None else f"{month.per_hundred:.1f}"


def _span(seconds: float | None, language: Language) -> str:
    return length_word(None if seconds is None else timedelta(seconds=seconds), language)
