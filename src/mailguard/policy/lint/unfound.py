"""What is asked for in a way in which it is hardly ever found: a file's name without its stars, a domain without its
ending, a pattern among words. Such a rule loads, and holds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.mail.kinds import EXTENSIONS, MEDIA
from mailguard.mail.saying import Sentence
from mailguard.policy.lists import is_glob
from mailguard.policy.lookalike import is_public
from mailguard.policy.schema import ConditionModel

#: RFC 2606, RFC 6761, RFC 6762 and what companies use inside: endings that no registry knows.
PRIVATE = frozenset("example test invalid localhost local internal lan home corp intranet".split())  # noqa: SIM905
#: Signs of a pattern that no word has.
_PATTERN = re.compile(r"\.[*+]|\\[dswbDSWB](?![A-Za-z])|^\^|\[[^\]]*-[^\]]*\]|^/.+/$")
_SHOWN = 60
#: What is said of a domain that is nowhere.
NO_DOT = Sentence(
    "ドメインに点がありません。末尾が抜けていませんか。", "a domain without a dot: is its ending missing?"
)


def no_ending(last: str) -> str:
    """What is said of a domain whose ending no registry has."""
    return Sentence(
        ".{last} というトップレベルドメインはありません。", "no top-level domain .{last} is known", last=last
    )


def unfound(model: ConditionModel) -> Iterator[str]:
    """Warnings about one condition, in words."""
    if model.attachments is not None:
        for name in model.attachments.name or ():
            yield from _name(name)
    if model.recipients is not None:
        for name in (*(model.recipients.domain or ()), *(model.recipients.address or ())):
            yield from _domain(name)
    if model.sender is not None:
        for name in (*(model.sender.domain or ()), *(model.sender.address or ())):
            yield from _domain(name)
    if model.text is not None:
        for word, _ in model.text.words or ():
            if _PATTERN.search(word):
                yield Sentence(
                    "語{word!r}は書かれたとおりにしか見つかりません。パターンは patterns: の下に書きます。",
                    "the word {word!r} is found only as it stands there: patterns stand under patterns:",
                    word=word[:_SHOWN],
                )


def _name(name: str) -> Iterator[str]:
    """A file's name is compared whole."""
    if is_glob(name) or "[" in name:
        return
    ending = name.lower().lstrip(".")
    if ending in MEDIA or ending in EXTENSIONS:
        yield Sentence(
            "name: {name!r}はファイル名全体と比べられ、一致するファイルはありません。"
            "その拡張子すべては '*.{ending}' と書きます。",
            "name: {name!r} is a whole name, of which no file is: all of that ending are '*.{ending}'",
            name=name,
            ending=ending,
        )
    elif "." not in name and not name.isascii():
        yield Sentence(
            "name: {name!r}はファイル名全体と比べられます。名前に含むものは '*{name}*' と書きます。",
            "name: {name!r} is a whole name: what has it in its name is '*{name}*'",
            name=name[:_SHOWN],
        )


def _domain(name: str) -> Iterator[str]:
    domain = name.rpartition("@")[2].rstrip(".").lower()
    last = domain.rpartition(".")[2]
    if is_glob(domain) or domain.startswith("[") or last in PRIVATE:
        return
    if last == domain:
        yield Sentence("{name!r}: {said}", "{name!r}: {said}", name=name[:_SHOWN], said=NO_DOT)
    elif not is_public(domain):
        yield Sentence("{name!r}: {said}", "{name!r}: {said}", name=name[:_SHOWN], said=no_ending(last))
