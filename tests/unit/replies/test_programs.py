"""Answers as mail programs write them, each around our own letter, through the reader that reads all mail."""

from __future__ import annotations

import html as markup
from collections.abc import Callable
from email.message import EmailMessage
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.letters import letter, part

from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.replies.own_text import own_lines
from mailguard.replies.words import Understood, understood

LETTERS = {language: letter("held", language) for language in ("ja", "en")}
Style = Callable[[str, str], tuple[Literal["plain", "html"], str]]


def marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def in_html(text: str) -> str:
    return "".join(f"<div>{markup.escape(line) or '<br>'}</div>" for line in text.splitlines())


HEADER_JA = (
    "差出人: mailguard (株式会社コープ) <mailguard@corp.example>\n送信日時: 2026年11月26日木曜日 10:15\n"
    "宛先: 山田 花子 <ann@corp.example>\n件名: 【送信保留】お見積書をお送りします"
)
HEADER_EN = (
    "From: mailguard (Corp) <mailguard@corp.example>\nSent: Thursday, November 26, 2026 10:15 AM\n"
    "To: Ann Yamada <ann@corp.example>\nSubject: [Held] Quotation"
)
PROGRAMS: dict[str, Style] = {
    "outlook-ja": lambda said, quoted: ("plain", f"{said}\n\n-----Original Message-----\n{HEADER_JA}\n\n{quoted}"),
    "outlook-en": lambda said, quoted: ("plain", f"{said}\n\n-----Original Message-----\n{HEADER_EN}\n\n{quoted}"),
    "outlook-rule": lambda said, quoted: (
        "plain",
        f"{said}\n\n________________________________\n{HEADER_EN}\n\n{quoted}",
    ),
    "outlook-html-ja": lambda said, quoted: (
        "html",
        f'<html><body lang=JA><div class=WordSection1><p class=MsoNormal>{in_html(said)}</p><div style="border:none;'
        'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0mm 0mm 0mm"><p class=MsoNormal><b>差出人:</b> mailguard '
        "&lt;mailguard@corp.example&gt;<br><b>送信日時:</b> 2026年11月26日木曜日 10:15<br><b>宛先:</b> ann@corp.example"
        f"<br><b>件名:</b> 【送信保留】お見積書</p></div>{quoted}</div></body></html>",
    ),
    "outlook-mobile": lambda said, quoted: (
        "html",
        f'<div dir="ltr">{in_html(said)}</div><div id="x"><div>iOS 用 Outlook を入手</div></div>'
        '<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> mailguard '
        "&lt;mailguard@corp.example&gt;<br><b>Sent:</b> Thursday, November 26, 2026 10:15:12 AM<br><b>To:</b> Ann "
        f"&lt;ann@corp.example&gt;<br><b>Subject:</b> [Held]</font></div>{quoted}",
    ),
    "gmail-ja": lambda said, quoted: (
        "plain",
        f"{said}\n\n2026年11月26日(木) 10:15 mailguard (株式会社コープ) <mailguard@corp.example>:\n\n{marked(quoted)}",
    ),
    "gmail-html": lambda said, quoted: (
        "html",
        f'<div dir="ltr">{in_html(said)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Thu, '
        'Nov 26, 2026 at 10:15 AM mailguard &lt;<a href="mailto:m@corp.example">m@corp.example</a>&gt; wrote:<br></div>'
        f'<blockquote class="gmail_quote" style="border-left:1px #ccc solid">{quoted}</blockquote></div>',
    ),
    "apple-mail": lambda said, quoted: (
        "plain",
        f"{said}\n\n> On Nov 26, 2026, at 10:15, mailguard <mailguard@corp.example> wrote:\n> \n{marked(quoted)}",
    ),
    "apple-mail-html": lambda said, quoted: (
        "html",
        f'<html><body>{in_html(said)}<br><div><blockquote type="cite"><div>2026/11/26 10:15、mailguard '
        f"&lt;mailguard@corp.example&gt;のメール:</div><br><div>{quoted}</div></blockquote></div></body></html>",
    ),
    "iphone-ja": lambda said, quoted: (
        "plain",
        f"{said}\n\niPhoneから送信\n\n2026/11/26 10:15、mailguard <mailguard@corp.example>のメール:\n\n"
        f"{marked(quoted)}",
    ),
    "iphone-en": lambda said, quoted: (
        "plain",
        f"{said}\n\nSent from my iPhone\n\nOn Nov 26, 2026, at 10:15, mailguard <mailguard@corp.example> wrote:\n\n"
        f"{marked(quoted)}",
    ),
    "thunderbird-ja": lambda said, quoted: (
        "plain",
        f"{said}\n\nOn 2026/11/26 10:15, mailguard (株式会社コープ) wrote:\n{marked(quoted)}\n\n-- \n山田 花子",
    ),
    "thunderbird-below": lambda said, quoted: (
        "plain",
        f"On 26/11/2026 10:15, mailguard wrote:\n{marked(quoted)}\n\n{said}\n\n-- \nAnn",
    ),
    "android-gmail-cut": lambda said, quoted: (
        "plain",
        f"{said}\n\nOn Thu, 26 Nov 2026, 10:15 mailguard (Corp), <mailguard@corp.example>\nwrote:\n\n{marked(quoted)}",
    ),
    "becky": lambda said, quoted: (
        "plain",
        f'{said}\n\nOn Thu, 26 Nov 2026 10:15:12 +0900\n"mailguard" <m@corp.example> wrote:\n\n{marked(quoted)}',
    ),
    "yahoo-ja": lambda said, quoted: (
        "plain",
        f"{said}\n\n----- 元のメッセージ -----\n{HEADER_JA}\n\n{quoted}",
    ),
    "moto": lambda said, quoted: ("plain", f"{said}\n\n---- 元のメッセージ ----\n{quoted}"),
    "forwarded": lambda said, quoted: (
        "plain",
        f"{said}\n\n---------- Forwarded message ---------\n{HEADER_EN}\n{quoted}",
    ),
    "notes": lambda said, quoted: (
        "plain",
        f"{said}\n\n\nFrom:\tmailguard <mailguard@corp.example>\nTo:\tann@corp.example\nDate:\t2026/11/26 10:15\n"
        f"Subject:\t[Held] Quotation\n\n{quoted}",
    ),
    "signed": lambda said, quoted: (
        "plain",
        f"{said}\n\n==============================\n株式会社コープ 営業部\n山田 花子\nTEL 03-1234-5678\n"
        f"ann@corp.example\n==============================\n\n-----Original Message-----\n{HEADER_JA}\n\n{quoted}",
    ),
}


def answer(style: Style, said: str, language: str) -> Understood:
    kind, body = style(said, part(LETTERS[language], style(said, "")[0]))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@corp.example", "mailguard+x@corp.example", "Re: [Held]"
    mail.set_content(body, subtype=kind, charset="utf-8", cte="base64")
    facts = read_mail(mail.as_bytes(), ReadingLimits())
    return understood(own_lines(facts.written))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("said", "wish"),
    [("OK", "send"), ("送信してください。", "send"), ("取消", "stop"), ("cancel", "stop"), ("", "unclear")],
)
def test_every_program(program: str, said: str, wish: str, language: str) -> None:
    found = answer(PROGRAMS[program], said, language)
    assert (found.wish, found.people) == (wish, False), found


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_comment_is_only_what_was_written(program: str) -> None:
    found = answer(PROGRAMS[program], "却下します。\n金額が古いです。", "ja")
    assert (found.wish, found.comment) == ("stop", "金額が古いです。")


QUOTED = st.lists(
    st.sampled_from(
        ["送信", "OK", "取消", "はい", "yes", "send", "cancel", "承認します", "Ann", "", "見積書", "承認して送信"]
    ),
    max_size=8,
)


@settings(deadline=None)
@given(QUOTED, st.sampled_from(sorted(PROGRAMS)))
def test_quoted_text_never_acts(quoted: list[str], program: str) -> None:
    kind, body = PROGRAMS[program]("", "\n".join(quoted))
    if kind == "html":
        body = PROGRAMS[program]("", in_html("\n".join(quoted)))[1]
    mail = EmailMessage()
    mail["From"] = "ann@corp.example"
    mail.set_content(body, subtype=kind, charset="utf-8", cte="base64")
    assert understood(own_lines(read_mail(mail.as_bytes(), ReadingLimits()).written)).wish == "unclear"


@pytest.mark.parametrize("program", [name for name, style in PROGRAMS.items() if style("", "")[0] == "plain"])
def test_even_if_the_reader_told_nothing_apart_quoted_text_does_not_act(program: str) -> None:
    for said, wish in (("OK", "send"), ("cancel", "stop"), ("", "unclear")):
        text = PROGRAMS[program](said, "送信\nOK\n取消\n承認します")[1]
        # Below the quotation nobody knows where it ends: then nothing is understood.
        assert understood(own_lines(text)).wish == ("unclear" if program == "thunderbird-below" else wish)
