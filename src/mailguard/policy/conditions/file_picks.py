"""What a rule may ask of one file: each a Pick that says yes or no, and where nobody can know.

Kind, macros, programs and the like are as the readers found them, by content. A file that nobody could open is no file
without macros: the Pick says that it is in doubt, and the condition leaves the answer open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mailguard.mail.facts import EXECUTABLE, Label
from mailguard.mail.verdict import Because
from mailguard.policy.fold import fold
from mailguard.policy.values import Comparison
from mailguard.policy.view import File, View

_MACRO_TYPES = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm"})
#: Kinds on which the readers try the passwords that the mail gives (docs/reading.md): of others nobody knows.
_TRIED = frozenset(
    "zip 7z pdf docx xlsx pptx doc xls ppt odt ods odp cfb".split()  # noqa: SIM905
)

Test = Callable[[View, int, File], bool]


def no_gaps(_view: View) -> tuple[str, ...]:
    """Of what a pick asks, all is known."""
    return ()


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing asked of a file, by its index in View.files.

    phrase: the noun phrase it makes ("that is encrypted"); doubtful: whether a file that fails the test might pass if
    it could be read; inside: whether a closed container may hold one that passes; gaps: what else nobody knows, for all
    files; recipients: the envelope's recipients that a picked file is about, None where it is about the file alone;
    evidence: what it adds to the file's name; needs: what must be asked of the ledger (Policy.needs);
    name_globs: one of them covers the name of whatever passes.
    """

    test: Test
    phrase: Because
    doubtful: Test = lambda _view, _index, _file: False
    inside: bool = True
    gaps: Callable[[View], tuple[str, ...]] = no_gaps
    recipients: Callable[[View, int, File], frozenset[int]] | None = None
    evidence: Callable[[View, int, File], list[str]] = lambda _view, _index, _file: []
    needs: frozenset[str] = frozenset()
    name_globs: tuple[str, ...] = ()


def of_type(types: frozenset[str]) -> Pick:
    """By content."""
    named = ", ".join(sorted(types))
    return Pick(
        lambda _view, _index, file: file.attachment.short_type in types, Because(f"種類が{named}の", f"of type {named}")
    )


def named(globs: Any, written: tuple[str, ...]) -> Pick:
    """By name; globs compiled over folded names."""
    listed = ", ".join(written)
    return Pick(
        lambda _view, _index, file: (
            globs.fullmatch(fold(file.attachment.filename).encode("utf-8", "replace")) is not None
        ),
        Because(f"名前が「{listed}」の", f"named {listed}"),
        name_globs=written,
    )


def encrypted(wanted: bool) -> Pick:
    """Needs a password. A locked container is what was asked for, so it leaves no doubt."""
    phrase = (
        Because("暗号化された", "that is encrypted")
        if wanted
        else Because("暗号化されていない", "that is not encrypted")
    )
    return Pick(lambda _view, _index, file: file.attachment.encrypted is wanted, phrase, inside=not wanted)


def inspected(wanted: bool) -> Pick:
    """Whether its content could be read."""
    phrase = (
        Because("中身を確認できた", "whose content was examined")
        if wanted
        else Because("中身を確認できない", "whose content could not be examined")
    )
    return Pick(lambda _view, _index, file: (not file.unread) is wanted, phrase)


def sized(size: Comparison) -> Pick:
    """By its size."""
    return Pick(
        lambda _view, _index, file: size.holds(file.attachment.size),
        Because(f"大きさが {size.written} の", f"of the size asked ({size.written})"),
    )


def nested(depth: Comparison) -> Pick:
    """By how many containers are around it: 0 hangs on the mail itself."""
    return Pick(
        lambda _view, _index, file: depth.holds(file.depth),
        Because(f"入れ子の深さが{depth.ja()}の", f"nested {depth.en()} deep"),
    )


def inline(wanted: bool) -> Pick:
    """Part of the letter (a picture that its text shows, a signature) rather than a file."""
    phrase = (
        Because("本文中に表示される", "shown in the text") if wanted else Because("本文とは別の", "apart from the text")
    )
    return Pick(lambda _view, _index, file: file.attachment.inline is wanted, phrase, inside=not wanted)


def hashed(digests: frozenset[str]) -> Pick:
    """One of known content."""
    return Pick(
        lambda _view, _index, file: file.attachment.sha256 in digests,
        Because("内容が登録済みの", "whose content is a listed one"),
        doubtful=lambda _view, _index, file: not file.attachment.sha256,
    )


def labelled(globs: Any, written: tuple[str, ...]) -> Pick:
    """By its sensitivity label."""
    listed = ", ".join(written)
    return Pick(
        lambda _view, _index, file: bool(labels_like(globs, file.attachment.labels)),
        Because(f"秘密度ラベルが「{listed}」の", f"labelled {listed}"),
        doubtful=lambda _view, _index, file: file.unread,
        evidence=lambda _view, _index, file: labels_like(globs, file.attachment.labels),
    )


def labels_like(globs: Any, labels: tuple[Label, ...]) -> list[str]:
    """The labels whose name or id is meant, as people read them."""
    return [
        one.name or one.identity
        for one in labels
        if any(globs.fullmatch(fold(text).encode("utf-8", "replace")) for text in (one.name, one.identity) if text)
    ]


def with_macros(wanted: bool) -> Pick:
    """VBA and the like."""
    phrase = Because("マクロを含む", "with macros") if wanted else Because("マクロを含まない", "without macros")
    return Pick(
        lambda view, index, file: (
            (file.attachment.short_type in _MACRO_TYPES or index in view.flagged("macro")) is wanted
        ),
        phrase,
        doubtful=_unread,
    )


def mismatched(wanted: bool) -> Pick:
    """The content is of another kind than the name says."""
    phrase = (
        Because("名前と中身の種類が違う", "whose content is not what its name says")
        if wanted
        else Because("名前と中身の種類が合う", "whose content is what its name says")
    )
    return Pick(lambda view, index, _file: (index in view.flagged("type_mismatch")) is wanted, phrase, doubtful=_unread)


def executable(wanted: bool) -> Pick:
    """A program, script or shortcut, by content or by name."""
    phrase = Because("実行できる", "that can be run") if wanted else Because("実行できない", "that cannot be run")
    return Pick(
        lambda view, index, file: (
            (file.attachment.short_type in EXECUTABLE or index in view.flagged("executable")) is wanted
        ),
        phrase,
        doubtful=_many_findings,
    )


def disguised(wanted: bool) -> Pick:
    """A name that hides what the file is: a second ending, or letters turned round."""
    phrase = (
        Because("名前で種類を隠した", "whose name hides its kind")
        if wanted
        else Because("名前で種類を隠していない", "whose name does not hide its kind")
    )

    def test(view: View, index: int, _file: File) -> bool:
        return (index in view.flagged("double_extension") or index in view.flagged("bidi_filename")) is wanted

    return Pick(test, phrase, doubtful=_many_findings)


def given_password(wanted: bool) -> Pick:
    """Encrypted, with its password in the same mail (PPAP)."""
    phrase = (
        Because("パスワードが同じメールにある", "whose password stands in the same mail")
        if wanted
        else Because("パスワードが同じメールにない", "whose password does not stand in the same mail")
    )

    def untried(view: View, index: int, file: File) -> bool:
        item = file.attachment
        locked = item.encrypted and not item.inspected and item.short_type not in _TRIED
        return locked or _many_findings(view, index, file)

    return Pick(
        lambda view, index, _file: (index in view.flagged("password_in_mail")) is wanted, phrase, untried, inside=False
    )


def _unread(view: View, index: int, file: File) -> bool:
    return file.unread or _many_findings(view, index, file)


def _many_findings(view: View, _index: int, _file: File) -> bool:
    """There may have been more to say than was kept."""
    return view.findings_cut
