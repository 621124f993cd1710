"""Facts to JSON and back: the object of contract section 4, and under "judge" what only the judge and the console need.

Going out it decides what may leave: values of personal data only when asked for (`unmasked`), texts only when asked
for (`text`). Coming back it trusts nothing: any object gives Facts, a key of the wrong kind counts as missing. It
never does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from mailguard.mail.facts import (
    CLASSES,
    Addressee,
    Attachment,
    ClassCount,
    Facts,
    Finding,
    HeaderAddress,
    Headers,
    Importance,
    Kind,
    Label,
    Match,
    Scan,
)
from mailguard.mail.untrusted import mapping_of, mappings_of, number_of, rows_of, text_of, texts_of

Json = dict[str, Any]
_KINDS = get_args(Kind)
_SCANS = get_args(Scan)
_IMPORTANCES = get_args(Importance)
#: Attachments deeper than this do not come back: a reader never makes them, a forger might.
_DEEPEST = 40


def facts_to_json(facts: Facts, *, unmasked: bool = False, text: bool = True) -> Json:
    """The object of contract section 4. unmasked: with `values`; text: with the texts of the mail and its files."""
    out: Json = {"headers": _headers_to_json(facts.headers)}
    if text:
        out["text"] = facts.text
    out["attachments"] = [_attachment_to_json(one, text) for one in facts.attachments]
    out["personal_data"] = {"persons": facts.persons} | {
        name: _count_to_json(facts.personal_data[name], unmasked) for name in CLASSES if name in facts.personal_data
    }
    out["secrets"] = dict(facts.secrets)
    out["findings"] = [{"code": f.code, "where": f.where, "detail": f.detail} for f in facts.findings]
    out["judge"] = _judge_to_json(facts, text)
    if text and unmasked:
        out["judge"]["matches"] = [[m.what, m.where, m.before, m.value, m.after, m.masked] for m in facts.matches]
    return out


def facts_to_kept(facts: Facts) -> Json:
    """What the ledger keeps: neither values nor texts, and what says nothing is left out. `facts_from_json` makes the
    same of it as of the whole object. SQL knows the places of headers and attachments, and counts these, be there none.
    """
    headers = facts.headers
    people = (("from", headers.sender), ("to", headers.to), ("cc", headers.cc))
    shown: Json = {key: [one.address for one in some] for key, some in people if some}
    shown |= _said(headers, _SHOWN)
    out: Json = {"headers": shown, "attachments": [_attachment_to_json(one, text=False) for one in facts.attachments]}
    if facts.personal_data or facts.persons:
        counts = facts.personal_data
        out["personal_data"] = {"persons": facts.persons} | {
            name: _count_to_json(counts[name], unmasked=False) for name in CLASSES if name in counts
        }
    if facts.secrets:
        out["secrets"] = dict(facts.secrets)
    if facts.findings:
        out["findings"] = [{"code": f.code, "where": f.where, "detail": f.detail} for f in facts.findings]
    out["judge"] = _judge_to_kept(facts, people)
    return out


_SHOWN = ("subject", "message_id", "date")
_JUDGED = (
    "auto_generated", "calendar", "signed", "encrypted", "is_reply", "is_forward", "importance", "received_count",
    "shown", "own_marks", "scanned", "viruses",
)  # fmt: skip


def _said(value: object, names: Iterable[str]) -> Json:
    """Those of these fields that say something."""
    return {name: said for name in names if (said := getattr(value, name))}


def _judge_to_kept(facts: Facts, people: Iterable[tuple[str, tuple[HeaderAddress, ...]]]) -> Json:
    headers = facts.headers
    out = _said(facts, _JUDGED)
    if facts.kind != "ordinary":
        out["kind"] = facts.kind
    if facts.labels:
        out["labels"] = _labels_to_json(facts.labels)
    if facts.greeting:
        out["greeting"] = [[one.name, one.company, one.title] for one in facts.greeting]
    inner = _said(headers, ("in_reply_to", "references"))
    if headers.subject is None:
        inner["has_subject"] = False
    for key, some in (("bcc", headers.bcc), ("reply_to", headers.reply_to)):
        if some:
            inner[key] = [[one.address, one.name] for one in some]
    names = {key: [one.name for one in some] for key, some in people if any(one.name for one in some)}
    if names:
        inner["names"] = names
    if inner:
        out["headers"] = inner
    return out


def facts_from_json(obj: object) -> Facts:
    """Facts out of what `facts_to_json` made. Never raises: what does not fit is left out."""
    top = mapping_of(obj)
    judge = mapping_of(top.get("judge"))
    personal = mapping_of(top.get("personal_data"))
    kind: Kind = judge["kind"] if judge.get("kind") in _KINDS else "ordinary"
    importance: Importance = judge["importance"] if judge.get("importance") in _IMPORTANCES else ""
    scanned: Scan = judge["scanned"] if judge.get("scanned") in _SCANS else ""
    return Facts(
        headers=_headers_from_json(mapping_of(top.get("headers")), mapping_of(judge.get("headers"))),
        text=text_of(top.get("text")),
        shown=number_of(judge.get("shown")),
        html=text_of(judge.get("html")),
        attachments=_attachments_from_json(top.get("attachments"), 0),
        personal_data={name: _count_from_json(mapping_of(personal[name])) for name in CLASSES if name in personal},
        persons=number_of(personal.get("persons")),
        secrets={str(k): number_of(v) for k, v in mapping_of(top.get("secrets")).items()},
        findings=tuple(
            Finding(text_of(f.get("code")), text_of(f.get("where")), text_of(f.get("detail")))
            for f in mappings_of(top.get("findings"))
        ),
        kind=kind,
        auto_generated=judge.get("auto_generated") is True,
        calendar=text_of(judge.get("calendar")),
        signed=judge.get("signed") is True,
        encrypted=judge.get("encrypted") is True,
        is_reply=judge.get("is_reply") is True,
        received_count=number_of(judge.get("received_count")),
        own_marks=texts_of(judge.get("own_marks")),
        is_forward=judge.get("is_forward") is True,
        importance=importance,
        labels=_labels_from_json(judge.get("labels")),
        quoted=text_of(judge.get("quoted")),
        signature=text_of(judge.get("signature")),
        own=text_of(judge.get("own")),
        greeting=tuple(Addressee(*row) for row in rows_of(judge.get("greeting"), 3)),
        matches=tuple(Match(*row) for row in rows_of(judge.get("matches"), 6)),
        scanned=scanned,
        viruses=texts_of(judge.get("viruses")),
    )


def _headers_to_json(headers: Headers) -> Json:
    return {
        "from": [a.address for a in headers.sender],
        "to": [a.address for a in headers.to],
        "cc": [a.address for a in headers.cc],
        "subject": headers.subject or "",
        "message_id": headers.message_id,
        "date": headers.date,
    }


def _judge_to_json(facts: Facts, text: bool) -> Json:
    headers = facts.headers
    out: Json = {
        "kind": facts.kind,
        "auto_generated": facts.auto_generated,
        "calendar": facts.calendar,
        "signed": facts.signed,
        "encrypted": facts.encrypted,
        "is_reply": facts.is_reply,
        "is_forward": facts.is_forward,
        "importance": facts.importance,
        "labels": _labels_to_json(facts.labels),
        "received_count": facts.received_count,
        "shown": facts.shown,
        "own_marks": list(facts.own_marks),
        "greeting": [[one.name, one.company, one.title] for one in facts.greeting],
        "scanned": facts.scanned,
        "viruses": list(facts.viruses),
        "headers": {
            "names": {
                key: [a.name for a in some]
                for key, some in (("from", headers.sender), ("to", headers.to), ("cc", headers.cc))
                if any(a.name for a in some)
            },
            "bcc": [[a.address, a.name] for a in headers.bcc],
            "reply_to": [[a.address, a.name] for a in headers.reply_to],
            "has_subject": headers.subject is not None,
            "in_reply_to": headers.in_reply_to,
            "references": list(headers.references),
        },
    }
    if text:
        out |= {"html": facts.html, "quoted": facts.quoted, "signature": facts.signature, "own": facts.own}
        if headers.fields is not None:
            out["headers"] |= {"fields": [list(one) for one in headers.fields], "fields_cut": headers.fields_cut}
    return out


def _attachment_to_json(one: Attachment, text: bool) -> Json:
    out: Json = {
        "filename": one.filename,
        "declared_type": one.declared_type,
        "detected_type": one.detected_type,
        "short_type": one.short_type,
        "size": one.size,
        "sha256": one.sha256,
        "encrypted": one.encrypted,
        "inspected": one.inspected,
        "inline": one.inline,
    }
    if one.labels:
        out["labels"] = _labels_to_json(one.labels)
    if text:
        out["text"] = one.text
    out["members"] = [_attachment_to_json(member, text) for member in one.members]
    return out


def _count_to_json(count: ClassCount, unmasked: bool) -> Json:
    out: Json = {"distinct": count.distinct, "examples_masked": list(count.masked)}
    if unmasked:
        out["values"] = list(count.values)
    return out


def _headers_from_json(shown: Mapping[str, Any], judge: Mapping[str, Any]) -> Headers:
    names = mapping_of(judge.get("names"))

    def people(key: str) -> tuple[HeaderAddress, ...]:
        addresses, titles = texts_of(shown.get(key)), texts_of(names.get(key))
        padded = titles if len(titles) == len(addresses) else ("",) * len(addresses)
        return tuple(HeaderAddress(address, name) for address, name in zip(addresses, padded, strict=True))

    return Headers(
        sender=people("from"),
        to=people("to"),
        cc=people("cc"),
        bcc=_pairs(judge.get("bcc")),
        reply_to=_pairs(judge.get("reply_to")),
        subject=None if judge.get("has_subject") is False else text_of(shown.get("subject")),
        message_id=text_of(shown.get("message_id")),
        date=text_of(shown.get("date")),
        in_reply_to=text_of(judge.get("in_reply_to")),
        references=texts_of(judge.get("references")),
        fields=_fields_from_json(judge.get("fields")),
        fields_cut=judge.get("fields_cut") is True,
    )


def _attachments_from_json(obj: object, depth: int) -> tuple[Attachment, ...]:
    if depth > _DEEPEST:
        return ()
    return tuple(
        Attachment(
            filename=text_of(one.get("filename")),
            declared_type=text_of(one.get("declared_type")),
            detected_type=text_of(one.get("detected_type")),
            short_type=text_of(one.get("short_type")),
            size=number_of(one.get("size")),
            sha256=text_of(one.get("sha256")),
            encrypted=one.get("encrypted") is True,
            inspected=one.get("inspected") is True,
            text=text_of(one.get("text")),
            members=_attachments_from_json(one.get("members"), depth + 1),
            inline=one.get("inline") is True,
            labels=_labels_from_json(one.get("labels")),
        )
        for one in mappings_of(obj)
    )


def _count_from_json(obj: Mapping[str, Any]) -> ClassCount:
    values = texts_of(obj.get("values"))
    counted = number_of(obj.get("distinct"))
    return ClassCount(values, texts_of(obj.get("examples_masked")), counted if counted > len(values) else 0)


def _labels_to_json(labels: Iterable[Label]) -> list[list[str]]:
    return [[one.name, one.identity] for one in labels]


def _labels_from_json(obj: object) -> tuple[Label, ...]:
    return tuple(Label(name, identity) for name, identity in rows_of(obj, 2))


def _fields_from_json(obj: object) -> tuple[tuple[str, str], ...] | None:
    """Header fields; None where none were kept."""
    return tuple((name, value) for name, value in rows_of(obj, 2)) if isinstance(obj, list) else None


def _pairs(obj: object) -> tuple[HeaderAddress, ...]:
    some = obj if isinstance(obj, list) else []
    pairs = [one for one in some if isinstance(one, (list, tuple)) and len(one) == 2]
    return tuple(HeaderAddress(text_of(address), text_of(name)) for address, name in pairs)
