"""Mails in HTML as real programs write them: what is shown, and that nothing of it is called hidden; and what hides."""

from __future__ import annotations

import base64

import pytest
from tests.golden.inspect.makers import CARD, attachment, mail, multipart, part, zip_of

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts

_WORD = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta name="Generator" content="Word 15">
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]--><style><!--
/* Font Definitions */
@font-face {font-family:"游ゴシック";panose-1:2 11 4 0 0 0 0 0 0 0;}
/* Style Definitions */
p.MsoNormal, li.MsoNormal {mso-style-unhide:no;margin:0mm;font-size:10.5pt;}
span.EmailStyle17 {mso-style-type:personal-compose;color:windowtext;}
div.WordSection1 {page:WordSection1;}
--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head>
<body lang="JA" link="#0563C1" style="text-justify-trim:punctuation"><div class="WordSection1">
<p class="MsoNormal"><span lang="EN-US">ABC</span>株式会社<span lang="EN-US"><o:p></o:p></span></p>
<p class="MsoNormal"><span style="color:white;background:navy">お見積</span><span lang="EN-US"><o:p>&nbsp;</o:p></span>
</p><table class="MsoNormalTable" border="1"><tr><td style="border:none;padding:0mm"><p class="MsoNormal">品名</p></td>
<td><p class="MsoNormal">数量</p></td></tr></table></div></body></html>"""
_GMAIL = """<div dir="ltr">佐藤様<div><br></div><div>お世話になっております。</div><br clear="all"><div dir="ltr"
class="gmail_signature"><font color="#888888">山田</font></div></div><br><div class="gmail_quote"><blockquote
class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">前の文</blockquote></div>"""
_NEWSLETTER = """<!doctype html><html><head><title>お知らせ</title><style>
body{margin:0;background:#f4f4f4} .head{background-color:#003366} a{color:#0066cc}
.mobile-only{font-size:14px} @media (max-width:600px){.desktop{display:none!important} .head{background:#fff}}
</style></head><body><table width="100%" bgcolor="#f4f4f4"><tr><td class="head" style="color:#ffffff">今月のお知らせ
</td></tr><tr><td class="desktop" style="overflow:hidden;font-size:0;line-height:0"><span style="font-size:14px;
line-height:1.5;color:#333333">本文です</span></td></tr><tr><td
style="background:url(x.png) #fff;color:#fff">絵の上</td></tr></table>
<img src="https://x.example/o.gif?u=1" width="1" height="1" alt=""></body></html>"""


def _html(page: str) -> Facts:
    return read_mail(mail(page.encode(), b"Content-Type: text/html; charset=utf-8"))


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (_WORD, ["ABC株式会社", "お見積", "品名", "数量"]),
        (_GMAIL, ["佐藤様", "お世話になっております。", "山田", "前の文"]),
        (_NEWSLETTER, ["今月のお知らせ", "本文です", "絵の上"]),
    ],
    ids=["word", "gmail", "newsletter"],
)
def test_ordinary_pages(page: str, shown: list[str]) -> None:
    facts = _html(page)
    assert facts.text.split()[: len(shown)] == shown
    assert facts.findings == ()


def test_a_preheader_is_hidden_text() -> None:
    facts = _html('<div style="display:none;max-height:0;overflow:hidden">今月の特集</div><p>本文</p>')
    assert facts.text.split() == ["本文", "今月の特集"]
    assert [one.code for one in facts.findings] == ["hidden_text"]


def test_a_file_inside_a_page_is_a_file() -> None:
    octets = zip_of({"a.csv": f"山田太郎,{CARD}\n".encode()})
    link = f'<a download="a.zip" href="data:application/zip;base64,{base64.b64encode(octets).decode()}">x</a>'
    quoting = f"<blockquote>before</blockquote>{link}"
    for facts in (
        _html(link),
        _html(quoting),
        read_mail(multipart(part(b"x"), attachment(link.encode(), "a.html", "text/html"))),
    ):
        top = facts.attachments[0]
        inner = top.members[0] if top.filename == "a.html" else top
        assert (inner.filename, inner.members[0].filename) == ("a.zip", "a.csv")
        assert facts.personal_data["payment_card"].values == (CARD,)


def test_text_and_html_that_differ_are_both_read() -> None:
    facts = read_mail(
        multipart(
            part(b"harmless\r\n", b"Content-Type: text/plain"),
            part(f"<p>KINGFISHER {CARD}</p>".encode(), b"Content-Type: text/html"),
            kind="alternative",
        )
    )
    assert facts.text.split() == ["harmless", "KINGFISHER", CARD]
