"""`attachments: {seen_elsewhere: true}`: the same file, by its content, went out before, only to other organisations.

What went where is the ledger's to know; without it the answer is open. A file that three organisations or more have had
is for everybody, a price list or a brochure, and says nothing.
"""

from __future__ import annotations

from mailguard.mail.verdict import Because
from mailguard.policy.case import known_keys
from mailguard.policy.conditions.file_picks import Pick
from mailguard.policy.view import File, View

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
        evidence=lambda view, _index, file: [f"→ {key}" for key in sorted(_before(view, file))],
        needs=frozenset({NEED}),
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
