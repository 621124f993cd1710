"""Word, Excel and PowerPoint files of the older binary kinds, made by LibreOffice: all that a person wrote is found."""

from __future__ import annotations

import random
import struct

import pytest
from tests.golden.inspect.libreoffice import converted, flat
from tests.golden.inspect.makers import CARD, file_mail

from mailguard.inspect.office.biff import workbook_text
from mailguard.inspect.office.word97 import word_text
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

_WORD = flat(
    "text",
    f"""<text:p>極秘計画の本文 {CARD}</text:p>
    <text:p>注<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>
    <text:p>脚注の言葉</text:p></text:note-body></text:note></text:p>
    <text:p><office:annotation><dc:creator>評者</dc:creator><text:p>コメントの言葉</text:p></office:annotation>後</text:p>
    <table:table><table:table-column table:number-columns-repeated="2"/>
    <table:table-row><table:table-cell><text:p>氏名</text:p></table:table-cell><table:table-cell>
    <text:p>電話</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>山田太郎</text:p>
    </table:table-cell><table:table-cell><text:p>03-1234-5678</text:p></table:table-cell></table:table-row>
    </table:table>
    <text:p><draw:frame text:anchor-type="as-char" svg:width="5cm" svg:height="2cm"><draw:text-box>
    <text:p>枠の言葉</text:p>
    </draw:text-box></draw:frame></text:p>
    <text:p><text:a xlink:href="https://secret.example/path" xlink:type="simple">こちら</text:a></text:p>""",
    """<office:automatic-styles><style:page-layout style:name="pl"><style:header-style/><style:footer-style/>
    </style:page-layout></office:automatic-styles><office:master-styles><style:master-page style:name="Standard"
    style:page-layout-name="pl"><style:header><text:p>見出しの言葉</text:p></style:header><style:footer>
    <text:p>下段の言葉</text:p></style:footer></style:master-page></office:master-styles>""",
    "<dc:title>題名の言葉</dc:title>",
)


def _cell(value: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def _number(value: str) -> str:
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


_EXCEL = flat(
    "spreadsheet",
    f"""<table:table table:name="顧客">
    <table:table-row>{_cell("氏名")}{_cell("番号")}{_cell("生年月日")}</table:table-row>
    <table:table-row>{_cell("山田太郎")}{_number(CARD)}<table:table-cell table:style-name="day" office:value-type="date"
    office:date-value="1980-01-02"/></table:table-row>
    <table:table-row><table:table-cell/><table:table-cell/>{_cell("離れた言葉")}</table:table-row>
    <table:table-row table:visibility="collapse">{_cell("隠れた行")}</table:table-row>
    <table:table-row><table:table-cell/>
    <table:table-cell office:value-type="string"><office:annotation>
    <text:p>セルのメモ</text:p></office:annotation><text:p>x</text:p></table:table-cell></table:table-row>
    <table:table-row>{_cell("長い" * 5000 + "終わりの言葉")}</table:table-row>
    {"".join(f"<table:table-row>{_cell(f'行{n}')}</table:table-row>" for n in range(3000))}
    </table:table>
    <table:table table:name="隠しシート" table:style-name="hidden">
    <table:table-row>{_cell("秘密の言葉")}</table:table-row>
    </table:table>""",
    """<office:automatic-styles><style:style style:name="hidden" style:family="table"><style:table-properties
    table:display="false"/></style:style></office:automatic-styles>""",
)
_SLIDES = flat(
    "presentation",
    """<draw:page draw:name="一" draw:master-page-name="Default">
    <draw:frame svg:width="20cm" svg:height="3cm" svg:x="1cm"
    svg:y="1cm"><draw:text-box><text:p>極秘計画の表紙</text:p></draw:text-box></draw:frame><presentation:notes>
    <draw:frame presentation:class="notes" svg:width="15cm" svg:height="5cm" svg:x="1cm" svg:y="12cm"><draw:text-box>
    <text:p>発表者の言葉</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
    <draw:page draw:name="二" draw:master-page-name="Default" draw:style-name="away"><draw:frame svg:width="20cm"
    svg:height="3cm" svg:x="1cm" svg:y="1cm"><draw:text-box>
    <text:p>plain latin words</text:p></draw:text-box></draw:frame>
    </draw:page>""",
    """<office:automatic-styles><style:style style:name="away" style:family="drawing-page">
    <style:drawing-page-properties presentation:visibility="hidden"/></style:style><style:page-layout style:name="p"/>
    </office:automatic-styles>
    <office:master-styles><style:master-page style:name="Default" style:page-layout-name="p"/>
    </office:master-styles>""",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("office")
    return {
        "doc": converted(folder, {"letter.fodt": _WORD}, "doc")["letter"],
        "xls": converted(folder, {"book.fods": _EXCEL}, "xls:MS Excel 97")["book"],
        "ppt": converted(folder, {"slides.fodp": _SLIDES}, "ppt")["slides"],
    }


def read(octets: bytes, name: str) -> tuple[Facts, Attachment]:
    facts = read_mail(file_mail(octets, name))
    (one,) = facts.attachments
    return facts, one


def test_word(made: dict[str, bytes]) -> None:
    facts, one = read(made["doc"], "a.doc")
    assert (one.short_type, one.inspected, one.encrypted) == ("doc", True, False)
    for word in (
        "極秘計画の本文", "脚注の言葉", "コメントの言葉", "氏名\t電話", "山田太郎\t03-1234-5678", "枠の言葉",
        "https://secret.example/path", "見出しの言葉", "下段の言葉", "題名の言葉",
    ):  # fmt: skip
        assert word in one.text, word
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert facts.findings == ()


def test_excel(made: dict[str, bytes]) -> None:
    facts, one = read(made["xls"], "a.xls")
    assert (one.short_type, one.inspected, one.encrypted) == ("xls", True, False)
    lines = one.text.split("\n")
    assert f"山田太郎\t{CARD}\t1980-01-02" in lines
    assert "\t\t離れた言葉" in lines  # columns stay columns
    for word in ("顧客", "隠れた行", "セルのメモ", "終わりの言葉", "行2999", "隠しシート", "秘密の言葉"):
        assert word in one.text, word
    assert "長い" * 5000 in one.text  # one string over several records
    hidden = [finding.detail for finding in facts.findings if finding.code == "hidden_text"]
    assert any("隠しシート" in detail for detail in hidden)
    assert any("hidden rows" in detail for detail in hidden)


def test_slides(made: dict[str, bytes]) -> None:
    facts, one = read(made["ppt"], "a.ppt")
    assert (one.short_type, one.inspected, one.encrypted) == ("ppt", True, False)
    for word in ("極秘計画の表紙", "発表者の言葉", "plain latin words"):
        assert word in one.text, word
    assert [finding.code for finding in facts.findings] == ["hidden_text"]


def test_named_as_something_else_it_is_still_found(made: dict[str, bytes]) -> None:
    facts, one = read(made["xls"], "photo.jpg")
    assert one.short_type == "xls"
    assert "山田太郎" in one.text
    assert "type_mismatch" in {finding.code for finding in facts.findings}


@pytest.mark.parametrize("kind", ["doc", "xls", "ppt"])
def test_broken_files_cost_nothing_but_themselves(made: dict[str, bytes], kind: str) -> None:
    random_ = random.Random(7)
    for _ in range(60):
        octets = bytearray(made[kind][:60_000])
        for _ in range(random_.randrange(1, 40)):
            octets[random_.randrange(len(octets))] = random_.randrange(256)
        facts, _ = read(bytes(octets[: random_.randrange(600, len(octets))]), f"a.{kind}")
        assert "unreadable" not in {finding.code for finding in facts.findings}


def test_a_document_behind_a_password_is_encrypted() -> None:
    document = bytearray(0x200)
    struct.pack_into("<HH6xH", document, 0, 0xA5EC, 0xC1, 0x0100)
    assert word_text(bytes(document), {}).encrypted
    begin = struct.pack("<HHHH12x", 0x0809, 16, 0x0600, 0x0005)
    assert workbook_text(begin + struct.pack("<HHH", 0x002F, 2, 1)).encrypted


def test_word_95() -> None:
    document = bytearray(0x300)
    text = "極秘計画".encode("cp932")
    struct.pack_into("<HHHH", document, 0, 0xA5DC, 0x68, 0, 0x0411)
    struct.pack_into("<II", document, 0x18, 0x200, 0x200 + len(text))
    document[0x200 : 0x200 + len(text)] = text
    assert word_text(bytes(document), {}).text == "極秘計画"


def test_excel_95() -> None:
    label = "極秘計画".encode("cp932")
    stream = struct.pack("<HHHH4x", 0x0809, 8, 0x0500, 0x0005) + struct.pack("<HHH", 0x0042, 2, 932)
    stream += struct.pack("<HHHH4x", 0x0809, 8, 0x0500, 0x0010)
    stream += struct.pack("<HHHHHH", 0x0204, 8 + len(label), 0, 0, 0, len(label)) + label
    assert workbook_text(stream).text == "極秘計画"


def test_the_result_of_a_formula() -> None:
    stream = struct.pack("<HHHH12x", 0x0809, 16, 0x0600, 0x0005) + struct.pack("<HHHH12x", 0x0809, 16, 0x0600, 0x0010)
    stream += struct.pack("<HHHHHB5xH8x", 0x0006, 22, 0, 1, 0, 0, 0xFFFF)
    stream += struct.pack("<HHHB", 0x0207, 7, 2, 1) + "結果".encode("utf-16-le")
    stream += struct.pack("<HHHHHd8x", 0x0006, 22, 0, 2, 0, 4012888888881881.0)
    assert workbook_text(stream).text == "\t結果\t4012888888881881"


def test_furigana_and_a_string_that_changes_its_width_at_a_record_end() -> None:
    ruby = struct.pack("<HHHHHHH", 1, 16, 0, 0, 0, 3, 3) + "ヤマダ".encode("utf-16-le")
    first = struct.pack("<II", 2, 2) + struct.pack("<HBI", 2, 0x05, len(ruby)) + "山田".encode("utf-16-le") + ruby
    table = first + struct.pack("<HB", 6, 0x00) + b"abc"
    more = b"\x01" + "漢字文".encode("utf-16-le")
    stream = struct.pack("<HHHH12x", 0x0809, 16, 0x0600, 0x0005)
    stream += struct.pack("<HH", 0x00FC, len(table)) + table + struct.pack("<HH", 0x003C, len(more)) + more
    stream += struct.pack("<HHHH12x", 0x0809, 16, 0x0600, 0x0010)
    stream += b"".join(struct.pack("<HHHHHI", 0x00FD, 10, row, 0, 0, row) for row in (0, 1))
    assert workbook_text(stream).text == "山田\nabc漢字文\nヤマダ"
