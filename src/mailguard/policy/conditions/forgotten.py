"""`attachments: {forgotten: true}`: the text speaks of an attachment, and there is none.

Only the sender's own words count, and the subject of a mail that answers none: quoted history and signature speak of
other mails. A sentence about something that is not there on purpose ("no attachment", 添付は不要), that the other side
sent or shall send, or that lies behind a link, does not count, and none does where a link leads to shared files. In an
answer to a mail that speaks of an attachment, 添付の図面ですが is about that one. Pictures that the text shows and
signatures are no attachments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.mail.verdict import Because
from mailguard.policy.attachment_words import links_to_files, names_attachments, offers, spoken_of
from mailguard.policy.fold import fold, unwrapped
from mailguard.policy.patterns import Words
from mailguard.policy.result import Result, Told, Truth, bounded, quoted, some
from mailguard.policy.view import View


@dataclass(frozen=True, slots=True)
class Forgotten:
    """more: further words for an attachment; never: words that make a sentence harmless."""

    more: Words
    never: Words

    def look(self, view: View) -> Result:
        there = any(file.depth == 0 and not file.attachment.inline for file in view.files)
        said = [] if there and not view.case.texts_kept else sorted(set(self._said(view)))
        if said and (links_to_files(view.written) or links_to_files(view.facts.hidden)):
            said = []
        unread: tuple[str, ...] = ()
        if there or (not said and not view.unread_body):
            truth = Truth.NO
        elif said and not view.files_incomplete:
            truth = Truth.YES
        else:
            truth, unread = Truth.UNKNOWN, tuple(sorted({*view.unread_body, *view.files_incomplete}))
        words = quoted(said)

        def tell() -> Told:
            return Told(bounded(said), {"words": words})

        return Result(truth, lambda: _say(said, words, there, unread), tell, None, unread)

    def _said(self, view: View) -> Iterator[str]:
        facts = view.facts
        going_on = facts.is_reply or facts.is_forward
        answers = facts.is_reply and names_attachments(fold(facts.quoted))
        for text in (view.written, "" if going_on else facts.headers.subject or ""):
            folded = fold(unwrapped(text))
            for word, sentence in spoken_of(folded):
                if answers and not offers(sentence):
                    continue
                if next(self.never.found(sentence), None) is None:
                    yield word
            yield from (word for word, _ in self.more.found(folded))


def _say(said: list[str], words: Because, there: bool, unread: tuple[str, ...]) -> Because:
    hidden = some(unread)
    doubt = Because("", "")
    if unread:
        doubt = Because(f"。ただし「{hidden.ja}」は確認できません", f"; but {hidden.en} could not be examined")
    if not said:
        return Because(f"本文は添付ファイルに触れていません{doubt.ja}", f"the text speaks of no attachment{doubt.en}")
    if there:
        return Because(
            f"本文に{words.ja}とあり、添付ファイルもあります", f"the text says {words.en}, and there is an attachment"
        )
    return Because(
        f"本文に{words.ja}とありますが、添付ファイルがありません{doubt.ja}",
        f"the text says {words.en}, but there is no attachment{doubt.en}",
    )
