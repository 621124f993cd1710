"""AUTH: what the client's lines mean, and that anything else is refused."""

from __future__ import annotations

import asyncio
import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd.commands import Refused
from mailguard.smtpd.sasl import credentials


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


async def talk(argument: str, *answers: str | bytes) -> tuple[tuple[str, str], list[bytes]]:
    left, challenges = list(answers), []

    async def ask(challenge: bytes) -> bytes:
        challenges.append(challenge)
        answer = left.pop(0)
        return answer.encode() if isinstance(answer, str) else answer

    found = await credentials(argument, ask)
    return (found.name, found.password), challenges


async def refused(argument: str, *answers: str | bytes) -> Reply:
    with pytest.raises(Refused) as caught:
        await talk(argument, *answers)
    return caught.value.reply


async def test_plain_with_and_without_initial_response() -> None:
    line = b64("\0ann\0pa ss")
    assert await talk(f"PLAIN {line}") == (("ann", "pa ss"), [])
    assert await talk("plain", line) == (("ann", "pa ss"), [b""])


async def test_login_with_and_without_initial_response() -> None:
    wanted = ("ann@corp.example", "ひみつ")
    assert await talk("LOGIN", b64(wanted[0]), b64(wanted[1])) == (wanted, [b"Username:", b"Password:"])
    assert await talk(f"Login {b64(wanted[0])}", b64(wanted[1])) == (wanted, [b"Password:"])


@pytest.mark.parametrize(
    ("argument", "answers", "wanted"),
    [
        ("", (), replies.SYNTAX.with_text("syntax error: AUTH mechanism")),
        ("CRAM-MD5", (), replies.AUTH_MECHANISM),
        ("PLAIN", ("*",), replies.AUTH_CANCELLED),
        ("LOGIN", ("*",), replies.AUTH_CANCELLED),
        ("LOGIN", (b64("ann"), "*"), replies.AUTH_CANCELLED),
        ("PLAIN", ("a b",), replies.AUTH_NOT_BASE64),
        ("PLAIN ???", (), replies.AUTH_NOT_BASE64),
        ("PLAIN AAA", (), replies.AUTH_NOT_BASE64),
        ("PLAIN \udcff", (), replies.AUTH_NOT_BASE64),
        ("PLAIN =", (), replies.AUTH_MALFORMED),
        (f"PLAIN {b64('ann')}", (), replies.AUTH_MALFORMED),
        (f"PLAIN {b64(chr(0) * 3)}", (), replies.AUTH_MALFORMED),
        (f"PLAIN {b64(b'a' + bytes(1) + b'b' + bytes(1) + b'c')}", (), replies.AUTH_FAILED),
        (f"PLAIN {b64(bytes(1) + bytes([255]) + bytes(1) + b'x')}", (), replies.AUTH_MALFORMED),
    ],
)
async def test_refused(argument: str, answers: tuple[str, ...], wanted: Reply) -> None:
    assert await refused(argument, *answers) == wanted


@given(st.sampled_from(["PLAIN", "LOGIN"]), st.lists(st.binary(max_size=40), min_size=3, max_size=3))
def test_any_octets_are_credentials_or_refused(mechanism: str, answers: list[bytes]) -> None:
    for form in (answers, [base64.b64encode(answer) for answer in answers]):
        code = 235
        try:
            asyncio.run(talk(mechanism, *form))
        except Refused as end:
            code = end.reply.code
        assert code in (235, 501, 535)
