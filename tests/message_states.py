"""Mails in every state that the page of one mail has, for tests that look at it: who is asked, what about, what became
of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from email.message import EmailMessage

from tests.reception import ADMIN, ANN, BOSS, Reception, actor

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.review import Act

TWIN, REAL = "tanaka@examp1e.co.jp", "tanaka@example.co.jp"
SATO, SUZUKI, SAITO = "sato@example.co.jp", "suzuki@partner.example", "saito@b-shoji.example"
LIST = "顧客名簿.csv"
ROWS = "".join(
    f"山田{given},090-1234-{number:04},東京都千代田区丸の内1-{number}-1\n"
    for number, given in enumerate(("太郎", "花子", "一郎", "次郎", "三郎", "美咲", "健太", "大輔", "陽子", "恵子"), 1)
)
TEXT = "田中様\n\nいつもお世話になっております。\nお見積書をお送りします。ご確認ください。\n\n株式会社コープ 山田\n"
State = Callable[[Reception], Awaitable[tuple[str, str]]]

LIKE = Because("宛先のドメインが、いつもの取引先によく似た別のドメインです", "A domain that resembles one you write to")


def hit(
    because: Because,
    evidence: Sequence[str],
    to: Sequence[str],
    disposition: Disposition = Disposition.CONFIRM,
    rule: str = "a-rule",
) -> RuleHit:
    """A rule that holds."""
    return RuleHit(rule, "enforce", disposition, because, tuple(evidence), tuple(map(parse_address, to)), trust=True)


def look_alike(disposition: Disposition = Disposition.CONFIRM) -> RuleHit:
    """One domain that resembles another."""
    return hit(LIKE, ("examp1e.co.jp ≠ example.co.jp (1 / l)",), (TWIN,), disposition, "lookalike-domain")


def octets(
    to: Sequence[str],
    *,
    cc: Sequence[str] = (),
    subject: str = "11月分のお見積書をお送りします",
    text: str = TEXT,
    files: Sequence[tuple[str, bytes, str]] = (),
    names: Sequence[str] = (),
) -> bytes:
    """A mail as a client would hand it in."""
    mail = EmailMessage()
    mail["From"] = "山田 <ann@corp.example>"
    mail["To"] = ", ".join(
        f"{name} <{one}>" if name else one for one, name in zip(to, [*names, *[""] * len(to)], strict=False)
    )
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"], mail["Message-ID"] = subject, "<original@corp.example>"
    mail.set_content(text)
    mail.add_alternative(f"<p>{text.replace(chr(10), '<br>')}</p>", subtype="html")
    for name, content, kind in files:
        mail.add_attachment(content, *kind.split("/"), filename=name)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def known_to_ann(reception: Reception, *people: str, times: int = 3) -> None:
    """Ann has written to them before, and her mail went out."""
    for _ in range(times):
        earlier = await reception.take_in(Disposition.DELIVER, to=people, flagged=(), octets=octets(people))
        reception.clock.pass_by(hours=1)
        await taken(reception, earlier)
    reception.clock.pass_by(days=9)


async def taken(reception: Reception, message_id: str, result: Result = Result.RELAYED) -> None:
    """The next server answers for every copy that is queued."""
    record = await reception.holds.find(message_id)
    assert record is not None
    await reception.queue.claim(reception.clock(), timedelta(minutes=1), 100)
    code, text = (250, "2.0.0 ok") if result is Result.RELAYED else (550, "5.1.1 no such user <script>")
    out = {one.address: Outcome(result, code, text) for one in record.recipients if one.state == "queued"}
    await reception.queue.record(message_id, out, reception.clock(), None, give_up=True)


async def looks_alike(reception: Reception) -> tuple[str, str]:
    """A domain with a figure for a letter, the real one known."""
    await known_to_ann(reception, REAL, SATO)
    to = (TWIN, SATO, BOSS)
    raw = octets(to, names=("田中様", "佐藤様"))
    return ANN, await reception.take_in(to=to, octets=raw, hits=(look_alike(),))


async def alone(reception: Reception) -> tuple[str, str]:
    """The same, and nobody else gets it."""
    await known_to_ann(reception, REAL)
    return ANN, await reception.take_in(to=(TWIN,), octets=octets((TWIN,), names=("田中様",)), hits=(look_alike(),))


async def file_and_person(reception: Reception) -> tuple[str, str]:
    """A look-alike, a list of customers, and a harmless file."""
    await known_to_ann(reception, REAL, SATO)
    to = (TWIN, SATO, SUZUKI)
    files = (
        (LIST, ("氏名,電話,住所\n" + ROWS).encode(), "text/csv"),
        ("会社案内.txt", "ご案内\n本社 東京\n".encode() * 3, "text/plain"),
    )
    persons = hit(
        Because("社外宛のメールに、10人分の個人情報があります", "This mail to the outside holds data of 10 persons"),
        ("persons: 10",), to, rule="personal-data-of-many",
    )  # fmt: skip
    raw = octets(to, files=files, names=("田中様", "佐藤様"))
    return ANN, await reception.take_in(to=to, octets=raw, hits=(look_alike(), persons))


async def crowd(reception: Reception) -> tuple[str, str]:
    """Twelve outsiders who see each other."""
    to = tuple(f"member{number}@club{number % 4}.example" for number in range(12))
    seen = hit(
        Because("ToとCcにある社外の12名（4ドメイン）に、互いのアドレスが見えます",
                "12 outside recipients in To and Cc (domains: 4) can see each other's addresses"),
        to, to, rule="many-outsiders-see-each-other",
    )  # fmt: skip
    return ANN, await reception.take_in(to=to, octets=octets(to, subject="忘年会のご案内"), hits=(seen,))


async def greeting(reception: Reception) -> tuple[str, str]:
    """The salutation names somebody else."""
    names = hit(
        Because("宛名の「佐藤様」に当てはまる宛先がありません", "The mail addresses 佐藤様, and no recipient is that"),
        ("佐藤様",), (SAITO,), rule="greeting-fits-nobody",
    )  # fmt: skip
    raw = octets((SAITO,), text="佐藤様\n\nお世話になっております。\n", names=("斎藤様",))
    return ANN, await reception.take_in(to=(SAITO,), octets=raw, hits=(names,))


async def forgotten(reception: Reception) -> tuple[str, str]:
    """The text speaks of a file, and there is none."""
    missing = hit(
        Because("本文に「添付」とありますが、添付ファイルがありません", "The text says 添付, but has no attachment"),
        ("添付",), (SATO,), rule="forgotten-attachment",
    )  # fmt: skip
    return ANN, await reception.take_in(to=(SATO,), octets=octets((SATO,)), hits=(missing,))


async def window(reception: Reception) -> tuple[str, str]:
    """An undo window."""
    undo = hit(
        Because("社外宛のメールは5分後に送信します。それまでは取り消せます",
                "Mail to the outside leaves after 5 minutes; until then it can be cancelled"),
        (SATO,), (SATO,), Disposition.DELAY, "undo-window",
    )  # fmt: skip
    to = (SATO, SUZUKI)
    return ANN, await reception.take_in(
        Disposition.DELAY, to=to, octets=octets(to), hits=(undo,), after=timedelta(minutes=5)
    )


async def paused(reception: Reception) -> tuple[str, str]:
    """The same, with its clock stopped."""
    person, message_id = await window(reception)
    await reception.review.act(actor(ANN, reception.access), message_id, Act.HOLD)
    return person, message_id


async def approver(reception: Reception) -> tuple[str, str]:
    """Somebody else's mail, to approve."""
    await known_to_ann(reception, REAL, SATO)
    to = (TWIN, SATO)
    message_id = await reception.take_in(
        Disposition.APPROVE, to=to, octets=octets(to, names=("田中様",)), hits=(look_alike(Disposition.APPROVE),),
        urgent=True,
    )  # fmt: skip
    return BOSS, message_id


async def asked(reception: Reception) -> tuple[str, str]:
    """The sender's own mail that waits for approval."""
    _, message_id = await approver(reception)
    return ANN, message_id


async def administrator(reception: Reception) -> tuple[str, str]:
    """An administrator looks at somebody else's mail."""
    _, message_id = await file_and_person(reception)
    return ADMIN, message_id


async def queued(reception: Reception) -> tuple[str, str]:
    """Released and on its way."""
    person, message_id = await looks_alike(reception)
    await reception.holds.apply(message_id, Event.RELEASE, Actor(ANN, Role.SENDER, "console"), reception.clock())
    return person, message_id


async def sent(reception: Reception) -> tuple[str, str]:
    """Out, but for one who was taken off."""
    person, message_id = await looks_alike(reception)
    ann = actor(ANN, reception.access)
    await reception.review.act(ann, message_id, Act.REMOVE, (parse_address(TWIN),))
    await reception.review.act(ann, message_id, Act.RELEASE)
    reception.clock.pass_by(seconds=40)
    await taken(reception, message_id)
    return person, message_id


async def misdelivered(reception: Reception) -> tuple[str, str]:
    """Out, and reported as sent to the wrong person."""
    person, message_id = await sent(reception)
    await reception.incidents.open(actor(ANN, reception.access), message_id, "斎藤様と佐藤様を取り違えました。")
    return person, message_id


async def cancelled(reception: Reception) -> tuple[str, str]:
    """Not sent."""
    person, message_id = await looks_alike(reception)
    await reception.review.act(actor(ANN, reception.access), message_id, Act.CANCEL)
    return person, message_id


async def rejected(reception: Reception) -> tuple[str, str]:
    """The approver said no."""
    _, message_id = await approver(reception)
    await reception.review.act(
        actor(BOSS, reception.access), message_id, Act.REJECT, None, "宛先の会社が違うようです。確認してください。"
    )
    return ANN, message_id


async def expired(reception: Reception) -> tuple[str, str]:
    """Nobody decided."""
    person, message_id = await looks_alike(reception)
    reception.clock.pass_by(hours=100)
    await reception.review.expire_due()
    return person, message_id


async def bounced(reception: Reception) -> tuple[str, str]:
    """The next server refused it."""
    person, message_id = await forgotten(reception)
    await reception.holds.apply(message_id, Event.RELEASE, HOUSE, reception.clock())
    await taken(reception, message_id, Result.FAILED)
    return person, message_id


STATES: dict[str, State] = {
    one.__name__: one
    for one in (
        looks_alike, alone, file_and_person, crowd, greeting, forgotten, window, paused, approver, asked, administrator,
        queued, sent, misdelivered, cancelled, rejected, expired, bounced,
    )
}  # fmt: skip
