"""The files of a mail laid flat, those inside archives too, with what was found of each and what nobody could see."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.mail.facts import Attachment, Finding
from mailguard.mail.values import worked_out
from mailguard.policy.fold import fold, normal
from mailguard.policy.view.base import CaseView

#: Findings after which there may be files that nobody saw.
_FILES_MISSED = frozenset(
    {"unreadable", "bomb", "nested_too_deep", "too_many_parts", "limit_reached", "partial", "external_body"}
    | {"ambiguous_archive"}
)
#: Kinds that hold other files.
_CONTAINERS = frozenset(
    "zip 7z rar lzh cab iso tar gz bz2 xz zst tnef msg cfb eml p7m pgp".split()  # noqa: SIM905
)
#: What is looked at, not read: its being uninspected leaves no text unread.
_PICTURES = ("image/", "audio/", "video/", "font/")
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_SIGNATURE_MAX = 64 * 2**10
#: A reading that noted so many findings may have left out others.
_MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True)
class File:
    """An attachment or a member of one. path: its name with those of the archives around it; parent: index of
    the one around it.
    """

    attachment: Attachment
    path: str
    depth: int
    parent: int | None

    @property
    def unread(self) -> bool:
        """Whether it may hold text that nobody has read."""
        item = self.attachment
        if item.members and not item.encrypted:
            return False  # an archive: its members speak for themselves
        if item.encrypted:
            return not item.inspected  # the mail itself may give the password
        return not item.inspected and not item.detected_type.startswith(_PICTURES)

    @property
    def closed(self) -> bool:
        """Whether it may hold other files that nobody has seen."""
        item = self.attachment
        if item.members or item.inspected:  # one that is encrypted and was opened: the mail itself gave the password
            return False
        return item.encrypted or item.short_type in _CONTAINERS


class FilesView(CaseView):
    """The files."""

    @worked_out
    def _flagged(self) -> dict[str, frozenset[int]]:
        return {}

    @worked_out
    def file_globs(self) -> frozenset[str] | None:
        """The globs over file names, folded, that may match the name of a file; None: nobody looked."""
        if self._sieve is None:
            return None
        return self._sieve.files.matched(fold(file.attachment.filename) for file in self.files)

    @worked_out
    def files(self) -> tuple[File, ...]:
        """All attachments with their members, outer ones before inner ones; detached signatures are not attachments."""
        found: list[File] = []
        waiting: list[tuple[Attachment, str, int, int | None]] = [
            (item, item.filename, 0, None) for item in reversed(self.facts.attachments) if not _is_signature(item)
        ]
        while waiting:
            item, path, depth, parent = waiting.pop()
            found.append(File(item, path, depth, parent))
            index = len(found) - 1
            waiting.extend((m, f"{path} › {m.filename}", depth + 1, index) for m in reversed(item.members))
        return tuple(found)

    @worked_out
    def files_incomplete(self) -> tuple[str, ...]:
        """Why there may be files that nobody saw; empty if all are known."""
        gaps = [f.where or f.code for f in self.facts.findings if f.code in _FILES_MISSED and not self._cut_text(f)]
        if self.facts.encrypted:
            gaps.append("S/MIME · PGP")
        return tuple(sorted(set(gaps)))

    def _cut_text(self, finding: Finding) -> bool:
        """Whether a limit cut the text of the mail or of one plain file: no other file can be hidden behind that."""
        if finding.code != "limit_reached":
            return False
        plain = (file.attachment.filename for file in self.files if file.attachment.short_type not in _CONTAINERS)
        return finding.where == "text" or any(name and finding.where.endswith(name) for name in plain)

    @worked_out
    def unread_files(self) -> tuple[str, ...]:
        """The files whose content nobody could read."""
        return tuple(sorted({file.path or "?" for file in self.files if file.unread}))

    @worked_out
    def has_closed_files(self) -> bool:
        """Whether a file may hold other files that nobody has seen."""
        return any(file.closed for file in self.files)

    @property
    def findings_cut(self) -> bool:
        """Whether there may have been more findings than were kept."""
        return len(self.facts.findings) >= _MOST_FINDINGS

    def flagged(self, code: str) -> frozenset[int]:
        """The files that findings with this code are about, each the innermost that the finding names. One that names
        no file is held against all of them.
        """
        found = self._flagged.get(code)
        if found is None:
            places = [normal(finding.where) for finding in self.facts.findings if finding.code == code]
            found = frozenset().union(*(self._named_in(place) for place in places))
            self._flagged[code] = found
        return found

    def _named_in(self, place: str) -> list[int]:
        chains = self._chains
        longest = max((len(chain) for chain in chains if chain and chain in place), default=0)
        return [
            index for index, chain in enumerate(chains) if not longest or (len(chain) == longest and chain in place)
        ]

    @worked_out
    def _chains(self) -> tuple[str, ...]:
        """For each file its name behind those of the archives around it, as findings write it."""
        chains: list[str] = []
        for file in self.files:
            name = normal(file.attachment.filename)
            chains.append(name if file.parent is None else f"{chains[file.parent]}/{name}")
        return tuple(chains)


def _is_signature(item: Attachment) -> bool:
    return item.declared_type in _SIGNATURES and item.size <= _SIGNATURE_MAX and item.short_type in ("", "p7s", "asc")
