"""A verdict as JSON and back: contract section 5, with the keys beside it that the ledger needs to make the
same Verdict again.

What is read back was written by us; still every value is checked, since a ledger can be damaged.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from mailguard.mail.address import Address, parse_address
from mailguard.mail.alteration import Recipe
from mailguard.mail.alteration_json import kind_of, recipe_from_json, recipe_to_json
from mailguard.mail.verdict import (
    NOTHING_ODD,
    Ask,
    Because,
    Disposition,
    HoldTerms,
    RecipientVerdict,
    RuleHit,
    Verdict,
)


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """The object of contract section 5, plus `exempt`, `notes`, `confirmed`, `own`, `recipes`; each recipient's
    `terms`, `alter`, `added`, `route`, `recipe` (its place in `recipes`), and why there is a risk, where there is one:
    `risk_because`, `risk_kind`, `alternative`; each finding's `recipients`, `notes`, `notify`, `alter`.
    """
    recipes = list(dict.fromkeys(one.alter for one in verdict.recipients if one.alter))
    places = {recipe: number for number, recipe in enumerate(recipes)}
    return {
        "disposition": verdict.disposition.word,
        "recipients": [_recipient_to_json(recipient, places) for recipient in verdict.recipients],
        "findings": [_hit_to_json(hit) for hit in verdict.hits],
        "policy": verdict.policy,
        "exempt": verdict.exempt,
        "notes": dict(verdict.notes),
        "confirmed": list(verdict.confirmed),
        "own": list(verdict.own),
        **({"members": list(verdict.members)} if verdict.members else {}),
        **({"alarm": verdict.alarm} if verdict.alarm else {}),
        "recipes": [recipe_to_json(recipe) for recipe in recipes],
    }


def verdict_to_kept(verdict: Verdict) -> dict[str, Any]:
    """What the ledger keeps: `verdict_from_json` makes the same of it, and what it can do without is left out."""
    out: dict[str, Any] = {
        "recipients": [_recipient_to_kept(one) for one in verdict.recipients],
        "findings": [_hit_to_json(hit) for hit in verdict.hits],
        "policy": verdict.policy,
    }
    if any(one.alter for one in verdict.recipients):
        recipes = list(dict.fromkeys(one.alter for one in verdict.recipients if one.alter))
        for item, one in zip(out["recipients"], verdict.recipients, strict=True):
            if one.alter:
                item["recipe"] = recipes.index(one.alter)
        out["recipes"] = [recipe_to_json(recipe) for recipe in recipes]
    if verdict.exempt:
        out["exempt"] = verdict.exempt
    if verdict.notes:
        out["notes"] = dict(verdict.notes)
    if verdict.alarm:
        out["alarm"] = verdict.alarm
    for name in ("confirmed", "own", "members"):
        if said := getattr(verdict, name):
            out[name] = list(said)
    return out


def _recipient_to_kept(one: RecipientVerdict) -> dict[str, Any]:
    out: dict[str, Any] = {
        "address": str(one.address),
        "external": one.external,
        "disposition": one.disposition.word,
        "rules": list(one.rules),
    }
    if one.risk:
        out["risk"] = one.risk
    out |= _odd(one)
    if one.added:
        out["added"] = True
    if one.route:
        out["route"] = one.route
    if one.terms is not None:
        out["terms"] = _terms_to_json(one.terms)
    return out


def _odd(one: RecipientVerdict) -> dict[str, Any]:
    """Why there is a risk, without what is empty."""
    out: dict[str, Any] = {}
    if one.risk_because != NOTHING_ODD:
        out["risk_because"] = {"ja": one.risk_because.ja, "en": one.risk_because.en}
    if one.risk_kind:
        out["risk_kind"] = one.risk_kind
    if one.alternative:
        out["alternative"] = one.alternative
    return out


def _terms_to_json(terms: HoldTerms) -> dict[str, Any]:
    return {
        "expire_after": terms.expire_after.total_seconds(),
        "expire_action": terms.expire_action,
        "asks": [_ask_to_json(ask) for ask in terms.asks],
        "urgent": terms.urgent,
    }


def verdict_from_json(value: dict[str, Any]) -> Verdict:
    """The Verdict that `verdict_to_json` was given. Raises ValueError, KeyError or TypeError on anything else."""
    recipes = tuple(map(recipe_from_json, value.get("recipes", ())))
    return Verdict(
        recipients=tuple(_recipient_from_json(item, recipes) for item in value["recipients"]),
        hits=tuple(_hit_from_json(item) for item in value["findings"]),
        policy=str(value["policy"]),
        exempt=str(value.get("exempt", "")),
        notes={str(key): str(note) for key, note in value.get("notes", {}).items()},
        confirmed=tuple(map(str, value.get("confirmed", ()))),
        own=tuple(map(str, value.get("own", ()))),
        members=tuple(map(str, value.get("members", ()))),
        alarm=str(value.get("alarm", "")),
    )


def _recipient_to_json(recipient: RecipientVerdict, places: dict[Recipe, int]) -> dict[str, Any]:
    terms = recipient.terms
    return {
        "address": str(recipient.address),
        "external": recipient.external,
        "disposition": recipient.disposition.word,
        "rules": list(recipient.rules),
        "risk": recipient.risk,
        **_odd(recipient),
        "alter": list(dict.fromkeys(map(kind_of, recipient.alter))),
        "recipe": places.get(recipient.alter),
        "added": recipient.added,
        **({"route": recipient.route} if recipient.route else {}),
        "terms": None if terms is None else _terms_to_json(terms),
    }


def _ask_to_json(ask: Ask) -> dict[str, Any]:
    return {
        "approvers": list(ask.approvers),
        "quorum": ask.quorum,
        "delegates": {approver: list(people) for approver, people in ask.delegates},
        "absent": list(ask.absent),
        "remind_after": _seconds(ask.remind_after),
        "escalate_after": _seconds(ask.escalate_after),
        "escalate_to": list(ask.escalate_to),
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _recipient_from_json(item: dict[str, Any], recipes: tuple[Recipe, ...]) -> RecipientVerdict:
    terms, recipe = item.get("terms"), item.get("recipe")
    return RecipientVerdict(
        address=_address(item["address"]),
        external=bool(item["external"]),
        disposition=_disposition(item["disposition"]),
        rules=tuple(map(str, item["rules"])),
        terms=None if terms is None else _terms(terms),
        risk=float(item.get("risk", 0.0)),
        alter=() if recipe is None else _at(recipes, recipe),
        added=bool(item.get("added", False)),
        route=str(item.get("route", "")),
        risk_because=_because(item["risk_because"]) if "risk_because" in item else NOTHING_ODD,
        risk_kind=str(item.get("risk_kind", "")),
        alternative=str(item.get("alternative", "")),
    )


def _at(recipes: tuple[Recipe, ...], place: object) -> Recipe:
    if not isinstance(place, int) or not 0 <= place < len(recipes):
        raise ValueError("no such recipe")
    return recipes[place]


def _terms(value: dict[str, Any]) -> HoldTerms:
    action = value["expire_action"]
    if action not in ("return", "release", "discard"):
        raise ValueError("unknown expire_action")
    asks = value.get("asks")
    if asks is None:  # as ledgers before had it: one question
        asks = [{"approvers": value["approvers"], "quorum": value["quorum"]}] if value["approvers"] else []
    return HoldTerms(
        timedelta(seconds=float(value["expire_after"])),
        action,
        tuple(map(_ask, asks)),
        bool(value.get("urgent", False)),
    )


def _ask(value: dict[str, Any]) -> Ask:
    return Ask(
        approvers=tuple(map(str, value["approvers"])),
        quorum=int(value["quorum"]),
        delegates=tuple((str(one), tuple(map(str, people))) for one, people in value.get("delegates", {}).items()),
        absent=tuple(map(str, value.get("absent", ()))),
        remind_after=_span(value.get("remind_after")),
        escalate_after=_span(value.get("escalate_after")),
        escalate_to=tuple(map(str, value.get("escalate_to", ()))),
    )


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=float(seconds))


def _hit_to_json(hit: RuleHit) -> dict[str, Any]:
    marks = {word: True for word in ("unsure", "trust") if getattr(hit, word)}
    return {
        "rule": hit.rule,
        "mode": hit.mode,
        "disposition": hit.disposition.word,
        "because": {"ja": hit.because.ja, "en": hit.because.en},
        "evidence": list(hit.evidence),
        "recipients": [str(address) for address in hit.recipients],
        "notes": [{"ja": note.ja, "en": note.en} for note in hit.notes],
        "notify": list(hit.notify),
        **marks,
        "alter": list(hit.alter),
    }


def _hit_from_json(item: dict[str, Any]) -> RuleHit:
    mode = item["mode"]
    if mode not in ("monitor", "notify", "enforce"):
        raise ValueError("unknown mode")
    return RuleHit(
        rule=str(item["rule"]),
        mode=mode,
        disposition=_disposition(item["disposition"]),
        because=_because(item["because"]),
        evidence=tuple(map(str, item["evidence"])),
        recipients=tuple(_address(address) for address in item.get("recipients", ())),
        notes=tuple(map(_because, item.get("notes", ()))),
        notify=tuple(map(str, item.get("notify", ()))),
        unsure=item.get("unsure") is True,
        alter=tuple(map(str, item.get("alter", ()))),
        trust=item.get("trust") is True,
    )


def _because(item: dict[str, Any]) -> Because:
    return Because(str(item["ja"]), str(item["en"]))


def _disposition(word: str) -> Disposition:
    return Disposition[word.upper()]


@lru_cache(maxsize=4096)
def _address(text: str) -> Address:
    return parse_address(text)
