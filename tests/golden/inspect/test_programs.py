"""Programs, scripts and shortcuts by content and by name; and ordinary files that must not be taken for something."""

from __future__ import annotations

import struct

import pytest
from tests.golden.inspect.makers import compound, docx, file_mail, paragraph, zip_of
from tests.golden.inspect.photos import jpeg, png

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

PROGRAM = b"MZ\x90\0\3" + bytes(200)
ONE = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(60)
FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")


def read(octets: bytes, name: str) -> tuple[Attachment, set[str]]:
    facts: Facts = read_mail(file_mail(octets, name))
    return facts.attachments[0], {finding.code for finding in facts.findings}


def shortcut() -> bytes:
    """A shortcut with target, arguments and an environment block, as Explorer writes it."""
    base = b"C:\\Windows\\System32\\cmd.exe\0"
    info = struct.pack("<7I", 28 + len(base) + 1, 28, 1, 0, 28, 0, 28 + len(base)) + base + b"\0"
    words = "/c calc 極秘"
    return (
        struct.pack("<I", 76)
        + bytes.fromhex("0114020000000000c000000000000046")
        + struct.pack("<I", 0x80 | 0x20 | 0x02 | 0x01)
        + bytes(52)
        + struct.pack("<H", 4)
        + bytes(4)
        + info
        + struct.pack("<H", len(words))
        + words.encode("utf-16-le")
        + struct.pack("<II", 0x314, 0xA0000001)
        + bytes(260)
        + "%ComSpec%".encode("utf-16-le").ljust(520, b"\0")
    )


@pytest.mark.parametrize(
    ("octets", "name", "short"),
    [
        (PROGRAM, "a.exe", "exe"),
        (PROGRAM, "a.scr", "exe"),
        (PROGRAM, "a.cpl", "exe"),
        (PROGRAM, "a.xll", "exe"),
        (b"\xe9\x10\x27\xcd\x21" * 9, "a.com", ""),
        (b"\x7fELF\2\1\1" + bytes(50), "a", "elf"),
        (b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(50), "a", "macho"),
        (shortcut(), "a.lnk", "lnk"),
        (b"[InternetShortcut]\r\nURL=https://x.example/\r\n", "a.url", "script"),
        (b"[Desktop Entry]\nExec=sh -c id\n", "a.desktop", "script"),
        (b'<?xml version="1.0"?><plist><dict/></plist>', "a.webloc", "xml"),
        (b'<?xml version="1.0"?><job/>', "a.wsf", "xml"),
        (b'<?xml version="1.0"?><scriptlet/>', "a.sct", "xml"),
        (b'<?xml version="1.0"?><PCSettings/>', "a.settingcontent-ms", "xml"),
        (b"<html><script>x</script></html>", "a.hta", "html"),
        (b"WScript.Echo(1)", "a.js", "script"),
        (b"Write-Host 1", "a.ps1", "script"),
        (b"@echo off\r\n", "a.bat", "script"),
        (b"\xff\xfeW\0i\0n\0", "a.reg", "script"),
        (b"#!/bin/sh\nid\n", "a.txt", "script"),
        (zip_of({"META-INF/MANIFEST.MF": b"", "A.class": b"x"}), "a.jar", "jar"),
        (zip_of({"META-INF/MANIFEST.MF": b"", "AndroidManifest.xml": b"x"}), "a.apk", "apk"),
        (zip_of({"AppxManifest.xml": b"<x/>"}), "a.msix", "msix"),
        (compound("\u4840\u3f3f\u4577"), "a.msi", "msi"),
        (b"ITSF\3\0\0\0" + bytes(90), "a.chm", "chm"),
    ],
)
def test_what_runs(octets: bytes, name: str, short: str) -> None:
    file, codes = read(octets, name)
    assert file.short_type == short
    assert "executable" in codes
    assert "type_mismatch" not in codes


@pytest.mark.parametrize(
    ("octets", "name", "codes"),
    [
        (PROGRAM, "invoice.pdf", {"executable", "type_mismatch"}),
        (PROGRAM, "請求書.xlsx                 .exe", {"executable", "double_extension"}),
        (PROGRAM, "photo.heic.scr", {"executable", "double_extension"}),
        (b"<html></html>", "契約書.docx.hta", {"executable", "double_extension"}),
        (PROGRAM, "invoice\u202efdp.exe", {"executable", "bidi_filename"}),
        (jpeg(), "plan.pdf", {"type_mismatch"}),
        (b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "a.jpg", {"type_mismatch"}),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0", "table.xlsx", {"type_mismatch"}),
        (zip_of({"a.txt": b"x"}), "a.pdf", {"type_mismatch"}),
    ],
)
def test_names_that_lie(octets: bytes, name: str, codes: set[str]) -> None:
    mail = file_mail(octets, "@@").replace(b'filename="@@"', f'filename="{name}"'.encode())
    assert codes <= {finding.code for finding in read_mail(mail).findings}


def test_target_of_a_shortcut_is_text() -> None:
    file, _ = read(shortcut(), "a.lnk")
    assert file.text.split("\n") == ["C:\\Windows\\System32\\cmd.exe", "/c calc 極秘", "%ComSpec%"]
    assert read(shortcut()[:90], "a.lnk")[1] >= {"executable", "unparseable_attachment"}


def test_a_shortcut_cut_anywhere_is_a_file_of_its_kind() -> None:
    whole = shortcut()
    for length in range(24, len(whole)):
        facts = read_mail(file_mail(whole[:length], "a.lnk"))
        assert not any(finding.detail.startswith("the reader failed") for finding in facts.findings)
        assert facts.attachments[0].short_type == "lnk"


def test_files_in_onenote() -> None:
    def inside(octets: bytes) -> bytes:
        return FILE + struct.pack("<Q", len(octets)) + bytes(12) + octets

    file, codes = read(ONE + inside(PROGRAM) + bytes(30) + inside(b"secret words"), "a.one")
    assert [(one.short_type, one.text) for one in file.members] == [("exe", ""), ("txt", "secret words")]
    assert {"executable", "not_inspectable"} <= codes
    assert not file.inspected
    assert "unparseable_attachment" in read(ONE + inside(PROGRAM)[:-1], "a.one")[1]


@pytest.mark.parametrize(
    ("octets", "name", "short"),
    [
        (b"notes of today\n", "report.v2.final", "txt"),
        (b"notes of today\n", "a.log", "txt"),
        (b"notes of today\n", "a.dat", "txt"),
        (b"notes of today\n", "a.bak", "txt"),
        (b"a,b\n1,2\n", "a.xls", "txt"),
        (b"ssh-ed25519 AAAA ann\n", "id.pub", "txt"),
        (b"<?xml version='1.0'?><plist/>", "Info.plist", "xml"),
        (zip_of({"Index/Document.iwa": b"notes of today\n"}), "a.pages", "zip"),
        (zip_of({"META-INF/container.xml": b"<a/>", "a.xhtml": b"<html>x</html>"}), "a.epub", "epub"),
        (jpeg(), "A.JPG", "jpg"),
        (jpeg(), "a.jpeg", "jpg"),
        (jpeg(), "a.jfif", "jpg"),
        (png(), "a.jpg", "png"),  # browsers and phones save so
        (docx(paragraph("x")), "a.doc", "docx"),
        (b"\0\0\0\x18ftypheix\0\0\0\0mif1heix", "a.heic", "heic"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "a.avif", "avif"),
        (b"\0\0\0\x18ftypM4V \0\0\0\0mp42isom", "a.m4v", "mp4"),
        (b"\0\0\0\x18ftyp3gp4\0\0\0\0isom3gp4", "a.3gp", "mp4"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a.wav", "wav"),
        (b"\xff\xf3\x44\xc4" + bytes(90), "a.mp3", "mp3"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0", "a.webm", "mkv"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(50), "a.wma", "wmv"),
        (b"#!AMR\n\x0c\x91\x17\0", "a.amr", "amr"),
        (b"\0\1\0\0\0\x0f\0\x80", "a.ttf", "font"),
        ("MZ-80K の一覧です\n".encode(), "mz.txt", "txt"),
        (b"BZhang wrote this\n", "a.txt", "txt"),
        (b"ID3 tags and what they are\n", "a.txt", "txt"),
        (b"The next chapter is about the format called  EMF, and so on.\n", "a.txt", "txt"),
        (b"The WAVE of the day\n", "a.txt", "txt"),
    ],
)  # fmt: skip
def test_ordinary_files_are_left_alone(octets: bytes, name: str, short: str) -> None:
    file, codes = read(octets, name)
    assert file.short_type == short
    assert codes == set()
    assert file.inspected


@pytest.mark.parametrize(
    ("octets", "short"),
    [
        (b"AC1032\0\0\0\0\0\0" + bytes(90), "dwg"),
        (b"\0\1\0\0Standard ACE DB\0" + bytes(90), "accdb"),
        (b"!BDN" + bytes(90), "pst"),
        (b"PAR1" + bytes(90) + b"PAR1", "parquet"),
        (bytes(600) + b"conectix" + bytes(504), "vhd"),
        (compound("JSRV_SegmentInformation", "DocumentText"), "jtd"),
    ],
)
def test_data_that_nobody_reads_are_said_to_be_unread(octets: bytes, short: str) -> None:
    file, codes = read(octets, f"a.{short}")
    assert file.short_type == short
    assert codes == {"not_inspectable"}
    assert not file.inspected
