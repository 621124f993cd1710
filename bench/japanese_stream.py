"""Three months of a Japanese company's outgoing mail, day by day: the stream of `bench/japanese_mail.py`.

Letters with salutations as they are written (company and 様, さん, 各位, 御中, none), threads that quote with 差出人 or
with a line of date and name, files named after customers; and what is odd but right: new people in old matters, a
price list for everybody, one's own private address, regards to somebody else, a name in other characters.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from japanese_world import OWN_DOMAIN, OWN_NAME, Matter, Person, World

Mail = dict[str, Any]
_BEGIN = datetime(2026, 8, 2, 23, 0, tzinfo=UTC)  # Monday, 8 o'clock in Tokyo
_OPENINGS = (
    "いつもお世話になっております。",
    "お世話になっております。",
    "平素より大変お世話になっております。",
    "お世話になります。",
)
_INSIDE = ("お疲れ様です。", "お疲れさまです。", "おはようございます。", "")
_CLOSINGS = (
    "よろしくお願いいたします。",
    "以上、宜しくお願い致します。",
    "ご確認のほどよろしくお願い申し上げます。",
    "取り急ぎご連絡まで。",
)
_SENTENCES = (
    "{0}の{1}について、添付の通りお送りします。",
    "先日ご相談した{0}ですが、{1}の件は{2}で進めたいと考えております。",
    "{0}の{2}は{d}日までに回答いただけますでしょうか。",
    "{1}につきまして社内で確認しました。{2}に問題はございません。",
    "{0} {1} の数量は{n}個で間違いないでしょうか。",
    "現場より{2}の指摘がありました。{1}の見直しが必要です。",
    "{d}日の打合せで{0}と{2}をご説明します。",
    "{1}の{2}を修正した版を作成しました。",
    "納入後の{2}は{n}時間運転して確認済みです。",
    "{0}の金額は前回と同じく{n}千円です。",
    "ご指摘の{2}は{1}が原因でした。",
    "次回の{0}までに{1}のデータを揃えます。",
)
_SMALL_TALK = (
    "承知しました。",
    "ありがとうございます。助かります。",
    "了解です。",
    "添付の件、確認しました。",
    "明日あらためてご連絡します。",
    "会議室を予約しました。",
)
_FREE = ("gmail.com", "yahoo.co.jp", "outlook.jp", "icloud.com")
_OTHER_WRITING = {"渡辺": "渡邊", "斎藤": "齋藤", "山崎": "山﨑", "高橋": "髙橋"}


@dataclass
class Sent:
    """mail: as `history replay` takes it; sender; matter; greeted: whom the text addresses."""

    mail: Mail
    sender: Person
    matter: Matter
    people: list[Person] = field(default_factory=list)


def stream(world: World, seed: int, days: int, daily: int) -> Iterator[Sent]:
    """The mails of so many working days, in time order."""
    chance = random.Random(f"{seed} stream")
    number = 0
    for day in range(days):
        date = _BEGIN + timedelta(days=day // 5 * 7 + day % 5)
        active = [one for one in world.matters if one.start <= day <= one.end]
        weights = [3.0 / (1 + at % 7) for at in range(len(active))]
        moments = sorted(chance.random() for _ in range(daily + chance.randint(-8, 8)))
        for moment in moments:
            at = date + timedelta(hours=11 * moment)
            matter = chance.choices(active, weights)[0]
            number += 1
            yield _mail(world, chance, matter, at, f"{number}.{seed}")


def _mail(world: World, chance: random.Random, matter: Matter, at: datetime, number: str) -> Sent:
    sender = matter.team[min(int(chance.expovariate(1.2)), len(matter.team) - 1)]
    odd = chance.random()
    if odd < 0.004:
        return _private(chance, matter, sender, at, number)
    if odd < 0.012 and matter.partners:
        _newcomer(world, chance, matter)
    thread = chance.choice(matter.threads[-4:]) if matter.threads and chance.random() < 0.62 else None
    to, cc = _recipients(chance, matter, sender, thread)
    if odd > 0.97:  # a colleague from elsewhere is shown the matter
        cc = [*cc, chance.choice([one for one in world.own if one not in (*to, *cc, sender)])]
    return _written(world, chance, matter, sender, to, cc, thread, at, number)


def _newcomer(world: World, chance: random.Random, matter: Matter) -> None:
    """Somebody of the partner joins the matter, or takes a colleague's place."""
    rest = [one for one in world.others if one.short == matter.short and one not in matter.partners]
    if not rest:
        return
    if chance.random() < 0.5:
        matter.partners[chance.randrange(len(matter.partners))] = chance.choice(rest)
    else:
        matter.partners.append(chance.choice(rest))


def _recipients(
    chance: random.Random, matter: Matter, sender: Person, thread: dict[str, Any] | None
) -> tuple[list[Person], list[Person]]:
    """To and Cc: of the thread with small changes, or of the matter."""
    team = [one for one in matter.team if one != sender]
    if thread is not None and chance.random() < 0.75:
        people: list[Person] = [one for one in thread["people"] if one != sender]
        to = [one for one in people if one.house != OWN_NAME] or people[:1]
        cc = [one for one in people if one not in to]
        if to:
            return to, cc
    if matter.partners and chance.random() < 0.65:
        to = chance.sample(matter.partners, min(len(matter.partners), 1 if chance.random() < 0.7 else 2))
        return to, chance.sample(team, min(len(team), chance.randint(0, 2)))
    to = chance.sample(team, min(len(team), 1 if chance.random() < 0.6 else 2)) or matter.partners[:1]
    return to, [one for one in team if one not in to and chance.random() < 0.3]


def _written(
    world: World,
    chance: random.Random,
    matter: Matter,
    sender: Person,
    to: list[Person],
    cc: list[Person],
    thread: dict[str, Any] | None,
    at: datetime,
    number: str,
) -> Sent:
    outside = any(one.house != OWN_NAME for one in to)
    identity = f"<{number}@{OWN_DOMAIN}>"
    whose = f"【{matter.short}様】" if matter.short and chance.random() < 0.3 else ""
    subject = thread["subject"] if thread else f"{whose}{matter.title}について"
    greeted = to
    if outside and matter.short and chance.random() < 0.008:  # to an assistant, for somebody else
        greeted = [chance.choice([one for one in world.others if one.short == matter.short])]
    lines = [
        *_salutation(chance, greeted, outside),
        _opening(chance, sender, outside),
        *_text(chance, matter, answer=bool(thread)),
    ]
    if cc and outside and chance.random() < 0.04:
        lines.append(f"{cc[0].family}さんにもよろしくお伝えください。")
    lines += [
        chance.choice(_CLOSINGS),
        "",
        f"{sender.house} {sender.office}",
        f"{sender.family} {sender.given}",
        sender.address,
    ]
    if thread and chance.random() < 0.8:
        lines += _quote(chance, _answered(chance, thread, matter, sender, to) if outside else thread)
    everybody = [sender, *to, *cc]
    mail = {
        "id": number, "date": int(at.timestamp()), "from": sender.address, "from_name": sender.shown("{l} {f}"),
        "to": [one.address for one in to], "cc": [one.address for one in cc], "bcc": [],
        "names": {one.address: world.name_for(sender, one, chance) for one in (*to, *cc)},
        "subject": f"Re: {subject}" if thread else subject, "body": "\n".join(lines), "message_id": identity,
        "direction": "out", "files": _files(chance, matter) if chance.random() < 0.25 else [],
    }  # fmt: skip
    if thread:
        answered = thread["last"] if chance.random() < 0.5 else f"<{number}.in@{to[0].address.rpartition('@')[2]}>"
        mail |= {"in_reply_to": answered, "references": [*thread["ids"][-5:], answered]}
    said = {"subject": subject, "people": everybody, "last": identity, "at": at, "text": lines[:6], "from": sender}
    said["ids"] = [*(thread["ids"] if thread else []), identity]
    if thread:
        matter.threads.remove(thread)
    matter.threads.append(said)
    return Sent(mail, sender, matter, [*to, *cc])


def _salutation(chance: random.Random, to: list[Person], outside: bool) -> list[str]:
    """The lines with which a letter begins."""
    family = [_OTHER_WRITING.get(one.family, one.family) if chance.random() < 0.1 else one.family for one in to]
    if outside:
        way = chance.random()
        if way < 0.12:
            return []
        if way < 0.18:
            return [f"{to[0].house} 御中", ""]
        if way < 0.26 and len(to) > 1:
            return ["各位", ""]
        names = "、".join(f"{one}様" for one in family)
        if way < 0.5:
            return [f"{to[0].house}", f"{to[0].office} {names}", ""]
        if way < 0.8:
            return [f"{to[0].short} {names}", ""]
        return [names, ""]
    way = chance.random()
    if way < 0.4:
        return []
    if way < 0.5:
        return ["各位" if len(to) > 1 else f"{family[0]}課長", ""]
    return ["、".join(f"{one}さん" for one in family), ""]


def _opening(chance: random.Random, sender: Person, outside: bool) -> str:
    if outside:
        return f"{chance.choice(_OPENINGS)}{sender.short}の{sender.family}です。"
    return f"{chance.choice(_INSIDE)}{sender.family}です。" if chance.random() < 0.7 else chance.choice(_INSIDE)


def _text(chance: random.Random, matter: Matter, *, answer: bool) -> list[str]:
    if answer and chance.random() < 0.25:
        return [chance.choice(_SMALL_TALK)]
    lines = []
    for sentence in chance.sample(_SENTENCES, chance.randint(1, 4)):
        words = chance.sample(matter.words, 3)
        lines.append(sentence.format(*words, d=chance.randint(1, 28), n=chance.randint(2, 900)))
    return lines


def _answered(
    chance: random.Random, thread: dict[str, Any], matter: Matter, sender: Person, to: list[Person]
) -> dict[str, Any]:
    """What is answered: mostly a letter that came in, which the stream does not hold."""
    if chance.random() < 0.3:
        return thread
    writer = to[0]
    text = [f"{sender.short} {sender.family}様", "", f"お世話になっております。{writer.short}の{writer.family}です。"]
    people = [one for one in thread["people"] if one != sender]
    return thread | {
        "from": writer, "people": [writer, sender, *people], "text": [*text, *_text(chance, matter, answer=True)],
        "at": thread["at"] + timedelta(hours=3),
    }  # fmt: skip


def _quote(chance: random.Random, thread: dict[str, Any]) -> list[str]:
    """What is quoted: the newest letter of the thread, as Outlook or as others do it."""
    writer, at = thread["from"], thread["at"]
    others = list(dict.fromkeys(one for one in thread["people"] if one != writer))
    if chance.random() < 0.5:
        to = "; ".join(f"{one.family} {one.given} <{one.address}>" for one in others)
        head = [
            "", "-----Original Message-----", f"差出人: {writer.family} {writer.given} <{writer.address}>",
            f"送信日時: {at:%Y年%m月%d日 %H:%M}", f"宛先: {to}", f"件名: {thread['subject']}", "",
        ]  # fmt: skip
        return [*head, *thread["text"]]
    head = ["", f"{at:%Y年%m月%d日} {at:%H:%M} {writer.family} {writer.given} <{writer.address}>:"]
    return [*head, *(f"> {line}" for line in thread["text"])]


def _files(chance: random.Random, matter: Matter) -> list[dict[str, str]]:
    """One file: a new one, a new version, or one that was sent before in this matter; now and then the price list."""
    if chance.random() < 0.06:
        return [_file("製品価格表2026.pdf", "price")]
    if matter.files and chance.random() < 0.5:
        name, digest = chance.choice(matter.files)
        return [{"name": name, "sha256": digest}]
    whose = f"{matter.short}様" if matter.short and chance.random() < 0.5 else ""
    name = f"{matter.title.replace('の', '_')}{'_' + whose if whose else ''}_{len(matter.files) + 1}.xlsx"
    made = _file(name, f"{matter.title} {matter.words[1]} {len(matter.files)}")
    matter.files.append((made["name"], made["sha256"]))
    return [made]


def _file(name: str, content: str) -> dict[str, str]:
    return {"name": name, "sha256": hashlib.sha256(content.encode()).hexdigest()}


def _private(chance: random.Random, matter: Matter, sender: Person, at: datetime, number: str) -> Sent:
    """Work sent home."""
    address = f"{sender.family_read}.{sender.given_read}@{_FREE[hash_of(sender.address) % len(_FREE)]}"
    mail = {
        "id": number, "date": int(at.timestamp()), "from": sender.address, "from_name": sender.shown("{l} {f}"),
        "to": [address], "cc": [], "bcc": [], "names": {address: ""}, "subject": matter.title, "body": "自宅で確認",
        "message_id": f"<{number}@{OWN_DOMAIN}>", "direction": "out", "files": _files(chance, matter),
    }  # fmt: skip
    return Sent(mail, sender, matter)


def hash_of(text: str) -> int:
    """A number for a text, the same in each process."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
