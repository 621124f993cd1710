"""A mail with a file, and everything that a rule can do to it: what pages about alterations are looked at with."""

from __future__ import annotations

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import (
    AddCc,
    AddHeader,
    Footer,
    Recipe,
    RemoveAttachment,
    TagSubject,
    ToBcc,
    ZipAttachments,
)

PROGRAM = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"  # of one NUL
OCTETS = (
    "From: =?utf-8?B?5bGx55Sw?= <ann@corp.example>\r\n"
    "To: =?utf-8?B?55Sw5Lit5qeY?= <tanaka@examp1e.co.jp>, sato@example.co.jp\r\nCc: boss@corp.example\r\n"
    "Subject: =?utf-8?B?44GK6KaL56mN?=\r\nMessage-ID: <original@corp.example>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
    "--m\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n田中様\r\n\r\nお見積書をお送りします。\r\n"
    '--m\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename="list.csv"\r\n\r\nname\r\n'
    '--m\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="run.exe"\r\n'
    "Content-Transfer-Encoding: base64\r\n\r\nAA==\r\n--m--\r\n"
).encode()
RECIPE: Recipe = (
    ToBcc(visible=("corp.example",)),
    AddCc(parse_address("archive@corp.example"), "保管"),
    TagSubject("[社外]"),
    AddHeader("X-Company-Class", "external"),
    Footer("このメールは社外へ送信されています。\n株式会社コープ", "This mail goes outside."),
    ZipAttachments(),
    RemoveAttachment(sha256=PROGRAM),
)
