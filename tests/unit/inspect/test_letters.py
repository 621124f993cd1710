"""Letters read in the server's process give what a worker's answer gives; what is more than text is the workers'."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import quopri
import random
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.golden.inspect.cases import CASES

from mailguard.inspect import letters, wire
from mailguard.inspect.archives.marks import MARK_7Z, RAR, may_hold_archive
from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.kinds.filetype import UNKNOWN, detect, is_noise
from mailguard.inspect.kinds.signatures import SIGNATURES
from mailguard.inspect.letters import Letters
from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.openers import content_of
from mailguard.inspect.reader import read_letter, read_mail
from mailguard.inspect.speech.voices import listen
from mailguard.inspect.structure.fields import _any_block, _ordinary
from mailguard.mail.facts import Facts
from mailguard.mail.facts_json import facts_from_json, facts_to_json
from mailguard.mail.message import Body

_HEAD = "From: Ann <ann@corp.example>\r\nTo: bob@x.example\r\nSubject: Re: x\r\n"
_FIELDS = (
    "From: =?utf-8?B?5bGx55Sw?= <a@x.example>",
    "To: a@x.example, Bob B. <b@y.example>",
    "Cc: 田中 <c@z.example>",
    "Bcc: d@x.example",
    "Subject: お見積りの件",
    "Subject: =?iso-2022-jp?B?GyRCNSFMKRsoQg==?=",
    "Subject: Fwd: +AGE-",
    "Received: from a (1.2.3.4)\r\n\tby b.example; Thu, 26 Nov 2026 08:20:20 +0900",
    "X-Priority: 1",
    "Importance: low",
    "References: <a@b> <c@d>",
    "In-Reply-To: <a@b>",
    "Sensitivity: private",
    "msip_labels: x",
    "Precedence: bulk",
    "X-Id: 4111 1111 1111 1111",
    "Message-ID: <123456789012@x.example>",
    "Auto-Submitted: auto-replied",
    "X: a\r\n b ",
    "MIME-Version: 1.0",
    "Content Type: text/html",
    "content-id: <x>",
    "To: 山田 (03-1234-5678) <a@x.example>",
    "Y:~{<:~}",
)
_LINES = (
    "田中様",
    "株式会社B 御中",
    "いつもお世話になっております。",
    "Dear Mr. Smith,",
    "Hi John and Mary,",
    "> quoted",
    ">> more",
    "On Monday, Nov 2, 2026 at 10:00, Bob <b@y.example> wrote:",
    "-----Original Message-----",
    "From: Bob",
    "Sent: 1/2/2026",
    "Subject: x",
    "-- ",
    "Best regards,",
    "Ann Miller",
    "Tel. +81 3-1234-5678",
    "ann@corp.example",
    "山田 太郎",
    "佐藤 花子",
    "鈴木 一郎",
    "氏名,カード番号",
    "山田 太郎,4111 1111 1111 1111",
    "a\tb\tc",
    "電話: 090-1234-5678",
    "〒100-0001 東京都千代田区千代田1-1",
    "パスワードは Ab3dEf9z です",
    "password: Ab3dEf9z",
    "api_key = Zx81kQw92LmP0aTr",
    "AKIAIOSFODNN7EXAMPLE",
    "12,500,000,000 yen",
    "1 2 3 4 5 6 7 8 9 0 1 2",
    "マイナンバー 1234 5678 9018",
    "",
    "",
    "  indented",
    "ends with a space ",
    "| a | b |",
    "+AGE-",
    "普通 1234567",
    "生年月日 1980年1月2日",
    "GB82 WEST 1234 5698 7654 32",
    "-----BEGIN PGP MESSAGE-----",
    "begin 644 a",
    "<html>",
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODkwMTIzNDU2Nzg5",
    "Content-Type: text/html",
)
_TYPES = (
    ("", "utf-8"),
    ("text/plain; charset=utf-8", "utf-8"),
    ("text/plain; charset=ISO-2022-JP", "iso-2022-jp"),
    ("text/plain; charset=Shift_JIS", "cp932"),
    ("text/plain; format=flowed; delsp=yes; charset=UTF-8", "utf-8"),
    ("text/plain; charset=us-ascii", "utf-8"),
    ("text/plain; name=a.txt", "utf-8"),
    ("text/html", "utf-8"),
    ("multipart/mixed; boundary=x", "utf-8"),
    ("text/plain; charset=utf-16", "utf-16"),
)


def answered(facts: Facts) -> Facts:
    """Facts as a worker's answer brings them."""
    head, _, *texts = (piece[wire.HEAD :] for piece in wire.answer_of(facts_to_json(facts, unmasked=True)))
    return facts_from_json(wire.said_in(head, texts))


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    fields = draw(
        st.lists(st.sampled_from(_FIELDS) | st.text(max_size=20).map(lambda text: f"X-A: {text}"), max_size=8)
    )
    media, codec = draw(st.sampled_from(_TYPES))
    text = draw(st.lists(st.sampled_from(_LINES) | st.text(max_size=30), max_size=14))
    body = "\r\n".join(text).encode(codec, "replace")
    encoding = draw(st.sampled_from(["7bit", "", "base64", "quoted-printable"]))
    body = body[: len(body) - draw(st.sampled_from([0, 0, 1, 2]))]  # maybe amid a character
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(body)
    fields += [f"Content-Type: {media}"] * bool(media) + [f"Content-Transfer-Encoding: {encoding}"] * bool(encoding)
    return "".join(f"{one}\r\n" for one in fields).encode("utf-8", "replace") + b"\r\n" + body


@settings(max_examples=400, deadline=None)
@given(mails())
@example(_HEAD.encode() + b"\r\nhello\r\n")
@example(_HEAD.encode() + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\r\n様".encode()[:-1])
@example(_HEAD.encode() + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\ufeff様".encode()[:-2])
def test_the_facts_are_those_of_a_worker(octets: bytes) -> None:
    facts = read_letter(octets)
    assert facts is None or facts == answered(read_mail(octets))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_mails_give_the_facts_of_a_worker(case: object) -> None:
    octets: bytes = case.octets  # type: ignore[attr-defined]
    facts = read_letter(octets)
    assert facts is None or facts == answered(read_mail(octets))


#: Files of no known kind, by chance or nearly of one.
_NOISE = random.Random(1).randbytes(3000)
_FILES = (
    _NOISE,
    _NOISE[:60],
    _NOISE + b"PK\x05\x06",
    _NOISE + MARK_7Z + bytes(40),
    _NOISE + RAR + _NOISE,
    b"\x99\x00\x01" + _NOISE,
    b"\x99\x00\x09\x04" + _NOISE,
    b"\xc6\x04" + _NOISE,
    b"0\x82" + _NOISE,
    b"\0a\0b\0c\0d" * 400,
    b"a\0b\0c\0d\0" * 400 + b"\1",
    b"%PDF-1.4\n" + _NOISE,
    b"\x89PNG\r\n\x1a\n" + _NOISE,
    b"\xff\xd8\xff\xe0" + _NOISE,
    b"",
    b"text of some words\n" * 9,
    bytes(600),
    b"-----BEGIN CMS-----\n\0",
    b"BM" + _NOISE,
)
_NAMES = (
    "attachment; filename=a.bin",
    'attachment; filename="04-2026 見積.dat"',
    "attachment; filename*=utf-8''%E8%A6%8B%E7%A9%8D.bin",
    'attachment; filename="=?utf-8?B?6KaL56mN?=.exe"',
    "inline; filename=090-1234-5678.jpg",
    "attachment",
    "",
)
_MEDIA = ("application/octet-stream", "image/jpeg", "application/pkcs7-signature", "application/pdf", "text/plain", "")
_PREAMBLES = ("", "", "", "This is a multi-part message in MIME format.\r\n", "Some words\r\n", "\r\n")


def _part(draw: st.DrawFn) -> str:
    media, named = draw(st.sampled_from(_MEDIA)), draw(st.sampled_from(_NAMES))
    content = draw(st.sampled_from((*[_NOISE, _NOISE[:60], b"\x99\x00\x01" + _NOISE] * 12, *_FILES)))
    width = draw(st.sampled_from([*[57] * 9, 50]))
    lines = [base64.b64encode(content[at : at + width]).decode() for at in range(0, len(content), width)]
    encoding = draw(st.sampled_from([*["base64"] * 9, "7bit", "x-unknown"]))
    fields = [f"Content-Type: {media}"] * bool(media) + [f"Content-Disposition: {named}"] * bool(named)
    fields += [f"Content-Transfer-Encoding: {encoding}", *draw(st.sampled_from([[], [], ["Content-ID: <x>"]]))]
    return "\r\n".join(fields) + "\r\n\r\n" + "\r\n".join(lines)


@st.composite
def mails_with_files(draw: st.DrawFn) -> bytes:
    fields = draw(st.lists(st.sampled_from(_FIELDS[:12]), max_size=4))
    kind = draw(st.sampled_from([*["mixed"] * 9, "related", "signed", "report"]))
    text = "\r\n".join(draw(st.lists(st.sampled_from(_LINES[:40]), max_size=8)))
    first = draw(st.sampled_from(["Content-Type: text/plain; charset=utf-8\r\n\r\n", "\r\n", ""])) + text
    parts = [first, *(_part(draw) for _ in range(draw(st.integers(1, 3))))]
    if draw(st.integers(0, 9)) == 0:
        parts.reverse()
    body = draw(st.sampled_from(_PREAMBLES)) + "".join(f"--=_x\r\n{part}\r\n" for part in parts)
    body += draw(
        st.sampled_from(
            ["--=_x--\r\n", "--=_x--\r\n", "--=_x--\r\n", "--=_x--", "--=_x", "--=_x--\r\nBye\r\n", " --=_x\r\n", ""]
        )
    )
    fields += [f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="=_x"']
    return "".join(f"{one}\r\n" for one in fields).encode("utf-8", "replace") + b"\r\n" + body.encode()


@settings(max_examples=600, deadline=None)
@given(mails_with_files())
def test_the_facts_of_a_mail_with_files_are_those_of_a_worker(octets: bytes) -> None:
    facts = read_letter(octets)
    assert facts is None or facts == answered(read_mail(octets))


def with_files(*files: str, kind: str = "application/octet-stream", text: str = "hello") -> bytes:
    head = f'{_HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_x"\r\n\r\n'
    fields = f"--=_x\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
    parts = [f"{fields}Content-Disposition: attachment; filename=a.dat\r\n\r\n{one}\r\n" for one in files]
    return f"{head}--=_x\r\n\r\n{text}\r\n{''.join(parts)}--=_x--\r\n".encode()


def encoded(octets: bytes) -> str:
    return base64.encodebytes(octets).decode().replace("\n", "\r\n")


@pytest.mark.parametrize("size", [60, 3000, 100_000])
def test_a_file_of_which_nothing_is_known_is_listed_here(size: int) -> None:
    noise = random.Random(2).randbytes(size)
    facts = read_letter(with_files(encoded(noise), kind="image/jpeg"))
    assert facts is not None
    assert [(one.size, one.sha256) for one in facts.attachments] == [(size, hashlib.sha256(noise).hexdigest())]
    assert facts == answered(read_mail(with_files(encoded(noise), kind="image/jpeg")))


@pytest.mark.parametrize(
    "octets",
    [
        with_files(encoded(_NOISE * 9).replace("\r\n", "\r\n\r\n")),
        with_files(encoded(_NOISE).replace("\r\n", "\r\n--=_xx\r\n")),
        with_files(*[encoded(_NOISE)] * 5),
        with_files(encoded(b"%PDF-1.4\n" + _NOISE)),
        with_files(encoded(_NOISE + RAR)),
        with_files(encoded(_NOISE), kind=f"application/octet-stream; a={'x' * 2000}"),
        with_files(encoded(_NOISE), text="a line of text\r\n" * 1200),
        with_files(encoded(b"\xc1\xe0\x03" + b"\xe0a" * 30_000)),
        with_files(encoded(_NOISE)).replace(b"--=_x--", b"--=_x\r\nContent-Type: message/rfc822\r\n\r\na\r\n--=_x--"),
        _HEAD.encode() + b"X: multipart/mixed\r\n\r\n" + b"a line of text\r\n" * 9000,
    ],
    ids=["odd lines", "odd boundaries", "many", "a document", "an archive", "a long header", "a long text", "packets",
         "a mail", "no parts"],
)  # fmt: skip
def test_a_mail_with_other_files_is_left_to_workers(octets: bytes) -> None:
    assert read_letter(octets) is None


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(_FILES) | st.sampled_from([mark for _, mark, _ in SIGNATURES]) | st.binary(max_size=40),
    st.sampled_from([b"", _NOISE, b"\0"]) | st.binary(max_size=2000),
)
def test_of_what_is_called_noise_nothing_is_known(begin: bytes, rest: bytes) -> None:
    octets = begin + rest
    if is_noise(octets):
        assert detect(octets) is UNKNOWN
        if not may_hold_archive(octets):
            budget = Budget(ReadingLimits())
            assert content_of(FileIn("a", "", octets, "1"), "", budget) == Content(whole=False)
            assert budget.findings() == ()


@settings(max_examples=300, deadline=None)
@given(mails(), st.integers(0, 400), st.binary(max_size=3))
def test_one_pass_over_a_header_sees_what_line_by_line_is_seen(octets: bytes, at: int, more: bytes) -> None:
    head = octets.partition(b"\r\n\r\n")[0] + b"\r\n"
    for block in (head, head[:at] + more + head[at:]):
        quick = _ordinary(block)
        assert quick is None or quick == _any_block(block)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_LINES) | st.text(" >|*_\u3000", max_size=3), max_size=12).map("\n".join))
def test_one_text_alone_says_what_it_says_beside_an_empty_one(text: str) -> None:
    alone = listen([("mail", text)])
    assert replace(alone, own=f"{alone.own}\n") == listen([("mail", text), ("mail", "")])


@pytest.mark.parametrize(
    "more",
    [
        "Content-Type: text/html\r\n\r\n<p>x",
        "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--",
        "Content-Type: text/plain; name=a.txt\r\n\r\na",
        "Content-Type: application/pkcs7-mime\r\n\r\na",
        "Content-Type: text/calendar\r\n\r\na",
        "\r\n<html><p>x",
        "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n-----END PGP MESSAGE-----",
        f"\r\nbegin 644 a\r\n{binascii.b2a_uu(b'x' * 45).decode()}`\r\nend\r\n",
        f"\r\n{base64.b64encode(bytes(range(256))).decode()}\r\n",
        "\r\na\0b",
        "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\nYQ==",
        " b\r\nno field\r\n\r\na",
    ],
)
def test_more_than_text_is_left_to_workers(more: str) -> None:
    assert read_letter((_HEAD + more).encode()) is None


def test_plain_letters_are_read() -> None:
    for more in (
        "\r\nhello",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n田中様\r\n",
        f"\r\nhello\r\n{'=' * 72}\r\nAnn\r\n{'=' * 72}\r\n",  # a rule above a signature
        f"\r\n{'=o' * 35}\r\n",
        "\r\n" + "".join(f"{n}{'X' * 70}\r\n" for n in range(1, 30)),  # what Postfix's smtp-source sends
    ):
        assert read_letter((_HEAD + more).encode()) is not None


@pytest.mark.parametrize("dense", ["4111 1111 1111 1111 \r\n", "a\tb\tc\r\n", "Subject: x\r\n"])
def test_a_text_of_nothing_but_figures_cells_or_lines_is_left_to_workers(dense: str) -> None:
    def letter(size: int) -> bytes:
        return (_HEAD + "\r\n" + dense * (size // len(dense))).encode()

    assert read_letter(letter(letters.MOST)) is None
    short = letter(1500)
    assert read_letter(short) == read_mail(short)


@pytest.mark.parametrize(
    "head", [_HEAD, f"{_HEAD}Content-Type: text/plain; charset=utf-8\r\n", f"{_HEAD}To: b@x.example\r\n"]
)
@pytest.mark.parametrize("coded", [False, True])
def test_a_text_of_nothing_but_words_in_disguise_is_left_to_workers(head: str, coded: bool) -> None:
    def letter(size: int) -> bytes:
        text = b"+MFkwZBm- " * (size // 10)
        fields = f"{head}Content-Transfer-Encoding: base64\r\n\r\n" if coded else f"{head}\r\n"
        return fields.encode() + (base64.encodebytes(text).replace(b"\n", b"\r\n") if coded else text)

    assert read_letter(letter(letters.MOST * 3 // 4)) is None
    short = letter(1500)
    assert read_letter(short) == read_mail(short)


@pytest.mark.parametrize(
    "dense",
    [
        "Content-Type: +MFkwZDBm-",
        "To: =?x?q?a?=",
        "Subject: ~{<:~}",
        "X: $B;3ED",
        "Cc: 4111 1111 1111 1111 <a@b> ",
        "To: a, a:b;",
        "Content-Type: ; a=b",
        "X: a\r\n",
    ],
)
def test_a_header_of_nothing_but_words_in_disguise_is_left_to_workers(dense: str) -> None:
    name, _, value = dense.partition(": ")

    def letter(size: int) -> bytes:
        some = size // len(dense if value.endswith("\n") else value)
        fields = dense * some if value.endswith("\n") else f"{name}: {value * some}\r\n"
        return f"{fields}From: a@x.example\r\n\r\nhello".encode()

    assert read_letter(letter(letters.MOST)) is None
    short = letter(600)
    assert (facts := read_letter(short)) is None or facts == read_mail(short)


def test_a_fault_is_left_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("mailguard.inspect.reader.search", fail)
    assert read_letter((_HEAD + "\r\nhello").encode()) is None


async def _started(most: int) -> Letters:
    here = Letters(ReadingLimits(), most)
    await here.start()
    return here


def took(seconds: Iterable[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the reading: so long each mail takes."""
    times = [moment for second in seconds for moment in (0.0, second)]
    monkeypatch.setattr(letters, "time", SimpleNamespace(thread_time=iter(times).__next__))


def read_here(whose: Iterable[str]) -> list[bool]:
    body = Body.of((_HEAD + "\r\nhello").encode())

    async def read() -> list[bool]:
        here = await _started(1000)
        return [await here.read(body, one) is not None for one in whose]

    return asyncio.run(read())


def test_who_often_sends_what_takes_long_goes_to_workers_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_AWAY", 2)
    took([0.021] * 3 + [0.001] * 2, monkeypatch)
    assert read_here("aaaabaa") == [True, True, True, False, True, False, True]


def test_who_seldom_sends_what_takes_long_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_WITHIN", 4)
    took([0.021, 0.021, 0.001, 0.001] * 3, monkeypatch)
    assert read_here("a" * 12) == [True] * 12


def test_what_is_known_of_clients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_MOST_KNOWN", 1)
    took([0.021] * 5, monkeypatch)
    assert all(read_here("aabaa"))  # b took the place of a


def test_large_mail_is_left_to_workers() -> None:
    body = Body.of((_HEAD + "\r\nhello").encode())

    async def read(most: int) -> bool:
        return await (await _started(most)).read(body, "") is not None

    assert not asyncio.run(read(body.size - 1))
    assert asyncio.run(read(body.size))


def test_a_mail_of_another_size_with_files_is_tried_here() -> None:
    async def read(octets: bytes, most: int = 1000) -> bool:
        return await (await _started(most)).read(Body.of(octets), "") is not None

    noise = encoded(_NOISE * 30)
    assert asyncio.run(read(with_files(noise)))
    assert not asyncio.run(read(with_files(noise), most=0))
    assert not asyncio.run(read(with_files(encoded(_NOISE * 600))))
    assert not asyncio.run(read(_HEAD.encode() + b"\r\n" + b"a line of text\r\n" * 100))


def test_before_the_reader_is_loaded_all_mail_is_left_to_workers() -> None:
    body = Body.of((_HEAD + "\r\nhello").encode())
    assert asyncio.run(Letters(ReadingLimits(), body.size).read(body, "")) is None


def test_the_loop_goes_round_between_many_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_TURN", 0.0)
    body = Body.of((_HEAD + "\r\nhello").encode())
    turns: list[int] = []

    async def read() -> None:
        here = await _started(1000)
        loop = asyncio.get_running_loop()
        rounds = 0

        def count() -> None:
            nonlocal rounds
            rounds += 1
            loop.call_soon(count)

        async def one() -> None:
            await here.read(body, "")
            turns.append(rounds)

        loop.call_soon(count)
        await asyncio.gather(*(one() for _ in range(5)))

    asyncio.run(read())
    assert len(set(turns)) == 5
