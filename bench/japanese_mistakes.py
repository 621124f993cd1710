"""Eight kinds of misdirected mail, made from one that was right and from what the past knows: as the public benchmark's
generator makes them, in the ways of a Japanese company. Part of `bench/japanese_mail.py`.

A mistake keeps subject, text and files: they are about the people who were meant.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from japanese_stream import Mail, Sent
from japanese_world import OWN_DOMAIN

KINDS = (
    "auto3", "same_name", "other_domain", "typo", "random_contact", "odd_one_out", "ext_for_int", "wrong_thread",
)  # fmt: skip
_FREE = ("gmail.com", "yahoo.co.jp", "outlook.jp", "hotmail.co.jp", "icloud.com")
_SWAPS = {
    "co.jp": ("jp", "com", "co.jo", "ne.jp", "co.jpn"),
    "jp": ("co.jp", "com", "j", "ne.jp"),
    "com": ("co", "cm", "co.jp", "con"),
}
_KEYS = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip


@dataclass
class Past:
    """What is known before a mail is sent. written: recipients by sender; families: family names of addresses; pairs:
    who was written to together by a sender; recent: the newest mails of each sender.
    """

    written: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    families: dict[str, str] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    pairs: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    recent: defaultdict[str, list[Mail]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, sent: Sent) -> None:
        """One more mail was sent."""
        sender, everybody = sent.mail["from"], [*sent.mail["to"], *sent.mail["cc"]]
        self.written[sender].update(everybody)
        for one in sent.people:
            self.families[one.address] = one.family
        for address, name in sent.mail["names"].items():
            self.names[sender, address] = name
        self.pairs[sender].update((one, two) for one in everybody for two in everybody if one != two)
        self.recent[sender] = [*self.recent[sender][-39:], sent.mail]


def mistake(kind: str, past: Past, sent: Sent, chance: random.Random) -> tuple[Mail, list[str]] | None:
    """The mail with a wrong recipient of this kind, and who is wrong; None where the kind cannot happen."""
    mail, sender = sent.mail, sent.mail["from"]
    everybody = [*mail["to"], *mail["cc"]]
    if kind == "wrong_thread":
        return _other_conversation(past, mail, chance)
    if kind == "odd_one_out":
        return _one_more(past, mail, everybody, chance)
    meant = chance.choice(everybody)
    known = sorted(one for one in past.written[sender] if one not in everybody and one != sender)
    wrong = _WAYS[kind](past, mail, meant, known, chance)
    if not wrong or wrong in everybody or wrong == sender:
        return None
    return _replaced(past, mail, meant, wrong), [wrong]


def _replaced(past: Past, mail: Mail, meant: str, wrong: str) -> Mail:
    name = past.names.get((mail["from"], wrong), mail["names"].get(meant, ""))
    changed = {key: [wrong if one == meant else one for one in mail[key]] for key in ("to", "cc")}
    return mail | changed | {"names": {**mail["names"], wrong: name}}


def _auto(past: Past, mail: Mail, meant: str, known: list[str], chance: random.Random) -> str:
    """Autocompletion: the same first letters of the address, or the same first character of the name."""
    name = mail["names"].get(meant, "")
    found = [
        one
        for one in known
        if one[:3] == meant[:3] or (name and past.names.get((mail["from"], one), "")[:2] == name[:2])
    ]
    return chance.choice(found) if found else ""


def _namesake(past: Past, _mail: Mail, meant: str, _known: list[str], chance: random.Random) -> str:
    """Somebody of the same family name, at the same house or another one."""
    family = past.families.get(meant)
    found = sorted(one for one, other in past.families.items() if other == family and one != meant) if family else []
    near = [one for one in found if one.rpartition("@")[2] == meant.rpartition("@")[2]]
    return chance.choice(near if near and chance.random() < 0.6 else found) if found else ""


def _other_domain(past: Past, _mail: Mail, meant: str, _known: list[str], chance: random.Random) -> str:
    """The same local part at another house: one that is known, or free mail."""
    local = meant.rpartition("@")[0]
    found = sorted(one for one in past.families if one.startswith(local + "@") and one != meant)
    if found and chance.random() < 0.5:
        return chance.choice(found)
    return f"{local}@{chance.choice(_FREE)}"


def _typo(past: Past, _mail: Mail, meant: str, _known: list[str], chance: random.Random) -> str:
    local, _, domain = meant.rpartition("@")
    if chance.random() < 0.5:
        return f"{_slip(local, chance)}@{domain}"
    suffix = next(one for one in ("co.jp", "jp", "com") if domain.endswith("." + one))
    name = domain.removesuffix("." + suffix)
    if chance.random() < 0.4:
        wrong = f"{local}@{name}.{chance.choice(_SWAPS[suffix])}"
    elif chance.random() < 0.3:
        wrong = f"{local}@{name.replace('-', '', 1)}.{suffix}"
    else:
        wrong = f"{local}@{_slip(name, chance)}.{suffix}"
    return "" if wrong in past.families else wrong


def _slip(text: str, chance: random.Random) -> str:
    at = chance.choice([at for at, ch in enumerate(text) if ch.isalpha()])
    way = chance.randrange(4)
    if way == 0:
        return text[:at] + text[at + 1 :] if len(text) > 3 else text + text[-1]
    if way == 1 and text[at + 1 : at + 2].isalpha():
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if way == 2:
        return text[: at + 1] + text[at:]
    return text[:at] + chance.choice(_KEYS[text[at]]) + text[at + 1 :]


def _anybody(_past: Past, _mail: Mail, _meant: str, known: list[str], chance: random.Random) -> str:
    return chance.choice(known) if known else ""


def _stranger_inside(_past: Past, mail: Mail, _meant: str, known: list[str], chance: random.Random) -> str:
    """Somebody outside in a mail that stays inside."""
    if any(not one.endswith("@" + OWN_DOMAIN) for one in (*mail["to"], *mail["cc"])):
        return ""
    found = [one for one in known if not one.endswith("@" + OWN_DOMAIN)]
    return chance.choice(found) if found else ""


_WAYS = {
    "auto3": _auto, "same_name": _namesake, "other_domain": _other_domain, "typo": _typo, "random_contact": _anybody,
    "ext_for_int": _stranger_inside,
}  # fmt: skip


def _one_more(past: Past, mail: Mail, everybody: list[str], chance: random.Random) -> tuple[Mail, list[str]] | None:
    """One too many: somebody who was never together with any of them."""
    sender = mail["from"]
    if len(everybody) < 2:
        return None
    pairs = past.pairs[sender]
    found = sorted(
        one
        for one in past.written[sender]
        if one not in everybody and not any((one, two) in pairs for two in everybody)
    )
    if not found:
        return None
    wrong = chance.choice(found)
    key = chance.choice(("to", "cc"))
    name = past.names.get((sender, wrong), "")
    return mail | {key: [*mail[key], wrong], "names": {**mail["names"], wrong: name}}, [wrong]


def _other_conversation(past: Past, mail: Mail, chance: random.Random) -> tuple[Mail, list[str]] | None:
    """The text of one conversation to the people of another, as an answer in that one."""
    everybody = {*mail["to"], *mail["cc"]}
    subject = mail["subject"].removeprefix("Re: ")
    found = [
        one
        for one in past.recent[mail["from"]]
        if not everybody & {*one["to"], *one["cc"]} and one["subject"].removeprefix("Re: ") != subject
    ]
    if not found or len(mail["body"]) < 80:
        return None
    other = chance.choice(found)
    taken = {key: other[key] for key in ("to", "cc", "names")}
    if "references" in other and chance.random() < 0.5:  # an answer given in the wrong window
        taken |= {key: other[key] for key in ("subject", "in_reply_to", "references")}
    return mail | taken, [*other["to"], *other["cc"]]
