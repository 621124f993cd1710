"""PDF as real programs make it and as attackers would: pages, what stands beside them, files inside, passwords."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest
from tests.golden.inspect.makers import CARD, attachment, file_mail, multipart, part, zip_of
from tests.golden.inspect.pdfs import HELVETICA, hexadecimal, japanese_font, one_page, pages, pdf, stream

from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

SPACED = b"BT /F1 12 Tf 50 700 Td (4012) Tj 26 0 Td (8888) Tj 26 0 Td (8888) Tj 26 0 Td (1881) Tj ET"
SCAN = b"q 600 0 0 800 0 0 cm /I Do Q"
PICTURE = stream(bytes(100), b"/Subtype/Image/Width 10/Height 10/BitsPerComponent 8/ColorSpace/DeviceGray")
PROSE = b"BT /F1 12 Tf 50 700 Td (a page with some words on it, and quite enough of them) Tj ET"


def read(octets: bytes, name: str = "a.pdf", limits: ReadingLimits | None = None) -> tuple[Attachment, Facts]:
    facts = read_mail(file_mail(octets, name, "application/pdf"), limits or ReadingLimits())
    return facts.attachments[0], facts


def codes(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings}


def test_fonts_that_are_not_in_the_file() -> None:
    content = b"BT /F2 12 Tf 50 700 Td %b Tj ET BT /F3 12 Tf 50 600 Td %b Tj ET" % (
        hexadecimal("機密", "cp932"),
        hexadecimal("極秘", "utf-16-be"),
    )
    file, facts = read(one_page(content, japanese_font(b"90ms-RKSJ-H"), japanese_font(b"UniJIS-UTF16-H")))
    assert file.text.split() == ["機密", "極秘"]
    assert file.inspected
    assert facts.findings == ()


def test_number_in_pieces_layers_and_invisible_text() -> None:
    hidden = b" BT /F1 12 Tf 3 Tr 50 600 Td (behind a scan) Tj ET /OC /L BDC BT /F1 12 Tf 50 500 Td (off) Tj ET EMC"
    file, facts = read(one_page(SPACED + hidden))
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert "behind a scan" in file.text
    assert "off" in file.text.split()


BESIDE = one_page(
    b"BT /F1 12 Tf 50 700 Td (page) Tj ET",
    b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents%b>>" % hexadecimal("注釈の機密", "utf-16-be", b"\xfe\xff"),
    b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V 10 0 R/Rect[0 0 9 9]>>",
    b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://x.example/?q=\\(1\\))>>>>",
    b"<</Type/Annot/Subtype/FreeText/F 4/Rect[9 9 400 50]/Contents(x)/AP<</N 11 0 R>>>>",
    b"(value of \\141 field)",
    stream(b"BT /F1 12 Tf 5 5 Td (as it is shown) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 400 50]/Resources"
           b"<</Font<</F1 5 0 R>>>>"),
    stream("<xfa:data><name>電子申請</name></xfa:data>".encode(), packed=True),
    b"<</Title%b/Parent 14 0 R>>" % hexadecimal("目次の題", "utf-16-be", b"\xfe\xff"),
    b"<</Type/Sig/Contents<3082010203>>>",
    page=b"/Annots[6 0 R 7 0 R 8 0 R 9 0 R]",
    catalog=b"/AcroForm<</Fields[7 0 R]/XFA[(datasets) 12 0 R]>>",
    trailer=b"/Info<</Title(\x8b\x40\x96\xa7\x8e\x91\x97\xbf)/Subject(s\\\nub)/Keywords<6B6579>>>",
)  # fmt: skip


@pytest.mark.parametrize(
    "wanted",
    [
        "注釈の機密",
        "value of a field",
        "https://x.example/?q=(1)",
        "as it is shown",
        "電子申請",
        "目次の題",
        "機密資料",
        "sub",
        "key",
    ],
)
def test_beside_the_pages(wanted: str) -> None:
    file, facts = read(BESIDE)
    assert wanted in file.text.split("\n")
    assert "0\x82" not in file.text
    assert facts.findings == ()


def test_file_pinned_to_a_page_and_file_that_nothing_lists() -> None:
    octets = one_page(
        b"",
        b"<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS<</Type/Filespec/F(pinned.txt)/EF<</F 7 0 R>>>>>>",
        stream(b"pinned content"),
        b"<</Type/Filespec/UF%b/EF<</UF 9 0 R>>>>" % hexadecimal("名簿.csv", "utf-16-be", b"\xfe\xff"),
        stream(f"極秘,{CARD}".encode(), packed=True),
        b"<</Type/Filespec/F(gone.txt)/EF<</F 99 0 R>>>>",
        page=b"/Annots[6 0 R]",
    )
    file, facts = read(octets)
    assert {one.filename: one.text for one in file.members} == {
        "pinned.txt": "pinned content",
        "名簿.csv": f"極秘,{CARD}",
        "gone.txt": "",
    }
    assert "unparseable_attachment" in codes(facts)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (one_page(catalog=b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "macro"),
        (one_page(catalog=b"/OpenAction<</S/J#61vaScript/JS(app.alert\\(1\\))>>"), "macro"),
        (one_page(catalog=b"/OpenAction<</S/Launch/Win<</F(cmd.exe)>>>>"), "executable"),
    ],
)
def test_actions(octets: bytes, code: str) -> None:
    assert codes(read(octets)[1]) == {code}


def test_formats_of_form_fields_are_no_macros() -> None:
    field = b'<</Type/Annot/Subtype/Widget/FT/Tx/T(n)/AA<</F<</S/JavaScript/JS(AFNumber_Format\\(2, 0, "" \\))>>>>>>'
    assert read(one_page(b"", field))[1].findings == ()


@pytest.mark.parametrize(
    ("octets", "inspected"),
    [
        (one_page(SCAN, PICTURE), False),
        (one_page(SCAN + b" BT /F1 9 Tf 9 9 Td (Page 1) Tj ET", PICTURE), False),
        (one_page(b""), True),
        (pages(SCAN, PROSE, PROSE, PROSE), False),
        (pages(SCAN, *[PROSE] * 5), True),
        (one_page(b"0 0 m 9 9 l S " * 60), False),
        (one_page(b"0 0 m 9 9 l S " * 3), True),
    ],
)
def test_pages_that_are_pictures(octets: bytes, inspected: bool) -> None:
    assert read(octets)[0].inspected is inspected


def test_glyphs_without_characters_are_not_read() -> None:
    font = japanese_font(b"Identity-H").replace(b"(Japan1)", b"(Identity)")
    file, facts = read(one_page(b"BT /F2 12 Tf 50 700 Td <%b> Tj ET" % (b"0a01" * 60), font))
    assert not file.inspected
    assert "not_inspectable" in codes(facts)


@pytest.mark.parametrize(
    "octets",
    [
        pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
            stream(b"BT (a) Tj ET " * 5_000_000, packed=True)),
        one_page(b"", stream(zlib.compress(bytes(60_000_000)), b"/Filter [/FlateDecode", packed=True)),
        one_page(b"BT /F1 1 Tf " + b"(abc def) Tj " * 300_000 + b"ET"),
    ],
    ids=["operators", "twice", "unpacked"],
)  # fmt: skip
def test_bombs_cost_only_themselves(octets: bytes) -> None:
    file, facts = read(octets)
    assert not file.inspected
    assert "bomb" in codes(facts)


def test_limits() -> None:
    file, facts = read(pages(PROSE, PROSE, PROSE), limits=ReadingLimits(pages=2))
    assert file.text.count("a page") == 2
    assert "limit_reached" in codes(facts)
    assert not file.inspected
    deep = read(one_page(), limits=ReadingLimits(depth=0))[1]
    assert deep.findings == ()  # a PDF without files is no archive


def test_cut_off_in_object_streams_is_still_read() -> None:
    inside = b"8 0 obj" and b"<</Type/Page/MediaBox[0 0 600 800]/Contents 2 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
    packed = stream(b"8 0 " + inside, b"/Type/ObjStm/N 1/First 4", packed=True)
    octets = b"%PDF-1.5\n" + b"".join(
        b"%d 0 obj\n%b\nendobj\n" % pair
        for pair in ((2, stream(b"BT /F1 12 Tf 9 700 Td (rescued) Tj ET")), (3, HELVETICA), (4, packed))
    )
    file, facts = read(octets + b"9 0 obj\n<</Type/XRef/Len")
    assert file.text == "rescued"
    assert not file.inspected
    assert "unparseable_attachment" in codes(facts)


def test_zip_behind_a_pdf() -> None:
    file, facts = read(one_page() + zip_of({"secret.txt": b"behind"}))
    assert [one.text for one in file.members] == ["behind"]
    assert "ambiguous_archive" in codes(facts)
    assert "hello page" in file.text


# What real programs make of it.

LINES = "極秘計画のお知らせ", "カード番号 4012-8888-8888-1881", "ｶﾀｶﾅ ＡＢＣ ①㈱"
PAGE = f"""<html><head><meta charset="utf-8"><title>表題</title></head><body style="font-family: 'Noto Serif CJK JP'">
{"".join(f"<p>{line}</p>" for line in LINES)}<p lang="en">office final</p>
<div style="writing-mode: vertical-rl; height: 300px">縦書きの機密事項はここに。</div>
<table width="600"><tr><th width="300">氏名</th><th>電話</th></tr>
<tr><td>山田太郎</td><td>03-1234-5678</td></tr></table>
<a href="https://partner.example/q?id=1">link</a></body></html>"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same page as PDF by Chromium and by LibreOffice, and variants of it by qpdf."""
    folder = tmp_path_factory.mktemp("pdf")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    (folder / "名簿.csv").write_text(f"極秘,{CARD}\n", encoding="utf-8")
    run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={folder}/c", "--print-to-pdf=chromium.pdf", "page.html"], folder
    )  # fmt: skip
    run(
        ["soffice", f"-env:UserInstallation=file://{folder}/o", "--headless", "--convert-to",
         "pdf:writer_web_pdf_Export", "page.html"], folder
    )  # fmt: skip
    (folder / "page.pdf").rename(folder / "libreoffice.pdf")
    qpdf(folder, "--object-streams=generate", "--add-attachment", "名簿.csv", "--", "chromium.pdf", "packed.pdf")
    qpdf(folder, "--linearize", "libreoffice.pdf", "linear.pdf")
    qpdf(folder, "--encrypt", "", "owner", "256", "--", "packed.pdf", "owner.pdf")
    qpdf(folder, "--encrypt", "Hiraku-25", "owner", "256", "--", "packed.pdf", "user.pdf")
    qpdf(folder, "--allow-weak-crypto", "--encrypt", "Hiraku-25", "", "128", "--", "packed.pdf", "old.pdf")
    (folder / "cut.pdf").write_bytes((folder / "packed.pdf").read_bytes()[:-200])
    return folder


def run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, timeout=120, capture_output=True)


def qpdf(folder: Path, *arguments: str) -> None:
    run(["qpdf", *arguments], folder)


@pytest.mark.parametrize("name", ["chromium", "libreoffice", "packed", "linear", "owner"])
def test_real_makers(made: Path, name: str) -> None:
    file, facts = read((made / f"{name}.pdf").read_bytes())
    lines = file.text.split("\n")
    assert set(LINES) - {LINES[0]} <= set(lines)
    assert "縦書きの機密事項はここに。" in lines
    assert "山田太郎\t03-1234-5678" in lines
    assert "https://partner.example/q?id=1" in lines
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert (file.inspected, file.encrypted) == (True, False)
    assert facts.findings == ()
    if name in ("packed", "owner"):
        assert [(one.filename, one.text) for one in file.members] == [("名簿.csv", f"極秘,{CARD}\n")]


@pytest.mark.parametrize("name", ["user", "old"])
def test_passwords(made: Path, name: str) -> None:
    octets = (made / f"{name}.pdf").read_bytes()
    file, facts = read(octets)
    assert (file.inspected, file.encrypted, file.text, file.members) == (False, True, "", ())
    assert "encrypted" in codes(facts)
    letter = part("パスワードは Hiraku-25 です\r\n".encode(), b"Content-Type: text/plain; charset=utf-8")
    facts = read_mail(multipart(letter, attachment(octets, "a.pdf")))
    (file,) = facts.attachments
    assert (file.inspected, file.encrypted) == (True, True)
    assert "縦書きの機密事項はここに。" in file.text
    assert file.members[0].text.startswith("極秘")
    assert {"encrypted", "password_in_mail"} <= codes(facts)


def test_cut_off_by_a_little(made: Path) -> None:
    file, facts = read((made / "cut.pdf").read_bytes())
    assert LINES[1] in file.text
    assert [one.filename for one in file.members] == ["名簿.csv"]
    assert not file.inspected
    assert "unparseable_attachment" in codes(facts)


def test_without_tounicode_glyphs_are_not_taken_for_text(made: Path, tmp_path: Path) -> None:
    qpdf(made, "--qdf", "--object-streams=disable", "libreoffice.pdf", str(tmp_path / "plain.pdf"))
    octets = (tmp_path / "plain.pdf").read_bytes().replace(b"/ToUnicode", b"/XoUnicode")
    assert not read(octets)[0].inspected
