"""`attachments: {seen_elsewhere}` and `recipients: {attachment_seen_elsewhere}`: the same file, by its content, went
out before, only to other organisations.

What went where is the ledger's to know; without it the answer is open. A file that three organisations or more have had
is for everybody, a price list or a brochure, and says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.verdict import Because
from mailguard.policy.case import known_keys
from mailguard.policy.conditions.file_picks import Pick
from mailguard.policy.conditions.picks import Pick as RecipientPick
from mailguard.policy.meant import may_name
from mailguard.policy.result import Truth, some
from mailguard.policy.view import File, Seen, View

#: What a condition must ask of the ledger (Policy.needs).
NEED = "files"
#: So many organisations have a file that is for everybody.
FOR_EVERYBODY = 3
_HISTORY = "送信履歴 · history of files"


def seen_elsewhere(wanted: bool) -> Pick:
    """The pick; about the recipients whose organisation never got the file."""
    phrase = (
        Because("ほかの組織だけに送ったことのある", "that went to other organisations only")
        if wanted
        else Because("ほかの組織だけに送ったことのない", "that did not go to other organisations only")
    )
    return Pick(
        lambda view, _index, file: bool(_strangers(view, file)) is wanted,
        phrase,
        inside=False,
        gaps=lambda view: (_HISTORY,) if view.case.known.files is None and _outside(view) else (),
        recipients=lambda view, _index, file: _strangers(view, file),
        evidence=lambda view, _index, file: [f"→ {key}" for key in _named(view, file)] if _outside(view) else [],
        needs=frozenset({NEED}),
    )


def _named(view: View, file: File) -> list[str]:
    """The same for people: at a house of free mail the key is somebody's address, which others' mail may have taught
    and this sender is not told.
    """
    return sorted(
        {key if "@" not in key or may_name(view, key) else key.rpartition("@")[2] for key in _before(view, file)}
    )


def _before(view: View, file: File) -> frozenset[str]:
    """The organisations that got the file before."""
    return (view.case.known.files or {}).get(file.attachment.sha256, frozenset())


def _outside(view: View) -> list[tuple[int, str]]:
    """Outside recipients, each with the key of his organisation."""
    return [(index, known_keys(seen.address)) for index, seen in enumerate(view.recipients) if seen.external]


def _strangers(view: View, file: File) -> frozenset[int]:
    before = _before(view, file)
    if not before or len(before) >= FOR_EVERYBODY:
        return frozenset()
    return frozenset(index for index, key in _outside(view) if key not in before)


def attachment_seen_elsewhere() -> RecipientPick:
    """The same, asked of the recipients: whose organisation never got a file of this mail that others got."""

    def telling(view: View, seen: Seen) -> list[File]:
        return [file for file in view.files if seen.index in _strangers(view, file)]

    def test(view: View, seen: Seen) -> Truth:
        if not seen.external or seen.index is None:
            return Truth.NO
        if view.case.known.files is None and view.files:
            return Truth.UNKNOWN
        return Truth.YES if telling(view, seen) else Truth.UNKNOWN if view.files_incomplete else Truth.NO

    def evidence(view: View, seen: Seen) -> str:
        file = telling(view, seen)[0]
        return f"{file.path} → {', '.join(_named(view, file))} ≠ {seen.address}"

    def reason(view: View, seen: Seen) -> Because:
        file = telling(view, seen)[0]
        before = some(_named(view, file))
        return Because(
            f"{seen.address}（「{file.path}」はこれまで {before.ja} だけに送信）",
            f"{seen.address}, while {file.path} went to {before.en} only",
        )

    def values(view: View, picked: Sequence[Seen]) -> dict[str, Because]:
        files = {file.path: _named(view, file) for seen in picked for file in telling(view, seen)}
        return {"files": some(sorted(files)), "known": some(sorted({key for keys in files.values() for key in keys}))}

    return RecipientPick(
        test,
        Because("ほかの組織だけに送ったファイルを初めて受け取る", "who never got a file that others got"),
        gap=lambda _view, _seen: _HISTORY,
        evidence=evidence,
        reason=reason,
        values=values,
        needs=frozenset({NEED}),
    )
