"""Files as weapons: XML bombs and external entities, bombs in every packing, YAML bombs, paths that climb out of
folders.

All is read as mails are read, with the shipped limits, and must be over in seconds, tell what it could not read, open
no file and write none. What we pack ourselves has plain names and breaks no field.
"""

from __future__ import annotations

import base64
import bz2
import email
import email.policy
import gzip
import io
import lzma
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard
from tests.unit.transform.mails import altered
from tests.unit.transform.test_pack import ZIP, file, mail, names

from mailguard.config import load_config
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts
from mailguard.mail.organization import Organization
from mailguard.policy.loader import load_policy
from mailguard.policy.marked_yaml import SIZE_MAX, load_marked
from mailguard.policy.marks import Problems
from mailguard.smtpd.auth import UserFile

SECONDS = 20.0
LAUGHS = '<!DOCTYPE x [<!ENTITY a0 "lol">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
) + "]>"  # fmt: skip
QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"q" * 100_000}">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>'
DEEP = "<w>" * 100_000
XML = {
    "laughs": (LAUGHS, "&a11;"), "quadratic": (QUADRATIC, "&a;" * 10_000), "outside": (OUTSIDE, "&a;"),
    "deep": ("", DEEP), "attributes": ("", "<x " + " ".join(f'a{n}="b"' for n in range(200_000)) + "/>"),
}  # fmt: skip


def packed(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def docx(head: str, body: str) -> bytes:
    types = '<Types><Override PartName="/word/document.xml" ContentType="x.main+xml"/></Types>'
    text = f'<?xml version="1.0"?>{head}<w:document xmlns:w="w"><w:t>{body}</w:t></w:document>'
    return packed(**{"[Content_Types].xml": types, "word/document.xml": text})


def xlsx(head: str, body: str) -> bytes:
    sheet = "<worksheet><sheetData><row><c t='s'><v>0</v></c></row></sheetData></worksheet>"
    shared = f'<?xml version="1.0"?>{head}<sst><si><t>{body}</t></si></sst>'
    members = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": shared}
    return packed(**members, **{"xl/worksheets/sheet1.xml": sheet})


def odt(head: str, body: str) -> bytes:
    text = (
        f'<?xml version="1.0"?>{head}<office:document-content xmlns:office="o"><p>{body}</p></office:document-content>'
    )
    return packed(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": text})


def svg(head: str, body: str) -> bytes:
    return f'<?xml version="1.0"?>{head}<svg xmlns="http://www.w3.org/2000/svg"><text>{body}</text></svg>'.encode()


KINDS: dict[str, Callable[[str, str], bytes]] = {"docx": docx, "xlsx": xlsx, "odt": odt, "svg": svg, "xml": svg}


def read(name: str, content: bytes) -> tuple[Facts, float]:
    began = time.monotonic()
    facts = read_mail(mail(file(name, content)), ReadingLimits())
    return facts, time.monotonic() - began


def every(files: tuple[Attachment, ...]) -> list[Attachment]:
    return [one for top in files for one in (top, *every(top.members))]


@pytest.mark.parametrize("attack", XML)
@pytest.mark.parametrize("kind", KINDS)
def test_xml(kind: str, attack: str) -> None:
    facts, took = read(f"x.{kind}", KINDS[kind](*XML[attack]))
    assert took < SECONDS
    texts = [one.text for one in every(facts.attachments)]
    assert sum(map(len, texts)) < 20_000_000
    assert not any("root:" in text for text in texts)
    if attack in ("laughs", "quadratic"):
        assert not any("lollollol" * 10 in text or "q" * 200_000 in text for text in texts), "the entity was expanded"


ZEROS = 210 * 2**20  # above what may come out of all archives of one mail


def zeros() -> bytes:
    return bytes(ZEROS)


def tar_of(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("zeros")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def nested(depth: int) -> bytes:
    content = zip_bomb()
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(4):
                archive.writestr(f"{n}.zip", content)
        content = out.getvalue()
    return content


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros", "w") as member,
    ):
        for _ in range(ZEROS >> 20):
            member.write(bytes(2**20))
    return out.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "x.gz": lambda: gzip.compress(zeros(), 1),
    "x.bz2": lambda: bz2.compress(zeros(), 1),
    "x.xz": lambda: lzma.compress(zeros(), preset=0),
    "x.zst": lambda: zstandard.compress(zeros(), 1),
    "x.tar.gz": lambda: gzip.compress(tar_of(zeros()), 1),
    "x.zip": zip_bomb,
    "nested.zip": lambda: nested(10),
    "x.docx": lambda: packed(
        **{"[Content_Types].xml": "<Types/>", "word/document.xml": f"<w>{' ' * (ZEROS // 4)}</w>"}
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    facts, took = read(name, BOMBS[name]())
    assert took < SECONDS
    assert {finding.code for finding in facts.findings} & {
        "bomb",
        "limit_reached",
        "nested_too_deep",
        "not_inspectable",
    }
    assert not all(one.inspected for one in every(facts.attachments))


CLIMBING = [
    "../../../evil.sh",
    "/etc/cron.d/evil",
    "..\\..\\evil.bat",
    "C:\\Windows\\evil.exe",
    "a/../../evil",
    "..",
    "~/evil",
]


def test_nothing_climbs_out_of_an_archive_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    out, plain = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar, zipfile.ZipFile(plain, "w") as archive:
        for name in CLIMBING:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
            archive.writestr(zipfile.ZipInfo(name), "evil")
        for name, target in (("link", "/etc/passwd"), ("hard", "../../../../../../etc/passwd")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE if name == "link" else tarfile.LNKTYPE), target
            tar.addfile(member)
    for name, content in (("x.tar.gz", out.getvalue()), ("x.zip", plain.getvalue())):
        facts, _ = read(name, content)
        texts = [one.text for one in every(facts.attachments)]
        assert sum("evil" in text for text in texts) >= len(CLIMBING), texts  # read, each of them
        assert not any("root:" in text for text in texts)
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["a", "b"]


FIELD = "x\r\nBcc: victim@partner.example\r\n\r\n.pdf"


@pytest.mark.parametrize(
    "name", [*CLIMBING, FIELD, 'x"; filename="evil.exe', "x\0.pdf", "\u202efdp.exe", "con", "x" * 300]
)
def test_what_we_pack_has_plain_names_and_breaks_no_field(name: str) -> None:
    encoded = f"Content-Disposition: attachment;\n filename*=utf-8''{quote(name, safe='')}\n"
    part = f"Content-Type: application/pdf\n{encoded}Content-Transfer-Encoding: base64\n\n"
    octets = altered(mail(f"--b\n{part}{base64.b64encode(b'%PDF-1.4 one').decode()}\n"), ZIP).octets
    (inside,) = names(octets)
    assert inside.isprintable()
    assert not set(inside) & set('/\\:*?"<>|')
    assert inside.strip(". ")
    made = email.message_from_bytes(octets, policy=email.policy.default)
    assert made["Bcc"] is None
    for one in made.walk():
        assert set(map(str.lower, one.keys())) <= {
            "from", "to", "subject", "mime-version", "content-type", "content-disposition", "content-transfer-encoding",
        }  # fmt: skip
        shown = one.get_filename() or ""
        assert shown.isprintable()
        assert "evil.exe" not in shown.replace("_", "") or "/" not in shown


YAML = {
    "aliases": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [{', '.join(['*a'] * 10)}]\n" for n in range(10)),
    "a million laughs": "a0: &a0 [lol]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
    "merge": "a: &a {x: y}\nb: {<<: *a}\n",
    "deep lists": "a: " + "[" * 20_000 + "]" * 20_000 + "\n",
    "deep mappings": "a: " + "{a: " * 20_000 + "}" * 20_000 + "\n",
    "deep blocks": "".join(" " * n + "a:\n" for n in range(3000)),
    "a long key": "a" * 5_000_000 + ": x\n",
    "keys": "".join(f"k{n}: x\n" for n in range(10_000)),
    "python": "a: !!python/object/apply:os.system [touch evil]\n",
    "a new object": "!!python/object/new:os.system [touch evil]\n",
    "binary": "a: !!binary " + "A" * 100 + "\n",
    "documents": "---\na: b\n" * 5000,
    "a number": "a: " + "9" * 200_000 + "\n",
    "a base of 60": "a: " + ":".join(["59"] * 50_000) + "\n",
    "date": "a: 99999-99-99\n",
    "nul": "a: \0\n",
    "recursive": "a: &a [*a]\n",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_yaml(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.yaml"
    path.write_text(text)
    began = time.monotonic()
    for reading in (
        lambda: load_config(path, {}),
        lambda: load_config(None, {"MAILGUARD_UPSTREAM": text.replace("\0", "")}),
        lambda: UserFile(path).load(),
        lambda: load_policy([path], Organization(("corp.example",))),
    ):
        with pytest.raises((Problems, OSError, ValueError)):
            reading()
    assert time.monotonic() - began < SECONDS
    assert [one.name for one in tmp_path.iterdir()] == ["x.yaml"]


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(Problems):
        load_marked("a: " + "x" * SIZE_MAX, "x.yaml")
