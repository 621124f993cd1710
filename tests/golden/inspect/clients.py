"""How real programs write ordinary mail: their header fields, charsets, encodings and boundaries; and what people write
in it that only looks like MIME.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

MARK = "見積書の件"
LETTER = f"株式会社例　佐藤様\r\n\r\nお世話になっております。{MARK}、添付をご確認ください。\r\n\r\n-- \r\n山田太郎\r\n"


@dataclass(frozen=True)
class Client:
    """How a program writes: its boundaries (`#` is a number), charset, encoding, and the fields it adds."""

    boundary: str
    charset: str = "utf-8"
    encoding: str = "base64"
    fields: bytes = b"MIME-Version: 1.0\r\n"
    text: str = 'text/plain; charset="{}"'
    end: bytes = b"\r\n"
    preamble: bytes = b""
    epilogue: bytes = b""
    quote: str = '"'


_PREAMBLE = b"This is a multi-part message in MIME format.\r\n\r\n"
CLIENTS = {
    "outlook": Client(
        "----=_NextPart_000_00#_01DB4A5E.7C6F2A10",
        "iso-2022-jp",
        "7bit",
        text='text/plain;\r\n\tcharset="{}"',
        preamble=_PREAMBLE,
        fields=b"MIME-Version: 1.0\r\nX-Mailer: Microsoft Outlook 16.0\r\nThread-Index: AdtKXn==\r\n"
        b"Content-Language: ja\r\n",
    ),
    "outlook-express": Client(
        "----=_NextPart_000_000#_01C8.A",
        "iso-2022-jp",
        "7bit",
        preamble=_PREAMBLE,
        fields=b"MIME-Version: 1.0\r\nX-Priority: 3\r\n",
        text='text/plain; format=flowed; charset="{}"; reply-type=original',
    ),
    "exchange": Client(
        "_00#_TYCPR01MB1234ABCDEF0TYCPR01MBjpnp_",
        encoding="base64",
        fields=b"X-MS-Has-Attach: yes\r\nX-MS-TNEF-Correlator:\r\n"
        b"x-ms-exchange-antispam-messagedata-0: =?utf-8?B?"
        + b"QUJD" * 15
        + b"?=\r\n =?utf-8?B?"
        + b"QUJD" * 15
        + b"?=\r\nMIME-Version: 1.0\r\nContent-Language: ja-JP\r\n",
    ),
    "apple-mail": Client(
        "Apple-Mail=_5B2C1D-0#-4F3A-9E",
        encoding="quoted-printable",
        fields=b"Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.300.61.1.2\\))\r\n",
        text="text/plain;\r\n\tcharset={}",
    ),
    "apple-mail-old": Client(
        "Apple-Mail-#--10293847",
        "iso-2022-jp",
        "7bit",
        fields=b"Mime-Version: 1.0 (Apple Message framework v624)\r\n",
        text="text/plain; charset={}; format=flowed; delsp=yes",
        quote="",
    ),
    "ios": Client(
        "Apple-Mail-0A1B-#",
        encoding="quoted-printable",
        fields=b"Mime-Version: 1.0 (1.0)\r\nX-Mailer: iPhone Mail (21G93)\r\n",
        quote="",
        text="text/plain;\r\n\tcharset={}",
    ),
    "gmail": Client(
        "00000000000#b2f1a062a1b2c3", fields=b"MIME-Version: 1.0\r\nX-Received: by 2002:a17 with SMTP id x; Mon\r\n"
    ),
    "gmail-app": Client("0000000#", encoding="quoted-printable", fields=b"MIME-Version: 1.0\r\n"),
    "thunderbird": Client(
        "------------0#Dv9Xk1yZbT2",
        encoding="8bit",
        preamble=b"This is a multi-part message in MIME format.\r\n",
        fields=b"MIME-Version: 1.0\r\nUser-Agent: Mozilla Thunderbird\r\nContent-Language: ja\r\n",
        text="text/plain; charset={}; format=flowed",
    ),
    "becky": Client(
        "------_4F1E2D3C_#_MULTIPART_MIXED_",
        "iso-2022-jp",
        "7bit",
        fields=b"MIME-Version: 1.0\r\nX-Mailer: Becky! ver. 2.81.04 [ja]\r\n",
    ),
    "shuriken": Client(
        "---=_Shuriken_Pro_#_part", "iso-2022-jp", "7bit", fields=b"MIME-Version: 1.0\r\nX-Mailer: Shuriken 2018\r\n"
    ),
    "al-mail": Client(
        "*-*-*- ALMail32 Boundary #",
        "iso-2022-jp",
        "7bit",
        fields=b"Mime-Version: 1.0\r\nX-Mailer: AL-Mail32 Version 1.13\r\n",
    ),
    "cybozu": Client("=_cybozu_#_", "iso-2022-jp", "7bit", fields=b"MIME-Version: 1.0\r\nX-Mailer: Cybozu Office\r\n"),
    "garoon": Client("_=_#_cb_garoon_=_", fields=b"MIME-Version: 1.0\r\nX-Mailer: Cybozu Garoon 5\r\n"),
    "desknets": Client("=_MIME_BOUNDARY_0#_desknets", fields=b"MIME-Version: 1.0\r\nX-Mailer: desknet's NEO\r\n"),
    "denshi": Client("Boundary_(ID_#abcDEF)", "iso-2022-jp", "7bit", fields=b"MIME-version: 1.0\r\n"),
    "notes": Client(
        "=_alternative 0#83D7F249258B4A_=",
        "iso-2022-jp",
        "7bit",
        fields=b"MIME-Version: 1.0\r\nX-Mailer: Lotus Notes Release 9.0\r\nX-MIMETrack: Serialize by Router\r\n",
        preamble=b"This is a multipart message in MIME format.\r\n",
    ),
    "domino": Client(
        "=_mixed 00#B2A1_=",
        fields=b"MIME-Version: 1.0\r\nX-KeepSent: 1\r\n",
        text='text/plain; charset="{}"; format=flowed',
    ),
    "mailx": Client(
        "=-=#-mailx=",
        encoding="8bit",
        fields=b"MIME-Version: 1.0\r\nUser-Agent: Heirloom mailx 12.5\r\n",
        text="text/plain; charset={}",
    ),
    "s-nail": Client(
        "=-=abc#=-=",
        encoding="quoted-printable",
        fields=b"MIME-Version: 1.0\r\n",
        epilogue=b"\r\n\r\n",
        end=b"\n",
        text="text/plain; charset={}",
    ),
    "sendmail": Client(
        "#.QAA12345/gate.corp.example",
        "us-ascii",
        "7bit",
        fields=b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
        preamble=b"This is a MIME-encapsulated message\r\n\r\n",
    ),
    "phpmailer": Client(
        "b#_4c1d2e3f",
        fields=b"X-Mailer: PHPMailer 6.9.1 (https://example.org)\r\nMIME-Version: 1.0\r\n",
        text="text/plain; charset={}",
    ),
    "javamail": Client(
        "----=_Part_#_1234567.1698765432100",
        encoding="quoted-printable",
        fields=b"MIME-Version: 1.0\r\n",
        text="text/plain; charset={}",
    ),
    "dotnet": Client(
        "--boundary_#_8e1b2c3d-4f5a",
        encoding="base64",
        fields=b"MIME-Version: 1.0\r\n",
        quote="",
        text="text/plain; charset={}",
    ),
    "nodemailer": Client(
        "--_NmP-1a2b3c#-Part_1",
        encoding="quoted-printable",
        fields=b"MIME-Version: 1.0\r\n",
        text="text/plain; charset={}",
    ),
    "python": Client("===============1234567890#==", encoding="base64", fields=b"MIME-Version: 1.0\r\n"),
    "swaks": Client(
        "----=_MIME_BOUNDARY_000_#",
        encoding="8bit",
        fields=b"X-Mailer: swaks v20240103.0\r\nMIME-Version: 1.0\r\n",
        text="text/plain; charset={}",
    ),
    "perl": Client("_----------=_169#", fields=b"MIME-Version: 1.0\r\nX-Mailer: MIME::Lite 3.03\r\n"),
    "rails": Client(
        "--==_mimepart_6#_1a2b",
        encoding="quoted-printable",
        fields=b"Mime-Version: 1.0\r\n",
        text="text/plain;\r\n charset={}",
    ),
    "mutt": Client("rwEMma7ioTxnRzr#", encoding="8bit", fields=b"MIME-Version: 1.0\r\n", text="text/plain; charset={}"),
    "evolution": Client("=-A#bcDEF+/xyz", fields=b"MIME-Version: 1.0\r\n"),
    "kmail": Client("nextPart1234#.abc", fields=b"MIME-Version: 1.0\r\n"),
    "wanderlust": Client(
        "Multipart_Mon_Jan__1_00:00:0#_2024-1",
        "iso-2022-jp",
        "7bit",
        fields=b'MIME-Version: 1.0 (generated by SEMI 1.14.7 - "Harue")\r\n',
        text="text/plain; charset={}",
    ),
    "mew": Client(
        "--Next_Part(Mon_Jan__1_00_00_00_2024_#)--",
        "iso-2022-jp",
        "7bit",
        fields=b"Mime-Version: 1.0\r\n",
        text="Text/Plain; charset={}",
    ),
    "eudora": Client(
        "=====================_#==_",
        "iso-2022-jp",
        "7bit",
        fields=b"Mime-Version: 1.0\r\n",
        text='text/plain; charset="{}"; format=flowed',
    ),
    "groupwise": Client("=__Part#.0__=", fields=b"Mime-Version: 1.0\r\nX-Mailer: Novell GroupWise\r\n"),
    "hotmail": Client("_#a1b2c3d4-e5f6_", fields=b"MIME-Version: 1.0\r\n"),
    "yahoo": Client("----=_Part_#_987.654", fields=b"MIME-Version: 1.0\r\n", encoding="quoted-printable"),
    "ses": Client(
        "----=_Part_#_77.1", encoding="7bit", charset="us-ascii", fields=b"MIME-Version: 1.0\r\nFeedback-ID: x\r\n"
    ),
    "no-version": Client("x#", fields=b""),
}

#: Boundaries by themselves: legal, and seen.
BOUNDARIES = (
    "boundary",
    "boundary-1",
    "_boundary_",
    "=_",
    "=",
    "a b",
    "a  b c",
    "'quoted'",
    "(paren)",
    "a(b)c",
    "a/b",
    "a.b",
    "a:b",
    "a=b",
    "a?b",
    "a,b",
    "a+b",
    "--a",
    "--",
    "a--",
    "--a--",
    "---",
    "-",
    "a" * 70,
    "0",
    "..",
    "__",
    "----",
    "multipart/mixed",
    "content-type",
    "Content-Type: x",
    "charset=utf-8",
    "a_b'c(d)+,-./:=?",
    "#$%&*!{}|~^`@",
)

#: What people write that only looks like MIME.
BODIES = {
    "letter": "",
    "signature": "--\r\n山田\r\n--\r\n-----\r\n",
    "dashes": "--edge\r\n--\r\n----------\r\n--- text ---\r\n",
    "headers": "設定は次の通りです。\r\n\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: base64\r\nSubject: x\r\n",
    "curl": "$ curl -i http://x.example/\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}\r\n",
    "form": "POST /up HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=X\r\n\r\n--X\r\n"
    "Content-Disposition: form-data; name=a\r\n\r\n1\r\n--X--\r\n",
    "source": "次のソースが届きました。\r\n\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
    'boundary="a"\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nhello\r\n--a--\r\n',
    "quoted-source": '> Content-Type: multipart/mixed; boundary="a"\r\n> \r\n> --a\r\n> Content-Type: '
    "text/plain\r\n> \r\n> hello\r\n> --a--\r\n",
    "indented": "    Content-Type: text/plain\r\n    --a\r\n\tContent-Type: x\r\n",
    "begin": "begin 644 the work as we said\r\nand end\r\nend\r\nbegin\r\n",
    "token": "key = " + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=" * 3 + "\r\n",
    "pem": "-----BEGIN CERTIFICATE-----\r\n"
    + base64.encodebytes(bytes(range(256)) * 3).decode().replace("\n", "\r\n")
    + "-----END CERTIFICATE-----\r\n",
    "ssh": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ" + "C7x" * 110 + " ann@pc\r\n",
    "hex": ("0123456789abcdef" * 4 + "\r\n") * 20,
    "diff": "diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1,2 +1,2 @@\r\n-Content-Type: a\r\n"
    "+Content-Type: b\r\n-- \r\n2.39.2\r\n",
    "log": "Jan  1 00:00:00 mx postfix/cleanup[1]: warning: header Content-Type: multipart/mixed; "
    'boundary="x"\r\nContent-Type: not parsed\r\n',
    "escapes": "http://x.example/?a=41&b=42&c=43&d=4A==\r\n=E3=81=82 は「あ」です。\r\n=\r\n",
    "equals": "=====\r\n=== x ===\r\na=b\r\n",
    "python": "msg['Content-Type'] = 'text/plain'\r\nContent-Type : x\r\nboundary=\"--a\"\r\nfor x in y: print(x)\r\n",
    "url": "https://x.example/" + "a1B2" * 300 + "\r\n",
    "long": "長い行" * 2000 + "\r\n",
    "yaml": "apiVersion: v1\r\nkind: Secret\r\ndata:\r\n  a: QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n",
    "from": "From here on\r\n>From there\r\n.\r\n..\r\n",
    "outlook-reply": "-----Original Message-----\r\nFrom: a@b.example\r\nSent: Monday\r\nTo: "
    "c@d.example\r\nSubject: x\r\n\r\nhello\r\n________________________________\r\n",
    "forward": "---------- Forwarded message ---------\r\nFrom: A <a@b.example>\r\nDate: Mon\r\nSubject: "
    "x\r\nTo: <c@d.example>\r\n\r\nhello\r\n",
    "qmail-bounce": "--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <a@b.example>\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="q"\r\n\r\n'
    "--q\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\nhi\r\n--q--\r\n",
    "blank": "\r\n\r\n \r\n\t\r\n",
    "colon": "Note: please read\r\nTo: everybody\r\n",
}
