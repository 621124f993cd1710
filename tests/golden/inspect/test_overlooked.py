"""Files in which a text stood unread: charsets without a mark, markup not shown, locks on Office."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import tempfile
import zipfile

import pytest
from tests.golden.inspect.makers import CARD, attachment, file_mail, multipart, part, zip_of
from tests.golden.inspect.office import MAINS, ole2, sheet, types

from mailguard.inspect.office.locked import _agile_holds
from mailguard.inspect.reader import read_mail
from mailguard.inspect.secrets.passwords import candidates
from mailguard.mail.facts import Facts

_LINE = f"極秘計画 カード番号 {CARD}"
_SHEET = f"氏名,番号\r\n山田太郎,{_LINE}\r\n"


def _codes(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("name", ["顧客.csv", "メモ.txt", "頁.html", "a.xml"])
def test_wide_text_without_a_mark(name: str, codec: str) -> None:
    text = f"<?xml version='1.0'?><a>{_LINE}</a>" if name.endswith("xml") else _SHEET
    facts = read_mail(file_mail(text.encode(codec), name))
    assert "極秘計画" in facts.attachments[0].text
    assert CARD in facts.attachments[0].text
    assert not _codes(facts)


def test_numbers_are_no_wide_text() -> None:
    facts = read_mail(file_mail(struct.pack("<900I", *range(7, 907)), "a.csv"))
    assert "not_inspectable" in _codes(facts)


@pytest.mark.parametrize(
    "octets",
    [
        f'<?xml version="1.0" encoding="UTF-16"?><a>{_LINE}</a>'.encode("utf-16"),
        f'<?xml version="1.0"?><a><!-- {_LINE} --></a>'.encode(),
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY k "{_LINE}">]><a>&k;</a>'.encode(),
    ],
)
def test_xml_says_all_that_is_in_it(octets: bytes) -> None:
    (file,) = read_mail(file_mail(octets, "a.xml")).attachments
    assert "極秘計画" in file.text
    assert CARD in file.text


def test_flat_documents_in_utf16() -> None:
    flat = (
        '<?xml version="1.0" encoding="UTF-16"?><office:document xmlns:text="urn:oasis:names:tc:opendocument:xmlns:'
        'text:1.0" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><office:body><office:text>'
        "<text:p><text:span>極秘</text:span>計画</text:p></office:text></office:body></office:document>"
    )
    (file,) = read_mail(file_mail(flat.encode("utf-16"), "a.fodt")).attachments
    assert "極秘計画" in file.text


@pytest.mark.parametrize(("name", "octets"), [
    ("a.json", json.dumps({"memo": _LINE}).encode()),
    ("a.properties", "".join(f"\\u{ord(sign):04x}" for sign in _LINE).encode()),
    ("a.html", "".join(f"&#{ord(sign)};" for sign in _LINE).encode()),
])  # fmt: skip
def test_escapes_are_read(name: str, octets: bytes) -> None:
    (file,) = read_mail(file_mail(octets, name)).attachments
    assert "極秘計画" in file.text
    assert CARD in file.text


def test_a_path_is_no_escape() -> None:
    (file,) = read_mail(file_mail(rb"C:\users\unknown\u12", "a.txt")).attachments
    assert file.text == r"C:\users\unknown\u12"


def test_what_macos_adds_is_no_mismatch() -> None:
    double = bytes.fromhex("00051607 00020000") + b"Mac OS X        " + bytes.fromhex("0002 00000009 00000032 0000000e")
    added = double + bytes.fromhex("00000002 00000040 00000000") + bytes(60)
    octets = zip_of({"名簿.txt": _LINE.encode(), "__MACOSX/._名簿.txt": added})
    assert not _codes(read_mail(file_mail(octets, "a.zip")))
    assert _codes(read_mail(file_mail(added, "名簿.txt"))) == {"type_mismatch"}


def test_a_number_in_brackets_may_be_the_password() -> None:
    assert "0312345678" in candidates(["パスワードは弊社の電話番号（0312345678）です。"])


def test_a_lock_of_office_2010() -> None:
    """Octets as Excel 2010 wrote them: the hash is SHA-1, and padded."""
    info = {
        "passwordHashAlgorithm": "SHA1", "passwordKeyBits": 128, "spinValue": 100_000,
        "passwordSalt": bytes.fromhex("32d86c41ce2b73e2488001d7e5f3c269"),
        "encryptedVerifierHashInput": bytes.fromhex("298c5edb6ebaebdcfcd45189afcc820d"),
        "encryptedVerifierHashValue": bytes.fromhex("db6de0c659ceae0edfaf9c13d61d21c87581f3317f0ad145dbb62e5e03b89e59"),
    }  # fmt: skip
    assert _agile_holds(info, "VelvetSweatshop")
    assert not _agile_holds(info, "velvetsweatshop")


def _rc4(key: bytes, length: int) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for _ in range(length):
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(state[(state[i] + state[j]) & 255])
    return bytes(out)


def _locked_xls(password: str, text: str) -> bytes:
    """A workbook of BIFF8 behind RC4 (MS-XLS section 2.2.10, MS-OFFCRYPTO section 2.3.6)."""
    salt, verifier = bytes(range(16)), bytes(range(16, 32))
    short = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    master = hashlib.md5((short + salt) * 16).digest()[:5]
    first = _rc4(hashlib.md5(master + bytes(4)).digest(), 32)
    sealed = bytes(a ^ b for a, b in zip(verifier + hashlib.md5(verifier).digest(), first, strict=True))
    wide = text.encode("utf-16-le")
    begin = struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)
    records = [
        (0x0809, begin), (0x002F, struct.pack("<HHH", 1, 1, 1) + salt + sealed),
        (0x0085, bytes(6) + b"\1\0a"), (0x000A, b""), (0x0809, begin[:2] + b"\x10\0" + begin[4:]),
        (0x0204, struct.pack("<HHHHB", 0, 0, 0, len(text), 1) + wide), (0x000A, b""), (0x00FF, bytes(5000)),
    ]  # fmt: skip
    stream = b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)
    keys = b"".join(
        _rc4(hashlib.md5(master + struct.pack("<I", block)).digest(), 1024) for block in range(len(stream) // 1024 + 1)
    )
    out = b""
    for kind, body in records:
        at = len(out) + 4
        clear = len(body) if kind in (0x0809, 0x002F) else 4 if kind == 0x0085 else 0
        hidden = bytes(a ^ b for a, b in zip(body[clear:], keys[at + clear :], strict=False))
        out += struct.pack("<HH", kind, len(body)) + body[:clear] + hidden
    return ole2({"Workbook": out})


def _no_file(*_: object, **__: object) -> None:
    raise PermissionError("a worker writes nothing")


def test_an_old_workbook_behind_excels_own_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", _no_file)
    facts = read_mail(file_mail(_locked_xls("VelvetSweatshop", "極秘計画"), "a.xls"))
    (file,) = facts.attachments
    assert "極秘計画" in file.text
    assert (file.encrypted, file.inspected, _codes(facts)) == (False, True, set())


def test_an_old_workbook_behind_a_password() -> None:
    octets = _locked_xls("Abc-1234", "極秘計画")
    for said, opened in (("パスワード：Abc-1234", True), ("パスワード：other-99", False)):
        body = part(said.encode(), b"Content-Type: text/plain; charset=utf-8")
        facts = read_mail(multipart(body, attachment(octets, "a.xls")))
        (file,) = facts.attachments
        assert ("極秘計画" in file.text, file.encrypted, file.inspected) == (opened, True, opened)
        assert ("password_in_mail" in _codes(facts)) == opened


def test_two_members_of_one_name_are_said() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("list.txt", "harmless")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("list.txt", _LINE)
    facts = read_mail(file_mail(out.getvalue(), "a.zip"))
    assert [one.text for one in facts.attachments[0].members] == ["harmless", _LINE]
    assert _codes(facts) == {"ambiguous_archive"}


def test_a_name_of_cells_is_text() -> None:
    names = '<definedNames><definedName name="極秘計画" comment="注釈">Sheet1!$A$1</definedName></definedNames>'
    parts = {
        "[Content_Types].xml": types(("/xl/workbook.xml", MAINS["xlsx"])),
        "xl/workbook.xml": sheet(names, "workbook"),
    }
    (file,) = read_mail(file_mail(zip_of({name: one.encode() for name, one in parts.items()}), "a.xlsx")).attachments
    assert {"極秘計画", "注釈", "Sheet1!$A$1"} <= set(file.text.split("\n"))


def test_a_picture_of_libreoffice_is_no_file() -> None:
    picture = base64.b64encode(b"VCLMTF" + bytes(40)).decode()
    flat = (
        '<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"><office:body><office:presentation><draw:image>'
        f"<office:binary-data>{picture}</office:binary-data></draw:image></office:presentation></office:body>"
        "</office:document>"
    )
    facts = read_mail(file_mail(flat.encode(), "a.fodp"))
    assert (facts.attachments[0].inspected, facts.attachments[0].members, _codes(facts)) == (True, (), set())
