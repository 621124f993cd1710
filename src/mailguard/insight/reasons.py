"""Why a recipient looks like a mistake, in one sentence of each language, and whom the sender probably meant.

The numbers of `rows` decide how high a risk is; this only finds the most telling of the plain reasons that a person can
check for himself. It names addresses that the sender wrote to himself, or people of the organisation, and nobody else.
Nobody is spoken to: the sender reads it, and so does whoever decides for him.
"""

from __future__ import annotations

from mailguard.insight import features as f
from mailguard.insight.near import DOMAIN, SLIP
from mailguard.insight.rivals import NONE, Mistakable
from mailguard.insight.rows import Rows
from mailguard.insight.words import Kind
from mailguard.mail.values import value
from mailguard.mail.verdict import Because

NOTHING = Because("", "")
#: Written to so often, somebody is a usual recipient.
_USUAL = 3


@value(frozen=True, slots=True)
class Reason:
    """kind: of `words.Kind`; because: the sentence; alternative: an address, "" if nobody comes to mind."""

    kind: Kind
    because: Because
    alternative: str = ""


def reason(rows: Rows, at: int) -> Reason:
    """The most telling reason about one recipient. at: his place among `rows.addresses`."""
    address, near = rows.addresses[at], rows.mistakable[at]
    for found in (
        _looks_like(rows, address, near),
        _taken_back(rows, at, address),
        _asked(rows, at, address),
        _made_for_others(rows, at, address),
        _greeting(rows, at, address),
        _namesake(rows, at, address, near),
        _thread(rows, at, address),
        _group(rows, at, address),
        _topic(rows, at, address),
        _stranger(rows, at, address),
    ):
        if found is not None:
            return found
    return Reason("topic", Because(
        f"{address} への、いつもとは違う組み合わせのメールです。",
        f"This mail to {address} is unlike others to that address.",
    ))  # fmt: skip


def _nameable(rows: Rows, one: int) -> str:
    """The address of somebody who may be named to this sender; "" if not."""
    if one < 0:
        return ""
    memory = rows.scene.memory
    address = memory.people.addresses[one]
    mine = one in rows.scene.contacts.people or memory.people.domains[one] in memory.own
    return address if address and mine else ""


def _times(rows: Rows, one: int) -> int:
    place = rows.scene.contacts.people.get(one)
    return 0 if place is None else int(rows.scene.memory.count[place])


def _how_known(known: str, times: int) -> tuple[str, str]:
    """Who else comes to mind, in both languages. Somebody written to once or twice is nobody's usual recipient."""
    if not times:
        return f"{known} は知られている宛先です", f"{known} is known here"
    if times < _USUAL:
        return f"{known} には{times}回送っています", f"{known} was written to {_often(times)}"
    return f"いつもの宛先は {known}（{times}回）です", f"The usual recipient is {known} ({_often(times)})"


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _looks_like(rows: Rows, address: str, near: Mistakable) -> Reason | None:
    looks = near.looks
    if looks is None or near.looks_number in rows.scene.among:
        return None
    known = _nameable(rows, near.looks_number)
    if not known:
        return None
    ja, en = _how_known(known, _times(rows, near.looks_number))
    if looks.kind in (SLIP, DOMAIN):
        return Reason("lookalike", Because(f"{ja}が、これは {address} です。", f"{en}; this is {address}."), known)
    return Reason("twin", Because(
        f"{ja}が、これは同じ人かもしれない別のアドレス {address} です。",
        f"{en}; this is {address}, which may be the same person's other address.",
    ), known)  # fmt: skip


def _taken_back(rows: Rows, at: int, address: str) -> Reason | None:
    """The sender took this recipient back before, for another or for nobody."""
    if not rows.signs[at].taken_back:
        return None
    scene = rows.scene
    meant = _nameable(rows, scene.memory.refused[scene.sender, scene.recipients[at]][1])
    if not meant:
        return Reason("before", Because(
            f"{address} への送信を、前に取りやめています。", f"A mail to {address} was taken back before."
        ))  # fmt: skip
    return Reason("before", Because(
        f"前に、宛先を {address} から {meant} に変えています。", f"{address} was changed to {meant} before."
    ), meant)  # fmt: skip


def _asked(rows: Rows, at: int, address: str) -> Reason | None:
    """The mail answers somebody who is not among the recipients."""
    scene = rows.scene
    numbers = rows.persons
    if scene.lesson.forward or not scene.lesson.reply or scene.asks_himself or not scene.askers:
        return None
    if any(one[f.ASKER] == 1.0 for one in numbers) or numbers[at][f.QUOTED] == 1.0:
        return None
    asker = max(scene.askers, key=lambda one: rows.rivals.fit.get(one, NONE))
    meant = _nameable(rows, asker)
    if not meant:
        return None
    return Reason("thread", Because(
        f"{meant} への返信のようですが、宛先は {address} です。", f"This answers {meant}, and goes to {address}."
    ), meant)  # fmt: skip


def _greeting(rows: Rows, at: int, address: str) -> Reason | None:
    """The first line addresses somebody else."""
    misfit = rows.signs[at].greeting
    if not misfit and (any(one[f.GREETED] > 0.0 for one in rows.persons) or rows.persons[at][f.GREETED] < 0.0):
        return None
    greeted = [one for one, numbers in rows.rivals.numbers.items() if numbers[f.GREETED] >= 1.0]
    meant = _nameable(rows, max(greeted, key=rows.rivals.fit.__getitem__)) if greeted else ""
    if not meant and misfit:
        return Reason("greeting", Because(
            f"書き出しの宛名は {address} の名前ではありません。",
            f"The first line addresses somebody else than {address}.",
        ))  # fmt: skip
    if not meant:
        return None
    return Reason("greeting", Because(
        f"書き出しは {meant} への呼びかけのようですが、宛先は {address} です。",
        f"The first line seems to address {meant}; the mail goes to {address}.",
    ), meant)  # fmt: skip


def _made_for_others(rows: Rows, at: int, address: str) -> Reason | None:
    """The subject or a file names a customer, or the file went to others only."""
    seen, house = rows.signs[at], address.rpartition("@")[2]
    if seen.customer:
        return Reason("file", Because(
            f"件名か添付ファイル名にある取引先名（様・御中）は、{house} へのメールでは使われたことがありません。",
            f"The subject or a file is made for a customer whose name never went to {house}.",
        ))  # fmt: skip
    if seen.file:
        return Reason("file", Because(
            f"添付ファイルはこれまで {house} 以外にだけ送られています。",
            f"A file went out before, but never to {house}.",
        ))  # fmt: skip
    return None


def _namesake(rows: Rows, at: int, address: str, near: Mistakable) -> Reason | None:
    if near.best < 0 or max(near.named, near.begins) <= rows.fit[at]:
        return None
    meant = _nameable(rows, near.best)
    if not meant:
        return None
    times = _times(rows, near.best)
    if near.named >= near.begins and (near.family or near.given):
        return Reason("namesake", Because(
            f"同じ名前の {meant} に{times}回送っています。これは {address} です。",
            f"{meant}, of the same name, was written to {_often(times)}; this is {address}.",
        ), meant)  # fmt: skip
    return Reason("namesake", Because(
        f"よく似た宛先 {meant}（{times}回）のほうが、この内容に合っています。これは {address} です。",
        f"{meant} ({_often(times)}), easily taken for it, fits this mail better; this is {address}.",
    ), meant)  # fmt: skip


def _thread(rows: Rows, at: int, address: str) -> Reason | None:
    scene = rows.scene
    if not scene.thread_mails or rows.persons[at][f.THREAD] != 0.0:
        return None
    with_whom = [one for one in scene.thread if one not in scene.among and one != scene.sender]
    best = max(with_whom, key=lambda one: (scene.thread[one], rows.rivals.fit.get(one, NONE)), default=-1)
    meant = _nameable(rows, best)
    if not meant:
        return None
    return Reason("thread", Because(
        f"このやりとりの相手は {meant} で、{address} は加わっていませんでした。",
        f"This conversation was with {meant}; {address} took no part in it.",
    ), meant)  # fmt: skip


def _group(rows: Rows, at: int, address: str) -> Reason | None:
    numbers = rows.persons[at]
    if len(rows.persons) < 2 or numbers[f.WITH_OWN] > 0.0 or numbers[f.WITH_ALL] > 0.0 or not numbers[f.WRITTEN]:
        return None
    return Reason("group", Because(
        f"{address} を、ほかの宛先の人たちと一緒に宛先にしたことはありません。",
        f"{address} was never addressed together with the other recipients.",
    ))  # fmt: skip


def _topic(rows: Rows, at: int, address: str) -> Reason | None:
    scene, numbers = rows.scene, rows.persons[at]
    if not numbers[f.WRITTEN] or numbers[f.ALIKE_OWN] > 0.05 or not scene.own.total:
        return None
    share = {one: part for one, part in scene.own.share.items() if one not in scene.among and one != scene.sender}
    meant = _nameable(rows, max(share, key=share.__getitem__, default=-1))
    if not meant:
        return None
    return Reason("topic", Because(
        f"似た内容のメールは {meant} に送っていて、{address} には送っていません。",
        f"Mails like this one went to {meant}, and not to {address}.",
    ), meant)  # fmt: skip


def _stranger(rows: Rows, at: int, address: str) -> Reason | None:
    numbers = rows.persons[at]
    if numbers[f.WRITTEN]:
        return None
    if numbers[f.RECEIVED]:
        return Reason("stranger", Because(
            f"{address} に送ったことはありません。", f"This sender never wrote to {address} before."
        ))  # fmt: skip
    return Reason("stranger", Because(
        f"{address} は、社内のだれも送ったことのない宛先です。", f"Nobody here ever wrote to {address} before."
    ))  # fmt: skip
