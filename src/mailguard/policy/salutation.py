"""Whether a salutation means a recipient: 田中様 and "田中 太郎", tanaka@partner.example, "Dear Ms. Tanaka".

Compared is what can be compared: writing with the same writing, surnames with their readings, a company's name with
display name and domain. Nothing is guessed: what has no common ground is UNKNOWN, and an office or a role mailbox says
nothing of a person's name. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailguard.mail.facts import Addressee
from mailguard.policy.fold import fold
from mailguard.policy.names import is_role, name_parts
from mailguard.policy.result import Truth
from mailguard.policy.surnames import SOUNDS, SURNAMES, is_kana, kana_sound, sound, sounds_of, surname_in

_NOT_LETTERS = re.compile(r"[^a-z]+")
_FORM = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|[一-龠]{2,4}法人|\((?:株|有|合|同|社|財|医|学|福|独|資|名)\)"
    r"|\b(?:inc|ltd|corp|co|llc|llp|gmbh|plc|k\.k|corporation|company|limited)\b\.?"
)
_BETWEEN = re.compile(r"[\s,、・.&'-]+")
#: Readings that short may be part of any word.
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Called:
    """What is known of how somebody is called. names: display names from wherever; domain in A-labels."""

    names: tuple[str, ...]
    local: str
    domain: str


def fits(addressee: Addressee, called: Called) -> Truth:
    """Whether the addressee may be this recipient. Whoever addresses everybody (各位) addresses him too."""
    if addressee.name:
        found = _any(
            [
                *(_name_in(name_parts(addressee.name), display) for display in called.names),
                _name_in_local(name_parts(addressee.name), called.local),
            ]
        )
        if found is Truth.NO and _is_shared(called):
            found = Truth.UNKNOWN
        if found is not Truth.UNKNOWN or not addressee.company:
            return found
        # The house is right, and the name cannot be compared: no reason to ask.
        return max(_house_in(addressee.company, called), Truth.UNKNOWN)
    return _house_in(addressee.company, called) if addressee.company else Truth.YES


def _any(found: Iterable[Truth]) -> Truth:
    """One that fits is enough; one that does not outweighs those that cannot be compared."""
    answers = set(found)
    return Truth.YES if Truth.YES in answers else Truth.NO if Truth.NO in answers else Truth.UNKNOWN


def _name_in(words: tuple[str, ...], display: str) -> Truth:
    parts = name_parts(display)
    if not words or not parts or is_role(parts):
        return Truth.UNKNOWN
    said, shown = "".join(words), "".join(parts)
    if said.isascii() and shown.isascii():
        near = any(p == w or (len(w) >= _SHORT and (p.startswith(w) or w in p)) for w in words for p in parts)
        return Truth.YES if near else Truth.NO
    if said.isascii() or shown.isascii():
        return _by_sound(_sounds(said, words), _sounds(shown, parts))
    if any(word in shown for word in words) or _sounds(said, words) & _sounds(shown, parts):
        return Truth.YES  # 渡邉様 and 渡辺
    return Truth.UNKNOWN if is_kana(said) is not is_kana(shown) else Truth.NO


def _tokens(local: str) -> tuple[str, ...]:
    return tuple(token for token in _NOT_LETTERS.split(local.lower()) if token)


def _is_shared(called: Called) -> bool:
    """Whether a role mailbox goes by the name of its house: さくら印刷 <info@...> is read by whoever is there."""
    return is_role(_tokens(called.local)) and not any(surname_in(name_parts(name)) for name in called.names)


def _name_in_local(words: tuple[str, ...], local: str) -> Truth:
    tokens = _tokens(local)
    if not words or not tokens or is_role(tokens):
        return Truth.UNKNOWN
    whole = "".join(tokens)
    said = "".join(words)
    if said.isascii() and any(word in tokens or (len(word) >= _SHORT and word in whole) for word in words):
        return Truth.YES
    sounds, heard = _sounds(said, words), sound(whole)
    if any(len(one) > _SHORT and (heard.startswith(one) or heard.endswith(one)) for one in sounds):
        return Truth.YES  # t.tanaka, ttanaka, tanakat
    return _by_sound(sounds, frozenset(sound(token) for token in tokens if len(token) >= _SHORT))


def _sounds(whole: str, words: tuple[str, ...]) -> frozenset[str]:
    """How the surname in a name may sound; of Latin words each."""
    if whole.isascii():
        return frozenset(sound(word) for word in words if word.isalpha() and len(word) > 1)
    if is_kana(whole):
        return frozenset(kana_sound(word) for word in words) - {""}
    first = words[0]
    lengths = [len(first)] if first in SURNAMES else [3, 2, 1]  # 田中太郎 without a blank: the longest surname
    return next((found for length in lengths if (found := sounds_of(first[:length]))), frozenset())


def _by_sound(said: frozenset[str], shown: frozenset[str]) -> Truth:
    """Names in different writing: the same by sound, two different surnames, or nobody can tell."""
    if said & shown:
        return Truth.YES
    return Truth.NO if said & SOUNDS and shown & SOUNDS else Truth.UNKNOWN


def _house_in(company: str, called: Called) -> Truth:
    """Whether a company's name is in a display name or in the domain; NO only where another company is named."""
    core = _BETWEEN.sub("", _FORM.sub(" ", fold(company)))
    if not core:
        return Truth.UNKNOWN
    shown = [_BETWEEN.sub("", fold(name)) for name in called.names]
    if any(core in name for name in shown):
        return Truth.YES
    labels = [label.replace("-", "") for label in called.domain.split(".")[:-1]]
    if core.isascii() and any(core == label or (len(core) >= _SHORT and core in label) for label in labels):
        return Truth.YES
    if is_kana(core) and (heard := kana_sound(core)) and any(heard in sound(label) for label in labels):
        return Truth.YES
    return Truth.NO if any(_FORM.search(fold(name)) for name in called.names) else Truth.UNKNOWN
