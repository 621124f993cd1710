"""Why a mail gets its verdict: every rule, hit or miss, with a sentence in Japanese and English that reads well aloud.

It asks the same rules by the same code as the judge, so that what is explained is what was judged. Pure.
"""

from __future__ import annotations

from typing import Any

from mailguard.mail.verdict import Because, Disposition
from mailguard.policy.case import Case
from mailguard.policy.conditions.tree import needs_of
from mailguard.policy.judge import judge, opinions, verdict_of
from mailguard.policy.opinion import Opinion
from mailguard.policy.recorded import Recorded
from mailguard.policy.result import NOT_KEPT, Truth
from mailguard.policy.rule import Policy
from mailguard.policy.verdict_json import verdict_to_json

_KINDS = {
    "null_path": Because("差出人のない通知メール", "a notice without a sender"),
    "auto_reply": Because("自動応答", "an automatic reply"),
    "read_receipt": Because("開封確認", "a read receipt"),
    "delivery_report": Because("配信通知", "a delivery report"),
    "calendar_reply": Because("予定への返信", "a reply to an invitation"),
    "letter": Because("mailguard の通知メール", "a letter of mailguard's own"),
}
_WORDS = {
    Disposition.DELIVER: Because("そのまま送信", "deliver"),
    Disposition.DELAY: Because("一時保留", "delay"),
    Disposition.CONFIRM: Because("送信者の確認待ち", "confirm"),
    Disposition.APPROVE: Because("承認待ち", "approve"),
    Disposition.CHALLENGE: Because("再送で確認", "challenge"),
    Disposition.REJECT: Because("拒否", "reject"),
}
_MODES = {
    "monitor": Because("（記録のみで、送信には影響しません）", " (recorded only, without effect)"),
    "notify": Because("（通知のみで、送信には影響しません）", " (told only, without effect)"),
    "enforce": Because("", ""),
}


def explain(policy: Policy, case: Case) -> dict[str, Any]:
    """The object of contract section 5 with `rules`: [{"id", "hit", "mode", "disposition", "why": {"ja",
    "en"}}], in file order.
    """
    explained = verdict_to_json(judge(policy, case))
    try:
        with policy.view(case) as view:
            explained["rules"] = [_rule_to_json(opinion) for opinion in opinions(policy, view)]
    except Exception as error:  # the verdict stands without its reasons; it says so itself
        explained["rules"] = []
        explained["notes"]["explain"] = type(error).__name__
        return explained
    kind = _KINDS.get(explained["exempt"])
    if kind is not None:
        explained["notes"]["exempt_ja"] = f"{kind.ja}なので、保留しません"
        explained["notes"]["exempt_en"] = f"This is {kind.en}, which is never held"
    return explained


def explain_recorded(policy: Policy, mail: Recorded) -> dict[str, Any]:
    """The same for a mail of the ledger, under the policy of now. `judged_by`: the policy of then; `texts`: whether its
    texts were there. Without them, a rule that needs one has `hit` null, unless the same policy judged: then its answer
    of then stands.
    """
    same = mail.verdict.policy == policy.hash
    with policy.view(mail.case) as view:
        said = opinions(policy, view)
        wanting = {one.rule.id for one in said if wants_text(one)}
        decided = [one for one in said if one.rule.id not in wanting]
        verdict = mail.verdict if same else verdict_of(policy, view, decided)
        rules = [_rule_to_json(one) for one in said]
    fired = {hit.rule for hit in mail.verdict.hits}
    for rule in rules:
        if rule["id"] in wanting:
            rule["hit"] = rule["id"] in fired if same else None
            rule["why"] = {"ja": _of_then(rule["hit"]).ja, "en": _of_then(rule["hit"]).en}
    return {
        **verdict_to_json(verdict),
        "rules": rules,
        "id": mail.id,
        "judged_by": mail.verdict.policy,
        "texts": mail.case.texts_kept,
    }


def _of_then(hit: bool | None) -> Because:
    if hit is None:
        return Because(
            "本文が残っていないため、このルールに当てはまるかどうか判定できません。",
            "Cannot be decided: the rule needs the text, which is not kept.",
        )
    ja, en = ("当てはまりました", "It hit") if hit else ("当てはまりませんでした", "It did not hit")
    return Because(
        f"受け付けたときに{ja}。本文が残っていないため、理由は再現できません。",
        f"{en} when the mail came. The rule needs the text, which is not kept, so the reason cannot be shown again.",
    )


def wants_text(opinion: Opinion) -> bool:
    """Whether a rule could not be decided because the record of a mail has no texts, or because nobody asked then what
    it must know (the ledger, DNS).
    """
    result, rule = opinion.result, opinion.rule
    if opinion.truth is not Truth.UNKNOWN or result is None:
        return False
    return NOT_KEPT in result.unread or bool(needs_of((rule.when, *rule.unless)))


def disposition_word(disposition: Disposition) -> Because:
    """A disposition as people call it."""
    return _WORDS[disposition]


def _rule_to_json(opinion: Opinion) -> dict[str, Any]:
    why = reason(opinion)
    return {
        "id": opinion.rule.id,
        "hit": opinion.fires,
        "mode": opinion.mode,
        "disposition": opinion.rule.disposition.word,
        "why": {"ja": why.ja, "en": why.en},
    }


def reason(opinion: Opinion) -> Because:
    """One sentence on why a rule fired or did not."""
    rule, result = opinion.rule, opinion.result
    if result is None:
        return Because(
            f"ルールの判定中に不具合（{opinion.failure}）が起きたため、保留します。",
            f"The rule failed ({opinion.failure}), so the mail is held.",
        )
    said, word = result.say(), _WORDS[rule.disposition]
    if opinion.fires:
        note = _MODES[opinion.mode]
        unsure = opinion.truth is Truth.UNKNOWN
        head_ja = "判断できないため、当てはまるものとして扱います" if unsure else "当てはまります"
        head_en = "Cannot be decided, so it counts as a hit" if unsure else "Hit"
        return Because(
            f"{head_ja}。{said.ja}。扱いは「{word.ja}」です{note.ja}。",
            f"{head_en}: {said.en}. This means {word.en}{note.en}.",
        )
    if opinion.truth is Truth.UNKNOWN:
        return Because(
            f"判断できませんが、このルールでは保留しません。{said.ja}。",
            f"Cannot be decided, and this rule lets that pass: {said.en}.",
        )
    if rule.excepted(opinion.truth, result):
        return Because(f"例外に当たるので、当てはまりません。{said.ja}。", f"No hit, an exception applies: {said.en}.")
    return Because(f"当てはまりません。{said.ja}。", f"No hit: {said.en}.")
