"""Golden mails for each condition about content: real octets through the reader, one that hits, one that does not."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import NamedTuple

import pytest
from tests.judging import policy_of

from mailguard.inspect.reader import read_mail
from mailguard.mail.address import parse_address, parse_reverse_path
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.organization import Organization
from mailguard.policy.case import Case, Known
from mailguard.policy.judge import judge

COMPANY = Organization(("corp.example",), "Corp")
ENVELOPE = Envelope(
    parse_reverse_path("<ann@corp.example>"), (parse_address("bob@beta.example"),), Client("192.0.2.1", "pc", "ann")
)
GUID = "2096f6a2-d2f7-48be-b329-b73aaa526e5d"


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return buffer.getvalue()


def labelled_docx(name: str, enabled: str = "true") -> bytes:
    """A Word file with the custom properties that Microsoft's programs write for a label."""
    pairs = {"Enabled": enabled, "SetDate": "2026-01-01T00:00:00Z", "Method": "Standard", "Name": name}
    properties = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name="MSIP_Label_{GUID}_{key}">'
        f"<vt:lpwstr>{value}</vt:lpwstr></property>"
        for number, (key, value) in enumerate(pairs.items(), 2)
    )
    schemas = "http://schemas.openxmlformats.org"
    word = f"{schemas}/wordprocessingml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Override PartName="/word/document.xml" ContentType="{kind}"/>'
    office = f"{schemas}/officeDocument/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{schemas}/package/2006/content-types">{types}</Types>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body/></w:document>',
        "docProps/custom.xml": f'<Properties xmlns="{office}/custom-properties" xmlns:vt="{office}/docPropsVTypes">'
        f"{properties}</Properties>",
    }
    return zipped(**{name: text.encode() for name, text in parts.items()})


def mail(text: str = "お世話になっております。", *files: tuple[str, bytes], head: str = "", html: str = "") -> bytes:
    """A mail as a client writes it. head: further header lines; html: the text as HTML instead."""
    body = f"Content-Type: text/{'html' if html else 'plain'}; charset=utf-8\n\n{html or text}\n"
    parts = [body]
    for name, octets in files:
        encoded = base64.encodebytes(octets).decode()
        parts.append(
            f'Content-Type: application/octet-stream; name="{name}"\nContent-Disposition: attachment;'
            f' filename="{name}"\nContent-Transfer-Encoding: base64\n\n{encoded}\n'
        )
    lines = "From: Ann <ann@corp.example>\nTo: bob@beta.example\n" + ("" if "Subject:" in head else "Subject: x\n")
    lines += f"{head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    lines += "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return lines.replace("\n", "\r\n").encode()


KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ" * 3
    + "\n-----END OPENSSH PRIVATE KEY-----"
)
QUOTED = (
    "承知しました。\n\n2026年1月5日(月) 10:00 Bob <bob@beta.example>:\n> 社外秘の資料です。\n> 見積書を添付します。\n"
)
HIDDEN = '<p>こんにちは</p><p style="display:none">社外秘</p>'
EXE = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(200)
NEST = zipped(b_zip=zipped(c_zip=zipped(d_txt=b"text of a file")))
LABELS = f"msip_labels: MSIP_Label_{GUID}_Enabled=true;\n MSIP_Label_{GUID}_Name=Confidential;\n"
FORWARDED = "ご参考まで\n\n---------- Forwarded message ---------\nFrom: x@y.example\nSubject: z\n\na\n"
MARKED = {enabled: ("a.docx", labelled_docx("Confidential", enabled)) for enabled in ("true", "false")}
PUBLIC = ("a.docx", labelled_docx("Public"))
PACKED = ("a.zip", zipped(**{"b.exe": EXE}))
ENGLISH, JAPANESE = "Dear Bob, we will send the report to you.", "お世話になっております。資料をお送りします。"


class Golden(NamedTuple):
    """condition: as an operator writes it; hit, miss: mails."""

    condition: str
    hit: bytes
    miss: bytes


GOLDEN = (
    Golden(
        "text: {words: {社外秘: 10, 見積: 2}, score: '>= 12'}", mail("社外秘の見積です"), mail("社外秘です 社外秘です")
    ),
    Golden(
        "text: {patterns: [{pattern: 'K-[0-9]{4}', count: '>= 3'}]}",
        mail("K-1111 K-2222 K-3333"),
        mail("K-1111 K-2222"),
    ),
    Golden("text: {words: [社外秘], quoted: exclude}", mail("社外秘です"), mail(QUOTED)),
    Golden("text: {words: [社外秘], quoted: only}", mail(QUOTED), mail("社外秘です")),
    Golden("text: {words: [社外秘]}", mail(QUOTED), mail("承知しました")),
    Golden("text: {words: [社外秘], hidden: only}", mail(html=HIDDEN), mail("社外秘")),
    Golden("text: {words: [社外秘], hidden: exclude}", mail(html="<p>社外秘</p>"), mail(html=HIDDEN)),
    Golden(
        "text: {words: [営業部], signature: exclude}",
        mail("営業部の件です。"),
        mail("本件です。\n\n-- \n株式会社コープ 営業部\n山田太郎\nTEL 03-1234-5678\n"),
    ),
    Golden("text: {names_other_customer: true}", mail("株式会社アルファ様の件"), mail("ベータ商事様の件")),
    Golden(
        "attachments: {names_other_customer: true}",
        mail("x", ("アルファ.txt", b"x")),
        mail("株式会社アルファ", ("a.txt", b"x")),
    ),
    Golden(
        "attachments: {forgotten: true}",
        mail("見積書を添付いたします。"),
        mail("見積書を添付いたします。", ("a.txt", b"x")),
    ),
    Golden("attachments: {forgotten: true}", mail("Please find attached the report."), mail(QUOTED)),
    Golden("attachments: {executable: true}", mail("x", ("a.pdf", EXE)), mail("x", ("a.exe.txt", b"text"))),
    Golden("attachments: {executable: true}", mail("x", PACKED), mail("x", ("a.zip", zipped(b=b"x")))),
    Golden("attachments: {executable: true, count: '== 1'}", mail("x", PACKED), mail("x")),
    Golden("attachments: {depth: '>= 3'}", mail("x", ("a.zip", NEST)), mail("x", ("a.zip", zipped(b_txt=b"x")))),
    Golden(
        "attachments: {double_extension: true}",
        mail("x", ("見積.pdf.exe", EXE)),
        mail("x", ("見積.v2.pdf", b"%PDF-1.4\n")),
    ),
    Golden(
        "attachments: {sha256: 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b}",
        mail("x", ("a.bin", b"secret")),
        mail("x", ("a.bin", b"Secret")),
    ),
    Golden("attachments: {label: confidential}", mail("x", MARKED["true"]), mail("x", PUBLIC)),
    Golden("message: {label: confidential}", mail("x", MARKED["true"]), mail("x", MARKED["false"])),
    Golden("message: {label: confidential}", mail(head=LABELS), mail(head=LABELS.replace("=true", "=false"))),
    Golden(f"message: {{label: {GUID}}}", mail(head=LABELS), mail()),
    Golden(
        "message: {label: company-confidential}",
        mail(head="Sensitivity: Company-Confidential\n"),
        mail(head="Sensitivity: Normal\n"),
    ),
    Golden(
        "message: {header: {name: X-Confidential, equals: はい}}",
        mail(head="X-Confidential: =?utf-8?b?44Gv44GE?=\n"),
        mail(head="X-Confidential: no\n"),
    ),
    Golden("message: {header: {name: X-Approved, present: false}}", mail(), mail(head="X-Approved: 1\n")),
    Golden("message: {importance: high}", mail(head="X-Priority: 1 (Highest)\n"), mail(head="Importance: low\n")),
    Golden("message: {forward: true}", mail(head="Subject: Fwd: 資料\n"), mail(head="Subject: Re: Fwd: 資料\n")),
    Golden("message: {forward: true}", mail(FORWARDED), mail()),
    Golden("message: {new: true}", mail(), mail(head="In-Reply-To: <1@beta.example>\n")),
    Golden("message: {new: true}", mail(head="Subject: 返信不要\n"), mail(head="Subject: 転送: 資料\n")),
    Golden("message: {language: ja}", mail(JAPANESE), mail(ENGLISH)),
    Golden("message: {language: en}", mail(ENGLISH), mail(QUOTED + "了解しましたのでよろしくお願いします")),
    Golden("message: {empty_body: true}", mail("\n"), mail("x")),
    Golden("message: {greeting: true}", mail("田中様\n\nお世話になっております。"), mail("資料です。")),
    Golden("secrets: true", mail(KEY), mail("鍵は別途お渡しします。")),
    Golden("secrets: {private_key: '>= 1'}", mail("x", ("id_rsa", KEY.encode())), mail("パスワード: Kq7!mZ2pXw9")),
    Golden("secrets: {password: '>= 1'}", mail("パスワード: Kq7!mZ2pXw9"), mail("パスワードは別途")),
)
CUSTOMERS = "customers: {names: {株式会社アルファ: alpha.example, アルファ: alpha.example, ベータ商事: beta.example}}"


def hits(condition: str, octets: bytes) -> bool:
    rule = f"  - id: r\n    when:\n      {condition}\n    when_unknown: ignore\n    then: confirm\n"
    text = f"version: 1\n{CUSTOMERS}\nrules:\n{rule}"
    case = Case(ENVELOPE, read_mail(octets), COMPANY, Known(), len(octets))
    return judge(policy_of(text), case).disposition.word == "confirm"


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.condition)
def test_golden(golden: Golden) -> None:
    assert hits(golden.condition, golden.hit)
    assert not hits(golden.condition, golden.miss)


def test_a_file_goes_to_a_new_organisation() -> None:
    octets = mail("x", ("plan.bin", b"secret" * 1000))
    facts = read_mail(octets)
    policy = policy_of("version: 1\nrules: [{id: r, when: {attachments: {seen_elsewhere: true}}, then: confirm}]")
    for before, word in (({"alpha.example"}, "confirm"), ({"beta.example"}, "deliver"), (set(), "deliver")):
        known = Known(files={facts.attachments[0].sha256: frozenset(before)})
        assert judge(policy, Case(ENVELOPE, facts, COMPANY, known)).disposition.word == word


def test_a_mail_that_shows_somebody_else() -> None:
    policy = policy_of("version: 1\nrules: [{id: r, when: {sender: {from_differs: true}}, then: confirm}]")
    for shown, word in (("Ann <ann@corp.example>", "deliver"), ("社長 <boss@corp.example>", "confirm")):
        facts = read_mail(f"From: {shown}\r\nTo: bob@beta.example\r\n\r\nx\r\n".encode())
        assert judge(policy, Case(ENVELOPE, facts, COMPANY)).disposition.word == word


HOSTILE = (
    mail(head="X-A: " + "x" * 5000 + "\n" + "".join(f"X-{n}: {n}\n" for n in range(3000))),
    mail(head="msip_labels: " + f"MSIP_Label_{GUID}_Name=a;" * 5000 + "\n"),
    mail(head="msip_labels: =?utf-8?q?" + "=00" * 200 + "?=\nSensitivity: \x00\nX-Priority: \xff\n"),
    mail("添付" * 20_000),
    mail("添付します。" * 5_000),
    mail("> " * 20_000),
    mail(
        "x",
        (
            "a.docx",
            zipped(
                **{
                    "[Content_Types].xml": b"<Types/>",
                    "word/document.xml": b"<document/>",
                    "docProps/custom.xml": b"<Properties><property name='MSIP_Label_x'>",
                }
            ),
        ),
    ),
    mail("x", ("a.docx", labelled_docx("a" * 100_000))),
    b"",
    b"\0" * 1000,
)


@pytest.mark.parametrize("octets", HOSTILE, ids=range(len(HOSTILE)))
def test_no_mail_makes_a_condition_fail(octets: bytes) -> None:
    """Neither a fault, nor more than what is bounded."""
    text = f"version: 1\n{CUSTOMERS}\nrules:\n" + "".join(
        f"  - id: r{number}\n    when:\n      {golden.condition}\n    then: confirm\n"
        for number, golden in enumerate(GOLDEN)
    )
    facts = read_mail(octets)
    assert sum(len(name) + len(value) for name, value in facts.headers.fields or ()) <= 64 * 1024
    verdict = judge(policy_of(text), Case(ENVELOPE, facts, COMPANY, Known()))
    assert all(hit.because.ja and hit.because.en for hit in verdict.hits)
    assert not any("Error" in item for hit in verdict.hits for item in hit.evidence)
