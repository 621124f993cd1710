"""The texts of a mail by place, folded for words and as written for patterns, and what nobody could read."""

from __future__ import annotations

from mailguard.mail.values import worked_out
from mailguard.policy.fold import fold_normal, normal, spaced, unwrapped
from mailguard.policy.result import TextNotKept
from mailguard.policy.shares import ALL_SHARES, Shares
from mailguard.policy.view.files import FilesView

#: Findings after which there may be text that nobody read.
_TEXT_MISSED = frozenset({"unreadable", "too_many_parts", "limit_reached", "partial", "external_body"})


class TextsView(FilesView):
    """The texts."""

    @worked_out
    def _texts(self) -> dict[tuple[str, Shares], tuple[str, tuple[bytes, ...]]]:
        return {}

    @worked_out
    def _present(self) -> dict[str | tuple[str, Shares], frozenset[str]]:
        return {}

    def present(self, where: str, shares: Shares = ALL_SHARES) -> frozenset[str] | None:
        """The words and patterns of the policy that may stand in a place; None: nobody looked. shares: of the body."""
        if self._sieve is None:
            return None
        # The plain name where it will do: this is asked for each rule with words, and a pair takes longer to look up.
        key = where if shares is ALL_SHARES or where != "body" else (where, shares)
        found = self._present.get(key)
        if found is None:
            found = self._present[key] = self._sieve.screen.present(*self.text(where, shares))
        return found

    @worked_out
    def unread_body(self) -> tuple[str, ...]:
        """Why there may be text of the mail itself that nobody read."""
        gaps = [f.where or f.code for f in self.facts.findings if f.code in _TEXT_MISSED]
        if self.facts.encrypted:
            gaps.append("S/MIME · PGP")
        return tuple(sorted(set(gaps)))

    @worked_out
    def unread_anywhere(self) -> tuple[str, ...]:
        """Whatever text nobody could read."""
        return tuple(sorted({*self.unread_body, *self.unread_files, *self.files_incomplete}))

    def text(self, where: str, shares: Shares = ALL_SHARES) -> tuple[str, tuple[bytes, ...]]:
        """The text of a place: folded for words, and as UTF-8 for patterns (as written; and unwrapped where
        that differs). shares: of the body. Raises TextNotKept.
        """
        if not self.keeps(where):
            raise TextNotKept(where)
        if where != "body":
            shares = ALL_SHARES
        found = self._texts.get((where, shares))
        if found is None:
            written = normal(self._raw(where, shares))
            joined = unwrapped(written)
            variants = (written,) if joined == written else (written, joined)
            folded = fold_normal(joined)
            # The names of two files are no lines of one text.
            found = (
                folded if where == "names" else spaced(folded),
                tuple(variant.encode("utf-8", "replace") for variant in variants),
            )
            self._texts[where, shares] = found
        return found

    def keeps(self, where: str) -> bool:
        """Whether the text of a place is here: of a recorded mail, only names and what never was is."""
        if self.case.texts_kept or where in ("subject", "names"):
            return True
        return where == "attachments" and not self.files

    @worked_out
    def read_whole(self) -> bool:
        """Whether all text of the mail and its files is here and was read."""
        return self.case.texts_kept and not self.unread_anywhere

    @property
    def written(self) -> str:
        """The sender's own words. Raises TextNotKept."""
        if not self.keeps("body"):
            raise TextNotKept("body")
        return self.facts.written

    @property
    def fields(self) -> tuple[tuple[str, str], ...] | None:
        """Every field of the header, None if nobody read them. Raises TextNotKept."""
        if not self.case.texts_kept and self.facts.headers.fields is None:
            raise TextNotKept("fields")
        return self.facts.headers.fields

    def _raw(self, where: str, shares: Shares) -> str:
        if where == "subject":
            return self.facts.headers.subject or ""
        if where == "body":
            return self.facts.text if shares == ALL_SHARES else self._body(shares)
        if where == "names":
            return "\n".join(file.attachment.filename for file in self.files)
        return "\n".join(file.attachment.text for file in self.files if file.attachment.text)

    def _body(self, shares: Shares) -> str:
        facts = self.facts
        stretches = ((shares.quoted, facts.quoted), (shares.signature, facts.signature), (shares.hidden, facts.hidden))
        if any(share == "only" for share, _ in stretches):
            return "\n".join(text for share, text in stretches if share == "only" and text)
        if shares.quoted == shares.signature == "include":
            return facts.text[: facts.shown]  # as it stands, since nothing but what is hidden is left out
        return "\n".join([facts.written, *(text for share, text in stretches if share == "include" and text)])
