"""Office documents behind a password: read where the mail gives it away, or where everybody has it; said where not."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile
from tests.golden.inspect.makers import attachment, file_mail, multipart, raw_zip, zip_of
from tests.golden.inspect.makers import part as mail_part
from tests.golden.inspect.office import book, cells, line, ole2, package, part, relations, run, word

from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts


def _locked(octets: bytes, password: str) -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(octets)).encrypt(password, out)
    return out.getvalue()


def _mail(text: str, octets: bytes, name: str) -> Facts:
    body = mail_part(text.encode(), b"Content-Type: text/plain; charset=utf-8")
    return read_mail(multipart(body, attachment(octets, name)))


def _codes(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings}


#: Longer than the shortest stream of a compound file; the library that locks them fails below.
_PADDING = random.Random(1).randbytes(6000)
DOCX = word(line(run("LOCKED")), word___media___a__png=b"\x89PNG\r\n\x1a\n" + _PADDING)


_BOOK = book(("a", "visible", cells("<c><v>4711</v></c>")), xl___media___a__png=b"\x89PNG\r\n\x1a\n" + _PADDING)


@pytest.fixture(scope="module")
def locked() -> bytes:
    return _locked(DOCX, "Abc-1234")


def test_a_password_in_the_mail_opens(locked: bytes) -> None:
    facts = _mail("パスワード：Abc-1234", locked, "a.docx")
    (file,) = facts.attachments
    assert "LOCKED" in file.text
    assert (file.encrypted, file.inspected, file.short_type) == (True, True, "docx")
    assert {"encrypted", "password_in_mail"} <= _codes(facts)


def test_without_its_password_it_stays_closed(locked: bytes) -> None:
    for name, short in (("a.docx", "docx"), ("a.bin", "cfb")):
        facts = _mail("パスワード：other", locked, name)
        (file,) = facts.attachments
        assert (file.text, file.encrypted, file.inspected, file.short_type) == ("", True, False, short)
        assert "password_in_mail" not in _codes(facts)


def test_its_kind_is_what_came_out(locked: bytes) -> None:
    (file,) = _mail("password: Abc-1234", locked, "a.dat").attachments
    assert file.short_type == "docx"


def test_the_password_that_excel_knows_is_no_secret() -> None:
    facts = _mail("see", _locked(_BOOK, "VelvetSweatshop"), "a.xlsx")
    (file,) = facts.attachments
    assert (file.text, file.encrypted, file.inspected) == ("4711\na", False, True)
    assert not _codes(facts) & {"encrypted", "password_in_mail"}


def test_a_macro_behind_a_password_is_found() -> None:
    macro = word(line(run("x")), word___vbaProject__bin=b"x", word___a__png=b"\x89PNG\r\n\x1a\n" + _PADDING)
    assert "macro" in _codes(_mail("パスワードは Abc-1234", _locked(macro, "Abc-1234"), "a.docx"))


def test_tries_are_counted(locked: bytes) -> None:
    budget = Budget(ReadingLimits(rounds=250_000))
    assert [budget.take_rounds(100_000) for _ in range(4)] == [True, True, False, False]


@pytest.mark.parametrize(
    "streams",
    [
        {"EncryptionInfo": b"", "EncryptedPackage": b"x" * 5000},
        {"EncryptedPackage": b"x" * 5000},
        {
            "EncryptionInfo": struct.pack("<HHI", 4, 4, 0x40) + b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
            "EncryptedPackage": b"x",
        },
        {"EncryptionInfo": struct.pack("<HHI", 9, 9, 0) + b"x", "EncryptedPackage": b"x"},
    ],
    ids=["empty", "rights-management", "entities", "unknown-version"],
)
def test_what_cannot_be_opened_is_encrypted(streams: dict[str, bytes]) -> None:
    (file,) = _mail("パスワード：Abc-1234", ole2(streams), "a.xlsx").attachments
    assert (file.encrypted, file.inspected, file.short_type) == (True, False, "xlsx")


def _descriptors(octets: bytes) -> bytes:
    """The same package, written to a stream: sizes behind the data (APPNOTE section 4.3.9)."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    out = Pipe()
    with zipfile.ZipFile(io.BytesIO(octets)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return out.getvalue()


def _stored(octets: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(octets)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return out.getvalue()


def _twice(octets: bytes) -> bytes:
    out = io.BytesIO(octets)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr("word/document.xml", part("w:document", line(run("SECOND"))))
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "says"),
    [(_descriptors, ("LOCKED",)), (_stored, ("LOCKED",)), (_twice, ("LOCKED", "SECOND"))],
    ids=["descriptors", "stored", "twice"],
)
def test_packages_as_zip_archives(change: Callable[[bytes], bytes], says: tuple[str, ...]) -> None:
    (file,) = _mail("see", change(DOCX), "a.docx").attachments
    assert file.short_type == "docx"
    for wanted in says:
        assert wanted in file.text


def test_a_part_that_lies_about_its_size_is_read_and_said() -> None:
    octets = bytearray(DOCX)
    where = octets.find(b"PK\1\2", octets.find(b"word/document.xml", octets.find(b"PK\1\2")) - 46)
    struct.pack_into("<I", octets, where + 16, 1)  # its checksum
    facts = _mail("see", bytes(octets), "a.docx")
    assert "LOCKED" in facts.attachments[0].text
    assert "unparseable_attachment" in _codes(facts)


def test_a_bomb_in_a_package_is_not_unpacked() -> None:
    bomb = package({"word/document.xml": b"<a>" + b" " * 30_000_000 + b"</a>"})
    facts = _mail("see", bomb, "a.docx")
    assert "bomb" in _codes(facts)
    assert facts.attachments[0].inspected is False


def test_a_part_that_expands_beyond_its_claim_is_stopped() -> None:
    inner = raw_zip(b"word/document.xml", b"<a>" + b" " * 30_000_000, method=8, claimed=10)
    types = raw_zip(b"[Content_Types].xml", b"<Types/>")
    # Both members by their local headers: an archive without a directory of both.
    octets = types[: types.index(b"PK\1\2")] + inner
    facts = _mail("see", octets, "a.docx")
    assert "bomb" in _codes(facts)


def test_strings_that_repeat_without_end_are_cut() -> None:
    long = "<si><t>" + "x " * 15_000 + "</t></si>"
    row = cells(*('<c t="s"><v>0</v></c>' * 10 for _ in range(10)))
    octets = book(("a", "visible", row), xl___sharedStrings__xml=f'<sst xmlns="u">{long}</sst>')
    facts = read_mail(file_mail(octets, "a.xlsx"), ReadingLimits(personal_chars=1_000_000))
    assert "limit_reached" in _codes(facts)
    assert facts.attachments[0].inspected is False


def test_other_archives_are_no_documents() -> None:
    (file,) = _mail("see", zip_of({"word/document.xml": b"<a>x</a>"}), "a.zip").attachments
    assert file.short_type == "zip"
    (file,) = _mail("see", zip_of({"a/_rels/x.rels": relations(("a", "b", "c")).encode()}), "a.zip").attachments
    assert file.short_type == "zip"


def _odf(parts: dict[str, bytes], encrypted: str = "") -> bytes:
    manifest = f'<manifest:manifest xmlns:manifest="u">{encrypted}</manifest:manifest>'.encode()
    return zip_of({"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": manifest} | parts)


def _locked_odf(content: bytes, password: str) -> bytes:
    """An encrypted odt as OpenDocument 1.3 part 2 section 3.4 has it: deflated, hashed, padded, AES-256-CBC."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflater.compress(content) + deflater.flush()
    salt, vector, rounds = b"s" * 16, b"v" * 16, 100_000
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password.encode()).digest(), salt, rounds, 32)
    missing = 16 - len(packed) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    data = encryptor.update(packed + bytes(missing - 1) + bytes([missing]))
    checksum = base64.b64encode(hashlib.sha256(packed[:1024]).digest()).decode()
    entry = (
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:size="{len(content)}">'
        f'<manifest:encryption-data manifest:checksum-type="urn:oasis:names:tc#sha256-1k"'
        f" manifest:checksum="
        f'"{checksum}"><manifest:algorithm manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc"'
        f' manifest:initialisation-vector="{base64.b64encode(vector).decode()}"/><manifest:start-key-generation'
        ' manifest:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256" manifest:key-size="32"/>'
        f'<manifest:key-derivation manifest:key-derivation-name="PBKDF2" manifest:key-size="32" manifest:salt='
        f'"{base64.b64encode(salt).decode()}" manifest:iteration-count="{rounds}"/></manifest:encryption-data>'
        "</manifest:file-entry>"
    )
    return _odf({"content.xml": data}, entry)


_CONTENT = (
    '<office:document-content xmlns:office="o" xmlns:text="t"><text:p>{}</text:p></office:document-content>'.format
)


@pytest.mark.parametrize("length", [1, 5000])
def test_an_opendocument_file_is_opened_by_the_mail_too(length: int) -> None:
    text = "LOCKED " + random.Random(1).randbytes(length).hex()
    locked = _locked_odf(_CONTENT(text).encode(), "Abc-1234")
    facts = _mail("パスワード：Abc-1234", locked, "a.odt")
    (file,) = facts.attachments
    assert file.text == text
    assert (file.encrypted, file.inspected, file.short_type) == (True, True, "odt")
    assert "password_in_mail" in _codes(facts)
    (file,) = _mail("パスワード：other", locked, "a.odt").attachments
    assert (file.text, file.encrypted, file.inspected, file.short_type) == ("", True, False, "odt")


def test_an_opendocument_file_with_what_is_rarely_looked_at() -> None:
    cell = '<table:table-cell table:number-columns-repeated="{}" {}>{}</table:table-cell>'.format
    rows = (
        cell(3, 'office:value-type="float" office:value="4.012888888881881E15"', "<text:p>4.01E+15</text:p>")
        + cell(1, "", "<text:p>a</text:p><text:p>b</text:p>")
        + cell(16000, "", "")
    )
    body = (
        f'<table:table table:name="T"><table:table-row table:number-rows-repeated="1000000">{rows}</table:table-row>'
        '</table:table><text:p>a<text:s text:c="99999999"/>b<text:title>FIELD</text:title></text:p>'
        '<text:section text:display="none"><text:p>SECTION</text:p></text:section>'
    )
    space = 'xmlns:office="o" xmlns:text="t" xmlns:table="a"'
    content = f"<office:document-content {space}>{body}</office:document-content>".encode()
    octets = _odf({"content.xml": content, "Object 1/content.xml": _CONTENT("OBJECT").encode(), "x.csv": b"PLANTED,1\n",
                   "Basic/Standard/M.xml": b"<script:module xmlns:script='u'>x</script:module>"})  # fmt: skip
    facts = _mail("see", octets, "a.ods")
    (file,) = facts.attachments
    assert file.short_type == "odt"
    assert "\t".join(["4012888888881881"] * 3 + ["a b"]) + "\na" in file.text
    assert f"a{' ' * 100}bFIELD" in file.text
    assert {"SECTION", "OBJECT"} <= set(file.text.split("\n"))
    assert [one.text for one in file.members] == ["PLANTED,1\n"]
    assert {"hidden_text", "macro"} <= _codes(facts)
    assert len(file.text) < 1000
