"""Office documents, each with the thing that leaks where hardly anybody looks: what the reader finds in them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.golden.inspect.makers import (
    CARD,
    CARD_2,
    docx,
    file_mail,
    paragraph,
)
from tests.golden.inspect.office import (
    MAINS,
    book,
    cells,
    line,
    ole2,
    package,
    packager,
    part,
    relations,
    run,
    sheet,
    types,
    word,
)
from tests.golden.inspect.test_facts import every

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts


@dataclass(frozen=True)
class Document:
    """What must hold of a document: texts that are found, texts that are not there, findings, files inside."""

    name: str
    octets: bytes
    says: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    inspected: bool = True


def facts_of(octets: bytes, name: str = "a.docx") -> Facts:
    return read_mail(file_mail(octets, name))


def _field(*codes: str, result: str = "result") -> str:
    code = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in codes)
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    return mark("begin") + code + mark("separate") + run(result) + mark("end")


def _box(text: str) -> str:
    return f"<w:txbxContent>{line(run(text))}</w:txbxContent>"


def _drawing(text: str) -> str:
    alternative = f"<mc:Choice>{_box(text)}</mc:Choice><mc:Fallback><w:pict>{_box(text)}</w:pict></mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{alternative}</mc:AlternateContent></w:r>"


_STYLES = part(
    "w:styles",
    '<w:style w:styleId="Base"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:styleId="Child"><w:basedOn w:val="Base"/></w:style>',
)
_RUBY = "<w:r><w:ruby><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:r>".format
_CELL = "<w:tc>{}</w:tc>".format
_ROW = "<w:tr>{}</w:tr>".format
WORD = (
    Document("runs", word(line(run(CARD[:7]), run(CARD[7:])) + line(run("KING"), run("FISHER"))), (CARD, "KINGFISHER")),
    Document(
        "table",
        word(
            "<w:tbl>"
            + _ROW(_CELL(line(run("氏名"))) + _CELL(line(run("住所"))) + _CELL(line()))
            + _ROW(_CELL(line(run("花子"))) + _CELL(line(run("東京")) + line(run("千代田"))) + _CELL(line(run("x"))))
            + "</w:tbl>"
            + line(run("end"))
        ),
        ("氏名\t住所\t\n花子\t東京 千代田\tx\nend",),
    ),
    Document(
        "table-in-table",
        word(
            "<w:tbl>"
            + _ROW(
                _CELL(line(run("a")))
                + _CELL("<w:tbl>" + _ROW(_CELL(line(run("n1"))) + _CELL(line(run("n2")))) + "</w:tbl>" + line())
                + _CELL(line(run("c")))
            )
            + "</w:tbl>"
        ),
        ("a\t\tc", "n1\tn2"),
    ),
    Document(
        "deleted-and-inserted",
        word(
            line(
                run("4012"),
                '<w:del w:author="DELETER"><w:r><w:delText>0000</w:delText></w:r></w:del>',
                f'<w:ins w:author="INSERTER">{run("8888")}</w:ins>',
                run("88881881"),
            )
        ),
        ("4012888888881881", "4012000088881881", "DELETER", "INSERTER"),
    ),
    Document(
        "moved",
        word(
            line(run("here "), f'<w:moveFrom w:author="MOVER">{run("MOVED")}</w:moveFrom>', run("stays"))
            + line(f"<w:moveTo>{run('MOVED')}</w:moveTo>")
        ),
        ("here stays\nMOVED", "here MOVEDstays"),
    ),
    Document(
        "text-box-in-a-number",
        word(line(run("4012"), _drawing("BOX"), run("888888881881"))),
        ("4012888888881881", "BOX"),
        ("BOX\nBOX",),
    ),
    Document(
        "fallback-says-more",
        word(
            line(
                f"<w:r><mc:AlternateContent><mc:Choice>{_box('SHOWN')}</mc:Choice><mc:Fallback>{_box('OLDER')}"
                "</mc:Fallback></mc:AlternateContent></w:r>"
            )
        ),
        ("SHOWN", "OLDER"),
    ),
    Document(
        "fields",
        word(
            line(_field(' HYPERLINK "mailto:', 'field@target.example" '), _field(" PAGE ", result="7"))
            + line("<w:fldSimple w:instr=' INCLUDETEXT \"C:\\\\SECRET.docx\" '/>")
        ),
        ("field@target.example", "SECRET.docx"),
        ("PAGE",),
    ),
    Document("dde", word(line(_field("DDE", "AUTO c:\\\\a.exe"))), findings=("macro",)),
    Document(
        "furigana",
        word(line(_RUBY(run("やま"), run("山")), _RUBY(run("だ"), run("田")), run("太郎"))),
        ("山田太郎", "やまだ"),
    ),
    Document(
        "hidden",
        word(line(run("SEEN"), run("UNSEEN", "<w:vanish/>"), run("TOO"))),
        ("SEENTOO", "UNSEEN"),
        findings=("hidden_text",),
    ),
    Document(
        "hidden-by-style",
        word(
            line(run("UNSEEN", '<w:rStyle w:val="Child"/>')) + line(run("SEEN", '<w:vanish w:val="0"/>')),
            word___styles__xml=_STYLES,
        ),
        ("UNSEEN", "SEEN"),
        findings=("hidden_text",),
    ),
    Document("one-point", word(line(run("TINY", '<w:sz w:val="2"/>'))), ("TINY",), findings=("hidden_text",)),
    Document(
        "not-hidden",
        word("<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>" + run("SEEN") + "</w:p>"),
        ("SEEN",),
    ),
    Document(
        "other-parts",
        word(
            line(run("x")),
            word___header1__xml=part("w:hdr", line(run("HEAD"), run("ER"))),
            word___footnotes__xml=part("w:footnotes", f"<w:footnote>{line(run('FOOT'), run('NOTE'))}</w:footnote>"),
            word___comments__xml=part(
                "w:comments", f'<w:comment w:author="AUTHOR">{line(run("COM"), run("MENT"))}</w:comment>'
            ),
            word___glossary___document__xml=part("w:glossaryDocument", line(run("GLOSS"), run("ARY"))),
            word___settings__xml=part("w:settings", '<w:docVar w:name="VARIABLE" w:val="VALUE"/>'),
            word___diagrams___data1__xml=part("dgm:dataModel", "<a:t>DIAGRAM</a:t>", 'xmlns:dgm="urn:d"'),
            word___charts___chart1__xml=part(
                "c:chartSpace", "<c:pt><c:v>4.012888888881881E15</c:v></c:pt>", 'xmlns:c="urn:c"'
            ),
            customXml___item1__xml='<records xmlns="urn:own"><one code="ATTRIBUTE">ELEMENT</one></records>',
            docProps___custom__xml=part(
                "Properties",
                '<property name="PROPERTY"><vt:lpwstr>PROPVALUE</vt:lpwstr></property>',
                'xmlns:vt="urn:vt"',
            ),
            docProps___core__xml=part(
                "cp:coreProperties", "<dc:creator>CREATOR</dc:creator>", 'xmlns:cp="u" xmlns:dc="d"'
            ),
            docProps___app__xml=part("Properties", "<Company>COMPANY</Company><Pages>4711</Pages>"),
        ),
        (
            *("HEADER", "FOOTNOTE", "COMMENT", "AUTHOR", "GLOSSARY", "VARIABLE", "VALUE", "DIAGRAM", "ATTRIBUTE"),
            *("ELEMENT", "PROPERTY", "PROPVALUE", "CREATOR", "COMPANY", CARD),
        ),
        ("4711",),
    ),
    Document(
        "alternative-texts",
        word(
            '<w:p><w:r><w:drawing><wp:docPr id="1" name="図 1" descr="ALT&#x65e5;"/></w:drawing><w:pict>'
            '<v:shape alt="VMLALT"><v:textpath string="WORDART"/></v:shape></w:pict></w:r></w:p>'
        ),
        ("ALT日", "VMLALT", "WORDART"),
        ("図 1",),
    ),
    Document(
        "controls",
        word(
            '<w:p><w:sdt><w:sdtPr><w:alias w:val="ALIAS"/><w:text/><w:dropDownList><w:listItem w:displayText="CHOICE"'
            f' w:value="v"/></w:dropDownList></w:sdtPr><w:sdtContent>{run("KING")}</w:sdtContent></w:sdt>'
            f"{run('FISHER')}</w:p>"
        ),
        ("KINGFISHER", "ALIAS", "CHOICE"),
    ),
    Document(
        "targets",
        word(
            line(run("x")),
            word____rels___document__xml__rels=relations(
                ("r1", "hyperlink", "mailto:leak@target.example"), ("r2", "hyperlink", "https://x.example/LEAK")
            ),
        ),
        ("leak@target.example", "https://x.example/LEAK"),
    ),
    Document(
        "template-from-elsewhere",
        word(
            line(run("x")),
            word____rels___settings__xml__rels=relations(("r1", "attachedTemplate", "https://evil.example/t.dotm")),
        ),
        findings=("external_body",),
    ),
    Document(
        "own-template",
        word(
            line(run("x")),
            word____rels___settings__xml__rels=relations(("r1", "attachedTemplate", "file:///D:/templates/N.dotm")),
        ),
        ("D:/templates",),
    ),
    Document(
        "odd-names",
        package(
            {
                "[Content_Types].xml": types(("/OTHER/Main.XML", MAINS["docx"])),
                "Other/main.xml": part("w:document", line(run("ODD"), run("NAME"))),
                "other/chunk.html": b"<html><body><p>ALT<b>CHUNK</b></p></body></html>",
                "x/y.dat": b"plain PLANTED words\n",
            }
        ),
        ("ODDNAME", "ALTCHUNK", "PLANTED"),
    ),
    Document(
        "strict-and-utf-16",
        package(
            {
                "word/document.xml": (
                    '<?xml version="1.0" encoding="UTF-16"?><q:document xmlns:q="urn:strict:'
                    'main"><q:p><q:r><q:t>STRICT</q:t></q:r><q:r><q:t>機密</q:t></q:r></q:p></q:document>'
                ).encode("utf-16")
            }
        ),
        ("STRICT機密",),
    ),
    Document(
        "shift-jis-part",
        package(
            {
                "word/document.xml": '<?xml version="1.0" encoding="Shift_JIS"?><d:document xmlns:d="u"><d:t>機密</d:t>'
                "</d:document>".encode("cp932").replace(b"d:document xmlns", b"d:document xmlns")
            }
        ),
        ("機密",),
    ),
    Document(
        "packaged-file",
        word(
            line(run("x")),
            word___embeddings___oleObject1__bin=ole2({"\x01Ole10Native": bytes(4) + packager("顧客.txt", b"INSIDE")}),
        ),
        ("INSIDE",),
        members=("顧客.txt",),
    ),
    Document(
        "embedded-package",
        word(line(run("x")), word___embeddings___oleObject1__bin=ole2({"Package": docx(paragraph("DEEPER"))})),
        ("DEEPER",),
    ),
    Document(
        "broken-part",
        word(line(run("x")), word___header1__xml="<w:hdr><w:t>HEADER</w:t>"),
        ("x", "HEADER"),
        findings=("unparseable_attachment",),
        inspected=False,
    ),
    Document(
        "unknown-encoding",
        word(line(run("x")), word___header1__xml='<?xml version="1.0" encoding="U"?><w:hdr/>'),
        findings=("unparseable_attachment",),
        inspected=False,
    ),
    Document(
        "document-type",
        word(line(run("x")), word___header1__xml='<!DOCTYPE a SYSTEM "http://x.example/a"><a><t>b</t></a>'),
        findings=("unparseable_attachment",),
        inspected=False,
    ),
    Document("macro", word(line(run("x")), word___odd__bin=ole2({"_VBA_PROJECT": b"x"})), findings=("macro",)),
    Document(
        "macro-by-type",
        package(
            {
                "[Content_Types].xml": types(
                    ("/word/document.xml", MAINS["docm"]), ("/word/z.dat", "application/vnd.ms-office.vbaProject")
                ),
                "word/document.xml": part("w:document", line(run("x"))),
                "word/z.dat": b"\x01macro",
            }
        ),
        findings=("macro",),
    ),
    Document(
        "active-x",
        word(
            line(run("x")),
            word___activeX___activeX1__xml='<ax:ocx xmlns:ax="u"><ax:ocxPr ax:value="CAPTION"/></ax:ocx>',
        ),
        ("CAPTION",),
        findings=("macro",),
    ),
    Document(
        "picture-that-is-none",
        word(line(run("x")), word___media___image1__png=docx(paragraph("SMUGGLED"))),
        ("SMUGGLED",),
    ),
    Document("picture", word(line(run("x")), word___media___image1__png=b"\x89PNG\r\n\x1a\n" + bytes(100)), ("x",)),
)

_HIDDEN = '<c t="inlineStr"><is><t>{}</t></is></c>'.format
_RICH = '<si><r><t>KING</t></r><r><rPr><b/></rPr><t>FISHER</t></r><rPh sb="0" eb="2"><t>カワセミ</t></rPh></si>'
_FORMATS = sheet(
    '<numFmts><numFmt numFmtId="164" formatCode="000\\-0000\\-0000"/><numFmt numFmtId="165" formatCode=";;;"/>'
    '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>',
    "styleSheet",
)


def _books(body: str, **further: str) -> tuple[bytes, bytes, bytes]:
    """The same workbook three times: as Excel writes it, with a comment (which stops the fast way), with prefixes."""
    prefixed = body.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
    parts: dict[str, str | bytes] = {f"xl___{key}": value for key, value in further.items()}
    plain = book(("S", "visible", body), **parts)
    slow = book(("S", "visible", body.replace("<sheetData>", "<sheetData><!-- -->")), **parts)
    other = book(("S", "visible", ""), **parts, xl___worksheets___sheet1__xml=part("x:worksheet", prefixed))
    return plain, slow, other


def _both_ways(
    case: str, body: str, says: tuple[str, ...], findings: tuple[str, ...] = (), **further: str
) -> list[Document]:
    ways = ("patterns", "parser", "prefixes")
    found = zip(ways, _books(body, **further), strict=True)
    return [Document(f"{case}-{way}", octets, says, findings=findings) for way, octets in found]


SHEETS = (
    *_both_ways(
        "strings",
        cells(
            '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>' + _HIDDEN("IN&amp;LINE"), '<c t="s"><v>9</v></c>'
        ),
        ("KINGFISHER\tA&B _x\tIN&LINE", "カワセミ", "LEFTOVER"),
        sharedStrings__xml=sheet(
            f"{_RICH}<si><t>A&amp;B _x005F_x</t></si><si><t>LEFTOVER</t></si><si/>",
            "sst",
        ),
    ),
    *_both_ways(
        "numbers",
        cells(
            '<c r="A1"><v>4.012888888881881E15</v></c><c r="B1" t="n"><v>5105105105105100.0</v></c><c r="C1" s="1">'
            '<v>29222</v></c><c r="D1" s="2"><v>9012345678</v></c><c r="E1" t="b"><v>1</v></c>'
            '<c r="F1" t="e"><v>#N/A</v></c><c r="G1" t="str"><f>"LIT"&amp;"ERAL"</f><v>RESULT</v></c>'
        ),
        (f"{CARD}\t{CARD_2}\t1980-01-02\t090-1234-5678\tTRUE\t#N/A\tRESULT", "ERAL"),
        styles__xml=_FORMATS,
    ),
    *_both_ways(
        "gaps", cells('<c r="B1"><v>1</v></c><c r="D1"><v>2</v></c>', '<c r="A2"><v>3</v></c>'), ("\t1\t\t2\n3",)
    ),
    *_both_ways(
        "hidden-row",
        '<sheetData><row r="1"/><row r="2" hidden="1"><c r="A2"><v>77</v></c></row></sheetData>',
        ("77",),
        ("hidden_text",),
    ),
    *_both_ways(
        "hidden-column",
        '<cols><col min="2" max="2" hidden="1"/></cols>' + cells('<c r="A1"><v>1</v></c><c r="B1"><v>77</v></c>'),
        ("1\t77",),
        ("hidden_text",),
    ),
    *_both_ways(
        "hidden-column-without-cells",
        '<cols><col min="2" max="16384" hidden="1"/></cols>' + cells('<c r="A1"><v>1</v></c>'),
        ("1",),
    ),
    *_both_ways(
        "shows-nothing", cells('<c r="A1" s="3"><v>77</v></c>'), ("77",), ("hidden_text",), styles__xml=_FORMATS
    ),
    *_both_ways(
        "around",
        cells("<c><v>1</v></c>")
        + '<dataValidations><dataValidation prompt="PROMPT"><formula1>"ONE,TWO"</formula1></dataValidation>'
        '</dataValidations><hyperlinks><hyperlink ref="A1" tooltip="TIP"/></hyperlinks>'
        '<headerFooter><oddHeader>&amp;L&amp;"-,Bold"KING&amp;BFI&amp;BSHER&amp;R&amp;12R&amp;&amp;D</oddHeader>'
        "</headerFooter>",
        ("PROMPT", "ONE,TWO", "TIP", "KINGFISHER", "R&D"),
    ),
    *_both_ways("dde", cells("<c><f>cmd|'/c calc'!A0</f><v>0</v></c>"), (), ("macro",)),
    Document(
        "hidden-sheets",
        book(("見える", "visible", cells("<c><v>1</v></c>")), ("隠し", "veryHidden", cells("<c><v>4711</v></c>"))),
        ("見える", "隠し", "4711"),
        findings=("hidden_text",),
    ),
    Document(
        "hidden-empty-sheet", book(("a", "visible", cells("<c><v>1</v></c>")), ("b", "hidden", "<sheetData/>")), ("b",)
    ),
    Document(
        "sheets-in-order",
        book(
            ("2", "visible", cells("<c><v>111</v></c>")),
            ("1", "visible", cells("<c><v>222</v></c>")),
            xl____rels___workbook__xml__rels=relations(
                ("rId1", "worksheet", "/xl/worksheets/sheet2.xml"), ("rId2", "worksheet", "worksheets/sheet1.xml")
            ),
        ),
        ("222\n111",),
    ),
    Document(
        "other-parts-of-a-workbook",
        book(
            ("a", "visible", cells("<c><v>1</v></c>")),
            xl___comments1__xml=sheet(
                "<authors><author>AUTHOR</author></authors><comment><text><r><t>COM</t></r><r><t>MENT</t></r></text></comment>",
                "comments",
            ),
            xl___threadedComments___t1__xml='<ThreadedComments xmlns="u"><threadedComment><text>THREAD</text>'
            "</threadedComment></ThreadedComments>",
            xl___persons___person__xml='<personList xmlns="u"><person displayName="PERSON"/></personList>',
            xl___pivotCache___pivotCacheDefinition1__xml=sheet(
                '<cacheFields><cacheField name="FIELD"><sharedItems><s v="SHARED"/><s v="OTHER"/></sharedItems>'
                '</cacheField><cacheField name="SECOND"><sharedItems/></cacheField></cacheFields>',
                "pivotCacheDefinition",
            ),
            xl___pivotCache___pivotCacheRecords1__xml=sheet(
                '<r><x v="1"/><n v="4.012888888881881E15"/></r>', "pivotCacheRecords"
            ),
            xl___externalLinks___externalLink1__xml=sheet(
                '<externalBook><sheetNames><sheetName val="FOREIGN"/></sheetNames><sheetDataSet><sheetData><row><cell>'
                "<v>CACHED</v></cell></row></sheetData></sheetDataSet></externalBook>",
                "externalLink",
            ),
            xl___connections__xml=sheet(
                '<connection name="c"><dbPr connection="Server=DBHOST;Pwd=x" command="select"/></connection>',
                "connections",
            ),
            xl___drawings___drawing1__xml=part(
                "xdr:wsDr", "<a:p><a:r><a:t>SHA</a:t></a:r><a:r><a:t>PE</a:t></a:r></a:p>", 'xmlns:xdr="u"'
            ),
            xl___tables___table1__xml=sheet("", "table").replace("<table ", '<table displayName="TABLENAME" '),
            xl___drawings___vmlDrawing1__vml="<xml><v:textbox><div><font>BUTTON<br></font></div></v:textbox></xml>",
            xl___customProperty1__bin="CUSTOMBIN".encode("utf-16-le"),
        ),
        (
            *("AUTHOR", "COMMENT", "THREAD", "PERSON", "FIELD", f"OTHER\t{CARD}", "FOREIGN", "CACHED", "DBHOST"),
            *("SHAPE", "TABLENAME", "BUTTON", "CUSTOMBIN"),
        ),
    ),
    Document(
        "excel-4-macro",
        book(
            ("a", "visible", cells("<c><v>1</v></c>")),
            xl___macrosheets___sheet1__xml=sheet(cells("<c><f>EXEC()</f></c>"), "xm:macrosheet").replace(
                "xmlns=", 'xmlns:xm="u" xmlns='
            ),
        ),
        findings=("macro",),
    ),
    Document(
        "dde-link",
        book(
            ("a", "visible", ""),
            xl___externalLinks___e1__xml=sheet('<ddeLink ddeService="cmd" ddeTopic="TOPIC"/>', "externalLink"),
        ),
        ("TOPIC",),
        findings=("macro",),
    ),
    Document(
        "data-model",
        book(("a", "visible", cells("<c><v>1</v></c>")), xl___model___item__data=bytes(range(256))),
        ("1",),
        findings=("not_inspectable",),
        inspected=False,
    ),
    Document(
        "cut-off",
        book(
            ("a", "visible", cells("<c><v>4711</v></c>")),
            xl___worksheets___sheet1__xml=sheet(cells("<c><v>4711</v></c>"))[:-20],
        ),
        ("4711",),
        findings=("unparseable_attachment",),
        inspected=False,
    ),
)


def _slide(text: str, attributes: str = "", properties: str = "") -> str:
    return part(
        "p:sld",
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="Title 1" {properties}/></p:nvSpPr><p:txBody><a:p>'
        f"<a:r><a:t>{text}</a:t></a:r><a:r><a:t>!</a:t></a:r></a:p></p:txBody></p:sp>",
        attributes,
    )


_DECK: dict[str, str | bytes] = {
    "ppt/presentation.xml": part("p:presentation", '<p:sldId id="1" r:id="rId2"/><p:sldId id="2" r:id="rId1"/>'),
    "ppt/_rels/presentation.xml.rels": relations(
        ("rId1", "slide", "slides/slide1.xml"), ("rId2", "slide", "slides/slide2.xml")
    ),
    "ppt/slides/slide1.xml": _slide("LAST"),
    "ppt/slides/slide2.xml": _slide("FIRST"),
}
_PLACEHOLDER = "<p:sp><p:nvPr><p:ph{}/></p:nvPr><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:sp>".format
SLIDES = (
    Document("slides-in-order", package(_DECK, "pptx"), ("FIRST!\nLAST!",)),
    Document(
        "hidden-slide",
        package(_DECK | {"ppt/slides/slide1.xml": _slide("UNSEEN", 'show="0"')}, "pptx"),
        ("UNSEEN",),
        findings=("hidden_text",),
    ),
    Document(
        "hidden-shape",
        package(_DECK | {"ppt/slides/slide1.xml": _slide("UNSEEN", "", 'hidden="1"')}, "pptx"),
        ("UNSEEN",),
        findings=("hidden_text",),
    ),
    Document(
        "masters-and-notes",
        package(
            _DECK
            | {
                "ppt/slideMasters/slideMaster1.xml": part(
                    "p:sldMaster",
                    _PLACEHOLDER(' type="title"', "CLICK HERE")
                    + _PLACEHOLDER(' type="ftr"', "FOOTER")
                    + "<p:sp><a:p><a:r><a:t>STAMP</a:t></a:r></a:p></p:sp>",
                ),
                "ppt/notesSlides/notesSlide1.xml": part("p:notes", _PLACEHOLDER(' type="body"', "NOTES")),
                "ppt/comments/comment1.xml": part("p:cmLst", "<p:cm><p:text>REMARK</p:text></p:cm>"),
                "ppt/commentAuthors.xml": part("p:cmAuthorLst", '<p:cmAuthor name="REMARKER"/>'),
                "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": book(("a", "visible", cells("<c><v>4711</v></c>"))),
                "ppt/diagrams/drawing1.xml": part(
                    "dsp:drawing", "<a:p><a:r><a:t>FIRST!</a:t></a:r></a:p>", 'xmlns:dsp="u"'
                ),
            },
            "pptx",
        ),
        ("FOOTER", "STAMP", "NOTES", "REMARK", "REMARKER", "4711"),
        ("CLICK HERE",),
        members=("Microsoft_Excel_Sheet1.xlsx",),
    ),
)
DOCUMENTS = WORD + SHEETS + SLIDES


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: case.name)
def test_documents(case: Document) -> None:
    facts = facts_of(case.octets)
    files = list(every(facts.attachments))
    whole = "\n".join(one.text for one in files)
    for wanted in case.says:
        assert wanted in whole
    for unwanted in case.without:
        assert unwanted not in whole
    codes = {finding.code for finding in facts.findings} - {"type_mismatch"}
    assert codes - {"not_inspectable"} == set(case.findings) - {"not_inspectable"}, facts.findings
    assert ("not_inspectable" in codes) is not case.inspected
    assert facts.attachments[0].inspected is case.inspected
    assert set(case.members) <= {one.filename for one in files}
