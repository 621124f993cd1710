"""The golden mails: a name, the octets, and the facts that must be found (or must not be) in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.golden.inspect.makers import (
    CARD,
    CARD_2,
    HEAD,
    MY_NUMBER,
    attachment,
    b64,
    compound,
    docx,
    file_mail,
    mail,
    multipart,
    paragraph,
    part,
    pkcs7,
    raw_zip,
    tar_of,
    text_mail,
    word,
    xlsx,
    zip_of,
    zipped,
)


@dataclass(frozen=True)
class Case:
    """What must hold of the facts of a mail; whatever is empty is not looked at."""

    name: str
    octets: bytes
    text: tuple[str, ...] = ()  # in the mail's own text
    inside: tuple[str, ...] = ()  # in the text of some file
    subject: str | None = None
    to: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None  # the names of the top level, exactly
    members: tuple[str, ...] = ()
    types: tuple[str, ...] = ()  # short types of all files
    cards: tuple[str, ...] = ()
    my_numbers: tuple[str, ...] = ()
    encrypted: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    nothing: bool = False  # no finding at all
    not_text: tuple[str, ...] = ()
    persons: int | None = None
    facts: dict[str, object] = field(default_factory=dict)


_JIS_MS = b"\x1b$B5!L)\x1b(B \x1b$B-!-b-j\x1b(B \x1b(I6]\x1b(B"  # 機密 ①№㈱ ｶﾝ
_SECRET = "機密事項の一覧"
_PLAIN = part(b"see the file\r\n", b"Content-Type: text/plain")
_PAYLOAD = f"KINGFISHER {CARD}".encode()

ENCODINGS = (
    Case("plain-utf8", text_mail(f"{_SECRET}です".encode(), "utf-8"), text=(_SECRET,), nothing=True),
    Case("jis-microsoft", text_mail(_JIS_MS, "ISO-2022-JP"), text=("機密 ①№㈱ ｶﾝ",), nothing=True),
    Case("jis-under-ascii", text_mail(_JIS_MS, "us-ascii"), text=("機密",)),
    Case("jis-without-label", mail(_JIS_MS), text=("㈱",)),
    Case("sjis-as-932", text_mail("①㈱髙橋﨑".encode("cp932"), "Shift_JIS"), text=("①㈱髙橋﨑",), nothing=True),
    Case("euc-microsoft", text_mail(b"\xad\xa1\xad\xea" + "機密".encode("euc_jp"), "EUC-JP"), text=("①㈱機密",)),
    Case("utf7", text_mail(_SECRET.encode("utf-7"), "utf-7"), text=(_SECRET,)),
    Case("gb18030", text_mail("机密文件，请勿外传".encode("gb18030"), "gb2312"), text=("机密文件",)),
    Case("utf8-under-latin1", text_mail(_SECRET.encode(), "iso-8859-1"), text=(_SECRET,)),
    Case("sjis-without-label", mail(f"{_SECRET}をお送りします".encode("cp932")), text=(_SECRET,)),
    Case("euc-under-sjis", text_mail(f"{_SECRET}をお送りします".encode("euc_jp"), "shift_jis"), text=(_SECRET,)),
    Case("unknown-label", text_mail(_SECRET.encode(), "x-nowhere"), text=(_SECRET,)),
    Case("flowed", mail(b"4012 8888 \r\n8888 1881\r\n", b"Content-Type: text/plain; format=flowed"), cards=(CARD,)),
    Case(
        "html-tags-in-words",
        mail(f"<p>機<b>密</b>事項</p><td>{CARD[:8]}</td>".encode(), b"Content-Type: text/html; charset=utf-8"),
        text=("機密事項",),
        cards=(),
    ),
    Case(
        "html-digits-in-tags",
        mail("".join(f"<i>{ch}</i>" for ch in CARD).encode(), b"Content-Type: text/html"),
        cards=(CARD,),
        nothing=True,
    ),
    Case(
        "html-hidden",
        mail(b'<p>hello</p><div style="display:none">KINGFISHER</div>', b"Content-Type: text/html"),
        text=("hello", "KINGFISHER"),
        findings=("hidden_text",),
    ),
    Case(
        "html-meta-charset",
        mail("<meta charset=euc-jp><p>機密事項です</p>".encode("euc_jp"), b"Content-Type: text/html"),
        text=("機密事項",),
    ),
)

HEADERS = (
    Case("subject-words", mail(b"x", b"Subject: " + word("機密①", "cp932", "Shift_JIS")), subject="機密①"),
    Case("subject-jis-words", mail(b"x", b"Subject: =?iso-2022-jp?B?GyRCLWobKEI=?="), subject="㈱"),
    Case(
        "subject-cut-in-a-character",
        mail(b"x", b"Subject: =?utf-8?B?5qmf5a8=?=\r\n =?utf-8?B?hg==?="),
        subject="機密",
    ),
    Case("subject-raw-sjis", mail(b"x", "Subject: 機密の件について".encode("cp932")), subject="機密の件について"),
    Case(
        "subject-twice",
        mail(b"x", b"Subject: one", b"Subject: two"),
        subject="one / two",
        findings=("malformed_header",),
    ),
    Case("no-subject", mail(b"x"), facts={"headers.subject": None}),
    Case(
        "to-forms",
        mail(b"x", b'Cc: "Doe, Jane" <jane@x.example>, (boss@corp.example) eve@evil.example; kim@k.example'),
        facts={"cc": ("jane@x.example", "eve@evil.example", "kim@k.example")},
    ),
    Case("bcc-left-in", mail(b"x", b"Bcc: spy@x.example"), findings=("bcc_header",)),
    Case("reply", mail(b"x", b"Subject: RE: plan"), facts={"is_reply": True}),
    Case("auto", mail(b"x", b"Auto-Submitted: auto-replied"), facts={"kind": "auto_reply", "auto_generated": True}),
    Case("not-auto", mail(b"x", b"Auto-Submitted: no"), facts={"kind": "ordinary", "auto_generated": False}),
    Case("marks", mail(b"x", b"X-Mailguard-Processed: abc.def", b"Received: x"), facts={"own_marks": ("abc.def",)}),
)


def _named(disposition: str, kind: str = "application/pdf") -> bytes:
    return multipart(_PLAIN, part(b"%PDF-1.4", f"Content-Type: {kind}".encode(), disposition.encode()))


_CD = "Content-Disposition: attachment; "
NAMES = (
    Case("name-2231", _named(_CD + "filename*=utf-8''%E6%A9%9F%E5%AF%86.pdf"), files=("機密.pdf",)),
    Case(
        "name-2231-sections",
        _named(_CD + "filename*1*=%AF%86.pdf; filename*0*=utf-8''%E6%A9%9F%E5"),
        files=("機密.pdf",),
    ),
    Case("name-2231-sjis", _named(_CD + "filename*=Shift_JIS'ja'%8B%40%96%A7.pdf"), files=("機密.pdf",)),
    Case("name-word-in-quotes", _named(_CD + 'filename="=?iso-2022-jp?B?GyRCNSFMKRsoQg==?=.pdf"'), files=("機密.pdf",)),
    Case("name-word-bare", _named(_CD + "filename==?utf-8?B?5qmf5a+GLnBkZg==?="), files=("機密.pdf",)),
    Case("name-spaces-bare", _named(_CD + "filename=final price list.pdf"), files=("final price list.pdf",)),
    Case("name-escaped", _named(_CD + r'filename="a\"b;c.pdf"'), files=('a"b;c.pdf',)),
    Case("name-path", _named(_CD + r'filename="..\..\x\plan.pdf"'), files=("plan.pdf", "....xplan.pdf")),
    Case("name-type-only", _named("X-Nothing: 1", 'application/pdf; name="plan.pdf"'), files=("plan.pdf",)),
    Case(
        "names-differ",
        _named(_CD + 'filename="plan.exe"', 'application/pdf; name="plan.pdf"'),
        files=("plan.exe", "plan.pdf"),
        findings=("ambiguous_mime",),
    ),
    Case(
        "name-stand-in",
        _named(_CD + "filename=\"??.pdf\"; filename*=utf-8''%E6%A9%9F%E5%AF%86.pdf"),
        files=("機密.pdf",),
    ),
    Case("name-bidi", _named(_CD + "filename*=utf-8''a%E2%80%AEfdp.exe"), findings=("bidi_filename",)),
    Case("name-double", file_mail(b"MZ" + bytes(200), "bill.pdf.exe"), findings=("double_extension", "executable")),
    Case(
        "name-lies", file_mail(b"MZ" + bytes(200), "bill.pdf"), types=("exe",), findings=("type_mismatch", "executable")
    ),
    Case(
        "name-raw-sjis",
        multipart(
            _PLAIN,
            part(
                b"x",
                b"Content-Type: text/plain",
                'Content-Disposition: attachment; filename="表一覧.txt"'.encode("cp932"),
            ),
        ),
        files=("表一覧.txt",),
    ),
)

_FOUR = {"a.txt": b"alpha", "b/c.csv": f"氏名,カード\n山田太郎,{CARD}\n佐藤花子,{CARD_2}\n".encode("cp932")}
FILES = (
    Case("csv-sjis", file_mail(_FOUR["b/c.csv"], "a.csv"), inside=("山田太郎",), cards=(CARD, CARD_2), persons=2),
    Case(
        "zip",
        file_mail(zip_of(_FOUR), "a.zip"),
        members=("a.txt", "b/c.csv"),
        inside=("alpha",),
        cards=(CARD, CARD_2),
        nothing=True,
    ),
    Case(
        "zip-in-zip",
        file_mail(zipped(in__zip=zip_of(_FOUR)), "a.zip"),
        members=("in.zip", "b/c.csv"),
        cards=(CARD, CARD_2),
    ),
    Case(
        "zip-sjis-name",
        file_mail(raw_zip("顧客表.txt".encode("cp932"), b"alpha"), "a.zip"),
        members=("顧客表.txt",),
        nothing=True,
    ),
    Case(
        "zip-encrypted",
        file_mail(raw_zip(b"list.csv", b"x" * 40, flags=1), "a.zip"),
        encrypted=("a.zip", "list.csv"),
        findings=("encrypted",),
    ),
    Case("zip-bomb", file_mail(raw_zip(b"x", bytes(3 * 2**20), method=8), "a.zip"), findings=("bomb",)),
    Case(
        "zip-lying-size",
        file_mail(raw_zip(b"x", b"a" * 500, method=8, claimed=10), "a.zip"),
        findings=("ambiguous_archive",),
    ),
    Case(
        "zip-behind-a-stub",
        file_mail(b"#!stub\n" + b"\0" * 99 + zip_of(_FOUR), "a.run"),
        members=("a.txt",),
        cards=(CARD, CARD_2),
    ),
    Case(
        "zip-two-in-one",
        file_mail(zip_of({"one.txt": b"alpha"}) + zip_of({"two.txt": b"beta"}), "a.zip"),
        members=("one.txt", "two.txt"),
        findings=("ambiguous_archive",),
    ),
    Case("zip-cut-off", file_mail(zip_of(_FOUR)[:-60], "a.zip"), findings=("unparseable_attachment",)),
    Case("tar-gz", file_mail(tar_of(_FOUR), "a.tgz"), members=("b/c.csv",), cards=(CARD, CARD_2), nothing=True),
    Case("tar-xz", file_mail(tar_of(_FOUR, "w:xz"), "a.tar.xz"), members=("a.txt",), inside=("alpha",)),
    Case(
        "docx-runs",
        file_mail(docx(paragraph("KING", "FISHER", CARD[:5], CARD[5:])), "a.docx"),
        types=("docx",),
        inside=("KINGFISHER",),
        cards=(),
        nothing=True,
    ),
    Case(
        "docx-deleted-and-header",
        file_mail(
            docx(
                "<w:p><w:del><w:r><w:delText>KINGFISHER</w:delText></w:r></w:del></w:p>",
                word___header1__xml=b"<hdr><t>confidential</t></hdr>",
            ),
            "a.dat",
        ),
        types=("docx",),
        inside=("KINGFISHER", "confidential"),
    ),
    Case(
        "docx-table-of-people",
        file_mail(
            docx(
                "<w:tbl>"
                + "".join(
                    "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
                    for row in (
                        ("氏名", "電話"),
                        ("山田太郎", "090-1111-2222"),
                        ("佐藤花子", "090-1111-3333"),
                        ("鈴木一郎", ""),
                    )
                )
                + "</w:tbl>"
            ),
            "a.docx",
        ),
        inside=("山田太郎",),
        persons=3,
    ),
    Case(
        "docx-embedded",
        file_mail(docx(paragraph("x"), word___embeddings___s__xlsx=xlsx([["KINGFISHER"]])), "a.docx"),
        members=("s.xlsx",),
        inside=("KINGFISHER",),
    ),
    Case("docx-macro", file_mail(docx(paragraph("x"), word___vbaProject__bin=b"x"), "a.docm"), findings=("macro",)),
    Case(
        "docx-entities",
        file_mail(docx("", word___x__xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a><t>&b;</t></a>'), "a.docx"),
        findings=("unparseable_attachment",),
    ),
    Case(
        "xlsx",
        file_mail(xlsx([["氏名", "番号"], ["山田太郎", CARD], ["佐藤花子", CARD_2]]), "a.xlsx"),
        types=("xlsx",),
        inside=("山田太郎", "顧客一覧"),
        cards=(CARD, CARD_2),
        persons=2,
        nothing=True,
    ),
    Case(
        "xlsx-inline-and-float",
        file_mail(xlsx([["memo", 4.012888888881881e15]], shared=False), "a.xlsx"),
        cards=(CARD,),
    ),
    Case(
        "office-with-password",
        file_mail(compound("EncryptionInfo", "EncryptedPackage"), "a.xlsx"),
        types=("xlsx",),
        encrypted=("a.xlsx",),
        findings=("encrypted",),
    ),
    Case(
        "old-word",
        file_mail(compound("WordDocument", "1Table"), "a.doc"),
        types=("doc",),
        findings=("not_inspectable",),
    ),
    Case(
        "rtf",
        file_mail(rb"{\rtf1\ansi\ansicpg932{\fonttbl{\f0 MS}}\'8b\'40\'96\'a7 KING\u70 ?ISHER\par}", "a.rtf"),
        types=("rtf",),
        inside=("機密", "KINGFISHER"),
    ),
    Case(
        "eml",
        file_mail(text_mail(b"KINGFISHER\r\n", "utf-8", b"Subject: inner"), "a.eml"),
        types=("eml",),
        inside=("KINGFISHER", "inner"),
    ),
    Case("unknown", file_mail(bytes(range(256)) * 4, "a.bin"), findings=("not_inspectable",)),
    Case("picture", file_mail(b"\x89PNG\r\n\x1a\n" + bytes(99), "a.png"), types=("png",), nothing=True),
    Case(
        "vcards",
        file_mail(
            b"".join(b"BEGIN:VCARD\r\nFN:%s\r\nEND:VCARD\r\n" % name for name in (b"Ann", b"Bob", b"Eve")), "a.vcf"
        ),
        types=("vcf",),
        persons=3,
    ),
    Case("empty", file_mail(b"", "a.txt"), files=("a.txt",)),
)

_INNER = multipart(_PLAIN, attachment(_PAYLOAD, "inner.txt"), boundary="inner")
STRUCTURE = (
    Case(
        "message",
        multipart(_PLAIN, part(_INNER, b"Content-Type: message/rfc822")),
        files=("", "inner.txt"),
        cards=(CARD,),
        nothing=True,
    ),
    Case(
        "message-in-base64",
        multipart(_PLAIN, part(b64(_INNER), b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64")),
        files=("", "inner.txt"),
        cards=(CARD,),
    ),
    Case(
        "alternative-as-mixed",
        multipart(_PLAIN, attachment(_PAYLOAD, "a.txt"), kind="alternative"),
        files=("a.txt",),
        cards=(CARD,),
        nothing=True,
    ),
    Case(
        "not-closed",
        mail(b"--x\r\n\r\nhello\r\n--x\r\n\r\nKINGFISHER", b"Content-Type: multipart/mixed; boundary=x"),
        text=("hello", "KINGFISHER"),
        nothing=True,
    ),
    Case(
        "uuencode",
        mail(b"hi\r\nbegin 644 k.txt\r\n+2TE.1T9)4TA%4B$ \r\n`\r\nend\r\n", b"Content-Type: text/plain"),
        files=("k.txt",),
        inside=("KINGFISHER!",),
    ),
    Case(
        "smime-signed",
        mail(
            b64(pkcs7(2, part(b"KINGFISHER\r\n", b"Content-Type: text/plain"))),
            b"Content-Type: application/pkcs7-mime; smime-type=signed-data",
            b"Content-Transfer-Encoding: base64",
        ),
        text=("KINGFISHER",),
        facts={"signed": True, "encrypted": False},
    ),
    Case(
        "smime-encrypted",
        mail(b64(pkcs7(3, b"x")), b"Content-Type: application/pkcs7-mime", b"Content-Transfer-Encoding: base64"),
        encrypted=("",),
        findings=("encrypted", "not_inspectable"),
        facts={"encrypted": True},
    ),
    Case(
        "smime-signature",
        multipart(_PLAIN, attachment(pkcs7(2, None), "smime.p7s", "application/pkcs7-signature"), kind="signed"),
        types=("p7s",),
        nothing=True,
        facts={"signed": True},
    ),
    Case(
        "pgp-mime",
        multipart(
            part(b"Version: 1", b"Content-Type: application/pgp-encrypted"),
            attachment(b"-----BEGIN PGP MESSAGE-----\n", "e.asc"),
            kind="encrypted",
        ),
        encrypted=("e.asc",),
        findings=("encrypted",),
        facts={"encrypted": True},
    ),
    Case("partial", mail(b"x", b"Content-Type: message/partial; id=1; number=1; total=2"), findings=("partial",)),
    Case(
        "external",
        mail(b"x", b'Content-Type: message/external-body; access-type=url; url="http://x.example/"'),
        findings=("external_body",),
    ),
    Case(
        "calendar-reply",
        mail(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n", b"Content-Type: text/calendar; method=REPLY"),
        facts={"kind": "calendar_reply", "calendar": "REPLY"},
    ),
    Case(
        "invitation",
        mail(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", b"Content-Type: text/calendar; method=REQUEST"),
        facts={"kind": "ordinary", "calendar": "REQUEST"},
    ),
    Case(
        "calendar-with-luggage",
        multipart(
            part(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n", b"Content-Type: text/calendar"),
            attachment(xlsx([["x"]]), "a.xlsx"),
        ),
        facts={"kind": "ordinary"},
    ),
    Case(
        "receipt",
        multipart(
            _PLAIN,
            part(b"Disposition: manual-action; displayed", b"Content-Type: message/disposition-notification"),
            kind="report; report-type=disposition-notification",
            field=b'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_edge"',
        ),
        facts={"kind": "read_receipt"},
    ),
    Case(
        "bounce",
        multipart(
            _PLAIN,
            part(b"Action: failed", b"Content-Type: message/delivery-status"),
            field=b'Content-Type: multipart/report; report-type=delivery-status; boundary="=_edge"',
        ),
        facts={"kind": "delivery_report"},
    ),
    Case("two-parts-deep-60", _INNER.replace(b"x", b"x"), files=("inner.txt",)),
)

_FILE = part(b64(_PAYLOAD), b"Content-Type: application/octet-stream; name=a.txt", b"Content-Transfer-Encoding: base64")


def _edged(field: bytes, opening: bytes = b"--edge", closing: bytes = b"--edge--", file: bytes = _FILE) -> bytes:
    body = opening + b"\r\n" + _PLAIN + opening + b"\r\n" + file + closing + b"\r\n"
    return HEAD + b"Content-Type: multipart/mixed" + field + b"\r\n\r\n" + body


def _encoded(*fields: bytes) -> bytes:
    return _edged(b"; boundary=edge", file=part(b64(_PAYLOAD), b"Content-Type: application/octet-stream", *fields))


_B64 = b"Content-Transfer-Encoding: base64"
#: Mails that clients read differently: the payload is found, and the mail is flagged.
AMBIGUOUS = tuple(
    Case(f"ambiguous-{name}", octets, cards=(CARD,), findings=("ambiguous_mime",))
    for name, octets in {
        "two-boundaries": _edged(b"; boundary=other; boundary=edge"),
        "two-types": _edged(b"; boundary=other\r\nContent-Type: multipart/mixed; boundary=edge"),
        "boundary-missing": _edged(b""),
        "boundary-wrong": _edged(b"; boundary=elsewhere"),
        "boundary-comment": _edged(b"; boundary=edge(comment)"),
        "boundary-nul": _edged(b"; boundary=ed\0ge"),
        "boundary-half-quoted": _edged(b'; boundary="ed"ge', b'--"ed"ge', b'--"ed"ge--'),
        "delimiter-with-space": _edged(b'; boundary="edge"', b"-- edge", b"-- edge--"),
        "encoding-twice": _encoded(b"Content-Transfer-Encoding: 7bit", _B64),
        "encoding-comment": _encoded(b"Content-Transfer-Encoding: (7bit) base64"),
        "encoding-as-word": _encoded(b"Content-Transfer-Encoding: =?us-ascii?Q?base64?="),
        "encoding-nul": _encoded(b"Content-Transfer-Encoding: ba\0se64"),
        "encoding-unknown": _encoded(b"Content-Transfer-Encoding: base-64"),
        "field-with-space": _encoded(b"Content-Transfer-Encoding : base64"),
        "bare-cr": _encoded(b"X-One: 1\r" + _B64),
        "fields-in-body": _encoded(b"", _B64),
        "base64-with-junk": _edged(
            b"; boundary=edge", file=_FILE.replace(b64(_PAYLOAD)[:8], b64(_PAYLOAD)[:4] + b"*-*" + b64(_PAYLOAD)[4:8])
        ),
        "part-in-preamble": mail(
            _FILE + b"\r\n--edge\r\n" + _PLAIN + b"--edge--\r\n", b"Content-Type: multipart/mixed; boundary=edge"
        ),
        "encoded-multipart": mail(
            b64(b"--edge\r\n" + _FILE + b"--edge--\r\n"), b"Content-Type: multipart/mixed; boundary=edge", _B64
        ),
        "no-type": _edged(b"; boundary=edge").replace(b"multipart/mixed", b"multipart\0/mixed"),
    }.items()
)

PERSONAL = (
    Case(
        "card-forms",
        text_mail(
            f"{CARD[:4]}-{CARD[4:8]}-{CARD[8:12]}-{CARD[12:]} と ５１０５　１０５１　０５１０　５１００".encode(),
            "utf-8",
        ),
        cards=(CARD, CARD_2),
    ),
    Case("card-odd-hyphens", text_mail("4012\u20118888\u22128888\u20101881".encode(), "utf-8"), cards=(CARD,)),
    Case("my-number", text_mail(f"マイナンバー：{MY_NUMBER}".encode(), "utf-8"), my_numbers=(MY_NUMBER,)),
    Case(
        "my-number-without-word",
        text_mail(f"管理 {MY_NUMBER}".encode(), "utf-8"),
        my_numbers=(),
        facts={"no": "my_number"},
    ),
    Case(
        "bait",
        text_mail(
            f"注文番号 {CARD}\r\nhttps://x.example/p/{CARD_2}?a=1\r\n伝票 0000000000000000\r\nsha1 {CARD}abc0".encode(),
            "utf-8",
        ),
        facts={"no": "payment_card"},
    ),
    Case(
        "phones",
        text_mail("電話 03-1234-5678 / 090 1234 5678 / +81-6-1234-5678 / 2026-11-23".encode(), "utf-8"),
        facts={"phone": ("0312345678", "09012345678", "0612345678")},
    ),
    Case(
        "addresses",
        text_mail("〒100-0001 東京都千代田区千代田1-1 に ann@x.example と Bob@Y.example".encode(), "utf-8"),
        facts={"email_address": ("ann@x.example", "bob@y.example"), "postal_code": ("1000001",)},
    ),
    Case("secret", text_mail(b"-----BEGIN RSA PRIVATE KEY-----\r\n", "utf-8"), facts={"secret": "private_key"}),
)

CASES = ENCODINGS + HEADERS + NAMES + FILES + STRUCTURE + AMBIGUOUS + PERSONAL
