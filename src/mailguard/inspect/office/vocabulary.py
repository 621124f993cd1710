"""What the element names of Office documents mean to a reader of texts: tables, no code.

Local names of all OOXML vocabularies together (ECMA-376, MS-DOCX, MS-XLSX, MS-PPTX); where two vocabularies use one
name for different things, what is text in one of them counts.
"""

from __future__ import annotations

import re


def words(text: str) -> list[str]:
    """A table of words as one writes it."""
    return text.split()


#: Headers and footers of sheets.
MARGINS = frozenset(words("oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter"))
#: Elements whose character data is text.
TEXTS = frozenset(
    words(
        """t delText text v f lpwstr lpstr bstr clob i1 i2 i4 i8 int uint decimal r4 r8 cy date filetime formula
        formula1 formula2 definedName author title subject creator description keywords lastModifiedBy category
        contentStatus identifier Company Manager Template HyperlinkBase HLinks Data div font tspan"""
    )
)
#: Attributes that hold what a person wrote or is called, by element.
TOLD = {
    name: tuple(keys.split())
    for name, keys in {
        "cNvPr": "descr title name",
        "hyperlink": "tooltip display location",
        "hlinkClick": "tooltip",
        "hlinkHover": "tooltip",
        "sheet": "name",
        "definedName": "name comment",
        "comment": "author",
        "person": "author displayName",
        "author": "name userId",
        "cmAuthor": "name",
        "userInfo": "name",
        "fileSharing": "userName",
        "rPrChange": "author",
        "docVar": "name val",
        "alias": "val",
        "tag": "name val",
        "attr": "val",
        "listItem": "displayText value",
        "listEntry": "val",
        "helpText": "val",
        "statusText": "val",
        "textpath": "string",
        "shape": "alt",
        "rect": "alt",
        "roundrect": "alt",
        "imagedata": "title",
        "connectString": "val",
        "query": "val",
        "udl": "val",
        "property": "name linkTarget",
        "connection": "name description sourceFile",
        "dbPr": "connection command",
        "olapPr": "localConnection",
        "webPr": "url",
        "textPr": "sourceFile",
        "queryTable": "name",
        "dataValidation": "error errorTitle prompt promptTitle",
        "table": "displayName comment",
        "sheetName": "val",
        "oleLink": "progId",
        "scenario": "name user comment",
        "inputCells": "val",
        "protectedRange": "name",
        "custShow": "name",
        "section": "name",
        "cacheHierarchy": "caption",
        "Comment": "Author",
        "Worksheet": "Name",
    }.items()
}
#: Elements whose content does not belong to the paragraph around them.
BOXES = frozenset({"txbxContent"})
#: Names that programs give to shapes: not text of anybody's.
NAME_DEFAULT = re.compile(
    r"^(?:Picture|Image|Shape|Rectangle|TextBox|Text Box|Title|Subtitle|Chart|Group|Object|Content Placeholder|Table"
    r"|(?:Date|Footer|Slide Number|Header|Notes|Slide Image|Text|Picture) Placeholder|Straight Connector|Oval|Line"
    r"|図|グラフ|テキスト ?ボックス|タイトル|サブタイトル|字幕|コンテンツ プレースホルダー|正方形/長方形|表|図形"
    r"|直線コネクタ|直線矢印コネクタ|楕円|四角形|グループ化|オブジェクト|Comment|PlaceHolder|Frame|枠)[\s\d:]*$"
)
#: Kinds of placeholders that hold an instruction on a master; "" is the body (ECMA-376 part 1 section 19.7.10).
PLACEHOLDERS = frozenset(
    [
        "",
        "title",
        "body",
        "ctrTitle",
        "subTitle",
        "obj",
        "chart",
        "tbl",
        "clipArt",
        "dgm",
        "media",
        "sldImg",
        "pic",
        "sldNum",
    ]
)
#: Root elements of parts that the program writes and nobody reads.
DULL = frozenset(
    words(
        """Types theme themeOverride fonts webSettings numbering calcChain tblStyleLst presentationPr viewPr
        datastoreItem metadata colorsDef styleDef layoutDef colorStyle chartStyle volTypes contentTypeSchema
        FormTemplates schema labelList rvStructures rvTypesInfo richStyleSheet slicerStyles ClassificationLabels
        bookViews taskpanes webextension commentsIds commentsEx commentsExtensible Signature SignatureProperties
        revHeaders changesInfo revInfo supportingPropertyBags vbaSuppData wne MapInfo recipients presProps
        designTimeConnections"""
    )
)
#: Root elements of the vocabularies that `prose` knows; all others are foreign.
KNOWN = frozenset(
    words(
        """document hdr ftr footnotes endnotes comments glossaryDocument settings people styles sld notes notesMaster
        handoutMaster sldMaster sldLayout presentation cmAuthorLst cmLst authorLst tagLst workbook wsDr userShapes
        chartSpace dataModel drawing externalLink connections queryTable table pivotTableDefinition ThreadedComments
        personList xml Properties coreProperties revisions users namedSheetViews slicers timelines
        slicerCacheDefinition timelineCacheDefinition formControlPr ink singleXmlCells chart customUI svg
        chartsheet"""
    )
)
